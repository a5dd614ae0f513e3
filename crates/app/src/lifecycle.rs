//! Steps of the lifecycles of business objects: checked where they are written, and an exception for
//! each that is refused. The exception is recorded in a transaction of its own, because the refusal
//! undoes the one in which it was found.

use crate::journey::exception::{self, NewException};
use crate::record::Context;
use crate::{App, AppFault, Refusal};
use control::lifecycle::{IllegalStep, Lifecycle};
use store::Tx;

/// Codes of refusals that mean that an object was asked to do what its lifecycle does not allow.
const ILLEGAL: [&str; 5] = [
    "illegal_step",
    "illegal_contract_transition",
    "already_reversed",
    "cannot_close",
    "cannot_reopen",
];

/// Kinds of business objects, as they are called in refusals.
const KINDS: [&str; 7] = [
    "contract",
    "invoice",
    "credit_note",
    "payment",
    "refund",
    "journal",
    "period",
];

/// Lets an object go from one state to another, if its lifecycle declares it.
///
/// # Errors
/// A refusal that says where the object could go.
pub(crate) fn go(lifecycle: &Lifecycle, id: &str, from: &str, to: &str) -> Result<(), AppFault> {
    lifecycle
        .go(id, from, to)
        .map_err(|illegal| refused(&illegal).into())
}

fn refused(illegal: &IllegalStep) -> Refusal {
    Refusal::field("illegal_step", illegal.object, illegal.to_string())
}

/// Raises a step that another system reports and that the lifecycle does not allow. The report is
/// kept with it; the object stays as it is.
///
/// # Errors
/// When the store fails.
pub(crate) fn reported(
    tx: &mut Tx<'_>,
    context: &Context,
    illegal: &IllegalStep,
    new: NewException<'_>,
) -> Result<values::ExceptionId, AppFault> {
    tracing::warn!(
        object = illegal.object,
        id = illegal.id,
        from = illegal.from,
        to = illegal.to,
        "a step that the lifecycle does not allow was reported"
    );
    exception::open(
        tx,
        context,
        NewException {
            key: format!("illegal/{}/{}/{}", illegal.object, illegal.id, illegal.to),
            class: "illegal_step",
            document: illegal.id.clone(),
            ..new
        },
    )
}

/// Logs refused steps and raises an exception for each, once.
pub(crate) fn note(app: &App, actor: &str, refusals: &[Refusal]) {
    for refusal in refusals {
        if !ILLEGAL.contains(&refusal.code.as_str()) {
            continue;
        }
        let (message, document) = (refusal.message.clone(), object_of(&refusal.message));
        tracing::warn!(code = refusal.code, %actor, message, "a step that the lifecycle does not allow was refused");
        let who = actor.to_owned();
        let opened = app.run(crate::process::ACTOR, move |tx, context| {
            let new = NewException {
                key: format!("illegal/{message}"),
                class: "illegal_step",
                summary: format!("Refused: {message}"),
                detail: format!("asked for by {who}; nothing was changed"),
                document,
                ..NewException::default()
            };
            exception::open(tx, context, new)
        });
        if let Err(fault) = opened {
            tracing::error!(%fault, "a refused step could not be raised");
        }
    }
}

/// The id that stands after the kind of object in a refusal.
fn object_of(message: &str) -> String {
    let mut words = message.split_whitespace();
    while let Some(word) = words.next() {
        if KINDS.contains(&word) {
            return words.next().unwrap_or_default().to_owned();
        }
    }
    String::new()
}
