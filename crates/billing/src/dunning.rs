//! When a failed payment is tried again, and what else follows when an invoice is not paid.

mod machine;

pub use machine::{
    Act, Case, DunningBook, DunningPolicy, DunningRefusal, PaymentKnown, Promise, Situation, Step,
    StepAction, SuspendedBilling, fill,
};

use serde::{Deserialize, Serialize};
use values::Instant;

/// How long to wait after each failed attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryPolicy {
    /// Days to wait after the first, second, … failure. When they run out, trying ends.
    pub days: Vec<u16>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            days: vec![3, 5, 7],
        }
    }
}

/// What happens after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DunningStep {
    /// Try again at this moment, not before.
    Retry(Instant),
    /// Stop trying; a person decides.
    GiveUp,
}

/// What follows the failure at `failed_at` of the last of `attempts` attempts (1 after the first).
/// A payment whose outcome is unknown is no failure and must not be brought here.
#[must_use]
pub fn next_attempt(attempts: usize, failed_at: Instant, policy: &RetryPolicy) -> DunningStep {
    let waited = attempts
        .checked_sub(1)
        .and_then(|index| policy.days.get(index));
    match waited {
        Some(days) => DunningStep::Retry(failed_at.plus_seconds(i64::from(*days) * 86_400)),
        None => DunningStep::GiveUp,
    }
}
