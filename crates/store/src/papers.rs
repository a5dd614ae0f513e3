//! What stood on paper at a moment: versions of letterheads and billing details, and what customers
//! were called before they changed.

use crate::{Row, StoreFault, Tx, params};

/// One version of a configuration document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// 1, 2, 3 …
    pub version: i64,
    /// When it was recorded, microseconds.
    pub recorded: i64,
    /// Who recorded it.
    pub actor: String,
    /// Its content.
    pub body: String,
}

/// The version of a configuration document that held at a moment (microseconds).
///
/// # Errors
/// When the database refuses.
pub fn version_at(tx: &mut Tx<'_>, kind: &str, at: i64) -> Result<Option<Version>, StoreFault> {
    tx.query_one(
        "SELECT version, recorded, actor, body FROM configuration
         WHERE kind = ?1 AND recorded <= ?2 ORDER BY version DESC LIMIT 1",
        params![kind, at],
        read,
    )
}

/// The version that held at a moment, or the first one when it was recorded later: what was issued
/// before anybody had set it up bears what was set up first, and keeps it.
///
/// # Errors
/// When the database refuses.
pub fn version_on_paper(
    tx: &mut Tx<'_>,
    kind: &str,
    at: i64,
) -> Result<Option<Version>, StoreFault> {
    if let Some(found) = version_at(tx, kind, at)? {
        return Ok(Some(found));
    }
    tx.query_one(
        "SELECT version, recorded, actor, body FROM configuration
         WHERE kind = ?1 ORDER BY version LIMIT 1",
        params![kind],
        read,
    )
}

/// The versions of a configuration document, the newest first, at most so many.
///
/// # Errors
/// When the database refuses.
pub fn versions(tx: &mut Tx<'_>, kind: &str, most: i64) -> Result<Vec<Version>, StoreFault> {
    tx.query(
        "SELECT version, recorded, actor, body FROM configuration
         WHERE kind = ?1 ORDER BY version DESC LIMIT ?2",
        params![kind, most],
        read,
    )
}

/// What was changed of a customer after a moment, oldest first: the differences as JSON.
///
/// # Errors
/// When the database refuses.
pub fn customer_changes_after(
    tx: &mut Tx<'_>,
    customer: &str,
    at: i64,
) -> Result<Vec<String>, StoreFault> {
    tx.query(
        "SELECT diff FROM customer_change
         WHERE customer = ?1 AND status = 'applied' AND applied > ?2 ORDER BY applied, id",
        params![customer, at],
        |mut row| row.text(0),
    )
}

fn read(mut row: Row) -> Result<Version, StoreFault> {
    Ok(Version {
        version: row.int(0)?,
        recorded: row.int(1)?,
        actor: row.text(2)?,
        body: row.text(3)?,
    })
}
