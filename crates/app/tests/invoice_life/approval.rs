//! An invoice over the limit waits for a second person, through the approvals that everything else
//! goes through.

use crate::company::{Company, company};
use app::view::TieOutStatus;
use serde_json::json;

const LIMIT: &str = r#"{ approve_over: [ { amount: "1000.00", currency: EUR } ] }"#;

fn waiting() -> Company {
    let company = company(LIMIT, 50, "");
    company.controller("li");
    company
}

#[test]
fn an_invoice_over_the_limit_waits_and_a_smaller_one_does_not() {
    assert_eq!(company(LIMIT, 12, "").invoices().len(), 1);
    let company = waiting();
    assert!(company.invoices().is_empty());
    let draft = company.draft();
    assert_eq!(draft.row.status, "waiting");
    assert_eq!(
        draft.row.needs,
        "2,975.00 EUR is over the limit of 1,000.00 EUR"
    );
    let request = company
        .ending
        .app
        .approval(&draft.row.approval)
        .unwrap()
        .unwrap();
    assert_eq!(request.row.command, "finalise_invoice");
    assert_eq!(request.row.why, draft.row.needs);
    assert_eq!(request.row.value.unwrap().to_string(), "2,975.00 EUR");
    assert_eq!(
        request.evidence.impact.documents.len(),
        1,
        "the invoice is shown before it is issued"
    );
    assert_eq!(company.billings().status, TieOutStatus::Timing);
    // Days go by; nobody is asked twice.
    company.day();
    assert_eq!(company.ending.app.waiting_approvals().unwrap(), 1);
}

#[test]
fn its_maker_cannot_approve_it_and_another_person_issues_exactly_it() {
    let company = waiting();
    let approval = company.draft().row.approval;
    // Sending the command by hand leads to the same request.
    let answer = company
        .act("finalise_invoice", json!({ "draft": "C-1" }))
        .unwrap();
    assert_eq!(answer["approval"], approval.as_str());
    company.controller("story");
    let own = company
        .ending
        .app
        .grant(&approval, "story")
        .unwrap_err()
        .to_string();
    assert!(
        own.contains("story made this change and cannot approve or deny it"),
        "{own}"
    );
    assert!(company.invoices().is_empty());
    let result = company.ending.app.grant(&approval, "li").unwrap();
    assert_eq!(result["number"], "DE-2026-00001");
    assert_eq!(
        company.steps(),
        ["opened", "waiting", "granted", "finalised"]
    );
    assert_eq!(company.billings().status, TieOutStatus::TiesOut);
    let again = company
        .ending
        .app
        .grant(&approval, "li")
        .unwrap_err()
        .to_string();
    assert!(again.contains("granted already"), "{again}");
    assert_eq!(company.invoices().len(), 1);
}

#[test]
fn the_trail_of_approval_is_attached_to_the_invoice() {
    let company = waiting();
    company
        .ending
        .app
        .grant(&company.draft().row.approval, "li")
        .unwrap();
    let trail = company.invoice("DE-2026-00001").trail;
    let steps: Vec<(&str, &str)> = trail
        .iter()
        .map(|step| (step.step.as_str(), step.actor.as_str()))
        .collect();
    assert!(steps.contains(&("waiting", "story")), "{steps:?}");
    assert!(steps.contains(&("approved", "li")), "{steps:?}");
    let at = |word: &str| steps.iter().position(|(step, _)| *step == word).unwrap();
    assert!(
        at("draft") < at("waiting")
            && at("waiting") < at("approved")
            && at("approved") < at("issued"),
        "{steps:?}"
    );
    let approved = &trail[at("approved")];
    assert!(approved.object.starts_with("apr_"), "{approved:?}");
}

fn deny(company: &Company) {
    let approval = company.draft().row.approval;
    let body = json!({ "approval": approval, "reason": "the price is not what was agreed" });
    company.act_as("li", "deny_approval", body).unwrap();
}

#[test]
fn a_denial_holds_the_contract_with_an_exception_that_somebody_owns() {
    let company = waiting();
    deny(&company);
    assert_eq!(company.draft().row.status, "denied");
    let open = company.exceptions();
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(open[0].0, "invoice_denied");
    assert_eq!(
        open[0].1,
        "Invoice of 2,975.00 EUR for contract C-1 was not approved: denied by li: the price is not what was agreed"
    );
    assert_eq!(open[0].2, "Billing analyst");
    company.day();
    assert!(company.invoices().is_empty(), "it is held");
    assert_eq!(
        company.ending.app.waiting_approvals().unwrap(),
        0,
        "nobody is asked again by itself"
    );
    assert_eq!(company.billings().status, TieOutStatus::Explained);
    // What was wrong is put right: another invoice, which another person is asked about.
    company.seats(40);
    assert_eq!(company.draft().row.status, "waiting");
    assert!(company.exceptions().is_empty());
    company
        .ending
        .app
        .grant(&company.draft().row.approval, "li")
        .unwrap();
    let one = ("DE-2026-00001".to_owned(), "2,380.00 EUR".to_owned());
    assert_eq!(company.invoices(), [one], "no number was lost");
}

#[test]
fn what_was_denied_is_not_issued_by_itself_when_the_limit_is_raised() {
    let company = waiting();
    deny(&company);
    let body = json!({ "entity": "DE", "policy": {
        "approve_over": [{ "amount": "100000.00", "currency": "EUR" }] } });
    let command = app::command::Command::read("set_invoice_policy", body).unwrap();
    company
        .ending
        .app
        .act_approved("story", "li", command)
        .unwrap();
    company.day();
    let by_hand = json!({ "through": "2026-01-01", "contract": "C-1" });
    company.act("run_billing", by_hand).unwrap();
    assert!(company.invoices().is_empty(), "somebody said no to it");
    assert_eq!(company.draft().row.status, "denied");
}

#[test]
fn a_credit_note_over_the_limit_waits_for_nobody() {
    let company = company("{}", 50, "");
    company.controller("li");
    let body = json!({ "entity": "DE", "policy": {
        "approve_over": [{ "amount": "1000.00", "currency": "EUR" }] } });
    let command = app::command::Command::read("set_invoice_policy", body).unwrap();
    company
        .ending
        .app
        .act_approved("story", "li", command)
        .unwrap();
    company.seats(10);
    company.day();
    assert_eq!(company.ending.app.waiting_approvals().unwrap(), 0);
    let credited = company.ending.app.store().read(|tx| {
        let filter = store::documents::DocumentFilter {
            kind: "credit_note".to_owned(),
            ..Default::default()
        };
        store::documents::documents(tx, &filter, "", 10)
    });
    let totals: Vec<i64> = credited.unwrap().iter().map(|row| row.total).collect();
    assert_eq!(totals, [238_000]);
}

#[test]
fn a_denied_invoice_that_is_right_is_submitted_again() {
    let company = waiting();
    deny(&company);
    let answer = company
        .act("finalise_invoice", json!({ "draft": "C-1" }))
        .unwrap();
    assert_eq!(answer["status"], "waiting");
    assert!(company.exceptions().is_empty());
    company
        .ending
        .app
        .grant(answer["approval"].as_str().unwrap(), "li")
        .unwrap();
    assert_eq!(company.invoices().len(), 1);
}

#[test]
fn a_change_below_the_limit_needs_nobody_and_takes_the_request_back() {
    let company = waiting();
    let before = company.draft().row.approval;
    company.seats(12);
    assert_eq!(company.draft().row.status, "draft");
    let request = company.ending.app.approval(&before).unwrap().unwrap();
    assert_eq!(request.row.status, "withdrawn");
    company.day();
    let one = ("DE-2026-00001".to_owned(), "714.00 EUR".to_owned());
    assert_eq!(company.invoices(), [one]);
}

#[test]
fn where_every_invoice_needs_a_second_person_the_smallest_waits() {
    let company = company(
        "{ until_approved: true, expires_days: 60 }",
        1,
        "  - advance_to: 2026-01-20\n",
    );
    company.controller("li");
    assert_eq!(
        company.draft().row.needs,
        "every invoice needs a second person"
    );
    company
        .ending
        .app
        .grant(&company.draft().row.approval, "li")
        .unwrap();
    assert_eq!(
        company.invoice("DE-2026-00001").row.issued.to_string(),
        "2026-01-20"
    );
}

#[test]
fn a_request_that_nobody_decides_expires_and_holds_the_contract() {
    let limit = r#"{ approve_over: [ { amount: "1000.00", currency: EUR } ], expires_days: 3 }"#;
    let company = company(limit, 50, "  - advance_to: 2026-01-08\n");
    company.ending.app.expire_approvals().unwrap();
    assert_eq!(company.draft().row.status, "denied");
    let open = company.exceptions();
    assert!(
        open[0]
            .1
            .ends_with("was not approved: expired by nobody: nobody decided in time"),
        "{open:?}"
    );
}
