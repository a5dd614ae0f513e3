//! Who is suspended, when, and what becomes of his billing meanwhile, by the class of the customer.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "suspension/disputes.rs"]
mod disputes;
#[path = "suspension/written_off.rs"]
mod written_off;

use app::command::{Answer, Command};
use app::{App, MonotonicIds, SimulatedClock};
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Durability, Location, Store};
use values::{Clock, Date};

struct Company {
    app: App,
    clock: Arc<SimulatedClock>,
}

impl Company {
    /// A consumer with a monthly contract C-1 of two parts from 1 January, to be paid within a week.
    fn new(class: &str) -> Company {
        let clock = Arc::new(SimulatedClock::at("2026-01-01T12:00:00Z".parse().unwrap()));
        let ids = Arc::new(MonotonicIds::new(1, 0));
        let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
        let app = App::open(store, clock.clone(), ids, events::Origin::Simulation).unwrap();
        let company = Company { app, clock };
        for name in ["dana", "li"] {
            let controller = control::Role::Controller;
            company.app.put_user(name, controller, "hash").unwrap();
        }
        for (name, body) in [
            (
                "create_entity",
                json!({ "id": "DE", "name": "Beispiel GmbH", "currency": "EUR", "time_zone": "Europe/Berlin" }),
            ),
            ("set_tax_rate", json!({ "entity": "DE", "rate": "0" })),
            (
                "publish_product",
                json!({ "code": "TV", "name": "Television", "prices": [{
                    "currency": "EUR", "billing": "monthly", "charge": { "model": "flat", "amount": "31" } }] }),
            ),
            (
                "create_customer",
                json!({ "id": "hansen", "legal_name": "Karin Hansen", "class": class, "payment_terms_days": 7 }),
            ),
            (
                "activate_contract",
                json!({ "id": "C-1", "customer": "hansen", "entity": "DE", "start": "2026-01-01",
                    "end": "2026-12-31", "lines": [
                        { "component": "films", "product": "TV" }, { "component": "sport", "product": "TV" }] }),
            ),
        ] {
            company.act(name, body);
        }
        company
    }

    fn act(&self, name: &str, body: Value) -> Answer {
        let command = Command::read(name, body).unwrap();
        self.app
            .act_approved("dana", "li", command)
            .unwrap_or_else(|fault| panic!("{name}: {fault:?}"))
    }

    /// Lives through every day up to and with this one.
    fn until(&self, day: &str) {
        let last: Date = day.parse().unwrap();
        loop {
            let now = self.clock.now();
            self.app.daily_work("tieout", false).unwrap();
            if values::Zone::utc().date_at(now) >= last {
                return;
            }
            self.clock.move_to(now.plus_seconds(86_400));
        }
    }

    fn pay(&self, id: &str, invoice: &str) {
        let open = self.open_of(invoice);
        self.act(
            "record_payment",
            json!({ "id": id, "invoice": invoice, "amount": open }),
        );
    }

    fn open_of(&self, invoice: &str) -> String {
        let found = self.app.invoice(invoice).unwrap().unwrap();
        found.row.open.decimal().to_string()
    }

    /// What was done about an invoice, `day act`.
    fn acts(&self, invoice: &str) -> Vec<String> {
        let number = invoice.to_owned();
        let rows = self
            .app
            .store()
            .read(move |tx| -> Result<_, store::StoreFault> {
                let invoice = store::documents::by_number(tx, &number)?.unwrap();
                let Some(case) = store::collection::running_case(tx, &invoice.id)? else {
                    return Ok(Vec::new());
                };
                store::collection::acts_of(tx, &case.id)
            });
        rows.unwrap()
            .iter()
            .map(|row| format!("{} {}", row.day, row.act))
            .collect()
    }

    /// From which days the components pause and run, `component from paused`.
    fn pauses(&self) -> Vec<String> {
        self.pauses_of("C-1")
    }

    fn pauses_of(&self, contract: &'static str) -> Vec<String> {
        let row = self
            .app
            .store()
            .read(move |tx| store::contracts::contract(tx, contract))
            .unwrap()
            .unwrap();
        let contract: commerce::Contract = serde_json::from_str(&row.body).unwrap();
        let mut told = Vec::new();
        for component in &contract.components {
            for fact in &component.pauses {
                told.push(format!("{} {} {}", component.id, fact.from, fact.paused));
            }
        }
        told
    }

    /// Every line ever billed, `component from until net`, in the order of issue.
    fn lines(&self) -> Vec<String> {
        let rows = self.app.store().read(|tx| -> Result<_, store::StoreFault> {
            let filter = store::documents::DocumentFilter::default();
            let mut documents = store::documents::documents(tx, &filter, "", 100)?;
            documents.sort_by(|one, other| (one.created, &one.id).cmp(&(other.created, &other.id)));
            let mut lines = Vec::new();
            for document in documents {
                let sign = if document.kind == "invoice" { 1 } else { -1 };
                for mut line in store::documents::lines_of(tx, &document.id)? {
                    line.net *= sign;
                    lines.push(line);
                }
            }
            Ok(lines)
        });
        let told = |row: &store::documents::LineRow| {
            format!(
                "{} {} {} {}",
                row.component, row.period_from, row.period_until, row.net
            )
        };
        rows.unwrap().iter().map(told).collect()
    }

    fn standing(&self) -> String {
        let row = self
            .app
            .store()
            .read(|tx| store::catalogue::customer(tx, "hansen"));
        row.unwrap().unwrap().standing
    }
}

/// The consumer's table: noticed on the fourth day after the due date, warned ten days later, suspended
/// another fourteen later.
#[test]
fn a_consumer_is_suspended_on_the_day_of_the_table_and_not_billed_until_the_return() {
    let company = Company::new("consumer");
    company.until("2026-02-04");
    assert_eq!(company.standing(), "past_due");
    assert_eq!(
        company.acts("DE-2026-00001"),
        [
            "2026-01-12 entered",
            "2026-01-12 notice",
            "2026-01-22 notice",
        ]
    );
    assert!(company.pauses().is_empty());
    company.until("2026-02-05");
    assert_eq!(company.standing(), "suspended");
    assert_eq!(
        company.pauses(),
        ["films 2026-02-05 true", "sport 2026-02-05 true"]
    );
    // What was billed of February ahead is taken back from the day on, in the same day's work.
    let lines = company.lines();
    assert_eq!(
        lines[4..],
        [
            "films 2026-02-05 2026-03-01 -2657",
            "sport 2026-02-05 2026-03-01 -2657"
        ],
        "{lines:?}"
    );
    // A month without service is not billed.
    company.until("2026-03-02");
    assert_eq!(company.lines().len(), 6);
    company.pay("P-1", "DE-2026-00001");
    assert_eq!(
        company.pauses(),
        [
            "films 2026-02-05 true",
            "films 2026-03-02 false",
            "sport 2026-02-05 true",
            "sport 2026-03-02 false",
        ]
    );
    company.until("2026-03-03");
    let lines = company.lines();
    assert_eq!(
        lines[6..],
        [
            "films 2026-03-02 2026-04-01 3000",
            "sport 2026-03-02 2026-04-01 3000"
        ],
        "{lines:?}"
    );
}

#[test]
fn the_service_returns_when_the_last_invoice_that_stopped_it_is_settled() {
    let company = Company::new("consumer");
    // February is paid for four days; its own case walks the same steps a month later.
    company.until("2026-03-08");
    let paused = company.pauses();
    assert_eq!(paused.len(), 2);
    assert!(
        company
            .acts("DE-2026-00002")
            .iter()
            .any(|act| act.ends_with("suspended")),
        "{:?}",
        company.acts("DE-2026-00002")
    );
    company.pay("P-1", "DE-2026-00001");
    assert_eq!(company.pauses(), paused, "another invoice still stops it");
    assert_eq!(company.standing(), "suspended");
    company.pay("P-2", "DE-2026-00002");
    assert_eq!(company.pauses().len(), 4);
    assert_eq!(company.standing(), "good");
}

#[test]
fn every_contract_on_the_unpaid_invoice_is_stopped_and_returns() {
    let company = Company::new("consumer");
    company.act(
        "set_consolidation",
        json!({ "customer": "hansen", "policy": "per_customer", "reason": "one bill" }),
    );
    company.act(
        "activate_contract",
        json!({ "id": "C-2", "customer": "hansen", "entity": "DE", "start": "2026-01-01",
            "end": "2026-12-31", "lines": [{ "component": "radio", "product": "TV" }] }),
    );
    company.until("2026-02-05");
    assert_eq!(company.pauses().len(), 2);
    assert_eq!(company.pauses_of("C-2"), ["radio 2026-02-05 true"]);
    company.until("2026-02-07");
    company.pay("P-1", "DE-2026-00001");
    assert_eq!(company.pauses().len(), 4);
    assert_eq!(company.pauses_of("C-2").len(), 2, "both return");
}

#[test]
fn what_the_customer_had_paused_himself_stays_as_it_was() {
    let company = Company::new("consumer");
    company.until("2026-01-20");
    company.act(
        "amend_contract",
        json!({ "contract": "C-1", "effective": "2026-02-01", "reason": "off season",
            "change": { "kind": "pause", "component": "sport" } }),
    );
    company.until("2026-02-10");
    assert_eq!(
        company.pauses(),
        ["films 2026-02-05 true", "sport 2026-02-01 true"]
    );
    company.pay("P-1", "DE-2026-00001");
    assert_eq!(
        company.pauses(),
        [
            "films 2026-02-05 true",
            "films 2026-02-10 false",
            "sport 2026-02-01 true"
        ]
    );
}

#[test]
fn a_business_is_billed_on_while_it_is_suspended_and_a_key_account_is_not_suspended() {
    let company = Company::new("business");
    company.until("2026-03-31");
    assert_eq!(company.standing(), "suspended");
    assert!(company.pauses().is_empty());
    assert_eq!(company.lines().len(), 6, "three months of two parts");

    let company = Company::new("key_account");
    company.until("2026-06-30");
    assert_eq!(company.standing(), "past_due");
    let acts = company.acts("DE-2026-00001");
    let steps: Vec<&str> = acts
        .iter()
        .filter_map(|act| act.split(' ').nth(1))
        .collect();
    assert_eq!(steps, ["entered", "task", "notice", "task"]);
}

#[test]
fn what_another_system_keeps_is_not_paused_here_and_is_billed_on() {
    let company = Company::new("consumer");
    // The CRM keeps the contracts of the entity; billing stays here.
    let kept = "\n[[domains]]\ndomain = \"contract\"\nentity = \"DE\"\nsystem = \"salesforce\"\nmode = \"mirror\"\n";
    let standard = control::topology::preset("standard").unwrap().text;
    let asked =
        json!({ "kind": "topology", "body": format!("{standard}{kept}"), "reason": "a test" });
    let asked = Command::read("propose_configuration", asked).unwrap();
    let made = company.app.act("dana", asked).unwrap();
    let decision = json!({ "proposal": made["proposal"], "decision": "approve", "reason": "seen" });
    let decision = Command::read("decide_configuration", decision).unwrap();
    company.app.act("li", decision).unwrap();
    company.until("2026-02-05");
    assert_eq!(company.standing(), "suspended");
    assert!(company.pauses().is_empty(), "{:?}", company.pauses());
    assert_eq!(company.lines().len(), 4, "nothing is taken back");
    company.until("2026-03-02");
    assert_eq!(
        company.lines()[4..],
        [
            "films 2026-03-01 2026-04-01 3100",
            "sport 2026-03-01 2026-04-01 3100"
        ]
    );
}

#[test]
fn a_table_with_classes_of_its_own_is_data() {
    let company = Company::new("business");
    let toml = billing::CollectionPolicy::STANDARD
        .replace("version = 1\ncustomer_classes", "version = 2\ncustomer_classes")
        .replace("\"key_account\"]", "\"key_account\", \"public_sector\"]")
        .replace(
            "[[dunning.policies]]\nid = \"card\"",
            "[[dunning.policies]]\nid = \"public\"\ncustomer_class = \"public_sector\"\ngrace_days = 60\n\
             longest_promise_days = 90\nsteps = [{ after = 0, action = \"notice\", text = \"{invoice}\" }]\n\n\
             [[dunning.policies]]\nid = \"card\"",
        );
    company.act("publish_collection_policy", json!({ "toml": toml }));
    company.act(
        "change_customer",
        json!({ "customer": "hansen", "class": "public_sector", "reason": "taken over by the city" }),
    );
    company.until("2026-03-09");
    assert!(company.acts("DE-2026-00001").is_empty());
    company.until("2026-03-10");
    assert_eq!(
        company.acts("DE-2026-00001"),
        ["2026-03-10 entered", "2026-03-10 notice"]
    );
}

#[test]
fn a_policy_names_classes_that_there_are_and_older_ones_are_still_read() {
    let read = |text: &str| toml::from_str::<billing::CollectionPolicy>(text).unwrap();
    let standard = read(billing::CollectionPolicy::STANDARD);
    standard.check().unwrap();
    assert!(standard.has_class("key_account") && !standard.has_class("platinum"));
    // A policy from before there were classes.
    let mut without = String::new();
    for line in billing::CollectionPolicy::STANDARD.lines() {
        if !["customer_class", "suspended_billing"]
            .iter()
            .any(|name| line.starts_with(name))
        {
            without.push_str(line);
            without.push('\n');
        }
    }
    let older = read(&without);
    older.check().unwrap();
    assert!(older.has_class("consumer"));
    assert_eq!(
        older.dunning.policies[0].suspended_billing,
        billing::SuspendedBilling::GoesOn
    );
    let mut wrong = standard.clone();
    wrong.dunning.policies[0].customer_class = Some("platinum".to_owned());
    assert_eq!(
        wrong.check().unwrap_err().to_string(),
        "policy key_account: there is no customer class platinum; use one of business, consumer, \
         key_account, or add it to customer_classes"
    );
    let mut wrong = standard;
    wrong.customer_classes.push("consumer".to_owned());
    assert_eq!(wrong.check().unwrap_err().code(), "bad_customer_class");
}
