//! When the next terms of contracts are agreed by themselves.

use crate::{StoreFault, Tx, params};

/// Notes the day; an empty one says that there is none.
///
/// # Errors
/// When the database refuses.
pub fn note(tx: &mut Tx<'_>, contract: &str, day: &str) -> Result<(), StoreFault> {
    if day.is_empty() {
        tx.execute(
            "DELETE FROM contract_renewal WHERE contract = ?1",
            params![contract],
        )?;
        return Ok(());
    }
    tx.execute(
        "INSERT INTO contract_renewal (contract, due) VALUES (?1, ?2)
         ON CONFLICT (contract) DO UPDATE SET due = excluded.due",
        params![contract, day],
    )?;
    Ok(())
}

/// Contracts whose next term is agreed on or before `through`, by id after `after`.
///
/// # Errors
/// When the database refuses.
pub fn due(
    tx: &mut Tx<'_>,
    through: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<String>, StoreFault> {
    tx.query(
        "SELECT contract FROM contract_renewal WHERE due <= ?1 AND contract > ?2
         ORDER BY contract LIMIT ?3",
        params![through, after, limit],
        |mut row| row.text(0),
    )
}
