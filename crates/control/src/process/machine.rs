//! The machine: a definition, the state of an instance and what happens give the next state.
//! Nothing is done here; what is to be done comes out as [`Order`].

mod by_hand;
mod orders;
mod refusal;
mod state;

pub use by_hand::{Hand, cancel, decide, extend, skip};
pub use orders::{Order, orders};
pub use refusal::ProcessRefusal;
pub use state::{Instance, ProcessStatus, StepState, StepStatus};

use super::{Definition, StepDefinition, Undo, stem};
use crate::ExceptionClass;
use std::collections::BTreeMap;
use values::Instant;

/// Something that happened, in the terms of processes.
#[derive(Debug, Clone)]
pub struct Occurrence<'a> {
    /// The event type, or the signal of a confirmed effect.
    pub signal: &'a str,
    /// What it is about: (kind, id).
    pub keys: &'a [(String, String)],
    /// What it says.
    pub facts: &'a BTreeMap<String, String>,
    /// The event.
    pub event: &'a str,
    /// Who caused it.
    pub actor: &'a str,
    /// When it was recorded.
    pub at: Instant,
}

/// A step that is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Late {
    /// Place of the step.
    pub step: usize,
    /// What is raised.
    pub class: ExceptionClass,
    /// By when it had to be done.
    pub due: Instant,
}

/// Begins an instance with what started it.
#[must_use]
pub fn start(
    definition: &Definition,
    id: String,
    subject: String,
    occurrence: &Occurrence<'_>,
) -> Instance {
    let mut instance = Instance {
        id,
        status: ProcessStatus::Running,
        starter: occurrence.actor.to_owned(),
        steps: vec![StepState::AHEAD; definition.steps.len()],
        keys: occurrence.keys.iter().cloned().collect(),
        memory: BTreeMap::new(),
        subject,
    };
    instance
        .keys
        .insert((definition.subject.clone(), instance.subject.clone()));
    keep(&mut instance, &definition.remember, occurrence.facts);
    reach(definition, &mut instance, occurrence.at);
    happen(definition, &mut instance, occurrence);
    instance
}

fn keep(instance: &mut Instance, names: &[String], facts: &BTreeMap<String, String>) {
    for name in names {
        if let Some(value) = facts.get(name) {
            instance.memory.insert(name.clone(), value.clone());
        }
    }
}

/// Moves an instance on by something that happened. Returns the places of the steps that it settled.
pub fn happen(
    definition: &Definition,
    instance: &mut Instance,
    occurrence: &Occurrence<'_>,
) -> Vec<usize> {
    if instance.status != ProcessStatus::Running {
        return Vec::new();
    }
    let finds = |instance: &Instance, kind: &str| {
        occurrence
            .keys
            .iter()
            .any(|key| key.0 == kind && instance.keys.contains(key))
    };
    let mut settled = Vec::new();
    for (index, step) in definition.steps.iter().enumerate() {
        let status = instance.steps[index].status;
        if !(status.is_open() || status == StepStatus::Ahead) || !finds(instance, &step.by) {
            continue;
        }
        if step.is_done_by(occurrence.signal) {
            keep(instance, &step.remember, occurrence.facts);
            for key in occurrence.keys {
                if step.remember.contains(&key.0) {
                    instance.keys.insert(key.clone());
                }
            }
            let state = &mut instance.steps[index];
            state.status = StepStatus::Done;
            state.since = state.since.or(Some(occurrence.at));
            state.settled = Some(occurrence.at);
            occurrence.event.clone_into(&mut state.cause);
            occurrence.actor.clone_into(&mut state.actor);
            settled.push(index);
        } else if status.is_open()
            && step
                .restarts_on
                .iter()
                .any(|name| name == stem(occurrence.signal))
        {
            keep(instance, &definition.remember, occurrence.facts);
            let due = due(step, instance, occurrence.at);
            instance.steps[index].due = Some(due);
            instance.steps[index].is_late = false;
        }
    }
    let is_gone = definition
        .stopped_by
        .iter()
        .any(|name| name == stem(occurrence.signal));
    if is_gone && finds(instance, &definition.subject) {
        for state in &mut instance.steps {
            if !state.status.is_settled() {
                state.status = StepStatus::Dropped;
                state.settled = Some(occurrence.at);
            }
        }
        instance.status = ProcessStatus::Stopped;
        return settled;
    }
    reach(definition, instance, occurrence.at);
    settled
}

/// Begins the steps whose predecessors are settled, and ends the instance when all are.
fn reach(definition: &Definition, instance: &mut Instance, now: Instant) {
    // A step stands after those that it waits for, so one pass reaches everything.
    for (index, step) in definition.steps.iter().enumerate() {
        if instance.steps[index].status != StepStatus::Ahead {
            continue;
        }
        let is_free = step.after.iter().all(|name| {
            definition
                .step(name)
                .is_some_and(|(before, _)| instance.steps[before].status.is_settled())
        });
        if !is_free {
            continue;
        }
        let is_needed = step.when.iter().all(|(fact, values)| {
            instance
                .memory
                .get(fact)
                .is_some_and(|held| values.contains(held))
        });
        let due = due(step, instance, now);
        let state = &mut instance.steps[index];
        state.since = Some(now);
        if is_needed {
            state.status = StepStatus::Waiting;
            state.due = Some(due);
        } else {
            state.status = StepStatus::NotNeeded;
            state.settled = Some(now);
        }
    }
    if instance.steps.iter().all(|state| state.status.is_settled()) {
        instance.status = ProcessStatus::Done;
    }
}

fn due(step: &StepDefinition, instance: &Instance, now: Instant) -> Instant {
    let stated = step
        .deadline
        .from
        .as_ref()
        .and_then(|fact| instance.memory.get(fact))
        .and_then(|text| text.parse::<Instant>().ok());
    // What should have happened before the step was reached still gets its time.
    let from = stated.map_or(now, |stated| stated.max(now));
    from.plus_seconds(step.deadline.within)
}

/// Notes that an order is carried out. The event that it caused may have settled the step already.
pub fn carried_out(definition: &Definition, instance: &mut Instance, order: &Order, now: Instant) {
    let step = &definition.steps[order.step];
    if order.is_undo {
        let count = match &step.undo {
            Undo::Commands(commands) => commands.len(),
            Undo::Nothing(_) | Undo::Impossible(_) => 0,
        };
        let state = &mut instance.steps[order.step];
        state.taken_back += 1;
        if state.taken_back >= count {
            state.status = StepStatus::Undone;
        }
        finish_cancelling(instance);
        return;
    }
    let state = &mut instance.steps[order.step];
    if state.status != StepStatus::Waiting {
        return;
    }
    if step.done_by.is_empty() && step.done_by_effect.is_none() {
        state.status = StepStatus::Done;
        state.settled = Some(now);
        order.key.clone_into(&mut state.cause);
        "process".clone_into(&mut state.actor);
        reach(definition, instance, now);
    } else {
        state.status = StepStatus::Asked;
    }
}

fn finish_cancelling(instance: &mut Instance) {
    if !instance
        .steps
        .iter()
        .any(|state| state.status == StepStatus::ToUndo)
    {
        instance.status = ProcessStatus::Cancelled;
    }
}

/// The steps that became late, each once; they are marked.
pub fn late(definition: &Definition, instance: &mut Instance, now: Instant) -> Vec<Late> {
    if instance.status != ProcessStatus::Running {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (index, state) in instance.steps.iter_mut().enumerate() {
        let Some(due) = state.due.filter(|due| *due <= now) else {
            continue;
        };
        if state.status.is_open() && !state.is_late {
            state.is_late = true;
            found.push(Late {
                step: index,
                class: definition.steps[index].deadline.class,
                due,
            });
        }
    }
    found
}
