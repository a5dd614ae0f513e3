//! How parts of a billing period are priced and rounded.

use crate::contract::Component;
use crate::cycle::{CycleAnchor, Window, months_from, plus_days};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU16;
use values::{Date, Period, Rounding, Zone, anchored_month, days_between};

/// How parts of a billing period are priced and rounded, and where periods begin. A component keeps
/// the policy under which it was sold, and its version is kept on every line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// What share of a price a part of its period costs.
    #[serde(default)]
    pub proration: DayCount,
    /// How the exact amount becomes minor units.
    #[serde(default)]
    pub rounding: Rounding,
    /// What period the first part is a share of, when the component begins within one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub first_part: FirstPart,
    /// Where billing periods begin.
    #[serde(default, skip_serializing_if = "is_default")]
    pub anchor: CycleAnchor,
    /// Whose midnights seconds are counted between; coordinated universal time when absent. The time
    /// zone of the legal entity is put here when the component is sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    /// Version of the policy; 1 when absent.
    #[serde(default = "first_version")]
    pub version: u32,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn first_version() -> u32 {
    1
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            proration: DayCount::default(),
            rounding: Rounding::default(),
            first_part: FirstPart::default(),
            anchor: CycleAnchor::default(),
            zone: None,
            version: first_version(),
        }
    }
}

/// What a product says of its policy. What it leaves out is as its legal entity does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyTerms {
    /// What share of a price a part of its period costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proration: Option<DayCount>,
    /// How the exact amount becomes minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<Rounding>,
    /// What period the first part is a share of, when the component begins within one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_part: Option<FirstPart>,
    /// Where billing periods begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<CycleAnchor>,
    /// Whose midnights seconds are counted between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    /// Version of the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

impl PolicyTerms {
    /// The policy that holds: what is said here, else `usual`.
    #[must_use]
    pub fn over(&self, usual: Policy) -> Policy {
        Policy {
            proration: self.proration.unwrap_or(usual.proration),
            rounding: self.rounding.unwrap_or(usual.rounding),
            first_part: self.first_part.unwrap_or(usual.first_part),
            anchor: self.anchor.unwrap_or(usual.anchor),
            zone: self.zone.clone().or(usual.zone),
            version: self.version.unwrap_or(usual.version),
        }
    }
}

/// What share of the price of a billing period a part of it costs. For a price per week or per term,
/// which has no number of months, those that count months count actual days over the days of the
/// period instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayCount {
    /// Actual days over the days of the whole billing period, also when the term cuts it short.
    #[default]
    ActualOverPeriod,
    /// Days over this many for each month of the period. Days beyond that many cost nothing, and
    /// the last day of a shorter period brings it to the whole, so a whole period costs its price.
    FixedDays(NonZeroU16),
    /// Actual days over 30 for each month: 31 days of a monthly price cost 31/30 of it.
    Actual360,
    /// Every month counts 30 days: a 31st costs nothing, and the last day of February counts for the
    /// days that it lacks.
    Thirty360,
    /// Seconds over the seconds of the period in the time zone of the policy, so the day on which
    /// clocks go forward costs 23 hours.
    Seconds,
    /// As actual days, but the day on which a component ends or pauses is still charged. When one
    /// product takes the place of another, the day belongs to the new one.
    InclusiveDays,
    /// Whole months first, each as much as any other, then days over the days of their month.
    MonthFirst,
    /// Parts cost as much as the whole: it falls on the first day of service in the period. A change
    /// counts from the next period, and leaving within a period gives nothing back.
    None,
}

/// What period the first part is a share of, when a component begins within a billing period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FirstPart {
    /// The billing period that it falls in, from the cycle day before to the next one.
    #[default]
    OfTheCycle,
    /// A period as long, counted from the day on which the component begins.
    FromTheStart,
}

/// Parts of a month that every number of days divides: of 28, 29, 30 and 31 the least common multiple.
const MONTH: i64 = 377_580;

/// How many of the days that a price is for each part of its billing period counts. The count is a
/// difference of two cumulative counts, so parts always add up to their whole.
#[derive(Debug, Clone)]
pub struct DayWeights<'a> {
    policy: &'a Policy,
    rule: DayCount,
    months: Option<i32>,
    /// The period that the price is for: the window, or the one imagined from the start.
    whole: Period,
    /// The day that bears the whole price where parts are not prorated.
    first: Date,
}

impl<'a> DayWeights<'a> {
    /// The weights of a billing period of `component`.
    #[must_use]
    pub fn of(component: &'a Component, window: Window) -> Self {
        Self::under(&component.policy, window, component.from)
    }

    /// The weights of `window` for something that begins on `start` under `policy`.
    #[must_use]
    pub fn under(policy: &'a Policy, window: Window, start: Date) -> Self {
        let rule = match (policy.proration, window.months) {
            (
                DayCount::FixedDays(_)
                | DayCount::Actual360
                | DayCount::Thirty360
                | DayCount::MonthFirst,
                None,
            ) => DayCount::ActualOverPeriod,
            (rule, _) => rule,
        };
        let begins_within = window.period.contains(start) && start > window.period.from();
        let whole = match policy.first_part {
            FirstPart::FromTheStart if begins_within => imagined(window, start),
            FirstPart::FromTheStart | FirstPart::OfTheCycle => window.period,
        };
        Self {
            policy,
            rule,
            months: window.months,
            whole,
            first: window.period.from().max(start),
        }
    }

    /// Days (or seconds, or parts of months) that the price is for, at least 1.
    #[must_use]
    pub fn denominator(&self) -> i64 {
        let months = i64::from(self.months.unwrap_or(1));
        match self.rule {
            DayCount::ActualOverPeriod | DayCount::InclusiveDays => self.whole.days(),
            DayCount::FixedDays(days) => i64::from(days.get()) * months,
            DayCount::Actual360 | DayCount::Thirty360 => 30 * months,
            DayCount::Seconds => self.seconds_before(self.whole.until()).max(1),
            DayCount::MonthFirst => MONTH * months,
            DayCount::None => 1,
        }
    }

    /// Days that count in `part` of the window.
    #[must_use]
    pub fn between(&self, part: Period) -> i64 {
        self.before(part.until()) - self.before(part.from())
    }

    /// Days that count from the start of the whole to before `date`.
    fn before(&self, date: Date) -> i64 {
        let elapsed = days_between(self.whole.from(), date).max(0);
        let ended = date >= self.whole.until();
        match self.rule {
            DayCount::ActualOverPeriod | DayCount::InclusiveDays | DayCount::Actual360 => elapsed,
            DayCount::FixedDays(_) | DayCount::Thirty360 | DayCount::MonthFirst if ended => {
                self.denominator()
            }
            DayCount::FixedDays(_) => elapsed.min(self.denominator()),
            DayCount::Thirty360 => thirty_360(self.whole.from(), date).clamp(0, self.denominator()),
            DayCount::Seconds => self.seconds_before(date).max(0),
            DayCount::MonthFirst => months_first(self.whole, date).min(self.denominator()),
            DayCount::None => i64::from(date > self.first),
        }
    }

    fn seconds_before(&self, date: Date) -> i64 {
        let utc = Zone::utc();
        let zone = self.policy.zone.as_ref().unwrap_or(&utc);
        zone.start_of(date).seconds() - zone.start_of(self.whole.from()).seconds()
    }
}

/// A period as long as `window` that begins on `start`.
fn imagined(window: Window, start: Date) -> Period {
    let until = match window.months {
        Some(months) => Some(anchored_month(start, months, start.day())),
        None => plus_days(start, window.period.days()),
    };
    until
        .and_then(|until| Period::new(start, until).ok())
        .unwrap_or(window.period)
}

/// Days from `from` to `until` when every month has 30: a 31st adds none, and the last day of February
/// adds those that it lacks. A period that begins on the last day of a month begins on the 30th.
fn thirty_360(from: Date, until: Date) -> i64 {
    if until <= from {
        return 0;
    }
    let begins = if from.day() == from.days_in_month() {
        30
    } else {
        i64::from(from.day())
    };
    i64::from(months_from(from, until)) * 30 + i64::from(until.day()) - begins
}

/// Whole months from the start of `whole` to `date`, and then days over the days of the month that
/// they fall in, in parts of a month.
fn months_first(whole: Period, date: Date) -> i64 {
    let from = whole.from();
    if date <= from {
        return 0;
    }
    // A period that begins on the last day of a short month ends on the day it returns to.
    let day = from.day().max(whole.until().day());
    let begins = |month: i32| anchored_month(from, month, day);
    let calendar = months_from(from, date);
    let months = if begins(calendar) > date {
        calendar - 1
    } else {
        calendar
    };
    let days = days_between(begins(months), date);
    let length = days_between(begins(months), begins(months + 1)).max(1);
    i64::from(months) * MONTH + (days * MONTH) / length
}
