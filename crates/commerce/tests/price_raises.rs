//! What an uplift of five percent makes of every pricing model, and of what a quantity costs.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

use commerce::{Charge, raised};
use serde_json::{Value, json};
use values::{Decimal, Quantity, Rate};

fn charge(written: &Value) -> Charge {
    serde_json::from_value(written.clone()).unwrap_or_else(|fault| panic!("{written}: {fault}"))
}

fn price(charge: &Charge, quantity: &str) -> Decimal {
    let quantity: Quantity = quantity.parse().unwrap();
    charge.price(quantity).unwrap().normalize()
}

/// A charge, what it is after five percent more, and what a quantity costs before and after.
struct Case {
    before: Value,
    after: Value,
    quantity: &'static str,
    costs: (&'static str, &'static str),
}

fn raises(cases: Vec<Case>) {
    let rate: Rate = "0.05".parse().unwrap();
    for case in cases {
        let before = charge(&case.before);
        let after = raised(&before, rate);
        assert_eq!(after, charge(&case.after), "{}", case.before);
        let costs = (
            price(&before, case.quantity).to_string(),
            price(&after, case.quantity).to_string(),
        );
        let wanted = (case.costs.0.to_owned(), case.costs.1.to_owned());
        assert_eq!(costs, wanted, "{} of {}", case.quantity, case.before);
    }
}

#[test]
fn amounts_units_seats_and_packages_cost_five_percent_more() {
    raises(vec![
        Case {
            before: json!({ "model": "flat", "amount": "49.90" }),
            after: json!({ "model": "flat", "amount": "52.395" }),
            quantity: "3",
            costs: ("49.9", "52.395"),
        },
        Case {
            before: json!({ "model": "per_unit", "unit_price": "0.0004" }),
            after: json!({ "model": "per_unit", "unit_price": "0.00042" }),
            quantity: "1000",
            costs: ("0.4", "0.42"),
        },
        // What is included, and the rules, stay.
        Case {
            before: json!({ "model": "seats", "unit_price": 30, "included": 5, "upgrade": "whole_period",
                "downgrade": "next_period" }),
            after: json!({ "model": "seats", "unit_price": "31.5", "included": 5, "upgrade": "whole_period",
                "downgrade": "next_period" }),
            quantity: "7",
            costs: ("60", "63"),
        },
        // The size of a package and what is free stay.
        Case {
            before: json!({ "model": "package", "size": 1000, "price": 12, "free_units": 500 }),
            after: json!({ "model": "package", "size": 1000, "price": "12.6", "free_units": 500 }),
            quantity: "1501",
            costs: ("24", "25.2"),
        },
        Case {
            before: json!({ "model": "credit_pack", "credits": 1000, "price": 90, "bonus": 50 }),
            after: json!({ "model": "credit_pack", "credits": 1000, "price": "94.5", "bonus": 50 }),
            quantity: "2",
            costs: ("180", "189"),
        },
    ]);
}

#[test]
fn every_tier_block_and_cell_costs_five_percent_more_and_keeps_its_bounds() {
    let tiers = json!([{ "up_to": 10, "unit_price": 5 }, { "unit_price": 4, "flat_fee": 20 }]);
    let dearer =
        json!([{ "up_to": 10, "unit_price": "5.25" }, { "unit_price": "4.2", "flat_fee": 21 }]);
    let blocks = json!([{ "up_to": 100, "price": 50 }, { "up_to": 500, "price": 200 }]);
    let raised_blocks = json!([{ "up_to": 100, "price": "52.5" }, { "up_to": 500, "price": 210 }]);
    raises(vec![
        // Ten at 5, two at 4, and 20.
        Case {
            before: json!({ "model": "graduated", "tiers": tiers }),
            after: json!({ "model": "graduated", "tiers": dearer }),
            quantity: "12",
            costs: ("78", "81.9"),
        },
        // Twelve at 4, and 20.
        Case {
            before: json!({ "model": "volume", "tiers": tiers }),
            after: json!({ "model": "volume", "tiers": dearer }),
            quantity: "12",
            costs: ("68", "71.4"),
        },
        // The block of 500 and 20 above it.
        Case {
            before: json!({ "model": "capacity", "blocks": blocks, "overage": "0.60" }),
            after: json!({ "model": "capacity", "blocks": raised_blocks, "overage": "0.63" }),
            quantity: "520",
            costs: ("212", "222.6"),
        },
        Case {
            before: json!({ "model": "blocks", "counts": "all_tiers", "blocks": blocks }),
            after: json!({ "model": "blocks", "counts": "all_tiers", "blocks": raised_blocks }),
            quantity: "101",
            costs: ("250", "262.5"),
        },
        Case {
            before: json!({ "model": "blocks", "counts": "top_tier", "blocks": blocks }),
            after: json!({ "model": "blocks", "counts": "top_tier", "blocks": raised_blocks }),
            quantity: "101",
            costs: ("200", "210"),
        },
        // What is in no cell costs what is said otherwise.
        Case {
            before: json!({ "model": "matrix", "dimensions": ["region"], "otherwise": "0.03",
                "cells": [{ "when": { "region": "eu" }, "unit_price": "0.02" }] }),
            after: json!({ "model": "matrix", "dimensions": ["region"], "otherwise": "0.0315",
                "cells": [{ "when": { "region": "eu" }, "unit_price": "0.021" }] }),
            quantity: "100",
            costs: ("3", "3.15"),
        },
    ]);
}

/// A part of an amount follows the amount, so only what is fixed beside it rises.
#[test]
fn fees_and_bounds_rise_beside_a_percentage_that_stays() {
    raises(vec![
        Case {
            before: json!({ "model": "percentage", "rate": "0.029", "fixed": "0.30", "free_events": 2,
                "free_amount": 100, "minimum": "0.50", "maximum": 20 }),
            after: json!({ "model": "percentage", "rate": "0.029", "fixed": "0.315", "free_events": 2,
                "free_amount": 100, "minimum": "0.525", "maximum": 21 }),
            quantity: "0",
            costs: ("0", "0"),
        },
        // 2.9 % of 1,000 is 29, and the fee.
        Case {
            before: json!({ "model": "percentage", "rate": "0.029", "fixed": "0.30" }),
            after: json!({ "model": "percentage", "rate": "0.029", "fixed": "0.315" }),
            quantity: "1000",
            costs: ("29.3", "29.315"),
        },
        // 300, 2 % of 5,000, and the fee.
        Case {
            before: json!({ "model": "graduated_percentage",
                "tiers": [{ "up_to": 10000, "rate": "0.03" }, { "rate": "0.02", "flat_fee": 5 }] }),
            after: json!({ "model": "graduated_percentage",
                "tiers": [{ "up_to": 10000, "rate": "0.03" }, { "rate": "0.02", "flat_fee": "5.25" }] }),
            quantity: "15000",
            costs: ("405", "405.25"),
        },
    ]);
}

#[test]
fn a_commitment_rises_with_what_it_is_about_and_milestones_stay_as_agreed() {
    let milestones = json!({ "model": "milestones",
        "milestones": [{ "name": "Design", "amount": 3000 }, { "name": "Go-live", "amount": 7000 }] });
    let committed = |minimum: &str, maximum: &str, unit_price: &str| {
        json!({ "model": "commitment", "minimum": minimum, "maximum": maximum,
            "charge": { "model": "per_unit", "unit_price": unit_price } })
    };
    let case = |quantity, costs| Case {
        before: committed("500", "5000", "0.10"),
        after: committed("525", "5250", "0.105"),
        quantity,
        costs,
    };
    raises(vec![
        case("1000", ("500", "525")),
        case("9000", ("900", "945")),
        case("90000", ("5000", "5250")),
        // What is spent is 300 of 1,000.
        Case {
            before: json!({ "model": "minimum_spend", "minimum": 1000 }),
            after: json!({ "model": "minimum_spend", "minimum": 1050 }),
            quantity: "300",
            costs: ("700", "750"),
        },
        Case {
            before: milestones.clone(),
            after: milestones,
            quantity: "2",
            costs: ("10000", "10000"),
        },
    ]);
}

/// Six places, halves up, and below a tenth six digits: a few percent on the price of one record are far
/// beyond six places, and are not to be lost.
#[test]
fn a_raised_price_has_six_places_and_a_small_one_six_digits() {
    for (price, rate, wanted) in [
        ("9.99", "0.033", "10.31967"),
        ("10", "-0.05", "9.5"),
        // 3.3333333333 and 0.1250005.
        ("3.333333", "0.0000001", "3.333333"),
        ("0.125", "0.000004", "0.125001"),
        ("0.00001", "0.05", "0.0000105"),
        ("0.0000004", "0.05", "0.00000042"),
        // 0.012962889 has seven places: one zero and six digits.
        ("0.01234561", "0.05", "0.01296289"),
        ("0.0123457", "0.05", "0.012963"),
    ] {
        let before = charge(&json!({ "model": "flat", "amount": price }));
        let after = raised(&before, rate.parse().unwrap());
        let Some(after) = after.single_price() else {
            panic!("{price} is no single price any more");
        };
        assert_eq!(
            after.decimal().normalize().to_string(),
            wanted,
            "{price} and {rate}"
        );
    }
}
