//! What people do to processes: start one, decide, give more time, skip, cancel with undo, and put
//! a new version of a definition in force.

use super::facts::Happening;
use super::keep::{self, Loaded};
use super::{close_exceptions, read_definition, work};
use crate::Refusal;
use crate::command::Answer;
use crate::fault::{AppFault, stored_value};
use crate::journey::document;
use crate::record::Context;
use control::process::machine::{self, Hand};
use control::process::{Definition, Occurrence, ProcessRefusal, ProcessStatus};
use events::{Event, ProcessStarted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use store::processes::{self, NoteRow};
use store::{Tx, documents, payments, settings};
use values::{Currency, EntityId, Instant, Money, Month, ProcessId};

/// Body of `start_process`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartProcess {
    /// Its id; minted when absent.
    #[serde(default)]
    pub id: Option<ProcessId>,
    /// The definition, such as `refund`.
    pub process: String,
    /// The facts that it asks for, such as `payment` and `reason`.
    #[serde(default)]
    pub facts: BTreeMap<String, String>,
}

/// Body of `decide_process`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideProcess {
    /// The instance.
    pub process: ProcessId,
    /// The step that waits for approval.
    pub step: String,
    /// `approve` or `deny`; a denial takes back what was done.
    pub decision: String,
    /// Why.
    pub reason: String,
}

/// Body of `extend_process`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendProcess {
    /// The instance.
    pub process: ProcessId,
    /// The step that waits.
    pub step: String,
    /// The new deadline, such as `2026-03-01T12:00:00Z`.
    #[schemars(with = "String")]
    pub until: Instant,
    /// Why.
    pub reason: String,
}

/// Body of `skip_process_step`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SkipProcessStep {
    /// The instance.
    pub process: ProcessId,
    /// The step that waits.
    pub step: String,
    /// Why.
    pub reason: String,
}

/// Body of `cancel_process`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelProcess {
    /// The instance; what it did is taken back, last first.
    pub process: ProcessId,
    /// Why.
    pub reason: String,
}

/// Body of `publish_process`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishProcess {
    /// The definition in TOML, with a version above the present one.
    pub toml: String,
}

fn refused(refusal: &ProcessRefusal) -> AppFault {
    Refusal::whole(refusal.code(), refusal.to_string()).into()
}

fn load(tx: &mut Tx<'_>, context: &Context, id: &ProcessId) -> Result<Loaded, AppFault> {
    settings::take_turn(tx, &format!("process/{id}"))?;
    keep::load(tx, context, id.as_str())?.ok_or_else(|| AppFault::NotFound {
        kind: "process",
        id: id.to_string(),
    })
}

fn definition<'c>(context: &'c Context, loaded: &Loaded) -> Result<&'c Definition, AppFault> {
    loaded
        .definition(context)
        .ok_or_else(|| AppFault::NotFound {
            kind: "process definition",
            id: loaded.row.name.clone(),
        })
}

/// Writes what a person did, with the note of it, and answers where the instance stands.
fn put_down(
    tx: &mut Tx<'_>,
    context: &Context,
    loaded: Loaded,
    action: &str,
    step: &str,
    reason: &str,
) -> Result<Answer, AppFault> {
    let id = loaded.row.id.clone();
    let status = loaded.instance.status;
    note(tx, context, &id, action, step, reason)?;
    let settled = keep::save(tx, context, loaded)?;
    close_exceptions(tx, context, &settled)?;
    Ok(json!({ "process": id, "status": status.as_str() }))
}

fn note(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &str,
    action: &str,
    step: &str,
    reason: &str,
) -> Result<(), AppFault> {
    let position = processes::notes_of(tx, id)?.len();
    let row = NoteRow {
        process: id.to_owned(),
        position: i64::try_from(position).unwrap_or(0) + 1,
        time: context.now.microseconds(),
        actor: context.actor.clone(),
        action: action.to_owned(),
        step: step.to_owned(),
        reason: reason.trim().to_owned(),
    };
    Ok(NoteRow::insert(tx, &[row])?)
}

/// `start_process`.
pub(crate) fn start_by_hand(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &StartProcess,
) -> Result<Answer, AppFault> {
    let book = &context.books.processes;
    let by_hand = book
        .current(&body.process)
        .and_then(|found| found.by_hand.as_ref().map(|needs| (found, needs)));
    let Some((definition, needs)) = by_hand else {
        let known: Vec<&str> = book
            .newest()
            .into_iter()
            .filter(|found| found.by_hand.is_some())
            .map(|found| found.name.as_str())
            .collect();
        let message = format!(
            "{:?} is no process that is started by hand; use one of: {}",
            body.process,
            known.join(", ")
        );
        return Err(Refusal::field("unknown_process", "process", message).into());
    };
    let given = |name: &String| {
        body.facts
            .get(name)
            .is_some_and(|text| !text.trim().is_empty())
    };
    if !needs.iter().all(given) {
        return Err(refused(&ProcessRefusal::InputMissing {
            process: definition.title.clone(),
            needs: needs.join(" and "),
        }));
    }
    let (happening, correlation) = happening_of(tx, context, body)?;
    let id = body
        .id
        .clone()
        .unwrap_or_else(|| super::new_id(&*context.ids, context.now));
    let subject = happening
        .keys
        .iter()
        .find(|key| key.0 == definition.subject)
        .map_or_else(|| id.to_string(), |key| key.1.clone());
    if processes::process(tx, id.as_str())?.is_some() {
        let message = format!("there is a process {id} already; leave the id out to get a new one");
        return Err(Refusal::field("process_exists", "id", message).into());
    }
    for running in processes::running_about(tx, &definition.subject, &subject)? {
        if running.name == definition.name {
            let message = format!("process {} is under way for {subject} already", running.id);
            return Err(Refusal::whole("process_under_way", message).into());
        }
    }
    let occurrence = Occurrence {
        signal: &happening.signal,
        keys: &happening.keys,
        facts: &happening.facts,
        event: "",
        actor: &context.actor,
        at: context.now,
    };
    let instance = machine::start(definition, id.to_string(), subject, &occurrence);
    let correlation = correlation.unwrap_or_else(|| context.new_chain().as_str().to_owned());
    let loaded = keep::fresh(context, definition, instance, &happening, &correlation)?;
    let reason = body.facts.get("reason").cloned().unwrap_or_default();
    say_started(tx, context, key, &loaded, definition)?;
    put_down(tx, context, loaded, "started", "", &reason)
}

fn say_started(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    loaded: &Loaded,
    definition: &Definition,
) -> Result<(), AppFault> {
    let waits = definition
        .steps
        .iter()
        .zip(&loaded.instance.steps)
        .find(|(_, state)| state.status.is_open());
    let event = ProcessStarted {
        process: stored_value("process id", &loaded.row.id)?,
        definition: definition.name.clone(),
        version: definition.version,
        subject: format!("{}/{}", definition.subject, loaded.row.subject),
        step: waits.map_or_else(String::new, |(step, _)| step.name.clone()),
        due: waits.and_then(|(_, state)| state.due),
    };
    work::say(tx, context, loaded, key, Event::ProcessStarted(event))
}

/// What a person gave, with what is known about the objects that it names, and their chain.
fn happening_of(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &StartProcess,
) -> Result<(Happening, Option<String>), AppFault> {
    let mut it = Happening {
        signal: "by hand".to_owned(),
        facts: body.facts.clone(),
        ..Happening::default()
    };
    it.fact("by_hand", "yes");
    let delivers = context.books.routing.deliver_journals;
    it.fact("journals_delivered", if delivers { "yes" } else { "no" });
    let mut correlation = None;
    if let Some(id) = body.facts.get("payment") {
        let row = payments::payment(tx, id)?.ok_or_else(|| AppFault::NotFound {
            kind: "payment",
            id: id.clone(),
        })?;
        let currency: Currency = stored_value("currency", &row.currency)?;
        let asked = match body.facts.get("amount") {
            Some(text) => Money::parse(text, currency)
                .map_err(|error| Refusal::field("bad_amount", "amount", error.to_string()))?,
            None => Money::from_minor(row.unapplied, currency),
        };
        it.key("payment", &row.id);
        it.fact("customer", &row.customer);
        it.fact("entity", &row.entity);
        it.value = Some(asked);
        correlation = Some(row.correlation);
    }
    if let Some(id) = body.facts.get("invoice") {
        let row: documents::DocumentRow = document::invoice(tx, id)?;
        let currency: Currency = stored_value("currency", &row.currency)?;
        it.fact("invoice", &row.id);
        it.key("invoice", &row.id);
        it.fact("customer", &row.customer);
        it.fact("entity", &row.entity);
        it.value = Some(Money::from_minor(row.total, currency));
        correlation = Some(row.correlation);
    }
    if let (Some(entity), Some(month)) = (body.facts.get("entity"), body.facts.get("month")) {
        let entity: EntityId = entity.parse()?;
        context.books.entity(&entity)?;
        let month: Month = month
            .parse()
            .map_err(|_| Refusal::field("bad_month", "month", "write a month such as 2026-01"))?;
        it.key("period", format!("{entity}/{month}"));
        it.fact("last_day", month.last());
    }
    Ok((it, correlation))
}

/// `decide_process`.
pub(crate) fn decide(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &DecideProcess,
) -> Result<Answer, AppFault> {
    let is_granted = match body.decision.as_str() {
        "approve" => true,
        "deny" => false,
        other => {
            let message = format!("{other:?} is no decision; use approve or deny");
            return Err(Refusal::field("bad_decision", "decision", message).into());
        }
    };
    let mut loaded = load(tx, context, &body.process)?;
    let definition = definition(context, &loaded)?;
    let hand = by(context, &body.reason);
    machine::decide(
        definition,
        &mut loaded.instance,
        &body.step,
        is_granted,
        &hand,
    )
    .map_err(|refusal| refused(&refusal))?;
    let action = if is_granted { "approved" } else { "denied" };
    if is_granted {
        return put_down(tx, context, loaded, action, &body.step, &body.reason);
    }
    body.reason.trim().clone_into(&mut loaded.row.reason);
    ended(tx, context, &loaded)?;
    put_down(tx, context, loaded, action, &body.step, &body.reason)
}

fn by<'a>(context: &'a Context, reason: &'a str) -> Hand<'a> {
    Hand {
        actor: &context.actor,
        reason,
        at: context.now,
    }
}

/// `extend_process`.
pub(crate) fn extend(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &ExtendProcess,
) -> Result<Answer, AppFault> {
    let mut loaded = load(tx, context, &body.process)?;
    let definition = definition(context, &loaded)?;
    let hand = by(context, &body.reason);
    machine::extend(
        definition,
        &mut loaded.instance,
        &body.step,
        body.until,
        &hand,
    )
    .map_err(|refusal| refused(&refusal))?;
    put_down(tx, context, loaded, "extended", &body.step, &body.reason)
}

/// `skip_process_step`.
pub(crate) fn skip(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &SkipProcessStep,
) -> Result<Answer, AppFault> {
    let mut loaded = load(tx, context, &body.process)?;
    let definition = definition(context, &loaded)?;
    let hand = by(context, &body.reason);
    machine::skip(definition, &mut loaded.instance, &body.step, &hand)
        .map_err(|refusal| refused(&refusal))?;
    put_down(tx, context, loaded, "skipped", &body.step, &body.reason)
}

/// `cancel_process`.
pub(crate) fn cancel(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &CancelProcess,
) -> Result<Answer, AppFault> {
    let mut loaded = load(tx, context, &body.process)?;
    let definition = definition(context, &loaded)?;
    let hand = by(context, &body.reason);
    machine::cancel(definition, &mut loaded.instance, &hand)
        .map_err(|refusal| refused(&refusal))?;
    body.reason.trim().clone_into(&mut loaded.row.reason);
    ended(tx, context, &loaded)?;
    put_down(tx, context, loaded, "cancelled", "", &body.reason)
}

/// Says so when there was nothing to take back; otherwise the worker says it at the end.
fn ended(tx: &mut Tx<'_>, context: &Context, loaded: &Loaded) -> Result<(), AppFault> {
    if loaded.instance.status == ProcessStatus::Cancelled {
        work::say_cancelled(tx, context, loaded)?;
    }
    Ok(())
}

/// `publish_process`.
pub(crate) fn publish(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &PublishProcess,
) -> Result<Answer, AppFault> {
    let definition = read_definition(&body.toml)
        .map_err(|problems| Refusal::field("bad_process", "toml", problems))?;
    let present = context
        .books
        .processes
        .current(&definition.name)
        .map_or(0, |known| known.version);
    if definition.version <= present {
        let message = format!(
            "version {} of {} is not above the present one, {present}; versions are never changed",
            definition.version, definition.name
        );
        return Err(Refusal::field("version_not_higher", "toml", message).into());
    }
    processes::add_definition(
        tx,
        &definition.name,
        i64::from(definition.version),
        context.now.microseconds(),
        &context.actor,
        &body.toml,
    )?;
    crate::books::changed(tx)?;
    Ok(json!({ "process": definition.name, "version": definition.version }))
}
