//! The replay studio: select parked work, see what running it again would do, ask for approval, and
//! watch every item until it is verified.

use super::exceptions::admitted;
use super::frame::{Frame, Place};
use super::paths::{Asked, segment};
use super::respond::{Answer, Seat, Stop, draw, draw_as, page};
use super::source::SourceFault;
use super::{ConsoleState, filters};
use app::replay::{ReplayDetail, ReplayRow};
use app::view::Page;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The filter of a replay as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct PlanForm {
    /// The secret of the session.
    #[serde(default)]
    pub csrf: String,
    /// `postings`, `effects` or `inbox`.
    #[serde(default)]
    pub over: String,
    /// Source or connection.
    #[serde(default)]
    pub source: String,
    /// Kind or operation.
    #[serde(default)]
    pub kind: String,
    /// Class.
    #[serde(default)]
    pub class: String,
    /// From this instant or day.
    #[serde(default)]
    pub from: String,
    /// Before this instant or day.
    #[serde(default)]
    pub until: String,
    /// Only these ids, between spaces or commas.
    #[serde(default)]
    pub ids: String,
    /// `refuse`, `reopen` or `adjust`.
    #[serde(default)]
    pub closed_months: String,
    /// Items a second.
    #[serde(default)]
    pub per_second: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// What is done with a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steer {
    /// Ask that it runs.
    Run,
    /// Take no more items for now.
    Pause,
    /// Go on.
    Resume,
    /// Take no more items, ever.
    Cancel,
}

/// Where replays come from.
pub trait ReplaysSource {
    /// Replays, newest first.
    fn replays(&self, cursor: Option<&str>) -> Result<Page<ReplayRow>, SourceFault>;
    /// One replay with its items.
    fn replay(&self, id: &str) -> Result<Option<ReplayDetail>, SourceFault>;
    /// Selects and tries; answers the id of the plan.
    fn plan_replay(&self, form: &PlanForm, actor: &str) -> Result<String, SourceFault>;
    /// Runs, pauses, resumes or cancels; answers the request for approval where it waits for one.
    fn steer_replay(
        &self,
        id: &str,
        steer: Steer,
        reason: &str,
        actor: &str,
    ) -> Result<Option<String>, SourceFault>;
}

#[derive(Template)]
#[template(path = "replays.html")]
struct StudioPage {
    frame: Frame,
    rows: Page<ReplayRow>,
    older: Option<String>,
    typed: PlanForm,
    refusal: Option<String>,
}

impl StudioPage {
    fn may_plan(&self) -> bool {
        self.frame.viewer.as_ref().is_some_and(|viewer| {
            control::Role::from_word(&viewer.role)
                .is_some_and(|role| role.may(control::Permission::RequestReplay))
        })
    }
}

pub(super) async fn studio(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Replays, move |source, frame| {
        let asked = Asked::new(pairs);
        let text = |name: &str| asked.text(name).unwrap_or_default();
        let rows = source.replays(asked.get("cursor"))?;
        draw(&StudioPage {
            frame,
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with("/replays", "cursor", next)),
            rows,
            typed: PlanForm {
                over: text("over"),
                source: text("source"),
                kind: text("kind"),
                class: text("class"),
                ids: text("ids"),
                ..PlanForm::default()
            },
            refusal: None,
        })
    })
    .await
}

pub(super) async fn plan(
    State(state): State<ConsoleState>,
    seat: Seat,
    Form(form): Form<PlanForm>,
) -> Response {
    page(state, seat, Place::Replays, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        match source.plan_replay(&form, &actor) {
            Ok(id) => Ok(Answer::Go(format!("/replays/{}", segment(&id)))),
            Err(SourceFault::Refused { reason }) => draw_as(
                StatusCode::UNPROCESSABLE_ENTITY,
                &StudioPage {
                    frame,
                    rows: source.replays(None)?,
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
#[template(path = "replay.html")]
struct ReplayPage {
    frame: Frame,
    found: ReplayDetail,
}

impl ReplayPage {
    fn may_steer(&self) -> bool {
        self.frame.viewer.as_ref().is_some_and(|viewer| {
            control::Role::from_word(&viewer.role)
                .is_some_and(|role| role.may(control::Permission::RequestReplay))
        })
    }

    fn is(&self, status: &str) -> bool {
        self.found.row.status == status
    }

    fn over(&self) -> &'static str {
        use app::command::ReplayOver;
        match self.found.row.filter.over {
            ReplayOver::Inbox => "inbox items",
            ReplayOver::Postings => "parked postings",
            ReplayOver::Effects => "parked messages",
        }
    }
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Replays, move |source, frame| {
        let found = source
            .replay(&id)?
            .ok_or(Stop::Missing { what: "replay", id })?;
        draw(&ReplayPage { frame, found })
    })
    .await
}

/// The form that runs or stops.
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
    page(state, seat, Place::Replays, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let steer = match form.action.as_str() {
            "run" => Steer::Run,
            "pause" => Steer::Pause,
            "resume" => Steer::Resume,
            "cancel" => Steer::Cancel,
            _ => {
                return Err(Stop::Fault(SourceFault::Refused {
                    reason: "Choose what to do: run, pause, resume or cancel.".to_owned(),
                }));
            }
        };
        let waiting = source.steer_replay(&id, steer, form.reason.trim(), &actor)?;
        Ok(Answer::Go(match waiting {
            Some(approval) => format!("/approvals/{}", segment(&approval)),
            None => format!("/replays/{}", segment(&id)),
        }))
    })
    .await
}
