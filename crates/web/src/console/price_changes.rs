//! New prices for contracts that run: planned, previewed with what they are worth, approved by another.

use super::ConsoleState;
use super::exceptions::admitted;
use super::filters;
use super::frame::{Frame, Place};
use super::paths::{Asked, segment};
use super::respond::{Answer, Seat, Stop, draw, draw_as, page, permitted};
use super::source::SourceFault;
use app::query::{PriceChangeDetail, PriceChangeLine, PriceChangeSums, PriceChangeView};
use app::view::Page;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::{Permission, Role};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A price change as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct PriceChangeForm {
    /// The secret of the session.
    #[serde(default)]
    pub csrf: String,
    /// The product.
    #[serde(default)]
    pub product: String,
    /// First day of the new price.
    #[serde(default)]
    pub effective: String,
    /// `list`, `uplift` or `unit`.
    #[serde(default)]
    pub rule: String,
    /// The percentage of an uplift, or the price of a unit.
    #[serde(default)]
    pub figure: String,
    /// Only this legal entity.
    #[serde(default)]
    pub entity: String,
    /// Contracts that keep their price, parted by blanks or commas.
    #[serde(default)]
    pub except: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// Where price changes come from.
pub trait PriceChangeSource {
    /// Price changes, newest first.
    fn price_changes(&self, cursor: Option<&str>) -> Result<Page<PriceChangeView>, SourceFault>;
    /// One with its sums.
    fn price_change(&self, id: &str) -> Result<Option<PriceChangeDetail>, SourceFault>;
    /// What it comes to on each contract of one outcome, or of all.
    fn price_change_lines(
        &self,
        id: &str,
        outcome: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<Page<PriceChangeLine>, SourceFault>;
    /// Plans one; answers its id.
    fn plan_price_change(&self, form: &PriceChangeForm, actor: &str)
    -> Result<String, SourceFault>;
    /// Approves or cancels one.
    fn steer_price_change(
        &self,
        id: &str,
        action: &str,
        reason: &str,
        actor: &str,
    ) -> Result<(), SourceFault>;
}

fn may(frame: &Frame, permission: Permission) -> bool {
    frame.viewer.as_ref().is_some_and(|viewer| {
        Role::from_word(&viewer.role).is_some_and(|role| role.may(permission))
    })
}

#[derive(Template)]
#[template(path = "price-changes.html")]
struct ListPage {
    frame: Frame,
    rows: Page<PriceChangeView>,
    older: Option<String>,
    typed: PriceChangeForm,
    refusal: Option<String>,
}

impl ListPage {
    fn may_plan(&self) -> bool {
        may(&self.frame, Permission::ChangeContracts)
    }
}

pub(super) async fn list(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::PriceChanges, move |source, frame| {
        let asked = Asked::new(pairs);
        let rows = source.price_changes(asked.get("cursor"))?;
        draw(&ListPage {
            frame,
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with("/price-changes", "cursor", next)),
            rows,
            typed: PriceChangeForm::default(),
            refusal: None,
        })
    })
    .await
}

pub(super) async fn plan(
    State(state): State<ConsoleState>,
    seat: Seat,
    Form(form): Form<PriceChangeForm>,
) -> Response {
    page(state, seat, Place::PriceChanges, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        permitted(&frame, Permission::ChangeContracts)?;
        match source.plan_price_change(&form, &actor) {
            Ok(id) => Ok(Answer::Go(format!("/price-changes/{}", segment(&id)))),
            Err(SourceFault::Refused { reason }) => draw_as(
                StatusCode::UNPROCESSABLE_ENTITY,
                &ListPage {
                    frame,
                    rows: source.price_changes(None)?,
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
#[template(path = "price-change.html")]
struct ChangePage {
    frame: Frame,
    found: PriceChangeDetail,
    lines: Page<PriceChangeLine>,
    outcome: String,
    older: Option<String>,
}

impl ChangePage {
    fn is(&self, status: &str) -> bool {
        self.found.price_change.status == status
    }

    fn is_over(&self) -> bool {
        self.is("done") || self.is("cancelled")
    }

    fn may_cancel(&self) -> bool {
        may(&self.frame, Permission::ChangeContracts)
    }

    fn may_approve(&self) -> bool {
        let maker = &self.found.price_change.maker;
        let viewer = self.frame.viewer.as_ref();
        let is_maker = viewer.is_some_and(|viewer| viewer.name == *maker);
        may(&self.frame, Permission::ApproveFinance) && !is_maker
    }

    /// The contracts behind a row of sums.
    fn behind(&self, sum: &PriceChangeSums) -> String {
        format!(
            "/price-changes/{}?outcome={}#contracts",
            segment(&self.found.price_change.id),
            segment(&sum.outcome)
        )
    }
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::PriceChanges, move |source, frame| {
        let asked = Asked::new(pairs);
        let found = source.price_change(&id)?.ok_or(Stop::Missing {
            what: "price change",
            id: id.clone(),
        })?;
        let outcome = asked.get("outcome");
        let lines = source.price_change_lines(&id, outcome, asked.get("cursor"))?;
        let path = format!("/price-changes/{}", segment(&id));
        draw(&ChangePage {
            frame,
            found,
            outcome: outcome.unwrap_or_default().to_owned(),
            older: lines
                .next
                .as_deref()
                .map(|next| asked.with(&path, "cursor", next)),
            lines,
        })
    })
    .await
}

/// The form that approves or cancels.
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
    page(state, seat, Place::PriceChanges, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let needed = match form.action.as_str() {
            "approve" => Permission::ApproveFinance,
            _ => Permission::ChangeContracts,
        };
        permitted(&frame, needed)?;
        source.steer_price_change(&id, &form.action, form.reason.trim(), &actor)?;
        Ok(Answer::Go(format!("/price-changes/{}", segment(&id))))
    })
    .await
}
