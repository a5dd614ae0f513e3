//! Writing what came of a delivery: the new state, the event, the name of the object there, the
//! exception or its end, and what the answer means for our books, in one transaction.

use super::perform::{Answer, Done, FollowUp, Mode};
use super::{ACTOR, Call, Taken};
use crate::fault::stored_value;
use crate::gate::{self, Seen};
use crate::journey::exception::{self, NewException};
use crate::journey::{payment, refund};
use crate::record::{Fact, Recorder};
use crate::worker::Progress;
use crate::{App, AppFault, Context};
use connect::Fault;
use connect::driver::HELD;
use control::ExceptionClass;
use control::backoff::seed_of;
use control::effect::{self, EffectState, FaultClass, Given, Next, Outcome, RetryPolicy, Step};
use events::{EffectConfirmed, Event, Reference};
use store::Tx;
use store::catalogue::{self, ReferenceRow};
use store::effects::{self, EffectRow};
use values::{CorrelationId, Currency, EntityId, Money, Zone};

/// Writes the outcome. Should what the answer means for our books be refused by them, the effect is
/// confirmed all the same and an exception says what is missing.
pub(super) fn write(
    app: &App,
    policy: &RetryPolicy,
    taken: Taken,
    answer: Answer,
    call: Call,
) -> Result<Progress, AppFault> {
    let policy = *policy;
    let (outcome, fault, done) = match answer {
        Answer::Done(done) if taken.mode == Mode::Send => (Outcome::Confirmed, None, Some(done)),
        Answer::Done(done) => (Outcome::Found, None, Some(done)),
        Answer::Absent => (Outcome::NotFound, None, None),
        Answer::Failed(fault) => (Outcome::Failed(class_of(&fault)), Some(fault), None),
    };
    let Some(done) = done else {
        let was_held = fault.as_ref().is_some_and(|fault| fault.code == HELD);
        let progress = app.run(ACTOR, move |tx, context| {
            // A call that was held was never made: it says nothing.
            if !was_held {
                let seen = seen(&call, fault.as_ref(), false);
                gate::note(tx, context, &taken.effect.connection, &seen)?;
            }
            settle(tx, context, &policy, &taken, outcome, fault.as_ref())
        })?;
        // Nothing was sent, so nothing has moved on: the round need not go on for it.
        return Ok(if was_held {
            Progress::default()
        } else {
            progress
        });
    };
    let nothing = Box::new(FollowUp::Nothing);
    let bare = Done {
        kind: done.kind.clone(),
        id: done.id.clone(),
        is_same: done.is_same,
        fact: nothing,
    };
    let again = (taken.clone(), bare);
    let first = app.run(ACTOR, move |tx, context| {
        let seen = seen(&call, None, true);
        gate::note(tx, context, &taken.effect.connection, &seen)?;
        let progress = confirm(tx, context, &policy, &taken, outcome, &done)?;
        if progress.delivered > 0 {
            follow_up(tx, context, &done.fact)?;
        }
        Ok(progress)
    });
    match first {
        Err(fault) if !matches!(fault, AppFault::Store(_)) => {
            tracing::error!(effect = again.0.effect.id, fault = %fault, "what an effect came to cannot be recorded");
            let (taken, done) = again;
            app.run(ACTOR, move |tx, context| {
                unrecorded(tx, context, &taken.effect, &fault)?;
                confirm(tx, context, &policy, &taken, outcome, &done)
            })
        }
        outcome => outcome,
    }
}

fn seen(call: &Call, fault: Option<&Fault>, is_confirmed: bool) -> Seen {
    Seen {
        fault: fault.map(|fault| (class_of(fault), fault.to_string())),
        took: call.took,
        is_confirmed,
        further_calls: call.further_calls,
        allowance: call.allowance,
    }
}

/// What an answer means for our books. The webhook about the same will find it recorded.
fn follow_up(tx: &mut Tx<'_>, context: &Context, fact: &FollowUp) -> Result<(), AppFault> {
    match fact {
        FollowUp::Nothing => {}
        FollowUp::Settled(settlement) => {
            payment::settled(tx, context, settlement)?;
        }
        FollowUp::Declined(attempt) => {
            payment::attempt_failed(tx, context, attempt)?;
        }
        FollowUp::Refunded(settled) => {
            refund::refund_settled(tx, context, settled)?;
        }
    }
    Ok(())
}

fn confirm(
    tx: &mut Tx<'_>,
    context: &Context,
    policy: &RetryPolicy,
    taken: &Taken,
    outcome: Outcome,
    done: &Done,
) -> Result<Progress, AppFault> {
    let mut taken = taken.clone();
    taken.effect.external_id.clone_from(&done.id);
    let progress = settle(tx, context, policy, &taken, outcome, None)?;
    if progress.delivered == 0 {
        return Ok(progress);
    }
    let effect = &taken.effect;
    if done.is_same {
        let reference = ReferenceRow {
            system: effect.connection.clone(),
            kind: done.kind.clone(),
            id: done.id.clone(),
            object: effect.subject.clone(),
            correlation: effect.correlation.clone(),
        };
        catalogue::refer(tx, &reference)?;
    }
    let event = EffectConfirmed {
        effect: stored_value("effect id", &effect.id)?,
        operation: effect.operation.clone(),
        reference: Reference {
            system: effect.connection.clone(),
            kind: done.kind.clone(),
            id: done.id.clone(),
        },
        read_back: outcome == Outcome::Found,
    };
    let source = format!("/connections/{}", effect.connection);
    let correlation: CorrelationId = stored_value("chain id", &effect.correlation)?;
    let mut recorder = Recorder::new(
        context,
        correlation,
        &source,
        &format!("{}/confirmed", effect.key),
    );
    recorder.event(fact_of(context, effect), Event::EffectConfirmed(event));
    recorder.finish(tx)?;
    exception::clear(
        tx,
        context,
        &exception_key(&effect.id),
        "the other system confirmed it",
    )?;
    Ok(progress)
}

fn fact_of(context: &Context, effect: &EffectRow) -> Fact {
    let entity: Option<EntityId> = effect.entity.parse().ok();
    let today = entity
        .as_ref()
        .and_then(|entity| context.today(entity).ok());
    Fact {
        subject: effect.subject.clone(),
        partition: format!("lane/{}", effect.lane),
        entity,
        effective: today.unwrap_or_else(|| Zone::utc().date_at(context.now)),
        happened: context.now,
    }
}

/// Moves the effect on. Nothing when somebody else has taken it over meanwhile.
fn settle(
    tx: &mut Tx<'_>,
    context: &Context,
    policy: &RetryPolicy,
    taken: &Taken,
    outcome: Outcome,
    fault: Option<&Fault>,
) -> Result<Progress, AppFault> {
    let mut row = taken.effect.clone();
    let is_ours = effects::effect(tx, &row.id)?
        .is_some_and(|now| now.status == row.status && now.fence == row.fence);
    if !is_ours {
        return Ok(Progress::default());
    }
    let step = step(context, policy, taken, outcome)?;
    row.status = step.state.as_str().to_owned();
    row.attempts = i64::from(step.attempts);
    row.next_attempt = match step.next {
        Next::RetryAt(at) | Next::ReadBackAt(at) => at.microseconds(),
        Next::Done | Next::Park(_) => context.now.microseconds(),
    };
    row.changed = context.now.microseconds();
    row.read_back = i64::from(row.read_back == 1 || outcome == Outcome::Found);
    row.error_class = fault.map_or_else(String::new, |fault| class_of(fault).as_str().to_owned());
    row.error = fault.map_or_else(String::new, ToString::to_string);
    effects::update(tx, &row)?;
    match step.next {
        Next::Done => Ok(Progress {
            delivered: 1,
            ..Progress::default()
        }),
        Next::RetryAt(_) | Next::ReadBackAt(_) => Ok(Progress {
            postponed: 1,
            ..Progress::default()
        }),
        Next::Park(class) => {
            open_exception(tx, context, &row, class, fault)?;
            if class == ExceptionClass::CredentialsRefused {
                gate::hold_for_credentials(tx, context, &row.connection, &row.error)?;
            }
            Ok(Progress {
                parked: 1,
                ..Progress::default()
            })
        }
    }
}

fn step(
    context: &Context,
    policy: &RetryPolicy,
    taken: &Taken,
    outcome: Outcome,
) -> Result<Step, AppFault> {
    let row = &taken.effect;
    let given = Given {
        now: context.now,
        sent: taken.sent,
        attempts: u32::try_from(row.attempts).unwrap_or(0),
        is_probe: taken.is_probe,
        seed: seed_of(&row.id),
    };
    let state = EffectState::from_word(&row.status).ok_or_else(|| AppFault::Unreadable {
        what: "effect",
        error: format!("status {:?}", row.status),
    })?;
    effect::after(state, outcome, &given, policy).map_err(|refusal| AppFault::Unreadable {
        what: "effect",
        error: refusal.to_string(),
    })
}

fn open_exception(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &EffectRow,
    class: ExceptionClass,
    fault: Option<&Fault>,
) -> Result<(), AppFault> {
    let value = row
        .currency
        .parse::<Currency>()
        .ok()
        .map(|currency| Money::from_minor(row.amount, currency));
    let is_journal = row.operation == "netsuite.journal_entry";
    let why = fault.map_or_else(|| "the outcome is unknown".to_owned(), ToString::to_string);
    let customer = row.subject.strip_prefix("customer/").unwrap_or_default();
    exception::open(
        tx,
        context,
        NewException {
            key: exception_key(&row.id),
            class: class.code(),
            summary: format!(
                "{} for {} did not go through: {why}",
                row.operation, row.subject
            ),
            detail: format!(
                "effect {} with key {} after {} attempts: {why}",
                row.id, row.key, row.attempts
            ),
            payload: row.request.clone(),
            customer: customer.to_owned(),
            document: row.subject.clone(),
            entity: row.entity.clone(),
            measure: if is_journal {
                "delivered".to_owned()
            } else {
                String::new()
            },
            value,
            correlation: row.correlation.parse().ok(),
        },
    )?;
    Ok(())
}

fn unrecorded(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &EffectRow,
    fault: &AppFault,
) -> Result<(), AppFault> {
    let value = row
        .currency
        .parse::<Currency>()
        .ok()
        .map(|currency| Money::from_minor(row.amount, currency));
    exception::open(
        tx,
        context,
        NewException {
            key: format!("answer/{}", row.id),
            class: "illegal_step",
            summary: format!(
                "{} answered, and what it said cannot be recorded: {fault}",
                row.connection
            ),
            detail: format!("effect {} with key {}", row.id, row.key),
            payload: row.request.clone(),
            document: row.subject.clone(),
            entity: row.entity.clone(),
            value,
            correlation: row.correlation.parse().ok(),
            ..NewException::default()
        },
    )?;
    Ok(())
}

fn exception_key(effect: &str) -> String {
    format!("effect/{effect}")
}

/// Lets a parked effect run again: it is read back first, and its attempts count from zero. Called
/// in the transaction in which a person resolves the exception whose key is `effect/<id>` as mended.
/// Returns whether it was parked.
///
/// # Errors
/// When the store fails.
pub fn release(tx: &mut Tx<'_>, context: &Context, effect: &str) -> Result<bool, AppFault> {
    let Some(mut row) = effects::effect(tx, effect)? else {
        return Ok(false);
    };
    let state = EffectState::from_word(&row.status);
    let Some(step) = state.and_then(|state| effect::release(state, context.now)) else {
        return Ok(false);
    };
    row.status = step.state.as_str().to_owned();
    row.attempts = i64::from(step.attempts);
    row.next_attempt = context.now.microseconds();
    effects::update(tx, &row)?;
    if row.error_class == FaultClass::Authentication.as_str() {
        gate::let_go_for_credentials(tx, context, &row.connection)?;
    }
    Ok(true)
}

/// Decides that a parked effect is not to happen; its lane goes on. Called in the transaction in
/// which a person resolves the exception whose key is `effect/<id>` as skipped. Returns whether it
/// was parked.
///
/// # Errors
/// When the store fails.
pub fn skip(tx: &mut Tx<'_>, context: &Context, effect: &str) -> Result<bool, AppFault> {
    let Some(mut row) = effects::effect(tx, effect)? else {
        return Ok(false);
    };
    let state = EffectState::from_word(&row.status);
    let Some(skipped) = state.and_then(effect::skip) else {
        return Ok(false);
    };
    row.status = skipped.as_str().to_owned();
    row.changed = context.now.microseconds();
    effects::update(tx, &row)?;
    Ok(true)
}

/// The class of a fault in the words of the effect machine.
fn class_of(fault: &Fault) -> FaultClass {
    match fault.class {
        connect::FaultClass::Transient => FaultClass::Transient,
        connect::FaultClass::Throttled { retry_after_ms } => {
            FaultClass::Throttled { retry_after_ms }
        }
        connect::FaultClass::Authentication => FaultClass::Authentication,
        connect::FaultClass::Data => FaultClass::Data,
        connect::FaultClass::Policy => FaultClass::Policy,
        connect::FaultClass::Conflict => FaultClass::Conflict,
        connect::FaultClass::Duplicate => FaultClass::Duplicate,
        connect::FaultClass::Ambiguous => FaultClass::Ambiguous,
        connect::FaultClass::Bug => FaultClass::Bug,
    }
}
