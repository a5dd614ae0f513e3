//! A page of contracts in one transaction: what was decided before is written if it still holds, and
//! the rest is decided here. Contracts that need more than rows are billed by themselves, in their
//! place, so that numbers follow the order of the run.

use super::apart;
use super::case::{Case, Others, View};
use super::plan::Plan;
use super::{Asked, Billed, Through};
use crate::fault::{AppFault, stored_value};
use crate::journey::exception::{self, NewException};
use crate::record::Context;
use crate::usage::rate::is_measured;
use commerce::Contract;
use store::contracts::{self, ContractRow};
use store::{StoreFault, Tx, bill_pages};
use values::{ContractId, Date, EntityId};

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

/// Bills the contracts with these ids, in this order, through a day and as is asked. `ahead` is what was
/// decided for the first of them before the transaction began.
///
/// # Errors
/// When the store fails.
pub(super) fn bill(
    tx: &mut Tx<'_>,
    context: &Context,
    ids: &[String],
    (through, asked): (Through, Asked),
    ahead: Option<Plan>,
) -> Result<Page, AppFault> {
    let mut page = Page {
        outcomes: Vec::with_capacity(ids.len()),
        held_up: false,
    };
    if let Some(plan) = ahead {
        page.held_up = matches!(write(tx, context, &plan)?, Written::Whole);
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
            .push(by_itself(tx, context, &mut view, at, (through, asked))?);
        at += 1;
    }
    let mut one_by_one = false;
    while at < view.cases.len() {
        if !one_by_one {
            match decided(tx, context, &mut view, at, through)? {
                Some(plan) => {
                    at += plan.count;
                    page.outcomes.extend(plan.outcomes);
                }
                // Which contract it is shows when each is billed by itself.
                None => one_by_one = true,
            }
        }
        if at < view.cases.len() {
            page.outcomes
                .push(by_itself(tx, context, &mut view, at, (through, asked))?);
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

/// How writing a plan ended.
enum Written {
    Whole,
    /// Something was not as it was read; what was written is undone.
    Stale,
    /// A row of the plan is there already; what was written is undone.
    Taken,
}

/// Writes a plan as a part of the transaction.
fn write(tx: &mut Tx<'_>, context: &Context, plan: &Plan) -> Result<Written, AppFault> {
    let written = tx.attempt(|tx| match plan.write(tx, context) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Undo::Stale),
        Err(fault) => Err(Undo::Fault(fault)),
    });
    match written {
        Ok(()) => Ok(Written::Whole),
        Err(Undo::Stale) => Ok(Written::Stale),
        Err(Undo::Fault(fault)) if is_taken(&fault) => Ok(Written::Taken),
        Err(Undo::Fault(fault)) => Err(fault),
    }
}

/// Whether a row is there already, such as a line of the same days.
fn is_taken(fault: &AppFault) -> bool {
    matches!(fault, AppFault::Store(StoreFault::Duplicate(_)))
}

/// Decides and writes the contracts from `from` on up to the first one apart; nothing when a row of
/// one of them is there already each time.
fn decided(
    tx: &mut Tx<'_>,
    context: &Context,
    view: &mut View,
    from: usize,
    through: Through,
) -> Result<Option<Plan>, AppFault> {
    let mut taken = 0;
    for _ in 0..ATTEMPTS {
        let plan = Plan::make(context, view, from, through)?;
        if plan.count == 0 {
            return Ok(Some(plan));
        }
        match write(tx, context, &plan)? {
            Written::Whole => return Ok(Some(plan)),
            Written::Stale => {}
            Written::Taken => taken += 1,
        }
        // Only where others write at the same time: what they wrote is visible now.
        view.read_again(tx, context, from, through)?;
        if taken > 1 {
            return Ok(None);
        }
    }
    let message = "others write to the contracts of this page all the time".to_owned();
    Err(StoreFault::Contended(message).into())
}

/// Bills one contract of a page by itself.
fn by_itself(
    tx: &mut Tx<'_>,
    context: &Context,
    view: &mut View,
    at: usize,
    (through, asked): (Through, Asked),
) -> Result<Billed, AppFault> {
    let Some(case) = view.cases.get(at) else {
        return Ok(Billed::Nothing);
    };
    if let Some(billed) = view.others.remove(&case.row.id) {
        return Ok(billed);
    }
    let id = stored_value("contract id", &case.row.id)?;
    let entity: EntityId = stored_value("entity id", &case.row.entity)?;
    let day = through.day(context, &entity)?;
    if is_done(case, day) {
        return Ok(Billed::Nothing);
    }
    let (outcome, mut others) = alone(tx, context, &id, (day, asked))?;
    view.others.append(&mut others);
    view.after_one_apart(tx, context, at)?;
    Ok(outcome)
}

/// Whether a contract was billed with others of its account since the run selected it: looking at it
/// again would look at all of them again.
fn is_done(case: &Case, day: Date) -> bool {
    let from = case.row.bill_from.as_str();
    let is_agreed = |contract: &Contract| !is_measured(contract);
    case.is_routed
        && case.contract.as_ref().is_some_and(is_agreed)
        && (from.is_empty() || from > day.to_string().as_str())
}

/// Bills one contract by itself through a day, with what goes to the same account. What fails in it
/// alone is undone and held; the run goes on.
pub(super) fn alone(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &ContractId,
    (day, asked): (Date, Asked),
) -> Result<(Billed, Others), AppFault> {
    tx.attempt(|tx| apart::bill(tx, context, id, day, asked))
        .or_else(|fault| Ok((held(tx, context, id, fault)?, Others::new())))
}

/// Holds a contract with what failed in it; a fault that does not lie in it alone is answered as it is.
pub(super) fn held(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &ContractId,
    fault: AppFault,
) -> Result<Billed, AppFault> {
    if !fault.is_its_own() && !is_taken(&fault) {
        return Err(fault);
    }
    let Some(row) = contracts::contract(tx, id.as_str())? else {
        return Err(fault);
    };
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
