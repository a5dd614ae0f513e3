//! What needs a person: each with its value, its owner and what it explains.

use crate::{StoreFault, Tx, params};

table! {
    /// An exception.
    ExceptionRow in "exception" {
        /// Id.
        id: text,
        /// What it is about: at most one open exception a key.
        key: text,
        /// Class word.
        class: text,
        /// What is wrong, for people.
        summary: text,
        /// The check that failed, with its facts.
        detail: text,
        /// The payload, or empty.
        payload: text,
        /// Customer id, or the customer's name where we have no such customer, or empty.
        customer: text,
        /// Document or outside object, or empty.
        document: text,
        /// Legal entity, or empty.
        entity: text,
        /// The tie-out measure whose difference it names, or empty.
        measure: text,
        /// What is at stake, minor units.
        amount: int,
        /// Its currency, or empty when it has no value.
        currency: text,
        /// Who is to act.
        owner: text,
        /// `open`, `assigned` or `resolved`.
        status: text,
        /// How it ended.
        resolution: text,
        /// Chain, or empty.
        correlation: text,
        /// When it was opened, microseconds.
        opened: int,
        /// When it was resolved, microseconds, or 0.
        resolved: int,
    }
}

/// An exception.
///
/// # Errors
/// When the database refuses.
pub fn exception(tx: &mut Tx<'_>, id: &str) -> Result<Option<ExceptionRow>, StoreFault> {
    let columns = ExceptionRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM exception WHERE id = ?1"),
        params![id],
        ExceptionRow::read,
    )
}

/// The open exception about `key`.
///
/// # Errors
/// When the database refuses.
pub fn open_about(tx: &mut Tx<'_>, key: &str) -> Result<Option<ExceptionRow>, StoreFault> {
    let columns = ExceptionRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM exception WHERE key = ?1 AND status <> 'resolved'"),
        params![key],
        ExceptionRow::read,
    )
}

/// Which exceptions a list holds. Empty texts select everything.
#[derive(Debug, Clone, Default)]
pub struct ExceptionFilter {
    /// `open` (which includes assigned), `assigned` or `resolved`; empty means every status.
    pub status: String,
    /// Class word.
    pub class: String,
    /// Owner.
    pub owner: String,
}

/// Exceptions by value, the largest first, from `offset`.
///
/// # Errors
/// When the database refuses.
pub fn by_value(
    tx: &mut Tx<'_>,
    filter: &ExceptionFilter,
    offset: i64,
    limit: i64,
) -> Result<Vec<ExceptionRow>, StoreFault> {
    let columns = ExceptionRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM exception
             WHERE (?1 = '' OR status = ?1 OR (?1 = 'open' AND status <> 'resolved'))
             AND (?2 = '' OR class = ?2) AND (?3 = '' OR owner = ?3)
             ORDER BY abs(amount) DESC, opened, id LIMIT ?5 OFFSET ?4"
        ),
        params![&filter.status, &filter.class, &filter.owner, offset, limit],
        ExceptionRow::read,
    )
}

/// All open exceptions, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn all_open(tx: &mut Tx<'_>) -> Result<Vec<ExceptionRow>, StoreFault> {
    let columns = ExceptionRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM exception WHERE status <> 'resolved' ORDER BY opened, id"),
        &[],
        ExceptionRow::read,
    )
}

/// The exceptions of a chain.
///
/// # Errors
/// When the database refuses.
pub fn of_chain(tx: &mut Tx<'_>, correlation: &str) -> Result<Vec<ExceptionRow>, StoreFault> {
    let columns = ExceptionRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM exception WHERE correlation = ?1 AND correlation <> '' ORDER BY opened, id"),
        params![correlation],
        ExceptionRow::read,
    )
}

/// Resolved exceptions of a class, newest first.
///
/// # Errors
/// When the database refuses.
pub fn resolved_of_class(
    tx: &mut Tx<'_>,
    class: &str,
    limit: i64,
) -> Result<Vec<ExceptionRow>, StoreFault> {
    let columns = ExceptionRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM exception WHERE class = ?1 AND status = 'resolved' ORDER BY resolved DESC, id LIMIT ?2"
        ),
        params![class, limit],
        ExceptionRow::read,
    )
}

/// Writes back the state of an exception.
///
/// # Errors
/// When the database refuses.
pub fn update(tx: &mut Tx<'_>, row: &ExceptionRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE exception SET summary = ?2, detail = ?3, payload = ?4, amount = ?5, currency = ?6, owner = ?7,
         status = ?8, resolution = ?9, resolved = ?10, class = ?11 WHERE id = ?1",
        params![
            &row.id, &row.summary, &row.detail, &row.payload, row.amount, &row.currency, &row.owner, &row.status,
            &row.resolution, row.resolved, &row.class
        ],
    )?;
    Ok(())
}
