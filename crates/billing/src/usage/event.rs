//! Events of use as they are reported.

use super::{Meter, UsageRefusal};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use values::{Decimal, Instant, MeterCode, parse_decimal};

/// Longest key of an event, in bytes.
const KEY_BYTES: usize = 120;
/// Longest value of a unique count or a dimension, in bytes.
const TEXT_BYTES: usize = 120;
/// Decimal places of a value that are kept exactly.
pub(super) const PLACES: u32 = 12;
/// Values lie below this, either sign.
const LARGEST: Decimal = Decimal::from_parts(2_764_472_320, 232_830, 0, false, 0);

/// One event of use. It is the same event whenever meter and key are the same; other content under
/// the same key is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageEvent {
    /// The meter.
    pub meter: MeterCode,
    /// Its key, unique in the meter, chosen by who reports it.
    pub key: String,
    /// Whose use it is: a contract, by our id or as another system calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// Whose use it is: a customer with one contract that bills this meter, by our id or as another
    /// system calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// When it happened.
    pub at: Instant,
    /// How much, as a decimal; what is counted, for a unique count. 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<ReadingText>,
    /// What else it says.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, String>,
    /// The key of the event whose place it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// The key of the event that it takes away; it counts for nothing itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancels: Option<String>,
}

/// A value as it was written: text, or a whole number. A JSON number with a point is refused, because
/// it may have lost digits on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ReadingText(pub String);

impl<'de> Deserialize<'de> for ReadingText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;
        impl serde::de::Visitor<'_> for Written {
            type Value = ReadingText;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value in quotes such as \"12.50\", or a whole number")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<ReadingText, E> {
                Ok(ReadingText(text.to_owned()))
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<ReadingText, E> {
                Ok(ReadingText(number.to_string()))
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<ReadingText, E> {
                Ok(ReadingText(number.to_string()))
            }
        }
        deserializer.deserialize_any(Written)
    }
}

impl JsonSchema for ReadingText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "UsageValue".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["string", "integer"],
            "description": "A decimal in quotes such as \"12.50\", or a whole number; any text for a unique count."
        })
    }
}

/// What a checked event counts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The value in its one canonical text.
    pub value: String,
    /// The key of the event that it replaces or cancels; empty when none.
    pub corrects: String,
    /// Whether it counts for nothing itself.
    pub cancels: bool,
}

/// Whether `event` is one that `meter` can count.
///
/// # Errors
/// Which field is wrong, its value, and what to write instead.
pub fn check(meter: &Meter, event: &UsageEvent) -> Result<Checked, UsageRefusal> {
    check_key("key", &event.key)?;
    match (&event.contract, &event.customer) {
        (Some(_), Some(customer)) => {
            let mend = "name the contract or the customer, not both";
            return Err(UsageRefusal::of("customer", customer, mend));
        }
        (None, None) => {
            let mend = "name the contract, or a customer with one contract that bills this meter";
            return Err(UsageRefusal::of("contract", "", mend));
        }
        _ => {}
    }
    check_dimensions(meter, event)?;
    let corrects = match (&event.replaces, &event.cancels) {
        (Some(_), Some(key)) => {
            let mend = "an event replaces another or cancels it, not both";
            return Err(UsageRefusal::of("cancels", key, mend));
        }
        (Some(key), None) => Some(("replaces", key)),
        (None, Some(key)) => Some(("cancels", key)),
        (None, None) => None,
    };
    if let Some((field, key)) = corrects {
        check_key(field, key)?;
        if *key == event.key {
            let mend = "an event cannot correct itself; give the correction a key of its own";
            return Err(UsageRefusal::of(field, key, mend));
        }
    }
    Ok(Checked {
        value: value_of(meter, event)?,
        corrects: corrects.map_or_else(String::new, |(_, key)| key.clone()),
        cancels: event.cancels.is_some(),
    })
}

fn check_key(field: &str, key: &str) -> Result<(), UsageRefusal> {
    let fits = !key.is_empty() && key.len() <= KEY_BYTES && !key.chars().any(char::is_control);
    if fits {
        Ok(())
    } else {
        let mend = format!("give 1 to {KEY_BYTES} bytes of text without control characters");
        Err(UsageRefusal::of(field, key, mend))
    }
}

fn check_dimensions(meter: &Meter, event: &UsageEvent) -> Result<(), UsageRefusal> {
    for (name, value) in &event.dimensions {
        let field = || format!("dimensions.{name}");
        let Some(known) = meter.dimensions.iter().find(|known| known.name == *name) else {
            let names: Vec<&str> = meter.dimensions.iter().map(|d| d.name.as_str()).collect();
            let names = if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            };
            let mend = format!("meter {} knows these dimensions: {names}", meter.code);
            return Err(UsageRefusal::of(&field(), value, mend));
        };
        if !known.values.is_empty() && !known.values.contains(value) {
            let values: Vec<&str> = known.values.iter().map(String::as_str).collect();
            let mend = format!("use one of: {}", values.join(", "));
            return Err(UsageRefusal::of(&field(), value, mend));
        }
        if value.is_empty() || value.len() > TEXT_BYTES {
            let mend = format!("give 1 to {TEXT_BYTES} bytes of text");
            return Err(UsageRefusal::of(&field(), value, mend));
        }
    }
    for wanted in meter.dimensions.iter().filter(|known| known.required) {
        if !event.dimensions.contains_key(&wanted.name) && event.cancels.is_none() {
            let mend = format!("every event of meter {} says it", meter.code);
            return Err(UsageRefusal::of(
                &format!("dimensions.{}", wanted.name),
                "",
                mend,
            ));
        }
    }
    Ok(())
}

fn value_of(meter: &Meter, event: &UsageEvent) -> Result<String, UsageRefusal> {
    use super::Aggregation;
    if event.cancels.is_some() {
        return Ok("0".to_owned());
    }
    let text = event.value.as_ref().map(|value| value.0.as_str());
    match (meter.aggregation, text) {
        (Aggregation::Count, _) => Ok("1".to_owned()),
        (Aggregation::UniqueCount, Some(text)) if !text.is_empty() && text.len() <= TEXT_BYTES => {
            Ok(text.to_owned())
        }
        (Aggregation::UniqueCount, text) => {
            let mend = format!("say what is counted, such as a user, in 1 to {TEXT_BYTES} bytes");
            Err(UsageRefusal::of("value", text.unwrap_or(""), mend))
        }
        (_, None) => Ok("1".to_owned()),
        (aggregation, Some(text)) => number(aggregation, text),
    }
}

fn number(aggregation: super::Aggregation, text: &str) -> Result<String, UsageRefusal> {
    use super::Aggregation;
    // Most values are short whole numbers; they are their own canonical text.
    let bytes = text.as_bytes();
    let plain = bytes.len() <= 14 && bytes.iter().all(u8::is_ascii_digit);
    if plain && (bytes == b"0" || bytes.first().is_some_and(|first| *first != b'0')) {
        return Ok(text.to_owned());
    }
    let refused = |mend: &str| UsageRefusal::of("value", text, mend);
    let value = parse_decimal(text)
        .map_err(|_| refused("write a decimal number, digits with a point, such as \"12.50\""))?
        .normalize();
    if value.scale() > PLACES || value.abs() >= LARGEST {
        return Err(refused(
            "give at most 12 decimal places and less than 1,000,000,000,000,000",
        ));
    }
    let reading = matches!(aggregation, Aggregation::Max | Aggregation::Last);
    if reading && value.is_sign_negative() && !value.is_zero() {
        return Err(refused("a reading is zero or more"));
    }
    Ok(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_value_is_what_its_words_say() {
        assert_eq!(LARGEST, Decimal::from(1_000_000_000_000_000_i64));
    }
}
