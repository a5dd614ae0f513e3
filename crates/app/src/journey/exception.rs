//! Exceptions: opened with a value and an owner, cleared when a later run of the same key succeeds,
//! resolved by a person with a reason.

use crate::command::{Answer, AssignException, ResolveException};
use crate::record::{Context, Fact, Recorder};
use crate::{AppFault, Refusal};
use control::ExceptionClass;
use events::{Event, ExceptionOpened, ExceptionResolved};
use serde_json::json;
use store::Tx;
use store::exceptions::{self, ExceptionRow};
use values::{CorrelationId, EntityId, ExceptionId, Money, Zone};

/// What is wrong, before it has an id.
#[derive(Debug, Clone, Default)]
pub struct NewException<'a> {
    /// What it is about: at most one open exception a key.
    pub key: String,
    /// Class word of [`ExceptionClass`].
    pub class: &'a str,
    /// What is wrong, in the words of the trade.
    pub summary: String,
    /// The check that failed, with its facts.
    pub detail: String,
    /// The payload, or empty.
    pub payload: String,
    /// Customer id or name, or empty.
    pub customer: String,
    /// Document or outside object, or empty.
    pub document: String,
    /// Legal entity, or empty.
    pub entity: String,
    /// The tie-out measure whose difference it names, or empty.
    pub measure: String,
    /// What is at stake; positive when the expected figure is the larger one.
    pub value: Option<Money>,
    /// Chain; a new one when absent.
    pub correlation: Option<CorrelationId>,
}

/// Opens an exception, or refreshes the open one about the same key.
///
/// # Errors
/// When the store fails.
pub fn open(
    tx: &mut Tx<'_>,
    context: &Context,
    new: NewException<'_>,
) -> Result<ExceptionId, AppFault> {
    let owner =
        ExceptionClass::from_code(new.class).map_or("Controller", |class| class.owner().title());
    let (amount, currency) = new.value.map_or((0, String::new()), |value| {
        (value.minor, value.currency.code().to_owned())
    });
    if let Some(mut row) = exceptions::open_about(tx, &new.key)? {
        let id = crate::fault::stored_value("exception id", &row.id)?;
        if row.class != new.class {
            row.owner = owner.to_owned();
        }
        row.class = new.class.to_owned();
        (row.summary, row.detail, row.payload) = (new.summary, new.detail, new.payload);
        (row.amount, row.currency) = (amount, currency);
        exceptions::update(tx, &row)?;
        return Ok(id);
    }
    let id = ExceptionId::mint(&*context.ids, context.now);
    let correlation = new.correlation.unwrap_or_else(|| context.new_chain());
    let row = ExceptionRow {
        id: id.as_str().to_owned(),
        key: new.key,
        class: new.class.to_owned(),
        summary: new.summary.clone(),
        detail: new.detail,
        payload: new.payload,
        customer: new.customer,
        document: new.document,
        entity: new.entity.clone(),
        measure: new.measure,
        amount,
        currency,
        owner: owner.to_owned(),
        status: "open".to_owned(),
        resolution: String::new(),
        correlation: correlation.as_str().to_owned(),
        opened: context.now.microseconds(),
        resolved: 0,
    };
    ExceptionRow::insert(tx, &[row])?;
    let event = Event::ExceptionOpened(ExceptionOpened {
        exception: id.clone(),
        class: new.class.to_owned(),
        summary: new.summary,
        value: new.value,
        owner: owner.to_owned(),
    });
    record(
        tx,
        context,
        correlation,
        &id,
        new.entity.parse().ok(),
        event,
    )?;
    Ok(id)
}

/// Closes the open exception about `key` because a later run of the same key succeeded. Returns
/// whether there was one.
///
/// # Errors
/// When the store fails.
pub fn clear(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    reason: &str,
) -> Result<bool, AppFault> {
    let Some(row) = exceptions::open_about(tx, key)? else {
        return Ok(false);
    };
    close(tx, context, row, "mended", reason)?;
    Ok(true)
}

/// `resolve_exception`.
///
/// # Errors
/// When there is no such open exception, the reason is empty, or the outcome is not a word for one.
pub fn resolve(
    tx: &mut Tx<'_>,
    context: &Context,
    command: &ResolveException,
) -> Result<Answer, AppFault> {
    if command.reason.trim().is_empty() {
        return Err(Refusal::field(
            "reason_missing",
            "reason",
            "say in a few words why this is resolved",
        )
        .into());
    }
    if !matches!(command.outcome.as_str(), "mended" | "skipped") {
        let message = format!(
            "{:?} is no outcome; use mended (the cause is gone) or skipped (it stays as it is)",
            command.outcome
        );
        return Err(Refusal::field("bad_outcome", "outcome", message).into());
    }
    let row = open_row(tx, command.exception.as_str())?;
    close(tx, context, row.clone(), &command.outcome, &command.reason)?;
    crate::retry::follow(tx, context, &row, &command.outcome, &command.reason)?;
    Ok(json!({ "exception": command.exception, "status": "resolved" }))
}

/// `assign_exception`.
///
/// # Errors
/// When there is no such open exception or the owner is empty.
pub fn assign(
    tx: &mut Tx<'_>,
    _context: &Context,
    command: &AssignException,
) -> Result<Answer, AppFault> {
    if command.owner.trim().is_empty() || command.owner.len() > 80 {
        return Err(Refusal::field(
            "bad_owner",
            "owner",
            "name a role or a person in at most 80 letters",
        )
        .into());
    }
    let mut row = open_row(tx, command.exception.as_str())?;
    row.owner = command.owner.trim().to_owned();
    row.status = "assigned".to_owned();
    exceptions::update(tx, &row)?;
    Ok(json!({ "exception": command.exception, "status": "assigned", "owner": row.owner }))
}

fn open_row(tx: &mut Tx<'_>, id: &str) -> Result<ExceptionRow, AppFault> {
    let row = exceptions::exception(tx, id)?.ok_or_else(|| AppFault::NotFound {
        kind: "exception",
        id: id.to_owned(),
    })?;
    if row.status == "resolved" {
        let message = format!("exception {id} is resolved already: {}", row.resolution);
        return Err(Refusal::whole("already_resolved", message).into());
    }
    Ok(row)
}

fn close(
    tx: &mut Tx<'_>,
    context: &Context,
    mut row: ExceptionRow,
    outcome: &str,
    reason: &str,
) -> Result<(), AppFault> {
    row.status = "resolved".to_owned();
    row.resolution = format!("{outcome}: {reason} ({})", context.actor);
    row.resolved = context.now.microseconds();
    exceptions::update(tx, &row)?;
    let id: ExceptionId = crate::fault::stored_value("exception id", &row.id)?;
    let correlation = crate::fault::stored_value("chain id", &row.correlation)?;
    let event = Event::ExceptionResolved(ExceptionResolved {
        exception: id.clone(),
        outcome: outcome.to_owned(),
        reason: reason.to_owned(),
    });
    record(
        tx,
        context,
        correlation,
        &id,
        row.entity.parse().ok(),
        event,
    )
}

fn record(
    tx: &mut Tx<'_>,
    context: &Context,
    correlation: CorrelationId,
    id: &ExceptionId,
    entity: Option<EntityId>,
    event: Event,
) -> Result<(), AppFault> {
    let key = format!("{id}/{}", event.type_name());
    let mut recorder = Recorder::new(context, correlation, "/control", &key);
    let fact = Fact {
        subject: format!("exception/{id}"),
        partition: format!("exception/{id}"),
        entity,
        effective: Zone::utc().date_at(context.now),
        happened: context.now,
    };
    recorder.event(fact, event);
    recorder.finish(tx)
}
