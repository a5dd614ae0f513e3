//! One token bucket, as the instant at which it would be full again: whole numbers only, and nothing
//! to refill in the background. The arithmetic is that of the budgets of connections.

use control::gate::take_one;
use serde::Deserialize;

const SECOND: i64 = 1_000_000;

/// How often somebody may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Requests a second in the long run, at least 1.
    pub per_second: u32,
    /// Requests at once, at least 1.
    pub burst: u32,
}

impl Quota {
    /// A quota; zero counts as one.
    #[must_use]
    pub const fn new(per_second: u32, burst: u32) -> Quota {
        Quota { per_second, burst }
    }

    /// Microseconds that one request takes to come back.
    fn step(self) -> i64 {
        (SECOND / i64::from(self.per_second.max(1))).max(1)
    }

    fn room(self) -> i64 {
        self.step() * i64::from(self.burst.max(1))
    }

    /// Seconds in which an empty bucket is full again.
    #[must_use]
    pub fn window(self) -> u64 {
        seconds(self.room())
    }
}

/// Whole seconds that hold so many microseconds.
fn seconds(microseconds: i64) -> u64 {
    u64::try_from(microseconds).unwrap_or(0).div_ceil(1_000_000)
}

/// What a bucket says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it may go on.
    pub allowed: bool,
    /// Whether it is the first refusal after one that was allowed.
    pub first_refusal: bool,
    /// The quota.
    pub quota: Quota,
    /// How many more may come at once.
    pub left: u64,
    /// Seconds until one may come again; 0 when one may.
    pub wait: u64,
}

/// A bucket, full at first.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bucket {
    /// When it is full again, in microseconds.
    full_at: i64,
    refusing: bool,
}

impl Bucket {
    pub(super) fn is_full(&self, now: u64) -> bool {
        self.full_at <= since_start(now)
    }

    /// Takes one request at `now`, which never goes back.
    pub(super) fn take(&mut self, quota: Quota, now: u64) -> Verdict {
        let now = since_start(now);
        let taken = take_one(self.full_at, quota.step(), quota.burst, now);
        let allowed = taken.is_ok();
        let verdict = |left: i64, wait: u64| Verdict {
            allowed,
            first_refusal: !allowed && !self.refusing,
            quota,
            left: u64::try_from(left).unwrap_or(0),
            wait,
        };
        let told = match taken {
            Ok(after) => verdict((quota.room() - (after - now)) / quota.step(), 0),
            Err(over) => verdict(0, seconds(over).max(1)),
        };
        self.refusing = !allowed;
        if let Ok(after) = taken {
            self.full_at = after;
        }
        told
    }
}

/// Microseconds since the process began; it does not run for 292,000 years.
fn since_start(microseconds: u64) -> i64 {
    i64::try_from(microseconds).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_rate() {
        let quota = Quota::new(10, 3);
        let mut bucket = Bucket::default();
        let allowed = |bucket: &mut Bucket, now: u64| bucket.take(quota, now).allowed;
        assert_eq!(bucket.take(quota, 0).left, 2);
        assert!(allowed(&mut bucket, 0) && allowed(&mut bucket, 0));
        let refused = bucket.take(quota, 0);
        assert!(
            !refused.allowed && refused.first_refusal && refused.wait == 1 && refused.left == 0
        );
        assert!(!bucket.take(quota, 0).first_refusal, "told once");
        // A tenth of a second later one has come back, and no more.
        assert!(allowed(&mut bucket, 100_000) && !allowed(&mut bucket, 100_000));
        assert!(!bucket.is_full(200_000));
        // Waiting long gives the burst back and nothing beyond it.
        let late = 10_000_000;
        assert!(bucket.is_full(late));
        let passed = (0..10).filter(|_| bucket.take(quota, late).allowed).count();
        assert_eq!(passed, 3);
    }

    #[test]
    fn no_stream_gets_more_than_its_rate() {
        // A request each millisecond for ten seconds, through a bucket of 50 a second.
        let quota = Quota::new(50, 20);
        let mut bucket = Bucket::default();
        let passed = (0..10_000)
            .filter(|ms| bucket.take(quota, ms * 1_000).allowed)
            .count();
        assert!((515..=520).contains(&passed), "{passed}");
    }

    #[test]
    fn a_quota_of_nothing_is_one() {
        let mut bucket = Bucket::default();
        let quota = Quota::new(0, 0);
        assert!(bucket.take(quota, 0).allowed);
        assert!(!bucket.take(quota, 999_999).allowed);
        assert!(bucket.take(quota, 1_000_000).allowed);
    }
}
