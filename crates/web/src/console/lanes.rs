//! How connections and lanes stand, and what people do about them: hold, resume, let a parked effect
//! run again, change the order.

use super::exceptions::admitted;
use super::frame::{Frame, Place};
use super::paths::Asked;
use super::respond::{Answer, Seat, Stop, draw, draw_as, page};
use super::source::{Source, SourceFault};
use super::{ConsoleState, filters, money};
use app::lanes::{ConnectionView, LaneList, LaneView};
use app::view::{ConnectionRow, IntakeRow};
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::{Permission, Role};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Lanes on a page.
const LANES_SHOWN: u16 = 100;

/// What a person does about deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowAction {
    /// Holds a connection or a lane.
    Pause,
    /// Lets it go on; a connection slowly at first.
    Resume,
    /// Lets the parked effect at the head of a lane run again.
    Release {
        /// The effect.
        effect: String,
    },
    /// Moves a lane forward or back.
    Prioritise {
        /// From -100 to 100.
        priority: i64,
    },
}

/// What is acted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowTarget {
    /// A connection.
    Connection(String),
    /// A lane.
    Lane(String),
}

/// Where connections and lanes come from.
pub trait FlowSource {
    /// Every connection as all processes know it.
    fn connection_views(&self) -> Result<Vec<ConnectionView>, SourceFault>;
    /// Lanes of a connection, or of all.
    fn lane_views(
        &self,
        connection: Option<&str>,
        list: LaneList,
        limit: u16,
    ) -> Result<Vec<LaneView>, SourceFault>;
    /// Acts on a connection or a lane. The same twice has one effect.
    fn steer_flow(
        &self,
        target: &FlowTarget,
        action: &FlowAction,
        reason: &str,
        actor: &str,
    ) -> Result<(), SourceFault>;
}

fn may_steer(frame: &Frame) -> bool {
    frame
        .viewer
        .as_ref()
        .and_then(|viewer| Role::from_word(&viewer.role))
        .is_some_and(|role| role.may(Permission::ReleaseEffect))
}

#[derive(Template)]
#[template(path = "connections.html")]
struct ConnectionsPage {
    frame: Frame,
    intake: Vec<IntakeRow>,
    connections: Vec<ConnectionRow>,
    views: Vec<ConnectionView>,
    refusal: Option<String>,
    may_steer: bool,
}

use super::today::{Delivery, Proof};

impl ConnectionsPage {
    /// How many calls may begin at once now.
    fn left(&self, view: &ConnectionView) -> String {
        money::grouped(view.budget_left.into())
    }

    fn read(source: &dyn Source, frame: Frame) -> Result<Self, Stop> {
        Ok(Self {
            intake: source.intake()?,
            connections: source.connections()?,
            views: source.connection_views()?,
            refusal: None,
            may_steer: may_steer(&frame),
            frame,
        })
    }
}

pub(super) async fn connections(State(state): State<ConsoleState>, seat: Seat) -> Response {
    page(state, seat, Place::Connections, |source, frame| {
        draw(&ConnectionsPage::read(source, frame)?)
    })
    .await
}

#[derive(Template)]
#[template(path = "lanes.html")]
struct LanesPage {
    frame: Frame,
    views: Vec<ConnectionView>,
    lanes: Vec<LaneView>,
    list: LaneList,
    connection: String,
    asked: Asked,
    refusal: Option<String>,
    may_steer: bool,
}

impl LanesPage {
    fn read(source: &dyn Source, frame: Frame, asked: Asked) -> Result<Self, Stop> {
        let list = match asked.get("list") {
            None => LaneList::Waiting,
            Some(word) => LaneList::from_word(word).ok_or_else(|| SourceFault::BadFilter {
                field: "list",
                value: word.to_owned(),
                mend: "use waiting, parked or retrying".to_owned(),
            })?,
        };
        let connection = asked.get("connection").unwrap_or_default().to_owned();
        let only = (!connection.is_empty()).then_some(connection.as_str());
        Ok(Self {
            views: source.connection_views()?,
            lanes: source.lane_views(only, list, LANES_SHOWN)?,
            list,
            refusal: None,
            may_steer: may_steer(&frame),
            connection,
            asked,
            frame,
        })
    }

    fn lists(&self) -> [(LaneList, i64); 3] {
        let of = |count: fn(&ConnectionView) -> i64| {
            let views = self.views.iter();
            views
                .filter(|view| self.connection.is_empty() || view.name == self.connection)
                .map(count)
                .sum()
        };
        [
            (LaneList::Waiting, of(|view| view.lanes - view.parked_lanes)),
            (LaneList::Parked, of(|view| view.parked_lanes)),
            (LaneList::Retrying, of(|view| view.retrying_lanes)),
        ]
    }

    fn href(&self, list: &LaneList) -> String {
        self.asked.with("/lanes", "list", list.word())
    }

    fn is_shown(&self, list: &LaneList) -> bool {
        *list == self.list
    }

    fn is_connection(&self, name: &str) -> bool {
        self.connection == name
    }

    fn is_full(&self) -> bool {
        self.lanes.len() >= usize::from(LANES_SHOWN)
    }

    /// How many wait behind the head.
    fn behind(&self, lane: &LaneView) -> i64 {
        (lane.waiting - 1).max(0)
    }
}

pub(super) async fn lanes(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Lanes, move |source, frame| {
        draw(&LanesPage::read(source, frame, Asked::new(pairs))?)
    })
    .await
}

/// The form under a connection or a lane.
#[derive(Debug, Deserialize)]
pub(super) struct SteerForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    connection: String,
    #[serde(default)]
    lane: String,
    #[serde(default)]
    effect: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    priority: String,
    #[serde(default)]
    reason: String,
    /// The list that the form stood in.
    #[serde(default)]
    list: String,
}

pub(super) async fn steer(
    State(state): State<ConsoleState>,
    seat: Seat,
    Form(form): Form<SteerForm>,
) -> Response {
    let place = if form.lane.is_empty() {
        Place::Connections
    } else {
        Place::Lanes
    };
    page(state, seat, place, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let done = checked(&form).and_then(|(target, action)| {
            match source.steer_flow(&target, &action, form.reason.trim(), &actor) {
                Err(SourceFault::Refused { reason }) => Err(Ok(reason)),
                Err(fault) => Err(Err(fault)),
                Ok(()) => Ok(()),
            }
        });
        match done {
            Ok(()) if form.lane.is_empty() => Ok(Answer::Go("/connections".to_owned())),
            Ok(()) => Ok(Answer::Go(format!("/lanes?list={}", list_of(&form).word()))),
            Err(Err(fault)) => Err(fault.into()),
            Err(Ok(refusal)) if form.lane.is_empty() => {
                let mut again = ConnectionsPage::read(source, frame)?;
                again.refusal = Some(refusal);
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
            }
            Err(Ok(refusal)) => {
                let pairs = [("list".to_owned(), list_of(&form).word().to_owned())];
                let mut again = LanesPage::read(source, frame, Asked::new(pairs.into()))?;
                again.refusal = Some(refusal);
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
            }
        }
    })
    .await
}

fn list_of(form: &SteerForm) -> LaneList {
    LaneList::from_word(&form.list).unwrap_or(LaneList::Waiting)
}

type Unfit = Result<String, SourceFault>;

fn checked(form: &SteerForm) -> Result<(FlowTarget, FlowAction), Unfit> {
    if form.reason.trim().is_empty() {
        return Err(Ok(
            "Give the reason: it is kept and shown beside what it changed.".to_owned(),
        ));
    }
    let target = match (form.connection.as_str(), form.lane.as_str()) {
        ("", "") => return Err(Ok("Name a connection or a lane.".to_owned())),
        (connection, "") => FlowTarget::Connection(connection.to_owned()),
        (_, lane) => FlowTarget::Lane(lane.to_owned()),
    };
    let action = match form.action.as_str() {
        "pause" => FlowAction::Pause,
        "resume" => FlowAction::Resume,
        "release" => FlowAction::Release {
            effect: form.effect.clone(),
        },
        "prioritise" => FlowAction::Prioritise {
            priority: form.priority.trim().parse().map_err(|_| {
                Ok(format!(
                    "{:?} is not a priority; use a whole number from -100 to 100.",
                    form.priority
                ))
            })?,
        },
        _ => return Err(Ok("Choose what to do.".to_owned())),
    };
    Ok((target, action))
}
