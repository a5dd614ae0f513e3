//! What seats cost that come or go within a month: April, in which a seat costs 30 euros, one a day.

use crate::company::Company;
use serde_json::{Value, json};

/// How seats are changed, and what is billed on each of those days and on 1 May.
struct Case {
    rules: Value,
    /// Billed on 1 April for ten seats.
    first: &'static str,
    /// Day, seats from then on, billed on the day.
    changes: &'static [(&'static str, u32, &'static str)],
    may: &'static str,
}

fn billed(charge: Value, case: &Case) {
    let company = Company::new();
    company.product("SEAT", "monthly", charge.clone());
    company.contract(
        "C-1",
        ("2026-04-01", "2027-03-31"),
        json!([{ "component": "seats", "product": "SEAT", "quantity": 10 }]),
    );
    assert_eq!(company.bill_in_all("2026-04-01"), case.first, "{charge}");
    for (day, quantity, wanted) in case.changes {
        company.day(day);
        company.amend(day, json!({ "kind": "quantity", "quantity": quantity }));
        assert_eq!(
            company.bill_in_all(day),
            *wanted,
            "{quantity} seats from {day}: {charge}"
        );
    }
    assert_eq!(company.bill_in_all("2026-05-01"), case.may, "{charge}");
    company.must_tie_out();
}

fn seats(rules: &Value) -> Value {
    let mut charge = json!({ "model": "seats", "unit_price": 30 });
    for (name, value) in rules.as_object().unwrap() {
        charge[name] = value.clone();
    }
    charge
}

#[test]
fn a_change_of_seats_counts_from_when_their_rules_say() {
    let case = |rules: Value, first, changes, may| Case {
        rules,
        first,
        changes,
        may,
    };
    for case in [
        // Five more for half of the month: 5 × 15.
        case(
            json!({}),
            "300.00",
            &[("2026-04-16", 15, "75.00")],
            "450.00",
        ),
        case(
            json!({ "upgrade": "prorated" }),
            "300.00",
            &[("2026-04-16", 15, "75.00")],
            "450.00",
        ),
        // Five more for the whole month.
        case(
            json!({ "upgrade": "whole_period" }),
            "300.00",
            &[("2026-04-16", 15, "150.00")],
            "450.00",
        ),
        case(
            json!({ "upgrade": "next_period" }),
            "300.00",
            &[("2026-04-16", 15, "0.00")],
            "450.00",
        ),
        // Four fewer for half of the month: 4 × 15.
        case(
            json!({}),
            "300.00",
            &[("2026-04-16", 6, "-60.00")],
            "180.00",
        ),
        case(
            json!({ "downgrade": "prorated" }),
            "300.00",
            &[("2026-04-16", 6, "-60.00")],
            "180.00",
        ),
        case(
            json!({ "downgrade": "next_period" }),
            "300.00",
            &[("2026-04-16", 6, "0.00")],
            "180.00",
        ),
        // Ten are paid through April, so twelve are two more, for the whole month.
        case(
            json!({ "upgrade": "whole_period", "downgrade": "next_period" }),
            "300.00",
            &[("2026-04-16", 6, "0.00"), ("2026-04-21", 12, "60.00")],
            "360.00",
        ),
        // Fifteen would have come in May; eight are two fewer than the ten of April, for ten days.
        case(
            json!({ "upgrade": "next_period" }),
            "300.00",
            &[("2026-04-16", 15, "0.00"), ("2026-04-21", 8, "-20.00")],
            "240.00",
        ),
        // Four are included: six are paid, then eleven.
        case(
            json!({ "included": 4, "upgrade": "whole_period" }),
            "180.00",
            &[("2026-04-16", 15, "150.00")],
            "330.00",
        ),
        // Twelve are included: none is paid, then three for half of the month.
        case(
            json!({ "included": 12 }),
            "0.00",
            &[("2026-04-16", 15, "45.00")],
            "90.00",
        ),
    ] {
        billed(seats(&case.rules), &case);
    }
}

/// A minimum over seats changes what a month costs at least, and not from when a change counts.
#[test]
fn seats_keep_their_rules_under_a_minimum_commitment() {
    let committed = |minimum: u32, rules: &Value| json!({ "model": "commitment", "minimum": minimum, "charge": seats(rules) });
    for (minimum, case) in [
        (
            100,
            Case {
                rules: json!({ "upgrade": "whole_period" }),
                first: "300.00",
                changes: &[("2026-04-16", 15, "150.00")],
                may: "450.00",
            },
        ),
        (
            100,
            Case {
                rules: json!({ "upgrade": "next_period" }),
                first: "300.00",
                changes: &[("2026-04-16", 15, "0.00")],
                may: "450.00",
            },
        ),
        (
            100,
            Case {
                rules: json!({ "downgrade": "next_period" }),
                first: "300.00",
                changes: &[("2026-04-16", 6, "0.00")],
                may: "180.00",
            },
        ),
        // Ten seats cost the minimum of 400, fifteen 450: 50 for the whole month, 25 for half of it.
        (
            400,
            Case {
                rules: json!({ "upgrade": "whole_period" }),
                first: "400.00",
                changes: &[("2026-04-16", 15, "50.00")],
                may: "450.00",
            },
        ),
        (
            400,
            Case {
                rules: json!({}),
                first: "400.00",
                changes: &[("2026-04-16", 15, "25.00")],
                may: "450.00",
            },
        ),
    ] {
        billed(committed(minimum, &case.rules), &case);
    }
}

/// A tenth off, at most 60 in all: 30 of the 300 of April, in which ten are paid, leave 30 of the 45 of May.
#[test]
fn a_discount_with_a_limit_counts_the_seats_that_are_charged() {
    let company = Company::new();
    company.product(
        "SEAT",
        "monthly",
        seats(&json!({ "upgrade": "next_period" })),
    );
    company.contract(
        "C-1",
        ("2026-04-01", "2027-03-31"),
        json!([{ "component": "seats", "product": "SEAT", "quantity": 10 }]),
    );
    company.amend(
        "2026-04-01",
        json!({ "kind": "discount", "code": "FRIEND", "percent": "0.1", "limit": 60 }),
    );
    assert_eq!(company.bill_in_all("2026-04-01"), "270.00");
    company.amend("2026-04-16", json!({ "kind": "quantity", "quantity": 15 }));
    assert_eq!(company.bill_in_all("2026-04-16"), "0.00");
    assert_eq!(company.bill_in_all("2026-05-01"), "420.00");
    assert_eq!(company.bill_in_all("2026-06-01"), "450.00");
    company.must_tie_out();
}
