//! Books with very many subscriptions: one contract of two lines is put in force by the real commands,
//! and its rows are copied under new ids, as a load from another system would bring them.

use super::super::BenchFault;
use super::super::workload::{ACTOR, Workload};
use app::command::Command;
use app::{App, MonotonicIds, SimulatedClock};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use store::catalogue::CustomerRow;
use store::contracts::ContractRow;
use store::obligations::ObligationRow;
use store::{Durability, Location, Store, StoreFault};
use values::{ContractId, CorrelationId, CustomerId, IdSource, Instant, ObligationId};

/// Contracts written in one transaction.
const A_STEP: usize = 5_000;
/// Who grants what the seed asks for.
const CHECKER: &str = "checker";
/// The customer of all contracts.
const ONE: &str = "one-customer";
/// First day of every contract: the run bills its first month.
pub const START: &str = "2026-01-01";

/// Opens books for a measurement; `start` tells one life of them from the next.
///
/// # Errors
/// When they cannot be opened.
pub fn open(path: &Path, start: u32) -> Result<App, BenchFault> {
    let store = Store::open(&Location::File(path.to_path_buf()), Durability::Full)?;
    let ids = Arc::new(MonotonicIds::new(start, std::process::id()));
    let origin = events::Origin::Simulation;
    // It is the first day of every contract, so that what is agreed that day holds for the run.
    let clock = Arc::new(SimulatedClock::at(on_the_first_day()?));
    Ok(App::open(store, clock, ids, origin)?)
}

fn on_the_first_day() -> Result<Instant, BenchFault> {
    format!("{START}T12:00:00Z")
        .parse()
        .map_err(|error: values::DateRefused| BenchFault::Command {
            what: error.to_string(),
        })
}

fn act(app: &App, name: &str, body: Value) -> Result<Value, BenchFault> {
    let command = Command::read(name, body).map_err(|error| BenchFault::Command {
        what: error.to_string(),
    })?;
    // How an account is billed is agreed by two people.
    app.put_user(CHECKER, control::Role::Controller, "")?;
    Ok(app.act_approved(ACTOR, CHECKER, command)?)
}

/// Whose the contracts are, and how they are put on invoices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Of one customer each.
    Each,
    /// All of one customer, with an invoice for each.
    One,
    /// All of one customer, on one invoice.
    OneInvoice,
}

/// Makes books with `count` contracts.
///
/// # Errors
/// When the store fails.
pub fn seed(path: &Path, count: usize, whose: Whose) -> Result<App, BenchFault> {
    let app = open(path, 1)?;
    act(
        &app,
        "create_entity",
        json!({ "id": "DE", "name": "Beispiel GmbH", "currency": "EUR", "time_zone": "Europe/Berlin" }),
    )?;
    act(
        &app,
        "set_tax_rate",
        json!({ "entity": "DE", "rate": "0.19", "name": "VAT 19 %" }),
    )?;
    for (code, name, charge) in [
        (
            "SEAT",
            "Seat",
            json!({ "model": "per_unit", "unit_price": "12.50" }),
        ),
        (
            "CARE",
            "Care plan",
            json!({ "model": "flat", "amount": "49" }),
        ),
    ] {
        let price = json!({ "currency": "EUR", "billing": "monthly", "charge": charge });
        let product = json!({ "code": code, "name": name, "prices": [price] });
        act(&app, "publish_product", product)?;
    }
    Workload::without_approvals(&app)?;
    act(
        &app,
        "create_customer",
        json!({ "id": "model-customer", "legal_name": "Muster AG", "currency": "EUR" }),
    )?;
    act(
        &app,
        "activate_contract",
        json!({ "id": "model-contract", "customer": "model-customer", "entity": "DE",
            "start": START, "end": "2026-12-31", "lines": [
                { "component": "seats", "product": "SEAT", "quantity": "7" },
                { "component": "care", "product": "CARE", "quantity": "1" },
            ] }),
    )?;
    copy(&app, count, whose != Whose::Each)?;
    if whose == Whose::OneInvoice {
        act(
            &app,
            "set_consolidation",
            json!({ "customer": ONE, "policy": "per_customer", "reason": "one invoice a month" }),
        )?;
    }
    Ok(app)
}

/// The rows of the contract that is copied.
struct Model {
    customer: CustomerRow,
    contract: ContractRow,
    obligations: Vec<ObligationRow>,
}

fn copy(app: &App, count: usize, one_customer: bool) -> Result<(), BenchFault> {
    let model = app.store().read(|tx| -> Result<_, StoreFault> {
        let customer = store::catalogue::customer(tx, "model-customer")?;
        let contract = store::contracts::contract(tx, "model-contract")?;
        let obligations = store::obligations::of_contract(tx, "model-contract")?;
        Ok(customer.zip(contract).map(|(customer, contract)| Model {
            customer,
            contract,
            obligations,
        }))
    })?;
    let model = Arc::new(model.ok_or(BenchFault::NotNew)?);
    // The model itself is billed no more: every contract of the run is a copy.
    app.store().write(|tx| -> Result<(), StoreFault> {
        store::contracts::set_bill_from(tx, "model-contract", "")
    })?;
    let ids = Arc::new(MonotonicIds::new(2, std::process::id()));
    let now = on_the_first_day()?;
    let mut written = 0;
    while written < count {
        let step = A_STEP.min(count - written);
        let (model, ids) = (model.clone(), ids.clone());
        let fresh = !one_customer || written == 0;
        app.store().write(move |tx| -> Result<(), StoreFault> {
            let rows = model.copies((&*ids, now), step, one_customer);
            if fresh {
                CustomerRow::insert(tx, &rows.customers)?;
            }
            ContractRow::insert(tx, &rows.contracts)?;
            ObligationRow::insert(tx, &rows.obligations)
        })?;
        written += step;
    }
    Ok(())
}

#[derive(Default)]
struct Copies {
    customers: Vec<CustomerRow>,
    contracts: Vec<ContractRow>,
    obligations: Vec<ObligationRow>,
}

impl Model {
    fn copies(
        &self,
        (ids, now): (&dyn IdSource, Instant),
        count: usize,
        one_customer: bool,
    ) -> Copies {
        let mut copies = Copies::default();
        for number in 0..count {
            let customer = if one_customer {
                ONE.to_owned()
            } else {
                CustomerId::mint(ids, now).as_str().to_owned()
            };
            let contract = ContractId::mint(ids, now).as_str().to_owned();
            let correlation = CorrelationId::mint(ids, now).as_str().to_owned();
            let named = |text: &str| {
                text.replace("model-customer", &customer)
                    .replace("model-contract", &contract)
            };
            if !one_customer || number == 0 {
                copies.customers.push(CustomerRow {
                    id: customer.clone(),
                    correlation: correlation.clone(),
                    body: named(&self.customer.body),
                    ..self.customer.clone()
                });
            }
            for obligation in &self.obligations {
                let id = ObligationId::mint(ids, now).as_str().to_owned();
                copies.obligations.push(ObligationRow {
                    body: named(&obligation.body).replace(&obligation.id, &id),
                    id,
                    contract: contract.clone(),
                    component: named(&obligation.component),
                    customer: customer.clone(),
                    correlation: correlation.clone(),
                    ..obligation.clone()
                });
            }
            copies.contracts.push(ContractRow {
                body: named(&self.contract.body),
                id: contract.clone(),
                customer: customer.clone(),
                correlation,
                ..self.contract.clone()
            });
        }
        copies
    }
}
