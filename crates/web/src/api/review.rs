//! The questions about approvals, replays and previews.

use super::Asked;
use super::paged::paged;
use super::queries::Answered;
use crate::problem::{Code, Problem};
use app::App;
use app::command::Command;
use serde::Serialize;
use serde_json::json;

fn written(value: &impl Serialize) -> Answered {
    serde_json::to_value(value).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written");
        Problem::new(Code::Internal, "The answer cannot be written.")
    })
}

pub(super) fn approvals(app: &App, asked: &Asked) -> Answered {
    let status = asked.text("status").unwrap_or_default();
    paged(asked, |_| true, |cursor| app.approvals(status, cursor))
}

pub(super) fn approval(app: &App, asked: &Asked) -> Answered {
    let id = asked.path("id");
    match app.approval(id)? {
        Some(found) => written(&found),
        None => Err(Problem::no_such("approval", id)),
    }
}

pub(super) fn delegations(app: &App, _: &Asked) -> Answered {
    Ok(json!({ "items": written(&app.delegations()?)? }))
}

pub(super) fn replays(app: &App, asked: &Asked) -> Answered {
    paged(asked, |_| true, |cursor| app.replays(cursor))
}

pub(super) fn replay(app: &App, asked: &Asked) -> Answered {
    let id = asked.path("id");
    match app.replay(id)? {
        Some(found) => written(&found),
        None => Err(Problem::no_such("replay", id)),
    }
}

pub(super) fn amendment(app: &App, actor: &str, command: Command) -> Answered {
    let Command::AmendContract(body) = command else {
        let message = "This command has no preview.";
        return Err(Problem::new(Code::Internal, message));
    };
    written(&app.preview_amendment(actor, body)?)
}
