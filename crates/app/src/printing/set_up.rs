//! Letterheads and billing details: each version is kept with the moment from which it holds.

use crate::command::{Answer, SetBillingDetails, SetLetterhead};
use crate::fault::{stored, to_store};
use crate::record::Context;
use crate::{App, AppFault, Refusal};
use paper::{Letterhead, LetterheadRefused, Party};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Tx, catalogue, papers, settings};

/// The letterhead that stands on documents issued now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LetterheadView {
    /// The legal entity.
    pub entity: String,
    /// Which version; 0 before the first was set.
    pub version: i64,
    /// Who set it.
    pub by: String,
    /// What stands on paper.
    pub letterhead: Letterhead,
}

/// What stands on documents for a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BillingDetailsView {
    /// The customer.
    pub customer: String,
    /// Which version; 0 before the first was set.
    pub version: i64,
    /// Who set it.
    pub by: String,
    /// What stands on paper. An empty name is the customer's registered name.
    pub details: Party,
}

pub(super) fn letterhead_kind(entity: &str) -> String {
    format!("letterhead/{entity}")
}

pub(crate) fn details_kind(customer: &str) -> String {
    format!("billing_details/{customer}")
}

/// `set_letterhead`.
///
/// # Errors
/// When the entity is unknown or the letterhead has faults; all are told.
pub(crate) fn set_letterhead(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &SetLetterhead,
) -> Result<Answer, AppFault> {
    context.books.entity(&body.entity)?;
    refuse("letterhead", body.letterhead.faults())?;
    let text = to_store("letterhead", &body.letterhead)?;
    let version = keep(tx, context, &letterhead_kind(body.entity.as_str()), &text)?;
    Ok(json!({ "entity": body.entity, "version": version }))
}

/// `set_billing_details`.
///
/// # Errors
/// When the customer is unknown or the details have faults; all are told.
pub(crate) fn set_billing_details(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &SetBillingDetails,
) -> Result<Answer, AppFault> {
    if catalogue::customer(tx, body.customer.as_str())?.is_none() {
        return Err(AppFault::NotFound {
            kind: "customer",
            id: body.customer.as_str().to_owned(),
        });
    }
    // Without a name the registered one stands on documents.
    let mut faults = body.details.faults();
    faults.retain(|fault| fault.field != "name");
    refuse("details", faults)?;
    let text = to_store("billing details", &body.details)?;
    let kind = details_kind(body.customer.as_str());
    follow(tx, &kind, body.follows)?;
    let version = keep(tx, context, &kind, &text)?;
    Ok(json!({ "customer": body.customer, "version": version }))
}

fn refuse(part: &str, faults: Vec<LetterheadRefused>) -> Result<(), AppFault> {
    if faults.is_empty() {
        return Ok(());
    }
    let refusals = faults.into_iter().map(|fault| {
        let field = format!("{part}.{}", fault.field);
        Refusal::field("bad_paper", &field, fault.to_string())
    });
    Err(AppFault::Refused(refusals.collect()))
}

/// Refuses a version that was written on another one than the newest: what somebody else set meanwhile
/// would be lost. Nothing is compared where the command names no version.
///
/// # Errors
/// When another version was set meanwhile, or the store fails.
pub(crate) fn follow(tx: &mut Tx<'_>, kind: &str, looked_at: Option<i64>) -> Result<(), AppFault> {
    let Some(looked_at) = looked_at else {
        return Ok(());
    };
    settings::take_turn(tx, kind)?;
    let newest = papers::version_at(tx, kind, i64::MAX)?;
    let (version, by) = newest.map_or((0, String::new()), |found| (found.version, found.actor));
    if version == looked_at {
        return Ok(());
    }
    let by = if by.is_empty() {
        String::new()
    } else {
        format!(" by {by}")
    };
    let message = format!(
        "version {version} was set{by} meanwhile, and this was written on version {looked_at}; look at version {version}, then set it again"
    );
    Err(Refusal::field("set_meanwhile", "follows", message).into())
}

/// Keeps a new version; the same content again makes none.
pub(crate) fn keep(
    tx: &mut Tx<'_>,
    context: &Context,
    kind: &str,
    text: &str,
) -> Result<i64, AppFault> {
    settings::take_turn(tx, kind)?;
    let version = match settings::configuration(tx, kind)? {
        Some((version, known)) if known == text => return Ok(version),
        Some((version, _)) => version + 1,
        None => 1,
    };
    let now = context.now.microseconds();
    settings::add_configuration(tx, kind, version, now, &context.actor, text)?;
    Ok(version)
}

impl App {
    /// The letterhead of an entity as it is now; nothing when there is no such entity.
    ///
    /// # Errors
    /// When the store fails.
    pub fn letterhead(&self, entity: &str) -> Result<Option<LetterheadView>, AppFault> {
        let books = self.books();
        let known = books
            .entities
            .values()
            .find(|known| known.id.as_str() == entity);
        let Some(known) = known.cloned() else {
            return Ok(None);
        };
        self.store().read(move |tx| {
            let kind = letterhead_kind(known.id.as_str());
            let version = papers::version_at(tx, &kind, i64::MAX)?;
            Ok(Some(LetterheadView {
                entity: known.id.as_str().to_owned(),
                version: version.as_ref().map_or(0, |found| found.version),
                letterhead: super::letterhead_at(tx, &known, i64::MAX)?,
                by: version.map_or_else(String::new, |found| found.actor),
            }))
        })
    }

    /// The billing details of a customer as they are now; nothing when there is no such customer.
    ///
    /// # Errors
    /// When the store fails.
    pub fn billing_details(&self, customer: &str) -> Result<Option<BillingDetailsView>, AppFault> {
        let id = customer.to_owned();
        self.store().read(move |tx| {
            if catalogue::customer(tx, &id)?.is_none() {
                return Ok(None);
            }
            let found = papers::version_at(tx, &details_kind(&id), i64::MAX)?;
            let details = match &found {
                Some(found) => stored("billing details", &found.body)?,
                None => Party::default(),
            };
            Ok(Some(BillingDetailsView {
                customer: id.clone(),
                version: found.as_ref().map_or(0, |found| found.version),
                by: found.map_or_else(String::new, |found| found.actor),
                details,
            }))
        })
    }
}
