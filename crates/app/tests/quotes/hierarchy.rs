//! Accounts above and below each other: no cycle, no duplicate, and what a move touches is listed.

use crate::company::Company;
use crate::seller::{act, company, grant, said};
use app::AppFault;
use app::command::Answer;
use serde_json::json;

fn moved(company: &Company, customer: &str, parent: &str) -> Result<Answer, AppFault> {
    let body = json!({ "customer": customer, "parent": parent, "reason": "they were bought" });
    let waiting = act(company, "rita", "change_customer", body)?;
    grant(company, "dana", &waiting)
}

fn family() -> Company {
    let company = company();
    for (id, name) in [("EU", "Acme Europe"), ("UK", "Acme UK"), ("UK2", "Acme UK")] {
        company.done("create_customer", json!({ "id": id, "legal_name": name }));
    }
    moved(&company, "EU", "ACME").unwrap();
    moved(&company, "UK", "EU").unwrap();
    company
}

#[test]
fn cycles_and_duplicates_are_refused_in_words() {
    let company = family();
    assert_eq!(
        said(moved(&company, "ACME", "UK")),
        [
            "parent: UK stands below ACME already (UK below EU below ACME); move it out of there first"
        ]
    );
    assert_eq!(
        said(moved(&company, "EU", "EU")),
        ["parent: EU cannot stand above itself; name another account, or none"]
    );
    assert_eq!(
        said(moved(&company, "EU", "NOBODY")),
        ["parent: there is no customer NOBODY; add it first or correct the id"]
    );
    assert_eq!(
        said(moved(&company, "UK2", "EU")),
        [
            "parent: UK below EU is called \"Acme UK\" too; use that account, or tell them apart by name"
        ]
    );
    moved(&company, "UK2", "ACME").unwrap();
    moved(&company, "UK", "").unwrap();
    moved(&company, "ACME", "UK").unwrap();
}

#[test]
fn a_move_lists_the_contracts_and_open_invoices_that_it_touches() {
    let company = family();
    company.done(
        "activate_contract",
        json!({ "id": "C2", "customer": "UK", "entity": "DE", "start": "2026-01-15", "end": "2027-01-14",
            "lines": [{ "product": "SEAT", "quantity": "1" }] }),
    );
    company.done("run_billing", json!({ "through": "2026-01-15" }));
    let impact = company
        .app
        .hierarchy_impact(&"EU".parse().unwrap())
        .unwrap();
    assert_eq!(impact.parent.as_deref(), Some("ACME"));
    assert_eq!(impact.accounts, ["EU", "UK"]);
    assert_eq!(impact.contracts, ["C2"]);
    assert_eq!(impact.open_invoices, ["DE-2026-00002"]);
}
