//! A dozen seeds in every test run, each three months of a year and the first days of the fourth:
//! `cargo xtask storm` lives whole years, a thousand of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use storm::plan::Size;
use storm::run;
use storm::trace::Trace;
use storm::year::{Strength, Wanted};

/// Through the work of a month's end: what was amended after a month's revenue was posted is put
/// right with the next month.
const DAYS: i64 = 93;

fn wanted(seed: u64) -> Wanted {
    Wanted {
        seed,
        size: Size {
            deals: 4,
            direct: 2,
        },
        strength: Strength::Storm,
        days: DAYS,
    }
}

fn live(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let verdict = run(wanted(seed), &Trace::default()).unwrap();
        let told: Vec<String> = verdict.findings.iter().map(ToString::to_string).collect();
        assert!(
            told.is_empty(),
            "seed {seed} ({DAYS} days, 4 and 2 customers):\n{}\nthe last steps:\n{}",
            told.join("\n"),
            verdict.steps.join("\n")
        );
    }
}

#[test]
fn seeds_from_2001() {
    live(2_001..2_004);
}

#[test]
fn seeds_from_2007() {
    live(2_007..2_010);
}

#[test]
fn seeds_from_2013() {
    live(2_013..2_016);
}

#[test]
fn seeds_from_2019() {
    live(2_019..2_022);
}

#[test]
fn a_seed_is_the_same_run_each_time() {
    let outcome = |seed| {
        let verdict = run(wanted(seed), &Trace::default()).unwrap();
        (verdict.fingerprint, verdict.figures)
    };
    assert_eq!(outcome(2_100), outcome(2_100));
    assert_ne!(outcome(2_100).0, outcome(2_101).0);
}
