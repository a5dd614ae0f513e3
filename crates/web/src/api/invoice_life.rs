//! The questions about drafts of invoices and about how documents come to be issued.

use super::Asked;
use super::paged::paged;
use super::queries::{Answered, written};
use app::App;
use app::journey::invoice_draft::DraftFilter;

pub(super) fn drafts(app: &App, asked: &Asked) -> Answered {
    let text = |name: &str| asked.text(name).unwrap_or_default().to_owned();
    let filter = DraftFilter {
        status: text("status"),
        entity: text("entity"),
        customer: text("customer"),
        contract: text("contract"),
    };
    paged(
        asked,
        |_| true,
        |cursor| app.invoice_drafts(&filter, cursor),
    )
}

pub(super) fn draft(app: &App, asked: &Asked) -> Answered {
    written(&app.invoice_draft(asked.path("id"))?)
}

pub(super) fn preview(app: &App, asked: &Asked) -> Answered {
    written(&app.preview_invoice_draft(asked.path("id"))?)
}

pub(super) fn policy(app: &App, asked: &Asked) -> Answered {
    written(&app.invoice_policy(asked.path("id"))?)
}
