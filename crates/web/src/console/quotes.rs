//! Quotes: the list, and one with its versions side by side, what happened to it, and what it would do.

use super::ConsoleState;
use super::filters;
use super::frame::{Frame, Place};
use super::paths::{Asked, segment};
use super::respond::{Answer, Seat, Stop, draw, draw_as, page};
use super::source::{Source, SourceFault};
use app::command::QuoteLine;
use app::journey::quote::{QuoteDetail, QuoteVersionView, QuoteView};
use app::preview::AmendmentPreview;
use app::view::Page;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use control::Permission;
use std::collections::BTreeMap;

/// Where quotes come from.
pub trait QuoteSource {
    /// Quotes of a status, newest first; of all when it is empty.
    fn quotes(&self, status: &str, cursor: Option<&str>) -> Result<Page<QuoteView>, SourceFault>;
    /// One quote with its versions and its trail.
    fn quote(&self, id: &str) -> Result<Option<QuoteDetail>, SourceFault>;
    /// What the latest version of a quote would do if it were in force.
    fn quote_preview(&self, id: &str, actor: &str) -> Result<AmendmentPreview, SourceFault>;
}

/// What the list can be narrowed to.
const STATUSES: [&str; 8] = [
    "draft",
    "submitted",
    "approved",
    "rejected",
    "accepted",
    "converted",
    "expired",
    "void",
];

#[derive(Template)]
#[template(path = "quotes.html")]
struct ListPage {
    frame: Frame,
    rows: Page<QuoteView>,
    older: Option<String>,
    status: String,
    statuses: &'static [&'static str],
}

impl ListPage {
    fn may_write(&self) -> bool {
        self.frame.may(Permission::ChangeContracts)
    }
}

pub(super) async fn list(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Quotes, move |source, frame| {
        let asked = Asked::new(pairs);
        let status = asked.get("status").unwrap_or_default().to_owned();
        let rows = source.quotes(&status, asked.get("cursor"))?;
        draw(&ListPage {
            frame,
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with("/quotes", "cursor", next)),
            rows,
            status,
            statuses: &STATUSES,
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "quote.html")]
struct QuotePage {
    frame: Frame,
    found: QuoteDetail,
    preview: Option<AmendmentPreview>,
    refused: Option<String>,
    /// Why a step was refused.
    refusal: Option<String>,
}

impl QuotePage {
    /// What a line says, in one sentence.
    fn line(&self, line: &QuoteLine) -> String {
        let (kind, code) = match (&line.plan, &line.bundle, &line.add_on, &line.product) {
            (Some(code), _, _, _) => ("plan", code.as_str()),
            (_, Some(code), _, _) => ("bundle", code.as_str()),
            (_, _, Some(code), _) => ("add-on", code.as_str()),
            (_, _, _, Some(code)) => ("product", code.as_str()),
            _ => ("", ""),
        };
        let mut text = format!("{} × {kind} {code}", line.quantity);
        if let Some(price) = line.unit_price {
            text.push_str(&format!(" at {price}"));
        }
        if line.price_includes_tax {
            text.push_str(" with tax in it");
        }
        if let Some(rate) = line.discount {
            text.push_str(&format!(", {} off", percent(rate)));
        }
        for step in &line.ramp {
            text.push_str(&format!(", from {}", step.effective));
            if let Some(quantity) = step.quantity {
                text.push_str(&format!(" {quantity}"));
            }
            if let Some(price) = step.unit_price {
                text.push_str(&format!(" at {price}"));
            }
        }
        text
    }

    /// How a version is sold through a partner, in a few words.
    fn sale(&self, version: &QuoteVersionView) -> Option<String> {
        let sale = version.content.partner.as_ref()?;
        Some(match sale.commission {
            Some(rate) => format!("to {}, as agent for {}", sale.end_customer, percent(rate)),
            None => format!("to {}, as principal", sale.end_customer),
        })
    }

    fn rate(&self, version: &QuoteVersionView) -> String {
        percent(version.figures.discount_rate)
    }

    fn has_contract(&self) -> bool {
        self.found.quote.status == "converted"
    }

    fn path(&self) -> String {
        format!("/quotes/{}", segment(&self.found.quote.id))
    }

    fn may_change(&self) -> bool {
        self.frame.may(Permission::ChangeContracts)
    }

    fn stands(&self, status: &str) -> bool {
        self.found.quote.status == status
    }

    /// Whether it can still be taken back.
    fn is_open(&self) -> bool {
        !["converted", "void", "expired"].contains(&self.found.quote.status.as_str())
    }

    fn today(&self) -> String {
        super::money::utc_date(self.frame.now).to_string()
    }
}

/// The page of a quote with why a step was refused.
pub(super) fn again(
    source: &dyn Source,
    frame: Frame,
    id: &str,
    refusal: String,
) -> Result<Answer, Stop> {
    let found = source.quote(id)?.ok_or_else(|| Stop::Missing {
        what: "quote",
        id: id.to_owned(),
    })?;
    draw_as(
        StatusCode::UNPROCESSABLE_ENTITY,
        &QuotePage {
            frame,
            found,
            preview: None,
            refused: None,
            refusal: Some(refusal),
        },
    )
}

fn percent(rate: values::Rate) -> String {
    format!(
        "{} %",
        (rate.decimal() * values::Decimal::ONE_HUNDRED).normalize()
    )
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Quotes, move |source, frame| {
        let asked = Asked::new(pairs);
        let found = source.quote(&id)?.ok_or(Stop::Missing {
            what: "quote",
            id: id.clone(),
        })?;
        let actor = frame.viewer.as_ref().map(|viewer| viewer.name.clone());
        let (preview, refused) = match (asked.get("preview"), actor) {
            (Some(_), Some(actor)) => match source.quote_preview(&id, &actor) {
                Ok(preview) => (Some(preview), None),
                Err(SourceFault::Refused { reason }) => (None, Some(reason)),
                Err(fault) => return Err(fault.into()),
            },
            _ => (None, None),
        };
        draw(&QuotePage {
            frame,
            found,
            preview,
            refused,
            refusal: None,
        })
    })
    .await
}
