//! Receivables through the program: what was done in a case, what was owed on any day, what is
//! unmatched and why.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use app::story::{Ending, run};
use std::path::Path;

fn ended(story: &str) -> Ending {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../stories")
        .join(story);
    run(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_late_payer_is_warned_promises_is_suspended_and_returns() {
    let ending = ended("late-payer.yaml");
    assert!(
        ending
            .app
            .collection_worklist(None)
            .unwrap()
            .page
            .items
            .is_empty()
    );
    let promised = ending
        .told
        .iter()
        .find_map(|told| told.answer["case"].as_str())
        .unwrap();
    let case = ending.app.collection_case(promised).unwrap().unwrap();
    let acts: Vec<(&str, &str)> = case
        .acts
        .iter()
        .map(|act| (act.day.as_str(), act.act.as_str()))
        .collect();
    assert_eq!(
        acts,
        [
            ("2026-01-30", "entered"),
            ("2026-01-30", "notice"),
            ("2026-02-01", "assigned"),
            ("2026-02-01", "promised"),
            ("2026-02-11", "promise_broken"),
            ("2026-02-11", "notice"),
            ("2026-02-15", "task"),
            ("2026-03-04", "suspended"),
            ("2026-03-10", "promised"),
            ("2026-03-18", "promise_kept"),
            ("2026-03-25", "resumed"),
            ("2026-03-25", "closed"),
        ]
    );
    assert_eq!(case.row.status, "closed");
    assert!(
        case.acts[1]
            .text
            .starts_with("Lindqvist AB: invoice DE-2026-00001 over 1,190.00 EUR")
    );
}

#[test]
fn what_was_owed_ties_out_to_the_ledger_on_every_past_day() {
    for story in [
        "late-payer.yaml",
        "write-off-and-recovery.yaml",
        "prepaid-credits.yaml",
        "payments-short-and-over.yaml",
        "credit-and-refund.yaml",
    ] {
        let ending = ended(story);
        let mut day: values::Date = "2026-01-01".parse().unwrap();
        while day <= ending.as_of {
            let view = ending.app.aged_receivables(Some(day), None).unwrap();
            for total in &view.totals {
                assert!(total.difference.is_zero(), "{story} on {day}: {total:?}");
            }
            day = day.tomorrow().unwrap();
        }
    }
}

#[test]
fn unmatched_money_stands_with_its_reason_and_its_age() {
    let ending = ended("payments-short-and-over.yaml");
    let rows = ending.app.unmatched_payments(None).unwrap();
    assert_eq!(rows.count, rows.page.items.len() as i64);
    let rows = rows.page.items;
    let row = rows.iter().find(|row| row.payment == "P-4").unwrap();
    assert_eq!(row.unapplied.to_string(), "40.00 EUR");
    assert_eq!(row.days, 0);
    assert_eq!(row.candidates.len(), 2, "{row:?}");
    let old = rows.iter().find(|row| row.payment == "P-1").unwrap();
    assert_eq!(old.days, 90);
    assert!(
        old.why.contains("the text names DE-2026-00001"),
        "{}",
        old.why
    );
}
