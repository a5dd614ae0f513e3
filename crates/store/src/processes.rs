//! Processes: definitions by version, instances with their steps and keys, and what people did.

use crate::bill_pages::{each_beside, each_of};
use crate::{Param, StoreFault, Tx, params};
use std::collections::{BTreeMap, HashMap};

table! {
    /// One run of a process.
    ProcessRow in "process" {
        /// Id.
        id: text,
        /// The definition.
        name: text,
        /// Its version.
        version: int,
        /// What it is about.
        subject: text,
        /// `running`, `done`, `cancelling`, `cancelled` or `stopped`.
        status: text,
        /// Who started it.
        starter: text,
        /// Facts that it keeps, as JSON.
        memory: text,
        /// Legal entity, or empty.
        entity: text,
        /// Customer, or empty.
        customer: text,
        /// Worth, minor units.
        amount: int,
        /// Currency of the worth, or empty.
        currency: text,
        /// Chain.
        correlation: text,
        /// Why it was cancelled, or empty.
        reason: text,
        /// Why its command was refused the last time, or empty.
        stuck: text,
        /// When a command of its own is to be done, microseconds; 0 when none is.
        next_try: int,
        /// When it began, microseconds.
        started: int,
        /// When it last changed, microseconds.
        changed: int,
    }
}

table! {
    /// One step of an instance.
    StepRow in "process_step" {
        /// The instance.
        process: text,
        /// Place in the definition, from 0.
        position: int,
        /// Its name.
        name: text,
        /// `event`, `effect`, `command` or `approval`.
        kind: text,
        /// Where it stands.
        status: text,
        /// When it was reached, microseconds, or 0.
        since: int,
        /// By when it has to be done, microseconds, or 0.
        due: int,
        /// When it was settled, microseconds, or 0.
        settled: int,
        /// The event that settled it, or empty.
        cause: text,
        /// Who settled it, or empty.
        actor: text,
        /// Why, where a person decided.
        note: text,
        /// 1 when an exception says that it is late.
        late: int,
        /// Commands of its undo that are done.
        taken_back: int,
    }
}

table! {
    /// A key by which events find an instance.
    KeyRow in "process_key" {
        /// Kind, such as `contract`.
        kind: text,
        /// Id.
        id: text,
        /// The instance.
        process: text,
    }
}

table! {
    /// What a person did to an instance.
    NoteRow in "process_note" {
        /// The instance.
        process: text,
        /// 1, 2, 3 …
        position: int,
        /// When, microseconds.
        time: int,
        /// Who.
        actor: text,
        /// `started`, `approved`, `denied`, `extended`, `skipped` or `cancelled`.
        action: text,
        /// Which step, or empty.
        step: text,
        /// Why.
        reason: text,
    }
}

/// Every version of every definition: (name, version, body), in that order.
///
/// # Errors
/// When the database refuses.
pub fn definitions(tx: &mut Tx<'_>) -> Result<Vec<(String, i64, String)>, StoreFault> {
    tx.query(
        "SELECT name, version, body FROM process_definition ORDER BY name, version",
        &[],
        |mut row| Ok((row.text(0)?, row.int(1)?, row.text(2)?)),
    )
}

/// Adds a version of a definition; one that is there stays as it is. Returns whether it was new.
///
/// # Errors
/// When the database refuses.
pub fn add_definition(
    tx: &mut Tx<'_>,
    name: &str,
    version: i64,
    recorded: i64,
    actor: &str,
    body: &str,
) -> Result<bool, StoreFault> {
    let added = tx.execute(
        "INSERT INTO process_definition (name, version, recorded, actor, body) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (name, version) DO NOTHING",
        params![name, version, recorded, actor, body],
    )?;
    Ok(added == 1)
}

/// Adds an instance with its steps and keys.
///
/// # Errors
/// [`StoreFault::Duplicate`] when one of that name runs for its subject, or the database refuses.
pub fn begin(
    tx: &mut Tx<'_>,
    row: &ProcessRow,
    steps: &[StepRow],
    keys: &[KeyRow],
) -> Result<(), StoreFault> {
    ProcessRow::insert(tx, std::slice::from_ref(row))?;
    StepRow::insert(tx, steps)?;
    add_keys(tx, keys)
}

/// Adds keys; those that are there stay.
///
/// # Errors
/// When the database refuses.
pub fn add_keys(tx: &mut Tx<'_>, keys: &[KeyRow]) -> Result<(), StoreFault> {
    if keys.is_empty() {
        return Ok(());
    }
    let params: Vec<Param<'_>> = keys.iter().flat_map(KeyRow::params).collect();
    tx.insert(
        &KeyRow::insert_text("ON CONFLICT (kind, id, process) DO NOTHING"),
        KeyRow::WIDTH,
        &params,
    )?;
    Ok(())
}

/// Writes back an instance and its steps.
///
/// # Errors
/// When the database refuses.
pub fn update(tx: &mut Tx<'_>, row: &ProcessRow, steps: &[StepRow]) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE process SET status = ?2, memory = ?3, reason = ?4, stuck = ?5, next_try = ?6, changed = ?7,
         entity = ?8, customer = ?9, amount = ?10, currency = ?11 WHERE id = ?1",
        params![
            &row.id, &row.status, &row.memory, &row.reason, &row.stuck, row.next_try, row.changed, &row.entity,
            &row.customer, row.amount, &row.currency
        ],
    )?;
    for step in steps {
        tx.execute(
            "UPDATE process_step SET status = ?3, since = ?4, due = ?5, settled = ?6, cause = ?7, actor = ?8,
             note = ?9, late = ?10, taken_back = ?11 WHERE process = ?1 AND position = ?2",
            params![
                &step.process, step.position, &step.status, step.since, step.due, step.settled, &step.cause,
                &step.actor, &step.note, step.late, step.taken_back
            ],
        )?;
    }
    Ok(())
}

/// An instance.
///
/// # Errors
/// When the database refuses.
pub fn process(tx: &mut Tx<'_>, id: &str) -> Result<Option<ProcessRow>, StoreFault> {
    let columns = ProcessRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM process WHERE id = ?1"),
        params![id],
        ProcessRow::read,
    )
}

/// The steps of these instances, in order within each.
///
/// # Errors
/// When the database refuses.
pub fn steps_of(
    tx: &mut Tx<'_>,
    processes: &[&str],
) -> Result<HashMap<String, Vec<StepRow>>, StoreFault> {
    let columns = StepRow::columns("");
    let mut found: HashMap<String, Vec<StepRow>> = HashMap::with_capacity(processes.len());
    each_of(
        tx,
        &format!("SELECT {columns} FROM process_step WHERE process IN"),
        "ORDER BY process, position",
        processes,
        |row| {
            let step = StepRow::read(row)?;
            found.entry(step.process.clone()).or_default().push(step);
            Ok(())
        },
    )?;
    Ok(found)
}

/// The keys of these instances, in order within each.
///
/// # Errors
/// When the database refuses.
pub fn keys_of(
    tx: &mut Tx<'_>,
    processes: &[&str],
) -> Result<HashMap<String, Vec<KeyRow>>, StoreFault> {
    let columns = KeyRow::columns("");
    let mut found: HashMap<String, Vec<KeyRow>> = HashMap::with_capacity(processes.len());
    each_of(
        tx,
        &format!("SELECT {columns} FROM process_key WHERE process IN"),
        "ORDER BY process, kind, id",
        processes,
        |row| {
            let key = KeyRow::read(row)?;
            found.entry(key.process.clone()).or_default().push(key);
            Ok(())
        },
    )?;
    Ok(found)
}

/// What people did to an instance, in order.
///
/// # Errors
/// When the database refuses.
pub fn notes_of(tx: &mut Tx<'_>, process: &str) -> Result<Vec<NoteRow>, StoreFault> {
    let columns = NoteRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM process_note WHERE process = ?1 ORDER BY position"),
        params![process],
        NoteRow::read,
    )
}

/// The running instances that have this key.
///
/// # Errors
/// When the database refuses.
pub fn running_about(tx: &mut Tx<'_>, kind: &str, id: &str) -> Result<Vec<ProcessRow>, StoreFault> {
    let columns = ProcessRow::columns("p.");
    tx.query(
        &format!(
            "SELECT {columns} FROM process_key k JOIN process p ON p.id = k.process
             WHERE k.kind = ?1 AND k.id = ?2 AND p.status = 'running' ORDER BY p.id"
        ),
        params![kind, id],
        ProcessRow::read,
    )
}

/// At most so many steps are asked for in one statement; shorter lists repeat their last one, so that
/// the statement stays prepared.
const STEPS: usize = 16;

/// The running instances that have one of these keys of a kind, and one of these steps ahead or open:
/// each once, by id. A step is named `definition.step`, whatever the version.
///
/// # Errors
/// When the database refuses.
pub fn waiting_about(
    tx: &mut Tx<'_>,
    kind: &str,
    ids: &[&str],
    steps: &[&str],
) -> Result<Vec<ProcessRow>, StoreFault> {
    let mut found = BTreeMap::new();
    let mut take = |row| {
        let row = ProcessRow::read(row)?;
        found.insert(row.id.clone(), row);
        Ok(())
    };
    for steps in steps.chunks(STEPS) {
        let mut beside = vec![Param::Text(kind)];
        beside.extend(steps.iter().map(|step| Param::Text(step)));
        let last = beside.last().copied().unwrap_or(Param::Null);
        beside.resize(1 + STEPS, last);
        each_beside(tx, (&waiting_text, ""), ids, &beside, &mut take)?;
    }
    Ok(found.into_values().collect())
}

/// Selects by the ids that follow the text, the kind of key in parameter `first` and the steps after it.
fn waiting_text(first: usize) -> String {
    let columns = ProcessRow::columns("p.");
    let steps: Vec<String> = (first + 1..=first + STEPS)
        .map(|place| format!("?{place}"))
        .collect();
    format!(
        "SELECT {columns} FROM process_key k JOIN process p ON p.id = k.process
         WHERE p.status = 'running' AND k.kind = ?{first} AND EXISTS (SELECT 1 FROM process_step s
         WHERE s.process = p.id AND s.status IN ('ahead', 'waiting', 'asked')
         AND p.name || '.' || s.name IN ({})) AND k.id IN",
        steps.join(", ")
    )
}

/// Whether an instance of that definition was ever begun for a subject.
///
/// # Errors
/// When the database refuses.
pub fn is_begun(tx: &mut Tx<'_>, name: &str, kind: &str, id: &str) -> Result<bool, StoreFault> {
    let found = tx.query_one(
        "SELECT p.id FROM process_key k JOIN process p ON p.id = k.process
         WHERE k.kind = ?2 AND k.id = ?3 AND p.name = ?1 LIMIT 1",
        params![name, kind, id],
        |mut row| row.text(0),
    )?;
    Ok(found.is_some())
}

/// Instances with a command of their own to be done at `now`, the longest waiting first.
///
/// # Errors
/// When the database refuses.
pub fn to_work(tx: &mut Tx<'_>, now: i64, limit: i64) -> Result<Vec<String>, StoreFault> {
    tx.query(
        "SELECT id FROM process WHERE next_try > 0 AND next_try <= ?1 ORDER BY next_try, id LIMIT ?2",
        params![now, limit],
        |mut row| row.text(0),
    )
}

/// Instances with a step that is late at `now` and not yet raised.
///
/// # Errors
/// When the database refuses.
pub fn late(tx: &mut Tx<'_>, now: i64, limit: i64) -> Result<Vec<String>, StoreFault> {
    tx.query(
        "SELECT DISTINCT s.process FROM process_step s JOIN process p ON p.id = s.process
         WHERE s.status IN ('waiting', 'asked') AND s.late = 0 AND s.due > 0 AND s.due <= ?1
         AND p.status = 'running' ORDER BY s.process LIMIT ?2",
        params![now, limit],
        |mut row| row.text(0),
    )
}

/// Which instances a list holds. Empty texts select everything.
#[derive(Debug, Clone, Default)]
pub struct ProcessFilter {
    /// Definition.
    pub name: String,
    /// Status; `open` is running or cancelling.
    pub status: String,
    /// A step that waits.
    pub step: String,
    /// Only instances with a late or stuck step.
    pub trouble: bool,
}

/// Instances, newest first, before the id `before` (exclusive; empty for the newest).
///
/// # Errors
/// When the database refuses.
pub fn newest(
    tx: &mut Tx<'_>,
    filter: &ProcessFilter,
    before: &str,
    limit: i64,
) -> Result<Vec<ProcessRow>, StoreFault> {
    let columns = ProcessRow::columns("p.");
    tx.query(
        &format!(
            "SELECT {columns} FROM process p
             WHERE (?1 = '' OR p.name = ?1)
             AND (?2 = '' OR p.status = ?2 OR (?2 = 'open' AND p.status IN ('running', 'cancelling')))
             AND (?3 = '' OR EXISTS (SELECT 1 FROM process_step s WHERE s.process = p.id AND s.name = ?3
                  AND s.status IN ('waiting', 'asked', 'to_undo')))
             AND (CAST(?4 AS BIGINT) = 0 OR p.stuck <> '' OR (p.status = 'running' AND EXISTS (SELECT 1 FROM process_step s
                  WHERE s.process = p.id AND s.late = 1 AND s.status IN ('waiting', 'asked'))))
             AND (?5 = '' OR p.id < ?5) ORDER BY p.id DESC LIMIT ?6"
        ),
        params![
            &filter.name,
            &filter.status,
            &filter.step,
            i64::from(filter.trouble),
            before,
            limit
        ],
        ProcessRow::read,
    )
}

/// The instances of a chain, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn of_chain(tx: &mut Tx<'_>, correlation: &str) -> Result<Vec<ProcessRow>, StoreFault> {
    let columns = ProcessRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM process WHERE correlation = ?1 AND correlation <> '' ORDER BY started, id"
        ),
        params![correlation],
        ProcessRow::read,
    )
}

/// How many instances stand where: one row a definition, version, step and status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepCount {
    /// Definition.
    pub name: String,
    /// Version.
    pub version: i64,
    /// Status of the instance.
    pub status: String,
    /// Step.
    pub step: String,
    /// Status of the step.
    pub step_status: String,
    /// How many.
    pub count: i64,
    /// How many of them are late.
    pub late: i64,
}

/// Counts of instances by step.
///
/// # Errors
/// When the database refuses.
pub fn counts(tx: &mut Tx<'_>) -> Result<Vec<StepCount>, StoreFault> {
    tx.query(
        "SELECT p.name, p.version, p.status, s.name, s.status, CAST(count(*) AS BIGINT), CAST(sum(s.late) AS BIGINT)
         FROM process p JOIN process_step s ON s.process = p.id
         GROUP BY p.name, p.version, p.status, s.name, s.status
         ORDER BY p.name, p.version, p.status, s.name, s.status",
        &[],
        |mut row| {
            Ok(StepCount {
                name: row.text(0)?,
                version: row.int(1)?,
                status: row.text(2)?,
                step: row.text(3)?,
                step_status: row.text(4)?,
                count: row.int(5)?,
                late: row.int(6)?,
            })
        },
    )
}

/// How long steps of one kind that were settled since an instant had waited: (definition, step,
/// microseconds), in order of settling.
///
/// # Errors
/// When the database refuses.
pub fn waits_of_kind(
    tx: &mut Tx<'_>,
    kind: &str,
    since: i64,
) -> Result<Vec<(String, String, i64)>, StoreFault> {
    tx.query(
        "SELECT p.name, s.name, s.settled - s.since FROM process_step s JOIN process p ON p.id = s.process
         WHERE s.kind = ?1 AND s.status = 'done' AND s.settled >= ?2 ORDER BY s.settled, s.process, s.position",
        params![kind, since],
        |mut row| Ok((row.text(0)?, row.text(1)?, row.int(2)?)),
    )
}

/// A partition of the log whose events are fewer or more than its head says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The partition.
    pub partition: String,
    /// The sequence at which its head stands.
    pub head: i64,
    /// How many events there are.
    pub events: i64,
    /// The lowest sequence that is there.
    pub lowest: i64,
    /// The highest sequence that is there.
    pub highest: i64,
}

/// Partitions with holes. Only those with an event after `after`, by id.
///
/// # Errors
/// When the database refuses.
pub fn gaps(tx: &mut Tx<'_>, after: &str) -> Result<Vec<Gap>, StoreFault> {
    tx.query(
        "SELECT h.partition_key, h.sequence, CAST(count(*) AS BIGINT), min(e.sequence), max(e.sequence)
         FROM partition_head h JOIN event e ON e.partition_key = h.partition_key
         WHERE ?1 = '' OR h.partition_key IN (SELECT partition_key FROM event WHERE id > ?1)
         GROUP BY h.partition_key, h.sequence
         HAVING count(*) <> h.sequence OR min(e.sequence) <> 1 OR max(e.sequence) <> h.sequence
         ORDER BY h.partition_key",
        params![after],
        |mut row| {
            Ok(Gap {
                partition: row.text(0)?,
                head: row.int(1)?,
                events: row.int(2)?,
                lowest: row.int(3)?,
                highest: row.int(4)?,
            })
        },
    )
}

/// The id of the newest event, or empty.
///
/// # Errors
/// When the database refuses.
pub fn newest_event(tx: &mut Tx<'_>) -> Result<String, StoreFault> {
    let found = tx.query_one(
        "SELECT id FROM event ORDER BY id DESC LIMIT 1",
        &[],
        |mut row| row.text(0),
    )?;
    Ok(found.unwrap_or_default())
}
