//! What the parts of one billing period come to. A discount, a price or a pause that begins within a
//! period cuts it; but what is agreed for a period (a block, tiers, free units, a minimum) is agreed once.
//! So all parts at one charge are priced together, and the amount is spread over them: by what was used
//! in each, or by their days where what is measured is a level.

use crate::line::BillingRefusal;
use commerce::{
    AppliedDiscount, Measured, MeasuredPart, PriceStep, Priced, RatingRefusal, after_discounts,
    grouped,
};
use values::{Currency, Decimal, Instant, MoneyRefused, Rounding, UnitPrice, round_to_minor};

/// What was measured in one part of a billing period.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The part.
    pub part: MeasuredPart,
    /// What was measured in it.
    pub measured: Measured,
    /// What was measured in all parts of the period at this charge; the same, where this is the only one.
    pub whole: Measured,
    /// Whether the quantity is a level, which parts do not add up to.
    pub is_level: bool,
    /// Which events that was.
    pub from: Instant,
    /// The instant from which events no longer count.
    pub until: Instant,
    /// The last intake that was looked at.
    pub through_intake: i64,
}

/// What one part of a billing period comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartAmount {
    /// The exact amount after discounts, in major units.
    pub exact: Decimal,
    /// In minor units. The parts of a period are rounded on, so that together they are the rounded sum.
    pub minor: i64,
    /// How it comes about.
    pub steps: Vec<PriceStep>,
}

/// What the parts of one billing period come to, in order.
///
/// # Errors
/// When a charge cannot price what was measured, or a sum is too large.
pub fn part_amounts(
    readings: &[Reading],
    currency: Currency,
    rounding: Rounding,
) -> Result<Vec<PartAmount>, BillingRefusal> {
    let mut found = Vec::with_capacity(readings.len());
    let (mut exact_so_far, mut minor_so_far) = (Decimal::ZERO, 0_i64);
    for reading in readings {
        let part = &reading.part;
        let priced = part
            .charge
            .priced(&to_price(reading, readings), currency.exponent())
            .map_err(RatingRefusal::from)?;
        let own = spread(reading, readings, priced.amount.decimal())?;
        let exact =
            after_discounts(own, &part.discounts, part.share).ok_or(MoneyRefused::TooLarge)?;
        exact_so_far = exact_so_far
            .checked_add(exact)
            .ok_or(MoneyRefused::TooLarge)?;
        let minor = round_to_minor(exact_so_far, currency, rounding)?
            .checked_sub(minor_so_far)
            .ok_or(MoneyRefused::TooLarge)?;
        minor_so_far = minor_so_far
            .checked_add(minor)
            .ok_or(MoneyRefused::TooLarge)?;
        found.push(PartAmount {
            exact,
            minor,
            steps: steps(priced, (own, exact), &part.discounts, currency),
        });
    }
    Ok(found)
}

/// Whether the amount is for days, not for what was used: at another charge the period has another one,
/// and each holds for its days.
fn is_by_days(reading: &Reading) -> bool {
    reading.is_level || reading.part.charge.is_for_a_period()
}

/// What a charge prices: all that was measured at it. What its days share is priced for all days of the
/// period, so that a minimum is not cut down twice.
fn to_price(reading: &Reading, all: &[Reading]) -> Measured {
    let mut whole = reading.whole.clone();
    if is_by_days(reading) {
        whole.share.0 = all.iter().map(|it| it.part.share.0).sum();
    }
    whole
}

/// The share of a part in what all parts at its charge come to.
fn spread(reading: &Reading, all: &[Reading], amount: Decimal) -> Result<Decimal, MoneyRefused> {
    let days = |of: &Reading| Decimal::from(of.part.share.0);
    let (own, sum) = if is_by_days(reading) {
        (days(reading), all.iter().map(days).sum::<Decimal>())
    } else {
        let alike = || {
            all.iter()
                .filter(|it| it.part.charge == reading.part.charge)
        };
        let used = |of: &Reading| of.measured.quantity.decimal();
        let sum = alike().map(used).sum::<Decimal>();
        match sum.is_zero() {
            true => (days(reading), alike().map(days).sum::<Decimal>()),
            false => (used(reading), sum),
        }
    };
    if own == sum {
        return Ok(amount);
    }
    let part = amount.checked_mul(own).and_then(|it| it.checked_div(sum));
    part.ok_or(MoneyRefused::TooLarge)
}

/// The steps of a price, one for what stands for the other parts, and one for what is taken off it.
fn steps(
    priced: Priced,
    (own, exact): (Decimal, Decimal),
    discounts: &[AppliedDiscount],
    currency: Currency,
) -> Vec<PriceStep> {
    let mut steps = priced.steps;
    let elsewhere = own.saturating_sub(priced.amount.decimal());
    if !elsewhere.is_zero() {
        steps.push(PriceStep {
            words: "for the other days of the period".to_owned(),
            figures: format!(
                "{} for other days of the period",
                grouped(elsewhere.round_dp(currency.exponent()), currency.exponent())
            ),
            amount: UnitPrice::new(elsewhere),
        });
    }
    let off = exact.saturating_sub(own);
    if !off.is_zero() {
        let names: Vec<&str> = discounts.iter().map(|found| found.name.as_str()).collect();
        steps.push(PriceStep {
            words: "discount".to_owned(),
            figures: names.join(", "),
            amount: UnitPrice::new(off),
        });
    }
    steps
}
