//! Two dozen seeds in every test run, each the first two or three months of a year: `cargo xtask
//! storm` lives whole years, a thousand of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use storm::plan::Size;
use storm::run;
use storm::trace::Trace;
use storm::year::{Strength, Wanted};

/// After a quarter's end, in the middle of a month, near a month's end: a run that ends between two runs
/// of recognition sees what a change leaves behind until the next.
const DAYS: [i64; 3] = [93, 75, 59];

fn days_of(seed: u64) -> i64 {
    let turn = usize::try_from(seed % 3).unwrap();
    DAYS[turn]
}

fn wanted(seed: u64) -> Wanted {
    Wanted {
        seed,
        size: Size {
            deals: 4,
            direct: 2,
        },
        strength: Strength::Storm,
        days: days_of(seed),
    }
}

fn live(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let verdict = run(wanted(seed), &Trace::default()).unwrap();
        let told: Vec<String> = verdict.findings.iter().map(ToString::to_string).collect();
        assert!(
            told.is_empty(),
            "seed {seed} ({} days, 4 and 2 customers):\n{}\nthe last steps:\n{}",
            days_of(seed),
            told.join("\n"),
            verdict.steps.join("\n")
        );
    }
}

#[test]
fn seeds_from_2001() {
    live(2_001..2_007);
}

#[test]
fn seeds_from_2007() {
    live(2_007..2_013);
}

#[test]
fn seeds_from_2013() {
    live(2_013..2_019);
}

#[test]
fn seeds_from_2019() {
    live(2_019..2_025);
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
