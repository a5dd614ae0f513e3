//! Chains of evidence, and the search box that finds them.

use super::frame::{Frame, Place};
use super::paths::Asked;
use super::processes::{Beside, beside};
use super::respond::{Answer, Seat, Stop, draw, page};
use super::{ConsoleState, filters};
use app::view::{Chain, Hop, HopKind, SearchHit};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "trace.html")]
struct TracePage {
    frame: Frame,
    chain: Chain,
    beside: Beside,
}

pub(super) async fn trace(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Elsewhere, move |source, mut frame| {
        let chain = source.chain(&id)?.ok_or(Stop::Missing {
            what: "chain for",
            id: id.clone(),
        })?;
        frame.searched = id;
        draw(&TracePage {
            frame,
            beside: beside(source, &chain)?,
            chain,
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    frame: Frame,
    text: String,
    hits: Vec<SearchHit>,
}

pub(super) async fn search(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Elsewhere, move |source, mut frame| {
        let text = Asked::new(pairs).text("q").unwrap_or_default();
        let hits = if text.is_empty() {
            Vec::new()
        } else {
            source.search(&text)?
        };
        if let [only] = hits.as_slice() {
            return Ok(Answer::Go(only.href.clone()));
        }
        frame.searched.clone_from(&text);
        draw(&SearchPage { frame, text, hits })
    })
    .await
}

/// How one hop is drawn.
pub(super) trait Drawn {
    /// Its class in the stylesheet.
    fn class(&self) -> &'static str;
    /// The same in a word, for those who do not see the mark.
    fn kind_word(&self) -> &'static str;
    /// Whether it counts on another day than the one it happened on.
    fn counts_elsewhere(&self) -> bool;
}

impl Drawn for Hop {
    fn class(&self) -> &'static str {
        match self.kind {
            HopKind::Fact => "fact",
            HopKind::Money => "books",
            HopKind::Stop => "stop",
        }
    }

    fn kind_word(&self) -> &'static str {
        match self.kind {
            HopKind::Fact => "Fact",
            HopKind::Money => "Money or books moved",
            HopKind::Stop => "Stopped",
        }
    }

    fn counts_elsewhere(&self) -> bool {
        self.effective
            .is_some_and(|date| date != super::money::utc_date(self.time))
    }
}
