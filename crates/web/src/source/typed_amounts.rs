//! Amounts as people type them into one field: several with commas between, thousands grouped or not.

use crate::console::SourceFault;
use serde_json::{Value, json};

/// Limits such as `10,000.00 EUR, 500 USD`.
pub(super) fn limits(text: &str) -> Result<Value, SourceFault> {
    let mut all = Vec::new();
    for part in parts(text) {
        let mut words = part.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some(amount), Some(currency), None) => all.push(amount_in(amount, currency)?),
            _ => return Err(refused(part, "no limit; write it as 10,000.00 EUR")),
        }
    }
    Ok(Value::Array(all))
}

/// Cash units such as `0.05 CHF half up, 1.00 SEK`.
pub(super) fn cash_units(text: &str) -> Result<Value, SourceFault> {
    let mut all = Vec::new();
    for part in parts(text) {
        let words: Vec<&str> = part.split_whitespace().collect();
        let [amount, currency, way @ ..] = &words[..] else {
            return Err(refused(part, "no cash unit; write it as 0.05 CHF half up"));
        };
        let mode = match way.join(" ").to_lowercase().as_str() {
            "" | "half up" => "half_up",
            "half to even" | "half even" => "half_even",
            "up" => "up",
            "down" => "down",
            _ => {
                let mend =
                    "no way to round; write half up, half to even, up or down after the unit";
                return Err(refused(part, mend));
            }
        };
        all.push(json!({ "to": amount_in(amount, currency)?, "mode": mode }));
    }
    Ok(Value::Array(all))
}

/// Where net amounts are rounded: `per_line`, or the rule of once per invoice; nothing when nothing is said.
pub(super) fn net_rounding(word: &str) -> Option<Value> {
    match word.trim() {
        "" => None,
        "per_line" => Some(json!("per_line")),
        way => Some(json!({ "per_invoice": way })),
    }
}

fn refused(part: &str, why: &str) -> SourceFault {
    SourceFault::Refused {
        reason: format!("{part:?} is {why}"),
    }
}

/// The parts between the commas that are no grouping of thousands: those after a letter.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, _) in text.match_indices([',', ';']) {
        let before = text[from..at].trim_end();
        if before.is_empty() || before.ends_with(|last: char| !last.is_ascii_digit()) {
            parts.push(&text[from..at]);
            from = at + 1;
        }
    }
    parts.push(&text[from..]);
    parts.retain(|part| !part.trim().is_empty());
    parts.iter().map(|part| part.trim()).collect()
}

fn amount_in(amount: &str, currency: &str) -> Result<Value, SourceFault> {
    let plain = ungrouped(amount).ok_or_else(|| {
        refused(
            amount,
            "no amount; group thousands by threes, as in 10,000.00",
        )
    })?;
    Ok(json!({ "amount": plain, "currency": currency.to_uppercase() }))
}

/// The amount without the commas of its thousands; nothing where a comma groups none, such as a decimal
/// comma.
pub(crate) fn ungrouped(amount: &str) -> Option<String> {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    let mut groups = whole.split(',');
    let first = groups.next()?.trim_start_matches('-');
    let mut grouped = false;
    for group in groups {
        grouped = true;
        if group.len() != 3 {
            return None;
        }
    }
    let fits = !grouped || (1..=3).contains(&first.len());
    (fits && !fraction.contains(',')).then(|| amount.replace(',', ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::journey::invoice_policy::NetRounding;
    use values::Rounding;

    #[test]
    fn thousands_may_be_grouped_and_a_decimal_comma_is_refused() {
        let read = |text| limits(text).unwrap();
        let one = json!({ "amount": "10000.00", "currency": "EUR" });
        let other = json!({ "amount": "1250000", "currency": "USD" });
        assert_eq!(read("10,000.00 EUR, 1,250,000 usd"), json!([one, other]));
        assert_eq!(read("10000.00 EUR,1250000 USD"), json!([one, other]));
        assert_eq!(read(" "), json!([]));
        for wrong in [
            "10,00 EUR",
            "1,0000 EUR",
            "1.000,00 EUR",
            "1000,000 EUR",
            "EUR",
            "5 EUR now",
        ] {
            assert!(limits(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lines_are_rounded_each_or_once_by_a_rule_that_the_policy_reads() {
        assert_eq!(net_rounding(""), None);
        for (word, read) in [
            ("per_line", NetRounding::PerLine),
            ("half_up", NetRounding::PerInvoice(Rounding::HalfUp)),
            ("half_even", NetRounding::PerInvoice(Rounding::HalfEven)),
        ] {
            let sent = net_rounding(word).unwrap();
            assert_eq!(serde_json::from_value::<NetRounding>(sent).unwrap(), read);
        }
        let wrong = net_rounding("sideways").unwrap();
        assert!(serde_json::from_value::<NetRounding>(wrong).is_err());
    }

    #[test]
    fn a_cash_unit_is_an_amount_and_a_way() {
        let francs = json!({ "to": { "amount": "0.05", "currency": "CHF" }, "mode": "half_up" });
        let crowns = json!({ "to": { "amount": "1.00", "currency": "SEK" }, "mode": "half_even" });
        let read = cash_units("0.05 CHF, 1.00 SEK half to even").unwrap();
        assert_eq!(read, json!([francs, crowns]));
        assert_eq!(cash_units("0.05 CHF half up").unwrap(), json!([francs]));
        for wrong in ["0.05", "0.05 CHF sideways", "0,05 CHF"] {
            assert!(cash_units(wrong).is_err(), "{wrong}");
        }
    }
}
