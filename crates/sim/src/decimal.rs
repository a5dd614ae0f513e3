//! Decimal numbers as whole units of a fixed scale, read from text and never from a float.

use serde_json::Value;

/// Reads a plain decimal (`-12.5`, `3.0`, `1e3`) as a whole number of 10^-`scale`.
/// `None` when it is not a decimal, needs more places than `scale`, or is out of range.
pub(crate) fn parse_scaled(text: &str, scale: u32) -> Option<i128> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        None => (text, 0),
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let mut value: i128 = format!("{whole}{fraction}").parse().ok()?;
    let mut places = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    let scale = i32::try_from(scale).ok()?;
    while places > scale {
        if value % 10 != 0 {
            return None;
        }
        value /= 10;
        places -= 1;
    }
    for _ in places..scale {
        value = value.checked_mul(10)?;
    }
    Some(if negative { -value } else { value })
}

/// A JSON number as whole minor units of a currency with `decimals` places. Refuses more than 15
/// significant digits, which a JSON number does not carry safely between systems.
pub(crate) fn minor_of(value: &Value, decimals: u32) -> Option<i64> {
    let Value::Number(number) = value else {
        return None;
    };
    let text = number.to_string();
    if text.bytes().filter(u8::is_ascii_digit).count() > 16 {
        return None;
    }
    i64::try_from(parse_scaled(&text, decimals)?).ok()
}

/// Whole minor units as a JSON number with a decimal point, `1234` → `12.34`, made from its text.
pub(crate) fn number_of(minor: i64, decimals: u32) -> Value {
    serde_json::from_str(&text_of(minor, decimals)).unwrap_or(Value::Null)
}

/// Whole minor units as decimal text; always with a decimal point, as Salesforce and NetSuite write amounts.
pub(crate) fn text_of(minor: i64, decimals: u32) -> String {
    let unit = 10_i128.pow(decimals.min(18));
    let magnitude = i128::from(minor).abs();
    let sign = if minor < 0 { "-" } else { "" };
    if decimals == 0 {
        return format!("{sign}{magnitude}.0");
    }
    format!(
        "{sign}{}.{:0width$}",
        magnitude / unit,
        magnitude % unit,
        width = decimals as usize
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_stay_exact() {
        assert_eq!(parse_scaled("12.34", 2), Some(1_234));
        assert_eq!(parse_scaled("-0.1", 2), Some(-10));
        assert_eq!(parse_scaled("1e3", 2), Some(100_000));
        assert_eq!(parse_scaled("12.340", 2), Some(1_234));
        assert_eq!(parse_scaled("12.345", 2), None);
        assert_eq!(parse_scaled("1.2.3", 2), None);
        assert_eq!(parse_scaled("", 2), None);
        assert_eq!(minor_of(&serde_json::json!(1428.5), 2), Some(142_850));
        assert_eq!(minor_of(&serde_json::json!("12"), 2), None);
        assert_eq!(number_of(-1_234, 2).to_string(), "-12.34");
        assert_eq!(number_of(5, 2).to_string(), "0.05");
        assert_eq!(
            minor_of(&number_of(999_999_999_999, 2), 2),
            Some(999_999_999_999)
        );
    }
}
