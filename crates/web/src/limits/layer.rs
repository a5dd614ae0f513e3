//! The layer that counts requests before anything is looked up in the books.

use super::{Verdict, Whose};
use crate::auth::{bearer, session};
use crate::console::trouble;
use crate::problem::{Problem, REQUEST_ID};
use crate::server::is_for_programs;
use crate::state::Web;
use app::access::{AccessKind, AccessNote};
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{HeaderName, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::SocketAddr;

tokio::task_local! {
    /// Where the request that is being answered comes from.
    pub(crate) static ADDRESS: String;
}

/// Writes an entry of the log of access for the request that is being answered.
pub(crate) fn note(web: &Web, mut note: AccessNote) {
    note.address = ADDRESS.try_with(Clone::clone).unwrap_or_default();
    note.request = REQUEST_ID.try_with(Clone::clone).unwrap_or_default();
    web.app().note_access_later(note);
}

/// Lets a request pass when the bucket of its token, session or address gives one.
pub(crate) async fn around(State(web): State<Web>, request: Request<Body>, next: Next) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|peer| peer.0.ip());
    let address = session::address(&web, peer, request.headers());
    ADDRESS
        .scope(address.clone(), count(web, address, request, next))
        .await
}

async fn count(web: Web, address: String, request: Request<Body>, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let programs = is_for_programs(&path);
    let client = client(request.headers(), programs);
    let refusals = Whose::Address(address);
    if programs && !path.starts_with("/webhooks/") {
        let verdict = web.limiter().look(&refusals);
        if !verdict.allowed {
            return refused(&web, programs, verdict).await;
        }
    }
    let verdict = client.map(|digest| web.limiter().take(&Whose::Client(digest)));
    if let Some(verdict) = verdict.filter(|verdict| !verdict.allowed) {
        if verdict.first_refusal {
            note(&web, AccessNote::about(AccessKind::QuotaExceeded, &path));
        }
        return refused(&web, programs, verdict).await;
    }
    let mut response = next.run(request).await;
    if response.status() == StatusCode::UNAUTHORIZED && programs {
        web.limiter().take(&refusals);
    }
    if let Some(verdict) = verdict.filter(|_| programs) {
        state(response.headers_mut(), verdict);
    }
    response
}

/// The digest of the token or session that the request carries; whether it is a valid one is not
/// known yet, and need not be.
fn client(headers: &HeaderMap, programs: bool) -> Option<[u8; 32]> {
    if programs {
        bearer::given(headers)
    } else {
        session::given(headers)
    }
}

async fn refused(web: &Web, programs: bool, verdict: Verdict) -> Response {
    let mut response = if programs {
        Problem::too_many(verdict.wait).into_response()
    } else {
        let told = (
            StatusCode::TOO_MANY_REQUESTS,
            "Too many requests",
            "This session asked for more pages than people can read.",
            "Wait a moment, then load the page again.",
        );
        trouble(web.console().clone(), None, told).await
    };
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(verdict.wait));
    state(response.headers_mut(), verdict);
    response
}

/// The quota and what is left of it, in the form of the IETF draft "RateLimit header fields".
fn state(headers: &mut HeaderMap, verdict: Verdict) {
    let quota = verdict.quota;
    let policy = format!("\"client\";q={};w={}", quota.burst.max(1), quota.window());
    let left = format!("\"client\";r={};t={}", verdict.left, verdict.wait);
    for (name, text) in [("ratelimit-policy", policy), ("ratelimit", left)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}
