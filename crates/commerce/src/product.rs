//! Products and their prices.

use crate::charge::Charge;
use crate::cycle::{BillingFrequency, Timing};
use crate::measure::Measure;
use crate::policy::{DayCount, Policy, PolicyTerms};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use values::{Currency, Date, EntityId, ProductCode, Zone};

/// Something that is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Its code in the catalogue, which orders name.
    pub code: ProductCode,
    /// Its name on invoices.
    pub name: String,
    /// What kind of thing it is for tax.
    pub tax_code: String,
    /// Which revenue account it posts to: `subscription`, `usage` or `services`.
    pub revenue_account_class: String,
    /// What it costs, by currency, frequency and date.
    pub prices: Vec<Price>,
    /// How its revenue is earned.
    pub recognition: Pattern,
    /// How parts of its billing periods are priced, rounded and anchored; as its legal entity does
    /// where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyTerms>,
}

/// What can be sold, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// All products.
    pub products: Vec<Product>,
    /// All legal entities.
    pub entities: Vec<EntityId>,
    /// How they price parts of billing periods, and in which time zone; as the standard policy in
    /// universal time where nothing is said.
    #[serde(default)]
    pub sellers: BTreeMap<EntityId, SellerTerms>,
}

/// What a legal entity decides of everything that it sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SellerTerms {
    /// How it prices parts of billing periods.
    pub policy: Policy,
    /// Its time zone.
    pub zone: Zone,
}

impl Catalogue {
    /// The policy of an entity, else the standard one.
    #[must_use]
    pub fn policy_of(&self, entity: &EntityId) -> Policy {
        let seller = self.sellers.get(entity);
        seller.map_or_else(Policy::default, |seller| seller.policy.clone())
    }

    /// The policy under which an entity sells a product: what the product says, else what the entity
    /// does.
    #[must_use]
    pub fn policy(&self, product: &Product, entity: &EntityId) -> Policy {
        let usual = self.policy_of(entity);
        match &product.policy {
            Some(terms) => terms.over(usual),
            None => usual,
        }
    }

    /// A policy that counts seconds, between the midnights of the entity where it names no zone.
    #[must_use]
    pub fn in_its_zone(&self, mut policy: Policy, entity: &EntityId) -> Policy {
        if policy.proration == DayCount::Seconds && policy.zone.is_none() {
            policy.zone = self.sellers.get(entity).map(|seller| seller.zone.clone());
        }
        policy
    }
}

/// One price of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Currency of the amounts.
    pub currency: Currency,
    /// The charge for one whole billing period.
    pub charge: Charge,
    /// How long a billing period is.
    pub billing: BillingFrequency,
    /// Whether a period is billed when it begins or when it has ended.
    #[serde(default)]
    pub timing: Timing,
    /// First day on which new orders get this price; always, when absent.
    pub from: Option<Date>,
    /// What its quantity is measured by; agreed on the contract when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
}

/// How revenue is earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// Evenly over the days of the service.
    #[default]
    StraightLineDaily,
    /// Wholly on the first day.
    AtStart,
}
