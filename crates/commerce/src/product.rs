//! Products and their prices.

use crate::charge::Charge;
use crate::cycle::{BillingFrequency, Timing};
use crate::measure::Measure;
use crate::policy::Policy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Currency, Date, ProductCode};

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
    /// when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
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
