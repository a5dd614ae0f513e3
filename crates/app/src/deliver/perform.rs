//! What each operation sends and how it is read back. No transaction is open while a call is under
//! way.

use super::{Taken, adyen, netsuite, salesforce, stripe};
use crate::connections::Connections;
use crate::intake::processor::COLLECT;
use crate::journey::payment::{FailedAttempt, Settlement};
use crate::journey::refund::SettledRefund;
use crate::{App, AppFault};
use connect::{Fault, FaultClass};
use serde::de::DeserializeOwned;
use store::effects::EffectRow;

/// Whether an effect is sent or looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Send it.
    Send,
    /// Find out whether it was done.
    ReadBack,
}

/// What the other system answered.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It is done there.
    Done(Done),
    /// It was looked for and is not there.
    Absent,
    /// No answer, or a refusal.
    Failed(Fault),
}

impl From<Fault> for Answer {
    fn from(fault: Fault) -> Answer {
        Answer::Failed(fault)
    }
}

/// Something that is done in another system.
#[derive(Debug)]
pub(crate) struct Done {
    /// That system's word for the kind of object.
    pub kind: String,
    /// The object's id there.
    pub id: String,
    /// Whether it is another name of the effect's subject, to be found by.
    pub is_same: bool,
    /// What follows for our books.
    pub fact: Box<FollowUp>,
}

/// A fact that an answer carries.
#[derive(Debug)]
pub(crate) enum FollowUp {
    /// Nothing more.
    Nothing,
    /// Money arrived.
    Settled(Settlement),
    /// An attempt to collect failed.
    Declined(FailedAttempt),
    /// Money went back.
    Refunded(SettledRefund),
}

/// Performs or reads back a taken effect.
pub(crate) fn perform(app: &App, connections: &Connections, taken: &Taken) -> Answer {
    let effect = &taken.effect;
    let outcome = match effect.operation.as_str() {
        COLLECT => stripe::collect(app, connections, taken),
        "stripe.refund" => stripe::refund(connections, taken),
        adyen::COLLECT => adyen::collect(app, connections, taken),
        adyen::REFUND => adyen::refund(app, connections, taken),
        "netsuite.customer" => netsuite::customer(app, connections, taken),
        "netsuite.journal_entry" => netsuite::journal_entry(app, connections, taken),
        "salesforce.update" => salesforce::update(connections, taken),
        other => Err(refused(
            "operation_unknown",
            format!("this version does not know the operation {other:?}"),
        )),
    };
    outcome.unwrap_or_else(Answer::Failed)
}

/// Reads the request of an effect.
pub(crate) fn request<T: DeserializeOwned>(effect: &EffectRow) -> Result<T, Fault> {
    serde_json::from_str(&effect.request).map_err(|error| {
        let message = format!(
            "the request of {} cannot be read: {error}",
            effect.operation
        );
        Fault::new("tieout", FaultClass::Bug, "request_unreadable", &message)
    })
}

/// A refusal of ours before anything is sent: the content is not fit to be sent.
pub(crate) fn refused(code: &str, message: impl AsRef<str>) -> Fault {
    Fault::new("tieout", FaultClass::Data, code, message.as_ref())
}

/// The connection was taken out of the configuration after the effect was taken: nothing was sent.
pub(crate) fn not_configured() -> Fault {
    Fault::new(
        "tieout",
        FaultClass::Transient,
        "not_configured",
        "the connection is not configured",
    )
}

/// What we need from our own books could not be read: nothing was sent, it may work in a moment.
pub(crate) fn books_unread(fault: AppFault) -> Fault {
    match fault {
        AppFault::Store(fault) => Fault::new(
            "tieout",
            FaultClass::Transient,
            "books_unread",
            &format!("our books could not be read: {fault}"),
        ),
        other => Fault::new(
            "tieout",
            FaultClass::Bug,
            "books_unread",
            &other.to_string(),
        ),
    }
}
