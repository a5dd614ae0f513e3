//! What arrived: kept raw, once per source and source id, until it is confirmed or rejected.
//! `accepted = confirmed + open + rejected` holds by construction: every row has one status.

use crate::{StoreFault, Tx, params};

table! {
    /// A received item.
    InboxRow in "inbox" {
        /// The connection it came from.
        source: text,
        /// Its id there, with the version where the source has versions.
        source_id: text,
        /// The source's word for what it is.
        kind: text,
        /// When it first arrived, microseconds.
        received: int,
        /// SHA-256 of the raw bytes.
        digest: blob,
        /// The raw bytes; empty when they were refused.
        raw: blob,
        /// `open`, `confirmed` or `rejected`.
        status: text,
        /// What became of it, or why it is not confirmed.
        reason: text,
        /// Attempts to process it.
        attempts: int,
        /// Not before this instant, microseconds; the far future when a person must act.
        next_attempt: int,
        /// How often it was delivered.
        deliveries: int,
        /// Chain, once known.
        correlation: text,
    }
}

/// A `next_attempt` that never comes: a person must act, or a later version of the object.
pub const HELD: i64 = i64::MAX;

/// Keeps what arrived. A repeated delivery is counted and otherwise without effect; returns whether
/// this was the first.
///
/// # Errors
/// When the database refuses.
pub fn receive(tx: &mut Tx<'_>, row: &InboxRow) -> Result<bool, StoreFault> {
    let deliveries = tx.query_one(
        &InboxRow::insert_text(
            "ON CONFLICT (source, source_id) DO UPDATE SET deliveries = inbox.deliveries + 1 RETURNING deliveries",
        ),
        &row.params(),
        |row| row.int(0),
    )?;
    Ok(deliveries == Some(1))
}

/// Keeps what arrived unless it is there already, and returns whether it was kept: one statement for
/// what nearly always is the first delivery.
///
/// # Errors
/// When the database refuses.
pub fn receive_first(tx: &mut Tx<'_>, row: &InboxRow) -> Result<bool, StoreFault> {
    static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        InboxRow::insert_text("ON CONFLICT (source, source_id) DO NOTHING")
    });
    Ok(tx.execute(&TEXT, &row.params())? == 1)
}

/// Open items due at `now`, those first that fell due first.
///
/// # Errors
/// When the database refuses.
pub fn due(tx: &mut Tx<'_>, now: i64, limit: i64) -> Result<Vec<InboxRow>, StoreFault> {
    let columns = InboxRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM inbox WHERE status = 'open' AND next_attempt <= ?1
             ORDER BY next_attempt, received, source, source_id LIMIT ?2"
        ),
        params![now, limit],
        InboxRow::read,
    )
}

/// Open items of a source due at `now`, those first that fell due last: what came in just now, while
/// an older crowd is worked off.
///
/// # Errors
/// When the database refuses.
pub fn due_last(
    tx: &mut Tx<'_>,
    source: &str,
    now: i64,
    limit: i64,
) -> Result<Vec<InboxRow>, StoreFault> {
    let columns = InboxRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM inbox WHERE status = 'open' AND next_attempt <= ?1 AND source = ?2
             ORDER BY next_attempt DESC, received DESC, source_id DESC LIMIT ?3"
        ),
        params![now, source, limit],
        InboxRow::read,
    )
}

/// Open items of a source that wait for a person or a later version.
///
/// # Errors
/// When the database refuses.
pub fn held(tx: &mut Tx<'_>, source: &str) -> Result<Vec<InboxRow>, StoreFault> {
    let columns = InboxRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM inbox WHERE status = 'open' AND next_attempt = ?1 AND source = ?2
             ORDER BY received, source_id"
        ),
        params![HELD, source],
        InboxRow::read,
    )
}

/// Held items with exactly this reason, as source, id and chain.
///
/// # Errors
/// When the database refuses.
pub fn held_with_reason(
    tx: &mut Tx<'_>,
    reason: &str,
) -> Result<Vec<(String, String, String)>, StoreFault> {
    tx.query(
        // The moment is written out so that the index on what is held serves it.
        &format!(
            "SELECT source, source_id, correlation FROM inbox
             WHERE status = 'open' AND next_attempt = {HELD} AND reason = ?1 ORDER BY source, source_id"
        ),
        params![reason],
        |mut row| Ok((row.text(0)?, row.text(1)?, row.text(2)?)),
    )
}

/// Lets every held item of a source be tried again at `now`; returns how many.
///
/// # Errors
/// When the database refuses.
pub fn release_held(
    tx: &mut Tx<'_>,
    source: &str,
    reason: &str,
    now: i64,
) -> Result<u64, StoreFault> {
    tx.execute(
        "UPDATE inbox SET reason = ?2, next_attempt = ?3, attempts = attempts + 1
         WHERE status = 'open' AND next_attempt = ?4 AND source = ?1",
        params![source, reason, now, HELD],
    )
}

/// Writes down what became of an item.
///
/// # Errors
/// When the database refuses.
pub fn conclude(
    tx: &mut Tx<'_>,
    source: &str,
    source_id: &str,
    status: &str,
    reason: &str,
    correlation: &str,
) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE inbox SET status = ?3, reason = ?4, correlation = ?5, attempts = attempts + 1
         WHERE source = ?1 AND source_id = ?2",
        params![source, source_id, status, reason, correlation],
    )?;
    Ok(())
}

/// Keeps an item open until `next_attempt`.
///
/// # Errors
/// When the database refuses.
pub fn postpone(
    tx: &mut Tx<'_>,
    source: &str,
    source_id: &str,
    reason: &str,
    next_attempt: i64,
    correlation: &str,
) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE inbox SET status = 'open', reason = ?3, next_attempt = ?4, attempts = attempts + 1,
         correlation = CASE WHEN ?5 = '' THEN correlation ELSE ?5 END
         WHERE source = ?1 AND source_id = ?2",
        params![source, source_id, reason, next_attempt, correlation],
    )?;
    Ok(())
}

/// The received items of a chain.
///
/// # Errors
/// When the database refuses.
pub fn of_chain(tx: &mut Tx<'_>, correlation: &str) -> Result<Vec<InboxRow>, StoreFault> {
    let columns = InboxRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM inbox WHERE correlation = ?1 AND correlation <> '' ORDER BY received, source_id"),
        params![correlation],
        InboxRow::read,
    )
}

/// An item.
///
/// # Errors
/// When the database refuses.
pub fn item(
    tx: &mut Tx<'_>,
    source: &str,
    source_id: &str,
) -> Result<Option<InboxRow>, StoreFault> {
    let columns = InboxRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM inbox WHERE source = ?1 AND source_id = ?2"),
        params![source, source_id],
        InboxRow::read,
    )
}

/// Earlier open items of the same object: those whose id starts with `stem`, other than `source_id`.
///
/// # Errors
/// When the database refuses.
pub fn supersede(
    tx: &mut Tx<'_>,
    source: &str,
    stem: &str,
    source_id: &str,
    reason: &str,
) -> Result<u64, StoreFault> {
    tx.execute(
        "UPDATE inbox SET status = 'confirmed', reason = ?4
         WHERE source = ?1 AND substr(source_id, 1, length(?2)) = ?2 AND source_id <> ?3 AND status = 'open'",
        params![source, stem, source_id, reason],
    )
}

/// Counts by source and status: (source, status, rows).
///
/// # Errors
/// When the database refuses.
pub fn counts(tx: &mut Tx<'_>) -> Result<Vec<(String, String, i64)>, StoreFault> {
    tx.query(
        "SELECT source, status, CAST(count(*) AS BIGINT) FROM inbox GROUP BY source, status ORDER BY source, status",
        &[],
        |mut row| Ok((row.text(0)?, row.text(1)?, row.int(2)?)),
    )
}

/// When the next open item that waits is due, microseconds.
///
/// # Errors
/// When the database refuses.
pub fn next_moment(tx: &mut Tx<'_>) -> Result<Option<i64>, StoreFault> {
    tx.query_one(
        "SELECT next_attempt FROM inbox WHERE status = 'open' AND next_attempt < ?1 ORDER BY next_attempt LIMIT 1",
        params![HELD],
        |row| row.int(0),
    )
}

/// When an object of a source first arrived, microseconds: the earliest item whose id is `object`
/// followed by `@` and a version.
///
/// # Errors
/// When the database refuses.
pub fn first_received(
    tx: &mut Tx<'_>,
    source: &str,
    object: &str,
) -> Result<Option<i64>, StoreFault> {
    let found = tx.query_one(
        // The versions of an object stand between its id with `@` and with what follows `@` in the order
        // of texts, so that the key finds them.
        "SELECT coalesce(min(received), -1) FROM inbox
         WHERE source = ?1 AND source_id >= ?2 || '@' AND source_id < ?2 || 'A'",
        params![source, object],
        |row| row.int(0),
    )?;
    Ok(found.filter(|received| *received >= 0))
}
