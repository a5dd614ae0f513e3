//! Process health, processes and their instances, and what a person can do to one.

use super::exceptions::admitted;
use super::frame::{Frame, Place};
use super::paths::{Asked, segment};
use super::respond::{Answer, Seat, Stop, draw, page, permitted};
use super::source::{Source, SourceFault};
use super::{ConsoleState, filters};
use app::command::Command;
use app::process::{
    GateWait, ProcessDetail, ProcessKind, ProcessRow, ProcessSelection, definition_picture,
    instance_picture,
};
use app::view::{Chain, FlowHealth, FlowLane, FlowLaneDetail, Page, SideBySide, Times};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use control::Permission;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// Processes and the health of the flow.
pub trait ProcessSource: Send + Sync + 'static {
    /// What waits, what is blocked and how long each stage takes.
    fn flow_health(&self) -> Result<FlowHealth, SourceFault>;
    /// One stage with its rows.
    fn flow_lane(&self, key: &str) -> Result<Option<FlowLaneDetail>, SourceFault>;
    /// The definitions in force with their figures.
    fn process_kinds(&self) -> Result<Vec<ProcessKind>, SourceFault>;
    /// Instances, newest first.
    fn process_list(
        &self,
        selection: &ProcessSelection,
        cursor: Option<&str>,
    ) -> Result<Page<ProcessRow>, SourceFault>;
    /// One instance.
    fn process(&self, id: &str) -> Result<Option<ProcessDetail>, SourceFault>;
    /// The instances of a chain.
    fn processes_of_chain(&self, correlation: &str) -> Result<Vec<ProcessDetail>, SourceFault>;
    /// How long approvals inside processes were waited for, over the last 28 days.
    fn gate_waits(&self) -> Result<Vec<GateWait>, SourceFault>;
    /// The objects of a chain, here and in every other system.
    fn side_by_side(&self, correlation: &str) -> Result<Vec<SideBySide>, SourceFault>;
}

#[derive(Template)]
#[template(path = "flow.html")]
struct FlowPage {
    frame: Frame,
    health: FlowHealth,
    trouble: Vec<ProcessRow>,
    gates: Vec<GateWait>,
}

impl FlowPage {
    fn usual(&self, lane: &FlowLane) -> String {
        tenths(lane.usual_tenths)
    }

    #[allow(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates pass references"
    )]
    fn lasting(&self, seconds: &i64) -> String {
        lasting(*seconds)
    }

    /// The times of the stages and those over several stages.
    fn times(&self) -> Vec<&Times> {
        let stages = self.health.lanes.iter().map(|lane| &lane.times);
        stages.chain(&self.health.cycles).collect()
    }
}

/// `3.4`.
fn tenths(value: i64) -> String {
    format!("{}.{}", value / 10, value % 10)
}

/// Seconds in words.
fn lasting(seconds: i64) -> String {
    match seconds {
        ..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

pub(super) async fn flow(State(state): State<ConsoleState>, seat: Seat) -> Response {
    page(state, seat, Place::Flow, |source, frame| {
        let trouble = ProcessSelection {
            trouble: true,
            ..ProcessSelection::default()
        };
        draw(&FlowPage {
            frame,
            health: source.flow_health()?,
            trouble: source.process_list(&trouble, None)?.items,
            gates: source.gate_waits()?,
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "flow-lane.html")]
struct LanePage {
    frame: Frame,
    found: FlowLaneDetail,
}

impl LanePage {
    fn usual(&self) -> String {
        tenths(self.found.lane.usual_tenths)
    }
}

pub(super) async fn lane(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(key): Path<String>,
) -> Response {
    page(state, seat, Place::Flow, move |source, frame| {
        let found = source.flow_lane(&key)?.ok_or(Stop::Missing {
            what: "stage of the flow called",
            id: key,
        })?;
        draw(&LanePage { frame, found })
    })
    .await
}

#[derive(Template)]
#[template(path = "processes.html")]
struct KindsPage {
    frame: Frame,
    kinds: Vec<ProcessKind>,
}

pub(super) async fn kinds(State(state): State<ConsoleState>, seat: Seat) -> Response {
    page(state, seat, Place::Processes, |source, frame| {
        draw(&KindsPage {
            frame,
            kinds: source.process_kinds()?,
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "process-kind.html")]
struct KindPage {
    frame: Frame,
    kind: ProcessKind,
    picture: String,
    rows: Page<ProcessRow>,
    asked: Asked,
    older: Option<String>,
}

impl KindPage {
    fn path(&self) -> String {
        format!("/processes/{}", segment(&self.kind.name))
    }

    fn href(&self, status: &str) -> String {
        self.asked.with(&self.path(), "status", status)
    }

    fn at_step(&self, step: &str) -> String {
        self.asked.with(&self.path(), "step", step)
    }

    fn is(&self, status: &str) -> bool {
        self.asked.get("status").unwrap_or("open") == status
    }
}

pub(super) async fn kind(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(name): Path<String>,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Processes, move |source, frame| {
        let kind = source
            .process_kinds()?
            .into_iter()
            .find(|kind| kind.name == name)
            .ok_or(Stop::Missing {
                what: "process called",
                id: name.clone(),
            })?;
        let asked = Asked::new(pairs);
        let status = asked.get("status").unwrap_or("open");
        let selection = ProcessSelection {
            name: Some(name),
            status: (status != "all").then(|| status.to_owned()),
            step: asked.text("step"),
            trouble: false,
        };
        let rows = source.process_list(&selection, asked.get("cursor"))?;
        let path = format!("/processes/{}", segment(&kind.name));
        draw(&KindPage {
            frame,
            picture: definition_picture(&kind, false),
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with(&path, "cursor", next)),
            kind,
            rows,
            asked,
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "process.html")]
struct ProcessPage {
    frame: Frame,
    found: ProcessDetail,
    picture: String,
}

impl ProcessPage {
    fn is_running(&self) -> bool {
        self.found.row.status == "running"
    }

    fn can_cancel(&self) -> bool {
        matches!(self.found.row.status.as_str(), "running" | "done")
    }

    fn waits(&self, status: &str) -> bool {
        self.is_running() && matches!(status, "waiting" | "asked")
    }
}

pub(super) async fn instance(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Processes, move |source, frame| {
        let found = source.process(&id)?.ok_or(Stop::Missing {
            what: "process",
            id: id.clone(),
        })?;
        draw(&ProcessPage {
            frame,
            picture: instance_picture(&found, false),
            found,
        })
    })
    .await
}

/// The form that changes an instance.
#[derive(Debug, Deserialize)]
pub(super) struct ActForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    act: String,
    #[serde(default)]
    step: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn act(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(form): Form<ActForm>,
) -> Response {
    page(state, seat, Place::Processes, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let needed = match form.act.as_str() {
            "approve" | "deny" => Permission::ApproveFinance,
            _ => Permission::ResolveException,
        };
        permitted(&frame, needed)?;
        let command = command_of(&id, &form)?;
        let answer = source.handle(command, &actor)?;
        // What the approval policy holds is shown where it waits.
        Ok(Answer::Go(match answer["approval"].as_str() {
            Some(approval) => format!("/approvals/{}", segment(approval)),
            None => format!("/process/{}", segment(&id)),
        }))
    })
    .await
}

fn command_of(id: &str, form: &ActForm) -> Result<Command, Stop> {
    let (step, reason) = (&form.step, form.reason.trim());
    let (name, body) = match form.act.as_str() {
        "extend" => {
            // A browser gives a day; the day is given in full.
            let until = format!("{}T23:59:59Z", form.until);
            let body = json!({ "process": id, "step": step, "until": until, "reason": reason });
            ("extend_process", body)
        }
        "skip" => (
            "skip_process_step",
            json!({ "process": id, "step": step, "reason": reason }),
        ),
        "approve" | "deny" => (
            "decide_process",
            json!({ "process": id, "step": step, "decision": form.act, "reason": reason }),
        ),
        _ => ("cancel_process", json!({ "process": id, "reason": reason })),
    };
    Command::read(name, body).map_err(|unreadable| {
        Stop::Fault(SourceFault::Refused {
            reason: unreadable.to_string(),
        })
    })
}

/// What a chain page shows beside its hops.
pub(super) struct Beside {
    pub(super) systems: Vec<SideBySide>,
    pub(super) processes: Vec<ProcessDetail>,
}

pub(super) fn beside(source: &dyn Source, chain: &Chain) -> Result<Beside, Stop> {
    Ok(Beside {
        systems: source.side_by_side(&chain.correlation)?,
        processes: source.processes_of_chain(&chain.correlation)?,
    })
}

impl Beside {
    pub(super) fn is_empty(&self) -> bool {
        self.systems.is_empty() && self.processes.is_empty()
    }
}

/// Everything about a chain in one JSON document, to be kept as evidence.
pub(super) async fn evidence(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
) -> Response {
    let source = state.source.clone();
    let asked = id.clone();
    let gathered = tokio::task::spawn_blocking(move || -> Result<_, SourceFault> {
        let Some(chain) = source.chain(&asked)? else {
            return Ok(None);
        };
        let systems = source.side_by_side(&chain.correlation)?;
        let processes = source.processes_of_chain(&chain.correlation)?;
        Ok(Some(json!({
            "asked": asked,
            "gathered": source.now(),
            "chain": chain,
            "systems": systems,
            "processes": processes,
        })))
    })
    .await;
    let document = match gathered {
        Ok(Ok(Some(document))) => document,
        Ok(Ok(None)) => return super::not_found(State(state), None).await,
        Ok(Err(fault)) => {
            tracing::error!(%fault, "the evidence of a chain could not be gathered");
            return axum::http::StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        Err(error) => {
            tracing::error!(%error, "the evidence of a chain did not come back from its thread");
            return axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let name: String = id
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' || c == '-' {
                c
            } else {
                '-'
            }
        })
        .take(80)
        .collect();
    (
        [
            (CONTENT_TYPE, "application/json".to_owned()),
            (
                CONTENT_DISPOSITION,
                format!("attachment; filename=\"evidence-{name}.json\""),
            ),
        ],
        format!("{document:#}\n"),
    )
        .into_response()
}
