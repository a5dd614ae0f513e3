//! What people do with an exception while it is open: see it, escalate it, take it out of its group,
//! tick off its playbook, try again what it stopped.

use super::{class_of, note, open_row, reason_of, refused, respond, status_of};
use crate::command::{
    AcknowledgeException, Answer, CompletePlaybookStep, EscalateException, RetryException,
    SplitException,
};
use crate::journey::exception::{self, NewException};
use crate::record::Context;
use crate::{AppFault, Refusal};
use control::exception_fingerprint as alike;
use serde_json::json;
use store::exceptions::trail::{self, PlaybookStepRow};
use store::exceptions::{self, groups};
use store::{Tx, inbox};

/// `acknowledge_exception`.
///
/// # Errors
/// When there is no such open exception.
pub fn acknowledge(
    tx: &mut Tx<'_>,
    context: &Context,
    command: &AcknowledgeException,
) -> Result<Answer, AppFault> {
    let mut row = open_row(tx, command.exception.as_str())?;
    row.status = control::acknowledge(status_of(&row)?)
        .map_err(refused)?
        .as_str()
        .to_owned();
    respond(&mut row, context.now);
    exceptions::update(tx, &row)?;
    note(tx, context, &row, "acknowledged", "")?;
    Ok(json!({ "exception": command.exception, "status": row.status }))
}

/// `retry_exception`.
///
/// # Errors
/// A refusal when it is not open, holds nothing that can be tried again, or stops again at once.
pub fn retry(
    tx: &mut Tx<'_>,
    context: &Context,
    command: &RetryException,
) -> Result<Answer, AppFault> {
    let status = crate::retry::again(tx, context, command.exception.as_str())?;
    Ok(json!({ "exception": command.exception, "status": status }))
}

/// `escalate_exception`: to the next role of its chain, now.
///
/// # Errors
/// When there is no such open exception, the reason is empty, or its chain has ended.
pub fn escalate(
    tx: &mut Tx<'_>,
    context: &Context,
    command: &EscalateException,
) -> Result<Answer, AppFault> {
    let reason = reason_of(&command.reason)?;
    let row = open_row(tx, command.exception.as_str())?;
    let Some(row) = super::escalation::raise(tx, context, row, reason)? else {
        let message = "it has been escalated to everybody in its chain";
        return Err(Refusal::whole("chain_ended", message).into());
    };
    Ok(
        json!({ "exception": command.exception, "status": row.status, "level": row.level,
        "escalated_to": row.escalated_to }),
    )
}

/// `complete_playbook_step`.
///
/// # Errors
/// When there is no such open exception or no such step.
pub fn step(
    tx: &mut Tx<'_>,
    context: &Context,
    command: &CompletePlaybookStep,
) -> Result<Answer, AppFault> {
    let mut row = open_row(tx, command.exception.as_str())?;
    let steps = class_of(&row.class).playbook();
    let number = command.step as usize;
    let Some(text) = number.checked_sub(1).and_then(|index| steps.get(index)) else {
        let message = format!("the playbook has the steps 1 to {}", steps.len());
        return Err(Refusal::field("no_such_step", "step", message).into());
    };
    let step = i64::from(command.step);
    if command.done {
        let done = PlaybookStepRow {
            exception: row.id.clone(),
            step,
            actor: context.actor.clone(),
            done: context.now.microseconds(),
        };
        trail::step_done(tx, &done)?;
        note(tx, context, &row, "step_done", &format!("{step}. {text}"))?;
    } else {
        trail::step_undone(tx, &row.id, step)?;
        note(tx, context, &row, "step_undone", &format!("{step}. {text}"))?;
    }
    respond(&mut row, context.now);
    exceptions::update(tx, &row)?;
    let done = trail::steps_of(tx, &row.id)?.len();
    Ok(
        json!({ "exception": command.exception, "step": command.step, "done": command.done,
        "steps_done": done, "steps": steps.len() }),
    )
}

/// `split_exception`: out of its group, or one of its items out of it.
///
/// # Errors
/// When there is no such open exception, it holds no such item, or it stands alone already.
pub fn split(
    tx: &mut Tx<'_>,
    context: &Context,
    command: &SplitException,
) -> Result<Answer, AppFault> {
    let reason = reason_of(&command.reason)?;
    let mut row = open_row(tx, command.exception.as_str())?;
    let Some(item) = &command.item else {
        let alone = alike::alone(&row.class, &row.id);
        if row.fingerprint == alone {
            return Err(Refusal::whole("alone_already", "it stands alone already").into());
        }
        row.fingerprint.clone_from(&alone);
        exceptions::update(tx, &row)?;
        note(tx, context, &row, "split", reason)?;
        return Ok(json!({ "exception": command.exception, "group": alone }));
    };
    let held = groups::items_held(tx, &row.id)?;
    let found = held
        .iter()
        .find(|(source, id)| *item == format!("{source}/{id}"));
    let Some((source, id)) = found.filter(|_| held.len() > 1) else {
        let known: Vec<String> = held.iter().map(|(s, i)| format!("{s}/{i}")).collect();
        let message = format!(
            "an item can be taken out of an exception that holds several; this one holds: {}",
            known.join(", ")
        );
        return Err(Refusal::field("no_such_item", "item", message).into());
    };
    let Some(item) = inbox::item(tx, source, id)? else {
        return Err(AppFault::NotFound {
            kind: "inbox item",
            id: item.clone(),
        });
    };
    let new = NewException {
        key: format!("inbox/{source}/{id}"),
        class: &row.class,
        summary: row.summary.clone(),
        detail: format!("{reason}; {}", row.detail),
        payload: String::from_utf8_lossy(&item.raw).into_owned(),
        customer: row.customer.clone(),
        document: id.clone(),
        entity: row.entity.clone(),
        ..NewException::default()
    };
    let own = exception::open(tx, context, new)?;
    inbox::postpone(tx, source, id, &format!("held by {own}"), inbox::HELD, "")?;
    note(
        tx,
        context,
        &row,
        "split",
        &format!("{source}/{id} to {own}: {reason}"),
    )?;
    Ok(json!({ "exception": command.exception, "split": own }))
}
