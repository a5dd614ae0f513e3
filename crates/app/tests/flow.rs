//! The health of the flow is computed from what was recorded: its times equal a calculation by hand,
//! its lists hold what waits with age and value, and one search shows the whole path.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use app::command::{Answer, Command};
use app::journey::order::{OrderAccount, WonLine, WonOrder, take_order};
use app::view::{FlowLane, FlowLaneDetail};
use app::{App, MonotonicIds, Routing, SimulatedClock};
use serde_json::{Value, json};
use std::sync::Arc;
use store::inbox;
use store::{Durability, Location, Store};
use values::Decimal;

struct Company {
    app: App,
    clock: Arc<SimulatedClock>,
}

impl Company {
    fn new() -> Company {
        let clock = Arc::new(SimulatedClock::at("2026-03-01T08:00:00Z".parse().unwrap()));
        let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
        let ids = Arc::new(MonotonicIds::new(1, 0));
        let app = App::open(store, clock.clone(), ids, events::Origin::Simulation).unwrap();
        let company = Company { app, clock };
        company.act("create_entity", json!({"id": "DE", "name": "Beispiel GmbH", "currency": "EUR", "time_zone": "Europe/Berlin"}));
        company.act("set_tax_rate", json!({"entity": "DE", "rate": "0"}));
        company.act("publish_product", json!({"code": "SEAT", "name": "Seat", "prices": [
            {"currency": "EUR", "billing": "monthly", "charge": {"model": "per_unit", "unit_price": "10"}}]}));
        company.act(
            "create_customer",
            json!({"id": "acme", "legal_name": "Acme GmbH"}),
        );
        company
    }

    fn act(&self, name: &str, body: Value) -> Answer {
        self.app
            .act("dana", Command::read(name, body).unwrap())
            .unwrap()
    }

    fn at(&self, text: &str) {
        self.clock.move_to(text.parse().unwrap());
    }

    fn contract(&self, id: &str) {
        self.act("activate_contract", json!({"id": id, "customer": "acme", "entity": "DE",
            "start": "2026-03-01", "end": "2027-02-28", "lines": [{"product": "SEAT", "quantity": 10}]}));
    }

    fn bill(&self, id: &str) -> String {
        let answer = self.act(
            "run_billing",
            json!({"contract": id, "through": "2026-03-01"}),
        );
        answer["documents"][0].as_str().unwrap().to_owned()
    }

    fn lane(&self, key: &str) -> FlowLane {
        let health = self.app.flow_health().unwrap();
        health
            .lanes
            .into_iter()
            .find(|lane| lane.key == key)
            .unwrap()
    }

    fn rows(&self, key: &str) -> FlowLaneDetail {
        self.app.flow_lane(key).unwrap().unwrap()
    }
}

#[test]
fn order_to_invoice_times_equal_the_calculation_by_hand() {
    let company = Company::new();
    // In force at, invoiced at: 30 min, 2 h, 26 h, 5 min, 4 h.
    let plan = [
        ("C-1", "2026-03-01T09:00:00Z", "2026-03-01T09:30:00Z"),
        ("C-2", "2026-03-01T10:00:00Z", "2026-03-01T12:00:00Z"),
        ("C-3", "2026-03-01T13:00:00Z", "2026-03-02T15:00:00Z"),
        ("C-4", "2026-03-03T10:00:00Z", "2026-03-03T10:05:00Z"),
        ("C-5", "2026-03-04T10:00:00Z", "2026-03-04T14:00:00Z"),
    ];
    for (id, active, invoiced) in plan {
        company.at(active);
        company.contract(id);
        company.at(invoiced);
        company.bill(id);
    }
    // Sorted: 300, 1800, 7200, 14400, 93600 seconds; the third of five, and the fifth.
    let order = company.lane("order");
    assert_eq!(order.times.count, 5);
    assert_eq!(order.times.median_seconds, Some(7_200));
    assert_eq!(order.times.p95_seconds, Some(93_600));
    assert_eq!(
        (order.times.median.as_str(), order.times.p95.as_str()),
        ("2 h", "26 h")
    );
    // One today, four over the 28 days before: 0.1 a day.
    assert_eq!((order.today, order.usual_tenths), (1, 1));
    assert_eq!(order.waiting, 0);
    let passed = company.rows("order").passed;
    assert_eq!(passed.len(), 5);
    assert_eq!(passed[0].took, "4 h");
    // Each was due before it came into force, so the latency of the invoice is the same.
    let health = company.app.flow_health().unwrap();
    let latency = health
        .cycles
        .iter()
        .find(|times| times.key == "invoice_latency")
        .unwrap();
    assert_eq!((latency.count, latency.median_seconds), (5, Some(7_200)));
    // Out of the window nothing is measured.
    company.at("2026-05-01T00:00:00Z");
    assert_eq!(company.lane("order").times.count, 0);
}

#[test]
fn what_is_in_force_and_not_billed_is_listed_until_it_is_billed() {
    let company = Company::new();
    company.at("2026-03-01T09:00:00Z");
    company.contract("C-1");
    company.at("2026-03-03T09:00:00Z");
    let found = company.rows("order");
    assert_eq!(found.lane.waiting, 1);
    assert_eq!(found.lane.values[0].to_string(), "100.00 EUR");
    let row = &found.waiting[0];
    assert_eq!((row.object.as_str(), row.age.as_str()), ("C-1", "2 d"));
    assert_eq!(row.customer.as_deref(), Some("Acme GmbH"));
    assert_eq!(row.cause, "due since 2026-03-01, not billed");
    let invoice = company.bill("C-1");
    assert_eq!(company.lane("order").waiting, 0);
    // Now it waits to be paid.
    let cash = company.rows("invoice");
    assert_eq!(cash.waiting[0].object, invoice);
    company.act(
        "record_payment",
        json!({"invoice": invoice, "amount": "100"}),
    );
    assert_eq!(company.lane("invoice").waiting, 0);
    assert_eq!(company.lane("invoice").times.count, 1);
}

fn won(opportunity: &str, upgrades: Option<&str>, product: &str) -> WonOrder {
    WonOrder {
        system: "salesforce".to_owned(),
        opportunity: opportunity.to_owned(),
        name: format!("Deal {opportunity}"),
        account: OrderAccount {
            id: "001A".to_owned(),
            name: "Corvid Ltd.".to_owned(),
            currency: Some("EUR".to_owned()),
            processor_customer: None,
            payment_method: None,
        },
        currency: Some("EUR".to_owned()),
        entity: Some("DE".to_owned()),
        start: "2026-03-01".parse().ok(),
        end: "2027-02-28".parse().ok(),
        frequency: Some("monthly".to_owned()),
        upgrades: upgrades.map(str::to_owned),
        booked: Some(Decimal::from(2400)),
        lines: vec![WonLine {
            product: Some(product.to_owned()),
            quantity: Some(Decimal::from(20)),
            unit_price: None,
            description: None,
        }],
        payload: "{}".to_owned(),
    }
}

#[test]
fn quote_to_activation_counts_from_the_receipt_of_the_deal() {
    let company = Company::new();
    company.at("2026-03-02T09:00:00Z");
    let taken = company
        .app
        .run("salesforce", |tx, context| {
            take_order(tx, context, &won("006A", None, "SEAT"))
        })
        .unwrap();
    let app::journey::order::OrderOutcome::Taken {
        contract,
        correlation,
    } = taken
    else {
        panic!("{taken:?}")
    };
    // The deal had arrived an hour and a half before it could be taken over.
    let received: values::Instant = "2026-03-02T07:30:00Z".parse().unwrap();
    let chain = correlation.to_string();
    company
        .app
        .store()
        .write(move |tx| {
            inbox::receive(
                tx,
                &inbox::InboxRow {
                    source: "salesforce".to_owned(),
                    source_id: "006A@1".to_owned(),
                    kind: "Opportunity".to_owned(),
                    received: received.microseconds(),
                    digest: vec![0; 32],
                    raw: b"{}".to_vec(),
                    status: "confirmed".to_owned(),
                    reason: "taken over".to_owned(),
                    attempts: 1,
                    next_attempt: 0,
                    deliveries: 1,
                    correlation: chain,
                },
            )
        })
        .unwrap();
    let quote = company.lane("quote");
    assert_eq!(quote.times.count, 1, "{contract}");
    assert_eq!(quote.times.median_seconds, Some(5_400));
}

#[test]
fn one_search_by_contract_shows_the_path_of_a_failed_amendment_and_every_system() {
    let company = Company::new();
    company
        .app
        .set_routing(
            "dana",
            Routing {
                deliver_journals: true,
                write_back: true,
                ..Routing::default()
            },
        )
        .unwrap();
    company.at("2026-03-02T09:00:00Z");
    let take = |order: WonOrder| {
        company
            .app
            .run("salesforce", move |tx, context| {
                take_order(tx, context, &order)
            })
            .unwrap()
    };
    let app::journey::order::OrderOutcome::Taken { contract, .. } = take(won("006A", None, "SEAT"))
    else {
        panic!()
    };
    company.app.daily_work("dana", false).unwrap();
    company.at("2026-03-05T09:00:00Z");
    // The renewal names a product that does not exist.
    take(won("006B", Some("006A"), "SEATS"));
    let chain = company.app.chain(contract.as_str()).unwrap().unwrap();
    let told: Vec<&str> = chain.hops.iter().map(|hop| hop.title.as_str()).collect();
    for part in ["taken over", "Contract activated", "Invoice", "Posted"] {
        assert!(
            told.iter().any(|title| title.contains(part)),
            "{part}: {told:#?}"
        );
    }
    let failed = chain
        .hops
        .iter()
        .any(|hop| format!("{} {}", hop.title, hop.why).contains("SEATS"));
    assert!(failed, "{told:#?}");
    // Each object side by side: told to the CRM and to the ledger, and not confirmed by either yet.
    let systems = company.app.side_by_side(&chain.correlation).unwrap();
    let marks: Vec<(&str, Option<&str>)> = systems
        .iter()
        .map(|row| (row.kind.as_str(), row.mark.as_deref()))
        .collect();
    assert_eq!(
        marks,
        [("contract", Some("timing")), ("invoice", Some("timing"))]
    );
    let processes = company.app.processes_of_chain(&chain.correlation).unwrap();
    assert_eq!(processes[0].row.waits_for, "in the outside ledger");
}
