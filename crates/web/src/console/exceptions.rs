//! The exception inbox, by root cause or one by one, one exception whole, and what a person can do
//! with it.

mod acts;
mod batches;
mod desk;
mod incidents;
mod outstanding;

pub(super) use acts::{act, dispute, resolve};
pub(super) use batches::{batch, batches, begin_batch, new_batch, stop_batch};
pub use desk::ExceptionDesk;
pub(super) use incidents::{change_incident, incident, incidents, open_incident};
pub(super) use outstanding::outstanding;

use super::frame::{Frame, Place};
use super::paths::Asked;
use super::respond::{Seat, Stop, draw, page};
use super::source::{ExceptionFacets, ExceptionFilter, Source};
use super::{ConsoleState, Viewer, filters};
use app::view::{ExceptionDetail, ExceptionGroup, ExceptionRow, Page};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use control::{Permission, Role};
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "exceptions.html")]
struct InboxPage {
    frame: Frame,
    /// By root cause, when `rows` is not what is shown.
    groups: Page<ExceptionGroup>,
    rows: Page<ExceptionRow>,
    is_grouped: bool,
    facets: ExceptionFacets,
    filter: ExceptionFilter,
    asked: Asked,
    older: Option<String>,
    /// The way to an action over everything that is shown, where one is possible.
    act_on_all: Option<String>,
}

impl InboxPage {
    fn narrowed(&self) -> bool {
        let filter = &self.filter;
        filter.class.is_some()
            || filter.owner.is_some()
            || filter.group.is_some()
            || filter.incident.is_some()
            || filter.entity.is_some()
            || filter.with.is_some()
            || filter.overdue
    }

    fn is_class(&self, value: &str) -> bool {
        self.filter.class.as_deref() == Some(value)
    }

    fn is_owner(&self, value: &str) -> bool {
        self.filter.owner.as_deref() == Some(value)
    }

    fn is_status(&self, value: &str) -> bool {
        self.asked.get("status").unwrap_or("open") == value
    }

    fn is_view(&self, value: &str) -> bool {
        let view = if self.filter.with.is_some() {
            "mine"
        } else if self.filter.overdue {
            "overdue"
        } else if self.is_grouped {
            "causes"
        } else {
            "all"
        };
        view == value
    }
}

/// The filter of a page of the inbox, with the viewer's name for `mine`.
fn filter_of(asked: &Asked, viewer: Option<&Viewer>) -> ExceptionFilter {
    // What is not resolved is what people come for; `all` asks for everything.
    let status = match asked.get("status") {
        None => Some("open".to_owned()),
        Some("all") => None,
        Some(word) => Some(word.to_owned()),
    };
    let is_open = status.as_deref().is_some_and(|status| status != "resolved");
    let mine = viewer.filter(|_| asked.get("mine").is_some());
    ExceptionFilter {
        class: asked.text("class"),
        owner: asked.text("owner"),
        status,
        group: asked.text("group"),
        with: mine.map(|viewer| viewer.name.clone()),
        with_role: mine
            .and_then(|viewer| Role::from_word(&viewer.role))
            .map(|role| role.title().to_owned()),
        incident: asked.text("incident"),
        entity: asked.text("entity").filter(|_| is_open),
        overdue: asked.get("overdue").is_some(),
    }
}

pub(super) async fn list(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Exceptions, move |source, frame| {
        let asked = Asked::new(pairs);
        let filter = filter_of(&asked, frame.viewer.as_ref());
        let is_open = filter.status.as_deref() != Some("resolved") && filter.status.is_some();
        let is_grouped = is_open && filter.group.is_none() && asked.get("view") != Some("each");
        let empty = || (Vec::new(), None);
        let (groups, group_next) = if is_grouped {
            let page = source.exception_groups(&filter, asked.get("cursor"))?;
            (page.items, page.next)
        } else {
            empty()
        };
        let rows = if is_grouped {
            Page {
                items: Vec::new(),
                next: group_next.clone(),
            }
        } else {
            source.exceptions(&filter, asked.get("cursor"))?
        };
        // An action over many knows neither a person nor a legal entity: it would mean more than is shown.
        let is_all = filter.with.is_none() && filter.entity.is_none();
        let act_on_all = (is_open && is_all).then(|| all_of(&filter));
        draw(&InboxPage {
            frame,
            facets: source.exception_facets()?,
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with("/exceptions", "cursor", next)),
            groups: Page {
                items: groups,
                next: group_next,
            },
            rows,
            is_grouped,
            filter,
            asked,
            act_on_all,
        })
    })
    .await
}

/// The page that previews an action over everything that a filter means.
fn all_of(filter: &ExceptionFilter) -> String {
    let mut pairs: BTreeMap<String, String> = [
        ("group", &filter.group),
        ("class", &filter.class),
        ("owner", &filter.owner),
        ("incident", &filter.incident),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)))
    .collect();
    if let Some(status) = filter.status.as_ref().filter(|status| *status != "open") {
        pairs.insert("status".to_owned(), status.clone());
    }
    let overdue = if filter.overdue { "true" } else { "" };
    Asked::new(pairs).with("/exception-batches/new", "overdue", overdue)
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
    /// Whether the viewer may see what other systems sent.
    shows_payloads: bool,
}

impl ExceptionPage {
    fn read(source: &dyn Source, frame: Frame, id: &str) -> Result<Self, Stop> {
        let found = source.exception(id)?.ok_or_else(|| missing(id))?;
        let mut owners: Vec<String> = [
            Role::RevOps,
            Role::BillingAnalyst,
            Role::Collections,
            Role::Controller,
            Role::IntegrationEngineer,
            Role::Administrator,
        ]
        .map(|role| role.title().to_owned())
        .to_vec();
        if !owners.contains(&found.row.owner) {
            owners.insert(0, found.row.owner.clone());
        }
        if let Some(viewer) = &frame.viewer
            && !owners.contains(&viewer.name)
        {
            owners.insert(0, viewer.name.clone());
        }
        let shows_payloads = may(&frame, Permission::ViewPayloads);
        Ok(Self {
            frame,
            found,
            refusal: None,
            typed: String::new(),
            owners,
            shows_payloads,
        })
    }

    fn resolved(&self) -> bool {
        self.found.row.status == "resolved"
    }

    fn may_propose(&self) -> bool {
        self.found.work.parked.is_some()
            && self.shows_payloads
            && may(&self.frame, Permission::EditParked)
    }

    /// Whether the viewer may approve an edit: never without seeing what it changes.
    fn may_decide_fix(&self) -> bool {
        self.frame.viewer.is_some()
            && self.shows_payloads
            && may(&self.frame, Permission::DecideFix)
    }

    fn is_dispute(&self) -> bool {
        self.found
            .work
            .dispute
            .as_ref()
            .is_some_and(|dispute| dispute.status == "open")
    }
}

/// Whether the viewer's role allows something. A console that nobody signs in to, as in a sample,
/// shows everything and changes nothing.
fn may(frame: &Frame, permission: Permission) -> bool {
    frame
        .viewer
        .as_ref()
        .is_none_or(|viewer| Role::from_word(&viewer.role).is_none_or(|role| role.may(permission)))
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

/// The name of the viewer, when one is signed in and the form came from a page of theirs.
pub(super) fn admitted(viewer: Option<&Viewer>, csrf: &str) -> Result<String, Stop> {
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

    #[test]
    fn mine_is_what_is_on_my_name_or_on_nobodys_and_with_my_role() {
        let viewer = Viewer {
            name: "Ada".to_owned(),
            role: "controller".to_owned(),
            csrf: "x".to_owned(),
        };
        let asked = Asked::new(BTreeMap::from([("mine".to_owned(), "1".to_owned())]));
        let filter = filter_of(&asked, Some(&viewer));
        assert_eq!(filter.with.as_deref(), Some("Ada"));
        assert_eq!(filter.with_role.as_deref(), Some("Controller"));
        assert_eq!(filter_of(&asked, None).with, None);
        let overdue = ExceptionFilter {
            group: Some("a-1".to_owned()),
            status: Some("open".to_owned()),
            overdue: true,
            ..ExceptionFilter::default()
        };
        assert_eq!(
            all_of(&overdue),
            "/exception-batches/new?group=a-1&overdue=true"
        );
    }
}
