//! The questions about price changes.

use super::Asked;
use super::paged::paged;
use super::queries::Answered;
use crate::problem::{Code, Problem};
use app::App;

pub(super) fn price_changes(app: &App, asked: &Asked) -> Answered {
    paged(asked, |_| true, |cursor| app.price_changes(cursor))
}

pub(super) fn price_change(app: &App, asked: &Asked) -> Answered {
    let found = app.price_change(asked.path("id"))?;
    serde_json::to_value(found).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written");
        Problem::new(Code::Internal, "The answer cannot be written.")
    })
}

pub(super) fn lines(app: &App, asked: &Asked) -> Answered {
    let (id, outcome) = (asked.path("id"), asked.text("outcome"));
    paged(
        asked,
        |_| true,
        |cursor| app.price_change_lines(id, outcome, cursor),
    )
}
