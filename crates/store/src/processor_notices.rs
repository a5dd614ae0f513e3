//! What a payment processor has told, and what our books say it should have told by now.

use crate::{StoreFault, Tx, params};

/// A payment that settled here at a processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledThere {
    /// The processor's id of it.
    pub external_id: String,
    /// Legal entity.
    pub entity: String,
    /// Currency.
    pub currency: String,
    /// Gross, minor units.
    pub amount: i64,
}

/// One page of the raw items that a source has sent and that were not refused, by id.
///
/// # Errors
/// When the database refuses.
pub fn page(
    tx: &mut Tx<'_>,
    source: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, Vec<u8>)>, StoreFault> {
    tx.query(
        "SELECT source_id, raw FROM inbox WHERE source = ?1 AND source_id > ?2 AND kind <> 'refused'
         ORDER BY source_id LIMIT ?3",
        params![source, after, limit],
        |mut row| Ok((row.text(0)?, row.blob(1)?)),
    )
}

/// Payments that settled at a processor since a moment, microseconds.
///
/// # Errors
/// When the database refuses.
pub fn settled_since(
    tx: &mut Tx<'_>,
    processor: &str,
    since: i64,
) -> Result<Vec<SettledThere>, StoreFault> {
    tx.query(
        "SELECT p.external_id, p.entity, p.currency, p.amount FROM payment p
         WHERE p.status = 'settled' AND p.time >= ?2 AND p.external_id <> '' AND EXISTS (
             SELECT 1 FROM reference r
             WHERE r.system = ?1 AND r.kind = 'Payment' AND r.id = p.external_id)
         ORDER BY p.external_id",
        params![processor, since],
        |mut row| {
            Ok(SettledThere {
                external_id: row.text(0)?,
                entity: row.text(1)?,
                currency: row.text(2)?,
                amount: row.int(3)?,
            })
        },
    )
}
