//! The log as evidence: exported as JSON lines and verified offline, by anyone, from the export
//! alone. A changed, removed, swapped or cut-off event is found and named. Somebody who rewrites the
//! whole export with new seals is found by the fingerprint, which an auditor keeps from before.

use crate::App;
use crate::fault::AppFault;
use events::{ChainBreak, GENESIS, Hash, Link, link};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use store::access_log::{self, AccessRow};
use store::log::{self, StoredEvent};
use store::{StoreFault, Tx, settings};

/// What a sound log comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// Events verified.
    pub events: u64,
    /// Partitions verified.
    pub partitions: u64,
    /// SHA-256 over all heads in hexadecimal: the same log always gives the same fingerprint.
    pub fingerprint: String,
    /// Entries of the log of access verified.
    pub access_entries: i64,
    /// The last seal of the log of access in hexadecimal; empty when it has no entry.
    pub access_fingerprint: String,
}

/// Why a log is not sound, or cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    /// The chain of a partition does not hold.
    #[error(transparent)]
    Broken(#[from] ChainBreak),
    /// A line is not one of an export.
    #[error("line {line} cannot be read: {error}")]
    Unreadable {
        /// From 1.
        line: u64,
        /// What the reader said.
        error: String,
    },
    /// The events of a partition do not stand together.
    #[error("line {line}: partition {partition} goes on after it had ended")]
    OutOfOrder {
        /// From 1.
        line: u64,
        /// The partition.
        partition: String,
    },
    /// The last line, which holds the heads, is missing: the export was cut off.
    #[error("the export ends without the heads of its partitions: it was cut off")]
    NoHeads,
    /// Something follows the heads.
    #[error("line {line} follows the heads of the partitions, where the export ends")]
    AfterHeads {
        /// From 1.
        line: u64,
    },
    /// A partition has events and no head, or stands at another head.
    #[error("the events of partition {partition} do not lead to its recorded head")]
    HeadDiffers {
        /// The partition.
        partition: String,
    },
    /// The number of events is not the one that was noted.
    #[error("{found} events stand where {noted} were exported")]
    CountDiffers {
        /// What the export says.
        noted: u64,
        /// What is there.
        found: u64,
    },
    /// An entry of the log of access was changed, removed or swapped.
    #[error("entry {number} of the log of access was changed, removed or swapped")]
    AccessBroken {
        /// The first that does not hold.
        number: i64,
    },
    /// The export cannot be read from its file.
    #[error("the export cannot be read: {0}")]
    Device(String),
}

/// A line of an export.
#[derive(Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Event(Box<EventLine>),
    Access(Box<AccessLine>),
    Heads {
        events: u64,
        heads: Vec<Head>,
        /// Exports from before there was a log of access do not say.
        #[serde(default)]
        access: i64,
    },
}

/// An event exactly as stored; `data` is the stored text, over which the seal is made.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventLine {
    partition: String,
    sequence: i64,
    id: String,
    #[serde(rename = "type")]
    type_name: String,
    source: String,
    subject: String,
    time_us: i64,
    recorded_us: i64,
    effective: String,
    entity: String,
    correlation: String,
    causation: String,
    idempotency_key: String,
    actor: String,
    origin: String,
    data: String,
    hash: String,
}

/// An entry of the log of access.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessLine {
    number: i64,
    time_us: i64,
    kind: String,
    actor: String,
    role: String,
    object: String,
    detail: String,
    address: String,
    request: String,
    seal: String,
}

/// Where a partition ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    partition: String,
    sequence: i64,
    hash: String,
}

/// Writes every event in order of partition and sequence, one JSON document a line, and last the
/// heads of all partitions. Returns how many events were written.
///
/// # Errors
/// When the store fails or the lines cannot be written.
pub fn audit_export(tx: &mut Tx<'_>, mut writer: impl Write) -> Result<u64, AppFault> {
    let mut events = 0;
    log::each_in_order(tx, |event| {
        events += 1;
        write_line(&mut writer, &Line::Event(Box::new(EventLine::of(event))))
    })?;
    let mut access = 0;
    access_log::each_entry(tx, |row| {
        access += 1;
        write_line(&mut writer, &Line::Access(Box::new(AccessLine::of(row))))
    })?;
    let heads = log::heads(tx)?.into_iter().map(Head::of).collect();
    let last = Line::Heads {
        events,
        heads,
        access,
    };
    write_line(&mut writer, &last)?;
    writer
        .flush()
        .map_err(|error| StoreFault::Disk(error.to_string()))?;
    Ok(events)
}

/// Verifies an export offline: every seal, every sequence, every head, and the number of events.
///
/// # Errors
/// The first place where the export does not hold.
pub fn audit_verify(reader: impl BufRead) -> Result<AuditReport, AuditFault> {
    let (mut verifier, mut ended) = (Verifier::default(), None);
    let mut number = 0;
    for text in reader.lines() {
        number += 1;
        let text = text.map_err(|error| AuditFault::Device(error.to_string()))?;
        if ended.is_some() {
            return Err(AuditFault::AfterHeads { line: number });
        }
        let line = serde_json::from_str(&text).map_err(|error| AuditFault::Unreadable {
            line: number,
            error: error.to_string(),
        })?;
        match line {
            Line::Event(event) => verifier.event(number, &event)?,
            Line::Access(entry) => verifier.access.entry(entry.row()?)?,
            Line::Heads {
                events,
                heads,
                access,
            } => ended = Some((events, heads, access)),
        }
    }
    let (events, heads, access) = ended.ok_or(AuditFault::NoHeads)?;
    verifier.access.end(access)?;
    verifier.end(events, heads)
}

/// Verifies the log where it is, without an export. The outer fault is one of the store.
///
/// # Errors
/// When the store fails; inside, the first place where the log does not hold.
pub fn audit_check(tx: &mut Tx<'_>) -> Result<Result<AuditReport, AuditFault>, AppFault> {
    let (mut verifier, mut found, mut events) = (Verifier::default(), None, 0);
    log::each_in_order(tx, |event| {
        events += 1;
        if found.is_none() {
            found = verifier.event(events, &EventLine::of(event)).err();
        }
        Ok(())
    })?;
    access_log::each_entry(tx, |row| {
        if found.is_none() {
            found = verifier.access.entry(row).err();
        }
        Ok(())
    })?;
    if found.is_none() {
        let written = settings::last_number(tx, crate::access::SERIES)?;
        found = verifier.access.end(written).err();
    }
    let heads: Vec<Head> = log::heads(tx)?.into_iter().map(Head::of).collect();
    Ok(match found {
        Some(fault) => Err(fault),
        None => verifier.end(events, heads),
    })
}

impl App {
    /// As [`audit_export`]; gives the writer back.
    ///
    /// # Errors
    /// As [`audit_export`].
    pub fn audit_export<W: Write + Send + 'static>(
        &self,
        mut writer: W,
    ) -> Result<(W, u64), AppFault> {
        self.store().read(move |tx| {
            let events = audit_export(tx, &mut writer)?;
            Ok((writer, events))
        })
    }

    /// As [`audit_check`].
    ///
    /// # Errors
    /// As [`audit_check`].
    pub fn audit_check(&self) -> Result<Result<AuditReport, AuditFault>, AppFault> {
        self.store().read(audit_check)
    }
}

fn write_line(writer: &mut impl Write, line: &Line) -> Result<(), StoreFault> {
    let mut text =
        serde_json::to_string(line).map_err(|error| StoreFault::Statement(error.to_string()))?;
    text.push('\n');
    writer
        .write_all(text.as_bytes())
        .map_err(|error| StoreFault::Disk(error.to_string()))
}

impl EventLine {
    fn of(event: StoredEvent) -> Self {
        Self {
            hash: hex::encode(&event.hash),
            partition: event.partition,
            sequence: event.sequence,
            id: event.id,
            type_name: event.type_name,
            source: event.source,
            subject: event.subject,
            time_us: event.time,
            recorded_us: event.recorded,
            effective: event.effective,
            entity: event.entity,
            correlation: event.correlation,
            causation: event.causation,
            idempotency_key: event.idempotency_key,
            actor: event.actor,
            origin: event.origin,
            data: event.data,
        }
    }

    fn sealed(&self) -> Link<'_> {
        Link {
            partition: &self.partition,
            sequence: self.sequence,
            id: &self.id,
            type_name: &self.type_name,
            subject: &self.subject,
            time: self.time_us,
            recorded: self.recorded_us,
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

impl AccessLine {
    fn of(row: AccessRow) -> Self {
        Self {
            seal: hex::encode(&row.hash),
            number: row.number,
            time_us: row.time,
            kind: row.kind,
            actor: row.actor,
            role: row.role,
            object: row.object,
            detail: row.detail,
            address: row.address,
            request: row.request,
        }
    }

    fn row(self) -> Result<AccessRow, AuditFault> {
        let broken = AuditFault::AccessBroken {
            number: self.number,
        };
        Ok(AccessRow {
            hash: hex::decode(&self.seal).map_err(|_| broken)?,
            number: self.number,
            time: self.time_us,
            kind: self.kind,
            actor: self.actor,
            role: self.role,
            object: self.object,
            detail: self.detail,
            address: self.address,
            request: self.request,
        })
    }
}

/// Follows the chain of the log of access.
#[derive(Default)]
struct AccessVerifier {
    entries: i64,
    before: Vec<u8>,
}

impl AccessVerifier {
    fn entry(&mut self, row: AccessRow) -> Result<(), AuditFault> {
        self.entries += 1;
        let holds = crate::access::seal(&self.before, &row).is_ok_and(|seal| seal == row.hash);
        if !holds || row.number != self.entries {
            return Err(AuditFault::AccessBroken {
                number: self.entries,
            });
        }
        self.before = row.hash;
        Ok(())
    }

    fn end(&self, written: i64) -> Result<(), AuditFault> {
        if written == self.entries {
            Ok(())
        } else {
            Err(AuditFault::AccessBroken {
                number: written.min(self.entries) + 1,
            })
        }
    }
}

impl Head {
    fn of((partition, sequence, hash): (String, i64, Vec<u8>)) -> Self {
        Self {
            partition,
            sequence,
            hash: hex::encode(hash),
        }
    }
}

/// Follows the chains while events come, the events of each partition together and in order.
#[derive(Default)]
struct Verifier {
    access: AccessVerifier,
    events: u64,
    done: BTreeMap<String, (i64, String)>,
    current: Option<(String, i64, Hash)>,
}

impl Verifier {
    fn event(&mut self, line: u64, event: &EventLine) -> Result<(), AuditFault> {
        let (sequence, previous) = match self.current.take() {
            Some((partition, sequence, hash)) if partition == event.partition => (sequence, hash),
            before => {
                self.finish(before);
                if self.done.contains_key(&event.partition) {
                    return Err(AuditFault::OutOfOrder {
                        line,
                        partition: event.partition.clone(),
                    });
                }
                (0, GENESIS)
            }
        };
        if event.sequence != sequence + 1 {
            return Err(ChainBreak::Gap {
                partition: event.partition.clone(),
                expected: sequence + 1,
                found: event.sequence,
            }
            .into());
        }
        let seal = link(&previous, &event.sealed());
        if hex::encode(seal) != event.hash {
            return Err(ChainBreak::Changed {
                partition: event.partition.clone(),
                sequence: event.sequence,
            }
            .into());
        }
        self.events += 1;
        self.current = Some((event.partition.clone(), event.sequence, seal));
        Ok(())
    }

    fn finish(&mut self, ended: Option<(String, i64, Hash)>) {
        if let Some((partition, sequence, hash)) = ended {
            self.done.insert(partition, (sequence, hex::encode(hash)));
        }
    }

    fn end(mut self, noted: u64, heads: Vec<Head>) -> Result<AuditReport, AuditFault> {
        let last = self.current.take();
        self.finish(last);
        let mut sorted: BTreeMap<String, (i64, String)> = BTreeMap::new();
        for head in heads {
            sorted.insert(head.partition, (head.sequence, head.hash));
        }
        for (partition, head) in &sorted {
            let found = self.done.get(partition);
            let reached = found.map_or(0, |(sequence, _)| *sequence);
            if reached < head.0 {
                return Err(ChainBreak::CutOff {
                    partition: partition.clone(),
                    found: reached,
                    head: head.0,
                }
                .into());
            }
            if found != Some(head) {
                return Err(differs(partition));
            }
        }
        if let Some(partition) = self.done.keys().find(|known| !sorted.contains_key(*known)) {
            return Err(differs(partition));
        }
        if noted != self.events {
            return Err(AuditFault::CountDiffers {
                noted,
                found: self.events,
            });
        }
        Ok(AuditReport {
            events: self.events,
            partitions: sorted.len() as u64,
            fingerprint: fingerprint(&sorted),
            access_entries: self.access.entries,
            access_fingerprint: hex::encode(self.access.before),
        })
    }
}

fn differs(partition: &str) -> AuditFault {
    AuditFault::HeadDiffers {
        partition: partition.to_owned(),
    }
}

/// Partitions in order of their bytes, each led by its length, with where it ends.
fn fingerprint(heads: &BTreeMap<String, (i64, String)>) -> String {
    let mut hasher = Sha256::new();
    for (partition, (sequence, hash)) in heads {
        hasher.update((partition.len() as u64).to_be_bytes());
        hasher.update(partition.as_bytes());
        hasher.update(sequence.to_be_bytes());
        hasher.update(hash.as_bytes());
    }
    hex::encode(hasher.finalize())
}
