//! A company that sells in euros without tax, and what it bills as text.

use app::command::{Answer, Command};
use app::{App, AppFault, MonotonicIds, SimulatedClock};
use commerce::Contract;
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Durability, Location, Store, documents};

/// Who asks, and who agrees where a second person must.
const ACTOR: &str = "rita";
const CHECKER: &str = "dana";

pub struct Company {
    pub app: App,
    pub clock: Arc<SimulatedClock>,
}

impl Company {
    /// Books in euros on New Year's Day 2026, with one customer.
    pub fn new() -> Company {
        let clock = Arc::new(SimulatedClock::at("2026-01-01T12:00:00Z".parse().unwrap()));
        let ids = Arc::new(MonotonicIds::new(1, 0));
        let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
        let app = App::open(store, clock.clone(), ids, events::Origin::Simulation).unwrap();
        let company = Company { app, clock };
        for (name, role) in [
            (ACTOR, control::Role::RevOps),
            (CHECKER, control::Role::Controller),
        ] {
            company.app.put_user(name, role, "hash").unwrap();
        }
        company.act(
            "create_entity",
            json!({ "id": "DE", "name": "Beispiel GmbH", "currency": "EUR", "time_zone": "Europe/Berlin" }),
        );
        company.act("set_tax_rate", json!({ "entity": "DE", "rate": "0" }));
        company.act(
            "create_customer",
            json!({ "id": "acme", "legal_name": "Acme GmbH" }),
        );
        company
    }

    pub fn try_act(&self, name: &str, body: Value) -> Result<Answer, AppFault> {
        let command = Command::read(name, body).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        self.app.act_approved(ACTOR, CHECKER, command)
    }

    pub fn act(&self, name: &str, body: Value) -> Answer {
        self.try_act(name, body)
            .unwrap_or_else(|fault| panic!("{name}: {fault:?}"))
    }

    /// What a refused command says, as `code: message`.
    pub fn refused(&self, name: &str, body: Value) -> String {
        match self.try_act(name, body) {
            Err(AppFault::Refused(refused)) => {
                format!("{}: {}", refused[0].code, refused[0].message)
            }
            other => panic!("{name} is not refused: {other:?}"),
        }
    }

    /// A product with one price in euros, billed in advance.
    pub fn product(&self, code: &str, billing: &str, charge: Value) {
        self.act(
            "publish_product",
            json!({ "code": code, "name": code, "prices": [
                { "currency": "EUR", "billing": billing, "charge": charge }] }),
        );
    }

    /// Contract `id` from the first to the last day.
    pub fn contract(&self, id: &str, (first, last): (&str, &str), lines: Value) -> Answer {
        self.act(
            "activate_contract",
            json!({ "id": id, "customer": "acme", "entity": "DE", "start": first, "end": last,
                "lines": lines }),
        )
    }

    /// Noon of a day.
    pub fn day(&self, day: &str) {
        let noon = format!("{day}T12:00:00Z");
        self.clock.move_to(noon.parse().unwrap());
    }

    /// An amendment of contract C-1.
    pub fn amend(&self, effective: &str, change: Value) -> Answer {
        self.act(
            "amend_contract",
            json!({ "contract": "C-1", "effective": effective, "change": change, "reason": "asked for" }),
        )
    }

    /// Bills everything that is due through a day, on that day: `component first-day last-day net` of
    /// each line in order, a credit below zero.
    pub fn bill(&self, day: &str) -> Vec<String> {
        let lines = self.billed(day);
        lines.into_iter().map(|(line, _)| line).collect()
    }

    /// As [`Company::bill`], with the arithmetic of each line.
    pub fn bill_with_arithmetic(&self, day: &str) -> Vec<String> {
        let lines = self.billed(day);
        let told = |(line, arithmetic): (String, String)| format!("{line} | {arithmetic}");
        lines.into_iter().map(told).collect()
    }

    /// What is billed in all through a day, on that day.
    pub fn bill_in_all(&self, day: &str) -> String {
        amount(self.run(day).iter().map(|line| line.net).sum())
    }

    fn billed(&self, day: &str) -> Vec<(String, String)> {
        let told = |line: documents::LineRow| {
            let last = line.period_until.parse::<values::Date>().unwrap();
            let last = last.yesterday().unwrap();
            let net = amount(line.net);
            (
                format!("{} {} {last} {net}", line.component, line.period_from),
                line.arithmetic,
            )
        };
        let mut lines: Vec<_> = self.run(day).into_iter().map(told).collect();
        lines.sort();
        lines
    }

    /// The lines of a bill run, below zero on credit notes.
    fn run(&self, day: &str) -> Vec<documents::LineRow> {
        self.day(day);
        let answer = self.act("run_billing", json!({ "through": day }));
        assert_eq!(answer["held"], 0, "{answer}");
        let mut lines = Vec::new();
        for id in answer["documents"].as_array().unwrap() {
            let id = id.as_str().unwrap().to_owned();
            let (kind, rows) = self
                .app
                .store()
                .read(move |tx| -> Result<_, store::StoreFault> {
                    let kind = documents::document(tx, &id)?.unwrap().kind;
                    Ok((kind, documents::lines_of(tx, &id)?))
                })
                .unwrap();
            let sign = if kind == "credit_note" { -1 } else { 1 };
            lines.extend(rows.into_iter().map(|row| documents::LineRow {
                net: row.net * sign,
                ..row
            }));
        }
        lines
    }

    /// A contract as it is kept.
    pub fn kept(&self, id: &str) -> Contract {
        let id = id.to_owned();
        let row = self
            .app
            .store()
            .read(move |tx| store::contracts::contract(tx, &id))
            .unwrap()
            .unwrap();
        serde_json::from_str(&row.body).unwrap()
    }

    /// What a contract is worth over its life.
    pub fn value(&self, id: &str) -> String {
        amount(commerce::total_value(&self.kept(id)).unwrap().minor)
    }

    pub fn must_tie_out(&self) {
        for row in self.app.tie_outs().unwrap() {
            assert_eq!(row.difference.minor, 0, "{row:?}");
        }
    }
}

/// Cents as euros.
pub fn amount(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let minor = minor.abs();
    format!("{sign}{}.{:02}", minor / 100, minor % 100)
}
