//! The cash desk: money that arrived is recorded, and on the page of a payment it is set against
//! invoices, taken back from one, given back to the payer, or turned into prepaid credit.

use super::ConsoleState;
use super::entry::{Entry, customer_named, key_of, led_to, put_amount, put_currency};
use super::exceptions::admitted;
use super::filters;
use super::frame::{Frame, Place};
use super::paths::segment;
use super::respond::{Answer, Seat, Stop, draw, draw_as, page, permitted};
use super::source::{Source, SourceFault};
use super::typed::Typed;
use app::query::PaymentPage;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::Permission;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use values::Date;

/// Where the page of a payment comes from.
pub trait CashDeskSource {
    /// One payment with what became of it.
    fn payment_page(&self, id: &str) -> Result<Option<PaymentPage>, SourceFault>;
}

#[derive(Template)]
#[template(path = "payment-new.html")]
struct RecordPage {
    frame: Frame,
    entry: Entry,
    entities: Vec<(String, String)>,
    customers: Vec<(String, String)>,
    today: Date,
}

impl RecordPage {
    fn read(source: &dyn Source, frame: Frame, entry: Entry) -> Result<Self, Stop> {
        let customers = source.customers(None)?.items;
        Ok(Self {
            today: super::money::utc_date(frame.now),
            frame,
            entry,
            entities: source.entities()?,
            customers: customers
                .into_iter()
                .map(|row| (row.id, row.name))
                .collect(),
        })
    }
}

/// `customer` and `invoice` stand in the form beforehand.
pub(super) async fn form(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Payments, move |source, frame| {
        permitted(&frame, Permission::ApplyCash)?;
        let entry = Entry::begun(Typed::new(pairs))?;
        draw(&RecordPage::read(source, frame, entry)?)
    })
    .await
}

fn recorded(source: &dyn Source, typed: &Typed) -> Result<Value, SourceFault> {
    let mut body = typed.body(&["invoice", "entity", "method", "text", "received"]);
    if !typed.get("customer").is_empty() {
        let customer = customer_named(source, typed.get("customer"))?;
        body.insert("customer".to_owned(), Value::String(customer));
    }
    put_currency(&mut body, typed);
    put_amount(&mut body, "amount", typed.get("amount"))?;
    put_amount(&mut body, "fee", typed.get("fee"))?;
    Ok(Value::Object(body))
}

pub(super) async fn record(
    State(state): State<ConsoleState>,
    seat: Seat,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Payments, move |source, frame| {
        let typed = Typed::new(fields);
        let actor = admitted(frame.viewer.as_ref(), typed.get("csrf"))?;
        permitted(&frame, Permission::ApplyCash)?;
        let key = key_of(&typed)?;
        let done = recorded(source, &typed)
            .and_then(|body| source.carry_out("record_payment", body, &key, &actor));
        match done {
            Ok(answer) => {
                let payment = answer["payment"].as_str().unwrap_or_default();
                Ok(Answer::Go(format!("/payments/{}", segment(payment))))
            }
            Err(SourceFault::Refused { reason }) => {
                let entry = Entry::refused(typed, "", reason)?;
                let again = RecordPage::read(source, frame, entry)?;
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
            }
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}

/// What is done to a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PaymentAct {
    Apply,
    TakeBack,
    Refund,
    Credit,
}

impl PaymentAct {
    const ALL: [PaymentAct; 4] = [
        PaymentAct::Apply,
        PaymentAct::TakeBack,
        PaymentAct::Refund,
        PaymentAct::Credit,
    ];

    fn word(self) -> &'static str {
        match self {
            PaymentAct::Apply => "apply",
            PaymentAct::TakeBack => "take-back",
            PaymentAct::Refund => "refund",
            PaymentAct::Credit => "credit",
        }
    }

    fn command(self) -> &'static str {
        match self {
            PaymentAct::Apply => "apply_payment",
            PaymentAct::TakeBack => "unapply_payment",
            PaymentAct::Refund => "refund_payment",
            PaymentAct::Credit => "grant_credit",
        }
    }

    fn permission(self) -> Permission {
        match self {
            PaymentAct::Apply | PaymentAct::TakeBack => Permission::ApplyCash,
            PaymentAct::Refund => Permission::RequestRefund,
            PaymentAct::Credit => Permission::IssueCredit,
        }
    }

    fn body(
        self,
        source: &dyn Source,
        found: &PaymentPage,
        typed: &Typed,
    ) -> Result<Value, SourceFault> {
        let names: &[&str] = match self {
            PaymentAct::Apply => &["invoice"],
            PaymentAct::TakeBack => &["invoice", "reason"],
            PaymentAct::Refund => &["reason"],
            PaymentAct::Credit => &["until", "reason"],
        };
        let mut body = typed.body(names);
        body.insert("payment".to_owned(), json!(found.row.id));
        if self != PaymentAct::Apply {
            put_amount(&mut body, "amount", typed.get("amount"))?;
        }
        let known = found.payer.clone();
        let payer = match (self, known, typed.get("customer")) {
            (PaymentAct::Credit, Some(payer), _) => Some(payer),
            (PaymentAct::Credit | PaymentAct::Apply, None, text) if !text.is_empty() => {
                Some(customer_named(source, text)?)
            }
            _ => None,
        };
        if let Some(payer) = payer {
            body.insert("customer".to_owned(), Value::String(payer));
        }
        Ok(Value::Object(body))
    }
}

#[derive(Template)]
#[template(path = "payment.html")]
struct PaymentSheet {
    frame: Frame,
    found: PaymentPage,
    entry: Entry,
    customers: Vec<(String, String)>,
}

impl PaymentSheet {
    fn read(
        source: &dyn Source,
        frame: Frame,
        found: PaymentPage,
        entry: Entry,
    ) -> Result<Self, Stop> {
        // Only where nobody knows who paid is a customer chosen.
        let customers = match found.payer {
            Some(_) => Vec::new(),
            None => source.customers(None)?.items,
        };
        Ok(Self {
            frame,
            found,
            entry,
            customers: customers
                .into_iter()
                .map(|row| (row.id, row.name))
                .collect(),
        })
    }

    /// Whether something of it is there to be used.
    fn has_rest(&self) -> bool {
        self.found.row.unapplied.minor > 0 && self.found.row.status == "settled"
    }

    fn may_apply(&self) -> bool {
        self.has_rest() && self.frame.may(Permission::ApplyCash)
    }

    fn may_take_back(&self) -> bool {
        !self.found.applied.is_empty() && self.frame.may(Permission::ApplyCash)
    }

    fn may_refund(&self) -> bool {
        self.has_rest() && self.frame.may(Permission::RequestRefund)
    }

    fn may_buy_credit(&self) -> bool {
        self.has_rest() && self.frame.may(Permission::IssueCredit)
    }
}

fn payment(source: &dyn Source, id: &str) -> Result<PaymentPage, Stop> {
    source.payment_page(id)?.ok_or_else(|| Stop::Missing {
        what: "payment",
        id: id.to_owned(),
    })
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Payments, move |source, frame| {
        let found = payment(source, &id)?;
        let entry = Entry::begun(Typed::default())?;
        draw(&PaymentSheet::read(source, frame, found, entry)?)
    })
    .await
}

pub(super) async fn act(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path((id, action)): Path<(String, String)>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Payments, move |source, frame| {
        let typed = Typed::new(fields);
        let actor = admitted(frame.viewer.as_ref(), typed.get("csrf"))?;
        let mut acts = PaymentAct::ALL.into_iter();
        let act = acts.find(|act| act.word() == action).ok_or(Stop::Missing {
            what: "action",
            id: action,
        })?;
        permitted(&frame, act.permission())?;
        let found = payment(source, &id)?;
        let key = key_of(&typed)?;
        let done = act
            .body(source, &found, &typed)
            .and_then(|body| source.carry_out(act.command(), body, &key, &actor));
        match done {
            Ok(answer) => Ok(led_to(&answer, format!("/payments/{}", segment(&id)))),
            Err(SourceFault::Refused { reason }) => {
                let entry = Entry::refused(typed, act.word(), reason)?;
                let again = PaymentSheet::read(source, frame, found, entry)?;
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
            }
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}
