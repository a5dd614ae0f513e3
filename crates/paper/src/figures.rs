//! Amounts, rates and dates as they are printed.

use crate::labels::{Language, Separators};
use values::{Date, Decimal, Money, Period, Rate};

/// An amount with its currency's places, without the currency.
pub(crate) fn amount(money: Money, language: Language) -> String {
    decimal_text(&money.decimal().to_string(), language)
}

/// An amount with the code of its currency before it.
pub(crate) fn with_code(money: Money, language: Language) -> String {
    format!("{}\u{a0}{}", money.currency, amount(money, language))
}

/// A decimal as it is, at least `places` long after the point.
pub(crate) fn decimal(value: Decimal, places: u32, language: Language) -> String {
    let mut value = value.normalize();
    if value.scale() < places {
        value.rescale(places);
    }
    decimal_text(&value.to_string(), language)
}

/// `0.19` as `19 %`.
pub(crate) fn percent(rate: Rate, language: Language) -> String {
    let hundred = Decimal::from(100);
    let shown = rate.decimal().checked_mul(hundred).unwrap_or_default();
    format!("{}\u{a0}%", decimal(shown, 0, language))
}

fn decimal_text(text: &str, language: Language) -> String {
    let Separators { thousands, point } = language.separators();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("\u{2212}", digits),
        None => ("", text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let mut printed = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            printed.push(thousands);
        }
        printed.push(digit);
    }
    if let Some(fraction) = fraction {
        printed.push(point);
        printed.push_str(fraction);
    }
    printed
}

/// A date that no reader takes for another.
pub(crate) fn date(date: Date, language: Language) -> String {
    let month = language.month(date.month());
    match language {
        Language::German => format!("{}.\u{a0}{month}\u{a0}{}", date.day(), date.year()),
        _ => format!("{}\u{a0}{month}\u{a0}{}", date.day(), date.year()),
    }
}

/// The first and the last day.
pub(crate) fn period(period: Period, language: Language) -> String {
    format!(
        "{} \u{2013} {}",
        date(period.from(), language),
        date(period.last(), language)
    )
}
