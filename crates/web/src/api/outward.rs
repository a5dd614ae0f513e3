//! The questions about the catalogue of events and the endpoints of webhooks.

use super::Asked;
use super::queries::{Answered, one};
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

pub(super) fn event_types(app: &App, _: &Asked) -> Answered {
    Ok(json!({ "items": written(&app.event_types()?)? }))
}

pub(super) fn event_type(app: &App, asked: &Asked) -> Answered {
    one("event type", asked, |id| app.event_type(id))
}

pub(super) fn async_api(_: &App, _: &Asked) -> Answered {
    Ok(events::async_api())
}

/// The schema of a type; the file name under which the description refers to it does as well.
pub(super) fn schema(_: &App, asked: &Asked) -> Answered {
    let id = asked.path("id");
    let wanted = id.trim_end_matches(".schema.json");
    events::Event::schemas()
        .into_iter()
        .find(|(name, _)| *name == wanted)
        .map(|(_, schema)| schema)
        .ok_or_else(|| Problem::no_such("schema", id))
}

pub(super) fn endpoints(app: &App, _: &Asked) -> Answered {
    Ok(json!({ "items": written(&app.webhook_endpoints()?)? }))
}

pub(super) fn endpoint(app: &App, asked: &Asked) -> Answered {
    let status = asked.text("status");
    one("webhook endpoint", asked, |id| {
        app.webhook_endpoint(id, status)
    })
}

pub(super) fn attempts(app: &App, asked: &Asked) -> Answered {
    let rows = app.webhook_attempts(asked.path("id"), asked.path("message"))?;
    Ok(json!({ "items": written(&rows)? }))
}

pub(super) fn show_secret(app: &App, actor: &str, command: Command) -> Answered {
    let Command::ShowWebhookSecret(body) = command else {
        return Err(Problem::new(
            Code::Internal,
            "This command shows no secret.",
        ));
    };
    let secret = app.show_webhook_secret(actor, &body.endpoint)?;
    Ok(json!({ "endpoint": body.endpoint, "secret": secret.reveal() }))
}
