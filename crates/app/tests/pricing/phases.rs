//! What is sold in phases: free, reduced, at a price for a time, and at its own price from then on.

use crate::company::Company;
use serde_json::json;

/// Five at ten euros a month: one month free, two at half the price, three at nine euros, then ten again.
#[test]
fn a_trial_a_discount_a_fixed_term_and_the_time_after_it_have_a_price_each() {
    let company = Company::new();
    let charge = json!({ "model": "per_unit", "unit_price": 10 });
    company.product("SEAT", "monthly", charge);
    let answer = company.contract(
        "C-1",
        ("2026-01-01", "2026-12-31"),
        json!([{ "component": "seats", "product": "SEAT", "quantity": 5, "phases": [
            { "phase": "trial", "months": 1 },
            { "phase": "discount", "months": 2, "off": "0.5" },
            { "phase": "fixed_term", "months": 3, "unit_price": 9 },
            { "phase": "evergreen" },
        ] }]),
    );
    // 2 × 25, 3 × 45 and 6 × 50.
    assert_eq!(answer["value"]["amount"], "485.00");
    assert!(company.bill("2026-01-31").is_empty());
    assert_eq!(
        company.bill("2026-08-01"),
        [
            "seats 2026-02-01 2026-02-28 25.00",
            "seats 2026-03-01 2026-03-31 25.00",
            "seats 2026-04-01 2026-04-30 45.00",
            "seats 2026-05-01 2026-05-31 45.00",
            "seats 2026-06-01 2026-06-30 45.00",
            "seats 2026-07-01 2026-07-31 50.00",
            "seats 2026-08-01 2026-08-31 50.00",
        ]
    );
    assert_eq!(company.bill_in_all("2026-12-31"), "200.00");
    company.must_tie_out();
}

/// A trial of ten days ends within April: from the eleventh on 20 of its 30 days are charged, at half the
/// price, which ends on 25 April.
#[test]
fn phases_of_days_end_within_a_month() {
    let company = Company::new();
    let charge = json!({ "model": "per_unit", "unit_price": 30 });
    company.product("SEAT", "monthly", charge);
    company.contract(
        "C-1",
        ("2026-04-01", "2027-03-31"),
        json!([{ "component": "seats", "product": "SEAT", "phases": [
            { "phase": "trial", "days": 10 },
            { "phase": "discount", "days": 15, "off": "0.5" },
            { "phase": "fixed_term", "days": 10, "unit_price": 24 },
            { "phase": "evergreen", "unit_price": 33 },
        ] }]),
    );
    assert_eq!(
        company.bill("2026-05-01"),
        [
            "seats 2026-04-11 2026-04-25 7.50",
            "seats 2026-04-26 2026-04-30 4.00",
            // Five of 31 days at 24, and 26 at 33: 3.8710 and 27.6774, together 31.5484.
            "seats 2026-05-01 2026-05-05 3.87",
            "seats 2026-05-06 2026-05-31 27.68",
        ]
    );
}
