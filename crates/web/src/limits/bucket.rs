//! One token bucket, as the instant at which it would be full again: whole numbers only, and nothing
//! to refill in the background.

use serde::Deserialize;

const SECOND: u64 = 1_000_000;

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
    fn step(self) -> u64 {
        (SECOND / u64::from(self.per_second.max(1))).max(1)
    }

    fn room(self) -> u64 {
        self.step() * u64::from(self.burst.max(1))
    }

    /// Seconds in which an empty bucket is full again.
    #[must_use]
    pub fn window(self) -> u64 {
        self.room().div_ceil(SECOND)
    }
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
    full_at: u64,
    refusing: bool,
}

impl Bucket {
    pub(super) fn is_full(&self, now: u64) -> bool {
        self.full_at <= now
    }

    /// Takes one request at `now`, which never goes back.
    pub(super) fn take(&mut self, quota: Quota, now: u64) -> Verdict {
        let taken = self.full_at.saturating_sub(now);
        let after = taken.saturating_add(quota.step());
        let allowed = after <= quota.room();
        let verdict = |left: u64, wait: u64| Verdict {
            allowed,
            first_refusal: !allowed && !self.refusing,
            quota,
            left,
            wait,
        };
        let told = if allowed {
            verdict((quota.room() - after) / quota.step(), 0)
        } else {
            verdict(0, (after - quota.room()).div_ceil(SECOND).max(1))
        };
        self.refusing = !allowed;
        if allowed {
            self.full_at = now.saturating_add(after);
        }
        told
    }
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
        let late = 10 * SECOND;
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
        assert!(!bucket.take(quota, SECOND - 1).allowed);
        assert!(bucket.take(quota, SECOND).allowed);
    }
}
