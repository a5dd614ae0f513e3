//! How a legal entity prices parts of billing periods.

use crate::App;
use commerce::Policy;
use schemars::JsonSchema;
use serde::Serialize;

/// The billing policy of a legal entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BillingPolicyView {
    /// The entity.
    pub entity: String,
    /// Whether it was stated; else it is the usual one.
    pub stated: bool,
    /// The policy.
    pub policy: Policy,
}

impl App {
    /// The billing policy of a legal entity; nothing when there is no such entity.
    #[must_use]
    pub fn billing_policy(&self, entity: &str) -> Option<BillingPolicyView> {
        let books = self.books();
        let mut known = books.entities.keys();
        let id = known.find(|id| id.as_str() == entity)?;
        let stated = books.policies.get(id).cloned();
        Some(BillingPolicyView {
            entity: entity.to_owned(),
            stated: stated.is_some(),
            policy: stated.unwrap_or_default(),
        })
    }
}
