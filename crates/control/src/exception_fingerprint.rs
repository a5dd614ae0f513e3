//! What exceptions have in common: class, connection, operation, and the cause without its ids,
//! digits and amounts. Exceptions with one fingerprint have one root cause until somebody splits
//! them, and are acted on together.

use values::Currency;

/// Letters of a cause that are kept.
const LONGEST: usize = 160;

/// What stands where an id, a number or an amount was.
const MARK: &str = "#";

/// The cause in a form that is the same for all that failed in the same way: lower case, single
/// spaces, and `#` where an id, a number, a date or an amount with its currency stood.
#[must_use]
pub fn normalised(cause: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut kept = 0;
    for word in cause.split_whitespace() {
        let bare = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        let is_figure = bare.chars().any(|letter| letter.is_ascii_digit());
        let is_currency = bare.len() == 3 && bare.parse::<Currency>().is_ok();
        let word = if is_figure {
            MARK.to_owned()
        } else if is_currency && beside_figure(&words) {
            continue;
        } else {
            word.to_lowercase()
        };
        if word == MARK {
            if words.last().is_some_and(|last| is_currency_word(last)) {
                words.pop();
            }
            if words.last().is_some_and(|last| last == MARK) {
                continue;
            }
        }
        kept += word.len() + 1;
        if kept > LONGEST {
            break;
        }
        words.push(word);
    }
    words.join(" ")
}

fn beside_figure(words: &[String]) -> bool {
    words.last().is_some_and(|last| last == MARK)
}

fn is_currency_word(word: &str) -> bool {
    word.len() == 3 && word.to_uppercase().parse::<Currency>().is_ok()
}

/// The fingerprint: the class and sixteen hexadecimal digits of what else they have in common.
#[must_use]
pub fn fingerprint(class: &str, connection: &str, operation: &str, normalised: &str) -> String {
    let whole = [class, connection, operation, normalised].join("\u{1f}");
    format!("{class}-{:016x}", digest(whole.as_bytes()))
}

/// The fingerprint of an exception that was split from its group: its own, and no other's.
#[must_use]
pub fn alone(class: &str, exception: &str) -> String {
    format!("{class}-{exception}")
}

/// FNV-1a. It names groups and guards nothing, so it need not withstand an attacker.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_digits_and_amounts_are_taken_out() {
        let cases = [
            (
                "effect eff_01J8X with key netsuite/journal/jrn_01J after 3 attempts: Invalid account reference 4999",
                "effect # with key # after # attempts: invalid account reference #",
            ),
            (
                "Booked USD 1,200.00, recomputed 1100.00 USD, difference 100.00 USD.",
                "booked # recomputed # difference #",
            ),
            (
                "US 2026-01 is closed;  ask the controller",
                "us # is closed; ask the controller",
            ),
            (
                "lines[0].product: \"NO-SUCH-THING\" is not a product",
                "# \"no-such-thing\" is not a product",
            ),
            ("", ""),
        ];
        for (cause, wanted) in cases {
            assert_eq!(normalised(cause), wanted);
            assert_eq!(normalised(wanted), wanted, "a second time changes nothing");
        }
    }

    #[test]
    fn a_long_cause_is_cut_at_a_word() {
        let long = "reason ".repeat(100);
        let short = normalised(&long);
        assert!(short.len() <= LONGEST && short.ends_with("reason"));
    }

    #[test]
    fn what_differs_in_an_id_only_has_one_fingerprint() {
        let of = |cause: &str| {
            fingerprint(
                "effect_refused",
                "netsuite",
                "netsuite.journal_entry",
                &normalised(cause),
            )
        };
        assert_eq!(of("account 4999 is unknown"), of("account 5001 is unknown"));
        assert_ne!(
            of("account 4999 is unknown"),
            of("account 4999 is inactive")
        );
        let elsewhere = fingerprint(
            "effect_refused",
            "stripe",
            "netsuite.journal_entry",
            "account # is unknown",
        );
        assert_ne!(of("account 1 is unknown"), elsewhere);
        assert!(of("x").starts_with("effect_refused-"));
        assert_eq!(alone("effect_refused", "exc_1"), "effect_refused-exc_1");
    }
}
