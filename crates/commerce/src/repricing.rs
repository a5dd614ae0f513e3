//! A price that changes for contracts that run: what it changes on one of them, or why not.

use crate::charge::{Charge, Measured, raised};
use crate::contract::{Component, Contract, ContractStatus};
use crate::tax_profile::without_tax;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{
    ComponentId, Date, Decimal, Money, ProductCode, Rate, Rounding, UnitPrice, round_to_minor,
};

/// What the new price is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub enum NewPrice {
    /// What the catalogue asks on the day for the same currency and billing frequency.
    List,
    /// So much more than before: `"0.05"` is 5 % more, `"-0.05"` is 5 % less.
    Uplift {
        /// By which part of every price in the charge.
        rate: Rate,
    },
    /// This price of a unit, whatever it was; with tax in it where the price was agreed like that.
    Unit {
        /// Price of one unit for a whole billing period.
        unit_price: UnitPrice,
    },
}

/// A new price of one product from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repricing {
    /// The product.
    pub product: ProductCode,
    /// First day of the new price.
    pub effective: Date,
    /// What it is.
    pub price: NewPrice,
}

/// What a new price changes on a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repriced {
    /// Each component with its new charge.
    pub charges: Vec<(ComponentId, Charge)>,
    /// What they cost a month as agreed for the day before the change; nothing counted for what is
    /// measured or has no months.
    pub monthly_before: Money,
    /// What they cost a month afterwards.
    pub monthly_after: Money,
}

/// Why a contract keeps its price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeepsPrice {
    /// It is over, or was never in force.
    #[error("the contract is {status}")]
    NotInForce {
        /// Where it stands.
        status: ContractStatus,
    },
    /// Nothing of the product serves on the day or after it.
    #[error("{product} is not served on {effective} any more")]
    NotServed {
        /// The product.
        product: ProductCode,
        /// The day.
        effective: Date,
    },
    /// What is charged once is not charged again.
    #[error("{component} is charged once")]
    ChargedOnce {
        /// The component.
        component: ComponentId,
    },
    /// Its price is that one already.
    #[error("its price is that one already")]
    Same,
    /// A price was agreed for a later day, which a general change is not to overrule.
    #[error("{component} has a price agreed for {from}; amend it by itself")]
    AgreedLater {
        /// The component.
        component: ComponentId,
        /// The day.
        from: Date,
    },
    /// The catalogue has no price for it.
    #[error("the catalogue has no price of {component} in its currency and frequency")]
    NotListed {
        /// The component.
        component: ComponentId,
    },
    /// The new charge cannot price what is agreed.
    #[error("{component}: {why}")]
    NotPriced {
        /// The component.
        component: ComponentId,
        /// Why.
        why: String,
    },
}

impl KeepsPrice {
    /// Stable name of this reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotInForce { .. } => "not_in_force",
            Self::NotServed { .. } => "not_served",
            Self::ChargedOnce { .. } => "charged_once",
            Self::Same => "same_price",
            Self::AgreedLater { .. } => "agreed_later",
            Self::NotListed { .. } => "not_listed",
            Self::NotPriced { .. } => "not_priced",
        }
    }
}

/// What a new price changes on a contract. `listed` answers the catalogue's charge for a component on a
/// day. A contract with several components of the product changes all of them or none.
///
/// # Errors
/// Why it keeps its price.
pub fn reprice(
    contract: &Contract,
    repricing: &Repricing,
    listed: impl Fn(&Component, Date) -> Option<Charge>,
) -> Result<Repriced, KeepsPrice> {
    let runs = matches!(
        contract.status,
        ContractStatus::Active | ContractStatus::Amended
    );
    if !runs {
        let status = contract.status;
        return Err(KeepsPrice::NotInForce { status });
    }
    let day = repricing.effective;
    let mut repriced = Repriced {
        charges: Vec::new(),
        monthly_before: Money::zero(contract.currency),
        monthly_after: Money::zero(contract.currency),
    };
    let mut kept = KeepsPrice::NotServed {
        product: repricing.product.clone(),
        effective: day,
    };
    let served = contract
        .components
        .iter()
        .filter(|it| it.product == repricing.product && it.until > it.from && it.until > day);
    for component in served {
        // What begins later has its price from its own first day.
        let on = day.max(component.from);
        let (before, after) = match charges(contract, component, repricing, on, &listed) {
            Ok(charges) => charges,
            Err(why @ KeepsPrice::Same) => {
                kept = why;
                continue;
            }
            Err(why) => return Err(why),
        };
        let monthly = |charge: &Charge| monthly(contract, component, charge, on);
        repriced.monthly_before = sum(component, repriced.monthly_before, monthly(&before)?)?;
        repriced.monthly_after = sum(component, repriced.monthly_after, monthly(&after)?)?;
        repriced.charges.push((component.id.clone(), after));
    }
    if repriced.charges.is_empty() {
        return Err(kept);
    }
    Ok(repriced)
}

/// The charge of a component before and after.
fn charges(
    contract: &Contract,
    component: &Component,
    repricing: &Repricing,
    on: Date,
    listed: &impl Fn(&Component, Date) -> Option<Charge>,
) -> Result<(Charge, Charge), KeepsPrice> {
    let id = || component.id.clone();
    if !component.billing.recurs() {
        return Err(KeepsPrice::ChargedOnce { component: id() });
    }
    if let Some(later) = component.charges.iter().find(|stated| stated.from > on) {
        return Err(KeepsPrice::AgreedLater {
            component: id(),
            from: later.from,
        });
    }
    let Some(before) = component.charge_on(on) else {
        return Err(KeepsPrice::NotListed { component: id() });
    };
    let after = match &repricing.price {
        NewPrice::List => {
            listed(component, on).ok_or_else(|| KeepsPrice::NotListed { component: id() })?
        }
        NewPrice::Uplift { rate } => raised(before, *rate),
        NewPrice::Unit { unit_price } => {
            let stated = before.repriced(*unit_price);
            let stated = stated.map_err(|refusal| KeepsPrice::NotPriced {
                component: id(),
                why: refusal.to_string(),
            })?;
            match contract.tax_in_price(&component.id, on) {
                // What was agreed with tax in it stays a price with tax.
                Some(rate) => without_tax(&stated, rate).ok_or_else(|| KeepsPrice::NotPriced {
                    component: id(),
                    why: "the price is too large".to_owned(),
                })?,
                None => stated,
            }
        }
    };
    if after == *before {
        return Err(KeepsPrice::Same);
    }
    Ok((before.clone(), after))
}

/// What the agreed quantity costs a month at a charge; nothing for what is measured or counts in weeks.
fn monthly(
    contract: &Contract,
    component: &Component,
    charge: &Charge,
    on: Date,
) -> Result<Money, KeepsPrice> {
    let (None, Some(months)) = (&component.measure, component.billing.months()) else {
        return Ok(Money::zero(contract.currency));
    };
    let quantity = component.quantity_on(on).unwrap_or_default();
    let refused = |why: String| KeepsPrice::NotPriced {
        component: component.id.clone(),
        why,
    };
    let places = contract.currency.exponent();
    let price = charge
        .priced(&Measured::of(quantity), places)
        .map_err(|refusal| refused(refusal.to_string()))?;
    let exact = price
        .amount
        .decimal()
        .checked_div(Decimal::from(months))
        .ok_or_else(|| refused("its price is too large".to_owned()))?;
    let minor = round_to_minor(exact, contract.currency, Rounding::HalfUp)
        .map_err(|refusal| refused(refusal.to_string()))?;
    Ok(Money::from_minor(minor, contract.currency))
}

fn sum(component: &Component, one: Money, other: Money) -> Result<Money, KeepsPrice> {
    one.plus(other).map_err(|refusal| KeepsPrice::NotPriced {
        component: component.id.clone(),
        why: refusal.to_string(),
    })
}
