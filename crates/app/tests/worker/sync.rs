//! How long a payment takes to be known in the other systems: measured from what was recorded and
//! confirmed.

use crate::script::Bench;
use app::Routing;
use app::command::Command;
use serde_json::{Value, json};
use store::effects;
use values::Clock;

fn act(bench: &Bench, name: &str, body: Value) -> Value {
    let command = Command::read(name, body).unwrap();
    bench.app.act("ana", command).unwrap()
}

/// Four invoices of 100.00, of a customer whom the CRM knows.
fn owed() -> Bench {
    let bench = Bench::new();
    let routing = Routing {
        deliver_journals: true,
        write_back: true,
        ..Routing::default()
    };
    bench.app.set_routing("ana", routing).unwrap();
    bench.publish_platform();
    act(
        &bench,
        "set_tax_rate",
        json!({ "entity": "US", "rate": "0", "name": "no tax" }),
    );
    act(
        &bench,
        "create_customer",
        json!({ "id": "acme", "legal_name": "Acme",
            "references": [{ "system": "salesforce", "kind": "Account", "id": "001" }] }),
    );
    act(
        &bench,
        "activate_contract",
        json!({ "id": "C-1", "customer": "acme", "entity": "US", "start": "2025-12-01", "end": "2026-03-31",
            "lines": [{ "product": "PLATFORM", "quantity": "1" }] }),
    );
    for month in ["2025-12", "2026-01", "2026-02", "2026-03"] {
        act(
            &bench,
            "run_billing",
            json!({ "through": format!("{month}-01") }),
        );
    }
    bench
}

fn paid(bench: &Bench, number: usize, amount: &str) {
    act(
        bench,
        "record_payment",
        json!({ "id": format!("pay_{number}"), "customer": "acme", "entity": "US", "amount": amount }),
    );
}

/// Confirms everything that was intended for one system just now, so many seconds later.
fn confirm(bench: &Bench, system: &'static str, seconds: i64) {
    let now = bench.clock.now().microseconds();
    bench
        .app
        .run("test", move |tx, _| {
            for mut effect in effects::of_status(tx, "intended", 1_000)? {
                if effect.connection == system && effect.created == now {
                    effect.status = "confirmed".to_owned();
                    effect.changed = now + seconds * 1_000_000;
                    effects::update(tx, &effect)?;
                }
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_delay_from_a_payment_to_its_confirmation_is_measured_for_each_system() {
    let bench = owed();
    for (number, seconds) in [(1, 2), (2, 4), (3, 90)] {
        bench.later(3_600);
        paid(&bench, number, "100.00");
        confirm(&bench, "netsuite", seconds);
        confirm(&bench, "salesforce", seconds * 2);
    }
    bench.later(3_600);
    paid(&bench, 4, "130.00");
    bench.later(600);
    let sync = bench.app.payment_sync(28).unwrap();
    assert_eq!(sync.payments, 4);
    let legs: Vec<_> = sync
        .legs
        .iter()
        .map(|leg| {
            (
                leg.system.as_str(),
                leg.confirmed,
                leg.median_milliseconds,
                leg.p95_milliseconds,
            )
        })
        .collect();
    assert_eq!(
        legs,
        [
            ("recorded", 4, Some(0), Some(0)),
            ("netsuite", 3, Some(4_000), Some(90_000)),
            ("salesforce", 3, Some(8_000), Some(180_000)),
        ]
    );
    let mut waiting: Vec<_> = sync
        .waiting
        .iter()
        .map(|row| (row.payment.as_str(), row.system.as_str(), row.milliseconds))
        .collect();
    // They wait equally long: either may stand first.
    waiting.sort_unstable();
    assert_eq!(
        waiting,
        [
            ("pay_4", "netsuite", 600_000),
            ("pay_4", "salesforce", 600_000)
        ]
    );
    assert_eq!(
        (
            sync.slowest[0].payment.as_str(),
            sync.slowest[0].milliseconds
        ),
        ("pay_3", 180_000)
    );
    // What is over is listed beside it, with its value.
    assert_eq!(sync.unmatched, 1);
    assert_eq!(sync.unmatched_value[0].decimal().to_string(), "30.00");
    let unmatched = bench.app.unmatched_payments(None).unwrap();
    assert_eq!(unmatched.page.items[0].payment, "pay_4");
    assert!(!unmatched.page.items[0].why.is_empty());
    // Payments of other days are left out.
    bench.later(3 * 86_400);
    assert_eq!(bench.app.payment_sync(2).unwrap().payments, 0);
    let figures = bench.app.pulse().unwrap().payment_sync;
    assert_eq!(
        figures.len(),
        1,
        "nothing in the last hour but the way to here"
    );
}
