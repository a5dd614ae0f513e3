//! Processes over real books: events move them, the worker does their commands once, what is late
//! becomes an exception that closes by itself, and cancelling takes back what was done.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "processes/amendments.rs"]
mod amendments;
#[path = "processes/refunds.rs"]
mod refunds;
#[path = "processes/waiting.rs"]
mod waiting;

use app::command::{Answer, Command};
use app::process::{ProcessRow, ProcessSelection};
use app::view::TieOutStatus;
use app::{App, AppFault, MonotonicIds, Routing, SimulatedClock};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Durability, Location, Store, exceptions};

const MAKER: &str = "dana";
const CHECKER: &str = "li";

struct Company {
    app: App,
    clock: Arc<SimulatedClock>,
}

impl Company {
    fn new() -> Company {
        Company::on(Store::open(&Location::Memory, Durability::Relaxed).unwrap())
    }

    fn on(store: Store) -> Company {
        let clock = Arc::new(SimulatedClock::at("2026-01-15T14:00:00Z".parse().unwrap()));
        let ids = Arc::new(MonotonicIds::new(1, 0));
        let app = App::open(store, clock.clone(), ids, events::Origin::Simulation).unwrap();
        let company = Company { app, clock };
        for name in [MAKER, CHECKER] {
            company
                .app
                .put_user(name, control::Role::Controller, "hash")
                .unwrap();
        }
        company.act("create_entity", json!({"id": "DE", "name": "Beispiel GmbH", "currency": "EUR", "time_zone": "Europe/Berlin"}));
        company.act(
            "set_tax_rate",
            json!({"entity": "DE", "rate": "0.19", "name": "VAT 19 %"}),
        );
        company.act("publish_product", json!({"code": "SEAT", "name": "Seat", "prices": [
            {"currency": "EUR", "billing": "monthly", "charge": {"model": "per_unit", "unit_price": "10"}}
        ]}));
        for id in ["acme", "brix"] {
            company.act(
                "create_customer",
                json!({"id": id, "legal_name": id, "payment_terms_days": 30}),
            );
        }
        company
    }

    /// Does it, with the grant of a second person where the policy wants one.
    fn act(&self, name: &str, body: Value) -> Answer {
        let answer = self.try_act(MAKER, name, body).unwrap();
        if !app::approval::is_waiting(&answer) {
            return answer;
        }
        let grant = json!({"approval": answer["approval"]});
        let granted = self.try_act(CHECKER, "grant_approval", grant).unwrap();
        granted["result"].clone()
    }

    fn try_act(&self, actor: &str, name: &str, body: Value) -> Result<Answer, AppFault> {
        self.app.act(actor, Command::read(name, body).unwrap())
    }

    fn at(&self, text: &str) {
        self.clock.move_to(text.parse().unwrap());
    }

    fn contract(&self, id: &str, customer: &str) {
        self.act("activate_contract", json!({
            "id": id, "customer": customer, "entity": "DE", "start": "2026-01-15", "end": "2027-01-14",
            "lines": [{"product": "SEAT", "quantity": 12}]
        }));
    }

    fn bill(&self, contract: &str) -> String {
        let answer = self.act(
            "run_billing",
            json!({"through": "2026-01-15", "contract": contract}),
        );
        answer["documents"][0].as_str().unwrap().to_owned()
    }

    fn work(&self) {
        for _ in 0..3 {
            let _ = app::process::work(&self.app, 100);
        }
    }

    fn of(&self, name: &str) -> Vec<ProcessRow> {
        let selection = ProcessSelection {
            name: Some(name.to_owned()),
            ..ProcessSelection::default()
        };
        let mut rows = self.app.process_list(&selection, None).unwrap().items;
        rows.reverse();
        rows
    }

    fn steps(&self, id: &str) -> Vec<String> {
        let detail = self.app.process(id).unwrap().unwrap();
        detail
            .steps
            .iter()
            .map(|step| step.status.clone())
            .collect()
    }

    fn open(&self) -> Vec<String> {
        let mut open: Vec<String> = self
            .app
            .store()
            .read(exceptions::all_open)
            .unwrap()
            .into_iter()
            .map(|row| format!("{} {}", row.class, row.owner))
            .collect();
        open.sort();
        open
    }

    /// What every account stands at, zeros left out.
    fn balances(&self) -> BTreeMap<String, i64> {
        let Some(balance) = self.app.trial_balance(Some("DE"), None).unwrap() else {
            return BTreeMap::new();
        };
        balance
            .rows
            .into_iter()
            .filter(|row| row.closing.minor != 0)
            .map(|row| (row.account, row.closing.minor))
            .collect()
    }

    fn must_tie_out(&self, when: &str) {
        for row in self.app.tie_outs().unwrap() {
            assert_eq!(row.status, TieOutStatus::TiesOut, "{when}: {row:?}");
        }
    }
}

fn code(fault: &AppFault) -> String {
    match fault {
        AppFault::Refused(refusals) => refusals[0].code.clone(),
        other => panic!("{other}"),
    }
}

#[test]
fn events_move_an_instance_in_the_transaction_that_records_them() {
    let company = Company::new();
    company.contract("C-1", "acme");
    let [row] = company.of("order_to_invoice").try_into().unwrap();
    assert_eq!(
        (row.status.as_str(), row.subject.as_str()),
        ("running", "C-1")
    );
    assert_eq!(row.waits_for, "first invoice issued");
    assert_eq!(row.value.unwrap().to_string(), "1,440.00 EUR");
    assert_eq!(
        company.steps(&row.id),
        ["done", "done", "done", "waiting", "ahead"]
    );
    company.bill("C-1");
    let [row] = company.of("order_to_invoice").try_into().unwrap();
    assert_eq!(row.status, "done");
    let detail = company.app.process(&row.id).unwrap().unwrap();
    assert_eq!(detail.steps[4].status, "not_needed");
    assert!(detail.steps[3].event.as_ref().unwrap().starts_with("evt_"));
    // A bill of a later month starts nothing and changes nothing.
    company.at("2026-02-16T09:00:00Z");
    company.app.daily_work(MAKER, false).unwrap();
    assert_eq!(company.of("order_to_invoice").len(), 1);
}

#[test]
fn a_journal_entered_by_hand_concerns_no_process() {
    let company = Company::new();
    let books = company.app.books();
    assert!(
        !books
            .processes
            .hears("com.tieout.ledger.journal.entered.v1")
    );
    assert!(
        !books
            .processes
            .hears("com.tieout.control.exception.opened.v1")
    );
    assert!(
        books
            .processes
            .hears("com.tieout.contract.contract.activated.v1")
    );
}

#[test]
fn what_does_not_come_in_time_is_raised_and_closes_by_itself_when_it_comes() {
    let company = Company::new();
    company.contract("C-1", "acme");
    company.work();
    assert_eq!(company.open(), Vec::<String>::new());
    company.at("2026-01-16T14:00:01Z");
    company.work();
    company.work();
    assert_eq!(company.open(), ["not_invoiced Billing analyst"]);
    let [row] = company.of("order_to_invoice").try_into().unwrap();
    assert!(row.late);
    let events = company.app.chain("C-1").unwrap().unwrap();
    assert!(
        events.hops.iter().any(|hop| hop.title.contains("overdue")),
        "{:?}",
        events.hops
    );
    company.bill("C-1");
    assert_eq!(company.open(), Vec::<String>::new());
    company.must_tie_out("after the late bill");
}

#[test]
fn more_time_and_a_skipped_step_need_a_reason_and_are_kept() {
    let company = Company::new();
    company.contract("C-1", "acme");
    let id = company.of("order_to_invoice")[0].id.clone();
    company.at("2026-01-16T14:00:01Z");
    company.work();
    assert_eq!(company.open().len(), 1);
    let until = "2026-01-20T00:00:00Z";
    let silent = json!({"process": id, "step": "invoiced", "until": until, "reason": ""});
    let fault = company
        .try_act(CHECKER, "extend_process", silent)
        .unwrap_err();
    assert_eq!(code(&fault), "reason_missing");
    company.act(
        "extend_process",
        json!({"process": id, "step": "invoiced", "until": until, "reason": "customer asked"}),
    );
    assert_eq!(company.open(), Vec::<String>::new());
    company.at("2026-01-20T00:00:01Z");
    company.work();
    assert_eq!(company.open(), ["not_invoiced Billing analyst"]);
    company.act(
        "skip_process_step",
        json!({"process": id, "step": "invoiced", "reason": "billed on paper"}),
    );
    assert_eq!(company.open(), Vec::<String>::new());
    let detail = company.app.process(&id).unwrap().unwrap();
    assert_eq!(detail.row.status, "done");
    let notes: Vec<(&str, &str, &str)> = detail
        .notes
        .iter()
        .map(|note| (note.1.as_str(), note.2.as_str(), note.4.as_str()))
        .collect();
    assert_eq!(
        notes,
        [
            (MAKER, "extended", "customer asked"),
            (MAKER, "skipped", "billed on paper")
        ]
    );
}

#[test]
fn cancelling_after_any_step_leaves_the_books_as_before() {
    for reached in 0..4 {
        let company = Company::new();
        company.contract("C-0", "brix");
        company.bill("C-0");
        if reached >= 3 {
            // By then the other contract owes another month as well.
            company.act(
                "run_billing",
                json!({"through": "2026-02-16", "contract": "C-0"}),
            );
        }
        company
            .app
            .recognise_through(MAKER, &"DE".parse().unwrap(), "2026-01-31".parse().unwrap())
            .unwrap();
        let before = company.balances();
        assert!(!before.is_empty());
        company.contract("C-1", "acme");
        if reached >= 1 {
            company.bill("C-1");
        }
        if reached >= 2 {
            company.at("2026-02-10T09:00:00Z");
            company.act(
                "recognise_revenue",
                json!({"through": "2026-01-31", "contract": "C-1"}),
            );
        }
        if reached >= 3 {
            company.at("2026-02-16T09:00:00Z");
            company.act(
                "run_billing",
                json!({"through": "2026-02-16", "contract": "C-1"}),
            );
        }
        let row = company
            .of("order_to_invoice")
            .into_iter()
            .find(|row| row.subject == "C-1")
            .unwrap();
        let when = format!("undo after stage {reached}");
        company.act(
            "cancel_process",
            json!({"process": row.id, "reason": "ordered by mistake"}),
        );
        company.work();
        let detail = company.app.process(&row.id).unwrap().unwrap();
        assert_eq!(detail.row.status, "cancelled", "{when}: {detail:#?}");
        let invoiced = &detail.steps[3].status;
        assert_eq!(
            invoiced,
            if reached >= 1 { "undone" } else { "dropped" },
            "{when}"
        );
        assert_eq!(company.balances(), before, "{when}");
        company.must_tie_out(&when);
        assert_eq!(company.open(), Vec::<String>::new(), "{when}");
        // Nothing was erased: what was posted is still there, with what takes it back beside it.
        let chain = company.app.chain("C-1").unwrap().unwrap();
        if reached >= 1 {
            assert!(
                chain
                    .hops
                    .iter()
                    .any(|hop| hop.title.starts_with("Credit note")),
                "{when}"
            );
        }
        assert!(
            chain
                .hops
                .iter()
                .any(|hop| hop.why.contains("ordered by mistake")),
            "{when}"
        );
        // Cancelling twice is refused.
        let again = json!({"process": row.id, "reason": "again"});
        let fault = company.try_act(MAKER, "cancel_process", again).unwrap_err();
        assert_eq!(code(&fault), "process_ended");
    }
}

#[test]
fn a_month_is_closed_by_a_process_and_opened_again_by_its_undo() {
    let company = Company::new();
    company.contract("C-1", "acme");
    company.at("2026-02-02T09:00:00Z");
    let started = company.act(
        "start_process",
        json!({"process": "close", "facts": {"entity": "DE", "month": "2026-01"}}),
    );
    let id = started["process"].as_str().unwrap().to_owned();
    company.work();
    assert_eq!(company.steps(&id), ["done", "done", "waiting", "ahead"]);
    assert_eq!(company.of("close")[0].subject, "DE/2026-01");
    assert_eq!(
        company.of("order_to_invoice")[0].status,
        "done",
        "the close billed the contract"
    );
    let again = company
        .try_act(
            MAKER,
            "start_process",
            json!({"process": "close", "facts": {"entity": "DE", "month": "2026-01"}}),
        )
        .unwrap_err();
    assert_eq!(code(&again), "process_under_way");
    company
        .try_act(
            CHECKER,
            "decide_process",
            json!({"process": id, "step": "approved", "decision": "approve", "reason": "ties out"}),
        )
        .unwrap();
    company.work();
    assert_eq!(company.of("close")[0].status, "done");
    let state = || {
        company
            .app
            .trial_balance(Some("DE"), "2026-01".parse().ok())
            .unwrap()
            .unwrap()
            .state
    };
    assert_eq!(state(), "closed");
    company.act(
        "cancel_process",
        json!({"process": id, "reason": "an invoice was missing"}),
    );
    company.work();
    assert_eq!(state(), "open");
    company.must_tie_out("after the close was taken back");
}

#[test]
fn a_command_that_is_refused_is_raised_and_tried_again() {
    let company = Company::new();
    // A later month cannot be closed before an earlier one.
    company.contract("C-1", "acme");
    company.at("2026-03-02T09:00:00Z");
    company.app.daily_work(MAKER, false).unwrap();
    let start = |month: &str| {
        let started = company.act(
            "start_process",
            json!({"process": "close", "facts": {"entity": "DE", "month": month}}),
        );
        company.work();
        let body = json!({"process": started["process"], "step": "approved", "decision": "approve", "reason": "ties out"});
        company.try_act(CHECKER, "decide_process", body).unwrap();
        company.work();
    };
    company.act("close_period", json!({"entity": "DE", "month": "2026-01"}));
    company.act("close_period", json!({"entity": "DE", "month": "2026-02"}));
    start("2026-02");
    assert_eq!(company.open(), ["process_stuck Controller"]);
    let row = company.of("close")[0].clone();
    assert!(row.stuck.contains("close_period"), "{}", row.stuck);
    company.act(
        "reopen_period",
        json!({"entity": "DE", "month": "2026-02", "reason": "for the process"}),
    );
    company.work();
    assert_eq!(
        company.of("close")[0].status,
        "running",
        "not before its time"
    );
    company.at("2026-03-02T09:15:01Z");
    company.work();
    assert_eq!(company.of("close")[0].status, "done");
    assert_eq!(company.open(), Vec::<String>::new());
}

#[test]
fn a_new_version_takes_new_instances_only() {
    let company = Company::new();
    company.contract("C-1", "acme");
    let shipped = control::process::SHIPPED[0];
    let second = shipped.replace("version = 1", "version = 2").replace(
        "title = \"First invoice issued\"",
        "title = \"First invoice sent\"",
    );
    let added = r#"
[[step]]
name = "paid"
title = "Paid"
after = ["invoiced"]
by = "contract"
done_by = ["com.tieout.contract.contract.amended.v1"]
deadline = { within = "40d", class = "no_outcome" }
nothing_to_undo = "a refund is a process of its own"
"#;
    let toml = format!("{second}{added}");
    let same = company
        .try_act(MAKER, "publish_process", json!({"toml": shipped}))
        .unwrap_err();
    assert_eq!(code(&same), "version_not_higher");
    let broken = second.replace("within = \"4h\"", "within = \"soon\"");
    let fault = company
        .try_act(MAKER, "publish_process", json!({"toml": broken}))
        .unwrap_err();
    assert!(fault.to_string().contains("no duration"), "{fault}");
    company.act("publish_process", json!({"toml": toml}));
    company.contract("C-2", "acme");
    company.bill("C-1");
    company.bill("C-2");
    let rows = company.of("order_to_invoice");
    let told: Vec<(&str, i64, &str, &str)> = rows
        .iter()
        .map(|row| {
            (
                row.subject.as_str(),
                row.version,
                row.status.as_str(),
                row.waits_for.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [("C-1", 1, "done", ""), ("C-2", 2, "running", "paid")]
    );
    let kinds = company.app.process_kinds().unwrap();
    let kind = kinds
        .iter()
        .find(|kind| kind.name == "order_to_invoice")
        .unwrap();
    assert_eq!((kind.version, kind.open, kind.done), (2, 1, 1));
    assert_eq!(kind.open_versions, [2]);
}

#[test]
fn an_invoice_that_the_outside_ledger_does_not_confirm_is_raised() {
    let company = Company::new();
    let routing = Routing {
        deliver_journals: true,
        ..Routing::default()
    };
    company.app.set_routing(MAKER, routing).unwrap();
    company.contract("C-1", "acme");
    company.bill("C-1");
    let [row] = company.of("order_to_invoice").try_into().unwrap();
    assert_eq!(row.waits_for, "in the outside ledger");
    company.at("2026-01-15T18:00:01Z");
    company.work();
    assert_eq!(company.open(), ["not_confirmed Integration engineer"]);
}

#[test]
fn the_picture_is_drawn_from_the_data() {
    let company = Company::new();
    company.contract("C-1", "acme");
    let id = company.of("order_to_invoice")[0].id.clone();
    let detail = company.app.process(&id).unwrap().unwrap();
    let picture = app::process::instance_picture(&detail, true);
    for part in [
        "First invoice issued",
        "due 2026-01-16 14:00",
        "Revenue schedule made",
        "evt_",
    ] {
        assert!(picture.contains(part), "{part}: {picture}");
    }
    let kinds = company.app.process_kinds().unwrap();
    for kind in &kinds {
        let picture = app::process::definition_picture(kind, false);
        assert!(
            picture.starts_with("<svg") && !picture.contains("style"),
            "{}",
            kind.name
        );
        assert_eq!(picture.matches("class=\"box\"").count(), kind.steps.len());
    }
}
