//! Processes as data: a versioned table of steps, each with what completes it, by when, and how it
//! is undone. [`machine`] moves an instance; this file says what a definition is.
//!
//! **Invariant**: a definition is never changed, only followed by a higher version. An instance
//! stays with the version that it began with.

pub mod machine;
mod read;

pub use machine::{
    Instance, Late, Occurrence, Order, ProcessRefusal, ProcessStatus, StepState, StepStatus,
};
pub use read::{DefinitionProblem, Known};

use crate::ExceptionClass;
use std::collections::{BTreeMap, BTreeSet};

/// The definitions that ship with the program, as TOML.
pub const SHIPPED: &[&str] = &[
    include_str!("../data/processes/order_to_invoice.toml"),
    include_str!("../data/processes/amendment.toml"),
    include_str!("../data/processes/collection.toml"),
    include_str!("../data/processes/payment_failure.toml"),
    include_str!("../data/processes/credit.toml"),
    include_str!("../data/processes/refund.toml"),
    include_str!("../data/processes/close.toml"),
];

/// A process: one version of its table.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// Its name, such as `order_to_invoice`.
    pub name: String,
    /// 1, 2, 3 …; the highest takes new instances.
    pub version: u32,
    /// What people call it.
    pub title: String,
    /// What it is for, in a sentence.
    pub purpose: String,
    /// The kind of key that an instance is about, such as `contract`.
    pub subject: String,
    /// Event types that start an instance.
    pub start: Vec<String>,
    /// Facts that a person must give who starts one by hand; nothing when nobody can.
    pub by_hand: Option<Vec<String>>,
    /// Event types that end an instance without undo, because its subject is gone.
    pub stopped_by: Vec<String>,
    /// Facts that are kept from the start.
    pub remember: Vec<String>,
    /// Its steps, each after those that it waits for.
    pub steps: Vec<StepDefinition>,
}

/// One step of a process.
#[derive(Debug, Clone, PartialEq)]
pub struct StepDefinition {
    /// Its name within the process.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The steps that it waits for.
    pub after: Vec<String>,
    /// It is needed only when every fact has one of these values.
    pub when: BTreeMap<String, Vec<String>>,
    /// Event types that complete it.
    pub done_by: Vec<String>,
    /// The operation whose confirmation by another system completes it.
    pub done_by_effect: Option<String>,
    /// Event types after which its deadline counts anew.
    pub restarts_on: Vec<String>,
    /// The kind of key by which the events find the instance.
    pub by: String,
    /// Facts that are kept from the event that completes it.
    pub remember: Vec<String>,
    /// What the process itself does when the step is reached.
    pub command: Option<CommandTemplate>,
    /// The policy under which somebody else than the starter has to approve.
    pub approval: Option<String>,
    /// By when it has to be done.
    pub deadline: Deadline,
    /// How it is taken back.
    pub undo: Undo,
}

/// A command with places to be filled from the memory of the instance.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandTemplate {
    /// The command.
    pub command: String,
    /// Its body; `{name}` is filled in, and a value that is `{name?}` is left out when not known.
    pub body: serde_json::Value,
    /// Codes of refusals that mean that it is done already.
    pub accepts: Vec<String>,
}

/// By when a step has to be done, and what is raised when it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// Seconds.
    pub within: i64,
    /// The fact that holds the instant from which it counts; else the moment when the step was reached.
    pub from: Option<String>,
    /// The class of the exception, which names the owner.
    pub class: ExceptionClass,
}

/// How a step is taken back.
#[derive(Debug, Clone, PartialEq)]
pub enum Undo {
    /// By these commands, in this order.
    Commands(Vec<CommandTemplate>),
    /// There is nothing to take back, for this reason.
    Nothing(String),
    /// It cannot be taken back, for this reason: once it is done the process goes on to its end.
    Impossible(String),
}

/// What kind of thing completes a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// An event.
    Event,
    /// The confirmation of another system.
    Effect,
    /// A command of the process.
    Command,
    /// The decision of a person.
    Approval,
}

impl StepKind {
    /// The word stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            StepKind::Event => "event",
            StepKind::Effect => "effect",
            StepKind::Command => "command",
            StepKind::Approval => "approval",
        }
    }
}

impl StepDefinition {
    /// What kind of thing completes it.
    #[must_use]
    pub fn kind(&self) -> StepKind {
        if self.approval.is_some() {
            StepKind::Approval
        } else if self.command.is_some() {
            StepKind::Command
        } else if self.done_by_effect.is_some() {
            StepKind::Effect
        } else {
            StepKind::Event
        }
    }

    /// Whether this signal completes it.
    #[must_use]
    pub fn is_done_by(&self, signal: &str) -> bool {
        self.done_by.iter().any(|name| name == stem(signal))
            || self
                .done_by_effect
                .as_ref()
                .is_some_and(|operation| signal == effect_signal(operation))
    }
}

/// An event type without its version: a definition hears every version of an event, because what is
/// stored in an older one is upgraded when it is read.
#[must_use]
pub fn stem(signal: &str) -> &str {
    match signal.rsplit_once(".v") {
        Some((stem, version)) if version.bytes().all(|byte| byte.is_ascii_digit()) => stem,
        _ => signal,
    }
}

/// The signal of a confirmed effect.
#[must_use]
pub fn effect_signal(operation: &str) -> String {
    format!("confirmed {operation}")
}

impl Definition {
    /// Reads and checks a definition.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with the step and the mend.
    pub fn read(text: &str, known: &Known<'_>) -> Result<Definition, Vec<DefinitionProblem>> {
        read::read(text, known)
    }

    /// The step of this name, with its place.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<(usize, &StepDefinition)> {
        self.steps
            .iter()
            .enumerate()
            .find(|(_, step)| step.name == name)
    }

    /// Everything that can move an instance: event types, and signals of confirmed effects.
    #[must_use]
    pub fn signals(&self) -> Vec<String> {
        let mut all: Vec<String> = self.start.clone();
        all.extend(self.stopped_by.iter().cloned());
        for step in &self.steps {
            all.extend(step.done_by.iter().cloned());
            all.extend(step.restarts_on.iter().cloned());
            all.extend(step.done_by_effect.as_deref().map(effect_signal));
        }
        all.sort();
        all.dedup();
        all
    }

    /// The steps of which one has to be ahead or open so that the signal can move an instance, each with
    /// the kind of key by which it finds the instance.
    fn moved_by<'d>(&'d self, signal: &str) -> Vec<(&'d str, &'d str)> {
        let ends = self.stopped_by.iter().any(|name| name == stem(signal));
        let mut all = Vec::new();
        for step in &self.steps {
            if ends {
                all.push((self.subject.as_str(), step.name.as_str()));
            }
            if step.is_done_by(signal) || step.restarts_on.iter().any(|name| name == stem(signal)) {
                all.push((step.by.as_str(), step.name.as_str()));
            }
        }
        all
    }
}

/// By kind of key, the steps that a signal can move: `definition.step`.
pub type Listening = BTreeMap<String, BTreeSet<String>>;

/// How [`Listening`] names a step.
#[must_use]
pub fn step_name(definition: &str, step: &str) -> String {
    format!("{definition}.{step}")
}

/// All versions of all definitions in force.
#[derive(Debug, Clone, Default)]
pub struct ProcessBook {
    definitions: Vec<Definition>,
    signals: BTreeMap<String, Listening>,
}

impl ProcessBook {
    /// A book of these definitions.
    #[must_use]
    pub fn new(mut definitions: Vec<Definition>) -> Self {
        definitions
            .sort_by(|one, other| (&one.name, one.version).cmp(&(&other.name, other.version)));
        let mut signals: BTreeMap<String, Listening> = BTreeMap::new();
        for definition in &definitions {
            for signal in definition.signals() {
                let moved = definition.moved_by(&signal);
                let listening = signals.entry(signal).or_default();
                for (kind, step) in moved {
                    let steps = listening.entry(kind.to_owned()).or_default();
                    steps.insert(step_name(&definition.name, step));
                }
            }
        }
        Self {
            definitions,
            signals,
        }
    }

    /// Every definition, by name and version.
    #[must_use]
    pub fn all(&self) -> &[Definition] {
        &self.definitions
    }

    /// Whether any definition, of whatever version, is moved by this signal.
    #[must_use]
    pub fn hears(&self, signal: &str) -> bool {
        self.signals.contains_key(stem(signal))
    }

    /// What this signal can move, whatever the version. An instance that has none of these steps ahead or
    /// open under a key of the kind stays as it is, so nobody has to read it.
    #[must_use]
    pub fn listening(&self, signal: &str) -> Option<&Listening> {
        self.signals.get(stem(signal))
    }

    /// The newest version of every definition that this event starts.
    #[must_use]
    pub fn started_by(&self, signal: &str) -> Vec<&Definition> {
        self.newest()
            .into_iter()
            .filter(|definition| definition.start.iter().any(|start| start == stem(signal)))
            .collect()
    }

    /// One version of a definition.
    #[must_use]
    pub fn version(&self, name: &str, version: u32) -> Option<&Definition> {
        self.definitions
            .iter()
            .find(|definition| definition.name == name && definition.version == version)
    }

    /// The version that takes new instances.
    #[must_use]
    pub fn current(&self, name: &str) -> Option<&Definition> {
        self.definitions
            .iter()
            .rev()
            .find(|definition| definition.name == name)
    }

    /// The newest version of each definition, by name.
    #[must_use]
    pub fn newest(&self) -> Vec<&Definition> {
        let mut newest: Vec<&Definition> = Vec::new();
        for definition in &self.definitions {
            match newest.last_mut() {
                Some(last) if last.name == definition.name => *last = definition,
                _ => newest.push(definition),
            }
        }
        newest
    }
}
