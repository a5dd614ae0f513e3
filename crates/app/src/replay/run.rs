//! Running replays: so many items a second, each in a transaction of its own together with what
//! became of it, and checking every one of them before the replay is closed.

use super::dry_run::{adjusted, is_posted, worth};
use super::{MOST_ITEMS, Opened, closed_months, load, record};
use crate::command::{ChangePeriod, ClosedMonths};
use crate::fault::{stored, stored_value};
use crate::journey::period;
use crate::record::{Context, post_parked_on};
use crate::{App, AppFault, deliver};
use events::{Event, ReplayCompleted};
use store::inbox::HELD;
use store::replays::{self, ReplayItemRow, ReplayRow as Row};
use store::{Tx, approvals, effects, inbox};
use values::ReplayId;

/// Who runs replays.
const ACTOR: &str = "tieout/replay";

const SECOND: i64 = 1_000_000;

impl App {
    /// Takes every replay under way one step on: the items that its pace allows now, then the check
    /// of those that were started. Returns how many items moved.
    ///
    /// # Errors
    /// When the store fails; what was done so far stays done, and the next call goes on.
    pub fn advance_replays(&self) -> Result<u64, AppFault> {
        let active = self.store().read(replays::active)?;
        let mut moved = 0;
        for row in active {
            let id = row.id.clone();
            let allowed = self.run(ACTOR, move |tx, context| allowance(tx, context, &id))?;
            let replay = row.id.clone();
            let waiting = self
                .store()
                .read(move |tx| replays::items(tx, &replay, "waiting", 0, allowed))?;
            for item in waiting {
                moved += u64::from(self.run(ACTOR, move |tx, context| one(tx, context, item))?);
            }
            let replay = row.id.clone();
            let started = self
                .store()
                .read(move |tx| replays::items(tx, &replay, "started", 0, MOST_ITEMS))?;
            for item in started {
                moved += u64::from(self.run(ACTOR, move |tx, context| verify(tx, context, item))?);
            }
            self.run(ACTOR, move |tx, context| conclude(tx, context, &row.id))?;
        }
        Ok(moved)
    }
}

/// How many items the pace allows now; they count as taken.
fn allowance(tx: &mut Tx<'_>, context: &Context, id: &str) -> Result<i64, AppFault> {
    let mut row = load(tx, id)?;
    if row.status != "running" {
        return Ok(0);
    }
    let now = context.now.microseconds();
    let allowed = if row.last_run == 0 {
        row.per_second
    } else {
        // Never more than one second's worth at once, however long nobody came by.
        let passed = (now - row.last_run).clamp(0, SECOND);
        row.per_second * passed / SECOND
    };
    if allowed > 0 {
        row.last_run = now;
        replays::update(tx, &row)?;
    }
    Ok(allowed)
}

/// Runs one item and writes what became of it. False when somebody else took it or it may not run.
fn one(tx: &mut Tx<'_>, context: &Context, mut item: ReplayItemRow) -> Result<bool, AppFault> {
    let row = load(tx, &item.replay)?;
    if row.status != "running" {
        return Ok(false);
    }
    // Taken first: on PostgreSQL another process waits here, and then finds it moved.
    item.status = "started".to_owned();
    item.changed = context.now.microseconds();
    if !replays::move_item(tx, &item, "waiting")? {
        return Ok(false);
    }
    let by = Context {
        actor: row.maker.clone(),
        origin: events::Origin::Replay,
        ..context.clone()
    };
    let tried = tx.attempt(|tx| act(tx, &by, &row, &item));
    let (status, result) = match tried {
        Ok(outcome) => outcome,
        Err(AppFault::Store(fault)) => return Err(AppFault::Store(fault)),
        Err(fault) => ("failed", fault.to_string()),
    };
    item.status = status.to_owned();
    item.result = result;
    replays::move_item(tx, &item, "started")?;
    Ok(true)
}

type Became = (&'static str, String);

fn act(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &Row,
    item: &ReplayItemRow,
) -> Result<Became, AppFault> {
    match item.kind.as_str() {
        "posting" => {
            if is_posted(tx, &item.item)? {
                return Ok(("duplicate", "it was posted already".to_owned()));
            }
            let date = match closed_months(row)? {
                ClosedMonths::Adjust => adjusted(tx, item)?,
                ClosedMonths::Refuse | ClosedMonths::Reopen => None,
            };
            if post_parked_on(tx, context, &item.item, date)? {
                let on = date.map_or_else(String::new, |date| format!(" on {date}"));
                Ok(("started", format!("posted{on}, to be verified")))
            } else {
                let why = store::exceptions::open_about(tx, &format!("posting/{}", item.item))?
                    .map_or_else(String::new, |exception| exception.detail);
                Ok(("failed", format!("it stopped again: {why}")))
            }
        }
        "effect" => {
            if deliver::release(tx, context, &item.item)? {
                return Ok(("started", "released, to be verified".to_owned()));
            }
            let status = effects::effect(tx, &item.item)?.map(|row| row.status);
            Ok(match status.as_deref() {
                Some("confirmed") => ("duplicate", "it was confirmed already".to_owned()),
                Some(status) => ("failed", format!("it is {status} and was not released")),
                None => ("failed", "there is no such effect".to_owned()),
            })
        }
        _ => {
            let Some((source, id)) = item.item.split_once(super::select::BETWEEN) else {
                return Ok(("failed", "it names no inbox item".to_owned()));
            };
            let now = context.now.microseconds();
            match inbox::item(tx, source, id)? {
                None => Ok(("failed", "there is no such item".to_owned())),
                Some(found) if found.status == "rejected" => {
                    Ok(("failed", format!("it was rejected: {}", found.reason)))
                }
                Some(found) => {
                    let reason = format!("to be tried again by {}", item.replay);
                    inbox::postpone(tx, source, id, &reason, now, "")?;
                    let again = if found.status == "confirmed" {
                        "was confirmed before; it runs again"
                    } else {
                        "it runs again"
                    };
                    Ok(("started", again.to_owned()))
                }
            }
        }
    }
}

/// Checks a started item in our books and in the other system. False while that is not known yet.
fn verify(tx: &mut Tx<'_>, context: &Context, mut item: ReplayItemRow) -> Result<bool, AppFault> {
    let found = match item.kind.as_str() {
        "posting" => posting(tx, &item)?,
        "effect" => effect(tx, &item.item)?,
        _ => arrival(tx, &item)?,
    };
    let Some((status, result)) = found else {
        return Ok(false);
    };
    item.status = status.to_owned();
    item.result = result;
    item.changed = context.now.microseconds();
    Ok(replays::move_item(tx, &item, "started")?)
}

fn posting(tx: &mut Tx<'_>, item: &ReplayItemRow) -> Result<Option<Became>, AppFault> {
    let Some(event) = store::log::by_id(tx, &item.item)? else {
        return Ok(Some(("failed", "there is no such event".to_owned())));
    };
    let journals = replays::journals_of_event(tx, &event.correlation, &item.item)?;
    let mut seen = Vec::new();
    for journal in &journals {
        for told in effects::of_subject(tx, &format!("journal/{journal}"))? {
            match effect(tx, &told.id)? {
                None => return Ok(None),
                Some(("done", result)) => seen.push(result),
                Some(bad) => return Ok(Some(bad)),
            }
        }
    }
    if store::exceptions::open_about(tx, &format!("posting/{}", item.item))?
        .is_some_and(|exception| exception.status == "open")
    {
        return Ok(Some(("failed", "its exception is still open".to_owned())));
    }
    let posted = if journals.is_empty() {
        "no rule makes a journal of it any more".to_owned()
    } else {
        format!("posted as {}", journals.join(", "))
    };
    seen.insert(0, posted);
    Ok(Some(("done", seen.join("; "))))
}

fn effect(tx: &mut Tx<'_>, id: &str) -> Result<Option<Became>, AppFault> {
    let Some(row) = effects::effect(tx, id)? else {
        return Ok(Some(("failed", "there is no such effect".to_owned())));
    };
    Ok(match row.status.as_str() {
        "confirmed" => {
            let how = if row.read_back == 1 {
                "read back from"
            } else {
                "confirmed by"
            };
            Some((
                "done",
                format!("{how} {} as {}", row.connection, row.external_id),
            ))
        }
        "parked" => Some(("failed", format!("parked again: {}", row.error))),
        "skipped" => Some(("failed", "it was skipped".to_owned())),
        _ => None,
    })
}

fn arrival(tx: &mut Tx<'_>, item: &ReplayItemRow) -> Result<Option<Became>, AppFault> {
    let found = match item.item.split_once(super::select::BETWEEN) {
        Some((source, id)) => inbox::item(tx, source, id)?,
        None => None,
    };
    let Some(found) = found else {
        return Ok(Some(("failed", "there is no such item".to_owned())));
    };
    Ok(match found.status.as_str() {
        "confirmed" if found.reason.contains("already") => Some(("duplicate", found.reason)),
        "confirmed" => Some(("done", found.reason)),
        "rejected" => Some(("failed", format!("it was rejected: {}", found.reason))),
        _ if found.next_attempt == HELD => {
            Some(("failed", format!("it stopped again: {}", found.reason)))
        }
        _ => None,
    })
}

/// Moves a replay to its next state when nothing of it waits any more, and closes it with evidence.
fn conclude(tx: &mut Tx<'_>, context: &Context, id: &str) -> Result<(), AppFault> {
    let mut row = load(tx, id)?;
    if row.status == "running" && replays::items(tx, id, "waiting", 0, 1)?.is_empty() {
        row.status = "verifying".to_owned();
        replays::update(tx, &row)?;
    }
    if row.status != "verifying" || !replays::items(tx, id, "started", 0, 1)?.is_empty() {
        return Ok(());
    }
    for (entity, month) in opened(&row)?.into_iter().rev() {
        let key = format!("{id}/close/{entity}/{month}");
        period::close(tx, context, &key, &ChangePeriod { entity, month })?;
    }
    if let Some(approval) = approvals::approval(tx, &row.approval)? {
        row.approved_by = approval.checker;
    }
    row.status = "completed".to_owned();
    row.finished = context.now.microseconds();
    replays::update(tx, &row)?;
    let items = replays::items(tx, id, "", 0, MOST_ITEMS)?;
    let of = |word: &str| -> Vec<ReplayItemRow> {
        items
            .iter()
            .filter(|item| item.status == word)
            .cloned()
            .collect()
    };
    let (done, failed, left) = (of("done"), of("failed"), of("left"));
    let replay: ReplayId = stored_value("replay id", id)?;
    let event = Event::ReplayCompleted(ReplayCompleted {
        replay: replay.clone(),
        items: items.len() as u64,
        done: done.len() as u64,
        duplicates: of("duplicate").len() as u64,
        failed: (failed.len() + left.len()) as u64,
        value: worth(&done)?,
        requested_by: row.maker.clone(),
        approved_by: row.approved_by.clone(),
        verified: failed.is_empty(),
    });
    let correlation = stored_value("chain id", &row.correlation)?;
    record(
        tx,
        context,
        correlation,
        &replay,
        &format!("{id}/completed"),
        event,
    )
}

/// Months that were opened for a replay, latest first.
fn opened(row: &Row) -> Result<Vec<Opened>, AppFault> {
    stored("opened months", &row.reopened)
}
