//! Payload of events about new prices for contracts that run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Date, EntityId, Money, PriceChangeId, ProductCode};

/// Payload of `price_change.approved` and `price_change.ended`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PriceChangeReport {
    /// The price change.
    pub price_change: PriceChangeId,
    /// The product whose price changes.
    pub product: ProductCode,
    /// Only contracts of this legal entity; of all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<EntityId>,
    /// First day of the new price.
    pub effective: Date,
    /// The new price in words, such as `5 % on every price`.
    pub price: String,
    /// `running` once approved, `done` or `cancelled` at its end.
    pub status: String,
    /// Who planned it.
    pub planned_by: String,
    /// Who approved it; empty when it was cancelled before.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub approved_by: String,
    /// Why prices change, or why it was cancelled.
    pub reason: String,
    /// Contracts that are to be amended.
    pub expected: u64,
    /// Contracts that were amended.
    pub repriced: u64,
    /// Contracts that keep their price, as the preview said.
    pub excluded: u64,
    /// Contracts that keep their price because their amendment was not possible.
    pub held: u64,
    /// What the contracts to be amended or amended pay a month before, by currency.
    pub monthly_before: Vec<Money>,
    /// What they pay a month afterwards, by currency.
    pub monthly_after: Vec<Money>,
}
