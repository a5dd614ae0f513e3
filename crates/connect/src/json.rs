//! Reading foreign JSON field by field, with the text of every number kept.
//!
//! `serde_json::Value` would turn `0.1` into a binary float, so records are held as a map from
//! field name to the raw text of its value, and each field is taken by the type it must have.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use values::{Currency, Date, Decimal, Instant, parse_date};

use crate::fault::ReadFault;

/// One JSON object and where it sits in the answer.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    system: &'static str,
    path: String,
    fields: BTreeMap<String, &'a RawValue>,
}

impl<'a> Record<'a> {
    /// Reads the object that makes up a whole body. `what` names it in a fault.
    pub fn of_body(
        system: &'static str,
        what: &'static str,
        body: &'a [u8],
    ) -> Result<Record<'a>, ReadFault> {
        let fields = serde_json::from_slice(body)
            .map_err(|error| ReadFault::not_json(system, what, body, &error.to_string()))?;
        Ok(Record {
            system,
            path: String::new(),
            fields,
        })
    }

    /// Reads an object from raw JSON at `path`.
    pub fn of_raw(
        system: &'static str,
        path: String,
        raw: &'a RawValue,
    ) -> Result<Record<'a>, ReadFault> {
        match serde_json::from_str(raw.get()) {
            Ok(fields) => Ok(Record {
                system,
                path,
                fields,
            }),
            Err(_) => Err(ReadFault::unreadable(
                system,
                path,
                raw.get(),
                "a JSON object is expected here",
            )),
        }
    }

    /// Reads a body that is a list of objects.
    pub fn list_of_body(
        system: &'static str,
        what: &'static str,
        body: &'a [u8],
    ) -> Result<Vec<Record<'a>>, ReadFault> {
        let items: Vec<&'a RawValue> = serde_json::from_slice(body)
            .map_err(|error| ReadFault::not_json(system, what, body, &error.to_string()))?;
        items
            .into_iter()
            .enumerate()
            .map(|(index, raw)| Record::of_raw(system, format!("[{index}]"), raw))
            .collect()
    }

    /// Path of a field as a fault names it.
    pub fn path_of(&self, field: &str) -> String {
        if self.path.is_empty() {
            field.to_owned()
        } else {
            format!("{}.{field}", self.path)
        }
    }

    /// The raw text of a field; `None` when absent or null.
    pub fn raw(&self, field: &str) -> Option<&'a RawValue> {
        self.fields
            .get(field)
            .copied()
            .filter(|raw| raw.get() != "null")
    }

    /// A fault that says the field holds what it must not.
    pub fn refuse(&self, field: &str, value: &str, mend: &str) -> ReadFault {
        ReadFault::unreadable(self.system, self.path_of(field), value, mend)
    }

    /// A fault that says the field is needed.
    pub fn lacks(&self, field: &str) -> ReadFault {
        ReadFault::missing(self.system, self.path_of(field), "a value is needed here")
    }

    /// A text; `None` when absent or null.
    pub fn text(&self, field: &str) -> Result<Option<String>, ReadFault> {
        self.typed(field, "a JSON string is expected")
    }

    /// A text we cannot do without.
    pub fn needed_text(&self, field: &str) -> Result<String, ReadFault> {
        self.text(field)?.ok_or_else(|| self.lacks(field))
    }

    /// A whole number that fits 64 bits with sign; `None` when absent or null.
    pub fn whole(&self, field: &str) -> Result<Option<i64>, ReadFault> {
        self.typed(field, "a whole number of at most 64 bits is expected")
    }

    /// A whole number we cannot do without.
    pub fn needed_whole(&self, field: &str) -> Result<i64, ReadFault> {
        self.whole(field)?.ok_or_else(|| self.lacks(field))
    }

    /// True or false; `None` when absent or null.
    pub fn flag(&self, field: &str) -> Result<Option<bool>, ReadFault> {
        self.typed(field, "true or false is expected")
    }

    /// A decimal, exactly as written, from a JSON number or from a string that holds one.
    pub fn decimal(&self, field: &str) -> Result<Option<Decimal>, ReadFault> {
        let Some(raw) = self.raw(field) else {
            return Ok(None);
        };
        let text = raw.get();
        let bare = text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .unwrap_or(text);
        exact_decimal(bare).map(Some).ok_or_else(|| {
            self.refuse(
                field,
                text,
                "a decimal number of at most 28 digits is expected",
            )
        })
    }

    /// An ISO 4217 currency in either case; `None` when absent or null.
    pub fn currency(&self, field: &str) -> Result<Option<Currency>, ReadFault> {
        let Some(code) = self.text(field)? else {
            return Ok(None);
        };
        match code.to_ascii_uppercase().parse() {
            Ok(currency) => Ok(Some(currency)),
            Err(_) => Err(self.refuse(field, &code, "an ISO 4217 currency code is expected")),
        }
    }

    /// A civil date `YYYY-MM-DD`; `None` when absent or null.
    pub fn date(&self, field: &str) -> Result<Option<Date>, ReadFault> {
        let Some(text) = self.text(field)? else {
            return Ok(None);
        };
        match parse_date(&text) {
            Ok(date) => Ok(Some(date)),
            Err(_) => Err(self.refuse(field, &text, "a date such as 2026-02-28 is expected")),
        }
    }

    /// An instant in ISO 8601 with an offset; `None` when absent or null.
    pub fn instant(&self, field: &str) -> Result<Option<Instant>, ReadFault> {
        let Some(text) = self.text(field)? else {
            return Ok(None);
        };
        match text.parse() {
            Ok(instant) => Ok(Some(instant)),
            Err(_) => Err(self.refuse(
                field,
                &text,
                "an instant such as 2026-02-28T09:30:00.000+0000 is expected",
            )),
        }
    }

    /// An instant in whole seconds since the Unix epoch; `None` when absent or null.
    pub fn unix_seconds(&self, field: &str) -> Result<Option<Instant>, ReadFault> {
        Ok(self.whole(field)?.map(Instant::from_seconds))
    }

    /// A nested object; `None` when absent or null.
    pub fn record(&self, field: &str) -> Result<Option<Record<'a>>, ReadFault> {
        self.raw(field)
            .map(|raw| Record::of_raw(self.system, self.path_of(field), raw))
            .transpose()
    }

    /// A nested list as raw values; empty when absent or null.
    pub fn list(&self, field: &str) -> Result<Vec<&'a RawValue>, ReadFault> {
        Ok(self
            .typed(field, "a JSON list is expected")?
            .unwrap_or_default())
    }

    /// A nested list of objects; empty when absent or null.
    pub fn records(&self, field: &str) -> Result<Vec<Record<'a>>, ReadFault> {
        self.list(field)?
            .into_iter()
            .enumerate()
            .map(|(index, raw)| {
                let path = format!("{}[{index}]", self.path_of(field));
                Record::of_raw(self.system, path, raw)
            })
            .collect()
    }

    /// A nested object whose values are texts; empty when absent or null.
    pub fn texts(&self, field: &str) -> Result<BTreeMap<String, String>, ReadFault> {
        Ok(self
            .typed(field, "an object of texts is expected")?
            .unwrap_or_default())
    }

    /// All texts, numbers and booleans of the record by their text; nulls, lists and nested
    /// objects are left out.
    pub fn scalars(&self) -> Result<BTreeMap<String, String>, ReadFault> {
        let mut texts = BTreeMap::new();
        for (name, raw) in &self.fields {
            match raw.get().as_bytes().first() {
                Some(b'{' | b'[' | b'n') | None => {}
                Some(b'"') => {
                    texts.insert(name.clone(), self.needed_text(name)?);
                }
                Some(_) => {
                    texts.insert(name.clone(), raw.get().to_owned());
                }
            }
        }
        Ok(texts)
    }

    fn typed<T: serde::Deserialize<'a>>(
        &self,
        field: &str,
        mend: &str,
    ) -> Result<Option<T>, ReadFault> {
        match self.raw(field) {
            None => Ok(None),
            Some(raw) => serde_json::from_str(raw.get())
                .map(Some)
                .map_err(|_| self.refuse(field, raw.get(), mend)),
        }
    }
}

/// Largest power of ten accepted in a number's exponent, either way.
const EXPONENT_MAX: i32 = 28;

/// Reads a decimal from its text without rounding; `None` when it is no number or needs more
/// than 28 digits. Java-based vendors write large figures as `1.0E7`, so exponents are taken.
pub(crate) fn exact_decimal(text: &str) -> Option<Decimal> {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return Decimal::from_str_exact(text).ok();
    };
    let exponent: i32 = exponent.parse().ok()?;
    if exponent.abs() > EXPONENT_MAX {
        return None;
    }
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let point = i32::try_from(whole.len()).ok()?.checked_add(exponent)?;
    let all = format!("{whole}{fraction}");
    let shifted = if point <= 0 {
        let zeros = usize::try_from(point.checked_neg()?).ok()?;
        format!("{sign}0.{}{all}", "0".repeat(zeros))
    } else {
        let point = usize::try_from(point).ok()?;
        let padded = format!("{all:0<point$}");
        let (left, right) = padded.split_at_checked(point)?;
        let separator = if right.is_empty() { "" } else { "." };
        format!("{sign}{left}{separator}{right}")
    };
    Decimal::from_str_exact(&shifted).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_keep_the_text_of_the_number() {
        let body =
            br#"{"a":0.1,"b":0.2,"long":1234567890123456.78,"java":1.0E7,"small":2.5E-3,"s":"12.30"}"#;
        let record = Record::of_body("salesforce", "record", body).unwrap();
        let sum = record.decimal("a").unwrap().unwrap() + record.decimal("b").unwrap().unwrap();
        assert_eq!(sum.to_string(), "0.3");
        let text = |field: &str| record.decimal(field).unwrap().unwrap().to_string();
        assert_eq!(text("long"), "1234567890123456.78");
        assert_eq!(text("java"), "10000000");
        assert_eq!(text("small"), "0.0025");
        assert_eq!(text("s"), "12.30");
        assert_eq!(record.decimal("absent").unwrap(), None);
    }

    #[test]
    fn a_fault_names_field_value_and_mend() {
        let body = br#"{"outer":{"amount":12.5,"name":7}}"#;
        let record = Record::of_body("stripe", "charge", body).unwrap();
        let outer = record.record("outer").unwrap().unwrap();
        assert_eq!(
            outer.whole("amount").unwrap_err().to_string(),
            "stripe field outer.amount holds 12.5: a whole number of at most 64 bits is expected"
        );
        assert_eq!(
            outer.needed_text("name").unwrap_err().to_string(),
            "stripe field outer.name holds 7: a JSON string is expected"
        );
        assert_eq!(
            outer.needed_text("id").unwrap_err().to_string(),
            "stripe field outer.id holds nothing: a value is needed here"
        );
    }

    #[test]
    fn cut_off_and_foreign_bodies_are_refused() {
        for body in [
            &b"{\"id\":\"pi_1\",\"amo"[..],
            b"<html></html>",
            b"",
            b"[1]",
        ] {
            let fault = Record::of_body("stripe", "payment intent", body).unwrap_err();
            assert_eq!(fault.system, "stripe");
            assert_eq!(fault.kind, crate::ReadFaultKind::NotJson);
        }
    }

    #[test]
    fn figures_beyond_28_digits_are_refused_rather_than_rounded() {
        assert_eq!(exact_decimal("0.12345678901234567890123456789012"), None);
        assert_eq!(exact_decimal("1E99"), None);
        assert_eq!(exact_decimal("abc"), None);
        assert_eq!(exact_decimal("1E"), None);
    }

    proptest! {
        #[test]
        fn shifting_by_an_exponent_is_exact(digits in 1i64..1_000_000_000, exponent in -9i32..9) {
            let shifted = exact_decimal(&format!("{digits}E{exponent}"));
            let expected = if exponent < 0 {
                Decimal::new(digits, exponent.unsigned_abs())
            } else {
                Decimal::from(digits) * Decimal::from(10i64.pow(exponent.unsigned_abs()))
            };
            prop_assert_eq!(shifted, Some(expected));
        }
    }
}
