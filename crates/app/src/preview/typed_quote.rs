//! A quote that somebody is typing: what it comes to, who would have to approve it, and what it would
//! do, without writing it.

use super::AmendmentPreview;
use super::quote::preview;
use crate::command::{CreateQuote, QuoteContent, ReviseQuote, SubmitQuote};
use crate::fault::{stored, stored_value};
use crate::journey::quote::{self as journey, QuoteBilled};
use crate::{App, AppFault, Context};
use commerce::QuoteFigures;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Tx;
use values::QuoteId;

/// What a quote that is not written yet would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TypedQuote {
    /// What it comes to.
    pub figures: QuoteFigures,
    /// Where it deviates from its billing template.
    pub deviations: Vec<String>,
    /// Why somebody must approve it; absent where nobody else need.
    pub approval: Option<String>,
    /// Who would be billed, and how it is sold through a partner.
    pub billed: QuoteBilled,
    /// What it would do if it were in force.
    pub preview: AmendmentPreview,
}

impl App {
    /// What `content` would be as a new quote, or as the next version of `quote`.
    ///
    /// # Errors
    /// Everything that is wrong with it, as it would be refused.
    pub fn preview_typed_quote(
        &self,
        actor: &str,
        quote: Option<QuoteId>,
        content: QuoteContent,
    ) -> Result<TypedQuote, AppFault> {
        self.run(actor, move |tx, context| {
            tx.undone(|tx| typed(tx, context, quote, content))
        })
    }
}

fn typed(
    tx: &mut Tx<'_>,
    context: &Context,
    quote: Option<QuoteId>,
    content: QuoteContent,
) -> Result<TypedQuote, AppFault> {
    let answer = match quote {
        Some(quote) => {
            let reason = "previewed".to_owned();
            let body = ReviseQuote {
                quote,
                reason,
                content,
            };
            journey::revise(tx, context, "preview", &body)?
        }
        None => {
            let body = CreateQuote { id: None, content };
            journey::create(tx, context, "preview", &body)?
        }
    };
    let id: QuoteId = stored_value("quote id", answer["quote"].as_str().unwrap_or_default())?;
    let version = answer["version"].as_i64().unwrap_or(1);
    let submit = SubmitQuote {
        quote: id.clone(),
        version: u32::try_from(version).unwrap_or(1),
    };
    let demand = journey::demanded(tx, context, &submit)?;
    let deviations = answer["deviations"].as_array();
    let today = values::Zone::utc().date_at(context.now);
    let billed = journey::quote_of(tx, id.as_str(), today)?.billed;
    Ok(TypedQuote {
        figures: stored("figures of a quote", &answer["figures"].to_string())?,
        deviations: deviations
            .into_iter()
            .flatten()
            .filter_map(|text| text.as_str().map(str::to_owned))
            .collect(),
        approval: demand.map(|demand| demand.why),
        billed,
        preview: preview(tx, context, &id)?,
    })
}
