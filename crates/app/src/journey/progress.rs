//! Work billed in parts: milestones, percentages, amounts and hours of an agreed value. An accepted
//! part becomes a component of the contract that is charged once, so it is billed, recognised, taxed
//! and credited like everything else; taking it back removes the component, and the next bill run
//! gives back what was billed for it.

use crate::Refusal;
use crate::command::{Answer, BillProgress, PlanProgress, UndoProgress};
use crate::fault::{AppFault, stored_value};
use crate::journey::contract as contracts_journey;
use crate::record::{Context, Recorder};
use commerce::{
    Amendment, BillingFrequency, Change, Charge, Contract, NewComponent, Pattern, Timing,
};
use serde_json::json;
use std::collections::BTreeSet;
use store::Tx;
use store::contracts::ContractRow;
use store::progress::{self, ProgressPartRow, ProgressPlanRow};
use values::{
    ComponentId, ContractId, Currency, Date, Money, ProductCode, Quantity, Rounding, UnitPrice,
    round_to_minor,
};

/// `plan_progress`.
///
/// # Errors
/// When the id is taken, the product is unknown, or the milestones come to more than the value.
pub fn plan(tx: &mut Tx<'_>, context: &Context, body: &PlanProgress) -> Result<Answer, AppFault> {
    let (_, contract) = contracts_journey::load(tx, &body.contract)?;
    let mut wrong = Vec::new();
    if body.id.trim().is_empty() || body.id.len() > 60 {
        let message = "a plan has an id of 1 to 60 letters";
        wrong.push(Refusal::field("bad_identifier", "id", message));
    } else if progress::plan(tx, &body.id)?.is_some() {
        let message = format!("there is a plan {} already; take another id", body.id);
        wrong.push(Refusal::field("plan_exists", "id", message));
    }
    let mut products = context.books.catalogue.products.iter();
    let product = products.find(|product| product.code == body.product);
    if product.is_none() {
        let message = format!(
            "product {} is not in the catalogue; publish it first",
            body.product
        );
        wrong.push(Refusal::field("unknown_product", "product", message));
    }
    let value = above_zero(&body.value, contract.currency, "value", &mut wrong);
    let (mut parts, mut sum, mut names) = (Vec::new(), 0_i64, BTreeSet::new());
    for (index, milestone) in body.milestones.iter().enumerate() {
        let field = format!("milestones[{index}].amount");
        let amount = above_zero(&milestone.amount, contract.currency, &field, &mut wrong);
        sum = sum.saturating_add(amount);
        let name = milestone.name.trim();
        if name.is_empty() || !names.insert(name.to_owned()) {
            let field = format!("milestones[{index}].name");
            let message = "each milestone has a name of its own";
            wrong.push(Refusal::field("bad_identifier", &field, message));
        }
        parts.push(ProgressPartRow {
            plan: body.id.clone(),
            number: index as i64 + 1,
            name: name.to_owned(),
            words: "milestone".to_owned(),
            amount,
            status: "planned".to_owned(),
            effective: String::new(),
            component: String::new(),
            actor: context.actor.clone(),
        });
    }
    if sum > value && value > 0 {
        let message = format!(
            "the milestones come to {}, which is more than the value, {}",
            Money::from_minor(sum, contract.currency),
            Money::from_minor(value, contract.currency)
        );
        wrong.push(Refusal::field("above_the_value", "milestones", message));
    }
    if !wrong.is_empty() {
        return Err(AppFault::Refused(wrong));
    }
    let named = product
        .map(|product| product.name.clone())
        .unwrap_or_default();
    let row = ProgressPlanRow {
        id: body.id.clone(),
        contract: body.contract.as_str().to_owned(),
        product: body.product.as_str().to_owned(),
        description: body.description.clone().unwrap_or(named),
        currency: contract.currency.code().to_owned(),
        value,
        created: context.now.microseconds(),
    };
    ProgressPlanRow::insert(tx, std::slice::from_ref(&row))?;
    ProgressPartRow::insert(tx, &parts)?;
    stands(tx, &row)
}

fn above_zero(text: &str, currency: Currency, field: &str, wrong: &mut Vec<Refusal>) -> i64 {
    match Money::parse(text, currency) {
        Ok(money) if money.minor > 0 => money.minor,
        Ok(money) => {
            let message = format!("{money} is not above zero");
            wrong.push(Refusal::field("bad_amount", field, message));
            0
        }
        Err(refused) => {
            wrong.push(Refusal::field("bad_amount", field, refused.to_string()));
            0
        }
    }
}

fn load(tx: &mut Tx<'_>, id: &str) -> Result<ProgressPlanRow, AppFault> {
    progress::plan(tx, id)?.ok_or_else(|| AppFault::NotFound {
        kind: "plan",
        id: id.to_owned(),
    })
}

/// What of a plan's value is accepted and what remains.
fn stands(tx: &mut Tx<'_>, plan: &ProgressPlanRow) -> Result<Answer, AppFault> {
    let currency: Currency = stored_value("currency", &plan.currency)?;
    let parts = progress::parts(tx, &plan.id)?;
    let accepted = accepted(&parts);
    let money = |minor| Money::from_minor(minor, currency);
    let shown: Vec<Answer> = parts
        .iter()
        .map(|part| {
            json!({
                "name": part.name, "amount": money(part.amount), "status": part.status,
                "arithmetic": part.words, "on": part.effective, "component": part.component,
            })
        })
        .collect();
    Ok(json!({
        "plan": plan.id, "contract": plan.contract, "value": money(plan.value),
        "billed": money(accepted), "remaining": money(plan.value - accepted), "parts": shown,
    }))
}

fn accepted(parts: &[ProgressPartRow]) -> i64 {
    let accepted = parts.iter().filter(|part| part.status == "accepted");
    accepted.map(|part| part.amount).sum()
}

/// A part that is to be billed: its row, and whether it was planned before.
struct Part {
    row: ProgressPartRow,
    is_planned: bool,
}

/// `bill_progress`.
///
/// # Errors
/// When the part is accepted already, more than the value would be billed, or the day lies outside
/// the contract.
pub fn bill(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &BillProgress,
) -> Result<Answer, AppFault> {
    let plan = load(tx, &body.plan)?;
    let currency: Currency = stored_value("currency", &plan.currency)?;
    let parts = progress::parts(tx, &plan.id)?;
    let Part {
        mut row,
        is_planned,
    } = part_of(&plan, &parts, currency, body)?;
    let remaining = plan.value - accepted(&parts);
    if row.amount > remaining {
        let message = format!(
            "{} is more than what remains of {}: {}",
            Money::from_minor(row.amount, currency),
            plan.id,
            Money::from_minor(remaining, currency)
        );
        return Err(Refusal::field("above_the_value", "amount", message).into());
    }
    // A part that was taken back and is accepted again is another component.
    let contract: ContractId = stored_value("contract id", &plan.contract)?;
    let (contract_row, contract) = contracts_journey::load(tx, &contract)?;
    let component = free_id(&contract, &plan.id, row.number)?;
    row.status = "accepted".to_owned();
    row.effective = body.on.to_string();
    row.component = component.as_str().to_owned();
    row.actor.clone_from(&context.actor);
    if is_planned {
        let before = parts.iter().find(|part| part.number == row.number);
        let before = before.map_or("planned", |part| part.status.as_str());
        if !progress::move_part(tx, &row, before)? {
            return Err(already(&row).into());
        }
    } else {
        ProgressPartRow::insert(tx, std::slice::from_ref(&row))?;
    }
    let new = component_of(context, &contract, &plan, &row, component, body)?;
    let amendment = Amendment {
        change: Change::AddComponent {
            component: new,
            effective: body.on,
        },
        reason: format!("{}: {} was accepted", plan.description, row.name),
    };
    amend(tx, context, key, (contract_row, &contract), &amendment)?;
    stands(tx, &plan)
}

fn already(row: &ProgressPartRow) -> Refusal {
    let message = format!(
        "{} was accepted on {} and is billed once; take it back before it is accepted again",
        row.name, row.effective
    );
    Refusal::field("already_accepted", "milestone", message)
}

/// The part that the body names: its milestone, or one that is made of its figures.
fn part_of(
    plan: &ProgressPlanRow,
    parts: &[ProgressPartRow],
    currency: Currency,
    body: &BillProgress,
) -> Result<Part, AppFault> {
    if let Some(name) = &body.milestone {
        let found = parts
            .iter()
            .find(|part| part.name == *name && part.words == "milestone");
        let Some(row) = found else {
            let message = format!("plan {} has no milestone {name:?}", plan.id);
            return Err(Refusal::field("unknown_milestone", "milestone", message).into());
        };
        if row.status == "accepted" {
            return Err(already(row).into());
        }
        let (row, is_planned) = (row.clone(), true);
        return Ok(Part { row, is_planned });
    }
    let value = Money::from_minor(plan.value, currency);
    let exact = |exact: Option<values::Decimal>| -> Result<i64, AppFault> {
        let exact = exact.ok_or(values::MoneyRefused::TooLarge)?;
        Ok(round_to_minor(exact, currency, Rounding::HalfUp)?)
    };
    let (amount, words) = match (&body.percent, &body.amount, body.hours, body.rate) {
        (Some(percent), None, None, None) => {
            let part = value.decimal().checked_mul(percent.decimal());
            (exact(part)?, format!("{percent} × {value}"))
        }
        (None, Some(amount), None, None) => {
            let money = Money::parse(amount, currency)
                .map_err(|refused| Refusal::field("bad_amount", "amount", refused.to_string()))?;
            (money.minor, format!("{money} of {value}"))
        }
        (None, None, Some(hours), Some(rate)) => {
            let price = hours.decimal().checked_mul(rate.decimal());
            (exact(price)?, format!("{hours} hours × {rate}"))
        }
        _ => {
            let message = "state one of milestone, percent, amount, and hours with rate";
            return Err(Refusal::whole("what_is_billed", message).into());
        }
    };
    if amount <= 0 {
        let message = "what is billed is above zero; take a part back with undo_progress";
        return Err(Refusal::whole("bad_amount", message).into());
    }
    let name = body.name.as_deref().map(str::trim).unwrap_or_default();
    if name.is_empty() || parts.iter().any(|part| part.name == name) {
        let message = format!(
            "the part needs a name that no other part of {} has",
            plan.id
        );
        return Err(Refusal::field("name_missing", "name", message).into());
    }
    Ok(Part {
        row: ProgressPartRow {
            plan: plan.id.clone(),
            number: parts.iter().map(|part| part.number).max().unwrap_or(0) + 1,
            name: name.to_owned(),
            words,
            amount,
            status: "accepted".to_owned(),
            effective: String::new(),
            component: String::new(),
            actor: String::new(),
        },
        is_planned: false,
    })
}

/// An id that no component of the contract has had.
fn free_id(
    contract: &commerce::Contract,
    plan: &str,
    number: i64,
) -> Result<ComponentId, AppFault> {
    let mut id = format!("{plan}-{number}");
    let taken = |id: &str| {
        contract
            .components
            .iter()
            .any(|known| known.id.as_str() == id)
    };
    let mut again = 1;
    while taken(&id) {
        again += 1;
        id = format!("{plan}-{number}-{again}");
    }
    Ok(id.parse()?)
}

/// What is sold: the amount, once, on the day.
fn component_of(
    context: &Context,
    contract: &commerce::Contract,
    plan: &ProgressPlanRow,
    part: &ProgressPartRow,
    id: ComponentId,
    body: &BillProgress,
) -> Result<NewComponent, AppFault> {
    let code: ProductCode = stored_value("product", &plan.product)?;
    let mut products = context.books.catalogue.products.iter();
    let product = products.find(|product| product.code == code);
    let product = product.ok_or_else(|| AppFault::NotFound {
        kind: "product",
        id: plan.product.clone(),
    })?;
    let currency: Currency = stored_value("currency", &plan.currency)?;
    let (quantity, charge) = match (body.hours, body.rate) {
        (Some(hours), Some(rate)) if body.milestone.is_none() => (hours, Charge::per_unit(rate)),
        _ => {
            let amount = Money::from_minor(part.amount, currency).decimal();
            (Quantity::from(1), Charge::flat(UnitPrice::new(amount)))
        }
    };
    Ok(NewComponent {
        id,
        product: code,
        description: format!("{}: {}", plan.description, part.name),
        tax_code: product.tax_code.clone(),
        revenue_account_class: product.revenue_account_class.clone(),
        billing: BillingFrequency::OneOff,
        timing: Timing::Advance,
        policy: context.books.catalogue.policy(product, &contract.entity),
        recognition: body.recognition.unwrap_or(Pattern::AtStart),
        quantity,
        charge,
        measure: None,
    })
}

/// `undo_progress`.
///
/// # Errors
/// When there is no such part or it is not accepted.
pub fn undo(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &UndoProgress,
) -> Result<Answer, AppFault> {
    let plan = load(tx, &body.plan)?;
    let parts = progress::parts(tx, &plan.id)?;
    let found = parts.iter().find(|part| part.name == body.part);
    let Some(row) = found.filter(|part| part.status == "accepted") else {
        let message = format!("plan {} has no accepted part {:?}", plan.id, body.part);
        return Err(Refusal::field("not_accepted", "part", message).into());
    };
    if body.reason.trim().is_empty() {
        let message = "say why the acceptance is taken back";
        return Err(Refusal::field("reason_missing", "reason", message).into());
    }
    let component: ComponentId = stored_value("component id", &row.component)?;
    let effective: Date = stored_value("date", &row.effective)?;
    // A milestone may be accepted again; a part that was made of figures is gone.
    let after = if row.words == "milestone" {
        "planned"
    } else {
        "undone"
    };
    let next = ProgressPartRow {
        status: after.to_owned(),
        effective: String::new(),
        component: String::new(),
        actor: context.actor.clone(),
        ..row.clone()
    };
    if !progress::move_part(tx, &next, "accepted")? {
        let message = format!("{} was taken back before", row.name);
        return Err(Refusal::field("not_accepted", "part", message).into());
    }
    let contract: ContractId = stored_value("contract id", &plan.contract)?;
    let (contract_row, contract) = contracts_journey::load(tx, &contract)?;
    let amendment = Amendment {
        change: Change::RemoveComponent {
            component,
            effective,
        },
        reason: format!(
            "{}: {} was taken back: {}",
            plan.description, row.name, body.reason
        ),
    };
    amend(tx, context, key, (contract_row, &contract), &amendment)?;
    stands(tx, &plan)
}

/// Applies the amendment that accepting a part, or taking it back, makes of the contract.
fn amend(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    (row, contract): (ContractRow, &Contract),
    amendment: &Amendment,
) -> Result<(), AppFault> {
    let chain = stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, chain, "/commands", key);
    contracts_journey::apply(tx, context, &mut recorder, row, contract, amendment, &[])?;
    recorder.finish(tx)
}

impl crate::App {
    /// The plans of a contract as they stand, each with its parts and what remains.
    ///
    /// # Errors
    /// When the store fails.
    pub fn progress_of(&self, contract: &str) -> Result<Vec<Answer>, AppFault> {
        let contract = contract.to_owned();
        self.store().read(move |tx| {
            let plans = progress::plans_of(tx, &contract)?;
            plans.iter().map(|plan| stands(tx, plan)).collect()
        })
    }
}
