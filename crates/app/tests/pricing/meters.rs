//! What meters measure, whatever the order in which events come, and what the models that look at single
//! events and at readings make of it.

use crate::company::Company;
use app::usage::EventResult;
use billing::UsageEvent;
use serde_json::{Value, json};

/// Contract C-1 for 2026 with one product that a meter of this kind measures.
pub fn metered(aggregation: &str, charge: Value) -> Company {
    let late = json!({ "rule": "original_period", "look_back": 3 });
    metered_with(aggregation, charge, late)
}

/// As [`metered`], with what becomes of late events.
pub fn metered_with(aggregation: &str, charge: Value, late: Value) -> Company {
    let company = Company::new();
    company.act(
        "publish_meter",
        json!({ "code": "use", "name": "Use", "unit": "unit", "aggregation": aggregation, "late": late }),
    );
    company.act(
        "publish_product",
        json!({ "code": "USE", "name": "Use", "revenue_class": "usage", "prices": [{
            "currency": "EUR", "billing": "monthly", "timing": "arrears", "charge": charge,
            "measure": { "by": "meter", "meter": "use" } }] }),
    );
    let line = json!([{ "component": "use", "product": "USE" }]);
    company.contract("C-1", ("2026-01-01", "2026-12-31"), line);
    company
}

/// Events at noon of a day, in the order in which they come; each is counted.
pub fn takes(company: &Company, events: &[(&str, &str)]) -> Vec<EventResult> {
    let event = |(day, value): &(&str, &str)| -> UsageEvent {
        let body = json!({ "meter": "use", "key": format!("{day}/{value}"), "contract": "C-1",
            "at": format!("{day}T12:00:00Z"), "value": value });
        serde_json::from_value(body).unwrap()
    };
    let taken = company
        .app
        .take_usage("reporter", events.iter().map(event).collect());
    taken.unwrap().results
}

/// Two payments are free, and each of the others costs 2.9 % and 30 cents: the free ones are the first
/// by their own time.
#[test]
fn a_fee_for_each_payment_leaves_the_first_ones_of_the_month_free() {
    let charge =
        json!({ "model": "percentage", "rate": "0.029", "fixed": "0.30", "free_events": 2 });
    let company = metered("sum", charge);
    takes(
        &company,
        &[
            ("2026-01-20", "40"),
            ("2026-01-12", "10.01"),
            ("2026-01-06", "50"),
            ("2026-01-10", "200"),
            ("2026-01-05", "100"),
        ],
    );
    // 250.01 × 0.029 is 7.25029, and 3 × 0.30.
    assert_eq!(
        company.bill_with_arithmetic("2026-02-01"),
        ["use 2026-01-01 2026-01-31 8.15 | 2 × 0 + 2.9 % of 250.01 + 3 × 0.30"]
    );
    // One of 2 January takes the place of the 50 of 6 January among the free ones: 300.01 × 0.029 is
    // 8.70029, and 4 × 0.30.
    assert_eq!(
        takes(&company, &[("2026-01-02", "10")]),
        [EventResult::Late]
    );
    assert_eq!(
        company.bill("2026-02-02"),
        ["use 2026-01-01 2026-01-31 1.75"]
    );
    // In February two are free again.
    takes(
        &company,
        &[
            ("2026-02-03", "1000"),
            ("2026-02-04", "1000"),
            ("2026-02-05", "100"),
        ],
    );
    assert_eq!(
        company.bill("2026-03-01"),
        ["use 2026-02-01 2026-02-28 3.20"]
    );
    company.must_tie_out();
}

#[test]
fn each_payment_costs_between_the_least_and_the_most() {
    let charge = json!({ "model": "percentage", "rate": "0.01", "free_amount": 100, "minimum": "0.50", "maximum": 5 });
    let company = metered("sum", charge);
    // The first 100 bear no percentage, so the first payment costs the least, 0.50; then 150 × 1 % is
    // 1.50, 10 × 1 % is lifted to 0.50, and 900 × 1 % is held at 5.00.
    takes(
        &company,
        &[
            ("2026-01-20", "900"),
            ("2026-01-05", "100"),
            ("2026-01-12", "10"),
            ("2026-01-10", "150"),
        ],
    );
    assert_eq!(
        company.bill("2026-02-01"),
        ["use 2026-01-01 2026-01-31 7.50"]
    );
}

#[test]
fn capacity_is_paid_by_the_highest_reading_of_the_month() {
    let charge = json!({ "model": "capacity", "overage": "0.60",
        "blocks": [{ "up_to": 100, "price": 50 }, { "up_to": 500, "price": 200 }] });
    let company = metered("max", charge);
    takes(
        &company,
        &[
            ("2026-01-20", "120"),
            ("2026-01-05", "320"),
            ("2026-01-12", "80"),
        ],
    );
    assert_eq!(
        company.bill("2026-02-01"),
        ["use 2026-01-01 2026-01-31 200.00"]
    );
    // A reading below the highest changes nothing; 450 is in the same block; 600 are 100 above the last.
    takes(&company, &[("2026-01-30", "319"), ("2026-01-31", "450")]);
    assert!(company.bill("2026-02-02").is_empty());
    takes(&company, &[("2026-01-29", "600")]);
    assert_eq!(
        company.bill("2026-02-03"),
        ["use 2026-01-01 2026-01-31 60.00"]
    );
    // February begins anew.
    takes(&company, &[("2026-02-14", "100")]);
    assert_eq!(
        company.bill("2026-03-01"),
        ["use 2026-02-01 2026-02-28 50.00"]
    );
    // Nothing was read in March.
    assert!(company.bill("2026-04-01").is_empty());
}

/// What a month is billed at one euro a unit, and what late events add to it.
#[test]
fn meters_count_take_the_highest_or_the_last_whatever_the_order() {
    for (aggregation, month, late) in [
        // Four events, then one more.
        ("count", "4.00", "1.00"),
        // 30 is the highest, then 41.
        ("max", "30.00", "11.00"),
        // The reading of 30 January is 7, then the late one of 31 January is 41.
        ("last", "7.00", "34.00"),
    ] {
        let company = metered(aggregation, json!({ "model": "per_unit", "unit_price": 1 }));
        takes(
            &company,
            &[
                ("2026-01-30", "7"),
                ("2026-01-05", "30"),
                ("2026-01-29", "12"),
                ("2026-01-12", "9"),
            ],
        );
        assert_eq!(
            company.bill("2026-02-01"),
            [format!("use 2026-01-01 2026-01-31 {month}")],
            "{aggregation}"
        );
        let result = takes(&company, &[("2026-01-31", "41")]);
        assert_eq!(result, [EventResult::Late], "{aggregation}");
        assert_eq!(
            company.bill("2026-02-02"),
            [format!("use 2026-01-01 2026-01-31 {late}")],
            "{aggregation}"
        );
        // One that is neither the highest nor the last, which only counts.
        takes(&company, &[("2026-01-02", "3")]);
        let more: &[&str] = match aggregation {
            "count" => &["use 2026-01-01 2026-01-31 1.00"],
            _ => &[],
        };
        assert_eq!(company.bill("2026-02-03"), more, "{aggregation}");
        company.must_tie_out();
    }
}
