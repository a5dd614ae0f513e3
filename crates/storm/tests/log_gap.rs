//! A hole in the log is raised by the program itself, not only found by the checker.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use app::command::Command;
use app::{App, MonotonicIds, SimulatedClock};
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Durability, Location, Store, exceptions, spoil};

const MAKER: &str = "dana";
const CHECKER: &str = "li";

/// Books in which one customer can be billed.
fn books(clock: &Arc<SimulatedClock>) -> App {
    let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
    let ids = Arc::new(MonotonicIds::new(1, 0));
    let app = App::open(store, clock.clone(), ids, events::Origin::Simulation).unwrap();
    for name in [MAKER, CHECKER] {
        app.put_user(name, control::Role::Controller, "hash")
            .unwrap();
    }
    act(
        &app,
        "create_entity",
        json!({"id": "DE", "name": "Beispiel GmbH", "currency": "EUR", "time_zone": "Europe/Berlin"}),
    );
    act(
        &app,
        "set_tax_rate",
        json!({"entity": "DE", "rate": "0.19", "name": "VAT 19 %"}),
    );
    act(
        &app,
        "publish_product",
        json!({"code": "SEAT", "name": "Seat", "prices": [
            {"currency": "EUR", "billing": "monthly", "charge": {"model": "per_unit", "unit_price": "10"}}
        ]}),
    );
    act(
        &app,
        "create_customer",
        json!({"id": "acme", "legal_name": "acme", "payment_terms_days": 30}),
    );
    app
}

fn act(app: &App, name: &str, body: Value) {
    let command = Command::read(name, body).unwrap();
    app.act_approved(MAKER, CHECKER, command).unwrap();
}

fn work(app: &App) {
    for _ in 0..3 {
        let _ = app::process::work(app, 100);
    }
}

fn open(app: &App) -> Vec<String> {
    let open = app.store().read(exceptions::all_open).unwrap();
    open.into_iter()
        .map(|row| format!("{} {}", row.class, row.owner))
        .collect()
}

#[test]
fn a_hole_in_the_log_is_an_exception() {
    let clock = Arc::new(SimulatedClock::at("2026-01-15T14:00:00Z".parse().unwrap()));
    let app = books(&clock);
    act(
        &app,
        "activate_contract",
        json!({
            "id": "C-1", "customer": "acme", "entity": "DE", "start": "2026-01-15", "end": "2027-01-14",
            "lines": [{"product": "SEAT", "quantity": 12}]
        }),
    );
    work(&app);
    assert_eq!(open(&app), Vec::<String>::new());
    clock.move_to("2026-01-15T14:05:00Z".parse().unwrap());
    act(
        &app,
        "run_billing",
        json!({"through": "2026-01-15", "contract": "C-1"}),
    );
    let gone = app
        .store()
        .write(|tx| spoil::forget_event(tx, "contract/C-1", 2))
        .unwrap();
    assert_eq!(gone, 1);
    work(&app);
    assert_eq!(open(&app), ["sequence_gap Integration engineer"]);
}
