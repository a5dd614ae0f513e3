//! Writing quotes: the form with its lines, what it would come to and do before it is saved, and the
//! steps from the draft to the contract.

mod form;

use super::exceptions::admitted;
use super::filters;
use super::frame::{Frame, Place};
use super::paths::segment;
use super::respond::{Answer, Seat, Stop, draw, draw_as, page};
use super::source::{Source, SourceFault};
use super::typed::Typed;
use super::{ConsoleState, quotes};
use app::preview::TypedQuote;
use app::query::{OfferView, ProductView};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use form::{TypedForm, TypedLine};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Where quotes are tried and written.
pub trait QuoteDeskSource {
    /// What a quote would be as a new one, or as the next version of `quote`.
    fn typed_quote(
        &self,
        quote: Option<&str>,
        typed: Value,
        actor: &str,
    ) -> Result<TypedQuote, SourceFault>;
    /// Writes it; answers its id.
    fn write_quote(
        &self,
        quote: Option<&str>,
        typed: Value,
        reason: &str,
        actor: &str,
    ) -> Result<String, SourceFault>;
    /// Submits, accepts, converts or closes a quote; answers the contract that came of it.
    fn move_quote(
        &self,
        action: &str,
        body: Value,
        actor: &str,
    ) -> Result<Option<String>, SourceFault>;
}

#[derive(Template)]
#[template(path = "quote-form.html")]
struct FormPage {
    frame: Frame,
    /// The quote whose next version is written; none for a new one.
    quote: Option<String>,
    typed: TypedForm,
    entities: Vec<(String, String)>,
    customers: Vec<(String, String)>,
    products: Vec<ProductView>,
    offers: Vec<OfferView>,
    seen: Option<TypedQuote>,
    refusal: Option<String>,
}

impl FormPage {
    fn read(
        source: &dyn Source,
        frame: Frame,
        quote: Option<String>,
        typed: TypedForm,
    ) -> Result<Self, Stop> {
        let catalogue = source.catalogue()?;
        let customers = source.customers(None)?.items;
        Ok(Self {
            frame,
            quote,
            typed,
            entities: source.entities()?,
            customers: customers
                .into_iter()
                .map(|row| (row.id, row.name))
                .collect(),
            products: catalogue.products,
            offers: catalogue.offers,
            seen: None,
            refusal: None,
        })
    }

    fn action(&self) -> String {
        match &self.quote {
            Some(id) => format!("/quotes/{}/edit", segment(id)),
            None => "/quotes/new".to_owned(),
        }
    }

    /// Offers of a kind, to be picked from.
    fn of_kind(&self, kind: &str) -> Vec<&OfferView> {
        let of = |offer: &&OfferView| offer.kind == kind;
        self.offers.iter().filter(of).collect()
    }

    fn kinds(&self) -> [(&'static str, &'static str); 3] {
        [
            ("plan", "Plans"),
            ("bundle", "Bundles"),
            ("add_on", "Add-ons"),
        ]
    }

    fn sells(&self, line: &TypedLine, kind: &str, code: &str) -> bool {
        line.what
            .split_once(':')
            .is_some_and(|(known, which)| known == kind && which == code)
    }

    fn is(&self, field: &str, value: &str) -> bool {
        self.typed.fields.get(field) == value
    }

    fn rate(&self, rate: &values::Rate) -> String {
        format!("{} %", super::typed::percentage(*rate))
    }
}

pub(super) async fn new(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(fields): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Quotes, move |source, frame| {
        let today = super::money::utc_date(frame.now).to_string();
        let typed = TypedForm::begun(fields, &today);
        draw(&FormPage::read(source, frame, None, typed)?)
    })
    .await
}

/// The latest version of a quote.
fn latest(source: &dyn Source, id: &str) -> Result<app::journey::quote::QuoteVersionView, Stop> {
    let missing = || Stop::Missing {
        what: "quote",
        id: id.to_owned(),
    };
    let found = source.quote(id)?.ok_or_else(missing)?;
    found.versions.into_iter().next().ok_or_else(missing)
}

pub(super) async fn edit(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Quotes, move |source, frame| {
        let typed = TypedForm::of(&latest(source, &id)?.content);
        draw(&FormPage::read(source, frame, Some(id), typed)?)
    })
    .await
}

pub(super) async fn write(
    state: State<ConsoleState>,
    seat: Seat,
    fields: Form<BTreeMap<String, String>>,
) -> Response {
    written(state, seat, None, fields).await
}

pub(super) async fn revise(
    state: State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    fields: Form<BTreeMap<String, String>>,
) -> Response {
    written(state, seat, Some(id), fields).await
}

/// What the form is sent for: another line, a preview, or to be saved.
async fn written(
    State(state): State<ConsoleState>,
    seat: Seat,
    quote: Option<String>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Quotes, move |source, frame| {
        let mut typed = TypedForm::sent(fields);
        let actor = admitted(frame.viewer.as_ref(), typed.fields.get("csrf"))?;
        let action = typed.fields.get("action").to_owned();
        if action == "more" {
            typed.add_lines();
            return draw(&FormPage::read(source, frame, quote, typed)?);
        }
        let base = match &quote {
            Some(id) => Some(latest(source, id)?.content),
            None => None,
        };
        let read = typed
            .content(base.as_ref())
            .map_err(|reason| SourceFault::Refused { reason });
        if action == "save" {
            let reason = typed.fields.get("reason").to_owned();
            let saved = read
                .and_then(|content| source.write_quote(quote.as_deref(), content, &reason, &actor));
            return match saved {
                Ok(id) => Ok(Answer::Go(format!("/quotes/{}", segment(&id)))),
                Err(SourceFault::Refused { reason }) => {
                    refused(FormPage::read(source, frame, quote, typed)?, reason)
                }
                Err(fault) => Err(fault.into()),
            };
        }
        let seen = read.and_then(|content| source.typed_quote(quote.as_deref(), content, &actor));
        let mut shown = FormPage::read(source, frame, quote, typed)?;
        match seen {
            Ok(seen) => {
                shown.seen = Some(seen);
                draw(&shown)
            }
            Err(SourceFault::Refused { reason }) => refused(shown, reason),
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}

fn refused(mut page: FormPage, reason: String) -> Result<Answer, Stop> {
    page.refusal = Some(reason);
    draw_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// Moves a quote on: to its approval, its signature, its contract, or away.
pub(super) async fn act(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Quotes, move |source, frame| {
        let typed = Typed::new(fields);
        let actor = admitted(frame.viewer.as_ref(), typed.get("csrf"))?;
        let action = typed.get("action");
        let version: u32 = typed.get("version").parse().unwrap_or_default();
        let body = match action {
            "submit" | "convert" => json!({ "quote": id, "version": version }),
            "accept" => {
                let mut body = json!({ "quote": id, "version": version });
                if !typed.get("signed").is_empty() {
                    body["signed"] = json!(typed.get("signed"));
                }
                body
            }
            "close" => json!({ "quote": id, "reason": typed.get("reason") }),
            _ => {
                return Err(Stop::Missing {
                    what: "action",
                    id: action.to_owned(),
                });
            }
        };
        match source.move_quote(action, body, &actor) {
            Ok(Some(contract)) => Ok(Answer::Go(format!("/contracts/{}", segment(&contract)))),
            Ok(None) => Ok(Answer::Go(format!("/quotes/{}", segment(&id)))),
            Err(SourceFault::Refused { reason }) => quotes::again(source, frame, &id, reason),
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}
