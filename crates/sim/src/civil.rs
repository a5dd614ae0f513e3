//! Civil dates and instants as text, in UTC, on the proleptic Gregorian calendar.

/// Microseconds in a day.
pub(crate) const DAY_MICROS: i64 = 86_400_000_000;

/// Days since 1970-01-01 of a civil date.
pub(crate) fn days_of(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that the leap day is the last day of a year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The civil date (year, month, day) of a count of days since 1970-01-01.
pub(crate) fn date_of(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// The same day of the month so many months later, or the last day of that month when it is shorter.
pub(crate) fn add_months(days: i64, months: i64) -> i64 {
    let (year, month, day) = date_of(days);
    let counted = year * 12 + month - 1 + months;
    let (year, month) = (counted.div_euclid(12), counted.rem_euclid(12) + 1);
    let first = days_of(year, month, 1);
    let next = if month == 12 {
        days_of(year + 1, 1, 1)
    } else {
        days_of(year, month + 1, 1)
    };
    first + (day - 1).min(next - first - 1)
}

/// Days since 1970-01-01 of `YYYY-MM-DD`; `None` when the text is not a real date.
pub(crate) fn parse_date(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let number = |part: &str| {
        if part.bytes().all(|b| b.is_ascii_digit()) {
            part.parse::<i64>().ok()
        } else {
            None
        }
    };
    let (year, month, day) = (
        number(text.get(0..4)?)?,
        number(text.get(5..7)?)?,
        number(text.get(8..10)?)?,
    );
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let days = days_of(year, month, day);
    (date_of(days) == (year, month, day)).then_some(days)
}

/// `YYYY-MM-DD`.
pub(crate) fn date_text(days: i64) -> String {
    let (year, month, day) = date_of(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2026-01-01T00:00:00.000+0000`, as Salesforce writes an instant.
pub(crate) fn salesforce_instant(micros: i64) -> String {
    let (date, time) = parts(micros);
    let millis = micros.rem_euclid(1_000_000) / 1_000;
    format!("{date}T{time}.{millis:03}+0000")
}

/// `2026-01-01T00:00:00Z`, as NetSuite writes an instant.
pub(crate) fn zulu_instant(micros: i64) -> String {
    let (date, time) = parts(micros);
    format!("{date}T{time}Z")
}

fn parts(micros: i64) -> (String, String) {
    let seconds = micros.div_euclid(1_000_000).rem_euclid(86_400);
    let time = format!(
        "{:02}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    );
    (date_text(micros.div_euclid(DAY_MICROS)), time)
}

/// Microseconds since the epoch of `2026-01-01T00:00:00[.000](Z|+0000|+00:00)`.
pub(crate) fn parse_instant(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once('T')?;
    let days = parse_date(date)?;
    let clock = rest.get(0..8)?;
    let mut fields = clock.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (fields.next()??, fields.next()??, fields.next()??);
    if hour > 23 || minute > 59 || second > 60 || hour < 0 || minute < 0 || second < 0 {
        return None;
    }
    let rest = rest.get(8..)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        None => ("", rest),
        Some(rest) => rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count()),
    };
    let mut fraction_micros = 0;
    for place in 0..6 {
        let digit = fraction
            .as_bytes()
            .get(place)
            .map_or(0, |b| i64::from(b - b'0'));
        fraction_micros = fraction_micros * 10 + digit;
    }
    let offset_minutes = zone_minutes(zone)?;
    Some(
        days * DAY_MICROS
            + ((hour * 60 + minute - offset_minutes) * 60 + second) * 1_000_000
            + fraction_micros,
    )
}

fn zone_minutes(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = zone.get(1..)?.chars().filter(|c| *c != ':').collect();
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(sign * (digits[0..2].parse::<i64>().ok()? * 60 + digits[2..4].parse::<i64>().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_instants_go_there_and_back() {
        assert_eq!(days_of(1970, 1, 1), 0);
        assert_eq!(days_of(2000, 3, 1), 11_017);
        for days in -1_000..40_000 {
            assert_eq!(parse_date(&date_text(days)), Some(days));
        }
        assert_eq!(parse_date("2026-02-29"), None);
        assert_eq!(parse_date("2024-02-29"), Some(19_782));
        let months_later = |text, months| date_text(add_months(parse_date(text).unwrap(), months));
        assert_eq!(months_later("2026-01-31", 1), "2026-02-28");
        assert_eq!(months_later("2026-11-30", 3), "2027-02-28");
        assert_eq!(months_later("2026-01-31", 12), "2027-01-31");
        let micros = 1_767_225_600_123_000;
        assert_eq!(salesforce_instant(micros), "2026-01-01T00:00:00.123+0000");
        assert_eq!(parse_instant(&salesforce_instant(micros)), Some(micros));
        assert_eq!(
            parse_instant("2026-01-01T01:00:00+01:00"),
            Some(1_767_225_600_000_000)
        );
        assert_eq!(
            parse_instant("2026-01-01T00:00:00Z"),
            Some(1_767_225_600_000_000)
        );
        assert_eq!(parse_instant("2026-01-01 00:00:00"), None);
        assert_eq!(zulu_instant(micros), "2026-01-01T00:00:00Z");
    }
}
