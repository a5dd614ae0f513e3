//! A discount, a pause or a price that begins within a month, on what is measured: what is agreed for a
//! month, such as a block, free units or a minimum, is agreed once.

use crate::company::Company;
use crate::meters::{metered, metered_with, takes};
use serde_json::{Value, json};

fn capacity(price: u32) -> Value {
    json!({ "model": "capacity", "overage": "1",
        "blocks": [{ "up_to": 100, "price": 50 }, { "up_to": 500, "price": price }] })
}

/// A block of 200.00 a month for the highest reading of 320, on the fifth.
fn stored() -> Company {
    let company = metered("max", capacity(200));
    takes(&company, &[("2026-01-05", "320"), ("2026-01-25", "120")]);
    company
}

fn a_tenth_off() -> Value {
    json!({ "kind": "discount", "code": "TENTH", "component": "use", "percent": "0.1" })
}

#[test]
fn a_discount_from_the_middle_of_the_month_is_taken_off_the_days_that_are_left_of_a_block() {
    let company = stored();
    company.amend("2026-01-16", a_tenth_off());
    // 200 × 15 ÷ 31 = 96.774…, and 200 × 16 ÷ 31 = 103.225… less a tenth = 92.903…: 189.677… in all.
    assert_eq!(
        company.bill_with_arithmetic("2026-02-01"),
        [
            "use 2026-01-01 2026-01-15 96.77 | 200.00 + -103.23 for other days of the period",
            "use 2026-01-16 2026-01-31 92.91 | 200.00 + -96.77 for other days of the period + TENTH",
        ]
    );
    assert!(company.bill("2026-02-02").is_empty());
    company.must_tie_out();
}

#[test]
fn a_pause_does_not_charge_the_block_of_a_month_twice() {
    let company = stored();
    company.amend(
        "2026-01-10",
        json!({ "kind": "pause", "component": "use", "resume_on": "2026-01-21" }),
    );
    // Nine days and eleven days of twenty.
    assert_eq!(
        company.bill("2026-02-01"),
        [
            "use 2026-01-01 2026-01-09 90.00",
            "use 2026-01-21 2026-01-31 110.00",
        ]
    );
    company.must_tie_out();
}

#[test]
fn another_price_of_the_block_counts_for_its_days() {
    let company = stored();
    company.amend(
        "2026-01-16",
        json!({ "kind": "price", "component": "use", "charge": capacity(220) }),
    );
    // 96.774… for the first fifteen days; from then on at 220: × 16 ÷ 31 = 113.548…, 210.322… in all.
    assert_eq!(
        company.bill("2026-02-01"),
        [
            "use 2026-01-01 2026-01-15 96.77",
            "use 2026-01-16 2026-01-31 113.55",
        ]
    );
    company.must_tie_out();
}

#[test]
fn a_flat_amount_is_charged_once_whatever_changes() {
    let company = metered("sum", json!({ "model": "flat", "amount": 31 }));
    takes(&company, &[("2026-01-05", "1")]);
    company.amend(
        "2026-01-16",
        json!({ "kind": "price", "component": "use", "charge": { "model": "flat", "amount": "15.50" } }),
    );
    // 15 days at 1.00 and 16 at 0.50.
    assert_eq!(
        company.bill("2026-02-01"),
        [
            "use 2026-01-01 2026-01-15 15.00",
            "use 2026-01-16 2026-01-31 8.00",
        ]
    );
}

#[test]
fn free_units_are_free_once_in_a_month_with_a_discount_and_late_use_settles_to_the_same() {
    let charge = json!({ "model": "graduated",
        "tiers": [{ "up_to": 100, "unit_price": 0 }, { "unit_price": "0.50" }] });
    let company = metered("sum", charge);
    takes(&company, &[("2026-01-05", "80"), ("2026-01-20", "80")]);
    company.amend(
        "2026-01-16",
        json!({ "kind": "discount", "code": "HALF", "component": "use", "percent": "0.5" }),
    );
    // 160 less 100 free, at 0.50, is 30.00: half of it for the first 80, and half for the others less half.
    assert_eq!(
        company.bill("2026-02-01"),
        [
            "use 2026-01-01 2026-01-15 15.00",
            "use 2026-01-16 2026-01-31 7.50",
        ]
    );
    // 40 more on the sixth: 100 × 0.50 = 50.00, 30.00 of it for 120 and 20.00 less half for 80.
    takes(&company, &[("2026-01-06", "40")]);
    assert_eq!(
        company.bill("2026-02-02"),
        [
            "use 2026-01-01 2026-01-15 15.00",
            "use 2026-01-16 2026-01-31 2.50",
        ]
    );
    assert!(company.bill("2026-02-03").is_empty());
    company.must_tie_out();
}

#[test]
fn a_minimum_is_of_the_whole_month() {
    let charge = json!({ "model": "commitment", "minimum": 31,
        "charge": { "model": "per_unit", "unit_price": 1 } });
    let company = metered("sum", charge);
    takes(&company, &[("2026-01-05", "2"), ("2026-01-20", "100")]);
    company.amend("2026-01-16", a_tenth_off());
    assert_eq!(
        company.bill("2026-02-01"),
        [
            "use 2026-01-01 2026-01-15 2.00",
            "use 2026-01-16 2026-01-31 90.00",
        ]
    );
}

#[test]
fn a_minimum_of_a_level_that_changes_within_the_month_counts_for_its_days() {
    let peak = |minimum: u32| {
        json!({ "model": "commitment", "minimum": minimum,
            "charge": { "model": "per_unit", "unit_price": 10 } })
    };
    let company = metered("max", peak(90));
    takes(&company, &[("2026-06-05", "1"), ("2026-06-20", "1")]);
    company.bill("2026-06-01");
    company.amend(
        "2026-06-11",
        json!({ "kind": "price", "component": "use", "charge": peak(120) }),
    );
    // One unit is 10.00, below both minimums: 90 × 10 ÷ 30 and 120 × 20 ÷ 30.
    assert_eq!(
        company.bill("2026-07-01"),
        [
            "use 2026-06-01 2026-06-10 30.00",
            "use 2026-06-11 2026-06-30 80.00",
        ]
    );
}

#[test]
fn what_may_only_fall_falls_by_no_more_than_the_whole_month_has_lost() {
    let charge = json!({ "model": "graduated",
        "tiers": [{ "up_to": 50, "unit_price": 2 }, { "unit_price": 1 }] });
    let late = json!({ "rule": "credit", "look_back": 3 });
    let company = metered_with("sum", charge, late);
    takes(&company, &[("2026-01-05", "50"), ("2026-01-20", "50")]);
    company.amend(
        "2026-01-16",
        json!({ "kind": "discount", "code": "HALF", "component": "use", "percent": "0.5" }),
    );
    // 150.00, half for each fifty, and half of the second half.
    assert_eq!(
        company.bill("2026-02-01"),
        [
            "use 2026-01-01 2026-01-15 75.00",
            "use 2026-01-16 2026-01-31 37.50",
        ]
    );
    let correction = json!({ "meter": "use", "key": "less", "contract": "C-1",
        "at": "2026-01-05T12:00:00Z", "value": "40", "replaces": "2026-01-05/50" });
    let taken = company.app.take_usage(
        "reporter",
        vec![serde_json::from_value(correction).unwrap()],
    );
    assert_eq!(taken.unwrap().rejected, 0);
    // 140.00 for 40 and 50: 62.22, and 77.78 less half. The month has lost 11.39; the first part alone
    // has lost 12.78.
    assert_eq!(company.bill_in_all("2026-02-02"), "-11.39");
    assert!(company.bill("2026-02-03").is_empty());
    company.must_tie_out();
}

#[test]
fn a_discount_that_was_agreed_after_the_month_was_billed_gives_back_what_it_takes_off() {
    let company = stored();
    assert_eq!(
        company.bill("2026-02-01"),
        ["use 2026-01-01 2026-01-31 200.00"]
    );
    company.amend("2026-01-16", a_tenth_off());
    // 189.68 are owed of the 200.00.
    assert_eq!(company.bill_in_all("2026-02-02"), "-10.32");
    assert!(company.bill("2026-02-03").is_empty());
    company.must_tie_out();
}

#[test]
fn a_level_that_is_weighed_over_the_month_is_charged_once() {
    let company = metered(
        "weighted_sum",
        json!({ "model": "per_unit", "unit_price": 1 }),
    );
    // 310 from the first day on, noon to midnight of the first day missing by half a day.
    takes(&company, &[("2026-01-01", "310")]);
    company.amend("2026-01-16", a_tenth_off());
    // The level of the month is 310 × 30.5 ÷ 31 = 305 (and an hour for the zone): split by days, less a tenth.
    let billed = company.bill_in_all("2026-02-01");
    // 305.00… × 15 ÷ 31 + 305.00… × 16 ÷ 31 × 0.9.
    assert_eq!(billed, "288.86");
}
