//! What a period of use comes to: models, minimums, plans beside use, the cut-off of a period.

use crate::company::{Company, calls, event, read};
use app::usage::EventResult;
use serde_json::json;

#[test]
fn an_overage_with_a_minimum_commitment_is_trued_up_and_earned_in_its_month() {
    let company = Company::new();
    company.meter(calls());
    company.sells(
        "calls",
        &json!({"model": "commitment", "minimum": 100, "charge": {"model": "graduated", "tiers": [
            {"up_to": 1000, "unit_price": 0}, {"up_to": null, "unit_price": "0.05"}]}}),
    );
    company.take(vec![
        event("a", "2026-01-10T10:00:00Z", "900"),
        event("b", "2026-01-20T10:00:00Z", "1300"),
        event("c", "2026-02-20T10:00:00Z", "9000"),
    ]);
    // On the last day the month is not over; the day after it is.
    assert!(company.bill("2026-01-31").is_empty());
    assert_eq!(
        company.bill("2026-02-01"),
        ["2026-01-01 10000 1,000 × 0.00 + 1,200 × 0.05 + 100.00 − 60.00"]
    );
    assert!(company.bill("2026-02-01").is_empty());
    assert_eq!(
        company.bill("2026-03-01"),
        ["2026-02-01 40000 1,000 × 0.00 + 8,000 × 0.05"]
    );
    company.act("recognise_revenue", json!({"through": "2026-02-28"}));
    assert_eq!(company.open_ends(), Vec::<String>::new());
}

#[test]
fn use_is_earned_at_month_end_before_it_is_billed() {
    let company = Company::new();
    company.meter(calls());
    company.sells("calls", &json!({"model": "per_unit", "unit_price": "0.10"}));
    company.take(vec![event("a", "2026-01-10T10:00:00Z", "500")]);
    company.day("2026-02-01");
    company.act("recognise_revenue", json!({"through": "2026-01-31"}));
    let earned = |company: &Company| -> i64 {
        let rows = company
            .app
            .store()
            .read(|tx| store::obligations::of_contract(tx, "C-1"))
            .unwrap();
        rows.iter().map(|row| row.recognised).sum()
    };
    assert_eq!(earned(&company), 5_000);
    assert_eq!(company.bill("2026-02-01").len(), 1);
    company.act("recognise_revenue", json!({"through": "2026-01-31"}));
    assert_eq!(earned(&company), 5_000);
    assert_eq!(company.open_ends(), Vec::<String>::new());
}

#[test]
fn an_annual_plan_and_its_use_share_an_invoice_and_keep_their_revenue_patterns() {
    let company = Company::new();
    company.meter(calls());
    company.sells_only(
        "calls",
        &json!({"model": "per_unit", "unit_price": "0.10"}),
        &json!({}),
    );
    company.act("publish_product", json!({
        "code": "PLAN", "name": "Plan",
        "prices": [{"currency": "USD", "billing": "annual", "charge": {"model": "flat", "amount": 1200}}]
    }));
    company.activate(json!([{"product": "USE"}]));
    company.take(vec![event("a", "2026-01-10T10:00:00Z", "700")]);
    // The plan comes in on the day on which January's use is billed: one invoice, two patterns.
    company.day("2026-02-01");
    company.act(
        "amend_contract",
        json!({"contract": "C-1", "effective": "2026-02-01",
        "change": {"kind": "add", "line": {"product": "PLAN"}}}),
    );
    let lines = company.bill("2026-02-01");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("2026-01-01 7000 "))
    );
    company.act("recognise_revenue", json!({"through": "2026-02-28"}));
    let rows = company
        .app
        .store()
        .read(|tx| store::obligations::of_contract(tx, "C-1"))
        .unwrap();
    for row in rows {
        match row.revenue_class.as_str() {
            "usage" => assert_eq!((row.billed, row.recognised), (7_000, 7_000)),
            _ => assert!(row.recognised > 0 && row.recognised < row.billed, "{row:?}"),
        }
    }
    assert_eq!(company.open_ends(), Vec::<String>::new());
}

#[test]
fn a_minimum_over_the_whole_plan_is_trued_up_at_the_end_of_its_year() {
    let company = Company::new();
    company.meter(calls());
    company.sells_only(
        "calls",
        &json!({"model": "per_unit", "unit_price": "1"}),
        &json!({}),
    );
    company.act(
        "publish_product",
        json!({
            "code": "MINIMUM", "name": "Annual minimum", "revenue_class": "usage",
            "prices": [{"currency": "USD", "billing": "annual", "timing": "arrears",
                "charge": {"model": "minimum_spend", "minimum": 1000},
                "measure": {"by": "spend", "products": ["USE"]}}]
        }),
    );
    company.activate(json!([{"product": "USE"}, {"product": "MINIMUM"}]));
    company.take(vec![
        event("a", "2026-01-10T10:00:00Z", "150"),
        event("b", "2026-12-10T10:00:00Z", "250"),
    ]);
    assert_eq!(company.bill("2026-02-01").len(), 1);
    let lines = company.bill("2027-01-01");
    assert_eq!(
        lines,
        [
            "2026-12-01 25000 250 × 1.00",
            "2026-01-01 60000 1,000.00 − 400.00 spent"
        ]
    );
    // More use comes to light: the plan is trued up by that much less.
    let late = company.take(vec![event("c", "2026-12-11T10:00:00Z", "100")]);
    assert_eq!(late.results, [EventResult::Late]);
    assert_eq!(
        company.bill("2027-01-02"),
        [
            "2026-12-01 10000 350.00 for 350 in all, less 250.00 billed before",
            "2026-01-01 -10000 500.00 for 500 in all, less 600.00 billed before"
        ]
    );
    assert_eq!(company.open_ends(), Vec::<String>::new());
}

#[test]
fn unique_users_count_once_each_month() {
    let company = Company::new();
    company.meter(
        json!({"code": "users", "name": "Users", "unit": "user", "aggregation": "unique_count"}),
    );
    company.sells("users", &json!({"model": "per_unit", "unit_price": 3}));
    let user = |key: &str, when: &str, who: &str| {
        read(json!({"meter": "users", "key": key, "customer": "acme", "at": when, "value": who}))
    };
    company.take(vec![
        user("1", "2026-01-02T10:00:00Z", "ann"),
        user("2", "2026-01-03T10:00:00Z", "bob"),
        user("3", "2026-01-04T10:00:00Z", "ann"),
        user("4", "2026-02-04T10:00:00Z", "ann"),
    ]);
    assert_eq!(company.bill("2026-02-01"), ["2026-01-01 600 2 × 3.00"]);
    assert_eq!(company.bill("2026-03-01"), ["2026-02-01 300 1 × 3.00"]);
}

#[test]
fn tiny_prices_of_records_are_rounded_once_for_the_month() {
    let company = Company::new();
    company.meter(calls());
    company.sells(
        "calls",
        &json!({"model": "graduated", "tiers": [
            {"up_to": 1_000_000, "unit_price": "0.0000004"}, {"up_to": null, "unit_price": "0.00000025"}]}),
    );
    let events = (0..60).map(|n| event(&format!("e{n}"), "2026-01-10T10:00:00Z", "50000.5"));
    company.take(events.collect());
    // 3,000,030 records: 0.40 + 0.5000075, rounded once.
    assert_eq!(
        company.bill("2026-02-01"),
        ["2026-01-01 90 1,000,000 × 0.0000004 + 2,000,030 × 0.00000025"]
    );
}

#[test]
fn a_matrix_prices_use_by_region_and_holds_the_contract_for_an_unknown_one() {
    let company = Company::new();
    company.meter(
        json!({"code": "calls", "name": "Calls", "unit": "call", "aggregation": "sum",
        "dimensions": [{"name": "region", "required": true}]}),
    );
    company.sells(
        "calls",
        &json!({"model": "matrix", "dimensions": ["region"], "cells": [
            {"when": {"region": "eu"}, "unit_price": "0.02"}, {"when": {"region": "us"}, "unit_price": "0.03"}]}),
    );
    let region = |key: &str, region: &str| {
        read(
            json!({"meter": "calls", "key": key, "contract": "C-1", "at": "2026-01-05T00:00:00-05:00",
            "value": 100, "dimensions": {"region": region}}),
        )
    };
    company.take(vec![
        region("1", "eu"),
        region("2", "us"),
        region("3", "eu"),
    ]);
    assert_eq!(
        company.bill("2026-02-01"),
        ["2026-01-01 700 200 × 0.02 + 100 × 0.03"]
    );
    company.take(vec![region("4", "mars")]);
    company.day("2026-02-02");
    let answer = company.act("run_billing", json!({"through": "2026-02-02"}));
    assert_eq!(answer["held"], 1, "{answer}");
    let open = company
        .app
        .exceptions(&app::query::ExceptionFilter::default(), None)
        .unwrap();
    let summary = &open.items[0].summary;
    assert!(
        summary.contains("no price for region mars, of which 100 were used; add a cell for it"),
        "{summary}"
    );
}

/// The cut-off of a month is midnight where the legal entity is, in winter as in summer.
#[test]
fn killbill_1934_the_cut_off_of_use_does_not_shift_with_the_season() {
    let company = Company::in_zone("Europe/Berlin", "EUR");
    company.meter(calls());
    company.sells("calls", &json!({"model": "per_unit", "unit_price": 1}));
    company.take(vec![
        event("winter-last", "2026-01-31T22:59:59Z", "1"),
        event("winter-first", "2026-01-31T23:00:00Z", "10"),
        // The clocks go forward on 29 March: midnight of 1 April is an hour earlier in UTC.
        event("summer-last", "2026-03-31T21:59:59Z", "100"),
        event("summer-first", "2026-03-31T22:00:00Z", "1000"),
    ]);
    let mut lines = Vec::new();
    for day in ["2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01"] {
        lines.extend(company.bill(day));
    }
    assert_eq!(
        lines,
        [
            "2026-01-01 100 1 × 1.00",
            "2026-02-01 1000 10 × 1.00",
            "2026-03-01 10000 100 × 1.00",
            "2026-04-01 100000 1,000 × 1.00",
        ]
    );
}

#[test]
fn a_level_is_weighted_by_how_long_it_held_and_goes_on_into_the_next_month() {
    let company = Company::in_zone("UTC", "USD");
    company.meter(
        json!({"code": "calls", "name": "Storage", "unit": "GB", "aggregation": "weighted_sum",
        "rounding": {"places": 3, "mode": "half_up"}}),
    );
    company.sells("calls", &json!({"model": "per_unit", "unit_price": 1}));
    company.take(vec![
        event("up", "2026-01-01T00:00:00Z", "31"),
        event("down", "2026-01-31T00:00:00Z", "-31"),
        event("up-again", "2026-02-01T00:00:00Z", "14"),
    ]);
    assert_eq!(company.bill("2026-02-01"), ["2026-01-01 3000 30 × 1.00"]);
    assert_eq!(company.bill("2026-03-01"), ["2026-02-01 1400 14 × 1.00"]);
    assert_eq!(company.bill("2026-04-01"), ["2026-03-01 1400 14 × 1.00"]);
}

#[test]
fn what_is_measured_is_never_billed_in_advance() {
    let company = Company::new();
    company.act("publish_product", json!({"code": "USE", "name": "Use", "revenue_class": "usage",
        "prices": [{"currency": "USD", "billing": "monthly", "charge": {"model": "per_unit", "unit_price": 1},
            "measure": {"by": "meter", "meter": "calls"}}]}));
    let refused = company
        .try_act(
            "activate_contract",
            json!({"id": "C-1", "customer": "acme", "entity": "US",
            "start": "2026-01-01", "end": "2026-12-31", "lines": [{"product": "USE"}]}),
        )
        .unwrap_err();
    let words = refused.to_string();
    assert!(words.contains("set timing to arrears"), "{words}");
}

/// The events behind a line: those that it is the first to count; a correction shows both.
#[test]
fn every_line_opens_the_events_behind_it() {
    let company = Company::new();
    company.meter(calls());
    company.sells("calls", &json!({"model": "per_unit", "unit_price": "0.10"}));
    let many = (0..70).map(|n| event(&format!("e{n:02}"), "2026-01-10T10:00:00Z", "1"));
    company.take(many.collect());
    company.bill("2026-02-01");
    let lines = company.line_ids();
    let first = company.app.line_usage(&lines[0], None).unwrap().unwrap();
    assert_eq!(first.line.events, 70);
    assert_eq!(first.events.items.len(), 50);
    let next = first.events.next.unwrap();
    let second = company
        .app
        .line_usage(&lines[0], Some(&next))
        .unwrap()
        .unwrap();
    assert_eq!(second.events.items.len(), 20);

    let fix = read(json!({"meter": "calls", "key": "fix", "contract": "C-1",
        "at": "2026-01-10T10:00:00Z", "value": 11, "replaces": "e00"}));
    assert_eq!(company.take(vec![fix]).results, [EventResult::Late]);
    assert_eq!(
        company.bill("2026-02-02"),
        ["2026-01-01 100 8.00 for 80 in all, less 7.00 billed before"]
    );
    let lines = company.line_ids();
    let shown = company.app.line_usage(&lines[1], None).unwrap().unwrap();
    let behind: Vec<_> = shown
        .events
        .items
        .iter()
        .map(|event| (event.id.as_str(), event.corrected_by.as_deref()))
        .collect();
    assert_eq!(behind, [("e00", Some("fix")), ("fix", None)]);
    assert!(company.app.line_usage("lin_none", None).unwrap().is_none());
}
