//! Discounts on what is measured: half a euro for a call.

use crate::company::Company;
use serde_json::{Value, json};

/// Contract C-1 with this discount from a day on, and these calls at noon of a day.
fn calling(from: &str, discounts: &[Value], calls: &[(&str, u32)]) -> Company {
    let company = Company::new();
    company.act(
        "publish_meter",
        json!({ "code": "calls", "name": "Calls", "unit": "call", "aggregation": "sum" }),
    );
    company.act(
        "publish_product",
        json!({ "code": "CALLS", "name": "Calls", "revenue_class": "usage", "prices": [{
            "currency": "EUR", "billing": "monthly", "timing": "arrears",
            "charge": { "model": "per_unit", "unit_price": "0.5" },
            "measure": { "by": "meter", "meter": "calls" } }] }),
    );
    let line = json!([{ "component": "calls", "product": "CALLS" }]);
    company.contract("C-1", ("2026-01-01", "2026-12-31"), line);
    for discount in discounts {
        let mut change = discount.clone();
        change["kind"] = json!("discount");
        company.amend(from, change);
    }
    let events = calls.iter().map(|(day, calls)| {
        let body = json!({ "meter": "calls", "key": day, "contract": "C-1",
            "at": format!("{day}T12:00:00Z"), "value": calls });
        serde_json::from_value(body).unwrap()
    });
    let taken = company
        .app
        .take_usage("reporter", events.collect())
        .unwrap();
    assert_eq!(taken.accepted, calls.len());
    company
}

/// What January, February and March are billed.
fn months(company: &Company) -> [String; 3] {
    ["2026-02-01", "2026-03-01", "2026-04-01"].map(|day| company.bill_in_all(day))
}

/// 50, 200 and 50 euros without a discount.
const CALLS: &[(&str, u32)] = &[
    ("2026-01-10", 100),
    ("2026-02-10", 400),
    ("2026-03-10", 100),
];

#[test]
fn use_is_discounted_by_a_part_with_a_cap_by_an_amount_and_for_some_months() {
    for (discounts, wanted) in [
        // 5, then 20 that are capped at 8, then 5.
        (
            vec![json!({ "code": "A", "percent": "0.1", "cap": 8 })],
            ["45.00", "192.00", "45.00"],
        ),
        (
            vec![json!({ "code": "A", "amount": 30, "component": "calls" })],
            ["20.00", "170.00", "20.00"],
        ),
        // More than the use costs is nothing.
        (
            vec![json!({ "code": "A", "amount": 60, "component": "calls" })],
            ["0.00", "140.00", "0.00"],
        ),
        // Two months at one half.
        (
            vec![json!({ "code": "A", "percent": "0.5", "cycles": 2 })],
            ["25.00", "100.00", "50.00"],
        ),
        // A tenth, and then ten euros; or ten euros, and then a tenth.
        (
            vec![
                json!({ "code": "A", "percent": "0.1", "order": 1 }),
                json!({ "code": "B", "amount": 10, "component": "calls", "order": 2 }),
            ],
            ["35.00", "170.00", "35.00"],
        ),
        (
            vec![
                json!({ "code": "A", "percent": "0.1", "order": 2 }),
                json!({ "code": "B", "amount": 10, "component": "calls", "order": 1 }),
            ],
            ["36.00", "171.00", "36.00"],
        ),
    ] {
        let company = calling("2026-01-01", &discounts, CALLS);
        assert_eq!(months(&company), wanted, "{discounts:?}");
        company.must_tie_out();
    }
}

/// From 16 January sixteen of the 31 days of January are left, so 31 euros off a month are 16 then; what
/// was used before costs what it costs.
#[test]
fn a_discount_from_within_a_month_is_taken_off_the_use_of_its_days() {
    let calls = &[
        ("2026-01-10", 100),
        ("2026-01-20", 100),
        ("2026-02-10", 400),
    ];
    let off = [json!({ "code": "A", "amount": 31, "component": "calls" })];
    let company = calling("2026-01-16", &off, calls);
    assert_eq!(
        company.bill("2026-02-01"),
        [
            "calls 2026-01-01 2026-01-15 50.00",
            "calls 2026-01-16 2026-01-31 34.00"
        ]
    );
    assert_eq!(
        company.bill("2026-03-01"),
        ["calls 2026-02-01 2026-02-28 169.00"]
    );
    // A part with a cap: one half of 50 is more than sixteen 31sts of 31.
    let off = [json!({ "code": "A", "percent": "0.5", "cap": 31 })];
    let company = calling("2026-01-16", &off, calls);
    assert_eq!(
        company.bill("2026-02-01"),
        [
            "calls 2026-01-01 2026-01-15 50.00",
            "calls 2026-01-16 2026-01-31 34.00"
        ]
    );
    // Two months are January, in which it begins, and February: one half of 200 is capped at 31.
    let off = [json!({ "code": "A", "percent": "0.5", "cap": 31, "cycles": 2 })];
    let calls = &[
        ("2026-01-20", 100),
        ("2026-02-10", 400),
        ("2026-03-10", 100),
    ];
    let company = calling("2026-01-16", &off, calls);
    assert_eq!(months(&company), ["34.00", "169.00", "50.00"]);
}
