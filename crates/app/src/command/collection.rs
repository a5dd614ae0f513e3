//! The bodies of commands about receivables: what payments are for, what is given up, prepaid credit,
//! and late payers.

use super::Amount;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Currency, CustomerId, Date, EntityId, PaymentId};

/// Body of `match_payment`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchPayment {
    /// The payment.
    pub payment: PaymentId,
    /// Who paid, where nobody knew yet.
    #[serde(default)]
    pub customer: Option<CustomerId>,
    /// What it is for.
    pub invoices: Vec<MatchedInvoice>,
    /// Says that the payer pays for the customers of these invoices, though nothing else says so.
    #[serde(default)]
    pub on_behalf: bool,
}

/// An invoice that a payment is for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchedInvoice {
    /// The invoice, by id or number.
    pub invoice: String,
    /// How much of the payment, in major units; as much as there is and is open when absent.
    #[serde(default)]
    pub amount: Option<Amount>,
    /// Whether what is then still open is let go, within the tolerance of the policy.
    #[serde(default)]
    pub write_off_rest: bool,
}

/// Body of `unapply_payment`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnapplyPayment {
    /// The payment.
    pub payment: PaymentId,
    /// The invoice, by id or number.
    pub invoice: String,
    /// How much, in major units; all of it when absent.
    #[serde(default)]
    pub amount: Option<Amount>,
    /// Why.
    pub reason: String,
}

/// Body of `write_off_invoice`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteOffInvoice {
    /// The invoice, by id or number.
    pub invoice: String,
    /// How much, in major units with tax; all that is open when absent.
    #[serde(default)]
    pub amount: Option<Amount>,
    /// `bad_debt` or `allowance`; as the policy has it when absent.
    #[serde(default)]
    pub given_up: Option<String>,
    /// Why.
    pub reason: String,
}

/// Body of `grant_credit`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantCredit {
    /// Its id; minted when absent.
    #[serde(default)]
    pub id: Option<String>,
    /// Whose.
    pub customer: CustomerId,
    /// The payment that buys it; credit without a payment is given.
    #[serde(default)]
    pub payment: Option<PaymentId>,
    /// How much, in major units.
    pub amount: Amount,
    /// Its currency; that of the payment or of the entity when absent.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Whose books; those of the payment when absent.
    #[serde(default)]
    pub entity: Option<EntityId>,
    /// Lower is used first.
    #[serde(default = "usual_priority")]
    pub priority: u32,
    /// First day on which it can be used; today when absent.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day; for ever when absent.
    #[serde(default)]
    pub until: Option<Date>,
    /// Why.
    pub reason: String,
}

fn usual_priority() -> u32 {
    100
}

/// Body of `set_payer`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPayer {
    /// The customer.
    pub customer: CustomerId,
    /// Who pays for it; nobody else when absent.
    #[serde(default)]
    pub payer: Option<CustomerId>,
    /// Why; it stands beside the request for whoever approves it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Body of `record_promise`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordPromise {
    /// The invoice, by id or number.
    pub invoice: String,
    /// The last day on which the promise is kept.
    pub until: Date,
    /// How much was promised, in major units; all that is open when absent.
    #[serde(default)]
    pub amount: Option<Amount>,
    /// Who promised it, and how.
    pub note: String,
}

/// Body of `assign_collection`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignCollection {
    /// The invoice, by id or number.
    pub invoice: String,
    /// Who works on it.
    pub owner: String,
    /// What is done next.
    #[serde(default)]
    pub next_action: String,
}

/// Body of `resume_service`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResumeService {
    /// The invoice that was written off, by id or number.
    pub invoice: String,
    /// Why the service is given again although it is not paid.
    pub reason: String,
}

/// Body of `publish_collection_policy`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishCollectionPolicy {
    /// The policy in TOML; `docs/dunning.md` has the one that ships with the program.
    pub toml: String,
}
