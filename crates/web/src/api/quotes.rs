//! The questions about quotes and about what the catalogue offers.

use super::Asked;
use super::paged::paged;
use super::queries::{Answered, whole, written};
use crate::problem::{Code, Problem};
use app::App;
use app::command::Command;
use serde_json::json;

pub(super) fn quotes(app: &App, asked: &Asked) -> Answered {
    let status = asked.text("status").unwrap_or_default();
    let customer = asked.text("customer").unwrap_or_default();
    paged(
        asked,
        |_| true,
        |cursor| app.quotes(status, customer, cursor),
    )
}

pub(super) fn quote(app: &App, asked: &Asked) -> Answered {
    written(&app.quote(asked.path("id"))?)
}

pub(super) fn template_counts(app: &App, _: &Asked) -> Answered {
    whole(&app.template_counts()?)
}

pub(super) fn template_stands(app: &App, asked: &Asked) -> Answered {
    let entity = asked.text("entity").unwrap_or_default();
    let stand = asked.text("stand").unwrap_or_default();
    paged(
        asked,
        |_| true,
        |cursor| app.template_stands(entity, stand, cursor),
    )
}

pub(super) fn catalogue(app: &App, _: &Asked) -> Answered {
    written(&app.export_catalogue()?)
}

pub(super) fn prices(app: &App, _: &Asked) -> Answered {
    Ok(json!({ "csv": app.export_prices()? }))
}

pub(super) fn hierarchy(app: &App, asked: &Asked) -> Answered {
    let id = asked.path("id");
    match id.parse() {
        Ok(customer) => written(&app.hierarchy_impact(&customer)?),
        Err(_) => Err(Problem::no_such("customer", id)),
    }
}

pub(super) fn preview(app: &App, actor: &str, command: Command) -> Answered {
    let Command::ConvertQuote(body) = command else {
        let message = "This command has no preview.";
        return Err(Problem::new(Code::Internal, message));
    };
    written(&app.preview_quote(actor, body.quote)?)
}
