//! What legal entities bill each other: both sides of each bill, and that they net to nothing.

use super::ConsoleState;
use super::filters;
use super::frame::{Frame, Place};
use super::paths::Asked;
use super::respond::{Answer, Seat, Stop, draw, page};
use super::source::SourceFault;
use app::printing::Printed;
use app::query::{IntercompanyNet, IntercompanyView};
use app::view::Page;
use askama::Template;
use axum::extract::{Path, Query, State};
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
    /// A bill, or the credit note that took one back, as PDF, by its number.
    fn intercompany_paper(&self, number: &str) -> Result<Option<Printed>, SourceFault>;
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

pub(super) async fn pdf(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Intercompany, move |source, _| {
        let found = source.intercompany_paper(&id)?;
        let what = "bill between entities";
        Ok(Answer::File(found.ok_or(Stop::Missing { what, id })?))
    })
    .await
}
