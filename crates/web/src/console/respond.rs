//! From a handler's work to an answer: pages, redirections and troubles, all in words.

use super::frame::{Frame, Place};
use super::source::{Source, SourceFault};
use super::{ConsoleState, Viewer, filters};
use app::printing::Printed;
use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use control::Permission;

/// The viewer, where somebody is signed in.
pub(super) type Seat = Option<Extension<Viewer>>;

/// What a page's work comes to.
pub(super) enum Answer {
    Page(StatusCode, String),
    /// See another page.
    Go(String),
    /// A file to keep.
    File(Printed),
}

/// Why a page cannot be drawn.
pub(super) enum Stop {
    Fault(SourceFault),
    /// There is no such thing; `what` reads after "no".
    Missing {
        what: &'static str,
        id: String,
    },
    /// The form was not sent by a page of this session.
    Forged,
    /// Nobody is signed in, and the request would change something.
    SignedOut,
    Template(askama::Error),
}

impl From<SourceFault> for Stop {
    fn from(fault: SourceFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<askama::Error> for Stop {
    fn from(error: askama::Error) -> Self {
        Self::Template(error)
    }
}

/// Draws a template with status 200.
pub(super) fn draw(page: &impl Template) -> Result<Answer, Stop> {
    draw_as(StatusCode::OK, page)
}

/// Draws a template with another status.
pub(super) fn draw_as(status: StatusCode, page: &impl Template) -> Result<Answer, Stop> {
    Ok(Answer::Page(status, page.render()?))
}

/// Lets who may do this go on; the page tells everybody else whose it is.
pub(super) fn permitted(frame: &Frame, permission: Permission) -> Result<(), Stop> {
    if frame.may(permission) {
        return Ok(());
    }
    let roles: Vec<&str> = permission.roles().iter().map(|role| role.title()).collect();
    let reason = format!(
        "Your role may not do this. It is for: {}.",
        roles.join(", ")
    );
    Err(Stop::Fault(SourceFault::Refused { reason }))
}

/// Does the work of one page on a blocking thread.
pub(super) async fn page<F>(state: ConsoleState, seat: Seat, place: Place, work: F) -> Response
where
    F: FnOnce(&dyn Source, Frame) -> Result<Answer, Stop> + Send + 'static,
{
    let viewer = seat.map(|Extension(viewer)| viewer);
    let worked = tokio::task::spawn_blocking(move || {
        let frame = Frame::new(&state, viewer, place);
        work(state.source.as_ref(), frame.clone()).unwrap_or_else(|stop| stop.told(frame))
    });
    match worked.await {
        Ok(answer) => answer.into_response(),
        Err(error) => {
            tracing::error!(%error, "a console page did not come back from its thread");
            broken()
        }
    }
}

/// The page for an address that leads nowhere: the fallback of the whole server.
pub async fn not_found(State(state): State<ConsoleState>, seat: Seat) -> Response {
    let answer = page(state, seat, Place::Elsewhere, |_, _| {
        Err(Stop::Missing {
            what: "page",
            id: String::new(),
        })
    });
    // It stands outside the router of the console and may load the same files.
    guard(answer.await).await
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Page(status, html) => {
                let kind = [(CONTENT_TYPE, "text/html; charset=utf-8")];
                (status, kind, html).into_response()
            }
            Self::Go(href) => (StatusCode::SEE_OTHER, [(LOCATION, href)]).into_response(),
            Self::File(printed) => crate::api::papers::answered(printed),
        }
    }
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct Trouble {
    frame: Frame,
    status: u16,
    title: String,
    sentence: String,
    mend: String,
}

impl Stop {
    fn told(self, frame: Frame) -> Answer {
        let (status, title, sentence, mend) = self.words();
        let trouble = Trouble {
            frame,
            status: status.as_u16(),
            title,
            sentence,
            mend,
        };
        match trouble.render() {
            Ok(html) => Answer::Page(status, html),
            Err(error) => {
                tracing::error!(%error, "the page of a trouble could not be drawn");
                Answer::Page(status, BROKEN.to_owned())
            }
        }
    }

    /// Status, title, what happened, what to do.
    fn words(self) -> (StatusCode, String, String, String) {
        match self {
            Self::Missing { what, id } if id.is_empty() => (
                StatusCode::NOT_FOUND,
                format!("There is no such {what}"),
                "The address leads nowhere in these books.".to_owned(),
                "Search for the id or number that you are after, or start from Today.".to_owned(),
            ),
            Self::Missing { what, id } => (
                StatusCode::NOT_FOUND,
                format!("There is no {what} {id}"),
                format!("Nothing in these books is called {id}."),
                "Search for a part of it: the box above finds our ids, document numbers and the \
                 ids of other systems."
                    .to_owned(),
            ),
            Self::Fault(SourceFault::BadFilter { field, value, mend }) => (
                StatusCode::BAD_REQUEST,
                "That cannot be shown".to_owned(),
                format!("The {field} cannot be “{value}”."),
                mend,
            ),
            Self::Fault(SourceFault::Refused { reason }) => (
                StatusCode::CONFLICT,
                "That was refused".to_owned(),
                reason,
                "Nothing was changed.".to_owned(),
            ),
            Self::Forged => (
                StatusCode::FORBIDDEN,
                "That was refused".to_owned(),
                "The form was not sent from a page of your present session.".to_owned(),
                "Nothing was changed. Open the page again and send it from there.".to_owned(),
            ),
            Self::SignedOut => (
                StatusCode::FORBIDDEN,
                "Not signed in".to_owned(),
                "Only somebody who is signed in can change something, because their name is \
                 written beside it."
                    .to_owned(),
                "Nothing was changed. Sign in and send it again.".to_owned(),
            ),
            Self::Fault(SourceFault::Unavailable { detail }) => {
                tracing::error!(detail, "the console could not read the books");
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "The books cannot be read just now".to_owned(),
                    "The page could not be drawn because the store did not answer. Nothing is \
                     lost, and nothing was changed."
                        .to_owned(),
                    "Load the page again in a moment. If it stays so, the server's log says why."
                        .to_owned(),
                )
            }
            Self::Template(error) => {
                tracing::error!(%error, "a console page could not be drawn");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "This page could not be drawn".to_owned(),
                    "The figures were read, but the page failed. The books are not affected."
                        .to_owned(),
                    "The server's log says why.".to_owned(),
                )
            }
        }
    }
}

const BROKEN: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Tieout</title>\
<h1>This page could not be drawn</h1><p>The books are not affected. The server's log says why.</p>\
<p><a href=\"/\">Today</a></p></html>";

fn broken() -> Response {
    Answer::Page(StatusCode::INTERNAL_SERVER_ERROR, BROKEN.to_owned()).into_response()
}

/// Nothing but our own files may be loaded, sent to or framed.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Puts the protective headers on every answer of the console.
pub(super) async fn guard(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
    ] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
