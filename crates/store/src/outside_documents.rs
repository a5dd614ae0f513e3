//! Invoices and credit notes that another system issued, as that system has them.

use crate::{StoreFault, Tx, params};

table! {
    /// A document of another system. It is a row of `document` too, once it is posted.
    OutsideDocumentRow in "outside_document" {
        /// The system that issued it.
        system: text,
        /// Its id there.
        outside_id: text,
        /// `invoice` or `credit_note`.
        kind: text,
        /// The number printed on it.
        number: text,
        /// Contract.
        contract: text,
        /// Customer.
        customer: text,
        /// Legal entity.
        entity: text,
        /// Currency.
        currency: text,
        /// Date of issue.
        issued: text,
        /// Without tax, minor units; positive for both kinds.
        net: int,
        /// Tax, minor units; positive for both kinds.
        tax: int,
        /// What tells its content from another one with the same id, in hexadecimal.
        digest: text,
        /// What was recorded, as JSON.
        body: text,
        /// Our document, or empty while it could not be posted.
        document: text,
        /// `posted`, `parked` or `void`.
        status: text,
        /// Why it is parked, or empty.
        reason: text,
        /// When it was recorded, microseconds.
        received: int,
    }
}

/// The document with this id there.
///
/// # Errors
/// When the database refuses.
pub fn outside_document(
    tx: &mut Tx<'_>,
    system: &str,
    outside_id: &str,
) -> Result<Option<OutsideDocumentRow>, StoreFault> {
    let columns = OutsideDocumentRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM outside_document WHERE system = ?1 AND outside_id = ?2"),
        params![system, outside_id],
        OutsideDocumentRow::read,
    )
}

/// Documents after (system, outside id), exclusive; of one contract, or of all when it is empty, and
/// only those that could not be posted, or all.
///
/// # Errors
/// When the database refuses.
pub fn after(
    tx: &mut Tx<'_>,
    (system, outside_id): (&str, &str),
    contract: &str,
    parked: bool,
    limit: i64,
) -> Result<Vec<OutsideDocumentRow>, StoreFault> {
    let columns = OutsideDocumentRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM outside_document WHERE (system, outside_id) > (?1, ?2)
             AND (?3 = '' OR contract = ?3) AND (CAST(?4 AS BIGINT) = 0 OR (document = '' AND status <> 'void'))
             ORDER BY system, outside_id LIMIT ?5"
        ),
        params![system, outside_id, contract, i64::from(parked), limit],
        OutsideDocumentRow::read,
    )
}

/// Whether another system ever billed a contract.
///
/// # Errors
/// When the database refuses.
pub fn any_of_contract(tx: &mut Tx<'_>, contract: &str) -> Result<bool, StoreFault> {
    let found = tx.query_one(
        "SELECT outside_id FROM outside_document WHERE contract = ?1 LIMIT 1",
        params![contract],
        |mut row| row.text(0),
    )?;
    Ok(found.is_some())
}

/// Notes that a document is posted as one of ours.
///
/// # Errors
/// When the database refuses.
pub fn posted(
    tx: &mut Tx<'_>,
    system: &str,
    outside_id: &str,
    document: &str,
) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE outside_document SET document = ?3, status = 'posted', reason = ''
         WHERE system = ?1 AND outside_id = ?2",
        params![system, outside_id, document],
    )?;
    Ok(())
}

/// Notes that the system that issued a document voided it.
///
/// # Errors
/// When the database refuses.
pub fn voided(tx: &mut Tx<'_>, system: &str, outside_id: &str) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE outside_document SET status = 'void', reason = ''
         WHERE system = ?1 AND outside_id = ?2",
        params![system, outside_id],
    )?;
    Ok(())
}

/// What was recorded as one of our documents of a contract.
///
/// # Errors
/// When the database refuses.
pub fn of_document(
    tx: &mut Tx<'_>,
    contract: &str,
    document: &str,
) -> Result<Option<OutsideDocumentRow>, StoreFault> {
    let columns = OutsideDocumentRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM outside_document WHERE contract = ?1 AND document = ?2"),
        params![contract, document],
        OutsideDocumentRow::read,
    )
}

/// Keys of the open exceptions that begin with `prefix`.
///
/// # Errors
/// When the database refuses.
pub fn open_keys(tx: &mut Tx<'_>, prefix: &str) -> Result<Vec<String>, StoreFault> {
    tx.query(
        "SELECT key FROM exception WHERE status <> 'resolved' AND substr(key, 1, length(?1)) = ?1
         ORDER BY key",
        params![prefix],
        |mut row| row.text(0),
    )
}

/// Whether a document of the entity has this number already.
///
/// # Errors
/// When the database refuses.
pub fn number_taken(tx: &mut Tx<'_>, entity: &str, number: &str) -> Result<bool, StoreFault> {
    let found = tx.query_one(
        "SELECT id FROM document WHERE entity = ?1 AND number = ?2",
        params![entity, number],
        |mut row| row.text(0),
    )?;
    Ok(found.is_some())
}
