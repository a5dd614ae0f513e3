//! Game day: the outside ledger is away for 48 hours while billing, collection and month end run.
//! Intake and billing go on, the order of every lane is kept, nothing is lost, and everything that
//! had gathered is delivered within the stated time after the ledger is back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use storm::plan::Size;
use storm::trace::Trace;
use storm::year::{GAME_DAY, Strength, Wanted, run};

/// The stated recovery time: the longest that deliveries may lag once the other system is back.
const RECOVERED_WITHIN_S: u64 = 30 * 60;

#[test]
fn a_ledger_that_is_away_for_two_days_holds_up_nothing_but_its_own_deliveries() {
    let wanted = Wanted {
        seed: 9,
        size: Size {
            deals: 10,
            direct: 4,
        },
        strength: Strength::GameDay,
        // The outage spans the end of February and the bills of the first of March.
        days: GAME_DAY + 20,
    };
    let verdict = run(Wanted { ..wanted }, &Trace::default()).unwrap();
    let told: Vec<String> = verdict.findings.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    let figures = verdict.figures;
    println!("{figures:?}");
    assert!(
        figures["held for the ledger"] >= 3,
        "the outage held up nothing: {figures:?}"
    );
    assert_eq!(figures["left undelivered"], 0);
    assert!(
        figures["seconds until all is delivered"] <= RECOVERED_WITHIN_S,
        "{figures:?}"
    );
}
