//! What people do about deliveries: hold a connection or a lane, let it go on, let a parked effect
//! run again, change the order, and say how a flow goes out. Everything is kept with who and why.

use crate::command::{
    Answer, PauseDelivery, PrioritiseLane, ReleaseEffect, ResumeDelivery, SetFlowMode,
};
use crate::gate::{self, CONNECTION, LANE};
use crate::record::Context;
use crate::{App, AppFault, Refusal, deliver};
use control::delivery_mode::DeliveryMode;
use serde_json::json;
use store::connections::{self as kept, FlowModeRow, HoldRow};
use store::{Tx, effects, lanes};
use values::Instant;

/// Priorities that can be given.
const PRIORITIES: std::ops::RangeInclusive<i64> = -100..=100;
/// Longest reason, in characters.
const REASON_LONGEST: usize = 500;

/// The operations that can go out in another mode: nobody waits for their answer.
const FLOWS: [&str; 3] = [
    "netsuite.journal_entry",
    "netsuite.customer",
    "salesforce.update",
];

fn reason(text: &str) -> Result<&str, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        let message = "say why: it is kept and shown to whoever finds deliveries standing still";
        return Err(Refusal::field("reason_missing", "reason", message));
    }
    if text.chars().count() > REASON_LONGEST {
        let message = format!("a reason has at most {REASON_LONGEST} characters");
        return Err(Refusal::field("reason_too_long", "reason", message));
    }
    Ok(text)
}

/// What is held or let go: its scope and its name.
fn target(
    tx: &mut Tx<'_>,
    connection: Option<&str>,
    lane: Option<&str>,
) -> Result<(&'static str, String), AppFault> {
    match (connection, lane) {
        (Some(name), None) => {
            if kept::state(tx, name)?.is_none() {
                let known: Vec<String> = kept::all(tx)?.into_iter().map(|row| row.name).collect();
                let message = format!(
                    "{name:?} is not a connection here; use one of: {}",
                    known.join(", ")
                );
                return Err(Refusal::field("unknown_connection", "connection", message).into());
            }
            Ok((CONNECTION, name.to_owned()))
        }
        (None, Some(name)) => {
            let is_held = kept::held(tx, LANE, name)?.is_some();
            if !is_held && lanes::lane(tx, name)?.is_none() {
                let message = format!("nothing waits in a lane {name:?}");
                return Err(Refusal::field("unknown_lane", "lane", message).into());
            }
            Ok((LANE, name.to_owned()))
        }
        (Some(_), Some(_)) | (None, None) => {
            let message = "name either a connection or a lane";
            Err(Refusal::field("one_target", "connection", message).into())
        }
    }
}

/// Holds deliveries of a connection or of a lane. What waits goes on waiting; nothing is lost and no
/// attempt is used up.
pub(crate) fn pause(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &PauseDelivery,
) -> Result<Answer, AppFault> {
    let why = reason(&body.reason)?;
    let (scope, name) = target(tx, body.connection.as_deref(), body.lane.as_deref())?;
    let row = HoldRow {
        scope: scope.to_owned(),
        name: name.clone(),
        reason: why.to_owned(),
        actor: context.actor.clone(),
        since: context.now.microseconds(),
    };
    let is_new = kept::hold(tx, &row)?;
    if is_new && scope == CONNECTION {
        gate::paused(tx, context, &name, why)?;
    }
    Ok(json!({ "scope": scope, "name": name, "status": "paused", "changed": is_new }))
}

/// Lets deliveries go on; those of a connection slowly at first, unless it is said otherwise.
pub(crate) fn resume(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &ResumeDelivery,
) -> Result<Answer, AppFault> {
    reason(&body.reason)?;
    let (scope, name) = target(tx, body.connection.as_deref(), body.lane.as_deref())?;
    let held = kept::held(tx, scope, &name)?;
    let is_changed = kept::let_go(tx, scope, &name)?;
    if let Some(hold) = held.filter(|_| is_changed && scope == CONNECTION) {
        if body.ramp {
            gate::begin_ramp(tx, &name, context.now)?;
        }
        let since = Instant::from_microseconds(hold.since);
        gate::recovered(tx, context, &name, Some(since), "resumed")?;
    }
    Ok(json!({ "scope": scope, "name": name, "status": "resumed", "changed": is_changed }))
}

/// Lets a parked effect run again. Its exception closes when the other system confirms.
pub(crate) fn release(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &ReleaseEffect,
) -> Result<Answer, AppFault> {
    reason(&body.reason)?;
    if effects::effect(tx, &body.effect)?.is_none() {
        return Err(AppFault::NotFound {
            kind: "effect",
            id: body.effect.clone(),
        });
    }
    if !deliver::release(tx, context, &body.effect)? {
        let message = format!(
            "effect {} is not parked; it goes by itself or is done",
            body.effect
        );
        return Err(Refusal::field("not_parked", "effect", message).into());
    }
    Ok(json!({ "effect": body.effect, "status": "ambiguous" }))
}

/// Moves a lane forward or back.
pub(crate) fn prioritise(tx: &mut Tx<'_>, body: &PrioritiseLane) -> Result<Answer, AppFault> {
    reason(&body.reason)?;
    if !PRIORITIES.contains(&body.priority) {
        let message = format!("{} is not a priority; use -100 to 100", body.priority);
        return Err(Refusal::field("bad_priority", "priority", message).into());
    }
    let touched = lanes::prioritise(tx, &body.lane, body.priority)?;
    if touched == 0 {
        let message = format!("nothing waits in a lane {:?}", body.lane);
        return Err(Refusal::field("unknown_lane", "lane", message).into());
    }
    Ok(json!({ "lane": body.lane, "priority": body.priority, "effects": touched }))
}

/// Says when the facts of a flow go out. What waits and was never tried moves to the new moment.
pub(crate) fn set_mode(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &SetFlowMode,
) -> Result<Answer, AppFault> {
    let why = reason(&body.reason)?;
    if !FLOWS.contains(&body.flow.as_str()) {
        let message = format!(
            "{:?} always goes out fact by fact; a mode can be set for: {}",
            body.flow,
            FLOWS.join(", ")
        );
        return Err(Refusal::field("unknown_flow", "flow", message).into());
    }
    let minutes = i64::from(body.minutes.unwrap_or(0));
    let at = body.at.as_deref().unwrap_or_default();
    let mode = DeliveryMode::read(&body.mode, minutes, at)
        .map_err(|refusal| Refusal::field("bad_mode", "mode", refusal.to_string()))?;
    let row = FlowModeRow {
        flow: body.flow.clone(),
        mode: mode.as_str().to_owned(),
        minutes,
        at: at.to_owned(),
        reason: why.to_owned(),
        actor: context.actor.clone(),
        changed: context.now.microseconds(),
    };
    kept::set_mode(tx, &row)?;
    let waiting = lanes::untried_of(tx, &body.flow)?;
    for (id, lane, created) in &waiting {
        let due = mode.due(Instant::from_microseconds(*created));
        lanes::set_due(tx, id, lane, due.microseconds())?;
    }
    Ok(json!({ "flow": body.flow, "mode": mode.as_str(), "moved": waiting.len() }))
}

/// Priority of journals of a month that is being closed.
const CLOSE_CRITICAL: i64 = 10;

/// Lanes moved forward in one step.
const LANES_A_STEP: i64 = 500;

impl App {
    /// Lets journals of months that are over go before the others. Returns how many lanes were moved.
    ///
    /// # Errors
    /// When the store fails.
    pub fn prioritise_closing(&self, actor: &str) -> Result<usize, AppFault> {
        self.run(actor, prioritise_closing)
    }
}

/// Lets journals of months that are over go before the others: until the other ledger has them, the
/// month cannot be closed there. Returns how many lanes were moved.
fn prioritise_closing(tx: &mut Tx<'_>, context: &Context) -> Result<usize, AppFault> {
    let mut moved = 0;
    for entity in context.books.entities.values() {
        let month = values::Month::of(entity.zone.date_at(context.now)).to_string();
        let found = lanes::with_journals_before(
            tx,
            entity.id.as_str(),
            &month,
            CLOSE_CRITICAL,
            LANES_A_STEP,
        )?;
        for lane in &found {
            lanes::prioritise(tx, lane, CLOSE_CRITICAL)?;
        }
        moved += found.len();
    }
    Ok(moved)
}
