//! What is left to bill runs that are not over. Daily work, billing at once and the answers of tax
//! engines leave alone what such a run covers, so that its preview, its approval and its cancellation
//! decide what is issued.

use super::Billed;
use crate::Refusal;
use crate::command::RunBilling;
use crate::fault::AppFault;
use std::collections::BTreeSet;
use store::Tx;
use store::bill_pages::{self, DueFilter};
use store::bill_runs::{self, OpenRun};
use store::contracts::{self, ContractRow};
use values::ContractId;

/// Code of the refusal that undoes a page of daily work beside which a run was planned.
const OPENED: &str = "bill_run_opened";

/// The first open run that is to bill one of these contracts.
pub(super) fn covering(tx: &mut Tx<'_>, rows: &[ContractRow]) -> Result<Option<OpenRun>, AppFault> {
    let mut open = bill_runs::open(tx)?.into_iter();
    Ok(open.find(|run| rows.iter().any(|row| run.covers(row))))
}

/// What a contract comes to that an open run is to bill; nothing when none is.
pub(super) fn left(tx: &mut Tx<'_>, id: &ContractId) -> Result<Option<Billed>, AppFault> {
    let open = bill_runs::open(tx)?;
    if open.is_empty() {
        return Ok(None);
    }
    let row = contracts::contract(tx, id.as_str())?;
    let covers = |run: &OpenRun| row.as_ref().is_some_and(|row| run.covers(row));
    let found = open.into_iter().find(covers);
    Ok(found.map(|run| Billed::Left(run.run)))
}

/// Undoes what was decided before one of the open runs was planned: `known` are those that were looked at.
pub(super) fn still(tx: &mut Tx<'_>, known: &BTreeSet<String>) -> Result<(), AppFault> {
    match bill_runs::open(tx)?
        .iter()
        .find(|run| !known.contains(&run.run))
    {
        None => Ok(()),
        Some(run) => {
            let message = format!("bill run {} was planned meanwhile", run.run);
            Err(Refusal::whole(OPENED, message).into())
        }
    }
}

/// Whether a run was planned while a page was decided.
pub(super) fn is_opened(fault: &AppFault) -> bool {
    fault.has_code(OPENED)
}

/// The open runs that are to bill something of what was asked for.
pub(super) fn holding(tx: &mut Tx<'_>, body: &RunBilling) -> Result<Vec<String>, AppFault> {
    let asked = body.entity.as_ref().map_or("", |entity| entity.as_str());
    let through = body.through.to_string();
    let mut holding = Vec::new();
    for run in bill_runs::open(tx)? {
        if !asked.is_empty() && !run.entity.is_empty() && run.entity != asked {
            continue;
        }
        let filter = DueFilter {
            entity: match run.entity.as_str() {
                "" => asked.to_owned(),
                entity => entity.to_owned(),
            },
            customer: run.customer.clone(),
            contract: run.contract.clone(),
            currency: run.currency.clone(),
            ..DueFilter::default()
        };
        if bill_pages::due_count(tx, (&through).min(&run.through), &filter)? > 0 {
            holding.push(run.run);
        }
    }
    Ok(holding)
}

/// Why a contract that was asked for is not billed at once.
pub(super) fn refused(contract: &ContractId, run: &str) -> AppFault {
    let message = format!(
        "contract {contract} is for bill run {run} to bill, which is not over: start that run, or cancel it to bill the contract at once"
    );
    Refusal::field("left_to_bill_run", "contract", message).into()
}
