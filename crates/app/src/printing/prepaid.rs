//! What had been set against an invoice when it was issued. What comes later changes the account and not
//! the document.

use crate::fault::AppFault;
use ledger::Entity;
use paper::{Language, Prepayment};
use store::documents::DocumentRow;
use store::{Tx, collection, payments};
use values::{Currency, Instant, Money};

/// Payments and prepaid credit that were set against an invoice by the moment of its issue.
pub(super) fn at_issue(
    tx: &mut Tx<'_>,
    row: &DocumentRow,
    currency: Currency,
    (entity, language): (&Entity, Language),
) -> Result<Vec<Prepayment>, AppFault> {
    let prepayment = |time: i64, words: String, amount: i64| Prepayment {
        date: entity.zone.date_at(Instant::from_microseconds(time)),
        words,
        amount: Money::from_minor(amount, currency),
    };
    let mut prepaid = Vec::new();
    for application in payments::applications_to(tx, &row.id)? {
        if application.time <= row.created && application.amount != 0 {
            let words = application.payment.clone();
            prepaid.push(prepayment(application.time, words, application.amount));
        }
    }
    // Credit is used while the invoice is issued and never afterwards; what is below zero went back to
    // its grant later, if only within the same moment.
    let used: i64 = collection::uses_on(tx, &row.id)?
        .iter()
        .filter(|used| used.time <= row.created && used.amount > 0)
        .map(|used| used.amount)
        .sum();
    if used > 0 {
        let words = language.prepaid_credit().to_owned();
        prepaid.push(prepayment(row.created, words, used));
    }
    Ok(prepaid)
}
