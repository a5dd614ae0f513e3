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
    let history = history(tx, &row, version)?;
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

/// The versions from the one before `version`, oldest first; the one in force is last, and it alone has
/// the notes of all.
fn history(tx: &mut Tx<'_>, row: &ContractRow, version: u32) -> Result<Vec<Contract>, AppFault> {
    let before = i64::from(version.saturating_sub(1));
    let kept = contracts::versions_from(tx, &row.id, before)?;
    let mut history = Vec::with_capacity(kept.len() + 1);
    for body in &kept {
        let one: Contract = stored("contract version", body)?;
        if i64::from(one.version()) != row.version {
            history.push(one);
        }
    }
    history.push(stored("contract", &row.body)?);
    Ok(history)
}

fn refused(refusal: &ContractRefusal) -> AppFault {
    Refusal::field(refusal.code(), "change.version", refusal.to_string()).into()
}
