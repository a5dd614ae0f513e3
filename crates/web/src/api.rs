//! The REST API under `/api/v1`. One table of routes drives the router, the OpenAPI description and
//! the reference page, so that they cannot say different things.

pub mod answers;
mod asked;
mod audit;
mod bill_runs;
mod collection;
mod command;
mod desk;
mod exceptions;
mod files;
mod flow;
mod governance;
mod invoice_life;
mod outward;
mod paged;
pub(crate) mod papers;
mod price_changes;
mod processes;
mod provisioning;
mod queries;
mod quick;
mod quotes;
mod review;
mod routes;
mod structure;
mod tax;
pub mod usage;

pub use asked::Asked;
pub use routes::ROUTES;

use crate::auth::bearer;
use crate::limits::ADDRESS;
use crate::problem::{Problem, REQUEST_ID};
use crate::state::Web;
use app::App;
use axum::Router;
use axum::body::Body;
use axum::extract::{RawPathParams, State};
use axum::http::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use control::Permission;
use schemars::{Schema, SchemaGenerator};
use std::collections::BTreeMap;
use tracing::Span;

/// Where the API lives.
pub const PREFIX: &str = "/api/v1";

/// Makes the schema of a body or an answer, and keeps what it refers to in the generator.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// One operation of the API.
#[derive(Clone, Copy)]
pub struct Route {
    /// Path after [`PREFIX`], with `{id}` for what varies.
    pub path: &'static str,
    /// The part of the business that it belongs to: a heading of the reference.
    pub group: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What the caller's role must allow.
    pub permission: Permission,
    /// The shape of the answer.
    pub answer: SchemaOf,
    /// What is done.
    pub work: Work,
}

/// What an operation does.
#[derive(Clone, Copy)]
pub enum Work {
    /// `POST`: a command.
    Command(CommandRoute),
    /// `POST`: a command that is tried without effect.
    Preview(PreviewRoute),
    /// `POST`: many facts at once, each with a key of its own.
    Intake(IntakeRoute),
    /// `GET`: a question.
    Query(QueryRoute),
    /// `GET`: a file.
    Download(DownloadRoute),
}

/// A file behind a path.
#[derive(Clone, Copy)]
pub struct DownloadRoute {
    /// What kind of file.
    pub media_type: &'static str,
    /// Makes it.
    pub read: fn(&App, &Asked) -> Result<app::printing::Printed, Problem>,
}

/// A trial of a command behind a path.
#[derive(Clone, Copy)]
pub struct PreviewRoute {
    /// The name of the operation.
    pub name: &'static str,
    /// The command that is tried.
    pub command: CommandRoute,
    /// Tries it for the caller.
    pub attempt: fn(&App, &str, app::command::Command) -> Result<serde_json::Value, Problem>,
}

/// A command behind a path.
#[derive(Clone, Copy)]
pub struct CommandRoute {
    /// The word that names the command.
    pub name: &'static str,
    /// The shape of its body.
    pub body: SchemaOf,
    /// The field of the body that the `{id}` of the path fills, where the path has one.
    pub from_path: Option<&'static str>,
    /// 201 when it makes something new, else 200.
    pub status: u16,
}

/// Many facts at once behind a path.
#[derive(Clone, Copy)]
pub struct IntakeRoute {
    /// The name of the operation.
    pub name: &'static str,
    /// The shape of its body.
    pub body: SchemaOf,
}

/// A question behind a path.
#[derive(Clone, Copy)]
pub struct QueryRoute {
    /// What may stand in the query string, besides `cursor` and `limit` for lists.
    pub parameters: &'static [Parameter],
    /// Whether the answer is one page of a list.
    pub paged: bool,
    /// Answers it.
    pub read: fn(&App, &Asked) -> Result<serde_json::Value, Problem>,
}

/// A parameter of the query string.
#[derive(Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub about: &'static str,
    /// Whether it must be given.
    pub required: bool,
}

/// Whether the approval policy can have a command wait for another person: every one but those by
/// which people decide.
#[must_use]
pub fn may_wait(command: &str) -> bool {
    !matches!(
        command,
        "grant_approval"
            | "deny_approval"
            | "withdraw_approval"
            | "delegate_permission"
            | "revoke_delegation"
    )
}

impl Route {
    /// `GET` or `POST`.
    #[must_use]
    pub fn method(&self) -> &'static str {
        match self.work {
            Work::Command(_) | Work::Preview(_) | Work::Intake(_) => "POST",
            Work::Query(_) | Work::Download(_) => "GET",
        }
    }

    /// The name of the operation in clients: the command, or the path in words.
    #[must_use]
    pub fn operation_id(&self) -> String {
        match &self.work {
            Work::Command(command) => command.name.to_owned(),
            Work::Preview(preview) => preview.name.to_owned(),
            Work::Intake(intake) => intake.name.to_owned(),
            Work::Query(_) | Work::Download(_) => {
                let words = self
                    .path
                    .split(['/', '-', '{', '}'])
                    .filter(|word| !word.is_empty());
                format!("get_{}", words.collect::<Vec<_>>().join("_"))
            }
        }
    }
}

/// All routes of the table.
pub fn router() -> Router<Web> {
    let mut paths: BTreeMap<&'static str, MethodRouter<Web>> = BTreeMap::new();
    for route in ROUTES {
        let known = paths.remove(route.path).unwrap_or_default();
        let handler = move |state, params, request| answer(route, state, params, request);
        let methods = match route.work {
            Work::Command(_) | Work::Preview(_) | Work::Intake(_) => known.merge(post(handler)),
            Work::Query(_) | Work::Download(_) => known.merge(get(handler)),
        };
        paths.insert(route.path, methods);
    }
    paths
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| {
            router.route(&format!("{PREFIX}{path}"), methods)
        })
}

async fn answer(
    route: &'static Route,
    State(web): State<Web>,
    params: RawPathParams,
    request: Request<Body>,
) -> Response {
    let path = params
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let done = match &route.work {
        Work::Command(command) => command::perform(route, command, web, path, request).await,
        Work::Preview(preview) => command::attempt(route, preview, web, path, request).await,
        Work::Intake(intake) => usage::take(route, intake, web, request).await,
        Work::Query(query) => ask(route, query, web, path, request).await,
        Work::Download(download) => papers::send(route, download, web, path, request).await,
    };
    done.unwrap_or_else(IntoResponse::into_response)
}

async fn ask(
    route: &'static Route,
    query: &'static QueryRoute,
    web: Web,
    path: BTreeMap<String, String>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let asked = Asked::read(query, path, parts.uri.query().unwrap_or_default());
    let text = blocking(move || {
        bearer::admit(&web, &parts.headers, route.permission)?;
        (query.read)(web.app(), &asked?).map(|value| value.to_string())
    })
    .await?;
    Ok((
        [
            (CONTENT_TYPE, "application/json"),
            (CACHE_CONTROL, "no-store"),
        ],
        text,
    )
        .into_response())
}

/// Does synchronous work beside the event loop, under the log span of the request.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let span = Span::current();
    let id = REQUEST_ID.try_with(Clone::clone).unwrap_or_default();
    let address = ADDRESS.try_with(Clone::clone).unwrap_or_default();
    let known = move || REQUEST_ID.sync_scope(id, || ADDRESS.sync_scope(address, work));
    let worked = tokio::task::spawn_blocking(move || span.in_scope(known)).await;
    worked.unwrap_or_else(|error| {
        tracing::error!(%error, "a request broke off");
        Err(Problem::new(
            crate::problem::Code::Internal,
            "The request broke off; nothing of it was kept.",
        ))
    })
}
