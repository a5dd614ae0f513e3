//! A dispute that ends with a credit needs whom the credit note needs.

use crate::company::{Company, command};
use app::approval::is_waiting;
use app::command::Answer;
use control::Role;
use serde_json::{Value, json};

/// A company with two controllers whose customer owes 14,280.00 EUR and objects.
fn disputed() -> Company {
    let company = Company::new();
    for name in ["dana", "li"] {
        company
            .app
            .put_user(name, Role::Controller, "hash")
            .unwrap();
    }
    company.done(
        "activate_contract",
        json!({ "id": "C2", "customer": "ACME", "entity": "DE", "start": "2026-01-15", "end": "2027-01-14",
            "lines": [{ "component": "seats", "product": "SEAT", "quantity": "100" }] }),
    );
    company.done("run_billing", json!({ "through": "2026-01-15" }));
    company.done(
        "open_dispute",
        json!({ "id": "D-1", "invoice": "DE-2026-00002", "reason_code": "not_delivered", "note": "never switched on" }),
    );
    company
}

fn end(company: &Company, outcome: &str, amount: Option<&str>) -> Answer {
    let body =
        json!({ "dispute": "D-1", "outcome": outcome, "amount": amount, "reason": "it was not" });
    company
        .app
        .act("dana", command("resolve_dispute", body))
        .unwrap()
}

fn status(company: &Company) -> (String, Option<String>) {
    let row = company.app.dispute("D-1").unwrap().unwrap();
    (row.status, row.credit_note)
}

#[test]
fn a_large_credit_waits_for_another_person_who_sees_what_is_credited_and_why() {
    let company = disputed();
    let answer = end(&company, "dispute_accepted", None);
    assert!(is_waiting(&answer), "{answer}");
    assert_eq!(
        answer["why"],
        "issue_credit_note moves 14,280.00 EUR, over the limit of 5,000.00 EUR"
    );
    assert_eq!(status(&company), ("open".to_owned(), None));
    let id = answer["approval"].as_str().unwrap();

    let detail = company.app.approval(id).unwrap().unwrap();
    assert_eq!(detail.row.command, "resolve_dispute");
    assert_eq!(detail.row.subject, "dispute/D-1");
    assert_eq!(
        detail.row.summary,
        "End dispute D-1 with a credit (dispute accepted): it was not"
    );
    assert_eq!(detail.row.value.unwrap().to_string(), "14,280.00 EUR");
    let note = &detail.evidence.impact.documents[0];
    assert_eq!(
        (note.kind.as_str(), note.net.to_string()),
        ("credit_note", "12,000.00 EUR".to_owned())
    );
    let shown = &detail.evidence.differences[0];
    assert_eq!(shown.field, "dispute about invoice DE-2026-00002");
    assert_eq!(
        shown.before,
        "14,280.00 EUR of 14,280.00 EUR disputed, not delivered: never switched on"
    );
    assert_eq!(shown.after, "dispute accepted");

    let grant = |checker: &str| {
        company.app.act(
            checker,
            command("grant_approval", json!({ "approval": id })),
        )
    };
    let said = grant("dana").unwrap_err().to_string();
    assert!(said.contains("cannot approve"), "{said}");
    grant("li").unwrap();
    let (ended, note) = status(&company);
    assert_eq!(ended, "closed");
    assert!(note.is_some());
    let invoice = company.app.invoice("DE-2026-00002").unwrap().unwrap();
    assert!(invoice.row.open.is_zero(), "{:?}", invoice.row);
}

#[test]
fn a_part_above_the_limit_waits_and_one_below_it_does_not() {
    let company = disputed();
    // With its tax 4,201.69 is 5,000.01: one cent over.
    let answer = end(&company, "dispute_partly_accepted", Some("4201.69"));
    assert_eq!(
        answer["why"],
        "issue_credit_note moves 5,000.01 EUR, over the limit of 5,000.00 EUR"
    );
    assert_eq!(status(&company).0, "open");
    let answer = end(&company, "dispute_partly_accepted", Some("4201.68"));
    assert!(!is_waiting(&answer), "{answer}");
    assert_eq!(status(&company).0, "closed");
}

#[test]
fn a_dispute_that_ends_without_a_credit_needs_nobody_else() {
    for outcome in ["dispute_rejected", "dispute_withdrawn"] {
        let company = disputed();
        let answer = end(&company, outcome, None);
        assert_eq!(answer["status"], "closed", "{answer}");
        assert_eq!(status(&company), ("closed".to_owned(), None));
    }
}

#[test]
fn a_rule_about_disputes_themselves_holds_beside_that_of_credit_notes() {
    let company = disputed();
    let toml = format!(
        "{}\n[[rules]]\ncommand = \"resolve_dispute\"\nwhen = \"always\"\npermission = \"approve_finance\"\nexpires_days = 14\n",
        control::approval_policy::ApprovalPolicy::STANDARD
            .replace("\nversion = 1\n", "\nversion = 2\n")
    );
    let publish: Value = json!({ "toml": toml });
    company
        .app
        .act_approved("dana", "li", command("publish_approval_policy", publish))
        .unwrap();
    let answer = end(&company, "dispute_rejected", None);
    assert_eq!(answer["why"], "every resolve_dispute needs a second person");
    let answer = end(&company, "dispute_partly_accepted", Some("100"));
    assert_eq!(answer["why"], "every resolve_dispute needs a second person");
    let answer = end(&company, "dispute_accepted", None);
    assert_eq!(
        answer["why"],
        "issue_credit_note moves 14,280.00 EUR, over the limit of 5,000.00 EUR"
    );
}
