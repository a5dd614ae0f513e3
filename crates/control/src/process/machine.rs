//! The machine: a definition, the state of an instance and what happens give the next state.
//! Nothing is done here; what is to be done comes out as [`Order`].

use super::{CommandTemplate, Definition, StepDefinition, Undo, stem};
use crate::ExceptionClass;
use crate::approval::{ApprovalRefusal, four_eyes};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use values::Instant;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $( $(#[$each:meta])* $variant:ident = $word:literal, )* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $( $(#[$each])* $variant, )* }
        impl $name {
            /// Every one of them.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];
            /// The word stored and published.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $( $name::$variant => $word, )* }
            }
            /// Reads the stored word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<$name> {
                match word { $( $word => Some($name::$variant), )* _ => None }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.pad(self.as_str()) }
        }
    };
}

words! {
    /// Where an instance stands.
    ProcessStatus {
        /// On its way.
        Running = "running",
        /// Every step is settled.
        Done = "done",
        /// What was done is being taken back.
        Cancelling = "cancelling",
        /// What was done is taken back.
        Cancelled = "cancelled",
        /// Its subject is gone; nothing was taken back.
        Stopped = "stopped",
    }
}

words! {
    /// Where a step of an instance stands.
    StepStatus {
        /// Not reached.
        Ahead = "ahead",
        /// Reached; what completes it has not happened.
        Waiting = "waiting",
        /// Its command is done; the event that completes it has not happened.
        Asked = "asked",
        /// Done.
        Done = "done",
        /// A person decided to go on without it.
        Skipped = "skipped",
        /// Its condition does not hold.
        NotNeeded = "not_needed",
        /// Done, and to be taken back.
        ToUndo = "to_undo",
        /// Taken back.
        Undone = "undone",
        /// Done, with nothing to take back.
        Kept = "kept",
        /// Not done when the process ended.
        Dropped = "dropped",
    }
}

impl StepStatus {
    /// Whether the steps after it may begin.
    #[must_use]
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Done | Self::Skipped | Self::NotNeeded)
    }

    /// Whether it waits for something.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Asked)
    }
}

impl ProcessStatus {
    /// Whether something can still happen.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Cancelling)
    }
}

/// One step of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepState {
    /// Where it stands.
    pub status: StepStatus,
    /// When it was reached.
    pub since: Option<Instant>,
    /// By when it has to be done.
    pub due: Option<Instant>,
    /// When it was settled.
    pub settled: Option<Instant>,
    /// The event that settled it, or empty.
    pub cause: String,
    /// Who settled it, or empty.
    pub actor: String,
    /// Why, where a person decided.
    pub note: String,
    /// Whether an exception says that it is late.
    pub is_late: bool,
    /// Commands of its undo that are done.
    pub taken_back: usize,
}

impl StepState {
    const AHEAD: StepState = StepState {
        status: StepStatus::Ahead,
        since: None,
        due: None,
        settled: None,
        cause: String::new(),
        actor: String::new(),
        note: String::new(),
        is_late: false,
        taken_back: 0,
    };
}

/// One run of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub subject: String,
    /// Where it stands.
    pub status: ProcessStatus,
    /// Who started it.
    pub starter: String,
    /// One a step of the definition, in its order.
    pub steps: Vec<StepState>,
    /// The keys by which events find it: (kind, id).
    pub keys: BTreeSet<(String, String)>,
    /// Facts that it keeps.
    pub memory: BTreeMap<String, String>,
}

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

/// A command that is to be done for a process, once.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Place of the step.
    pub step: usize,
    /// Made from the instance and the step, never from the attempt.
    pub key: String,
    /// The command.
    pub command: String,
    /// Its body.
    pub body: serde_json::Value,
    /// Codes of refusals that mean that it is done already.
    pub accepts: Vec<String>,
    /// Whether it takes something back.
    pub is_undo: bool,
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

/// Why a process cannot be changed like that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProcessRefusal {
    /// It has ended.
    #[error("the process is {status} already")]
    Ended {
        /// How.
        status: ProcessStatus,
    },
    /// There is no such step.
    #[error("there is no step {step:?}; its steps are {known}")]
    NoStep {
        /// What was asked for.
        step: String,
        /// The steps there are.
        known: String,
    },
    /// The step does not wait.
    #[error("step {step} is {status}; only a step that waits can be changed")]
    NotWaiting {
        /// The step.
        step: String,
        /// Where it stands.
        status: StepStatus,
    },
    /// The step does not wait for approval.
    #[error("step {step} does not wait for approval")]
    NoApproval {
        /// The step.
        step: String,
    },
    /// No reason was given.
    #[error("give the reason in words; an auditor will read it")]
    NoReason,
    /// The new deadline is not later.
    #[error("{until} is not after the present deadline, {due}")]
    NotLater {
        /// What was asked for.
        until: Instant,
        /// The present one.
        due: Instant,
    },
    /// A step that is done cannot be taken back.
    #[error("step {step} is done and cannot be taken back: {reason}")]
    CannotUndo {
        /// The step.
        step: String,
        /// Why.
        reason: String,
    },
    /// Maker and checker are one person.
    #[error(transparent)]
    FourEyes(#[from] ApprovalRefusal),
    /// A command needs a fact that is not known.
    #[error("the command {command} needs {fact:?}, which is not known")]
    FactMissing {
        /// The command.
        command: String,
        /// The fact.
        fact: String,
    },
    /// A fact has to be given to start it by hand.
    #[error("to start {process} give {needs}")]
    InputMissing {
        /// The process.
        process: String,
        /// What is needed.
        needs: String,
    },
}

impl ProcessRefusal {
    /// The stable word.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Ended { .. } => "process_ended",
            Self::NoStep { .. } => "no_such_step",
            Self::NotWaiting { .. } => "step_not_waiting",
            Self::NoApproval { .. } => "no_approval_step",
            Self::NoReason => "reason_missing",
            Self::NotLater { .. } => "deadline_not_later",
            Self::CannotUndo { .. } => "cannot_undo",
            Self::FourEyes(_) => "same_person",
            Self::FactMissing { .. } => "fact_missing",
            Self::InputMissing { .. } => "input_missing",
        }
    }
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

/// What is to be done now: the commands of the steps reached, or the next command of the undo.
///
/// # Errors
/// When a command needs a fact that the instance does not know.
pub fn orders(
    definition: &Definition,
    instance: &Instance,
    facts: &BTreeMap<String, String>,
) -> Result<Vec<Order>, ProcessRefusal> {
    match instance.status {
        ProcessStatus::Running => definition
            .steps
            .iter()
            .enumerate()
            .filter(|(index, _)| instance.steps[*index].status == StepStatus::Waiting)
            .filter_map(|(index, step)| step.command.as_ref().map(|command| (index, step, command)))
            .map(|(index, step, command)| {
                let key = format!("process/{}/{}", instance.id, step.name);
                order(instance, facts, index, key, command, false)
            })
            .collect(),
        ProcessStatus::Cancelling => {
            let last = instance
                .steps
                .iter()
                .rposition(|state| state.status == StepStatus::ToUndo);
            let Some(index) = last else {
                return Ok(Vec::new());
            };
            let step = &definition.steps[index];
            let done = instance.steps[index].taken_back;
            let Undo::Commands(commands) = &step.undo else {
                return Ok(Vec::new());
            };
            commands
                .get(done)
                .map(|command| {
                    let key = format!("process/{}/{}/undo/{}", instance.id, step.name, done + 1);
                    order(instance, facts, index, key, command, true)
                })
                .into_iter()
                .collect()
        }
        ProcessStatus::Done | ProcessStatus::Cancelled | ProcessStatus::Stopped => Ok(Vec::new()),
    }
}

fn order(
    instance: &Instance,
    facts: &BTreeMap<String, String>,
    step: usize,
    key: String,
    template: &CommandTemplate,
    is_undo: bool,
) -> Result<Order, ProcessRefusal> {
    let value = |name: &str| facts.get(name).or_else(|| instance.memory.get(name));
    let body = fill(&template.body, &value).map_err(|fact| ProcessRefusal::FactMissing {
        command: template.command.clone(),
        fact,
    })?;
    Ok(Order {
        step,
        key,
        command: template.command.clone(),
        body: body.unwrap_or(serde_json::Value::Null),
        accepts: template.accepts.clone(),
        is_undo,
    })
}

/// Fills the places of a template. Nothing for a value that may be left out and is not known.
fn fill<'m>(
    template: &serde_json::Value,
    value: &impl Fn(&str) -> Option<&'m String>,
) -> Result<Option<serde_json::Value>, String> {
    use serde_json::Value;
    Ok(Some(match template {
        Value::String(text) => {
            if let Some(name) = text
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix("?}"))
            {
                return Ok(value(name).map(|held| Value::String(held.clone())));
            }
            Value::String(fill_text(text, value)?)
        }
        Value::Array(items) => {
            let mut filled = Vec::new();
            for item in items {
                filled.extend(fill(item, value)?);
            }
            Value::Array(filled)
        }
        Value::Object(fields) => {
            let mut filled = serde_json::Map::new();
            for (name, field) in fields {
                if let Some(field) = fill(field, value)? {
                    filled.insert(name.clone(), field);
                }
            }
            Value::Object(filled)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => template.clone(),
    }))
}

fn fill_text<'m>(
    text: &str,
    value: &impl Fn(&str) -> Option<&'m String>,
) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        filled.push_str(value(name).ok_or_else(|| name.to_owned())?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
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

/// A change by a person: of what, by whom, why and when.
#[derive(Debug, Clone, Copy)]
pub struct Hand<'a> {
    /// Who.
    pub actor: &'a str,
    /// Why.
    pub reason: &'a str,
    /// When.
    pub at: Instant,
}

fn open_step<'i>(
    definition: &Definition,
    instance: &'i mut Instance,
    name: &str,
    hand: &Hand<'_>,
) -> Result<(usize, &'i mut StepState), ProcessRefusal> {
    if hand.reason.trim().is_empty() {
        return Err(ProcessRefusal::NoReason);
    }
    if instance.status != ProcessStatus::Running {
        return Err(ProcessRefusal::Ended {
            status: instance.status,
        });
    }
    let Some((index, _)) = definition.step(name) else {
        let known: Vec<&str> = definition
            .steps
            .iter()
            .map(|step| step.name.as_str())
            .collect();
        return Err(ProcessRefusal::NoStep {
            step: name.to_owned(),
            known: known.join(", "),
        });
    };
    let state = &mut instance.steps[index];
    if !state.status.is_open() {
        return Err(ProcessRefusal::NotWaiting {
            step: name.to_owned(),
            status: state.status,
        });
    }
    Ok((index, state))
}

/// Gives a step more time.
///
/// # Errors
/// When the step does not wait, no reason is given, or the deadline is not later.
pub fn extend(
    definition: &Definition,
    instance: &mut Instance,
    step: &str,
    until: Instant,
    hand: &Hand<'_>,
) -> Result<(), ProcessRefusal> {
    let (_, state) = open_step(definition, instance, step, hand)?;
    if let Some(due) = state.due.filter(|due| until <= *due) {
        return Err(ProcessRefusal::NotLater { until, due });
    }
    state.due = Some(until);
    state.is_late = false;
    Ok(())
}

/// Goes on without a step.
///
/// # Errors
/// When the step does not wait, waits for approval, or no reason is given.
pub fn skip(
    definition: &Definition,
    instance: &mut Instance,
    step: &str,
    hand: &Hand<'_>,
) -> Result<(), ProcessRefusal> {
    let (index, state) = open_step(definition, instance, step, hand)?;
    if definition.steps[index].approval.is_some() {
        // Skipping an approval would be approving without a second person.
        return Err(ProcessRefusal::NotWaiting {
            step: step.to_owned(),
            status: state.status,
        });
    }
    settle_by_hand(state, StepStatus::Skipped, hand);
    reach(definition, instance, hand.at);
    Ok(())
}

fn settle_by_hand(state: &mut StepState, status: StepStatus, hand: &Hand<'_>) {
    state.status = status;
    state.settled = Some(hand.at);
    hand.actor.clone_into(&mut state.actor);
    hand.reason.trim().clone_into(&mut state.note);
}

/// Approves or denies. A denial takes back what was done.
///
/// # Errors
/// When the step does not wait for approval, the checker is the starter, or no reason is given.
pub fn decide(
    definition: &Definition,
    instance: &mut Instance,
    step: &str,
    is_granted: bool,
    hand: &Hand<'_>,
) -> Result<(), ProcessRefusal> {
    let starter = instance.starter.clone();
    let (index, state) = open_step(definition, instance, step, hand)?;
    if definition.steps[index].approval.is_none() {
        return Err(ProcessRefusal::NoApproval {
            step: step.to_owned(),
        });
    }
    four_eyes(&starter, hand.actor)?;
    if is_granted {
        settle_by_hand(state, StepStatus::Done, hand);
        reach(definition, instance, hand.at);
        return Ok(());
    }
    settle_by_hand(state, StepStatus::Dropped, hand);
    cancel(definition, instance, hand)
}

/// Takes back what was done, in reverse order.
///
/// # Errors
/// When it has ended or is being cancelled, no reason is given, or a step that is done cannot be
/// taken back.
pub fn cancel(
    definition: &Definition,
    instance: &mut Instance,
    hand: &Hand<'_>,
) -> Result<(), ProcessRefusal> {
    if hand.reason.trim().is_empty() {
        return Err(ProcessRefusal::NoReason);
    }
    // What is done can be taken back as well; what was cancelled or stopped cannot be again.
    if !matches!(
        instance.status,
        ProcessStatus::Running | ProcessStatus::Done
    ) {
        return Err(ProcessRefusal::Ended {
            status: instance.status,
        });
    }
    for (step, state) in definition.steps.iter().zip(&instance.steps) {
        if let (StepStatus::Done, Undo::Impossible(reason)) = (state.status, &step.undo) {
            return Err(ProcessRefusal::CannotUndo {
                step: step.name.clone(),
                reason: reason.clone(),
            });
        }
    }
    for (step, state) in definition.steps.iter().zip(&mut instance.steps) {
        state.status = match (state.status, &step.undo) {
            (StepStatus::Done, Undo::Commands(_)) => StepStatus::ToUndo,
            // A command that was done and not answered by its event may have had its effect.
            (StepStatus::Asked, Undo::Commands(_)) => StepStatus::ToUndo,
            (StepStatus::Done, _) => StepStatus::Kept,
            (StepStatus::Ahead | StepStatus::Waiting | StepStatus::Asked, _) => StepStatus::Dropped,
            (other, _) => other,
        };
    }
    instance.status = ProcessStatus::Cancelling;
    finish_cancelling(instance);
    Ok(())
}
