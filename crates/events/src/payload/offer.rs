//! Payload of events about what the catalogue offers above products.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Payload of `catalog.offer.published`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OfferPublished {
    /// `plan`, `bundle`, `add_on`, `template` or `standalone`.
    pub kind: String,
    /// Its code; that of the product for standalone selling prices.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its version, from 1.
    pub version: i64,
    /// The whole entry of the catalogue, as it was published.
    pub content: serde_json::Value,
}
