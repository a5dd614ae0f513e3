//! Events whose period has been billed, by each rule, and events after the end of the service.

use crate::company::{Company, event, read};
use app::usage::EventResult;
use serde_json::{Value, json};

/// January has been billed at 100 calls; the meter has this rule.
fn billed(late: Value) -> Company {
    let company = Company::new();
    company.meter(json!({"code": "calls", "name": "Calls", "unit": "call", "aggregation": "sum", "late": late}));
    company.sells("calls", &json!({"model": "per_unit", "unit_price": "0.50"}));
    company.take(vec![event("a", "2026-01-10T10:00:00Z", "100")]);
    assert_eq!(company.bill("2026-02-01"), ["2026-01-01 5000 100 × 0.50"]);
    company
}

fn cancel(key: &str) -> billing::UsageEvent {
    read(
        json!({"meter": "calls", "key": format!("not-{key}"), "contract": "C-1",
        "at": "2026-02-02T10:00:00Z", "cancels": key}),
    )
}

#[test]
fn late_use_counts_in_its_own_period_as_far_as_the_meter_looks_back() {
    let company = billed(json!({"rule": "original_period", "look_back": 1}));
    let late = company.take(vec![event("b", "2026-01-31T10:00:00Z", "20")]);
    assert_eq!(late.results, [EventResult::Late]);
    assert_eq!(
        company.bill("2026-02-02"),
        ["2026-01-01 1000 60.00 for 120 in all, less 50.00 billed before"]
    );
    assert!(company.bill("2026-02-03").is_empty());
    company.take(vec![event("c", "2026-02-10T10:00:00Z", "4")]);
    assert_eq!(company.bill("2026-03-01"), ["2026-02-01 200 4 × 0.50"]);
    // January is now two billed periods back.
    let refused = company.take(vec![event("d", "2026-01-11T10:00:00Z", "1")]);
    assert_eq!(refused.results, [EventResult::Rejected]);
    let why = &refused.problems[0].message;
    assert!(
        why.contains("\"d\"") && why.contains("more than 1 billed periods back"),
        "{why}"
    );
    company.act("recognise_revenue", json!({"through": "2026-02-28"}));
    assert_eq!(company.open_ends(), Vec::<String>::new());
}

#[test]
fn late_use_counts_in_the_next_period() {
    let company = billed(json!({"rule": "next_period"}));
    let late = company.take(vec![event("b", "2026-01-31T10:00:00Z", "20")]);
    assert_eq!(late.results, [EventResult::Late]);
    assert!(company.bill("2026-02-02").is_empty());
    assert_eq!(company.bill("2026-03-01"), ["2026-02-01 1000 20 × 0.50"]);
    // What was billed is not taken back any more either.
    let refused = company.take(vec![cancel("a")]);
    assert_eq!(refused.results, [EventResult::Rejected]);
    assert!(
        refused.problems[0]
            .message
            .contains("credit the invoice line")
    );
}

#[test]
fn late_use_is_refused() {
    let company = billed(json!({"rule": "refuse"}));
    let late = company.take(vec![event("b", "2026-01-31T10:00:00Z", "20")]);
    assert_eq!(late.results, [EventResult::Rejected]);
    assert_eq!(late.problems[0].code, "period_billed");
    assert!(company.bill("2026-02-02").is_empty());
    let aside = company.app.usage_aside("calls", None).unwrap();
    assert_eq!(aside.items[0].key, "b");
    // The same event that was in time is still only a duplicate.
    let again = company.take(vec![event("a", "2026-01-10T10:00:00Z", "100")]);
    assert_eq!(again.results, [EventResult::Duplicate]);
}

#[test]
fn late_use_can_only_lower_what_was_billed() {
    let company = billed(json!({"rule": "credit", "look_back": 3}));
    let late = company.take(vec![event("b", "2026-01-31T10:00:00Z", "20")]);
    assert_eq!(late.results, [EventResult::Late]);
    assert!(company.bill("2026-02-02").is_empty());
    assert_eq!(company.take(vec![cancel("a")]).results, [EventResult::Late]);
    assert_eq!(
        company.bill("2026-02-03"),
        ["2026-01-01 4000 10.00 for 20 in all, less 50.00 billed before"]
    );
    assert!(company.bill("2026-02-04").is_empty());
    company.act("recognise_revenue", json!({"through": "2026-02-28"}));
    assert_eq!(company.open_ends(), Vec::<String>::new());
}

fn terminated(after_end: &str) -> Company {
    let company = Company::new();
    company.meter(json!({"code": "calls", "name": "Calls", "unit": "call", "aggregation": "sum", "after_end": after_end}));
    company.sells("calls", &json!({"model": "per_unit", "unit_price": 1}));
    company.take(vec![event("a", "2026-01-10T10:00:00Z", "5")]);
    company.day("2026-01-16");
    company.act(
        "amend_contract",
        json!({"contract": "C-1", "effective": "2026-01-16", "change": {"kind": "cancel"}}),
    );
    company
}

/// Use after the service ended is refused with what to do, and never billed.
#[test]
fn lago_api_619_use_after_termination_is_refused() {
    let company = terminated("refuse");
    let late = company.take(vec![event("b", "2026-01-20T10:00:00Z", "7")]);
    assert_eq!(late.results, [EventResult::Rejected]);
    assert!(
        late.problems[0]
            .message
            .contains("after the service of contract C-1"),
        "{:?}",
        late.problems
    );
    // What was used before the end is billed once the end has passed, and in no other period.
    assert_eq!(company.bill("2026-01-17"), ["2026-01-01 500 5 × 1.00"]);
    assert!(company.bill("2026-02-01").is_empty());
}

#[test]
fn use_after_termination_can_be_held_until_somebody_decides() {
    let company = terminated("hold");
    let late = company.take(vec![event("b", "2026-01-20T10:00:00Z", "7")]);
    assert_eq!(late.results, [EventResult::Held]);
    let open = company
        .app
        .exceptions(&app::query::ExceptionFilter::default(), None)
        .unwrap();
    assert_eq!(open.items[0].class, "usage_held");
    let answer = company.act("release_usage", json!({"contract": "C-1"}));
    assert_eq!(
        (&answer["released"], &answer["held"]),
        (&json!(0), &json!(1))
    );
    let answer = company.act(
        "release_usage",
        json!({"contract": "C-1", "give_up": "sent by mistake"}),
    );
    assert_eq!(
        (&answer["rejected"], &answer["held"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(company.bill("2026-02-01"), ["2026-01-01 500 5 × 1.00"]);
}
