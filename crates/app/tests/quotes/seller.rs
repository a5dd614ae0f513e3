//! A company that sells: two people in revenue operations, a controller, plans and a template.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::company::{Company, command};
use app::AppFault;
use app::command::Answer;
use app::journey::quote::QuoteDetail;
use control::Role;
use serde_json::{Value, json};

/// The company of the other tests with its sellers.
pub fn company() -> Company {
    let company = Company::new();
    for (name, role) in [
        ("rita", Role::RevOps),
        ("omar", Role::RevOps),
        ("dana", Role::Controller),
        ("kim", Role::Auditor),
    ] {
        company.app.put_user(name, role, "hash").unwrap();
    }
    company
}

/// What a quote of `quantity` seats for a year says.
pub fn seats(quantity: &str, discount: &str) -> Value {
    json!({ "customer": "ACME", "entity": "DE", "start": "2026-02-01", "months": 12,
        "lines": [{ "product": "SEAT", "quantity": quantity, "discount": discount }] })
}

pub fn create(company: &Company, id: &str, content: Value) -> Answer {
    act(
        company,
        "rita",
        "create_quote",
        json!({ "id": id, "content": content }),
    )
    .unwrap()
}

pub fn act(company: &Company, who: &str, name: &str, body: Value) -> Result<Answer, AppFault> {
    company.app.act(who, command(name, body))
}

pub fn submit(company: &Company, id: &str, version: u32) -> Result<Answer, AppFault> {
    act(
        company,
        "rita",
        "submit_quote",
        json!({ "quote": id, "version": version }),
    )
}

pub fn accept(company: &Company, id: &str, version: u32) -> Result<Answer, AppFault> {
    act(
        company,
        "rita",
        "accept_quote",
        json!({ "quote": id, "version": version }),
    )
}

pub fn convert(company: &Company, id: &str, version: u32) -> Result<Answer, AppFault> {
    act(
        company,
        "rita",
        "convert_quote",
        json!({ "quote": id, "version": version }),
    )
}

pub fn grant(company: &Company, who: &str, answer: &Answer) -> Result<Answer, AppFault> {
    act(
        company,
        who,
        "grant_approval",
        json!({ "approval": answer["approval"] }),
    )
}

pub fn detail(company: &Company, id: &str) -> QuoteDetail {
    company.app.quote(id).unwrap()
}

/// What a refused command says, each with its field.
pub fn said(outcome: Result<Answer, AppFault>) -> Vec<String> {
    match outcome.unwrap_err() {
        AppFault::Refused(refusals) => refusals
            .into_iter()
            .map(|it| match it.field {
                Some(field) => format!("{field}: {}", it.message),
                None => it.message,
            })
            .collect(),
        fault => vec![fault.to_string()],
    }
}

/// How many contracts there are.
pub fn contracts(company: &Company) -> usize {
    company
        .app
        .store()
        .read(|tx| store::contracts::all_after(tx, "", 100))
        .unwrap()
        .len()
}
