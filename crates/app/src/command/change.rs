//! What an amendment of a contract changes, and the policies of billing, in the words of the API.

use super::ContractLine;
use commerce::{CancelAt, Charge, Phase, Policy, RenewalPrice, RenewalTerms};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use std::num::NonZeroU16;
use values::{ComponentId, ContractId, Date, EntityId, Quantity, Rate, UnitPrice};

/// Body of `set_billing_policy`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetBillingPolicy {
    /// Whose contracts, where neither the line nor the product says.
    pub entity: EntityId,
    /// How parts of billing periods are priced and rounded, and where periods begin.
    pub policy: Policy,
}

/// What an amendment changes, from the effective day of the amendment on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ChangeBody {
    /// More or fewer.
    Quantity {
        /// Which component; may be left out when the contract has one only.
        #[serde(default)]
        component: Option<ComponentId>,
        /// How many from then on.
        quantity: Quantity,
    },
    /// Another price.
    Price {
        /// Which component; may be left out when the contract has one only.
        #[serde(default)]
        component: Option<ComponentId>,
        /// Price of one unit for one whole billing period.
        #[serde(default)]
        unit_price: Option<UnitPrice>,
        /// Or the whole charge.
        #[serde(default)]
        charge: Option<Charge>,
        /// Whether the price has the tax in it; as it was agreed before, when absent. The rate is that
        /// of the effective day, or of today where that day is past.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price_includes_tax: Option<bool>,
    },
    /// Quantities and prices of one component, agreed step by step.
    Ramp {
        /// Which component; may be left out when the contract has one only.
        #[serde(default)]
        component: Option<ComponentId>,
        /// The steps. The effective day of the amendment does not matter to them.
        steps: Vec<RampStepBody>,
    },
    /// A component goes through phases, the first from the effective day on.
    Phases {
        /// Which component; may be left out when the contract has one only.
        #[serde(default)]
        component: Option<ComponentId>,
        /// The phases; the last one needs no length.
        phases: Vec<PhaseBody>,
    },
    /// One more thing.
    Add {
        /// What is added.
        line: Box<ContractLine>,
    },
    /// One thing less.
    Remove {
        /// Which component.
        component: ComponentId,
    },
    /// Another product takes the place of a component; the effective day belongs to the new one.
    Swap {
        /// Which component; may be left out when the contract has one only.
        #[serde(default)]
        component: Option<ComponentId>,
        /// What takes its place.
        line: Box<ContractLine>,
    },
    /// Service pauses and is not charged.
    Pause {
        /// Which component; all, when absent.
        #[serde(default)]
        component: Option<ComponentId>,
        /// First day with service again; when absent, it pauses until it is resumed.
        #[serde(default)]
        resume_on: Option<Date>,
    },
    /// Service runs again.
    Resume {
        /// Which component; all that pause, when absent.
        #[serde(default)]
        component: Option<ComponentId>,
    },
    /// Something is taken off the prices for a time: `percent` or `amount`.
    Discount {
        /// Its code, such as that of a coupon; once on a contract.
        code: String,
        /// What it is called on the invoice; the code when absent.
        #[serde(default)]
        name: String,
        /// Which component; all that are charged again and again, when absent.
        #[serde(default)]
        component: Option<ComponentId>,
        /// A part of the price: `"0.2"` is 20 %.
        #[serde(default)]
        percent: Option<Rate>,
        /// At most so much of the price of a whole billing period.
        #[serde(default)]
        cap: Option<UnitPrice>,
        /// Or a fixed amount of the price of a whole billing period.
        #[serde(default)]
        amount: Option<UnitPrice>,
        /// Last day.
        #[serde(default)]
        end: Option<Date>,
        /// For so many billing periods.
        #[serde(default)]
        cycles: Option<NonZeroU16>,
        /// At most so much in all, over its life, off each component.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<UnitPrice>,
        /// Place among several: lower ones are taken off first.
        #[serde(default)]
        order: u16,
    },
    /// A discount ends; the effective day is the first without it.
    EndDiscount {
        /// Its code.
        code: String,
    },
    /// The whole contract ends early.
    Cancel {
        /// Whether what is billed and not used is given back; true when absent. False keeps what is
        /// billed in advance until the end of its period, and fits no cancellation from the start of one.
        #[serde(default = "yes")]
        credit_unused: bool,
        /// On the effective day, or where the period or term that holds it begins or ends.
        #[serde(default)]
        at: CancelAt,
    },
    /// A cancellation is taken back, as if it had never been.
    Uncancel {},
    /// The term gets longer.
    Extend {
        /// The new last day.
        end: Date,
    },
    /// An end is aligned: to a day, a contract or a component of this contract.
    CoTerm {
        /// Which component; the whole contract, when absent.
        #[serde(default)]
        component: Option<ComponentId>,
        /// The new last day.
        #[serde(default)]
        end: Option<Date>,
        /// Or the contract whose term it is to end with.
        #[serde(default)]
        with_contract: Option<ContractId>,
        /// Or the component that it is to end with.
        #[serde(default)]
        with_component: Option<ComponentId>,
    },
    /// The term is followed by another, now agreed.
    Renew {
        /// Its length in months; as in the renewal terms of the contract, else 12, when absent.
        #[serde(default)]
        months: Option<NonZeroU16>,
        /// At what price; as in the renewal terms of the contract, else as before, when absent.
        #[serde(default)]
        price: Option<RenewalPrice>,
    },
    /// An earlier amendment is taken back: what it changed is as before, from its own effective day.
    /// Refused when a later amendment changed the same thing, until that one is undone.
    Undo {
        /// The version that it made, such as 2.
        #[serde(deserialize_with = "number")]
        version: u32,
    },
    /// What happens when the term runs out.
    Renewal {
        /// The rule; the contract ends with its term, when absent.
        #[serde(default)]
        terms: Option<RenewalTerms>,
    },
}

/// One step of a ramp.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RampStepBody {
    /// First day.
    pub effective: Date,
    /// How many from then on; as before when absent.
    #[serde(default)]
    pub quantity: Option<Quantity>,
    /// Price of one unit from then on; as before when absent.
    #[serde(default)]
    pub unit_price: Option<UnitPrice>,
    /// Or the whole charge.
    #[serde(default)]
    pub charge: Option<Charge>,
}

/// One phase of a component.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseBody {
    /// What it is sold as: nothing is charged in a `trial`.
    pub phase: Phase,
    /// Its length in months.
    #[serde(default)]
    pub months: Option<NonZeroU16>,
    /// Or in days.
    #[serde(default)]
    pub days: Option<NonZeroU16>,
    /// Price of one unit in it; as before the phases when absent.
    #[serde(default)]
    pub unit_price: Option<UnitPrice>,
    /// Or the whole charge.
    #[serde(default)]
    pub charge: Option<Charge>,
    /// What is taken off in it: `"0.5"` is one half.
    #[serde(default)]
    pub off: Option<Rate>,
}

/// A number, or its text as processes fill it in.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(u32),
        Text(String),
    }
    match Written::deserialize(deserializer)? {
        Written::Number(number) => Ok(number),
        Written::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

fn yes() -> bool {
    true
}
