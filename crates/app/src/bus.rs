//! What is recorded, told to the event bus: every event once it is durable, in the order of its
//! partition. The bus is a reader of the log like any other; when it is out of reach the events wait
//! in the log, nobody else notices, and an exception says so.

use crate::connections::Connections;
use crate::journey::exception::{self, NewException};
use crate::outward::readers::{self, Batch, Start};
use crate::worker::Progress;
use crate::{App, AppFault};
use connect::bus::{Bus, BusMessage, BusOptions};
use connect::{Fault, FaultClass, Secret};
use control::backoff::{Backoff, seed_of};
use events::Envelope;
use serde::Deserialize;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use store::readers as rows;
use values::Instant;

/// Name of this reader of the log.
pub const READER: &str = "bus";
/// Who acts.
const ACTOR: &str = "tieout/bus";
/// Partitions read at once.
const PARTITIONS: i64 = 64;
/// Events of one partition read at once.
const EVENTS: i64 = 64;
/// Key of the exception that says that the bus is out of reach.
const EXCEPTION: &str = "bus";
/// Waits between two tries of a bus that is out of reach.
const PATIENCE: Backoff = Backoff {
    first_ms: 500,
    limit_ms: 30_000,
};

/// How the bus is reached.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusConfig {
    /// Such as `nats://127.0.0.1:4222`.
    pub url: String,
    /// Token of the account, where the server asks for one.
    #[serde(default)]
    pub token: Option<Secret>,
    /// The stream; made when it is missing.
    #[serde(default = "stream")]
    pub stream: String,
    /// First word of every subject.
    #[serde(default = "prefix")]
    pub prefix: String,
    /// How many servers keep the stream: 1, 3 or 5.
    #[serde(default = "one")]
    pub replicas: u8,
    /// Whether the first start tells what was recorded before; otherwise it begins with what is new.
    #[serde(default)]
    pub from_the_beginning: bool,
}

fn stream() -> String {
    "TIEOUT".to_owned()
}

fn prefix() -> String {
    "tieout".to_owned()
}

fn one() -> u8 {
    1
}

/// The bus with how it has been doing.
#[derive(Debug)]
pub struct BusLink {
    bus: Bus,
    from_the_beginning: bool,
    /// Tries that failed one after the other, and when the next one is due.
    trouble: Mutex<(u32, Instant)>,
}

impl BusLink {
    /// The bus of a configuration; nothing is connected yet. Nothing when the system has no thread
    /// for it, which the log says.
    #[must_use]
    pub fn open(config: &BusConfig) -> Option<BusLink> {
        let options = BusOptions {
            token: config.token.clone(),
            stream: config.stream.clone(),
            prefix: config.prefix.clone(),
            replicas: config.replicas.max(1),
            patience: Duration::from_secs(5),
            ..BusOptions::at(&config.url)
        };
        match Bus::new(options) {
            Ok(bus) => Some(BusLink {
                bus,
                from_the_beginning: config.from_the_beginning,
                trouble: Mutex::new((0, Instant::from_microseconds(0))),
            }),
            Err(error) => {
                tracing::error!(%error, "the bus has no thread; nothing is published");
                None
            }
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        now >= self.lock().1
    }

    fn failed(&self, now: Instant) -> u32 {
        let mut trouble = self.lock();
        trouble.0 = trouble.0.saturating_add(1);
        let wait = i64::try_from(PATIENCE.wait_ms(trouble.0, seed_of(READER))).unwrap_or(i64::MAX);
        trouble.1 = now.plus_microseconds(wait.saturating_mul(1_000));
        trouble.0
    }

    /// Whether there had been trouble.
    fn succeeded(&self) -> bool {
        std::mem::take(&mut self.lock().0) > 0
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (u32, Instant)> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the bus what it has not been told, a bounded part of it. For one process at a time.
pub(crate) fn publish_due(app: &App, connections: &Connections) -> Progress {
    let Some(link) = &connections.bus else {
        return Progress::default();
    };
    if !link.is_due(app.clock().now()) {
        return Progress::default();
    }
    publish(app, link).unwrap_or_else(|fault| {
        tracing::error!(%fault, "the bus waits for the next round");
        Progress::fault()
    })
}

/// The events of a batch that wait to be told.
struct Waiting {
    batch: Batch,
    events: VecDeque<Envelope>,
}

fn publish(app: &App, link: &BusLink) -> Result<Progress, AppFault> {
    activate(app, link)?;
    let taken = app
        .store()
        .read(|tx| readers::take(tx, READER, PARTITIONS, EVENTS))?;
    for (partition, fault) in taken.stuck {
        app.run(ACTOR, move |tx, context| {
            readers::tell_stuck(tx, context, READER, &partition, &fault)
        })?;
    }
    if taken.batches.is_empty() {
        return Ok(Progress::default());
    }
    let mut waiting: Vec<Waiting> = taken.batches.into_iter().map(Waiting::of).collect();
    let trouble = tell(link, &mut waiting)?;
    let told: i64 = waiting
        .iter()
        .map(|one| one.batch.to - one.batch.from)
        .sum();
    app.run(ACTOR, move |tx, _| {
        for one in waiting {
            // Another process that was faster has concluded the same events; the bus knows their ids.
            if one.events.is_empty() || one.batch.to > one.batch.from {
                readers::conclude(tx, READER, &one.batch)?;
            }
        }
        Ok(())
    })?;
    report(app, link, trouble)?;
    Ok(Progress {
        delivered: told.unsigned_abs(),
        ..Progress::default()
    })
}

impl Waiting {
    /// Nothing of the batch has been told: it ends where it begins.
    fn of(mut batch: Batch) -> Waiting {
        let events = std::mem::take(&mut batch.events).into();
        batch.to = batch.from;
        Waiting { batch, events }
    }
}

/// Publishes the first event of every partition, then the second, and so on: partitions do not wait
/// for each other, and within one the order holds.
fn tell(link: &BusLink, waiting: &mut [Waiting]) -> Result<Option<Fault>, AppFault> {
    loop {
        let mut messages = Vec::new();
        let mut senders = Vec::new();
        for one in waiting.iter_mut() {
            if let Some(event) = one.events.front() {
                messages.push(message(event)?);
                senders.push(one);
            }
        }
        if messages.is_empty() {
            return Ok(None);
        }
        let mut trouble = None;
        for (one, outcome) in senders.into_iter().zip(link.bus.publish(messages)) {
            match outcome {
                Ok(_) => {
                    one.batch.to += 1;
                    one.events.pop_front();
                }
                Err(fault) => trouble = Some(fault),
            }
        }
        if trouble.is_some() {
            return Ok(trouble);
        }
    }
}

fn message(event: &Envelope) -> Result<BusMessage, AppFault> {
    let type_name = event.event.type_name();
    let subject = format!("event.{}", type_name.trim_start_matches("com.tieout."));
    let written = event.to_cloud_event();
    let payload = written.and_then(|document| serde_json::to_vec(&document));
    let payload = payload.map_err(|error| AppFault::Unreadable {
        what: "event",
        error: error.to_string(),
    })?;
    let id = event.id.to_string();
    let correlation = event.correlation.as_str();
    Ok(BusMessage {
        headers: vec![
            ("content-type", "application/cloudevents+json".to_owned()),
            ("ce-id", id.clone()),
            (telemetry::TRACEPARENT, telemetry::traceparent(correlation)),
        ],
        id,
        subject,
        payload,
    })
}

/// Makes this reader active on its first round; one that was at rest looks at what it has missed.
fn activate(app: &App, link: &BusLink) -> Result<(), AppFault> {
    let known = app.store().read(|tx| rows::is_active(tx, READER))?;
    if known == Some(true) {
        return Ok(());
    }
    let start = if link.from_the_beginning {
        Start::Beginning
    } else {
        Start::Now
    };
    app.run(ACTOR, move |tx, context| {
        readers::activate(tx, READER, start)?;
        if known.is_some() || start == Start::Beginning {
            readers::sweep(tx, READER, context)?;
        }
        Ok(())
    })
}

/// Opens or clears the exception that says how the bus does.
fn report(app: &App, link: &BusLink, trouble: Option<Fault>) -> Result<(), AppFault> {
    let Some(fault) = trouble else {
        if link.succeeded() {
            app.run(ACTOR, |tx, context| {
                exception::clear(tx, context, EXCEPTION, "the bus takes events again")?;
                Ok(())
            })?;
        }
        return Ok(());
    };
    let tries = link.failed(app.clock().now());
    tracing::warn!(%fault, tries, "the bus is out of reach");
    let class = match fault.class {
        FaultClass::Authentication => "credentials_refused",
        _ => "bus_unreachable",
    };
    app.run(ACTOR, move |tx, context| {
        let (partitions, _) = rows::waiting(tx, READER)?;
        exception::open(
            tx,
            context,
            NewException {
                key: EXCEPTION.to_owned(),
                class,
                summary: "The event bus does not take events; they wait in the log".to_owned(),
                detail: format!("{fault}; {partitions} partitions wait"),
                ..NewException::default()
            },
        )?;
        Ok(())
    })
}
