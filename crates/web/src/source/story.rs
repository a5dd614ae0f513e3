//! Explanations from the books.

use super::{AppSource, Asked, told};
use crate::console::{SourceFault, StorySource};
use app::AppFault;
use app::query::{ContractTimeline, LineArithmetic};

impl StorySource for AppSource {
    fn contract_timeline(&self, id: &str) -> Asked<Option<ContractTimeline>> {
        match self.app.contract_timeline(id) {
            // A timeline that cannot be priced must not hide the rest of the page.
            Err(AppFault::Refused(_)) => Ok(None),
            found => found.map_err(told),
        }
    }

    fn invoice_arithmetic(&self, id: &str) -> Result<Vec<LineArithmetic>, SourceFault> {
        self.app.invoice_arithmetic(id).map_err(told)
    }
}
