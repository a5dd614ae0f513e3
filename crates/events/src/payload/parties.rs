//! Payloads of what changes on a customer and what a customer disputes.

use super::Reference;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{CreditNoteId, Currency, CustomerId, Date, DisputeId, InvoiceId, LineId, Money};

/// One field of an account before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldChange {
    /// The field, such as `legal_name`.
    pub field: String,
    /// What it was, where it was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it is, where it is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The system that wrote it and owns it.
    pub owner: String,
}

/// Payload of `customer.account.updated`: the account as it is now, and what is different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CustomerUpdated {
    /// The customer.
    pub customer: CustomerId,
    /// Its registered name.
    pub legal_name: String,
    /// The currency it is billed in by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// What changed.
    pub changes: Vec<FieldChange>,
    /// The same account in other systems.
    #[serde(default)]
    pub references: Vec<Reference>,
}

/// Payload of `dispute.opened`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DisputeOpened {
    /// The dispute.
    pub dispute: DisputeId,
    /// Who disputes.
    pub customer: CustomerId,
    /// The invoice.
    pub invoice: InvoiceId,
    /// The lines; none means the whole invoice.
    #[serde(default)]
    pub lines: Vec<LineId>,
    /// How much of it is disputed.
    pub amount: Money,
    /// Why, as a code such as `price`, `quantity`, `not_delivered` or `duplicate`.
    pub reason_code: String,
    /// What the customer says.
    pub description: String,
    /// The role that is to settle it.
    pub owner: String,
    /// By when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
}

/// Payload of `dispute.resolved`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DisputeResolved {
    /// The dispute.
    pub dispute: DisputeId,
    /// Who disputed.
    pub customer: CustomerId,
    /// The invoice.
    pub invoice: InvoiceId,
    /// How much of it was disputed.
    pub amount: Money,
    /// `upheld`, `partly_upheld`, `rejected` or `withdrawn`.
    pub outcome: String,
    /// The credit note that settles it, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_note: Option<CreditNoteId>,
    /// How much was credited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credited: Option<Money>,
    /// Why.
    pub reason: String,
}
