//! Drafts of invoices: the list, and one with its lines, its trail of approvals, and what issuing it
//! now would do.

use super::exceptions::admitted;
use super::frame::{Frame, Place};
use super::paths::{Asked, object, segment};
use super::respond::{Answer, Seat, Stop, draw, page};
use super::source::SourceFault;
use super::{ConsoleState, filters};
use app::journey::invoice_draft::{
    DraftFilter, DraftPreview, InvoiceDraftDetail, InvoiceDraftView,
};
use app::view::Page;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use control::Permission;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Where drafts of invoices come from.
pub trait InvoiceDraftSource {
    /// Drafts, newest first.
    fn invoice_drafts(
        &self,
        filter: &DraftFilter,
        cursor: Option<&str>,
    ) -> Result<Page<InvoiceDraftView>, SourceFault>;
    /// One draft, by its id or by its contract.
    fn invoice_draft(&self, id: &str) -> Result<Option<InvoiceDraftDetail>, SourceFault>;
    /// What issuing it now would do.
    fn preview_invoice_draft(&self, id: &str) -> Result<DraftPreview, SourceFault>;
    /// `finalise` or `refresh`; answers the document or the request for approval that came of it.
    fn move_invoice_draft(
        &self,
        id: &str,
        action: &str,
        version: &str,
        actor: &str,
    ) -> Result<Option<String>, SourceFault>;
}

/// What the list can be narrowed to.
const STATUSES: [&str; 6] = [
    "open",
    "draft",
    "waiting",
    "denied",
    "finalised",
    "withdrawn",
];

#[derive(Template)]
#[template(path = "invoice-drafts.html")]
struct ListPage {
    frame: Frame,
    rows: Page<InvoiceDraftView>,
    older: Option<String>,
    status: String,
    statuses: &'static [&'static str],
}

impl ListPage {
    fn is(&self, status: &str) -> bool {
        self.status == status
    }
}

pub(super) async fn list(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Invoices, move |source, frame| {
        let asked = Asked::new(pairs);
        let status = asked.get("status").unwrap_or("open").to_owned();
        let text = |name: &str| asked.get(name).unwrap_or_default().to_owned();
        let filter = DraftFilter {
            status: if status == "all" {
                String::new()
            } else {
                status.clone()
            },
            entity: text("entity"),
            customer: text("customer"),
            contract: text("contract"),
        };
        let rows = source.invoice_drafts(&filter, asked.get("cursor"))?;
        draw(&ListPage {
            frame,
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with("/invoice-drafts", "cursor", next)),
            rows,
            status,
            statuses: &STATUSES,
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "invoice-draft.html")]
struct DraftPage {
    frame: Frame,
    found: InvoiceDraftDetail,
    preview: Option<DraftPreview>,
    refused: Option<String>,
}

impl DraftPage {
    fn kind(&self) -> &'static str {
        if self.found.row.kind == "credit_note" {
            "credit note"
        } else {
            "invoice"
        }
    }

    fn is(&self, status: &str) -> bool {
        self.found.row.status == status
    }

    fn is_open(&self) -> bool {
        self.is("draft") || self.is("waiting") || self.is("denied")
    }

    fn may_issue(&self) -> bool {
        self.is_open() && self.frame.may(Permission::RunBilling)
    }
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Invoices, move |source, frame| {
        let found = source.invoice_draft(&id)?.ok_or(Stop::Missing {
            what: "draft of an invoice",
            id: id.clone(),
        })?;
        let mut drawn = DraftPage {
            frame,
            found,
            preview: None,
            refused: None,
        };
        // Whoever may not bill is not shown what billing would do to the books.
        if drawn.may_issue() {
            match source.preview_invoice_draft(&drawn.found.row.id) {
                Ok(preview) => drawn.preview = Some(preview),
                Err(SourceFault::Refused { reason }) => drawn.refused = Some(reason),
                Err(fault) => return Err(fault.into()),
            }
        }
        draw(&drawn)
    })
    .await
}

/// The form that moves a draft.
#[derive(Debug, Deserialize)]
pub(super) struct MoveForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    version: String,
}

pub(super) async fn act(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(form): Form<MoveForm>,
) -> Response {
    page(state, seat, Place::Invoices, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let version = form.version.trim();
        Ok(Answer::Go(
            match source.move_invoice_draft(&id, &form.action, version, &actor)? {
                Some(next) => object(&next),
                None => format!("/invoice-drafts/{}", segment(&id)),
            },
        ))
    })
    .await
}
