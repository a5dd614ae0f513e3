//! Drafts of invoices and credit notes: what a bill run would issue and does not issue yet.

use crate::{StoreFault, Tx, params};

table! {
    /// A draft. Amounts of a credit note are positive.
    InvoiceDraftRow in "invoice_draft" {
        /// Id.
        id: text,
        /// Status word.
        status: text,
        /// `invoice` or `credit_note`.
        kind: text,
        /// Contract.
        contract: text,
        /// Customer.
        customer: text,
        /// Legal entity.
        entity: text,
        /// Currency.
        currency: text,
        /// Bills what is owed through this day.
        through: text,
        /// The day on which it is issued by itself.
        ends: text,
        /// Without tax, minor units.
        net: int,
        /// Tax, minor units.
        tax: int,
        /// With tax and rounding, minor units.
        total: int,
        /// Its lines with their tax, as JSON.
        lines: text,
        /// Grows whenever it is refreshed with other content.
        version: int,
        /// Why a second person is needed, or empty.
        needs: text,
        /// The request for approval, or empty.
        approval: text,
        /// The document that it became, or empty.
        document: text,
        /// Why it was denied or withdrawn, or empty.
        reason: text,
        /// Who made it.
        maker: text,
        /// Chain.
        correlation: text,
        /// When it was made, microseconds.
        created: int,
        /// When it last moved, microseconds.
        changed: int,
    }
}

/// A draft.
///
/// # Errors
/// When the database refuses.
pub fn draft(tx: &mut Tx<'_>, id: &str) -> Result<Option<InvoiceDraftRow>, StoreFault> {
    let columns = InvoiceDraftRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM invoice_draft WHERE id = ?1"),
        params![id],
        InvoiceDraftRow::read,
    )
}

/// The open draft of a contract.
///
/// # Errors
/// When the database refuses.
pub fn open_of(tx: &mut Tx<'_>, contract: &str) -> Result<Option<InvoiceDraftRow>, StoreFault> {
    let columns = InvoiceDraftRow::columns("");
    tx.query_one(
        &format!(
            "SELECT {columns} FROM invoice_draft WHERE contract = ?1 AND status IN ('draft', 'waiting', 'denied')"
        ),
        params![contract],
        InvoiceDraftRow::read,
    )
}

/// The open drafts of these contracts.
///
/// # Errors
/// When the database refuses.
pub fn open_of_any(
    tx: &mut Tx<'_>,
    contracts: &[&str],
) -> Result<Vec<InvoiceDraftRow>, StoreFault> {
    let columns = InvoiceDraftRow::columns("");
    let mut found = Vec::new();
    crate::bill_pages::each_of(
        tx,
        &format!(
            "SELECT {columns} FROM invoice_draft WHERE status IN ('draft', 'waiting', 'denied') AND contract IN"
        ),
        "ORDER BY contract",
        contracts,
        |row| {
            found.push(InvoiceDraftRow::read(row)?);
            Ok(())
        },
    )?;
    Ok(found)
}

/// The draft that became a document.
///
/// # Errors
/// When the database refuses.
pub fn of_document(tx: &mut Tx<'_>, document: &str) -> Result<Option<InvoiceDraftRow>, StoreFault> {
    let columns = InvoiceDraftRow::columns("");
    tx.query_one(
        &format!(
            "SELECT {columns} FROM invoice_draft WHERE document = ?1 AND document <> '' ORDER BY id LIMIT 1"
        ),
        params![document],
        InvoiceDraftRow::read,
    )
}

/// The contracts that drafts are kept under which stand or wait for a second person.
///
/// # Errors
/// When the database refuses.
pub fn standing(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreFault> {
    tx.query(
        "SELECT contract FROM invoice_draft WHERE status IN ('draft', 'waiting') ORDER BY contract",
        &[],
        |mut row| row.text(0),
    )
}

/// The lines of such drafts as JSON, which may name contracts that are billed with the one that each is
/// kept under: (id, lines) by id after `after`.
///
/// # Errors
/// When the database refuses.
pub fn lines_after(
    tx: &mut Tx<'_>,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, String)>, StoreFault> {
    tx.query(
        "SELECT id, lines FROM invoice_draft WHERE status IN ('draft', 'waiting') AND id > ?1 ORDER BY id LIMIT ?2",
        params![after, limit],
        |mut row| Ok((row.text(0)?, row.text(1)?)),
    )
}

/// Drafts that stand, by the day on which they are issued by themselves, through `day` and after
/// (ends, id): (ends, id, contract, entity).
///
/// # Errors
/// When the database refuses.
pub fn due(
    tx: &mut Tx<'_>,
    day: &str,
    after: (&str, &str),
    limit: i64,
) -> Result<Vec<(String, String, String, String)>, StoreFault> {
    tx.query(
        "SELECT ends, id, contract, entity FROM invoice_draft
         WHERE status = 'draft' AND ends <= ?1 AND (ends, id) > (?2, ?3) ORDER BY ends, id LIMIT ?4",
        params![day, after.0, after.1, limit],
        |mut row| Ok((row.text(0)?, row.text(1)?, row.text(2)?, row.text(3)?)),
    )
}

/// Which drafts a list holds. Empty texts select everything.
#[derive(Debug, Clone, Default)]
pub struct DraftFilter {
    /// Of one status; `open` for all that are not over.
    pub status: String,
    /// Of one legal entity.
    pub entity: String,
    /// Of one customer.
    pub customer: String,
    /// Of one contract.
    pub contract: String,
}

/// Drafts before `before` (exclusive; empty for the newest), newest first.
///
/// # Errors
/// When the database refuses.
pub fn newest(
    tx: &mut Tx<'_>,
    filter: &DraftFilter,
    before: &str,
    limit: i64,
) -> Result<Vec<InvoiceDraftRow>, StoreFault> {
    let columns = InvoiceDraftRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM invoice_draft
             WHERE (?1 = '' OR status = ?1 OR (?1 = 'open' AND status IN ('draft', 'waiting', 'denied')))
             AND (?2 = '' OR entity = ?2) AND (?3 = '' OR customer = ?3) AND (?4 = '' OR contract = ?4)
             AND (?5 = '' OR id < ?5) ORDER BY id DESC LIMIT ?6"
        ),
        params![&filter.status, &filter.entity, &filter.customer, &filter.contract, before, limit],
        InvoiceDraftRow::read,
    )
}

/// Writes a draft back, if it still has the status and version that were read. False when another
/// has moved it.
///
/// # Errors
/// When the database refuses.
pub fn put(
    tx: &mut Tx<'_>,
    before: &InvoiceDraftRow,
    row: &InvoiceDraftRow,
) -> Result<bool, StoreFault> {
    let touched = tx.execute(
        "UPDATE invoice_draft SET status = ?2, kind = ?3, through = ?4, ends = ?5, net = ?6, tax = ?7, total = ?8,
         lines = ?9, version = ?10, needs = ?11, approval = ?12, document = ?13, reason = ?14, changed = ?15
         WHERE id = ?1 AND status = ?16 AND version = ?17",
        params![
            &row.id, &row.status, &row.kind, &row.through, &row.ends, row.net, row.tax, row.total, &row.lines,
            row.version, &row.needs, &row.approval, &row.document, &row.reason, row.changed, &before.status,
            before.version
        ],
    )?;
    Ok(touched == 1)
}
