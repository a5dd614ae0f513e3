//! Work that is billed in parts: what each plan is worth, what of it is accepted and billed, and what
//! remains; and accepting the next part.

use super::exceptions::admitted;
use super::frame::{Frame, Place};
use super::paths::{Asked, segment};
use super::respond::{Answer, Seat, Stop, draw, draw_as, page};
use super::source::{Source, SourceFault};
use super::typed::{Typed, proportion, put};
use super::{ConsoleState, filters};
use app::query::{ProgressPartView, ProgressPlanView};
use app::view::Page;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::Permission;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Where plans come from, and where what is accepted goes.
pub trait ProgressSource {
    /// Plans, newest first; of one contract where it is not empty.
    fn progress_plans(
        &self,
        contract: &str,
        cursor: Option<&str>,
    ) -> Result<Page<ProgressPlanView>, SourceFault>;
    /// One plan.
    fn progress_plan(&self, id: &str) -> Result<Option<ProgressPlanView>, SourceFault>;
    /// Accepts a part; answers the request for approval, where it waits for one.
    fn bill_part(&self, body: Value, actor: &str) -> Result<Option<String>, SourceFault>;
    /// Takes an accepted part back.
    fn take_part_back(&self, body: Value, actor: &str) -> Result<Option<String>, SourceFault>;
}

#[derive(Template)]
#[template(path = "progress-plans.html")]
struct ListPage {
    frame: Frame,
    rows: Page<ProgressPlanView>,
    contract: String,
    older: Option<String>,
}

pub(super) async fn list(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Progress, move |source, frame| {
        let asked = Asked::new(pairs);
        let contract = asked.get("contract").unwrap_or_default().to_owned();
        let rows = source.progress_plans(&contract, asked.get("cursor"))?;
        draw(&ListPage {
            frame,
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with("/progress", "cursor", next)),
            rows,
            contract,
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "progress-plan.html")]
struct PlanPage {
    frame: Frame,
    found: ProgressPlanView,
    typed: Typed,
    refusal: Option<String>,
}

impl PlanPage {
    fn may_change(&self) -> bool {
        self.frame.may(Permission::ChangeContracts)
    }

    fn today(&self) -> String {
        let typed = self.typed.get("on");
        if typed.is_empty() {
            super::money::utc_date(self.frame.now).to_string()
        } else {
            typed.to_owned()
        }
    }

    /// The milestones that can be accepted.
    fn planned(&self) -> Vec<&ProgressPartView> {
        let planned = |part: &&ProgressPartView| part.status == "planned";
        self.found.parts.iter().filter(planned).collect()
    }

    fn read(
        source: &dyn Source,
        frame: Frame,
        id: &str,
        typed: Typed,
        refusal: Option<String>,
    ) -> Result<Self, Stop> {
        let found = source.progress_plan(id)?.ok_or_else(|| Stop::Missing {
            what: "plan",
            id: id.to_owned(),
        })?;
        Ok(Self {
            frame,
            found,
            typed,
            refusal,
        })
    }
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Progress, move |source, frame| {
        draw(&PlanPage::read(source, frame, &id, Typed::default(), None)?)
    })
    .await
}

/// The part that is accepted: a milestone by its name, or one by percent or amount.
fn part(id: &str, typed: &Typed) -> Result<Value, SourceFault> {
    let mut body: Map<String, Value> = typed.body(&["on", "milestone"]);
    body.insert("plan".to_owned(), json!(id));
    if typed.get("milestone").is_empty() {
        put(&mut body, "name", typed.get("name"));
        let figure = typed.get("figure");
        if figure.ends_with('%') {
            let part = proportion(figure).ok_or_else(|| SourceFault::Refused {
                reason: format!("{figure:?} is no percentage; write 30 % for thirty percent"),
            })?;
            put(&mut body, "percent", &part);
        } else {
            put(&mut body, "amount", &figure.replace(',', ""));
        }
    }
    Ok(Value::Object(body))
}

pub(super) async fn act(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Progress, move |source, frame| {
        let typed = Typed::new(fields);
        let actor = admitted(frame.viewer.as_ref(), typed.get("csrf"))?;
        let done = match typed.get("action") {
            "undo" => {
                let (part, reason) = (typed.get("part"), typed.get("reason"));
                let body = json!({ "plan": id, "part": part, "reason": reason });
                source.take_part_back(body, &actor)
            }
            _ => part(&id, &typed).and_then(|body| source.bill_part(body, &actor)),
        };
        match done {
            Ok(Some(approval)) => Ok(Answer::Go(format!("/approvals/{}", segment(&approval)))),
            Ok(None) => Ok(Answer::Go(format!("/progress/{}", segment(&id)))),
            Err(SourceFault::Refused { reason }) => {
                let again = PlanPage::read(source, frame, &id, typed, Some(reason))?;
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
            }
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}
