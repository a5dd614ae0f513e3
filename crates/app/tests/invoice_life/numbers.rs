//! Printed numbers by the pattern of the legal entity: gapless, never twice.

use crate::company::{Company, company};
use serde_json::json;

fn numbers(company: &Company) -> Vec<String> {
    company
        .invoices()
        .into_iter()
        .map(|(number, _)| number)
        .collect()
}

fn set(company: &Company, policy: serde_json::Value) {
    let body = json!({ "entity": "DE", "policy": policy });
    let command = app::command::Command::read("set_invoice_policy", body).unwrap();
    company
        .ending
        .app
        .act_approved("story", "li", command)
        .unwrap();
}

#[test]
fn numbers_follow_the_pattern_and_begin_again_each_year() {
    let pattern = r#"{ invoice_numbers: { pattern: "INV-{year}-{number:3}" } }"#;
    let company = company(pattern, 1, "  - advance_to: 2026-03-02\n");
    assert_eq!(
        numbers(&company),
        ["INV-2026-001", "INV-2026-002", "INV-2026-003"]
    );
    assert_eq!(
        company.invoice("INV-2026-002").row.number,
        "INV-2026-002",
        "found by its number"
    );
}

/// Numbers of a monthly contract whose second month begins a year, under a series.
fn over_the_new_year(series: &str) -> Vec<String> {
    let text = format!(
        "entities: [ {{ id: DE, name: Beispiel, currency: EUR, time_zone: Europe/Berlin }} ]
taxes: [ {{ entity: DE, rate: 0.19, name: VAT 19 % }} ]
catalogue:
  - {{ code: SEAT, name: Seats, prices: [ {{ currency: EUR, billing: monthly, charge: {{ model: per_unit, unit_price: 50.00 }} }} ] }}
customers: [ {{ id: nord, legal_name: Nord AG }} ]
steps:
  - on: 2026-12-01
    set_invoice_policy: {{ entity: DE, policy: {{ invoice_numbers: {series} }} }}
  - activate_contract: {{ id: C-1, customer: nord, entity: DE, start: 2026-12-01, end: 2027-01-31, lines: [ {{ product: SEAT, component: seats, quantity: 1 }} ] }}
  - advance_to: 2027-01-02
"
    );
    let ending = app::story::run(&text).unwrap_or_else(|fault| panic!("{fault}"));
    numbers(&Company { ending })
}

#[test]
fn a_series_begins_again_with_the_year_unless_it_is_continuous() {
    let each_year = r#"{ pattern: "INV-{year}-{number:3}" }"#;
    assert_eq!(
        over_the_new_year(each_year),
        ["INV-2026-001", "INV-2027-001"]
    );
    let continuous = r#"{ pattern: "INV-{year}-{number:3}", continuous: true }"#;
    assert_eq!(
        over_the_new_year(continuous),
        ["INV-2026-001", "INV-2027-002"]
    );
}

#[test]
fn the_pattern_that_holds_anyway_can_be_stated_and_goes_on() {
    let company = company("{}", 1, "");
    company.controller("li");
    set(
        &company,
        json!({ "invoice_numbers": { "pattern": "{entity}-{year}-{number:5}" } }),
    );
    let body = json!({ "through": "2026-02-01", "contract": "C-1" });
    company.act("run_billing", body).unwrap();
    assert_eq!(numbers(&company), ["DE-2026-00001", "DE-2026-00002"]);
}

#[test]
fn a_pattern_of_an_earlier_policy_is_not_given_to_another_kind_of_document() {
    let company = company("{}", 1, "");
    company.controller("li");
    let earlier = json!({ "pattern": "X{number:1}", "continuous": true });
    set(&company, json!({ "invoice_numbers": earlier }));
    set(&company, json!({}));
    let (code, words) = company.refused(
        "set_invoice_policy",
        json!({ "entity": "DE", "policy": { "credit_note_numbers": { "pattern": "X{number:4}", "continuous": true } } }),
    );
    assert_eq!(code, "numbers_meet");
    assert!(
        words.contains("the invoices of DE (X{number:1})"),
        "{words}"
    );
}

#[test]
fn a_series_that_is_taken_up_again_goes_on_where_it_stopped() {
    let company = company("{}", 1, "");
    company.controller("li");
    set(
        &company,
        json!({ "invoice_numbers": { "pattern": "X{number:1}", "continuous": true } }),
    );
    let run = |through: &str| {
        let body = json!({ "through": through, "contract": "C-1" });
        company.act("run_billing", body).unwrap();
    };
    run("2026-02-01");
    set(&company, json!({}));
    run("2026-03-01");
    set(
        &company,
        json!({ "invoice_numbers": { "pattern": "X{number:1}", "continuous": true } }),
    );
    run("2026-04-01");
    assert_eq!(
        numbers(&company),
        ["DE-2026-00001", "X1", "DE-2026-00002", "X2"]
    );
    let known = company.ending.app.invoice_policy("DE").unwrap();
    assert_eq!(known.version, 4, "every version is kept");
}

#[test]
fn a_pattern_that_could_print_a_number_again_is_refused_with_its_mend() {
    let company = company("{}", 1, "");
    let refused = |policy: serde_json::Value| {
        company.refused(
            "set_invoice_policy",
            json!({ "entity": "DE", "policy": policy }),
        )
    };
    // It would print numbers that were printed already.
    let (code, words) =
        refused(json!({ "invoice_numbers": { "pattern": "{entity}-{year}-{number:6}" } }));
    assert_eq!(code, "numbers_meet");
    assert_eq!(
        words,
        "{entity}-{year}-{number:6} could print a number of the invoices of DE ({entity}-{year}-{number}) again; put letters or {entity} into it that tell the two apart"
    );
    // Invoices and credit notes would share their numbers.
    let same = json!({ "pattern": "N{year}{number:5}" });
    let (code, words) = refused(json!({ "invoice_numbers": same, "credit_note_numbers": same }));
    assert_eq!(code, "numbers_meet");
    assert!(
        words.contains("a number of the invoices of DE (N{year}{number})"),
        "{words}"
    );
    let (code, words) = refused(json!({ "invoice_numbers": { "pattern": "N{number}" } }));
    assert_eq!(code, "bad_invoice_policy");
    assert!(
        words.contains("put {year} into it, or set continuous to true"),
        "{words}"
    );
    let body = json!({ "entity": "DE", "policy": { "invoice_numbers": { "pattern": "INV" } } });
    let unread = app::command::Command::read("set_invoice_policy", body)
        .unwrap_err()
        .to_string();
    assert_eq!(
        unread,
        "set_invoice_policy: policy.invoice_numbers.pattern: a pattern has {number} in it once, such as INV-{year}-{number:5}"
    );
}

#[test]
fn a_draft_that_is_withdrawn_leaves_no_gap() {
    let policy =
        r#"{ draft_days: 5, invoice_numbers: { pattern: "D{number:1}", continuous: true } }"#;
    let company = company(policy, 10, "  - on: 2026-01-02
    amend_contract: { contract: C-1, effective: 2026-01-01, change: { kind: pause, resume_on: 2026-02-01 }, reason: later }
  - advance_to: 2026-03-10
");
    assert_eq!(numbers(&company), ["D1", "D2"]);
}
