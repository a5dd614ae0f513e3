//! What surrounds every request: its id, its log span, its figures, its time limit and the
//! protective headers.

use crate::api::blocking;
use crate::auth::bearer;
use crate::problem::{Code, Problem, REQUEST_ID};
use crate::state::Web;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, MatchedPath, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use control::Permission;
use ring::rand::{SecureRandom, SystemRandom};
use std::net::SocketAddr;
use std::time::Instant;
use tracing::{Instrument, field};

const REQUEST_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The layer around everything.
pub(crate) async fn around(State(web): State<Web>, request: Request<Body>, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(request.headers());
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str)
        .to_owned();
    let span = tracing::info_span!("request", id, %method, route, actor = field::Empty, correlationid = field::Empty);
    let caller = request.headers().get(telemetry::TRACEPARENT);
    telemetry::join_caller(
        &span,
        caller
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default(),
    );
    let limit = web.doors().request_limit;
    let answered = async {
        let answer = tokio::time::timeout(limit, next.run(request));
        let response = answer.await.unwrap_or_else(|_| {
            tracing::warn!("a request took too long");
            let detail = "The answer took too long. A command may have been done all the same: send it again with \
                          the same Idempotency-Key to learn its answer.";
            Problem::new(Code::TimedOut, detail).into_response()
        });
        let took = started.elapsed();
        web.metrics()
            .request(method.as_str(), &route, response.status().as_u16(), took);
        tracing::info!(
            status = response.status().as_u16(),
            took_us = took.as_micros(),
            "answered"
        );
        response
    };
    let mut response = REQUEST_ID
        .scope(id.clone(), answered.instrument(span))
        .await;
    protect(response.headers_mut(), &id, web.doors().https);
    response
}

fn protect(headers: &mut HeaderMap, id: &str, https: bool) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_HEADER, id);
    }
    let policy = "default-src 'none'; frame-ancestors 'none'";
    for (name, value) in [
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
    ] {
        headers
            .entry(HeaderName::from_static(name))
            .or_insert(HeaderValue::from_static(value));
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if https {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(HeaderName::from_static("strict-transport-security"), year);
    }
}

/// The id that the caller gave, when it is one that a log can hold; else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers
        .get(REQUEST_HEADER)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let fits = (8..=64).contains(&given.len())
        && given
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if fits {
        return given.to_owned();
    }
    let mut bytes = [0_u8; 10];
    // Without random bytes an id of zeros still answers the request.
    let _ = SystemRandom::new().fill(&mut bytes);
    bytes
        .iter()
        .fold("req_".to_owned(), |id, byte| format!("{id}{byte:02x}"))
}

/// The paths that watch over the process.
pub(crate) fn router() -> Router<Web> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures))
}

async fn ready(State(web): State<Web>) -> Response {
    let checked = blocking(move || web.app().ready().map_err(Problem::from)).await;
    checked.map_or_else(IntoResponse::into_response, |()| "ready\n".into_response())
}

/// The figures: to neighbours on the same machine, and to tokens that may see figures. Behind a
/// proxy everybody looks like a neighbour, so then everybody needs a token.
async fn figures(
    State(web): State<Web>,
    peer: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
) -> Response {
    let is_near = !web.doors().https && peer.is_some_and(|peer| peer.0.0.ip().is_loopback());
    let text = blocking(move || {
        if !is_near {
            bearer::admit(&web, &headers, Permission::ViewFigures)?;
        }
        Ok(web.metrics().text(&web.app().pulse()?))
    });
    match text.await {
        Ok(text) => (
            [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
            text,
        )
            .into_response(),
        Err(problem) => problem.into_response(),
    }
}
