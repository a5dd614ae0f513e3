//! Payloads about how contracts are sold and made to run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{ComponentId, ContractId, CustomerId, ProductCode, Rate};

/// A sale through a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SoldThroughPartner {
    /// As what the seller takes part: `principal` or `agent`.
    pub role: String,
    /// Who uses what is sold.
    pub end_customer: String,
    /// The part of the price that the agent earns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commission: Option<Rate>,
}

/// Payload of `subscription.provisioned`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscriptionProvisioned {
    /// The contract.
    pub contract: ContractId,
    /// The customer.
    pub customer: CustomerId,
    /// The component.
    pub component: ComponentId,
    /// What is sold.
    pub product: ProductCode,
    /// What the system that provisions it calls it; empty where it said nothing.
    pub reference: String,
    /// Whether it was confirmed in the time that its product is given.
    pub in_time: bool,
}
