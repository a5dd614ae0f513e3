//! What one connection lets through: so many calls a minute, so many at once, and slowly again after
//! a pause. One budget is shared by all flows and all processes; its state is two instants, so that
//! it can be kept in one row. Nothing that is held uses up an attempt.

use values::Instant;

/// What a connection may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Calls a minute, at least 1.
    pub per_minute: u32,
    /// Calls at once after a rest, at least 1.
    pub burst: u32,
    /// Effects under way at once, at least 1.
    pub concurrency: u32,
}

/// One call out of a bucket that is known by the instant at which all that was taken is paid for. Answers
/// that instant after it, or how long the call has to wait; all in microseconds. What connections may
/// be asked and what callers may ask of us are both this.
///
/// # Errors
/// The microseconds to wait, above zero; nothing is taken then.
pub fn take_one(paid_at: i64, a_call: i64, burst: u32, now: i64) -> Result<i64, i64> {
    let whole = a_call.saturating_mul(i64::from(burst.max(1)));
    let after = paid_at.max(now).saturating_add(a_call);
    let over = after.saturating_sub(now.saturating_add(whole));
    if over > 0 { Err(over) } else { Ok(after) }
}

/// How slowly deliveries begin again: a sixteenth of the rate, doubled every half minute.
pub const RAMP_DOUBLINGS: u32 = 4;
/// Seconds until the rate of a ramp doubles.
pub const RAMP_STEP_SECONDS: i64 = 30;

/// How far a budget is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spending {
    /// The calls made so far are paid for at this instant. A past instant means a full bucket.
    pub spent_until: Instant,
    /// When deliveries began to be let in slowly, if they are.
    pub ramp_from: Option<Instant>,
}

/// Why something does not go now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// The budget is used up until then.
    Spent(Instant),
    /// As many as are allowed are under way.
    Crowded,
}

/// By how many doublings the rate is still reduced at `now`: 4, 3, 2, 1, then 0.
#[must_use]
pub fn doublings_left(ramp_from: Option<Instant>, now: Instant) -> u32 {
    let Some(from) = ramp_from else { return 0 };
    let seconds = now.microseconds().saturating_sub(from.microseconds()) / 1_000_000;
    let done = u32::try_from(seconds / RAMP_STEP_SECONDS).unwrap_or(0);
    RAMP_DOUBLINGS.saturating_sub(done)
}

/// The budget at `now`, reduced while a ramp lasts.
#[must_use]
pub fn reduced(budget: Budget, ramp_from: Option<Instant>, now: Instant) -> Budget {
    let left = doublings_left(ramp_from, now);
    let less = |full: u32| (full >> left).max(1);
    Budget {
        per_minute: less(budget.per_minute),
        burst: less(budget.burst),
        concurrency: less(budget.concurrency),
    }
}

impl Spending {
    /// A full bucket without a ramp.
    #[must_use]
    pub fn unused() -> Spending {
        Spending {
            spent_until: Instant::default(),
            ramp_from: None,
        }
    }

    /// Takes one call out of the budget at `now`, while `under_way` effects are.
    ///
    /// # Errors
    /// Why it has to wait; nothing is taken then.
    pub fn take(&mut self, budget: Budget, under_way: u32, now: Instant) -> Result<(), Held> {
        let budget = reduced(budget, self.ramp_from, now);
        if under_way >= budget.concurrency.max(1) {
            return Err(Held::Crowded);
        }
        let spent = self.spent_until.microseconds();
        let a_call = microseconds_a_call(budget);
        let after = take_one(spent, a_call, budget.burst, now.microseconds())
            .map_err(|over| Held::Spent(now.plus_microseconds(over)))?;
        self.spent_until = Instant::from_microseconds(after);
        if doublings_left(self.ramp_from, now) == 0 {
            self.ramp_from = None;
        }
        Ok(())
    }

    /// Counts calls that were made without asking, such as those of a sweep. The budget may go below
    /// nothing; what comes next waits for that long.
    pub fn charge(&mut self, budget: Budget, calls: u32, now: Instant) {
        let budget = reduced(budget, self.ramp_from, now);
        let more = microseconds_a_call(budget).saturating_mul(i64::from(calls));
        self.spent_until = Instant::from_microseconds(self.since(now).saturating_add(more));
    }

    /// How many calls could go at once at `now`.
    #[must_use]
    pub fn left(&self, budget: Budget, now: Instant) -> u32 {
        let budget = reduced(budget, self.ramp_from, now);
        let a_call = microseconds_a_call(budget);
        let whole = a_call.saturating_mul(i64::from(budget.burst.max(1)));
        let used = self.since(now).saturating_sub(now.microseconds());
        u32::try_from(whole.saturating_sub(used).max(0) / a_call).unwrap_or(0)
    }

    fn since(&self, now: Instant) -> i64 {
        self.spent_until.microseconds().max(now.microseconds())
    }
}

fn microseconds_a_call(budget: Budget) -> i64 {
    60_000_000 / i64::from(budget.per_minute.max(1))
}

/// Mixes what goes next: of every four, three are the first of the backlog and one is the first of
/// what is fresh, so that an old backlog does not hold new work up and new work does not hold an old
/// backlog up. What is left of one goes to the other. Nothing is taken twice: `same` says whether two
/// are one.
#[must_use]
pub fn mix_fairly<T>(
    backlog: Vec<T>,
    fresh: Vec<T>,
    limit: usize,
    same: impl Fn(&T, &T) -> bool,
) -> Vec<T> {
    let mut chosen: Vec<T> = Vec::new();
    let (mut old, mut new) = (backlog.into_iter(), fresh.into_iter());
    while chosen.len() < limit {
        let is_turn_of_fresh = chosen.len() % FRESH_ONE_IN == FRESH_ONE_IN - 1;
        let mut next = |from_new: bool| loop {
            let candidate = if from_new { new.next() } else { old.next() }?;
            if !chosen.iter().any(|taken| same(taken, &candidate)) {
                return Some(candidate);
            }
        };
        let Some(candidate) = next(is_turn_of_fresh).or_else(|| next(!is_turn_of_fresh)) else {
            break;
        };
        chosen.push(candidate);
    }
    chosen
}

/// Of so many that go, one is fresh.
pub const FRESH_ONE_IN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BUDGET: Budget = Budget {
        per_minute: 60,
        burst: 5,
        concurrency: 3,
    };

    fn at(seconds: i64) -> Instant {
        Instant::from_seconds(1_000_000 + seconds)
    }

    #[test]
    fn a_burst_goes_at_once_and_then_one_a_second() {
        let mut spending = Spending::unused();
        for _ in 0..5 {
            assert_eq!(spending.take(BUDGET, 0, at(0)), Ok(()));
        }
        assert_eq!(spending.left(BUDGET, at(0)), 0);
        assert_eq!(spending.take(BUDGET, 0, at(0)), Err(Held::Spent(at(1))));
        assert_eq!(spending.take(BUDGET, 0, at(1)), Ok(()));
        assert_eq!(spending.left(BUDGET, at(3)), 2);
        assert_eq!(spending.left(BUDGET, at(600)), 5);
    }

    #[test]
    fn no_more_than_allowed_are_under_way_at_once() {
        let mut spending = Spending::unused();
        assert_eq!(spending.take(BUDGET, 3, at(0)), Err(Held::Crowded));
        assert_eq!(spending.left(BUDGET, at(0)), 5);
        assert_eq!(spending.take(BUDGET, 2, at(0)), Ok(()));
    }

    #[test]
    fn calls_nobody_asked_for_are_paid_for_later() {
        let mut spending = Spending::unused();
        spending.charge(BUDGET, 20, at(0));
        assert_eq!(spending.take(BUDGET, 0, at(0)), Err(Held::Spent(at(16))));
        assert_eq!(spending.take(BUDGET, 0, at(16)), Ok(()));
    }

    #[test]
    fn after_a_pause_the_rate_begins_low_and_doubles() {
        let budget = Budget {
            per_minute: 960,
            burst: 160,
            concurrency: 16,
        };
        let rate = |seconds| {
            let now = reduced(budget, Some(at(0)), at(seconds));
            (now.per_minute, now.burst, now.concurrency)
        };
        assert_eq!(rate(0), (60, 10, 1));
        assert_eq!(rate(29), (60, 10, 1));
        assert_eq!(rate(30), (120, 20, 2));
        assert_eq!(rate(60), (240, 40, 4));
        assert_eq!(rate(90), (480, 80, 8));
        assert_eq!(rate(120), (960, 160, 16));
        let mut spending = Spending {
            ramp_from: Some(at(0)),
            ..Spending::unused()
        };
        assert_eq!(spending.take(budget, 0, at(119)), Ok(()));
        assert!(spending.ramp_from.is_some());
        assert_eq!(spending.take(budget, 0, at(120)), Ok(()));
        assert_eq!(spending.ramp_from, None);
    }

    #[test]
    fn one_in_four_is_fresh_and_neither_starves() {
        let mixed = mix_fairly(
            (0..100).collect(),
            vec![1_000, 1_001, 1_002, 2],
            12,
            |a, b| a == b,
        );
        assert_eq!(mixed, [0, 1, 2, 1_000, 3, 4, 5, 1_001, 6, 7, 8, 1_002]);
        assert_eq!(mix_fairly(vec![], vec![1, 2], 9, |a, b| a == b), [1, 2]);
        assert_eq!(
            mix_fairly(vec![1, 2], vec![1, 2, 3], 9, |a, b| a == b),
            [1, 2, 3]
        );
    }

    proptest! {
        #[test]
        fn no_window_ever_gets_more_than_the_burst_and_the_rate(
            per_minute in 1_u32..6_000, burst in 1_u32..50, steps in prop::collection::vec(0_i64..3_000, 1..300)
        ) {
            let budget = Budget { per_minute, burst, concurrency: 1 };
            let mut spending = Spending::unused();
            let mut now = at(0);
            let mut went = Vec::new();
            for step in steps {
                now = now.plus_microseconds(step * 1_000);
                match spending.take(budget, 0, now) {
                    Ok(()) => went.push(now),
                    Err(Held::Spent(ready)) => {
                        prop_assert!(ready > now);
                        let mut later = spending;
                        prop_assert_eq!(later.take(budget, 0, ready), Ok(()));
                    }
                    Err(Held::Crowded) => prop_assert!(false, "nothing is under way"),
                }
            }
            let a_call = 60_000_000 / i64::from(per_minute);
            for (first, from) in went.iter().enumerate() {
                for (count, until) in went[first..].iter().enumerate() {
                    let took = until.microseconds() - from.microseconds();
                    let allowed = i64::from(burst) + took / a_call + 1;
                    prop_assert!(i64::try_from(count).unwrap() < allowed);
                }
            }
        }
    }
}
