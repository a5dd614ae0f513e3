//! The evidence for programs.

use super::Asked;
use super::paged::paged;
use crate::problem::{Code, Problem};
use app::App;
use app::access::{AccessEntry, AccessQuery};
use serde::Serialize;
use serde_json::Value;

fn written(value: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(value).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written");
        Problem::new(Code::Internal, "The answer cannot be written.")
    })
}

pub(super) fn overview(app: &App, asked: &Asked) -> Result<Value, Problem> {
    written(&app.audit(asked.value("days")?)?)
}

pub(super) fn verification(app: &App, _: &Asked) -> Result<Value, Problem> {
    written(&app.audit_verify_now("api")?)
}

pub(super) fn access(app: &App, asked: &Asked) -> Result<Value, Problem> {
    let text = |name: &str| asked.text(name).map(str::to_owned);
    let query = AccessQuery {
        actor: text("actor"),
        kind: text("kind"),
        object: text("object"),
    };
    paged(
        asked,
        |_: &AccessEntry| true,
        |cursor| app.access_log(&query, cursor),
    )
}
