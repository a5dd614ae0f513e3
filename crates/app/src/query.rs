//! The read side: queries that fill the views of [`crate::view`]. Each is a function over a
//! transaction and a method of [`crate::App`] with the name that the console's source asks for. No
//! query changes anything.
//!
//! Lists are read in pages of [`ROWS_A_PAGE`] by an opaque cursor over keys, never by offset, so that
//! a page costs the same however deep it lies and no row is shown twice while others arrive.

mod account;
mod arithmetic;
mod audit;
mod billing_policy;
mod books_check;
mod breakdown;
mod chain;
mod contracts;
mod cursor;
mod customer_setup;
mod customers;
mod disputes;
mod documents;
mod exceptions;
mod flow;
mod home;
mod intake;
mod intercompany;
mod journals;
mod offered;
mod outside_documents;
mod payload;
mod payment_page;
mod payment_sync;
mod payments;
mod prepaid;
mod price_changes;
mod progress;
mod provisioning;
mod quick;
mod search;
mod settle;
mod side_by_side;
mod tax_decisions;
mod template_deviations;
mod tie_out;
mod timeline;
mod trail;
mod trial_balance;
mod usage;
mod words;
mod work_lists;

pub use account::{
    ACCOUNT_ROOMS, AccountEntry, AccountStanding, account_standing, account_timeline,
};
pub use arithmetic::{ArithmeticStep, LineArithmetic, explain};
pub use audit::{AuditFault, AuditReport, audit_check, audit_export, audit_verify};
pub use billing_policy::BillingPolicyView;
pub use books_check::{BooksProblem, BooksReport, verify_books};
pub use breakdown::{Breakdown, ReceivedHop, RecordedHop, SentHop, SystemCost};
pub use chain::chain;
pub use contracts::{contract, contracts};
pub use customer_setup::{CustomerSetup, SetupChange, SetupPart, document_fields};
pub use customers::{customer, customers};
pub use disputes::{DisputeLine, DisputeSheet};
pub use documents::{invoice, invoices};
pub use exceptions::{Outstanding, exception, exception_facets, exceptions};
pub use home::home;
pub use intake::{connections, intake};
pub use intercompany::{IntercompanyNet, IntercompanySide, IntercompanyView, SideLine};
pub use journals::{journal, journals};
pub use offered::{
    CatalogueVersion, CatalogueView, OfferDetail, OfferFact, OfferView, PriceView, ProductDetail,
    ProductView,
};
pub use outside_documents::OutsideDocumentView;
pub use payment_page::{AppliedInvoice, PaymentPage, RefundLine};
pub use payments::payments;
pub use prepaid::{CreditGrantView, CreditUseView};
pub(crate) use price_changes::in_words as price_in_words;
pub use price_changes::{PriceChangeDetail, PriceChangeLine, PriceChangeSums, PriceChangeView};
pub use progress::{BillingDocument, ProgressPartView, ProgressPlanView};
pub use provisioning::ProvisioningView;
pub use quick::{AccountAnswer, BUDGET, Basis, PriceAnswer, PricedOffer, TaxAnswer, TaxedAmount};
pub use search::search;
pub use settle::ResolveOutcome;
pub use tax_decisions::{TaxDecisionCount, TaxDecisionLine, TaxDecisionPage};
pub use template_deviations::TemplateStand;
pub use tie_out::{Memory as TieOutMemory, tie_outs};
pub use timeline::{
    ContractTimeline, NextInvoice, NextLine, StretchKind, TimelineBand, TimelineBilled,
    TimelineDiscount, TimelineStretch, TimelineVersion, VersionChange,
};
pub use trial_balance::{account, entities, months, trial_balance};

pub use usage::{
    AsideView, EventView, IntakeView, LineUsage, MeterDetail, MeterUse, MeterView, Metered,
};
pub use work_lists::WorkList;

use crate::fault::{AppFault, stored_value};
use store::{Tx, catalogue};
use values::{Currency, Money, Month};

/// Rows of a page of a list.
pub const ROWS_A_PAGE: i64 = 50;

/// What the exception inbox is narrowed by. Absent fields do not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExceptionFilter {
    /// Class, such as `unknown_product`.
    pub class: Option<String>,
    /// Role or person who is to act.
    pub owner: Option<String>,
    /// `open` (everything that is not resolved), `acknowledged`, `assigned`, `verifying`, `resolved`;
    /// absent: all.
    pub status: Option<String>,
    /// One group of open exceptions.
    pub group: Option<String>,
    /// What is with this person: on their name, or on nobody's and with their role.
    pub with: Option<String>,
    /// The title of that role.
    pub with_role: Option<String>,
    /// One incident.
    pub incident: Option<String>,
    /// Open ones about the books of one legal entity.
    pub entity: Option<String>,
    /// Only open ones past their term.
    pub overdue: bool,
}

/// Which rows of a list to show. A list heeds the fields that its rows have. Absent fields do not
/// narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Legal entity id.
    pub entity: Option<String>,
    /// Customer id.
    pub customer: Option<String>,
    /// A status word of the list.
    pub status: Option<String>,
    /// A month of accounting or issue.
    pub month: Option<Month>,
}

/// One value that a filter can take, and how many rows it would leave.
#[derive(Debug, Clone)]
pub struct Facet {
    /// The value.
    pub value: String,
    /// How many rows have it.
    pub count: i64,
}

/// What the exception inbox can be narrowed by.
#[derive(Debug, Clone, Default)]
pub struct ExceptionFacets {
    /// Classes, most numerous first.
    pub classes: Vec<Facet>,
    /// Owners, most numerous first.
    pub owners: Vec<Facet>,
    /// `open`, `assigned`, `resolved`, each with its count over everything.
    pub statuses: Vec<Facet>,
}

/// The lines of one account in one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountKey {
    /// Legal entity id.
    pub entity: String,
    /// Month.
    pub month: Month,
    /// Account code.
    pub account: String,
    /// Currency of the lines.
    pub currency: Currency,
}

/// An amount from its stored minor units and currency code.
pub(crate) fn money(minor: i64, currency: &str) -> Result<Money, AppFault> {
    Ok(Money::from_minor(
        minor,
        stored_value::<Currency>("currency", currency)?,
    ))
}

/// A stored text where empty stands for nothing.
fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// A filter's value in the words of the store, where empty selects everything.
fn every(value: Option<&String>) -> String {
    value.cloned().unwrap_or_default()
}

/// A customer's name; its id where we have no such customer.
fn customer_name(tx: &mut Tx<'_>, id: &str) -> Result<String, AppFault> {
    Ok(catalogue::customer(tx, id)?.map_or_else(|| id.to_owned(), |row| row.name))
}

/// Adds an amount to the sum of its currency.
fn add_up(sums: &mut Vec<Money>, amount: Money) -> Result<(), AppFault> {
    match sums.iter_mut().find(|sum| sum.currency == amount.currency) {
        Some(sum) => *sum = sum.plus(amount)?,
        None => sums.push(amount),
    }
    Ok(())
}

#[cfg(test)]
mod tests;
