//! What a payment or refund at the processor says, in the words of the payment journeys. The same
//! facts come twice, once as the answer to our call and once as a webhook; the journeys recognise
//! the second.

use super::Ending;
use crate::AppFault;
use crate::journey::payment::{FailedAttempt, PaymentOutcome, Settlement};
use crate::journey::refund::SettledRefund;
use connect::stripe::{
    ENTITY_METADATA, Expandable, INVOICE_METADATA, KEY_METADATA, PaymentError, PaymentIntent,
    PaymentStatus, Refund, RefundStatus,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::effects::{self, EffectRow};
use store::payments::PaymentRow;
use store::{Tx, catalogue, payments};
use values::{Instant, Money, PaymentId, RefundId};

/// How often what tells of a payment, a refund or an invoice waits for it to be told itself, before a
/// person is asked.
pub(super) const PATIENCE: i64 = 5;

/// Metadata name of our payment, where the processor's object carries it.
const PAYMENT_METADATA: &str = "tieout_payment";
/// Metadata name of the number of the attempt.
const ATTEMPT_METADATA: &str = "tieout_attempt";
/// Metadata name of our refund.
const REFUND_METADATA: &str = "tieout_refund";
/// Metadata name under which the connector keeps the document that allows a refund; deliveries put
/// the id of our refund there.
const REFUND_DOCUMENT_METADATA: &str = "tieout_credit_note";

/// Operation of the effect that collects a payment.
pub(crate) const COLLECT: &str = "stripe.collect";

/// What a payment at the processor has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The money is there; gross, fee and net are known.
    Settled {
        charge: String,
        gross: Money,
        fee: Money,
        net: Money,
        happened: Instant,
    },
    /// The attempt failed.
    Failed { reason: String, happened: Instant },
    /// It can still go either way, or the fee is not known yet.
    Pending { why: String },
    /// It was settled in another currency than it was asked for.
    OtherCurrency { asked: Money, settled: Money },
}

/// What a PaymentIntent says, read with its charge and the fee on it.
pub(crate) fn standing(intent: &PaymentIntent) -> Standing {
    match &intent.status {
        PaymentStatus::Succeeded => settled(intent),
        PaymentStatus::RequiresPaymentMethod => match &intent.last_payment_error {
            Some(error) => Standing::Failed {
                reason: reason_of(error),
                happened: last_moment(intent),
            },
            None => Standing::Pending {
                why: "no attempt was made yet".to_owned(),
            },
        },
        PaymentStatus::Canceled => Standing::Failed {
            reason: "the payment was given up at the processor".to_owned(),
            happened: last_moment(intent),
        },
        PaymentStatus::RequiresConfirmation => Standing::Pending {
            why: "it waits for our confirmation".to_owned(),
        },
        PaymentStatus::RequiresAction => Standing::Pending {
            why: "the payer has to act".to_owned(),
        },
        PaymentStatus::Processing => Standing::Pending {
            why: "the payment network is at work".to_owned(),
        },
        PaymentStatus::RequiresCapture => Standing::Pending {
            why: "it is authorised and not captured".to_owned(),
        },
        PaymentStatus::Unknown(word) => Standing::Pending {
            why: format!("the status {word:?} is not known here"),
        },
    }
}

fn settled(intent: &PaymentIntent) -> Standing {
    let Some(charge) = intent.latest_charge.as_ref().and_then(Expandable::whole) else {
        return Standing::Pending {
            why: "its charge is not known yet".to_owned(),
        };
    };
    let Some(moved) = charge
        .balance_transaction
        .as_ref()
        .and_then(Expandable::whole)
    else {
        return Standing::Pending {
            why: "the fee on it is not known yet".to_owned(),
        };
    };
    if moved.amount.currency != intent.amount.currency {
        return Standing::OtherCurrency {
            asked: intent.amount,
            settled: moved.amount,
        };
    }
    Standing::Settled {
        charge: charge.id.clone(),
        gross: moved.amount,
        fee: moved.fee,
        net: moved.net,
        happened: charge.created,
    }
}

fn last_moment(intent: &PaymentIntent) -> Instant {
    intent
        .latest_charge
        .as_ref()
        .and_then(Expandable::whole)
        .map_or(intent.created, |charge| charge.created)
}

/// A refusal in words: the issuer's reason, else the processor's code, and the text for the payer.
pub(crate) fn reason_of(error: &PaymentError) -> String {
    let code = error
        .decline_code
        .as_deref()
        .or(error.code.as_deref())
        .unwrap_or("declined");
    match &error.message {
        Some(message) => format!("{code}: {message}"),
        None => code.to_owned(),
    }
}

/// What a delivery ends as, when the books have taken what it says.
pub(super) fn ending(outcome: &PaymentOutcome, what: &str) -> Ending {
    match outcome {
        PaymentOutcome::Recorded { correlation } => Ending::confirmed(what, correlation.as_ref()),
        PaymentOutcome::AlreadyRecorded { correlation } => Ending::confirmed(
            format!("{what}; it was recorded already"),
            correlation.as_ref(),
        ),
        PaymentOutcome::Held {
            exception,
            correlation,
        } => Ending::confirmed(
            format!("{what}; {exception} says what a person has to decide"),
            correlation.as_ref(),
        ),
    }
}

/// What we know of a payment at the processor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Known {
    /// Our payment.
    pub payment: Option<PaymentId>,
    /// The newest attempt whose outcome the processor has told, or 1.
    pub attempt: u32,
}

/// The part of a collection's request that names our payment.
#[derive(Deserialize)]
struct Collecting {
    payment: PaymentId,
    #[serde(default = "first")]
    attempt: u32,
}

fn first() -> u32 {
    1
}

/// Finds our payment behind a PaymentIntent: by its metadata, by the processor's id, or by the key of
/// the effect that made it.
pub(crate) fn known(
    tx: &mut Tx<'_>,
    processor: &str,
    intent: &PaymentIntent,
) -> Result<Known, AppFault> {
    let note = |name: &str| intent.metadata.get(name).map(String::as_str);
    let mut payment = note(PAYMENT_METADATA).and_then(|text| text.parse().ok());
    if payment.is_none() {
        payment = payments::by_external_id(tx, &intent.id)?.and_then(|row| row.id.parse().ok());
    }
    if payment.is_none() {
        let referred = catalogue::referred(tx, processor, "PaymentIntent", &intent.id)?;
        payment = referred.and_then(|(object, _)| object.strip_prefix("payment/")?.parse().ok());
    }
    if payment.is_none()
        && let (Some(invoice), Some(key)) = (note(INVOICE_METADATA), note(KEY_METADATA))
    {
        payment = by_effect_key(tx, invoice, key)?;
    }
    let told = match &payment {
        Some(payment) => newest_attempt(tx, payment)?,
        None => None,
    };
    let noted = note(ATTEMPT_METADATA).and_then(|text| text.parse().ok());
    Ok(Known {
        payment,
        attempt: noted.or(told).unwrap_or(1),
    })
}

/// The answer to an attempt may come as a webhook before it comes to the caller: then only the
/// key of the effect, kept in the metadata, leads to the payment.
fn by_effect_key(tx: &mut Tx<'_>, invoice: &str, key: &str) -> Result<Option<PaymentId>, AppFault> {
    let mut subjects = vec![format!("invoice/{invoice}")];
    subjects.extend(
        payments::of_invoice(tx, invoice)?
            .into_iter()
            .map(|row| format!("payment/{}", row.id)),
    );
    for subject in subjects {
        let found = effects::of_subject(tx, &subject)?
            .into_iter()
            .find(|effect| effect.key == key);
        if let Some(payment) = found.as_ref().and_then(collecting).map(|it| it.payment) {
            return Ok(Some(payment));
        }
    }
    Ok(None)
}

fn newest_attempt(tx: &mut Tx<'_>, payment: &PaymentId) -> Result<Option<u32>, AppFault> {
    let of_payment = effects::of_subject(tx, &format!("payment/{payment}"))?;
    let told = of_payment
        .iter()
        .filter(|effect| effect.status == "confirmed");
    Ok(told.filter_map(collecting).map(|it| it.attempt).max())
}

fn collecting(effect: &EffectRow) -> Option<Collecting> {
    if effect.operation != COLLECT {
        return None;
    }
    serde_json::from_str(&effect.request).ok()
}

/// The settlement journey's words for a settled payment; nothing for any other standing.
pub(crate) fn settlement(
    intent: &PaymentIntent,
    standing: &Standing,
    (processor, known): (&str, &Known),
    payload: String,
) -> Option<Settlement> {
    let Standing::Settled {
        charge,
        gross,
        fee,
        net,
        happened,
    } = standing
    else {
        return None;
    };
    Some(Settlement {
        processor: processor.to_owned(),
        external_id: intent.id.clone(),
        charge: Some(charge.clone()),
        processor_customer: intent.customer.clone(),
        payment: known.payment.clone(),
        invoice: id_in(&intent.metadata, INVOICE_METADATA),
        entity: id_in(&intent.metadata, ENTITY_METADATA),
        gross: *gross,
        fee: *fee,
        net: *net,
        happened: *happened,
        payload,
    })
}

/// The journey's words for a failed attempt: the id of the payment there, and the payment as it was
/// seen, when it was.
pub(crate) fn failed_attempt(
    intent: (&str, Option<&PaymentIntent>),
    (processor, known): (&str, &Known),
    reason: String,
    happened: Instant,
) -> FailedAttempt {
    let (id, seen) = intent;
    let charge = seen.and_then(|seen| seen.latest_charge.as_ref());
    FailedAttempt {
        processor: processor.to_owned(),
        external_id: id.to_owned(),
        charge: charge.map(|charge| charge.id().to_owned()),
        payment: known.payment.clone(),
        attempt: known.attempt,
        reason,
        happened,
    }
}

/// What a refund at the processor has come to.
#[derive(Debug, Clone)]
pub(crate) enum RefundStanding {
    /// The money went back.
    Settled(Box<SettledRefund>),
    /// It can still go either way.
    Pending { why: String },
    /// The money did not go back.
    Failed { reason: String },
}

/// What a refund says. `refund` is ours, when the caller knows it.
pub(crate) fn refund_standing(
    refund: &Refund,
    processor: &str,
    ours: Option<RefundId>,
    reason: &str,
) -> RefundStanding {
    match (&refund.status, &refund.payment_intent) {
        (RefundStatus::Succeeded, Some(intent)) => {
            RefundStanding::Settled(Box::new(SettledRefund {
                processor: processor.to_owned(),
                external_id: refund.id.clone(),
                payment_external_id: intent.clone(),
                refund: ours,
                amount: refund.amount,
                reason: reason.to_owned(),
                happened: refund.created,
            }))
        }
        (RefundStatus::Succeeded, None) => RefundStanding::Failed {
            reason: "it belongs to no payment that is known here".to_owned(),
        },
        (RefundStatus::Failed, _) => RefundStanding::Failed {
            reason: "the money came back to the processor".to_owned(),
        },
        (RefundStatus::Canceled, _) => RefundStanding::Failed {
            reason: "it was given up before it moved".to_owned(),
        },
        (RefundStatus::Pending, _) => RefundStanding::Pending {
            why: "the refund is on its way".to_owned(),
        },
        (RefundStatus::RequiresAction, _) => RefundStanding::Pending {
            why: "the customer has to act".to_owned(),
        },
        (RefundStatus::Unknown(word), _) => RefundStanding::Pending {
            why: format!("the status {word:?} is not known here"),
        },
    }
}

/// Our refund behind one at the processor, when it is one of ours.
pub(crate) fn known_refund(tx: &mut Tx<'_>, refund: &Refund) -> Result<Option<RefundId>, AppFault> {
    for name in [REFUND_METADATA, REFUND_DOCUMENT_METADATA] {
        if let Some(text) = refund.metadata.get(name)
            && payments::refund(tx, text)?.is_some()
        {
            return Ok(text.parse().ok());
        }
    }
    Ok(None)
}

/// What the payer of a payment is called at an account.
pub(super) fn payer_at(
    tx: &mut Tx<'_>,
    processor: &str,
    payment: &PaymentRow,
) -> Result<Option<String>, AppFault> {
    let payer = format!("customer/{}", payment.customer);
    let known = catalogue::references_of(tx, &payer)?;
    let there = known
        .into_iter()
        .find(|known| known.system == processor && known.kind == "Customer");
    Ok(there.map(|known| known.id))
}

fn id_in<T: std::str::FromStr>(metadata: &BTreeMap<String, String>, name: &str) -> Option<T> {
    metadata.get(name)?.parse().ok()
}
