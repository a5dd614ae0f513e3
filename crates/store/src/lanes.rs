//! The heads of the lanes: one row a lane with something to do, kept with every change of an effect.
//! Whoever changes an effect takes the row of its lane first, so that on PostgreSQL an effect that is
//! added and one that is settled never miss each other.

use crate::effects::EffectRow;
use crate::{Row, StoreFault, Tx, params};
use std::collections::BTreeMap;

table! {
    /// The head of a lane.
    LaneRow in "lane_head" {
        /// The lane.
        name: text,
        /// The system that it goes to.
        connection: text,
        /// Its oldest effect that is not settled.
        head: text,
        /// Status of the head.
        status: text,
        /// The head is not due before, microseconds.
        due: int,
        /// The head is under way until then at the latest, microseconds; 0 when it is not.
        lease: int,
        /// Highest priority of anything in the lane.
        priority: int,
        /// When the head was intended, microseconds.
        since: int,
    }
}

const UNSETTLED: &str = "status NOT IN ('confirmed', 'skipped')";

/// Takes note of effects that were just added. `are_new` says that every one of them was.
pub(crate) fn added(tx: &mut Tx<'_>, rows: &[EffectRow], are_new: bool) -> Result<(), StoreFault> {
    let mut lanes: BTreeMap<&str, LaneRow> = BTreeMap::new();
    for row in rows {
        let is_there = are_new || {
            let found = tx.query_one(
                "SELECT fence FROM effect WHERE id = ?1",
                params![&row.id],
                |found| found.int(0),
            )?;
            found.is_some()
        };
        if !is_there || matches!(row.status.as_str(), "confirmed" | "skipped") {
            continue;
        }
        lanes
            .entry(&row.lane)
            .and_modify(|lane| {
                lane.priority = lane.priority.max(row.priority);
                if row.id < lane.head {
                    *lane = LaneRow {
                        priority: lane.priority,
                        ..head_of(row)
                    };
                }
            })
            .or_insert_with(|| head_of(row));
    }
    let params: Vec<_> = lanes.values().flat_map(LaneRow::params).collect();
    static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        LaneRow::insert_text(
            "ON CONFLICT (name) DO UPDATE SET connection = excluded.connection,
             priority = CASE WHEN excluded.priority > lane_head.priority THEN excluded.priority ELSE lane_head.priority END",
        )
    });
    tx.insert(&TEXT, LaneRow::WIDTH, &params)?;
    Ok(())
}

fn head_of(row: &EffectRow) -> LaneRow {
    LaneRow {
        name: row.lane.clone(),
        connection: row.connection.clone(),
        head: row.id.clone(),
        status: row.status.clone(),
        due: row.next_attempt,
        lease: row.lease,
        priority: row.priority,
        since: row.created,
    }
}

/// Takes the row of a lane until the end of the transaction; false when the lane is empty.
pub(crate) fn take_turn(tx: &mut Tx<'_>, name: &str) -> Result<bool, StoreFault> {
    let touched = tx.execute(
        "UPDATE lane_head SET lease = lease WHERE name = ?1",
        params![name],
    )?;
    Ok(touched == 1)
}

/// Writes the head of a lane anew from its effects, after one of them has changed.
pub(crate) fn refresh(tx: &mut Tx<'_>, name: &str) -> Result<(), StoreFault> {
    let touched = tx.execute(
        &format!(
            "UPDATE lane_head SET head = e.id, status = e.status, due = e.next_attempt, lease = e.lease,
             since = e.created,
             priority = (SELECT max(p.priority) FROM effect p WHERE p.lane = ?1 AND p.{UNSETTLED})
             FROM effect e WHERE lane_head.name = ?1 AND e.id =
             (SELECT min(m.id) FROM effect m WHERE m.lane = ?1 AND m.{UNSETTLED})"
        ),
        params![name],
    )?;
    if touched > 0 {
        return Ok(());
    }
    // Either nothing is left, or the lane was empty and something of it waits again.
    tx.execute(
        &format!(
            "DELETE FROM lane_head WHERE name = ?1 AND NOT EXISTS
             (SELECT e.id FROM effect e WHERE e.lane = ?1 AND e.{UNSETTLED})"
        ),
        params![name],
    )?;
    tx.execute(
        &format!(
            "INSERT INTO lane_head (name, connection, head, status, due, lease, priority, since)
             SELECT e.lane, e.connection, e.id, e.status, e.next_attempt, e.lease,
             (SELECT max(p.priority) FROM effect p WHERE p.lane = ?1 AND p.{UNSETTLED}), e.created FROM effect e
             WHERE e.id = (SELECT min(m.id) FROM effect m WHERE m.lane = ?1 AND m.{UNSETTLED})
             ON CONFLICT (name) DO NOTHING"
        ),
        params![name],
    )?;
    Ok(())
}

/// Which heads of a connection are wanted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The highest priority, then the oldest.
    Oldest,
    /// What was intended last, first.
    Newest,
}

/// Heads of a connection that are due at `now`, not parked, not under way and not held by a person.
///
/// # Errors
/// When the database refuses.
pub fn ready(
    tx: &mut Tx<'_>,
    connection: &str,
    now: i64,
    order: Order,
    limit: i64,
) -> Result<Vec<EffectRow>, StoreFault> {
    let sorted = match order {
        Order::Oldest => "l.priority DESC, l.since, l.head",
        Order::Newest => "l.since DESC, l.head DESC",
    };
    let columns = EffectRow::columns("e.");
    // The heads are chosen before they are joined, so that no plan begins with the effects.
    tx.query(
        &format!(
            "SELECT {columns} FROM (SELECT l.head, l.priority, l.since FROM lane_head l
               WHERE l.connection = ?1 AND l.status <> 'parked' AND l.due <= ?2 AND l.lease <= ?2
               AND NOT EXISTS (SELECT h.name FROM delivery_hold h WHERE h.scope = 'lane' AND h.name = l.name)
               ORDER BY {sorted} LIMIT ?3) l
             JOIN effect e ON e.id = l.head ORDER BY {sorted}"
        ),
        params![connection, now, limit],
        EffectRow::read,
    )
}

/// How many effects of a connection are under way at `now`, in all processes.
///
/// # Errors
/// When the database refuses.
pub fn under_way(tx: &mut Tx<'_>, connection: &str, now: i64) -> Result<i64, StoreFault> {
    let count = tx.query_one(
        "SELECT CAST(count(*) AS BIGINT) FROM lane_head WHERE connection = ?1 AND lease > ?2 AND lease > 0",
        params![connection, now],
        |row| row.int(0),
    )?;
    Ok(count.unwrap_or(0))
}

/// The head of a lane.
///
/// # Errors
/// When the database refuses.
pub fn lane(tx: &mut Tx<'_>, name: &str) -> Result<Option<LaneRow>, StoreFault> {
    let columns = LaneRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM lane_head WHERE name = ?1"),
        params![name],
        LaneRow::read,
    )
}

/// What is shown of a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneStanding {
    /// The lane with its head.
    pub lane: LaneRow,
    /// The head.
    pub head: EffectRow,
    /// How many wait in it, the head among them.
    pub waiting: i64,
    /// Why a person holds it, or empty.
    pub held: String,
}

/// Which lanes are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// Whose head is parked; the oldest first.
    Parked,
    /// Whose head waits; the highest priority and the oldest first.
    Waiting,
    /// Whose head is tried again later than `now`; the next first.
    Retrying {
        /// The present, microseconds.
        now: i64,
    },
}

/// Lanes with their heads; of one connection, or of all when it is empty.
///
/// # Errors
/// When the database refuses.
pub fn list(
    tx: &mut Tx<'_>,
    connection: &str,
    which: Listed,
    limit: i64,
) -> Result<Vec<LaneStanding>, StoreFault> {
    let (condition, sorted, now) = match which {
        Listed::Parked => ("l.status = 'parked'", "l.since, l.head", 0),
        Listed::Waiting => (
            "l.status <> 'parked'",
            "l.priority DESC, l.since, l.head",
            0,
        ),
        Listed::Retrying { now } => ("l.status <> 'parked' AND l.due > ?3", "l.due, l.head", now),
    };
    let (of_lane, of_head) = (LaneRow::columns("l."), EffectRow::columns("e."));
    tx.query(
        &format!(
            "SELECT {of_lane}, {of_head},
             (SELECT CAST(count(*) AS BIGINT) FROM effect w WHERE w.lane = l.name AND w.{UNSETTLED}),
             COALESCE((SELECT h.reason FROM delivery_hold h WHERE h.scope = 'lane' AND h.name = l.name), '')
             FROM lane_head l JOIN effect e ON e.id = l.head
             WHERE (?1 = '' OR l.connection = ?1) AND CAST(?3 AS BIGINT) >= 0 AND {condition}
             ORDER BY {sorted} LIMIT ?2"
        ),
        params![connection, limit, now],
        |mut row| {
            let mut after_lane = row.0.split_off(LaneRow::WIDTH);
            let mut after_head = Row(after_lane.split_off(EffectRow::WIDTH));
            Ok(LaneStanding {
                lane: LaneRow::read(row)?,
                head: EffectRow::read(Row(after_lane))?,
                waiting: after_head.int(0)?,
                held: after_head.text(1)?,
            })
        },
    )
}

/// What waits for a connection: how many lanes, and how many of them are parked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LaneCount {
    /// The connection.
    pub connection: String,
    /// Lanes with something to do.
    pub lanes: i64,
    /// Of these, those whose head is parked.
    pub parked: i64,
    /// Of these, those whose head is tried again later than now.
    pub retrying: i64,
    /// When the oldest head was intended, microseconds.
    pub oldest: i64,
}

/// Lanes by connection.
///
/// # Errors
/// When the database refuses.
pub fn counts(tx: &mut Tx<'_>, now: i64) -> Result<Vec<LaneCount>, StoreFault> {
    tx.query(
        "SELECT connection, CAST(count(*) AS BIGINT),
         CAST(sum(CASE WHEN status = 'parked' THEN 1 ELSE 0 END) AS BIGINT),
         CAST(sum(CASE WHEN status <> 'parked' AND due > ?1 THEN 1 ELSE 0 END) AS BIGINT),
         min(since) FROM lane_head GROUP BY connection ORDER BY connection",
        params![now],
        |mut row| {
            Ok(LaneCount {
                connection: row.text(0)?,
                lanes: row.int(1)?,
                parked: row.int(2)?,
                retrying: row.int(3)?,
                oldest: row.int(4)?,
            })
        },
    )
}

/// What waits for a connection and is worth what, by currency: (currency, effects, minor units).
/// With `parked`, only what stands in lanes whose head is parked.
///
/// # Errors
/// When the database refuses.
pub fn value_waiting(
    tx: &mut Tx<'_>,
    connection: &str,
    parked: bool,
) -> Result<Vec<(String, i64, i64)>, StoreFault> {
    let only = if parked {
        "AND EXISTS (SELECT l.name FROM lane_head l WHERE l.name = e.lane AND l.status = 'parked')"
    } else {
        ""
    };
    tx.query(
        &format!(
            "SELECT e.currency, CAST(count(*) AS BIGINT), CAST(sum(e.amount) AS BIGINT) FROM effect e
             WHERE e.connection = ?1 AND e.{UNSETTLED} {only} GROUP BY e.currency ORDER BY e.currency"
        ),
        params![connection],
        |mut row| Ok((row.text(0)?, row.int(1)?, row.int(2)?)),
    )
}

/// What stands in a lane and is worth what, by currency: (currency, effects, minor units).
///
/// # Errors
/// When the database refuses.
pub fn value_in(tx: &mut Tx<'_>, lane: &str) -> Result<Vec<(String, i64, i64)>, StoreFault> {
    tx.query(
        &format!(
            "SELECT e.currency, CAST(count(*) AS BIGINT), CAST(sum(e.amount) AS BIGINT) FROM effect e
             WHERE e.lane = ?1 AND e.{UNSETTLED} GROUP BY e.currency ORDER BY e.currency"
        ),
        params![lane],
        |mut row| Ok((row.text(0)?, row.int(1)?, row.int(2)?)),
    )
}

/// Gives everything that waits in a lane a priority. Returns how many effects there are.
///
/// # Errors
/// When the database refuses.
pub fn prioritise(tx: &mut Tx<'_>, lane: &str, priority: i64) -> Result<u64, StoreFault> {
    if !take_turn(tx, lane)? {
        return Ok(0);
    }
    let touched = tx.execute(
        &format!("UPDATE effect SET priority = ?2 WHERE lane = ?1 AND {UNSETTLED}"),
        params![lane, priority],
    )?;
    refresh(tx, lane)?;
    Ok(touched)
}

/// The lanes that hold a journal of an entity dated before a month, not of that priority yet.
///
/// # Errors
/// When the database refuses.
pub fn with_journals_before(
    tx: &mut Tx<'_>,
    entity: &str,
    month: &str,
    priority: i64,
    limit: i64,
) -> Result<Vec<String>, StoreFault> {
    tx.query(
        &format!(
            "SELECT DISTINCT e.lane FROM effect e JOIN journal j ON e.subject = 'journal/' || j.id
             WHERE e.entity = ?1 AND e.{UNSETTLED} AND e.priority < ?3 AND j.month < ?2
             ORDER BY e.lane LIMIT ?4"
        ),
        params![entity, month, priority, limit],
        |mut row| row.text(0),
    )
}

/// What waits of an operation and was never tried: (id, lane, when it was intended).
///
/// # Errors
/// When the database refuses.
pub fn untried_of(
    tx: &mut Tx<'_>,
    operation: &str,
) -> Result<Vec<(String, String, i64)>, StoreFault> {
    tx.query(
        "SELECT id, lane, created FROM effect WHERE operation = ?1 AND status = 'intended' AND attempts = 0
         ORDER BY lane, id",
        params![operation],
        |mut row| Ok((row.text(0)?, row.text(1)?, row.int(2)?)),
    )
}

/// Sets the moment at which an effect that was never tried is due.
///
/// # Errors
/// When the database refuses.
pub fn set_due(tx: &mut Tx<'_>, id: &str, lane: &str, due: i64) -> Result<(), StoreFault> {
    take_turn(tx, lane)?;
    tx.execute(
        "UPDATE effect SET next_attempt = ?2 WHERE id = ?1 AND status = 'intended' AND attempts = 0",
        params![id, due],
    )?;
    refresh(tx, lane)
}
