//! What persons do to an instance: more time, a step left out, an approval, the undo.

use super::{
    Instance, ProcessRefusal, ProcessStatus, StepState, StepStatus, finish_cancelling, reach,
};
use crate::approval::four_eyes;
use crate::process::{Definition, Undo};
use values::Instant;

/// A change by a person: of what, by whom, why and when.
#[derive(Debug, Clone, Copy)]
pub struct Hand<'a> {
    /// Who.
    pub actor: &'a str,
    /// Why.
    pub reason: &'a str,
    /// When.
    pub at: Instant,
}

fn open_step<'i>(
    definition: &Definition,
    instance: &'i mut Instance,
    name: &str,
    hand: &Hand<'_>,
) -> Result<(usize, &'i mut StepState), ProcessRefusal> {
    if hand.reason.trim().is_empty() {
        return Err(ProcessRefusal::NoReason);
    }
    if instance.status != ProcessStatus::Running {
        return Err(ProcessRefusal::Ended {
            status: instance.status,
        });
    }
    let Some((index, _)) = definition.step(name) else {
        let known: Vec<&str> = definition
            .steps
            .iter()
            .map(|step| step.name.as_str())
            .collect();
        return Err(ProcessRefusal::NoStep {
            step: name.to_owned(),
            known: known.join(", "),
        });
    };
    let state = &mut instance.steps[index];
    if !state.status.is_open() {
        return Err(ProcessRefusal::NotWaiting {
            step: name.to_owned(),
            status: state.status,
        });
    }
    Ok((index, state))
}

/// Gives a step more time.
///
/// # Errors
/// When the step does not wait, no reason is given, or the deadline is not later.
pub fn extend(
    definition: &Definition,
    instance: &mut Instance,
    step: &str,
    until: Instant,
    hand: &Hand<'_>,
) -> Result<(), ProcessRefusal> {
    let (_, state) = open_step(definition, instance, step, hand)?;
    if let Some(due) = state.due.filter(|due| until <= *due) {
        return Err(ProcessRefusal::NotLater { until, due });
    }
    state.due = Some(until);
    state.is_late = false;
    Ok(())
}

/// Goes on without a step.
///
/// # Errors
/// When the step does not wait, waits for approval, or no reason is given.
pub fn skip(
    definition: &Definition,
    instance: &mut Instance,
    step: &str,
    hand: &Hand<'_>,
) -> Result<(), ProcessRefusal> {
    let (index, state) = open_step(definition, instance, step, hand)?;
    if definition.steps[index].approval.is_some() {
        // Skipping an approval would be approving without a second person.
        return Err(ProcessRefusal::NotWaiting {
            step: step.to_owned(),
            status: state.status,
        });
    }
    settle_by_hand(state, StepStatus::Skipped, hand);
    reach(definition, instance, hand.at);
    Ok(())
}

fn settle_by_hand(state: &mut StepState, status: StepStatus, hand: &Hand<'_>) {
    state.status = status;
    state.settled = Some(hand.at);
    hand.actor.clone_into(&mut state.actor);
    hand.reason.trim().clone_into(&mut state.note);
}

/// Approves or denies. A denial takes back what was done.
///
/// # Errors
/// When the step does not wait for approval, the checker is the starter, or no reason is given.
pub fn decide(
    definition: &Definition,
    instance: &mut Instance,
    step: &str,
    is_granted: bool,
    hand: &Hand<'_>,
) -> Result<(), ProcessRefusal> {
    let starter = instance.starter.clone();
    let (index, state) = open_step(definition, instance, step, hand)?;
    if definition.steps[index].approval.is_none() {
        return Err(ProcessRefusal::NoApproval {
            step: step.to_owned(),
        });
    }
    four_eyes(&starter, hand.actor)?;
    if is_granted {
        settle_by_hand(state, StepStatus::Done, hand);
        reach(definition, instance, hand.at);
        return Ok(());
    }
    settle_by_hand(state, StepStatus::Dropped, hand);
    cancel(definition, instance, hand)
}

/// Takes back what was done, in reverse order.
///
/// # Errors
/// When it has ended or is being cancelled, no reason is given, or a step that is done cannot be
/// taken back.
pub fn cancel(
    definition: &Definition,
    instance: &mut Instance,
    hand: &Hand<'_>,
) -> Result<(), ProcessRefusal> {
    if hand.reason.trim().is_empty() {
        return Err(ProcessRefusal::NoReason);
    }
    // What is done can be taken back as well; what was cancelled or stopped cannot be again.
    if !matches!(
        instance.status,
        ProcessStatus::Running | ProcessStatus::Done
    ) {
        return Err(ProcessRefusal::Ended {
            status: instance.status,
        });
    }
    for (step, state) in definition.steps.iter().zip(&instance.steps) {
        if let (StepStatus::Done, Undo::Impossible(reason)) = (state.status, &step.undo) {
            return Err(ProcessRefusal::CannotUndo {
                step: step.name.clone(),
                reason: reason.clone(),
            });
        }
    }
    for (step, state) in definition.steps.iter().zip(&mut instance.steps) {
        state.status = match (state.status, &step.undo) {
            (StepStatus::Done, Undo::Commands(_)) => StepStatus::ToUndo,
            // A command that was done and not answered by its event may have had its effect.
            (StepStatus::Asked, Undo::Commands(_)) => StepStatus::ToUndo,
            (StepStatus::Done, _) => StepStatus::Kept,
            (StepStatus::Ahead | StepStatus::Waiting | StepStatus::Asked, _) => StepStatus::Dropped,
            (other, _) => other,
        };
    }
    instance.status = ProcessStatus::Cancelling;
    finish_cancelling(instance);
    Ok(())
}
