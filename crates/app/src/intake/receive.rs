//! The door for deliveries of the payment processor. Nothing gets in without a valid signature over
//! the raw bytes; what is refused is counted without keeping what was sent.

use super::ACTOR;
use crate::connections::{Connections, STRIPE};
use crate::{App, AppFault};
use connect::adyen;
use connect::stripe::webhook::{SignatureFault, Verifier};
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
    /// An item of it is not signed, or not with a key of ours.
    #[error(transparent)]
    ItemSignature(#[from] adyen::webhook::SignatureFault),
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
            IntakeRefusal::ItemSignature(adyen::webhook::SignatureFault::Missing { .. }) => {
                "signature_missing"
            }
            IntakeRefusal::ItemSignature(adyen::webhook::SignatureFault::NoMatch { .. }) => {
                "signature_wrong"
            }
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
    let delivery = Delivery {
        processor: STRIPE,
        body: body.to_vec(),
        signature,
        now,
    };
    receive_delivery(app, connections, delivery)
}

/// As [`receive_stripe`] for any account of the processor.
///
/// # Errors
/// As [`receive_stripe`].
pub fn receive_delivery(
    app: &App,
    connections: &Connections,
    delivery: Delivery<'_>,
) -> Result<Received, IntakeRefusal> {
    let (answer, waiting) = std::sync::mpsc::sync_channel(1);
    receive_delivery_then(app, connections, delivery, move |result| {
        // The caller may have gone; what was kept is kept all the same.
        let _ = answer.send(result);
    });
    waiting.recv().unwrap_or_else(|_| {
        let closed = AppFault::Store(store::StoreFault::Closed);
        Err(IntakeRefusal::NotKept(closed))
    })
}

/// A delivery as it came in at the door.
#[derive(Debug)]
pub struct Delivery<'a> {
    /// The account of the processor at whose door it came in, such as `stripe`.
    pub processor: &'static str,
    /// The bytes exactly as they came.
    pub body: Vec<u8>,
    /// Value of the `Stripe-Signature` header; Adyen signs inside the body.
    pub signature: Option<&'a str>,
    /// The moment by the clock that signatures are checked with.
    pub now: Instant,
}

/// As [`receive_delivery`] without waiting: `done` is called once the outcome is durable, so that many
/// deliveries share one flush without a thread each. Where the store does not queue its writes (see
/// [`store::Store::queues_writes`]) the call itself waits.
pub fn receive_delivery_then(
    app: &App,
    connections: &Connections,
    delivery: Delivery<'_>,
    done: impl FnOnce(Result<Received, IntakeRefusal>) + Send + 'static,
) {
    if crate::payment_routes::is_adyen(delivery.processor) {
        return super::adyen_door::receive_then(app, connections, delivery, done);
    }
    let digest: [u8; 32] = Sha256::digest(&delivery.body).into();
    match check(connections, &delivery) {
        Ok(event) => {
            let (now, processor) = (delivery.now, delivery.processor);
            let counting = app.clone();
            keep(app, delivery, &digest, event, move |kept| match kept {
                Err(refusal @ IntakeRefusal::OtherContent { .. }) => {
                    refuse(&counting, processor, refusal, &digest, now, done);
                }
                kept => done(kept),
            });
        }
        Err(refusal) => {
            let processor = delivery.processor;
            refuse(app, processor, refusal, &digest, delivery.now, done);
        }
    }
}

/// Says in the log and in the counts that a delivery is refused, and then to its sender.
pub(super) fn refuse(
    app: &App,
    processor: &'static str,
    refusal: IntakeRefusal,
    digest: &[u8; 32],
    now: Instant,
    done: impl FnOnce(Result<Received, IntakeRefusal>) + Send + 'static,
) {
    tracing::warn!(processor, reason = refusal.code(), "a delivery is refused");
    let row = refused_row(processor, &refusal, digest, now);
    app.run_then(
        ACTOR,
        move |tx, _| {
            inbox::receive(tx, &row)?;
            Ok(())
        },
        move |counted| done(Err(counted.err().map_or(refusal, IntakeRefusal::NotKept))),
    );
}

fn check(connections: &Connections, delivery: &Delivery<'_>) -> Result<Event, IntakeRefusal> {
    let body = &delivery.body;
    if body.len() > LARGEST_DELIVERY {
        return Err(IntakeRefusal::TooLarge { bytes: body.len() });
    }
    let nobody = Verifier {
        secrets: Vec::new(),
        tolerance_s: 0,
    };
    let verifier = connections.verifier_of(delivery.processor);
    verifier
        .unwrap_or(&nobody)
        .verify(delivery.signature, body, delivery.now)?;
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
    delivery: Delivery<'_>,
    digest: &[u8; 32],
    event: Event,
    done: impl FnOnce(Result<Received, IntakeRefusal>) + Send + 'static,
) {
    let processor = delivery.processor;
    let row = InboxRow {
        source: processor.to_owned(),
        source_id: event.id.clone(),
        kind: event.kind.clone(),
        received: delivery.now.microseconds(),
        digest: digest.to_vec(),
        raw: delivery.body,
        status: "open".to_owned(),
        reason: String::new(),
        attempts: 0,
        next_attempt: app.clock().now().microseconds(),
        deliveries: 1,
        correlation: String::new(),
    };
    let journey = move |tx: &mut store::Tx<'_>, _: &crate::Context| {
        if inbox::receive_first(tx, &row)? {
            return Ok(Ok(Received::New));
        }
        let before = inbox::item(tx, processor, &row.source_id)?;
        if before.is_some_and(|before| before.digest != row.digest && !is_same(&before.raw, &event))
        {
            return Ok(Err(IntakeRefusal::OtherContent { event: event.id }));
        }
        inbox::receive(tx, &row)?;
        Ok(Ok(Received::Duplicate))
    };
    app.run_then(ACTOR, journey, move |kept| {
        done(kept.unwrap_or_else(|fault| Err(IntakeRefusal::NotKept(fault))));
    });
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
fn refused_row(
    processor: &str,
    refusal: &IntakeRefusal,
    digest: &[u8; 32],
    now: Instant,
) -> InboxRow {
    let start: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    InboxRow {
        source: processor.to_owned(),
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
    }
}
