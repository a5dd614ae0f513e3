//! Where the time of a chain went, and how many calls to other systems it cost: from receipt to
//! confirmation, hop by hop.

use super::chain::gathered;
use super::words::system;
use crate::App;
use crate::fault::AppFault;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use store::Tx;
use values::Instant;

/// The breakdown of one chain.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Breakdown {
    /// The chain.
    pub correlation: String,
    /// The trace in which its spans are, when traces are exported.
    pub trace: String,
    /// What arrived and what came of it.
    pub received: Vec<ReceivedHop>,
    /// What was recorded, and when it was posted.
    pub recorded: Vec<RecordedHop>,
    /// What other systems were told.
    pub sent: Vec<SentHop>,
    /// One row a system: its calls and the time spent on them.
    pub systems: Vec<SystemCost>,
    /// From the first receipt, or the first event, to the last confirmation, in microseconds.
    pub elapsed: i64,
}

/// Something that arrived.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReceivedHop {
    /// From where.
    pub source: String,
    /// What.
    pub kind: String,
    /// When it was received and kept.
    pub received: Instant,
    /// When the first event that followed was recorded.
    pub recorded: Option<Instant>,
    /// From receipt to record, in microseconds.
    pub took: Option<i64>,
    /// How often it was delivered to us.
    pub deliveries: i64,
}

/// Something that was recorded.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RecordedHop {
    /// The event.
    pub event: String,
    /// Its type.
    pub type_name: String,
    /// When it happened.
    pub happened: Instant,
    /// When it was recorded.
    pub recorded: Instant,
    /// When its journal was posted, where it has one.
    pub posted: Option<Instant>,
    /// From record to posting, in microseconds.
    pub took: Option<i64>,
}

/// Something that another system was told.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SentHop {
    /// The system.
    pub system: String,
    /// What was to be done there.
    pub operation: String,
    /// Our object.
    pub subject: String,
    /// Where it stands.
    pub status: String,
    /// When it was intended: in the transaction that recorded its cause.
    pub intended: Instant,
    /// When it was first handed to the network.
    pub sent: Option<Instant>,
    /// When it was confirmed.
    pub confirmed: Option<Instant>,
    /// From intent to the first sending, in microseconds: waiting for its lane, budget or breaker.
    pub waited: Option<i64>,
    /// From the first sending to the confirmation, in microseconds.
    pub took: Option<i64>,
    /// How often it was taken to be sent or looked up.
    pub calls: i64,
}

/// What one system cost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SystemCost {
    /// The system.
    pub system: String,
    /// Effects that it was told of.
    pub effects: i64,
    /// Times that it was called for them, at least.
    pub calls: i64,
    /// Microseconds that they waited here before.
    pub waited: i64,
    /// Microseconds from sending to confirmation.
    pub took: i64,
}

impl App {
    /// Where the time of the chain went that an id belongs to. Nothing when no chain knows the id.
    ///
    /// # Errors
    /// When the store fails or a stored event cannot be read.
    pub fn breakdown(&self, id: &str) -> Result<Option<Breakdown>, AppFault> {
        let id = id.to_owned();
        self.store().read(move |tx| of(tx, &id))
    }
}

fn of(tx: &mut Tx<'_>, id: &str) -> Result<Option<Breakdown>, AppFault> {
    let Some((correlation, chain)) = gathered(tx, id)? else {
        return Ok(None);
    };
    let received: Vec<ReceivedHop> = chain
        .inbox
        .iter()
        .map(|row| {
            let at = Instant::from_microseconds(row.received);
            let follows = chain.events.iter().map(|event| event.recorded);
            let recorded = follows.filter(|recorded| *recorded >= at).min();
            ReceivedHop {
                source: row.source.clone(),
                kind: row.kind.clone(),
                received: at,
                recorded,
                took: recorded.map(|recorded| between(at, recorded)),
                deliveries: row.deliveries,
            }
        })
        .collect();
    let recorded: Vec<RecordedHop> = chain
        .events
        .iter()
        .map(|event| {
            let journal = chain
                .journals
                .iter()
                .find(|(journal, _)| journal.event == event.id.as_str());
            let posted = journal.map(|(journal, _)| Instant::from_microseconds(journal.recorded));
            RecordedHop {
                event: event.id.as_str().to_owned(),
                type_name: event.event.type_name().to_owned(),
                happened: event.time,
                recorded: event.recorded,
                posted,
                took: posted.map(|posted| between(event.recorded, posted)),
            }
        })
        .collect();
    let sent: Vec<SentHop> = chain.effects.iter().map(sent).collect();
    let begun = received.iter().map(|hop| hop.received);
    let begun = begun.chain(recorded.iter().map(|hop| hop.recorded)).min();
    let ended = recorded
        .iter()
        .map(|hop| hop.posted.unwrap_or(hop.recorded));
    let ended = ended
        .chain(sent.iter().filter_map(|hop| hop.confirmed))
        .max();
    Ok(Some(Breakdown {
        trace: telemetry::trace_id(&correlation),
        elapsed: begun
            .zip(ended)
            .map_or(0, |(from, until)| between(from, until)),
        systems: costs(&sent),
        correlation,
        received,
        recorded,
        sent,
    }))
}

fn between(from: Instant, until: Instant) -> i64 {
    until.microseconds().saturating_sub(from.microseconds())
}

fn sent(row: &store::effects::EffectRow) -> SentHop {
    let intended = Instant::from_microseconds(row.created);
    let first = (row.first_sent > 0).then(|| Instant::from_microseconds(row.first_sent));
    let done = row.status == "confirmed";
    let confirmed = done.then(|| Instant::from_microseconds(row.changed));
    SentHop {
        system: system(&row.connection).to_owned(),
        operation: row.operation.clone(),
        subject: row.subject.clone(),
        status: row.status.clone(),
        intended,
        sent: first,
        confirmed,
        waited: first.map(|first| between(intended, first)),
        took: first
            .zip(confirmed)
            .map(|(first, until)| between(first, until)),
        calls: row.fence,
    }
}

fn costs(sent: &[SentHop]) -> Vec<SystemCost> {
    let mut costs: BTreeMap<&str, SystemCost> = BTreeMap::new();
    for hop in sent {
        let cost = costs.entry(&hop.system).or_default();
        cost.system.clone_from(&hop.system);
        cost.effects += 1;
        cost.calls += hop.calls;
        cost.waited += hop.waited.unwrap_or(0);
        cost.took += hop.took.unwrap_or(0);
    }
    costs.into_values().collect()
}
