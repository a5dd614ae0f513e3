//! The steps of a line, read as an analyst would.

use super::explain;
use billing::{BilledLine, owed};
use commerce::Contract;
use serde_json::{Value, json};
use values::{Date, Rate, parse_date};

fn day(text: &str) -> Date {
    parse_date(text).unwrap()
}

fn contract(from: &str, charge: &Value, discounts: &Value) -> Contract {
    serde_json::from_value(json!({
        "id": "con_01JZ4M7Q2V8KX3N5T6W9Y1ACDE",
        "customer": "cus_01JZ4M6A9B3C5D7E9F1G3H5J7K",
        "entity": "US", "currency": "USD",
        "term": {"from": "2026-02-01", "until": "2027-02-01"},
        "signed_term": {"from": "2026-02-01", "until": "2027-02-01"},
        "billing_anchor_day": 1,
        "components": [{
            "id": "cmp_01JZ4M7Q2V8KX3N5T6W9Y1ACDE", "product": "PLAT-SEAT",
            "description": "Platform", "tax_code": "saas", "revenue_account_class": "subscription",
            "billing": "annual", "timing": "advance", "policy": {"version": 3},
            "recognition": "straight_line_daily", "from": from, "until": "2027-02-01",
            "quantities": [{"from": from, "quantity": "15"}],
            "charges": [{"from": from, "charge": charge}]
        }],
        "discounts": discounts, "status": "active", "cancelled_from": null
    }))
    .unwrap()
}

fn only_line(contract: &Contract, rate: &str, tax: i64) -> BilledLine {
    let lines = owed(contract, &[], day("2026-06-01")).unwrap();
    assert_eq!(lines.len(), 1);
    let rate: Rate = rate.parse().unwrap();
    let tax = values::Money::from_minor(tax, lines[0].net.currency);
    lines[0].issued("lin_1".parse().unwrap(), rate, tax)
}

fn told(contract: &Contract, rate: &str, tax: i64) -> Vec<String> {
    let policy = contract.components[0].policy.clone();
    let told = explain(&only_line(contract, rate, tax), Some(&policy));
    assert!(
        told.policy
            .starts_with("Policy version 3: actual days over")
    );
    told.steps
        .iter()
        .chain(&told.tax)
        .map(|step| format!("{} | {} | {}", step.words, step.figures, step.result))
        .collect()
}

fn per_unit() -> Value {
    json!({"model": "per_unit", "unit_price": "1200"})
}

#[test]
fn a_part_of_a_period_can_be_computed_again() {
    let steps = told(
        &contract("2026-05-15", &per_unit(), &json!([])),
        "0.19",
        245_490,
    );
    assert_eq!(steps.len(), 4, "{steps:#?}");
    assert!(steps[0].ends_with("| 18,000.00"), "{steps:#?}");
    assert_eq!(
        steps[1],
        "Share of the period, 262 of 365 | 18,000.00 × 262 / 365 | 12,920.547945…"
    );
    assert_eq!(steps[2], "Rounded once | 12,920.547945… | 12,920.55");
    assert!(
        steps[3].contains("12,920.55 × 19 % = 2,454.9045 | 2,454.90"),
        "{steps:#?}"
    );
}

#[test]
fn discounts_are_taken_off_one_after_the_other() {
    let discounts = json!([
        {"code": "LAUNCH", "name": "Launch offer", "off": {"kind": "percent", "rate": "0.2"}, "from": "2026-02-01"},
        {"code": "FRIEND", "name": "Referral", "off": {"kind": "amount", "amount": "400"}, "from": "2026-02-01", "order": 1}
    ]);
    let steps = told(&contract("2026-02-01", &per_unit(), &discounts), "0", 0);
    assert_eq!(
        steps[1],
        "Launch offer, 20 % off | 18,000.00 − 3,600.00 | 14,400.00"
    );
    assert_eq!(
        steps[2],
        "Referral, 400.00 off | 14,400.00 − 400.00 | 14,000.00"
    );
    assert_eq!(steps[3], "Rounded once | 14,000.00 | 14,000.00");
}

#[test]
fn tiers_are_steps_that_add_up() {
    let charge = json!({"model": "graduated", "tiers": [
        {"up_to": "10", "unit_price": "100"}, {"unit_price": "80"}
    ]});
    let steps = told(&contract("2026-02-01", &charge, &json!([])), "0", 0);
    assert!(
        steps[0].ends_with("| 1,000.00") && steps[1].ends_with("| 400.00"),
        "{steps:#?}"
    );
    assert_eq!(
        steps[2],
        "Price of the whole period | sum of 2 steps | 1,400.00"
    );
}
