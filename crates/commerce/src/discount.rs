//! Discounts and coupons: parts of the timeline, so that what is expected includes them.
//!
//! A discount takes a percentage or an amount off the price of a whole billing period, from a day
//! until a day or for so many billing periods. Where several run, they are taken off one after the
//! other in their stated order. A part of a period gets its share of the reduced price. What one with a
//! limit for its life has taken off is computed from the timeline like everything else, so a change in
//! the past moves what is left for later.

use crate::charge::{Charge, ChargeRefusal};
use crate::contract::{Component, Contract};
use crate::cycle::Grid;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use values::{ComponentId, Date, Decimal, Period, Quantity, Rate, UnitPrice, round_places};

/// Something taken off the prices of a contract for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Discount {
    /// Its code, such as that of a coupon; once on a contract.
    pub code: String,
    /// What it is called on the invoice; the code when empty.
    #[serde(default)]
    pub name: String,
    /// Which component; every one that is charged again and again when absent.
    #[serde(default)]
    pub component: Option<ComponentId>,
    /// How much.
    pub off: Reduction,
    /// First day.
    pub from: Date,
    /// First day without it; to the end of the contract when absent.
    #[serde(default)]
    pub until: Option<Date>,
    /// For so many billing periods of each component, the one that holds its first day included;
    /// a pause does not make it longer.
    #[serde(default)]
    pub cycles: Option<NonZeroU16>,
    /// At most so much in all, over its life, off each component, in major units; what is measured has no
    /// such discount, because what was taken off it is not known before it is billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<UnitPrice>,
    /// Place among discounts that run at once: lower ones are taken off first, then by code.
    #[serde(default)]
    pub order: u16,
}

/// How much is taken off the price of a whole billing period.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Reduction {
    /// A part of what remains after the discounts before it.
    Percent {
        /// Above 0, at most 1: `"0.2"` is 20 %.
        rate: Rate,
        /// At most so much of the price of a whole billing period.
        #[serde(default)]
        cap: Option<UnitPrice>,
    },
    /// A fixed amount, but never more than the price.
    Amount {
        /// Of the price of a whole billing period, in major units.
        amount: UnitPrice,
    },
}

/// A discount as it is taken off one part of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppliedDiscount {
    /// Its code.
    pub code: String,
    /// What it is called on the invoice.
    pub name: String,
    /// How much.
    pub off: Reduction,
}

/// The exact price of `quantity` for one whole billing period with its discounts taken off in order,
/// in major units, unrounded.
///
/// # Errors
/// As [`Charge::price`].
pub fn discounted_price(
    charge: &Charge,
    discounts: &[AppliedDiscount],
    quantity: Quantity,
) -> Result<Decimal, ChargeRefusal> {
    let too_large = || ChargeRefusal::TooLarge { quantity };
    let price = charge.price(quantity)?;
    after_discounts(price, discounts, (1, 1)).ok_or_else(too_large)
}

/// A price with its discounts taken off in order. Where it is for a part of a billing period, as days
/// that count and days of the period, amounts and caps are that part of what they are for the whole.
/// Nothing when it does not fit.
#[must_use]
pub fn after_discounts(
    mut price: Decimal,
    discounts: &[AppliedDiscount],
    (numerator, denominator): (i64, i64),
) -> Option<Decimal> {
    let part = |whole: UnitPrice| {
        if numerator == denominator {
            return Some(whole.decimal());
        }
        let days = whole.decimal().checked_mul(Decimal::from(numerator))?;
        days.checked_div(Decimal::from(denominator))
    };
    for discount in discounts {
        let off = match &discount.off {
            Reduction::Percent { rate, cap } => {
                let share = price.checked_mul(rate.decimal())?;
                match cap {
                    Some(cap) => share.min(part(*cap)?),
                    None => share,
                }
            }
            Reduction::Amount { amount } => part(*amount)?,
        };
        price = price.checked_sub(off.min(price))?;
    }
    Some(price)
}

/// Whether the price of a sum of quantities is the sum of their prices, discounts included, so that
/// a change of quantity can be billed as the difference alone.
#[must_use]
pub fn is_linear(charge: &Charge, discounts: &[AppliedDiscount]) -> bool {
    let shares =
        |discount: &AppliedDiscount| matches!(discount.off, Reduction::Percent { cap: None, .. });
    charge.is_linear() && discounts.iter().all(shares)
}

/// The days on which each discount runs on one component, in the order in which they are taken off.
pub(crate) struct Running<'a> {
    found: Vec<(Period, &'a Discount)>,
    /// What a partner keeps of what is left after them.
    kept: Option<AppliedDiscount>,
}

impl<'a> Running<'a> {
    pub(crate) fn on(contract: &'a Contract, component: &Component) -> Self {
        let mut found: Vec<(Period, &Discount)> = contract
            .discounts
            .iter()
            .filter_map(|discount| Some((discount.runs(contract, component)?, discount)))
            .collect();
        found.sort_by(|(_, one), (_, other)| {
            (one.order, &one.code).cmp(&(other.order, &other.code))
        });
        let kept = contract.partner.as_ref().and_then(|sale| sale.kept());
        Self { found, kept }
    }

    /// `period` cut where a discount begins or ends, each part with the discounts on it.
    pub(crate) fn cut(&self, period: Period) -> Vec<(Period, Vec<AppliedDiscount>)> {
        let inside = |day: &Date| period.from() < *day && *day < period.until();
        let ends = self
            .found
            .iter()
            .flat_map(|(runs, _)| [runs.from(), runs.until()]);
        let mut cuts: Vec<Date> = ends.filter(inside).collect();
        cuts.extend([period.from(), period.until()]);
        cuts.sort_unstable();
        cuts.dedup();
        let parts = cuts.windows(2).filter_map(|ends| match *ends {
            [from, until] => Period::new(from, until).ok(),
            _ => None,
        });
        parts
            .map(|part| (part, self.applied(part.from())))
            .collect()
    }

    /// What is left of those that have a limit for their life; nothing when none has.
    pub(crate) fn left(&self) -> Option<Left> {
        let limits = self.found.iter().filter_map(|(_, discount)| {
            let limit = discount.limit?;
            Some((discount.code.clone(), limit.decimal()))
        });
        let left: BTreeMap<String, Decimal> = limits.collect();
        (!left.is_empty()).then_some(Left(left))
    }

    fn applied(&self, day: Date) -> Vec<AppliedDiscount> {
        let runs = self.found.iter().filter(|(runs, _)| runs.contains(day));
        let applied = runs.map(|(_, discount)| discount.applied());
        applied.chain(self.kept.clone()).collect()
    }
}

/// What discounts with a limit may still take off a component, by code, in major units.
pub(crate) struct Left(BTreeMap<String, Decimal>);

/// Places to which the last part of a limited discount is kept.
const LIMIT_PLACES: u32 = 10;

impl Left {
    /// Takes what the discounts are on one part of the timeline, as days that count and days of the
    /// billing period, and cuts them down to what is left. Parts are given in the order of time, so
    /// that whatever is expected of a later one knows all before it.
    pub(crate) fn take(
        &mut self,
        charge: &Charge,
        quantity: Quantity,
        discounts: &mut Vec<AppliedDiscount>,
        (numerator, denominator): (i64, i64),
    ) -> Result<(), ChargeRefusal> {
        if numerator <= 0 || !discounts.iter().any(|it| self.0.contains_key(&it.code)) {
            return Ok(());
        }
        let too_large = || ChargeRefusal::TooLarge { quantity };
        let mut price = charge.price(quantity)?;
        let mut kept = Vec::with_capacity(discounts.len());
        for mut discount in std::mem::take(discounts) {
            let one = std::slice::from_ref(&discount);
            let mut after = after_discounts(price, one, (1, 1)).ok_or_else(too_large)?;
            if let Some(left) = self.0.get_mut(&discount.code) {
                let whole = price.checked_sub(after).ok_or_else(too_large)?;
                let part = whole.checked_mul(Decimal::from(numerator));
                let part = part.and_then(|part| part.checked_div(Decimal::from(denominator)));
                let part = part.ok_or_else(too_large)?;
                if part <= *left {
                    *left = left.checked_sub(part).ok_or_else(too_large)?;
                } else {
                    let whole = left.checked_mul(Decimal::from(denominator));
                    let whole = whole.and_then(|whole| whole.checked_div(Decimal::from(numerator)));
                    let whole = round_places(whole.ok_or_else(too_large)?, LIMIT_PLACES);
                    *left = Decimal::ZERO;
                    if whole.is_zero() {
                        continue;
                    }
                    discount.off = discount.off.at_most(UnitPrice::new(whole));
                    let one = std::slice::from_ref(&discount);
                    after = after_discounts(price, one, (1, 1)).ok_or_else(too_large)?;
                }
            }
            price = after;
            kept.push(discount);
        }
        *discounts = kept;
        Ok(())
    }
}

impl Reduction {
    /// The same, but never more than this off a whole billing period.
    fn at_most(&self, most: UnitPrice) -> Reduction {
        match self {
            Reduction::Percent { rate, cap } => Reduction::Percent {
                rate: *rate,
                cap: Some(cap.map_or(most, |cap| cap.min(most))),
            },
            Reduction::Amount { amount } => Reduction::Amount {
                amount: (*amount).min(most),
            },
        }
    }
}

impl Discount {
    fn applied(&self) -> AppliedDiscount {
        let name = if self.name.is_empty() {
            &self.code
        } else {
            &self.name
        };
        AppliedDiscount {
            code: self.code.clone(),
            name: name.clone(),
            off: self.off.clone(),
        }
    }

    /// The days on which it runs on `component`, if any.
    fn runs(&self, contract: &Contract, component: &Component) -> Option<Period> {
        let wanted = match &self.component {
            Some(id) => *id == component.id,
            None => component.billing.recurs(),
        };
        if !wanted || (self.limit.is_some() && component.measure.is_some()) {
            return None;
        }
        let from = self.from.max(component.from);
        let mut until = self.until.unwrap_or(Date::MAX);
        if let Some(cycles) = self.cycles {
            let grid = Grid::of(contract, component);
            let last = grid
                .index_at(from)
                .saturating_add(i32::from(cycles.get()) - 1);
            until = until.min(grid.nth(last).map_or(until, |window| window.period.until()));
        }
        Period::new(from, until).ok()
    }
}
