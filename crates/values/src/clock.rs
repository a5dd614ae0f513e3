//! What is not a fact is passed in: the present moment and new ids.

use crate::Instant;

/// Tells the present moment. Real time in `serve`, simulated time in `demo` and `story`.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Instant;
}

/// Makes the random part of new ids.
pub trait IdSource: Send + Sync {
    /// 80 random bits (in the low bits) for an id minted now. Two calls never return the same value
    /// within one millisecond.
    fn random_bits(&self) -> u128;

    /// A new identifier in text: `prefix_` and 26 characters that sort by `at`, so that unique
    /// indexes grow at their end.
    fn mint(&self, prefix: &str, at: Instant) -> String {
        let milliseconds = u64::try_from(at.microseconds() / 1_000).unwrap_or(0);
        let ulid = ulid::Ulid::from_parts(milliseconds, self.random_bits());
        let mut text = String::with_capacity(prefix.len() + 27);
        text.push_str(prefix);
        text.push('_');
        let mut buffer = [0; ulid::ULID_LEN];
        text.push_str(ulid.array_to_str(&mut buffer));
        text
    }
}
