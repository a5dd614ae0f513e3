//! Graduated and volume prices.

use super::figures::counted;
use super::{Arithmetic, ChargeRefusal, Measured, Model, Money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Decimal, Quantity, UnitPrice};

/// One tier of a graduated or volume charge.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Last quantity inside; the last tier has no bound.
    pub up_to: Option<Quantity>,
    /// Price of one unit in this tier.
    pub unit_price: UnitPrice,
    /// Added once when any unit falls in this tier.
    #[serde(default)]
    pub flat_fee: UnitPrice,
}

/// Bounds rise, and only the last may be missing.
pub(super) fn check_bounds(bounds: &[Option<Quantity>]) -> Result<(), ChargeRefusal> {
    if bounds.is_empty() {
        return Err(ChargeRefusal::NoTiers);
    }
    let mut below = Some(Quantity::default());
    for (index, bound) in bounds.iter().enumerate() {
        let position = index + 1;
        match (below, bound) {
            (Some(floor), Some(bound)) if *bound > floor => {}
            (Some(_), None) => {}
            (Some(_), Some(_)) | (None, _) => {
                return Err(ChargeRefusal::TiersOutOfOrder { position });
            }
        }
        below = *bound;
    }
    Ok(())
}

/// What of a quantity falls into each band that it reaches, first to last.
///
/// # Errors
/// When it lies above the last band.
pub(super) fn bands(
    bounds: impl Iterator<Item = Option<Quantity>>,
    quantity: Quantity,
) -> Result<Vec<Decimal>, ChargeRefusal> {
    let (mut floor, mut units) = (Decimal::ZERO, Vec::new());
    for bound in bounds {
        if quantity.decimal() <= floor {
            break;
        }
        let ceiling = bound.map_or(quantity.decimal(), |bound| {
            bound.decimal().min(quantity.decimal())
        });
        units.push(ceiling - floor);
        floor = ceiling;
    }
    if quantity.decimal() > floor {
        return Err(ChargeRefusal::AboveAllTiers { quantity });
    }
    Ok(units)
}

/// How the arithmetic names a band.
pub(super) fn which(position: usize) -> &'static str {
    if position == 0 { "first" } else { "next" }
}

fn check_tiers(tiers: &[Tier]) -> Result<(), ChargeRefusal> {
    let bounds: Vec<Option<Quantity>> = tiers.iter().map(|tier| tier.up_to).collect();
    check_bounds(&bounds)
}

fn amounts(tiers: &[Tier]) -> Vec<UnitPrice> {
    tiers
        .iter()
        .flat_map(|tier| [tier.unit_price, tier.flat_fee])
        .collect()
}

fn tier_price(tier: &Tier, units: Decimal) -> Option<Decimal> {
    tier.unit_price
        .decimal()
        .checked_mul(units)?
        .checked_add(tier.flat_fee.decimal())
}

fn listed(words: &str, tiers: &[Tier]) -> String {
    format!("{words} prices over {} tiers", tiers.len())
}

fn tell(arithmetic: &mut Arithmetic, tier: &Tier, units: Decimal, words: String, amount: Decimal) {
    arithmetic.step(amount, |money| {
        let fee = tier.flat_fee.decimal();
        let fee = if fee.is_zero() {
            String::new()
        } else {
            format!(" + {}", money(fee))
        };
        let unit_price = money(tier.unit_price.decimal());
        (words, format!("{} × {unit_price}{fee}", counted(units)))
    });
}

pub(super) struct Graduated<'a>(pub(super) &'a [Tier]);

impl Model for Graduated<'_> {
    fn words(&self) -> &'static str {
        "by tiers"
    }
    fn check(&self) -> Result<(), ChargeRefusal> {
        check_tiers(self.0)
    }
    fn amounts(&self) -> Vec<UnitPrice> {
        amounts(self.0)
    }
    fn price(
        &self,
        measured: &Measured,
        arithmetic: &mut Arithmetic,
    ) -> Result<Decimal, ChargeRefusal> {
        let quantity = measured.quantity;
        let too_large = || ChargeRefusal::TooLarge { quantity };
        let mut total = Decimal::ZERO;
        let bands = bands(self.0.iter().map(|tier| tier.up_to), quantity)?;
        for (position, (tier, units)) in self.0.iter().zip(bands).enumerate() {
            let price = tier_price(tier, units).ok_or_else(too_large)?;
            total = total.checked_add(price).ok_or_else(too_large)?;
            let words = format!("the {} {} units", which(position), counted(units));
            tell(arithmetic, tier, units, words, price);
        }
        Ok(total)
    }
    fn listed(&self, _money: Money<'_>) -> String {
        listed("graduated", self.0)
    }
}

pub(super) struct Volume<'a>(pub(super) &'a [Tier]);

impl Model for Volume<'_> {
    fn words(&self) -> &'static str {
        "by tiers"
    }
    fn check(&self) -> Result<(), ChargeRefusal> {
        check_tiers(self.0)
    }
    fn amounts(&self) -> Vec<UnitPrice> {
        amounts(self.0)
    }
    fn price(
        &self,
        measured: &Measured,
        arithmetic: &mut Arithmetic,
    ) -> Result<Decimal, ChargeRefusal> {
        let quantity = measured.quantity;
        if quantity.decimal().is_zero() {
            return Ok(Decimal::ZERO);
        }
        let tier = self
            .0
            .iter()
            .find(|tier| tier.up_to.is_none_or(|bound| quantity <= bound))
            .ok_or(ChargeRefusal::AboveAllTiers { quantity })?;
        let units = quantity.decimal();
        let price = tier_price(tier, units).ok_or(ChargeRefusal::TooLarge { quantity })?;
        let words = match tier.up_to {
            Some(bound) => format!("all units in the tier up to {}", counted(bound.decimal())),
            None => "all units in the highest tier".to_owned(),
        };
        tell(arithmetic, tier, units, words, price);
        Ok(price)
    }
    fn listed(&self, _money: Money<'_>) -> String {
        listed("volume", self.0)
    }
}
