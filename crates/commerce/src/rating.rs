//! Cutting a timeline into billing periods and pricing each part, exactly and unrounded.
//!
//! Rounding is cumulative within one billing period of one component: however often the period was
//! changed and corrected, the amounts billed for it add up to its exact price rounded once. So
//! [`total_value`] is the sum of those rounded prices, and what is billed over the life equals it to
//! the minor unit, in whatever order amendments and bill runs came.

use crate::charge::{Charge, ChargeRefusal};
use crate::contract::{Component, Contract};
use crate::cycle::{Window, windows_between};
use crate::discount::{AppliedDiscount, Left, Running, discounted_price};
use crate::policy::DayWeights;
use values::{Date, Decimal, Money, MoneyRefused, Period, Quantity, UnitPrice, round_to_minor};

/// A part of a billing period with one quantity, one charge and the same discounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// The whole billing period that it is a part of.
    pub window: Window,
    /// The days covered.
    pub period: Period,
    /// How many; 1 for a flat charge.
    pub quantity: Quantity,
    /// At what charge.
    pub charge: Charge,
    /// What is taken off it, in order.
    pub discounts: Vec<AppliedDiscount>,
    /// Exact price of the quantity for the whole billing period, discounts taken off, in major
    /// units.
    pub price: UnitPrice,
    /// Days that count.
    pub numerator: i64,
    /// Days that the price is for.
    pub denominator: i64,
}

/// Why a timeline cannot be priced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RatingRefusal {
    /// The charge cannot price the quantity.
    #[error(transparent)]
    Charge(#[from] ChargeRefusal),
    /// The amount cannot be kept.
    #[error(transparent)]
    Money(#[from] MoneyRefused),
}

impl RatingRefusal {
    /// Stable name of this refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Charge(refusal) => refusal.code(),
            Self::Money(_) => "amount_too_large",
        }
    }
}

/// What a contract is worth over its life: for every component the sum of its billing periods, each
/// priced exactly over its whole timeline and rounded once by the component's policy. This is the
/// booked value, and what is billed by the end.
///
/// # Errors
/// When a price or the sum is too large.
pub fn total_value(contract: &Contract) -> Result<Money, RatingRefusal> {
    let mut total = Money::zero(contract.currency);
    for component in &contract.components {
        total = total.plus(component_value(contract, component)?)?;
    }
    Ok(total)
}

/// What one component is worth over its life; see [`total_value`].
///
/// # Errors
/// When a price or the sum is too large.
pub fn component_value(contract: &Contract, component: &Component) -> Result<Money, RatingRefusal> {
    let mut total = Money::zero(contract.currency);
    let parts = coverage(contract, component)?;
    for window in parts.chunk_by(|one, next| one.window == next.window) {
        let mut exact_numerator = Decimal::ZERO;
        for part in window {
            exact_numerator = exact_numerator
                .checked_add(part.weighted_price()?)
                .ok_or(MoneyRefused::TooLarge)?;
        }
        let denominator = window.first().map_or(1, |part| part.denominator);
        let exact = exact_numerator
            .checked_div(Decimal::from(denominator))
            .ok_or(MoneyRefused::TooLarge)?;
        let minor = round_to_minor(exact, contract.currency, component.policy.rounding)?;
        total = total.plus(Money::from_minor(minor, contract.currency))?;
    }
    Ok(total)
}

/// The whole timeline of a component, cut at billing periods and at changes, priced. Parts rise,
/// never overlap, and all parts of one window have the same denominator.
///
/// # Errors
/// When a charge cannot price a quantity.
pub fn coverage(contract: &Contract, component: &Component) -> Result<Vec<Covered>, RatingRefusal> {
    coverage_between(contract, component, Date::MIN, Date::MAX)
}

/// As [`coverage`], but only of billing periods that end after `since` and begin on or before
/// `through`, each of them whole. The first is computed, so the life of a contract before `since` and
/// after `through` costs nothing.
///
/// # Errors
/// When a charge cannot price a quantity.
pub fn coverage_between(
    contract: &Contract,
    component: &Component,
    since: Date,
    through: Date,
) -> Result<Vec<Covered>, RatingRefusal> {
    // What is measured is not known before its period has ended; it is expected as it is measured.
    if component.measure.is_some() {
        return Ok(Vec::new());
    }
    let spans = component.spans();
    let discounts = Running::on(contract, component);
    let mut left = discounts.left();
    // What a limited discount has taken off before decides what is left of it.
    let (mut begin, mut first) = (since, None);
    if left.is_some() {
        (begin, first) = (
            Date::MIN,
            windows_between(contract, component, since, through).next(),
        );
        if first.is_none() {
            return Ok(Vec::new());
        }
    }
    let mut parts = Vec::new();
    let mut first_span = 0;
    for window in windows_between(contract, component, begin, through) {
        while spans
            .get(first_span)
            .is_some_and(|span| span.period.until() <= window.period.from())
        {
            first_span += 1;
        }
        let weights = DayWeights::of(component, window);
        let mut of_window = Vec::new();
        for span in spans.iter().skip(first_span) {
            if span.period.from() >= window.period.until() {
                break;
            }
            let Some(days) = span.period.meet(&window.period) else {
                continue;
            };
            for (period, discounts) in discounts.cut(days) {
                of_window.push(Covered {
                    window,
                    period,
                    quantity: span.quantity,
                    charge: span.charge.clone(),
                    discounts,
                    price: UnitPrice::default(),
                    numerator: weights.between(period),
                    denominator: weights.denominator(),
                });
            }
        }
        // How many are paid for decides what a limited discount takes off them.
        crate::charge::hold(&mut of_window);
        for part in &mut of_window {
            part.rate(left.as_mut())?;
        }
        if first.is_none_or(|first| window.period.from() >= first.period.from()) {
            parts.append(&mut of_window);
        }
    }
    Ok(parts)
}

impl Covered {
    /// Cuts its discounts down to what is left of them, and prices it.
    fn rate(&mut self, left: Option<&mut Left>) -> Result<(), ChargeRefusal> {
        if let Some(left) = left {
            let share = (self.numerator, self.denominator);
            left.take(&self.charge, self.quantity, &mut self.discounts, share)?;
        }
        let price = discounted_price(&self.charge, &self.discounts, self.quantity)?;
        self.price = UnitPrice::new(price);
        Ok(())
    }

    fn weighted_price(&self) -> Result<Decimal, MoneyRefused> {
        self.price
            .decimal()
            .checked_mul(Decimal::from(self.numerator))
            .ok_or(MoneyRefused::TooLarge)
    }
}
