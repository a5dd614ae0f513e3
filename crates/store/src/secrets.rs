//! Secrets of the books, each sealed before it comes here.

use crate::{StoreFault, Tx, params};

/// A sealed secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// What it is for.
    pub purpose: String,
    /// Whose it is.
    pub name: String,
    /// The sealed text.
    pub sealed: String,
}

/// Keeps a sealed secret, or replaces it.
///
/// # Errors
/// When the database refuses.
pub fn put_secret(
    tx: &mut Tx<'_>,
    purpose: &str,
    name: &str,
    sealed: &str,
    changed: i64,
) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO secret (purpose, name, sealed, changed) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (purpose, name) DO UPDATE SET sealed = excluded.sealed, changed = excluded.changed",
        params![purpose, name, sealed, changed],
    )?;
    Ok(())
}

/// A sealed secret.
///
/// # Errors
/// When the database refuses.
pub fn secret(tx: &mut Tx<'_>, purpose: &str, name: &str) -> Result<Option<String>, StoreFault> {
    tx.query_one(
        "SELECT sealed FROM secret WHERE purpose = ?1 AND name = ?2",
        params![purpose, name],
        |mut row| row.text(0),
    )
}

/// Forgets a secret.
///
/// # Errors
/// When the database refuses.
pub fn remove_secret(tx: &mut Tx<'_>, purpose: &str, name: &str) -> Result<(), StoreFault> {
    tx.execute(
        "DELETE FROM secret WHERE purpose = ?1 AND name = ?2",
        params![purpose, name],
    )?;
    Ok(())
}

/// Every sealed secret.
///
/// # Errors
/// When the database refuses.
pub fn secrets(tx: &mut Tx<'_>) -> Result<Vec<SealedSecret>, StoreFault> {
    tx.query(
        "SELECT purpose, name, sealed FROM secret ORDER BY purpose, name",
        &[],
        |mut row| {
            Ok(SealedSecret {
                purpose: row.text(0)?,
                name: row.text(1)?,
                sealed: row.text(2)?,
            })
        },
    )
}
