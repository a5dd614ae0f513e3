//! Payload of events about quotes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{ContractId, CustomerId, EntityId, Money, QuoteId, Rate};

/// Payload of `quote.revised`, `quote.approved`, `quote.accepted`, `quote.converted` and
/// `quote.closed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuoteReport {
    /// The quote.
    pub quote: QuoteId,
    /// Its version.
    pub version: u32,
    /// Where it stands.
    pub status: String,
    /// Who is to buy.
    pub customer: CustomerId,
    /// Who sells.
    pub entity: EntityId,
    /// The contract that it becomes.
    pub contract: ContractId,
    /// Total contract value.
    pub value: Money,
    /// List less total.
    pub discount: Money,
    /// The same as a part of list.
    pub discount_rate: Rate,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}
