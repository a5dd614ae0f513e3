//! The answers of commands by their idempotency key: the same key answers the same.

use crate::{StoreFault, Tx, params};

/// What an earlier command with the same key left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Digest of the earlier command's content.
    pub digest: Vec<u8>,
    /// Its answer as JSON text.
    pub answer: String,
}

/// What the command with this key answered, if there was one.
///
/// # Errors
/// When the database refuses.
pub fn answered(tx: &mut Tx<'_>, client: &str, key: &str) -> Result<Option<Answered>, StoreFault> {
    tx.query_one(
        "SELECT digest, answer FROM command WHERE client = ?1 AND key = ?2",
        params![client, key],
        |mut row| {
            Ok(Answered {
                digest: row.blob(0)?,
                answer: row.text(1)?,
            })
        },
    )
}

/// Keeps the answer of a command.
///
/// # Errors
/// [`StoreFault::Duplicate`] when another command with the key was faster.
pub fn keep_answer(
    tx: &mut Tx<'_>,
    client: &str,
    key: &str,
    digest: &[u8],
    answer: &str,
    recorded: i64,
) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO command (client, key, digest, answer, recorded) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![client, key, digest, answer, recorded],
    )?;
    Ok(())
}
