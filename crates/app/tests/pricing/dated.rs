//! Prices of the catalogue that change on a day: whoever begins on that day or later has the new one.

use crate::company::Company;
use serde_json::{Value, json};

/// A seat costs 10 a month, and 12 from July on.
fn selling() -> Company {
    let company = Company::new();
    let price = |from: Value, unit_price: u32| {
        json!({ "currency": "EUR", "billing": "monthly", "from": from,
            "charge": { "model": "per_unit", "unit_price": unit_price } })
    };
    company.act(
        "publish_product",
        json!({ "code": "SEAT", "name": "Seat",
            "prices": [price(json!("2026-07-01"), 12), price(Value::Null, 10)] }),
    );
    company
}

#[test]
fn a_contract_has_the_price_of_its_first_day_however_early_it_was_signed() {
    let company = selling();
    for (id, first, value) in [
        ("C-june", "2026-06-01", "120.00"),
        // The last day of the old price; the contract keeps it.
        ("C-last", "2026-06-30", "120.00"),
        ("C-july", "2026-07-01", "144.00"),
        ("C-autumn", "2026-10-01", "144.00"),
    ] {
        let first: values::Date = first.parse().unwrap();
        let last = values::add_months(first, 12).yesterday().unwrap();
        let (first, last) = (first.to_string(), last.to_string());
        let answer = company.contract(id, (&first, &last), json!([{ "product": "SEAT" }]));
        assert_eq!(answer["value"]["amount"], value, "{id}");
    }
}

#[test]
fn a_line_that_begins_later_has_the_price_of_its_own_first_day() {
    let company = selling();
    let answer = company.contract(
        "C-1",
        ("2026-01-01", "2026-12-31"),
        json!([
            { "component": "now", "product": "SEAT" },
            { "component": "later", "product": "SEAT", "start": "2026-07-01" },
        ]),
    );
    // Twelve months at 10, and six at 12.
    assert_eq!(answer["value"]["amount"], "192.00");
    company.bill("2026-06-01");
    assert_eq!(
        company.bill("2026-07-01"),
        [
            "later 2026-07-01 2026-07-31 12.00",
            "now 2026-07-01 2026-07-31 10.00"
        ]
    );
}

#[test]
fn what_an_amendment_brings_in_has_the_price_of_its_day() {
    let company = selling();
    let seat = json!([{ "component": "first", "product": "SEAT" }]);
    company.contract("C-1", ("2026-01-01", "2026-12-31"), seat);
    let add = |component: &str| json!({ "kind": "add", "line": { "component": component, "product": "SEAT" } });
    company.amend("2026-06-30", add("june"));
    company.amend("2026-07-01", add("july"));
    company.amend(
        "2026-08-01",
        json!({ "kind": "swap", "component": "first",
            "line": { "component": "swapped", "product": "SEAT" } }),
    );
    // More of what is sold already costs what it was sold for.
    company.amend(
        "2026-09-01",
        json!({ "kind": "quantity", "component": "june", "quantity": 2 }),
    );
    company.bill("2026-08-31");
    assert_eq!(
        company.bill("2026-09-01"),
        [
            "july 2026-09-01 2026-09-30 12.00",
            "june 2026-09-01 2026-09-30 20.00",
            "swapped 2026-09-01 2026-09-30 12.00",
        ]
    );
    company.must_tie_out();
}

#[test]
fn a_quote_has_the_price_of_the_first_day_of_service_in_its_total_its_list_and_its_contract() {
    let company = selling();
    let quoted = |id: &str, start: &str, lines: Value| {
        company.act(
            "create_quote",
            json!({ "id": id, "content": { "customer": "acme", "entity": "DE", "start": start,
                "months": 12, "lines": lines } }),
        )
    };
    let june = quoted("Q-june", "2026-06-01", json!([{ "product": "SEAT" }]));
    assert_eq!(june["figures"]["tcv"]["amount"], "120.00");
    // A tenth off the list of July.
    let july = quoted(
        "Q-july",
        "2026-07-01",
        json!([{ "product": "SEAT", "discount": "0.1" }]),
    );
    assert_eq!(july["figures"]["list"]["amount"], "144.00");
    assert_eq!(july["figures"]["tcv"]["amount"], "129.60");
    // Six months of the second line at the price of July.
    let both = quoted(
        "Q-both",
        "2026-01-01",
        json!([{ "product": "SEAT" }, { "product": "SEAT", "start": "2026-07-01" }]),
    );
    assert_eq!(both["figures"]["list"]["amount"], "192.00");
    assert_eq!(both["figures"]["tcv"]["amount"], "192.00");
    for step in ["submit_quote", "accept_quote"] {
        company.act(step, json!({ "quote": "Q-july", "version": 1 }));
    }
    let converted = company.act("convert_quote", json!({ "quote": "Q-july", "version": 1 }));
    assert_eq!(converted["value"]["amount"], "129.60");
    let first = company.bill("2026-07-01");
    assert_eq!(first.len(), 1);
    assert!(
        first[0].ends_with(" 2026-07-01 2026-07-31 10.80"),
        "{first:?}"
    );
}
