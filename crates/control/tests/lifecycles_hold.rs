//! The declared lifecycles and the machines that move the objects say the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use control::approval::{ApprovalState, Decision, Request, decide};
use control::effect::{self, EffectState, FaultClass, Given, Outcome, RetryPolicy};
use control::lifecycle::{APPROVAL, EFFECT, EXCEPTION, Lifecycle, PROCESS};
use control::process::ProcessStatus;
use control::{ExceptionStatus, assign, resolve};
use values::Instant;

fn words(lifecycle: &Lifecycle) -> Vec<&'static str> {
    lifecycle.states.iter().map(|state| state.name).collect()
}

#[test]
fn every_state_of_a_machine_is_declared() {
    let effects: Vec<_> = EffectState::ALL
        .iter()
        .map(|state| state.as_str())
        .collect();
    assert_eq!(words(&EFFECT), effects);
    let exceptions: Vec<_> = ExceptionStatus::ALL
        .iter()
        .map(|state| state.as_str())
        .collect();
    assert_eq!(words(&EXCEPTION), exceptions);
    let approvals: Vec<_> = ApprovalState::ALL
        .iter()
        .map(|state| state.as_str())
        .collect();
    assert_eq!(words(&APPROVAL), approvals);
    let processes: Vec<_> = ProcessStatus::ALL
        .iter()
        .map(|state| state.as_str())
        .collect();
    assert_eq!(words(&PROCESS), processes);
}

#[test]
fn an_effect_takes_declared_steps_only() {
    let faults = [
        FaultClass::Transient,
        FaultClass::Throttled {
            retry_after_ms: None,
        },
        FaultClass::Authentication,
        FaultClass::Data,
        FaultClass::Policy,
        FaultClass::Conflict,
        FaultClass::Duplicate,
        FaultClass::Ambiguous,
        FaultClass::Bug,
    ];
    let outcomes = [Outcome::Confirmed, Outcome::Found, Outcome::NotFound]
        .into_iter()
        .chain(faults.map(Outcome::Failed));
    let now = Instant::from_seconds(1_000_000);
    let mut taken = 0;
    for outcome in outcomes {
        for state in EffectState::ALL {
            for attempts in [1, 100] {
                let given = Given {
                    now,
                    sent: now.plus_seconds(-90_000),
                    attempts,
                    is_probe: attempts == 1,
                    seed: 7,
                };
                if let Ok(step) = effect::after(state, outcome, &given, &RetryPolicy::default()) {
                    EFFECT
                        .go("eff_1", state.as_str(), step.state.as_str())
                        .unwrap();
                    taken += 1;
                }
            }
        }
    }
    assert!(taken > 20);
    for state in EffectState::ALL {
        if let Some(step) = effect::release(state, now) {
            EFFECT
                .check("eff_1", state.as_str(), step.state.as_str())
                .unwrap();
        }
        if let Some(skipped) = effect::skip(state) {
            EFFECT
                .check("eff_1", state.as_str(), skipped.as_str())
                .unwrap();
        }
    }
}

#[test]
fn exceptions_and_approvals_take_declared_steps_only() {
    for status in ExceptionStatus::ALL {
        if let Ok(next) = assign(status, "dana") {
            EXCEPTION
                .go("exc_1", status.as_str(), next.as_str())
                .unwrap();
        }
        if let Ok(next) = resolve(status, "why") {
            EXCEPTION
                .go("exc_1", status.as_str(), next.as_str())
                .unwrap();
        }
    }
    let request = Request {
        maker: "dana",
        expires: Instant::from_seconds(100),
    };
    for state in ApprovalState::ALL {
        for decision in [Decision::Grant, Decision::Deny] {
            if let Ok(next) = decide(state, &request, "li", decision, Instant::from_seconds(1)) {
                APPROVAL
                    .check("apr_1", state.as_str(), next.as_str())
                    .unwrap();
            }
        }
    }
}
