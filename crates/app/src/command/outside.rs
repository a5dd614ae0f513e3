//! Bodies of the commands about what another system bills.

use super::Amount;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{ComponentId, ContractId, Currency, CustomerId, Date, EntityId, Quantity};

/// Which document another system issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutsideKind {
    /// It asks for money.
    #[default]
    Invoice,
    /// It gives money back.
    CreditNote,
}

/// Body of `record_outside_invoice`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordOutsideInvoice {
    /// The system that issued it: the system of record of billing for the contract.
    pub system: String,
    /// Its id there. The same id again has no effect; with other content it is refused.
    pub outside_id: String,
    /// `invoice` or `credit_note`; an invoice when absent.
    #[serde(default)]
    pub kind: OutsideKind,
    /// The number printed on it.
    pub number: String,
    /// The contract that it bills.
    pub contract: ContractId,
    /// Whom it bills; checked against the contract.
    #[serde(default)]
    pub customer: Option<CustomerId>,
    /// Who issued it; checked against the contract.
    #[serde(default)]
    pub entity: Option<EntityId>,
    /// Its currency; checked against the contract.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Date of issue.
    pub issued: Date,
    /// When it is to be paid; by the customer's terms when absent.
    #[serde(default)]
    pub due: Option<Date>,
    /// For a credit note: the id there of the invoice that it credits.
    #[serde(default)]
    pub credits: Option<String>,
    /// For a credit note: why.
    #[serde(default)]
    pub reason: Option<String>,
    /// For a credit note: whether it gives back what the contract does not ask to be given back. Such
    /// a concession lowers the revenue, and is no difference.
    #[serde(default)]
    pub goodwill: bool,
    /// For a credit note: whether what it gives back beyond what the contract asks to be given back, and
    /// beyond what was billed wrongly, is such a concession.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rest_is_goodwill: bool,
    /// Its lines. Those of a credit note have positive amounts too.
    pub lines: Vec<OutsideInvoiceLine>,
}

/// A line of a document of another system.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutsideInvoiceLine {
    /// The component of the contract; may be left out when it has one only.
    #[serde(default)]
    pub component: Option<ComponentId>,
    /// First day that it bills.
    pub from: Date,
    /// Last day that it bills.
    pub to: Date,
    /// How many; what the contract owes on those days when absent.
    #[serde(default)]
    pub quantity: Option<Quantity>,
    /// Without tax, in major units.
    pub net: Amount,
    /// The tax, in major units; `"0"` must be stated.
    pub tax: Amount,
    /// What is printed.
    #[serde(default)]
    pub description: Option<String>,
}

/// Body of `verify_billing`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyBilling {
    /// Compares what should have been billed through this day.
    pub through: Date,
    /// Only this entity.
    #[serde(default)]
    pub entity: Option<EntityId>,
    /// Only this contract.
    #[serde(default)]
    pub contract: Option<ContractId>,
}
