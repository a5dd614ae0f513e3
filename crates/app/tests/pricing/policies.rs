//! What a line states about rounding, first parts and anchors, and a product with a policy of its own.

use crate::company::Company;
use serde_json::json;

const YEAR: (&str, &str) = ("2026-01-01", "2026-12-31");

/// A licence costs an eighth of a euro: 12.5, 37.5 and 62.5 cents for one, three and five.
fn eighths() -> Company {
    let company = Company::new();
    let charge = json!({ "model": "per_unit", "unit_price": "0.125" });
    company.product("LICENCE", "monthly", charge);
    company
}

#[test]
fn half_a_cent_is_rounded_as_the_line_states() {
    let company = eighths();
    let line = |component: &str, quantity: u32, rounding: &str| json!({ "component": component, "product": "LICENCE", "quantity": quantity, "rounding": rounding });
    company.contract(
        "C-1",
        YEAR,
        json!([
            line("even-1", 1, "half_even"),
            line("even-3", 3, "half_even"),
            line("even-5", 5, "half_even"),
            line("up-1", 1, "half_up"),
            line("up-3", 3, "half_up"),
            line("up-5", 5, "half_up"),
            { "component": "unstated-1", "product": "LICENCE", "quantity": 1 },
        ]),
    );
    assert_eq!(
        company.bill("2026-01-01"),
        [
            "even-1 2026-01-01 2026-01-31 0.12",
            "even-3 2026-01-01 2026-01-31 0.38",
            "even-5 2026-01-01 2026-01-31 0.62",
            "unstated-1 2026-01-01 2026-01-31 0.13",
            "up-1 2026-01-01 2026-01-31 0.13",
            "up-3 2026-01-01 2026-01-31 0.38",
            "up-5 2026-01-01 2026-01-31 0.63",
        ]
    );
    // The other eleven months, each rounded for itself: eleven times 2.39.
    assert_eq!(company.bill_in_all("2026-12-31"), "26.29");
    company.must_tie_out();
}

/// April has 30 days. One at 10.01 for fifteen days is 5.005, then three are 15.015, together 20.02: the
/// fraction that the first part lost is in the second.
#[test]
fn what_a_part_loses_by_rounding_is_in_the_next_part_of_the_month() {
    let company = Company::new();
    let charge = json!({ "model": "per_unit", "unit_price": "10.01" });
    company.product("SEAT", "monthly", charge);
    company.contract(
        "C-1",
        ("2026-04-01", "2027-03-31"),
        json!([
            { "component": "even", "product": "SEAT", "rounding": "half_even" },
            { "component": "up", "product": "SEAT", "rounding": "half_up" },
        ]),
    );
    for component in ["even", "up"] {
        company.amend(
            "2026-04-16",
            json!({ "kind": "quantity", "component": component, "quantity": 3 }),
        );
    }
    assert_eq!(
        company.bill("2026-04-16"),
        [
            "even 2026-04-01 2026-04-15 5.00",
            "even 2026-04-16 2026-04-30 15.02",
            "up 2026-04-01 2026-04-15 5.01",
            "up 2026-04-16 2026-04-30 15.01",
        ]
    );
}

#[test]
fn a_line_rounds_as_its_legal_entity_where_it_states_nothing_and_keeps_what_it_was_sold_with() {
    let company = eighths();
    let line = json!([{ "component": "old", "product": "LICENCE" }]);
    company.contract("C-1", YEAR, line);
    company.act(
        "set_billing_policy",
        json!({ "entity": "DE", "policy": { "rounding": "half_even" } }),
    );
    company.contract(
        "C-2",
        YEAR,
        json!([
            { "component": "new", "product": "LICENCE" },
            { "component": "stated", "product": "LICENCE", "rounding": "half_up" },
        ]),
    );
    assert_eq!(
        company.bill("2026-01-01"),
        [
            "new 2026-01-01 2026-01-31 0.12",
            "old 2026-01-01 2026-01-31 0.13",
            "stated 2026-01-01 2026-01-31 0.13",
        ]
    );
}

/// From 16 February 44 of the 90 days of the first quarter are left, and a quarter from that day on has
/// 89 days.
#[test]
fn a_first_part_is_a_share_of_the_cycle_or_of_a_period_from_its_start() {
    let company = Company::new();
    let charge = json!({ "model": "flat", "amount": 90 });
    company.product("CARE", "quarterly", charge);
    let line = |component: &str, first_part: &str| json!({ "component": component, "product": "CARE", "start": "2026-02-16", "first_part": first_part });
    company.contract(
        "C-1",
        YEAR,
        json!([
            line("cycle", "of_the_cycle"),
            line("start", "from_the_start"),
            { "component": "unstated", "product": "CARE", "start": "2026-02-16" },
        ]),
    );
    assert_eq!(
        company.bill("2026-02-16"),
        [
            "cycle 2026-02-16 2026-03-31 44.00",
            "start 2026-02-16 2026-03-31 44.49",
            "unstated 2026-02-16 2026-03-31 44.00",
        ]
    );
    // The second quarter is whole for all of them.
    assert_eq!(
        company.bill("2026-04-01"),
        [
            "cycle 2026-04-01 2026-06-30 90.00",
            "start 2026-04-01 2026-06-30 90.00",
            "unstated 2026-04-01 2026-06-30 90.00",
        ]
    );
}

/// The contract begins on Saturday, 10 January, which is its billing day; a day of January costs a euro.
#[test]
fn billing_periods_begin_where_the_line_says() {
    let company = Company::new();
    company.act(
        "publish_product",
        json!({ "code": "CARE", "name": "Care", "prices": [
            { "currency": "EUR", "billing": "monthly", "charge": { "model": "flat", "amount": 31 } },
            { "currency": "EUR", "billing": "quarterly", "charge": { "model": "flat", "amount": 90 } },
            { "currency": "EUR", "billing": "weekly", "charge": { "model": "flat", "amount": 7 } },
        ] }),
    );
    company.contract(
        "C-1",
        ("2026-01-10", "2027-01-09"),
        json!([
            { "component": "calendar", "product": "CARE", "billing": "monthly", "anchor": "calendar" },
            { "component": "contract", "product": "CARE", "billing": "monthly", "anchor": "contract" },
            { "component": "fifteenth", "product": "CARE", "billing": "monthly", "anchor": { "day": 15 } },
            { "component": "later", "product": "CARE", "billing": "monthly", "start": "2026-01-20" },
            { "component": "monday", "product": "CARE", "billing": "weekly", "anchor": { "weekday": "monday" } },
            { "component": "own", "product": "CARE", "billing": "monthly", "start": "2026-01-20", "anchor": "anniversary" },
            { "component": "quarter", "product": "CARE", "billing": "quarterly", "anchor": "calendar" },
        ]),
    );
    assert_eq!(
        company.bill("2026-01-20"),
        [
            "calendar 2026-01-10 2026-01-31 22.00",
            "contract 2026-01-10 2026-02-09 31.00",
            "fifteenth 2026-01-10 2026-01-14 5.00",
            "fifteenth 2026-01-15 2026-02-14 31.00",
            "later 2026-01-20 2026-02-09 21.00",
            "monday 2026-01-10 2026-01-11 2.00",
            "monday 2026-01-12 2026-01-18 7.00",
            "monday 2026-01-19 2026-01-25 7.00",
            "own 2026-01-20 2026-02-19 31.00",
            "quarter 2026-01-10 2026-03-31 81.00",
        ]
    );
}

/// 30.01 a month of thirty days that begins on the first: half of it, 15.005, from 16 January on.
#[test]
fn a_product_is_billed_by_its_own_policy_as_far_as_a_line_does_not_say_otherwise() {
    let company = Company::new();
    company.act(
        "set_billing_policy",
        json!({ "entity": "DE", "policy": { "proration": "none", "anchor": { "day": 20 } } }),
    );
    company.act(
        "publish_product",
        json!({ "code": "CARE", "name": "Care",
            "policy": { "proration": { "fixed_days": 30 }, "rounding": "half_even", "first_part": "of_the_cycle",
                "anchor": { "day": 1 }, "version": 3 },
            "prices": [{ "currency": "EUR", "billing": "monthly", "charge": { "model": "flat", "amount": "30.01" } }] }),
    );
    company.contract(
        "C-1",
        ("2026-01-16", "2027-01-15"),
        json!([
            { "component": "anchored", "product": "CARE", "anchor": "contract" },
            { "component": "by-days", "product": "CARE", "proration": "actual_over_period" },
            { "component": "policy", "product": "CARE" },
            { "component": "rounded", "product": "CARE", "rounding": "half_up" },
        ]),
    );
    assert_eq!(
        company.bill("2026-01-16"),
        [
            "anchored 2026-01-16 2026-02-15 30.01",
            // 16 of 31 days: 15.489.
            "by-days 2026-01-16 2026-01-31 15.49",
            "policy 2026-01-16 2026-01-31 15.00",
            "rounded 2026-01-16 2026-01-31 15.01",
        ]
    );
    let kept = company.kept("C-1");
    let versions: Vec<u32> = kept.components.iter().map(|it| it.policy.version).collect();
    assert_eq!(
        versions,
        [3, 3, 3, 3],
        "each keeps the version it was sold under"
    );
}
