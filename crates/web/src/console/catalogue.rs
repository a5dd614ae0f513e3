//! The catalogue: products with their prices over time, and what is offered above them.

use super::exceptions::admitted;
use super::frame::{Frame, Place};
use super::paths::segment;
use super::respond::{Answer, Seat, Stop, draw, draw_as, page};
use super::source::{Source, SourceFault};
use super::typed::Typed;
use super::{ConsoleState, filters};
use app::printing::Printed;
use app::query::{CatalogueView, OfferDetail, OfferFact, OfferView, ProductDetail, ProductView};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::Permission;
use serde_json::Value;
use std::collections::BTreeMap;

/// Where the catalogue comes from, and where what is published goes. What publishes answers the
/// request for approval, where it waits for one.
pub trait CatalogueSource {
    /// Every product and offer.
    fn catalogue(&self) -> Result<CatalogueView, SourceFault>;
    /// One product.
    fn product(&self, code: &str) -> Result<Option<ProductDetail>, SourceFault>;
    /// One offer.
    fn offer(&self, kind: &str, code: &str) -> Result<Option<OfferDetail>, SourceFault>;
    /// The whole catalogue as a file that can be taken in again.
    fn catalogue_file(&self) -> Result<Printed, SourceFault>;
    /// The price book as CSV.
    fn price_book_file(&self) -> Result<Printed, SourceFault>;
    /// Sets a row of the price book.
    fn set_price(&self, body: Value, actor: &str) -> Result<Option<String>, SourceFault>;
    /// Takes in a whole catalogue.
    fn take_catalogue(&self, document: Value, actor: &str) -> Result<Option<String>, SourceFault>;
    /// Publishes an offer.
    fn publish_offer(&self, document: Value, actor: &str) -> Result<Option<String>, SourceFault>;
}

/// The kinds of offers, with how their list is called.
const KINDS: [(&str, &str); 4] = [
    ("plan", "Plans"),
    ("bundle", "Bundles"),
    ("add_on", "Add-ons"),
    ("template", "Billing templates"),
];

#[derive(Template)]
#[template(path = "catalogue.html")]
struct CataloguePage {
    frame: Frame,
    found: CatalogueView,
    /// What was typed and refused.
    document: String,
    refusal: Option<String>,
}

impl CataloguePage {
    fn may_change(&self) -> bool {
        self.frame.may(Permission::ChangeCatalogue)
    }

    /// What the list of a kind says while it is empty.
    fn none_of(&self, kind: &str) -> &'static str {
        match kind {
            "plan" => {
                "No plan yet. A plan sells a product for a term in phases, such as a free month \
                 before the price begins."
            }
            "bundle" => {
                "No bundle yet. A bundle sells products together, at a price of its own or at theirs."
            }
            "add_on" => {
                "No add-on yet. An add-on is sold only with the plans and bundles that it may join."
            }
            _ => {
                "No billing template yet. A template is the standard way to bill; what a quote sets \
                 otherwise is a deviation that somebody approves."
            }
        }
    }

    /// The prices in force, one line a currency: `79.00 a month, 229.80 a quarter`.
    fn by_currency(&self, row: &ProductView) -> Vec<(String, String)> {
        let mut lines: Vec<(String, String)> = Vec::new();
        for price in &row.prices {
            let currency = price.currency.to_string();
            let words = price.words.trim_end_matches(" per unit");
            let told = match price.per.as_str() {
                "once" => format!("{words} once"),
                per => format!("{words} a {per}"),
            };
            match lines.iter_mut().find(|line| line.0 == currency) {
                Some(line) => line.1.push_str(&format!(", {told}")),
                None => lines.push((currency, told)),
            }
        }
        lines
    }

    /// The kinds that there are, each with its rows.
    fn groups(&self) -> Vec<(&'static str, &'static str, Vec<&OfferView>)> {
        KINDS
            .iter()
            .map(|(kind, title)| {
                let of = |offer: &&OfferView| offer.kind == *kind;
                (*kind, *title, self.found.offers.iter().filter(of).collect())
            })
            .collect()
    }
}

pub(super) async fn catalogue(State(state): State<ConsoleState>, seat: Seat) -> Response {
    page(state, seat, Place::Catalogue, |source, frame| {
        draw(&CataloguePage {
            frame,
            found: source.catalogue()?,
            document: String::new(),
            refusal: None,
        })
    })
    .await
}

pub(super) async fn file(State(state): State<ConsoleState>, seat: Seat) -> Response {
    page(state, seat, Place::Catalogue, |source, _| {
        Ok(Answer::File(source.catalogue_file()?))
    })
    .await
}

pub(super) async fn price_book(State(state): State<ConsoleState>, seat: Seat) -> Response {
    page(state, seat, Place::Catalogue, |source, _| {
        Ok(Answer::File(source.price_book_file()?))
    })
    .await
}

/// JSON as a person pasted it.
fn read(text: &str) -> Result<Value, SourceFault> {
    serde_json::from_str(text).map_err(|error| SourceFault::Refused {
        reason: format!("this is no JSON: {error}; paste the document as it was exported"),
    })
}

/// Where a change is seen: where it waits for somebody, else on its page.
fn gone(waits: Option<String>, else_to: String) -> Answer {
    Answer::Go(match waits {
        Some(approval) => format!("/approvals/{}", segment(&approval)),
        None => else_to,
    })
}

pub(super) async fn take(
    State(state): State<ConsoleState>,
    seat: Seat,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Catalogue, move |source, frame| {
        let typed = Typed::new(fields);
        let actor = admitted(frame.viewer.as_ref(), typed.get("csrf"))?;
        let document = typed.get("document");
        let taken = read(document).and_then(|read| source.take_catalogue(read, &actor));
        match taken {
            Ok(waits) => Ok(gone(waits, "/catalogue".to_owned())),
            Err(SourceFault::Refused { reason }) => draw_as(
                StatusCode::UNPROCESSABLE_ENTITY,
                &CataloguePage {
                    frame,
                    found: source.catalogue()?,
                    document: document.to_owned(),
                    refusal: Some(reason),
                },
            ),
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}

#[derive(Template)]
#[template(path = "product.html")]
struct ProductPage {
    frame: Frame,
    found: ProductDetail,
    typed: Typed,
    refusal: Option<String>,
}

impl ProductPage {
    fn may_change(&self) -> bool {
        self.frame.may(Permission::ChangeCatalogue)
    }

    fn is_billing(&self, word: &str) -> bool {
        self.typed.get("billing") == word
    }
}

/// The billing periods that a form offers.
const PERIODS: [(&str, &str); 6] = [
    ("monthly", "month"),
    ("quarterly", "quarter"),
    ("semi_annual", "half-year"),
    ("annual", "year"),
    ("weekly", "week"),
    ("one_off", "once"),
];

impl ProductPage {
    fn periods(&self) -> &'static [(&'static str, &'static str)] {
        &PERIODS
    }

    fn read(
        source: &dyn Source,
        frame: Frame,
        code: &str,
        typed: Typed,
        refusal: Option<String>,
    ) -> Result<Self, Stop> {
        let found = source.product(code)?.ok_or_else(|| Stop::Missing {
            what: "product",
            id: code.to_owned(),
        })?;
        Ok(Self {
            frame,
            found,
            typed,
            refusal,
        })
    }
}

pub(super) async fn product(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(code): Path<String>,
) -> Response {
    page(state, seat, Place::Catalogue, move |source, frame| {
        draw(&ProductPage::read(
            source,
            frame,
            &code,
            Typed::default(),
            None,
        )?)
    })
    .await
}

pub(super) async fn set_price(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(code): Path<String>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Catalogue, move |source, frame| {
        let typed = Typed::new(fields);
        let actor = admitted(frame.viewer.as_ref(), typed.get("csrf"))?;
        let mut body = typed.body(&["currency", "billing", "from", "unit_price"]);
        body.insert("product".to_owned(), Value::String(code.clone()));
        match source.set_price(Value::Object(body), &actor) {
            Ok(waits) => Ok(gone(
                waits,
                format!("/catalogue/products/{}#prices", segment(&code)),
            )),
            Err(SourceFault::Refused { reason }) => {
                let again = ProductPage::read(source, frame, &code, typed, Some(reason))?;
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
            }
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}

#[derive(Template)]
#[template(path = "offer.html")]
struct OfferPage {
    frame: Frame,
    found: OfferDetail,
    document: String,
    refusal: Option<String>,
}

impl OfferPage {
    fn may_change(&self) -> bool {
        self.frame.may(Permission::ChangeCatalogue)
    }

    fn kind(&self) -> &'static str {
        KINDS
            .iter()
            .find(|(kind, _)| *kind == self.found.row.kind)
            .map_or("Offers", |(_, title)| *title)
    }

    /// The page of what a fact names; empty where it names nothing.
    fn href(&self, fact: &OfferFact) -> String {
        match &fact.names {
            Some((kind, code)) if kind == "product" => {
                format!("/catalogue/products/{}", segment(code))
            }
            Some((kind, code)) => format!("/catalogue/offers/{}/{}", segment(kind), segment(code)),
            None => String::new(),
        }
    }

    fn read(source: &dyn Source, frame: Frame, (kind, code): (&str, &str)) -> Result<Self, Stop> {
        let found = source.offer(kind, code)?.ok_or_else(|| Stop::Missing {
            what: "offer",
            id: code.to_owned(),
        })?;
        Ok(Self {
            frame,
            document: found.document.clone(),
            found,
            refusal: None,
        })
    }
}

pub(super) async fn offer(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path((kind, code)): Path<(String, String)>,
) -> Response {
    page(state, seat, Place::Catalogue, move |source, frame| {
        draw(&OfferPage::read(source, frame, (&kind, &code))?)
    })
    .await
}

pub(super) async fn publish_offer(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path((kind, code)): Path<(String, String)>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Catalogue, move |source, frame| {
        let typed = Typed::new(fields);
        let actor = admitted(frame.viewer.as_ref(), typed.get("csrf"))?;
        let document = typed.get("document");
        let published = read(document).and_then(|read| source.publish_offer(read, &actor));
        let own = format!("/catalogue/offers/{}/{}", segment(&kind), segment(&code));
        match published {
            Ok(waits) => Ok(gone(waits, own)),
            Err(SourceFault::Refused { reason }) => {
                let mut again = OfferPage::read(source, frame, (&kind, &code))?;
                again.document = document.to_owned();
                again.refusal = Some(reason);
                draw_as(StatusCode::UNPROCESSABLE_ENTITY, &again)
            }
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}
