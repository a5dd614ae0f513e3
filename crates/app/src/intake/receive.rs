//! The door for deliveries of the payment processor. Nothing gets in without a valid signature over
//! the raw bytes; what is refused is counted without keeping what was sent.

use super::ACTOR;
use crate::connections::{Connections, STRIPE};
use crate::{App, AppFault};
use connect::stripe::webhook::SignatureFault;
use connect::stripe::{Event, read_delivered_event};
use sha2::{Digest, Sha256};
use store::inbox::{self, InboxRow};
use values::Instant;

/// Largest delivery accepted, in bytes.
pub const LARGEST_DELIVERY: usize = 1024 * 1024;

/// A delivery that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Received {
    /// It is kept and will be worked off.
    New,
    /// It was there already.
    Duplicate,
}

/// Why a delivery was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntakeRefusal {
    /// It is larger than [`LARGEST_DELIVERY`].
    #[error("the delivery has {bytes} bytes; at most {LARGEST_DELIVERY} are accepted")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Its signature is missing, malformed, wrong or not fresh.
    #[error(transparent)]
    Signature(#[from] SignatureFault),
    /// It is signed but is no event.
    #[error("the delivery is no event: {problem}")]
    NoEvent {
        /// What is missing or wrong.
        problem: String,
    },
    /// An event with this id came before with other content.
    #[error("event {event} came before with other content; the first one stays")]
    OtherContent {
        /// Its id.
        event: String,
    },
    /// It could not be kept: the sender is to try again.
    #[error("the delivery could not be kept: {0}")]
    NotKept(AppFault),
}

impl IntakeRefusal {
    /// A stable word that names the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            IntakeRefusal::TooLarge { .. } => "too_large",
            IntakeRefusal::Signature(SignatureFault::Missing) => "signature_missing",
            IntakeRefusal::Signature(SignatureFault::Malformed { .. }) => "signature_malformed",
            IntakeRefusal::Signature(SignatureFault::NoMatch) => "signature_wrong",
            IntakeRefusal::Signature(SignatureFault::TooOld { .. }) => "signature_too_old",
            IntakeRefusal::Signature(SignatureFault::InFuture { .. }) => "signature_in_future",
            IntakeRefusal::NoEvent { .. } => "no_event",
            IntakeRefusal::OtherContent { .. } => "other_content",
            IntakeRefusal::NotKept(_) => "not_kept",
        }
    }
}

/// Takes a delivery of Stripe: `body` exactly as it came, `signature` the value of the
/// `Stripe-Signature` header, `now` the moment by the clock that signatures are checked with. It is
/// durable when this returns; refusals are counted by reason and content, and their content is not
/// kept.
///
/// # Errors
/// Why it is not accepted. All but [`IntakeRefusal::NotKept`] are the sender's to mend.
pub fn receive_stripe(
    app: &App,
    connections: &Connections,
    body: &[u8],
    signature: Option<&str>,
    now: Instant,
) -> Result<Received, IntakeRefusal> {
    let digest: [u8; 32] = Sha256::digest(body).into();
    let accepted = check(connections, body, signature, now)
        .and_then(|event| keep(app, body, &digest, event, now));
    if let Err(refusal) = &accepted {
        tracing::warn!(
            reason = refusal.code(),
            bytes = body.len(),
            "a delivery of stripe is refused"
        );
        if !matches!(refusal, IntakeRefusal::NotKept(_)) {
            count(app, refusal, &digest, now).map_err(IntakeRefusal::NotKept)?;
        }
    }
    accepted
}

fn check(
    connections: &Connections,
    body: &[u8],
    signature: Option<&str>,
    now: Instant,
) -> Result<Event, IntakeRefusal> {
    if body.len() > LARGEST_DELIVERY {
        return Err(IntakeRefusal::TooLarge { bytes: body.len() });
    }
    connections.verifier.verify(signature, body, now)?;
    let event = read_delivered_event(body).map_err(|fault| IntakeRefusal::NoEvent {
        problem: fault.to_string(),
    })?;
    if event.id.is_empty() {
        return Err(IntakeRefusal::NoEvent {
            problem: "the event has no id".to_owned(),
        });
    }
    Ok(event)
}

fn keep(
    app: &App,
    body: &[u8],
    digest: &[u8; 32],
    event: Event,
    now: Instant,
) -> Result<Received, IntakeRefusal> {
    let row = InboxRow {
        source: STRIPE.to_owned(),
        source_id: event.id.clone(),
        kind: event.kind.clone(),
        received: now.microseconds(),
        digest: digest.to_vec(),
        raw: body.to_vec(),
        status: "open".to_owned(),
        reason: String::new(),
        attempts: 0,
        next_attempt: app.clock().now().microseconds(),
        deliveries: 1,
        correlation: String::new(),
    };
    app.run(ACTOR, move |tx, _| {
        let before = inbox::item(tx, STRIPE, &row.source_id)?;
        if before.is_some_and(|before| before.digest != row.digest && !is_same(&before.raw, &event))
        {
            return Ok(Err(IntakeRefusal::OtherContent { event: event.id }));
        }
        let is_new = inbox::receive(tx, &row)?;
        Ok(Ok(if is_new {
            Received::New
        } else {
            Received::Duplicate
        }))
    })
    .map_err(IntakeRefusal::NotKept)?
}

/// Whether a kept event says the same. Stripe writes an event anew for each delivery, with another
/// count of pending deliveries, so the bytes of a repeat may differ; what happened to which object
/// may not.
fn is_same(kept: &[u8], event: &Event) -> bool {
    read_delivered_event(kept).is_ok_and(|kept| {
        kept.kind == event.kind
            && kept.created == event.created
            && kept.object_type == event.object_type
            && kept.object_id == event.object_id
            && kept.payment_intent == event.payment_intent
    })
}

/// One row a reason and content, however often it comes: a flood of one forgery is one row.
fn count(
    app: &App,
    refusal: &IntakeRefusal,
    digest: &[u8; 32],
    now: Instant,
) -> Result<(), AppFault> {
    let start: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let row = InboxRow {
        source: STRIPE.to_owned(),
        source_id: format!("refused/{}/{start}", refusal.code()),
        kind: "refused".to_owned(),
        received: now.microseconds(),
        digest: digest.to_vec(),
        raw: Vec::new(),
        status: "rejected".to_owned(),
        reason: refusal.to_string(),
        attempts: 0,
        next_attempt: inbox::HELD,
        deliveries: 1,
        correlation: String::new(),
    };
    app.run(ACTOR, move |tx, _| {
        inbox::receive(tx, &row)?;
        Ok(())
    })
}
