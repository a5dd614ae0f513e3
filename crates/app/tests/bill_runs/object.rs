//! The bill run as an object: preview, approval, run, pause, cancel and going on.

use crate::company::{ACTOR, Company, day};
use app::AppFault;
use app::command::Command;
use serde_json::{Value, json};
use store::exceptions;

impl Company {
    fn try_as(&self, actor: &str, name: &str, body: Value) -> Result<Value, AppFault> {
        self.app.act(actor, Command::read(name, body).unwrap())
    }

    fn planned(&self, id: &str) {
        let body = json!({ "id": id, "through": "2026-01-01" });
        let answer = self.act("create_bill_run", body);
        assert_eq!(answer["status"], "planned");
        assert_eq!(answer["due"], 30);
        self.app.work_bill_runs().unwrap();
    }

    fn steer(&self, id: &str, action: &str) -> Value {
        let body = json!({ "run": id, "action": action, "reason": "the controller asked" });
        self.act("steer_bill_run", body)
    }

    fn status(&self, id: &str) -> String {
        self.app.bill_run(id).unwrap().run.status
    }
}

fn refusal(outcome: Result<Value, AppFault>) -> String {
    match outcome {
        Err(AppFault::Refused(refusals)) => refusals[0].message.clone(),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_preview_equals_what_the_run_issues() {
    let company = Company::new();
    company.planned("run-1");
    let before = company.app.bill_run("run-1").unwrap();
    assert_eq!(before.run.status, "ready");
    assert_eq!(company.documents().len(), 0, "a preview issues nothing");
    let foreseen = company.app.bill_run_results("run-1", None).unwrap();
    assert_eq!(foreseen.items.len(), 30);
    company.steer("run-1", "start");
    company.app.work_bill_runs().unwrap();
    let after = company.app.bill_run("run-1").unwrap();
    assert_eq!(after.run.status, "done");
    assert_eq!(
        (after.run.done, after.run.issued, after.run.held),
        (30, 30, 0)
    );
    assert_eq!(after.issued, before.expected);
    let results = company.app.bill_run_results("run-1", None).unwrap().items;
    assert_eq!(results.len(), 30);
    for result in &results {
        assert_eq!(result.outcome, "issued");
        assert!(result.number.contains("-2026-"), "{result:?}");
        assert!(result.total.is_some());
    }
    // What is told of the run is on its own chain.
    let types = company.app.store().read(store::log::type_counts).unwrap();
    for name in [
        "com.tieout.billing.run.started.v1",
        "com.tieout.billing.run.ended.v1",
    ] {
        assert!(
            types
                .iter()
                .any(|(known, count, _)| known == name && *count == 1)
        );
    }
}

#[test]
fn a_run_over_the_limit_waits_for_another_person() {
    let company = Company::limited("1000.00");
    company.planned("run-1");
    let waiting = company.app.bill_run("run-1").unwrap().run;
    assert_eq!(waiting.status, "waiting");
    assert!(
        waiting.needs.contains("over the limit of"),
        "{}",
        waiting.needs
    );
    let start = json!({ "run": "run-1", "action": "start" });
    let message = refusal(company.try_as(ACTOR, "steer_bill_run", start.clone()));
    assert!(message.contains("waits for a second person"), "{message}");
    let approve = json!({ "run": "run-1" });
    let message = refusal(company.try_as(ACTOR, "approve_bill_run", approve.clone()));
    assert!(
        message.contains("cannot approve it; another person must"),
        "{message}"
    );
    company
        .try_as("checker", "approve_bill_run", approve)
        .unwrap();
    company.try_as(ACTOR, "steer_bill_run", start).unwrap();
    company.app.work_bill_runs().unwrap();
    let done = company.app.bill_run("run-1").unwrap().run;
    assert_eq!(
        (done.status.as_str(), done.checker.as_str()),
        ("done", "checker")
    );
}

#[test]
fn a_run_stops_where_a_person_stops_it_and_goes_on_there() {
    let company = Company::new();
    company.planned("run-1");
    company.steer("run-1", "start");
    company.steer("run-1", "pause");
    company.app.work_bill_runs().unwrap();
    assert_eq!(company.documents().len(), 0);
    assert_eq!(company.status("run-1"), "paused");
    company.steer("run-1", "resume");
    company.app.work_bill_runs().unwrap();
    assert_eq!(company.status("run-1"), "done");
    assert_eq!(company.documents().len(), 30);
    let again = json!({ "run": "run-1", "action": "resume" });
    let message = refusal(company.try_as(ACTOR, "steer_bill_run", again));
    assert_eq!(message, "bill run run-1 is done and cannot be resumed");
}

#[test]
fn a_cancelled_run_issues_nothing_more_and_another_takes_over() {
    let company = Company::new();
    company.planned("run-1");
    company.steer("run-1", "start");
    company.steer("run-1", "cancel");
    company.app.work_bill_runs().unwrap();
    assert_eq!(company.documents().len(), 0);
    company.planned("run-2");
    company.steer("run-2", "start");
    company.app.work_bill_runs().unwrap();
    assert_eq!(company.documents().len(), 30);
    // A third finds nothing left.
    let body = json!({ "id": "run-3", "through": "2026-01-01" });
    assert_eq!(company.act("create_bill_run", body)["due"], 0);
}

#[test]
fn what_is_held_names_its_exception_and_a_run_is_narrowed() {
    let company = Company::new();
    let row = company
        .app
        .store()
        .read(|tx| store::contracts::contract(tx, "con-13"))
        .unwrap()
        .unwrap();
    company
        .app
        .store()
        .write(move |tx| -> Result<(), store::StoreFault> {
            let broken = store::contracts::ContractRow {
                version: row.version + 1,
                body: "{}".to_owned(),
                ..row
            };
            store::contracts::put_version(tx, &broken, &broken.body, 0)
        })
        .unwrap();
    let body = json!({ "id": "run-1", "through": "2026-01-01", "customer": "cus-03" });
    assert_eq!(company.act("create_bill_run", body)["due"], 3);
    company.app.work_bill_runs().unwrap();
    let expected = company.app.bill_run("run-1").unwrap();
    assert_eq!(expected.held.len(), 1);
    assert_eq!(expected.held[0].contract, "con-13");
    company.steer("run-1", "start");
    company.app.work_bill_runs().unwrap();
    let run = company.app.bill_run("run-1").unwrap();
    assert_eq!((run.run.issued, run.run.held), (2, 1));
    let open = company
        .app
        .store()
        .read(|tx| exceptions::open_about(tx, "billing/con-13"))
        .unwrap()
        .unwrap();
    assert_eq!(run.held[0].exception, open.id);
    assert_eq!(company.documents().len(), 2);
    assert_eq!(company.by_page(day("2026-01-01"), 10), 27);
}

#[test]
fn lago_545_a_preview_of_one_invoice_for_an_account_and_of_use_is_what_the_run_issues() {
    let company = Company::new();
    company
        .app
        .put_user("checker", control::Role::Controller, "")
        .unwrap();
    // One account with everything on one invoice, more than a page of contracts, one of them measured.
    let calls = json!({ "code": "CALLS", "name": "Calls", "prices": [{ "currency": "EUR", "billing": "monthly",
        "timing": "arrears", "charge": { "model": "per_unit", "unit_price": "0.5" },
        "measure": { "by": "meter", "meter": "calls" } }] });
    company.act("publish_product", calls);
    company.act(
        "publish_meter",
        json!({ "code": "calls", "name": "Calls", "unit": "call", "aggregation": "sum",
            "late": { "rule": "original_period", "look_back": 2 } }),
    );
    company.act(
        "create_customer",
        json!({ "id": "fleet", "legal_name": "Fleet SE", "currency": "EUR" }),
    );
    for (id, product) in [
        ("fleet-1", "CARE"),
        ("fleet-2", "CARE"),
        ("fleet-3", "CALLS"),
    ] {
        company.act(
            "activate_contract",
            json!({ "id": id, "customer": "fleet", "entity": "DE", "start": "2026-01-01",
                "end": "2026-12-31", "lines": [{ "product": product }] }),
        );
    }
    let said = json!({ "customer": "fleet", "policy": "per_customer", "reason": "agreed" });
    let said = Command::read("set_consolidation", said).unwrap();
    company.app.act_approved(ACTOR, "checker", said).unwrap();
    company.act(
        "record_usage",
        json!({ "meter": "calls", "key": "k1", "contract": "fleet-3", "at": "2026-01-04T10:00:00Z", "value": 100 }),
    );
    company
        .clock
        .move_to("2026-02-12T10:00:00Z".parse().unwrap());
    company.act(
        "create_bill_run",
        json!({ "id": "run-1", "through": "2026-02-01" }),
    );
    company.app.work_bill_runs().unwrap();
    assert_eq!(company.documents().len(), 0, "a preview issues nothing");
    let before = company.app.bill_run("run-1").unwrap();
    for contract in ["fleet-1", "fleet-2", "fleet-3"] {
        let key = format!("billing/{contract}");
        let open = company
            .app
            .store()
            .read(move |tx| exceptions::open_about(tx, &key))
            .unwrap();
        assert!(open.is_none(), "nothing is left of a preview");
    }
    // Thirty contracts of their own, and one invoice for the three of the account.
    assert_eq!(before.expected[0].documents, 31);
    company.steer("run-1", "start");
    company.app.work_bill_runs().unwrap();
    let after = company.app.bill_run("run-1").unwrap();
    assert_eq!(after.run.status, "done");
    assert_eq!(after.issued, before.expected);
    let of_fleet: Vec<_> = company
        .documents()
        .into_iter()
        .filter(|row| row.customer == "fleet")
        .collect();
    // Two months of care twice, and a hundred calls of January.
    assert_eq!(of_fleet.len(), 1);
    assert_eq!(of_fleet[0].net, 4 * 4_900 + 5_000);
}
