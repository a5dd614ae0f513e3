//! Amendments of what is billed already: removals, phases, ends that move, cancellations in the past.

use crate::company::Company;
use serde_json::{Value, json};

/// Contract C-1 from the first to the last day: ten seats at 10 a month, and care for 31 a month.
fn seats_and_care(term: (&str, &str)) -> Company {
    let company = Company::new();
    let charge = json!({ "model": "per_unit", "unit_price": 10 });
    company.product("SEAT", "monthly", charge);
    company.product("CARE", "monthly", json!({ "model": "flat", "amount": 31 }));
    company.contract(
        "C-1",
        term,
        json!([
            { "component": "care", "product": "CARE" },
            { "component": "seats", "product": "SEAT", "quantity": 10 },
        ]),
    );
    company
}

/// The same for 2026, billed through March on 20 March.
fn billed_through_march() -> Company {
    let company = seats_and_care(("2026-01-01", "2026-12-31"));
    assert_eq!(company.bill_in_all("2026-03-20"), "393.00");
    company
}

/// The value that an amendment adds.
fn added(answer: &Value) -> &str {
    answer["value_change"]["amount"].as_str().unwrap()
}

#[test]
fn what_is_removed_within_a_month_is_credited_from_the_day() {
    let company = billed_through_march();
    let answer = company.amend(
        "2026-03-16",
        json!({ "kind": "remove", "component": "care" }),
    );
    // Sixteen of 31 days of March, and nine months.
    assert_eq!(added(&answer), "-295.00");
    assert_eq!(
        company.bill("2026-03-20"),
        ["care 2026-03-16 2026-03-31 -16.00"]
    );
    assert_eq!(
        company.bill("2026-04-01"),
        ["seats 2026-04-01 2026-04-30 100.00"]
    );
    assert_eq!(company.value("C-1"), "1277.00");
    company.must_tie_out();
}

#[test]
fn phases_from_a_day_change_what_is_billed_already_and_what_comes() {
    let company = billed_through_march();
    let answer = company.amend(
        "2026-03-01",
        json!({ "kind": "phases", "component": "seats", "phases": [
            { "phase": "discount", "months": 2, "off": "0.25" },
            { "phase": "fixed_term", "months": 3, "unit_price": 8 },
            { "phase": "evergreen" },
        ] }),
    );
    // 2 × 25 and 3 × 20 less; from August on as before.
    assert_eq!(added(&answer), "-110.00");
    let now = company.bill_in_all("2026-03-20");
    assert_eq!(now, "-25.00");
    let seats: Vec<String> = company
        .bill("2026-08-01")
        .into_iter()
        .filter(|line| line.starts_with("seats"))
        .collect();
    assert_eq!(
        seats,
        [
            "seats 2026-04-01 2026-04-30 75.00",
            "seats 2026-05-01 2026-05-31 80.00",
            "seats 2026-06-01 2026-06-30 80.00",
            "seats 2026-07-01 2026-07-31 80.00",
            "seats 2026-08-01 2026-08-31 100.00",
        ]
    );
    company.must_tie_out();
}

#[test]
fn a_term_that_is_extended_is_billed_on_at_the_same_prices() {
    // The term ends within a month, which is billed by its days: 16 of 31.
    let company = seats_and_care(("2026-01-01", "2026-03-16"));
    assert_eq!(
        company.bill("2026-03-01")[2..],
        [
            "care 2026-03-01 2026-03-16 16.00",
            "seats 2026-01-01 2026-01-31 100.00",
            "seats 2026-02-01 2026-02-28 100.00",
            "seats 2026-03-01 2026-03-16 51.61",
        ]
    );
    let answer = company.amend(
        "2026-03-10",
        json!({ "kind": "extend", "end": "2026-05-31" }),
    );
    // The rest of March, 15.00 and 48.39, and two months of 131.
    assert_eq!(added(&answer), "325.39");
    assert_eq!(
        company.bill("2026-03-10"),
        [
            "care 2026-03-17 2026-03-31 15.00",
            "seats 2026-03-17 2026-03-31 48.39"
        ]
    );
    assert_eq!(company.bill_in_all("2026-12-31"), "262.00");
    company.must_tie_out();
}

#[test]
fn one_component_ends_with_another() {
    let company = billed_through_march();
    let care = json!({ "kind": "co_term", "component": "care", "end": "2026-04-15" });
    // Half of April and eight months of 31.
    assert_eq!(added(&company.amend("2026-03-20", care)), "-263.50");
    let seats = json!({ "kind": "co_term", "component": "seats", "with_component": "care" });
    assert_eq!(added(&company.amend("2026-03-20", seats)), "-850.00");
    assert!(company.bill("2026-03-20").is_empty());
    assert_eq!(
        company.bill("2026-04-01"),
        [
            "care 2026-04-01 2026-04-15 15.50",
            "seats 2026-04-01 2026-04-15 50.00"
        ]
    );
    assert!(company.bill("2026-12-31").is_empty());
    company.must_tie_out();
}

#[test]
fn a_contract_cancelled_from_the_start_of_its_term_is_credited_whole() {
    let company = billed_through_march();
    let answer = company.amend(
        "2026-03-20",
        json!({ "kind": "cancel", "at": "start_of_term" }),
    );
    assert_eq!(added(&answer), "-1572.00");
    assert_eq!(company.bill_in_all("2026-03-20"), "-393.00");
    assert!(company.bill("2026-12-31").is_empty());
    company.must_tie_out();
}

#[test]
fn the_start_of_a_renewed_term_is_the_day_of_its_renewal() {
    let company = seats_and_care(("2026-01-01", "2026-03-31"));
    company.bill("2026-03-01");
    company.amend("2026-03-10", json!({ "kind": "renew", "months": 3 }));
    // April and May.
    assert_eq!(company.bill_in_all("2026-05-10"), "262.00");
    let answer = company.amend(
        "2026-05-10",
        json!({ "kind": "cancel", "at": "start_of_term" }),
    );
    assert_eq!(added(&answer), "-393.00");
    assert_eq!(company.bill_in_all("2026-05-10"), "-262.00");
    assert_eq!(company.value("C-1"), "393.00");
    company.must_tie_out();
}

/// Care is billed by the quarter: each component is credited from where its own period began.
#[test]
fn a_contract_cancelled_from_the_start_of_the_period_credits_each_period_whole() {
    let company = seats_and_care(("2026-01-01", "2026-12-31"));
    company.product(
        "AUDIT",
        "quarterly",
        json!({ "model": "flat", "amount": 90 }),
    );
    company.amend(
        "2026-01-01",
        json!({ "kind": "add", "line": { "component": "audit", "product": "AUDIT" } }),
    );
    assert_eq!(company.bill_in_all("2026-05-10"), "835.00");
    company.amend(
        "2026-05-10",
        json!({ "kind": "cancel", "at": "start_of_period" }),
    );
    assert_eq!(
        company.bill("2026-05-10"),
        [
            "audit 2026-04-01 2026-06-30 -90.00",
            "care 2026-05-01 2026-05-31 -31.00",
            "seats 2026-05-01 2026-05-31 -100.00",
        ]
    );
    assert!(company.bill("2026-12-31").is_empty());
    company.must_tie_out();
}
