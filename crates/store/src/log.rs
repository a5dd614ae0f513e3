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
    let mut at = 0;
    while at < envelopes.len() {
        let partition = envelopes[at].partition.clone();
        let run = envelopes[at..]
            .iter()
            .take_while(|e| e.partition == partition)
            .count();
        append_run(tx, &partition, &mut envelopes[at..at + run])?;
        at += run;
    }
    Ok(())
}

fn append_run(tx: &mut Tx<'_>, partition: &str, run: &mut [Envelope]) -> Result<(), StoreFault> {
    let head = take_head(tx, partition, run.len() as i64)?;
    let (mut sequence, mut hash) = (head.sequence - run.len() as i64, head.hash);
    let recorded = run.first().map_or(0, |first| first.recorded.microseconds());
    for envelope in run {
        sequence += 1;
        envelope.sequence = sequence;
        let data = envelope
            .event
            .data_text()
            .map_err(|error| StoreFault::Statement(error.to_string()))?;
        let effective = envelope.effective.to_string();
        let sealed = Link {
            partition,
            sequence,
            id: envelope.id.as_str(),
            type_name: envelope.event.type_name(),
            subject: &envelope.subject,
            time: envelope.time.microseconds(),
            recorded: envelope.recorded.microseconds(),
            effective: &effective,
            entity: envelope
                .entity
                .as_ref()
                .map_or("", |entity| entity.as_str()),
            correlation: envelope.correlation.as_str(),
            causation: envelope
                .causation
                .as_ref()
                .map_or("", |cause| cause.as_str()),
            idempotency_key: &envelope.idempotency_key,
            actor: &envelope.actor,
            source: &envelope.source,
            origin: envelope.origin.as_str(),
            data: &data,
        };
        hash = link(&hash, &sealed);
        tx.execute(INSERT, &columns(&sealed, &hash))?;
    }
    tx.execute(
        "UPDATE partition_head SET hash = ?1 WHERE partition_key = ?2",
        params![&hash, partition],
    )?;
    if head.readers > 0 {
        crate::readers::mark(tx, partition, sequence, recorded)?;
    }
    Ok(())
}

fn columns<'a>(sealed: &Link<'a>, hash: &'a Hash) -> [Param<'a>; 17] {
    [
        sealed.partition.into(),
        sealed.sequence.into(),
        sealed.id.into(),
        sealed.type_name.into(),
        sealed.source.into(),
        sealed.subject.into(),
        sealed.time.into(),
        sealed.recorded.into(),
        sealed.effective.into(),
        sealed.entity.into(),
        sealed.correlation.into(),
        sealed.causation.into(),
        sealed.idempotency_key.into(),
        sealed.actor.into(),
        sealed.origin.into(),
        sealed.data.into(),
        hash.into(),
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

/// Every event of these types by id, in the order of recording.
///
/// # Errors
/// When the database refuses, or `each` does.
pub fn each_of_types(
    tx: &mut Tx<'_>,
    type_names: &[&str],
    mut each: impl FnMut(StoredEvent) -> Result<(), StoreFault>,
) -> Result<(), StoreFault> {
    let places: Vec<String> = (1..=type_names.len())
        .map(|place| format!("?{place}"))
        .collect();
    let params: Vec<Param<'_>> = type_names.iter().map(|name| Param::Text(name)).collect();
    tx.query_each(
        &format!(
            "SELECT {COLUMNS} FROM event WHERE type IN ({}) ORDER BY id",
            places.join(", ")
        ),
        &params,
        |row| each(read(row)?),
    )
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
