//! Simulated time, shared by the caller and the vendors.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::civil;

/// Simulated time: microseconds since the Unix epoch. It only goes forward, and only when told to.
/// Clones share the same time.
#[derive(Clone, Debug)]
pub struct SimClock(Arc<AtomicI64>);

impl SimClock {
    /// Starts at this instant (microseconds since the Unix epoch).
    pub fn at(micros: i64) -> SimClock {
        SimClock(Arc::new(AtomicI64::new(micros)))
    }

    /// Shares a counter of microseconds that somebody else may move.
    pub fn shared(micros: Arc<AtomicI64>) -> SimClock {
        SimClock(micros)
    }

    /// Starts at midnight UTC of `YYYY-MM-DD`; `None` when that is not a date.
    pub fn at_day(day: &str) -> Option<SimClock> {
        civil::parse_date(day).map(|days| SimClock::at(days * civil::DAY_MICROS))
    }

    /// Now, in microseconds since the Unix epoch.
    pub fn now_micros(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Moves forward to this instant; an earlier one changes nothing.
    pub fn advance_to(&self, micros: i64) {
        self.0.fetch_max(micros, Ordering::SeqCst);
    }

    /// Moves forward to midnight UTC of `YYYY-MM-DD`; answers whether that is a date.
    pub fn advance_to_day(&self, day: &str) -> bool {
        match civil::parse_date(day) {
            None => false,
            Some(days) => {
                self.advance_to(days * civil::DAY_MICROS);
                true
            }
        }
    }

    /// Moves forward by this many microseconds; a negative number changes nothing.
    pub fn advance_by(&self, micros: i64) {
        self.0.fetch_add(micros.max(0), Ordering::SeqCst);
    }

    /// Now, in whole seconds since the Unix epoch.
    pub(crate) fn now_seconds(&self) -> i64 {
        self.now_micros().div_euclid(1_000_000)
    }
}
