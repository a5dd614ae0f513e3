//! Customers and what other systems call them.

use crate::cycle::AnchorDay;
use crate::tax_profile::TaxProfile;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Currency, CustomerId};

/// A customer account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// Identity in Tieout.
    pub id: CustomerId,
    /// Name that stands on its invoices.
    pub legal_name: String,
    /// Currency it is billed in when an order does not say.
    pub currency: Option<Currency>,
    /// The account above it in the hierarchy.
    pub parent: Option<CustomerId>,
    /// What other systems call it.
    #[serde(default)]
    pub refs: Vec<ExternalRef>,
    /// The processor's handle of a stored means of payment, never a card number.
    pub payment_method: Option<String>,
    /// How its invoices are collected.
    #[serde(default)]
    pub collection: Collection,
    /// Days from the date of an invoice until it is due; 0 is due at once.
    #[serde(default)]
    pub payment_terms_days: u16,
    /// How it stands towards tax, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<TaxProfile>,
    /// Day of the month on which the billing periods of its contracts begin, where they say nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_day: Option<AnchorDay>,
    /// The class of customers that it is of, such as `key_account`: how late payment is followed up
    /// may depend on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
}

/// The name that another system has for one of our things.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalRef {
    /// The other system, such as `salesforce`.
    pub system: String,
    /// Its kind of record, such as `Account`.
    pub kind: String,
    /// Its identifier.
    pub id: String,
}

/// How invoices are collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Collection {
    /// The stored means of payment is charged when the invoice is issued.
    Card,
    /// The customer transfers the money by the due date.
    #[default]
    Transfer,
}

impl Customer {
    /// The identifier that `system` has for this customer, if it is known there.
    #[must_use]
    pub fn ref_in(&self, system: &str) -> Option<&str> {
        self.refs
            .iter()
            .find(|known| known.system == system)
            .map(|known| known.id.as_str())
    }
}
