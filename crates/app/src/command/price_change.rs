//! Bodies of commands that change a price for contracts that run.

use commerce::NewPrice;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{ContractId, Date, EntityId, PriceChangeId, ProductCode};

/// Body of `plan_price_change`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanPriceChange {
    /// Its id; minted when absent.
    #[serde(default)]
    pub id: Option<PriceChangeId>,
    /// The product whose price changes.
    pub product: ProductCode,
    /// First day of the new price.
    pub effective: Date,
    /// What the new price is.
    pub price: NewPrice,
    /// Only contracts of this legal entity.
    #[serde(default)]
    pub entity: Option<EntityId>,
    /// Contracts that keep their price.
    #[serde(default)]
    pub except: Vec<ContractId>,
    /// Why; it stands on every amendment.
    pub reason: String,
}

/// Body of `approve_price_change`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovePriceChange {
    /// The price change.
    pub price_change: PriceChangeId,
}

/// Body of `cancel_price_change`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelPriceChange {
    /// The price change.
    pub price_change: PriceChangeId,
    /// Why.
    pub reason: String,
}
