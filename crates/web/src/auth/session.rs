//! Signing in to the console: password, session cookie, and the layer that lets pages know who looks.

use super::secret::{digest, random_text, same};
use super::{AccessFault, password};
use crate::api::blocking;
use crate::console::{LoginForm, OwnSession, Viewer, login_page, trouble};
use crate::limits::note;
use crate::problem::Problem;
use crate::server::is_for_programs;
use crate::state::Web;
use app::AppFault;
use app::access::{AccessKind, AccessNote, Admitted, Where};
use axum::Form;
use axum::body::Body;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::header::{COOKIE, LOCATION, RETRY_AFTER, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use control::Permission;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// Holds the secret of the session.
const SESSION: &str = "tieout_session";
/// Holds the secret that the sign-in form must send back.
const FORM: &str = "tieout_form";

/// Paths of the console that need nobody.
fn is_open(path: &str) -> bool {
    path == "/login"
        || path == "/favicon.ico"
        || path.starts_with("/static/")
        || is_for_programs(path)
}

/// What a page needs its viewer to be allowed.
pub(crate) fn needed(method: &Method, path: &str) -> Permission {
    let mut parts = path.trim_start_matches('/').split('/');
    let (first, last) = (
        parts.next().unwrap_or_default(),
        parts.next_back().unwrap_or_default(),
    );
    match (method == Method::POST, first, last) {
        (true, "exceptions", "assign" | "escalate") | (true, "incidents", _) => {
            Permission::AssignException
        }
        (true, "exceptions", "propose") => Permission::EditParked,
        (true, "exceptions", "decide") => Permission::DecideFix,
        (true, "exceptions", "dispute") => Permission::IssueCredit,
        (true, "exceptions" | "exception-batches", _) => Permission::ResolveException,
        // The page of an exception leaves out what other systems sent for roles that may not see it.
        (
            false,
            "exceptions" | "exception-batches" | "incidents" | "disputes" | "outstanding",
            _,
        ) => Permission::ViewExceptions,
        (_, "approvals" | "delegations", last) => {
            if method == Method::POST && (last == "decide" || first == "delegations") {
                Permission::DecideApproval
            } else {
                Permission::ViewApprovals
            }
        }
        (true, "audit", "bundle") => Permission::ExportBooks,
        (_, "audit", _) => Permission::ViewAudit,
        (true, "flow", _) => Permission::ReleaseEffect,
        (_, "endpoints", _) => Permission::ManageConnections,
        (true, "replays", _) => Permission::RequestReplay,
        (false, "replays", _) => Permission::ViewExceptions,
        (_, "customers", "new") => Permission::ChangeContracts,
        (true, "customers", "prepaid") | (true, "payments", "credit") => Permission::IssueCredit,
        (true, "customers", _) => Permission::ChangeMasterData,
        (true, "payments", "refund") => Permission::RequestRefund,
        (true, "payments", _) | (false, "payments", "new") => Permission::ApplyCash,
        (_, "invoices", "dispute") => Permission::ResolveException,
        (true, "cash" | "collections", _) => Permission::ApplyCash,
        (true, "bill-runs" | "invoice-drafts", _) | (_, "invoices", "void") => {
            Permission::RunBilling
        }
        (_, "invoices", "credit" | "write-off") => Permission::IssueCredit,
        (false, "invoice-drafts", _) => Permission::ViewCommerce,
        (true, "quotes", _) | (false, "quotes", "new" | "edit") => Permission::ChangeContracts,
        (true, "catalogue", _) => Permission::ChangeCatalogue,
        (true, "tax-decisions", _) => Permission::ChangeTax,
        (true, "progress", _) => Permission::ChangeContracts,
        (true, "entities", "letterhead" | "specimen") => Permission::ManageTopology,
        (true, "entities", _) => Permission::ChangeCatalogue,
        (
            false,
            "cash" | "receivables" | "collections" | "bill-runs" | "quotes" | "catalogue"
            | "tax-decisions" | "progress",
            _,
        ) => Permission::ViewCommerce,
        (_, "intercompany", _) => Permission::ViewBooks,
        (_, "contracts", "amend") => Permission::ChangeContracts,
        (
            _,
            "customers" | "contracts" | "invoices" | "invoice-lines" | "meters" | "payments"
            | "payment-sync" | "trace" | "search",
            _,
        ) => Permission::ViewCommerce,
        (_, "journals" | "trial-balance", _) => Permission::ViewBooks,
        _ => Permission::ViewFigures,
    }
}

/// Whether a page shows what another system sent.
fn shows_payload(method: &Method, path: &str) -> bool {
    let id = path.strip_prefix("/exceptions/").unwrap_or_default();
    method == Method::GET && !id.is_empty() && !id.contains('/')
}

/// The layer of the console: nobody gets a page without a session, and nobody one that their role
/// does not show.
pub(crate) async fn guard(
    State(web): State<Web>,
    mut request: Request<Body>,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    if is_open(&path) {
        return next.run(request).await;
    }
    let admitted = match viewer(&web, request.headers()).await {
        Ok(admitted) => admitted,
        Err(fault) => return unavailable(&web, &fault).await,
    };
    let Some(admitted) = admitted else {
        return if request.method() == Method::GET {
            let asked = request
                .uri()
                .path_and_query()
                .map_or("/", |asked| asked.as_str());
            see_other(&format!("/login?next={}", escape(asked)))
        } else {
            see_other("/login")
        };
    };
    tracing::Span::current().record("actor", admitted.name.as_str());
    let viewer = Viewer {
        name: admitted.name,
        role: admitted.role.as_str().to_owned(),
        csrf: admitted.csrf,
    };
    // Who may see no figures begins with the customers.
    let begins = request.method() == Method::GET && path == "/";
    if begins
        && !admitted.role.may(Permission::ViewFigures)
        && admitted.role.may(Permission::ViewCommerce)
    {
        return see_other("/customers");
    }
    let permission = needed(request.method(), &path);
    // Everybody has an account of their own; its page asks who ends sessions of others.
    let is_own = path == "/logout" || path == "/account" || path.starts_with("/account/");
    if !admitted.role.may(permission) && !is_own {
        let roles: Vec<&str> = permission.roles().iter().map(|role| role.title()).collect();
        let sentence = format!(
            "The role {} does not show this. Roles that do: {}.",
            admitted.role.title(),
            roles.join(", ")
        );
        let refused = AccessNote::about(AccessKind::PermissionRefused, &path);
        note(
            &web,
            refused
                .by(&viewer.name, &viewer.role)
                .saying(permission.as_str()),
        );
        let mend =
            "An administrator adds users with other roles: tieout user add NAME --role ROLE.";
        let refused = (
            StatusCode::FORBIDDEN,
            "Not for this role",
            sentence.as_str(),
            mend,
        );
        return trouble(web.console().clone(), Some(viewer), refused).await;
    }
    if shows_payload(request.method(), &path) && admitted.role.may(Permission::ViewPayloads) {
        let seen = AccessNote::about(AccessKind::PayloadViewed, &path);
        note(&web, seen.by(&viewer.name, &viewer.role));
    }
    if let Some(digest) = given(request.headers()) {
        request.extensions_mut().insert(OwnSession(digest));
    }
    request.extensions_mut().insert(viewer);
    next.run(request).await
}

/// Who is behind the session cookie.
async fn viewer(web: &Web, headers: &HeaderMap) -> Result<Option<Admitted>, AppFault> {
    if let Some(open) = &web.doors().open_console {
        return Ok(Some(open.clone()));
    }
    let Some(secret) = cookie(headers, SESSION) else {
        return Ok(None);
    };
    let (app, digest) = (web.app().clone(), digest(&secret));
    let idle = web.doors().idle_seconds;
    let found = tokio::task::spawn_blocking(move || app.session(digest, idle)).await;
    found.unwrap_or(Ok(None))
}

async fn unavailable(web: &Web, fault: &AppFault) -> Response {
    tracing::error!(%fault, "a session cannot be looked up");
    let told = (
        StatusCode::SERVICE_UNAVAILABLE,
        "The books cannot be read just now",
        "Nobody can be signed in because the store did not answer. Nothing is lost.",
        "Load the page again in a moment. If it stays so, the server's log says why.",
    );
    trouble(web.console().clone(), None, told).await
}

/// `GET /login`.
pub(crate) async fn show(
    State(web): State<Web>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Response {
    let next = asked.get("next").map_or("/", |next| local(next)).to_owned();
    offer(
        &web,
        LoginForm {
            next,
            ..LoginForm::default()
        },
    )
    .await
}

/// Draws the form with a new secret, which goes into the form and into a cookie.
async fn offer(web: &Web, mut form: LoginForm) -> Response {
    match random_text() {
        Ok(secret) => form.csrf = secret,
        Err(fault) => return broken(&fault),
    }
    let mut response = login_page(&form).await;
    let kept = set_cookie(web, FORM, &form.csrf, 3_600);
    response.headers_mut().append(SET_COOKIE, kept);
    response
}

fn broken(fault: &AccessFault) -> Response {
    tracing::error!(%fault, "nobody can sign in");
    Problem::new(
        crate::problem::Code::Internal,
        "Nobody can sign in just now.",
    )
    .into_response()
}

/// What the sign-in form sends.
#[derive(Deserialize)]
pub(crate) struct SignIn {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    csrf: String,
}

/// The digest of what looks like a session, valid or not.
pub(crate) fn given(headers: &HeaderMap) -> Option<[u8; 32]> {
    cookie(headers, SESSION).map(|secret| digest(&secret))
}

/// Where a request comes from: behind a proxy that ends TLS, what the proxy itself wrote last.
pub(crate) fn address(web: &Web, peer: Option<IpAddr>, headers: &HeaderMap) -> String {
    let forwarded = headers.get("x-forwarded-for").filter(|_| web.doors().https);
    let last = forwarded.and_then(|value| {
        value
            .to_str()
            .ok()?
            .rsplit(',')
            .next()?
            .trim()
            .parse::<IpAddr>()
            .ok()
    });
    last.or(peer)
        .map_or_else(String::new, |address| address.to_string())
}

/// `POST /login`.
pub(crate) async fn sign_in(
    State(web): State<Web>,
    peer: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    Form(form): Form<SignIn>,
) -> Response {
    let address = address(&web, peer.map(|peer| peer.0.0.ip()), &headers);
    let agent = headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let from = Where {
        address: address.clone(),
        agent: agent.to_owned(),
    };
    let again = LoginForm {
        name: form.name.clone(),
        next: local(&form.next).to_owned(),
        refusal: None,
        csrf: String::new(),
    };
    let kept = cookie(&headers, FORM).unwrap_or_default();
    if kept.is_empty() || !same(&kept, &form.csrf) {
        let refusal = Some("The form had grown old. Please sign in once more.".to_owned());
        return offer(&web, LoginForm { refusal, ..again }).await;
    }
    let (door, name, password) = (web.clone(), form.name, form.password);
    let earlier = cookie(&headers, SESSION);
    match blocking(move || Ok(begin(&door, &name, &password, &from, earlier))).await {
        Ok(Ok(Entered::In(secret))) => {
            let mut response = see_other(&again.next);
            let kept = set_cookie(&web, SESSION, &secret, web.doors().session_seconds);
            response.headers_mut().append(SET_COOKIE, kept);
            let gone = set_cookie(&web, FORM, "", 0);
            response.headers_mut().append(SET_COOKIE, gone);
            response
        }
        Ok(Ok(Entered::No)) => {
            let refusal = Some("The name or the password is not right.".to_owned());
            offer(&web, LoginForm { refusal, ..again }).await
        }
        Ok(Ok(Entered::Later(seconds))) => {
            let refusal = Some(format!(
                "Too many attempts. Try again in {} minutes.",
                seconds.div_ceil(60)
            ));
            let mut response = offer(&web, LoginForm { refusal, ..again }).await;
            *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        Ok(Err(fault)) => broken(&fault),
        Err(problem) => problem.into_response(),
    }
}

/// What came of an attempt to sign in.
enum Entered {
    /// The secret of the new session.
    In(String),
    No,
    /// Too many failures: seconds to wait.
    Later(u64),
}

fn begin(
    web: &Web,
    name: &str,
    given: &str,
    from: &Where,
    earlier: Option<String>,
) -> Result<Entered, AccessFault> {
    let (app, address) = (web.app(), from.address.as_str());
    if let Some(seconds) = app.sign_in_wait(name, address)? {
        tracing::warn!("too many failed sign-ins");
        return Ok(Entered::Later(seconds));
    }
    let Some(role) = password::verify(app, name, given)? else {
        app.sign_in_failed(name, address)?;
        // People type passwords into the field of the name: only names that there are, are written.
        let known = app.user(name)?.map_or("", |_| name);
        tracing::warn!(user = known, "a sign-in failed");
        note(
            web,
            AccessNote::about(AccessKind::SignInRefused, "console").by(known, ""),
        );
        return Ok(Entered::No);
    };
    app.sign_in_succeeded(name, address)?;
    // Whatever session this browser had is over: nobody who planted or saw it comes in with it.
    if let Some(earlier) = earlier {
        app.end_session(digest(&earlier))?;
    }
    let (secret, csrf) = (random_text()?, random_text()?);
    app.begin_session(
        digest(&secret),
        name,
        &csrf,
        web.doors().session_seconds,
        from,
    )?;
    tracing::info!(user = name, "signed in");
    note(
        web,
        AccessNote::about(AccessKind::SignedIn, "console").by(name, role.as_str()),
    );
    Ok(Entered::In(secret))
}

/// What the sign-out form sends.
#[derive(Deserialize)]
pub(crate) struct SignOut {
    #[serde(default)]
    csrf: String,
}

/// `POST /logout`.
pub(crate) async fn sign_out(
    State(web): State<Web>,
    viewer: Option<axum::Extension<Viewer>>,
    headers: HeaderMap,
    Form(form): Form<SignOut>,
) -> Response {
    let Some(axum::Extension(viewer)) = viewer else {
        return see_other("/login");
    };
    if !same(&viewer.csrf, &form.csrf) {
        let refused = (
            StatusCode::FORBIDDEN,
            "That was refused",
            "The form was not sent from a page of your present session.",
            "Nothing was changed. Open the page again and send it from there.",
        );
        return trouble(web.console().clone(), Some(viewer), refused).await;
    }
    if let Some(secret) = cookie(&headers, SESSION) {
        let app = web.app().clone();
        let ended = tokio::task::spawn_blocking(move || app.end_session(digest(&secret))).await;
        if let Ok(Err(fault)) = ended {
            return unavailable(&web, &fault).await;
        }
        note(
            &web,
            AccessNote::about(AccessKind::SignedOut, "console").by(&viewer.name, &viewer.role),
        );
    }
    let mut response = see_other("/login");
    response
        .headers_mut()
        .append(SET_COOKIE, set_cookie(&web, SESSION, "", 0));
    response
}

fn see_other(href: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, href.to_owned())]).into_response()
}

/// The path, when it is one of ours: a redirection must not lead out of the house.
fn local(next: &str) -> &str {
    let plain = next
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if plain && next.starts_with('/') && !next.starts_with("//") {
        next
    } else {
        "/"
    }
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, value)| *known == name && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

/// Values are base64url, so nothing needs quoting.
fn set_cookie(web: &Web, name: &str, value: &str, seconds: u32) -> HeaderValue {
    let secure = if web.doors().https { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirection_stays_in_the_house() {
        assert_eq!(local("/invoices?month=2026-01"), "/invoices?month=2026-01");
        for foreign in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "javascript:x",
            "",
            "/a\r\nb",
        ] {
            assert_eq!(local(foreign), "/", "{foreign}");
        }
    }

    #[test]
    fn pages_ask_for_what_they_show() {
        assert_eq!(needed(&Method::GET, "/"), Permission::ViewFigures);
        assert_eq!(
            needed(&Method::GET, "/exceptions"),
            Permission::ViewExceptions
        );
        assert_eq!(
            needed(&Method::GET, "/exceptions/exc_1"),
            Permission::ViewExceptions
        );
        assert_eq!(
            needed(&Method::POST, "/exceptions/exc_1/resolve"),
            Permission::ResolveException
        );
        assert_eq!(
            needed(&Method::POST, "/exceptions/exc_1/decide"),
            Permission::DecideFix
        );
        assert_eq!(
            needed(&Method::GET, "/invoices/inv_1"),
            Permission::ViewCommerce
        );
        assert_eq!(
            needed(&Method::GET, "/trial-balance/US/2026-01/1100"),
            Permission::ViewBooks
        );
    }
}
