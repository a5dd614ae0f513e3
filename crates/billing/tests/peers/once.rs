//! What makes a second charge of the same days visible as the same charge.

use crate::support::{
    Account, cancel, change, component, contract, date, per_unit, price, quantity,
};
use billing::{DraftLine, owed};
use commerce::{BillingFrequency::Annual, Contract};
use std::collections::BTreeSet;

fn made() -> Contract {
    let sold = [component("seats", "10", per_unit("1200"), Annual)];
    contract("EUR", "2026-01-01", "2027-01-01", &sold)
}

fn key(line: &DraftLine) -> (String, String) {
    (line.period.to_string(), line.covers().unwrap_or_default())
}

fn keys(lines: &[DraftLine]) -> Vec<(String, String)> {
    lines.iter().map(key).collect()
}

#[test]
fn lago_api_5305_two_runs_that_saw_the_same_make_the_same_line() {
    let (first, _) = change(&made(), quantity("seats", "12", "2026-05-01"));
    let mut account = Account::default();
    for (contract, through) in [(&made(), "2026-01-01"), (&first, "2026-06-01")] {
        let one = owed(contract, &account.lines, date(through)).unwrap();
        let other = owed(contract, &account.lines, date(through)).unwrap();
        assert!(!one.is_empty());
        assert_eq!(keys(&one), keys(&other));
        account.bill(contract, through);
    }
    // A run that saw nothing of what was billed makes the first charge again.
    let blind = owed(&made(), &[], date("2026-01-01")).unwrap();
    assert_eq!(key(&blind[0]), key(&account.lines[0].line));
}

#[test]
fn a_price_that_goes_and_comes_back_is_another_charge_each_time() {
    let mut now = made();
    let mut account = Account::default();
    account.bill(&now, "2026-01-01");
    for turn in ["1500", "1200", "1500", "1200"] {
        (now, _) = change(&now, price("seats", per_unit(turn), "2026-03-01"));
        assert!(!account.bill(&now, "2026-06-01").is_empty());
    }
    // Account::bill has compared every line with every other one.
    assert_eq!(account.net(), 1_200_000);
    let charges = account
        .lines
        .iter()
        .filter(|line| line.line.period.from() == date("2026-03-01"))
        .map(|line| key(&line.line));
    let charges: Vec<_> = charges.collect();
    let distinct: BTreeSet<_> = charges.iter().collect();
    assert_eq!(distinct.len(), charges.len());
}

#[test]
fn what_is_billed_after_a_voided_invoice_is_never_taken_for_what_stands() {
    let mut now = made();
    let mut account = Account::default();
    account.bill(&now, "2026-01-01");
    (now, _) = change(&now, quantity("seats", "12", "2026-01-01"));
    account.bill(&now, "2026-01-01");
    (now, _) = change(&now, quantity("seats", "15", "2026-01-01"));
    account.bill(&now, "2026-01-01");
    assert_eq!(account.lines.len(), 3);
    // Each is voided in turn and billed again; the check in the account sees those that stand.
    for voided in [1, 0, 0, 2, 1] {
        account.lines.remove(voided);
        let again = account.bill(&now, "2026-01-01");
        assert_eq!(again.len(), 1, "{voided}");
        assert_eq!(account.net(), 1_800_000);
    }
}

#[test]
fn what_goes_back_of_several_charges_of_the_same_days_is_told_apart_by_its_place() {
    let mut now = made();
    let mut account = Account::default();
    account.bill(&now, "2026-01-01");
    for seats in ["12", "15"] {
        (now, _) = change(&now, quantity("seats", seats, "2026-01-01"));
        account.bill(&now, "2026-01-01");
    }
    (now, _) = change(&now, cancel("2026-01-01", true));
    let back = owed(&now, &account.lines, date("2026-01-01")).unwrap();
    // All three charges of the year go back, decided on the same state of it.
    assert_eq!(back.len(), 3, "{back:?}");
    let days: BTreeSet<String> = back.iter().map(|line| line.period.to_string()).collect();
    assert_eq!(days.len(), 1);
    let marks: Vec<&str> = back.iter().map(|line| line.decided_on.as_str()).collect();
    let state = marks[0];
    assert!(!state.is_empty() && !state.contains('.'), "{marks:?}");
    assert_eq!(marks[1..], [format!("{state}.1"), format!("{state}.2")]);
    let distinct: BTreeSet<_> = keys(&back).into_iter().collect();
    assert_eq!(distinct.len(), 3);
}
