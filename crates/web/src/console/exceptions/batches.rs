//! Actions over many exceptions: previewed, begun with what was shown, watched, stopped.

use super::acts::{perform, sentence};
use super::admitted;
use crate::console::frame::{Frame, Place};
use crate::console::paths::{Asked, segment};
use crate::console::respond::{Answer, Seat, Stop, draw, draw_as, page};
use crate::console::source::{Source, SourceFault};
use crate::console::{ConsoleState, filters};
use app::command::WhichExceptions;
use app::view::{BatchItem, BatchPreview, BatchRow, Page};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::ExceptionClass;
use control::exception_case::{CaseKind, OutcomeCode};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "exception-batch-new.html")]
struct NewPage {
    frame: Frame,
    which: WhichExceptions,
    preview: BatchPreview,
    codes: &'static [OutcomeCode],
    refusal: Option<String>,
    typed: String,
}

impl NewPage {
    fn read(source: &dyn Source, frame: Frame, which: WhichExceptions) -> Result<Self, Stop> {
        // A group's name begins with its class.
        let class = if which.class.is_empty() {
            which.group.split('-').next().unwrap_or_default()
        } else {
            &which.class
        };
        let case = ExceptionClass::from_code(class).map_or(CaseKind::Other, ExceptionClass::case);
        Ok(Self {
            frame,
            preview: source.preview_exceptions(&which)?,
            codes: case.codes(),
            which,
            refusal: None,
            typed: String::new(),
        })
    }
}

fn which(asked: &Asked) -> WhichExceptions {
    let text = |name: &str| asked.text(name).unwrap_or_default();
    WhichExceptions {
        group: text("group"),
        class: text("class"),
        owner: text("owner"),
        status: text("status"),
        incident: text("incident"),
        overdue: asked.get("overdue").is_some(),
    }
}

pub(in crate::console) async fn new_batch(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Exceptions, move |source, frame| {
        draw(&NewPage::read(source, frame, which(&Asked::new(pairs)))?)
    })
    .await
}

/// The form that begins an action over many.
#[derive(Debug, Deserialize)]
pub(in crate::console) struct BatchForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    given_to: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    expected: String,
    #[serde(flatten)]
    which: BTreeMap<String, String>,
}

pub(in crate::console) async fn begin_batch(
    State(state): State<ConsoleState>,
    seat: Seat,
    Form(form): Form<BatchForm>,
) -> Response {
    page(state, seat, Place::Exceptions, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let asked = Asked::new(form.which.clone());
        let reason = form.reason.trim();
        let code = OutcomeCode::from_word(&form.code);
        let action = match form.kind.as_str() {
            "assign" => json!({ "kind": "assign", "owner": form.given_to.trim() }),
            "escalate" => json!({ "kind": "escalate", "reason": reason }),
            "resolve" => {
                let outcome = if code.is_some_and(OutcomeCode::does_work) {
                    "mended"
                } else {
                    "skipped"
                };
                json!({ "kind": "resolve", "outcome": outcome, "code": code, "reason": reason })
            }
            other => json!({ "kind": other }),
        };
        let expected: u64 = form.expected.parse().unwrap_or(0);
        let body = json!({ "which": which(&asked), "action": action, "expected": expected });
        match perform(source, "act_on_exceptions", body, &actor) {
            Ok(answer) => {
                let id = answer["batch"].as_str().unwrap_or_default();
                Ok(Answer::Go(format!("/exception-batches/{}", segment(id))))
            }
            Err(Stop::Fault(SourceFault::Refused { reason })) => {
                let mut again = NewPage::read(source, frame, which(&asked))?;
                again.refusal = Some(sentence(&reason));
                again.typed = form.reason;
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
            }
            Err(stop) => Err(stop),
        }
    })
    .await
}

#[derive(Template)]
#[template(path = "exception-batches.html")]
struct BatchesPage {
    frame: Frame,
    rows: Vec<BatchRow>,
}

pub(in crate::console) async fn batches(State(state): State<ConsoleState>, seat: Seat) -> Response {
    page(state, seat, Place::Exceptions, move |source, frame| {
        draw(&BatchesPage {
            frame,
            rows: source.exception_batches()?,
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "exception-batch.html")]
struct BatchPage {
    frame: Frame,
    row: BatchRow,
    items: Page<BatchItem>,
    older: Option<String>,
}

pub(in crate::console) async fn batch(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Exceptions, move |source, frame| {
        let asked = Asked::new(pairs);
        let row = source.exception_batch(&id)?.ok_or_else(|| Stop::Missing {
            what: "action over many",
            id: id.clone(),
        })?;
        let items = source.exception_batch_items(&id, asked.get("cursor"))?;
        let path = format!("/exception-batches/{}", segment(&id));
        draw(&BatchPage {
            frame,
            row,
            older: items
                .next
                .as_deref()
                .map(|next| asked.with(&path, "cursor", next)),
            items,
        })
    })
    .await
}

/// The form that stops an action over many.
#[derive(Debug, Deserialize)]
pub(in crate::console) struct StopForm {
    #[serde(default)]
    csrf: String,
}

pub(in crate::console) async fn stop_batch(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(form): Form<StopForm>,
) -> Response {
    page(state, seat, Place::Exceptions, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        perform(
            source,
            "stop_exception_batch",
            json!({ "batch": id }),
            &actor,
        )?;
        Ok(Answer::Go(format!("/exception-batches/{}", segment(&id))))
    })
    .await
}
