//! A small company with one contract, on a clock that is moved by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use app::command::{Answer, Command, Envelope};
use app::{App, AppFault, MonotonicIds, Outcome, SimulatedClock};
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Durability, Location, Store};

/// The program with its clock.
pub struct Company {
    pub app: App,
    pub clock: Arc<SimulatedClock>,
}

/// The digest of the whole event log and of all balances: equal before and after what changes nothing.
pub fn state(app: &App) -> (Vec<(String, i64, Vec<u8>)>, String) {
    app.store()
        .read(|tx| {
            let heads = store::log::heads(tx)?;
            let balances = format!("{:?}", store::journals::balances(tx, "DE")?);
            Ok::<_, store::StoreFault>((heads, balances))
        })
        .unwrap()
}

pub fn command(name: &str, body: Value) -> Command {
    Command::read(name, body).unwrap()
}

impl Company {
    pub fn new() -> Company {
        Company::on(Store::open(&Location::Memory, Durability::Relaxed).unwrap())
    }

    pub fn on(store: Store) -> Company {
        let clock = Arc::new(SimulatedClock::at("2026-01-15T12:00:00Z".parse().unwrap()));
        let ids = Arc::new(MonotonicIds::new(1, 0));
        let app = App::open(store, clock.clone(), ids, events::Origin::Simulation).unwrap();
        let company = Company { app, clock };
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
                    { "currency": "EUR", "billing": "annual", "charge": { "model": "per_unit", "unit_price": "120" } },
                ] }),
            ),
            (
                "create_customer",
                json!({ "id": "ACME", "legal_name": "Acme GmbH", "currency": "EUR" }),
            ),
            (
                "activate_contract",
                json!({ "id": "C1", "customer": "ACME", "entity": "DE", "start": "2026-01-15", "end": "2027-01-14",
                    "lines": [{ "component": "seats", "product": "SEAT", "quantity": "10" }] }),
            ),
            ("run_billing", json!({ "through": "2026-01-15" })),
        ] {
            company.done(name, body);
        }
        company
    }

    /// The program started anew on the same books.
    pub fn restarted(&self) -> App {
        let ids = Arc::new(MonotonicIds::new(2, 0));
        let store = self.app.store().clone();
        App::open(store, self.clock.clone(), ids, events::Origin::Simulation).unwrap()
    }

    /// Does a command that nobody need approve.
    pub fn done(&self, name: &str, body: Value) -> Answer {
        self.app.act("setup", command(name, body)).unwrap()
    }

    pub fn send(
        &self,
        actor: &str,
        key: &str,
        command: Command,
    ) -> Result<Outcome<Answer>, AppFault> {
        self.app.execute(Envelope {
            client: actor.to_owned(),
            key: key.to_owned(),
            actor: actor.to_owned(),
            command,
        })
    }

    /// The number of the one invoice.
    pub fn invoice_number(&self) -> String {
        let found = self.app.store().read(|tx| {
            let all = store::documents::DocumentFilter {
                kind: "invoice".to_owned(),
                ..Default::default()
            };
            store::documents::documents(tx, &all, "", 1)
        });
        found.unwrap()[0].number.clone()
    }

    pub fn envelope(&self, actor: &str, name: &str, body: Value) -> Envelope {
        Envelope {
            client: actor.to_owned(),
            key: "shadow".to_owned(),
            actor: actor.to_owned(),
            command: command(name, body),
        }
    }
}
