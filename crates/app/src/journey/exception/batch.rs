//! One action over many exceptions: begun with the number that the preview showed, worked off in
//! small steps between other work, each with its own outcome, and stopped when somebody says so.

use super::{handling, reason_of};
use crate::command::{
    AcknowledgeException, ActOnExceptions, Answer, AssignException, BatchAction, EscalateException,
    ResolveException, RetryException, StopExceptionBatch, WhichExceptions,
};
use crate::fault::{AppFault, stored, stored_value, to_store};
use crate::journey::exception;
use crate::record::Context;
use crate::{App, Refusal};
use serde_json::json;
use store::Tx;
use store::exceptions::batches::{self, BatchItemRow, BatchRow};
use store::exceptions::groups::{self, Narrowed};

/// Items done in one round of the worker, so that deliveries are not kept waiting.
const A_ROUND: i64 = 200;

/// `act_on_exceptions`.
///
/// # Errors
/// When none is meant, another number than expected, or the action lacks something.
pub fn begin(
    tx: &mut Tx<'_>,
    context: &Context,
    command: &ActOnExceptions,
) -> Result<Answer, AppFault> {
    check(&command.action)?;
    let found = groups::ids(tx, &narrowed(&command.which, context.now.microseconds()))?;
    if found.is_empty() {
        return Err(
            Refusal::field("none_meant", "which", "no open exception is meant by this").into(),
        );
    }
    if found.len() as u64 != command.expected {
        let message = format!(
            "{} exceptions are meant now and {} were shown; look at the preview again",
            found.len(),
            command.expected
        );
        return Err(Refusal::field("changed_since_preview", "expected", message).into());
    }
    let batch = BatchRow {
        id: context.ids.mint("bat", context.now),
        action: word(&command.action).to_owned(),
        body: to_store("action", &command.action)?,
        actor: context.actor.clone(),
        status: "running".to_owned(),
        total: found.len() as i64,
        begun: context.now.microseconds(),
        ended: 0,
    };
    let items: Vec<BatchItemRow> = found
        .into_iter()
        .enumerate()
        .map(|(index, exception)| BatchItemRow {
            batch: batch.id.clone(),
            position: index as i64 + 1,
            exception,
            status: "waiting".to_owned(),
            result: String::new(),
        })
        .collect();
    BatchRow::insert(tx, std::slice::from_ref(&batch))?;
    BatchItemRow::insert(tx, &items)?;
    Ok(json!({ "batch": batch.id, "status": "running", "total": batch.total }))
}

/// `stop_exception_batch`: what is done stays done, what waits is left alone.
///
/// # Errors
/// When there is no such batch or it has ended.
pub fn stop(
    tx: &mut Tx<'_>,
    context: &Context,
    command: &StopExceptionBatch,
) -> Result<Answer, AppFault> {
    let batch = batches::batch(tx, &command.batch)?.ok_or_else(|| AppFault::NotFound {
        kind: "batch",
        id: command.batch.clone(),
    })?;
    if batch.status != "running" {
        let message = format!("batch {} is {} already", batch.id, batch.status);
        return Err(Refusal::whole("batch_ended", message).into());
    }
    batches::end(tx, &batch.id, "cancelled", context.now.microseconds())?;
    Ok(json!({ "batch": batch.id, "status": "cancelled" }))
}

/// What a selection means in the store.
pub(crate) fn narrowed(which: &WhichExceptions, now: i64) -> Narrowed {
    Narrowed {
        fingerprint: which.group.clone(),
        class: which.class.clone(),
        owner: which.owner.clone(),
        status: which.status.clone(),
        incident: which.incident.clone(),
        due_before: if which.overdue { now } else { 0 },
        ..Narrowed::default()
    }
}

fn word(action: &BatchAction) -> &'static str {
    match action {
        BatchAction::Acknowledge => "acknowledge",
        BatchAction::Assign { .. } => "assign",
        BatchAction::Retry => "retry",
        BatchAction::Resolve { .. } => "resolve",
        BatchAction::Escalate { .. } => "escalate",
    }
}

fn check(action: &BatchAction) -> Result<(), Refusal> {
    match action {
        BatchAction::Acknowledge | BatchAction::Retry => Ok(()),
        BatchAction::Assign { owner } if owner.trim().is_empty() => Err(Refusal::field(
            "bad_owner",
            "action.owner",
            "name a role or a person",
        )),
        BatchAction::Assign { .. } => Ok(()),
        BatchAction::Resolve { reason, .. } | BatchAction::Escalate { reason } => {
            reason_of(reason).map(drop)
        }
    }
}

/// Does the next items of the batches that run. Returns how many.
///
/// # Errors
/// When the store fails.
pub(super) fn work(app: &App) -> Result<u64, AppFault> {
    let running = app.store().read(batches::running)?;
    let mut done = 0;
    for batch in running {
        let id = batch.id.clone();
        let items = app
            .store()
            .read(move |tx| batches::waiting(tx, &id, A_ROUND))?;
        if items.is_empty() {
            let id = batch.id.clone();
            app.run(&batch.actor, move |tx, context| {
                Ok(batches::end(tx, &id, "done", context.now.microseconds())?)
            })?;
            continue;
        }
        let action: BatchAction = stored("action", &batch.body)?;
        for item in items {
            one(app, &batch, &action, item)?;
            done += 1;
        }
    }
    Ok(done)
}

/// One item, in a transaction of its own: its refusal is its outcome and stops no other.
fn one(
    app: &App,
    batch: &BatchRow,
    action: &BatchAction,
    item: BatchItemRow,
) -> Result<(), AppFault> {
    let (what, mut row) = (action.clone(), item.clone());
    let outcome = app.run(&batch.actor, move |tx, context| {
        // Somebody stopped the batch, or another process was faster.
        let is_waiting = batches::items(tx, &row.batch, row.position - 1, 1)?
            .first()
            .is_some_and(|now| now.status == "waiting");
        if is_waiting {
            row.result = act(tx, context, &what, &row.exception)?;
            "done".clone_into(&mut row.status);
            batches::settle(tx, &row)?;
        }
        Ok(())
    });
    let refused = match outcome {
        Ok(()) => return Ok(()),
        Err(fault) if fault.is_passing() => return Err(fault),
        Err(fault) => fault.to_string(),
    };
    let mut row = item;
    row.result = refused;
    "refused".clone_into(&mut row.status);
    app.run(&batch.actor, move |tx, _| Ok(batches::settle(tx, &row)?))
}

fn act(
    tx: &mut Tx<'_>,
    context: &Context,
    action: &BatchAction,
    id: &str,
) -> Result<String, AppFault> {
    let exception = stored_value("exception id", id)?;
    let answer = match action {
        BatchAction::Acknowledge => {
            handling::acknowledge(tx, context, &AcknowledgeException { exception })?
        }
        BatchAction::Assign { owner } => {
            let owner = owner.clone();
            exception::assign(tx, context, &AssignException { exception, owner })?
        }
        BatchAction::Retry => handling::retry(tx, context, &RetryException { exception })?,
        BatchAction::Resolve {
            outcome,
            code,
            reason,
        } => {
            let command = ResolveException {
                exception,
                outcome: outcome.clone(),
                code: code.clone(),
                reason: reason.clone(),
            };
            exception::resolve(tx, context, &command)?
        }
        BatchAction::Escalate { reason } => {
            let reason = reason.clone();
            handling::escalate(tx, context, &EscalateException { exception, reason })?
        }
    };
    Ok(answer["status"].as_str().unwrap_or("done").to_owned())
}
