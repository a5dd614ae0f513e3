//! Disputed invoices: what is objected to, why, since when, who decides and by when.

use super::ConsoleState;
use super::frame::{Frame, Place};
use super::paths::Asked;
use super::respond::{Seat, draw, page};
use super::source::SourceFault;
use super::{filters, money};
use app::query::DisputeSheet;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use std::collections::BTreeMap;

/// Where disputes come from.
pub trait DisputeSource {
    /// A page of open disputes, or of decided ones, with what all of them come to.
    fn dispute_lines(
        &self,
        decided: bool,
        cursor: Option<&str>,
    ) -> Result<DisputeSheet, SourceFault>;
}

#[derive(Template)]
#[template(path = "disputes.html")]
struct DisputesPage {
    frame: Frame,
    closed: bool,
    sheet: DisputeSheet,
    older: Option<String>,
}

impl DisputesPage {
    /// What all disputes of the list come to, one amount a currency.
    fn at_stake(&self) -> String {
        money::phrase(&self.sheet.value)
    }
}

/// `list` is `closed` for those that were decided.
pub(super) async fn disputes(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Disputes, move |source, frame| {
        let asked = Asked::new(pairs);
        let closed = asked.get("list") == Some("closed");
        let sheet = source.dispute_lines(closed, asked.get("cursor"))?;
        let next = sheet.page.next.as_deref();
        draw(&DisputesPage {
            frame,
            closed,
            older: next.map(|next| asked.with("/disputes", "cursor", next)),
            sheet,
        })
    })
    .await
}
