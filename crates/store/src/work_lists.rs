//! Lists that people work through, a page at a time, with what the whole of each comes to.

use crate::collection::CaseRow;
use crate::exceptions::cases::DisputeRow;
use crate::payments::PaymentRow;
use crate::{StoreFault, Tx, params};

/// How much of something there is in a currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// Currency.
    pub currency: String,
    /// How many rows.
    pub count: i64,
    /// What they come to, minor units.
    pub minor: i64,
}

/// Disputes that are so, in a currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputedAmount {
    /// `open` or `closed`.
    pub status: String,
    /// How much.
    pub amount: Amount,
    /// How many of them are past their term.
    pub overdue: i64,
}

/// Where a page of disputes begins: after the dispute with this standing, opened then, with this id.
pub type DisputePlace<'a> = (&'a str, i64, &'a str);

/// Disputes with a standing, or all of them where it is empty, the open ones first, then the newest;
/// from behind a place, where there is one.
///
/// # Errors
/// When the database refuses.
pub fn disputes(
    tx: &mut Tx<'_>,
    status: &str,
    behind: Option<DisputePlace<'_>>,
    limit: i64,
) -> Result<Vec<DisputeRow>, StoreFault> {
    // Behind every word of a standing, in every alphabet.
    let (last, opened, id) = behind.unwrap_or(("zzzz", 0, ""));
    let columns = DisputeRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM dispute WHERE (?1 = '' OR status = ?1) AND (status < ?2
             OR (status = ?2 AND (opened < ?3 OR (opened = ?3 AND id < ?4))))
             ORDER BY status DESC, opened DESC, id DESC LIMIT ?5"
        ),
        params![status, last, opened, id, limit],
        DisputeRow::read,
    )
}

/// What all disputes come to, by standing and currency; those past their term at `now` are counted.
///
/// # Errors
/// When the database refuses.
pub fn disputed(tx: &mut Tx<'_>, now: i64) -> Result<Vec<DisputedAmount>, StoreFault> {
    tx.query(
        "SELECT d.status, d.currency, CAST(count(*) AS BIGINT), CAST(sum(d.amount) AS BIGINT),
         CAST(count(CASE WHEN d.status = 'open' AND x.due < ?1 THEN 1 END) AS BIGINT)
         FROM dispute d LEFT JOIN exception x ON x.id = d.exception
         GROUP BY d.status, d.currency ORDER BY d.status, d.currency",
        params![now],
        |mut row| {
            Ok(DisputedAmount {
                status: row.text(0)?,
                amount: Amount {
                    currency: row.text(1)?,
                    count: row.int(2)?,
                    minor: row.int(3)?,
                },
                overdue: row.int(4)?,
            })
        },
    )
}

/// Cases of late payers that are neither closed nor written off, the longest due first, from behind a due date and a case:
/// each with the due date of its invoice.
///
/// # Errors
/// When the database refuses.
pub fn late_cases(
    tx: &mut Tx<'_>,
    (due, case): (&str, &str),
    limit: i64,
) -> Result<Vec<(CaseRow, String)>, StoreFault> {
    let columns = CaseRow::columns("c.");
    tx.query(
        &format!(
            "SELECT {columns}, d.due FROM dunning_case c JOIN document d ON d.id = c.invoice
             WHERE c.status <> 'closed' AND c.status <> 'written_off' AND (d.due > ?1 OR (d.due = ?1 AND c.id > ?2))
             ORDER BY d.due, c.id LIMIT ?3"
        ),
        params![due, case, limit],
        |mut row| {
            let due = row.text(CaseRow::WIDTH)?;
            Ok((CaseRow::read(row)?, due))
        },
    )
}

/// What is open on the invoices of all cases that are neither closed nor written off.
///
/// # Errors
/// When the database refuses.
pub fn late_amounts(tx: &mut Tx<'_>) -> Result<Vec<Amount>, StoreFault> {
    tx.query(
        "SELECT d.currency, CAST(count(*) AS BIGINT), CAST(sum(d.remaining) AS BIGINT)
         FROM dunning_case c JOIN document d ON d.id = c.invoice
         WHERE c.status <> 'closed' AND c.status <> 'written_off' GROUP BY d.currency ORDER BY d.currency",
        &[],
        amount,
    )
}

/// Settled payments of which something is unapplied, the longest waiting first, from behind a moment
/// and a payment.
///
/// # Errors
/// When the database refuses.
pub fn unapplied_payments(
    tx: &mut Tx<'_>,
    (time, id): (i64, &str),
    limit: i64,
) -> Result<Vec<PaymentRow>, StoreFault> {
    let columns = PaymentRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM payment WHERE unapplied > 0 AND status = 'settled'
             AND (time > ?1 OR (time = ?1 AND id > ?2)) ORDER BY time, id LIMIT ?3"
        ),
        params![time, id, limit],
        PaymentRow::read,
    )
}

/// What is unapplied of all settled payments.
///
/// # Errors
/// When the database refuses.
pub fn unapplied_amounts(tx: &mut Tx<'_>) -> Result<Vec<Amount>, StoreFault> {
    tx.query(
        "SELECT currency, CAST(count(*) AS BIGINT), CAST(sum(unapplied) AS BIGINT) FROM payment
         WHERE unapplied > 0 AND status = 'settled' GROUP BY currency ORDER BY currency",
        &[],
        amount,
    )
}

fn amount(mut row: crate::Row) -> Result<Amount, StoreFault> {
    Ok(Amount {
        currency: row.text(0)?,
        count: row.int(1)?,
        minor: row.int(2)?,
    })
}
