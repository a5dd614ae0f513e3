//! One bill of a contract for each pricing model, over a whole month and over half of one.

use crate::company::Company;
use serde_json::{Value, json};

/// Product, charge, quantity and the price of a month.
fn models() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    let blocks = json!([{ "up_to": 100, "price": 50 }, { "up_to": 500, "price": 200 }]);
    let steps = json!([{ "up_to": 100, "price": 50 }, { "price": 150 }]);
    let capacity = json!({ "model": "capacity", "blocks": blocks, "overage": "0.60" });
    let all = json!({ "model": "blocks", "counts": "all_tiers", "blocks": steps });
    let top = json!({ "model": "blocks", "counts": "top_tier", "blocks": steps });
    let tiers = json!([{ "up_to": 10, "unit_price": 5 }, { "unit_price": 4, "flat_fee": 20 }]);
    let graduated = json!({ "model": "graduated", "tiers": tiers });
    let volume = json!({ "model": "volume", "tiers": tiers });
    let package = json!({ "model": "package", "size": 1000, "price": 12, "free_units": 500 });
    let shares = json!({ "model": "graduated_percentage",
        "tiers": [{ "up_to": 10000, "rate": "0.03" }, { "rate": "0.02", "flat_fee": 5 }] });
    let share = json!({ "model": "percentage", "rate": "0.029", "fixed": "0.30" });
    let committed = json!({ "model": "commitment", "minimum": 500, "maximum": 800,
        "charge": { "model": "per_unit", "unit_price": "0.10" } });
    let milestones = json!({ "model": "milestones",
        "milestones": [{ "name": "Design", "amount": 3000 }, { "name": "Go-live", "amount": 7000 }] });
    vec![
        ("ALL-100", all.clone(), "100", "50.00"),
        ("ALL-101", all, "101", "200.00"),
        ("CAPACITY-80", capacity.clone(), "80", "50.00"),
        ("CAPACITY-100", capacity.clone(), "100", "50.00"),
        ("CAPACITY-101", capacity.clone(), "101", "200.00"),
        // 200 and 120 above the last block.
        ("CAPACITY-620", capacity, "620", "272.00"),
        ("COMMITTED-1000", committed.clone(), "1000", "500.00"),
        ("COMMITTED-6000", committed.clone(), "6000", "600.00"),
        ("COMMITTED-9000", committed, "9000", "800.00"),
        ("GRADUATED-10", graduated.clone(), "10", "50.00"),
        // Ten at 5, two at 4, and 20 once.
        ("GRADUATED-12", graduated, "12", "78.00"),
        ("MILESTONE-1", milestones.clone(), "1", "3000.00"),
        ("MILESTONE-2", milestones, "2", "10000.00"),
        // What is not free begins no package, one, and a third one.
        ("PACKAGE-500", package.clone(), "500", "0.00"),
        ("PACKAGE-1500", package.clone(), "1500", "12.00"),
        ("PACKAGE-2501", package, "2501", "36.00"),
        ("SHARE-1000", share, "1000", "29.30"),
        ("SHARES-10000", shares.clone(), "10000", "300.00"),
        // 300, 5,000 at 2 %, and 5 once.
        ("SHARES-15000", shares, "15000", "405.00"),
        ("TOP-100", top.clone(), "100", "50.00"),
        ("TOP-101", top, "101", "150.00"),
        ("VOLUME-10", volume.clone(), "10", "50.00"),
        // All twelve at 4, and 20 once.
        ("VOLUME-12", volume, "12", "68.00"),
    ]
}

#[test]
fn every_pricing_model_is_billed_whole_and_by_half_a_month() {
    let company = Company::new();
    let mut lines = Vec::new();
    let (mut whole, mut half) = (Vec::new(), Vec::new());
    for (code, charge, quantity, price) in models() {
        company.product(code, "monthly", charge);
        let component = code.to_lowercase();
        lines.push(json!({ "component": component, "product": code, "quantity": quantity }));
        lines.push(
            json!({ "component": format!("{component}-half"), "product": code, "quantity": quantity,
            "start": "2026-04-16" }),
        );
        whole.push(format!("{component} 2026-04-01 2026-04-30 {price}"));
        let cents: i64 = price.replace('.', "").parse().unwrap();
        let price = crate::company::amount(cents / 2);
        half.push(format!("{component}-half 2026-04-16 2026-04-30 {price}"));
    }
    let term = ("2026-04-01", "2027-03-31");
    company.contract("C-1", term, Value::Array(lines));
    whole.sort();
    half.sort();
    assert_eq!(company.bill("2026-04-01"), whole);
    assert_eq!(company.bill("2026-04-16"), half);
    company.must_tie_out();
}

#[test]
fn milestones_are_charged_once_and_there_are_no_more_of_them_than_agreed() {
    let company = Company::new();
    company.product(
        "PROJECT",
        "one_off",
        json!({ "model": "milestones", "milestones": [
            { "name": "Design", "amount": 3000 }, { "name": "Go-live", "amount": 7000 }] }),
    );
    let line = |quantity: u32| json!([{ "component": "build", "product": "PROJECT", "quantity": quantity }]);
    let term = ("2026-01-05", "2026-12-31");
    let refused = company.refused(
        "activate_contract",
        json!({ "id": "C-0", "customer": "acme", "entity": "DE", "start": term.0, "end": term.1,
            "lines": line(3) }),
    );
    assert_eq!(
        refused,
        "line_refused: milestones: 3 were reached and the charge has 2; give a whole number up to 2"
    );
    company.contract("C-1", term, line(2));
    assert_eq!(
        company.bill_with_arithmetic("2026-01-05"),
        ["build 2026-01-05 2026-01-05 10000.00 | 10,000.00 for 2 milestones reached"]
    );
    assert!(company.bill("2026-12-31").is_empty());
}
