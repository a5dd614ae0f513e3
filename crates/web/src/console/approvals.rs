//! What waits for a second person: the queue, one request with its evidence, and delegations.

use super::exceptions::admitted;
use super::frame::{Frame, Place};
use super::paths::{Asked, segment};
use super::respond::{Answer, Seat, Stop, draw, draw_as, page};
use super::source::{Source, SourceFault};
use super::{ConsoleState, filters};
use app::approval::{ApprovalDetail, ApprovalRow, DelegationRow, Standing};
use app::shadow::Impact;
use app::view::Page;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A decision about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Do it, having seen the evidence with this digest.
    Grant {
        /// The digest that was shown.
        evidence: String,
    },
    /// Do not.
    Deny,
    /// The maker takes it back.
    Withdraw,
}

/// A permission to be lent.
#[derive(Debug, Clone, Deserialize)]
pub struct Lending {
    /// The secret of the session.
    #[serde(default)]
    pub csrf: String,
    /// To whom.
    #[serde(default)]
    pub to: String,
    /// What.
    #[serde(default)]
    pub permission: String,
    /// First day.
    #[serde(default)]
    pub from: String,
    /// Last day.
    #[serde(default)]
    pub until: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// Where approvals come from.
pub trait ApprovalsSource {
    /// Requests of a status (`waiting`, or a word of the API; all when empty), newest first.
    fn approvals(
        &self,
        status: &str,
        cursor: Option<&str>,
    ) -> Result<Page<ApprovalRow>, SourceFault>;
    /// One request with its evidence.
    fn approval(&self, id: &str) -> Result<Option<ApprovalDetail>, SourceFault>;
    /// Decides about a request. The same decision twice has one effect.
    fn decide(
        &self,
        id: &str,
        verdict: &Verdict,
        reason: &str,
        actor: &str,
    ) -> Result<(), SourceFault>;
    /// Every delegation, newest first.
    fn delegations(&self) -> Result<Vec<DelegationRow>, SourceFault>;
    /// Lends a permission.
    fn delegate(&self, lending: &Lending, actor: &str) -> Result<(), SourceFault>;
    /// Takes a delegation back.
    fn revoke_delegation(&self, id: &str, actor: &str) -> Result<(), SourceFault>;
}

/// A row of the queue with what it means for the viewer.
struct Queued {
    row: ApprovalRow,
    /// `yours to decide`, `you asked` or nothing.
    yours: &'static str,
}

#[derive(Template)]
#[template(path = "approvals.html")]
struct QueuePage {
    frame: Frame,
    rows: Vec<Queued>,
    status: String,
    older: Option<String>,
    delegations: Vec<DelegationRow>,
    lendable: Vec<&'static str>,
    today: String,
}

const STATUSES: [&str; 5] = ["waiting", "granted", "denied", "expired", "withdrawn"];

impl QueuePage {
    fn statuses(&self) -> [&'static str; 5] {
        STATUSES
    }

    fn may_lend(&self) -> bool {
        !self.lendable.is_empty()
    }
}

fn yours(frame: &Frame, row: &ApprovalRow) -> &'static str {
    let Some(viewer) = &frame.viewer else {
        return "";
    };
    if row.status != "requested" {
        ""
    } else if viewer.name.eq_ignore_ascii_case(&row.maker) {
        "you asked"
    } else if row.checkers.contains(&viewer.role) {
        "yours to decide"
    } else {
        ""
    }
}

pub(super) async fn queue(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Approvals, move |source, frame| {
        let asked = Asked::new(pairs);
        let status = asked.get("status").unwrap_or("waiting").to_owned();
        let word = if status == "all" { "" } else { status.as_str() };
        let found = source.approvals(word, asked.get("cursor"))?;
        let mut rows: Vec<Queued> = found
            .items
            .into_iter()
            .map(|row| Queued {
                yours: yours(&frame, &row),
                row,
            })
            .collect();
        // What the viewer is to decide comes first.
        rows.sort_by_key(|queued| queued.yours != "yours to decide");
        let role = frame
            .viewer
            .as_ref()
            .and_then(|viewer| control::Role::from_word(&viewer.role));
        draw(&QueuePage {
            older: found
                .next
                .as_deref()
                .map(|next| asked.with("/approvals", "cursor", next)),
            rows,
            status,
            delegations: source.delegations()?,
            lendable: control::Permission::ALL
                .into_iter()
                .filter(|permission| permission.as_str().starts_with("approve_"))
                .filter(|permission| role.is_some_and(|role| role.may(*permission)))
                .map(control::Permission::as_str)
                .collect(),
            today: super::money::utc_date(frame.now).to_string(),
            frame,
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "approval.html")]
struct RequestPage {
    frame: Frame,
    found: ApprovalDetail,
    yours: &'static str,
    /// The digest that a grant from this page is bound to.
    digest: String,
    refusal: Option<String>,
}

impl RequestPage {
    fn read(source: &dyn Source, frame: Frame, id: &str) -> Result<Self, Stop> {
        let found = source.approval(id)?.ok_or_else(|| Stop::Missing {
            what: "request for approval",
            id: id.to_owned(),
        })?;
        let digest = match &found.standing {
            Standing::Changed { digest, .. } => digest.clone(),
            _ => found.digest.clone(),
        };
        Ok(Self {
            yours: yours(&frame, &found.row),
            frame,
            found,
            digest,
            refusal: None,
        })
    }

    fn waits(&self) -> bool {
        self.found.row.status == "requested"
    }

    /// What it would do now, where that differs; else what it would have done.
    fn impact(&self) -> &Impact {
        match &self.found.standing {
            Standing::Changed { evidence, .. } => &evidence.impact,
            _ => &self.found.evidence.impact,
        }
    }

    fn refused(&self) -> Option<&str> {
        match &self.found.standing {
            Standing::Refused { reason } => Some(reason),
            _ => None,
        }
    }

    fn changed(&self) -> bool {
        matches!(self.found.standing, Standing::Changed { .. })
    }

    fn content(&self) -> String {
        serde_json::to_string_pretty(&self.found.content).unwrap_or_default()
    }

    /// The page of what it is about, where there is one.
    fn subject_href(&self) -> Option<String> {
        let (kind, id) = self.found.row.subject.split_once('/')?;
        let room = match kind {
            "invoice" => "invoices",
            "customer" => "customers",
            "contract" => "contracts",
            "journal" => "journals",
            "replay" => "replays",
            "invoice_draft" => "invoice-drafts",
            "payment" => "trace",
            _ => return None,
        };
        Some(format!("/{room}/{}", segment(id)))
    }
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Approvals, move |source, frame| {
        draw(&RequestPage::read(source, frame, &id)?)
    })
    .await
}

/// The form that decides.
#[derive(Debug, Deserialize)]
pub(super) struct DecideForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    evidence: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn decide(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(form): Form<DecideForm>,
) -> Response {
    page(state, seat, Place::Approvals, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let verdict = match form.verdict.as_str() {
            "grant" => Some(Verdict::Grant {
                evidence: form.evidence,
            }),
            "deny" => Some(Verdict::Deny),
            "withdraw" => Some(Verdict::Withdraw),
            _ => None,
        };
        let refusal = match verdict {
            None => "Choose how to decide: grant or deny.".to_owned(),
            Some(verdict) => match source.decide(&id, &verdict, form.reason.trim(), &actor) {
                Ok(()) => return Ok(Answer::Go(format!("/approvals/{}", segment(&id)))),
                Err(SourceFault::Refused { reason }) => reason,
                Err(fault) => return Err(fault.into()),
            },
        };
        let mut again = RequestPage::read(source, frame, &id)?;
        again.refusal = Some(refusal);
        draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
    })
    .await
}

pub(super) async fn delegate(
    State(state): State<ConsoleState>,
    seat: Seat,
    Form(form): Form<Lending>,
) -> Response {
    page(state, seat, Place::Approvals, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        source.delegate(&form, &actor)?;
        Ok(Answer::Go("/approvals#delegations".to_owned()))
    })
    .await
}

/// The form that takes something back: nothing but its secret.
#[derive(Debug, Deserialize)]
pub(super) struct BareForm {
    #[serde(default)]
    pub(super) csrf: String,
}

pub(super) async fn revoke(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(form): Form<BareForm>,
) -> Response {
    page(state, seat, Place::Approvals, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        source.revoke_delegation(&id, &actor)?;
        Ok(Answer::Go("/approvals#delegations".to_owned()))
    })
    .await
}
