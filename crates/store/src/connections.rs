//! What all processes know of a connection: its budget and breaker, what its calls came to, what a
//! person holds, and how its flows go out.

use crate::{StoreFault, Tx, params};

table! {
    /// A connection as it stands.
    ConnectionStateRow in "connection_state" {
        /// Its name, such as `netsuite`.
        name: text,
        /// Calls a minute.
        per_minute: int,
        /// Calls at once after a rest.
        burst: int,
        /// Effects under way at once.
        concurrency: int,
        /// Failures in a row that open the breaker.
        failures_to_open: int,
        /// How long the breaker holds, milliseconds.
        hold_ms: int,
        /// The budget is used up to this instant, microseconds.
        spent_until: int,
        /// `closed`, `open` or `half_open`.
        breaker: text,
        /// Failures in a row.
        failures: int,
        /// Open until, or probing since, microseconds.
        breaker_at: int,
        /// When deliveries began to be let in slowly, microseconds; 0 when they are not.
        ramp_from: int,
        /// Nothing goes before, microseconds.
        ready: int,
        /// When the last outage began, microseconds; 0 when there was none.
        outage_from: int,
        /// When it ended; 0 while it lasts.
        outage_until: int,
        /// Public text of the last fault, or empty.
        last_fault: text,
        /// Calls used of the vendor's own allowance, as it said last.
        quota_used: int,
        /// That allowance; 0 when it never said.
        quota_limit: int,
        /// When the credentials were made, a date or empty.
        credential_from: text,
        /// When they end, a date or empty.
        credential_until: text,
        /// When this last changed, microseconds.
        changed: int,
    }
}

/// A connection, taken until the end of the transaction.
///
/// # Errors
/// When the database refuses.
pub fn take(tx: &mut Tx<'_>, name: &str) -> Result<Option<ConnectionStateRow>, StoreFault> {
    let touched = tx.execute(
        "UPDATE connection_state SET name = name WHERE name = ?1",
        params![name],
    )?;
    if touched == 0 {
        return Ok(None);
    }
    state(tx, name)
}

/// A connection.
///
/// # Errors
/// When the database refuses.
pub fn state(tx: &mut Tx<'_>, name: &str) -> Result<Option<ConnectionStateRow>, StoreFault> {
    let columns = ConnectionStateRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM connection_state WHERE name = ?1"),
        params![name],
        ConnectionStateRow::read,
    )
}

/// All connections by name.
///
/// # Errors
/// When the database refuses.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<ConnectionStateRow>, StoreFault> {
    let columns = ConnectionStateRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM connection_state ORDER BY name"),
        &[],
        ConnectionStateRow::read,
    )
}

/// Adds a connection, or sets what its configuration says; how it stands stays.
///
/// # Errors
/// When the database refuses.
pub fn configure(tx: &mut Tx<'_>, row: &ConnectionStateRow) -> Result<(), StoreFault> {
    let text = ConnectionStateRow::insert_text(
        "ON CONFLICT (name) DO UPDATE SET per_minute = excluded.per_minute, burst = excluded.burst,
         concurrency = excluded.concurrency, failures_to_open = excluded.failures_to_open, hold_ms = excluded.hold_ms,
         credential_from = excluded.credential_from, credential_until = excluded.credential_until",
    );
    tx.insert(&text, ConnectionStateRow::WIDTH, &row.params())?;
    Ok(())
}

/// Writes how a connection stands.
///
/// # Errors
/// When the database refuses.
pub fn update(tx: &mut Tx<'_>, row: &ConnectionStateRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE connection_state SET spent_until = ?2, breaker = ?3, failures = ?4, breaker_at = ?5, ramp_from = ?6,
         ready = ?7, outage_from = ?8, outage_until = ?9, last_fault = ?10, quota_used = ?11, quota_limit = ?12,
         changed = ?13 WHERE name = ?1",
        params![
            &row.name, row.spent_until, &row.breaker, row.failures, row.breaker_at, row.ramp_from, row.ready,
            row.outage_from, row.outage_until, &row.last_fault, row.quota_used, row.quota_limit, row.changed
        ],
    )?;
    Ok(())
}

/// Upper bounds of how long calls took, in milliseconds; the last counted group is beyond them.
pub const BOUNDS_MS: [i64; 10] = [25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000];

table! {
    /// What the calls of a connection came to in a minute, or in several.
    MinuteRow in "connection_minute" {
        /// The connection.
        connection: text,
        /// The minute, counted from the epoch.
        minute: int,
        /// Calls.
        calls: int,
        /// Effects confirmed.
        confirmed: int,
        /// Calls that failed.
        failed: int,
        /// Calls that were throttled.
        throttled: int,
        /// How long they took together, microseconds.
        took: int,
        /// How many took at most 25 ms.
        up_to_25: int,
        /// How many took at most 50 ms.
        up_to_50: int,
        /// How many took at most 100 ms.
        up_to_100: int,
        /// How many took at most 250 ms.
        up_to_250: int,
        /// How many took at most 500 ms.
        up_to_500: int,
        /// How many took at most 1 s.
        up_to_1000: int,
        /// How many took at most 2.5 s.
        up_to_2500: int,
        /// How many took at most 5 s.
        up_to_5000: int,
        /// How many took at most 10 s.
        up_to_10000: int,
        /// How many took at most 30 s.
        up_to_30000: int,
    }
}

impl MinuteRow {
    /// One call of a connection.
    #[must_use]
    pub fn of_call(connection: &str, minute: i64, took: i64) -> MinuteRow {
        let within = |bound: i64| i64::from(took <= bound * 1_000);
        MinuteRow {
            connection: connection.to_owned(),
            minute,
            calls: 1,
            confirmed: 0,
            failed: 0,
            throttled: 0,
            took,
            up_to_25: within(25),
            up_to_50: within(50),
            up_to_100: within(100),
            up_to_250: within(250),
            up_to_500: within(500),
            up_to_1000: within(1_000),
            up_to_2500: within(2_500),
            up_to_5000: within(5_000),
            up_to_10000: within(10_000),
            up_to_30000: within(30_000),
        }
    }

    /// How many calls took at most each bound of [`BOUNDS_MS`].
    #[must_use]
    pub fn within(&self) -> [i64; 10] {
        [
            self.up_to_25,
            self.up_to_50,
            self.up_to_100,
            self.up_to_250,
            self.up_to_500,
            self.up_to_1000,
            self.up_to_2500,
            self.up_to_5000,
            self.up_to_10000,
            self.up_to_30000,
        ]
    }
}

/// Adds to the figures of a minute.
///
/// # Errors
/// When the database refuses.
pub fn count(tx: &mut Tx<'_>, row: &MinuteRow) -> Result<(), StoreFault> {
    static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let sums: Vec<String> = MinuteRow::columns("")
            .split(", ")
            .skip(2)
            .map(|column| format!("{column} = connection_minute.{column} + excluded.{column}"))
            .collect();
        MinuteRow::insert_text(&format!(
            "ON CONFLICT (connection, minute) DO UPDATE SET {}",
            sums.join(", ")
        ))
    });
    tx.insert(&TEXT, MinuteRow::WIDTH, &row.params())?;
    Ok(())
}

/// The figures of all minutes from one on, one row a connection; its `minute` is the first counted.
///
/// # Errors
/// When the database refuses.
pub fn counted_since(tx: &mut Tx<'_>, minute: i64) -> Result<Vec<MinuteRow>, StoreFault> {
    let sums: Vec<String> = MinuteRow::columns("")
        .split(", ")
        .skip(2)
        .map(|column| format!("CAST(sum({column}) AS BIGINT)"))
        .collect();
    tx.query(
        &format!(
            "SELECT connection, min(minute), {} FROM connection_minute WHERE minute >= ?1
             GROUP BY connection ORDER BY connection",
            sums.join(", ")
        ),
        params![minute],
        MinuteRow::read,
    )
}

/// Forgets the figures of minutes before one.
///
/// # Errors
/// When the database refuses.
pub fn forget_before(tx: &mut Tx<'_>, minute: i64) -> Result<u64, StoreFault> {
    tx.execute(
        "DELETE FROM connection_minute WHERE minute < ?1",
        params![minute],
    )
}

table! {
    /// Deliveries that a person holds.
    HoldRow in "delivery_hold" {
        /// `connection` or `lane`.
        scope: text,
        /// Which.
        name: text,
        /// Why.
        reason: text,
        /// Who holds them.
        actor: text,
        /// Since when, microseconds.
        since: int,
    }
}

/// Holds deliveries. False when they are held already; nothing changes then.
///
/// # Errors
/// When the database refuses.
pub fn hold(tx: &mut Tx<'_>, row: &HoldRow) -> Result<bool, StoreFault> {
    let text = HoldRow::insert_text("ON CONFLICT (scope, name) DO NOTHING");
    Ok(tx.insert(&text, HoldRow::WIDTH, &row.params())? == 1)
}

/// Lets held deliveries go. False when they were not held.
///
/// # Errors
/// When the database refuses.
pub fn let_go(tx: &mut Tx<'_>, scope: &str, name: &str) -> Result<bool, StoreFault> {
    let touched = tx.execute(
        "DELETE FROM delivery_hold WHERE scope = ?1 AND name = ?2",
        params![scope, name],
    )?;
    Ok(touched == 1)
}

/// Everything that a person holds.
///
/// # Errors
/// When the database refuses.
pub fn holds(tx: &mut Tx<'_>) -> Result<Vec<HoldRow>, StoreFault> {
    let columns = HoldRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM delivery_hold ORDER BY scope, name"),
        &[],
        HoldRow::read,
    )
}

/// Whether a person holds a connection or a lane.
///
/// # Errors
/// When the database refuses.
pub fn held(tx: &mut Tx<'_>, scope: &str, name: &str) -> Result<Option<HoldRow>, StoreFault> {
    let columns = HoldRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM delivery_hold WHERE scope = ?1 AND name = ?2"),
        params![scope, name],
        HoldRow::read,
    )
}

table! {
    /// How a flow goes out.
    FlowModeRow in "flow_mode" {
        /// The operation, such as `netsuite.journal_entry`.
        flow: text,
        /// `event`, `micro_batch` or `scheduled`.
        mode: text,
        /// Length of the windows of a micro-batch.
        minutes: int,
        /// Time of day of a schedule, in UTC, such as `02:00`.
        at: text,
        /// Why.
        reason: text,
        /// Who decided.
        actor: text,
        /// When, microseconds.
        changed: int,
    }
}

/// Sets how a flow goes out.
///
/// # Errors
/// When the database refuses.
pub fn set_mode(tx: &mut Tx<'_>, row: &FlowModeRow) -> Result<(), StoreFault> {
    let text = FlowModeRow::insert_text(
        "ON CONFLICT (flow) DO UPDATE SET mode = excluded.mode, minutes = excluded.minutes, at = excluded.at,
         reason = excluded.reason, actor = excluded.actor, changed = excluded.changed",
    );
    tx.insert(&text, FlowModeRow::WIDTH, &row.params())?;
    Ok(())
}

/// How flows go out; one that is not listed goes out fact by fact.
///
/// # Errors
/// When the database refuses.
pub fn modes(tx: &mut Tx<'_>) -> Result<Vec<FlowModeRow>, StoreFault> {
    let columns = FlowModeRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM flow_mode ORDER BY flow"),
        &[],
        FlowModeRow::read,
    )
}
