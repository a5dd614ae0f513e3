//! Payloads of drafts of invoices.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{ApprovalId, ContractId, CustomerId, Date, InvoiceDraftId, Money};

/// Payload of `billing.invoice_draft.opened`, `.refreshed` and `.ended`. A draft has no number, moves no
/// account and covers no days; it says what billing would issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceDraftReport {
    /// The draft.
    pub draft: InvoiceDraftId,
    /// `invoice` or `credit_note`.
    pub kind: String,
    /// Whom it is for.
    pub customer: CustomerId,
    /// What it bills.
    pub contract: ContractId,
    /// It bills what is owed through this day.
    pub through: Date,
    /// The day on which it is issued by itself, where no second person is needed.
    pub ends: Date,
    /// Grows whenever its content changes.
    pub version: u32,
    /// `draft`, `waiting`, `denied`, `finalised` or `withdrawn`.
    pub status: String,
    /// How many lines it has.
    pub lines: u32,
    /// Without tax.
    pub net: Money,
    /// Tax.
    pub tax: Money,
    /// What stands between net and tax and the total; nothing where it is zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<Money>,
    /// With tax and rounding.
    pub total: Money,
    /// Why a second person is needed, where one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<String>,
    /// The request for approval, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalId>,
    /// The id of the document that it became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// Why it was denied or withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
