//! What is not looked at or settled in time goes to the next role of its chain, once a level.

use super::{note, record_about, service_of, value_of};
use crate::App;
use crate::fault::AppFault;
use crate::record::Context;
use crate::worker::Progress;
use control::exception_service::escalate;
use events::{Event, ExceptionEscalated};
use store::Tx;
use store::exceptions::{self, ExceptionRow, groups};
use values::{ExceptionId, Instant};

/// Who acts when terms pass.
pub(crate) const ACTOR: &str = "tieout/escalation";

/// Exceptions escalated in one transaction.
const A_STEP: i64 = 100;

/// Raises an exception by one level. Nothing when its chain has ended.
pub(super) fn raise(
    tx: &mut Tx<'_>,
    context: &Context,
    mut row: ExceptionRow,
    reason: &str,
) -> Result<Option<ExceptionRow>, AppFault> {
    let due = Instant::from_microseconds(row.due);
    let level = u32::try_from(row.level).unwrap_or(u32::MAX);
    let Some(step) = escalate(&service_of(&row), level, due, context.now) else {
        row.escalate_at = 0;
        exceptions::update(tx, &row)?;
        return Ok(None);
    };
    let previous = if row.escalated_to.is_empty() {
        super::in_hand(&row).to_owned()
    } else {
        row.escalated_to.clone()
    };
    row.level = i64::from(step.level);
    step.to.title().clone_into(&mut row.escalated_to);
    row.escalate_at = step.next.map_or(0, |next| next.microseconds());
    exceptions::update(tx, &row)?;
    let text = format!("level {} to {}: {reason}", row.level, row.escalated_to);
    note(tx, context, &row, "escalated", &text)?;
    let exception: ExceptionId = crate::fault::stored_value("exception id", &row.id)?;
    let event = Event::ExceptionEscalated(ExceptionEscalated {
        exception,
        class: row.class.clone(),
        value: value_of(&row),
        level: step.level,
        previous,
        owner: row.escalated_to.clone(),
        due: (row.due > 0).then_some(due),
        reason: reason.to_owned(),
    });
    record_about(tx, context, &row, event)?;
    Ok(Some(row))
}

/// Escalates what is overdue, at most a hundred. Returns how many were.
///
/// # Errors
/// When the store fails.
pub fn escalate_overdue(app: &App) -> Result<u64, AppFault> {
    let now = app.clock().now().microseconds();
    let due = app
        .store()
        .read(move |tx| Ok::<_, AppFault>(!groups::to_escalate(tx, now, 1)?.is_empty()))?;
    if !due {
        return Ok(0);
    }
    app.run(ACTOR, |tx, context| {
        let mut raised = 0;
        for row in groups::to_escalate(tx, context.now.microseconds(), A_STEP)? {
            let reason = if row.responded == 0 && context.now.microseconds() < row.due {
                "nobody has looked at it in time"
            } else {
                "it was not settled in time"
            };
            raised += u64::from(raise(tx, context, row, reason)?.is_some());
        }
        Ok(raised)
    })
}

/// The worker's step over exceptions: terms that passed, and actions over many that are under way.
pub fn tend(app: &App) -> Progress {
    let outcome = escalate_overdue(app).and_then(|raised| {
        let done = super::batch::work(app)?;
        Ok(raised + done)
    });
    match outcome {
        Ok(count) => Progress {
            processed: count,
            ..Progress::default()
        },
        Err(fault) => {
            tracing::error!(fault = %fault, "exceptions could not be tended");
            Progress::fault()
        }
    }
}
