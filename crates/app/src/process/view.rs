//! Processes as people see them.

use super::keep::{self, Loaded};
use crate::App;
use crate::fault::AppFault;
use crate::record::Context;
use crate::view::Page;
use control::process::{Definition, StepDefinition, Undo};
use schemars::JsonSchema;
use serde::Serialize;
use store::Tx;
use store::processes::{self, ProcessFilter};
use values::{Currency, Instant, Money};

/// Instances on one page of a list.
const PAGE: i64 = 50;

/// Which instances a list holds.
#[derive(Debug, Clone, Default)]
pub struct ProcessSelection {
    /// Definition.
    pub name: Option<String>,
    /// Status; `open` is running or cancelling.
    pub status: Option<String>,
    /// A step that waits.
    pub step: Option<String>,
    /// Only those that are late or cannot go on.
    pub trouble: bool,
}

/// An instance in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProcessRow {
    /// Its id.
    pub id: String,
    /// The definition.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The version that it keeps to.
    pub version: i64,
    /// What it is about.
    pub subject: String,
    /// `running`, `done`, `cancelling`, `cancelled` or `stopped`.
    pub status: String,
    /// What it waits for, in words; empty when it has ended.
    pub waits_for: String,
    /// By when that has to be done.
    pub due: Option<Instant>,
    /// Whether that has passed.
    pub late: bool,
    /// Why it cannot go on, or empty.
    pub stuck: String,
    /// Worth.
    pub value: Option<Money>,
    /// When it began.
    pub started: Instant,
}

/// One step of an instance.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StepView {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// `event`, `effect`, `command` or `approval`.
    pub kind: String,
    /// Where it stands.
    pub status: String,
    /// The steps that it waits for.
    pub after: Vec<String>,
    /// What completes it, in words.
    pub awaited: String,
    /// How it is taken back, in words.
    pub undo: String,
    /// When it was reached.
    pub since: Option<Instant>,
    /// By when it has to be done.
    pub due: Option<Instant>,
    /// When it was settled.
    pub settled: Option<Instant>,
    /// Whether it is late.
    pub late: bool,
    /// The event that settled it.
    pub event: Option<String>,
    /// Who settled it.
    pub actor: Option<String>,
    /// Why, where a person decided.
    pub note: Option<String>,
}

/// Everything about one instance.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProcessDetail {
    /// The row of the list.
    pub row: ProcessRow,
    /// Who started it.
    pub starter: String,
    /// Why it was cancelled.
    pub reason: Option<String>,
    /// Any id that opens its chain.
    pub chain: String,
    /// Its steps in order.
    pub steps: Vec<StepView>,
    /// What people did: when, who, what, which step, why.
    pub notes: Vec<(Instant, String, String, String, String)>,
}

/// How many instances of a definition stand in a step.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct StepsOfKind {
    /// The step.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// `event`, `effect`, `command` or `approval`.
    pub kind: String,
    /// The steps that it waits for.
    pub after: Vec<String>,
    /// What completes it, in words.
    pub awaited: String,
    /// By when, in words.
    pub deadline: String,
    /// How it is taken back, in words.
    pub undo: String,
    /// Instances that wait here.
    pub waiting: i64,
    /// Of those, late.
    pub late: i64,
    /// Instances that are through.
    pub done: i64,
}

/// A definition with its figures.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProcessKind {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What it is for.
    pub purpose: String,
    /// The version that takes new instances.
    pub version: u32,
    /// Versions that still have open instances.
    pub open_versions: Vec<i64>,
    /// Instances that can still move.
    pub open: i64,
    /// Instances that ended by themselves.
    pub done: i64,
    /// Instances that were cancelled or stopped.
    pub ended: i64,
    /// Its steps.
    pub steps: Vec<StepsOfKind>,
}

/// How long gates of people were waited for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GateWait {
    /// The definition.
    pub process: String,
    /// The step.
    pub step: String,
    /// How many were decided.
    pub count: i64,
    /// Half of them took no longer, seconds.
    pub median_seconds: i64,
    /// 95 of 100 took no longer, seconds.
    pub p95_seconds: i64,
}

/// What completes a step, in words.
pub(super) fn awaited(step: &StepDefinition) -> String {
    if let Some(policy) = &step.approval {
        return format!("approval by a second person ({policy})");
    }
    let mut parts: Vec<String> = step
        .done_by
        .iter()
        .map(|name| name.trim_start_matches("com.tieout.").to_owned())
        .collect();
    parts.extend(
        step.done_by_effect
            .iter()
            .map(|operation| format!("{operation} confirmed")),
    );
    if parts.is_empty() {
        parts.extend(step.command.iter().map(|command| command.command.clone()));
    }
    parts.join(" or ")
}

pub(super) fn undo_words(undo: &Undo) -> String {
    match undo {
        Undo::Commands(commands) => commands
            .iter()
            .map(|command| command.command.as_str())
            .collect::<Vec<_>>()
            .join(", then "),
        Undo::Nothing(reason) => format!("nothing to take back: {reason}"),
        Undo::Impossible(reason) => format!("cannot be taken back: {reason}"),
    }
}

/// `24 h`, `3 d`.
pub(super) fn duration_words(seconds: i64) -> String {
    match seconds {
        s if s % 86_400 == 0 => format!("{} d", s / 86_400),
        s if s % 3_600 == 0 => format!("{} h", s / 3_600),
        s => format!("{} min", s / 60),
    }
}

fn row_of(context: &Context, loaded: &Loaded) -> ProcessRow {
    let definition = loaded.definition(context);
    let open: Vec<(&StepDefinition, &control::process::StepState)> = definition
        .map(|definition| {
            definition
                .steps
                .iter()
                .zip(&loaded.instance.steps)
                .filter(|(_, state)| state.status.is_open())
                .collect()
        })
        .unwrap_or_default();
    let is_open = loaded.instance.status == control::process::ProcessStatus::Running;
    let waits: Vec<String> = open
        .iter()
        .map(|(step, _)| step.title.to_lowercase())
        .collect();
    ProcessRow {
        id: loaded.row.id.clone(),
        name: loaded.row.name.clone(),
        title: definition.map_or_else(|| loaded.row.name.clone(), |found| found.title.clone()),
        version: loaded.row.version,
        subject: loaded.row.subject.clone(),
        status: loaded.row.status.clone(),
        waits_for: if is_open {
            waits.join(" and ")
        } else {
            String::new()
        },
        due: if is_open {
            open.iter().filter_map(|(_, state)| state.due).min()
        } else {
            None
        },
        late: is_open && open.iter().any(|(_, state)| state.is_late),
        stuck: loaded.row.stuck.clone(),
        value: loaded
            .row
            .currency
            .parse::<Currency>()
            .ok()
            .map(|currency| Money::from_minor(loaded.row.amount, currency)),
        started: Instant::from_microseconds(loaded.row.started),
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn detail_of(
    tx: &mut Tx<'_>,
    context: &Context,
    loaded: &Loaded,
) -> Result<ProcessDetail, AppFault> {
    let steps = loaded
        .definition(context)
        .map(|definition| {
            definition
                .steps
                .iter()
                .zip(&loaded.instance.steps)
                .map(|(step, state)| StepView {
                    name: step.name.clone(),
                    title: step.title.clone(),
                    kind: step.kind().as_str().to_owned(),
                    status: state.status.as_str().to_owned(),
                    after: step.after.clone(),
                    awaited: awaited(step),
                    undo: undo_words(&step.undo),
                    since: state.since,
                    due: state.due,
                    settled: state.settled,
                    late: state.is_late && state.status.is_open(),
                    event: some(&state.cause).filter(|cause| cause.starts_with("evt_")),
                    actor: some(&state.actor),
                    note: some(&state.note),
                })
                .collect()
        })
        .unwrap_or_default();
    let notes = processes::notes_of(tx, &loaded.row.id)?
        .into_iter()
        .map(|note| {
            let time = Instant::from_microseconds(note.time);
            (time, note.actor, note.action, note.step, note.reason)
        })
        .collect();
    Ok(ProcessDetail {
        row: row_of(context, loaded),
        starter: loaded.row.starter.clone(),
        reason: some(&loaded.row.reason),
        chain: loaded.row.correlation.clone(),
        steps,
        notes,
    })
}

/// The definitions in force with their figures.
fn kinds(tx: &mut Tx<'_>, context: &Context) -> Result<Vec<ProcessKind>, AppFault> {
    let counts = processes::counts(tx)?;
    let book = &context.books.processes;
    Ok(book
        .newest()
        .into_iter()
        .map(|definition| kind_of(definition, &counts))
        .collect())
}

fn kind_of(definition: &Definition, counts: &[processes::StepCount]) -> ProcessKind {
    let own: Vec<&processes::StepCount> = counts
        .iter()
        .filter(|count| count.name == definition.name)
        .collect();
    let first = definition
        .steps
        .first()
        .map_or("", |step| step.name.as_str());
    // Every instance has the first step of its definition exactly once.
    let sum = |statuses: &[&str]| {
        own.iter()
            .filter(|count| count.step == first && statuses.contains(&count.status.as_str()))
            .map(|count| count.count)
            .sum()
    };
    let mut open_versions: Vec<i64> = own
        .iter()
        .filter(|count| matches!(count.status.as_str(), "running" | "cancelling"))
        .map(|count| count.version)
        .collect();
    open_versions.dedup();
    let steps = definition
        .steps
        .iter()
        .map(|step| {
            let at =
                |wanted: &dyn Fn(&processes::StepCount) -> bool| -> Vec<&processes::StepCount> {
                    own.iter()
                        .copied()
                        .filter(|count| count.step == step.name && wanted(count))
                        .collect()
                };
            let open = at(&|count| {
                count.status == "running"
                    && matches!(count.step_status.as_str(), "waiting" | "asked")
            });
            let done =
                at(&|count| matches!(count.step_status.as_str(), "done" | "skipped" | "kept"));
            StepsOfKind {
                name: step.name.clone(),
                title: step.title.clone(),
                kind: step.kind().as_str().to_owned(),
                after: step.after.clone(),
                awaited: awaited(step),
                deadline: duration_words(step.deadline.within),
                undo: undo_words(&step.undo),
                waiting: open.iter().map(|count| count.count).sum(),
                late: open.iter().map(|count| count.late).sum(),
                done: done.iter().map(|count| count.count).sum(),
            }
        })
        .collect();
    ProcessKind {
        name: definition.name.clone(),
        title: definition.title.clone(),
        purpose: definition.purpose.clone(),
        version: definition.version,
        open_versions,
        open: sum(&["running", "cancelling"]),
        done: sum(&["done"]),
        ended: sum(&["cancelled", "stopped"]),
        steps,
    }
}

impl App {
    /// The definitions in force, each with how many instances stand where.
    ///
    /// # Errors
    /// When the store fails.
    pub fn process_kinds(&self) -> Result<Vec<ProcessKind>, AppFault> {
        let context = self.context(super::ACTOR);
        self.store().read(move |tx| kinds(tx, &context))
    }

    /// Instances, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn process_list(
        &self,
        selection: &ProcessSelection,
        cursor: Option<&str>,
    ) -> Result<Page<ProcessRow>, AppFault> {
        let context = self.context(super::ACTOR);
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let filter = ProcessFilter {
            name: text(&selection.name),
            status: text(&selection.status),
            step: text(&selection.step),
            trouble: selection.trouble,
        };
        let before = cursor.unwrap_or_default().to_owned();
        self.store().read(move |tx| {
            let mut rows = processes::newest(tx, &filter, &before, PAGE + 1)?;
            let more = rows.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
            rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
            let next = rows.last().filter(|_| more).map(|row| row.id.clone());
            let loaded = keep::load_rows(tx, &context, rows)?;
            let items = loaded.iter().map(|it| row_of(&context, it)).collect();
            Ok(Page { items, next })
        })
    }

    /// One instance.
    ///
    /// # Errors
    /// When the store fails.
    pub fn process(&self, id: &str) -> Result<Option<ProcessDetail>, AppFault> {
        let context = self.context(super::ACTOR);
        let id = id.to_owned();
        self.store()
            .read(move |tx| match keep::load(tx, &context, &id)? {
                Some(loaded) => detail_of(tx, &context, &loaded).map(Some),
                None => Ok(None),
            })
    }

    /// The instances of a chain, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn processes_of_chain(&self, correlation: &str) -> Result<Vec<ProcessDetail>, AppFault> {
        let context = self.context(super::ACTOR);
        let correlation = correlation.to_owned();
        self.store().read(move |tx| {
            let mut found = Vec::new();
            let rows = processes::of_chain(tx, &correlation)?;
            for loaded in keep::load_rows(tx, &context, rows)? {
                found.push(detail_of(tx, &context, &loaded)?);
            }
            Ok(found)
        })
    }

    /// How long approvals were waited for, of those decided since an instant.
    ///
    /// # Errors
    /// When the store fails.
    pub fn gate_waits(&self, since: Instant) -> Result<Vec<GateWait>, AppFault> {
        let since = since.microseconds();
        let rows = self
            .store()
            .read(move |tx| processes::waits_of_kind(tx, "approval", since))?;
        let mut by_gate: std::collections::BTreeMap<(String, String), Vec<i64>> =
            std::collections::BTreeMap::new();
        for (process, step, wait) in rows {
            by_gate.entry((process, step)).or_default().push(wait);
        }
        Ok(by_gate
            .into_iter()
            .map(|((process, step), mut waits)| {
                waits.sort_unstable();
                GateWait {
                    process,
                    step,
                    count: i64::try_from(waits.len()).unwrap_or(i64::MAX),
                    median_seconds: control::dwell::percentile(&waits, 50).unwrap_or(0) / 1_000_000,
                    p95_seconds: control::dwell::percentile(&waits, 95).unwrap_or(0) / 1_000_000,
                }
            })
            .collect())
    }
}
