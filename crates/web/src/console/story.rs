//! What the pages of contracts and invoices explain: a contract over time, and the arithmetic of
//! every line.

use super::source::SourceFault;
use app::query::{ContractTimeline, LineArithmetic};

/// Where explanations come from.
pub trait StorySource {
    /// A contract over time; nothing when it cannot be told.
    fn contract_timeline(&self, id: &str) -> Result<Option<ContractTimeline>, SourceFault>;
    /// How each line of a document came about; none where another system computed it.
    fn invoice_arithmetic(&self, id: &str) -> Result<Vec<LineArithmetic>, SourceFault>;
}

/// How one line came about.
pub(super) fn of_line<'a>(all: &'a [LineArithmetic], line: &str) -> Option<&'a LineArithmetic> {
    all.iter().find(|told| told.line == line)
}
