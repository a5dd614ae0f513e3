//! Prepaid credit of a customer: what was granted, what is left and what used it; and a form that
//! gives credit without a payment.

use super::ConsoleState;
use super::entry::{Entry, key_of, led_to, put_amount, put_count, put_currency};
use super::exceptions::admitted;
use super::filters;
use super::frame::{Frame, Place};
use super::paths::{Asked, segment};
use super::respond::{Seat, Stop, draw, draw_as, page, permitted};
use super::source::{Source, SourceFault};
use super::typed::Typed;
use app::query::CreditGrantView;
use app::view::{CustomerRow, Page};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::Permission;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use values::Date;

/// Where grants come from.
pub trait PrepaidSource {
    /// Prepaid credit that was granted to a customer, the newest first.
    fn credit_grants(
        &self,
        customer: &str,
        cursor: Option<&str>,
    ) -> Result<Page<CreditGrantView>, SourceFault>;
}

#[derive(Template)]
#[template(path = "prepaid.html")]
struct PrepaidPage {
    frame: Frame,
    customer: CustomerRow,
    rows: Page<CreditGrantView>,
    older: Option<String>,
    entry: Entry,
    entities: Vec<(String, String)>,
    today: Date,
}

impl PrepaidPage {
    fn read(
        source: &dyn Source,
        frame: Frame,
        id: &str,
        (asked, entry): (&Asked, Entry),
    ) -> Result<Self, Stop> {
        let customer = source.customer(id)?.ok_or_else(|| Stop::Missing {
            what: "customer",
            id: id.to_owned(),
        })?;
        let rows = source.credit_grants(id, asked.get("cursor"))?;
        let path = format!("/customers/{}/prepaid", segment(id));
        Ok(Self {
            today: super::money::utc_date(frame.now),
            frame,
            customer: customer.row,
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with(&path, "cursor", next)),
            rows,
            entry,
            entities: source.entities()?,
        })
    }

    fn may_grant(&self) -> bool {
        self.frame.may(Permission::IssueCredit)
    }

    /// How a grant stands today.
    fn standing(&self, row: &CreditGrantView) -> &'static str {
        let ended = row.until.is_some_and(|until| until < self.today);
        match row {
            _ if row.left.is_zero() && ended => "ended",
            _ if row.left.is_zero() => "used",
            _ if row.from > self.today => "later",
            _ => "usable",
        }
    }
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Customers, move |source, frame| {
        let asked = Asked::new(pairs);
        let entry = Entry::begun(Typed::default())?;
        draw(&PrepaidPage::read(source, frame, &id, (&asked, entry))?)
    })
    .await
}

fn granted(customer: &str, typed: &Typed) -> Result<Value, SourceFault> {
    let mut body = typed.body(&["entity", "from", "until", "reason"]);
    body.insert("customer".to_owned(), json!(customer));
    put_currency(&mut body, typed);
    put_amount(&mut body, "amount", typed.get("amount"))?;
    put_count(&mut body, ("priority", "Priority"), typed.get("priority"))?;
    Ok(Value::Object(body))
}

pub(super) async fn grant(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Customers, move |source, frame| {
        let typed = Typed::new(fields);
        let actor = admitted(frame.viewer.as_ref(), typed.get("csrf"))?;
        permitted(&frame, Permission::IssueCredit)?;
        let key = key_of(&typed)?;
        let done = granted(&id, &typed)
            .and_then(|body| source.carry_out("grant_credit", body, &key, &actor));
        match done {
            Ok(answer) => {
                let to = format!("/customers/{}/prepaid", segment(&id));
                Ok(led_to(&answer, to))
            }
            Err(SourceFault::Refused { reason }) => {
                let entry = Entry::refused(typed, "", reason)?;
                let asked = Asked::default();
                let again = PrepaidPage::read(source, frame, &id, (&asked, entry))?;
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
            }
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}
