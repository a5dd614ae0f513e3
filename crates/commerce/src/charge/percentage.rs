//! A part of an amount.

use super::figures::{counted, percent};
use super::tiers::{bands, check_bounds, which};
use super::{Arithmetic, Charge, ChargeRefusal, Measured, Model, Money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Decimal, Quantity, Rate, UnitPrice};

/// A part of each item's amount and a fixed fee for each item. The first `free_events` items cost
/// nothing at all; of the others, the first `free_amount` bears the fixed fee but no percentage.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Percentage {
    /// The part: `0.029` is 2.9 %.
    pub rate: Rate,
    /// Added for each item.
    #[serde(default)]
    pub fixed: UnitPrice,
    /// Items that cost nothing, the earliest first.
    #[serde(default)]
    pub free_events: u32,
    /// Amount that bears no percentage.
    #[serde(default)]
    pub free_amount: Quantity,
    /// The least that an item costs, fixed fee included.
    pub minimum: Option<UnitPrice>,
    /// The most that an item costs, fixed fee included.
    pub maximum: Option<UnitPrice>,
}

fn check_rate(model: &'static str, field: String, rate: Rate) -> Result<(), ChargeRefusal> {
    if rate < Rate::default() || rate > Rate::from(1) {
        let mend = "write a part between 0 and 1, such as \"0.029\" for 2.9 %";
        return Err(ChargeRefusal::setting(model, field, rate, mend));
    }
    Ok(())
}

/// What the items of one kind came to.
#[derive(Default)]
struct Group {
    items: u64,
    base: Decimal,
    amount: Decimal,
}

impl Group {
    fn add(&mut self, base: Decimal, amount: Decimal) -> Option<()> {
        self.items += 1;
        self.base = self.base.checked_add(base)?;
        self.amount = self.amount.checked_add(amount)?;
        Some(())
    }
}

#[derive(Default)]
struct Groups {
    free: Group,
    at_rate: Group,
    lifted: Group,
    capped: Group,
}

impl Percentage {
    fn item(&self, item: Decimal, free_left: &mut Decimal, groups: &mut Groups) -> Option<()> {
        let free = item.min(*free_left).max(Decimal::ZERO);
        *free_left -= free;
        let base = item - free;
        let amount = self
            .rate
            .decimal()
            .checked_mul(base)?
            .checked_add(self.fixed.decimal())?;
        let least = self.minimum.map(UnitPrice::decimal);
        let most = self.maximum.map(UnitPrice::decimal);
        match (least, most) {
            (Some(least), _) if amount < least => groups.lifted.add(base, least),
            (_, Some(most)) if amount > most => groups.capped.add(base, most),
            _ => groups.at_rate.add(base, amount),
        }
    }

    fn tell(&self, groups: &Groups, arithmetic: &mut Arithmetic) {
        if groups.free.items > 0 {
            arithmetic.step(Decimal::ZERO, |_| {
                let words = format!("the first {} items are free", groups.free.items);
                (words, format!("{} × 0", groups.free.items))
            });
        }
        let rate = percent(self.rate.decimal());
        if groups.at_rate.items > 0 {
            arithmetic.step(groups.at_rate.amount, |money| {
                let fixed = self.fixed.decimal();
                let fixed = if fixed.is_zero() {
                    String::new()
                } else {
                    format!(" + {} × {}", groups.at_rate.items, money(fixed))
                };
                let words = format!("{} items at {rate}", groups.at_rate.items);
                (
                    words,
                    format!("{rate} of {}{fixed}", money(groups.at_rate.base)),
                )
            });
        }
        for (group, bound, what) in [
            (&groups.lifted, self.minimum, "raised to the least amount"),
            (&groups.capped, self.maximum, "held at the most"),
        ] {
            let Some(bound) = bound.filter(|_| group.items > 0) else {
                continue;
            };
            arithmetic.step(group.amount, |money| {
                let figures = format!("{} × {}", group.items, money(bound.decimal()));
                (format!("{} items {what}", group.items), figures)
            });
        }
    }
}

impl Model for Percentage {
    fn words(&self) -> &'static str {
        "by percentage"
    }
    fn repriced(&self, price: UnitPrice) -> Result<Charge, ChargeRefusal> {
        Err(ChargeRefusal::no_units("by percentage", price))
    }
    fn check(&self) -> Result<(), ChargeRefusal> {
        check_rate("percentage", "rate".to_owned(), self.rate)?;
        if self.free_amount < Quantity::default() {
            let mend = "give the amount that bears no percentage, zero or more";
            return Err(ChargeRefusal::setting(
                "percentage",
                "free_amount",
                self.free_amount,
                mend,
            ));
        }
        if let (Some(least), Some(most)) = (self.minimum, self.maximum)
            && least > most
        {
            let mend = "write a minimum that is not above the maximum";
            return Err(ChargeRefusal::setting("percentage", "minimum", least, mend));
        }
        Ok(())
    }
    fn amounts(&self) -> Vec<UnitPrice> {
        let bounds = [self.minimum, self.maximum].into_iter().flatten();
        bounds.chain([self.fixed]).collect()
    }
    fn wants_items(&self) -> bool {
        self.free_events > 0
            || self.minimum.is_some()
            || self.maximum.is_some()
            || self.fixed != UnitPrice::default()
    }
    fn price(
        &self,
        measured: &Measured,
        arithmetic: &mut Arithmetic,
    ) -> Result<Decimal, ChargeRefusal> {
        let quantity = measured.quantity;
        let mut groups = Groups::default();
        let mut free_left = self.free_amount.decimal();
        for (index, item) in measured.items_or_whole().into_iter().enumerate() {
            let done = if (index as u64) < u64::from(self.free_events) {
                groups.free.add(item.decimal(), Decimal::ZERO)
            } else {
                self.item(item.decimal(), &mut free_left, &mut groups)
            };
            done.ok_or(ChargeRefusal::TooLarge { quantity })?;
        }
        self.tell(&groups, arithmetic);
        [&groups.at_rate, &groups.lifted, &groups.capped]
            .into_iter()
            .try_fold(Decimal::ZERO, |sum, group| sum.checked_add(group.amount))
            .ok_or(ChargeRefusal::TooLarge { quantity })
    }
    fn listed(&self, money: Money<'_>) -> String {
        let fixed = self.fixed.decimal();
        let fixed = if fixed.is_zero() {
            String::new()
        } else {
            format!(" and {} an item", money(fixed))
        };
        format!("{}{fixed}", percent(self.rate.decimal()))
    }
}

/// One tier of a graduated percentage.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PercentTier {
    /// Last amount inside; the last tier has no bound.
    pub up_to: Option<Quantity>,
    /// The part of what falls in this tier.
    pub rate: Rate,
    /// Added once when any amount falls in this tier.
    #[serde(default)]
    pub flat_fee: UnitPrice,
}

/// A part of an amount, tier by tier.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraduatedPercentage {
    /// Tiers by rising upper bound.
    pub tiers: Vec<PercentTier>,
}

impl Model for GraduatedPercentage {
    fn words(&self) -> &'static str {
        "by graduated percentage"
    }
    fn repriced(&self, price: UnitPrice) -> Result<Charge, ChargeRefusal> {
        Err(ChargeRefusal::no_units("by graduated percentage", price))
    }
    fn check(&self) -> Result<(), ChargeRefusal> {
        let bounds: Vec<Option<Quantity>> = self.tiers.iter().map(|tier| tier.up_to).collect();
        check_bounds(&bounds)?;
        for (index, tier) in self.tiers.iter().enumerate() {
            check_rate(
                "graduated_percentage",
                format!("tiers[{index}].rate"),
                tier.rate,
            )?;
        }
        Ok(())
    }
    fn amounts(&self) -> Vec<UnitPrice> {
        self.tiers.iter().map(|tier| tier.flat_fee).collect()
    }
    fn price(
        &self,
        measured: &Measured,
        arithmetic: &mut Arithmetic,
    ) -> Result<Decimal, ChargeRefusal> {
        let quantity = measured.quantity;
        let too_large = || ChargeRefusal::TooLarge { quantity };
        let mut total = Decimal::ZERO;
        let bands = bands(self.tiers.iter().map(|tier| tier.up_to), quantity)?;
        for (position, (tier, base)) in self.tiers.iter().zip(bands).enumerate() {
            let fee = tier.flat_fee.decimal();
            let amount = tier
                .rate
                .decimal()
                .checked_mul(base)
                .and_then(|part| part.checked_add(fee))
                .ok_or_else(too_large)?;
            total = total.checked_add(amount).ok_or_else(too_large)?;
            arithmetic.step(amount, |money| {
                let fee = if fee.is_zero() {
                    String::new()
                } else {
                    format!(" + {}", money(fee))
                };
                let rate = percent(tier.rate.decimal());
                let words = format!("the {} {}", which(position), counted(base));
                (words, format!("{rate} of {}{fee}", money(base)))
            });
        }
        Ok(total)
    }
    fn listed(&self, _money: Money<'_>) -> String {
        let from = self.tiers.first().map_or_else(String::new, |tier| {
            format!(", from {}", percent(tier.rate.decimal()))
        });
        format!("percentage over {} tiers{from}", self.tiers.len())
    }
}
