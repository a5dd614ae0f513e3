//! Exact amounts. Rounding happens once, at a named step, by a named rule; a split conserves.

use crate::Currency;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// An exact amount. `minor` counts the smallest unit of `currency` (EUR: cents, JPY: yen).
/// The range is that of `i64`; arithmetic that leaves it is an error, never a wrap.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// Whole minor units, signed.
    pub minor: i64,
    /// The currency that the units are of.
    pub currency: Currency,
}

/// Why an amount could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyRefused {
    /// Two currencies met in one sum.
    #[error("{left} and {right} cannot be added: convert one at a stated rate first")]
    CurrenciesDiffer {
        /// Currency of the first amount.
        left: Currency,
        /// Currency of the second amount.
        right: Currency,
    },
    /// The result does not fit 64 bits of minor units.
    #[error("the amount is larger than 92 quadrillion minor units")]
    TooLarge,
    /// The decimal has more places than the currency.
    #[error("{amount} {currency} has more decimal places than the {places} of {currency}")]
    TooFine {
        /// The decimal given.
        amount: Decimal,
        /// The currency.
        currency: Currency,
        /// Places that the currency has.
        places: u32,
    },
    /// The text is not a decimal.
    #[error(transparent)]
    NotADecimal(#[from] crate::DecimalRefused),
    /// All weights of a split are zero, or there are none.
    #[error("an amount cannot be split by weights that add up to nothing")]
    NoWeights,
    /// A unit of zero or less.
    #[error("an amount cannot be rounded to {unit}, which is not above zero")]
    NoUnit {
        /// The unit given.
        unit: Money,
    },
}

/// The named rules by which a finer amount becomes whole minor units.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Half goes away from zero: 0.005 becomes 0.01, −0.005 becomes −0.01.
    #[default]
    HalfUp,
    /// Half goes to the even neighbour.
    HalfEven,
}

/// Rounds `exact` major units to minor units of `currency` by `rule`.
///
/// # Errors
/// When the result does not fit 64 bits.
pub fn round_to_minor(
    exact: Decimal,
    currency: Currency,
    rule: Rounding,
) -> Result<i64, MoneyRefused> {
    let strategy = match rule {
        Rounding::HalfUp => RoundingStrategy::MidpointAwayFromZero,
        Rounding::HalfEven => RoundingStrategy::MidpointNearestEven,
    };
    let scale = Decimal::from(10_i64.pow(currency.exponent()));
    let minor = exact
        .round_dp_with_strategy(currency.exponent(), strategy)
        .checked_mul(scale)
        .ok_or(MoneyRefused::TooLarge)?;
    i64::try_from(minor).map_err(|_| MoneyRefused::TooLarge)
}

/// Rounds a price or rate to decimal places, half away from zero.
#[must_use]
pub fn round_places(exact: Decimal, places: u32) -> Decimal {
    exact
        .round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
        .normalize()
}

/// Splits `minor` units by non-negative `weights`: each part is the difference of consecutive
/// cumulative shares rounded half away from zero, so the parts add up to the whole exactly and no
/// part strays from its exact share by a whole unit.
///
/// # Errors
/// When the weights add up to nothing or the arithmetic overflows.
pub fn split_minor(minor: i64, weights: &[u64]) -> Result<Vec<i64>, MoneyRefused> {
    let total: u128 = weights.iter().map(|w| u128::from(*w)).sum();
    if total == 0 {
        return Err(MoneyRefused::NoWeights);
    }
    let total = i128::try_from(total).map_err(|_| MoneyRefused::TooLarge)?;
    let whole = i128::from(minor);
    let (mut seen, mut given, mut parts) = (0_i128, 0_i128, Vec::with_capacity(weights.len()));
    for weight in weights {
        seen += i128::from(*weight);
        let doubled = whole.checked_mul(seen * 2).ok_or(MoneyRefused::TooLarge)?;
        let cumulative = (doubled + whole.signum() * total) / (total * 2);
        parts.push(i64::try_from(cumulative - given).map_err(|_| MoneyRefused::TooLarge)?);
        given = cumulative;
    }
    Ok(parts)
}

impl Money {
    /// An amount of `minor` units.
    #[must_use]
    pub fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in `currency`.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// An amount from major units that must not be finer than the currency.
    ///
    /// # Errors
    /// When precision would be lost, or the amount is too large.
    pub fn from_decimal_exact(amount: Decimal, currency: Currency) -> Result<Self, MoneyRefused> {
        let places = currency.exponent();
        if amount.normalize().scale() > places {
            return Err(MoneyRefused::TooFine {
                amount,
                currency,
                places,
            });
        }
        round_to_minor(amount, currency, Rounding::HalfUp).map(|minor| Self { minor, currency })
    }

    /// An amount from text in major units, such as `"12.50"`.
    ///
    /// # Errors
    /// When the text is not a decimal, or finer than the currency.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, MoneyRefused> {
        Self::from_decimal_exact(crate::parse_decimal(amount)?, currency)
    }

    /// Major units, exactly, with all places of the currency.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        Decimal::new(self.minor, self.currency.exponent())
    }

    /// The sum.
    ///
    /// # Errors
    /// When the currencies differ or the sum is too large.
    pub fn plus(self, other: Money) -> Result<Money, MoneyRefused> {
        if self.currency != other.currency {
            return Err(MoneyRefused::CurrenciesDiffer {
                left: self.currency,
                right: other.currency,
            });
        }
        let minor = self
            .minor
            .checked_add(other.minor)
            .ok_or(MoneyRefused::TooLarge)?;
        Ok(Money {
            minor,
            currency: self.currency,
        })
    }

    /// The difference.
    ///
    /// # Errors
    /// As [`Money::plus`].
    pub fn minus(self, other: Money) -> Result<Money, MoneyRefused> {
        self.plus(other.negated()?)
    }

    /// The amount with the other sign.
    ///
    /// # Errors
    /// Only for the one amount that has no opposite in 64 bits.
    pub fn negated(self) -> Result<Money, MoneyRefused> {
        let minor = self.minor.checked_neg().ok_or(MoneyRefused::TooLarge)?;
        Ok(Money {
            minor,
            currency: self.currency,
        })
    }

    /// Parts in proportion to `weights` that add up to this amount exactly; see [`split_minor`].
    ///
    /// # Errors
    /// As [`split_minor`].
    pub fn split(self, weights: &[u64]) -> Result<Vec<Money>, MoneyRefused> {
        let parts = split_minor(self.minor, weights)?;
        Ok(parts
            .into_iter()
            .map(|minor| Money {
                minor,
                currency: self.currency,
            })
            .collect())
    }

    /// Whether the amount is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The amount with thousands grouped and all places, without the currency: `-1,234.50`.
    #[must_use]
    pub fn grouped(self) -> String {
        let text = self.decimal().abs().to_string();
        let (whole, fraction) = text
            .split_once('.')
            .map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
        let mut grouped = String::with_capacity(text.len() + 8);
        if self.minor < 0 {
            grouped.push('-');
        }
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index) % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        if let Some(fraction) = fraction {
            grouped.push('.');
            grouped.push_str(fraction);
        }
        grouped
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.grouped(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

/// The shape on the wire: `{"amount": "12.50", "currency": "EUR"}`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    amount: String,
    currency: Currency,
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire {
            amount: self.decimal().to_string(),
            currency: self.currency,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        Money::parse(&wire.amount, wire.currency).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn money_prints_as_people_write_it() {
        assert_eq!(
            Money::from_minor(-123_456_789, Currency::EUR).to_string(),
            "-1,234,567.89 EUR"
        );
        assert_eq!(Money::from_minor(5, Currency::USD).to_string(), "0.05 USD");
        assert_eq!(
            Money::from_minor(1_000, "JPY".parse().unwrap()).to_string(),
            "1,000 JPY"
        );
    }

    #[test]
    fn money_goes_over_the_wire_as_text() {
        let text = serde_json::to_string(&Money::from_minor(1250, Currency::EUR)).unwrap();
        assert_eq!(text, r#"{"amount":"12.50","currency":"EUR"}"#);
        assert_eq!(serde_json::from_str::<Money>(&text).unwrap().minor, 1250);
        assert!(serde_json::from_str::<Money>(r#"{"amount":"12.505","currency":"EUR"}"#).is_err());
        assert!(serde_json::from_str::<Money>(r#"{"amount":12.5,"currency":"EUR"}"#).is_err());
    }

    #[test]
    fn three_weights_of_99_round_cumulatively() {
        assert_eq!(
            split_minor(9_900, &[3_385, 4_307, 2_308]).unwrap(),
            [3_351, 4_264, 2_285]
        );
        assert_eq!(split_minor(100, &[1, 1, 1]).unwrap(), [33, 34, 33]);
    }

    proptest! {
        #[test]
        fn a_split_conserves_the_whole(minor in -10_i64.pow(15)..10_i64.pow(15), weights in prop::collection::vec(0_u64..10_000, 1..40)) {
            prop_assume!(weights.iter().any(|w| *w > 0));
            let parts = split_minor(minor, &weights).unwrap();
            prop_assert_eq!(parts.iter().sum::<i64>(), minor);
            for (part, weight) in parts.iter().zip(&weights) {
                prop_assert!(*part == 0 || *weight > 0);
            }
        }

        #[test]
        fn text_and_back_is_the_same_amount(minor in any::<i64>(), code in prop::sample::select(vec!["EUR", "JPY", "KWD", "CLF"])) {
            let currency: Currency = code.parse().unwrap();
            let money = Money::from_minor(minor, currency);
            prop_assert_eq!(Money::parse(&money.decimal().to_string(), currency).unwrap(), money);
        }
    }
}
