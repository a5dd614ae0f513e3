//! Payload of what legal entities of one group bill each other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{EntityId, Money, Rate};

/// In whose books an event between two legal entities counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IntercompanySide {
    /// The entity that bills.
    Seller,
    /// The entity that is billed.
    Buyer,
}

impl IntercompanySide {
    /// The word that posting rules choose by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            IntercompanySide::Seller => "seller",
            IntercompanySide::Buyer => "buyer",
        }
    }
}

/// Payload of `intercompany.billed`: one of the two sides of a bill between legal entities. Both have
/// the same pair, number and amount, and are recorded together or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IntercompanyBilled {
    /// The pair.
    pub pair: String,
    /// The number that stands in both books.
    pub number: String,
    /// Which of the two this is.
    pub side: IntercompanySide,
    /// The entity that bills.
    pub seller: EntityId,
    /// The entity that is billed.
    pub buyer: EntityId,
    /// For what.
    pub description: String,
    /// What it cost the seller.
    pub cost: Money,
    /// What was put on it, as a proportion.
    pub markup: Rate,
    /// What was billed.
    pub amount: Money,
}
