//! A new price for contracts that run, as an object: planned, previewed by the function that decides,
//! approved by a second person, and made page by page as amendments of the contracts. What was not in
//! the preview is not touched; a contract that has changed since keeps its price and says so; one that
//! refuses is held with an exception and stops nobody.

mod report;

use crate::command::{
    AmendContract, Answer, ApprovePriceChange, CancelPriceChange, ChangeBody, Command, Envelope,
    PlanPriceChange,
};
use crate::fault::{AppFault, stored, stored_value, to_store};
use crate::governance::gate;
use crate::journey::contract::listed;
use crate::journey::exception::{self, NewException};
use crate::record::Context;
use crate::worker::{self, Progress};
use crate::{App, Refusal};
use commerce::{Contract, KeepsPrice, Repricing, reprice, total_value};
use report::report;
use serde_json::json;
use store::contracts::{self, ContractRow};
use store::price_changes::{self, PriceChangeResult, PriceChangeRow};
use store::{StoreFault, Tx};
use values::{ContractId, PriceChangeId};

/// Who amends when the worker runs.
const ACTOR: &str = "tieout/prices";
/// Contracts looked at in one transaction of the preview.
const A_PAGE: i64 = 500;
/// Contracts amended in one transaction.
const A_STEP: i64 = 50;

/// `plan_price_change` by a person.
///
/// # Errors
/// When there is such a price change already, or what it is narrowed to does not exist.
pub(crate) fn plan(
    tx: &mut Tx<'_>,
    context: &Context,
    person: &str,
    body: &PlanPriceChange,
) -> Result<Answer, AppFault> {
    let products = &context.books.catalogue.products;
    if !products.iter().any(|known| known.code == body.product) {
        let message = format!(
            "product {} is not in the catalogue; publish it or correct the code",
            body.product
        );
        return Err(Refusal::field("unknown_product", "product", message).into());
    }
    if let Some(entity) = &body.entity {
        context.books.entity(entity)?;
    }
    if body.reason.trim().is_empty() {
        let message = "say why; it stands on the amendment of every contract";
        return Err(Refusal::field("reason_missing", "reason", message).into());
    }
    let id = body
        .id
        .clone()
        .unwrap_or_else(|| PriceChangeId::mint(&*context.ids, context.now));
    if price_changes::one(tx, id.as_str())?.is_some() {
        let message =
            format!("there is a price change {id} already; leave the id out to get a new one");
        return Err(Refusal::field("price_change_exists", "id", message).into());
    }
    let entity = body.entity.as_ref();
    let row = PriceChangeRow {
        id: id.as_str().to_owned(),
        status: "planned".to_owned(),
        product: body.product.as_str().to_owned(),
        entity: entity.map_or_else(String::new, |id| id.as_str().to_owned()),
        effective: body.effective.to_string(),
        body: to_store("price change", body)?,
        reason: String::new(),
        maker: person.to_owned(),
        checker: String::new(),
        after_contract: String::new(),
        correlation: context.new_chain().as_str().to_owned(),
        created: context.now.microseconds(),
        changed: context.now.microseconds(),
    };
    PriceChangeRow::insert(tx, std::slice::from_ref(&row))?;
    Ok(said(&row))
}

/// `approve_price_change` by another person than its maker. It runs from then on.
///
/// # Errors
/// When it waits for nobody, or its maker asks.
pub(crate) fn approve(
    tx: &mut Tx<'_>,
    context: &Context,
    person: &str,
    body: &ApprovePriceChange,
) -> Result<Answer, AppFault> {
    let before = load(tx, body.price_change.as_str())?;
    if before.status == "planned" {
        let message = format!(
            "price change {} is being previewed; approve it once its figures are known",
            before.id
        );
        return Err(Refusal::field("not_previewed", "price_change", message).into());
    }
    if before.status != "waiting" {
        return Err(cannot(&before, "be approved"));
    }
    if control::approval::four_eyes(&before.maker, person).is_err() {
        let message = format!(
            "{} planned price change {} and cannot approve it; another person must",
            before.maker, before.id
        );
        return Err(Refusal::field("maker_is_checker", "price_change", message).into());
    }
    let row = PriceChangeRow {
        status: "running".to_owned(),
        checker: person.to_owned(),
        after_contract: String::new(),
        ..before.clone()
    };
    let row = put(tx, context, &before, row)?;
    report(tx, context, &row)?;
    Ok(said(&row))
}

/// `cancel_price_change`. What it has amended stays amended.
///
/// # Errors
/// When it is over.
pub(crate) fn cancel(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &CancelPriceChange,
) -> Result<Answer, AppFault> {
    let before = load(tx, body.price_change.as_str())?;
    if matches!(before.status.as_str(), "done" | "cancelled") {
        return Err(cannot(&before, "be cancelled"));
    }
    if body.reason.trim().is_empty() {
        let message = "say why; it stands beside the price change for whoever looks at it next";
        return Err(Refusal::field("reason_missing", "reason", message).into());
    }
    let row = PriceChangeRow {
        status: "cancelled".to_owned(),
        reason: body.reason.clone(),
        ..before.clone()
    };
    let row = put(tx, context, &before, row)?;
    report(tx, context, &row)?;
    Ok(said(&row))
}

fn cannot(row: &PriceChangeRow, what: &str) -> AppFault {
    let message = format!(
        "price change {} is {} and cannot {what}",
        row.id, row.status
    );
    Refusal::field("price_change_state", "price_change", message).into()
}

fn said(row: &PriceChangeRow) -> Answer {
    json!({ "price_change": row.id, "status": row.status })
}

/// A price change by id.
pub(crate) fn load(tx: &mut Tx<'_>, id: &str) -> Result<PriceChangeRow, AppFault> {
    price_changes::one(tx, id)?.ok_or_else(|| AppFault::NotFound {
        kind: "price change",
        id: id.to_owned(),
    })
}

/// Writes a price change back; another that has moved it meanwhile comes first.
fn put(
    tx: &mut Tx<'_>,
    context: &Context,
    before: &PriceChangeRow,
    row: PriceChangeRow,
) -> Result<PriceChangeRow, AppFault> {
    let row = PriceChangeRow {
        changed: context.now.microseconds(),
        ..row
    };
    if price_changes::put(tx, before, &row)? {
        return Ok(row);
    }
    let message = format!("price change {} has been moved by somebody else", row.id);
    Err(StoreFault::Contended(message).into())
}

/// Does what price changes wait for.
pub(crate) fn work(app: &App) -> Progress {
    worker::when_waiting(
        app,
        ("worker/price-changes", "price changes"),
        |tx| Ok(!price_changes::to_work(tx)?.is_empty()),
        || app.work_price_changes(),
    )
}

impl App {
    /// Previews every planned price change and goes on with every one that runs, until each waits or is
    /// done. Returns how many it moved.
    ///
    /// # Errors
    /// When the store fails; the next call goes on from the last durable page.
    pub fn work_price_changes(&self) -> Result<u64, AppFault> {
        let rows = self
            .store()
            .read(|tx| price_changes::to_work(tx).map_err(AppFault::from))?;
        let mut moved = 0;
        for row in rows {
            let step = match row.status.as_str() {
                "planned" => preview,
                _ => make,
            };
            // One page a transaction; the position moves with it.
            loop {
                let id = row.id.clone();
                if self.run(ACTOR, move |tx, context| step(tx, context, &id))? {
                    break;
                }
            }
            moved += 1;
        }
        Ok(moved)
    }
}

/// What a price change comes to on the next contracts; true when there are no more.
fn preview(tx: &mut Tx<'_>, context: &Context, id: &str) -> Result<bool, AppFault> {
    let before = load(tx, id)?;
    if before.status != "planned" {
        return Ok(true);
    }
    let body: PlanPriceChange = stored("price change", &before.body)?;
    let (product, entity) = (before.product.as_str(), before.entity.as_str());
    let after = before.after_contract.as_str();
    let ids = price_changes::with_product(tx, product, entity, after, A_PAGE)?;
    let Some(last) = ids.last().cloned() else {
        let row = PriceChangeRow {
            status: "waiting".to_owned(),
            ..before.clone()
        };
        put(tx, context, &before, row)?;
        return Ok(true);
    };
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut results = Vec::with_capacity(ids.len());
    for row in contracts::by_ids(tx, &ids)? {
        results.push(foreseen(context, &before.id, &body, &row)?);
    }
    PriceChangeResult::insert(tx, &results)?;
    let row = PriceChangeRow {
        after_contract: last,
        ..before.clone()
    };
    put(tx, context, &before, row)?;
    Ok(false)
}

/// What a price change comes to on one contract.
fn foreseen(
    context: &Context,
    id: &str,
    body: &PlanPriceChange,
    row: &ContractRow,
) -> Result<PriceChangeResult, AppFault> {
    let mut result = PriceChangeResult {
        price_change: id.to_owned(),
        contract: row.id.clone(),
        customer: row.customer.clone(),
        version: row.version,
        currency: row.currency.clone(),
        outcome: "excluded".to_owned(),
        code: "excepted".to_owned(),
        why: "it is named as an exception".to_owned(),
        monthly_before: 0,
        monthly_after: 0,
        value_before: row.value,
        value_after: row.value,
    };
    if body.except.iter().any(|id| id.as_str() == row.id) {
        return Ok(result);
    }
    let contract: Contract = match stored("contract", &row.body) {
        Ok(contract) => contract,
        Err(fault) => {
            "unreadable".clone_into(&mut result.code);
            result.why = fault.to_string();
            return Ok(result);
        }
    };
    match changed(context, body, &contract) {
        Ok((repriced, next)) => {
            "expected".clone_into(&mut result.outcome);
            result.code.clear();
            result.why.clear();
            result.monthly_before = repriced.monthly_before.minor;
            result.monthly_after = repriced.monthly_after.minor;
            result.value_after = next;
        }
        Err(keeps) => {
            keeps.code().clone_into(&mut result.code);
            result.why = keeps.to_string();
        }
    }
    Ok(result)
}

/// What changes on a contract, and its value afterwards.
fn changed(
    context: &Context,
    body: &PlanPriceChange,
    contract: &Contract,
) -> Result<(commerce::Repriced, i64), KeepsPrice> {
    let repricing = Repricing {
        product: body.product.clone(),
        effective: body.effective,
        price: body.price.clone(),
    };
    let repriced = reprice(contract, &repricing, |component, on| {
        listed(context, contract, component, on)
    })?;
    let mut next = contract.clone();
    for (component, charge) in &repriced.charges {
        let from = contract
            .component(component)
            .map_or(body.effective, |held| held.from);
        let change = commerce::Change::ChangePrice {
            component: component.clone(),
            charge: charge.clone(),
            effective: body.effective.max(from),
        };
        next = commerce::agree(&next, &change).map_err(|refusal| KeepsPrice::NotPriced {
            component: component.clone(),
            why: refusal.to_string(),
        })?;
    }
    match (total_value(&next), repriced.charges.first()) {
        (Ok(value), _) => Ok((repriced, value.minor)),
        (Err(refusal), Some((component, _))) => Err(KeepsPrice::NotPriced {
            component: component.clone(),
            why: refusal.to_string(),
        }),
        (Err(_), None) => Err(KeepsPrice::Same),
    }
}

/// Amends the next contracts; true when there are no more.
fn make(tx: &mut Tx<'_>, context: &Context, id: &str) -> Result<bool, AppFault> {
    let before = load(tx, id)?;
    if before.status != "running" {
        return Ok(true);
    }
    let body: PlanPriceChange = stored("price change", &before.body)?;
    let after = before.after_contract.as_str();
    let expected = price_changes::results(tx, id, "expected", after, A_STEP)?;
    let Some(last) = expected.last().map(|result| result.contract.clone()) else {
        let row = PriceChangeRow {
            status: "done".to_owned(),
            ..before.clone()
        };
        let row = put(tx, context, &before, row)?;
        report(tx, context, &row)?;
        return Ok(true);
    };
    for result in expected {
        let outcome = tx.attempt(|tx| amend(tx, context, &body, &result));
        let concluded = match outcome {
            Ok(value_after) => PriceChangeResult {
                outcome: "repriced".to_owned(),
                value_after,
                ..result
            },
            Err(fault) if fault.is_its_own() => held(tx, context, &result, &fault)?,
            Err(fault) => return Err(fault),
        };
        price_changes::conclude(tx, &concluded)?;
    }
    let row = PriceChangeRow {
        after_contract: last,
        ..before.clone()
    };
    put(tx, context, &before, row)?;
    Ok(false)
}

/// Amends one contract as it was previewed; answers its value.
fn amend(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &PlanPriceChange,
    result: &PriceChangeResult,
) -> Result<i64, AppFault> {
    let id: ContractId = stored_value("contract id", &result.contract)?;
    let (row, contract) = crate::journey::contract::load(tx, &id)?;
    if row.version != result.version {
        let message = format!(
            "contract {id} was previewed at version {} and is at version {} now; plan another price change for it",
            result.version, row.version
        );
        return Err(Refusal::whole("changed_since_preview", message).into());
    }
    let (repriced, _) = changed(context, body, &contract)
        .map_err(|keeps| Refusal::whole(keeps.code(), keeps.to_string()))?;
    for (component, charge) in repriced.charges {
        let held = contract
            .component(&component)
            .map_err(|refusal| Refusal::whole(refusal.code(), refusal.to_string()))?;
        let effective = body.effective.max(held.from);
        // A price that was agreed with tax in it is stated with tax again.
        let with_tax = contract
            .tax_in_price(&component, effective)
            .and_then(|rate| commerce::with_tax(&charge, rate));
        let change = ChangeBody::Price {
            component: Some(component.clone()),
            unit_price: None,
            price_includes_tax: Some(with_tax.is_some()),
            charge: Some(with_tax.unwrap_or(charge)),
        };
        let command = Command::AmendContract(AmendContract {
            contract: id.clone(),
            effective,
            change,
            reason: body.reason.clone(),
            references: Vec::new(),
        });
        let envelope = Envelope {
            client: ACTOR.to_owned(),
            key: format!("price-change/{}/{id}/{component}", result.price_change),
            actor: context.actor.clone(),
            command,
        };
        if gate::admit(tx, context, &envelope)?.is_some() {
            let message =
                format!("another system owns the price of contract {id}; change it there");
            return Err(Refusal::whole("not_the_owner", message).into());
        }
        crate::journey::perform(tx, context, &envelope.key, &envelope.command)?;
    }
    let now = contracts::contract(tx, id.as_str())?;
    Ok(now.map_or(result.value_after, |row| row.value))
}

fn held(
    tx: &mut Tx<'_>,
    context: &Context,
    result: &PriceChangeResult,
    fault: &AppFault,
) -> Result<PriceChangeResult, AppFault> {
    let code = match fault {
        AppFault::Refused(refused) => refused.first().map(|first| first.code.clone()),
        _ => None,
    };
    let new = NewException {
        key: format!("price-change/{}/{}", result.price_change, result.contract),
        class: "price_change_held",
        summary: format!(
            "Contract {} keeps its price in price change {}: {fault}",
            result.contract, result.price_change
        ),
        detail: fault.to_string(),
        customer: result.customer.clone(),
        document: result.contract.clone(),
        ..NewException::default()
    };
    exception::open(tx, context, new)?;
    Ok(PriceChangeResult {
        outcome: "held".to_owned(),
        code: code.unwrap_or_else(|| "unreadable".to_owned()),
        why: fault.to_string(),
        value_after: result.value_before,
        ..result.clone()
    })
}
