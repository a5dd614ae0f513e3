//! Commands over HTTP: admit, read strictly, do once.

use super::{CommandRoute, PreviewRoute, Route, blocking};
use crate::auth::bearer;
use crate::body::{BrokeOff, collect};
use crate::problem::{Code, Problem};
use crate::state::Web;
use app::Outcome;
use app::command::{Command, CommandUnreadable, Envelope};
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::collections::BTreeMap;

/// Largest body accepted, in bytes.
pub const BODY_LARGEST: usize = 1024 * 1024;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

pub(super) async fn perform(
    route: &'static Route,
    command: &'static CommandRoute,
    web: Web,
    path: BTreeMap<String, String>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    // Who is not let in learns nothing about the body.
    let (door, headers) = (web.clone(), parts.headers.clone());
    let caller = blocking(move || bearer::admit(&door, &headers, route.permission)).await?;
    let key = key(&parts.headers)?;
    is_json(&parts.headers)?;
    let bytes = read_body(&parts.headers, body).await?;
    let body = fill(command, &path, parse(&bytes)?)?;
    let command_read = Command::read(command.name, body).map_err(unreadable)?;
    let client = caller.client();
    let envelope = Envelope {
        client,
        key,
        actor: caller.name,
        command: command_read,
    };
    let counted = web.clone();
    let outcome = blocking(move || web.app().execute(envelope).map_err(Problem::from)).await;
    let word = match &outcome {
        Ok(Outcome::Done(_)) => "done",
        Ok(Outcome::AlreadyDone(_)) => "replayed",
        Err(problem) => problem.code().word(),
    };
    counted.metrics().command(command.name, word);
    let (answer, replayed) = match outcome? {
        Outcome::Done(answer) => (answer, false),
        Outcome::AlreadyDone(answer) => (answer, true),
    };
    let waits =
        app::approval::is_waiting(&answer) || app::governance::is_proposed(command.name, &answer);
    let status = if waits {
        StatusCode::ACCEPTED
    } else {
        StatusCode::from_u16(command.status).unwrap_or(StatusCode::OK)
    };
    let kind = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
    ];
    let mut response = (status, kind, answer.to_string()).into_response();
    if replayed {
        response
            .headers_mut()
            .insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Tries a command without effect: no key is needed, and none is used up.
pub(super) async fn attempt(
    route: &'static Route,
    preview: &'static PreviewRoute,
    web: Web,
    path: BTreeMap<String, String>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let (door, headers) = (web.clone(), parts.headers.clone());
    let caller = blocking(move || bearer::admit(&door, &headers, route.permission)).await?;
    is_json(&parts.headers)?;
    let bytes = read_body(&parts.headers, body).await?;
    let body = fill(&preview.command, &path, parse(&bytes)?)?;
    let command = Command::read(preview.command.name, body).map_err(unreadable)?;
    let answer = blocking(move || (preview.attempt)(web.app(), &caller.name, command)).await?;
    let kind = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((StatusCode::OK, kind, answer.to_string()).into_response())
}

fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let missing = || {
        let message = "Send the header Idempotency-Key with a value that is new for each command, such as a \
                       UUID; sending the same command again with the same key is harmless.";
        Problem::new(Code::IdempotencyKeyMissing, message)
            .with_field("Idempotency-Key", "it is missing or empty")
    };
    let value = headers.get(KEY).ok_or_else(missing)?;
    let text = value.to_str().map(str::trim).unwrap_or_default();
    if text.is_empty() {
        Err(missing())
    } else {
        Ok(text.to_owned())
    }
}

fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media = kind.split(';').next().unwrap_or_default().trim();
    if media.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let given = if kind.is_empty() {
        "no Content-Type".to_owned()
    } else {
        format!("Content-Type {kind:?}")
    };
    Err(Problem::new(
        Code::UnsupportedMediaType,
        format!("The body came with {given}; send application/json."),
    ))
}

/// Reads a body up to [`BODY_LARGEST`].
async fn read_body(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Problem> {
    let too_large = || {
        Problem::new(
            Code::PayloadTooLarge,
            format!("A body has at most {BODY_LARGEST} bytes."),
        )
    };
    let declared = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > BODY_LARGEST) {
        return Err(too_large());
    }
    let broke_off =
        |BrokeOff| Problem::new(Code::UnreadableBody, "The body broke off before its end.");
    let bytes = collect(body, BODY_LARGEST).await.map_err(broke_off)?;
    if bytes.len() > BODY_LARGEST {
        Err(too_large())
    } else {
        Ok(bytes)
    }
}

fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let at = format!("line {}, column {}", error.line(), error.column());
        Problem::new(
            Code::UnreadableBody,
            format!("The body is not JSON: {error}."),
        )
        .with_field("", at)
    })
}

/// Puts what the path names into the body; a body that names another one is refused.
fn fill(
    command: &CommandRoute,
    path: &BTreeMap<String, String>,
    mut body: Value,
) -> Result<Value, Problem> {
    let Value::Object(fields) = &mut body else {
        let message = "the body is a JSON object with the fields of the command";
        return Err(Problem::new(Code::InvalidBody, message).with_field("", message));
    };
    if let (Some(field), Some(id)) = (command.from_path, path.get("id")) {
        match fields.get(field) {
            None => {
                fields.insert(field.to_owned(), Value::String(id.clone()));
            }
            Some(Value::String(same)) if same == id => {}
            Some(_) => {
                let message = format!("{field} is {id:?} by the path; leave it out of the body");
                return Err(
                    Problem::new(Code::InvalidBody, message.clone()).with_field(field, message)
                );
            }
        }
    }
    Ok(body)
}

fn unreadable(fault: CommandUnreadable) -> Problem {
    match fault {
        CommandUnreadable::Body { field, error, .. } => {
            let field = if field.is_empty() {
                named_in(&error).unwrap_or_default()
            } else {
                field
            };
            let detail = if field.is_empty() {
                error.clone()
            } else {
                format!("{field}: {error}")
            };
            Problem::new(Code::InvalidBody, detail).with_field(&field, error)
        }
        CommandUnreadable::Name { .. } => {
            Problem::new(Code::Internal, "This command is not served.")
        }
    }
}

/// The field that the reader names between back-ticks, as in "unknown field `x`".
fn named_in(error: &str) -> Option<String> {
    let rest = ["unknown field `", "missing field `", "duplicate field `"]
        .iter()
        .find_map(|start| error.strip_prefix(start))?;
    rest.split('`').next().map(str::to_owned)
}
