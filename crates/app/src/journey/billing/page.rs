//! A page of contracts in one transaction: what was decided before is written if it still holds, and
//! the rest is decided here. Contracts that need more than rows are billed by themselves, in their
//! place, so that numbers follow the order of the run.

use super::apart;
use super::case::View;
use super::plan::Plan;
use super::{Asked, Billed, Through};
use crate::fault::{AppFault, stored_value};
use crate::journey::exception::{self, NewException};
use crate::record::Context;
use store::contracts::{self, ContractRow};
use store::{StoreFault, Tx, bill_pages};
use values::{ContractId, EntityId};

/// How often a page is decided again when others write to the same contracts.
const ATTEMPTS: usize = 5;

/// What a page came to.
pub(super) struct Page {
    /// What each contract came to, in the order of the page.
    pub(super) outcomes: Vec<Billed>,
    /// Whether what was decided before the transaction was written as it was.
    pub(super) held_up: bool,
}

/// Undoes a part of the transaction.
enum Undo {
    /// Something was not as it was read.
    Stale,
    /// It failed.
    Fault(AppFault),
}

impl From<StoreFault> for Undo {
    fn from(fault: StoreFault) -> Self {
        Undo::Fault(fault.into())
    }
}

/// Bills the contracts with these ids, in this order. `ahead` is what was decided for the first of
/// them before the transaction began.
///
/// # Errors
/// When the store fails.
pub(super) fn bill(
    tx: &mut Tx<'_>,
    context: &Context,
    ids: &[String],
    through: Through,
    ahead: Option<Plan>,
) -> Result<Page, AppFault> {
    let mut page = Page {
        outcomes: Vec::with_capacity(ids.len()),
        held_up: false,
    };
    if let Some(plan) = ahead {
        page.held_up = write(tx, context, &plan)?;
        if page.held_up {
            page.outcomes.extend(plan.outcomes);
        }
    }
    if page.outcomes.len() == ids.len() {
        return Ok(page);
    }
    let left: Vec<&str> = ids[page.outcomes.len()..]
        .iter()
        .map(String::as_str)
        .collect();
    let mut turns: Vec<String> = left.iter().map(|id| format!("contract/{id}")).collect();
    bill_pages::take_turns(tx, &mut turns)?;
    let rows = contracts::by_ids(tx, &left)?;
    if rows.len() < left.len() {
        return Err(missing(&left, &rows));
    }
    let mut view = View::read(tx, context, rows, through, None)?;
    // What was planned ahead of the first contract apart leaves it to be next.
    let mut at = 0;
    if page.held_up {
        page.outcomes
            .push(by_itself(tx, context, &mut view, at, through)?);
        at += 1;
    }
    while at < view.cases.len() {
        let plan = decided(tx, context, &mut view, at, through)?;
        at += plan.count;
        page.outcomes.extend(plan.outcomes);
        if at < view.cases.len() {
            page.outcomes
                .push(by_itself(tx, context, &mut view, at, through)?);
            at += 1;
        }
    }
    Ok(page)
}

fn missing(wanted: &[&str], found: &[ContractRow]) -> AppFault {
    let gone = wanted
        .iter()
        .find(|id| !found.iter().any(|row| row.id == **id));
    AppFault::NotFound {
        kind: "contract",
        id: gone.map_or_else(String::new, |id| (*id).to_owned()),
    }
}

/// Writes a plan as a part of the transaction; false when it was undone because it does not hold.
fn write(tx: &mut Tx<'_>, context: &Context, plan: &Plan) -> Result<bool, AppFault> {
    let written = tx.attempt(|tx| match plan.write(tx, context) {
        Ok(true) => Ok(()),
        // A line that is there already was billed by another since this was read.
        Ok(false) | Err(AppFault::Store(StoreFault::Duplicate(_))) => Err(Undo::Stale),
        Err(fault) => Err(Undo::Fault(fault)),
    });
    match written {
        Ok(()) => Ok(true),
        Err(Undo::Stale) => Ok(false),
        Err(Undo::Fault(fault)) => Err(fault),
    }
}

/// Decides and writes the contracts from `from` on up to the first one apart.
fn decided(
    tx: &mut Tx<'_>,
    context: &Context,
    view: &mut View,
    from: usize,
    through: Through,
) -> Result<Plan, AppFault> {
    for _ in 0..ATTEMPTS {
        let plan = Plan::make(context, view, from, through)?;
        if plan.count == 0 || write(tx, context, &plan)? {
            return Ok(plan);
        }
        // Only where others write at the same time: what they wrote is visible now.
        view.read_again(tx, context, from, through)?;
    }
    let message = "others write to the contracts of this page all the time".to_owned();
    Err(StoreFault::Contended(message).into())
}

/// Bills one contract by itself. What fails in it alone is undone and held; the page goes on.
fn by_itself(
    tx: &mut Tx<'_>,
    context: &Context,
    view: &mut View,
    at: usize,
    through: Through,
) -> Result<Billed, AppFault> {
    let Some(case) = view.cases.get(at) else {
        return Ok(Billed::Nothing);
    };
    let row = case.row.clone();
    let outcome = tx.attempt(|tx| {
        let id: ContractId = stored_value("contract id", &row.id)?;
        let entity: EntityId = stored_value("entity id", &row.entity)?;
        apart::bill(tx, context, &id, through.day(context, &entity)?, Asked::Run)
    });
    let outcome = match outcome {
        Err(fault) if fault.is_its_own() => held(tx, context, &row, &fault)?,
        other => other?,
    };
    view.after_one_apart(tx, context, at)?;
    Ok(outcome)
}

pub(super) fn held(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &ContractRow,
    fault: &AppFault,
) -> Result<Billed, AppFault> {
    let new = NewException {
        key: format!("billing/{}", row.id),
        class: "billing_parked",
        summary: format!("Contract {} cannot be billed: {fault}", row.id),
        detail: fault.to_string(),
        customer: row.customer.clone(),
        document: row.id.clone(),
        entity: row.entity.clone(),
        measure: "billings".to_owned(),
        correlation: Some(stored_value("chain id", &row.correlation)?),
        ..NewException::default()
    };
    exception::open(tx, context, new)?;
    Ok(Billed::Held)
}
