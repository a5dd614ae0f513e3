//! Proposed edits of what is parked: an item of the inbox or the request of an effect.

use crate::{StoreFault, Tx, params};

table! {
    /// A proposed edit.
    FixRow in "exception_fix" {
        /// Id.
        id: text,
        /// The exception it is to mend.
        exception: text,
        /// What is edited: `inbox/<source>/<id>` or `effect/<id>`.
        target: text,
        /// The text as it was.
        before: text,
        /// The text as it is to be.
        after: text,
        /// Why.
        reason: text,
        /// `proposed`, `applied`, `rejected` or `overtaken`.
        status: text,
        /// Who proposed it.
        maker: text,
        /// When, microseconds.
        made: int,
        /// Who decided, or empty.
        checker: text,
        /// When, microseconds, or 0.
        checked: int,
        /// What they said.
        remark: text,
    }
}

/// A proposal.
///
/// # Errors
/// When the database refuses.
pub fn fix(tx: &mut Tx<'_>, id: &str) -> Result<Option<FixRow>, StoreFault> {
    let columns = FixRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM exception_fix WHERE id = ?1"),
        params![id],
        FixRow::read,
    )
}

/// The proposals about an exception, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn of_exception(tx: &mut Tx<'_>, exception: &str) -> Result<Vec<FixRow>, StoreFault> {
    let columns = FixRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM exception_fix WHERE exception = ?1 ORDER BY made, id"),
        params![exception],
        FixRow::read,
    )
}

/// Proposals that wait for somebody else, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn waiting(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<FixRow>, StoreFault> {
    let columns = FixRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM exception_fix WHERE status = 'proposed' ORDER BY made, id LIMIT ?1"),
        params![limit],
        FixRow::read,
    )
}

/// Writes down what was decided.
///
/// # Errors
/// When the database refuses.
pub fn decide(tx: &mut Tx<'_>, row: &FixRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE exception_fix SET status = ?2, checker = ?3, checked = ?4, remark = ?5 WHERE id = ?1",
        params![&row.id, &row.status, &row.checker, row.checked, &row.remark],
    )?;
    Ok(())
}

/// Puts another text in the place of what was received. The item keeps its id and the digest of what
/// the sender sent; the proposal keeps the text as it was. Returns whether it was still open.
///
/// # Errors
/// When the database refuses.
pub fn edit_item(
    tx: &mut Tx<'_>,
    source: &str,
    source_id: &str,
    raw: &[u8],
) -> Result<bool, StoreFault> {
    let touched = tx.execute(
        "UPDATE inbox SET raw = ?3 WHERE source = ?1 AND source_id = ?2 AND status = 'open'",
        params![source, source_id, raw],
    )?;
    Ok(touched == 1)
}

/// Puts another request in the place of a parked effect's. Returns whether it was still parked.
///
/// # Errors
/// When the database refuses.
pub fn edit_request(tx: &mut Tx<'_>, effect: &str, request: &str) -> Result<bool, StoreFault> {
    let touched = tx.execute(
        "UPDATE effect SET request = ?2 WHERE id = ?1 AND status = 'parked'",
        params![effect, request],
    )?;
    Ok(touched == 1)
}
