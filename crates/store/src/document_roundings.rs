//! The rounding lines of documents.

use crate::bill_pages::each_of;
use crate::{StoreFault, Tx, params};

table! {
    /// What makes the amount to pay of a document a whole number of cash units.
    RoundingRow in "document_rounding" {
        /// The document.
        document: text,
        /// Part of its total, with the sign that the total has, minor units.
        amount: int,
        /// The rule, as JSON.
        rule: text,
    }
}

/// The rounding line of a document; nothing where no rule held for it.
///
/// # Errors
/// When the database refuses.
pub fn of(tx: &mut Tx<'_>, document: &str) -> Result<Option<RoundingRow>, StoreFault> {
    let columns = RoundingRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM document_rounding WHERE document = ?1"),
        params![document],
        RoundingRow::read,
    )
}

/// Whether any document was ever rounded.
///
/// # Errors
/// When the database refuses.
pub fn is_used(tx: &mut Tx<'_>) -> Result<bool, StoreFault> {
    let found = tx.query_one(
        "SELECT document FROM document_rounding LIMIT 1",
        &[],
        |mut row| row.text(0),
    )?;
    Ok(found.is_some())
}

/// What has been credited of the lines of an invoice so far, with tax, minor units.
///
/// # Errors
/// When the database refuses.
pub fn credited_of(tx: &mut Tx<'_>, invoice: &str) -> Result<i64, StoreFault> {
    let found = tx.query_one(
        "SELECT CAST(coalesce(sum(credited_net + credited_tax), 0) AS BIGINT) FROM document_line
         WHERE document = ?1",
        params![invoice],
        |row| row.int(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// On which document each of these lines stands: (line, document, kind of document).
///
/// # Errors
/// When the database refuses.
pub fn documents_of_lines(
    tx: &mut Tx<'_>,
    lines: &[&str],
) -> Result<Vec<(String, String, String)>, StoreFault> {
    let mut found = Vec::with_capacity(lines.len());
    each_of(
        tx,
        "SELECT l.id, l.document, d.kind FROM document_line l JOIN document d ON d.id = l.document
         WHERE l.id IN",
        "",
        lines,
        |mut row| {
            found.push((row.text(0)?, row.text(1)?, row.text(2)?));
            Ok(())
        },
    )?;
    Ok(found)
}
