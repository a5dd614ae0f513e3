//! The hops of a chain: what arrived, what was recorded, posted, sent, and what stopped, in the
//! order in which it happened. Each event is one hop; its journals stand right after it.

use super::Gathered;
use super::sentence::{self, operation};
use crate::fault::{AppFault, stored_value};
use crate::query::words::{count, plain, system};
use crate::query::{money, some};
use crate::view::{Hop, HopKind};
use events::{Envelope, Event};
use store::effects::EffectRow;
use store::exceptions::ExceptionRow;
use store::inbox::InboxRow;
use store::journals::{JournalLineRow, JournalRow};
use values::{Instant, Money};

/// A hop with what it is sorted by: when, and its place among what happened at the same instant.
struct Placed {
    time: Instant,
    place: usize,
    hop: Hop,
}

/// All hops in order.
pub(super) fn in_order(chain: &Gathered) -> Result<Vec<Hop>, AppFault> {
    let mut placed = Vec::new();
    let mut add = |time: Instant, place: usize, hop: Hop| placed.push(Placed { time, place, hop });
    for row in &chain.inbox {
        add(Instant::from_microseconds(row.received), 0, received(row));
    }
    let mut told = Vec::new();
    for (index, envelope) in chain.events.iter().enumerate() {
        add(
            envelope.time,
            index * 2 + 1,
            recorded(envelope, chain, &mut told)?,
        );
    }
    for (row, lines) in &chain.journals {
        let source = chain
            .events
            .iter()
            .position(|envelope| envelope.id.as_str() == row.event)
            .and_then(|index| chain.events.get(index).map(|envelope| (index, envelope)));
        let posted_at = Instant::from_microseconds(row.recorded);
        let (time, place) = match source {
            // Posted with its event, it happened when the event did.
            Some((index, envelope)) if envelope.recorded == posted_at => {
                (envelope.time, index * 2 + 2)
            }
            _ => (posted_at, usize::MAX - 1),
        };
        let actor = source.map_or("posting rules", |(_, envelope)| envelope.actor.as_str());
        add(time, place, posted(row, lines, time, actor)?);
    }
    for row in chain.effects.iter().filter(|row| !told.contains(&row.id)) {
        let time = if row.status == "intended" {
            row.created
        } else {
            row.changed
        };
        let time = Instant::from_microseconds(time);
        add(time, usize::MAX, sent(row, time, None)?);
    }
    for row in chain
        .exceptions
        .iter()
        .filter(|row| !told.contains(&row.id))
    {
        add(
            Instant::from_microseconds(row.opened),
            usize::MAX,
            stopped(row)?,
        );
    }
    placed.sort_by_key(|placed| (placed.time, placed.place));
    Ok(placed.into_iter().map(|placed| placed.hop).collect())
}

/// A hop of an event. Effects and exceptions that an event tells of are noted in `told`.
fn recorded(
    envelope: &Envelope,
    chain: &Gathered,
    told: &mut Vec<String>,
) -> Result<Hop, AppFault> {
    if let Event::EffectConfirmed(confirmed) = &envelope.event
        && let Some(row) = chain
            .effects
            .iter()
            .find(|row| row.id == confirmed.effect.as_str())
    {
        told.push(row.id.clone());
        return sent(row, envelope.time, Some(envelope));
    }
    let mut words = sentence::of(&envelope.event);
    if let Event::ExceptionOpened(opened) = &envelope.event {
        told.push(opened.exception.as_str().to_owned());
        let row = chain
            .exceptions
            .iter()
            .find(|row| row.id == opened.exception.as_str());
        if let Some(row) = row.filter(|row| !row.detail.is_empty()) {
            words.why = format!("{}; {}", words.why, row.detail);
        }
    }
    Ok(Hop {
        time: envelope.time,
        effective: envelope.entity.as_ref().map(|_| envelope.effective),
        kind: words.kind,
        title: words.title,
        object: words.object,
        why: words.why,
        rule: None,
        actor: envelope.actor.clone(),
        amount: words.amount,
        event: Some(envelope.id.as_str().to_owned()),
    })
}

fn received(row: &InboxRow) -> Hop {
    let id = row.source_id.split('@').next().unwrap_or(&row.source_id);
    let repeats = match row.deliveries {
        ..=1 => "delivered once".to_owned(),
        many => format!("delivered {many} times, duplicates recognised"),
    };
    Hop {
        time: Instant::from_microseconds(row.received),
        effective: None,
        kind: if row.status == "confirmed" {
            HopKind::Fact
        } else {
            HopKind::Stop
        },
        title: format!("{} {id} received from {}", row.kind, system(&row.source)),
        object: Some(id.to_owned()),
        why: joined(&[&repeats, &row.reason]),
        rule: None,
        actor: system(&row.source).to_owned(),
        amount: None,
        event: None,
    }
}

fn posted(
    row: &JournalRow,
    lines: &[JournalLineRow],
    time: Instant,
    actor: &str,
) -> Result<Hop, AppFault> {
    let mut sides = Vec::new();
    for line in lines {
        let amount = money(line.amount, &line.currency)?;
        let side = if line.amount < 0 { "credit" } else { "debit" };
        let size = Money::from_minor(amount.minor.saturating_abs(), amount.currency);
        sides.push(format!("{side} {} {size}", line.account));
    }
    Ok(Hop {
        time,
        effective: Some(stored_value("date", &row.date)?),
        kind: HopKind::Money,
        title: format!("Posted: {}", row.narration),
        object: Some(row.id.clone()),
        why: sides.join(", "),
        rule: Some(rule_of(row)),
        actor: actor.to_owned(),
        amount: Some(money(row.total, &row.currency)?),
        event: some(row.event.clone()),
    })
}

/// The rule that made a journal, with its version where it has one.
pub(in crate::query) fn rule_of(row: &JournalRow) -> String {
    if row.rule == ledger::MANUAL_RULE {
        row.rule.clone()
    } else {
        format!("{} {}", row.rule, row.rule_version)
    }
}

fn sent(row: &EffectRow, time: Instant, event: Option<&Envelope>) -> Result<Hop, AppFault> {
    let (there, what) = (system(&row.connection), operation(&row.operation));
    let (kind, title) = match row.status.as_str() {
        "confirmed" if row.external_id.is_empty() => {
            (HopKind::Fact, format!("Sent to {there}: {what}; confirmed"))
        }
        "confirmed" => (
            HopKind::Fact,
            format!("Sent to {there}: {what}; confirmed as {}", row.external_id),
        ),
        "skipped" => (
            HopKind::Stop,
            format!("Not sent to {there}: {what}; given up"),
        ),
        "parked" => (HopKind::Stop, format!("Held back from {there}: {what}")),
        "ambiguous" => (
            HopKind::Stop,
            format!("Unknown whether {there} did it: {what}; to be read back"),
        ),
        "sent" => (HopKind::Stop, format!("On its way to {there}: {what}")),
        _ => (
            HopKind::Stop,
            format!("Waits to be sent to {there}: {what}"),
        ),
    };
    let read_back = if row.read_back == 1 {
        "outcome was ambiguous, read back"
    } else {
        ""
    };
    let attempts = if row.attempts > 1 {
        count(row.attempts, "attempt", "attempts")
    } else {
        String::new()
    };
    let fault = if row.status == "confirmed" {
        ""
    } else {
        row.error.as_str()
    };
    let object = row
        .subject
        .split_once('/')
        .map_or(row.subject.as_str(), |(_, id)| id);
    Ok(Hop {
        time,
        effective: None,
        kind,
        title,
        object: some(object.to_owned()),
        why: joined(&[read_back, &attempts, fault]),
        rule: None,
        actor: there.to_owned(),
        amount: match row.currency.as_str() {
            "" => None,
            currency => Some(money(row.amount, currency)?),
        },
        event: event.map(|envelope| envelope.id.as_str().to_owned()),
    })
}

fn stopped(row: &ExceptionRow) -> Result<Hop, AppFault> {
    Ok(Hop {
        time: Instant::from_microseconds(row.opened),
        effective: None,
        kind: HopKind::Stop,
        title: row.summary.clone(),
        object: Some(row.id.clone()),
        why: joined(&[&plain(&row.class), &row.detail, &row.resolution]),
        rule: None,
        actor: row.owner.clone(),
        amount: match row.currency.as_str() {
            "" => None,
            currency => Some(money(row.amount, currency)?),
        },
        event: None,
    })
}

/// The parts that say something, as one line.
fn joined(parts: &[&str]) -> String {
    let said: Vec<&str> = parts
        .iter()
        .copied()
        .filter(|part| !part.is_empty())
        .collect();
    said.join("; ")
}
