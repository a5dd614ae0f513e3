//! Which items a replay is about.

use super::MOST_ITEMS;
use crate::command::{ReplayFilter, ReplayOver};
use crate::record::{Context, read_envelope};
use crate::{AppFault, Refusal};
use std::collections::BTreeSet;
use store::Tx;
use store::effects::EffectRow;
use store::exceptions::{self, ExceptionRow};
use store::inbox::{HELD, InboxRow};
use store::replays::{self, ReplayItemRow, ReplaySelection};
use values::{Instant, Month, ReplayId};

/// Between the source and the id of an inbox item; a source has none of it.
pub(super) const BETWEEN: char = '/';

/// The items that the filter selects, oldest first, numbered from 1.
pub(super) fn items(
    tx: &mut Tx<'_>,
    context: &Context,
    replay: &ReplayId,
    filter: &ReplayFilter,
) -> Result<Vec<ReplayItemRow>, AppFault> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let wanted = ReplaySelection {
        source: text(&filter.source),
        kind: text(&filter.kind),
        class: text(&filter.class),
        fingerprint: text(&filter.fingerprint),
        from: filter.from.map_or(0, Instant::microseconds),
        until: filter.until.map_or(0, Instant::microseconds),
        limit: MOST_ITEMS + 1,
    };
    let ids: BTreeSet<&str> = filter.ids.iter().map(String::as_str).collect();
    let mut found = match filter.over {
        ReplayOver::Inbox => inbox(tx, &wanted, filter.confirmed, &ids)?,
        ReplayOver::Postings => postings(tx, &wanted, &ids)?,
        ReplayOver::Effects => effects(tx, &wanted, &ids)?,
    };
    if found.len() as i64 > MOST_ITEMS {
        let message = format!(
            "the filter selects more than {MOST_ITEMS} items; narrow it by time, class or ids and replay in parts"
        );
        return Err(Refusal::field("too_many_items", "filter", message).into());
    }
    for (index, item) in found.iter_mut().enumerate() {
        item.replay = replay.as_str().to_owned();
        item.position = index as i64 + 1;
        item.status = "waiting".to_owned();
        item.changed = context.now.microseconds();
    }
    Ok(found)
}

fn item(kind: &str, id: String, about: String) -> ReplayItemRow {
    ReplayItemRow {
        replay: String::new(),
        position: 0,
        kind: kind.to_owned(),
        item: id,
        about,
        entity: String::new(),
        month: String::new(),
        amount: 0,
        currency: String::new(),
        expected: "unknown".to_owned(),
        status: String::new(),
        result: String::new(),
        changed: 0,
    }
}

/// Items that wait for a person, and on request confirmed ones.
fn inbox(
    tx: &mut Tx<'_>,
    wanted: &ReplaySelection,
    confirmed: bool,
    ids: &BTreeSet<&str>,
) -> Result<Vec<ReplayItemRow>, AppFault> {
    let statuses = ("open", if confirmed { "confirmed" } else { "open" });
    let mut found = Vec::new();
    for row in replays::inbox_items(tx, wanted, statuses)? {
        let held = row.status == "open" && row.next_attempt == HELD;
        if !held && row.status != "confirmed" {
            continue;
        }
        let exception = exception_of(tx, &row)?;
        let named = |text: &str| text.is_empty();
        let class = exception.as_ref().map_or("", |row| row.class.as_str());
        let print = exception
            .as_ref()
            .map_or("", |row| row.fingerprint.as_str());
        let fits = (named(&wanted.class) || wanted.class == class)
            && (named(&wanted.fingerprint) || wanted.fingerprint == print);
        let id = format!("{}{BETWEEN}{}", row.source, row.source_id);
        let chosen = ids.is_empty()
            || ids.contains(id.as_str())
            || ids.contains(row.source_id.as_str())
            || exception
                .as_ref()
                .is_some_and(|e| ids.contains(e.id.as_str()));
        if !fits || !chosen {
            continue;
        }
        let mut made = item(
            "inbox",
            id,
            format!("{} {}: {}", row.source, row.kind, row.reason),
        );
        if let Some(exception) = exception {
            made.about = exception.summary;
            (made.amount, made.currency) = (exception.amount, exception.currency);
            made.entity = exception.entity;
        }
        found.push(made);
    }
    Ok(found)
}

fn exception_of(tx: &mut Tx<'_>, row: &InboxRow) -> Result<Option<ExceptionRow>, AppFault> {
    match row.reason.strip_prefix("held by ") {
        Some(id) => Ok(exceptions::exception(tx, id)?),
        None => Ok(None),
    }
}

fn postings(
    tx: &mut Tx<'_>,
    wanted: &ReplaySelection,
    ids: &BTreeSet<&str>,
) -> Result<Vec<ReplayItemRow>, AppFault> {
    let mut found = Vec::new();
    for row in replays::parked_postings(tx, wanted)? {
        let Some(event) = row.key.strip_prefix("posting/").map(str::to_owned) else {
            continue;
        };
        if !ids.is_empty() && !ids.contains(event.as_str()) && !ids.contains(row.id.as_str()) {
            continue;
        }
        let mut made = item("posting", event.clone(), row.summary);
        (made.amount, made.currency, made.entity) = (row.amount, row.currency, row.entity);
        if let Some(stored) = store::log::by_id(tx, &event)? {
            made.month = Month::of(read_envelope(stored)?.effective).to_string();
        }
        found.push(made);
    }
    Ok(found)
}

fn effects(
    tx: &mut Tx<'_>,
    wanted: &ReplaySelection,
    ids: &BTreeSet<&str>,
) -> Result<Vec<ReplayItemRow>, AppFault> {
    let mut found = Vec::new();
    for row in replays::parked_effects(tx, wanted)? {
        let about = exceptions::open_about(tx, &format!("effect/{}", row.id))?;
        let print = about.as_ref().map_or("", |e| e.fingerprint.as_str());
        let fits = wanted.fingerprint.is_empty() || wanted.fingerprint == print;
        let chosen = ids.is_empty()
            || ids.contains(row.id.as_str())
            || about.as_ref().is_some_and(|e| ids.contains(e.id.as_str()));
        if fits && chosen {
            found.push(of_effect(row));
        }
    }
    Ok(found)
}

fn of_effect(row: EffectRow) -> ReplayItemRow {
    let about = format!("{} of {}: {}", row.operation, row.subject, row.error);
    let mut made = item("effect", row.id, about);
    (made.amount, made.currency, made.entity) = (row.amount, row.currency, row.entity);
    made
}
