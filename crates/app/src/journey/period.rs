//! Closing and reopening months of an entity's books.

use crate::Refusal;
use crate::command::{Answer, ChangePeriod, ReopenPeriod};
use crate::fault::{AppFault, stored_value};
use crate::record::{Context, Fact, Recorder};
use events::{Event, PeriodChanged};
use ledger::PeriodBook;
use serde_json::json;
use store::{Tx, journals, settings};
use values::{EntityId, Month};

fn load(tx: &mut Tx<'_>) -> Result<PeriodBook, AppFault> {
    let mut closed = Vec::new();
    for (entity, month) in journals::closed_months(tx)? {
        closed.push((
            stored_value("entity id", &entity)?,
            stored_value("month", &month)?,
        ));
    }
    Ok(PeriodBook::from_closed(closed))
}

/// `close_period`.
///
/// # Errors
/// When the month is closed already or an earlier one is open.
pub fn close(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &ChangePeriod,
) -> Result<Answer, AppFault> {
    context.books.entity(&body.entity)?;
    settings::take_turn(tx, &format!("period/{}", body.entity))?;
    let mut periods = load(tx)?;
    periods
        .close(&body.entity, body.month)
        .map_err(|refusal| Refusal::field("cannot_close", "month", refusal.to_string()))?;
    journals::set_closed(tx, body.entity.as_str(), &body.month.to_string(), true)?;
    say(tx, context, key, &body.entity, body.month, None)?;
    Ok(json!({ "entity": body.entity, "month": body.month, "state": "closed" }))
}

/// `reopen_period`.
///
/// # Errors
/// When the month is open or a later one is closed.
pub fn reopen(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &ReopenPeriod,
) -> Result<Answer, AppFault> {
    context.books.entity(&body.entity)?;
    if body.reason.trim().is_empty() {
        return Err(Refusal::field(
            "reason_missing",
            "reason",
            "say why a closed month is opened again",
        )
        .into());
    }
    settings::take_turn(tx, &format!("period/{}", body.entity))?;
    let mut periods = load(tx)?;
    periods
        .reopen(&body.entity, body.month)
        .map_err(|refusal| Refusal::field("cannot_reopen", "month", refusal.to_string()))?;
    journals::set_closed(tx, body.entity.as_str(), &body.month.to_string(), false)?;
    say(
        tx,
        context,
        key,
        &body.entity,
        body.month,
        Some(body.reason.clone()),
    )?;
    Ok(json!({ "entity": body.entity, "month": body.month, "state": "open" }))
}

fn say(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    entity: &EntityId,
    month: Month,
    reason: Option<String>,
) -> Result<(), AppFault> {
    let mut recorder = Recorder::new(context, context.new_chain(), "/ledger", key);
    let fact = Fact {
        subject: format!("period/{entity}/{month}"),
        partition: format!("period/{entity}"),
        entity: Some(entity.clone()),
        effective: month.last(),
        happened: context.now,
    };
    let reopened = reason.is_some();
    let changed = PeriodChanged {
        entity: entity.clone(),
        month,
        reason,
    };
    recorder.event(
        fact,
        if reopened {
            Event::PeriodReopened(changed)
        } else {
            Event::PeriodClosed(changed)
        },
    );
    recorder.finish(tx)
}
