//! The service that was withheld for a debt which was then written off, given back by a person.

use super::dunning::{self, Kept, Why, Work};
use super::{reason_given, suspension};
use crate::Refusal;
use crate::command::{Answer, ResumeService};
use crate::fault::{AppFault, stored};
use crate::record::{Context, Recorder};
use commerce::Contract;
use serde_json::json;
use store::Tx;
use values::Date;

/// `resume_service`.
///
/// # Errors
/// When nothing is withheld for a debt of the invoice that was written off, or no reason is given.
pub fn by_hand(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &ResumeService,
) -> Result<Answer, AppFault> {
    reason_given(&body.reason)?;
    let (mut work, mut recorder) = dunning::worked(tx, context, key, &body.invoice)?;
    let number = work.invoice.number.clone();
    let acts = work.kept.case.give_back().map_err(|refusal| {
        let message = format!("invoice {number}: {refusal}");
        Refusal::field(refusal.code(), "invoice", message)
    })?;
    let resumed = given_again(&body.reason);
    dunning::carry_out(
        tx,
        context,
        &mut recorder,
        &mut work,
        &acts,
        &given_up(&resumed),
    )?;
    recorder.finish(tx)?;
    Ok(json!({ "case": work.row.id, "invoice": number, "status": work.row.status }))
}

/// A person has resumed a contract by an amendment: where that lets everything run again that was
/// stopped for a debt which is written off, the case ends with it.
///
/// # Errors
/// When the store fails.
pub(crate) fn by_amendment(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    (contract, day): (&Contract, Date),
    reason: &str,
) -> Result<(), AppFault> {
    for seen in suspension::open_cases(tx, contract.customer.as_str())? {
        if seen.status != "written_off" {
            continue;
        }
        let kept: Kept = stored("dunning case", &seen.body)?;
        if !suspension::runs_again(tx, &kept, contract, day)? {
            continue;
        }
        let Some(row) = dunning::running(tx, &seen.invoice)? else {
            continue;
        };
        let Some(mut work) = Work::of(tx, context, row)? else {
            continue;
        };
        let Ok(acts) = work.kept.case.give_back() else {
            continue;
        };
        // All of it runs already, by the amendment.
        work.kept.stopped.clear();
        let resumed = given_again(reason);
        let why = given_up(&resumed);
        dunning::carry_out(tx, context, recorder, &mut work, &acts, &why)?;
    }
    Ok(())
}

fn given_again(reason: &str) -> String {
    let reason = reason.trim();
    format!("the service is given again although it is not paid: {reason}")
}

fn given_up(resumed: &str) -> Why<'_> {
    Why {
        returns: "is written off, and the service is given again",
        resumed,
        closed: "the service is given again; what was owed stays written off",
    }
}
