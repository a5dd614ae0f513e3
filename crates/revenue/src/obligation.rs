//! Performance obligations and their schedules.

use serde::{Deserialize, Serialize};
use values::{ComponentId, ContractId, Date, ObligationId, Period, ProductCode, days_between};

/// A promise on a contract, with the schedule by which its part of the price is earned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Obligation {
    /// Its identity.
    pub id: ObligationId,
    /// The contract that promises it.
    pub contract: ContractId,
    /// The component of the contract.
    pub component: ComponentId,
    /// What was sold.
    pub product: ProductCode,
    /// Which revenue account it is earned on.
    pub revenue_account_class: String,
    /// The schedule as formulas; changes add segments, none is ever altered.
    pub segments: Vec<Segment>,
}

/// An amount that is earned over some days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// First day.
    pub from: Date,
    /// First day outside. A segment without days is earned whole on `from`.
    pub until: Date,
    /// Minor units; negative where a change takes value away.
    pub amount: i64,
    /// How it is earned over the days.
    pub pattern: Pattern,
    /// The event or line that made it.
    pub origin: String,
}

/// How an amount is earned over its days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// Evenly, day by day.
    #[default]
    StraightLineDaily,
    /// Wholly on the first day.
    AtStart,
}

/// Why revenue will not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevenueRefusal {
    /// A sum does not fit 64 bits.
    #[error(
        "the amounts of obligation {obligation} add up to more than 64 bits of minor units hold"
    )]
    TooLarge {
        /// Which obligation.
        obligation: ObligationId,
    },
    /// The segment ends before it starts.
    #[error("a segment from {from} cannot end before it starts: its first day outside is {until}")]
    EndsBeforeStart {
        /// First day.
        from: Date,
        /// First day outside.
        until: Date,
    },
    /// The price cannot be allocated.
    #[error(transparent)]
    Money(#[from] values::MoneyRefused),
    /// A standalone selling price below zero.
    #[error("standalone selling price {position} is {price}; it must be zero or more")]
    NegativeSellingPrice {
        /// Which one, from 1.
        position: usize,
        /// What was given.
        price: values::Money,
    },
}

impl RevenueRefusal {
    /// Stable name of this refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "amount_too_large",
            Self::EndsBeforeStart { .. } => "segment_ends_before_start",
            Self::Money(_) => "allocation_refused",
            Self::NegativeSellingPrice { .. } => "negative_selling_price",
        }
    }
}

impl Segment {
    /// A segment over the days of a period.
    #[must_use]
    pub fn over(service: Period, amount: i64, pattern: Pattern, origin: &str) -> Self {
        Self {
            from: service.from(),
            until: service.until(),
            amount,
            pattern,
            origin: origin.to_owned(),
        }
    }

    /// What is earned through `date` as an exact fraction of minor units: (numerator, days).
    fn exact_share(&self, date: Date) -> (i128, i128) {
        let amount = i128::from(self.amount);
        if date < self.from {
            return (0, 1);
        }
        let days = days_between(self.from, self.until);
        let elapsed = days_between(self.from, date) + 1;
        match self.pattern {
            Pattern::StraightLineDaily if elapsed < days => {
                (amount * i128::from(elapsed), i128::from(days))
            }
            Pattern::StraightLineDaily | Pattern::AtStart => (amount, 1),
        }
    }

    /// Minor units earned from the first day through `date`, that day included: the share of the
    /// days gone by, rounded half away from zero, so the last day brings it to the whole amount.
    #[must_use]
    pub fn earned_through(&self, date: Date) -> i64 {
        if date < self.from {
            return 0;
        }
        let days = days_between(self.from, self.until);
        let elapsed = days_between(self.from, date) + 1;
        match self.pattern {
            Pattern::StraightLineDaily if elapsed < days => {
                let doubled = i128::from(self.amount) * i128::from(elapsed) * 2;
                let days = i128::from(days);
                let share = (doubled + i128::from(self.amount.signum()) * days) / (days * 2);
                // A share is never larger than the whole, so it fits.
                i64::try_from(share).unwrap_or(self.amount)
            }
            Pattern::StraightLineDaily | Pattern::AtStart => self.amount,
        }
    }
}

/// Minor units earned through `date`, that day included.
///
/// # Errors
/// When the sum does not fit.
pub fn earned_through(obligation: &Obligation, date: Date) -> Result<i64, RevenueRefusal> {
    // The shares are added exactly and rounded once: a contract that was cancelled would otherwise
    // earn a cent in one month and lose it in the next while two rounded shares drift past each other.
    match exact_sum(obligation, date) {
        Some((numerator, denominator)) => {
            let doubled = numerator.saturating_mul(2);
            let rounded = (doubled + numerator.signum() * denominator) / (denominator * 2);
            i64::try_from(rounded).map_err(|_| too_large(obligation))
        }
        None => sum(obligation, |segment| segment.earned_through(date)),
    }
}

/// The shares of all segments through `date` as one fraction of minor units; nothing when it needs
/// more than 120 bits, where rounding each share is the fallback.
fn exact_sum(obligation: &Obligation, date: Date) -> Option<(i128, i128)> {
    let mut whole = 0_i128;
    let (mut numerator, mut denominator) = (0_i128, 1_i128);
    for segment in &obligation.segments {
        let (share, days) = segment.exact_share(date);
        if days == 1 {
            whole = whole.checked_add(share)?;
            continue;
        }
        let common = denominator.checked_mul(days / greatest_common_divisor(denominator, days))?;
        let widened = numerator.checked_mul(common / denominator)?;
        numerator = widened.checked_add(share.checked_mul(common / days)?)?;
        denominator = common;
    }
    let numerator = whole.checked_mul(denominator)?.checked_add(numerator)?;
    let fits = numerator.unsigned_abs() < (1 << 120) && denominator < (1 << 120);
    fits.then_some((numerator, denominator))
}

fn greatest_common_divisor(one: i128, other: i128) -> i128 {
    if other == 0 {
        one
    } else {
        greatest_common_divisor(other, one % other)
    }
}

/// The part of the contract's price that the obligation bears: all its segments.
///
/// # Errors
/// When the sum does not fit.
pub fn allocated(obligation: &Obligation) -> Result<i64, RevenueRefusal> {
    sum(obligation, |segment| segment.amount)
}

/// What the books must still recognise through `date`; negative when they recognised too much.
///
/// # Errors
/// When the sum does not fit.
pub fn to_recognise(
    obligation: &Obligation,
    recognised_so_far: i64,
    through: Date,
) -> Result<i64, RevenueRefusal> {
    earned_through(obligation, through)?
        .checked_sub(recognised_so_far)
        .ok_or_else(|| too_large(obligation))
}

/// The obligation with one more segment.
///
/// # Errors
/// When the segment ends before it starts, or the amounts no longer fit.
pub fn revise(obligation: &Obligation, add: Segment) -> Result<Obligation, RevenueRefusal> {
    if add.until < add.from {
        return Err(RevenueRefusal::EndsBeforeStart {
            from: add.from,
            until: add.until,
        });
    }
    let mut next = obligation.clone();
    next.segments.push(add);
    allocated(&next)?;
    Ok(next)
}

fn sum(
    obligation: &Obligation,
    amount_of: impl Fn(&Segment) -> i64,
) -> Result<i64, RevenueRefusal> {
    let wide: i128 = obligation
        .segments
        .iter()
        .map(|segment| i128::from(amount_of(segment)))
        .sum();
    i64::try_from(wide).map_err(|_| too_large(obligation))
}

fn too_large(obligation: &Obligation) -> RevenueRefusal {
    RevenueRefusal::TooLarge {
        obligation: obligation.id.clone(),
    }
}
