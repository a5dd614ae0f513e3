//! What should have happened and has not: deliveries not confirmed, payments not matched, facts
//! that wait for a correction.

use crate::{StoreFault, Tx, params};

/// Something that has not happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutstandingRow {
    /// The object concerned.
    pub object: String,
    /// Customer id or name, or empty.
    pub customer: String,
    /// Minor units.
    pub amount: i64,
    /// Currency, or empty.
    pub currency: String,
    /// Since when, microseconds.
    pub since: i64,
    /// Why, in words; empty when it is simply under way.
    pub cause: String,
    /// The exception that names it, or empty.
    pub exception: String,
    /// What it is, as a word.
    pub kind: String,
}

fn read(mut row: crate::Row) -> Result<OutstandingRow, StoreFault> {
    Ok(OutstandingRow {
        object: row.text(0)?,
        customer: row.text(1)?,
        amount: row.int(2)?,
        currency: row.text(3)?,
        since: row.int(4)?,
        cause: row.text(5)?,
        exception: row.text(6)?,
        kind: row.text(7)?,
    })
}

/// Deliveries of one operation that are not confirmed, the oldest first.
///
/// # Errors
/// When the database refuses.
pub fn deliveries(
    tx: &mut Tx<'_>,
    operation: &str,
    limit: i64,
) -> Result<Vec<OutstandingRow>, StoreFault> {
    tx.query(
        "SELECT e.subject, '', e.amount, e.currency, e.created, e.error, coalesce(x.id, ''), e.status
         FROM effect e LEFT JOIN exception x ON x.key = 'effect/' || e.id AND x.status <> 'resolved'
         WHERE e.status NOT IN ('confirmed', 'skipped') AND e.operation = ?1 ORDER BY e.created, e.id LIMIT ?2",
        params![operation, limit],
        read,
    )
}

/// Journals of one type of event whose delivery is not confirmed, by the document they are about.
///
/// # Errors
/// When the database refuses.
pub fn journals_not_delivered(
    tx: &mut Tx<'_>,
    event_type: &str,
    limit: i64,
) -> Result<Vec<OutstandingRow>, StoreFault> {
    tx.query(
        "SELECT CASE WHEN j.document = '' THEN j.id ELSE j.document END, j.customer, e.amount, e.currency, e.created,
         e.error, coalesce(x.id, ''), e.status
         FROM effect e JOIN journal j ON e.subject = 'journal/' || j.id
         LEFT JOIN exception x ON x.key = 'effect/' || e.id AND x.status <> 'resolved'
         WHERE e.status NOT IN ('confirmed', 'skipped') AND e.operation = 'netsuite.journal_entry'
         AND j.event_type = ?1 ORDER BY e.created, e.id LIMIT ?2",
        params![event_type, limit],
        read,
    )
}

/// Payments with money that is set against nothing, the oldest first.
///
/// # Errors
/// When the database refuses.
pub fn payments_unapplied(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<OutstandingRow>, StoreFault> {
    tx.query(
        "SELECT p.id, p.customer, p.unapplied, p.currency, p.time, coalesce(x.summary, ''), coalesce(x.id, ''), p.status
         FROM payment p LEFT JOIN exception x ON x.key = 'unmatched/' || p.id AND x.status <> 'resolved'
         WHERE p.unapplied > 0 ORDER BY p.time, p.id LIMIT ?1",
        params![limit],
        read,
    )
}

/// Open exceptions of a class whose operation begins with a text, the oldest first.
///
/// # Errors
/// When the database refuses.
pub fn of_class(
    tx: &mut Tx<'_>,
    class: &str,
    operation: &str,
    limit: i64,
) -> Result<Vec<OutstandingRow>, StoreFault> {
    tx.query(
        "SELECT CASE WHEN document = '' THEN id ELSE document END, customer, amount, currency, opened, summary, id, class
         FROM exception WHERE status <> 'resolved' AND class = ?1
         AND substr(operation, 1, CAST(CAST(?4 AS BIGINT) AS INTEGER)) = ?2 ORDER BY opened, id LIMIT ?3",
        params![class, operation, limit, operation.len() as i64],
        read,
    )
}
