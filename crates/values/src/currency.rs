//! ISO 4217 currencies and the number of decimal places of their minor unit.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// An ISO 4217 currency. Prints and parses as its three letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// The text is not a currency of ISO 4217 list one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code:?} is not an ISO 4217 currency; use three capital letters such as \"EUR\"")]
pub struct UnknownCurrency {
    /// What was given.
    pub code: String,
}

/// Codes whose minor unit is not a hundredth, with their exponent (ISO 4217 list one, 2026).
const OTHER_EXPONENTS: &[(&[u8; 3], u32)] = &[
    (b"BHD", 3),
    (b"BIF", 0),
    (b"CLF", 4),
    (b"CLP", 0),
    (b"DJF", 0),
    (b"GNF", 0),
    (b"IQD", 3),
    (b"ISK", 0),
    (b"JOD", 3),
    (b"JPY", 0),
    (b"KMF", 0),
    (b"KRW", 0),
    (b"KWD", 3),
    (b"LYD", 3),
    (b"OMR", 3),
    (b"PYG", 0),
    (b"RWF", 0),
    (b"TND", 3),
    (b"UGX", 0),
    (b"UYI", 0),
    (b"UYW", 4),
    (b"VND", 0),
    (b"VUV", 0),
    (b"XAF", 0),
    (b"XOF", 0),
    (b"XPF", 0),
];

/// Codes whose minor unit is a hundredth.
const HUNDREDTHS: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD \
BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP \
GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR \
LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN \
PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS \
TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD YER ZAR ZMW ZWG";

impl Currency {
    /// United States dollar.
    pub const USD: Currency = Currency(*b"USD");
    /// Euro.
    pub const EUR: Currency = Currency(*b"EUR");

    /// The three letters.
    #[must_use]
    pub fn code(&self) -> &str {
        // The bytes are ASCII capitals by construction.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Decimal places of the minor unit: 2 for EUR, 0 for JPY, 3 for KWD.
    #[must_use]
    pub fn exponent(&self) -> u32 {
        other_exponent(self.0).unwrap_or(2)
    }
}

/// The exponent of a code whose minor unit is not a hundredth.
fn other_exponent(code: [u8; 3]) -> Option<u32> {
    let found = OTHER_EXPONENTS.binary_search_by(|(known, _)| known.cmp(&&code));
    found.ok().map(|at| OTHER_EXPONENTS[at].1)
}

/// Whether the minor unit of a code is a hundredth. Currencies stand in every line that is read, so they
/// are looked up rather than searched from the start.
fn is_of_hundredths(code: [u8; 3]) -> bool {
    let (codes, last) = HUNDREDTHS.as_bytes().as_chunks::<4>();
    last == code
        || codes
            .binary_search_by(|known| known[..3].cmp(&code[..]))
            .is_ok()
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        let refused = || UnknownCurrency {
            code: text.chars().take(12).collect(),
        };
        let bytes: [u8; 3] = text.as_bytes().try_into().map_err(|_| refused())?;
        if other_exponent(bytes).is_some() || is_of_hundredths(bytes) {
            Ok(Currency(bytes))
        } else {
            Err(refused())
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_knows_its_minor_unit() {
        let exponent = |code: &str| code.parse::<Currency>().unwrap().exponent();
        assert_eq!(
            (exponent("EUR"), exponent("JPY"), exponent("KWD")),
            (2, 0, 3)
        );
    }

    #[test]
    fn every_listed_code_is_found() {
        for code in HUNDREDTHS.split_ascii_whitespace() {
            assert_eq!(code.parse::<Currency>().unwrap().exponent(), 2, "{code}");
        }
        for (code, exponent) in OTHER_EXPONENTS {
            let code = str::from_utf8(*code).unwrap();
            assert_eq!(code.parse::<Currency>().unwrap().exponent(), *exponent);
        }
    }

    #[test]
    fn what_is_no_currency_is_refused_in_words() {
        for bad in ["", "eur", "EURO", "ZZZ", "E R"] {
            let message = bad.parse::<Currency>().unwrap_err().to_string();
            assert!(message.contains("ISO 4217"), "{message}");
        }
    }
}
