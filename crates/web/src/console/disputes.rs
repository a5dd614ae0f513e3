//! Disputed invoices: what is objected to, why, since when, who decides and by when.

use super::ConsoleState;
use super::frame::{Frame, Place};
use super::respond::{Seat, draw, page};
use super::source::SourceFault;
use super::{filters, money};
use app::query::DisputeLine;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use values::Money;

/// Where disputes come from.
pub trait DisputeSource {
    /// Disputes, the open ones first.
    fn dispute_lines(&self) -> Result<Vec<DisputeLine>, SourceFault>;
}

/// Which ones are shown.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Which {
    /// `closed` for those that were decided.
    #[serde(default)]
    list: String,
}

#[derive(Template)]
#[template(path = "disputes.html")]
struct DisputesPage {
    frame: Frame,
    closed: bool,
    rows: Vec<DisputeLine>,
    open: i64,
    decided: i64,
    overdue: i64,
}

impl DisputesPage {
    /// What the rows shown come to, one amount a currency.
    fn at_stake(&self) -> String {
        let mut sums: Vec<Money> = Vec::new();
        for line in &self.rows {
            let amount = line.row.amount;
            match sums.iter_mut().find(|sum| sum.currency == amount.currency) {
                Some(sum) => sum.minor = sum.minor.saturating_add(amount.minor),
                None => sums.push(amount),
            }
        }
        money::phrase(&sums)
    }
}

pub(super) async fn disputes(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(which): Query<Which>,
) -> Response {
    page(state, seat, Place::Disputes, move |source, frame| {
        let closed = which.list == "closed";
        let (open, decided): (Vec<_>, Vec<_>) = source
            .dispute_lines()?
            .into_iter()
            .partition(|line| line.row.status == "open");
        let count = |rows: &[DisputeLine]| i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let late: Vec<_> = open.iter().filter(|line| line.overdue).cloned().collect();
        draw(&DisputesPage {
            open: count(&open),
            decided: count(&decided),
            overdue: count(&late),
            rows: if closed { decided } else { open },
            closed,
            frame,
        })
    })
    .await
}
