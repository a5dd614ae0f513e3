//! Audit: is the log whole, who did what, who came in or was refused, and what went outside the usual
//! path.

use super::exceptions::admitted;
use super::frame::{Frame, Place};
use super::paths::Asked;
use super::respond::{Answer, Seat, draw, page};
use super::source::SourceFault;
use super::{ConsoleState, filters};
use app::access::{AccessEntry, AccessQuery, Audit};
use app::view::Page;
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The evidence.
pub trait AuditSource: Send + Sync + 'static {
    /// The state of the evidence over the last days.
    fn audit(&self, days: Option<u16>) -> Result<Audit, SourceFault>;
    /// Entries of the log of access, the newest first.
    fn access_log(
        &self,
        query: &AccessQuery,
        cursor: Option<&str>,
    ) -> Result<Page<AccessEntry>, SourceFault>;
    /// Verifies the logs and keeps what was found.
    fn verify_logs(&self, actor: &str) -> Result<(), SourceFault>;
    /// Everything as one file that `tieout audit verify` verifies offline.
    fn audit_bundle(&self, actor: &str) -> Result<Vec<u8>, SourceFault>;
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    audit: Audit,
    query: AccessQuery,
    entries: Page<AccessEntry>,
    older: Option<String>,
}

impl AuditPage {
    fn narrowed(&self) -> bool {
        self.query != AccessQuery::default()
    }

    fn is_kind(&self, kind: &str) -> bool {
        self.query.kind.as_deref() == Some(kind)
    }
}

pub(super) async fn audit(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Audit, move |source, frame| {
        let asked = Asked::new(pairs);
        let query = AccessQuery {
            actor: asked.text("actor"),
            kind: asked.text("kind"),
            object: asked.text("object"),
        };
        let days = asked.get("days").and_then(|days| days.parse().ok());
        let entries = source.access_log(&query, asked.get("cursor"))?;
        let older = entries.next.as_deref();
        draw(&AuditPage {
            frame,
            audit: source.audit(days)?,
            older: older.map(|next| asked.with("/audit", "cursor", next)),
            query,
            entries,
        })
    })
    .await
}

/// What a form of one button sends.
#[derive(Deserialize)]
pub(super) struct Pressed {
    #[serde(default)]
    csrf: String,
}

pub(super) async fn verify(
    State(state): State<ConsoleState>,
    seat: Seat,
    Form(form): Form<Pressed>,
) -> Response {
    page(state, seat, Place::Audit, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        source.verify_logs(&actor)?;
        Ok(Answer::Go("/audit".to_owned()))
    })
    .await
}

/// A form and not a link: taking the books out is written down.
pub(super) async fn bundle(
    State(state): State<ConsoleState>,
    seat: Seat,
    Form(form): Form<Pressed>,
) -> Response {
    let (sender, taken) = std::sync::mpsc::sync_channel(1);
    let answer = page(state, seat, Place::Audit, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let bytes = source.audit_bundle(&actor)?;
        // The page below waits for it.
        let _ = sender.send(bytes);
        Ok(Answer::Go("/audit".to_owned()))
    })
    .await;
    match taken.try_recv() {
        Ok(bytes) => {
            let headers = [
                (CONTENT_TYPE, "application/jsonl"),
                (
                    CONTENT_DISPOSITION,
                    "attachment; filename=\"tieout-audit.jsonl\"",
                ),
            ];
            (headers, bytes).into_response()
        }
        Err(_) => answer,
    }
}
