//! The one door through which the console gets its figures, so that pages can be drawn from sample
//! data in a test and from the books in earnest.

pub use app::query::{AccountKey, ExceptionFacets, ExceptionFilter, Facet, ListFilter};

use app::view;
use values::{Instant, Month};

/// Why the source could not answer.
#[derive(Debug, thiserror::Error)]
pub enum SourceFault {
    /// The store cannot be read or written just now. `detail` goes to the log and to no page.
    #[error("the books cannot be read just now")]
    Unavailable {
        /// For the log only.
        detail: String,
    },
    /// A filter, cursor or path cannot be what was meant.
    #[error("{field} cannot be {value:?}: {mend}")]
    BadFilter {
        /// Which one, in words.
        field: &'static str,
        /// What was given.
        value: String,
        /// What would do.
        mend: String,
    },
    /// The domain says no, in words fit for the page.
    #[error("{reason}")]
    Refused {
        /// What is wrong and how to mend it.
        reason: String,
    },
}

/// How a person ends an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResolveOutcome {
    /// What was missing is there now: do again what had stopped. It stays open if it stops again.
    Retry,
    /// It was put right elsewhere, or the difference is accepted, for the reason given.
    Settle,
    /// It is to have no effect, ever, for the reason given.
    Reject,
}

impl ResolveOutcome {
    /// The word in forms and in the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Settle => "settle",
            Self::Reject => "reject",
        }
    }

    /// Reads the word of a form.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Retry, Self::Settle, Self::Reject]
            .into_iter()
            .find(|outcome| outcome.word() == word)
    }
}

/// Where the console's figures come from. Calls may block; the console makes them on blocking
/// threads. `None` means that there is nothing with that id.
pub trait Source:
    Send
    + Sync
    + 'static
    + super::exceptions::ExceptionDesk
    + super::disputes::DisputeSource
    + super::deviations::DeviationSource
    + super::collection::CollectionSource
    + super::entry::EntrySource
    + super::cash_desk::CashDeskSource
    + super::prepaid::PrepaidSource
    + super::customer_details::CustomerDetailsSource
    + super::structure::StructureSource
    + super::payment_sync::PaymentSyncSource
    + super::processes::ProcessSource
    + super::account::AccountSource
    + super::audit::AuditSource
    + super::approvals::ApprovalsSource
    + super::lanes::FlowSource
    + super::papers::PaperSource
    + super::usage::UsageSource
    + super::story::StorySource
    + super::bill_runs::BillRunSource
    + super::price_changes::PriceChangeSource
    + super::invoice_drafts::InvoiceDraftSource
    + super::invoice_acts::InvoiceActSource
    + super::invoice_policy::InvoicePolicySource
    + super::quotes::QuoteSource
    + super::quote_desk::QuoteDeskSource
    + super::catalogue::CatalogueSource
    + super::account_timeline::AccountTimelineSource
    + super::tax_decisions::TaxDecisionSource
    + super::intercompany::IntercompanySource
    + super::progress::ProgressSource
    + super::entities::EntitySource
    + super::replays::ReplaysSource
    + super::amendment::AmendSource
    + super::rules::GovernanceSource
    + super::events::OutwardSource
{
    /// Now, on the clock that the program runs on.
    fn now(&self) -> Instant;
    /// How many exceptions are not resolved. Asked by every page, so it has to be cheap.
    fn open_exceptions(&self) -> Result<i64, SourceFault>;
    /// Legal entities: id and name, in the order that people expect.
    fn entities(&self) -> Result<Vec<(String, String)>, SourceFault>;
    /// Months that the entity has books for, newest first.
    fn months(&self, entity: &str) -> Result<Vec<Month>, SourceFault>;

    /// The first screen.
    fn home(&self) -> Result<view::Home, SourceFault>;

    /// Exceptions, the highest value first.
    fn exceptions(
        &self,
        filter: &ExceptionFilter,
        cursor: Option<&str>,
    ) -> Result<view::Page<view::ExceptionRow>, SourceFault>;
    /// What the inbox can be narrowed by.
    fn exception_facets(&self) -> Result<ExceptionFacets, SourceFault>;
    /// One exception.
    fn exception(&self, id: &str) -> Result<Option<view::ExceptionDetail>, SourceFault>;
    /// Ends an exception, or tries again what it stopped. The same call twice has one effect.
    fn resolve_exception(
        &self,
        id: &str,
        outcome: ResolveOutcome,
        reason: &str,
        actor: &str,
    ) -> Result<(), SourceFault>;
    /// Gives an exception to a person or role.
    fn assign_exception(&self, id: &str, owner: &str, actor: &str) -> Result<(), SourceFault>;

    /// The chain of evidence of any id, ours or another system's.
    fn chain(&self, id: &str) -> Result<Option<view::Chain>, SourceFault>;
    /// What the search box finds: ids, numbers and names, the best first.
    fn search(&self, text: &str) -> Result<Vec<view::SearchHit>, SourceFault>;

    /// Customers by name.
    fn customers(&self, cursor: Option<&str>)
    -> Result<view::Page<view::CustomerRow>, SourceFault>;
    /// One customer.
    fn customer(&self, id: &str) -> Result<Option<view::CustomerDetail>, SourceFault>;
    /// Contracts, newest first.
    fn contracts(
        &self,
        filter: &ListFilter,
        cursor: Option<&str>,
    ) -> Result<view::Page<view::ContractRow>, SourceFault>;
    /// One contract.
    fn contract(&self, id: &str) -> Result<Option<view::ContractDetail>, SourceFault>;

    /// Invoices and credit notes, newest first.
    fn invoices(
        &self,
        filter: &ListFilter,
        cursor: Option<&str>,
    ) -> Result<view::Page<view::InvoiceRow>, SourceFault>;
    /// One invoice or credit note.
    fn invoice(&self, id: &str) -> Result<Option<view::InvoiceDetail>, SourceFault>;
    /// Payments, newest first. One payment is shown by its chain.
    fn payments(
        &self,
        filter: &ListFilter,
        cursor: Option<&str>,
    ) -> Result<view::Page<view::PaymentRow>, SourceFault>;

    /// Journals, newest first.
    fn journals(
        &self,
        filter: &ListFilter,
        cursor: Option<&str>,
    ) -> Result<view::Page<view::JournalRow>, SourceFault>;
    /// One journal.
    fn journal(&self, id: &str) -> Result<Option<view::JournalDetail>, SourceFault>;
    /// The trial balance; without entity the first one, without month its newest. `None` when
    /// there is no such entity, or none at all.
    fn trial_balance(
        &self,
        entity: Option<&str>,
        month: Option<Month>,
    ) -> Result<Option<view::TrialBalance>, SourceFault>;
    /// The lines behind one balance, in order of accounting date.
    fn account(
        &self,
        key: &AccountKey,
        cursor: Option<&str>,
    ) -> Result<Option<view::AccountDetail>, SourceFault>;

    /// The proof of intake, one row a source.
    fn intake(&self) -> Result<Vec<view::IntakeRow>, SourceFault>;
    /// Deliveries, one row a system.
    fn connections(&self) -> Result<Vec<view::ConnectionRow>, SourceFault>;
}
