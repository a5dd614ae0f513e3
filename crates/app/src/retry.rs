//! Doing again what an exception had stopped: its posting, its delivery, or its item of the inbox.

use crate::journey::{exception, payment};
use crate::record::{Context, post_parked};
use crate::{App, AppFault, Refusal, deliver, intake};
use store::exceptions::{ExceptionRow, groups};
use store::{Tx, effects};

/// What an exception holds back.
enum Held<'a> {
    /// The posting of an event.
    Posting(&'a str),
    /// A parked effect.
    Effect(&'a str),
    /// The collection of an invoice.
    Collection(&'a str),
    /// Items of the inbox, or nothing.
    Items,
}

fn held(key: &str) -> Held<'_> {
    if let Some(event) = key.strip_prefix("posting/") {
        Held::Posting(event)
    } else if let Some(effect) = key.strip_prefix("effect/") {
        Held::Effect(effect)
    } else if let Some(invoice) = key.strip_prefix("collect/") {
        Held::Collection(invoice)
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
        (Held::Collection(invoice), "mended") => {
            if !payment::collect_again(tx, context, invoice)? {
                return Err(not_collected(&row.detail));
            }
        }
        (Held::Posting(_) | Held::Collection(_) | Held::Items, _) => {}
    }
    intake::exception_resolved(tx, context, &row.id, outcome, reason)?;
    Ok(())
}

fn still_stopped(detail: &str) -> AppFault {
    let message = format!("it cannot be posted yet: {detail}; mend that first, then try again");
    Refusal::whole("still_stopped", message).into()
}

fn not_collected(detail: &str) -> AppFault {
    let message = format!("nobody can collect it yet: {detail}");
    Refusal::whole("still_stopped", message).into()
}

/// Whether mending it sets something going whose outcome is not known yet: an effect that is to be
/// sent or read back, or items of the inbox that are taken in again.
pub(crate) fn runs_again(tx: &mut Tx<'_>, row: &ExceptionRow) -> Result<bool, AppFault> {
    Ok(match held(&row.key) {
        Held::Posting(_) | Held::Collection(_) => false,
        Held::Effect(effect) => effects::effect(tx, effect)?
            .is_some_and(|effect| !matches!(effect.status.as_str(), "confirmed" | "skipped")),
        Held::Items => !groups::items_held(tx, &row.id)?.is_empty(),
    })
}

/// Tries again what an exception stopped, in the transaction given. Returns its status: `resolved`
/// when that is done already, `verifying` while the outcome is awaited.
///
/// # Errors
/// A refusal when it is not open, holds nothing that can be tried again, or stops again at once.
pub(crate) fn again(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &str,
) -> Result<&'static str, AppFault> {
    let mut row = exception::open_row(tx, id)?;
    let set_going = match held(&row.key) {
        Held::Posting(event) => {
            if !post_parked(tx, context, event)? {
                return Err(still_stopped(&row.detail));
            }
            return Ok("resolved");
        }
        Held::Collection(invoice) => {
            if !payment::collect_again(tx, context, invoice)? {
                return Err(not_collected(&row.detail));
            }
            let why = "a processor collects it now";
            exception::clear(tx, context, &row.key, why)?;
            return Ok("resolved");
        }
        Held::Effect(effect) => deliver::release(tx, context, effect)?,
        Held::Items => false,
    };
    let items = intake::exception_resolved(tx, context, id, "mended", "tried again")?;
    if set_going || items > 0 {
        exception::verify(tx, context, &mut row, "tried again")?;
        return Ok("verifying");
    }
    let message =
        "nothing waits behind this exception; settle it when it is put right, or reject it";
    Err(Refusal::whole("nothing_to_retry", message).into())
}

impl App {
    /// Tries again what an exception stopped. It is closed when that succeeds, now or in the next
    /// rounds of the workers, and comes back to whose it was when it stops again.
    ///
    /// # Errors
    /// A refusal when it is not open, holds nothing that can be tried again, or stops again at once.
    pub fn retry_exception(&self, id: &str, actor: &str) -> Result<(), AppFault> {
        let id = id.to_owned();
        self.run(actor, move |tx, context| again(tx, context, &id).map(drop))
    }
}
