//! Exceptions: opened with a value, an owner and a term, cleared when a later run of the same key
//! succeeds, resolved by a person with a reason. What can run again is resolved only once it has
//! been confirmed; until then it is being verified.

pub mod batch;
pub mod dispute;
pub mod escalation;
pub mod fix;
pub mod handling;
pub mod incident;
mod place;

use crate::command::{Answer, AssignException, ResolveException};
use crate::record::{Context, Fact, Recorder};
use crate::{AppFault, Refusal};
use control::exception_case::{CaseKind, OutcomeCode};
use control::exception_service::{ServiceLevel, terms};
use control::{ExceptionClass, ExceptionStatus, Role, exception_fingerprint as alike};
use events::{Event, ExceptionAssigned, ExceptionOpened, ExceptionResolved};
use serde_json::json;
use store::Tx;
use store::exceptions::{self, ExceptionRow, cases, trail};
use values::{CorrelationId, EntityId, ExceptionId, Instant, Money, Zone};

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
    if let Some(row) = exceptions::open_about(tx, &new.key)? {
        return refresh(tx, context, row, new);
    }
    let id = ExceptionId::mint(&*context.ids, context.now);
    let correlation = new
        .correlation
        .clone()
        .unwrap_or_else(|| context.new_chain());
    let (summary, value, entity) = (new.summary.clone(), new.value, new.entity.clone());
    let row = new_row(tx, context, &id, &correlation, new)?;
    let (class, owner) = (row.class.clone(), row.owner.clone());
    ExceptionRow::insert(tx, &[row])?;
    let event = Event::ExceptionOpened(ExceptionOpened {
        exception: id.clone(),
        class,
        summary,
        value,
        owner,
    });
    record(tx, context, correlation, &id, entity.parse().ok(), event)?;
    Ok(id)
}

fn new_row(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &ExceptionId,
    correlation: &CorrelationId,
    new: NewException<'_>,
) -> Result<ExceptionRow, AppFault> {
    let place = place::of(tx, context, &new)?;
    let class = class_of(new.class);
    let terms = terms(&class.service(), context.now);
    let (amount, currency) = stake(new.value);
    let fingerprint =
        alike::fingerprint(new.class, &place.connection, &place.operation, &place.cause);
    Ok(ExceptionRow {
        id: id.as_str().to_owned(),
        key: new.key,
        class: new.class.to_owned(),
        summary: new.summary,
        detail: new.detail,
        payload: new.payload,
        customer: new.customer,
        document: new.document,
        entity: new.entity,
        measure: new.measure,
        amount,
        currency,
        owner: class.owner().title().to_owned(),
        status: ExceptionStatus::Open.as_str().to_owned(),
        resolution: String::new(),
        correlation: correlation.as_str().to_owned(),
        opened: context.now.microseconds(),
        resolved: 0,
        incident: cases::incident_of_group(tx, &fingerprint)?,
        fingerprint,
        connection: place.connection,
        operation: place.operation,
        cause: place.cause,
        period: place.period,
        severity: class.severity().as_str().to_owned(),
        assignee: String::new(),
        respond_due: terms.respond_due.microseconds(),
        due: terms.due.microseconds(),
        responded: 0,
        level: 0,
        escalated_to: String::new(),
        escalate_at: terms.respond_due.microseconds(),
        outcome_code: String::new(),
        resolved_by: String::new(),
    })
}

/// The same thing stopped again, or looks different now. Whoever has it keeps it, unless another role
/// owns what it has become; its terms go on from when it was opened.
fn refresh(
    tx: &mut Tx<'_>,
    context: &Context,
    mut row: ExceptionRow,
    new: NewException<'_>,
) -> Result<ExceptionId, AppFault> {
    let id = crate::fault::stored_value("exception id", &row.id)?;
    let place = place::of(tx, context, &new)?;
    let was_alone = row.fingerprint == alike::alone(&row.class, &row.id);
    if row.class != new.class {
        let class = class_of(new.class);
        row.owner = class.owner().title().to_owned();
        row.severity = class.severity().as_str().to_owned();
        let text = format!("was {}, is {}", row.class, new.class);
        trail::add(
            tx,
            &subject(&row.id),
            context.now.microseconds(),
            &context.actor,
            "changed",
            &text,
        )?;
    }
    row.class = new.class.to_owned();
    row.fingerprint = if was_alone {
        alike::alone(&row.class, &row.id)
    } else {
        alike::fingerprint(new.class, &place.connection, &place.operation, &place.cause)
    };
    (row.connection, row.operation, row.cause) = (place.connection, place.operation, place.cause);
    (row.summary, row.detail, row.payload) = (new.summary, new.detail, new.payload);
    (row.amount, row.currency) = stake(new.value);
    let status = status_of(&row)?;
    let after = control::stopped_again(status, !row.assignee.is_empty(), row.responded > 0);
    if after != status {
        row.status = after.as_str().to_owned();
        note(tx, context, &row, "stopped_again", &row.detail)?;
    }
    exceptions::update(tx, &row)?;
    Ok(id)
}

/// The class of a word that is in the program or in books that a later version wrote: what we do not
/// know belongs to the controller and blocks the close.
pub(crate) fn class_of(word: &str) -> ExceptionClass {
    ExceptionClass::from_code(word).unwrap_or(ExceptionClass::TieOutBreak)
}

pub(crate) fn service_of(row: &ExceptionRow) -> ServiceLevel {
    class_of(&row.class).service()
}

fn stake(value: Option<Money>) -> (i64, String) {
    value.map_or((0, String::new()), |value| {
        (value.minor, value.currency.code().to_owned())
    })
}

/// What is at stake, where it has a value.
pub(crate) fn value_of(row: &ExceptionRow) -> Option<Money> {
    let currency = row.currency.parse().ok()?;
    Some(Money::from_minor(row.amount, currency))
}

pub(crate) fn status_of(row: &ExceptionRow) -> Result<ExceptionStatus, AppFault> {
    ExceptionStatus::from_word(&row.status).ok_or_else(|| AppFault::Unreadable {
        what: "exception",
        error: format!("status {:?}", row.status),
    })
}

/// The subject of an exception's trail.
pub(crate) fn subject(id: &str) -> String {
    format!("exception/{id}")
}

pub(crate) fn note(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &ExceptionRow,
    action: &str,
    detail: &str,
) -> Result<(), AppFault> {
    let now = context.now.microseconds();
    Ok(trail::add(
        tx,
        &subject(&row.id),
        now,
        &context.actor,
        action,
        detail,
    )?)
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
    let code = class_of(&row.class).case().usual(true);
    close(tx, context, row, "mended", code, reason)?;
    Ok(true)
}

/// `resolve_exception`. What was mended and can run again is verified first.
///
/// # Errors
/// When there is no such open exception, the reason is empty, or the outcome is not a word for one.
pub fn resolve(
    tx: &mut Tx<'_>,
    context: &Context,
    command: &ResolveException,
) -> Result<Answer, AppFault> {
    let reason = reason_of(&command.reason)?;
    if !matches!(command.outcome.as_str(), "mended" | "skipped") {
        let message = format!(
            "{:?} is no outcome; use mended (the cause is gone) or skipped (it stays as it is)",
            command.outcome
        );
        return Err(Refusal::field("bad_outcome", "outcome", message).into());
    }
    let row = open_row(tx, command.exception.as_str())?;
    let case = class_of(&row.class).case();
    if case == CaseKind::DisputedInvoice {
        let message =
            "an exception about a disputed invoice ends with its dispute: resolve the dispute";
        return Err(Refusal::whole("is_a_dispute", message).into());
    }
    let mended = command.outcome == "mended";
    let code = code_of(case, mended, command.code.as_deref())?;
    let waits = mended && crate::retry::runs_again(tx, &row)?;
    if waits {
        let mut row = row.clone();
        row.outcome_code = code.as_str().to_owned();
        verify(tx, context, &mut row, reason)?;
    } else {
        close(tx, context, row.clone(), &command.outcome, code, reason)?;
    }
    crate::retry::follow(tx, context, &row, &command.outcome, reason)?;
    let status = if waits { "verifying" } else { "resolved" };
    Ok(json!({ "exception": command.exception, "status": status, "code": code }))
}

/// Marks an exception as running again.
pub(crate) fn verify(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &mut ExceptionRow,
    reason: &str,
) -> Result<(), AppFault> {
    row.status = control::verify(status_of(row)?)
        .map_err(refused)?
        .as_str()
        .to_owned();
    respond(row, context.now);
    exceptions::update(tx, row)?;
    note(tx, context, row, "runs_again", reason)
}

fn code_of(case: CaseKind, mended: bool, asked: Option<&str>) -> Result<OutcomeCode, Refusal> {
    let Some(word) = asked else {
        return Ok(case.usual(mended));
    };
    let fitting = || {
        case.codes()
            .iter()
            .filter(|code| code.does_work() == mended)
    };
    match OutcomeCode::from_word(word) {
        Some(code) if fitting().any(|known| *known == code) => Ok(code),
        _ => {
            let known: Vec<&str> = fitting().map(|code| code.as_str()).collect();
            let message = format!(
                "{word:?} is no outcome code here; use one of: {}",
                known.join(", ")
            );
            Err(Refusal::field("bad_outcome_code", "code", message))
        }
    }
}

pub(crate) fn reason_of(text: &str) -> Result<&str, Refusal> {
    let reason = text.trim();
    if reason.is_empty() {
        return Err(Refusal::field(
            "reason_missing",
            "reason",
            "say in a few words why; it is kept for the auditor",
        ));
    }
    Ok(reason)
}

/// `assign_exception`: a role becomes the owner, a person takes it in the name of the owner.
///
/// # Errors
/// When there is no such open exception or the owner is empty.
pub fn assign(
    tx: &mut Tx<'_>,
    context: &Context,
    command: &AssignException,
) -> Result<Answer, AppFault> {
    let owner = command.owner.trim();
    if owner.is_empty() || owner.len() > 80 {
        return Err(Refusal::field(
            "bad_owner",
            "owner",
            "name a role or a person in at most 80 letters",
        )
        .into());
    }
    let mut row = open_row(tx, command.exception.as_str())?;
    let previous = in_hand(&row).to_owned();
    row.status = control::assign(status_of(&row)?, owner)
        .map_err(refused)?
        .as_str()
        .to_owned();
    match role_named(owner) {
        Some(role) => (row.owner, row.assignee) = (role.title().to_owned(), String::new()),
        None => row.assignee = owner.to_owned(),
    }
    respond(&mut row, context.now);
    exceptions::update(tx, &row)?;
    note(
        tx,
        context,
        &row,
        "assigned",
        &format!("from {previous} to {}", in_hand(&row)),
    )?;
    let event = Event::ExceptionAssigned(ExceptionAssigned {
        exception: command.exception.clone(),
        class: row.class.clone(),
        owner: row.owner.clone(),
        assignee: (!row.assignee.is_empty()).then(|| row.assignee.clone()),
        previous: Some(previous),
        reason: None,
    });
    record_about(tx, context, &row, event)?;
    Ok(json!({ "exception": command.exception, "status": row.status, "owner": in_hand(&row) }))
}

/// The person who has it in hand, else the role that owns it.
pub(crate) fn in_hand(row: &ExceptionRow) -> &str {
    if row.assignee.is_empty() {
        &row.owner
    } else {
        &row.assignee
    }
}

/// The role that a word or a title names.
pub(crate) fn role_named(text: &str) -> Option<Role> {
    Role::ALL
        .into_iter()
        .find(|role| role.as_str() == text || role.title().eq_ignore_ascii_case(text))
}

/// Notes that somebody looked at it: from here on the term of settlement counts.
pub(crate) fn respond(row: &mut ExceptionRow, now: Instant) {
    if row.responded == 0 {
        row.responded = now.microseconds();
        if row.level == 0 && row.escalate_at > 0 {
            row.escalate_at = row.due;
        }
    }
}

pub(crate) fn refused(refusal: control::ExceptionRefusal) -> AppFault {
    Refusal::whole("already_resolved", refusal.to_string()).into()
}

pub(crate) fn open_row(tx: &mut Tx<'_>, id: &str) -> Result<ExceptionRow, AppFault> {
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

pub(crate) fn close(
    tx: &mut Tx<'_>,
    context: &Context,
    mut row: ExceptionRow,
    outcome: &str,
    code: OutcomeCode,
    reason: &str,
) -> Result<(), AppFault> {
    let was_chosen = row.status == "verifying" && !row.outcome_code.is_empty();
    row.status = "resolved".to_owned();
    row.resolution = format!("{outcome}: {reason} ({})", context.actor);
    row.resolved = context.now.microseconds();
    row.resolved_by = context.actor.clone();
    if !was_chosen {
        row.outcome_code = code.as_str().to_owned();
    }
    row.escalate_at = 0;
    exceptions::update(tx, &row)?;
    let text = format!("{outcome}, {}: {reason}", row.outcome_code);
    note(tx, context, &row, "resolved", &text)?;
    let id: ExceptionId = crate::fault::stored_value("exception id", &row.id)?;
    let event = Event::ExceptionResolved(ExceptionResolved {
        exception: id,
        outcome: outcome.to_owned(),
        reason: reason.to_owned(),
    });
    record_about(tx, context, &row, event)?;
    incident::close_when_done(tx, context, &row.incident)
}

pub(crate) fn record_about(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &ExceptionRow,
    event: Event,
) -> Result<(), AppFault> {
    let id: ExceptionId = crate::fault::stored_value("exception id", &row.id)?;
    let correlation = crate::fault::stored_value("chain id", &row.correlation)?;
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
