//! Doing again what an exception had stopped: its posting, its delivery, or its item of the inbox.

use crate::record::{Context, post_parked};
use crate::{App, AppFault, Refusal, deliver, intake};
use store::Tx;
use store::exceptions::{self, ExceptionRow};

/// What an exception holds back.
enum Held<'a> {
    /// The posting of an event.
    Posting(&'a str),
    /// A parked effect.
    Effect(&'a str),
    /// Items of the inbox, or nothing.
    Items,
}

fn held(key: &str) -> Held<'_> {
    if let Some(event) = key.strip_prefix("posting/") {
        Held::Posting(event)
    } else if let Some(effect) = key.strip_prefix("effect/") {
        Held::Effect(effect)
    } else {
        Held::Items
    }
}

/// What follows from a person's resolution of an exception, in the same transaction: `mended` lets
/// run again what it held, `skipped` gives it up.
///
/// # Errors
/// A refusal when a posting is said to be mended and cannot be posted yet, or the fault of the store.
pub(crate) fn follow(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &ExceptionRow,
    outcome: &str,
    reason: &str,
) -> Result<(), AppFault> {
    match (held(&row.key), outcome) {
        (Held::Posting(event), "mended") => {
            if !post_parked(tx, context, event)? {
                return Err(still_stopped(&row.detail));
            }
        }
        (Held::Effect(effect), "mended") => {
            deliver::release(tx, context, effect)?;
        }
        (Held::Effect(effect), _) => {
            deliver::skip(tx, context, effect)?;
        }
        (Held::Posting(_) | Held::Items, _) => {}
    }
    intake::exception_resolved(tx, context, &row.id, outcome, reason)?;
    Ok(())
}

fn still_stopped(detail: &str) -> AppFault {
    let message = format!("it cannot be posted yet: {detail}; mend that first, then try again");
    Refusal::whole("still_stopped", message).into()
}

impl App {
    /// Tries again what an exception stopped. It is closed when that succeeds, now or in the next
    /// rounds of the workers, and stays open when it stops again.
    ///
    /// # Errors
    /// A refusal when it is not open, holds nothing that can be tried again, or stops again at once.
    pub fn retry_exception(&self, id: &str, actor: &str) -> Result<(), AppFault> {
        let id = id.to_owned();
        self.run(actor, move |tx, context| {
            let row = exceptions::exception(tx, &id)?.ok_or_else(|| AppFault::NotFound {
                kind: "exception",
                id: id.clone(),
            })?;
            if row.status == "resolved" {
                let message = format!("exception {id} is resolved already: {}", row.resolution);
                return Err(Refusal::whole("already_resolved", message).into());
            }
            let done = match held(&row.key) {
                Held::Posting(event) => {
                    if !post_parked(tx, context, event)? {
                        return Err(still_stopped(&row.detail));
                    }
                    true
                }
                Held::Effect(effect) => deliver::release(tx, context, effect)?,
                Held::Items => false,
            };
            let items = intake::exception_resolved(tx, context, &id, "mended", "tried again")?;
            if done || items > 0 {
                return Ok(());
            }
            let message =
                "nothing waits behind this exception; settle it when it is put right, or reject it";
            Err(Refusal::whole("nothing_to_retry", message).into())
        })
    }
}
