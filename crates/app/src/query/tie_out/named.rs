//! Open exceptions as the parts of differences that they name.

use super::commercial::BillingGap;
use crate::fault::{AppFault, stored_value};
use crate::record::read_envelope;
use events::{DocumentLine, Event};
use recon::{Explanation, Measure};
use store::exceptions::{self, ExceptionRow};
use store::{Tx, log};
use values::{Currency, Money};

/// Every open exception that belongs to some books, with the part of each difference that it names.
pub(super) fn explanations(
    tx: &mut Tx<'_>,
    gaps: &[BillingGap],
) -> Result<Vec<Explanation>, AppFault> {
    let mut all = Vec::new();
    for row in exceptions::all_open(tx)? {
        for (measure, amount) in names(tx, &row, gaps)? {
            let Ok(entity) = row.entity.parse() else {
                continue;
            };
            all.push(Explanation {
                exception: stored_value("exception id", &row.id)?,
                measure,
                entity,
                amount,
            });
        }
    }
    Ok(all)
}

/// What an exception explains: the measures and by how much the books fall short in each.
pub(super) fn names(
    tx: &mut Tx<'_>,
    row: &ExceptionRow,
    gaps: &[BillingGap],
) -> Result<Vec<(Measure, Money)>, AppFault> {
    if let Some(event) = row.key.strip_prefix("posting/") {
        return parked(tx, event);
    }
    // A contract that cannot be billed names its whole gap, which grows while it waits.
    let gap = row
        .key
        .strip_prefix("billing/")
        .and_then(|contract| gaps.iter().find(|gap| gap.contract == contract));
    if let Some(gap) = gap.filter(|gap| gap.entity.as_str() == row.entity) {
        return Ok(vec![(Measure::Billings, gap.amount)]);
    }
    let measure = Measure::from_word(&row.measure);
    let currency = row.currency.parse::<Currency>().ok();
    Ok(measure
        .zip(currency)
        .map(|(measure, currency)| (measure, Money::from_minor(row.amount, currency)))
        .into_iter()
        .collect())
}

/// What the accounts lack because an event was recorded and not posted.
fn parked(tx: &mut Tx<'_>, event: &str) -> Result<Vec<(Measure, Money)>, AppFault> {
    let Some(stored) = log::by_id(tx, event)? else {
        return Ok(Vec::new());
    };
    let mut lacking = lacking(&read_envelope(stored)?.event)?;
    lacking.retain(|(_, amount)| !amount.is_zero());
    Ok(lacking)
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
