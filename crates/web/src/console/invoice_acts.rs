//! What a billing analyst does to an invoice: credit it, void it, write it off; each with its
//! consequence in view before anything is saved.

use super::exceptions::admitted;
use super::frame::{Frame, Place};
use super::paths::segment;
use super::respond::{Answer, Seat, Stop, draw_as, page, permitted};
use super::source::{Source, SourceFault};
use super::{ConsoleState, filters};
use app::shadow::Impact;
use app::view::InvoiceDetail;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::Permission;
use serde::Deserialize;

/// What is done to an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvoiceAct {
    /// Given back, wholly or in part, by a credit note.
    Credit,
    /// Undone, as if it had never been issued.
    Void,
    /// Given up.
    WriteOff,
}

impl InvoiceAct {
    fn word(self) -> &'static str {
        match self {
            InvoiceAct::Credit => "credit",
            InvoiceAct::Void => "void",
            InvoiceAct::WriteOff => "write-off",
        }
    }

    fn title(self) -> &'static str {
        match self {
            InvoiceAct::Credit => "Credit",
            InvoiceAct::Void => "Void",
            InvoiceAct::WriteOff => "Write off",
        }
    }

    fn permission(self) -> Permission {
        match self {
            InvoiceAct::Void => Permission::RunBilling,
            InvoiceAct::Credit | InvoiceAct::WriteOff => Permission::IssueCredit,
        }
    }

    fn explained(self) -> &'static str {
        match self {
            InvoiceAct::Credit => {
                "A credit note gives back revenue, tax and receivable in proportion, never more than is left. Leave the amount empty to credit all of it."
            }
            InvoiceAct::Void => {
                "Only while nothing of it is paid, credited or being collected. Its number stays used; the next bill run bills the same days anew."
            }
            InvoiceAct::WriteOff => {
                "What is open is given up; it comes back by itself when it is paid after all. Leave the amount empty to give up all that is open."
            }
        }
    }

    /// What the amount is called, where there is one.
    fn amount(self) -> Option<&'static str> {
        match self {
            InvoiceAct::Credit => Some("Amount without tax"),
            InvoiceAct::WriteOff => Some("Amount with tax"),
            InvoiceAct::Void => None,
        }
    }
}

/// The act as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct InvoiceActForm {
    /// The secret of the session.
    #[serde(default)]
    pub csrf: String,
    /// How much, without tax for a credit note and with it for a write-off; everything when empty.
    #[serde(default)]
    pub amount: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// Where the consequence of an act comes from, and where the act goes.
pub trait InvoiceActSource {
    /// What an act would do.
    fn preview_invoice_act(
        &self,
        invoice: &str,
        act: InvoiceAct,
        form: &InvoiceActForm,
        actor: &str,
    ) -> Result<Impact, SourceFault>;
    /// Does it; answers the request for approval where it waits for one.
    fn act_on_invoice(
        &self,
        invoice: &str,
        act: InvoiceAct,
        form: &InvoiceActForm,
        actor: &str,
    ) -> Result<Option<String>, SourceFault>;
}

#[derive(Template)]
#[template(path = "invoice-act.html")]
struct ActPage {
    frame: Frame,
    act: InvoiceAct,
    found: InvoiceDetail,
    typed: InvoiceActForm,
    preview: Option<Impact>,
    refusal: Option<String>,
}

fn invoice(source: &dyn Source, id: &str) -> Result<InvoiceDetail, Stop> {
    let found = source.invoice(id)?.filter(|it| it.row.kind == "invoice");
    found.ok_or_else(|| Stop::Missing {
        what: "invoice",
        id: id.to_owned(),
    })
}

async fn form(
    state: ConsoleState,
    seat: Seat,
    id: String,
    typed: InvoiceActForm,
    act: InvoiceAct,
) -> Response {
    page(state, seat, Place::Invoices, move |source, frame| {
        permitted(&frame, act.permission())?;
        let found = invoice(source, &id)?;
        let actor = frame
            .viewer
            .as_ref()
            .map_or("", |viewer| &viewer.name)
            .to_owned();
        let (mut preview, mut refusal) = (None, None);
        if !typed.reason.trim().is_empty() {
            match source.preview_invoice_act(&found.row.id, act, &typed, &actor) {
                Ok(seen) => preview = Some(seen),
                Err(SourceFault::Refused { reason }) => refusal = Some(reason),
                Err(fault) => return Err(fault.into()),
            }
        }
        let status = match refusal {
            Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
            None => StatusCode::OK,
        };
        draw_as(
            status,
            &ActPage {
                frame,
                act,
                found,
                typed,
                preview,
                refusal,
            },
        )
    })
    .await
}

async fn save(
    state: ConsoleState,
    seat: Seat,
    id: String,
    typed: InvoiceActForm,
    act: InvoiceAct,
) -> Response {
    page(state, seat, Place::Invoices, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &typed.csrf)?;
        permitted(&frame, act.permission())?;
        let found = invoice(source, &id)?;
        match source.act_on_invoice(&found.row.id, act, &typed, &actor) {
            Ok(Some(approval)) => Ok(Answer::Go(format!("/approvals/{}", segment(&approval)))),
            Ok(None) => Ok(Answer::Go(format!("/invoices/{}", segment(&found.row.id)))),
            Err(SourceFault::Refused { reason }) => draw_as(
                StatusCode::UNPROCESSABLE_ENTITY,
                &ActPage {
                    frame,
                    act,
                    found,
                    typed,
                    preview: None,
                    refusal: Some(reason),
                },
            ),
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}

pub(super) async fn credit(
    state: State<ConsoleState>,
    seat: Seat,
    id: Path<String>,
    typed: Query<InvoiceActForm>,
) -> Response {
    form(state.0, seat, id.0, typed.0, InvoiceAct::Credit).await
}

pub(super) async fn void(
    state: State<ConsoleState>,
    seat: Seat,
    id: Path<String>,
    typed: Query<InvoiceActForm>,
) -> Response {
    form(state.0, seat, id.0, typed.0, InvoiceAct::Void).await
}

pub(super) async fn write_off(
    state: State<ConsoleState>,
    seat: Seat,
    id: Path<String>,
    typed: Query<InvoiceActForm>,
) -> Response {
    form(state.0, seat, id.0, typed.0, InvoiceAct::WriteOff).await
}

pub(super) async fn save_credit(
    state: State<ConsoleState>,
    seat: Seat,
    id: Path<String>,
    typed: Form<InvoiceActForm>,
) -> Response {
    save(state.0, seat, id.0, typed.0, InvoiceAct::Credit).await
}

pub(super) async fn save_void(
    state: State<ConsoleState>,
    seat: Seat,
    id: Path<String>,
    typed: Form<InvoiceActForm>,
) -> Response {
    save(state.0, seat, id.0, typed.0, InvoiceAct::Void).await
}

pub(super) async fn save_write_off(
    state: State<ConsoleState>,
    seat: Seat,
    id: Path<String>,
    typed: Form<InvoiceActForm>,
) -> Response {
    save(state.0, seat, id.0, typed.0, InvoiceAct::WriteOff).await
}
