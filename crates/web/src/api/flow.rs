//! The questions about connections and lanes.

use super::Asked;
use super::queries::Answered;
use crate::problem::{Code, Problem};
use app::App;
use app::lanes::LaneList;
use serde::Serialize;
use serde_json::json;

/// Lanes that one answer lists at most.
const LANES_LISTED: u16 = 500;

fn whole<T: Serialize>(items: &[T]) -> Answered {
    let items = serde_json::to_value(items).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written");
        Problem::new(Code::Internal, "The answer cannot be written.")
    })?;
    Ok(json!({ "items": items }))
}

pub(super) fn connections(app: &App, _: &Asked) -> Answered {
    whole(&app.connection_views()?)
}

pub(super) fn lanes(app: &App, asked: &Asked) -> Answered {
    let word = asked.text("list").unwrap_or("waiting");
    let list = LaneList::from_word(word).ok_or_else(|| {
        app::AppFault::from(app::Refusal::field(
            "bad_filter",
            "list",
            format!("{word:?} is not a list of lanes; use waiting, parked or retrying"),
        ))
    })?;
    whole(&app.lane_views(asked.text("connection"), list, LANES_LISTED)?)
}

pub(super) fn leases(app: &App, _: &Asked) -> Answered {
    whole(&app.lease_views()?)
}
