//! Laws of the effect ledger: what was asked for happens once, whatever the network does.

use control::ExceptionClass;
use control::backoff::{Backoff, seed_of};
use control::effect::{
    EffectState, FaultClass, Given, Next, Outcome, RetryPolicy, after, recover, release, send, skip,
};
use proptest::prelude::*;
use values::Instant;

const POLICY: RetryPolicy = RetryPolicy {
    attempts_limit: 4,
    backoff: Backoff {
        first_ms: 1_000,
        limit_ms: 8_000,
    },
    settle_ms: 30_000,
};

fn given(now: i64, sent: i64, attempts: u32) -> Given {
    Given {
        now: Instant::from_seconds(now),
        sent: Instant::from_seconds(sent),
        attempts,
        is_probe: false,
        seed: seed_of("eff_1"),
    }
}

const CLASSES: [FaultClass; 10] = [
    FaultClass::Transient,
    FaultClass::Throttled {
        retry_after_ms: None,
    },
    FaultClass::Throttled {
        retry_after_ms: Some(5_000),
    },
    FaultClass::Authentication,
    FaultClass::Data,
    FaultClass::Policy,
    FaultClass::Conflict,
    FaultClass::Duplicate,
    FaultClass::Ambiguous,
    FaultClass::Bug,
];

/// Every step as text: the policy is read and changed here.
#[test]
fn what_follows_each_answer_is_the_agreed_table() {
    let mut text = String::new();
    let outcomes = [Outcome::Confirmed, Outcome::Found, Outcome::NotFound]
        .into_iter()
        .chain(CLASSES.map(Outcome::Failed));
    let outcomes: Vec<_> = outcomes.collect();
    for state in [EffectState::Sent, EffectState::Ambiguous] {
        for outcome in &outcomes {
            let said = match after(state, *outcome, &given(100, 0, 1), &POLICY) {
                Err(_) => "refused".to_owned(),
                Ok(step) => {
                    let next = match step.next {
                        Next::Done => "done".to_owned(),
                        Next::RetryAt(at) => format!("send {}", wait(at)),
                        Next::ReadBackAt(at) => format!("read back {}", wait(at)),
                        Next::Park(class) => format!("park as {class}"),
                    };
                    format!(
                        "{:<9} {next}; attempts {}",
                        step.state.as_str(),
                        step.attempts
                    )
                }
            };
            text.push_str(&format!("{state} + {outcome:?} = {said}\n"));
        }
    }
    assert_eq!(text, include_str!("effect_table.txt"));
}

/// The wait from the second 100 that the table is made at; the spread of the seed is left out.
fn wait(at: Instant) -> &'static str {
    match at.microseconds() - 100_000_000 {
        0 => "at once",
        5_000_000 => "in 5 s, as asked",
        500_000..=1_000_000 => "after the back-off",
        _ => "at an unexpected time",
    }
}

#[test]
fn an_absence_is_believed_only_after_the_request_has_settled() {
    let early = after(
        EffectState::Ambiguous,
        Outcome::NotFound,
        &given(10, 0, 2),
        &POLICY,
    )
    .unwrap();
    assert_eq!((early.state, early.attempts), (EffectState::Ambiguous, 1));
    assert_eq!(early.next, Next::ReadBackAt(Instant::from_seconds(30)));
    let late = after(
        EffectState::Ambiguous,
        Outcome::NotFound,
        &given(30, 0, 2),
        &POLICY,
    )
    .unwrap();
    assert_eq!(late.state, EffectState::Intended);
}

#[test]
fn the_last_attempt_asks_a_person() {
    let transient = Outcome::Failed(FaultClass::Transient);
    let sent = after(EffectState::Sent, transient, &given(100, 0, 4), &POLICY).unwrap();
    assert_eq!(sent.next, Next::Park(ExceptionClass::EffectExhausted));
    let read = after(
        EffectState::Ambiguous,
        transient,
        &given(100, 0, 4),
        &POLICY,
    )
    .unwrap();
    assert_eq!(read.next, Next::Park(ExceptionClass::EffectAmbiguous));
}

#[test]
fn a_released_effect_is_read_back_before_anything_else() {
    let now = Instant::from_seconds(7);
    let step = release(EffectState::Parked, now).unwrap();
    assert_eq!(
        (step.state, step.next),
        (EffectState::Ambiguous, Next::ReadBackAt(now))
    );
    for state in EffectState::ALL {
        let parked = state == EffectState::Parked;
        assert_eq!(release(state, now).is_some(), parked, "{state}");
        assert_eq!(skip(state).is_some(), parked, "{state}");
        assert_eq!(
            send(state).is_some(),
            state == EffectState::Intended,
            "{state}"
        );
        assert_eq!(EffectState::from_word(state.as_str()), Some(state));
    }
    assert_eq!(recover(EffectState::Sent), EffectState::Ambiguous);
    assert_eq!(recover(EffectState::Confirmed), EffectState::Confirmed);
}

#[derive(Debug, Clone, Copy)]
enum World {
    /// The work is done and we hear of it.
    Answers,
    /// The work is done and the answer is lost.
    LosesTheAnswer,
    /// Nothing is done, and that is certain.
    Refuses(FaultClass),
    /// Nothing is done, and nobody knows.
    LosesTheRequest,
    /// The program ends between sending and hearing.
    Crashes,
}

fn world() -> impl Strategy<Value = World> {
    prop_oneof![
        Just(World::Answers),
        Just(World::LosesTheAnswer),
        Just(World::LosesTheRequest),
        Just(World::Crashes),
        prop::sample::select(vec![
            FaultClass::Transient,
            FaultClass::Throttled {
                retry_after_ms: Some(10)
            },
            FaultClass::Data,
            FaultClass::Policy,
            FaultClass::Authentication,
            FaultClass::Bug,
        ])
        .prop_map(World::Refuses),
    ]
}

/// However long a system is down, a head that is sent to find out is never parked for it; what it
/// learns about the work itself counts as ever.
#[test]
fn a_probe_in_vain_uses_no_attempt() {
    for state in [EffectState::Sent, EffectState::Ambiguous] {
        for class in CLASSES {
            let mut given = given(100_000, 0, POLICY.attempts_limit);
            let counted = after(state, Outcome::Failed(class), &given, &POLICY).unwrap();
            given.is_probe = true;
            let probed = after(state, Outcome::Failed(class), &given, &POLICY).unwrap();
            if class.is_outage() {
                assert_eq!(probed.attempts, POLICY.attempts_limit - 1, "{class:?}");
                assert!(!matches!(probed.next, Next::Park(_)), "{class:?}");
            } else {
                assert_eq!(probed, counted, "{class:?}");
            }
        }
    }
    let found = Given {
        is_probe: true,
        ..given(100_000, 0, POLICY.attempts_limit)
    };
    let step = after(EffectState::Ambiguous, Outcome::NotFound, &found, &POLICY).unwrap();
    assert_eq!(step.attempts, POLICY.attempts_limit);
}

proptest! {
    /// A world that loses requests and answers, crashes, refuses, and people who release what is
    /// parked: the work is done at most once, and exactly once when the effect is confirmed.
    #[test]
    fn the_work_is_done_at_most_once(weather in prop::collection::vec(world(), 1..60)) {
        let (mut state, mut attempts, mut sent, mut now) = (EffectState::Intended, 0, 0, 0);
        let mut done = 0;
        for happening in weather {
            now += 60;
            let before = state;
            let outcome = match state {
                EffectState::Intended => {
                    state = send(state).unwrap();
                    (sent, attempts) = (now, attempts + 1);
                    let does = matches!(happening, World::Answers | World::LosesTheAnswer | World::Crashes);
                    done += usize::from(does);
                    match happening {
                        World::Answers => Outcome::Confirmed,
                        World::Refuses(class) => Outcome::Failed(class),
                        World::LosesTheAnswer | World::LosesTheRequest => Outcome::Failed(FaultClass::Ambiguous),
                        World::Crashes => { state = recover(state); continue }
                    }
                }
                EffectState::Ambiguous => {
                    attempts += 1;
                    match happening {
                        World::Refuses(class) => Outcome::Failed(class),
                        World::LosesTheAnswer | World::LosesTheRequest => Outcome::Failed(FaultClass::Transient),
                        World::Crashes => continue,
                        World::Answers if done > 0 => Outcome::Found,
                        World::Answers => Outcome::NotFound,
                    }
                }
                EffectState::Parked => {
                    let step = release(state, Instant::from_seconds(now)).unwrap();
                    (state, attempts) = (step.state, step.attempts);
                    continue;
                }
                EffectState::Confirmed => break,
                EffectState::Sent | EffectState::Skipped => unreachable!("{state}"),
            };
            let step = after(state, outcome, &given(now, sent, attempts), &POLICY).unwrap();
            let throttled = matches!(outcome, Outcome::Failed(FaultClass::Throttled { .. }));
            if attempts >= POLICY.attempts_limit && !throttled {
                prop_assert!(!matches!(step.next, Next::RetryAt(_)), "{:?} after {}", step, attempts);
            }
            prop_assert!(before != EffectState::Ambiguous || step.state != EffectState::Sent);
            if before == EffectState::Ambiguous && step.state == EffectState::Intended {
                prop_assert_eq!(outcome, Outcome::NotFound, "only a proven absence leads back to sending");
            }
            (state, attempts) = (step.state, step.attempts);
            prop_assert!(done <= 1, "done {} times", done);
        }
        prop_assert!(state != EffectState::Confirmed || done == 1);
    }

    /// Whatever happens while an effect is ambiguous, nothing but a proven absence lets it be sent.
    #[test]
    fn ambiguous_is_never_sent_blindly(class in prop::sample::select(CLASSES.to_vec()), attempts in 0_u32..20, now in 0_i64..1_000, seed in any::<u64>()) {
        let given = Given { now: Instant::from_seconds(now), sent: Instant::from_seconds(0), attempts, is_probe: seed % 2 == 0, seed };
        let step = after(EffectState::Ambiguous, Outcome::Failed(class), &given, &POLICY).unwrap();
        prop_assert!(matches!(step.next, Next::ReadBackAt(_) | Next::Park(_)), "{:?}", step);
        prop_assert!(matches!(step.state, EffectState::Ambiguous | EffectState::Parked));
        prop_assert_eq!(send(EffectState::Ambiguous), None);
    }
}
