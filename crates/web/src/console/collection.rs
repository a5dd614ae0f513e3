//! Receivables: matching payments to invoices, what is owed by age, and who is working on what is
//! late.

use super::ConsoleState;
use super::entry::plain_amount;
use super::exceptions::admitted;
use super::filters;
use super::frame::{Frame, Place};
use super::paths::{Asked, segment};
use super::respond::{Answer, Seat, Stop, draw, draw_as, page, permitted};
use super::source::{Source, SourceFault};
use app::collection::{AgedRow, AgedView, CaseView, UnmatchedCandidate, UnmatchedPayment, WorkRow};
use app::query::WorkList;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::Permission;
use serde::Deserialize;
use std::collections::BTreeMap;
use values::Date;

/// Where the figures of receivables come from, and where what is decided goes.
pub trait CollectionSource {
    /// Payments of which something is set against nothing.
    fn unmatched(&self, cursor: Option<&str>) -> Result<WorkList<UnmatchedPayment>, SourceFault>;
    /// One of them.
    fn unmatched_payment(&self, id: &str) -> Result<Option<UnmatchedPayment>, SourceFault>;
    /// What customers owed at the end of a day, today when there is none.
    fn aged(&self, as_of: Option<Date>) -> Result<AgedView, SourceFault>;
    /// Invoices that are being collected.
    fn worklist(&self, cursor: Option<&str>) -> Result<WorkList<WorkRow>, SourceFault>;
    /// One of them.
    fn case(&self, id: &str) -> Result<Option<CaseView>, SourceFault>;
    /// Sets a payment against invoices: (invoice, amount or empty, whether the rest is let go).
    fn set_against(
        &self,
        payment: &str,
        invoices: &[(String, String, bool)],
        actor: &str,
    ) -> Result<(), SourceFault>;
    /// Records a promise: invoice, last day, amount or empty, note.
    fn promise(&self, fields: [&str; 4], actor: &str) -> Result<(), SourceFault>;
    /// Gives a case away: invoice, owner, next action.
    fn assign_case(&self, fields: [&str; 3], actor: &str) -> Result<(), SourceFault>;
}

#[derive(Template)]
#[template(path = "cash.html")]
struct CashPage {
    frame: Frame,
    sheet: WorkList<UnmatchedPayment>,
    chosen: Option<UnmatchedPayment>,
    older: Option<String>,
    refusal: Option<String>,
    /// The fields of the form that was refused.
    typed: BTreeMap<String, String>,
}

impl CashPage {
    fn read(source: &dyn Source, frame: Frame, asked: &Asked) -> Result<CashPage, Stop> {
        let sheet = source.unmatched(asked.get("cursor"))?;
        let chosen = match asked.get("payment") {
            Some(id) => source.unmatched_payment(id)?,
            None => sheet.page.items.first().cloned(),
        };
        let next = sheet.page.next.as_deref();
        Ok(CashPage {
            frame,
            chosen,
            older: next.map(|next| asked.with("/cash", "cursor", next)),
            sheet,
            refusal: None,
            typed: BTreeMap::new(),
        })
    }

    fn may_apply(&self) -> bool {
        self.frame.may(Permission::ApplyCash)
    }

    /// What was typed, else what is suggested.
    fn amount_for(&self, one: &UnmatchedCandidate) -> String {
        if self.refusal.is_some() {
            let field = format!("amount.{}", one.invoice);
            return self.typed.get(&field).cloned().unwrap_or_default();
        }
        one.suggested
            .map_or_else(String::new, |amount| amount.decimal().to_string())
    }

    fn lets_go(&self, one: &UnmatchedCandidate) -> bool {
        self.typed.contains_key(&format!("rest.{}", one.invoice))
    }

    fn is_chosen(&self, id: &str) -> bool {
        self.chosen.as_ref().is_some_and(|row| row.payment == id)
    }

    /// What waits in all, one amount a currency.
    fn waiting(&self) -> String {
        super::money::phrase(&self.sheet.value)
    }
}

/// `payment` says which payment is looked at.
pub(super) async fn cash(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Cash, move |source, frame| {
        draw(&CashPage::read(source, frame, &Asked::new(pairs))?)
    })
    .await
}

/// The form has one field an invoice, `amount.<invoice>`, and one `rest.<invoice>`.
pub(super) async fn apply(
    State(state): State<ConsoleState>,
    seat: Seat,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Cash, move |source, frame| {
        let field = |name: &str| form.get(name).map_or("", |text| text.trim());
        let actor = admitted(frame.viewer.as_ref(), field("csrf"))?;
        permitted(&frame, Permission::ApplyCash)?;
        let payment = field("payment").to_owned();
        let done =
            chosen(&form).and_then(|invoices| source.set_against(&payment, &invoices, &actor));
        match done {
            Ok(()) => Ok(Answer::Go("/cash".to_owned())),
            Err(SourceFault::Refused { reason }) => {
                let chosen = BTreeMap::from([("payment".to_owned(), payment)]);
                let mut again = CashPage::read(source, frame, &Asked::new(chosen))?;
                again.refusal = Some(reason);
                again.typed = form;
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
            }
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}

/// The invoices with an amount: (invoice, amount, whether the rest is let go).
fn chosen(form: &BTreeMap<String, String>) -> Result<Vec<(String, String, bool)>, SourceFault> {
    form.iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("amount.")?, value.trim())))
        .filter(|(_, value)| !value.is_empty())
        .map(|(id, value)| {
            let rest = form.contains_key(&format!("rest.{id}"));
            Ok((id.to_owned(), plain_amount(id, value)?, rest))
        })
        .collect()
}

#[derive(Template)]
#[template(path = "receivables.html")]
struct ReceivablesPage {
    frame: Frame,
    view: AgedView,
    customer: String,
}

impl ReceivablesPage {
    /// The rows whose documents are shown.
    fn opened(&self) -> Vec<&AgedRow> {
        let wanted = |row: &&AgedRow| row.customer == self.customer;
        self.view.rows.iter().filter(wanted).collect()
    }
}

/// As of when, and whose documents.
#[derive(Debug, Default, Deserialize)]
pub(super) struct AsOfDay {
    #[serde(default)]
    as_of: String,
    #[serde(default)]
    customer: String,
}

pub(super) async fn receivables(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(asked): Query<AsOfDay>,
) -> Response {
    page(state, seat, Place::Receivables, move |source, frame| {
        let as_of = match asked.as_of.as_str() {
            "" => None,
            text => Some(text.parse::<Date>().map_err(|_| SourceFault::BadFilter {
                field: "as of",
                value: text.to_owned(),
                mend: "Write it as a day, such as 2026-03-31.".to_owned(),
            })?),
        };
        draw(&ReceivablesPage {
            frame,
            view: source.aged(as_of)?,
            customer: asked.customer,
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "collections.html")]
struct WorklistPage {
    frame: Frame,
    sheet: WorkList<WorkRow>,
    older: Option<String>,
}

impl WorklistPage {
    fn at_stake(&self) -> String {
        super::money::phrase(&self.sheet.value)
    }
}

pub(super) async fn worklist(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Collections, move |source, frame| {
        let asked = Asked::new(pairs);
        let sheet = source.worklist(asked.get("cursor"))?;
        let next = sheet.page.next.as_deref();
        draw(&WorklistPage {
            frame,
            older: next.map(|next| asked.with("/collections", "cursor", next)),
            sheet,
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "collection-case.html")]
struct CasePage {
    frame: Frame,
    found: CaseView,
    refusal: Option<String>,
}

fn found(source: &dyn Source, id: &str) -> Result<CaseView, Stop> {
    source.case(id)?.ok_or_else(|| Stop::Missing {
        what: "collection case",
        id: id.to_owned(),
    })
}

pub(super) async fn case(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Collections, move |source, frame| {
        draw(&CasePage {
            frame,
            found: found(source, &id)?,
            refusal: None,
        })
    })
    .await
}

/// A form on the page of a case.
#[derive(Debug, Default, Deserialize)]
pub(super) struct CaseForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    next_action: String,
}

pub(super) async fn act(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path((id, action)): Path<(String, String)>,
    Form(form): Form<CaseForm>,
) -> Response {
    page(state, seat, Place::Collections, move |source, frame| {
        let actor = admitted(frame.viewer.as_ref(), &form.csrf)?;
        let known = found(source, &id)?;
        let invoice = known.row.invoice.as_str();
        let done = match action.as_str() {
            "promise" => source.promise(
                [invoice, &form.until, form.amount.trim(), &form.note],
                &actor,
            ),
            "assign" => source.assign_case([invoice, &form.owner, &form.next_action], &actor),
            _ => {
                return Err(Stop::Missing {
                    what: "action",
                    id: action.clone(),
                });
            }
        };
        match done {
            Ok(()) => Ok(Answer::Go(format!("/collections/{}", segment(&id)))),
            Err(SourceFault::Refused { reason }) => {
                let page = CasePage {
                    frame,
                    found: known,
                    refusal: Some(reason),
                };
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
            }
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}
