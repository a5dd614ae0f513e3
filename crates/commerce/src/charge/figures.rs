//! Figures as people read them.

use values::Decimal;

/// A decimal with thousands grouped and at least `places` places.
#[must_use]
pub fn grouped(value: Decimal, places: u32) -> String {
    let mut value = value.normalize();
    if value.scale() < places {
        value.rescale(places);
    }
    let text = value.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((text.as_str(), ""));
    let mut out = String::with_capacity(text.len() + 8);
    if value.is_sign_negative() && !value.is_zero() {
        out.push('-');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A quantity with thousands grouped.
pub(super) fn counted(value: Decimal) -> String {
    grouped(value, 0)
}

/// A rate in percent: `0.019` is `1.9 %`.
pub(super) fn percent(rate: Decimal) -> String {
    let hundredfold = rate.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(rate);
    format!("{} %", hundredfold.normalize())
}
