//! Files that were taken in. Their rows are items of the inbox, whose ids begin with the file's.

use crate::{StoreFault, Tx, params};

table! {
    /// A file.
    BatchFileRow in "batch_file" {
        /// Its id.
        id: text,
        /// What its sender calls it.
        name: text,
        /// The command that each of its rows is.
        command: text,
        /// SHA-256 of its bytes, in hexadecimal.
        checksum: text,
        /// Who handed it over.
        actor: text,
        /// Rows that it has.
        row_count: int,
        /// Rows that were taken in.
        accepted: int,
        /// Rows that were refused.
        rejected: int,
        /// Control totals, JSON.
        totals: text,
        /// When, microseconds.
        received: int,
    }
}

/// The file with this content for this command.
///
/// # Errors
/// When the database refuses.
pub fn with_content(
    tx: &mut Tx<'_>,
    command: &str,
    checksum: &str,
) -> Result<Option<BatchFileRow>, StoreFault> {
    let columns = BatchFileRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM batch_file WHERE command = ?1 AND checksum = ?2"),
        params![command, checksum],
        BatchFileRow::read,
    )
}

/// A file.
///
/// # Errors
/// When the database refuses.
pub fn file(tx: &mut Tx<'_>, id: &str) -> Result<Option<BatchFileRow>, StoreFault> {
    let columns = BatchFileRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM batch_file WHERE id = ?1"),
        params![id],
        BatchFileRow::read,
    )
}

/// Up to `limit` files taken in before the one called `before` (all, when it is empty), newest first.
///
/// # Errors
/// When the database refuses.
pub fn newest(tx: &mut Tx<'_>, before: &str, limit: i64) -> Result<Vec<BatchFileRow>, StoreFault> {
    let columns = BatchFileRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM batch_file WHERE ?1 = '' OR id < ?1 ORDER BY id DESC LIMIT ?2"
        ),
        params![before, limit],
        BatchFileRow::read,
    )
}

/// What became of the rows of a file: (status, rows). Ids of the rows lie between `from` and `until`.
///
/// # Errors
/// When the database refuses.
pub fn progress(
    tx: &mut Tx<'_>,
    source: &str,
    from: &str,
    until: &str,
) -> Result<Vec<(String, i64)>, StoreFault> {
    tx.query(
        "SELECT status, CAST(count(*) AS BIGINT) FROM inbox
         WHERE source = ?1 AND source_id >= ?2 AND source_id < ?3 GROUP BY status ORDER BY status",
        params![source, from, until],
        |mut row| Ok((row.text(0)?, row.int(1)?)),
    )
}

/// The rows of a file that are not confirmed: (id, status, reason), in the order of the file.
///
/// # Errors
/// When the database refuses.
pub fn unconfirmed(
    tx: &mut Tx<'_>,
    source: &str,
    from: &str,
    until: &str,
    limit: i64,
) -> Result<Vec<(String, String, String)>, StoreFault> {
    tx.query(
        "SELECT source_id, status, reason FROM inbox
         WHERE source = ?1 AND source_id >= ?2 AND source_id < ?3 AND status <> 'confirmed'
         ORDER BY source_id LIMIT ?4",
        params![source, from, until, limit],
        |mut row| Ok((row.text(0)?, row.text(1)?, row.text(2)?)),
    )
}
