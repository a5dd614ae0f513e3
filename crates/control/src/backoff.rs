//! How long to wait before another attempt: exponential, bounded, and spread by a seed instead of a
//! random source, so that a replay waits as long as the first run did.

/// The waits of one kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Longest wait before the second attempt, in milliseconds.
    pub first_ms: u32,
    /// Longest wait before any attempt, in milliseconds.
    pub limit_ms: u32,
}

impl Backoff {
    /// Milliseconds to wait after `attempts` attempts (from 1). Between half of the exponential wait
    /// and the whole of it; where between, the seed decides once for all attempts, so that waits of
    /// one seed never become shorter and waits of many seeds spread out.
    #[must_use]
    pub fn wait_ms(&self, attempts: u32, seed: u64) -> u64 {
        let doubled = attempts.saturating_sub(1).min(32);
        let whole = (u64::from(self.first_ms) << doubled).min(u64::from(self.limit_ms));
        let half = whole / 2;
        let spread = u128::from(mix(seed)) * u128::from(whole - half + 1);
        // The upper 64 bits of the product lie in 0 ..= whole - half.
        half + u64::try_from(spread >> 64).unwrap_or(0)
    }
}

/// Spreads the bits of a seed, so that neighbouring seeds give unrelated numbers (the finaliser of
/// splitmix64).
#[must_use]
pub fn mix(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A seed from the text of an id.
#[must_use]
pub fn seed_of(id: &str) -> u64 {
    id.bytes().fold(0, |seed, byte| mix(seed ^ u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waits_double_up_to_the_limit_and_spread() {
        let backoff = Backoff {
            first_ms: 1_000,
            limit_ms: 60_000,
        };
        for (attempts, whole) in [
            (1, 1_000),
            (2, 2_000),
            (6, 32_000),
            (7, 60_000),
            (99, 60_000),
        ] {
            for seed in 0..200 {
                let wait = backoff.wait_ms(attempts, seed);
                assert!(
                    (whole / 2..=whole).contains(&wait),
                    "{attempts} {seed} {wait}"
                );
            }
        }
        let mut waits: Vec<_> = (0..100).map(|seed| backoff.wait_ms(7, seed)).collect();
        waits.sort_unstable();
        waits.dedup();
        assert!(waits.len() > 95, "{} different waits", waits.len());
        assert_ne!(seed_of("eff_1"), seed_of("eff_2"));
    }

    proptest! {
        #[test]
        fn waits_are_monotone_and_bounded(first_ms in 0_u32..10_000_000, limit_ms in any::<u32>(), seed in any::<u64>(), attempts in 0_u32..100) {
            let backoff = Backoff { first_ms, limit_ms };
            let (now, later) = (backoff.wait_ms(attempts, seed), backoff.wait_ms(attempts + 1, seed));
            prop_assert!(now <= later, "{} then {}", now, later);
            prop_assert!(later <= u64::from(limit_ms));
        }
    }
}
