//! The structure around accounts over HTTP: who stands above whom, where invoices go, and what a move
//! would change.

use super::Asked;
use super::queries::{Answered, written};
use crate::problem::Problem;
use app::App;
use app::collection::sync::SyncPlaces;
use values::{CustomerId, Date};

fn customer(asked: &Asked) -> Result<CustomerId, Problem> {
    let id = asked.path("id");
    id.parse().map_err(|_| Problem::no_such("customer", id))
}

pub(super) fn structure(app: &App, asked: &Asked) -> Answered {
    written(&app.account_structure(&customer(asked)?)?)
}

pub(super) fn payment_routes(app: &App, _: &Asked) -> Answered {
    written(&app.books().payment_routes)
}

pub(super) fn payment_sync(app: &App, asked: &Asked) -> Answered {
    let days = asked.value::<u16>("days")?.unwrap_or(28);
    let places = SyncPlaces {
        waiting: asked.text("waiting").map(str::to_owned),
        slowest: asked.text("slowest").map(str::to_owned),
    };
    written(&app.payment_sync_from(days.clamp(1, 366), &places)?)
}

pub(super) fn preview(app: &App, asked: &Asked) -> Answered {
    let as_of = asked.value::<Date>("as_of")?;
    let parent = match asked.text("parent") {
        // Out of the hierarchy: an empty value of a query reads as none.
        Some("none") => Some(""),
        other => other,
    };
    written(&app.preview_move(&customer(asked)?, parent, as_of)?)
}
