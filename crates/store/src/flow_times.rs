//! How long the business takes from one stage to the next, from what was recorded.

use crate::{StoreFault, Tx, params};
use values::{IdSource, Instant};

/// How long one thing took: when it began and when it ended, microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// What it is about.
    pub object: String,
    /// When it began.
    pub from: i64,
    /// When it ended.
    pub until: i64,
}

/// No chance: the lowest id of an instant.
struct Lowest;

impl IdSource for Lowest {
    fn random_bits(&self) -> u128 {
        0
    }
}

/// The lowest id that an event recorded at `since` can have. Ids grow with time, so the unique index
/// finds the events of a window without looking at the others.
fn lowest_event(since: i64) -> String {
    Lowest.mint("evt", Instant::from_microseconds(since))
}

fn passages(
    tx: &mut Tx<'_>,
    sql: &str,
    params: &[crate::Param<'_>],
) -> Result<Vec<Passage>, StoreFault> {
    tx.query(sql, params, |mut row| {
        Ok(Passage {
            object: row.text(0)?,
            from: row.int(1)?,
            until: row.int(2)?,
        })
    })
}

/// From the first event of one type to the first of another in the same partition, of those that
/// ended since an instant, in the order in which they did.
///
/// # Errors
/// When the database refuses.
pub fn between_events(
    tx: &mut Tx<'_>,
    first: &str,
    last: &str,
    since: i64,
) -> Result<Vec<Passage>, StoreFault> {
    passages(
        tx,
        "SELECT e.partition_key, o.recorded, e.recorded FROM event e
         JOIN event o ON o.partition_key = e.partition_key AND o.type = ?1
         WHERE e.id >= ?3 AND e.type = ?2
         AND e.sequence = (SELECT min(l.sequence) FROM event l WHERE l.partition_key = e.partition_key AND l.type = ?2)
         AND o.sequence = (SELECT min(f.sequence) FROM event f WHERE f.partition_key = e.partition_key AND f.type = ?1)
         ORDER BY e.id",
        params![first, last, &lowest_event(since)],
    )
}

/// From the first receipt of a deal to the event of that type on its chain.
///
/// # Errors
/// When the database refuses.
pub fn from_receipt(tx: &mut Tx<'_>, last: &str, since: i64) -> Result<Vec<Passage>, StoreFault> {
    passages(
        tx,
        "SELECT e.partition_key, CAST(min(i.received) AS BIGINT), e.recorded FROM event e
         JOIN inbox i ON i.correlation = e.correlation
         WHERE e.id >= ?2 AND e.type = ?1 AND e.correlation <> ''
         GROUP BY e.partition_key, e.id, e.recorded ORDER BY e.id",
        params![last, &lowest_event(since)],
    )
}

/// From the issue of an invoice to the payment that left nothing open, of those paid since.
///
/// # Errors
/// When the database refuses.
pub fn invoices_paid(tx: &mut Tx<'_>, since: i64) -> Result<Vec<Passage>, StoreFault> {
    passages(
        tx,
        "SELECT d.id, d.created, CAST(max(a.time) AS BIGINT) FROM document d JOIN application a ON a.document = d.id
         WHERE d.kind = 'invoice' AND d.status = 'paid' GROUP BY d.id, d.created
         HAVING max(a.time) >= ?1 ORDER BY max(a.time), d.id",
        params![since],
    )
}

/// From a journal to its confirmation by the outside ledger, of those confirmed since.
///
/// # Errors
/// When the database refuses.
pub fn journals_confirmed(tx: &mut Tx<'_>, since: i64) -> Result<Vec<Passage>, StoreFault> {
    passages(
        tx,
        "SELECT subject, created, changed FROM effect
         WHERE operation = 'netsuite.journal_entry' AND status = 'confirmed' AND changed >= ?1 ORDER BY changed, id",
        params![since],
    )
}

/// Something that waits in a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// What it is about.
    pub object: String,
    /// Customer, or empty.
    pub customer: String,
    /// Worth, minor units.
    pub amount: i64,
    /// Its currency, or empty.
    pub currency: String,
    /// Since when, microseconds.
    pub since: i64,
    /// Where it stands, or why it does not go on.
    pub cause: String,
    /// Whether a person has to act.
    pub blocked: bool,
}

fn waiting(
    tx: &mut Tx<'_>,
    sql: &str,
    params: &[crate::Param<'_>],
) -> Result<Vec<Waiting>, StoreFault> {
    tx.query(sql, params, |mut row| {
        Ok(Waiting {
            object: row.text(0)?,
            customer: row.text(1)?,
            amount: row.int(2)?,
            currency: row.text(3)?,
            since: row.int(4)?,
            cause: row.text(5)?,
            blocked: row.int(6)? == 1,
        })
    })
}

/// Exceptions that are not resolved about keys that begin so.
///
/// # Errors
/// When the database refuses.
pub fn held(tx: &mut Tx<'_>, prefix: &str, limit: i64) -> Result<Vec<Waiting>, StoreFault> {
    waiting(
        tx,
        "SELECT 'exception/' || id, customer, abs(amount), currency, opened, summary, CAST(1 AS BIGINT) FROM exception
         WHERE status <> 'resolved' AND substr(key, 1, length(?1)) = ?1 ORDER BY opened, id LIMIT ?2",
        params![prefix, limit],
    )
}

/// Deals that arrived and are not taken over yet.
///
/// # Errors
/// When the database refuses.
pub fn deals_arrived(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Waiting>, StoreFault> {
    waiting(
        tx,
        "SELECT 'inbox/' || source_id, '', CAST(0 AS BIGINT), '', received,
         CASE WHEN reason = '' THEN 'waits to be taken over' ELSE reason END, CAST(0 AS BIGINT)
         FROM inbox WHERE status = 'open' AND kind = 'Opportunity' AND attempts = 0 ORDER BY received, source_id LIMIT ?1",
        params![limit],
    )
}

/// Invoices with something left to pay, the oldest due first.
///
/// # Errors
/// When the database refuses.
pub fn invoices_open(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Waiting>, StoreFault> {
    waiting(
        tx,
        "SELECT 'invoice/' || d.id, d.customer, d.remaining, d.currency, d.created, 'due on ' || d.due,
         CASE WHEN EXISTS (SELECT 1 FROM exception x WHERE x.document = d.id AND x.status <> 'resolved')
              THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END
         FROM document d WHERE d.kind = 'invoice' AND d.remaining > 0 ORDER BY d.due, d.id LIMIT ?1",
        params![limit],
    )
}

/// Journals that the outside ledger does not have yet, the oldest first.
///
/// # Errors
/// When the database refuses.
pub fn journals_open(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Waiting>, StoreFault> {
    waiting(
        tx,
        "SELECT subject, '', amount, currency, created,
         CASE WHEN error = '' THEN status ELSE error END,
         CASE WHEN status IN ('parked', 'ambiguous') THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END
         FROM effect WHERE operation = 'netsuite.journal_entry' AND status NOT IN ('confirmed', 'skipped')
         ORDER BY id LIMIT ?1",
        params![limit],
    )
}

/// What one instance of a process kept when a step of it was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// What the process is about.
    pub subject: String,
    /// Facts that it keeps, as JSON.
    pub memory: String,
    /// When it began, microseconds.
    pub started: i64,
    /// When the step was reached, microseconds.
    pub since: i64,
    /// When it was settled, microseconds.
    pub settled: i64,
}

/// Steps of one name that were done since an instant, in that order.
///
/// # Errors
/// When the database refuses.
pub fn steps_done(
    tx: &mut Tx<'_>,
    process: &str,
    step: &str,
    since: i64,
) -> Result<Vec<Settled>, StoreFault> {
    tx.query(
        "SELECT p.subject, p.memory, p.started, s.since, s.settled FROM process p
         JOIN process_step s ON s.process = p.id
         WHERE p.name = ?1 AND s.name = ?2 AND s.settled >= ?3 AND s.status IN ('done', 'kept', 'undone', 'to_undo')
         ORDER BY s.settled, p.id",
        params![process, step, since],
        |mut row| {
            Ok(Settled {
                subject: row.text(0)?,
                memory: row.text(1)?,
                started: row.int(2)?,
                since: row.int(3)?,
                settled: row.int(4)?,
            })
        },
    )
}

/// Payments that were begun and have no good outcome, and settled ones with something unapplied.
///
/// # Errors
/// When the database refuses.
pub fn payments_open(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Waiting>, StoreFault> {
    waiting(
        tx,
        "SELECT 'payment/' || p.id, p.customer, CASE WHEN p.unapplied > 0 THEN p.unapplied ELSE p.amount END,
         p.currency, p.time,
         CASE WHEN p.unapplied > 0 THEN 'not set against an invoice'
              WHEN p.status = 'failed' AND p.next_attempt <> '' THEN 'tried again on ' || p.next_attempt
              WHEN p.status = 'failed' THEN 'failed for good' ELSE 'outcome not known yet' END,
         CASE WHEN p.unapplied > 0 OR (p.status = 'failed' AND p.next_attempt = '')
              THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END
         FROM payment p WHERE p.status IN ('initiated', 'failed') OR p.unapplied > 0 ORDER BY p.time, p.id LIMIT ?1",
        params![limit],
    )
}

/// Deliveries of one system to or from the state that another system was last read in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastWord {
    /// The system.
    pub connection: String,
    /// What was done there.
    pub operation: String,
    /// Where it stands.
    pub status: String,
    /// The object there, or empty.
    pub external_id: String,
    /// What was sent, as JSON.
    pub request: String,
    /// Worth, minor units.
    pub amount: i64,
    /// Its currency, or empty.
    pub currency: String,
    /// When it last changed, microseconds.
    pub changed: i64,
    /// 1 when it was read back.
    pub read_back: i64,
}

/// The newest effect of each operation about one of our objects.
///
/// # Errors
/// When the database refuses.
pub fn last_words(tx: &mut Tx<'_>, subject: &str) -> Result<Vec<LastWord>, StoreFault> {
    tx.query(
        "SELECT e.connection, e.operation, e.status, e.external_id, e.request, e.amount, e.currency, e.changed, e.read_back
         FROM effect e JOIN (SELECT operation, max(id) AS newest FROM effect WHERE subject = ?1 GROUP BY operation) n
         ON n.newest = e.id ORDER BY e.connection, e.operation",
        params![subject],
        |mut row| {
            Ok(LastWord {
                connection: row.text(0)?,
                operation: row.text(1)?,
                status: row.text(2)?,
                external_id: row.text(3)?,
                request: row.text(4)?,
                amount: row.int(5)?,
                currency: row.text(6)?,
                changed: row.int(7)?,
                read_back: row.int(8)?,
            })
        },
    )
}
