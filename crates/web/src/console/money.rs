//! How figures, days and moments are written on a page.

use values::{Currency, Date, Instant, Money, Month, Zone};

/// Grouped digits with a true minus sign, without the currency: `−1,234.50`.
pub(super) fn digits(money: Money) -> String {
    money.grouped().replace('-', "\u{2212}")
}

/// Grouped digits as statements write them: negatives in parentheses.
pub(super) fn in_parentheses(money: Money) -> String {
    if money.minor < 0 {
        format!("({})", money.grouped().trim_start_matches('-'))
    } else {
        money.grouped()
    }
}

/// `USD 1,234.50`.
pub(super) fn with_currency(money: Money) -> String {
    format!("{} {}", money.currency, digits(money))
}

/// A count with its thousands grouped: `3,918`.
pub(super) fn grouped(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + 4);
    if count < 0 {
        out.push('\u{2212}');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Amounts of several currencies in one phrase: `USD 1.00 and EUR 2.00`.
pub(super) fn phrase(amounts: &[Money]) -> String {
    let texts: Vec<String> = amounts.iter().map(|money| with_currency(*money)).collect();
    match texts.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}

/// Debits and credits of one currency; both positive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides {
    pub(super) debit: Money,
    pub(super) credit: Money,
}

/// Adds signed amounts up by currency and side, in order of first appearance. An amount that would
/// overflow saturates: such a journal cannot have been posted.
pub(super) fn sides(amounts: impl Iterator<Item = Money>) -> Vec<Sides> {
    let mut sums: Vec<Sides> = Vec::new();
    for money in amounts {
        let at = position(&mut sums, money.currency);
        let side = if money.minor < 0 {
            &mut sums[at].credit.minor
        } else {
            &mut sums[at].debit.minor
        };
        *side = side.saturating_add(money.minor.saturating_abs());
    }
    sums
}

fn position(sums: &mut Vec<Sides>, currency: Currency) -> usize {
    if let Some(at) = sums
        .iter()
        .position(|sides| sides.debit.currency == currency)
    {
        return at;
    }
    sums.push(Sides {
        debit: Money::zero(currency),
        credit: Money::zero(currency),
    });
    sums.len() - 1
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

fn month_name(month: i8) -> &'static str {
    usize::try_from(month - 1)
        .ok()
        .and_then(|index| MONTHS.get(index))
        .copied()
        .unwrap_or_default()
}

/// `1 Feb 2026`.
pub(super) fn day(date: Date) -> String {
    let name: String = month_name(date.month()).chars().take(3).collect();
    format!("{} {name} {}", date.day(), date.year())
}

/// `Sunday 1 February 2026`.
pub(super) fn day_in_full(date: Date) -> String {
    let weekday = usize::try_from(date.weekday().to_monday_zero_offset())
        .ok()
        .and_then(|index| WEEKDAYS.get(index))
        .copied()
        .unwrap_or_default();
    format!(
        "{weekday} {} {} {}",
        date.day(),
        month_name(date.month()),
        date.year()
    )
}

/// `June 2026`.
pub(super) fn month(month: Month) -> String {
    format!(
        "{} {}",
        month_name(month.first().month()),
        month.first().year()
    )
}

/// The civil date of an instant in UTC.
pub(super) fn utc_date(instant: Instant) -> Date {
    Zone::utc().date_at(instant)
}

/// `16:02`, in UTC.
pub(super) fn utc_time(instant: Instant) -> String {
    let minutes = instant.seconds().rem_euclid(86_400) / 60;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(minor: i64) -> Money {
        Money::from_minor(minor, "USD".parse().unwrap())
    }

    #[test]
    fn figures_read_as_an_accountant_writes_them() {
        assert_eq!(digits(usd(-123_450)), "−1,234.50");
        assert_eq!(in_parentheses(usd(-499_000)), "(4,990.00)");
        assert_eq!(in_parentheses(usd(0)), "0.00");
        let yen = Money::from_minor(1_200, "JPY".parse().unwrap());
        assert_eq!(phrase(&[usd(100), yen]), "USD 1.00 and JPY 1,200");
        assert_eq!(phrase(&[]), "nothing");
        assert_eq!(grouped(3_918), "3,918");
        assert_eq!(grouped(-1_000_000), "−1,000,000");
        assert_eq!(grouped(12), "12");
    }

    #[test]
    fn days_and_moments_say_what_they_are() {
        let instant: Instant = "2026-06-30T09:41:07Z".parse().unwrap();
        assert_eq!(day_in_full(utc_date(instant)), "Tuesday 30 June 2026");
        assert_eq!(day(utc_date(instant)), "30 Jun 2026");
        assert_eq!(utc_time(instant), "09:41");
    }

    #[test]
    fn sides_add_up_by_currency() {
        let eur = Money::from_minor(-50, "EUR".parse().unwrap());
        let sums = sides([usd(100), eur, usd(-40), usd(-60)].into_iter());
        assert_eq!(sums.len(), 2);
        assert_eq!((sums[0].debit, sums[0].credit), (usd(100), usd(100)));
        assert_eq!(sums[1].credit.minor, 50);
    }
}
