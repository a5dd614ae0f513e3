//! The log in one order that never changes: the list of events that others page through.
//!
//! Ids and moments follow the clocks of those who write, and on PostgreSQL a transaction may commit
//! long after one that began later. Whoever pages by them passes what commits late. So every event is
//! given a place here once it is committed: the feed is a reader of the log, which takes what is
//! marked for it, partition by partition without a gap, and numbers it. The row of the head is held
//! until that is committed, so places become visible in order. Nothing is numbered before somebody
//! reads the list for the first time.

use crate::log::{self, StoredEvent};
use crate::{StoreFault, Tx, params, readers};

/// The reader of the log that gives the places.
pub const READER: &str = "feed";
/// What has no mark is looked for when that was last done so long ago, in microseconds.
const SWEEP_EVERY: i64 = 60_000_000;

/// Whether there may be events without a place.
///
/// # Errors
/// When the database refuses.
pub fn is_behind(tx: &mut Tx<'_>, now: i64) -> Result<bool, StoreFault> {
    Ok(readers::is_active(tx, READER)? != Some(true)
        || !readers::unread(tx, READER, 1)?.is_empty()
        || is_sweep_due(head(tx)?.1, now))
}

fn is_sweep_due(swept: i64, now: i64) -> bool {
    // Also when a clock was set back since.
    now.abs_diff(swept) >= SWEEP_EVERY.unsigned_abs()
}

/// Gives places to up to about `limit` events that have none. Answers how many there were.
///
/// # Errors
/// When the database refuses, or an event is missing in its partition.
pub fn advance(tx: &mut Tx<'_>, limit: i64, now: i64) -> Result<u64, StoreFault> {
    let (mut position, swept) = take_head(tx)?;
    if readers::is_active(tx, READER)? != Some(true) {
        return begin(tx, now);
    }
    let mut marked = readers::unread(tx, READER, limit)?;
    if marked.is_empty() && is_sweep_due(swept, now) {
        // An append that had begun before the feed did marked nothing for it.
        readers::sweep(tx, READER, now)?;
        keep_head(tx, position, now)?;
        marked = readers::unread(tx, READER, limit)?;
    }
    let before = position;
    for event in in_turn(tx, marked, limit)? {
        position += 1;
        tx.execute(
            "INSERT INTO event_feed (position, event) VALUES (?1, ?2)",
            params![position, &event],
        )?;
    }
    if position > before {
        tx.execute(
            "UPDATE event_feed_head SET position = ?1 WHERE one = 1",
            params![position],
        )?;
    }
    Ok((position - before).unsigned_abs())
}

/// Reads what is marked and concludes it: the ids, older before newer as far as that keeps the order
/// of each partition.
fn in_turn(
    tx: &mut Tx<'_>,
    marked: Vec<readers::Unread>,
    limit: i64,
) -> Result<Vec<String>, StoreFault> {
    let mut found: Vec<(String, String, i64, String)> = Vec::new();
    for unread in marked {
        let left = limit.saturating_sub(found.len() as i64);
        if left <= 0 {
            break;
        }
        let (partition, from) = (unread.partition, unread.position);
        let events = match readers::following(tx, &partition, from, left) {
            // It stands still until its gap is explained, and the others do not.
            Err(StoreFault::Gap { .. }) => continue,
            events => events?,
        };
        let to = events.last().map_or(from, |last| last.sequence);
        readers::conclude(tx, READER, &partition, from, to)?;
        let mut newest = String::new();
        for event in events {
            newest = newest.max(event.id.clone());
            found.push((newest.clone(), event.partition, event.sequence, event.id));
        }
    }
    found.sort_unstable();
    Ok(found.into_iter().map(|(_, _, _, id)| id).collect())
}

/// Makes the feed a reader of the log and gives places to everything that is there.
fn begin(tx: &mut Tx<'_>, now: i64) -> Result<u64, StoreFault> {
    readers::set_active(tx, READER, true)?;
    let given = tx.execute(
        "INSERT INTO event_feed (position, event)
         SELECT CAST(row_number() OVER (ORDER BY turn, partition_key, sequence) AS BIGINT), id FROM (
           SELECT id, partition_key, sequence, max(id) OVER (PARTITION BY partition_key ORDER BY sequence) AS turn
           FROM event) placed",
        &[],
    )?;
    tx.execute(
        "INSERT INTO log_position (reader, partition_key, sequence)
         SELECT CAST(?1 AS TEXT), e.partition_key, CAST(max(e.sequence) AS BIGINT)
         FROM event e JOIN event_feed f ON f.event = e.id GROUP BY e.partition_key
         ON CONFLICT (reader, partition_key) DO UPDATE SET sequence = excluded.sequence",
        params![READER],
    )?;
    keep_head(tx, given as i64, now)?;
    Ok(given)
}

/// The place of an event; nothing when it has none.
///
/// # Errors
/// When the database refuses.
pub fn position_of(tx: &mut Tx<'_>, event: &str) -> Result<Option<i64>, StoreFault> {
    tx.query_one(
        "SELECT position FROM event_feed WHERE event = ?1",
        params![event],
        |row| row.int(0),
    )
}

/// Up to `limit` events after a place, in order.
///
/// # Errors
/// When the database refuses.
pub fn after(tx: &mut Tx<'_>, position: i64, limit: i64) -> Result<Vec<StoredEvent>, StoreFault> {
    log::in_feed(tx, position, limit)
}

fn head(tx: &mut Tx<'_>) -> Result<(i64, i64), StoreFault> {
    whole(tx.query_one(
        "SELECT position, swept FROM event_feed_head WHERE one = 1",
        &[],
        |row| Ok((row.int(0)?, row.int(1)?)),
    )?)
}

/// The head, ours until the transaction ends: one at a time gives places.
fn take_head(tx: &mut Tx<'_>) -> Result<(i64, i64), StoreFault> {
    whole(tx.query_one(
        "UPDATE event_feed_head SET position = position WHERE one = 1 RETURNING position, swept",
        &[],
        |row| Ok((row.int(0)?, row.int(1)?)),
    )?)
}

fn whole(head: Option<(i64, i64)>) -> Result<(i64, i64), StoreFault> {
    head.ok_or(StoreFault::Unreadable {
        column: 0,
        wanted: "the head of the feed",
    })
}

fn keep_head(tx: &mut Tx<'_>, position: i64, swept: i64) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE event_feed_head SET position = ?1, swept = ?2 WHERE one = 1",
        params![position, swept],
    )?;
    Ok(())
}
