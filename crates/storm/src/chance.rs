//! Chance from a seed: SplitMix64, a small generator with a public algorithm.

/// A stream of numbers that is the same for the same seed.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The stream of a seed for one purpose; other purposes have streams of their own, so that a
    /// change to one leaves the others as they are.
    #[must_use]
    pub fn of(seed: u64, purpose: &str) -> Chance {
        let start = purpose
            .bytes()
            .fold(seed ^ 0xA076_1D64_78BD_642F, |state, byte| {
                (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
            });
        Chance(start)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, not including, `bound` (0 when that is not above 0).
    pub fn below(&mut self, bound: i64) -> i64 {
        let bound = u64::try_from(bound.max(1)).unwrap_or(1);
        i64::try_from(self.number() % bound).unwrap_or(0)
    }

    /// From `least` through `most`.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        least + self.below(most - least + 1)
    }

    /// Whether something happens that happens so many times in ten thousand.
    pub fn strikes(&mut self, in_ten_thousand: i64) -> bool {
        self.below(10_000) < in_ten_thousand
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let count = i64::try_from(from.len()).unwrap_or(1);
        from.get(usize::try_from(self.below(count)).unwrap_or(0))
    }
}
