//! The clocks and the source of ids that the program runs on.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use values::{Clock, IdSource, Instant};

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        let since = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Instant::from_microseconds(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// A clock that is moved by hand, never backwards.
#[derive(Debug, Default)]
pub struct SimulatedClock(AtomicI64);

impl SimulatedClock {
    /// A clock that stands at `instant`.
    #[must_use]
    pub fn at(instant: Instant) -> Self {
        Self(AtomicI64::new(instant.microseconds()))
    }

    /// Moves the clock on to `instant`; an earlier instant leaves it where it is.
    pub fn move_to(&self, instant: Instant) {
        self.0.fetch_max(instant.microseconds(), Ordering::SeqCst);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Instant {
        Instant::from_microseconds(self.0.load(Ordering::SeqCst))
    }
}

/// Ids that grow within one millisecond and over restarts: 24 bits of the number of this start,
/// 24 bits that tell processes apart, 32 bits that count.
#[derive(Debug)]
pub struct MonotonicIds {
    start: u32,
    process: u32,
    count: AtomicU32,
}

impl MonotonicIds {
    /// Ids for the `start`-th start of the program on these books, told apart from other processes
    /// by `process`.
    #[must_use]
    pub fn new(start: u32, process: u32) -> Self {
        Self {
            start,
            process,
            count: AtomicU32::new(0),
        }
    }
}

impl IdSource for MonotonicIds {
    fn random_bits(&self) -> u128 {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        (u128::from(self.start & 0x00ff_ffff) << 56)
            | (u128::from(self.process & 0x00ff_ffff) << 32)
            | u128::from(count)
    }
}
