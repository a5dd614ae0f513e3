//! The day on which billing periods of a customer's contracts begin, and the policy of an entity.

use super::company::Company;
use serde_json::{Value, json};

/// The first billing periods of a contract, `from until net`, through a day.
fn billed(company: &Company, contract: &str, through: &str) -> Vec<String> {
    let answer = company.act(
        "run_billing",
        json!({ "through": through, "contract": contract }),
    );
    let mut lines = Vec::new();
    for id in answer["documents"].as_array().unwrap() {
        let id = id.as_str().unwrap().to_owned();
        let rows = company
            .app
            .store()
            .read(move |tx| store::documents::lines_of(tx, &id))
            .unwrap();
        let told = |row: &store::documents::LineRow| {
            format!("{} {} {}", row.period_from, row.period_until, row.net)
        };
        lines.extend(rows.iter().map(told));
    }
    lines.sort();
    lines
}

fn sell(company: &Company, id: &str, customer: &str, only: &Value) {
    let mut body = json!({ "id": id, "customer": customer, "entity": "DE", "start": "2026-01-15",
        "end": "2027-01-14", "lines": [{ "product": "SEAT", "quantity": 31 }] });
    for (name, value) in only.as_object().unwrap() {
        body[name] = value.clone();
    }
    company.act("activate_contract", body);
}

#[test]
fn contracts_begin_their_periods_on_the_day_of_the_customer_where_they_say_nothing() {
    let company = Company::empty();
    company.act(
        "create_customer",
        json!({ "id": "first", "legal_name": "First", "billing_day": 1 }),
    );
    company.act(
        "create_customer",
        json!({ "id": "none", "legal_name": "None" }),
    );
    sell(&company, "C-1", "first", &json!({}));
    sell(&company, "C-2", "first", &json!({ "billing_day": 20 }));
    sell(&company, "C-3", "none", &json!({}));
    // 17 of 31 days at 310 a month, then whole months from the first on.
    assert_eq!(
        billed(&company, "C-1", "2026-02-28"),
        ["2026-01-15 2026-02-01 17000", "2026-02-01 2026-03-01 31000"]
    );
    assert_eq!(
        billed(&company, "C-2", "2026-02-01"),
        ["2026-01-15 2026-01-20 5000", "2026-01-20 2026-02-20 31000"]
    );
    assert_eq!(
        billed(&company, "C-3", "2026-02-01"),
        ["2026-01-15 2026-02-15 31000"]
    );
}

/// A billing day of 31 falls on the last day of short months and returns to its day.
#[test]
fn killbill_127_2133_the_last_day_of_a_customer_is_not_lost_after_a_short_month() {
    let company = Company::empty();
    company.act(
        "create_customer",
        json!({ "id": "last", "legal_name": "Last", "billing_day": 31 }),
    );
    sell(&company, "C-1", "last", &json!({ "start": "2026-01-31" }));
    let periods: Vec<String> = billed(&company, "C-1", "2026-05-30")
        .iter()
        .map(|line| line.rsplit_once(' ').unwrap().0.to_owned())
        .collect();
    assert_eq!(
        periods,
        [
            "2026-01-31 2026-02-28",
            "2026-02-28 2026-03-31",
            "2026-03-31 2026-04-30",
            "2026-04-30 2026-05-31",
        ]
    );
}

#[test]
fn the_policy_of_an_entity_holds_for_what_is_sold_from_then_on_and_for_nothing_before() {
    let company = Company::empty();
    company.act(
        "create_customer",
        json!({ "id": "first", "legal_name": "First", "billing_day": 1 }),
    );
    sell(&company, "C-1", "first", &json!({}));
    let policy = json!({ "proration": { "fixed_days": 30 } });
    let set = |policy: &Value| {
        company.act(
            "set_billing_policy",
            json!({ "entity": "DE", "policy": policy }),
        )
    };
    assert_eq!(set(&policy)["version"], 1);
    // The same again is the same version; another one is the next.
    assert_eq!(
        set(&json!({ "proration": { "fixed_days": 30 }, "version": 1 }))["version"],
        1
    );
    sell(&company, "C-2", "first", &json!({}));
    sell(&company, "C-3", "first", &json!({ "entity": "US" }));
    let line = |contract: &str| billed(&company, contract, "2026-01-31");
    assert_eq!(line("C-1"), ["2026-01-15 2026-02-01 17000"]);
    // A month of 30 days has no 31st: 16 of 30.
    assert_eq!(line("C-2"), ["2026-01-15 2026-02-01 16533"]);
    // The other entity has no policy of its own.
    assert_eq!(line("C-3"), ["2026-01-15 2026-02-01 17000"]);
    assert_eq!(set(&json!({ "proration": "none" }))["version"], 2);
    let refusals = company.refused(
        "set_billing_policy",
        &json!({ "entity": "DE", "policy": { "proration": "actual360", "version": 2 } }),
    );
    let told: Vec<_> = refusals
        .iter()
        .map(|it| (it.field.as_deref().unwrap(), it.message.as_str()))
        .collect();
    assert_eq!(
        told,
        [(
            "policy.version",
            "version 2 is not above 2; write 3, or leave it out"
        )]
    );
}
