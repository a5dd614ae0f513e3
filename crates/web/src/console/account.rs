//! The page of one's own account: where one is signed in, the other sessions to be ended, another
//! password. Administrators see and end the sessions of everybody.

use super::exceptions::admitted;
use super::frame::{Frame, Place};
use super::respond::{Answer, Seat, Stop, draw, draw_as, page};
use super::source::{Source, SourceFault};
use super::{ConsoleState, Viewer, filters};
use crate::auth::LONGEST_PASSWORD;
use app::access::SessionRow;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Form};
use control::{Permission, Role};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The digest of the session behind a request. The layer that signs people in puts it among the
/// extensions of the request; a console without sign-in has none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OwnSession(pub [u8; 32]);

/// A session as the page lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLine {
    /// The session.
    pub row: SessionRow,
    /// Whether it is the one of the request.
    pub is_own: bool,
}

impl SessionLine {
    /// The browser in the words of people, such as `Firefox on Linux`; what it said, when that is no
    /// browser that is known here.
    #[must_use]
    pub fn browser(&self) -> String {
        let agent = self.row.agent.as_str();
        let said = |known: &[(&str, &'static str)]| {
            let found = known.iter().find(|(mark, _)| agent.contains(mark));
            found.map(|(_, name)| *name)
        };
        match (said(BROWSERS), said(SYSTEMS)) {
            (Some(browser), Some(system)) => format!("{browser} on {system}"),
            (Some(only), None) | (None, Some(only)) => only.to_owned(),
            (None, None) if agent.is_empty() => "A program that does not say what it is".to_owned(),
            (None, None) => agent.to_owned(),
        }
    }
}

/// What browsers say that they are, the particular before the general: most claim to be several.
const BROWSERS: &[(&str, &str)] = &[
    ("Firefox/", "Firefox"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Version/", "Safari"),
];
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// Where sessions come from, and who changes them.
pub trait AccountSource {
    /// The sessions of a user, or of everybody, the newest use first.
    fn sessions(
        &self,
        user: Option<&str>,
        own: Option<OwnSession>,
    ) -> Result<Vec<SessionLine>, SourceFault>;
    /// Ends one session of a user by what it is called; answers whether it was there.
    fn end_session(&self, user: &str, id: &str, by: &Viewer) -> Result<bool, SourceFault>;
    /// Ends every session of the viewer but this one; answers how many.
    fn end_other_sessions(&self, by: &Viewer, own: OwnSession) -> Result<u64, SourceFault>;
    /// Gives the viewer another password and ends their other sessions.
    fn change_password(
        &self,
        by: &Viewer,
        present: &str,
        new: &str,
        own: OwnSession,
    ) -> Result<(), SourceFault>;
}

/// The session of a request, where there is one.
type Own = Option<Extension<OwnSession>>;

#[derive(Template)]
#[template(path = "own-account.html")]
struct AccountPage {
    frame: Frame,
    own: Vec<SessionLine>,
    /// For administrators: the sessions of everybody else.
    others: Option<Vec<SessionLine>>,
    /// Whether there is a session here that can stay while others end.
    has_session: bool,
    refusal: Option<String>,
    done: Option<String>,
    longest: usize,
}

fn may_manage(viewer: &Viewer) -> bool {
    Role::from_word(&viewer.role).is_some_and(|role| role.may(Permission::ManageUsers))
}

/// Who is signed in, when the form is one of their session.
fn sender(frame: &Frame, csrf: &str) -> Result<Viewer, Stop> {
    admitted(frame.viewer.as_ref(), csrf)?;
    frame.viewer.clone().ok_or(Stop::SignedOut)
}

impl AccountPage {
    fn read(source: &dyn Source, frame: Frame, own: Option<OwnSession>) -> Result<Self, Stop> {
        let viewer = frame.viewer.clone().ok_or(Stop::SignedOut)?;
        let others = if may_manage(&viewer) {
            let mut all = source.sessions(None, own)?;
            all.retain(|line| line.row.user != viewer.name);
            Some(all)
        } else {
            None
        };
        Ok(Self {
            own: source.sessions(Some(&viewer.name), own)?,
            others,
            has_session: own.is_some(),
            refusal: None,
            done: None,
            longest: LONGEST_PASSWORD,
            frame,
        })
    }

    fn has_other_sessions(&self) -> bool {
        self.has_session && self.own.iter().any(|line| !line.is_own)
    }
}

/// What was done, in words; nothing for a word that is none of ours.
fn done_in_words(word: &str) -> Option<String> {
    let words = match word {
        "session" => "The session was ended.",
        "others" => "Every other session was ended. This one goes on.",
        "password" => "The password was changed, and every other session was ended.",
        _ => return None,
    };
    Some(words.to_owned())
}

/// On to the page that says what was done, or the page again with the refusal in words.
fn told(
    source: &dyn Source,
    frame: Frame,
    own: Option<OwnSession>,
    outcome: Result<&'static str, SourceFault>,
) -> Result<Answer, Stop> {
    match outcome {
        Ok(done) => Ok(Answer::Go(format!("/account?done={done}"))),
        Err(SourceFault::Refused { reason }) => {
            let mut page = AccountPage::read(source, frame, own)?;
            page.refusal = Some(reason);
            draw_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(fault) => Err(fault.into()),
    }
}

fn digest(own: Own) -> Option<OwnSession> {
    own.map(|Extension(own)| own)
}

fn without_session() -> SourceFault {
    SourceFault::Refused {
        reason: "This console has no sign-in, so there is no session or password to change. \
                 `tieout serve` has both."
            .to_owned(),
    }
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    seat: Seat,
    own: Own,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    let own = digest(own);
    page(state, seat, Place::Account, move |source, frame| {
        let mut found = AccountPage::read(source, frame, own)?;
        found.done = pairs.get("done").and_then(|word| done_in_words(word));
        draw(&found)
    })
    .await
}

/// The form beside a session.
#[derive(Deserialize)]
pub(super) struct EndForm {
    #[serde(default)]
    csrf: String,
    /// Whose it is; one's own when empty.
    #[serde(default)]
    user: String,
}

pub(super) async fn end_one(
    State(state): State<ConsoleState>,
    seat: Seat,
    own: Own,
    Path(id): Path<String>,
    Form(form): Form<EndForm>,
) -> Response {
    let own = digest(own);
    page(state, seat, Place::Account, move |source, frame| {
        let by = sender(&frame, &form.csrf)?;
        let user = match form.user.as_str() {
            "" => by.name.clone(),
            user if user == by.name || may_manage(&by) => user.to_owned(),
            _ => {
                let reason = "Only an administrator ends sessions of others.".to_owned();
                return told(source, frame, own, Err(SourceFault::Refused { reason }));
            }
        };
        let outcome = match source.end_session(&user, &id, &by) {
            Ok(true) => Ok("session"),
            Ok(false) => Err(SourceFault::Refused {
                reason: format!("There is no such session of {user}; it had ended already."),
            }),
            Err(fault) => Err(fault),
        };
        told(source, frame, own, outcome)
    })
    .await
}

/// The form of "end all others".
#[derive(Deserialize)]
pub(super) struct OthersForm {
    #[serde(default)]
    csrf: String,
}

pub(super) async fn end_others(
    State(state): State<ConsoleState>,
    seat: Seat,
    own: Own,
    Form(form): Form<OthersForm>,
) -> Response {
    let own = digest(own);
    page(state, seat, Place::Account, move |source, frame| {
        let by = sender(&frame, &form.csrf)?;
        let ended = own
            .ok_or_else(without_session)
            .and_then(|own| source.end_other_sessions(&by, own));
        told(source, frame, own, ended.map(|_| "others"))
    })
    .await
}

/// The form of another password.
#[derive(Deserialize)]
pub(super) struct PasswordForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    present: String,
    #[serde(default)]
    new: String,
    #[serde(default)]
    again: String,
}

pub(super) async fn change_password(
    State(state): State<ConsoleState>,
    seat: Seat,
    own: Own,
    Form(form): Form<PasswordForm>,
) -> Response {
    let own = digest(own);
    page(state, seat, Place::Account, move |source, frame| {
        let by = sender(&frame, &form.csrf)?;
        let outcome = if form.new == form.again {
            own.ok_or_else(without_session)
                .and_then(|own| source.change_password(&by, &form.present, &form.new, own))
        } else {
            let reason = "The new password was typed in two ways. Nothing was changed.".to_owned();
            Err(SourceFault::Refused { reason })
        };
        told(source, frame, own, outcome.map(|()| "password"))
    })
    .await
}
