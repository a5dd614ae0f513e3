//! New prices for contracts that run: from the catalogue, and one price of a unit.

use crate::company::{Company, amount};
use app::command::Command;
use serde_json::{Value, json};

/// Plans a price change from 1 March, and has it previewed: `contract outcome-or-reason month-before
/// month-after`, and why.
fn previewed(company: &Company, product: &str, price: Value) -> Vec<(String, String)> {
    company.act(
        "plan_price_change",
        json!({ "id": "P-1", "product": product, "effective": "2026-03-01", "price": price,
            "reason": "price list of March" }),
    );
    company.app.work_price_changes().unwrap();
    results(company)
}

fn results(company: &Company) -> Vec<(String, String)> {
    let mut told = Vec::new();
    for outcome in ["excluded", "expected", "held", "repriced"] {
        let rows = company
            .app
            .store()
            .read(move |tx| store::price_changes::results(tx, "P-1", outcome, "", 100))
            .unwrap();
        told.extend(rows.into_iter().map(|row| {
            let word = match row.code.is_empty() {
                true => row.outcome,
                false => row.code,
            };
            let (before, after) = (amount(row.monthly_before), amount(row.monthly_after));
            (format!("{} {word} {before} {after}", row.contract), row.why)
        }));
    }
    told.sort();
    told
}

fn made(company: &Company) {
    let approve = Command::read("approve_price_change", json!({ "price_change": "P-1" })).unwrap();
    company.app.act("dana", approve).unwrap();
    company.app.work_price_changes().unwrap();
}

fn rows(found: &[(String, String)]) -> Vec<&str> {
    found.iter().map(|(row, _)| row.as_str()).collect()
}

fn why<'r>(found: &'r [(String, String)], contract: &str) -> &'r str {
    let row = found.iter().find(|(row, _)| row.starts_with(contract));
    row.map(|(_, why)| why.as_str()).unwrap()
}

const YEAR: (&str, &str) = ("2026-01-01", "2026-12-31");

/// A seat costs 10 a month, and 12 from March on, in euros and by the month.
#[test]
fn running_contracts_take_the_price_of_the_catalogue_as_far_as_it_has_one() {
    let company = Company::new();
    let price = |from: Value, unit_price: u32| {
        json!({ "currency": "EUR", "billing": "monthly", "from": from,
            "charge": { "model": "per_unit", "unit_price": unit_price } })
    };
    company.act(
        "publish_product",
        json!({ "code": "SEAT", "name": "Seat",
            "prices": [price(Value::Null, 10), price(json!("2026-03-01"), 12)] }),
    );
    company.contract(
        "C-list",
        YEAR,
        json!([{ "product": "SEAT", "quantity": 10 }]),
    );
    company.contract(
        "C-own",
        YEAR,
        json!([{ "product": "SEAT", "quantity": 10, "unit_price": "9.5" }]),
    );
    company.contract(
        "C-same",
        YEAR,
        json!([{ "product": "SEAT", "quantity": 5, "unit_price": 12 }]),
    );
    company.contract(
        "C-weekly",
        YEAR,
        json!([{ "product": "SEAT", "quantity": 5, "unit_price": 3, "billing": "weekly" }]),
    );
    // Two seats at prices of their own: all of them change or none.
    company.contract(
        "C-both",
        YEAR,
        json!([{ "product": "SEAT", "quantity": 1 },
            { "product": "SEAT", "unit_price": 30, "billing": "quarterly" }]),
    );
    let found = previewed(&company, "SEAT", json!({ "rule": "list" }));
    assert_eq!(
        rows(&found),
        [
            "C-both not_listed 0.00 0.00",
            "C-list expected 100.00 120.00",
            "C-own expected 95.00 120.00",
            "C-same same_price 0.00 0.00",
            "C-weekly not_listed 0.00 0.00",
        ]
    );
    assert_eq!(
        why(&found, "C-weekly"),
        "the catalogue has no price of C-weekly-1 in its currency and frequency"
    );
    assert_eq!(why(&found, "C-same"), "its price is that one already");
    made(&company);
    assert_eq!(
        rows(&results(&company))[1..3],
        [
            "C-list repriced 100.00 120.00",
            "C-own repriced 95.00 120.00"
        ]
    );
    // Two months at 10 and ten at 12, times ten.
    assert_eq!(company.value("C-list"), "1400.00");
    assert_eq!(company.value("C-own"), "1390.00");
    assert_eq!(company.value("C-same"), "720.00");
    let march: Vec<String> = company
        .bill("2026-03-01")
        .into_iter()
        .filter(|line| line.contains("2026-03-01 2026-03-31") && line.starts_with("C-list"))
        .collect();
    assert_eq!(march, ["C-list-1 2026-03-01 2026-03-31 120.00"]);
    company.must_tie_out();
}

/// The new list has tiers for up to twenty, and somebody has fifty.
#[test]
fn a_contract_keeps_its_price_where_the_new_one_cannot_price_what_is_agreed() {
    let company = Company::new();
    company.act(
        "publish_product",
        json!({ "code": "SEAT", "name": "Seat", "prices": [
            { "currency": "EUR", "billing": "monthly", "charge": { "model": "per_unit", "unit_price": 10 } },
            { "currency": "EUR", "billing": "monthly", "from": "2026-03-01",
                "charge": { "model": "graduated", "tiers": [
                    { "up_to": 10, "unit_price": 12 }, { "up_to": 20, "unit_price": 11 }] } },
        ] }),
    );
    company.contract("C-20", YEAR, json!([{ "product": "SEAT", "quantity": 20 }]));
    company.contract("C-50", YEAR, json!([{ "product": "SEAT", "quantity": 50 }]));
    let found = previewed(&company, "SEAT", json!({ "rule": "list" }));
    assert_eq!(
        rows(&found),
        ["C-20 expected 200.00 230.00", "C-50 not_priced 0.00 0.00"]
    );
    assert!(why(&found, "C-50").starts_with("C-50-1: "), "{found:?}");
    assert!(why(&found, "C-50").contains("50"), "{found:?}");
    made(&company);
    assert_eq!(company.value("C-20"), "2700.00");
    assert_eq!(company.value("C-50"), "6000.00");
}

/// Ten of each from March on at 12.50.
#[test]
fn one_price_of_a_unit_keeps_what_is_flat_the_rules_of_seats_and_a_minimum() {
    let company = Company::new();
    let charge = json!({ "model": "per_unit", "unit_price": 10 });
    company.product("SEAT", "monthly", charge);
    let tiers = json!([{ "up_to": 5, "unit_price": 20 }, { "unit_price": 10 }]);
    let per_unit = json!({ "model": "per_unit", "unit_price": 10 });
    let seats =
        json!({ "model": "seats", "unit_price": 10, "included": 2, "upgrade": "next_period" });
    for (id, charge) in [
        (
            "C-committed",
            json!({ "model": "commitment", "minimum": 200, "charge": per_unit }),
        ),
        ("C-flat", json!({ "model": "flat", "amount": 80 })),
        ("C-seats", seats),
        ("C-tiers", json!({ "model": "graduated", "tiers": tiers })),
        ("C-units", per_unit),
        ("C-weekly", json!({ "model": "flat", "amount": 20 })),
    ] {
        let billing = if id == "C-weekly" {
            "weekly"
        } else {
            "monthly"
        };
        company.contract(
            id,
            YEAR,
            json!([{ "product": "SEAT", "quantity": 10, "charge": charge, "billing": billing }]),
        );
    }
    let price = json!({ "rule": "unit", "unit_price": "12.50" });
    let found = previewed(&company, "SEAT", price);
    assert_eq!(
        rows(&found),
        [
            // 10 × 12.50 lies under the minimum of 200, which stays.
            "C-committed expected 200.00 200.00",
            "C-flat expected 80.00 12.50",
            // Two are included.
            "C-seats expected 80.00 100.00",
            "C-tiers expected 150.00 125.00",
            "C-units expected 100.00 125.00",
            // Weeks have no months.
            "C-weekly expected 0.00 0.00",
        ]
    );
    made(&company);
    let march: Vec<String> = company
        .bill("2026-03-31")
        .into_iter()
        .filter(|line| line.contains("2026-03-01 2026-03-31"))
        .collect();
    assert_eq!(
        march,
        [
            "C-committed-1 2026-03-01 2026-03-31 200.00",
            "C-flat-1 2026-03-01 2026-03-31 12.50",
            "C-seats-1 2026-03-01 2026-03-31 100.00",
            "C-tiers-1 2026-03-01 2026-03-31 125.00",
            "C-units-1 2026-03-01 2026-03-31 125.00",
        ]
    );
    company.must_tie_out();
}

/// A price of 2.00 for "a unit" of a charge of 2 % would bill twice what was sold.
#[test]
fn what_has_no_units_gets_no_price_of_a_unit() {
    let company = Company::new();
    company.product(
        "SHARE",
        "monthly",
        json!({ "model": "percentage", "rate": "0.02" }),
    );
    let at_two = json!({ "id": "C-2", "customer": "acme", "entity": "DE", "start": YEAR.0, "end": YEAR.1,
        "lines": [{ "component": "share", "product": "SHARE", "quantity": 1000, "unit_price": "2.00" }] });
    let refused = "no_units_to_price: 2 cannot be the price of a unit where it is charged by percentage; \
        state the whole charge";
    assert_eq!(company.refused("activate_contract", at_two), refused);
    company.contract(
        "C-1",
        YEAR,
        json!([{ "component": "share", "product": "SHARE", "quantity": 1000 }]),
    );
    for change in [
        json!({ "kind": "price", "component": "share", "unit_price": "2.00" }),
        json!({ "kind": "ramp", "component": "share", "steps": [{ "effective": "2026-04-01", "unit_price": "2.00" }] }),
        json!({ "kind": "phases", "component": "share", "phases": [
            { "phase": "discount", "months": 2, "unit_price": "2.00" }, { "phase": "evergreen" }] }),
    ] {
        let body = json!({ "contract": "C-1", "effective": "2026-03-01", "change": change, "reason": "asked for" });
        assert_eq!(company.refused("amend_contract", body), refused);
    }
    let found = previewed(
        &company,
        "SHARE",
        json!({ "rule": "unit", "unit_price": "2.00" }),
    );
    assert_eq!(rows(&found), ["C-1 not_priced 0.00 0.00"]);
    assert_eq!(
        why(&found, "C-1"),
        "share: 2 cannot be the price of a unit where it is charged by percentage; state the whole charge"
    );
    // 2 % of 1,000, whatever was tried.
    assert_eq!(company.bill_in_all("2026-01-01"), "20.00");
}
