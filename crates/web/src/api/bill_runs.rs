//! The questions about bill runs.

use super::Asked;
use super::paged::paged;
use super::queries::Answered;
use crate::problem::{Code, Problem};
use app::App;

pub(super) fn bill_runs(app: &App, asked: &Asked) -> Answered {
    paged(asked, |_| true, |cursor| app.bill_runs(cursor))
}

pub(super) fn bill_run(app: &App, asked: &Asked) -> Answered {
    let found = app.bill_run(asked.path("id"))?;
    serde_json::to_value(found).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written");
        Problem::new(Code::Internal, "The answer cannot be written.")
    })
}

pub(super) fn results(app: &App, asked: &Asked) -> Answered {
    let id = asked.path("id");
    paged(asked, |_| true, |cursor| app.bill_run_results(id, cursor))
}
