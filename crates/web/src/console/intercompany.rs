//! What legal entities bill each other: both sides of each bill, and that they net to nothing.

use super::ConsoleState;
use super::filters;
use super::frame::{Frame, Place};
use super::paths::Asked;
use super::respond::{Seat, draw, page};
use super::source::SourceFault;
use app::query::{IntercompanyNet, IntercompanyView};
use app::view::Page;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use std::collections::BTreeMap;

/// Where bills between legal entities come from.
pub trait IntercompanySource {
    /// Bills, newest first.
    fn intercompany_pairs(
        &self,
        cursor: Option<&str>,
    ) -> Result<Page<IntercompanyView>, SourceFault>;
    /// What the accounts between entities come to over the group, one row a currency.
    fn intercompany_position(&self) -> Result<Vec<IntercompanyNet>, SourceFault>;
}

#[derive(Template)]
#[template(path = "intercompany.html")]
struct ListPage {
    frame: Frame,
    rows: Page<IntercompanyView>,
    nets: Vec<IntercompanyNet>,
    older: Option<String>,
}

impl ListPage {
    fn markup(&self, row: &IntercompanyView) -> String {
        format!("{} %", super::typed::percentage(row.markup))
    }
}

pub(super) async fn list(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Intercompany, move |source, frame| {
        let asked = Asked::new(pairs);
        let rows = source.intercompany_pairs(asked.get("cursor"))?;
        draw(&ListPage {
            frame,
            nets: source.intercompany_position()?,
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with("/intercompany", "cursor", next)),
            rows,
        })
    })
    .await
}
