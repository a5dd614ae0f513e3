//! Incidents: the board that everybody watches, and one incident with its groups and timeline.

use super::acts::{perform, sentence};
use super::admitted;
use crate::console::frame::{Frame, Place};
use crate::console::paths::{Asked, segment};
use crate::console::respond::{Answer, Seat, Stop, draw, draw_as, page};
use crate::console::source::{Source, SourceFault};
use crate::console::{ConsoleState, filters};
use app::view::{IncidentDetail, IncidentRow};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "incidents.html")]
struct BoardPage {
    frame: Frame,
    rows: Vec<IncidentRow>,
    /// The group that a new incident is to gather, when one was chosen.
    group: Option<String>,
    refusal: Option<String>,
    typed: String,
}

impl BoardPage {
    fn read(source: &dyn Source, frame: Frame, group: Option<String>) -> Result<Self, Stop> {
        Ok(Self {
            frame,
            rows: source.incidents()?,
            group,
            refusal: None,
            typed: String::new(),
        })
    }

    fn open(&self) -> usize {
        self.rows.iter().filter(|row| row.status == "open").count()
    }
}

pub(in crate::console) async fn incidents(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Incidents, move |source, frame| {
        let group = Asked::new(pairs).text("group");
        draw(&BoardPage::read(source, frame, group)?)
    })
    .await
}

/// The forms about incidents.
#[derive(Debug, Default, Deserialize)]
pub(in crate::console) struct IncidentForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    severity: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    note: String,
}

pub(in crate::console) async fn open_incident(
    State(state): State<ConsoleState>,
    seat: Seat,
    Form(form): Form<IncidentForm>,
) -> Response {
    page(state, seat, Place::Incidents, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let owner = if form.owner.trim().is_empty() {
            actor.clone()
        } else {
            form.owner.trim().to_owned()
        };
        let body = json!({
            "title": form.title, "severity": form.severity, "owner": owner, "groups": [form.group],
        });
        match perform(source, "open_incident", body, &actor) {
            Ok(answer) => {
                let id = answer["incident"].as_str().unwrap_or_default();
                Ok(Answer::Go(format!("/incidents/{}", segment(id))))
            }
            Err(Stop::Fault(SourceFault::Refused { reason })) => {
                let mut again = BoardPage::read(source, frame, Some(form.group))?;
                again.refusal = Some(sentence(&reason));
                again.typed = form.title;
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
            }
            Err(stop) => Err(stop),
        }
    })
    .await
}

#[derive(Template)]
#[template(path = "incident.html")]
struct IncidentPage {
    frame: Frame,
    found: IncidentDetail,
    refusal: Option<String>,
    typed: String,
}

impl IncidentPage {
    fn read(source: &dyn Source, frame: Frame, id: &str) -> Result<Self, Stop> {
        let found = source.incident(id)?.ok_or_else(|| Stop::Missing {
            what: "incident",
            id: id.to_owned(),
        })?;
        Ok(Self {
            frame,
            found,
            refusal: None,
            typed: String::new(),
        })
    }

    fn is_severity(&self, word: &str) -> bool {
        self.found.row.severity == word
    }
}

pub(in crate::console) async fn incident(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Incidents, move |source, frame| {
        draw(&IncidentPage::read(source, frame, &id)?)
    })
    .await
}

pub(in crate::console) async fn change_incident(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path((id, action)): Path<(String, String)>,
    Form(form): Form<IncidentForm>,
) -> Response {
    page(state, seat, Place::Incidents, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let (name, body) = match action.as_str() {
            "close" => (
                "close_incident",
                json!({ "incident": id, "reason": form.note }),
            ),
            "note" => ("update_incident", changes(&id, &form)),
            _ => {
                return Err(Stop::Missing {
                    what: "action",
                    id: action.clone(),
                });
            }
        };
        match perform(source, name, body, &actor) {
            Ok(_) => Ok(Answer::Go(format!("/incidents/{}", segment(&id)))),
            Err(Stop::Fault(SourceFault::Refused { reason })) => {
                let mut again = IncidentPage::read(source, frame, &id)?;
                again.refusal = Some(sentence(&reason));
                again.typed = form.note;
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
            }
            Err(stop) => Err(stop),
        }
    })
    .await
}

fn changes(id: &str, form: &IncidentForm) -> Value {
    let mut body = json!({ "incident": id, "note": form.note });
    for (name, value) in [("severity", &form.severity), ("owner", &form.owner)] {
        if !value.trim().is_empty() {
            body[name] = Value::String(value.trim().to_owned());
        }
    }
    body
}
