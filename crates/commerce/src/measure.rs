//! Components that are priced by what was measured in a period rather than by an agreed quantity.

use crate::charge::Charge;
use crate::contract::{Component, Contract};
use crate::cycle::{Window, windows_between};
use crate::discount::{AppliedDiscount, Running};
use crate::policy::DayWeights;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use values::{Date, MeterCode, Period, ProductCode};

/// What the quantity of a component is measured by. Such a component is billed when a period has
/// ended, never in advance.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Measure {
    /// The readings of a meter.
    Meter {
        /// The meter.
        meter: MeterCode,
        /// Only events whose dimensions have one of these values; all of them when empty.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        only: BTreeMap<String, BTreeSet<String>>,
    },
    /// What was billed for other components of the contract in the period, net: for a minimum
    /// commitment over a whole plan.
    Spend {
        /// Components of these products; every other component when empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        products: Vec<ProductCode>,
    },
}

impl Measure {
    /// The meter, where there is one.
    #[must_use]
    pub fn meter(&self) -> Option<&MeterCode> {
        match self {
            Measure::Meter { meter, .. } => Some(meter),
            Measure::Spend { .. } => None,
        }
    }

    /// Whether what is billed for `product` counts as spent.
    #[must_use]
    pub fn counts_spend_on(&self, product: &ProductCode) -> bool {
        match self {
            Measure::Meter { .. } => false,
            Measure::Spend { products } => products.is_empty() || products.contains(product),
        }
    }

    /// Whether an event with these dimensions counts.
    #[must_use]
    pub fn takes(&self, dimensions: &BTreeMap<String, String>) -> bool {
        match self {
            Measure::Meter { only, .. } => only.iter().all(|(name, values)| {
                dimensions
                    .get(name)
                    .is_some_and(|value| values.contains(value))
            }),
            Measure::Spend { .. } => false,
        }
    }
}

/// A part of a billing period in which one charge prices what is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasuredPart {
    /// The whole billing period that it is a part of.
    pub window: Window,
    /// The days whose use counts.
    pub period: Period,
    /// At what charge.
    pub charge: Charge,
    /// What is taken off it, in order.
    pub discounts: Vec<AppliedDiscount>,
    /// Days that count, of the days of the billing period: the share of what is agreed for a whole
    /// period, such as a minimum. Use itself is never prorated.
    pub share: (i64, i64),
}

/// The timeline of a measured component, cut at billing periods and where its charge changes; nothing
/// for a component with an agreed quantity. A change of the agreed quantity cuts nothing. Only of
/// billing periods that end after `since` and begin on or before `through`, each of them whole.
#[must_use]
pub fn measured_parts(
    contract: &Contract,
    component: &Component,
    since: Date,
    through: Date,
) -> Vec<MeasuredPart> {
    let mut parts: Vec<MeasuredPart> = Vec::new();
    if component.measure.is_none() {
        return parts;
    }
    let spans = component.spans();
    let discounts = Running::on(contract, component);
    for window in windows_between(contract, component, since, through) {
        let weights = DayWeights::of(component, window);
        for span in &spans {
            let Some(days) = span.period.meet(&window.period) else {
                continue;
            };
            for (period, discounts) in discounts.cut(days) {
                if let Some(last) = parts.last_mut()
                    && last.window == window
                    && last.charge == span.charge
                    && last.discounts == discounts
                    && last.period.until() == period.from()
                    && let Ok(joined) = Period::new(last.period.from(), period.until())
                {
                    last.period = joined;
                    last.share.0 = weights.between(joined);
                    continue;
                }
                parts.push(MeasuredPart {
                    window,
                    period,
                    charge: span.charge.clone(),
                    discounts,
                    share: (weights.between(period), weights.denominator()),
                });
            }
        }
    }
    parts
}
