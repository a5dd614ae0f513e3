//! How the documents of a legal entity come to be issued, in versions that are all kept: at once or as
//! drafts, from which total on by a second person, under which numbers, and rounded how as a whole.

use super::numbering::{BILL, BILL_CREDIT, standard};
use crate::command::{Answer, SetInvoicePolicy};
use crate::fault::{stored, stored_value, to_store};
use crate::record::Context;
use crate::{App, AppFault, Books, Refusal};
pub use billing::{CreditForm, NetRounding};
use billing::{InvoicePolicy, NumberPattern, NumberSeries};
use ledger::RuleBook;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use store::{Tx, settings};
use values::{Date, EntityId, Instant};

/// How the kinds of the configurations begin that hold the policies.
pub const POLICIES: &str = "invoice_policy/";

/// The policy of a legal entity that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PolicyInForce {
    /// Its version; 0 when nothing was ever stated.
    pub version: i64,
    /// What it says.
    pub policy: InvoicePolicy,
}

/// The policies in force, by legal entity.
pub(crate) fn load(tx: &mut Tx<'_>) -> Result<BTreeMap<EntityId, PolicyInForce>, AppFault> {
    let mut found = BTreeMap::new();
    // Rising versions: the newest of an entity stays.
    for (entity, version, policy) in versions(tx)? {
        found.insert(entity, PolicyInForce { version, policy });
    }
    Ok(found)
}

fn versions(tx: &mut Tx<'_>) -> Result<Vec<(EntityId, i64, InvoicePolicy)>, AppFault> {
    settings::configurations_starting_with(tx, POLICIES)?
        .into_iter()
        .map(|(kind, version, body)| {
            let entity = kind.strip_prefix(POLICIES).unwrap_or(&kind);
            let entity = stored_value("entity id", entity)?;
            Ok((entity, version, stored("invoice policy", &body)?))
        })
        .collect()
}

/// `set_invoice_policy`.
///
/// # Errors
/// When there is no such entity, or everything that is wrong with the policy.
pub fn set(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &SetInvoicePolicy,
) -> Result<Answer, AppFault> {
    context.books.entity(&body.entity)?;
    let mut wrong: Vec<Refusal> = body
        .policy
        .problems()
        .iter()
        .map(|problem| {
            let field = format!("policy.{}", problem.field());
            Refusal::field("bad_invoice_policy", &field, problem.to_string())
        })
        .collect();
    if wrong.is_empty() {
        wrong = meetings(tx, context, body)?;
        wrong.extend(unposted(context, body)?);
    }
    if !wrong.is_empty() {
        return Err(AppFault::Refused(wrong));
    }
    let known = context.books.invoices.get(&body.entity);
    if let Some(known) = known.filter(|known| known.policy == body.policy) {
        return Ok(json!({ "entity": body.entity, "version": known.version }));
    }
    let version = known.map_or(0, |known| known.version) + 1;
    settings::add_configuration(
        tx,
        &format!("{POLICIES}{}", body.entity),
        version,
        context.now.microseconds(),
        &context.actor,
        &to_store("invoice policy", &body.policy)?,
    )?;
    Ok(json!({ "entity": body.entity, "version": version }))
}

/// Events whose posting rules have to post the rounding of a document.
const ROUNDED: [&str; 4] = [
    "com.tieout.billing.invoice.issued.v1",
    "com.tieout.billing.invoice.voided.v1",
    "com.tieout.billing.credit_memo.issued.v1",
    "com.tieout.billing.credit_memo.voided.v1",
];

/// The posting rules that know nothing of a rounding: what they make of a rounded document would not
/// balance. Books keep the rules with which they began.
fn unposted(context: &Context, body: &SetInvoicePolicy) -> Result<Vec<Refusal>, AppFault> {
    if !body.policy.rounds() {
        return Ok(Vec::new());
    }
    let known = context.books.invoices.get(&body.entity);
    let rounding = |policy: &InvoicePolicy| (policy.net_rounding, policy.rounding.clone());
    if known.is_some_and(|known| rounding(&known.policy) == rounding(&body.policy)) {
        return Ok(Vec::new());
    }
    let field = match body.policy.rounding.is_empty() {
        true => "policy.net_rounding",
        false => "policy.rounding",
    };
    let today = context.today(&body.entity)?;
    let words = said_of(&context.books.rules, today).map(|lacks| {
        format!("{lacks}; add a line for it, for each document, before amounts are rounded")
    });
    Ok(words
        .map(|words| Refusal::field("rounding_not_posted", field, words))
        .collect())
}

/// What posting rules lack to post the roundings of legal entities that round already; `field` is where
/// the rules stand.
pub(crate) fn unposted_by(
    (books, now): (&Books, Instant),
    rules: &RuleBook,
    field: &str,
) -> Vec<Refusal> {
    let rounding = books
        .invoices
        .iter()
        .filter(|(_, known)| known.policy.rounds());
    let Some(entity) = rounding.filter_map(|(id, _)| books.entities.get(id)).next() else {
        return Vec::new();
    };
    let today = entity.zone.date_at(now);
    said_of(rules, today)
        .map(|lacks| {
            let words = format!(
                "{lacks}, and amounts of {} are rounded; add a line for it, for each document",
                entity.id
            );
            Refusal::field("rounding_not_posted", field, words)
        })
        .collect()
}

/// Each rule, in force on a day or from a later one, that does not post a rounding.
fn said_of(rules: &RuleBook, day: Date) -> impl Iterator<Item = String> {
    ROUNDED.iter().flat_map(move |event| {
        let lacking = rules.without(event, "rounding", day);
        lacking.into_iter().map(move |rule| {
            let id = &rule.id;
            format!("posting rule {id} does not post the amount rounding of {event}")
        })
    })
}

/// The kinds of documents that have a series of numbers in every legal entity.
const WORDS: [&str; 4] = ["invoice", "credit_note", BILL, BILL_CREDIT];

/// A series of numbers that was ever in force, or is now because nothing else was stated.
struct Known {
    entity: EntityId,
    word: &'static str,
    series: NumberSeries,
}

impl Known {
    fn in_words(&self) -> String {
        let kind = self.word.replace('_', " ");
        format!("the {kind}s of {} ({})", self.entity, self.series.pattern)
    }
}

/// Why an entity cannot have this id: its documents could print a number that another entity prints or
/// has printed. An entity takes the standard series from its first document on, before anybody can
/// state another one for it.
///
/// # Errors
/// When what is stored cannot be read.
pub(crate) fn new_entity_meets(
    tx: &mut Tx<'_>,
    entity: &EntityId,
    others: &[EntityId],
) -> Result<Option<Refusal>, AppFault> {
    let standard = |id: &EntityId| WORDS.map(|word| standard_of(id, word));
    let mut known: Vec<Known> = others.iter().flat_map(standard).flatten().collect();
    for (other, _, policy) in versions(tx)? {
        if other != *entity {
            known.extend(series_of(&other, &policy).into_iter().map(|(_, it)| it));
        }
    }
    for one in standard(entity).into_iter().flatten() {
        if let Some(other) = known.iter().find(|other| meets(&one, other)) {
            let message = format!(
                "{} could print a number of {} again; give the entity another id",
                one.in_words(),
                other.in_words()
            );
            return Ok(Some(Refusal::field("numbers_meet", "id", message)));
        }
    }
    Ok(None)
}

/// The series of the new policy that could print a number which another series prints or has printed.
fn meetings(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &SetInvoicePolicy,
) -> Result<Vec<Refusal>, AppFault> {
    let mut known: Vec<Known> = Vec::new();
    for entity in context.books.entities.keys() {
        for word in WORDS {
            known.extend(standard_of(entity, word));
        }
    }
    for (entity, _, policy) in versions(tx)? {
        known.extend(series_of(&entity, &policy).into_iter().map(|(_, it)| it));
    }
    let mut wrong = Vec::new();
    let ours = series_of(&body.entity, &body.policy);
    for (index, (field, one)) in ours.iter().enumerate() {
        let others = known.iter().chain(ours[..index].iter().map(|(_, it)| it));
        let met = others
            .filter(|other| !is_same(one, other))
            .find(|other| meets(one, other));
        if let Some(other) = met {
            let message = format!(
                "{} could print a number of {} again; put letters or {{entity}} into it that tell the two apart",
                one.series.pattern,
                other.in_words()
            );
            let field = format!("policy.{field}.pattern");
            wrong.push(Refusal::field("numbers_meet", &field, message));
        }
    }
    Ok(wrong)
}

fn meets(one: &Known, other: &Known) -> bool {
    let (pattern, opposite) = (&one.series.pattern, &other.series.pattern);
    pattern.may_meet(one.entity.as_str(), opposite, other.entity.as_str())
}

/// Whether both take their numbers from the same counters.
fn is_same(one: &Known, other: &Known) -> bool {
    one.entity == other.entity && one.word == other.word && one.series == other.series
}

fn standard_of(entity: &EntityId, word: &'static str) -> Option<Known> {
    let pattern: NumberPattern = standard(word).parse().ok()?;
    Some(Known {
        entity: entity.clone(),
        word,
        series: NumberSeries {
            pattern,
            continuous: [BILL, BILL_CREDIT].contains(&word),
        },
    })
}

fn series_of(entity: &EntityId, policy: &InvoicePolicy) -> Vec<(&'static str, Known)> {
    let stated = [
        ("invoice_numbers", "invoice", &policy.invoice_numbers),
        (
            "credit_note_numbers",
            "credit_note",
            &policy.credit_note_numbers,
        ),
    ];
    let known = |(field, word, series): (&'static str, &'static str, &Option<NumberSeries>)| {
        let series = series.clone()?;
        let entity = entity.clone();
        Some((
            field,
            Known {
                entity,
                word,
                series,
            },
        ))
    };
    stated.into_iter().filter_map(known).collect()
}

impl App {
    /// The policy of a legal entity for its documents.
    ///
    /// # Errors
    /// When there is no such entity.
    pub fn invoice_policy(&self, entity: &str) -> Result<PolicyInForce, AppFault> {
        let books = self.books();
        let missing = || AppFault::NotFound {
            kind: "legal entity",
            id: entity.to_owned(),
        };
        let id: EntityId = entity.parse().map_err(|_| missing())?;
        if !books.entities.contains_key(&id) {
            return Err(missing());
        }
        Ok(books.invoices.get(&id).cloned().unwrap_or(PolicyInForce {
            version: 0,
            policy: InvoicePolicy::default(),
        }))
    }
}
