//! Instants in UTC, civil dates, half-open periods, months, and the time zone that turns one into
//! the other.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Microseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(i64);

/// The text is not a date or time that we read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {wanted}")]
pub struct DateRefused {
    /// What was given, cut to 40 characters.
    pub text: String,
    /// What was wanted, with an example.
    pub wanted: &'static str,
}

fn refused(text: &str, wanted: &'static str) -> DateRefused {
    DateRefused {
        text: text.chars().take(40).collect(),
        wanted,
    }
}

/// Reads a civil date in ISO form.
///
/// # Errors
/// When the text is anything but `YYYY-MM-DD` of a day that exists.
pub fn parse_date(text: &str) -> Result<Date, DateRefused> {
    let wanted = "a date such as \"2026-02-28\"";
    if text.len() != 10 {
        return Err(refused(text, wanted));
    }
    text.parse().map_err(|_| refused(text, wanted))
}

impl Instant {
    /// From microseconds since the Unix epoch.
    #[must_use]
    pub fn from_microseconds(microseconds: i64) -> Self {
        Self(microseconds)
    }
    /// From whole seconds since the Unix epoch.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }
    /// Microseconds since the Unix epoch.
    #[must_use]
    pub fn microseconds(self) -> i64 {
        self.0
    }
    /// Whole seconds since the Unix epoch, rounded down.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
    /// This many microseconds later (or earlier, when negative).
    #[must_use]
    pub fn plus_microseconds(self, microseconds: i64) -> Self {
        Self(self.0.saturating_add(microseconds))
    }
    /// This many seconds later.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        self.plus_microseconds(seconds.saturating_mul(1_000_000))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(timestamp) => write!(f, "{timestamp}"),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Instant {
    type Err = DateRefused;
    fn from_str(text: &str) -> Result<Self, DateRefused> {
        text.parse::<jiff::Timestamp>()
            .map(|timestamp| Self(timestamp.as_microsecond()))
            .map_err(|_| refused(text, "an instant such as \"2026-02-28T09:30:00Z\""))
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A time zone of the IANA database, carried inside the program, so that the same program gives the
/// same dates everywhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(jiff::tz::TimeZone);

impl Zone {
    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self(jiff::tz::TimeZone::UTC)
    }
    /// The civil date that clocks in this zone show at `instant`.
    #[must_use]
    pub fn date_at(&self, instant: Instant) -> Date {
        jiff::Timestamp::from_microsecond(instant.0)
            .map(|timestamp| self.0.to_datetime(timestamp).date())
            .unwrap_or(Date::MIN)
    }
    /// The instant at which `date` begins in this zone (the first one, where a clock change makes
    /// midnight happen twice or not at all).
    #[must_use]
    pub fn start_of(&self, date: Date) -> Instant {
        date.to_zoned(self.0.clone())
            .and_then(|zoned| zoned.start_of_day())
            .map(|zoned| Instant(zoned.timestamp().as_microsecond()))
            .unwrap_or_default()
    }
    /// The name in the IANA database.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }
}

impl FromStr for Zone {
    type Err = DateRefused;
    fn from_str(text: &str) -> Result<Self, DateRefused> {
        jiff::tz::TimeZone::get(text)
            .map(Self)
            .map_err(|_| refused(text, "a time zone such as \"Europe/Berlin\""))
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Days from `from` to `until`; negative when `until` is earlier.
#[must_use]
pub fn days_between(from: Date, until: Date) -> i64 {
    from.until(until)
        .map_or(0, |span| i64::from(span.get_days()))
}

/// `date` moved by whole months; the day is cut to the length of the month it falls in.
#[must_use]
pub fn add_months(date: Date, months: i32) -> Date {
    date.saturating_add(jiff::Span::new().months(months))
}

/// The date `months` after `start` on the day of the month `anchor_day` (1 to 31): a day that the
/// month lacks becomes its last day, and the following months return to the anchor.
#[must_use]
pub fn anchored_month(start: Date, months: i32, anchor_day: i8) -> Date {
    let first = add_months(start.first_of_month(), months);
    let day = anchor_day.clamp(1, first.days_in_month());
    first.with().day(day).build().unwrap_or(first)
}

/// Half-open range of civil dates: `until` is the first day outside.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Ends")]
pub struct Period {
    from: Date,
    until: Date,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ends {
    from: Date,
    until: Date,
}

impl TryFrom<Ends> for Period {
    type Error = PeriodRefused;
    fn try_from(ends: Ends) -> Result<Self, PeriodRefused> {
        Period::new(ends.from, ends.until)
    }
}

/// The ends of a period are in the wrong order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a period from {from} cannot end before it starts: its first day outside is {until}")]
pub struct PeriodRefused {
    /// First day inside.
    pub from: Date,
    /// First day outside.
    pub until: Date,
}

impl Period {
    /// The days from `from` up to but not including `until`; at least one.
    ///
    /// # Errors
    /// When no day would be inside.
    pub fn new(from: Date, until: Date) -> Result<Self, PeriodRefused> {
        if from < until {
            Ok(Self { from, until })
        } else {
            Err(PeriodRefused { from, until })
        }
    }
    /// First day inside.
    #[must_use]
    pub fn from(&self) -> Date {
        self.from
    }
    /// First day outside.
    #[must_use]
    pub fn until(&self) -> Date {
        self.until
    }
    /// Last day inside.
    #[must_use]
    pub fn last(&self) -> Date {
        self.until.yesterday().unwrap_or(self.until)
    }
    /// Number of days inside, at least 1.
    #[must_use]
    pub fn days(&self) -> i64 {
        days_between(self.from, self.until)
    }
    /// Whether `date` is inside.
    #[must_use]
    pub fn contains(&self, date: Date) -> bool {
        self.from <= date && date < self.until
    }
    /// The days that both periods hold.
    #[must_use]
    pub fn meet(&self, other: &Period) -> Option<Period> {
        Period::new(self.from.max(other.from), self.until.min(other.until)).ok()
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.from, self.last())
    }
}

impl fmt::Debug for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.from, self.until)
    }
}

/// A calendar month, the accounting period of the books. Prints as `2026-02`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first: Date,
}

impl Month {
    /// The month that holds `date`.
    #[must_use]
    pub fn of(date: Date) -> Self {
        Self {
            first: date.first_of_month(),
        }
    }
    /// Its first day.
    #[must_use]
    pub fn first(self) -> Date {
        self.first
    }
    /// Its last day.
    #[must_use]
    pub fn last(self) -> Date {
        self.first.last_of_month()
    }
    /// The month after.
    #[must_use]
    pub fn next(self) -> Self {
        Self {
            first: add_months(self.first, 1),
        }
    }
    /// The month before.
    #[must_use]
    pub fn previous(self) -> Self {
        Self {
            first: add_months(self.first, -1),
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Month {
    type Err = DateRefused;
    fn from_str(text: &str) -> Result<Self, DateRefused> {
        let wanted = "a month such as \"2026-02\"";
        if text.len() != 7 {
            return Err(refused(text, wanted));
        }
        format!("{text}-01")
            .parse::<Date>()
            .map(Month::of)
            .map_err(|_| refused(text, wanted))
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        parse_date(text).unwrap()
    }

    #[test]
    fn an_anchor_of_31_returns_after_a_short_month() {
        let ends: Vec<_> = (0..4)
            .map(|n| anchored_month(date("2026-01-31"), n, 31).to_string())
            .collect();
        assert_eq!(
            ends,
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
        );
    }

    #[test]
    fn one_instant_is_two_dates_in_two_zones() {
        let instant: Instant = "2026-02-01T03:00:00Z".parse().unwrap();
        assert_eq!(
            "Europe/Berlin".parse::<Zone>().unwrap().date_at(instant),
            date("2026-02-01")
        );
        assert_eq!(
            "America/New_York".parse::<Zone>().unwrap().date_at(instant),
            date("2026-01-31")
        );
    }

    #[test]
    fn a_day_begins_when_its_zone_says() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        assert_eq!(
            berlin.start_of(date("2026-06-01")).to_string(),
            "2026-05-31T22:00:00Z"
        );
        assert_eq!(
            berlin.date_at(berlin.start_of(date("2026-03-29"))),
            date("2026-03-29")
        );
    }

    #[test]
    fn periods_are_half_open_and_meet() {
        let year = Period::new(date("2026-01-01"), date("2027-01-01")).unwrap();
        assert_eq!(year.days(), 365);
        assert!(!year.contains(year.until()) && year.contains(year.last()));
        let later = Period::new(date("2026-12-01"), date("2027-06-01")).unwrap();
        assert_eq!(year.meet(&later).unwrap().days(), 31);
        assert!(Period::new(date("2026-01-02"), date("2026-01-02")).is_err());
    }

    #[test]
    fn bad_dates_are_refused_in_words() {
        for bad in ["2026-02-30", "26-1-1", "2026-02-28T00:00:00Z", ""] {
            assert!(
                parse_date(bad)
                    .unwrap_err()
                    .to_string()
                    .contains("2026-02-28")
            );
        }
    }
}
