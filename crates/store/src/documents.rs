//! Invoices and credit notes with their lines.

use crate::{StoreFault, Tx, params};

table! {
    /// An invoice or credit note. Amounts of a credit note are positive.
    DocumentRow in "document" {
        /// Id.
        id: text,
        /// `invoice` or `credit_note`.
        kind: text,
        /// Printed number, gapless per entity and kind.
        number: text,
        /// Legal entity.
        entity: text,
        /// Customer.
        customer: text,
        /// Contract.
        contract: text,
        /// Currency.
        currency: text,
        /// Date of issue.
        issued: text,
        /// When it is to be paid.
        due: text,
        /// Without tax, minor units.
        net: int,
        /// Tax, minor units.
        tax: int,
        /// With tax and rounding, minor units.
        total: int,
        /// Still to be paid (an invoice) or still to be set off (a credit note), minor units.
        remaining: int,
        /// Status word.
        status: text,
        /// The invoice that a credit note credits; empty for an invoice.
        source: text,
        /// Why, for a credit note.
        reason: text,
        /// Chain.
        correlation: text,
        /// When it was recorded, microseconds.
        created: int,
    }
}

table! {
    /// A line of a document.
    LineRow in "document_line" {
        /// Id.
        id: text,
        /// Document.
        document: text,
        /// Contract.
        contract: text,
        /// Component of the contract.
        component: text,
        /// Obligation.
        obligation: text,
        /// Product.
        product: text,
        /// What is printed.
        description: text,
        /// The arithmetic.
        arithmetic: text,
        /// First day billed.
        period_from: text,
        /// First day after.
        period_until: text,
        /// Without tax, minor units; negative for a line that takes back an earlier one.
        net: int,
        /// Which tax.
        tax_code: text,
        /// Rate as decimal text.
        tax_rate: text,
        /// Tax, minor units.
        tax: int,
        /// What tells it from every other line of the same component and days that stands; its id
        /// where it covers none.
        covers: text,
        /// The line that this one corrects or credits; empty otherwise.
        source_line: text,
        /// Credited so far, minor units without tax.
        credited_net: int,
        /// Tax credited so far, minor units.
        credited_tax: int,
        /// What billing needs to compute with, as JSON.
        body: text,
    }
}

/// A document.
///
/// # Errors
/// When the database refuses.
pub fn document(tx: &mut Tx<'_>, id: &str) -> Result<Option<DocumentRow>, StoreFault> {
    let columns = DocumentRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM document WHERE id = ?1"),
        params![id],
        DocumentRow::read,
    )
}

/// Which documents a list holds. Empty texts select everything.
#[derive(Debug, Clone, Default)]
pub struct DocumentFilter {
    /// `invoice` or `credit_note`.
    pub kind: String,
    /// Of one customer.
    pub customer: String,
    /// Of one contract.
    pub contract: String,
    /// Of one status.
    pub status: String,
}

/// Documents before `before` (exclusive; empty for the newest), newest id first.
///
/// # Errors
/// When the database refuses.
pub fn documents(
    tx: &mut Tx<'_>,
    filter: &DocumentFilter,
    before: &str,
    limit: i64,
) -> Result<Vec<DocumentRow>, StoreFault> {
    let columns = DocumentRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM document WHERE (?1 = '' OR kind = ?1) AND (?2 = '' OR customer = ?2)
             AND (?3 = '' OR contract = ?3 OR id IN (SELECT document FROM document_part WHERE contract = ?3))
             AND (?4 = '' OR status = ?4) AND (?5 = '' OR id < ?5)
             ORDER BY id DESC LIMIT ?6"
        ),
        params![&filter.kind, &filter.customer, &filter.contract, &filter.status, before, limit],
        DocumentRow::read,
    )
}

/// How many invoices bill a contract, alone or with others, and of how many something is still to be
/// paid.
///
/// # Errors
/// When the database refuses.
pub fn invoices_of_contract(tx: &mut Tx<'_>, contract: &str) -> Result<(i64, i64), StoreFault> {
    let found = tx.query_one(
        "SELECT CAST(count(*) AS BIGINT), CAST(count(CASE WHEN remaining > 0 THEN 1 END) AS BIGINT) FROM document
         WHERE kind = 'invoice' AND id IN (SELECT id FROM document WHERE contract = ?1
           UNION SELECT document FROM document_part WHERE contract = ?1)",
        params![contract],
        |row| Ok((row.int(0)?, row.int(1)?)),
    )?;
    Ok(found.unwrap_or_default())
}

/// The open invoices of a customer in one currency and entity, the oldest due first.
///
/// # Errors
/// When the database refuses.
pub fn open_invoices(
    tx: &mut Tx<'_>,
    customer: &str,
    entity: &str,
    currency: &str,
) -> Result<Vec<DocumentRow>, StoreFault> {
    let columns = DocumentRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM document WHERE customer = ?1 AND entity = ?2 AND currency = ?3
             AND kind = 'invoice' AND remaining <> 0 ORDER BY due, id"
        ),
        params![customer, entity, currency],
        DocumentRow::read,
    )
}

/// The credit notes of an invoice.
///
/// # Errors
/// When the database refuses.
pub fn credit_notes_of(tx: &mut Tx<'_>, invoice: &str) -> Result<Vec<DocumentRow>, StoreFault> {
    let columns = DocumentRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM document WHERE source = ?1 AND source <> '' ORDER BY id"),
        params![invoice],
        DocumentRow::read,
    )
}

/// The lines of a document.
///
/// # Errors
/// When the database refuses.
pub fn lines_of(tx: &mut Tx<'_>, document: &str) -> Result<Vec<LineRow>, StoreFault> {
    let columns = LineRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM document_line WHERE document = ?1 ORDER BY id"),
        params![document],
        LineRow::read,
    )
}

/// Every line billed on a contract, but those of voided invoices.
///
/// # Errors
/// When the database refuses.
pub fn lines_of_contract(tx: &mut Tx<'_>, contract: &str) -> Result<Vec<LineRow>, StoreFault> {
    let columns = LineRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM document_line WHERE contract = ?1 AND voided = 0 ORDER BY id"
        ),
        params![contract],
        LineRow::read,
    )
}

/// Notes what is left of a document and its status.
///
/// # Errors
/// When the database refuses.
pub fn set_remaining(
    tx: &mut Tx<'_>,
    id: &str,
    remaining: i64,
    status: &str,
) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE document SET remaining = ?2, status = ?3 WHERE id = ?1",
        params![id, remaining, status],
    )?;
    Ok(())
}

/// Adds to what is credited of a line.
///
/// # Errors
/// When the database refuses.
pub fn add_credited(tx: &mut Tx<'_>, line: &str, net: i64, tax: i64) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE document_line SET credited_net = credited_net + ?2, credited_tax = credited_tax + ?3 WHERE id = ?1",
        params![line, net, tax],
    )?;
    Ok(())
}

/// Sums by entity, currency and kind.
///
/// # Errors
/// When the database refuses.
pub fn sums(tx: &mut Tx<'_>) -> Result<Vec<DocumentSum>, StoreFault> {
    tx.query(
        "SELECT entity, currency, kind, CAST(count(*) AS BIGINT), CAST(sum(net) AS BIGINT),
         CAST(sum(tax) AS BIGINT), CAST(sum(total) AS BIGINT), CAST(sum(remaining) AS BIGINT)
         FROM document WHERE status <> 'void' GROUP BY entity, currency, kind ORDER BY entity, currency, kind",
        &[],
        |mut row| {
            Ok(DocumentSum {
                entity: row.text(0)?,
                currency: row.text(1)?,
                kind: row.text(2)?,
                count: row.int(3)?,
                net: row.int(4)?,
                tax: row.int(5)?,
                total: row.int(6)?,
                remaining: row.int(7)?,
            })
        },
    )
}

/// Sums of documents of one entity, currency and kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentSum {
    /// Legal entity.
    pub entity: String,
    /// Currency.
    pub currency: String,
    /// `invoice` or `credit_note`.
    pub kind: String,
    /// How many.
    pub count: i64,
    /// Without tax, minor units.
    pub net: i64,
    /// Tax, minor units.
    pub tax: i64,
    /// To be paid, minor units.
    pub total: i64,
    /// Still open, minor units.
    pub remaining: i64,
}

/// What is open by customer and currency, where anything is: (customer, currency, minor units).
///
/// # Errors
/// When the database refuses.
pub fn open_by_customer(tx: &mut Tx<'_>) -> Result<Vec<(String, String, i64)>, StoreFault> {
    tx.query(
        "SELECT customer, currency, CAST(sum(remaining) AS BIGINT) FROM document
         WHERE kind = 'invoice' AND remaining <> 0 GROUP BY customer, currency ORDER BY customer, currency",
        &[],
        |mut row| Ok((row.text(0)?, row.text(1)?, row.int(2)?)),
    )
}

/// The document with a printed number.
///
/// # Errors
/// When the database refuses.
pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<DocumentRow>, StoreFault> {
    let columns = DocumentRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM document WHERE number = ?1 ORDER BY id LIMIT 1"),
        params![number],
        DocumentRow::read,
    )
}

/// The document that a line stands on.
///
/// # Errors
/// When the database refuses.
pub fn document_of_line(tx: &mut Tx<'_>, line: &str) -> Result<Option<String>, StoreFault> {
    tx.query_one(
        "SELECT document FROM document_line WHERE id = ?1",
        params![line],
        |mut row| row.text(0),
    )
}

/// What is open on the invoices of one customer by currency: (currency, minor units).
///
/// # Errors
/// When the database refuses.
pub fn open_of_customer(tx: &mut Tx<'_>, customer: &str) -> Result<Vec<(String, i64)>, StoreFault> {
    tx.query(
        "SELECT currency, CAST(sum(remaining) AS BIGINT) FROM document
         WHERE customer = ?1 AND kind = 'invoice' GROUP BY currency ORDER BY currency",
        params![customer],
        |mut row| Ok((row.text(0)?, row.int(1)?)),
    )
}

/// Documents narrowed by `filter`, by entity and by month of issue (empty texts select everything),
/// by the time they were recorded, newest first, before (created, id), exclusive.
///
/// # Errors
/// When the database refuses.
pub fn newest(
    tx: &mut Tx<'_>,
    filter: &DocumentFilter,
    (entity, month): (&str, &str),
    before: (i64, &str),
    limit: i64,
) -> Result<Vec<DocumentRow>, StoreFault> {
    let columns = DocumentRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM document WHERE (?1 = '' OR kind = ?1) AND (?2 = '' OR customer = ?2)
             AND (?3 = '' OR contract = ?3 OR id IN (SELECT document FROM document_part WHERE contract = ?3))
             AND (?4 = '' OR status = ?4) AND (?5 = '' OR entity = ?5)
             AND (?6 = '' OR substr(issued, 1, 7) = ?6) AND (created, id) < (?7, ?8)
             ORDER BY created DESC, id DESC LIMIT ?9"
        ),
        params![
            &filter.kind, &filter.customer, &filter.contract, &filter.status, entity, month, before.0, before.1, limit
        ],
        DocumentRow::read,
    )
}

/// Every line billed on the contracts from `first` to `last` by id, both included.
///
/// # Errors
/// When the database refuses.
pub fn lines_of_contracts(
    tx: &mut Tx<'_>,
    first: &str,
    last: &str,
) -> Result<Vec<LineRow>, StoreFault> {
    let columns = LineRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM document_line WHERE contract >= ?1 AND contract <= ?2 AND voided = 0 ORDER BY contract, id"),
        params![first, last],
        LineRow::read,
    )
}

/// Voids an invoice: its lines cover nothing any more, and nothing is open.
///
/// # Errors
/// When the database refuses.
pub fn void(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE document SET status = 'void', remaining = 0 WHERE id = ?1",
        params![id],
    )?;
    tx.execute(
        "UPDATE document_line SET voided = 1 WHERE document = ?1",
        params![id],
    )?;
    Ok(())
}
