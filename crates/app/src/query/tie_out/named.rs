//! Open exceptions as the parts of differences that they name: added up by the database where they
//! name their own worth, and one by one where it depends on a fact or a contract.

use super::commercial::BillingGap;
use super::ledger_side::DELIVERY;
use crate::Books;
use crate::fault::{AppFault, stored_value};
use crate::record::read_envelope;
use events::{BillingDocument, Event, IntercompanySide, PrepaidMoved, PrepaidMovement};
use recon::{Explanation, Measure, NAMED_IN_A_ROW};
use std::collections::{BTreeMap, HashMap};
use store::exceptions::Stake;
use store::exceptions::named::{self as sums, NamedSum};
use store::{Tx, effects, log};
use values::{Currency, EntityId, ExceptionId, Money};

/// Exceptions asked for by name behind a sum.
const FIRST: i64 = NAMED_IN_A_ROW as i64;

/// A part of a difference that an exception names.
pub(super) struct Named {
    pub(super) measure: Measure,
    /// Legal entity, or empty when the exception does not know it.
    pub(super) entity: String,
    pub(super) amount: Money,
}

/// What is owed and not billed, by contract: there may be as many exceptions as contracts, and each
/// asks for its own.
#[derive(Default)]
pub(super) struct Gaps<'a>(HashMap<&'a str, &'a BillingGap>);

impl<'a> Gaps<'a> {
    fn of(gaps: &'a [BillingGap]) -> Gaps<'a> {
        let mut by_contract = HashMap::with_capacity(gaps.len());
        for gap in gaps {
            by_contract.entry(gap.contract.as_str()).or_insert(gap);
        }
        Gaps(by_contract)
    }

    fn about(&self, contract: &str) -> Option<&'a BillingGap> {
        self.0.get(contract).copied()
    }

    /// Whether a key begins with a contract of which something is owed, and a stroke.
    fn has_start_of(&self, key: &str) -> bool {
        key.match_indices('/')
            .any(|(at, _)| self.about(&key[..at]).is_some())
    }
}

/// What open exceptions name of one measure of one entity in one currency.
#[derive(Default)]
struct Part {
    minor: i128,
    count: u64,
    first: Vec<String>,
    /// The exception that was counted last.
    last: String,
}

#[derive(Default)]
struct Parts(BTreeMap<(Measure, String, Currency), Part>);

impl Parts {
    /// Adds what one exception names. Those of one exception follow each other; it counts once.
    fn add(&mut self, exception: &str, named: &Named) {
        let key = (named.measure, named.entity.clone(), named.amount.currency);
        let part = self.0.entry(key).or_default();
        part.minor += i128::from(named.amount.minor);
        if part.last != exception {
            part.count += 1;
            exception.clone_into(&mut part.last);
            if part.first.len() < NAMED_IN_A_ROW {
                part.first.push(exception.to_owned());
            }
        }
    }

    /// Adds what the database added up; nothing where it belongs to no tie-out.
    fn add_sum(
        &mut self,
        sum: &NamedSum,
        first: impl FnOnce() -> Result<Vec<String>, AppFault>,
    ) -> Result<(), AppFault> {
        let measure = Measure::from_word(&sum.measure);
        let currency = sum.currency.parse::<Currency>().ok();
        let Some((measure, currency)) = measure.zip(currency) else {
            return Ok(());
        };
        let key = (measure, sum.entity.clone(), currency);
        let part = self.0.entry(key).or_default();
        part.minor += i128::from(sum.minor);
        part.count += u64::try_from(sum.count).unwrap_or_default();
        part.first.append(&mut first()?);
        Ok(())
    }
}

/// What the open exceptions that belong to some books name of each difference.
pub(super) fn explanations(
    tx: &mut Tx<'_>,
    books: &Books,
    gaps: &[BillingGap],
) -> Result<Vec<Explanation>, AppFault> {
    let mut all = Vec::new();
    for ((measure, entity, currency), part) in parts(tx, gaps)?.0 {
        let minor = i64::try_from(part.minor).map_err(|_| values::MoneyRefused::TooLarge)?;
        let named = Named {
            measure,
            entity,
            amount: Money::from_minor(minor, currency),
        };
        let Some(entity) = entity_of(books, &named) else {
            continue;
        };
        let first = part.first.iter();
        all.push(Explanation {
            count: part.count,
            first: first
                .map(|id| stored_value::<ExceptionId>("exception id", id))
                .collect::<Result<_, _>>()?,
            measure,
            entity,
            amount: named.amount,
        });
    }
    Ok(all)
}

fn parts(tx: &mut Tx<'_>, gaps: &[BillingGap]) -> Result<Parts, AppFault> {
    let (gaps, mut parts) = (Gaps::of(gaps), Parts::default());
    sums::each_parked_posting(tx, |exception, entity, type_name, data| {
        let event = Event::read(type_name, data).map_err(|error| AppFault::Unreadable {
            what: "event",
            error: error.to_string(),
        })?;
        for named in not_posted(&event, entity)? {
            parts.add(exception, &named);
        }
        Ok::<(), AppFault>(())
    })?;
    for row in sums::of_contracts(tx)? {
        if let Some(named) = of_row(&row, &gaps) {
            parts.add(&row.id, &named);
        }
    }
    for sum in sums::by_themselves(tx)? {
        parts.add_sum(&sum, || Ok(sums::first_by_themselves(tx, &sum, FIRST)?))?;
    }
    for sum in sums::held(tx, DELIVERY)? {
        parts.add_sum(&sum, || Ok(sums::first_held(tx, DELIVERY, &sum, FIRST)?))?;
    }
    Ok(parts)
}

/// Whose books it is about. Money at a processor that names no entity counts for the first one that
/// keeps its books in its currency, as the reading of the processor's totals has it.
fn entity_of(books: &Books, named: &Named) -> Option<EntityId> {
    if named.measure == Measure::Cash && named.entity.is_empty() {
        let currency = named.amount.currency;
        let found = books
            .entities
            .values()
            .find(|entity| entity.currency == currency);
        return found.map(|entity| entity.id.clone());
    }
    named.entity.parse().ok()
}

/// What an exception explains: the measures and by how much the books fall short in each.
pub(super) fn names(tx: &mut Tx<'_>, row: &Stake, gaps: &Gaps<'_>) -> Result<Vec<Named>, AppFault> {
    if let Some(event) = row.key.strip_prefix("posting/") {
        return parked(tx, event, &row.entity);
    }
    let measure = Measure::from_word(&row.measure);
    // Journals behind one that is parked wait for the same person.
    if let (Some(effect), Some(Measure::Delivered)) = (row.key.strip_prefix("effect/"), measure) {
        return held(tx, effect);
    }
    Ok(of_row(row, gaps).into_iter().collect())
}

/// What an exception names that is about neither a posting nor a delivery.
fn of_row(row: &Stake, gaps: &Gaps<'_>) -> Option<Named> {
    let measure = Measure::from_word(&row.measure);
    // A contract that cannot be billed names its whole gap, which grows while it waits.
    let gap = row
        .key
        .strip_prefix("billing/")
        .and_then(|contract| gaps.about(contract));
    if let Some(gap) = gap {
        return Some(Named {
            measure: Measure::Billings,
            entity: gap.entity.as_str().to_owned(),
            amount: gap.amount,
        });
    }
    // What another system left behind is ours once we bill.
    let ours = row
        .key
        .strip_prefix("outside/")
        .is_some_and(|rest| gaps.has_start_of(rest));
    let measure = match measure {
        Some(Measure::BilledElsewhere) if ours => Some(Measure::Billings),
        other => other,
    };
    let currency = row.currency.parse::<Currency>().ok();
    measure.zip(currency).map(|(measure, currency)| Named {
        measure,
        entity: row.entity.clone(),
        amount: Money::from_minor(row.amount, currency),
    })
}

fn held(tx: &mut Tx<'_>, effect: &str) -> Result<Vec<Named>, AppFault> {
    let mut all = Vec::new();
    for (entity, currency, minor) in effects::held_with(tx, effect, DELIVERY)? {
        all.push(Named {
            measure: Measure::Delivered,
            entity,
            amount: Money::from_minor(minor, stored_value("currency", &currency)?),
        });
    }
    Ok(all)
}

/// What the accounts lack because an event was recorded and not posted.
fn parked(tx: &mut Tx<'_>, event: &str, entity: &str) -> Result<Vec<Named>, AppFault> {
    let Some(stored) = log::by_id(tx, event)? else {
        return Ok(Vec::new());
    };
    not_posted(&read_envelope(stored)?.event, entity)
}

/// What the accounts of an entity lack of an event.
fn not_posted(event: &Event, entity: &str) -> Result<Vec<Named>, AppFault> {
    let named = lacking(event)?
        .into_iter()
        .filter(|(_, amount)| !amount.is_zero())
        .map(|(measure, amount)| Named {
            measure,
            entity: entity.to_owned(),
            amount,
        });
    Ok(named.collect())
}

fn lacking(event: &Event) -> Result<Vec<(Measure, Money)>, AppFault> {
    Ok(match event {
        Event::InvoiceIssued(document) | Event::CreditNoteVoided(document) => {
            of_document(document, 1)
        }
        Event::CreditNoteIssued(document) | Event::InvoiceVoided(document) => {
            of_document(document, -1)
        }
        Event::PaymentSettled(payment) => vec![
            (Measure::Cash, payment.net),
            (Measure::Unapplied, payment.gross),
        ],
        Event::PaymentRefunded(refund) => vec![
            (Measure::Cash, refund.amount.negated()?),
            (Measure::Unapplied, refund.amount.negated()?),
        ],
        Event::CashApplied(cash) => {
            let mut all = Vec::new();
            for application in &cash.applications {
                all.push((Measure::Receivable, application.amount.negated()?));
                all.push((Measure::Unapplied, application.amount.negated()?));
            }
            all
        }
        Event::InvoiceWrittenOff(it) => vec![
            (Measure::Receivable, it.amount.negated()?),
            (Measure::Tax, it.tax.negated()?),
        ],
        Event::InvoiceRecovered(it) => {
            vec![(Measure::Receivable, it.amount), (Measure::Tax, it.tax)]
        }
        Event::PrepaidMoved(it) => of_prepaid(it)?,
        Event::IntercompanyBilled(it) => {
            let (owed, charged) = match it.side {
                IntercompanySide::Seller => (it.amount, it.amount.negated()?),
                IntercompanySide::Buyer => (it.amount.negated()?, it.amount),
            };
            vec![
                (Measure::Intercompany, owed),
                (Measure::IntercompanyCharged, charged),
            ]
        }
        Event::RevenueRecognised(revenue) => {
            let of = |minor| Money::from_minor(minor, revenue.amount.currency);
            vec![
                (Measure::Recognised, revenue.amount),
                (Measure::Deferred, of(-revenue.deferred)),
                (Measure::Unbilled, of(revenue.unbilled)),
            ]
        }
        _ => Vec::new(),
    })
}

fn of_prepaid(moved: &PrepaidMoved) -> Result<Vec<(Measure, Money)>, AppFault> {
    let (amount, back) = (moved.amount, moved.amount.negated()?);
    let mut all = match moved.movement {
        PrepaidMovement::Granted => vec![(Measure::Unapplied, back), (Measure::Prepaid, amount)],
        PrepaidMovement::Used => vec![(Measure::Prepaid, back)],
        PrepaidMovement::Returned => vec![(Measure::Prepaid, amount)],
        PrepaidMovement::Expired => vec![(Measure::Prepaid, back)],
    };
    if !moved.paid {
        all.clear();
    }
    match moved.movement {
        PrepaidMovement::Used => all.push((Measure::Receivable, back)),
        PrepaidMovement::Returned => all.push((Measure::Receivable, amount)),
        PrepaidMovement::Granted | PrepaidMovement::Expired => {}
    }
    Ok(all)
}

fn of_document(document: &BillingDocument, sign: i64) -> Vec<(Measure, Money)> {
    let BillingDocument { lines, total, .. } = document;
    let of = |minor: i64| Money::from_minor(sign * minor, total.currency);
    let deferred = lines.iter().map(|line| line.deferred).sum();
    let unbilled: i64 = lines.iter().map(|line| line.unbilled).sum();
    let rounding = document.rounding.as_ref();
    let rounding = rounding.map_or(0, |line| line.amount.minor);
    vec![
        (Measure::Receivable, of(total.minor)),
        (Measure::Tax, of(document.tax.minor)),
        (Measure::Rounding, of(-rounding)),
        (Measure::Deferred, of(deferred)),
        (Measure::Unbilled, of(-unbilled)),
    ]
}

#[cfg(test)]
mod tests;
