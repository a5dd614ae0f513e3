//! Refunds: money that is set against nothing goes back to the payer.

use crate::Refusal;
use crate::command::{Answer, RefundPayment};
use crate::fault::{AppFault, stored_value};
use crate::journey::exception::{self, NewException};
use crate::journey::payment::PaymentOutcome;
use crate::record::{Context, Fact, Intent, Recorder};
use events::{Event, PaymentRefunded, Reference};
use serde_json::json;
use store::payments::{self, PaymentRow, RefundRow};
use store::{Tx, settings};
use values::{CorrelationId, Currency, EntityId, Instant, Money, RefundId};

/// A refund that another system reports as settled.
#[derive(Debug, Clone)]
pub struct SettledRefund {
    /// The connection.
    pub processor: String,
    /// The refund's id there.
    pub external_id: String,
    /// The payment's id there.
    pub payment_external_id: String,
    /// Our refund, when we started it.
    pub refund: Option<RefundId>,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// When it happened.
    pub happened: Instant,
}

/// `refund_payment`.
///
/// # Errors
/// When less is unapplied than is to go back.
pub fn request(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &RefundPayment,
) -> Result<Answer, AppFault> {
    settings::take_turn(tx, &format!("payment/{}", body.payment))?;
    let mut payment =
        payments::payment(tx, body.payment.as_str())?.ok_or_else(|| AppFault::NotFound {
            kind: "payment",
            id: body.payment.to_string(),
        })?;
    let currency: Currency = stored_value("currency", &payment.currency)?;
    let available = Money::from_minor(payment.unapplied, currency);
    let amount = match &body.amount {
        Some(text) => Money::parse(text, currency)
            .map_err(|refused| Refusal::field("bad_amount", "amount", refused.to_string()))?,
        None => available,
    };
    if amount.minor <= 0 || amount.minor > available.minor {
        let message = format!(
            "{amount} cannot be given back: {available} of this payment is set against nothing; credit an invoice first"
        );
        return Err(Refusal::field("refund_exceeds_unapplied", "amount", message).into());
    }
    if body.reason.trim().is_empty() {
        return Err(
            Refusal::field("reason_missing", "reason", "say why the money goes back").into(),
        );
    }
    payment.unapplied -= amount.minor;
    payments::update(tx, &payment)?;
    let id = body
        .id
        .clone()
        .unwrap_or_else(|| RefundId::mint(&*context.ids, context.now));
    let row = RefundRow {
        id: id.as_str().to_owned(),
        payment: payment.id.clone(),
        customer: payment.customer.clone(),
        entity: payment.entity.clone(),
        currency: payment.currency.clone(),
        amount: amount.minor,
        reason: body.reason.clone(),
        status: "requested".to_owned(),
        external_id: String::new(),
        correlation: payment.correlation.clone(),
        time: context.now.microseconds(),
    };
    RefundRow::insert(tx, std::slice::from_ref(&row))?;
    let correlation: CorrelationId = stored_value("chain id", &payment.correlation)?;
    let mut recorder = Recorder::new(context, correlation, "/commands", key);
    if payment.external_id.is_empty() {
        finish(
            tx,
            context,
            &mut recorder,
            row,
            payment.clone(),
            context.now,
            Vec::new(),
        )?;
    } else {
        let connection = super::payment::begun_at(tx, &payment.id)?
            .or(took_in(tx, &payment)?)
            .unwrap_or(crate::connections::STRIPE);
        recorder.intend(Intent {
            lane: format!("payment/{}", payment.id),
            connection,
            operation: crate::payment_routes::giving_back(connection),
            subject: format!("refund/{id}"),
            key: format!("refund/{id}"),
            request: json!({
                "refund": id,
                "payment_external_id": payment.external_id,
                "amount_minor": amount.minor,
                "currency": payment.currency,
                "reason": body.reason,
            }),
            entity: Some(stored_value("entity id", &payment.entity)?),
            value: Some(amount),
        });
    }
    recorder.finish(tx)?;
    if payment.unapplied == 0 {
        exception::clear(
            tx,
            context,
            &format!("unmatched/{}", payment.id),
            "the money goes back to the payer",
        )?;
    }
    Ok(json!({ "refund": id, "amount": amount }))
}

/// Records that a refund reached the payer.
///
/// # Errors
/// When the store fails.
pub fn refund_settled(
    tx: &mut Tx<'_>,
    context: &Context,
    report: &SettledRefund,
) -> Result<PaymentOutcome, AppFault> {
    settings::take_turn(tx, &format!("payment/{}", report.payment_external_id))?;
    let Some(payment) = payments::by_external_id(tx, &report.payment_external_id)? else {
        let id = unmatched(tx, context, report)?;
        return Ok(PaymentOutcome::Held {
            exception: id,
            correlation: None,
        });
    };
    let correlation: CorrelationId = stored_value("chain id", &payment.correlation)?;
    let known = payments::refunds_of(tx, &payment.id)?;
    if known
        .iter()
        .any(|row| row.status == "settled" && row.external_id == report.external_id)
    {
        return Ok(PaymentOutcome::AlreadyRecorded {
            correlation: Some(correlation),
        });
    }
    let ours = report
        .refund
        .as_ref()
        .and_then(|id| known.iter().find(|row| row.id == id.as_str()).cloned());
    let mut payment = payment;
    let row = match ours {
        Some(row) => row,
        // Given back at the processor without us. What of it was set against invoices is owed by
        // the payer again until they are credited: below zero, as on the account.
        None => {
            payment.unapplied -= report.amount.minor;
            payments::update(tx, &payment)?;
            uncovered(tx, context, &payment, report)?;
            foreign(tx, context, report, &payment)?
        }
    };
    let key = format!("{}/{}", report.processor, report.external_id);
    let mut recorder = Recorder::new(context, correlation.clone(), "/sys/processor", &key);
    let mut row = row;
    row.external_id.clone_from(&report.external_id);
    let refs = vec![Reference {
        system: report.processor.clone(),
        kind: "Refund".to_owned(),
        id: report.external_id.clone(),
    }];
    finish(
        tx,
        context,
        &mut recorder,
        row,
        payment,
        report.happened,
        refs,
    )?;
    recorder.finish(tx)?;
    Ok(PaymentOutcome::Recorded {
        correlation: Some(correlation),
    })
}

/// Raises what went back of a payment though it is set against invoices: the processor has its leg
/// of the refund, and billing has none.
fn uncovered(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &PaymentRow,
    report: &SettledRefund,
) -> Result<(), AppFault> {
    if payment.unapplied == 0 {
        let what = format!("unmatched/{}", payment.id);
        exception::clear(tx, context, &what, "the money went back to the payer")?;
    }
    if payment.unapplied >= 0 {
        return Ok(());
    }
    let missing = Money::from_minor(-payment.unapplied, report.amount.currency);
    let new = NewException {
        key: format!("uncovered/{}", payment.id),
        class: "refund_unmatched",
        summary: format!(
            "Refund of {} was given at {} for payment {}, of which {missing} is set against invoices that are not credited",
            report.amount, report.processor, payment.id
        ),
        detail: format!(
            "Refund {} ({}): credit the invoice, or take the payment back from it and collect it again. It closes when {missing} of the payment is set against nothing.",
            report.external_id, report.reason
        ),
        customer: payment.customer.clone(),
        document: payment.id.clone(),
        entity: payment.entity.clone(),
        value: Some(missing),
        correlation: Some(stored_value("chain id", &payment.correlation)?),
        ..NewException::default()
    };
    exception::open(tx, context, new)?;
    Ok(())
}

/// Closes what [`uncovered`] raised, once all that went back was taken from invoices.
///
/// # Errors
/// When the store fails.
pub(crate) fn covered(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &PaymentRow,
) -> Result<(), AppFault> {
    if payment.unapplied >= 0 {
        let what = format!("uncovered/{}", payment.id);
        exception::clear(
            tx,
            context,
            &what,
            "what went back is no longer set against invoices",
        )?;
    }
    Ok(())
}

fn foreign(
    tx: &mut Tx<'_>,
    context: &Context,
    report: &SettledRefund,
    payment: &PaymentRow,
) -> Result<RefundRow, AppFault> {
    let row = RefundRow {
        id: RefundId::mint(&*context.ids, context.now)
            .as_str()
            .to_owned(),
        payment: payment.id.clone(),
        customer: payment.customer.clone(),
        entity: payment.entity.clone(),
        currency: payment.currency.clone(),
        amount: report.amount.minor,
        reason: report.reason.clone(),
        status: "requested".to_owned(),
        external_id: report.external_id.clone(),
        correlation: payment.correlation.clone(),
        time: report.happened.microseconds(),
    };
    RefundRow::insert(tx, std::slice::from_ref(&row))?;
    Ok(row)
}

fn finish(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    mut row: RefundRow,
    mut payment: PaymentRow,
    happened: Instant,
    references: Vec<Reference>,
) -> Result<(), AppFault> {
    crate::lifecycle::go(&control::lifecycle::REFUND, &row.id, &row.status, "settled")?;
    row.status = "settled".to_owned();
    row.time = happened.microseconds();
    payments::update_refund(tx, &row)?;
    payment.refunded += row.amount;
    payments::update(tx, &payment)?;
    for known in &references {
        store::catalogue::refer(
            tx,
            &store::catalogue::ReferenceRow {
                system: known.system.clone(),
                kind: known.kind.clone(),
                id: known.id.clone(),
                object: format!("refund/{}", row.id),
                correlation: row.correlation.clone(),
            },
        )?;
    }
    let entity: EntityId = stored_value("entity id", &row.entity)?;
    let effective = context.books.entity(&entity)?.zone.date_at(happened);
    let payer = if row.customer.is_empty() {
        "unknown"
    } else {
        &row.customer
    };
    let event = PaymentRefunded {
        refund: stored_value("refund id", &row.id)?,
        payment: stored_value("payment id", &row.payment)?,
        customer: stored_value("customer id", payer)?,
        amount: Money::from_minor(
            row.amount,
            stored_value::<Currency>("currency", &row.currency)?,
        ),
        method: payment.method.clone(),
        reason: row.reason.clone(),
        references,
    };
    let fact = Fact {
        subject: format!("refund/{}", row.id),
        partition: format!("customer/{entity}/{payer}"),
        entity: Some(entity),
        effective,
        happened,
    };
    recorder.event(fact, Event::PaymentRefunded(event));
    Ok(())
}

fn unmatched(
    tx: &mut Tx<'_>,
    context: &Context,
    report: &SettledRefund,
) -> Result<values::ExceptionId, AppFault> {
    exception::open(
        tx,
        context,
        NewException {
            key: format!("refund/{}", report.external_id),
            class: "refund_unmatched",
            summary: format!(
                "Refund of {} was given for payment {}, which we do not have",
                report.amount, report.payment_external_id
            ),
            detail: "The processor reports a refund of a payment that was never recorded here."
                .to_owned(),
            document: report.external_id.clone(),
            measure: "cash".to_owned(),
            value: Some(report.amount.negated()?),
            ..NewException::default()
        },
    )
}

/// The processor that a payment was told by, where we did not begin it.
fn took_in(tx: &mut Tx<'_>, payment: &PaymentRow) -> Result<Option<&'static str>, AppFault> {
    let told = store::catalogue::references_of(tx, &format!("payment/{}", payment.id))?;
    Ok(told
        .iter()
        .find_map(|known| crate::payment_routes::connection(&known.system)))
}
