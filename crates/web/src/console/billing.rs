//! Invoices, credit notes and payments.

use super::commercial::Picked;
use super::frame::{Frame, Place};
use super::paths::Asked;
use super::respond::{Answer, Seat, Stop, draw, page};
use super::source::{ListFilter, SourceFault};
use super::{ConsoleState, filters, money, story};
use app::query::LineArithmetic;
use app::view::{InvoiceDetail, InvoiceRow, Page, PaymentRow};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use control::Permission;
use std::collections::BTreeMap;
use values::{Date, Month};

/// The month of a request, when it names one.
pub(super) fn month_of(asked: &Asked) -> Result<Option<Month>, SourceFault> {
    asked
        .get("month")
        .map(|text| {
            text.parse().map_err(|_| SourceFault::BadFilter {
                field: "month",
                value: text.to_owned(),
                mend: "Write it as a year and a month, such as 2026-02.".to_owned(),
            })
        })
        .transpose()
}

/// The status word of an invoice as it stands on a day: an open one past its due date is overdue.
pub(super) trait AsOf {
    fn standing(&self, today: Date) -> &str;
}

impl AsOf for InvoiceRow {
    fn standing(&self, today: Date) -> &str {
        let unpaid = matches!(self.status.as_str(), "open" | "partly_paid");
        if unpaid && self.due < today && self.open.minor > 0 {
            "overdue"
        } else {
            &self.status
        }
    }
}

#[derive(Template)]
#[template(path = "invoices.html")]
struct InvoicesPage {
    frame: Frame,
    rows: Page<InvoiceRow>,
    picked: Picked,
    older: Option<String>,
    today: Date,
}

pub(super) async fn invoices(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Invoices, move |source, frame| {
        let asked = Asked::new(pairs);
        let filter = ListFilter {
            entity: asked.text("entity"),
            customer: asked.text("customer"),
            status: asked.text("status"),
            month: month_of(&asked)?,
        };
        // Drafts are no invoices yet: they have a list of their own.
        if filter.status.as_deref() == Some("draft") {
            return Ok(Answer::Go("/invoice-drafts".to_owned()));
        }
        let rows = source.invoices(&filter, asked.get("cursor"))?;
        draw(&InvoicesPage {
            today: money::utc_date(frame.now),
            frame,
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with("/invoices", "cursor", next)),
            rows,
            picked: Picked {
                entities: source.entities()?,
                statuses: &[
                    "draft",
                    "open",
                    "partly_paid",
                    "paid",
                    "credited",
                    "written_off",
                    "void",
                ],
                filter,
                action: "/invoices",
            },
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "invoice.html")]
struct InvoicePage {
    frame: Frame,
    found: InvoiceDetail,
    arithmetic: Vec<LineArithmetic>,
    today: Date,
}

impl InvoicePage {
    fn told(&self, line: &str) -> Option<&LineArithmetic> {
        story::of_line(&self.arithmetic, line)
    }

    fn kind(&self) -> &'static str {
        if self.found.row.kind == "credit_note" {
            "Credit note"
        } else {
            "Invoice"
        }
    }
}

impl InvoicePage {
    /// Whether anything can be done to it by whoever looks.
    fn is_open_to_acts(&self) -> bool {
        self.has_preview() || self.may_dispute()
    }

    /// Whether one of them shows what it would do first.
    fn has_preview(&self) -> bool {
        self.may_credit() || self.may_void() || self.may_write_off()
    }

    fn stands(&self, statuses: &[&str]) -> bool {
        let row = &self.found.row;
        row.kind == "invoice" && statuses.contains(&row.status.as_str())
    }

    /// What stands against it; what was set against it and released again comes to nothing.
    fn settled(&self) -> i64 {
        let movements = self.found.movements.iter();
        movements.map(|movement| movement.amount.minor).sum()
    }

    fn may_credit(&self) -> bool {
        self.frame.may(Permission::IssueCredit) && self.stands(&["open", "partly_paid", "paid"])
    }

    fn may_void(&self) -> bool {
        self.frame.may(Permission::RunBilling) && self.stands(&["open"]) && self.settled() == 0
    }

    fn may_dispute(&self) -> bool {
        self.frame.may(Permission::ResolveException)
            && self.stands(&["open", "partly_paid"])
            && self.found.row.open.minor > 0
    }

    fn may_write_off(&self) -> bool {
        self.frame.may(Permission::IssueCredit) && self.stands(&["open", "partly_paid"])
    }
}

pub(super) async fn invoice(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Invoices, move |source, frame| {
        let found = source.invoice(&id)?.ok_or(Stop::Missing {
            what: "invoice",
            id,
        })?;
        draw(&InvoicePage {
            today: money::utc_date(frame.now),
            arithmetic: source.invoice_arithmetic(&found.row.id)?,
            frame,
            found,
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "payments.html")]
struct PaymentsPage {
    frame: Frame,
    rows: Page<PaymentRow>,
    picked: Picked,
    older: Option<String>,
}

impl PaymentsPage {
    fn may_record(&self) -> bool {
        self.frame.may(Permission::ApplyCash)
    }
}

pub(super) async fn payments(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Payments, move |source, frame| {
        let asked = Asked::new(pairs);
        let filter = ListFilter {
            customer: asked.text("customer"),
            status: asked.text("status"),
            ..ListFilter::default()
        };
        let rows = source.payments(&filter, asked.get("cursor"))?;
        draw(&PaymentsPage {
            frame,
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with("/payments", "cursor", next)),
            rows,
            picked: Picked {
                entities: Vec::new(),
                statuses: &["initiated", "failed", "settled", "refunded"],
                filter,
                action: "/payments",
            },
        })
    })
    .await
}
