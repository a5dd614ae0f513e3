//! What an open bill run covers is for that run to bill: daily work, billing at once and the issuing of
//! drafts leave it alone until the run is done or cancelled.

use crate::company::{ACTOR, Company};
use app::AppFault;
use app::command::Command;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const DAILY: &str = "tieout/daily";

fn send(company: &Company, name: &str, body: Value) -> Result<Value, AppFault> {
    company.app.act(ACTOR, Command::read(name, body).unwrap())
}

fn refused(outcome: Result<Value, AppFault>) -> (String, String) {
    match outcome {
        Err(AppFault::Refused(refusals)) => (refusals[0].code.clone(), refusals[0].message.clone()),
        other => panic!("not refused: {other:?}"),
    }
}

/// Customers that were billed.
fn billed(company: &Company) -> BTreeSet<String> {
    let documents = company.documents().into_iter();
    documents.map(|row| row.customer).collect()
}

fn daily(company: &Company) -> usize {
    company.app.daily_work(DAILY, false).unwrap().documents
}

fn steer(company: &Company, action: &str) {
    let body = json!({ "run": "run-1", "action": action, "reason": "the controller asked" });
    company.act("steer_bill_run", body);
}

#[test]
fn daily_work_leaves_what_an_open_run_covers_alone_until_the_run_is_cancelled() {
    let company = Company::limited("100.00");
    let run = json!({ "id": "run-1", "through": "2026-01-01", "customer": "cus-03" });
    company.act("create_bill_run", run);
    // Planned: the other nine customers have three contracts each.
    assert_eq!(daily(&company), 27);
    assert!(!billed(&company).contains("cus-03"));
    let tie_outs = company.app.tie_outs().unwrap();
    let owed = tie_outs.iter().filter(|row| row.measure == "billings");
    let apart: Vec<_> = owed.filter(|row| !row.difference.is_zero()).collect();
    assert!(!apart.is_empty(), "what the run is to bill is not billed");
    for row in apart {
        assert_eq!(row.status, app::view::TieOutStatus::Timing, "{row:?}");
    }
    company.app.work_bill_runs().unwrap();
    assert_eq!(company.app.bill_run("run-1").unwrap().run.status, "waiting");
    for day in ["2026-01-06T14:00:00Z", "2026-01-09T14:00:00Z"] {
        company.clock.move_to(day.parse().unwrap());
        assert_eq!(daily(&company), 0, "the run waits for its approval");
    }
    steer(&company, "cancel");
    assert_eq!(daily(&company), 3, "a run that is over leaves nothing out");
    assert!(billed(&company).contains("cus-03"));
}

#[test]
fn a_preview_shows_what_an_open_run_will_bill() {
    let company = Company::new();
    let preview = || {
        let body = json!({ "contract": "con-07", "effective": "2026-01-10", "reason": "fewer seats",
            "change": { "kind": "quantity", "component": "seats", "quantity": "1" } });
        let body = serde_json::from_value(body).unwrap();
        let seen = company.app.preview_amendment(ACTOR, body).unwrap();
        let documents = seen.billed.documents.iter();
        documents.map(|it| it.total.to_string()).collect::<Vec<_>>()
    };
    let before = preview();
    assert!(!before.is_empty(), "something is billed after the change");
    let run = json!({ "id": "run-1", "through": "2026-01-01" });
    company.act("create_bill_run", run);
    assert_eq!(preview(), before);
}

#[test]
fn a_run_that_is_ready_running_or_paused_keeps_daily_work_away_and_one_that_is_done_does_not() {
    let company = Company::new();
    let run = json!({ "id": "run-1", "through": "2026-01-01", "customer": "cus-03" });
    company.act("create_bill_run", run);
    company.app.work_bill_runs().unwrap();
    daily(&company);
    for action in ["start", "pause", "resume"] {
        steer(&company, action);
        assert_eq!(daily(&company), 0, "after {action}");
    }
    assert_eq!(company.documents().len(), 27);
    company.app.work_bill_runs().unwrap();
    assert_eq!(company.app.bill_run("run-1").unwrap().run.issued, 3);
    company
        .clock
        .move_to("2026-02-03T14:00:00Z".parse().unwrap());
    assert_eq!(daily(&company), 30, "February of every contract");
}

#[test]
fn a_run_covers_its_entity_currency_contract_and_day_and_nothing_else() {
    // How many of the thirty contracts daily work bills beside each.
    for (narrow, beside) in [
        (json!({ "entity": "AT" }), 22),
        (json!({ "entity": "AT", "customer": "cus-04" }), 28),
        (json!({ "contract": "con-07" }), 29),
        (json!({ "currency": "EUR" }), 0),
        (json!({ "currency": "USD" }), 30),
        (json!({}), 0),
        // Nothing was due by then.
        (json!({ "through": "2025-12-31" }), 30),
    ] {
        let company = Company::new();
        let mut run = json!({ "id": "run-1", "through": "2026-01-01" });
        for (name, value) in narrow.as_object().unwrap() {
            run[name] = value.clone();
        }
        company.act("create_bill_run", run);
        assert_eq!(daily(&company), beside, "{narrow}");
        steer(&company, "cancel");
        assert_eq!(daily(&company), 30 - beside, "{narrow}");
    }
}

#[test]
fn what_comes_due_after_the_day_of_an_open_run_is_billed_by_the_day() {
    let company = Company::new();
    daily(&company);
    // All of January is billed, so a run through January covers nothing.
    company.act(
        "create_bill_run",
        json!({ "id": "run-1", "through": "2026-01-31" }),
    );
    company
        .clock
        .move_to("2026-02-03T14:00:00Z".parse().unwrap());
    assert_eq!(daily(&company), 30);
}

#[test]
fn billing_at_once_is_refused_for_a_contract_of_an_open_run_and_says_what_it_left_to_it() {
    let company = Company::new();
    let run = json!({ "id": "run-1", "through": "2026-01-01", "customer": "cus-03" });
    company.act("create_bill_run", run);
    let one = json!({ "through": "2026-01-01", "contract": "con-13" });
    let (code, message) = refused(send(&company, "run_billing", one.clone()));
    assert_eq!(code, "left_to_bill_run");
    assert_eq!(
        message,
        "contract con-13 is for bill run run-1 to bill, which is not over: start that run, or cancel it to bill the contract at once"
    );
    let other = json!({ "through": "2026-01-01", "contract": "con-14" });
    let answer = company.act("run_billing", other);
    assert_eq!(answer["documents"].as_array().unwrap().len(), 1);
    // Of the eight contracts of Austria none is of that customer but con-03... con-23.
    let austria = company.act(
        "run_billing",
        json!({ "through": "2026-01-01", "entity": "AT" }),
    );
    assert_eq!(austria["documents"].as_array().unwrap().len(), 8);
    assert_eq!(austria["left_to_runs"], json!([]));
    let all = company.act("run_billing", json!({ "through": "2026-01-01" }));
    assert_eq!(all["left_to_runs"], json!(["run-1"]));
    assert_eq!(company.documents().len(), 27);
    assert!(!billed(&company).contains("cus-03"));
    steer(&company, "cancel");
    let answer = company.act("run_billing", one);
    assert_eq!(answer["documents"].as_array().unwrap().len(), 1);
}

#[test]
fn an_account_on_one_invoice_waits_whole_for_the_run_that_covers_a_part_of_it() {
    let company = Company::new();
    company
        .app
        .put_user("checker", control::Role::Controller, "")
        .unwrap();
    let said = json!({ "customer": "cus-03", "policy": "per_customer", "reason": "agreed" });
    let said = Command::read("set_consolidation", said).unwrap();
    company.app.act_approved(ACTOR, "checker", said).unwrap();
    let run = json!({ "id": "run-1", "through": "2026-01-05", "contract": "con-13" });
    company.act("create_bill_run", run);
    assert_eq!(daily(&company), 27);
    let beside = json!({ "through": "2026-01-05", "contract": "con-23" });
    let (code, _) = refused(send(&company, "run_billing", beside));
    assert_eq!(code, "left_to_bill_run");
    company.app.work_bill_runs().unwrap();
    steer(&company, "start");
    company.app.work_bill_runs().unwrap();
    let of_account: Vec<_> = company
        .documents()
        .into_iter()
        .filter(|row| row.customer == "cus-03")
        .collect();
    assert_eq!(of_account.len(), 1, "one invoice as it was agreed");
    assert_eq!(daily(&company), 0);
}

#[test]
fn a_draft_whose_days_are_over_stands_until_the_run_that_covers_it_is_over() {
    let company = Company::new();
    let policy = json!({ "entity": "DE", "policy": { "draft_days": 2 } });
    company.act("set_invoice_policy", policy);
    // Eight contracts of Austria are issued, those of Germany stand as drafts.
    assert_eq!(daily(&company), 8);
    let run = json!({ "id": "run-1", "through": "2026-01-01", "customer": "cus-03" });
    company.act("create_bill_run", run);
    company
        .clock
        .move_to("2026-01-08T14:00:00Z".parse().unwrap());
    assert_eq!(daily(&company), 19);
    assert!(!billed(&company).contains("cus-03"));
    steer(&company, "cancel");
    assert_eq!(daily(&company), 3);
}

#[test]
fn a_run_that_is_left_open_for_days_is_an_exception_until_it_is_over() {
    let company = Company::new();
    let run = json!({ "id": "run-1", "through": "2026-01-01", "customer": "cus-03" });
    company.act("create_bill_run", run);
    company.app.work_bill_runs().unwrap();
    let open = || {
        company
            .app
            .store()
            .read(|tx| store::exceptions::open_about(tx, "bill-run/run-1"))
            .unwrap()
    };
    company
        .clock
        .move_to("2026-01-08T13:00:00Z".parse().unwrap());
    daily(&company);
    assert!(open().is_none(), "not three days yet");
    company
        .clock
        .move_to("2026-01-08T15:00:00Z".parse().unwrap());
    daily(&company);
    let told = open().unwrap();
    assert_eq!(
        (told.class.as_str(), told.owner.as_str()),
        ("bill_run_open", "Billing analyst")
    );
    assert_eq!(
        told.summary,
        "Bill run run-1 is open since 2026-01-05 and ready; nothing else bills what it covers"
    );
    assert_eq!(
        told.detail,
        "planned by test on 2026-01-05 through 2026-01-01, for customer cus-03; it is ready"
    );
    // Seats of 4, 14 and 24 at 12.50 with three times care of 49.00, and 19 % tax on both.
    assert_eq!((told.amount, told.currency.as_str()), (79_968, "EUR"));
    daily(&company);
    assert_eq!(open().unwrap().id, told.id, "it is told once");
    steer(&company, "start");
    company.app.work_bill_runs().unwrap();
    assert!(open().is_none());
}
