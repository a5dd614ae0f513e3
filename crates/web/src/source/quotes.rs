//! Quotes from the books.

use super::{AppSource, Asked, told};
use crate::console::{QuoteSource, SourceFault};
use app::AppFault;
use app::journey::quote::{QuoteDetail, QuoteView};
use app::preview::AmendmentPreview;
use app::view::Page;

impl QuoteSource for AppSource {
    fn quotes(&self, status: &str, cursor: Option<&str>) -> Asked<Page<QuoteView>> {
        self.app.quotes(status, "", cursor).map_err(told)
    }

    fn quote(&self, id: &str) -> Asked<Option<QuoteDetail>> {
        match self.app.quote(id) {
            Ok(found) => Ok(Some(found)),
            Err(AppFault::NotFound { .. }) => Ok(None),
            Err(fault) => Err(told(fault)),
        }
    }

    fn quote_preview(&self, id: &str, actor: &str) -> Asked<AmendmentPreview> {
        let quote = id.parse().map_err(|_| SourceFault::Refused {
            reason: format!("{id:?} is no id of a quote"),
        })?;
        self.app.preview_quote(actor, quote).map_err(told)
    }
}
