//! Revenue of every class that a product can be of reaches an account of its own, and a class without an
//! account is refused before anything can be sold under it.

use crate::company::Company;
use serde_json::{Value, json};

fn product(class: &str) -> Value {
    json!({ "code": "P", "name": "P", "revenue_class": class, "prices": [
        { "currency": "EUR", "billing": "monthly", "charge": { "model": "flat", "amount": "310" } }] })
}

#[test]
fn revenue_of_each_class_is_earned_on_an_account_of_its_own() {
    for (class, account) in [
        ("subscription", "4000"),
        ("usage", "4100"),
        ("services", "4200"),
    ] {
        let company = Company::on("2026-01-01", "0.19");
        company.act("publish_product", product(class));
        company.act(
            "activate_contract",
            json!({ "id": "C-1", "customer": "acme", "entity": "DE", "start": "2026-01-01", "end": "2026-01-31",
                "lines": [{ "product": "P" }] }),
        );
        company.until("2026-02-01");
        let accounts = company.accounts();
        let earned: Vec<(&str, i64)> = accounts
            .iter()
            .filter(|(code, _)| code.starts_with('4'))
            .map(|(code, minor)| (code.as_str(), *minor))
            .collect();
        assert_eq!(earned, [(account, -31_000)], "{class}");
        company.ties_out();
    }
}

#[test]
fn a_class_without_an_account_is_refused_with_those_that_have_one() {
    let company = Company::on("2026-01-01", "0.19");
    assert_eq!(
        company.refused("publish_product", product("hardware")),
        "revenue_class: \"hardware\" is no revenue class; use subscription, usage or services"
    );
    let sold = json!({ "id": "C-1", "customer": "acme", "entity": "DE", "start": "2026-01-01", "end": "2026-01-31",
        "lines": [{ "product": "P" }] });
    let refused = company.refused("activate_contract", sold);
    assert!(
        refused.starts_with("lines[0].product: "),
        "nothing was published: {refused}"
    );
}
