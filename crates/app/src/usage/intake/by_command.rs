//! Use that comes, or comes free, by a command.

use super::{EventResult, take};
use crate::Refusal;
use crate::command::Answer;
use crate::fault::{AppFault, stored};
use crate::journey::exception;
use crate::record::Context;
use crate::usage::subject::Subjects;
use billing::UsageEvent;
use serde_json::json;
use store::Tx;
use store::usage;
use values::ContractId;

/// `record_usage`: one event as a command, so that files and stories can bring it.
pub(crate) fn record(
    tx: &mut Tx<'_>,
    context: &Context,
    event: &UsageEvent,
) -> Result<Answer, AppFault> {
    let taken = take(tx, context, std::slice::from_ref(event))?;
    if taken.rejected > 0 {
        let refusals = taken
            .problems
            .iter()
            .map(|problem| Refusal::field(&problem.code, &problem.field, problem.message.clone()));
        return Err(AppFault::Refused(refusals.collect()));
    }
    let result = taken
        .results
        .first()
        .copied()
        .unwrap_or(EventResult::Accepted);
    Ok(json!({ "intake": taken.intake, "result": result }))
}

/// `release_usage`: tries what is held for a contract again, or gives it up for good.
pub(crate) fn release(
    tx: &mut Tx<'_>,
    context: &Context,
    contract: &ContractId,
    give_up: Option<&str>,
) -> Result<Answer, AppFault> {
    let (mut released, mut rejected, mut still) = (0, 0, 0);
    for row in usage::held(tx, contract.as_str(), crate::usage::MOST_EVENTS as i64)? {
        if let Some(reason) = give_up {
            let reason = format!("given up by {}: {reason}", context.actor);
            usage::conclude_aside(tx, row.intake, row.place, "rejected", &reason)?;
            rejected += 1;
            continue;
        }
        let event: UsageEvent = stored("event of use", &row.event)?;
        let mut subjects = Subjects::default();
        let serves = match subjects.of(tx, &event)? {
            Ok(subject) => subject.serves(event.at),
            Err(_) => false,
        };
        if !serves {
            still += 1;
            continue;
        }
        let taken = take(tx, context, std::slice::from_ref(&event))?;
        let (status, reason) = match taken.problems.first() {
            Some(problem) => ("rejected", problem.message.clone()),
            None => ("released", format!("taken with intake {}", taken.intake)),
        };
        usage::conclude_aside(tx, row.intake, row.place, status, &reason)?;
        if status == "released" {
            released += 1;
        } else {
            rejected += 1;
        }
    }
    if still == 0 {
        exception::clear(
            tx,
            context,
            &format!("usage/{contract}"),
            "no event of use is held any more",
        )?;
    }
    Ok(json!({ "contract": contract, "released": released, "rejected": rejected, "held": still }))
}
