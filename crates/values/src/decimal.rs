//! Prices, quantities and rates: decimals that keep their exact text.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// The text is not a decimal number that can be kept exactly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a decimal number; write digits with a point, such as \"12.50\"")]
pub struct DecimalRefused {
    /// What was given, cut to 40 characters.
    pub text: String,
}

/// Reads a decimal exactly: at most 28 significant digits, no exponent, no grouping.
///
/// # Errors
/// When the text is anything else, or would have to be rounded to be kept.
pub fn parse_decimal(text: &str) -> Result<Decimal, DecimalRefused> {
    let refused = || DecimalRefused {
        text: text.chars().take(40).collect(),
    };
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty()
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    if !plain {
        return Err(refused());
    }
    Decimal::from_str_exact(text).map_err(|_| refused())
}

macro_rules! decimal_value {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(Decimal);

        impl $name {
            /// Wraps a decimal; any sign is allowed, the domain refuses what makes no sense to it.
            #[must_use]
            pub fn new(value: Decimal) -> Self { Self(value.normalize()) }
            /// The decimal, without trailing zeros.
            #[must_use]
            pub fn decimal(self) -> Decimal { self.0 }
        }
        impl From<i64> for $name { fn from(value: i64) -> Self { Self(Decimal::from(value)) } }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Display::fmt(&self.0, f) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Display::fmt(&self.0, f) }
        }
        impl FromStr for $name {
            type Err = DecimalRefused;
            fn from_str(text: &str) -> Result<Self, DecimalRefused> { parse_decimal(text).map(Self::new) }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(ExactDecimal).map(Self::new)
            }
        }
    };
}

decimal_value!(
    /// How many: seats, units, hours.
    Quantity
);
decimal_value!(
    /// A price per unit in major units of some currency; may be finer than the minor unit.
    UnitPrice
);
decimal_value!(
    /// A proportion such as a tax rate: `0.19` is 19 %.
    Rate
);

/// Takes a decimal from text or a whole number; a JSON number with a point is refused, because the
/// reader before us may already have turned it into a float and lost a cent.
struct ExactDecimal;

impl serde::de::Visitor<'_> for ExactDecimal {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal in quotes such as \"12.50\", or a whole number")
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Decimal, E> {
        parse_decimal(text).map_err(E::custom)
    }
    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Decimal, E> {
        Ok(Decimal::from(value))
    }
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Decimal, E> {
        Ok(Decimal::from(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_kept_exactly_or_refused() {
        assert_eq!("0.10".parse::<UnitPrice>().unwrap().to_string(), "0.1");
        for bad in [
            "",
            "-",
            ".5",
            "5.",
            "1e3",
            "1,000",
            "+1",
            "1.2.3",
            "0.12345678901234567890123456789012",
        ] {
            assert!(bad.parse::<UnitPrice>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_json_number_with_a_point_is_refused_with_the_mend() {
        assert_eq!(
            serde_json::from_str::<Quantity>("3").unwrap(),
            Quantity::from(3)
        );
        let message = serde_json::from_str::<Quantity>("3.5")
            .unwrap_err()
            .to_string();
        assert!(message.contains("a decimal in quotes"), "{message}");
    }
}
