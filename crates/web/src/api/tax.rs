//! The questions about tax decisions.

use super::Asked;
use super::paged::paged;
use super::queries::{self, Answered};
use app::App;

pub(super) fn decisions(app: &App, asked: &Asked) -> Answered {
    let status = asked.value("status")?;
    paged(asked, |_| true, |cursor| app.tax_decisions(status, cursor))
}

pub(super) fn decision(app: &App, asked: &Asked) -> Answered {
    queries::one("tax decision", asked, |id| app.tax_decision(id))
}
