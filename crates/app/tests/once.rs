//! A closed-won opportunity alone sets everything in motion, and everything happens once: however
//! often a deal, a bill run, a payment or a recognition run is repeated, there is one contract, one
//! invoice, one payment and one journal of each.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "once/amendments.rs"]
mod amendments;
#[path = "once/provisioning.rs"]
mod provisioning;

use app::command::Command;
use app::journey::order::{OrderAccount, OrderOutcome, WonLine, WonOrder, take_order};
use app::journey::payment::{PaymentOutcome, Settlement, settled};
use app::{App, MonotonicIds, Routing, SimulatedClock};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use store::{Durability, Location, Store, documents, journals, log, payments};
use values::{Decimal, Money};

const ACTOR: &str = "test";

fn company() -> (App, Arc<SimulatedClock>) {
    let clock = Arc::new(SimulatedClock::at("2026-01-15T14:00:00Z".parse().unwrap()));
    let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
    let ids = Arc::new(MonotonicIds::new(1, 0));
    let app = App::open(store, clock.clone(), ids, events::Origin::Simulation).unwrap();
    for (name, body) in [
        (
            "create_entity",
            json!({ "id": "DE", "name": "Beispiel GmbH", "currency": "EUR", "time_zone": "Europe/Berlin" }),
        ),
        (
            "set_tax_rate",
            json!({ "entity": "DE", "rate": "0.19", "name": "VAT 19 %" }),
        ),
        (
            "publish_product",
            json!({ "code": "SEAT", "name": "Seat", "prices": [
                { "currency": "EUR", "billing": "monthly", "charge": { "model": "per_unit", "unit_price": "10" } },
            ] }),
        ),
    ] {
        app.act(ACTOR, Command::read(name, body).unwrap()).unwrap();
    }
    app.set_routing(
        ACTOR,
        Routing {
            collect_cards: true,
            deliver_journals: false,
            write_back: true,
        },
    )
    .unwrap();
    (app, clock)
}

fn won() -> WonOrder {
    WonOrder {
        system: "salesforce".to_owned(),
        opportunity: "006A".to_owned(),
        name: "Brightwater, 12 seats".to_owned(),
        account: OrderAccount {
            id: "001A".to_owned(),
            name: "Brightwater GmbH".to_owned(),
            currency: Some("EUR".to_owned()),
            processor_customer: Some("cus_1".to_owned()),
            payment_method: Some("pm_1".to_owned()),
        },
        currency: Some("EUR".to_owned()),
        entity: Some("DE".to_owned()),
        start: Some("2026-01-15".parse().unwrap()),
        end: Some("2027-01-14".parse().unwrap()),
        frequency: Some("Monthly".to_owned()),
        upgrades: None,
        booked: Some(Decimal::from(1_440)),
        lines: vec![WonLine {
            product: Some("SEAT".to_owned()),
            quantity: Some(Decimal::from(12)),
            unit_price: None,
            description: None,
        }],
        payload: "{}".to_owned(),
    }
}

fn settlement(app: &App) -> Settlement {
    let invoice = app
        .store()
        .read(|tx| documents::documents(tx, &documents::DocumentFilter::default(), "", 9))
        .unwrap();
    let row = invoice.first().expect("an invoice");
    let money = |minor| Money::from_minor(minor, values::Currency::EUR);
    Settlement {
        processor: "stripe".to_owned(),
        external_id: "pi_1".to_owned(),
        charge: Some("ch_1".to_owned()),
        processor_customer: Some("cus_1".to_owned()),
        payment: None,
        invoice: Some(row.id.parse().unwrap()),
        entity: Some("DE".parse().unwrap()),
        gross: money(row.total),
        fee: money(444),
        net: money(row.total - 444),
        happened: app.clock().now(),
        payload: "{}".to_owned(),
    }
}

/// Does everything `times` over and lets a month end.
fn live(times: usize) -> App {
    let (app, clock) = company();
    let mut taken = 0;
    for _ in 0..times {
        let outcome = app
            .run(ACTOR, |tx, context| take_order(tx, context, &won()))
            .unwrap();
        taken += usize::from(matches!(outcome, OrderOutcome::Taken { .. }));
        app.daily_work(ACTOR, true).unwrap();
    }
    assert_eq!(taken, 1);
    let report = settlement(&app);
    let mut recorded = 0;
    for _ in 0..times {
        let report = report.clone();
        let outcome = app
            .run(ACTOR, move |tx, context| settled(tx, context, &report))
            .unwrap();
        recorded += usize::from(matches!(outcome, PaymentOutcome::Recorded { .. }));
    }
    assert_eq!(recorded, 1);
    clock.move_to("2026-01-31T20:00:00Z".parse().unwrap());
    for _ in 0..times {
        app.daily_work(ACTOR, true).unwrap();
    }
    app
}

/// Every event in order: its type and what it is worth.
fn told(app: &App) -> String {
    let events = app.store().read(|tx| log::after(tx, "", 10_000)).unwrap();
    let mut text = String::new();
    for event in events {
        let data: serde_json::Value = serde_json::from_str(&event.data).unwrap();
        let worth = ["total", "value", "gross", "amount", "booked", "change"]
            .iter()
            .find_map(|field| data.get(field));
        let worth = worth
            .filter(|worth| worth.is_object())
            .map_or_else(String::new, |money| {
                format!(
                    "{} {}",
                    money["amount"].as_str().unwrap(),
                    money["currency"].as_str().unwrap()
                )
            });
        let name = event.type_name.trim_start_matches("com.tieout.");
        let line = format!("{} {name:48} {worth}", event.effective);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[test]
fn a_closed_won_opportunity_alone_sets_everything_in_motion() {
    let told = told(&live(1));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/crm_led_events.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &told).unwrap();
    }
    assert_eq!(told, std::fs::read_to_string(&file).unwrap_or_default());
}

#[test]
fn a_thousand_deliveries_have_the_effect_of_one() {
    let (once, often) = (live(1), live(1_000));
    let counts = |app: &App| {
        app.store()
            .read(|tx| {
                let documents =
                    documents::documents(tx, &documents::DocumentFilter::default(), "", 1_000)?;
                let payments = payments::payments(tx, "", "", 1_000)?;
                Ok::<_, store::StoreFault>((
                    documents.len(),
                    payments.len(),
                    journals::counts(tx)?,
                    journals::balances(tx, "")?,
                ))
            })
            .unwrap()
    };
    assert_eq!(counts(&once), counts(&often));
    assert_eq!(told(&once), told(&often));
    let (documents, _, (journals, _), _) = counts(&often);
    assert_eq!(
        (documents, journals),
        (1, 4),
        "an invoice, and the journals of invoice, payment, cash and revenue"
    );
    for row in often.tie_outs().unwrap() {
        assert_ne!(row.status, app::view::TieOutStatus::Break, "{row:?}");
    }
}
