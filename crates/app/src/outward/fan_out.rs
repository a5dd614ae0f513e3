//! From the log to messages: one for each endpoint that wants the event, made in the transaction that
//! moves the reader's position on.

use super::subscription::{Choice, Subscription};
use super::{WEBHOOKS, readers};
use crate::fault::{AppFault, stored};
use crate::record::Context;
use crate::{App, Refusal};
use events::Envelope;
use store::Tx;
use store::outward::{self, EndpointRow, MessageRow};
use values::Instant;

/// Partitions read in one round, and events of each.
const PARTITIONS: i64 = 128;
const EVENTS: i64 = 64;
/// Who acts.
pub(super) const ACTOR: &str = "tieout/webhooks";

/// Marks what has no mark, and mends lanes that a crash left.
pub(super) fn sweep(app: &App) {
    let swept = app.run(ACTOR, |tx, context| {
        outward::mend_lanes(tx, context.now.microseconds())?;
        readers::sweep(tx, WEBHOOKS, context)
    });
    if let Err(fault) = swept {
        tracing::warn!(%fault, "the sweep of the webhooks failed and is tried again");
    }
}

/// Makes the messages of what was recorded. Events read and messages made.
pub(super) fn work(app: &App) -> (u64, u64) {
    let taken = app
        .store()
        .read(|tx| readers::take(tx, WEBHOOKS, PARTITIONS, EVENTS));
    let taken = match taken {
        Ok(taken) => taken,
        Err(fault) => {
            tracing::warn!(%fault, "the log cannot be read for webhooks just now");
            return (0, 0);
        }
    };
    for (partition, fault) in taken.stuck {
        let told = app.run(ACTOR, move |tx, context| {
            readers::tell_stuck(tx, context, WEBHOOKS, &partition, &fault)
        });
        if let Err(fault) = told {
            tracing::error!(%fault, "an exception about the log cannot be opened");
        }
    }
    if taken.batches.is_empty() {
        return (0, 0);
    }
    let read = taken
        .batches
        .iter()
        .map(|batch| batch.events.len() as u64)
        .sum();
    let made = app.run(ACTOR, move |tx, context| {
        let endpoints = enabled(tx)?;
        let mut made = 0;
        for batch in &taken.batches {
            for event in &batch.events {
                made += outward::queue(
                    tx,
                    &messages(context, &endpoints, event)?,
                    context.now.microseconds(),
                )?;
            }
            if !readers::conclude(tx, WEBHOOKS, batch)? {
                // Another process was first; everything of this round is undone and read again.
                return Err(Refusal::whole("read_by_another", "read by another process").into());
            }
        }
        Ok(made)
    });
    match made {
        Ok(made) => (read, made),
        Err(AppFault::Refused(_)) => (0, 0),
        Err(fault) => {
            tracing::warn!(%fault, "webhooks could not be queued and are tried again");
            (0, 0)
        }
    }
}

/// The endpoints that are sent anything, with what they want.
pub(super) fn enabled(tx: &mut Tx<'_>) -> Result<Vec<(EndpointRow, Subscription)>, AppFault> {
    outward::endpoints(tx)?
        .into_iter()
        .filter(|row| row.status == "enabled")
        .map(|row| {
            let wanted = wanted(&row)?;
            Ok((row, wanted))
        })
        .collect()
}

/// What an endpoint wants.
pub(super) fn wanted(row: &EndpointRow) -> Result<Subscription, AppFault> {
    let types: Vec<String> = stored("event types of an endpoint", &row.types)?;
    let version = u32::try_from(row.version).unwrap_or(1);
    Ok(Subscription::stored(types, version))
}

/// The messages that an event makes.
pub(super) fn messages(
    context: &Context,
    endpoints: &[(EndpointRow, Subscription)],
    event: &Envelope,
) -> Result<Vec<MessageRow>, AppFault> {
    let today = day_of(context.now);
    let mut rows = Vec::new();
    for (endpoint, wanted) in endpoints {
        for choice in wanted.choose(event.event.type_name(), today) {
            let (entry, status, error) = match choice {
                Choice::Send(entry) => (entry, "waiting", String::new()),
                Choice::Retired(entry) => (entry, "skipped", retired(entry)),
            };
            rows.push(MessageRow {
                endpoint: endpoint.id.clone(),
                id: message_id(event, entry.type_name),
                event: event.id.as_str().to_owned(),
                event_type: entry.type_name.to_owned(),
                lane: event.partition.clone(),
                sequence: event.sequence,
                status: status.to_owned(),
                attempts: 0,
                code: 0,
                error,
                created: context.now.microseconds(),
                changed: context.now.microseconds(),
            });
        }
    }
    Ok(rows)
}

fn retired(entry: &events::CatalogueEntry) -> String {
    match entry.deprecation {
        Some(end) => format!(
            "no longer sent since {}; ask for {}",
            end.retired, end.instead
        ),
        None => String::new(),
    }
}

/// The id of a message: that of its event, and its version where it is an earlier one.
fn message_id(event: &Envelope, type_name: &str) -> String {
    match type_name.rsplit_once('.') {
        Some((_, version)) if type_name != event.event.type_name() => {
            format!("{}_{version}", event.id)
        }
        _ => event.id.to_string(),
    }
}

/// The civil day in UTC: the days of deprecations are the same everywhere.
pub(super) fn day_of(now: Instant) -> values::Date {
    values::Zone::utc().date_at(now)
}
