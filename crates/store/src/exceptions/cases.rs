//! Incidents, which gather groups of exceptions, and disputes about invoices.

use crate::{StoreFault, Tx, params};

table! {
    /// Something larger that explains one or more groups.
    IncidentRow in "incident" {
        /// Id.
        id: text,
        /// What is the matter.
        title: text,
        /// Severity word.
        severity: text,
        /// Who leads it.
        owner: text,
        /// `open` or `closed`.
        status: text,
        /// When it was opened, microseconds.
        opened: int,
        /// When it was closed, microseconds, or 0.
        closed: int,
    }
}

/// An incident.
///
/// # Errors
/// When the database refuses.
pub fn incident(tx: &mut Tx<'_>, id: &str) -> Result<Option<IncidentRow>, StoreFault> {
    let columns = IncidentRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM incident WHERE id = ?1"),
        params![id],
        IncidentRow::read,
    )
}

/// Incidents, the open ones first, then the newest.
///
/// # Errors
/// When the database refuses.
pub fn incidents(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<IncidentRow>, StoreFault> {
    let columns = IncidentRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM incident ORDER BY status DESC, opened DESC, id DESC LIMIT ?1"
        ),
        params![limit],
        IncidentRow::read,
    )
}

/// Writes back an incident.
///
/// # Errors
/// When the database refuses.
pub fn update_incident(tx: &mut Tx<'_>, row: &IncidentRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE incident SET title = ?2, severity = ?3, owner = ?4, status = ?5, closed = ?6 WHERE id = ?1",
        params![&row.id, &row.title, &row.severity, &row.owner, &row.status, row.closed],
    )?;
    Ok(())
}

/// Makes the open exceptions of a group part of an incident; those that come later join by
/// [`incident_of_group`]. Returns how many there were.
///
/// # Errors
/// When the database refuses.
pub fn gather(tx: &mut Tx<'_>, incident: &str, fingerprint: &str) -> Result<u64, StoreFault> {
    tx.execute(
        "INSERT INTO incident_group (fingerprint, incident) VALUES (?1, ?2) ON CONFLICT (fingerprint, incident) DO NOTHING",
        params![fingerprint, incident],
    )?;
    tx.execute(
        "UPDATE exception SET incident = ?2 WHERE fingerprint = ?1 AND status <> 'resolved' AND incident = ''",
        params![fingerprint, incident],
    )
}

/// The open incident that a group is part of, or empty.
///
/// # Errors
/// When the database refuses.
pub fn incident_of_group(tx: &mut Tx<'_>, fingerprint: &str) -> Result<String, StoreFault> {
    let found = tx.query_one(
        "SELECT g.incident FROM incident_group g JOIN incident i ON i.id = g.incident
         WHERE g.fingerprint = ?1 AND i.status = 'open' ORDER BY g.incident LIMIT 1",
        params![fingerprint],
        |mut row| row.text(0),
    )?;
    Ok(found.unwrap_or_default())
}

/// The groups of an incident.
///
/// # Errors
/// When the database refuses.
pub fn groups_of(tx: &mut Tx<'_>, incident: &str) -> Result<Vec<String>, StoreFault> {
    tx.query(
        "SELECT fingerprint FROM incident_group WHERE incident = ?1 ORDER BY fingerprint",
        params![incident],
        |mut row| row.text(0),
    )
}

/// How many exceptions of an incident are not resolved.
///
/// # Errors
/// When the database refuses.
pub fn open_of_incident(tx: &mut Tx<'_>, incident: &str) -> Result<i64, StoreFault> {
    let found = tx.query_one(
        "SELECT CAST(count(*) AS BIGINT) FROM exception WHERE incident = ?1 AND incident <> '' AND status <> 'resolved'",
        params![incident],
        |row| row.int(0),
    )?;
    Ok(found.unwrap_or(0))
}

table! {
    /// A customer's objection to an invoice.
    DisputeRow in "dispute" {
        /// Id.
        id: text,
        /// The invoice.
        invoice: text,
        /// Who disputes it.
        customer: text,
        /// Its contract.
        contract: text,
        /// Whose books.
        entity: text,
        /// Currency.
        currency: text,
        /// What is disputed, minor units, with tax.
        amount: int,
        /// The disputed lines as a JSON array, empty for the whole invoice.
        lines: text,
        /// Why, as a word.
        reason_code: text,
        /// What the customer said.
        note: text,
        /// Who is to decide.
        owner: text,
        /// `open` or `closed`.
        status: text,
        /// Outcome code, or empty.
        outcome: text,
        /// The credit note that settled it, or empty.
        credit_note: text,
        /// Its exception.
        exception: text,
        /// Chain.
        correlation: text,
        /// When it was opened, microseconds.
        opened: int,
        /// When it was closed, microseconds, or 0.
        closed: int,
    }
}

/// A dispute.
///
/// # Errors
/// When the database refuses.
pub fn dispute(tx: &mut Tx<'_>, id: &str) -> Result<Option<DisputeRow>, StoreFault> {
    let columns = DisputeRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM dispute WHERE id = ?1"),
        params![id],
        DisputeRow::read,
    )
}

/// The open dispute about an invoice.
///
/// # Errors
/// When the database refuses.
pub fn open_dispute(tx: &mut Tx<'_>, invoice: &str) -> Result<Option<DisputeRow>, StoreFault> {
    let columns = DisputeRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM dispute WHERE invoice = ?1 AND status = 'open'"),
        params![invoice],
        DisputeRow::read,
    )
}

/// How many open disputes a customer has.
///
/// # Errors
/// When the database refuses.
pub fn open_disputes_of(tx: &mut Tx<'_>, customer: &str) -> Result<i64, StoreFault> {
    let found = tx.query_one(
        "SELECT CAST(count(*) AS BIGINT) FROM dispute WHERE customer = ?1 AND status = 'open'",
        params![customer],
        |row| row.int(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// Writes down how a dispute stands.
///
/// # Errors
/// When the database refuses.
pub fn update_dispute(tx: &mut Tx<'_>, row: &DisputeRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE dispute SET owner = ?2, status = ?3, outcome = ?4, credit_note = ?5, exception = ?6, closed = ?7
         WHERE id = ?1",
        params![&row.id, &row.owner, &row.status, &row.outcome, &row.credit_note, &row.exception, row.closed],
    )?;
    Ok(())
}

/// The payments of a customer whose last attempt failed: how many, and how many of them are not
/// tried again.
///
/// # Errors
/// When the database refuses.
pub fn failing_payments(tx: &mut Tx<'_>, customer: &str) -> Result<(i64, i64), StoreFault> {
    failing_but(tx, customer, "")
}

/// As [`failing_payments`], of those that meet a further condition on payment `p` of customer `?1`.
pub(crate) fn failing_but(
    tx: &mut Tx<'_>,
    customer: &str,
    condition: &str,
) -> Result<(i64, i64), StoreFault> {
    let found = tx.query_one(
        &format!(
            "SELECT CAST(count(*) AS BIGINT), CAST(count(CASE WHEN p.next_attempt = '' THEN 1 END) AS BIGINT)
             FROM payment p JOIN document d ON d.id = p.invoice
             WHERE p.customer = ?1 AND p.status = 'failed' AND d.remaining > 0 {condition}"
        ),
        params![customer],
        |row| Ok((row.int(0)?, row.int(1)?)),
    )?;
    Ok(found.unwrap_or((0, 0)))
}
