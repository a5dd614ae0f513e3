//! Disputes at Stripe: the payer's bank takes the money of a payment back, and gives it again when we
//! win. What is recorded is what the dispute says has moved, whichever event told of it.

use super::processor::{self, ending};
use super::{Ending, conclude, hold};
use crate::governance::gate;
use crate::journey::exception::{self, NewException};
use crate::journey::payment::{self, PaymentOutcome, Settlement};
use crate::journey::refund::{self, SettledRefund};
use crate::worker::Progress;
use crate::{App, AppFault, Context};
use connect::driver::Stripe;
use connect::stripe::{BalanceTransaction, Dispute};
use store::Tx;
use store::inbox::InboxRow;
use store::payments::{self, PaymentRow};
use values::{Money, Zone};

pub(super) fn process(
    app: &App,
    api: &Stripe,
    row: &InboxRow,
    id: &str,
) -> Result<Progress, AppFault> {
    let dispute = api.dispute(id)?;
    let intent = match (&dispute.payment_intent, &dispute.charge) {
        (Some(intent), _) => Some(intent.clone()),
        (None, Some(charge)) => api.charge(charge)?.payment_intent,
        (None, None) => None,
    };
    let item = row.clone();
    conclude(app, row, move |tx, context| {
        take(tx, context, &item, (&dispute, intent.as_deref()))
    })
}

/// A dispute with what our books know of the payment that it is about.
struct Told<'a> {
    row: &'a InboxRow,
    dispute: &'a Dispute,
    intent: &'a str,
    payment: Option<PaymentRow>,
}

fn take(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    (dispute, intent): (&Dispute, Option<&str>),
) -> Result<Ending, AppFault> {
    let Some(intent) = intent else {
        let summary = format!("A dispute of {} names no payment", dispute.amount);
        let detail = format!("dispute {} ({})", dispute.id, dispute.status);
        return hold(tx, context, row, "payment_unmatched", summary, detail);
    };
    let told = Told {
        row,
        dispute,
        intent,
        payment: payments::by_external_id(tx, intent)?,
    };
    if dispute.moved.is_empty() {
        let what = format!("dispute {}: {}", dispute.id, in_words(&dispute.status));
        return Ok(Ending::confirmed(what, None));
    }
    if told.payment.is_none() && row.attempts < processor::PATIENCE {
        return Ok(Ending::later(
            "the payment that it is about has not been told yet",
        ));
    }
    let entity = told.payment.as_ref().map(|payment| payment.entity.as_str());
    if let Some(ending) = gate::payment(tx, context, row, entity)? {
        return Ok(ending);
    }
    let (mut last, mut held) = (None, None);
    for moved in &dispute.moved {
        let outcome = match moved.amount.minor < 0 {
            true => went_back(tx, context, &told, moved)?,
            false => came_again(tx, context, &told, moved)?,
        };
        // Every event about the dispute shows all that it moved: what is known is not told again.
        if !matches!(outcome, PaymentOutcome::AlreadyRecorded { .. }) {
            fee(tx, context, &told, moved)?;
        }
        match outcome {
            // What went back of a payment that is not known waits for it.
            PaymentOutcome::Held {
                exception,
                correlation,
            } if moved.amount.minor < 0 => {
                held = Some(Ending::held(exception, correlation.as_ref()));
            }
            known => last = Some(ending(&known, &has_moved(dispute, moved))),
        }
    }
    let last = last.unwrap_or_else(|| Ending::later("what it moved is not shown yet"));
    Ok(held.unwrap_or(last))
}

/// What a dispute that moved nothing has come to.
fn in_words(status: &str) -> &'static str {
    match status {
        "warning_needs_response" | "warning_under_review" => {
            "the payer's bank asks about the payment, and has taken nothing"
        }
        "warning_closed" => "the payer's bank asked about the payment, and took nothing",
        _ => "nothing has moved yet",
    }
}

fn has_moved(dispute: &Dispute, moved: &BalanceTransaction) -> String {
    let what = match moved.amount.minor < 0 {
        true => "went back",
        false => "came again",
    };
    let (amount, id, status) = (moved.amount, &dispute.id, &dispute.status);
    format!("{amount} {what}, dispute {id} is {status}")
}

/// The payer's bank has taken the money back.
fn went_back(
    tx: &mut Tx<'_>,
    context: &Context,
    told: &Told<'_>,
    moved: &BalanceTransaction,
) -> Result<PaymentOutcome, AppFault> {
    let dispute = told.dispute;
    let until = dispute.answer_until.map_or_else(String::new, |moment| {
        format!("; it can be answered until {}", Zone::utc().date_at(moment))
    });
    let amount = moved.amount.negated()?;
    let report = SettledRefund {
        processor: told.row.source.clone(),
        external_id: moved.id.clone(),
        payment_external_id: told.intent.to_owned(),
        refund: None,
        amount,
        reason: format!(
            "charged back by the payer's bank: {} (dispute {}){until}",
            dispute.reason, dispute.id
        ),
        happened: moved.created.min(context.now),
    };
    let outcome = refund::refund_settled(tx, context, &report)?;
    if !matches!(outcome, PaymentOutcome::Held { .. }) {
        let key = format!("refund/{}", moved.id);
        exception::clear(tx, context, &key, "its payment is recorded now")?;
    }
    Ok(outcome)
}

/// The dispute is won and the money came again: a payment of its own that a person sets against what
/// it is for.
fn came_again(
    tx: &mut Tx<'_>,
    context: &Context,
    told: &Told<'_>,
    moved: &BalanceTransaction,
) -> Result<PaymentOutcome, AppFault> {
    let processor_customer = match &told.payment {
        Some(payment) => processor::payer_at(tx, &told.row.source, payment)?,
        None => None,
    };
    let report = Settlement {
        processor: told.row.source.clone(),
        external_id: moved.id.clone(),
        charge: None,
        processor_customer,
        payment: None,
        invoice: None,
        entity: told.payment.as_ref().and_then(|it| it.entity.parse().ok()),
        gross: moved.amount,
        fee: Money::zero(moved.amount.currency),
        net: moved.amount,
        happened: moved.created.min(context.now),
        payload: String::from_utf8_lossy(&told.row.raw).into_owned(),
    };
    payment::settled(tx, context, &report)
}

/// The fee of a dispute belongs to no payment: until it is entered by hand, the processor holds so much
/// less than our books say.
fn fee(
    tx: &mut Tx<'_>,
    context: &Context,
    told: &Told<'_>,
    moved: &BalanceTransaction,
) -> Result<(), AppFault> {
    if moved.fee.is_zero() {
        return Ok(());
    }
    let payment = told.payment.as_ref();
    let new = NewException {
        key: format!("dispute-fee/{}", moved.id),
        class: "dispute_fee",
        summary: format!(
            "{} took a fee of {} for dispute {}",
            told.row.source, moved.fee, told.dispute.id
        ),
        detail: format!(
            "Enter {} as a cost by a journal on the day of {}, then resolve this; the dispute is about payment {} and is {}.",
            moved.fee, moved.id, told.intent, told.dispute.status
        ),
        payload: String::from_utf8_lossy(&told.row.raw).into_owned(),
        customer: payment.map_or_else(String::new, |payment| payment.customer.clone()),
        document: told.dispute.id.clone(),
        entity: payment.map_or_else(String::new, |payment| payment.entity.clone()),
        measure: "cash".to_owned(),
        value: Some(moved.fee.negated()?),
        ..NewException::default()
    };
    exception::open(tx, context, new)?;
    Ok(())
}
