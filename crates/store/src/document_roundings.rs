//! The rounding lines of documents.

use crate::bill_pages::each_of;
use crate::{StoreFault, Tx, params};

table! {
    /// What stands between net and tax of a document and its amount to pay.
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

/// What an invoice came to and what has been credited of it, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditedOf {
    /// Its lines with their tax.
    pub whole: i64,
    /// Of that, what was credited so far.
    pub lines: i64,
    /// The roundings of its credit notes that stand, with the sign of what is given back.
    pub rounding: i64,
}

/// What an invoice came to and what has been credited of it so far; nothing where there is no such document.
///
/// # Errors
/// When the database refuses.
pub fn credited_of(tx: &mut Tx<'_>, invoice: &str) -> Result<Option<CreditedOf>, StoreFault> {
    tx.query_one(
        "SELECT d.net + d.tax,
         CAST(coalesce((SELECT sum(l.credited_net + l.credited_tax) FROM document_line l
          WHERE l.document = d.id), 0) AS BIGINT),
         CAST(coalesce((SELECT sum(r.amount) FROM document n
          JOIN document_rounding r ON r.document = n.id
          WHERE n.source = d.id AND n.source <> '' AND n.kind = 'credit_note' AND n.status <> 'void'), 0) AS BIGINT)
         FROM document d WHERE d.id = ?1",
        params![invoice],
        |row| {
            Ok(CreditedOf {
                whole: row.int(0)?,
                lines: row.int(1)?,
                rounding: row.int(2)?,
            })
        },
    )
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
