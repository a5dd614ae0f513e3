//! `amend_contract` with the change `undo`: the contract as it was before one of its amendments.
//! Schedules are revised in the same transaction, and the next bill run settles what was billed.

use super::{Answer, enforce, external};
use crate::command::AmendContract;
use crate::fault::{stored, stored_value};
use crate::record::{Context, Recorder};
use crate::{AppFault, Refusal};
use commerce::{Contract, ContractRefusal, counts_from};
use serde_json::json;
use store::Tx;
use store::contracts::{self, ContractRow};
use values::CorrelationId;

/// Takes the amendment that made `version` back.
pub(super) fn undo(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &AmendContract,
    version: u32,
    row: ContractRow,
) -> Result<Answer, AppFault> {
    let history = history(tx, &row)?;
    let reason = match body.reason.trim() {
        "" => format!("version {version} is taken back"),
        why => format!("version {version} is taken back: {why}"),
    };
    let undone =
        commerce::undo(&history, version, &reason, context.now).map_err(|r| refused(&r))?;
    let Some(contract) = history.last() else {
        return Err(refused(&ContractRefusal::NoHistory { version }));
    };
    if let Some(effective) = counts_from(contract, version)
        && effective != body.effective
    {
        let refusal = ContractRefusal::UndoneFromItsDay { version, effective };
        return Err(Refusal::field(refusal.code(), "effective", refusal.to_string()).into());
    }
    let correlation: CorrelationId = stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, correlation, "/commands", key);
    let refs = external(&body.references);
    let (next, delta) = enforce(tx, context, &mut recorder, row, contract, undone, &refs)?;
    recorder.finish(tx)?;
    Ok(json!({
        "contract": next.id, "version": delta.version, "undoes": version,
        "value": delta.value_after, "value_change": delta.value_delta
    }))
}

/// Every version that was kept, oldest first, the one in force last.
fn history(tx: &mut Tx<'_>, row: &ContractRow) -> Result<Vec<Contract>, AppFault> {
    let kept = contracts::versions(tx, &row.id)?;
    kept.iter().map(|body| stored("contract", body)).collect()
}

fn refused(refusal: &ContractRefusal) -> AppFault {
    Refusal::field(refusal.code(), "change.version", refusal.to_string()).into()
}
