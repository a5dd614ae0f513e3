//! Collecting and giving back at the payment processor. A declined card is an answer, not a failure
//! of the delivery; what the answer says about money is recorded with it.

use super::Taken;
use super::asked::{Collect, GiveBack};
use super::perform::{Answer, Done, FollowUp, Mode, books_unread, not_configured, request};
use crate::connections::Connections;
use crate::intake::processor::{self, Known, RefundStanding, Standing};
use crate::payment_routes::connection;
use crate::{App, AppFault};
use connect::driver::Stripe;
use connect::stripe::{
    Charging, Decline, Expandable, NewPayment, NewRefund, PaymentIntent, PaymentStatus, Refund,
};
use connect::{Fault, FaultClass, ReadBack};
use values::Instant;

/// The account of the processor that an effect is for.
fn processor_of(taken: &Taken) -> Result<&'static str, Fault> {
    connection(&taken.effect.connection).ok_or_else(not_configured)
}

pub(super) fn collect(
    app: &App,
    connections: &Connections,
    taken: &Taken,
) -> Result<Answer, Fault> {
    let processor = processor_of(taken)?;
    let api = connections
        .processor(processor)
        .ok_or_else(not_configured)?;
    let asked: Collect = request(&taken.effect)?;
    let known = known_intent(app, &asked)?;
    match (known, taken.mode) {
        (None, Mode::Send) => {
            asked.required_method()?;
            let charging = api.create_payment(&new_payment(&asked, taken))?;
            Ok(of_charging(&asked, charging, taken))
        }
        (None, Mode::ReadBack) => {
            // From the first sending, however often it was sent since, and not from after it was
            // intended, whatever the clock said when it was sent: no charge may be missed.
            let intended = Instant::from_microseconds(taken.effect.created);
            let from = taken.first_sent.min(intended);
            match api.read_back_payment(&new_payment(&asked, taken), from)? {
                ReadBack::Found(intent) => Ok(of_intent(&asked, &intent, taken)),
                ReadBack::Absent => Ok(Answer::Absent),
            }
        }
        (Some(intent), Mode::Send) => {
            let charging =
                api.confirm_payment(&intent, asked.stored_method(), &taken.effect.key)?;
            Ok(of_charging(&asked, charging, taken))
        }
        (Some(intent), Mode::ReadBack) => confirmed_before(app, api, &asked, &intent, taken),
    }
}

/// A later attempt goes to the payment that the processor has already, even when the intent to do so
/// was recorded before its id was known.
fn known_intent(app: &App, asked: &Collect) -> Result<Option<String>, Fault> {
    if asked.payment_intent.is_some() || asked.attempt <= 1 {
        return Ok(asked.payment_intent.clone());
    }
    let payment = asked.payment.clone();
    let row = app
        .store()
        .read(move |tx| store::payments::payment(tx, payment.as_str()));
    let row = row.map_err(|fault| books_unread(AppFault::Store(fault)))?;
    Ok(row.map(|row| row.external_id).filter(|id| !id.is_empty()))
}

fn new_payment(asked: &Collect, taken: &Taken) -> NewPayment {
    NewPayment {
        amount: asked.amount(),
        customer: asked.processor_customer.clone(),
        payment_method: asked.stored_method().unwrap_or_default().to_owned(),
        invoice: asked.invoice.as_str().to_owned(),
        legal_entity: asked.entity.as_str().to_owned(),
        idempotency_key: taken.effect.key.clone(),
    }
}

/// Whether the attempt was made: the payment is done or under way, or its newest charge is none of
/// those that earlier attempts came to. Charges are told apart by their ids, never by when they were:
/// that is said by the processor's clock, and when we called is said by ours. Otherwise it is sent again
/// under the same key, which the processor answers as it answered the first time.
fn confirmed_before(
    app: &App,
    api: &Stripe,
    asked: &Collect,
    intent: &str,
    taken: &Taken,
) -> Result<Answer, Fault> {
    let intent = api.payment(intent)?;
    let was_made = match intent.status {
        PaymentStatus::Succeeded | PaymentStatus::Processing | PaymentStatus::RequiresCapture => {
            true
        }
        PaymentStatus::RequiresPaymentMethod => match &intent.latest_charge {
            Some(charge) => !is_of_earlier_attempt(app, processor_of(taken)?, charge.id())?,
            None => false,
        },
        _ => false,
    };
    Ok(if was_made {
        of_intent(asked, &intent, taken)
    } else {
        Answer::Absent
    })
}

/// Whether a charge is one that our books know: what an earlier attempt came to.
fn is_of_earlier_attempt(app: &App, processor: &'static str, charge: &str) -> Result<bool, Fault> {
    let charge = charge.to_owned();
    let found = app
        .store()
        .read(move |tx| store::catalogue::referred(tx, processor, "Charge", &charge));
    let found = found.map_err(|fault| books_unread(AppFault::Store(fault)))?;
    Ok(found.is_some())
}

fn last_charge(intent: &PaymentIntent) -> Option<Instant> {
    intent
        .latest_charge
        .as_ref()
        .and_then(Expandable::whole)
        .map(|charge| charge.created)
}

fn of_charging(asked: &Collect, charging: Charging, taken: &Taken) -> Answer {
    match charging {
        Charging::Accepted(intent) => of_intent(asked, &intent, taken),
        Charging::Declined(decline) => declined(asked, &decline, taken),
    }
}

fn declined(asked: &Collect, decline: &Decline, taken: &Taken) -> Answer {
    let intent = decline.payment_intent.as_deref();
    let id = intent
        .map(|intent| intent.id.clone())
        .or_else(|| asked.payment_intent.clone())
        .unwrap_or_default();
    let happened = intent.and_then(last_charge).unwrap_or(taken.sent);
    let reason = processor::reason_of(&decline.error);
    let attempt = processor::failed_attempt(
        (&id, intent),
        (&taken.effect.connection, &known(asked)),
        reason,
        happened,
    );
    done(id, FollowUp::Declined(attempt))
}

fn of_intent(asked: &Collect, intent: &PaymentIntent, taken: &Taken) -> Answer {
    let known = known(asked);
    let standing = processor::standing(intent);
    let failed = |reason: String, happened| {
        FollowUp::Declined(processor::failed_attempt(
            (&intent.id, Some(intent)),
            (&taken.effect.connection, &known),
            reason,
            happened,
        ))
    };
    let fact = match (&standing, &intent.status) {
        (Standing::Failed { reason, happened }, _) => failed(reason.clone(), *happened),
        // The payer is absent, so nobody will act: the attempt has failed.
        (_, PaymentStatus::RequiresAction) => failed(
            "authentication_required: the payer would have to act".to_owned(),
            taken.sent,
        ),
        _ => processor::settlement(
            intent,
            &standing,
            (&taken.effect.connection, &known),
            taken.effect.request.clone(),
        )
        .map_or(FollowUp::Nothing, FollowUp::Settled),
    };
    done(intent.id.clone(), fact)
}

fn known(asked: &Collect) -> Known {
    Known {
        payment: Some(asked.payment.clone()),
        attempt: asked.attempt,
    }
}

fn done(id: String, fact: FollowUp) -> Answer {
    Answer::Done(Done {
        kind: "PaymentIntent".to_owned(),
        is_same: !id.is_empty(),
        id,
        fact: Box::new(fact),
    })
}

pub(super) fn refund(connections: &Connections, taken: &Taken) -> Result<Answer, Fault> {
    let processor = processor_of(taken)?;
    let api = connections
        .processor(processor)
        .ok_or_else(not_configured)?;
    let asked: GiveBack = request(&taken.effect)?;
    let new = NewRefund {
        payment_intent: asked.payment_external_id.clone(),
        amount: asked.amount(),
        credit_note: asked.refund.as_str().to_owned(),
        idempotency_key: taken.effect.key.clone(),
    };
    let refund = match taken.mode {
        Mode::Send => api.create_refund(&new)?,
        Mode::ReadBack => match api.read_back_refund(&new)? {
            ReadBack::Found(refund) => refund,
            ReadBack::Absent => return Ok(Answer::Absent),
        },
    };
    of_refund(&asked, processor, &refund)
}

fn of_refund(asked: &GiveBack, processor: &str, refund: &Refund) -> Result<Answer, Fault> {
    let fact = match processor::refund_standing(
        refund,
        processor,
        Some(asked.refund.clone()),
        &asked.reason,
    ) {
        RefundStanding::Settled(settled) => FollowUp::Refunded(*settled),
        RefundStanding::Pending { .. } => FollowUp::Nothing,
        RefundStanding::Failed { reason } => {
            let message = format!("refund {} failed: {reason}", refund.id);
            return Err(Fault::new(
                "stripe",
                FaultClass::Data,
                "refund_failed",
                &message,
            ));
        }
    };
    Ok(Answer::Done(Done {
        kind: "Refund".to_owned(),
        id: refund.id.clone(),
        is_same: true,
        fact: Box::new(fact),
    }))
}
