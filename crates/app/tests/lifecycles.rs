//! A step that a lifecycle does not declare is refused, leaves everything as it was, and raises an
//! exception; asked for twice, it raises one.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use app::command::Command;
use app::journey::payment::{FailedAttempt, PaymentOutcome, Settlement, attempt_failed, settled};
use app::{App, AppFault, MonotonicIds, SimulatedClock};
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Durability, Location, Store, exceptions, payments};
use values::Money;

fn company() -> App {
    let clock = Arc::new(SimulatedClock::at("2026-01-15T14:00:00Z".parse().unwrap()));
    let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
    let ids = Arc::new(MonotonicIds::new(1, 0));
    let app = App::open(store, clock, ids, events::Origin::Simulation).unwrap();
    for (name, body) in [
        (
            "create_entity",
            json!({"id": "DE", "name": "Beispiel GmbH", "currency": "EUR", "time_zone": "Europe/Berlin"}),
        ),
        ("set_tax_rate", json!({"entity": "DE", "rate": "0"})),
        (
            "publish_product",
            json!({"code": "SEAT", "name": "Seat", "prices": [
            {"currency": "EUR", "billing": "monthly", "charge": {"model": "per_unit", "unit_price": "10"}}]}),
        ),
        (
            "create_customer",
            json!({"id": "acme", "legal_name": "Acme"}),
        ),
        (
            "activate_contract",
            json!({"id": "C-1", "customer": "acme", "entity": "DE", "start": "2026-01-15",
            "end": "2027-01-14", "lines": [{"product": "SEAT", "quantity": 12}]}),
        ),
    ] {
        act(&app, name, body).unwrap();
    }
    app
}

fn act(app: &App, name: &str, body: Value) -> Result<Value, AppFault> {
    app.act("dana", Command::read(name, body).unwrap())
}

/// Summaries of the open exceptions about steps that are not allowed.
fn raised(app: &App) -> Vec<(String, String)> {
    let rows = app.store().read(exceptions::all_open).unwrap();
    rows.into_iter()
        .filter(|row| row.class == "illegal_step")
        .map(|row| (row.document, row.summary))
        .collect()
}

#[test]
fn a_cancelled_contract_is_not_changed_any_more() {
    let app = company();
    let cancel =
        json!({"contract": "C-1", "effective": "2026-03-01", "change": {"kind": "cancel"}});
    act(&app, "amend_contract", cancel.clone()).unwrap();
    for _ in 0..2 {
        let fault = act(&app, "amend_contract", cancel.clone()).unwrap_err();
        assert!(matches!(fault, AppFault::Refused(_)), "{fault}");
    }
    let found = raised(&app);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1.contains("cancelled"), "{found:?}");
    let version = app.contract("C-1").unwrap().unwrap().row.version;
    assert_eq!(version, 2);
}

#[test]
fn a_month_is_closed_once() {
    let app = company();
    let close = json!({"entity": "DE", "month": "2025-12"});
    act(&app, "close_period", close.clone()).unwrap();
    act(&app, "close_period", close).unwrap_err();
    let found = raised(&app);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1.contains("2025-12"), "{found:?}");
}

fn settlement(app: &App) -> Settlement {
    let money = |minor| Money::from_minor(minor, values::Currency::EUR);
    Settlement {
        processor: "stripe".to_owned(),
        external_id: "pi_1".to_owned(),
        charge: None,
        processor_customer: None,
        payment: None,
        invoice: None,
        entity: Some("DE".parse().unwrap()),
        gross: money(12_000),
        fee: money(0),
        net: money(12_000),
        happened: app.clock().now(),
        payload: "{}".to_owned(),
    }
}

#[test]
fn a_payment_that_settled_does_not_fail_afterwards() {
    let app = company();
    let report = settlement(&app);
    app.run("test", move |tx, context| settled(tx, context, &report))
        .unwrap();
    let failed = |happened: &str| {
        let report = FailedAttempt {
            processor: "stripe".to_owned(),
            external_id: "pi_1".to_owned(),
            payment: None,
            attempt: 2,
            charge: None,
            reason: "expired_card".to_owned(),
            happened: happened.parse().unwrap(),
        };
        app.run("test", move |tx, context| {
            attempt_failed(tx, context, &report)
        })
        .unwrap()
    };
    // What is older than the settlement only came late.
    let late = failed("2026-01-15T13:00:00Z");
    assert!(
        matches!(late, PaymentOutcome::AlreadyRecorded { .. }),
        "{late:?}"
    );
    assert!(raised(&app).is_empty());
    let contradiction = failed("2026-01-15T15:00:00Z");
    assert!(
        matches!(contradiction, PaymentOutcome::Held { .. }),
        "{contradiction:?}"
    );
    failed("2026-01-15T15:00:00Z");
    let found = raised(&app);
    assert_eq!(found.len(), 1, "{found:?}");
    let row = app
        .store()
        .read(|tx| payments::by_external_id(tx, "pi_1"))
        .unwrap()
        .unwrap();
    assert_eq!(row.status, "settled");
    assert_eq!(found[0].0, row.id);
}
