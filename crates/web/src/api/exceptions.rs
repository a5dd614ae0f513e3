//! The questions about exceptions as work.

use super::Asked;
use super::paged::paged;
use super::queries::Answered;
use crate::problem::{Code, Problem};
use app::command::WhichExceptions;
use app::query::Outstanding;
use app::{App, AppFault};
use serde::Serialize;
use serde_json::{Value, json};

fn written(value: &impl Serialize) -> Answered {
    serde_json::to_value(value).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written");
        Problem::new(Code::Internal, "The answer cannot be written.")
    })
}

fn found<T: Serialize>(kind: &str, id: &str, found: Option<T>) -> Answered {
    match found {
        Some(found) => written(&found),
        None => Err(Problem::no_such(kind, id)),
    }
}

fn whole<T: Serialize>(items: &[T]) -> Result<Value, Problem> {
    Ok(json!({ "items": written(&items)? }))
}

pub(super) fn groups(app: &App, asked: &Asked) -> Answered {
    let filter = asked.exception_filter();
    paged(
        asked,
        |_| true,
        |cursor| app.exception_groups(&filter, cursor),
    )
}

pub(super) fn preview(app: &App, asked: &Asked) -> Answered {
    let text = |name: &str| asked.text(name).unwrap_or_default().to_owned();
    let which = WhichExceptions {
        group: text("group"),
        class: text("class"),
        owner: text("owner"),
        status: text("status"),
        incident: text("incident"),
        overdue: asked.text("overdue") == Some("true"),
    };
    written(&app.preview_exceptions(&which)?)
}

pub(super) fn batches(app: &App, _: &Asked) -> Answered {
    whole(&app.exception_batches()?)
}

pub(super) fn batch(app: &App, asked: &Asked) -> Answered {
    let id = asked.path("id");
    found("batch", id, app.exception_batch(id)?)
}

pub(super) fn batch_items(app: &App, asked: &Asked) -> Answered {
    let id = asked.path("id");
    if app.exception_batch(id)?.is_none() {
        return Err(Problem::no_such("batch", id));
    }
    paged(
        asked,
        |_| true,
        |cursor| app.exception_batch_items(id, cursor),
    )
}

pub(super) fn fixes(app: &App, _: &Asked) -> Answered {
    whole(&app.waiting_fixes()?)
}

pub(super) fn incidents(app: &App, _: &Asked) -> Answered {
    whole(&app.incidents()?)
}

pub(super) fn incident(app: &App, asked: &Asked) -> Answered {
    let id = asked.path("id");
    found("incident", id, app.incident(id)?)
}

pub(super) fn disputes(app: &App, asked: &Asked) -> Answered {
    paged(asked, |_| true, |cursor| app.disputes(None, cursor))
}

pub(super) fn dispute(app: &App, asked: &Asked) -> Answered {
    let id = asked.path("id");
    found("dispute", id, app.dispute(id)?)
}

pub(super) fn outstanding(app: &App, asked: &Asked) -> Answered {
    let word = asked.path("list");
    let list = Outstanding::from_word(word).ok_or_else(|| AppFault::NotFound {
        kind: "list",
        id: word.to_owned(),
    })?;
    whole(&app.outstanding(list)?)
}
