//! The event log: dense sequences and a hash chain per partition. Appending takes the head row of
//! the partition first, which serialises writers of one partition on PostgreSQL as the single
//! writer does on SQLite. Three statements a partition and append, whatever the number of events.

use crate::{Param, Row, StoreFault, Tx, params};
use events::{Envelope, GENESIS, Hash, Link, link};

/// An event as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Partition key.
    pub partition: String,
    /// Dense sequence within the partition.
    pub sequence: i64,
    /// Id.
    pub id: String,
    /// Type name.
    pub type_name: String,
    /// Where it came from.
    pub source: String,
    /// The object.
    pub subject: String,
    /// When it happened, microseconds.
    pub time: i64,
    /// When it was recorded, microseconds.
    pub recorded: i64,
    /// Accounting date.
    pub effective: String,
    /// Legal entity, or nothing.
    pub entity: String,
    /// Chain.
    pub correlation: String,
    /// Cause, or nothing.
    pub causation: String,
    /// What makes recording it twice visible.
    pub idempotency_key: String,
    /// Who.
    pub actor: String,
    /// How.
    pub origin: String,
    /// Payload as JSON text.
    pub data: String,
    /// Seal.
    pub hash: Vec<u8>,
}

impl StoredEvent {
    /// The fields that the seal covers.
    #[must_use]
    pub fn sealed(&self) -> Link<'_> {
        Link {
            partition: &self.partition,
            sequence: self.sequence,
            id: &self.id,
            type_name: &self.type_name,
            subject: &self.subject,
            time: self.time,
            recorded: self.recorded,
            effective: &self.effective,
            entity: &self.entity,
            correlation: &self.correlation,
            causation: &self.causation,
            idempotency_key: &self.idempotency_key,
            actor: &self.actor,
            source: &self.source,
            origin: &self.origin,
            data: &self.data,
        }
    }
}

const COLUMNS: &str = "partition_key, sequence, id, type, source, subject, time, recorded, effective, \
entity, correlation, causation, idempotency_key, actor, origin, data, hash";

const INSERT: &str = "INSERT INTO event (partition_key, sequence, id, type, source, subject, time, recorded, \
effective, entity, correlation, causation, idempotency_key, actor, origin, data, hash) \
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";

fn read(mut row: Row) -> Result<StoredEvent, StoreFault> {
    Ok(StoredEvent {
        partition: row.text(0)?,
        sequence: row.int(1)?,
        id: row.text(2)?,
        type_name: row.text(3)?,
        source: row.text(4)?,
        subject: row.text(5)?,
        time: row.int(6)?,
        recorded: row.int(7)?,
        effective: row.text(8)?,
        entity: row.text(9)?,
        correlation: row.text(10)?,
        causation: row.text(11)?,
        idempotency_key: row.text(12)?,
        actor: row.text(13)?,
        origin: row.text(14)?,
        data: row.text(15)?,
        hash: row.blob(16)?,
    })
}

/// Appends events in order and gives each its sequence.
///
/// # Errors
/// When an event's payload cannot be written, or the database refuses.
pub fn append(tx: &mut Tx<'_>, envelopes: &mut [Envelope]) -> Result<(), StoreFault> {
    let payloads = envelopes.iter().map(payload).collect::<Result<_, _>>()?;
    append_payloads(tx, envelopes, payloads)
}

/// As [`append`], with the [`payload`] of each event.
///
/// # Errors
/// When the database refuses.
pub fn append_payloads(
    tx: &mut Tx<'_>,
    envelopes: &mut [Envelope],
    payloads: Vec<String>,
) -> Result<(), StoreFault> {
    let mut payloads = payloads.into_iter();
    let mut at = 0;
    while at < envelopes.len() {
        let partition = envelopes[at].partition.clone();
        let run = envelopes[at..]
            .iter()
            .take_while(|e| e.partition == partition)
            .count();
        append_run(tx, &partition, &mut envelopes[at..at + run], &mut payloads)?;
        at += run;
    }
    Ok(())
}

fn append_run(
    tx: &mut Tx<'_>,
    partition: &str,
    run: &mut [Envelope],
    payloads: &mut impl Iterator<Item = String>,
) -> Result<(), StoreFault> {
    let head = take_head(tx, partition, run.len() as i64)?;
    let mut end = PartitionEnd {
        sequence: head.sequence - run.len() as i64,
        hash: head.hash,
    };
    let recorded = run.first().map_or(0, |first| first.recorded.microseconds());
    for (envelope, data) in run.iter_mut().zip(payloads) {
        let sealed = seal_text(envelope, data, &mut end);
        tx.execute(INSERT, &columns(&sealed))?;
    }
    tx.execute(
        "UPDATE partition_head SET hash = ?1 WHERE partition_key = ?2",
        params![&end.hash, partition],
    )?;
    if head.readers > 0 {
        crate::readers::mark(tx, partition, end.sequence, recorded)?;
    }
    Ok(())
}

/// The payload of an event as it is stored and sealed.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn payload(envelope: &Envelope) -> Result<String, StoreFault> {
    let text = envelope.event.data_text();
    text.map_err(|error| StoreFault::Statement(error.to_string()))
}

/// Where a partition ends: what the next event is sealed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartitionEnd {
    /// Sequence of its last event; 0 when it has none.
    pub sequence: i64,
    /// Hash of its last event.
    pub hash: Hash,
}

impl Default for PartitionEnd {
    fn default() -> Self {
        Self {
            sequence: 0,
            hash: GENESIS,
        }
    }
}

/// Seals an event over the end of its partition, which moves on. Nothing is written.
///
/// # Errors
/// When the payload cannot be written as JSON.
pub fn seal(envelope: &mut Envelope, end: &mut PartitionEnd) -> Result<StoredEvent, StoreFault> {
    let data = payload(envelope)?;
    Ok(seal_text(envelope, data, end))
}

fn seal_text(envelope: &mut Envelope, data: String, end: &mut PartitionEnd) -> StoredEvent {
    end.sequence += 1;
    envelope.sequence = end.sequence;
    let mut stored = StoredEvent {
        partition: envelope.partition.clone(),
        sequence: end.sequence,
        id: envelope.id.as_str().to_owned(),
        type_name: envelope.event.type_name().to_owned(),
        source: envelope.source.clone(),
        subject: envelope.subject.clone(),
        time: envelope.time.microseconds(),
        recorded: envelope.recorded.microseconds(),
        effective: envelope.effective.to_string(),
        entity: text_of(envelope.entity.as_ref().map(|entity| entity.as_str())),
        correlation: envelope.correlation.as_str().to_owned(),
        causation: text_of(envelope.causation.as_ref().map(|cause| cause.as_str())),
        idempotency_key: envelope.idempotency_key.clone(),
        actor: envelope.actor.clone(),
        origin: envelope.origin.as_str().to_owned(),
        data,
        hash: Vec::new(),
    };
    end.hash = link(&end.hash, &stored.sealed());
    stored.hash = end.hash.to_vec();
    stored
}

fn text_of(text: Option<&str>) -> String {
    text.map_or_else(String::new, str::to_owned)
}

/// A partition whose head moves from what was read to its new end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadMove {
    /// The partition.
    pub partition: String,
    /// The sequence that was read.
    pub before: i64,
    /// Its new end.
    pub end: PartitionEnd,
    /// When its last event was recorded, microseconds.
    pub recorded: i64,
}

/// Appends events that were sealed before. False when a partition has grown since its end was read:
/// the transaction must then be undone.
///
/// # Errors
/// When the database refuses.
pub fn append_sealed(
    tx: &mut Tx<'_>,
    moves: &[HeadMove],
    events: &[StoredEvent],
) -> Result<bool, StoreFault> {
    let heads: Vec<Param<'_>> = moves
        .iter()
        .flat_map(|it| -> [Param<'_>; 4] {
            [
                (&it.partition).into(),
                it.end.sequence.into(),
                (&it.end.hash).into(),
                it.before.into(),
            ]
        })
        .collect();
    let touched = tx.each(
        "INSERT INTO partition_head (partition_key, sequence, hash) VALUES (?1, ?2, ?3)
         ON CONFLICT (partition_key) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash
         WHERE partition_head.sequence = ?4",
        4,
        &heads,
    )?;
    if touched != moves.len() as u64 {
        return Ok(false);
    }
    let rows: Vec<Param<'_>> = events.iter().flat_map(columns).collect();
    tx.insert(INSERT, 17, &rows)?;
    if crate::bill_pages::active_readers(tx)? > 0 {
        for it in moves {
            crate::readers::mark(tx, &it.partition, it.end.sequence, it.recorded)?;
        }
    }
    Ok(true)
}

fn columns(event: &StoredEvent) -> [Param<'_>; 17] {
    [
        (&event.partition).into(),
        event.sequence.into(),
        (&event.id).into(),
        (&event.type_name).into(),
        (&event.source).into(),
        (&event.subject).into(),
        event.time.into(),
        event.recorded.into(),
        (&event.effective).into(),
        (&event.entity).into(),
        (&event.correlation).into(),
        (&event.causation).into(),
        (&event.idempotency_key).into(),
        (&event.actor).into(),
        (&event.origin).into(),
        (&event.data).into(),
        (&event.hash).into(),
    ]
}

/// The head of a partition that an append has taken.
struct Head {
    /// Its new sequence.
    sequence: i64,
    /// The hash of the last event before the move.
    hash: Hash,
    /// How many readers are active.
    readers: i64,
}

/// Moves the head of a partition on by `count`. It is told in the same statement whether anybody
/// reads the log, so that a log without readers costs nothing.
fn take_head(tx: &mut Tx<'_>, partition: &str, count: i64) -> Result<Head, StoreFault> {
    let head = tx.query_one(
        "INSERT INTO partition_head (partition_key, sequence, hash) VALUES (?1, ?2, ?3)
         ON CONFLICT (partition_key) DO UPDATE SET sequence = partition_head.sequence + excluded.sequence
         RETURNING sequence, hash, (SELECT CAST(count(*) AS BIGINT) FROM log_reader WHERE active = 1)",
        params![partition, count, &GENESIS],
        |mut row| Ok((row.int(0)?, row.blob(1)?, row.int(2)?)),
    )?;
    let (sequence, hash, readers) = head.ok_or(StoreFault::Unreadable {
        column: 0,
        wanted: "the head of a partition",
    })?;
    let hash = hash.try_into().map_err(|_| StoreFault::Unreadable {
        column: 1,
        wanted: "a hash",
    })?;
    Ok(Head {
        sequence,
        hash,
        readers,
    })
}

/// The events of a chain in the order they were recorded.
///
/// # Errors
/// When the database refuses.
pub fn of_chain(tx: &mut Tx<'_>, correlation: &str) -> Result<Vec<StoredEvent>, StoreFault> {
    tx.query(
        &format!("SELECT {COLUMNS} FROM event WHERE correlation = ?1 AND correlation <> '' ORDER BY recorded, id"),
        params![correlation],
        read,
    )
}

/// One event.
///
/// # Errors
/// When the database refuses.
pub fn by_id(tx: &mut Tx<'_>, id: &str) -> Result<Option<StoredEvent>, StoreFault> {
    tx.query_one(
        &format!("SELECT {COLUMNS} FROM event WHERE id = ?1"),
        params![id],
        read,
    )
}

/// Up to `limit` events after the event `after` (exclusive; empty for the start), by id.
///
/// # Errors
/// When the database refuses.
pub fn after(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<StoredEvent>, StoreFault> {
    tx.query(
        &format!("SELECT {COLUMNS} FROM event WHERE id > ?1 ORDER BY id LIMIT ?2"),
        params![after, limit],
        read,
    )
}

/// Up to `limit` events after a place in the feed, in the order of the feed.
pub(crate) fn in_feed(
    tx: &mut Tx<'_>,
    position: i64,
    limit: i64,
) -> Result<Vec<StoredEvent>, StoreFault> {
    tx.query(
        &format!(
            "SELECT {COLUMNS} FROM event_feed JOIN event ON event.id = event_feed.event
             WHERE event_feed.position > ?1 ORDER BY event_feed.position LIMIT ?2"
        ),
        params![position, limit],
        read,
    )
}

/// Up to `limit` events of a partition after a sequence.
///
/// # Errors
/// When the database refuses.
pub fn of_partition(
    tx: &mut Tx<'_>,
    partition: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<StoredEvent>, StoreFault> {
    tx.query(
        &format!(
            "SELECT {COLUMNS} FROM event WHERE partition_key = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3"
        ),
        params![partition, after, limit],
        read,
    )
}

/// Up to `limit` events recorded since a moment (microseconds) and after the event `after`, by id.
///
/// # Errors
/// When the database refuses.
pub fn since(
    tx: &mut Tx<'_>,
    recorded: i64,
    after: &str,
    limit: i64,
) -> Result<Vec<StoredEvent>, StoreFault> {
    tx.query(
        &format!(
            "SELECT {COLUMNS} FROM event WHERE id > ?1 AND recorded >= ?2 ORDER BY id LIMIT ?3"
        ),
        params![after, recorded, limit],
        read,
    )
}

/// The newest event of each type with how many there are: type, count, id of the newest.
///
/// # Errors
/// When the database refuses.
pub fn type_counts(tx: &mut Tx<'_>) -> Result<Vec<(String, i64, String)>, StoreFault> {
    tx.query(
        "SELECT type, CAST(count(*) AS BIGINT), max(id) FROM event GROUP BY type ORDER BY type",
        &[],
        |mut row| Ok((row.text(0)?, row.int(1)?, row.text(2)?)),
    )
}

/// Every event by partition and sequence, for the audit.
///
/// # Errors
/// When the database refuses, or `each` does.
pub fn each_in_order(
    tx: &mut Tx<'_>,
    mut each: impl FnMut(StoredEvent) -> Result<(), StoreFault>,
) -> Result<(), StoreFault> {
    tx.query_each(
        &format!("SELECT {COLUMNS} FROM event ORDER BY partition_key, sequence"),
        &[],
        |row| each(read(row)?),
    )
}

/// Every partition with the sequence and hash of its last event.
///
/// # Errors
/// When the database refuses.
pub fn heads(tx: &mut Tx<'_>) -> Result<Vec<(String, i64, Vec<u8>)>, StoreFault> {
    tx.query(
        "SELECT partition_key, sequence, hash FROM partition_head ORDER BY partition_key",
        &[],
        |mut row| Ok((row.text(0)?, row.int(1)?, row.blob(2)?)),
    )
}

/// Every event of these types behind an id, by id, in the order of recording. The types stand in the
/// statement itself: an index over just these events is found by them.
///
/// # Errors
/// When the database refuses, or `each` does.
pub fn each_of_types(
    tx: &mut Tx<'_>,
    type_names: &[&'static str],
    after: &str,
    mut each: impl FnMut(StoredEvent) -> Result<(), StoreFault>,
) -> Result<(), StoreFault> {
    tx.query_each(
        &format!(
            "SELECT {COLUMNS} FROM event WHERE type IN ({}) AND id > ?1 ORDER BY id",
            quoted(type_names)
        ),
        params![after],
        |row| each(read(row)?),
    )
}

/// How many events of these types there are, and the greatest id of them.
///
/// # Errors
/// When the database refuses.
pub fn count_of_types(
    tx: &mut Tx<'_>,
    type_names: &[&'static str],
) -> Result<(i64, String), StoreFault> {
    let found = tx.query_one(
        &format!(
            "SELECT CAST(count(*) AS BIGINT), COALESCE(max(id), '') FROM event WHERE type IN ({})",
            quoted(type_names)
        ),
        &[],
        |mut row| Ok((row.int(0)?, row.text(1)?)),
    )?;
    Ok(found.unwrap_or_default())
}

fn quoted(type_names: &[&'static str]) -> String {
    let quoted: Vec<String> = type_names.iter().map(|name| format!("'{name}'")).collect();
    quoted.join(", ")
}

/// When the newest event was recorded, microseconds; 0 when there is none.
///
/// # Errors
/// When the database refuses.
pub fn latest_recorded(tx: &mut Tx<'_>) -> Result<i64, StoreFault> {
    let found = tx.query_one(
        "SELECT recorded FROM event ORDER BY id DESC LIMIT 1",
        &[],
        |row| row.int(0),
    )?;
    Ok(found.unwrap_or(0))
}
