//! A bill run never issues more than one person may, or than another one has approved: it stops before
//! the page that would, previews what is left and asks. Maker and checker are persons, whatever door they
//! come by.

use crate::company::{ACTOR, Company};
use app::command::{Command, Envelope};
use app::{AppFault, Outcome};
use control::Role;
use serde_json::{Value, json};
use store::{StoreFault, log};

impl Company {
    fn seats(&self, contract: &str, quantity: &str) {
        self.act(
            "amend_contract",
            json!({ "contract": contract, "effective": "2026-01-01", "reason": "more seats",
                "change": { "kind": "quantity", "component": "seats", "quantity": quantity } }),
        );
    }

    /// The run of all thirty contracts, previewed.
    fn previewed(&self) {
        let body = json!({ "id": "run-1", "through": "2026-01-01" });
        self.act("create_bill_run", body);
        self.app.work_bill_runs().unwrap();
    }

    /// Works the run by pages of ten contracts.
    fn work(&self) {
        self.app.work_bill_runs_by(10, |_| true).unwrap();
    }

    fn send(&self, actor: &str, name: &str, body: Value) -> Result<Value, AppFault> {
        self.app.act(actor, Command::read(name, body).unwrap())
    }

    fn start(&self) {
        self.act(
            "steer_bill_run",
            json!({ "run": "run-1", "action": "start" }),
        );
    }

    /// Status, contracts looked at and documents issued.
    fn stands(&self) -> (String, i64, i64) {
        let run = self.app.bill_run("run-1").unwrap().run;
        (run.status, run.done, run.issued)
    }

    /// Everything that was issued, in cents.
    fn total(&self) -> i64 {
        self.documents().iter().map(|row| row.total).sum()
    }

    /// How often each contract was billed.
    fn each_once(&self) {
        let mut contracts: Vec<_> = self
            .documents()
            .into_iter()
            .map(|row| row.contract)
            .collect();
        contracts.sort();
        let all: Vec<_> = (0..30).map(|number| format!("con-{number:02}")).collect();
        assert_eq!(contracts, all);
    }
}

fn refused(outcome: Result<Value, AppFault>) -> (String, String) {
    match outcome {
        Err(AppFault::Refused(refusals)) => (refusals[0].code.clone(), refusals[0].message.clone()),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_run_that_grew_over_the_limit_since_its_preview_stops_before_it_and_needs_a_second_person() {
    // 7,282.50 without tax and 8,666.25 with it, each line rounded.
    let company = Company::limited("9000.00");
    company.previewed();
    let before = company.app.bill_run("run-1").unwrap();
    assert_eq!(before.run.status, "ready");
    let expected = before.expected[0].total.minor;
    assert_eq!(expected, 866_625);
    // 30 seats become 200: 2,125.00 more, and 403.75 tax. It is the last contract of the last page.
    company.seats("con-29", "200");
    company.start();
    company.work();
    assert_eq!(company.stands(), ("waiting".to_owned(), 20, 20));
    assert!(company.total() < 900_000, "{}", company.total());
    let stopped = company.app.bill_run("run-1").unwrap();
    let grown = "11,195.00 EUR";
    assert_eq!(
        stopped.run.reason,
        format!(
            "with the next page create_bill_run moves {grown}, over the limit of 9,000.00 EUR: contracts have changed since the preview, which is made again"
        )
    );
    assert_eq!(stopped.expected[0].total.minor, expected + 212_500 + 40_375);
    assert_eq!(stopped.expected[0].documents, 30);
    let start = json!({ "run": "run-1", "action": "start" });
    let (code, _) = refused(company.send(ACTOR, "steer_bill_run", start.clone()));
    assert_eq!(code, "needs_approval");
    let resume = json!({ "run": "run-1", "action": "resume" });
    let (code, message) = refused(company.send("checker", "steer_bill_run", resume));
    assert_eq!(code, "bill_run_state");
    assert_eq!(message, "bill run run-1 is waiting and cannot be resumed");
    let approve = json!({ "run": "run-1" });
    let (code, _) = refused(company.send(ACTOR, "approve_bill_run", approve.clone()));
    assert_eq!(code, "maker_is_checker");
    company
        .send("checker", "approve_bill_run", approve)
        .unwrap();
    company.send(ACTOR, "steer_bill_run", start).unwrap();
    company.work();
    assert_eq!(company.stands(), ("done".to_owned(), 30, 30));
    company.each_once();
    let done = company.app.bill_run("run-1").unwrap();
    assert_eq!(done.issued, done.expected);
    assert_eq!(done.run.checker, "checker");
}

#[test]
fn a_run_past_what_was_approved_asks_again_and_the_second_approval_is_recorded() {
    let company = Company::limited("1000.00");
    company.previewed();
    assert_eq!(company.stands().0, "waiting");
    let approve = json!({ "run": "run-1" });
    company
        .send("checker", "approve_bill_run", approve.clone())
        .unwrap();
    let approved = company.app.bill_run("run-1").unwrap().expected[0].total;
    // On the second page: cus-04 to cus-06.
    company.seats("con-14", "100");
    company.start();
    company.work();
    // The second page would have been within the total, so the third meets it.
    assert_eq!(company.stands(), ("waiting".to_owned(), 20, 20));
    assert!(company.total() <= approved.minor);
    let stopped = company.app.bill_run("run-1").unwrap().run;
    assert_eq!(stopped.checker, "", "what was approved is used up");
    let words = format!("checker approved {approved}: contracts have changed since the preview");
    assert!(stopped.reason.contains(&words), "{}", stopped.reason);
    company
        .app
        .put_user("second", Role::Controller, "")
        .unwrap();
    company.send("second", "approve_bill_run", approve).unwrap();
    company.start();
    company.work();
    assert_eq!(company.stands(), ("done".to_owned(), 30, 30));
    company.each_once();
    let read = company.app.store().read(|tx| {
        let mut told = Vec::new();
        log::each_in_order(tx, |event| {
            if event.subject == "bill_run/run-1" {
                told.push((event.type_name, event.data));
            }
            Ok(())
        })?;
        Ok::<_, StoreFault>(told)
    });
    let approvers: Vec<(String, Value)> = read
        .unwrap()
        .into_iter()
        .map(|(name, data)| {
            let data: Value = serde_json::from_str(&data).unwrap();
            (name, data["approved_by"].clone())
        })
        .collect();
    let started = "com.tieout.billing.run.started.v1".to_owned();
    let ended = "com.tieout.billing.run.ended.v1".to_owned();
    assert_eq!(
        approvers,
        [
            (started.clone(), json!("checker")),
            (started, json!("second")),
            (ended, json!("second")),
        ]
    );
}

#[test]
fn a_limit_that_is_lowered_after_the_preview_holds_for_the_run() {
    let company = Company::limited("9000.00");
    company.previewed();
    company.limit("1000.00");
    company.start();
    company.work();
    assert_eq!(company.stands(), ("waiting".to_owned(), 0, 0));
    assert_eq!(company.documents().len(), 0);
}

#[test]
fn a_run_that_grew_within_the_limit_goes_on() {
    let company = Company::limited("9000.00");
    company.previewed();
    company.seats("con-29", "31");
    company.start();
    company.work();
    assert_eq!(company.stands(), ("done".to_owned(), 30, 30));
}

#[test]
fn a_run_whose_program_ends_after_some_pages_goes_on_there_and_bills_nobody_twice() {
    let company = Company::limited("9000.00");
    company.previewed();
    company.start();
    let mut pages = 0;
    company
        .app
        .work_bill_runs_by(4, |_| {
            pages += 1;
            pages < 3
        })
        .unwrap();
    assert_eq!(company.stands(), ("running".to_owned(), 12, 12));
    let last = company
        .app
        .store()
        .read(|tx| store::bill_runs::run(tx, "run-1"))
        .unwrap()
        .unwrap();
    assert_eq!(
        (last.after_customer.as_str(), last.after_contract.as_str()),
        ("cus-03", "con-23")
    );
    // What was billed before the end does not come again, even though con-01 owes more by now.
    company.seats("con-01", "3");
    let mut looked_at = Vec::new();
    company
        .app
        .work_bill_runs_by(4, |page| {
            looked_at.extend(page.results.iter().map(|result| result.contract.clone()));
            true
        })
        .unwrap();
    assert_eq!(looked_at.len(), 18);
    assert_eq!(looked_at[0], "con-04");
    assert_eq!(company.stands(), ("done".to_owned(), 30, 30));
    company.each_once();
    let found = company.app.bill_run("run-1").unwrap();
    assert_eq!(found.issued, found.expected);
    assert_eq!(found.issued[0].total.minor, company.total());
    let results = company.app.bill_run_results("run-1", None).unwrap().items;
    assert_eq!(results.len(), 30, "one result a contract");
}

#[test]
fn a_run_paused_between_two_pages_goes_on_after_the_last_one() {
    let company = Company::limited("9000.00");
    company.previewed();
    company.start();
    let mut pages = 0;
    company
        .app
        .work_bill_runs_by(7, |_| {
            pages += 1;
            if pages == 2 {
                company.act(
                    "steer_bill_run",
                    json!({ "run": "run-1", "action": "pause", "reason": "wait for the board" }),
                );
            }
            true
        })
        .unwrap();
    assert_eq!(pages, 2, "the page that met the pause was undone");
    assert_eq!(company.stands(), ("paused".to_owned(), 14, 14));
    assert_eq!(company.documents().len(), 14);
    company.act(
        "steer_bill_run",
        json!({ "run": "run-1", "action": "resume" }),
    );
    company.app.work_bill_runs_by(7, |_| true).unwrap();
    assert_eq!(company.stands(), ("done".to_owned(), 30, 30));
    company.each_once();
}

#[test]
fn a_person_and_their_own_api_token_cannot_plan_and_approve() {
    let company = Company::limited("100.00");
    let app = &company.app;
    for name in ["dana", "li"] {
        app.put_user(name, Role::Controller, "").unwrap();
    }
    app.add_token([7; 32], "dana-laptop", Role::Controller)
        .unwrap();
    app.own_token("dana-laptop", "dana").unwrap();
    let by_token = |key: &str, name: &str, body: Value| {
        app.execute(Envelope {
            client: "token/dana-laptop".to_owned(),
            key: key.to_owned(),
            actor: "dana-laptop".to_owned(),
            command: Command::read(name, body).unwrap(),
        })
        .map(Outcome::into_answer)
    };
    let plan = json!({ "id": "run-1", "through": "2026-01-01" });
    by_token("k1", "create_bill_run", plan).unwrap();
    app.work_bill_runs().unwrap();
    assert_eq!(app.bill_run("run-1").unwrap().run.maker, "dana");
    let approve = json!({ "run": "run-1" });
    for by in ["dana", "Dana "] {
        let (code, message) = refused(company.send(by, "approve_bill_run", approve.clone()));
        assert_eq!(code, "maker_is_checker");
        assert!(
            message.starts_with("dana planned bill run run-1 and cannot approve it"),
            "{message}"
        );
    }
    // The other way round: planned in the console, approved by their token.
    let plan = json!({ "id": "run-2", "through": "2026-01-01" });
    company.send("dana", "create_bill_run", plan).unwrap();
    app.work_bill_runs().unwrap();
    let approve_two = json!({ "run": "run-2" });
    let (code, _) = refused(by_token("k2", "approve_bill_run", approve_two));
    assert_eq!(code, "maker_is_checker");
    company.send("li", "approve_bill_run", approve).unwrap();
    assert_eq!(app.bill_run("run-1").unwrap().run.checker, "li");

    let plan = json!({ "id": "P-1", "product": "SEAT", "effective": "2026-03-01",
        "price": { "rule": "uplift", "rate": "0.1" }, "reason": "costs have risen" });
    by_token("k3", "plan_price_change", plan).unwrap();
    app.work_price_changes().unwrap();
    let approve = json!({ "price_change": "P-1" });
    let (code, _) = refused(company.send("dana", "approve_price_change", approve.clone()));
    assert_eq!(code, "maker_is_checker");
    company.send("li", "approve_price_change", approve).unwrap();
}
