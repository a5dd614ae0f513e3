//! Processes at work: events move the instances of their definitions in the transaction that
//! records them; the worker does the commands of processes and raises what is late.

mod facts;
mod hand;
mod keep;
mod picture;
mod view;
mod work;

pub use hand::{
    CancelProcess, DecideProcess, ExtendProcess, PublishProcess, SkipProcessStep, StartProcess,
};
pub(crate) use hand::{cancel, decide, extend, publish, skip, start_by_hand};
pub use picture::{definition_picture, instance_picture};
pub use view::{
    GateWait, ProcessDetail, ProcessKind, ProcessRow, ProcessSelection, StepView, StepsOfKind,
};
pub use work::work;

use crate::command::Command;
use crate::fault::AppFault;
use crate::journey::exception;
use crate::record::Context;
use commerce::Contract;
use control::process::{Definition, Known, ProcessBook, SHIPPED, StepStatus, machine};
use events::{Envelope, Event};
use facts::Happening;
use keep::Loaded;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use store::{Tx, processes};
use values::{IdSource, Instant, ProcessId};

/// Who acts when a process does a command of its own.
pub(crate) const ACTOR: &str = "tieout/process";

/// Operations of other systems whose confirmation a definition may wait for.
const OPERATIONS: &[&str] = &[
    "adyen.collect",
    "adyen.refund",
    "netsuite.journal_entry",
    "netsuite.customer",
    "salesforce.update",
    "stripe.collect",
    "stripe.refund",
];

/// Reads a definition against the events, commands and operations that there are.
pub(crate) fn read_definition(text: &str) -> Result<Definition, String> {
    let known = Known {
        events: Event::TYPE_NAMES,
        commands: Command::NAMES,
        operations: OPERATIONS,
    };
    Definition::read(text, &known).map_err(|problems| {
        problems
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    })
}

/// Puts the definitions that ship with the program into books that do not have them.
pub(crate) fn ship_definitions(tx: &mut Tx<'_>, now: Instant) -> Result<(), AppFault> {
    let known: BTreeSet<(String, i64)> = processes::definitions(tx)?
        .into_iter()
        .map(|(name, version, _)| (name, version))
        .collect();
    for text in SHIPPED {
        let definition = read_definition(text).map_err(unreadable)?;
        let version = i64::from(definition.version);
        if !known.contains(&(definition.name.clone(), version)) {
            let at = now.microseconds();
            processes::add_definition(tx, &definition.name, version, at, "tieout", text)?;
        }
    }
    Ok(())
}

fn unreadable(error: String) -> AppFault {
    AppFault::Unreadable {
        what: "process definition",
        error,
    }
}

/// All definitions of the books.
pub(crate) fn load_book(tx: &mut Tx<'_>) -> Result<ProcessBook, AppFault> {
    let mut definitions = Vec::new();
    for (_, _, body) in processes::definitions(tx)? {
        definitions.push(read_definition(&body).map_err(unreadable)?);
    }
    Ok(ProcessBook::new(definitions))
}

/// Key of the exception about a step that is late.
pub(crate) fn late_key(process: &str, step: &str) -> String {
    format!("process/{process}/{step}")
}

/// Key of the exception about a process that cannot go on.
pub(crate) fn stuck_key(process: &str) -> String {
    format!("process/{process}")
}

/// Moves instances on by events that were just recorded, in the same transaction. Events that no
/// definition names cost one look into a map. `stored` is a contract as the transaction stored it.
pub(crate) fn advance(
    tx: &mut Tx<'_>,
    context: &Context,
    envelopes: &[Envelope],
    stored: Option<Contract>,
) -> Result<(), AppFault> {
    let book = &context.books.processes;
    let heard: Vec<&Envelope> = envelopes
        .iter()
        .filter(|envelope| book.hears(&facts::signal_of(&envelope.event)))
        .collect();
    if heard.is_empty() {
        return Ok(());
    }
    let mut desk = Desk::default();
    let mut known = facts::KnownContract::of(stored);
    for envelope in heard {
        let happening = facts::of(tx, context, envelope, &mut known)?;
        desk.fetch(tx, context, &happening)?;
        desk.happen(context, envelope, &happening);
        desk.begin(tx, context, envelope, &happening)?;
        desk.asked
            .entry(happening.signal)
            .or_default()
            .extend(happening.known);
    }
    desk.put_away(tx, context)
}

/// The instances that the events of one transaction can move, each loaded once. One that no event so far
/// could move stands as it is stored.
#[derive(Default)]
struct Desk {
    /// By signal, what instances were asked about for the events before.
    asked: BTreeMap<String, HashSet<(String, String)>>,
    open: BTreeMap<String, Loaded>,
}

impl Desk {
    fn fetch(
        &mut self,
        tx: &mut Tx<'_>,
        context: &Context,
        happening: &Happening,
    ) -> Result<(), AppFault> {
        let Some(listening) = context.books.processes.listening(&happening.signal) else {
            return Ok(());
        };
        let asked = self.asked.get(&happening.signal);
        let mut rows = BTreeMap::new();
        for (kind, steps) in listening {
            let of_kind = happening.keys.iter().filter(|key| key.0 == *kind);
            let news: Vec<&str> = of_kind
                .filter(|key| !asked.is_some_and(|asked| asked.contains(*key)))
                .map(|key| key.1.as_str())
                .collect();
            if news.is_empty() {
                continue;
            }
            let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
            for row in processes::waiting_about(tx, kind, &news, &steps)? {
                rows.insert(row.id.clone(), row);
            }
        }
        rows.retain(|id, _| !self.open.contains_key(id));
        for loaded in keep::load_rows(tx, context, rows.into_values().collect())? {
            self.open.insert(loaded.row.id.clone(), loaded);
        }
        Ok(())
    }

    fn happen(&mut self, context: &Context, envelope: &Envelope, happening: &Happening) {
        for loaded in self.open.values_mut() {
            let Some(definition) = loaded.definition(context) else {
                continue;
            };
            let occurrence = happening.occurrence(envelope);
            machine::happen(definition, &mut loaded.instance, &occurrence);
        }
    }

    fn begin(
        &mut self,
        tx: &mut Tx<'_>,
        context: &Context,
        envelope: &Envelope,
        happening: &Happening,
    ) -> Result<(), AppFault> {
        for definition in context.books.processes.started_by(&happening.signal) {
            let subject = happening
                .keys
                .iter()
                .find(|key| key.0 == definition.subject)
                .map(|key| key.1.clone());
            let Some(subject) = subject else { continue };
            let key = (definition.subject.clone(), subject.clone());
            let is_here = self.open.values().any(|loaded| {
                loaded.row.name == definition.name && loaded.instance.keys.contains(&key)
            });
            if is_here || processes::is_begun(tx, &definition.name, &key.0, &key.1)? {
                continue;
            }
            let id = ProcessId::mint(&*context.ids, context.now);
            let instance = machine::start(
                definition,
                id.as_str().to_owned(),
                subject,
                &happening.occurrence(envelope),
            );
            let correlation = envelope.correlation.as_str();
            let loaded = keep::fresh(context, definition, instance, happening, correlation)?;
            self.open.insert(id.as_str().to_owned(), loaded);
        }
        Ok(())
    }

    fn put_away(self, tx: &mut Tx<'_>, context: &Context) -> Result<(), AppFault> {
        let mut settled = Vec::new();
        for loaded in self.open.into_values() {
            settled.extend(keep::save(tx, context, loaded)?);
        }
        // The exceptions of what came late close after the instances are written, because closing
        // one records an event of its own.
        close_exceptions(tx, context, &settled)
    }
}

/// Closes the exceptions of steps that are late no longer.
pub(crate) fn close_exceptions(
    tx: &mut Tx<'_>,
    context: &Context,
    keys: &[String],
) -> Result<(), AppFault> {
    for key in keys {
        exception::clear(tx, context, key, "what was waited for has come")?;
    }
    Ok(())
}

/// Whether a step waits for something, by its stored word.
pub(crate) fn is_open_step(word: &str) -> bool {
    StepStatus::from_word(word).is_some_and(StepStatus::is_open)
}

/// The id of a new instance.
pub(crate) fn new_id(ids: &dyn IdSource, now: Instant) -> ProcessId {
    ProcessId::mint(ids, now)
}
