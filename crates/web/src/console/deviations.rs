//! Deviations from the standard billing templates: how many a legal entity has, and the contracts
//! behind each count, with what differs and who approved it.

use super::ConsoleState;
use super::filters;
use super::frame::{Frame, Place};
use super::paths::{Asked, segment};
use super::respond::{Seat, draw, page};
use super::source::SourceFault;
use app::journey::quote::TemplateCount;
use app::query::TemplateStand;
use app::view::Page;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use std::collections::BTreeMap;

/// Where the counts and the contracts behind them come from.
pub trait DeviationSource {
    /// How the contracts of each legal entity stand to the billing templates.
    fn template_counts(&self) -> Result<Vec<TemplateCount>, SourceFault>;
    /// The contracts of an entity that stand to them in one way; of all and in any for empty texts.
    fn template_stands(
        &self,
        entity: &str,
        stand: &str,
        cursor: Option<&str>,
    ) -> Result<Page<TemplateStand>, SourceFault>;
}

#[derive(Template)]
#[template(path = "template-deviations.html")]
struct DeviationsPage {
    frame: Frame,
    counts: Vec<TemplateCount>,
    entity: String,
    stand: String,
    rows: Page<TemplateStand>,
    older: Option<String>,
}

impl DeviationsPage {
    /// The contracts behind a count.
    fn behind(&self, count: &TemplateCount, stand: &str) -> String {
        format!(
            "/template-deviations?entity={}&stand={stand}#contracts",
            segment(&count.entity)
        )
    }

    /// Every contract of an entity.
    fn all(&self, count: &TemplateCount) -> String {
        format!(
            "/template-deviations?entity={}&stand=#contracts",
            segment(&count.entity)
        )
    }

    /// What the list below shows, in words.
    fn shown(&self) -> String {
        let which = match self.stand.as_str() {
            "deviating" => "Contracts that deviate from the template that they name",
            "without" => "Contracts that follow no template",
            "standard" => "Contracts that follow their template to the letter",
            _ => "Contracts",
        };
        match self.entity.as_str() {
            "" => which.to_owned(),
            entity => format!("{which}, sold by {entity}"),
        }
    }
}

pub(super) async fn list(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Contracts, move |source, frame| {
        let asked = Asked::new(pairs);
        let entity = asked.text("entity").unwrap_or_default();
        // What deviates comes first; an empty text asks for all.
        let stand = match asked.get("entity") {
            Some(_) => asked.text("stand").unwrap_or_default(),
            None => asked
                .text("stand")
                .unwrap_or_else(|| "deviating".to_owned()),
        };
        let rows = source.template_stands(&entity, &stand, asked.get("cursor"))?;
        draw(&DeviationsPage {
            frame,
            counts: source.template_counts()?,
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with("/template-deviations", "cursor", next)),
            rows,
            entity,
            stand,
        })
    })
    .await
}
