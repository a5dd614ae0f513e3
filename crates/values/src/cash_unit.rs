//! Amounts to pay in whole cash units, such as 0.05 CHF: a rule of an invoice's rounding line.

use crate::{Money, MoneyRefused, Rounding, RoundingLine};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which way an amount goes to whole cash units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CashRounding {
    /// To the nearest; half a unit goes away from zero.
    #[default]
    HalfUp,
    /// To the nearest; half a unit goes to the even neighbour.
    HalfEven,
    /// Away from zero: a begun unit is a whole one.
    Up,
    /// Towards zero: only whole units count.
    Down,
}

impl CashRounding {
    /// Every one of them.
    pub const ALL: [CashRounding; 4] = [Self::HalfUp, Self::HalfEven, Self::Up, Self::Down];

    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HalfUp => "half_up",
            Self::HalfEven => "half_even",
            Self::Up => "up",
            Self::Down => "down",
        }
    }

    /// As people say it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::HalfUp => "half up",
            Self::HalfEven => "half to even",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

impl From<Rounding> for CashRounding {
    fn from(rounding: Rounding) -> Self {
        match rounding {
            Rounding::HalfUp => Self::HalfUp,
            Rounding::HalfEven => Self::HalfEven,
        }
    }
}

/// The smallest amount that is paid in a currency, and how an amount comes to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CashUnit {
    /// Amounts to pay are multiples of this, such as 0.05 CHF.
    pub to: Money,
    /// Which way.
    #[serde(default)]
    pub mode: CashRounding,
}

impl CashUnit {
    /// The multiple of the unit that `amount` becomes. Rising amounts never fall, and amounts of both
    /// signs become opposites.
    ///
    /// # Errors
    /// When the currencies differ, the unit is not above zero, or the multiple is too large.
    pub fn round(&self, amount: Money) -> Result<Money, MoneyRefused> {
        amount.plus(Money::zero(self.to.currency))?;
        let unit = u64::try_from(self.to.minor)
            .ok()
            .filter(|unit| *unit > 0)
            .ok_or(MoneyRefused::NoUnit { unit: self.to })?;
        let size = amount.minor.unsigned_abs();
        let (whole, rest) = (size / unit, size % unit);
        let begun = match self.mode {
            CashRounding::HalfUp => rest >= unit - rest,
            CashRounding::HalfEven => rest > unit - rest || (rest == unit - rest && whole % 2 == 1),
            CashRounding::Up => rest > 0,
            CashRounding::Down => false,
        };
        let units = whole + u64::from(begun && rest > 0);
        let rounded = units
            .checked_mul(unit)
            .and_then(|size| i64::try_from(size).ok())
            .ok_or(MoneyRefused::TooLarge)?;
        let signed = if amount.minor < 0 { -rounded } else { rounded };
        Ok(Money::from_minor(signed, amount.currency))
    }

    /// The rounding line of an amount: what makes a multiple of the unit of it.
    ///
    /// # Errors
    /// As [`CashUnit::round`].
    pub fn line(&self, amount: Money) -> Result<RoundingLine, MoneyRefused> {
        Ok(RoundingLine {
            amount: self.round(amount)?.minus(amount)?,
            rule: *self,
            per_invoice: None,
        })
    }

    /// The rounding line of the next part of a whole of which the parts before came to `before`: all
    /// parts together come to what the whole comes to, so that a whole that is given back in parts is
    /// given back exactly.
    ///
    /// # Errors
    /// As [`CashUnit::round`].
    pub fn next_line(&self, before: Money, part: Money) -> Result<RoundingLine, MoneyRefused> {
        let after = self.round(before.plus(part)?)?;
        Ok(RoundingLine {
            amount: after.minus(self.round(before)?)?.minus(part)?,
            rule: *self,
            per_invoice: None,
        })
    }
}

impl fmt::Display for CashUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rounded to {}, {}", self.to, self.mode.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;
    use proptest::prelude::*;

    fn francs(minor: i64) -> Money {
        Money::from_minor(minor, "CHF".parse().unwrap())
    }

    fn to_five(mode: CashRounding) -> CashUnit {
        CashUnit {
            to: francs(5),
            mode,
        }
    }

    #[test]
    fn the_last_cents_go_the_way_of_the_rule() {
        let rounded = |mode, minor| to_five(mode).round(francs(minor)).unwrap().minor;
        let shown = [10_000, 10_002, 10_003, -10_003, 2];
        let by = |mode| shown.map(|minor| rounded(mode, minor));
        assert_eq!(
            by(CashRounding::HalfUp),
            [10_000, 10_000, 10_005, -10_005, 0]
        );
        assert_eq!(by(CashRounding::Up), [10_000, 10_005, 10_005, -10_005, 5]);
        assert_eq!(by(CashRounding::Down), [10_000, 10_000, 10_000, -10_000, 0]);
        // Half a unit exists only where the unit is even.
        let forints = |mode, minor| {
            let currency: Currency = "NOK".parse().unwrap();
            let unit = CashUnit {
                to: Money::from_minor(100, currency),
                mode,
            };
            unit.round(Money::from_minor(minor, currency))
                .unwrap()
                .minor
        };
        assert_eq!(forints(CashRounding::HalfUp, 250), 300);
        assert_eq!(forints(CashRounding::HalfEven, 250), 200);
        assert_eq!(forints(CashRounding::HalfEven, 350), 400);
        assert_eq!(
            to_five(CashRounding::HalfEven).to_string(),
            "rounded to 0.05 CHF, half to even"
        );
    }

    #[test]
    fn another_currency_and_no_unit_are_refused() {
        let euros = Money::from_minor(1, Currency::EUR);
        assert!(to_five(CashRounding::Up).round(euros).is_err());
        let none = CashUnit {
            to: francs(0),
            mode: CashRounding::Up,
        };
        assert!(none.round(francs(1)).is_err());
        assert!(to_five(CashRounding::Up).round(francs(i64::MAX)).is_err());
    }

    fn any_unit() -> impl Strategy<Value = CashUnit> {
        (2_i64..1_000, 0_usize..4).prop_map(|(unit, mode)| CashUnit {
            to: francs(unit),
            mode: CashRounding::ALL[mode],
        })
    }

    proptest! {
        #[test]
        fn a_rounded_amount_is_the_nearest_multiple_that_the_rule_allows(
            unit in any_unit(), minor in -1_000_000_000_i64..1_000_000_000, more in 0_i64..10_000,
        ) {
            let rounded = unit.round(francs(minor)).unwrap().minor;
            prop_assert_eq!(rounded % unit.to.minor, 0);
            prop_assert!((rounded - minor).abs() < unit.to.minor);
            prop_assert_eq!(unit.round(francs(-minor)).unwrap().minor, -rounded);
            prop_assert!(unit.round(francs(minor + more)).unwrap().minor >= rounded);
            let line = unit.line(francs(minor)).unwrap();
            prop_assert_eq!(line.amount.minor, rounded - minor);
        }

        #[test]
        fn parts_round_to_what_their_whole_rounds_to(
            unit in any_unit(), parts in prop::collection::vec(0_i64..100_000, 1..12),
        ) {
            let (mut before, mut paid) = (francs(0), 0);
            for part in parts {
                let line = unit.next_line(before, francs(part)).unwrap();
                // A whole unit where one half goes down and the next one up.
                prop_assert!(line.amount.minor.abs() <= unit.to.minor);
                prop_assert!(part + line.amount.minor >= 0);
                paid += part + line.amount.minor;
                before = before.plus(francs(part)).unwrap();
            }
            prop_assert_eq!(paid, unit.round(before).unwrap().minor);
        }
    }
}
