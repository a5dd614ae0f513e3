//! The effect ledger: what other systems are to be told, in lanes. A lane's head is its oldest
//! effect that is neither confirmed nor skipped; only heads are delivered.

use crate::{StoreFault, Tx, params};

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
        /// Attempts so far.
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
    }
}

/// Intends effects; one whose key is known is left as it is.
///
/// # Errors
/// When the database refuses.
pub fn intend(tx: &mut Tx<'_>, rows: &[EffectRow]) -> Result<(), StoreFault> {
    let params: Vec<_> = rows.iter().flat_map(EffectRow::params).collect();
    tx.insert(
        &EffectRow::insert_text("ON CONFLICT (key) DO NOTHING"),
        EffectRow::WIDTH,
        &params,
    )?;
    Ok(())
}

/// The heads of all lanes that are due at `now` and not parked, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn due_heads(tx: &mut Tx<'_>, now: i64, limit: i64) -> Result<Vec<EffectRow>, StoreFault> {
    let columns = EffectRow::columns("e.");
    tx.query(
        &format!(
            "SELECT {columns} FROM effect e
             JOIN (SELECT lane, min(id) AS head FROM effect WHERE status NOT IN ('confirmed', 'skipped') GROUP BY lane) h
             ON h.head = e.id
             WHERE e.status <> 'parked' AND e.next_attempt <= ?1 ORDER BY e.id LIMIT ?2"
        ),
        params![now, limit],
        EffectRow::read,
    )
}

/// Takes an effect for delivery: from the status it was read in to `status`. False when another
/// worker was faster.
///
/// # Errors
/// When the database refuses.
pub fn take(
    tx: &mut Tx<'_>,
    id: &str,
    from: &str,
    attempts: i64,
    status: &str,
    now: i64,
) -> Result<bool, StoreFault> {
    let touched = tx.execute(
        "UPDATE effect SET status = ?4, attempts = attempts + 1, changed = ?5
         WHERE id = ?1 AND status = ?2 AND attempts = ?3",
        params![id, from, attempts, status, now],
    )?;
    Ok(touched == 1)
}

/// Writes back what became of an effect.
///
/// # Errors
/// When the database refuses.
pub fn update(tx: &mut Tx<'_>, row: &EffectRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE effect SET status = ?2, next_attempt = ?3, error_class = ?4, error = ?5, external_id = ?6,
         read_back = ?7, changed = ?8 WHERE id = ?1",
        params![
            &row.id, &row.status, row.next_attempt, &row.error_class, &row.error, &row.external_id, row.read_back,
            row.changed
        ],
    )?;
    Ok(())
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

/// When the next head of a lane that waits is due, microseconds.
///
/// # Errors
/// When the database refuses.
pub fn next_moment(tx: &mut Tx<'_>) -> Result<Option<i64>, StoreFault> {
    tx.query_one(
        "SELECT e.next_attempt FROM effect e
         JOIN (SELECT lane, min(id) AS head FROM effect WHERE status NOT IN ('confirmed', 'skipped') GROUP BY lane) h
         ON h.head = e.id WHERE e.status <> 'parked' ORDER BY e.next_attempt LIMIT 1",
        &[],
        |row| row.int(0),
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
         AND NOT EXISTS (SELECT p.id FROM effect p WHERE p.lane = h.lane AND p.status = 'parked'
           AND p.id > h.id AND p.id <= e.id)
         GROUP BY e.entity, e.currency ORDER BY e.entity, e.currency",
        params![id, operation],
        |mut row| Ok((row.text(0)?, row.text(1)?, row.int(2)?)),
    )
}
