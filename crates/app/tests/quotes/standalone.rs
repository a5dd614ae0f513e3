//! What is sold by itself for how much, by billing period, currency and day; and bundles that are sold
//! by the month and by the year.

use crate::company::Company;
use crate::seller::{act, company, create, said};
use serde_json::{Value, json};

/// A platform that is sold by the month and by the year, and a set-up that is sold once.
fn sold_twice() -> Company {
    let company = company();
    let price = |billing: &str, price: &str| json!({ "currency": "EUR", "billing": billing, "charge": { "model": "per_unit", "unit_price": price } });
    for (code, prices) in [
        (
            "CORE",
            json!([price("monthly", "100"), price("annual", "1100")]),
        ),
        ("SETUP", json!([price("one_off", "500")])),
    ] {
        company.done(
            "publish_product",
            json!({ "code": code, "name": code, "prices": prices }),
        );
    }
    company
}

fn publish(company: &Company, offer: Value) {
    act(company, "rita", "publish_offer", offer).unwrap();
}

fn year(start: &str, lines: Value) -> Value {
    json!({ "customer": "ACME", "entity": "DE", "start": start, "months": 12, "lines": lines })
}

/// Total alone, margin and its rate.
fn compared(answer: &Value) -> (String, String, String) {
    let figures = &answer["figures"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (
        text(&figures["standalone"]["amount"]),
        text(&figures["margin"]["amount"]),
        text(&figures["margin_rate"]),
    )
}

fn told(all: (&str, &str, &str)) -> (String, String, String) {
    (all.0.to_owned(), all.1.to_owned(), all.2.to_owned())
}

#[test]
fn a_year_is_compared_with_what_twelve_months_cost_alone() {
    let company = sold_twice();
    let mut alone = json!({ "kind": "standalone", "product": "CORE",
        "prices": [{ "currency": "EUR", "unit_price": "110" }] });
    assert_eq!(
        said(act(&company, "rita", "publish_offer", alone.clone())),
        ["prices[0].billing: CORE is sold monthly and annual in EUR; say which of them 110 is for"]
    );
    alone["prices"][0]["billing"] = json!("monthly");
    publish(&company, alone);
    let by_the_year = json!([{ "product": "CORE", "billing": "annual" }]);
    let answer = create(&company, "Q1", year("2026-02-01", by_the_year));
    assert_eq!(
        compared(&answer),
        told(("1320.00", "-220.00", "-0.1667")),
        "1,100 for the year against twelve times 110"
    );
    let by_the_month = json!([{ "product": "CORE", "billing": "monthly" }]);
    let answer = create(&company, "Q2", year("2026-02-01", by_the_month));
    assert_eq!(compared(&answer), told(("1320.00", "-120.00", "-0.0909")));
}

#[test]
fn what_is_sold_alone_has_a_price_by_day_and_currency_and_the_very_period_comes_first() {
    let company = sold_twice();
    publish(
        &company,
        json!({ "kind": "standalone", "product": "CORE", "prices": [
            { "currency": "EUR", "billing": "monthly", "unit_price": "110" },
            { "currency": "EUR", "billing": "monthly", "unit_price": "120", "from": "2026-07-01" },
            { "currency": "EUR", "billing": "annual", "unit_price": "1200" },
            { "currency": "USD", "billing": "monthly", "unit_price": "130" },
        ] }),
    );
    let monthly = json!([{ "product": "CORE", "billing": "monthly" }]);
    let annual = json!([{ "product": "CORE", "billing": "annual" }]);
    let dollars = json!([{ "product": "CORE", "billing": "monthly", "unit_price": "104" }]);
    for (id, start, currency, lines, alone) in [
        ("Q1", "2026-06-01", "EUR", &monthly, "1320.00"),
        ("Q2", "2026-07-01", "EUR", &monthly, "1440.00"),
        ("Q3", "2026-07-01", "EUR", &annual, "1200.00"),
        ("Q4", "2026-07-01", "USD", &dollars, "1560.00"),
    ] {
        let mut content = year(start, lines.clone());
        content["currency"] = json!(currency);
        let answer = create(&company, id, content);
        assert_eq!(compared(&answer).0, alone, "{id}");
    }
}

#[test]
fn what_is_sold_once_is_not_compared_with_what_is_sold_over_and_over() {
    let company = sold_twice();
    publish(
        &company,
        json!({ "kind": "standalone", "product": "SETUP", "prices": [
            { "currency": "EUR", "billing": "monthly", "unit_price": "50" }] }),
    );
    let answer = create(
        &company,
        "Q1",
        year("2026-02-01", json!([{ "product": "SETUP" }])),
    );
    assert_eq!(answer["figures"]["standalone"]["amount"], "0.00");
    assert_eq!(answer["figures"]["without_standalone"], json!(["SETUP"]));
}

#[test]
fn a_bundle_by_the_month_and_by_the_year_has_a_price_for_each() {
    let company = sold_twice();
    company.done(
        "publish_product",
        json!({ "code": "SUPPORT", "name": "Support", "prices": [
            { "currency": "EUR", "billing": "monthly", "charge": { "model": "per_unit", "unit_price": "40" } }] }),
    );
    let mut suite = json!({ "kind": "bundle", "code": "SUITE", "name": "Suite",
        "parts": [{ "product": "CORE", "share": "0.75" }, { "product": "SUPPORT", "share": "0.25" }],
        "prices": [{ "currency": "EUR", "unit_price": "120" }] });
    assert_eq!(
        said(act(&company, "rita", "publish_offer", suite.clone())),
        ["prices[0].billing: CORE is sold monthly and annual in EUR; say which of them 120 is for"]
    );
    suite["prices"] = json!([
        { "currency": "EUR", "billing": "monthly", "unit_price": "120" },
        { "currency": "EUR", "billing": "annual", "unit_price": "1200" },
    ]);
    publish(&company, suite);
    for (id, billing, tcv) in [("Q1", "monthly", "1440.00"), ("Q2", "annual", "1200.00")] {
        let lines = json!([{ "bundle": "SUITE", "billing": billing }]);
        let answer = create(&company, id, year("2026-02-01", lines));
        assert_eq!(answer["figures"]["tcv"]["amount"], tcv, "{billing}");
        assert_eq!(answer["figures"]["discount"]["amount"], "0.00", "{billing}");
    }
    let content = year("2026-02-01", json!([{ "bundle": "SUITE" }]));
    let refused = said(act(
        &company,
        "rita",
        "create_quote",
        json!({ "content": content }),
    ));
    assert_eq!(
        refused,
        ["content.lines[0].billing: bundle SUITE is sold monthly and annual; say which in billing"]
    );
}
