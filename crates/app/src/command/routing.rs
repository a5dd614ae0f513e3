//! Bodies of commands that say where invoices go and who looks after them.

use commerce::Consolidation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{ContractId, CustomerId, Date, EntityId};

/// Whom a contract says is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BillToChoice {
    /// The customer to whom it was sold.
    Own,
    /// The account above that customer, whichever it is on the day of the invoice.
    Parent,
    /// The customer named.
    Customer,
    /// As the accounts and the entity say.
    AsAccount,
}

impl BillToChoice {
    /// The word in which it is written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Parent => "parent",
            Self::Customer => "customer",
            Self::AsAccount => "as_account",
        }
    }
}

/// Body of `set_bill_to`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetBillTo {
    /// The contract.
    pub contract: ContractId,
    /// Who is billed.
    pub bill_to: BillToChoice,
    /// The customer, where `bill_to` is `customer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// Invoices of different groups are kept apart, such as one for each cost centre.
    #[serde(default)]
    pub invoice_group: String,
    /// Documents dated from this day on go there; today when absent.
    #[serde(default)]
    pub from: Option<Date>,
    /// Why.
    pub reason: String,
}

/// Body of `set_consolidation`: about a customer or an entity.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetConsolidation {
    /// The account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// The legal entity: what it does where the accounts say nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<EntityId>,
    /// `per_contract`, `per_customer` or `parent_pays`; absent takes back what was said.
    #[serde(default)]
    pub policy: Option<Consolidation>,
    /// Documents dated from this day on are put together so; today when absent.
    #[serde(default)]
    pub from: Option<Date>,
    /// Why.
    pub reason: String,
}

/// Body of `set_collections_owner`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetCollectionsOwner {
    /// The account.
    pub customer: CustomerId,
    /// Who looks after what it and the accounts below it owe; absent for whoever looks after the one
    /// above.
    #[serde(default)]
    pub owner: Option<String>,
}

/// Body of `set_payment_routes`: all rows at once; none sends everything to the one processor.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPaymentRoutes {
    /// The rows. The most specific that fits holds: entity before country before currency.
    pub routes: Vec<crate::payment_routes::PaymentRoute>,
    /// Why.
    pub reason: String,
}
