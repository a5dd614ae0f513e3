//! Meters, what was used, and the events behind an invoice line.

use super::frame::{Frame, Place};
use super::respond::{Seat, Stop, draw, page};
use super::source::SourceFault;
use super::{ConsoleState, filters};
use app::query::{LineUsage, MeterDetail, MeterView};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use std::collections::BTreeMap;

/// Where meters and events come from.
pub trait UsageSource {
    /// All meters.
    fn meters(&self) -> Result<Vec<MeterView>, SourceFault>;
    /// A meter with what was used and what was set aside.
    fn meter(&self, code: &str) -> Result<Option<MeterDetail>, SourceFault>;
    /// The events behind an invoice line.
    fn line_usage(
        &self,
        line: &str,
        cursor: Option<&str>,
    ) -> Result<Option<LineUsage>, SourceFault>;
}

#[derive(Template)]
#[template(path = "meters.html")]
struct MetersPage {
    frame: Frame,
    rows: Vec<MeterView>,
}

#[derive(Template)]
#[template(path = "meter.html")]
struct MeterPage {
    frame: Frame,
    found: MeterDetail,
}

#[derive(Template)]
#[template(path = "line-usage.html")]
struct LinePage {
    frame: Frame,
    found: LineUsage,
    older: Option<String>,
}

/// Dimensions in words, such as `region eu, size large`.
fn said(dimensions: &BTreeMap<String, String>) -> String {
    let parts: Vec<String> = dimensions
        .iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    parts.join(", ")
}

impl MeterPage {
    fn said(&self, dimensions: &BTreeMap<String, String>) -> String {
        said(dimensions)
    }
}

impl LinePage {
    fn said(&self, dimensions: &BTreeMap<String, String>) -> String {
        said(dimensions)
    }
}

pub(super) async fn meters(State(state): State<ConsoleState>, seat: Seat) -> Response {
    page(state, seat, Place::Meters, |source, frame| {
        draw(&MetersPage {
            rows: source.meters()?,
            frame,
        })
    })
    .await
}

pub(super) async fn meter(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(code): Path<String>,
) -> Response {
    page(
        state,
        seat,
        Place::Meters,
        move |source, frame| match source.meter(&code)? {
            Some(found) => draw(&MeterPage { frame, found }),
            None => Err(Stop::Missing {
                what: "meter",
                id: code,
            }),
        },
    )
    .await
}

pub(super) async fn line(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Invoices, move |source, frame| {
        let cursor = asked.get("cursor").map(String::as_str);
        match source.line_usage(&id, cursor)? {
            Some(found) => {
                let older = found.events.next.as_ref().map(|next| {
                    format!(
                        "/invoice-lines/{}/usage?cursor={next}",
                        super::paths::segment(&id)
                    )
                });
                draw(&LinePage {
                    frame,
                    found,
                    older,
                })
            }
            None => Err(Stop::Missing {
                what: "invoice line with measured use",
                id,
            }),
        }
    })
    .await
}
