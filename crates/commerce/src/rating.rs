//! Cutting a timeline into billing periods and pricing each part, exactly and unrounded.
//!
//! Rounding is cumulative within one billing period of one component: however often the period was
//! changed and corrected, the amounts billed for it add up to its exact price rounded once. So
//! [`total_value`] is the sum of those rounded prices, and what is billed over the life equals it to
//! the minor unit, in whatever order amendments and bill runs came.

use crate::contract::{Component, Contract, DayCount};
use crate::product::{BillingFrequency, Charge, ChargeRefusal};
use values::{
    Date, Decimal, Money, MoneyRefused, Period, Quantity, UnitPrice, anchored_month, days_between,
    round_to_minor,
};

/// One billing period as the price means it, not cut by the term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    /// The days.
    pub period: Period,
    /// Months in it; none for a price that is charged once or once a term.
    pub months: Option<i32>,
}

/// A part of a billing period with one quantity and one charge.
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
    /// Exact price of the quantity for the whole billing period, in major units.
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
    let spans = component.spans();
    let mut parts = Vec::new();
    let mut first_span = 0;
    for window in windows(contract, component) {
        let mut weights: Option<DayWeights> = None;
        while spans
            .get(first_span)
            .is_some_and(|span| span.period.until() <= window.period.from())
        {
            first_span += 1;
        }
        for span in spans.iter().skip(first_span) {
            if span.period.from() >= window.period.until() {
                break;
            }
            let Some(period) = span.period.meet(&window.period) else {
                continue;
            };
            let weights = weights.get_or_insert_with(|| {
                DayWeights::new(component.policy.proration, window, period.from())
            });
            parts.push(Covered {
                window,
                period,
                quantity: span.quantity,
                price: UnitPrice::new(span.charge.price(span.quantity)?),
                charge: span.charge.clone(),
                numerator: weights.between(period),
                denominator: weights.denominator(),
            });
        }
    }
    Ok(parts)
}

impl Covered {
    fn weighted_price(&self) -> Result<Decimal, MoneyRefused> {
        self.price
            .decimal()
            .checked_mul(Decimal::from(self.numerator))
            .ok_or(MoneyRefused::TooLarge)
    }
}

/// The billing periods that hold a day of the component's service, in order. They count from the
/// start of the signed term and return to the anchor day after short months; a component that comes
/// in later shares them.
#[must_use]
pub fn windows(contract: &Contract, component: &Component) -> Vec<Window> {
    let Some(service) = component.service() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut index = first_index(contract, component);
    while let Some(window) = nth_window(contract, component, index) {
        if window.period.from() >= service.until() {
            break;
        }
        if window.period.meet(&service).is_some() {
            found.push(window);
        }
        index += 1;
    }
    found
}

/// The billing period of the component that holds `date`, if `date` is not before the first.
#[must_use]
pub fn window_at(contract: &Contract, component: &Component, date: Date) -> Option<Window> {
    let mut index = first_index(contract, component);
    while let Some(window) = nth_window(contract, component, index) {
        if window.period.contains(date) {
            return Some(window);
        }
        if window.period.from() > date {
            return None;
        }
        index += 1;
    }
    None
}

/// Index of the window that holds the first day of the term: 0, or −1 when the anchor day of that
/// month lies later.
fn first_index(contract: &Contract, component: &Component) -> i32 {
    match component.billing.months() {
        Some(_) => {
            let start = contract.signed_term.from();
            let anchored = anchored_month(start, 0, contract.billing_anchor_day.day());
            if anchored > start { -1 } else { 0 }
        }
        None => 0,
    }
}

fn nth_window(contract: &Contract, component: &Component, index: i32) -> Option<Window> {
    let months = component.billing.months();
    let period = match (component.billing, months) {
        (_, Some(months)) => {
            let start = contract.signed_term.from();
            let anchor = contract.billing_anchor_day.day();
            let from = anchored_month(start, index.checked_mul(months)?, anchor);
            let until = anchored_month(start, index.checked_add(1)?.checked_mul(months)?, anchor);
            Period::new(from, until).ok()?
        }
        (BillingFrequency::OneOff, None) if index == 0 => {
            Period::new(component.from, component.from.tomorrow().ok()?).ok()?
        }
        (BillingFrequency::OneOff, None) => return None,
        (_, None) => {
            let days = contract.signed_term.days();
            let from = plus_days(contract.signed_term.from(), days * i64::from(index))?;
            Period::new(from, plus_days(from, days)?).ok()?
        }
    };
    Some(Window { period, months })
}

fn plus_days(date: Date, days: i64) -> Option<Date> {
    let seconds = u64::try_from(days).ok()?.checked_mul(86_400)?;
    date.checked_add(std::time::Duration::from_secs(seconds))
        .ok()
}

/// How many of the days that a price is for each part of its billing period counts. The count is a
/// difference of two cumulative counts, so parts always add up to their whole.
#[derive(Debug, Clone, Copy)]
pub struct DayWeights {
    rule: DayCount,
    window: Window,
    first: Date,
}

impl DayWeights {
    /// The weights of `window`, whose first billed or covered day is `first`.
    #[must_use]
    pub fn new(rule: DayCount, window: Window, first: Date) -> Self {
        let rule = match (rule, window.months) {
            (DayCount::FixedDays(_) | DayCount::Actual360, None) => DayCount::ActualOverPeriod,
            (rule, _) => rule,
        };
        Self {
            rule,
            window,
            first,
        }
    }

    /// Days that the price is for, at least 1.
    #[must_use]
    pub fn denominator(&self) -> i64 {
        let months = i64::from(self.window.months.unwrap_or(1));
        match self.rule {
            DayCount::ActualOverPeriod => self.window.period.days(),
            DayCount::FixedDays(days) => i64::from(days.get()) * months,
            DayCount::Actual360 => 30 * months,
            DayCount::None => 1,
        }
    }

    /// Days that count in `part` of the window.
    #[must_use]
    pub fn between(&self, part: Period) -> i64 {
        self.before(part.until()) - self.before(part.from())
    }

    /// Days that count from the start of the window to before `date`.
    fn before(&self, date: Date) -> i64 {
        let elapsed = days_between(self.window.period.from(), date).max(0);
        match self.rule {
            DayCount::ActualOverPeriod | DayCount::Actual360 => elapsed,
            DayCount::FixedDays(_) if date >= self.window.period.until() => self.denominator(),
            DayCount::FixedDays(_) => elapsed.min(self.denominator()),
            DayCount::None => i64::from(date > self.first),
        }
    }
}
