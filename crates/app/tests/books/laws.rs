//! A law over the whole program: whatever is sold and however it is amended, billing twice gives nothing,
//! what is billed in the end is what the contract is worth, all of it is earned, and the ledger ties out.

use crate::company::Company;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use values::Date;

/// So many contracts, always the same ones.
const CASES: u32 = 24;

/// One thing sold: indices of what it is priced by, how long its periods are and when they are charged.
#[derive(Debug, Clone)]
struct Sold {
    charge: usize,
    billing: usize,
    arrears: bool,
    quantity: u32,
}

/// What somebody wishes some days after the wish before, from a day that may be past.
#[derive(Debug, Clone)]
struct Wish {
    days: u32,
    back: u32,
    kind: usize,
    number: u32,
}

const BILLING: [&str; 3] = ["monthly", "quarterly", "annual"];

/// Every model that prices a quantity by itself; amounts that few numbers of days divide.
fn charges() -> [Value; 10] {
    let tiers = json!([
        { "up_to": "5", "unit_price": "10.01", "flat_fee": "3" },
        { "up_to": "9", "unit_price": "8.5" },
        { "unit_price": "7.333" },
    ]);
    let blocks = json!([{ "up_to": "4", "price": "40" }, { "up_to": "8", "price": "75.55" }, { "price": "99.99" }]);
    [
        json!({ "model": "flat", "amount": "100" }),
        json!({ "model": "per_unit", "unit_price": "9.99" }),
        json!({ "model": "graduated", "tiers": tiers }),
        json!({ "model": "volume", "tiers": tiers }),
        json!({ "model": "seats", "unit_price": "12.34", "included": "2" }),
        json!({ "model": "package", "size": "3", "price": "25", "free_units": "1" }),
        json!({ "model": "percentage", "rate": "0.029", "fixed": "0.30", "minimum": "5" }),
        json!({ "model": "blocks", "blocks": blocks, "counts": "all_tiers" }),
        json!({ "model": "commitment", "minimum": "50", "maximum": "90",
            "charge": { "model": "per_unit", "unit_price": "11" } }),
        json!({ "model": "graduated_percentage", "tiers": [
            { "up_to": "6", "rate": "0.5", "flat_fee": "1" }, { "rate": "0.25" }] }),
    ]
}

fn sold() -> impl Strategy<Value = Sold> {
    (
        0..charges().len(),
        0..BILLING.len(),
        any::<bool>(),
        1..13_u32,
    )
        .prop_map(|(charge, billing, arrears, quantity)| Sold {
            charge,
            billing,
            arrears,
            quantity,
        })
}

fn wish() -> impl Strategy<Value = Wish> {
    (1..60_u32, 0..20_u32, 0..8_usize, 1..13_u32).prop_map(|(days, back, kind, number)| Wish {
        days,
        back,
        kind,
        number,
    })
}

fn line(component: &str, sold: &Sold) -> Value {
    json!({
        "component": component, "product": "P", "quantity": sold.quantity.to_string(),
        "charge": charges()[sold.charge], "billing": BILLING[sold.billing],
        "timing": if sold.arrears { "arrears" } else { "advance" },
    })
}

fn plus(day: Date, days: i64) -> Date {
    day.checked_add(jiff_days(days)).unwrap()
}

fn jiff_days(days: i64) -> jiff::Span {
    jiff::Span::new().days(days)
}

/// The change that a wish asks for; the contract is cancelled by its last wish only.
fn change(
    turn: usize,
    wish: &Wish,
    (effective, is_last): (Date, bool),
    lines: usize,
) -> (&'static str, Value) {
    let number = wish.number;
    let component = format!("c-{}", number as usize % lines);
    let other = Sold {
        charge: number as usize % charges().len(),
        billing: turn % BILLING.len(),
        arrears: number.is_multiple_of(2),
        quantity: number,
    };
    match wish.kind {
        1 => (
            "price",
            json!({ "kind": "price", "component": component, "charge": charges()[other.charge] }),
        ),
        2 => (
            "pause",
            json!({ "kind": "pause", "component": component, "resume_on": plus(effective, i64::from(number) * 3) }),
        ),
        3 => (
            "discount",
            json!({ "kind": "discount", "code": format!("D-{turn}"), "component": component, "percent": "0.15",
                "cycles": 2 }),
        ),
        4 => (
            "add",
            json!({ "kind": "add", "line": line(&format!("added-{turn}"), &other) }),
        ),
        5 => (
            "remove",
            json!({ "kind": "remove", "component": component }),
        ),
        6 => (
            "swap",
            json!({ "kind": "swap", "component": component, "line": line(&format!("swapped-{turn}"), &other) }),
        ),
        7 if is_last => ("cancel", json!({ "kind": "cancel" })),
        _ => (
            "quantity",
            json!({ "kind": "quantity", "component": component, "quantity": number.to_string() }),
        ),
    }
}

/// Bills through today, and again.
fn bill_twice(company: &Company) -> Result<(), TestCaseError> {
    let today = company.today().to_string();
    company.bill(&today);
    let before = company.accounts();
    prop_assert_eq!(company.bill(&today), 0, "billed again on {}", today);
    prop_assert_eq!(company.accounts(), before, "posted again on {}", today);
    Ok(())
}

/// Lives a contract to its end. Answers the kinds of amendments that were applied.
fn lived(sold: &[Sold], wishes: &[Wish]) -> Result<Vec<&'static str>, TestCaseError> {
    let company = Company::on("2026-01-10", "0.19");
    company.sells("P", "monthly", json!({ "model": "flat", "amount": "1" }));
    let lines: Vec<Value> = sold
        .iter()
        .enumerate()
        .map(|(number, sold)| line(&format!("c-{number}"), sold))
        .collect();
    company.act(
        "activate_contract",
        json!({ "id": "C-1", "customer": "acme", "entity": "DE", "start": "2026-01-10", "end": "2026-12-31",
            "lines": lines }),
    );
    bill_twice(&company)?;
    let first = company.today();
    let mut applied = Vec::new();
    for (turn, wish) in wishes.iter().enumerate() {
        let today = plus(company.today(), i64::from(wish.days));
        company.go_to(&today.to_string());
        let effective = plus(today, -i64::from(wish.back)).max(first);
        let is_last = turn + 1 == wishes.len();
        let (kind, change) = change(turn, wish, (effective, is_last), sold.len());
        let body = json!({ "contract": "C-1", "effective": effective, "reason": "agreed", "change": change });
        match company.try_act("amend_contract", body) {
            Ok(_) => applied.push(kind),
            // Such as a component that is gone: refused, and nothing is changed by it.
            Err(app::AppFault::Refused(_) | app::AppFault::NotFound { .. }) => {}
            Err(fault) => return Err(TestCaseError::fail(fault.to_string())),
        }
        bill_twice(&company)?;
        company.ties_out();
    }
    company.go_to("2027-02-01");
    bill_twice(&company)?;
    company.app.daily_work("tieout", false).unwrap();
    company.ties_out();
    let row = company
        .app
        .store()
        .read(|tx| store::contracts::contract(tx, "C-1"));
    let worth = row.unwrap().unwrap().value;
    let net: i64 = company
        .documents()
        .iter()
        .map(|row| {
            if row.kind == "invoice" {
                row.net
            } else {
                -row.net
            }
        })
        .sum();
    prop_assert_eq!(net, worth, "what is billed and what the contract is worth");
    let accounts = company.accounts();
    prop_assert_eq!(
        -accounts.get("4000").copied().unwrap_or(0),
        worth,
        "what is earned"
    );
    for account in ["2400", "1250"] {
        prop_assert!(
            !accounts.contains_key(account),
            "{}: {:?}",
            account,
            accounts
        );
    }
    Ok(applied)
}

#[test]
fn whatever_is_sold_and_amended_billing_twice_gives_nothing_and_the_ledger_ties_out() {
    let contracts = (
        proptest::collection::vec(sold(), 1..4),
        proptest::collection::vec(wish(), 1..5),
    );
    let config = ProptestConfig {
        cases: CASES,
        rng_seed: RngSeed::Fixed(49),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let applied: RefCell<BTreeMap<&str, usize>> = RefCell::default();
    let wished = RefCell::new(0);
    let outcome = TestRunner::new(config).run(&contracts, |(sold, wishes)| {
        *wished.borrow_mut() += wishes.len();
        for kind in lived(&sold, &wishes)? {
            *applied.borrow_mut().entry(kind).or_default() += 1;
        }
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    // The law was tried on amendments that were applied, of every kind.
    let (applied, wished) = (applied.into_inner(), wished.into_inner());
    let all: usize = applied.values().sum();
    assert!(
        all * 2 > wished,
        "{all} of {wished} amendments: {applied:?}"
    );
    assert_eq!(applied.len(), 8, "{applied:?}");
}
