//! Replays: parked work is selected by a filter, tried without effect, approved by another person,
//! and then run at a stated pace, item by item, each in a transaction of its own with what became of
//! it; at the end every item is checked in our books and in the other system. A replay can be
//! paused, cancelled and taken up after a crash, and running it twice changes nothing.

mod dry_run;
mod queries;
mod run;
mod select;

pub(crate) use dry_run::foresee;
pub use dry_run::{DryRun, Worth};
pub use queries::{ReplayCount, ReplayDetail, ReplayItem, ReplayRow};

use crate::command::{
    Answer, ClosedMonths, PlanReplay, ReplayAction, ReplayFilter, RequestReplay, SteerReplay,
};
use crate::fault::{stored, stored_value, to_store};
use crate::journey::period;
use crate::record::{Context, Fact, Recorder};
use crate::{AppFault, Refusal};
use events::{Event, ReplayRequested};
use serde_json::json;
use std::collections::BTreeSet;
use store::replays::{self, ReplayItemRow, ReplayRow as Row};
use store::{Tx, journals, settings};
use values::{CorrelationId, EntityId, Month, ReplayId, Zone};

/// Most items of one replay: the dry run holds the books while it tries them.
pub const MOST_ITEMS: i64 = 2_000;

/// Fastest pace.
const FASTEST: u32 = 1_000;

/// A month of an entity that was opened for a replay.
pub(crate) type Opened = (EntityId, Month);

/// `plan_replay`: selects the items, tries them without effect and keeps both.
///
/// # Errors
/// When nothing is selected, or the pace is none.
pub(crate) fn plan(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &PlanReplay,
) -> Result<Answer, AppFault> {
    if body.per_second == 0 || body.per_second > FASTEST {
        let message = format!("{} items a second: say 1 to {FASTEST}", body.per_second);
        return Err(Refusal::field("bad_pace", "per_second", message).into());
    }
    if body.reason.trim().is_empty() {
        let message = "say why, and which cause was mended";
        return Err(Refusal::field("reason_missing", "reason", message).into());
    }
    let id = ReplayId::mint(&*context.ids, context.now);
    let mut items = select::items(tx, context, &id, &body.filter)?;
    if items.is_empty() {
        let message = "the filter selects nothing that waits; widen it";
        return Err(Refusal::field("nothing_selected", "filter", message).into());
    }
    let (dry, impact) = dry_run::all(tx, context, &mut items, body.closed_months)?;
    let correlation = context.new_chain();
    let row = Row {
        id: id.as_str().to_owned(),
        filter: to_store("replay filter", &body.filter)?,
        closed_months: word(body.closed_months).to_owned(),
        per_second: i64::from(body.per_second),
        reason: body.reason.trim().to_owned(),
        status: "planned".to_owned(),
        maker: context.actor.clone(),
        approval: String::new(),
        approved_by: String::new(),
        dry_run: to_store("dry run", &dry)?,
        reopened: "[]".to_owned(),
        created: context.now.microseconds(),
        started: 0,
        last_run: 0,
        finished: 0,
        correlation: correlation.as_str().to_owned(),
    };
    Row::insert(tx, std::slice::from_ref(&row))?;
    ReplayItemRow::insert(tx, &items)?;
    let event = Event::ReplayRequested(ReplayRequested {
        replay: id.clone(),
        filter: row.filter.clone(),
        items: dry.items,
        duplicates: dry.duplicates,
        value: dry.value.clone(),
        periods: impact
            .months()
            .into_iter()
            .filter_map(|(_, month)| month.parse().ok())
            .collect::<BTreeSet<Month>>()
            .into_iter()
            .collect(),
        accounting: dry
            .accounting
            .iter()
            .filter_map(|moved| {
                Some(events::AccountChange {
                    account: moved.account.parse().ok()?,
                    change: moved.change,
                })
            })
            .collect(),
        requested_by: context.actor.clone(),
        reason: row.reason.clone(),
    });
    record(tx, context, correlation, &id, key, event)?;
    Ok(json!({ "replay": id, "status": "planned", "dry_run": dry }))
}

pub(crate) fn word(closed: ClosedMonths) -> &'static str {
    match closed {
        ClosedMonths::Refuse => "refuse",
        ClosedMonths::Reopen => "reopen",
        ClosedMonths::Adjust => "adjust",
    }
}

pub(crate) fn closed_months(row: &Row) -> Result<ClosedMonths, AppFault> {
    match row.closed_months.as_str() {
        "refuse" => Ok(ClosedMonths::Refuse),
        "reopen" => Ok(ClosedMonths::Reopen),
        "adjust" => Ok(ClosedMonths::Adjust),
        other => Err(AppFault::Unreadable {
            what: "replay",
            error: format!("closed_months {other:?}"),
        }),
    }
}

pub(crate) fn load(tx: &mut Tx<'_>, id: &str) -> Result<Row, AppFault> {
    settings::take_turn(tx, &format!("replay/{id}"))?;
    replays::replay(tx, id)?.ok_or_else(|| AppFault::NotFound {
        kind: "replay",
        id: id.to_owned(),
    })
}

fn planned(row: &Row) -> Result<(), Refusal> {
    if row.status == "planned" {
        return Ok(());
    }
    let message = format!(
        "replay {} is {} already; plan a new one",
        row.id, row.status
    );
    Err(Refusal::field("cannot_run", "replay", message))
}

/// `request_replay`, once it is approved where the policy asks for that: `key` is the approval then.
///
/// # Errors
/// When it ran before, or nothing of it may run.
pub(crate) fn start(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &RequestReplay,
) -> Result<Answer, AppFault> {
    let mut row = load(tx, body.replay.as_str())?;
    planned(&row)?;
    let closed = closed_months(&row)?;
    let items = replays::items(tx, &row.id, "waiting", 0, MOST_ITEMS)?;
    let mut left = 0;
    for mut item in items.iter().cloned() {
        if closed == ClosedMonths::Refuse && item.expected == "refused" {
            item.status = "left".to_owned();
            item.result = format!("its month {} is closed", item.month);
            item.changed = context.now.microseconds();
            replays::move_item(tx, &item, "waiting")?;
            left += 1;
        }
    }
    if left == items.len() {
        let message =
            "every item posts into a closed month; plan it with closed_months reopen or adjust";
        return Err(Refusal::whole("nothing_may_run", message).into());
    }
    if closed == ClosedMonths::Reopen {
        row.reopened = to_store("opened months", &reopen(tx, context, &row, &items)?)?;
    }
    row.status = "running".to_owned();
    row.started = context.now.microseconds();
    if key.starts_with("apr_") {
        row.approval = key.to_owned();
    }
    replays::update(tx, &row)?;
    Ok(json!({ "replay": row.id, "status": "running", "items": items.len() - left, "left": left }))
}

/// Opens the closed months that items post to, and those after them, latest first.
fn reopen(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &Row,
    items: &[ReplayItemRow],
) -> Result<Vec<Opened>, AppFault> {
    let mut months: Vec<Opened> = Vec::new();
    for (entity, month) in journals::closed_months(tx)? {
        let first = items
            .iter()
            .filter(|item| item.entity == entity && item.expected != "duplicate")
            .filter(|item| !item.month.is_empty())
            .map(|item| item.month.as_str())
            .min();
        if first.is_some_and(|first| month.as_str() >= first) {
            months.push((
                stored_value("entity id", &entity)?,
                stored_value("month", &month)?,
            ));
        }
    }
    months.sort_by_key(|(_, month)| std::cmp::Reverse(*month));
    for (entity, month) in &months {
        let body = crate::command::ReopenPeriod {
            entity: entity.clone(),
            month: *month,
            reason: format!("replay {}: {}", row.id, row.reason),
        };
        period::reopen(tx, context, &format!("{}/{entity}/{month}", row.id), &body)?;
    }
    Ok(months)
}

/// `steer_replay`.
///
/// # Errors
/// When the replay is not in a state for it.
pub(crate) fn steer(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &SteerReplay,
) -> Result<Answer, AppFault> {
    let mut row = load(tx, body.replay.as_str())?;
    let next = match (body.action, row.status.as_str()) {
        (ReplayAction::Pause, "running") => "paused",
        (ReplayAction::Resume, "paused") => "running",
        (ReplayAction::Cancel, "planned") => "cancelled",
        // What was started is verified all the same.
        (ReplayAction::Cancel, "running" | "paused") => "verifying",
        (action, status) => {
            let message = format!(
                "a replay that is {status} cannot be {}",
                match action {
                    ReplayAction::Pause => "paused",
                    ReplayAction::Resume => "resumed",
                    ReplayAction::Cancel => "cancelled",
                }
            );
            return Err(Refusal::field("cannot_steer", "action", message).into());
        }
    };
    if body.action == ReplayAction::Cancel {
        for mut item in replays::items(tx, &row.id, "waiting", 0, MOST_ITEMS)? {
            item.status = "left".to_owned();
            item.result = format!("cancelled by {}", context.actor);
            item.changed = context.now.microseconds();
            replays::move_item(tx, &item, "waiting")?;
        }
        if next == "cancelled" {
            row.finished = context.now.microseconds();
        }
    }
    if body.action == ReplayAction::Resume {
        row.last_run = context.now.microseconds();
    }
    row.status = next.to_owned();
    replays::update(tx, &row)?;
    Ok(json!({ "replay": row.id, "status": row.status }))
}

/// The filter of a replay.
pub(crate) fn filter(row: &Row) -> Result<ReplayFilter, AppFault> {
    stored("replay filter", &row.filter)
}

pub(crate) fn record(
    tx: &mut Tx<'_>,
    context: &Context,
    correlation: CorrelationId,
    id: &ReplayId,
    key: &str,
    event: Event,
) -> Result<(), AppFault> {
    let mut recorder = Recorder::new(context, correlation, "/control", key);
    let fact = Fact {
        subject: format!("replay/{id}"),
        partition: format!("replay/{id}"),
        entity: None,
        effective: Zone::utc().date_at(context.now),
        happened: context.now,
    };
    recorder.event(fact, event);
    recorder.finish(tx)
}
