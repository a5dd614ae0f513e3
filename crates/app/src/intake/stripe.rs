//! Events of the payment processor. The event only says where to look; what is recorded is what the
//! object says when it is fetched.

use super::processor::{self, RefundStanding, Standing, ending};
use super::{ACTOR, Ending, conclude, hold, stripe_invoice};
use crate::connections::STRIPE;
use crate::governance::gate;
use crate::journey::exception::{self, NewException};
use crate::journey::payment::{self, PaymentOutcome};
use crate::journey::refund;
use crate::worker::Progress;
use crate::{App, AppFault, Context};
use connect::driver::Stripe;
use connect::stripe::{
    ENTITY_METADATA, Event, Filter, INVOICE_METADATA, PaymentIntent, Refund, read_delivered_event,
};
use store::Tx;
use store::inbox::InboxRow;
use store::payments;
use values::InvoiceId;

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Payment,
    Refund,
    ChargeRefunds,
    Invoice,
    CreditNote,
    Dispute,
    Nothing,
}

impl Subject {
    fn of(kind: &str) -> Subject {
        match kind {
            "payment_intent.succeeded" | "payment_intent.payment_failed" => Subject::Payment,
            "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
                Subject::Refund
            }
            "charge.refunded" => Subject::ChargeRefunds,
            "invoice.finalized" | "invoice.voided" | "invoice.marked_uncollectible" => {
                Subject::Invoice
            }
            "credit_note.created" | "credit_note.updated" | "credit_note.voided" => {
                Subject::CreditNote
            }
            "charge.dispute.created"
            | "charge.dispute.updated"
            | "charge.dispute.closed"
            | "charge.dispute.funds_withdrawn"
            | "charge.dispute.funds_reinstated" => Subject::Dispute,
            _ => Subject::Nothing,
        }
    }
}

/// Whether events of this type lead to anything.
pub(crate) fn has_action(kind: &str) -> bool {
    Subject::of(kind) != Subject::Nothing
}

pub(super) fn process(app: &App, api: &Stripe, row: &InboxRow) -> Result<Progress, AppFault> {
    let event = match read_delivered_event(&row.raw) {
        Ok(event) => event,
        Err(fault) => return unreadable(app, row, fault.to_string()),
    };
    let subject = Subject::of(&event.kind);
    match (subject, &event.object_id, &event.payment_intent) {
        (Subject::Nothing, _, _) => conclude(app, row, |_, _| {
            Ok(Ending::confirmed("no action for this type", None))
        }),
        (Subject::Payment, Some(id), _) => {
            let intent = api.payment(id)?;
            let item = row.clone();
            let billed = billed_there(app, api, row, &intent)?;
            conclude(app, row, move |tx, context| {
                take_payment(tx, context, &item, (&intent, billed.as_deref()))
            })
        }
        (Subject::Refund, Some(id), _) => {
            let refunds = vec![api.refund(id)?];
            let item = row.clone();
            conclude(app, row, move |tx, context| {
                take_refunds(tx, context, &item, &refunds)
            })
        }
        (Subject::Invoice, Some(id), _) => super::stripe_invoice::process(app, api, row, id),
        (Subject::CreditNote, Some(id), _) => super::stripe_credit::process(app, api, row, id),
        (Subject::Dispute, Some(id), _) => super::stripe_dispute::process(app, api, row, id),
        (Subject::ChargeRefunds, _, Some(intent)) => {
            let refunds = refunds_of(api, intent)?;
            let item = row.clone();
            conclude(app, row, move |tx, context| {
                take_refunds(tx, context, &item, &refunds)
            })
        }
        _ => unreadable(
            app,
            row,
            format!("the {} event does not name its object", event.kind),
        ),
    }
}

/// The invoice of Stripe Billing that a payment is for, where Stripe bills and the payment does not say
/// itself what it is for.
fn billed_there(
    app: &App,
    api: &Stripe,
    row: &InboxRow,
    intent: &PaymentIntent,
) -> Result<Option<String>, AppFault> {
    let says = intent.metadata.contains_key(INVOICE_METADATA);
    if says || row.source != STRIPE || !stripe_invoice::bills_anything(&app.context(ACTOR)) {
        return Ok(None);
    }
    Ok(api.invoice_of(&intent.id)?)
}

/// Our invoice of one of Stripe Billing; nothing while it is not recorded.
fn invoice_here(tx: &mut Tx<'_>, there: &str) -> Result<Option<InvoiceId>, AppFault> {
    let kept = store::outside_documents::outside_document(tx, STRIPE, there)?;
    let posted = kept.filter(|kept| kept.status == "posted");
    posted
        .map(|kept| crate::fault::stored_value("invoice id", &kept.document))
        .transpose()
}

fn refunds_of(api: &Stripe, intent: &str) -> Result<Vec<Refund>, AppFault> {
    let filter = Filter {
        payment_intent: Some(intent.to_owned()),
        ..Filter::default()
    };
    Ok(api.refunds(&filter)?)
}

fn unreadable(app: &App, row: &InboxRow, detail: String) -> Result<Progress, AppFault> {
    let item = row.clone();
    conclude(app, row, move |tx, context| {
        let summary = format!("A message of stripe cannot be read ({})", item.kind);
        hold(tx, context, &item, "webhook_unreadable", summary, detail)
    })
}

fn take_payment(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    (intent, billed): (&PaymentIntent, Option<&str>),
) -> Result<Ending, AppFault> {
    let billed = match billed {
        Some(there) => match invoice_here(tx, there)? {
            None if row.attempts < processor::PATIENCE => {
                return Ok(Ending::later("its invoice has not been told yet"));
            }
            here => here,
        },
        None => None,
    };
    let entity = intent.metadata.get(ENTITY_METADATA).map(String::as_str);
    if let Some(ending) = gate::payment(tx, context, row, entity)? {
        return Ok(ending);
    }
    let known = processor::known(tx, &row.source, intent)?;
    let standing = processor::standing(intent);
    let payload = String::from_utf8_lossy(&row.raw).into_owned();
    if let Some(mut settlement) =
        processor::settlement(intent, &standing, (&row.source, &known), payload)
    {
        settlement.invoice = settlement.invoice.or(billed);
        let gross = settlement.gross;
        let outcome = payment::settled(tx, context, &settlement)?;
        return Ok(ending(&outcome, &format!("payment of {gross} settled")));
    }
    match standing {
        Standing::Failed { reason, happened } => {
            let attempt = processor::failed_attempt(
                (&intent.id, Some(intent)),
                (&row.source, &known),
                reason,
                happened,
            );
            let outcome = payment::attempt_failed(tx, context, &attempt)?;
            Ok(ending(
                &outcome,
                &format!("attempt {} failed", attempt.attempt),
            ))
        }
        Standing::OtherCurrency { asked, settled } => {
            let summary = format!("A payment of {asked} was settled as {settled}");
            let detail =
                "payments that the processor converts to another currency cannot be recorded"
                    .to_owned();
            hold(tx, context, row, "payment_unmatched", summary, detail)
        }
        Standing::Pending { why } => Ok(Ending::later(why)),
        Standing::Settled { .. } => Ok(Ending::later("its settlement is not known yet")),
    }
}

fn take_refunds(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    refunds: &[Refund],
) -> Result<Ending, AppFault> {
    if row.attempts < processor::PATIENCE && !payment_is_known(tx, refunds)? {
        return Ok(Ending::later(
            "the payment that it gives back has not been told yet",
        ));
    }
    let entity = entity_of(tx, refunds)?;
    if let Some(ending) = gate::payment(tx, context, row, entity.as_deref())? {
        return Ok(ending);
    }
    let mut last = Ending::later("the refund is not shown yet");
    let mut waiting = None;
    for refund in refunds {
        let ours = processor::known_refund(tx, refund)?;
        match processor::refund_standing(refund, &row.source, ours, "refunded at the processor") {
            RefundStanding::Settled(settled) => {
                let outcome = refund::refund_settled(tx, context, &settled)?;
                if let PaymentOutcome::Held {
                    exception,
                    correlation,
                } = outcome
                {
                    waiting = Some(Ending::held(exception, correlation.as_ref()));
                } else {
                    let key = format!("refund/{}", refund.id);
                    exception::clear(tx, context, &key, "its payment is recorded now")?;
                    last = ending(&outcome, &format!("refund of {} settled", settled.amount));
                }
            }
            RefundStanding::Pending { why } => waiting = Some(Ending::later(why)),
            RefundStanding::Failed { reason } => {
                refund_failed(tx, context, row, refund, &reason)?;
                last = Ending::confirmed(
                    format!("refund of {} failed: {reason}", refund.amount),
                    None,
                );
            }
        }
    }
    Ok(waiting.unwrap_or(last))
}

/// The legal entity of the payment that is given back, where it is known here.
fn entity_of(tx: &mut Tx<'_>, refunds: &[Refund]) -> Result<Option<String>, AppFault> {
    for intent in refunds
        .iter()
        .filter_map(|refund| refund.payment_intent.as_ref())
    {
        if let Some(payment) = payments::by_external_id(tx, intent)? {
            return Ok(Some(payment.entity));
        }
    }
    Ok(None)
}

/// Messages do not come in order: a refund may be told before its payment.
fn payment_is_known(tx: &mut Tx<'_>, refunds: &[Refund]) -> Result<bool, AppFault> {
    for intent in refunds
        .iter()
        .filter_map(|refund| refund.payment_intent.as_ref())
    {
        if payments::by_external_id(tx, intent)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn refund_failed(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    refund: &Refund,
    reason: &str,
) -> Result<(), AppFault> {
    exception::open(
        tx,
        context,
        NewException {
            key: format!("refund/{}", refund.id),
            class: "refund_unmatched",
            summary: format!(
                "A refund of {} did not reach the customer: {reason}",
                refund.amount
            ),
            detail: format!(
                "refund {} of payment {}",
                refund.id,
                refund.payment_intent.as_deref().unwrap_or("unknown")
            ),
            payload: String::from_utf8_lossy(&row.raw).into_owned(),
            document: refund.id.clone(),
            value: Some(refund.amount),
            ..NewException::default()
        },
    )?;
    Ok(())
}

/// An event found by the sweep in the shape in which it would have been delivered.
pub(crate) fn as_delivered(event: &Event) -> String {
    let object = serde_json::json!({
        "id": event.object_id,
        "object": event.object_type,
        "payment_intent": event.payment_intent.as_ref().filter(|_| event.object_type != "payment_intent"),
        "charge": event.charge.as_ref().filter(|_| event.object_type != "charge"),
        "metadata": event.metadata,
    });
    serde_json::json!({
        "id": event.id,
        "object": "event",
        "type": event.kind,
        "created": event.created.seconds(),
        "api_version": event.api_version,
        "livemode": event.livemode,
        "data": { "object": object },
    })
    .to_string()
}
