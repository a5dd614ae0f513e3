//! The effect ledger: `intended → sent → confirmed`, and what follows when it is not that simple.
//!
//! A time-out is *ambiguous*: the other system may have done the work. Ambiguous is left only by
//! reading back, and so is everything that a person releases. Only an answer which proves that the
//! work is not there lets it be sent again.

use crate::ExceptionClass;
use crate::backoff::Backoff;
use crate::fault_policy::Reaction;
use serde::{Deserialize, Serialize};
use std::fmt;
use values::Instant;

/// Where an outward effect stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectState {
    /// Recorded; not under way.
    Intended,
    /// Handed to the network; no answer yet.
    Sent,
    /// It may have happened: to be read back.
    Ambiguous,
    /// Waits for a person.
    Parked,
    /// The other system has it.
    Confirmed,
    /// A person decided that it is not to happen, with a reason.
    Skipped,
}

impl EffectState {
    /// Every state.
    pub const ALL: [EffectState; 6] = [
        EffectState::Intended,
        EffectState::Sent,
        EffectState::Ambiguous,
        EffectState::Parked,
        EffectState::Confirmed,
        EffectState::Skipped,
    ];

    /// The word stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            EffectState::Intended => "intended",
            EffectState::Sent => "sent",
            EffectState::Ambiguous => "ambiguous",
            EffectState::Parked => "parked",
            EffectState::Confirmed => "confirmed",
            EffectState::Skipped => "skipped",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<EffectState> {
        EffectState::ALL
            .into_iter()
            .find(|state| state.as_str() == word)
    }

    /// Whether nothing more is to be done.
    #[must_use]
    pub fn is_settled(self) -> bool {
        matches!(self, EffectState::Confirmed | EffectState::Skipped)
    }
}

impl fmt::Display for EffectState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why an attempt did not confirm the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultClass {
    /// The world stumbled, and sending again can do no harm.
    Transient,
    /// Too many calls; no attempt is used up.
    Throttled {
        /// The wait that the other system asked for, in milliseconds.
        retry_after_ms: Option<u64>,
    },
    /// The credentials were refused.
    Authentication,
    /// The content was refused.
    Data,
    /// A rule forbids it: a closed period, a missing permission.
    Policy,
    /// Something else changed the object first: look before deciding.
    Conflict,
    /// It is said to be there already: look, and count it as done when it is.
    Duplicate,
    /// Sent, and the outcome is unknown.
    Ambiguous,
    /// The mistake is ours.
    Bug,
}

impl FaultClass {
    /// The word stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FaultClass::Transient => "transient",
            FaultClass::Throttled { .. } => "throttled",
            FaultClass::Authentication => "authentication",
            FaultClass::Data => "data",
            FaultClass::Policy => "policy",
            FaultClass::Conflict => "conflict",
            FaultClass::Duplicate => "duplicate",
            FaultClass::Ambiguous => "ambiguous",
            FaultClass::Bug => "bug",
        }
    }

    /// Whether it says that the other system is unwell, rather than that it refused this piece of work.
    #[must_use]
    pub fn is_outage(self) -> bool {
        match self {
            FaultClass::Transient | FaultClass::Ambiguous => true,
            FaultClass::Throttled { .. }
            | FaultClass::Authentication
            | FaultClass::Data
            | FaultClass::Policy
            | FaultClass::Conflict
            | FaultClass::Duplicate
            | FaultClass::Bug => false,
        }
    }

    /// The wait that the other system asked for, in milliseconds.
    fn asked_ms(self) -> Option<u64> {
        match self {
            FaultClass::Throttled { retry_after_ms } => retry_after_ms,
            FaultClass::Transient
            | FaultClass::Authentication
            | FaultClass::Data
            | FaultClass::Policy
            | FaultClass::Conflict
            | FaultClass::Duplicate
            | FaultClass::Ambiguous
            | FaultClass::Bug => None,
        }
    }
}

/// What an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The other system confirmed the work in its answer to a send.
    Confirmed,
    /// The work was found there by reading back.
    Found,
    /// Reading back proved that the work is not there.
    NotFound,
    /// The attempt failed.
    Failed(FaultClass),
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    Done,
    /// Send at that instant.
    RetryAt(Instant),
    /// Read back at that instant, and do not send before.
    ReadBackAt(Instant),
    /// Raise an exception of this class; the lane holds.
    Park(ExceptionClass),
}

/// The facts about an effect that decide what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given {
    /// The present.
    pub now: Instant,
    /// When it was last handed to the network.
    pub sent: Instant,
    /// Attempts used up so far, sends and read-backs, including the one that this answers.
    pub attempts: u32,
    /// Whether this attempt only found out for its connection whether the other system is well again.
    /// When it is not, the attempt does not count: a system that is down for long parks nothing.
    pub is_probe: bool,
    /// Spreads the waits; see [`crate::backoff::seed_of`].
    pub seed: u64,
}

/// What may be tried how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts before a person is asked, at least 1.
    pub attempts_limit: u32,
    /// Waits between attempts.
    pub backoff: Backoff,
    /// How long after a send a read-back that finds nothing proves nothing, in milliseconds: the
    /// request may still be under way.
    pub settle_ms: u32,
}

impl Default for RetryPolicy {
    /// Eight attempts within about four minutes; half a minute until an absence is believed.
    fn default() -> RetryPolicy {
        RetryPolicy {
            attempts_limit: 8,
            backoff: Backoff {
                first_ms: 2_000,
                limit_ms: 300_000,
            },
            settle_ms: 30_000,
        }
    }
}

/// The state after an answer, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The new state.
    pub state: EffectState,
    /// Attempts used up: one less than given when the attempt does not count.
    pub attempts: u32,
    /// What to do.
    pub next: Next,
}

/// An answer that the state does not wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an effect that is {state} cannot take the outcome {outcome:?}; record {wanted} first")]
pub struct EffectRefusal {
    /// Where the effect stands.
    pub state: EffectState,
    /// What was said to have happened.
    pub outcome: Outcome,
    /// What has to happen before.
    pub wanted: &'static str,
}

/// The state when an intended effect is handed to the network; recorded before the network is used.
/// Nothing for any other state: an ambiguous effect is read back, never sent.
#[must_use]
pub fn send(state: EffectState) -> Option<EffectState> {
    match state {
        EffectState::Intended => Some(EffectState::Sent),
        EffectState::Sent
        | EffectState::Ambiguous
        | EffectState::Parked
        | EffectState::Confirmed
        | EffectState::Skipped => None,
    }
}

/// The state in which an effect is found after a restart: what was under way is ambiguous.
#[must_use]
pub fn recover(state: EffectState) -> EffectState {
    match state {
        EffectState::Sent => EffectState::Ambiguous,
        EffectState::Intended
        | EffectState::Ambiguous
        | EffectState::Parked
        | EffectState::Confirmed
        | EffectState::Skipped => state,
    }
}

/// The state when a person lets a parked effect run again: it is read back first, because nobody
/// remembers for certain whether it was ever sent. Attempts count from zero again.
#[must_use]
pub fn release(state: EffectState, now: Instant) -> Option<Step> {
    matches!(state, EffectState::Parked).then_some(Step {
        state: EffectState::Ambiguous,
        attempts: 0,
        next: Next::ReadBackAt(now),
    })
}

/// The state when a person decides that a parked effect is not to happen.
#[must_use]
pub fn skip(state: EffectState) -> Option<EffectState> {
    matches!(state, EffectState::Parked).then_some(EffectState::Skipped)
}

/// What follows an answer to a send (`Sent`) or to a read-back (`Ambiguous`).
///
/// # Errors
/// When the effect waits for no answer, or for another kind of answer.
pub fn after(
    state: EffectState,
    outcome: Outcome,
    given: &Given,
    policy: &RetryPolicy,
) -> Result<Step, EffectRefusal> {
    let refused = |wanted| EffectRefusal {
        state,
        outcome,
        wanted,
    };
    let given = &counted(outcome, given);
    match (state, outcome) {
        (EffectState::Sent, Outcome::Confirmed) | (EffectState::Ambiguous, Outcome::Found) => {
            Ok(Step {
                state: EffectState::Confirmed,
                attempts: given.attempts,
                next: Next::Done,
            })
        }
        (EffectState::Sent, Outcome::Failed(class)) => Ok(after_failed_send(class, given, policy)),
        (EffectState::Ambiguous, Outcome::NotFound) => Ok(after_absence(given, policy)),
        (EffectState::Ambiguous, Outcome::Failed(class)) => {
            Ok(after_failed_reading(class, given, policy))
        }
        (EffectState::Sent, Outcome::Found | Outcome::NotFound) => {
            Err(refused("the answer to the send"))
        }
        (EffectState::Ambiguous, Outcome::Confirmed) => Err(refused("what reading back found")),
        (EffectState::Intended, _) => Err(refused("that it was sent")),
        (EffectState::Parked, _) => Err(refused("that a person released it")),
        (EffectState::Confirmed | EffectState::Skipped, _) => Err(refused("nothing")),
    }
}

/// What counts of an attempt: nothing of a probe that found the other system still down.
fn counted(outcome: Outcome, given: &Given) -> Given {
    let was_in_vain =
        given.is_probe && matches!(outcome, Outcome::Failed(class) if class.is_outage());
    Given {
        attempts: given.attempts.saturating_sub(u32::from(was_in_vain)),
        ..*given
    }
}

fn after_failed_send(class: FaultClass, given: &Given, policy: &RetryPolicy) -> Step {
    match class.policy().send {
        Reaction::Again => again(EffectState::Intended, given, policy),
        Reaction::Wait => hold(EffectState::Intended, class.asked_ms(), given, policy),
        Reaction::Look => Step {
            state: EffectState::Ambiguous,
            attempts: given.attempts,
            next: Next::ReadBackAt(given.now),
        },
        Reaction::Person(exception) => park(exception, given),
    }
}

/// Reading back found nothing: sending again is safe once the first request cannot be under way.
fn after_absence(given: &Given, policy: &RetryPolicy) -> Step {
    let believed = plus_ms(given.sent, u64::from(policy.settle_ms));
    if given.now < believed {
        return Step {
            state: EffectState::Ambiguous,
            attempts: given.attempts.saturating_sub(1),
            next: Next::ReadBackAt(believed),
        };
    }
    again(EffectState::Intended, given, policy)
}

/// Reading back did not work: the effect stays ambiguous, whatever the reason.
fn after_failed_reading(class: FaultClass, given: &Given, policy: &RetryPolicy) -> Step {
    match class.policy().read {
        Reaction::Again | Reaction::Look => again(EffectState::Ambiguous, given, policy),
        Reaction::Wait => hold(EffectState::Ambiguous, class.asked_ms(), given, policy),
        Reaction::Person(exception) => park(exception, given),
    }
}

/// Another attempt after the back-off, or a person once the attempts are used up.
fn again(state: EffectState, given: &Given, policy: &RetryPolicy) -> Step {
    if given.attempts >= policy.attempts_limit {
        return match state {
            EffectState::Ambiguous => park(ExceptionClass::EffectAmbiguous, given),
            EffectState::Intended
            | EffectState::Sent
            | EffectState::Parked
            | EffectState::Confirmed
            | EffectState::Skipped => park(ExceptionClass::EffectExhausted, given),
        };
    }
    let wait = policy.backoff.wait_ms(given.attempts.max(1), given.seed);
    resume(state, given.attempts, plus_ms(given.now, wait))
}

/// A throttled attempt does not count; the lane holds for as long as was asked, or backs off.
fn hold(state: EffectState, asked_ms: Option<u64>, given: &Given, policy: &RetryPolicy) -> Step {
    let wait =
        asked_ms.unwrap_or_else(|| policy.backoff.wait_ms(given.attempts.max(1), given.seed));
    resume(
        state,
        given.attempts.saturating_sub(1),
        plus_ms(given.now, wait),
    )
}

/// Waits in `state`: what is ambiguous is read back, anything else is sent.
fn resume(state: EffectState, attempts: u32, at: Instant) -> Step {
    let next = match state {
        EffectState::Ambiguous => Next::ReadBackAt(at),
        EffectState::Intended
        | EffectState::Sent
        | EffectState::Parked
        | EffectState::Confirmed
        | EffectState::Skipped => Next::RetryAt(at),
    };
    Step {
        state,
        attempts,
        next,
    }
}

fn park(class: ExceptionClass, given: &Given) -> Step {
    Step {
        state: EffectState::Parked,
        attempts: given.attempts,
        next: Next::Park(class),
    }
}

fn plus_ms(instant: Instant, milliseconds: u64) -> Instant {
    let microseconds = i64::try_from(milliseconds)
        .unwrap_or(i64::MAX)
        .saturating_mul(1_000);
    instant.plus_microseconds(microseconds)
}
