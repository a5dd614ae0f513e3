//! Readers of the log that miss nothing. An append marks the partition for every active reader in
//! its own transaction; a reader takes marked partitions, reads on from its position in each, and
//! concludes. A mark is set to the sequence of the append and taken away only up to the sequence that
//! was read, so that a mark which an append sets meanwhile stays: on PostgreSQL the delete waits for
//! the append and then finds the mark beyond what it may take away.
//!
//! Positions, not marks, say what was read; [`sweep`] finds what lies beyond them without a mark, such
//! as an append that had begun before its reader was made active.

use crate::log::{self, StoredEvent};
use crate::{StoreFault, Tx, params};

/// A partition with something to read for one reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The partition.
    pub partition: String,
    /// The last event of it that was read; 0 when none was.
    pub position: i64,
}

/// Marks a partition for every active reader, within the transaction of the append.
pub(crate) fn mark(
    tx: &mut Tx<'_>,
    partition: &str,
    sequence: i64,
    recorded: i64,
) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO log_unread (reader, partition_key, sequence, since)
         SELECT name, CAST(?1 AS TEXT), CAST(?2 AS BIGINT), CAST(?3 AS BIGINT) FROM log_reader WHERE active = 1
         ON CONFLICT (reader, partition_key) DO UPDATE SET sequence = excluded.sequence",
        params![partition, sequence, recorded],
    )?;
    Ok(())
}

/// Whether a reader is active; nothing when it was never known.
///
/// # Errors
/// When the database refuses.
pub fn is_active(tx: &mut Tx<'_>, reader: &str) -> Result<Option<bool>, StoreFault> {
    tx.query_one(
        "SELECT active FROM log_reader WHERE name = ?1",
        params![reader],
        |row| Ok(row.int(0)? == 1),
    )
}

/// Makes a reader active or puts it to rest. At rest it costs nothing and keeps its positions.
///
/// # Errors
/// When the database refuses.
pub fn set_active(tx: &mut Tx<'_>, reader: &str, active: bool) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO log_reader (name, active) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET active = excluded.active",
        params![reader, i64::from(active)],
    )?;
    Ok(())
}

/// Sets the positions of a reader to the end of every partition: it reads what comes from now on.
///
/// # Errors
/// When the database refuses.
pub fn start_at_the_end(tx: &mut Tx<'_>, reader: &str) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO log_position (reader, partition_key, sequence)
         SELECT CAST(?1 AS TEXT), partition_key, sequence FROM partition_head WHERE sequence > 0
         ON CONFLICT (reader, partition_key) DO UPDATE SET sequence = excluded.sequence",
        params![reader],
    )?;
    tx.execute("DELETE FROM log_unread WHERE reader = ?1", params![reader])?;
    Ok(())
}

/// Marks every partition that lies beyond the reader's position and has no mark. How many there were.
///
/// # Errors
/// When the database refuses.
pub fn sweep(tx: &mut Tx<'_>, reader: &str, now: i64) -> Result<u64, StoreFault> {
    tx.execute(
        "INSERT INTO log_unread (reader, partition_key, sequence, since)
         SELECT CAST(?1 AS TEXT), h.partition_key, h.sequence, CAST(?2 AS BIGINT) FROM partition_head h
         LEFT JOIN log_position p ON p.reader = ?1 AND p.partition_key = h.partition_key
         LEFT JOIN log_unread u ON u.reader = ?1 AND u.partition_key = h.partition_key
         WHERE h.sequence > COALESCE(p.sequence, 0) AND u.reader IS NULL
         ON CONFLICT (reader, partition_key) DO NOTHING",
        params![reader, now],
    )
}

/// Up to `limit` partitions with something to read, those that wait longest first.
///
/// # Errors
/// When the database refuses.
pub fn unread(tx: &mut Tx<'_>, reader: &str, limit: i64) -> Result<Vec<Unread>, StoreFault> {
    tx.query(
        "SELECT u.partition_key, COALESCE(p.sequence, 0) FROM log_unread u
         LEFT JOIN log_position p ON p.reader = u.reader AND p.partition_key = u.partition_key
         WHERE u.reader = ?1 ORDER BY u.since, u.partition_key LIMIT ?2",
        params![reader, limit],
        |mut row| {
            Ok(Unread {
                partition: row.text(0)?,
                position: row.int(1)?,
            })
        },
    )
}

/// Up to `limit` events of a partition after a sequence, without a gap.
///
/// # Errors
/// [`StoreFault::Gap`] when one is missing, or the database refuses.
pub fn following(
    tx: &mut Tx<'_>,
    partition: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<StoredEvent>, StoreFault> {
    let events = log::of_partition(tx, partition, after, limit)?;
    for (event, expected) in events.iter().zip(after + 1..) {
        if event.sequence != expected {
            return Err(StoreFault::Gap {
                partition: partition.to_owned(),
                expected,
                found: event.sequence,
            });
        }
    }
    Ok(events)
}

/// Concludes what was read of a partition, from one position to the next. Whether this reader did: a
/// second worker that has read the same finds the position moved and must undo what it wrote.
///
/// # Errors
/// When the database refuses.
pub fn conclude(
    tx: &mut Tx<'_>,
    reader: &str,
    partition: &str,
    from: i64,
    to: i64,
) -> Result<bool, StoreFault> {
    if to > from && !advance(tx, reader, partition, from, to)? {
        return Ok(false);
    }
    tx.execute(
        "DELETE FROM log_unread WHERE reader = ?1 AND partition_key = ?2 AND sequence <= ?3",
        params![reader, partition, to],
    )?;
    Ok(true)
}

fn advance(
    tx: &mut Tx<'_>,
    reader: &str,
    partition: &str,
    from: i64,
    to: i64,
) -> Result<bool, StoreFault> {
    let moved = tx.execute(
        "INSERT INTO log_position (reader, partition_key, sequence) VALUES (?1, ?2, ?3)
         ON CONFLICT (reader, partition_key) DO UPDATE SET sequence = excluded.sequence
         WHERE log_position.sequence = ?4",
        params![reader, partition, to, from],
    )?;
    Ok(moved == 1)
}

/// How many partitions wait for a reader, and since when the longest one does (microseconds).
///
/// # Errors
/// When the database refuses.
pub fn waiting(tx: &mut Tx<'_>, reader: &str) -> Result<(i64, i64), StoreFault> {
    let found = tx.query_one(
        "SELECT CAST(count(*) AS BIGINT), COALESCE(min(since), 0) FROM log_unread WHERE reader = ?1",
        params![reader],
        |row| Ok((row.int(0)?, row.int(1)?)),
    )?;
    Ok(found.unwrap_or_default())
}
