//! Bill runs: planned, previewed, approved, and watched while they issue.

use super::exceptions::admitted;
use super::frame::{Frame, Place};
use super::paths::{Asked, segment};
use super::respond::{Answer, Seat, Stop, draw, draw_as, page, permitted};
use super::source::SourceFault;
use super::{ConsoleState, filters};
use app::bill_run::{BillRunDetail, BillRunResultView, BillRunView};
use app::view::Page;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::approval::four_eyes;
use control::{Permission, Role};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A bill run as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct BillRunForm {
    /// The secret of the session.
    #[serde(default)]
    pub csrf: String,
    /// Bills what is owed through this day.
    #[serde(default)]
    pub through: String,
    /// Only this legal entity.
    #[serde(default)]
    pub entity: String,
    /// Only this customer.
    #[serde(default)]
    pub customer: String,
    /// Only this contract.
    #[serde(default)]
    pub contract: String,
}

/// Where bill runs come from.
pub trait BillRunSource {
    /// Runs, newest first.
    fn bill_runs(&self, cursor: Option<&str>) -> Result<Page<BillRunView>, SourceFault>;
    /// One run with its sums and what is held.
    fn bill_run(&self, id: &str) -> Result<Option<BillRunDetail>, SourceFault>;
    /// What its contracts came to, by customer.
    fn bill_run_results(
        &self,
        id: &str,
        cursor: Option<&str>,
    ) -> Result<Page<BillRunResultView>, SourceFault>;
    /// Plans a run; answers its id.
    fn plan_bill_run(&self, form: &BillRunForm, actor: &str) -> Result<String, SourceFault>;
    /// Approves, starts, pauses, resumes or cancels a run.
    fn steer_bill_run(
        &self,
        id: &str,
        action: &str,
        reason: &str,
        actor: &str,
    ) -> Result<(), SourceFault>;
}

#[derive(Template)]
#[template(path = "bill-runs.html")]
struct ListPage {
    frame: Frame,
    rows: Page<BillRunView>,
    older: Option<String>,
    typed: BillRunForm,
    refusal: Option<String>,
}

fn may(frame: &Frame, permission: Permission) -> bool {
    frame.viewer.as_ref().is_some_and(|viewer| {
        Role::from_word(&viewer.role).is_some_and(|role| role.may(permission))
    })
}

impl ListPage {
    fn may_plan(&self) -> bool {
        may(&self.frame, Permission::RunBilling)
    }
}

pub(super) async fn list(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::BillRuns, move |source, frame| {
        let asked = Asked::new(pairs);
        let rows = source.bill_runs(asked.get("cursor"))?;
        draw(&ListPage {
            frame,
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with("/bill-runs", "cursor", next)),
            rows,
            typed: BillRunForm::default(),
            refusal: None,
        })
    })
    .await
}

pub(super) async fn plan(
    State(state): State<ConsoleState>,
    seat: Seat,
    Form(form): Form<BillRunForm>,
) -> Response {
    page(state, seat, Place::BillRuns, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        permitted(&frame, Permission::RunBilling)?;
        match source.plan_bill_run(&form, &actor) {
            Ok(id) => Ok(Answer::Go(format!("/bill-runs/{}", segment(&id)))),
            Err(SourceFault::Refused { reason }) => draw_as(
                StatusCode::UNPROCESSABLE_ENTITY,
                &ListPage {
                    frame,
                    rows: source.bill_runs(None)?,
                    older: None,
                    typed: form,
                    refusal: Some(reason),
                },
            ),
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}

#[derive(Template)]
#[template(path = "bill-run.html")]
struct RunPage {
    frame: Frame,
    found: BillRunDetail,
    results: Page<BillRunResultView>,
    older: Option<String>,
}

impl RunPage {
    fn is(&self, status: &str) -> bool {
        self.found.run.status == status
    }

    fn may_steer(&self) -> bool {
        may(&self.frame, Permission::RunBilling)
    }

    fn may_approve(&self) -> bool {
        let is_maker = self
            .frame
            .viewer
            .as_ref()
            .is_some_and(|viewer| four_eyes(&self.found.run.maker, &viewer.name).is_err());
        may(&self.frame, Permission::ApproveFinance) && !is_maker
    }

    fn is_over(&self) -> bool {
        self.is("done") || self.is("cancelled")
    }

    /// Whether what is shown of each contract is what was issued, not what is expected.
    fn has_issued(&self) -> bool {
        let is_decided = !["planned", "waiting", "ready"].iter().any(|it| self.is(it));
        self.found.run.done > 0 && is_decided
    }

    /// What became of what a sum is of.
    fn became(kind: &str) -> &'static str {
        match kind {
            "invoice" | "credit_note" => "Issued",
            "untaxed_invoice" => "Waiting for their tax",
            _ => "Standing",
        }
    }
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::BillRuns, move |source, frame| {
        let asked = Asked::new(pairs);
        let found = source.bill_run(&id)?.ok_or(Stop::Missing {
            what: "bill run",
            id: id.clone(),
        })?;
        let results = source.bill_run_results(&id, asked.get("cursor"))?;
        let path = format!("/bill-runs/{}", segment(&id));
        draw(&RunPage {
            frame,
            found,
            older: results
                .next
                .as_deref()
                .map(|next| asked.with(&path, "cursor", next)),
            results,
        })
    })
    .await
}

/// The form that moves a run.
#[derive(Debug, Deserialize)]
pub(super) struct SteerForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn steer(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(form): Form<SteerForm>,
) -> Response {
    page(state, seat, Place::BillRuns, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let needed = match form.action.as_str() {
            "approve" => Permission::ApproveFinance,
            _ => Permission::RunBilling,
        };
        permitted(&frame, needed)?;
        source.steer_bill_run(&id, &form.action, form.reason.trim(), &actor)?;
        Ok(Answer::Go(format!("/bill-runs/{}", segment(&id))))
    })
    .await
}
