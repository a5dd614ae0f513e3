//! A breaker holds calls to a system that keeps stumbling, so that lanes wait instead of burning
//! their attempts. Pure: the moment is passed in.

use values::Instant;

/// When a breaker opens and how long it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerRule {
    /// Consecutive failures that open it; at least 1.
    pub failures_to_open: u32,
    /// How long it holds before one call may probe, in milliseconds.
    pub hold_ms: u32,
}

impl Default for BreakerRule {
    /// Opens after 8 failures in a row and holds for 5 seconds.
    fn default() -> Self {
        BreakerRule {
            failures_to_open: 8,
            hold_ms: 5_000,
        }
    }
}

/// Whether a call may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Admission {
    /// The system is well.
    Go,
    /// The one call that finds out whether it is well again.
    Probe,
    /// Not now; nothing was sent and no attempt is used up.
    Held {
        /// Milliseconds until it is worth asking again, at least 1.
        retry_after_ms: u64,
    },
}

/// What a call that went has shown about the system's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It answered, be it with a refusal.
    Well,
    /// It could not be reached, failed on its side, or did not answer.
    Failing,
    /// It said nothing about its health (throttled by our own rate).
    Unknown,
}

/// Where a breaker stands, to be kept and taken up again by another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Calls go.
    Closed {
        /// Failures in a row.
        failures: u32,
    },
    /// Calls are held.
    Open {
        /// Until one may probe.
        until: Instant,
    },
    /// One call probes.
    HalfOpen {
        /// When it began.
        probe_started: Instant,
    },
}

/// The breaker of one system.
#[derive(Debug, Clone)]
pub struct Breaker {
    rule: BreakerRule,
    state: State,
}

impl Breaker {
    /// A closed breaker.
    pub fn new(rule: BreakerRule) -> Breaker {
        Breaker {
            rule,
            state: State::Closed { failures: 0 },
        }
    }

    /// A breaker that stands as another one stood.
    pub fn resumed(rule: BreakerRule, state: State) -> Breaker {
        Breaker { rule, state }
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// Asks whether a call may go at `now`. After [`Admission::Go`] or [`Admission::Probe`] the
    /// outcome must be told with [`Breaker::note`].
    pub fn admit(&mut self, now: Instant) -> Admission {
        match self.state {
            State::Closed { .. } => Admission::Go,
            State::Open { until } if now < until => held(now, until),
            State::Open { .. } => {
                self.state = State::HalfOpen { probe_started: now };
                Admission::Probe
            }
            State::HalfOpen { probe_started } => {
                // A probe whose outcome was never told must not hold the lanes for ever.
                let lost = probe_started.plus_microseconds(self.hold_microseconds());
                if now < lost {
                    held(now, lost)
                } else {
                    self.state = State::HalfOpen { probe_started: now };
                    Admission::Probe
                }
            }
        }
    }

    /// Tells what an admitted call has shown.
    pub fn note(&mut self, now: Instant, health: Health) {
        self.state = match (self.state, health) {
            (_, Health::Well) => State::Closed { failures: 0 },
            (State::Closed { failures }, Health::Failing) => {
                let failures = failures.saturating_add(1);
                if failures >= self.rule.failures_to_open {
                    self.opened(now)
                } else {
                    State::Closed { failures }
                }
            }
            (State::HalfOpen { .. }, Health::Failing | Health::Unknown) => self.opened(now),
            (state @ (State::Open { .. } | State::Closed { .. }), _) => state,
        };
    }

    /// Whether calls are held at present.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, State::Closed { .. })
    }

    fn opened(&self, now: Instant) -> State {
        State::Open {
            until: now.plus_microseconds(self.hold_microseconds()),
        }
    }

    fn hold_microseconds(&self) -> i64 {
        i64::from(self.rule.hold_ms).saturating_mul(1_000)
    }
}

fn held(now: Instant, until: Instant) -> Admission {
    let microseconds = until.microseconds().saturating_sub(now.microseconds());
    let milliseconds = u64::try_from(microseconds).unwrap_or(0).div_ceil(1_000);
    Admission::Held {
        retry_after_ms: milliseconds.max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Instant {
        Instant::from_microseconds(milliseconds * 1_000)
    }

    fn opened_at_zero() -> Breaker {
        let mut breaker = Breaker::new(BreakerRule {
            failures_to_open: 3,
            hold_ms: 100,
        });
        for _ in 0..3 {
            assert_eq!(breaker.admit(at(0)), Admission::Go);
            breaker.note(at(0), Health::Failing);
        }
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_good_answer_between_them_does_not() {
        let mut breaker = Breaker::new(BreakerRule {
            failures_to_open: 2,
            hold_ms: 100,
        });
        breaker.note(at(0), Health::Failing);
        breaker.note(at(0), Health::Well);
        breaker.note(at(0), Health::Unknown);
        breaker.note(at(0), Health::Failing);
        assert!(!breaker.is_open());
        breaker.note(at(0), Health::Failing);
        assert!(breaker.is_open());
    }

    #[test]
    fn open_holds_and_says_for_how_long() {
        let mut breaker = opened_at_zero();
        assert_eq!(
            breaker.admit(at(40)),
            Admission::Held { retry_after_ms: 60 }
        );
    }

    #[test]
    fn after_the_hold_one_probe_goes_and_others_wait() {
        let mut breaker = opened_at_zero();
        assert_eq!(breaker.admit(at(100)), Admission::Probe);
        assert!(matches!(breaker.admit(at(101)), Admission::Held { .. }));
        breaker.note(at(102), Health::Well);
        assert_eq!(breaker.admit(at(103)), Admission::Go);
    }

    #[test]
    fn a_failing_probe_opens_it_again() {
        let mut breaker = opened_at_zero();
        assert_eq!(breaker.admit(at(100)), Admission::Probe);
        breaker.note(at(110), Health::Failing);
        assert_eq!(
            breaker.admit(at(120)),
            Admission::Held { retry_after_ms: 90 }
        );
    }

    #[test]
    fn a_breaker_that_is_taken_up_again_stands_as_it_stood() {
        let opened = opened_at_zero();
        let rule = BreakerRule {
            failures_to_open: 3,
            hold_ms: 100,
        };
        let mut again = Breaker::resumed(rule, opened.state());
        assert_eq!(again.state(), State::Open { until: at(100) });
        assert!(matches!(again.admit(at(99)), Admission::Held { .. }));
        assert_eq!(again.admit(at(100)), Admission::Probe);
    }

    #[test]
    fn a_probe_that_never_reports_is_replaced() {
        let mut breaker = opened_at_zero();
        assert_eq!(breaker.admit(at(100)), Admission::Probe);
        assert_eq!(breaker.admit(at(200)), Admission::Probe);
    }
}
