//! Queries over small books that the journeys filled, and over rows put there directly.

mod audit;
mod chains;
mod lists;
mod proofs;

use crate::command::{Answer, Command};
use crate::journey::order::{OrderAccount, OrderOutcome, WonLine, WonOrder, take_order};
use crate::view::{TieOutRow, TieOutStatus};
use crate::{App, MonotonicIds, SimulatedClock};
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Durability, Location, Store};
use values::{Instant, Money};

/// Small books with two entities, two products and two customers, on 10 January 2026.
struct Company {
    app: App,
    clock: Arc<SimulatedClock>,
}

impl Company {
    fn new() -> Company {
        let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
        let clock = Arc::new(SimulatedClock::at(at("2026-01-10T12:00:00Z")));
        let ids = Arc::new(MonotonicIds::new(1, 1));
        let app = App::open(store, clock.clone(), ids, events::Origin::Simulation).unwrap();
        app.put_user("checker", control::Role::Controller, "")
            .unwrap();
        let company = Company { app, clock };
        company.act("create_entity", json!({"id": "US", "name": "Sample Inc.", "currency": "USD", "time_zone": "America/New_York"}));
        company.act("create_entity", json!({"id": "DE", "name": "Sample GmbH", "currency": "EUR", "time_zone": "Europe/Berlin"}));
        for (entity, rate) in [("US", "0"), ("DE", "0.19")] {
            company.act("set_tax_rate", json!({"entity": entity, "rate": rate}));
        }
        company.publish("SEAT", "1200", "annual");
        company.publish("BASE", "100", "monthly");
        for (id, name) in [("acme", "Acme Corp."), ("brix", "Brix GmbH")] {
            company.act(
                "create_customer",
                json!({"id": id, "legal_name": name, "payment_terms_days": 30}),
            );
        }
        company
    }

    fn publish(&self, code: &str, price: &str, billing: &str) {
        let prices = ["USD", "EUR"].map(|currency| {
            json!({"currency": currency, "billing": billing, "charge": {"model": "per_unit", "unit_price": price}})
        });
        self.act(
            "publish_product",
            json!({"code": code, "name": code.to_lowercase(), "prices": prices}),
        );
    }

    fn act(&self, name: &str, body: Value) -> Answer {
        self.app
            .act_approved("tester", "checker", Command::read(name, body).unwrap())
            .unwrap()
    }

    fn moment(&self, text: &str) {
        self.clock.move_to(at(text));
    }

    /// Ten seats for acme over 2026, and a base fee for brix from February.
    fn two_contracts(&self) {
        self.act("activate_contract", json!({
            "id": "C-US", "customer": "acme", "entity": "US", "start": "2026-01-01", "end": "2026-12-31",
            "lines": [{"product": "SEAT", "quantity": 10}]
        }));
        self.act("activate_contract", json!({
            "id": "C-DE", "customer": "brix", "entity": "DE", "start": "2026-02-01", "end": "2027-01-31",
            "lines": [{"product": "BASE", "quantity": 3}]
        }));
    }

    fn bill(&self, through: &str) -> Vec<String> {
        let answer = self.act("run_billing", json!({"through": through}));
        let ids = answer["documents"].as_array().unwrap();
        ids.iter()
            .map(|id| id.as_str().unwrap().to_owned())
            .collect()
    }

    fn order(&self, opportunity: &str, entity: &str, product: &str) -> OrderOutcome {
        let order = WonOrder {
            system: "salesforce".to_owned(),
            opportunity: opportunity.to_owned(),
            name: format!("Deal {opportunity}"),
            account: OrderAccount {
                id: "001A".to_owned(),
                name: "Corvid Ltd.".to_owned(),
                currency: Some("USD".to_owned()),
                processor_customer: None,
                payment_method: None,
            },
            currency: Some("USD".to_owned()),
            entity: Some(entity.to_owned()),
            start: values::parse_date("2026-01-01").ok(),
            end: values::parse_date("2026-12-31").ok(),
            frequency: Some("annual".to_owned()),
            upgrades: None,
            booked: Some(values::Decimal::from(2400)),
            lines: vec![WonLine {
                product: Some(product.to_owned()),
                quantity: Some(values::Decimal::from(2)),
                unit_price: None,
                description: None,
            }],
            payload: r#"{"Amount":2400.00}"#.to_owned(),
        };
        self.app
            .run("salesforce", move |tx, context| {
                take_order(tx, context, &order)
            })
            .unwrap()
    }

    /// What is kept between two looks may change nothing of what they show.
    fn tie_outs(&self) -> Vec<TieOutRow> {
        let kept = self.app.tie_outs().unwrap();
        let (books, now) = (self.app.books(), self.app.now());
        let anew = self
            .app
            .store()
            .read(move |tx| super::tie_outs(tx, (&books, now), &super::TieOutMemory::default()));
        assert_eq!(kept, anew.unwrap());
        kept
    }

    /// What the accounts that prove recognised revenue moved by in a month.
    fn revenue_of(&self, entity: &str, month: &str) -> Money {
        let books = self.app.books();
        let (entity, wanted) = (entity.to_owned(), month.to_owned());
        let rows = self
            .app
            .store()
            .read(move |tx| store::journals::balances(tx, &entity))
            .unwrap();
        let moved = rows.iter().filter(|row| row.month == wanted).filter(|row| {
            books
                .chart
                .proven_by("recognised")
                .any(|account| account.code.as_str() == row.account)
        });
        let minor = moved.map(|row| row.credit - row.debit).sum();
        let currency = rows.first().map_or("USD", |row| row.currency.as_str());
        Money::from_minor(minor, currency.parse().unwrap())
    }

    fn tie_out(&self, measure: &str, entity: &str) -> TieOutRow {
        let rows = self.tie_outs();
        let found = rows
            .iter()
            .find(|row| row.measure == measure && row.entity == entity);
        found
            .unwrap_or_else(|| panic!("no {measure} of {entity} in {rows:#?}"))
            .clone()
    }
}

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// `money("12.50 USD")`.
fn money(text: &str) -> Money {
    let (amount, currency) = text.split_once(' ').unwrap();
    Money::parse(amount, currency.parse().unwrap()).unwrap()
}

/// What does not tie out, in short lines.
fn open_ends(rows: &[TieOutRow]) -> Vec<String> {
    rows.iter()
        .filter(|row| row.status != TieOutStatus::TiesOut)
        .map(|row| {
            format!(
                "{} {} {} {:?}",
                row.measure, row.entity, row.difference, row.status
            )
        })
        .collect()
}
