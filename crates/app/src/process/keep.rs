//! Instances and their rows.

use super::facts::Happening;
use crate::fault::{AppFault, stored, to_store};
use crate::record::Context;
use control::process::{Definition, Instance, ProcessStatus, StepState, StepStatus, machine};
use std::collections::{BTreeMap, BTreeSet};
use store::Tx;
use store::processes::{self, KeyRow, ProcessRow, StepRow};
use values::{EntityId, Instant};

/// An instance with its rows as they are stored.
#[derive(Debug, Clone)]
pub(super) struct Loaded {
    pub(super) row: ProcessRow,
    pub(super) steps: Vec<StepRow>,
    pub(super) instance: Instance,
    /// The row as it is stored.
    before: ProcessRow,
    /// Keys that are stored.
    keys: BTreeSet<(String, String)>,
    is_new: bool,
}

impl Loaded {
    pub(super) fn definition<'c>(&self, context: &'c Context) -> Option<&'c Definition> {
        let version = u32::try_from(self.row.version).ok()?;
        context.books.processes.version(&self.row.name, version)
    }

    /// The facts that commands may ask for besides what the instance keeps.
    pub(super) fn present(&self, context: &Context) -> BTreeMap<String, String> {
        let mut facts = BTreeMap::from([("process".to_owned(), self.row.id.clone())]);
        let today = self
            .row
            .entity
            .parse::<EntityId>()
            .ok()
            .and_then(|entity| context.today(&entity).ok());
        if let Some(today) = today {
            facts.insert("today".to_owned(), today.to_string());
        }
        if !self.row.reason.is_empty() {
            facts.insert("reason".to_owned(), self.row.reason.clone());
        }
        facts
    }
}

fn moment(microseconds: i64) -> Option<Instant> {
    (microseconds != 0).then(|| Instant::from_microseconds(microseconds))
}

fn stored_moment(instant: Option<Instant>) -> i64 {
    instant.map_or(0, Instant::microseconds)
}

/// An instance by id.
pub(super) fn load(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &str,
) -> Result<Option<Loaded>, AppFault> {
    let row = processes::process(tx, id)?;
    Ok(load_rows(tx, context, row.into_iter().collect())?.pop())
}

/// Instances with their steps and keys, in the order of the rows.
pub(super) fn load_rows(
    tx: &mut Tx<'_>,
    context: &Context,
    rows: Vec<ProcessRow>,
) -> Result<Vec<Loaded>, AppFault> {
    let (mut steps, mut keys) = {
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        (
            processes::steps_of(tx, &ids)?,
            processes::keys_of(tx, &ids)?,
        )
    };
    rows.into_iter()
        .map(|row| {
            let steps = steps.remove(&row.id).unwrap_or_default();
            let keys = keys.remove(&row.id).unwrap_or_default();
            read(context, row, steps, keys)
        })
        .collect()
}

/// An instance from its rows.
fn read(
    context: &Context,
    row: ProcessRow,
    rows: Vec<StepRow>,
    keys: Vec<KeyRow>,
) -> Result<Loaded, AppFault> {
    let unreadable = |error: String| AppFault::Unreadable {
        what: "process",
        error,
    };
    let mut steps = Vec::new();
    for step in &rows {
        let status = StepStatus::from_word(&step.status)
            .ok_or_else(|| unreadable(format!("step status {:?}", step.status)))?;
        steps.push(StepState {
            status,
            since: moment(step.since),
            due: moment(step.due),
            settled: moment(step.settled),
            cause: step.cause.clone(),
            actor: step.actor.clone(),
            note: step.note.clone(),
            is_late: step.late == 1,
            taken_back: usize::try_from(step.taken_back).unwrap_or(0),
        });
    }
    let keys: BTreeSet<(String, String)> = keys.into_iter().map(|key| (key.kind, key.id)).collect();
    let status = ProcessStatus::from_word(&row.status)
        .ok_or_else(|| unreadable(format!("status {:?}", row.status)))?;
    let instance = Instance {
        id: row.id.clone(),
        subject: row.subject.clone(),
        status,
        starter: row.starter.clone(),
        steps,
        keys: keys.clone(),
        memory: stored("process memory", &row.memory)?,
    };
    let loaded = Loaded {
        steps: rows,
        instance,
        keys,
        is_new: false,
        before: row.clone(),
        row,
    };
    let fits = loaded
        .definition(context)
        .is_some_and(|definition| definition.steps.len() == loaded.instance.steps.len());
    if fits {
        Ok(loaded)
    } else {
        Err(unreadable(format!(
            "{} version {} of process {} is not in these books",
            loaded.row.name, loaded.row.version, loaded.row.id
        )))
    }
}

/// A new instance with rows that are not stored yet.
pub(super) fn fresh(
    context: &Context,
    definition: &Definition,
    instance: Instance,
    happening: &Happening,
    correlation: &str,
) -> Result<Loaded, AppFault> {
    let now = context.now.microseconds();
    let fact = |name: &str| happening.facts.get(name).cloned().unwrap_or_default();
    let row = ProcessRow {
        id: instance.id.clone(),
        name: definition.name.clone(),
        version: i64::from(definition.version),
        subject: instance.subject.clone(),
        status: instance.status.as_str().to_owned(),
        starter: instance.starter.clone(),
        memory: String::new(),
        entity: fact("entity"),
        customer: fact("customer"),
        amount: happening.value.map_or(0, |value| value.minor),
        currency: happening
            .value
            .map_or_else(String::new, |value| value.currency.code().to_owned()),
        correlation: correlation.to_owned(),
        reason: String::new(),
        stuck: String::new(),
        next_try: 0,
        started: now,
        changed: now,
    };
    let steps = definition
        .steps
        .iter()
        .zip(0_i64..)
        .map(|(step, position)| StepRow {
            process: instance.id.clone(),
            position,
            name: step.name.clone(),
            kind: step.kind().as_str().to_owned(),
            status: String::new(),
            since: 0,
            due: 0,
            settled: 0,
            cause: String::new(),
            actor: String::new(),
            note: String::new(),
            late: 0,
            taken_back: 0,
        })
        .collect();
    Ok(Loaded {
        before: row.clone(),
        row,
        steps,
        instance,
        keys: BTreeSet::new(),
        is_new: true,
    })
}

/// Writes what changed. Returns the keys of the exceptions that have no cause any more.
pub(super) fn save(
    tx: &mut Tx<'_>,
    context: &Context,
    mut loaded: Loaded,
) -> Result<Vec<String>, AppFault> {
    let mut changed = Vec::new();
    let mut settled = Vec::new();
    let is_running = loaded.instance.status == ProcessStatus::Running;
    for (row, state) in loaded.steps.iter_mut().zip(&loaded.instance.steps) {
        let next = StepRow {
            status: state.status.as_str().to_owned(),
            since: stored_moment(state.since),
            due: stored_moment(state.due),
            settled: stored_moment(state.settled),
            cause: state.cause.clone(),
            actor: state.actor.clone(),
            note: state.note.clone(),
            late: i64::from(state.is_late),
            taken_back: i64::try_from(state.taken_back).unwrap_or(0),
            ..row.clone()
        };
        let was_late = row.late == 1 && super::is_open_step(&row.status);
        let is_late = state.is_late && state.status.is_open() && is_running;
        if was_late && !is_late {
            settled.push(super::late_key(&row.process, &row.name));
        }
        if next != *row {
            *row = next.clone();
            changed.push(next);
        }
    }
    let keys: Vec<KeyRow> = loaded
        .instance
        .keys
        .iter()
        .filter(|key| !loaded.keys.contains(*key))
        .map(|(kind, id)| KeyRow {
            kind: kind.clone(),
            id: id.clone(),
            process: loaded.row.id.clone(),
        })
        .collect();
    let mut next = loaded.row.clone();
    next.status = loaded.instance.status.as_str().to_owned();
    next.memory = to_store("process memory", &loaded.instance.memory)?;
    for (field, name) in [
        (&mut next.entity, "entity"),
        (&mut next.customer, "customer"),
    ] {
        if field.is_empty()
            && let Some(known) = loaded.instance.memory.get(name)
        {
            field.clone_from(known);
        }
    }
    next.next_try = next_try(context, &loaded, &next);
    if !loaded.row.stuck.is_empty() && next.next_try == 0 {
        next.stuck = String::new();
        settled.push(super::stuck_key(&next.id));
    }
    if loaded.is_new {
        processes::begin(tx, &next, &loaded.steps, &keys)?;
        return Ok(settled);
    }
    if next != loaded.before || !changed.is_empty() {
        next.changed = context.now.microseconds();
        processes::update(tx, &next, &changed)?;
    }
    processes::add_keys(tx, &keys)?;
    Ok(settled)
}

/// When the worker is to look for commands of this instance; 0 when it has none. A refused command
/// keeps its later moment.
fn next_try(context: &Context, loaded: &Loaded, next: &ProcessRow) -> i64 {
    let Some(definition) = loaded.definition(context) else {
        return 0;
    };
    match machine::orders(definition, &loaded.instance, &loaded.present(context)) {
        Ok(orders) if orders.is_empty() => 0,
        _ if !next.stuck.is_empty() && next.next_try > 0 => next.next_try,
        _ => context.now.microseconds().max(1),
    }
}
