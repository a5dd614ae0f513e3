//! Small words for people: ages, console paths, names of things.

use std::fmt::Write;
use values::{Instant, Money};

/// How long ago something was, such as `11 min`, `3 h`, `2 d`.
pub(super) fn age(since: Instant, now: Instant) -> String {
    let minutes = (now.seconds() - since.seconds()).max(0) / 60;
    match minutes {
        0 => "just now".to_owned(),
        1..60 => format!("{minutes} min"),
        60..1_440 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1_440),
    }
}

/// Text made fit for one segment of a path or one value of a query.
pub(super) fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The console page of an object of this kind: its own where its kind has one, else its chain.
pub(super) fn href(kind: &str, id: &str) -> String {
    let room = match kind {
        "contract" => "contracts",
        "customer" => "customers",
        "invoice" | "credit_note" => "invoices",
        "journal" => "journals",
        "exception" => "exceptions",
        _ => "trace",
    };
    format!("/{room}/{}", segment(id))
}

/// A word of ours as people write it: `credit_note` is `credit note`.
pub(super) fn plain(word: &str) -> String {
    word.replace('_', " ")
}

/// The name of a system as people write it.
pub(super) fn system(word: &str) -> &str {
    match word {
        "salesforce" => "Salesforce",
        "stripe" => "Stripe",
        "adyen" => "Adyen",
        "netsuite" => "NetSuite",
        other => other,
    }
}

/// Amounts in one sentence: `12,490.00 USD and 3,990.00 EUR`.
pub(super) fn amounts(sums: &[Money]) -> String {
    let texts: Vec<String> = sums.iter().map(ToString::to_string).collect();
    texts.join(" and ")
}

/// `1 deal`, `2 deals`.
pub(super) fn count(count: i64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_the_largest_unit_that_fits() {
        let now = Instant::from_seconds(1_000_000);
        let ago = |seconds: i64| age(now.plus_seconds(-seconds), now);
        assert_eq!(
            [ago(59), ago(660), ago(3_600 * 23), ago(86_400 * 2)],
            ["just now", "11 min", "23 h", "2 d"]
        );
        assert_eq!(age(now.plus_seconds(5), now), "just now");
    }

    #[test]
    fn ids_are_made_fit_for_a_path() {
        assert_eq!(href("contract", "acme/1"), "/contracts/acme%2F1");
        assert_eq!(href("payment", "pay_1"), "/trace/pay_1");
    }
}
