//! Open exceptions as the parts of differences that they name.

use super::commercial::BillingGap;
use super::ledger_side::DELIVERY;
use crate::Books;
use crate::fault::{AppFault, stored_value};
use crate::record::read_envelope;
use events::{DocumentLine, Event, IntercompanySide, PrepaidMoved, PrepaidMovement};
use recon::{Explanation, Measure};
use std::collections::HashMap;
use store::exceptions::{self, Stake};
use store::{Tx, effects, log};
use values::{Currency, EntityId, Money};

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

/// Every open exception that belongs to some books, with the part of each difference that it names.
pub(super) fn explanations(
    tx: &mut Tx<'_>,
    books: &Books,
    gaps: &[BillingGap],
) -> Result<Vec<Explanation>, AppFault> {
    let (gaps, mut all) = (Gaps::of(gaps), Vec::new());
    for row in exceptions::explaining_stakes(tx)? {
        for named in names(tx, &row, &gaps)? {
            let Some(entity) = entity_of(books, &named) else {
                continue;
            };
            all.push(Explanation {
                exception: stored_value("exception id", &row.id)?,
                measure: named.measure,
                entity,
                amount: named.amount,
            });
        }
    }
    Ok(all)
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
    // A contract that cannot be billed names its whole gap, which grows while it waits.
    let gap = row
        .key
        .strip_prefix("billing/")
        .and_then(|contract| gaps.about(contract));
    if let Some(gap) = gap {
        return Ok(vec![Named {
            measure: Measure::Billings,
            entity: gap.entity.as_str().to_owned(),
            amount: gap.amount,
        }]);
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
    let named = measure.zip(currency).map(|(measure, currency)| Named {
        measure,
        entity: row.entity.clone(),
        amount: Money::from_minor(row.amount, currency),
    });
    Ok(named.into_iter().collect())
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
    let lacking = lacking(&read_envelope(stored)?.event)?;
    let named = lacking
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
        Event::InvoiceIssued(document) => {
            of_document(&document.lines, document.total, document.tax, 1)
        }
        Event::CreditNoteIssued(document) => {
            of_document(&document.lines, document.total, document.tax, -1)
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

fn of_document(
    lines: &[DocumentLine],
    total: Money,
    tax: Money,
    sign: i64,
) -> Vec<(Measure, Money)> {
    let of = |minor: i64| Money::from_minor(sign * minor, total.currency);
    let deferred = lines.iter().map(|line| line.deferred).sum();
    let unbilled: i64 = lines.iter().map(|line| line.unbilled).sum();
    vec![
        (Measure::Receivable, of(total.minor)),
        (Measure::Tax, of(tax.minor)),
        (Measure::Deferred, of(deferred)),
        (Measure::Unbilled, of(-unbilled)),
    ]
}
