//! The forms on the page of one exception.

use super::{ExceptionPage, admitted};
use crate::console::ConsoleState;
use crate::console::entry::led_to;
use crate::console::frame::Place;
use crate::console::paths::segment;
use crate::console::respond::{Answer, Seat, Stop, draw_as, page};
use crate::console::source::{ResolveOutcome, Source, SourceFault};
use app::command::Command;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

/// Longest reason that is kept, in characters.
const REASON_LONGEST: usize = 2_000;

/// The form that ends an exception.
#[derive(Debug, Deserialize)]
pub(in crate::console) struct ResolveForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    reason: String,
}

pub(in crate::console) async fn resolve(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(form): Form<ResolveForm>,
) -> Response {
    page(state, seat, Place::Exceptions, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let refused = |refusal: String| {
            let mut again = ExceptionPage::read(source, frame.clone(), &id)?;
            again.refusal = Some(refusal);
            again.typed.clone_from(&form.reason);
            draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
        };
        let (outcome, reason) = match checked(&form) {
            Ok(checked) => checked,
            Err(refusal) => return refused(refusal),
        };
        let known = source.exception(&id)?;
        let code = known.and_then(|found| {
            let codes = found.work.codes;
            codes.into_iter().find(|choice| choice.code == form.code)
        });
        // A code says by itself whether the work is done; without one the choice of the form does.
        match (outcome, code) {
            (ResolveOutcome::Settle | ResolveOutcome::Reject, Some(code)) => {
                let outcome = if code.does_work { "mended" } else { "skipped" };
                let body = json!({ "exception": id, "outcome": outcome, "code": code.code, "reason": reason });
                perform(source, "resolve_exception", body, &actor)?;
            }
            _ => source.resolve_exception(&id, outcome, &reason, &actor)?,
        }
        Ok(Answer::Go(format!("/exceptions/{}", segment(&id))))
    })
    .await
}

fn checked(form: &ResolveForm) -> Result<(ResolveOutcome, String), String> {
    let outcome = ResolveOutcome::from_word(&form.outcome)
        .ok_or("Choose how it ends: retry, settle or reject.")?;
    let reason = form.reason.trim();
    if reason.is_empty() {
        return Err("Give the reason: it is kept beside the exception for the auditor.".to_owned());
    }
    if reason.chars().count() > REASON_LONGEST {
        return Err(format!(
            "The reason is longer than {REASON_LONGEST} characters."
        ));
    }
    Ok((outcome, reason.to_owned()))
}

/// Any other form about an exception; which fields count depends on the action.
#[derive(Debug, Default, Deserialize)]
pub(in crate::console) struct ActForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    step: String,
    #[serde(default)]
    undo: String,
    #[serde(default)]
    payload: String,
    #[serde(default)]
    fix: String,
    #[serde(default)]
    decision: String,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    amount: String,
}

pub(in crate::console) async fn act(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path((id, action)): Path<(String, String)>,
    Form(form): Form<ActForm>,
) -> Response {
    page(state, seat, Place::Exceptions, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let Some((name, body)) = command(&id, &action, &form) else {
            return Err(Stop::Missing {
                what: "action",
                id: action.clone(),
            });
        };
        let again = |refusal: String| {
            let mut again = ExceptionPage::read(source, frame.clone(), &id)?;
            again.refusal = Some(refusal);
            again.typed.clone_from(&form.reason);
            draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
        };
        if action == "assign" && form.owner.trim().is_empty() {
            return again("Choose who is to act.".to_owned());
        }
        let done = if action == "assign" {
            Ok(source.assign_exception(&id, form.owner.trim(), &actor)?)
        } else {
            perform(source, name, body, &actor).map(drop)
        };
        match done {
            Ok(()) => Ok(Answer::Go(format!("/exceptions/{}", segment(&id)))),
            Err(Stop::Fault(SourceFault::Refused { reason })) => again(sentence(&reason)),
            Err(stop) => Err(stop),
        }
    })
    .await
}

/// The command that an action of the page means.
fn command(id: &str, action: &str, form: &ActForm) -> Option<(&'static str, Value)> {
    Some(match action {
        "acknowledge" => ("acknowledge_exception", json!({ "exception": id })),
        "retry" => ("retry_exception", json!({ "exception": id })),
        "assign" => (
            "assign_exception",
            json!({ "exception": id, "owner": form.owner.trim() }),
        ),
        "escalate" => (
            "escalate_exception",
            json!({ "exception": id, "reason": form.reason }),
        ),
        "split" => (
            "split_exception",
            json!({ "exception": id, "reason": form.reason }),
        ),
        "step" => {
            let step: u32 = form.step.parse().unwrap_or(0);
            let done = form.undo.is_empty();
            (
                "complete_playbook_step",
                json!({ "exception": id, "step": step, "done": done }),
            )
        }
        "propose" => (
            "propose_fix",
            json!({ "exception": id, "payload": form.payload, "reason": form.reason }),
        ),
        "decide" if form.decision == "apply" => (
            "apply_fix",
            json!({ "fix": form.fix, "remark": form.reason }),
        ),
        "decide" => (
            "reject_fix",
            json!({ "fix": form.fix, "remark": form.reason }),
        ),
        _ => return None,
    })
}

pub(in crate::console) async fn dispute(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(form): Form<ActForm>,
) -> Response {
    page(state, seat, Place::Exceptions, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let found = source.exception(&id)?.ok_or_else(|| super::missing(&id))?;
        let dispute = found.work.dispute.ok_or_else(|| super::missing(&id))?;
        let mut body =
            json!({ "dispute": dispute.dispute, "outcome": form.outcome, "reason": form.reason });
        if !form.amount.trim().is_empty() {
            body["amount"] = Value::String(form.amount.trim().to_owned());
        }
        match perform(source, "resolve_dispute", body, &actor) {
            // A credit over the limit waits for another person.
            Ok(answer) => Ok(led_to(&answer, format!("/exceptions/{}", segment(&id)))),
            Err(Stop::Fault(SourceFault::Refused { reason })) => {
                let mut again = ExceptionPage::read(source, frame, &id)?;
                again.refusal = Some(sentence(&reason));
                again.typed = form.reason;
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
            }
            Err(stop) => Err(stop),
        }
    })
    .await
}

/// Does a command of a form. What it cannot be read from is a refusal in words.
pub(super) fn perform(
    source: &dyn Source,
    name: &str,
    body: Value,
    actor: &str,
) -> Result<Value, Stop> {
    let command = Command::read(name, body).map_err(|error| SourceFault::Refused {
        reason: error.to_string(),
    })?;
    Ok(source.handle(command, actor)?)
}

/// A refusal as a sentence of the page.
pub(super) fn sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    let first: String = letters
        .next()
        .map(|letter| letter.to_uppercase().collect())
        .unwrap_or_default();
    let end = if reason.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    format!("{first}{}{end}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_of_the_page_is_a_command_that_can_be_read() {
        let form = ActForm {
            owner: "controller".to_owned(),
            reason: "r".to_owned(),
            step: "1".to_owned(),
            payload: "{}".to_owned(),
            fix: "fix_1".to_owned(),
            ..ActForm::default()
        };
        for action in [
            "acknowledge",
            "retry",
            "assign",
            "escalate",
            "split",
            "step",
            "propose",
            "decide",
        ] {
            let (name, body) = command("exc_1", action, &form).unwrap();
            Command::read(name, body).unwrap();
        }
        assert!(command("exc_1", "delete", &form).is_none());
        assert_eq!(sentence("it is gone"), "It is gone.");
    }
}
