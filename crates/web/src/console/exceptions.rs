//! The exception inbox, one exception, and the two things that a person can do with it.

use super::frame::{Frame, Place};
use super::paths::{Asked, segment};
use super::respond::{Answer, Seat, Stop, draw, draw_as, page};
use super::source::{ExceptionFacets, ExceptionFilter, ResolveOutcome, Source};
use super::{ConsoleState, Viewer, filters};
use app::view::{ExceptionDetail, ExceptionRow, Page};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Longest reason that is kept, in characters.
const REASON_LONGEST: usize = 2_000;

#[derive(Template)]
#[template(path = "exceptions.html")]
struct InboxPage {
    frame: Frame,
    rows: Page<ExceptionRow>,
    facets: ExceptionFacets,
    filter: ExceptionFilter,
    asked: Asked,
    older: Option<String>,
}

impl InboxPage {
    fn narrowed(&self) -> bool {
        self.filter.class.is_some() || self.filter.owner.is_some()
    }

    fn is_class(&self, value: &str) -> bool {
        self.filter.class.as_deref() == Some(value)
    }

    fn is_owner(&self, value: &str) -> bool {
        self.filter.owner.as_deref() == Some(value)
    }

    fn is_status(&self, value: &str) -> bool {
        self.filter.status.as_deref() == Some(value)
    }

    fn status_href(&self, value: &str) -> String {
        self.asked.with("/exceptions", "status", value)
    }
}

pub(super) async fn list(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Exceptions, move |source, frame| {
        let asked = Asked::new(pairs);
        // What is not resolved is what people come for; `all` asks for everything.
        let status = match asked.get("status") {
            None => Some("open".to_owned()),
            Some("all") => None,
            Some(word) => Some(word.to_owned()),
        };
        let filter = ExceptionFilter {
            class: asked.text("class"),
            owner: asked.text("owner"),
            status,
        };
        let rows = source.exceptions(&filter, asked.get("cursor"))?;
        draw(&InboxPage {
            frame,
            facets: source.exception_facets()?,
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with("/exceptions", "cursor", next)),
            rows,
            filter,
            asked,
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "exception.html")]
struct ExceptionPage {
    frame: Frame,
    found: ExceptionDetail,
    /// What was wrong with the form that was sent, and what was typed into it.
    refusal: Option<String>,
    typed: String,
    /// Who can be asked to act.
    owners: Vec<String>,
}

impl ExceptionPage {
    fn read(source: &dyn Source, frame: Frame, id: &str) -> Result<Self, Stop> {
        let found = source.exception(id)?.ok_or_else(|| missing(id))?;
        let mut owners: Vec<String> = source
            .exception_facets()?
            .owners
            .into_iter()
            .map(|facet| facet.value)
            .collect();
        if let Some(viewer) = &frame.viewer
            && !owners.contains(&viewer.name)
        {
            owners.insert(0, viewer.name.clone());
        }
        Ok(Self {
            frame,
            found,
            refusal: None,
            typed: String::new(),
            owners,
        })
    }

    fn resolved(&self) -> bool {
        self.found.row.status == "resolved"
    }
}

fn missing(id: &str) -> Stop {
    Stop::Missing {
        what: "exception",
        id: id.to_owned(),
    }
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Exceptions, move |source, frame| {
        draw(&ExceptionPage::read(source, frame, &id)?)
    })
    .await
}

/// The form that ends an exception.
#[derive(Debug, Deserialize)]
pub(super) struct ResolveForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn resolve(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(form): Form<ResolveForm>,
) -> Response {
    page(state, seat, Place::Exceptions, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let (outcome, reason) = match checked(&form) {
            Ok(checked) => checked,
            Err(refusal) => {
                let mut again = ExceptionPage::read(source, frame, &id)?;
                again.refusal = Some(refusal);
                again.typed = form.reason;
                return draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again);
            }
        };
        source.resolve_exception(&id, outcome, &reason, &actor)?;
        Ok(Answer::Go(format!("/exceptions/{}", segment(&id))))
    })
    .await
}

fn checked(form: &ResolveForm) -> Result<(ResolveOutcome, String), String> {
    let outcome = ResolveOutcome::from_word(&form.outcome)
        .ok_or("Choose how it ends: retry, settle or reject.")?;
    let reason = form.reason.trim();
    if reason.is_empty() {
        return Err("Give the reason: it is kept beside the exception for the auditor.".to_owned());
    }
    if reason.chars().count() > REASON_LONGEST {
        return Err(format!(
            "The reason is longer than {REASON_LONGEST} characters."
        ));
    }
    Ok((outcome, reason.to_owned()))
}

/// The form that gives an exception to somebody.
#[derive(Debug, Deserialize)]
pub(super) struct AssignForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    owner: String,
}

pub(super) async fn assign(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(form): Form<AssignForm>,
) -> Response {
    page(state, seat, Place::Exceptions, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let owner = form.owner.trim();
        if owner.is_empty() {
            let mut again = ExceptionPage::read(source, frame, &id)?;
            again.refusal = Some("Choose who is to act.".to_owned());
            return draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again);
        }
        source.assign_exception(&id, owner, &actor)?;
        Ok(Answer::Go(format!("/exceptions/{}", segment(&id))))
    })
    .await
}

/// The name of the viewer, when one is signed in and the form came from a page of theirs.
fn admitted(viewer: Option<&Viewer>, csrf: &str) -> Result<String, Stop> {
    let viewer = viewer.ok_or(Stop::SignedOut)?;
    if viewer.csrf.is_empty() || !same_secret(viewer.csrf.as_bytes(), csrf.as_bytes()) {
        return Err(Stop::Forged);
    }
    Ok(viewer.name.clone())
}

/// Compares in a time that depends on the lengths only, so that a forger learns nothing.
fn same_secret(ours: &[u8], theirs: &[u8]) -> bool {
    ours.len() == theirs.len()
        && ours
            .iter()
            .zip(theirs)
            .fold(0, |differing, (left, right)| differing | (left ^ right))
            == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_compared_whole() {
        assert!(same_secret(b"abc", b"abc"));
        assert!(!same_secret(b"abc", b"abd"));
        assert!(!same_secret(b"abc", b"ab"));
    }

    #[test]
    fn an_empty_secret_admits_nobody() {
        let viewer = Viewer {
            name: "Ada".to_owned(),
            role: "controller".to_owned(),
            csrf: String::new(),
        };
        assert!(matches!(admitted(Some(&viewer), ""), Err(Stop::Forged)));
        assert!(matches!(admitted(None, ""), Err(Stop::SignedOut)));
    }
}
