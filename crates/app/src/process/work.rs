//! The worker's part: commands of processes, each once; steps that are late; holes in the log.

use super::keep::{self, Loaded};
use super::{ACTOR, close_exceptions, late_key, stuck_key};
use crate::App;
use crate::command::Command;
use crate::fault::AppFault;
use crate::journey::exception::{self, NewException};
use crate::journey::perform;
use crate::record::{Context, Fact, Recorder};
use crate::worker::Progress;
use control::process::{Late, Order, ProcessStatus, StepStatus, machine};
use events::{Event, ProcessCancelled, ProcessOverdue};
use store::{Tx, processes, settings};
use values::{Currency, EntityId, Instant, Money, Zone};

/// Commands that one instance may do in one round; more than a definition has.
const COMMANDS_A_ROUND: usize = 64;
/// A refused command is tried again after so many seconds.
const AGAIN_SECONDS: i64 = 900;
/// The log is searched for holes this often.
const GAPS_SECONDS: i64 = 60;

/// Does what processes have to do now, at most `limit` instances of each kind.
pub fn work(app: &App, limit: i64) -> Progress {
    let mut total = Progress::default();
    for step in [commands, overdue, gaps] {
        total += step(app, limit).unwrap_or_else(|fault| {
            tracing::error!(fault = %fault, "a step of the processes failed and is tried again");
            Progress::fault()
        });
    }
    total
}

/// Does the commands of the instances that have some.
fn commands(app: &App, limit: i64) -> Result<Progress, AppFault> {
    let now = app.clock().now().microseconds();
    let ids = app
        .store()
        .read(move |tx| processes::to_work(tx, now, limit))?;
    let mut total = Progress::default();
    for id in ids {
        let (progress, changes_books) =
            app.run(ACTOR, move |tx, context| orders(tx, context, &id))?;
        total += progress;
        if changes_books {
            app.reload_books()?;
        }
    }
    Ok(total)
}

fn orders(tx: &mut Tx<'_>, context: &Context, id: &str) -> Result<(Progress, bool), AppFault> {
    let (mut progress, mut changes_books) = (Progress::default(), false);
    settings::take_turn(tx, &format!("process/{id}"))?;
    for _ in 0..COMMANDS_A_ROUND {
        let Some(loaded) = keep::load(tx, context, id)? else {
            break;
        };
        let Some(definition) = loaded.definition(context) else {
            break;
        };
        let present = loaded.present(context);
        let order = match machine::orders(definition, &loaded.instance, &present) {
            Ok(orders) => match orders.into_iter().next() {
                Some(order) => order,
                None => break,
            },
            Err(refusal) => {
                stuck(tx, context, loaded, &refusal.to_string())?;
                progress.parked += 1;
                break;
            }
        };
        match carry_out(tx, context, &order) {
            Ok(changes) => {
                changes_books |= changes;
                done(tx, context, id, &order)?;
                progress.processed += 1;
            }
            Err(fault) if is_refusal(&fault) => {
                stuck(tx, context, loaded, &format!("{}: {fault}", order.command))?;
                progress.parked += 1;
                break;
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok((progress, changes_books))
}

fn is_refusal(fault: &AppFault) -> bool {
    !matches!(fault, AppFault::Store(_) | AppFault::Connection(_))
}

/// Does the command in a part of the transaction. A refusal that says that it is done counts as done.
fn carry_out(tx: &mut Tx<'_>, context: &Context, order: &Order) -> Result<bool, AppFault> {
    let command = Command::read(&order.command, order.body.clone()).map_err(|unreadable| {
        AppFault::Unreadable {
            what: "command of a process",
            error: unreadable.to_string(),
        }
    })?;
    let changes_books = command.changes_books();
    // That it is done is written in the same transaction, so it is done once; whoever had to approve
    // it did so in a step of the process.
    match tx.attempt(|tx| perform(tx, context, &order.key, &command)) {
        Ok(_) => Ok(changes_books),
        Err(AppFault::Refused(refusals))
            if refusals
                .iter()
                .all(|refusal| order.accepts.contains(&refusal.code)) =>
        {
            Ok(false)
        }
        Err(fault) => Err(fault),
    }
}

/// Notes that a command is done. Its events have moved the instance already.
fn done(tx: &mut Tx<'_>, context: &Context, id: &str, order: &Order) -> Result<(), AppFault> {
    let Some(mut loaded) = keep::load(tx, context, id)? else {
        return Ok(());
    };
    let Some(definition) = loaded.definition(context) else {
        return Ok(());
    };
    let was = loaded.instance.status;
    machine::carried_out(definition, &mut loaded.instance, order, context.now);
    let was_stuck = !loaded.row.stuck.is_empty();
    loaded.row.stuck = String::new();
    let ended = was == ProcessStatus::Cancelling && loaded.instance.status != was;
    let cancelled = ended.then(|| loaded.clone());
    let mut settled = keep::save(tx, context, loaded)?;
    if was_stuck {
        settled.push(stuck_key(id));
    }
    close_exceptions(tx, context, &settled)?;
    if let Some(loaded) = cancelled {
        say_cancelled(tx, context, &loaded)?;
    }
    Ok(())
}

fn stuck(
    tx: &mut Tx<'_>,
    context: &Context,
    mut loaded: Loaded,
    why: &str,
) -> Result<(), AppFault> {
    loaded.row.stuck = why.to_owned();
    loaded.row.next_try = context.now.plus_seconds(AGAIN_SECONDS).microseconds();
    let new = NewException {
        key: stuck_key(&loaded.row.id),
        class: "process_stuck",
        summary: format!(
            "Process {} of {} cannot go on: {why}",
            title(context, &loaded),
            loaded.row.subject
        ),
        detail: format!(
            "process {}, version {}; tried again every {} minutes",
            loaded.row.id,
            loaded.row.version,
            AGAIN_SECONDS / 60
        ),
        ..about(&loaded)
    };
    let settled = keep::save(tx, context, loaded)?;
    close_exceptions(tx, context, &settled)?;
    exception::open(tx, context, new)?;
    Ok(())
}

fn title(context: &Context, loaded: &Loaded) -> String {
    loaded.definition(context).map_or_else(
        || loaded.row.name.clone(),
        |found| found.title.to_lowercase(),
    )
}

/// What an exception about a process is about and worth.
fn about<'a>(loaded: &Loaded) -> NewException<'a> {
    NewException {
        customer: loaded.row.customer.clone(),
        document: loaded.row.subject.clone(),
        entity: loaded.row.entity.clone(),
        value: value(loaded),
        correlation: loaded.row.correlation.parse().ok(),
        ..NewException::default()
    }
}

fn value(loaded: &Loaded) -> Option<Money> {
    let currency: Currency = loaded.row.currency.parse().ok()?;
    Some(Money::from_minor(loaded.row.amount, currency))
}

/// Raises the steps that became late.
fn overdue(app: &App, limit: i64) -> Result<Progress, AppFault> {
    let now = app.clock().now().microseconds();
    let ids = app
        .store()
        .read(move |tx| processes::late(tx, now, limit))?;
    let mut total = Progress::default();
    for id in ids {
        let raised = app.run(ACTOR, move |tx, context| raise(tx, context, &id))?;
        total.parked += raised;
    }
    Ok(total)
}

fn raise(tx: &mut Tx<'_>, context: &Context, id: &str) -> Result<u64, AppFault> {
    settings::take_turn(tx, &format!("process/{id}"))?;
    let Some(mut loaded) = keep::load(tx, context, id)? else {
        return Ok(0);
    };
    let Some(definition) = loaded.definition(context) else {
        return Ok(0);
    };
    let late = machine::late(definition, &mut loaded.instance, context.now);
    keep::save(tx, context, loaded.clone())?;
    for one in &late {
        raise_one(tx, context, &loaded, one)?;
    }
    Ok(u64::try_from(late.len()).unwrap_or(0))
}

fn raise_one(
    tx: &mut Tx<'_>,
    context: &Context,
    loaded: &Loaded,
    late: &Late,
) -> Result<(), AppFault> {
    let Some(definition) = loaded.definition(context) else {
        return Ok(());
    };
    let step = &definition.steps[late.step];
    let awaited = super::view::awaited(step);
    let since = loaded.instance.steps[late.step].since.unwrap_or(late.due);
    exception::open(
        tx,
        context,
        NewException {
            key: late_key(&loaded.row.id, &step.name),
            class: late.class.code(),
            summary: format!(
                "{} of {} is overdue: {}",
                definition.title, loaded.row.subject, step.title
            ),
            detail: format!(
                "process {}, step {}: waited for {awaited} since {since}, due at {}",
                loaded.row.id, step.name, late.due
            ),
            ..about(loaded)
        },
    )?;
    let event = ProcessOverdue {
        process: crate::fault::stored_value("process id", &loaded.row.id)?,
        definition: loaded.row.name.clone(),
        version: definition.version,
        subject: subject(loaded, definition.subject.as_str()),
        step: step.name.clone(),
        awaited,
        due: late.due,
        value: value(loaded),
        owner: late.class.owner().title().to_owned(),
    };
    say(
        tx,
        context,
        loaded,
        &format!(
            "{}/late/{}/{}",
            loaded.row.id,
            step.name,
            late.due.microseconds()
        ),
        Event::ProcessOverdue(event),
    )
}

fn subject(loaded: &Loaded, kind: &str) -> String {
    format!("{kind}/{}", loaded.row.subject)
}

/// Records that what was done is taken back.
pub(super) fn say_cancelled(
    tx: &mut Tx<'_>,
    context: &Context,
    loaded: &Loaded,
) -> Result<(), AppFault> {
    let Some(definition) = loaded.definition(context) else {
        return Ok(());
    };
    let places = || definition.steps.iter().zip(&loaded.instance.steps);
    let undone = places()
        .rev()
        .filter(|(_, state)| state.status == StepStatus::Undone)
        .map(|(step, _)| step.name.clone())
        .collect();
    let stood = places()
        .find(|(_, state)| state.status == StepStatus::Dropped)
        .or_else(|| places().next_back())
        .map(|(step, _)| step.name.clone());
    let event = ProcessCancelled {
        process: crate::fault::stored_value("process id", &loaded.row.id)?,
        definition: loaded.row.name.clone(),
        version: definition.version,
        subject: subject(loaded, definition.subject.as_str()),
        step: stood.unwrap_or_default(),
        undone,
        reason: loaded.row.reason.clone(),
    };
    let key = format!("{}/cancelled", loaded.row.id);
    say(tx, context, loaded, &key, Event::ProcessCancelled(event))
}

pub(super) fn say(
    tx: &mut Tx<'_>,
    context: &Context,
    loaded: &Loaded,
    key: &str,
    event: Event,
) -> Result<(), AppFault> {
    let entity: Option<EntityId> = loaded.row.entity.parse().ok();
    let today = entity
        .as_ref()
        .and_then(|entity| context.today(entity).ok())
        .unwrap_or_else(|| Zone::utc().date_at(context.now));
    let correlation = match loaded.row.correlation.parse() {
        Ok(known) => known,
        Err(_) => context.new_chain(),
    };
    let mut recorder = Recorder::new(context, correlation, "/processes", key);
    let fact = Fact {
        subject: format!("process/{}", loaded.row.id),
        partition: format!("process/{}", loaded.row.id),
        entity,
        effective: today,
        happened: context.now,
    };
    recorder.event(fact, event);
    recorder.finish(tx)
}

/// Name of the settings that say up to which event the log is known to be whole, and when it was
/// searched.
const WHOLE_TO: &str = "gaps/whole_to";
const SEARCHED: &str = "gaps/searched";

/// Searches what was added to the log for holes, and looks again at those that are known.
fn gaps(app: &App, _limit: i64) -> Result<Progress, AppFault> {
    let now = app.clock().now();
    let last = app.store().read(|tx| settings::setting(tx, SEARCHED))?;
    let is_fresh = last
        .and_then(|text| text.parse::<Instant>().ok())
        .is_some_and(|last| last <= now && now < last.plus_seconds(GAPS_SECONDS));
    if is_fresh {
        return Ok(Progress::default());
    }
    let parked = app.run(ACTOR, find_gaps)?;
    Ok(Progress {
        parked,
        ..Progress::default()
    })
}

/// Raises an exception for every partition of the log with a hole since the last search.
pub(super) fn find_gaps(tx: &mut Tx<'_>, context: &Context) -> Result<u64, AppFault> {
    let after = settings::setting(tx, WHOLE_TO)?.unwrap_or_default();
    let newest = processes::newest_event(tx)?;
    let found = if newest == after {
        Vec::new()
    } else {
        processes::gaps(tx, &after)?
    };
    let mut raised = 0;
    for hole in &found {
        let (partition, head, count) = (&hole.partition, hole.head, hole.events);
        let (lowest, highest) = (hole.lowest, hole.highest);
        exception::open(
            tx,
            context,
            NewException {
                key: format!("gap/{partition}"),
                class: "sequence_gap",
                summary: format!(
                    "The log of {partition} has {count} events and should have {head}"
                ),
                detail: format!(
                    "sequences {lowest} to {highest} are there, the head stands at {head}"
                ),
                document: partition.clone(),
                ..NewException::default()
            },
        )?;
        raised += 1;
    }
    settings::set_setting(tx, WHOLE_TO, &newest)?;
    settings::set_setting(tx, SEARCHED, &context.now.to_string())?;
    Ok(raised)
}
