//! Events of use over HTTP: one JSON document or one event a line, many at once. Meter and key make
//! each event count once, so a batch needs no key of its own and can always be sent again.

use super::paged::paged;
use super::queries::{Answered, one, whole, written};
use super::{Asked, IntakeRoute, Route, blocking};
use crate::auth::bearer;
use crate::body::{BrokeOff, collect};
use crate::problem::{Code, Problem};
use crate::state::Web;
use app::App;
use app::command::RecordUsage as UsageEvent;
use app::usage::MOST_EVENTS;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// Largest batch, in bytes.
const LARGEST: usize = 8 * 1024 * 1024;

/// Lines at fault that are named at once.
const FAULTS_NAMED: usize = 20;

/// Events of use that are sent at once.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageBatch {
    /// 1 to 10,000 events.
    pub events: Vec<UsageEvent>,
}

/// How a batch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Lines,
}

pub(super) async fn take(
    route: &'static Route,
    intake: &'static IntakeRoute,
    web: Web,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let (door, headers) = (web.clone(), parts.headers.clone());
    let caller = blocking(move || bearer::admit(&door, &headers, route.permission)).await?;
    let form = form(&parts.headers)?;
    let broke_off =
        |BrokeOff| Problem::new(Code::UnreadableBody, "The body broke off before its end.");
    let bytes = collect(body, LARGEST).await.map_err(broke_off)?;
    if bytes.len() > LARGEST {
        return Err(Problem::new(
            Code::PayloadTooLarge,
            format!("A batch of events has at most {LARGEST} bytes; send it in parts."),
        ));
    }
    let counted = web.clone();
    let outcome = blocking(move || {
        let events = match form {
            Form::Json => document(&bytes)?,
            Form::Lines => lines(&bytes)?,
        };
        let taken = web.app().take_usage(&caller.name, events)?;
        written(&taken)
    })
    .await;
    let word = match &outcome {
        Ok(_) => "done",
        Err(problem) => problem.code().word(),
    };
    counted.metrics().command(intake.name, word);
    let kind = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((StatusCode::OK, kind, outcome?.to_string()).into_response())
}

fn form(headers: &HeaderMap) -> Result<Form, Problem> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media = kind.split(';').next().unwrap_or_default().trim();
    match media.to_ascii_lowercase().as_str() {
        "application/json" => Ok(Form::Json),
        "application/x-ndjson" | "application/jsonl" => Ok(Form::Lines),
        _ => Err(Problem::new(
            Code::UnsupportedMediaType,
            format!(
                "The body came with Content-Type {kind:?}; send application/json, or application/x-ndjson with one event a line."
            ),
        )),
    }
}

/// A list of events, or an object that holds one.
fn document(bytes: &[u8]) -> Result<Vec<UsageEvent>, Problem> {
    let is_list = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = if is_list {
        serde_path_to_error::deserialize::<_, Vec<UsageEvent>>(&mut reader)
    } else {
        serde_path_to_error::deserialize::<_, UsageBatch>(&mut reader).map(|batch| batch.events)
    };
    read.map_err(|error| {
        let field = error.path().to_string();
        let inner = error.inner().to_string();
        let at = if is_list {
            format!("events{field}")
        } else {
            field
        };
        Problem::new(Code::InvalidBody, format!("{at}: {inner}")).with_field(&at, inner)
    })
}

fn lines(bytes: &[u8]) -> Result<Vec<UsageEvent>, Problem> {
    let (mut events, mut faults) = (Vec::new(), Vec::new());
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice::<UsageEvent>(line) {
            Ok(event) => events.push(event),
            Err(error) => faults.push((index + 1, error.to_string())),
        }
        if faults.len() == FAULTS_NAMED || events.len() > MOST_EVENTS {
            break;
        }
    }
    if faults.is_empty() {
        return Ok(events);
    }
    let detail = format!(
        "{} lines are no events; nothing of the batch was taken.",
        faults.len()
    );
    let problem = Problem::new(Code::InvalidBody, detail);
    Err(faults.into_iter().fold(problem, |problem, (line, why)| {
        problem.with_field(&format!("line {line}"), why)
    }))
}

pub(super) fn meters(app: &App, _: &Asked) -> Answered {
    whole(&app.meters()?)
}

pub(super) fn meter(app: &App, asked: &Asked) -> Answered {
    one("meter", asked, |code| app.meter(code))
}

pub(super) fn aside(app: &App, asked: &Asked) -> Answered {
    let meter = asked.text("meter").unwrap_or_default();
    paged(asked, |_| true, |cursor| app.usage_aside(meter, cursor))
}

pub(super) fn intakes(app: &App, asked: &Asked) -> Answered {
    paged(asked, |_| true, |cursor| app.usage_intakes(cursor))
}

/// The events behind an invoice line, a page of them; with what the line rests on.
pub(super) fn behind(app: &App, asked: &Asked) -> Answered {
    let id = asked.path("id");
    let Some(found) = app.line_usage(id, None)? else {
        return Err(Problem::no_such("invoice line with measured use", id));
    };
    let mut answer: Value = paged(
        asked,
        |_| true,
        |cursor| {
            let page = app.line_usage(id, cursor)?;
            page.map(|page| page.events)
                .ok_or_else(|| app::AppFault::NotFound {
                    kind: "invoice line",
                    id: id.to_owned(),
                })
        },
    )?;
    answer["line"] = written(&found.line)?;
    Ok(answer)
}
