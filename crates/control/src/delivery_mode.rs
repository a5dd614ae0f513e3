//! How a flow goes out: each fact at once, in windows, or once a day. The mode decides *when* a fact
//! goes, never what it says, so the books and the other system come out the same in all three.

use serde::{Deserialize, Serialize};
use values::Instant;

/// When the facts of a flow go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "mode")]
pub enum DeliveryMode {
    /// At once.
    #[default]
    Event,
    /// Together, at the end of a window of so many minutes.
    MicroBatch {
        /// Length of a window; windows begin at midnight UTC.
        minutes: u16,
    },
    /// Together, once a day.
    Scheduled {
        /// Minutes after midnight UTC.
        minute_of_day: u16,
    },
}

/// A mode that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModeRefusal {
    /// The word is not one of the three.
    #[error("{word:?} is not a mode; use event, micro_batch or scheduled")]
    Word {
        /// What was given.
        word: String,
    },
    /// The window does not fit.
    #[error("a window of {minutes} minutes cannot be; use 1 to 720")]
    Window {
        /// What was given.
        minutes: i64,
    },
    /// The time of day cannot be read.
    #[error("{at:?} is not a time of day; use hours and minutes in UTC, such as 02:30")]
    Time {
        /// What was given.
        at: String,
    },
}

const DAY: i64 = 86_400;

impl DeliveryMode {
    /// Reads a mode; `minutes` counts for a micro-batch, `at` for a schedule.
    ///
    /// # Errors
    /// What cannot be, and what would do.
    pub fn read(word: &str, minutes: i64, at: &str) -> Result<DeliveryMode, ModeRefusal> {
        match word {
            "event" => Ok(DeliveryMode::Event),
            "micro_batch" => u16::try_from(minutes)
                .ok()
                .filter(|minutes| (1..=720).contains(minutes))
                .map(|minutes| DeliveryMode::MicroBatch { minutes })
                .ok_or(ModeRefusal::Window { minutes }),
            "scheduled" => minute_of_day(at)
                .map(|minute_of_day| DeliveryMode::Scheduled { minute_of_day })
                .ok_or_else(|| ModeRefusal::Time { at: at.to_owned() }),
            word => Err(ModeRefusal::Word {
                word: word.to_owned(),
            }),
        }
    }

    /// The word stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DeliveryMode::Event => "event",
            DeliveryMode::MicroBatch { .. } => "micro_batch",
            DeliveryMode::Scheduled { .. } => "scheduled",
        }
    }

    /// When a fact that was recorded at `recorded` goes out.
    #[must_use]
    pub fn due(self, recorded: Instant) -> Instant {
        let seconds = recorded.microseconds().div_euclid(1_000_000);
        let midnight = seconds - seconds.rem_euclid(DAY);
        match self {
            DeliveryMode::Event => recorded,
            DeliveryMode::MicroBatch { minutes } => {
                let window = i64::from(minutes.max(1)) * 60;
                let within = seconds - midnight;
                // The last window of a day ends at midnight, whatever its length.
                let end = ((within / window + 1) * window).min(DAY);
                Instant::from_seconds(midnight + end)
            }
            DeliveryMode::Scheduled { minute_of_day } => {
                let today = midnight + i64::from(minute_of_day) * 60;
                let passed = recorded > Instant::from_seconds(today);
                Instant::from_seconds(if passed { today + DAY } else { today })
            }
        }
    }
}

fn minute_of_day(at: &str) -> Option<u16> {
    let (hours, minutes) = at.split_once(':')?;
    let number = |text: &str, below: u16| {
        let is_plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>()
            .ok()
            .filter(|number| is_plain && *number < below)
    };
    Some(number(hours, 24)? * 60 + number(minutes, 60)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn due(mode: DeliveryMode, recorded: &str) -> String {
        mode.due(recorded.parse().unwrap()).to_string()
    }

    #[test]
    fn windows_end_on_the_quarter_and_schedules_once_a_day() {
        let quarter = DeliveryMode::read("micro_batch", 15, "").unwrap();
        assert_eq!(due(quarter, "2026-03-02T09:00:00Z"), "2026-03-02T09:15:00Z");
        assert_eq!(due(quarter, "2026-03-02T09:14:59Z"), "2026-03-02T09:15:00Z");
        let odd = DeliveryMode::read("micro_batch", 700, "").unwrap();
        assert_eq!(due(odd, "2026-03-02T23:50:00Z"), "2026-03-03T00:00:00Z");
        let night = DeliveryMode::read("scheduled", 0, "02:30").unwrap();
        assert_eq!(due(night, "2026-03-02T01:00:00Z"), "2026-03-02T02:30:00Z");
        assert_eq!(due(night, "2026-03-02T02:30:01Z"), "2026-03-03T02:30:00Z");
        let event = DeliveryMode::read("event", 0, "").unwrap();
        assert_eq!(due(event, "2026-03-02T09:00:01Z"), "2026-03-02T09:00:01Z");
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_would_do() {
        for (word, minutes, at) in [
            ("hourly", 0, ""),
            ("micro_batch", 0, ""),
            ("micro_batch", 721, ""),
            ("scheduled", 0, "2:30"),
            ("scheduled", 0, "24:00"),
            ("scheduled", 0, "+2:30"),
        ] {
            assert!(
                DeliveryMode::read(word, minutes, at).is_err(),
                "{word} {at}"
            );
        }
    }

    proptest! {
        #[test]
        fn nothing_goes_out_before_it_happened_and_order_is_kept(
            first in 0_i64..4_000_000_000, later in 0_i64..200_000, minutes in 1_u16..=720, at in 0_u16..1_440
        ) {
            for mode in [
                DeliveryMode::Event,
                DeliveryMode::MicroBatch { minutes },
                DeliveryMode::Scheduled { minute_of_day: at },
            ] {
                let (one, two) = (Instant::from_seconds(first), Instant::from_seconds(first + later));
                prop_assert!(mode.due(one) >= one);
                prop_assert!(mode.due(one) <= mode.due(two));
                prop_assert!(mode.due(one) <= one.plus_seconds(DAY));
            }
        }
    }
}
