//! One action over many exceptions: what is to be done to which, and what came of each.

use crate::{StoreFault, Tx, params};

table! {
    /// An action over many exceptions.
    BatchRow in "exception_batch" {
        /// Id.
        id: text,
        /// What is done to each, as a word.
        action: text,
        /// What the action needs, as JSON.
        body: text,
        /// Who asked for it.
        actor: text,
        /// `running`, `done` or `cancelled`.
        status: text,
        /// How many exceptions it was begun with.
        total: int,
        /// When it was begun, microseconds.
        begun: int,
        /// When it ended, microseconds, or 0.
        ended: int,
    }
}

table! {
    /// One exception of an action over many.
    BatchItemRow in "exception_batch_item" {
        /// The action.
        batch: text,
        /// From 1.
        position: int,
        /// The exception.
        exception: text,
        /// `waiting`, `done`, `refused` or `cancelled`.
        status: text,
        /// What came of it, in words.
        result: text,
    }
}

/// A batch.
///
/// # Errors
/// When the database refuses.
pub fn batch(tx: &mut Tx<'_>, id: &str) -> Result<Option<BatchRow>, StoreFault> {
    let columns = BatchRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM exception_batch WHERE id = ?1"),
        params![id],
        BatchRow::read,
    )
}

/// The batches that are not finished, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn running(tx: &mut Tx<'_>) -> Result<Vec<BatchRow>, StoreFault> {
    let columns = BatchRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM exception_batch WHERE status = 'running' ORDER BY begun, id"
        ),
        &[],
        BatchRow::read,
    )
}

/// The newest batches.
///
/// # Errors
/// When the database refuses.
pub fn newest(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<BatchRow>, StoreFault> {
    let columns = BatchRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM exception_batch ORDER BY begun DESC, id DESC LIMIT ?1"),
        params![limit],
        BatchRow::read,
    )
}

/// The next items of a batch that wait.
///
/// # Errors
/// When the database refuses.
pub fn waiting(tx: &mut Tx<'_>, batch: &str, limit: i64) -> Result<Vec<BatchItemRow>, StoreFault> {
    let columns = BatchItemRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM exception_batch_item WHERE batch = ?1 AND status = 'waiting' ORDER BY position LIMIT ?2"
        ),
        params![batch, limit],
        BatchItemRow::read,
    )
}

/// The items of a batch after a position.
///
/// # Errors
/// When the database refuses.
pub fn items(
    tx: &mut Tx<'_>,
    batch: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<BatchItemRow>, StoreFault> {
    let columns = BatchItemRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM exception_batch_item WHERE batch = ?1 AND position > ?2 ORDER BY position LIMIT ?3"
        ),
        params![batch, after, limit],
        BatchItemRow::read,
    )
}

/// How many items of a batch stand where: (status, count).
///
/// # Errors
/// When the database refuses.
pub fn tally(tx: &mut Tx<'_>, batch: &str) -> Result<Vec<(String, i64)>, StoreFault> {
    tx.query(
        "SELECT status, CAST(count(*) AS BIGINT) FROM exception_batch_item WHERE batch = ?1
         GROUP BY status ORDER BY status",
        params![batch],
        |mut row| Ok((row.text(0)?, row.int(1)?)),
    )
}

/// Writes down what came of one item.
///
/// # Errors
/// When the database refuses.
pub fn settle(tx: &mut Tx<'_>, row: &BatchItemRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE exception_batch_item SET status = ?3, result = ?4 WHERE batch = ?1 AND position = ?2",
        params![&row.batch, row.position, &row.status, &row.result],
    )?;
    Ok(())
}

/// Ends a batch; what still waits is cancelled.
///
/// # Errors
/// When the database refuses.
pub fn end(tx: &mut Tx<'_>, id: &str, status: &str, now: i64) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE exception_batch SET status = ?2, ended = ?3 WHERE id = ?1",
        params![id, status, now],
    )?;
    tx.execute(
        "UPDATE exception_batch_item SET status = 'cancelled', result = 'the batch was stopped first'
         WHERE batch = ?1 AND status = 'waiting'",
        params![id],
    )?;
    Ok(())
}
