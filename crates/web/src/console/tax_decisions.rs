//! What tax engines were asked and answered, and where that is not what our own rows come to.

use super::ConsoleState;
use super::exceptions::admitted;
use super::filters;
use super::frame::{Frame, Place};
use super::paths::{Asked, segment};
use super::respond::{Answer, Seat, Stop, draw, draw_as, page};
use super::source::{Source, SourceFault};
use super::typed::Typed;
use app::journey::taxation::TaxLineView;
use app::query::{TaxDecisionCount, TaxDecisionLine, TaxDecisionPage};
use app::view::Page;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::Permission;
use std::collections::BTreeMap;

/// Where decisions on tax come from, and where a person's word goes.
pub trait TaxDecisionSource {
    /// Questions, newest first; of one status where it is not empty.
    fn tax_decisions(
        &self,
        status: &str,
        cursor: Option<&str>,
    ) -> Result<Page<TaxDecisionLine>, SourceFault>;
    /// One question with both answers.
    fn tax_decision(&self, id: &str) -> Result<Option<TaxDecisionPage>, SourceFault>;
    /// How many there are of each status.
    fn tax_decision_counts(&self) -> Result<Vec<TaxDecisionCount>, SourceFault>;
    /// Takes the figure of `engine` or `table`.
    fn accept_tax(
        &self,
        id: &str,
        take: &str,
        reason: &str,
        actor: &str,
    ) -> Result<Option<String>, SourceFault>;
}

/// The statuses, with what they are called in the list.
const STATUSES: [(&str, &str); 6] = [
    ("mismatch", "Differ"),
    ("asked", "Not answered"),
    ("agreed", "Agree"),
    ("accepted", "Decided by a person"),
    ("table", "By our own rows"),
    ("superseded", "Asked anew"),
];

#[derive(Template)]
#[template(path = "tax-decisions.html")]
struct ListPage {
    frame: Frame,
    rows: Page<TaxDecisionLine>,
    tabs: Vec<(&'static str, &'static str, i64)>,
    all: i64,
    status: String,
    older: Option<String>,
}

/// The lists: word, title, how many.
fn tabs(counts: &[TaxDecisionCount]) -> Vec<(&'static str, &'static str, i64)> {
    STATUSES
        .iter()
        .map(|(word, title)| {
            let found = counts.iter().find(|known| known.status == *word);
            (*word, *title, found.map_or(0, |known| known.count))
        })
        .collect()
}

pub(super) async fn list(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::TaxDecisions, move |source, frame| {
        let asked = Asked::new(pairs);
        let status = asked.get("status").unwrap_or_default().to_owned();
        let rows = source.tax_decisions(&status, asked.get("cursor"))?;
        let counts = source.tax_decision_counts()?;
        draw(&ListPage {
            frame,
            all: counts.iter().map(|known| known.count).sum(),
            tabs: tabs(&counts),
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with("/tax-decisions", "cursor", next)),
            rows,
            status,
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "tax-decision.html")]
struct DecisionPage {
    frame: Frame,
    found: TaxDecisionPage,
    reason: String,
    refusal: Option<String>,
}

impl DecisionPage {
    /// Whether one of the two figures is to be taken, and who looks may take it.
    fn may_decide(&self) -> bool {
        self.found.line.decision.status == "mismatch"
            && self.found.line.decision.taken.is_none()
            && self.frame.may(Permission::ChangeTax)
    }

    /// Whether the two amounts of a charge are known and not the same.
    fn differs(&self, line: &TaxLineView) -> bool {
        matches!((line.own_tax, line.engine_tax), (Some(ours), Some(theirs)) if ours != theirs)
    }

    fn read(source: &dyn Source, frame: Frame, id: &str) -> Result<Self, Stop> {
        let found = source.tax_decision(id)?.ok_or_else(|| Stop::Missing {
            what: "decision on tax",
            id: id.to_owned(),
        })?;
        Ok(Self {
            frame,
            found,
            reason: String::new(),
            refusal: None,
        })
    }
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::TaxDecisions, move |source, frame| {
        draw(&DecisionPage::read(source, frame, &id)?)
    })
    .await
}

pub(super) async fn accept(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::TaxDecisions, move |source, frame| {
        let typed = Typed::new(fields);
        let actor = admitted(frame.viewer.as_ref(), typed.get("csrf"))?;
        let own = format!("/tax-decisions/{}", segment(&id));
        match source.accept_tax(&id, typed.get("take"), typed.get("reason"), &actor) {
            Ok(Some(approval)) => Ok(Answer::Go(format!("/approvals/{}", segment(&approval)))),
            Ok(None) => Ok(Answer::Go(own)),
            Err(SourceFault::Refused { reason }) => {
                let mut again = DecisionPage::read(source, frame, &id)?;
                again.refusal = Some(reason);
                again.reason = typed.get("reason").to_owned();
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
            }
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}
