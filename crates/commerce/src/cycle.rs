//! Billing periods: how long they are, where they begin, and which one holds a day.
//!
//! A billing period is a member of an arithmetic series of days or months, so the one that holds a
//! day is computed, never searched for from the start of the contract: an open-ended contract in
//! its twentieth year costs no more than one in its first.

use crate::contract::{Component, Contract};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroU16;
use values::{Date, Period, anchored_month, days_between};

/// How long a billing period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BillingFrequency {
    /// Charged once, on the day the component starts.
    OneOff,
    /// Every week.
    Weekly,
    /// Every so many weeks.
    EveryWeeks(NonZeroU16),
    /// Every month.
    Monthly,
    /// Every so many months.
    EveryMonths(NonZeroU16),
    /// Every three months.
    Quarterly,
    /// Every six months.
    SemiAnnual,
    /// Every year.
    Annual,
    /// Every so many years.
    EveryYears(NonZeroU16),
    /// Once for the whole term as signed; the price is for that term.
    TermUpFront,
}

/// When a billing period is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// When it begins.
    #[default]
    Advance,
    /// When it has ended.
    Arrears,
    /// When it has ended; but whenever the contract is billed in between, what has run of it so far
    /// is billed too.
    ArrearsWithRunning,
}

/// Where the billing periods of a component begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CycleAnchor {
    /// On the billing day of the contract, which may be that of its customer; weeks begin on the
    /// weekday of its first day. All components of the contract share their periods.
    #[default]
    Contract,
    /// On a day of the month of its own; 29 to 31 fall on the last day of short months and return.
    Day(AnchorDay),
    /// On a weekday, for periods of weeks.
    Weekday(Weekday),
    /// On the day on which the component itself begins.
    Anniversary,
    /// With the calendar month, quarter, half-year or year; weeks begin on Monday.
    Calendar,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

/// The day of the month on which billing periods begin, 1 to 31. In a month that lacks the day they
/// begin on its last day, and the following months return to the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "i8", into = "i8")]
pub struct AnchorDay(i8);

/// The number is not a day of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{day} is not a day of the month; use 1 to 31")]
pub struct AnchorDayRefused {
    /// What was given.
    pub day: i8,
}

/// One billing period as the price means it, not cut by the term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    /// The days.
    pub period: Period,
    /// Months in it; none for weeks and for a price that is charged once or once a term.
    pub months: Option<i32>,
}

impl AnchorDay {
    /// The day of the month of `date`.
    #[must_use]
    pub fn of(date: Date) -> Self {
        Self(date.day())
    }
    /// The day, 1 to 31.
    #[must_use]
    pub fn day(self) -> i8 {
        self.0
    }
}

impl TryFrom<i8> for AnchorDay {
    type Error = AnchorDayRefused;
    fn try_from(day: i8) -> Result<Self, AnchorDayRefused> {
        if (1..=31).contains(&day) {
            Ok(Self(day))
        } else {
            Err(AnchorDayRefused { day })
        }
    }
}

impl From<AnchorDay> for i8 {
    fn from(day: AnchorDay) -> i8 {
        day.0
    }
}

impl Weekday {
    /// Days after Monday.
    fn after_monday(self) -> i64 {
        match self {
            Self::Monday => 0,
            Self::Tuesday => 1,
            Self::Wednesday => 2,
            Self::Thursday => 3,
            Self::Friday => 4,
            Self::Saturday => 5,
            Self::Sunday => 6,
        }
    }

    /// The last such day on or before `date`.
    fn on_or_before(self, date: Date) -> Date {
        let back =
            (i64::from(date.weekday().to_monday_zero_offset()) - self.after_monday()).rem_euclid(7);
        plus_days(date, -back).unwrap_or(date)
    }
}

impl BillingFrequency {
    /// Months in one billing period; none for weeks and for what is charged once or once a term.
    #[must_use]
    pub fn months(self) -> Option<i32> {
        match self {
            Self::OneOff | Self::TermUpFront | Self::Weekly | Self::EveryWeeks(_) => None,
            Self::Monthly => Some(1),
            Self::EveryMonths(months) => Some(i32::from(months.get())),
            Self::Quarterly => Some(3),
            Self::SemiAnnual => Some(6),
            Self::Annual => Some(12),
            Self::EveryYears(years) => Some(i32::from(years.get()) * 12),
        }
    }

    /// Weeks in one billing period; none when it does not consist of weeks.
    #[must_use]
    pub fn weeks(self) -> Option<i64> {
        match self {
            Self::Weekly => Some(1),
            Self::EveryWeeks(weeks) => Some(i64::from(weeks.get())),
            Self::OneOff
            | Self::TermUpFront
            | Self::Monthly
            | Self::EveryMonths(_)
            | Self::Quarterly
            | Self::SemiAnnual
            | Self::Annual
            | Self::EveryYears(_) => None,
        }
    }

    /// Whether it is charged again and again.
    #[must_use]
    pub fn recurs(self) -> bool {
        self.months().is_some() || self.weeks().is_some()
    }

    /// The word for one billing period, such as `month` or `2 weeks`; `once` when there is none.
    #[must_use]
    pub fn period_word(self) -> String {
        let word = match self {
            Self::OneOff => "once",
            Self::Weekly => "week",
            Self::Monthly => "month",
            Self::Quarterly => "quarter",
            Self::SemiAnnual => "half-year",
            Self::Annual => "year",
            Self::TermUpFront => "term",
            Self::EveryWeeks(count) => return format!("{count} weeks"),
            Self::EveryMonths(count) => return format!("{count} months"),
            Self::EveryYears(count) => return format!("{count} years"),
        };
        word.to_owned()
    }

    /// Reads the words that order entry uses, whatever their case, spaces, hyphens and
    /// underscores: "Monthly", "semi-annual", "Annually", "one_off", "every 2 weeks".
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let plain: String = text
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        match plain.as_str() {
            "oneoff" | "onetime" | "once" => Some(Self::OneOff),
            "weekly" | "week" => Some(Self::Weekly),
            "monthly" | "month" => Some(Self::Monthly),
            "quarterly" | "quarter" => Some(Self::Quarterly),
            "semiannual" | "semiannually" | "halfyearly" => Some(Self::SemiAnnual),
            "annual" | "annually" | "yearly" | "year" => Some(Self::Annual),
            "biennial" | "biennially" => NonZeroU16::new(2).map(Self::EveryYears),
            "termupfront" | "upfront" | "prepaid" => Some(Self::TermUpFront),
            other => Self::read_every(other.strip_prefix("every")?),
        }
    }

    /// Reads "2weeks", "18months" and the like.
    fn read_every(text: &str) -> Option<Self> {
        let digits = text.chars().take_while(char::is_ascii_digit).count();
        let (count, unit) = text.split_at_checked(digits)?;
        let count: NonZeroU16 = count.parse().ok()?;
        match unit {
            "week" | "weeks" => Some(Self::EveryWeeks(count)),
            "month" | "months" => Some(Self::EveryMonths(count)),
            "year" | "years" => Some(Self::EveryYears(count)),
            _ => None,
        }
    }
}

impl fmt::Display for BillingFrequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::OneOff => "one-off",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
            Self::SemiAnnual => "semi-annual",
            Self::Annual => "annual",
            Self::TermUpFront => "term up front",
            Self::EveryWeeks(count) => return write!(f, "every {count} weeks"),
            Self::EveryMonths(count) => return write!(f, "every {count} months"),
            Self::EveryYears(count) => return write!(f, "every {count} years"),
        })
    }
}

/// Whether a component billed so often can begin its periods there.
pub(crate) fn anchor_fits(billing: BillingFrequency, anchor: CycleAnchor) -> bool {
    match anchor {
        CycleAnchor::Contract => true,
        CycleAnchor::Day(_) => billing.months().is_some(),
        CycleAnchor::Weekday(_) => billing.weeks().is_some(),
        CycleAnchor::Anniversary | CycleAnchor::Calendar => billing.recurs(),
    }
}

/// The series of billing periods of a component.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Grid {
    /// Period `n` begins `n × step` months after the month of `start`, on `day`. `months` is what
    /// the price is said to be for; a price per term has none.
    Months {
        start: Date,
        step: i32,
        day: i8,
        months: Option<i32>,
    },
    /// Period `n` begins `n × step` days after `origin`.
    Days { origin: Date, step: i64 },
    /// The only period is this day.
    Once(Date),
}

impl Grid {
    pub(crate) fn of(contract: &Contract, component: &Component) -> Self {
        let first = contract.signed_term.from();
        let anchor = component.policy.anchor;
        if let Some(step) = component.billing.months() {
            let (start, day) = match anchor {
                CycleAnchor::Contract | CycleAnchor::Weekday(_) => {
                    (first, contract.billing_anchor_day.day())
                }
                CycleAnchor::Day(day) => (first, day.day()),
                CycleAnchor::Anniversary => (component.from, component.from.day()),
                // Whole years hold whole quarters and half-years, so all of them count from January.
                CycleAnchor::Calendar => (first.first_of_year(), 1),
            };
            let months = Some(step);
            return Self::Months {
                start,
                step,
                day,
                months,
            };
        }
        if let Some(weeks) = component.billing.weeks() {
            let origin = match anchor {
                CycleAnchor::Contract | CycleAnchor::Day(_) => first,
                CycleAnchor::Weekday(day) => day.on_or_before(first),
                CycleAnchor::Anniversary => component.from,
                CycleAnchor::Calendar => Weekday::Monday.on_or_before(first),
            };
            return Self::Days {
                origin,
                step: weeks * 7,
            };
        }
        if component.billing == BillingFrequency::OneOff {
            return Self::Once(component.from);
        }
        match whole_months(contract.signed_term) {
            Some(step) => Self::Months {
                start: first,
                step,
                day: first.day(),
                months: None,
            },
            None => Self::Days {
                origin: first,
                step: contract.signed_term.days(),
            },
        }
    }

    /// Number of the period that holds `date`, below zero before the start of the series.
    pub(crate) fn index_at(&self, date: Date) -> i32 {
        match self {
            Self::Months {
                start, step, day, ..
            } => {
                let index = months_from(*start, date).div_euclid(*step);
                let begins = index.checked_mul(*step);
                match begins.map(|months| anchored_month(*start, months, *day)) {
                    Some(begins) if begins > date => index - 1,
                    _ => index,
                }
            }
            Self::Days { origin, step } => {
                i32::try_from(days_between(*origin, date).div_euclid(*step)).unwrap_or(i32::MAX)
            }
            Self::Once(day) => i32::from(date > *day) - i32::from(date < *day),
        }
    }

    /// Period `index` of the series, when the calendar holds it.
    pub(crate) fn nth(&self, index: i32) -> Option<Window> {
        let (period, months) = match self {
            Self::Months {
                start,
                step,
                day,
                months,
            } => {
                let from = anchored_month(*start, index.checked_mul(*step)?, *day);
                let until = anchored_month(*start, index.checked_add(1)?.checked_mul(*step)?, *day);
                (Period::new(from, until).ok()?, *months)
            }
            Self::Days { origin, step } => {
                let from = plus_days(*origin, step.checked_mul(i64::from(index))?)?;
                (Period::new(from, plus_days(from, *step)?).ok()?, None)
            }
            Self::Once(day) if index == 0 => (Period::new(*day, day.tomorrow().ok()?).ok()?, None),
            Self::Once(_) => return None,
        };
        Some(Window { period, months })
    }
}

/// Months from the month of `start` to that of `date`.
pub(crate) fn months_from(start: Date, date: Date) -> i32 {
    let years = i32::from(date.year()) - i32::from(start.year());
    years * 12 + i32::from(date.month()) - i32::from(start.month())
}

/// How many months a term is, when it ends on the day of the month on which it began.
pub(crate) fn whole_months(term: Period) -> Option<i32> {
    let months = months_from(term.from(), term.until());
    let ends = anchored_month(term.from(), months, term.from().day());
    (months > 0 && ends == term.until()).then_some(months)
}

/// `date` moved by days, when the calendar holds the day.
pub(crate) fn plus_days(date: Date, days: i64) -> Option<Date> {
    let length = std::time::Duration::from_secs(days.unsigned_abs().checked_mul(86_400)?);
    if days < 0 {
        date.checked_sub(length).ok()
    } else {
        date.checked_add(length).ok()
    }
}

/// The billing periods that hold a day of the component's service, in order. They are counted from
/// where the component's policy says, and return to their day after short months; components that
/// share the anchor of the contract share them.
#[must_use]
pub fn windows(contract: &Contract, component: &Component) -> Vec<Window> {
    windows_between(contract, component, Date::MIN, Date::MAX).collect()
}

/// As [`windows`], but only those that end after `since` and begin on or before `through`. The
/// first one is computed, so an early start of the contract costs nothing.
pub fn windows_between(
    contract: &Contract,
    component: &Component,
    since: Date,
    through: Date,
) -> impl Iterator<Item = Window> + use<> {
    let grid = Grid::of(contract, component);
    let service = component.service();
    let first = service.map_or(0, |service| grid.index_at(service.from().max(since)));
    (first..)
        .map_while(move |index| grid.nth(index))
        .take_while(move |window| {
            service.is_some_and(|service| window.period.from() < service.until())
                && window.period.from() <= through
        })
        .filter(move |window| {
            service.is_some_and(|service| window.period.meet(&service).is_some())
                && window.period.until() > since
        })
}

/// The billing period of the component that holds `date`, whether or not it serves then.
#[must_use]
pub fn window_at(contract: &Contract, component: &Component, date: Date) -> Option<Window> {
    let grid = Grid::of(contract, component);
    let window = grid.nth(grid.index_at(date))?;
    window.period.contains(date).then_some(window)
}
