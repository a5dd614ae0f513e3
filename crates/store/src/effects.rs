//! The effect ledger: what other systems are to be told, in lanes. A lane's head is its oldest
//! effect that is neither confirmed nor skipped; only heads are delivered. Every change here keeps
//! the heads in [`crate::lanes`].

use crate::{StoreFault, Tx, lanes, params};

table! {
    /// An outward effect.
    EffectRow in "effect" {
        /// Id; ids of one lane sort in the order of delivery.
        id: text,
        /// Ordering key.
        lane: text,
        /// The system it goes to.
        connection: text,
        /// What is to be done there.
        operation: text,
        /// Our object, such as `journal/jrn_01J…`.
        subject: text,
        /// Made from what it is about, never from the attempt: the same effect exists once.
        key: text,
        /// What the connector needs, as JSON.
        request: text,
        /// `intended`, `sent`, `ambiguous`, `confirmed`, `parked` or `skipped`.
        status: text,
        /// Attempts that count against the limit.
        attempts: int,
        /// Not before this instant, microseconds.
        next_attempt: int,
        /// Class of the last fault, or empty.
        error_class: text,
        /// Its public text, or empty.
        error: text,
        /// The object it made there, once confirmed.
        external_id: text,
        /// 1 when its outcome was ambiguous and was read back.
        read_back: int,
        /// Legal entity, or empty.
        entity: text,
        /// Worth, minor units.
        amount: int,
        /// Currency of the worth, or empty.
        currency: text,
        /// Chain.
        correlation: text,
        /// When it was intended, microseconds.
        created: int,
        /// When it last changed, microseconds.
        changed: int,
        /// How often it was taken: two workers never hold the same number.
        fence: int,
        /// Whoever took it has it until then, microseconds; 0 when nobody has it.
        lease: int,
        /// Higher goes first.
        priority: int,
        /// 1 when it waited through an outage, 2 when it was looked up afterwards and is as it should
        /// be, 3 when it is not; otherwise 0.
        fallback: int,
        /// When it was first handed to the network, microseconds; 0 when it never was.
        first_sent: int,
        /// When it was last handed to the network, microseconds; 0 when it never was. Looking it up
        /// does not move it.
        last_sent: int,
    }
}

/// Intends effects; one whose key is known is left as it is.
///
/// # Errors
/// When the database refuses.
pub fn intend(tx: &mut Tx<'_>, rows: &[EffectRow]) -> Result<(), StoreFault> {
    let params: Vec<_> = rows.iter().flat_map(EffectRow::params).collect();
    let added = tx.insert(
        &EffectRow::insert_text("ON CONFLICT (key) DO NOTHING"),
        EffectRow::WIDTH,
        &params,
    )?;
    lanes::added(tx, rows, added == rows.len() as u64)
}

/// The heads of all lanes that are due at `now`, not parked and not under way, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn due_heads(tx: &mut Tx<'_>, now: i64, limit: i64) -> Result<Vec<EffectRow>, StoreFault> {
    let columns = EffectRow::columns("e.");
    tx.query(
        &format!(
            "SELECT {columns} FROM lane_head l JOIN effect e ON e.id = l.head
             WHERE l.status <> 'parked' AND l.due <= ?1 AND l.lease <= ?1 ORDER BY e.id LIMIT ?2"
        ),
        params![now, limit],
        EffectRow::read,
    )
}

/// What was handed to the network and has no outcome yet, whoever has it.
///
/// # Errors
/// When the database refuses.
pub fn under_way(tx: &mut Tx<'_>) -> Result<Vec<EffectRow>, StoreFault> {
    let columns = EffectRow::columns("e.");
    tx.query(
        &format!(
            "SELECT {columns} FROM lane_head l JOIN effect e ON e.id = l.head WHERE l.lease > 0 ORDER BY e.id"
        ),
        &[],
        EffectRow::read,
    )
}

/// Taking an effect for delivery: from the status and the fence it was read with.
#[derive(Debug, Clone, Copy)]
pub struct Taking<'a> {
    /// The effect.
    pub id: &'a str,
    /// Its lane.
    pub lane: &'a str,
    /// The status it was read in.
    pub from: &'a str,
    /// The fence it was read with.
    pub fence: i64,
    /// Its status while it is under way.
    pub status: &'a str,
    /// The present, microseconds.
    pub now: i64,
    /// Until when it is ours, microseconds.
    pub lease: i64,
    /// Its mark, see [`EffectRow::fallback`].
    pub fallback: i64,
}

/// Takes an effect; it counts as an attempt. Taken to be sent, it keeps when; taken to be looked up, it
/// does not. False when another worker was faster.
///
/// # Errors
/// When the database refuses.
pub fn take(tx: &mut Tx<'_>, taking: &Taking<'_>) -> Result<bool, StoreFault> {
    lanes::take_turn(tx, taking.lane)?;
    let touched = tx.execute(
        "UPDATE effect SET status = ?4, attempts = attempts + 1, fence = fence + 1, changed = ?5, lease = ?6,
         fallback = ?7, last_sent = CASE WHEN ?4 = 'sent' THEN ?5 ELSE last_sent END,
         first_sent = CASE WHEN ?4 = 'sent' AND first_sent = 0 THEN ?5 ELSE first_sent END
         WHERE id = ?1 AND status = ?2 AND fence = ?3",
        params![
            taking.id, taking.from, taking.fence, taking.status, taking.now, taking.lease, taking.fallback
        ],
    )?;
    if touched == 0 {
        return Ok(false);
    }
    tx.execute(
        "UPDATE lane_head SET status = ?2, lease = ?3 WHERE name = ?1 AND head = ?4",
        params![taking.lane, taking.status, taking.lease, taking.id],
    )?;
    Ok(true)
}

/// Writes back what became of an effect. Nobody has it any longer.
///
/// # Errors
/// When the database refuses.
pub fn update(tx: &mut Tx<'_>, row: &EffectRow) -> Result<(), StoreFault> {
    lanes::take_turn(tx, &row.lane)?;
    tx.execute(
        "UPDATE effect SET status = ?2, next_attempt = ?3, error_class = ?4, error = ?5, external_id = ?6,
         read_back = ?7, changed = ?8, attempts = ?9, lease = 0, fallback = ?10 WHERE id = ?1",
        params![
            &row.id, &row.status, row.next_attempt, &row.error_class, &row.error, &row.external_id, row.read_back,
            row.changed, row.attempts, row.fallback
        ],
    )?;
    lanes::refresh(tx, &row.lane)
}

/// Confirmed effects of a connection that waited through an outage and were not looked up since.
///
/// # Errors
/// When the database refuses.
pub fn to_verify(
    tx: &mut Tx<'_>,
    connection: &str,
    limit: i64,
) -> Result<Vec<EffectRow>, StoreFault> {
    let columns = EffectRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM effect WHERE connection = ?1 AND fallback = 1 AND status = 'confirmed'
             ORDER BY id LIMIT ?2"
        ),
        params![connection, limit],
        EffectRow::read,
    )
}

/// Marks a confirmed effect as looked up. False when it was already.
///
/// # Errors
/// When the database refuses.
pub fn mark_verified(tx: &mut Tx<'_>, id: &str, mark: i64) -> Result<bool, StoreFault> {
    let touched = tx.execute(
        "UPDATE effect SET fallback = ?2 WHERE id = ?1 AND fallback = 1",
        params![id, mark],
    )?;
    Ok(touched == 1)
}

/// An effect.
///
/// # Errors
/// When the database refuses.
pub fn effect(tx: &mut Tx<'_>, id: &str) -> Result<Option<EffectRow>, StoreFault> {
    let columns = EffectRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM effect WHERE id = ?1"),
        params![id],
        EffectRow::read,
    )
}

/// Effects of a status by id, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub fn of_status(tx: &mut Tx<'_>, status: &str, limit: i64) -> Result<Vec<EffectRow>, StoreFault> {
    let columns = EffectRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM effect WHERE status = ?1 ORDER BY id LIMIT ?2"),
        params![status, limit],
        EffectRow::read,
    )
}

/// The effects about one of our objects.
///
/// # Errors
/// When the database refuses.
pub fn of_subject(tx: &mut Tx<'_>, subject: &str) -> Result<Vec<EffectRow>, StoreFault> {
    let columns = EffectRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM effect WHERE subject = ?1 ORDER BY id"),
        params![subject],
        EffectRow::read,
    )
}

/// The effects of a chain.
///
/// # Errors
/// When the database refuses.
pub fn of_chain(tx: &mut Tx<'_>, correlation: &str) -> Result<Vec<EffectRow>, StoreFault> {
    let columns = EffectRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM effect WHERE correlation = ?1 AND correlation <> '' ORDER BY id"
        ),
        params![correlation],
        EffectRow::read,
    )
}

/// How deliveries to one system stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectCount {
    /// The system.
    pub connection: String,
    /// Status.
    pub status: String,
    /// How many.
    pub count: i64,
    /// When one last changed, microseconds.
    pub changed: i64,
}

/// Counts by connection and status.
///
/// # Errors
/// When the database refuses.
pub fn counts(tx: &mut Tx<'_>) -> Result<Vec<EffectCount>, StoreFault> {
    tx.query(
        "SELECT connection, status, CAST(count(*) AS BIGINT), max(changed) FROM effect
         GROUP BY connection, status ORDER BY connection, status",
        &[],
        |mut row| {
            Ok(EffectCount {
                connection: row.text(0)?,
                status: row.text(1)?,
                count: row.int(2)?,
                changed: row.int(3)?,
            })
        },
    )
}

/// Effects of one entity, currency and status: (entity, currency, status, count, minor units).
pub type EffectValue = (String, String, String, i64, i64);

/// Value of effects of one operation by entity, currency and status.
///
/// # Errors
/// When the database refuses.
pub fn value_by_status(tx: &mut Tx<'_>, operation: &str) -> Result<Vec<EffectValue>, StoreFault> {
    tx.query(
        "SELECT entity, currency, status, CAST(count(*) AS BIGINT), CAST(sum(amount) AS BIGINT) FROM effect
         WHERE operation = ?1 GROUP BY entity, currency, status ORDER BY entity, currency, status",
        params![operation],
        |mut row| Ok((row.text(0)?, row.text(1)?, row.text(2)?, row.int(3)?, row.int(4)?)),
    )
}

/// When the next head of a lane that waits is due, microseconds. What is under way, and what a person
/// holds, is waited for by nobody; what waits for its connection is due when that is ready.
///
/// # Errors
/// When the database refuses.
pub fn next_moment(tx: &mut Tx<'_>) -> Result<Option<i64>, StoreFault> {
    tx.query_one(
        "SELECT CASE WHEN l.due > COALESCE(c.ready, 0) THEN l.due ELSE COALESCE(c.ready, 0) END AS moment
         FROM lane_head l LEFT JOIN connection_state c ON c.name = l.connection
         WHERE l.status <> 'parked' AND l.lease = 0 AND NOT EXISTS (SELECT h.name FROM delivery_hold h WHERE
           (h.scope = 'lane' AND h.name = l.name) OR (h.scope = 'connection' AND h.name = l.connection))
         ORDER BY moment LIMIT 1",
        &[],
        |row| row.int(0),
    )
}

/// What effects of an operation are worth that were intended at or after `since` (microseconds), are
/// not settled, and stand behind nothing that waits for a person: (entity, currency, minor units).
///
/// # Errors
/// When the database refuses.
pub fn value_under_way(
    tx: &mut Tx<'_>,
    operation: &str,
    since: i64,
) -> Result<Vec<(String, String, i64)>, StoreFault> {
    tx.query(
        "SELECT e.entity, e.currency, CAST(sum(e.amount) AS BIGINT) FROM effect e
         WHERE e.operation = ?1 AND e.status NOT IN ('confirmed', 'skipped', 'parked') AND e.created >= ?2
         AND NOT EXISTS (SELECT p.id FROM effect p WHERE p.lane = e.lane
           AND p.status NOT IN ('confirmed', 'skipped') AND p.status = 'parked' AND p.id < e.id)
         GROUP BY e.entity, e.currency ORDER BY e.entity, e.currency",
        params![operation, since],
        |mut row| Ok((row.text(0)?, row.text(1)?, row.int(2)?)),
    )
}

/// What stands still with an effect: its own worth and that of the effects of `operation` behind it
/// in its lane, up to the next one that is parked itself: (entity, currency, minor units).
///
/// # Errors
/// When the database refuses.
pub fn held_with(
    tx: &mut Tx<'_>,
    id: &str,
    operation: &str,
) -> Result<Vec<(String, String, i64)>, StoreFault> {
    tx.query(
        "SELECT e.entity, e.currency, CAST(sum(e.amount) AS BIGINT) FROM effect e JOIN effect h ON h.lane = e.lane
         WHERE h.id = ?1 AND e.id >= h.id AND e.operation = ?2 AND e.status NOT IN ('confirmed', 'skipped')
         AND NOT EXISTS (SELECT p.id FROM effect p WHERE p.lane = h.lane
           AND p.status NOT IN ('confirmed', 'skipped') AND p.status = 'parked' AND p.id > h.id AND p.id <= e.id)
         GROUP BY e.entity, e.currency ORDER BY e.entity, e.currency",
        params![id, operation],
        |mut row| Ok((row.text(0)?, row.text(1)?, row.int(2)?)),
    )
}
