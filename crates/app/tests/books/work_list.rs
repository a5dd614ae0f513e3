//! What collectors see of an invoice that is late: what is done next, when, and by whom.

use crate::company::Company;
use app::collection::WorkRow;
use serde_json::json;

/// An invoice of 1,190.00 of 10 January, due on the 24th, of a customer who pays by transfer.
fn late() -> Company {
    let company = Company::on("2026-01-10", "0.19");
    company.sells(
        "CORE",
        "one_off",
        json!({ "model": "flat", "amount": "1000" }),
    );
    company.act(
        "activate_contract",
        json!({ "id": "C-1", "customer": "acme", "entity": "DE", "start": "2026-01-10", "end": "2026-12-31",
            "lines": [{ "product": "CORE" }] }),
    );
    company
}

fn row(company: &Company) -> WorkRow {
    let mut items = company.app.collection_worklist(None).unwrap().page.items;
    assert_eq!(items.len(), 1);
    items.remove(0)
}

/// Status, next action and its day.
fn next(company: &Company) -> (String, String, String) {
    let row = row(company);
    let on = row.next_on.map_or_else(String::new, |day| day.to_string());
    (row.status, row.next_action, on)
}

fn told(status: &str, action: &str, on: &str) -> (String, String, String) {
    (status.to_owned(), action.to_owned(), on.to_owned())
}

/// What was done, `day act`.
fn acts(company: &Company) -> Vec<String> {
    let case = row(company).case;
    let case = company.app.collection_case(&case).unwrap().unwrap();
    let told = case
        .acts
        .iter()
        .map(|act| format!("{} {}", act.day, act.act));
    told.collect()
}

fn promise(company: &Company, until: &str) {
    let body = json!({ "invoice": "DE-2026-00001", "until": until, "note": "by telephone" });
    company.act("record_promise", body);
}

/// Days after 30 January, when it entered: a notice at once, one on the 10th day, a task on the 14th,
/// suspension on the 31st.
#[test]
fn the_work_list_says_which_step_is_due_and_when() {
    let company = late();
    company.until("2026-01-29");
    assert!(
        company
            .app
            .collection_worklist(None)
            .unwrap()
            .page
            .items
            .is_empty()
    );
    company.until("2026-01-30");
    assert_eq!(next(&company), told("running", "notice", "2026-02-09"));
    let seen = row(&company);
    assert_eq!((seen.days_late, seen.owner.as_str()), (6, ""));
    assert_eq!(seen.open.to_string(), "1,190.00 EUR");
    company.until("2026-02-08");
    assert_eq!(next(&company), told("running", "notice", "2026-02-09"));
    company.until("2026-02-09");
    assert_eq!(next(&company), told("running", "task", "2026-02-13"));
    company.until("2026-02-13");
    let call = "Call Acme GmbH about invoice DE-2026-00001";
    assert_eq!(next(&company), told("running", call, "2026-03-02"));
    assert_eq!(row(&company).owner, "collections");
    // Whoever takes it over says what he does.
    company.act(
        "assign_collection",
        json!({ "invoice": "DE-2026-00001", "owner": "maria", "next_action": "visit on Tuesday" }),
    );
    assert_eq!(next(&company).1, "visit on Tuesday");
    assert_eq!(row(&company).owner, "maria");
    company.until("2026-03-02");
    assert_eq!(next(&company).0, "suspended");
    company.act(
        "record_payment",
        json!({ "id": "P-1", "invoice": "DE-2026-00001", "amount": "1190.00" }),
    );
    assert!(
        company
            .app
            .collection_worklist(None)
            .unwrap()
            .page
            .items
            .is_empty()
    );
}

#[test]
fn a_promise_is_waited_for_and_a_broken_one_goes_on_with_the_step_that_is_due() {
    let company = late();
    company.until("2026-02-01");
    promise(&company, "2026-02-20");
    let seen = row(&company);
    assert_eq!(seen.status, "promised");
    assert_eq!(
        seen.promised_until.map(|day| day.to_string()).as_deref(),
        Some("2026-02-20")
    );
    // Nothing is done before the day after the promised one, whatever the table says.
    assert_eq!(next(&company), told("promised", "notice", "2026-02-21"));
    company.until("2026-02-20");
    assert_eq!(next(&company), told("promised", "notice", "2026-02-21"));
    assert_eq!(acts(&company).last().unwrap(), "2026-02-01 promised");
    company.until("2026-02-21");
    // The promise is broken, the notice that was held back is sent, and the task follows four days later.
    let broken = row(&company);
    assert_eq!(
        (broken.status.as_str(), broken.promised_until),
        ("running", None)
    );
    assert_eq!(next(&company), told("running", "task", "2026-02-25"));
    assert_eq!(
        acts(&company)[2..],
        [
            "2026-02-01 promised",
            "2026-02-21 promise_broken",
            "2026-02-21 notice"
        ]
    );
}
