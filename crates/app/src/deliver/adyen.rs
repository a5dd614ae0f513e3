//! Collecting and giving back at Adyen. There is nothing to look through there, so what became of a
//! call is found by making the same call under the same key, which Adyen answers as it answered the
//! first time, and by the notification that it sends of everything.

use super::Taken;
use super::asked::{Collect, GiveBack};
use super::perform::{
    Answer, Done, FollowUp, Mode, books_unread, not_configured, refused, request,
};
use crate::connections::{AdyenAccount, Connections};
use crate::intake::adyen::{reason_of, reference_of};
use crate::journey::payment::{FailedAttempt, Settlement};
use crate::{App, AppFault};
use connect::adyen::webhook::Signed;
use connect::adyen::{KEY_KEPT_DAYS, NewPayment, NewRefund, PaymentResult, ResultCode};
use connect::{Fault, FaultClass};
use store::{inbox, payments};
use values::Money;

/// Operation of the effect that collects a payment.
pub(crate) const COLLECT: &str = "adyen.collect";
/// Operation of the effect that gives money back.
pub(crate) const REFUND: &str = "adyen.refund";

const DAY_SECONDS: i64 = 86_400;

/// Days within which a notification surely comes; Adyen repeats one that is not accepted for longer.
const NOTIFIED_DAYS: i64 = 3;

fn account<'c>(connections: &'c Connections, taken: &Taken) -> Result<&'c AdyenAccount, Fault> {
    connections
        .adyen
        .get(taken.effect.connection.as_str())
        .ok_or_else(not_configured)
}

pub(super) fn collect(
    app: &App,
    connections: &Connections,
    taken: &Taken,
) -> Result<Answer, Fault> {
    let account = account(connections, taken)?;
    let asked: Collect = request(&taken.effect)?;
    let reference = reference_of(&asked.payment, asked.attempt);
    if taken.mode == Mode::ReadBack {
        if is_confirmed(taken) {
            let told = |success| Signed {
                original_reference: "",
                merchant_reference: &reference,
                event: "AUTHORISATION",
                success,
                ..of(account, taken)
            };
            let value = asked.amount().minor.to_string();
            return notified(app, taken, "Payment", [told("true"), told("false")], &value);
        }
        if let Some(answer) = told_meanwhile(app, &asked)? {
            return Ok(answer);
        }
        may_repeat(app, taken)?;
    }
    let new = NewPayment {
        amount: asked.amount(),
        shopper: asked.processor_customer.clone(),
        stored_method: asked.required_method()?.to_owned(),
        reference,
        invoice: asked.invoice.as_str().to_owned(),
        legal_entity: asked.entity.as_str().to_owned(),
        idempotency_key: taken.effect.key.clone(),
    };
    let result = account.api.create_payment(&new)?;
    Ok(of_result(&asked, &result, taken))
}

/// What the notification of this attempt has said already, be it that it came before the answer.
fn told_meanwhile(app: &App, asked: &Collect) -> Result<Option<Answer>, Fault> {
    let payment = asked.payment.clone();
    let row = app
        .store()
        .read(move |tx| payments::payment(tx, payment.as_str()));
    let row = row.map_err(|fault| books_unread(AppFault::Store(fault)))?;
    let known = row.filter(|row| {
        row.status == "settled"
            || (row.status == "failed" && row.attempts >= i64::from(asked.attempt))
    });
    Ok(known.map(|row| done("Payment", row.external_id, FollowUp::Nothing)))
}

/// The same call again is safe only while Adyen surely remembers its key.
fn may_repeat(app: &App, taken: &Taken) -> Result<(), Fault> {
    let last = taken.first_sent.plus_seconds(KEY_KEPT_DAYS * DAY_SECONDS);
    if app.clock().now() < last {
        return Ok(());
    }
    Err(refused(
        "key_forgotten",
        format!(
            "it was first sent more than {KEY_KEPT_DAYS} days ago and no notification says what became of it; the same call could be done a second time, so look for {} in the Customer Area of Adyen",
            taken.effect.key
        ),
    ))
}

fn of_result(asked: &Collect, result: &PaymentResult, taken: &Taken) -> Answer {
    let failed = |words: &str| {
        FollowUp::Declined(FailedAttempt {
            processor: taken.effect.connection.clone(),
            external_id: result.psp_reference.clone(),
            payment: Some(asked.payment.clone()),
            attempt: asked.attempt,
            charge: None,
            reason: reason_of(words),
            happened: taken.sent,
        })
    };
    let words = result.refusal_reason.as_deref().unwrap_or_default();
    let fact = match &result.result {
        ResultCode::Authorised => FollowUp::Settled(settlement(asked, result, taken)),
        ResultCode::Refused | ResultCode::Cancelled => failed(words),
        ResultCode::Error if words.is_empty() => failed("Acquirer Error"),
        ResultCode::Error => failed(words),
        // The payer is absent, so nobody will act: the attempt has failed.
        ResultCode::PayerMustAct => failed("Authentication required"),
        ResultCode::Pending | ResultCode::Unknown(_) => FollowUp::Nothing,
    };
    done("Payment", result.psp_reference.clone(), fact)
}

/// Adyen tells its fee in the settlement reports only: until then a payment has none.
fn settlement(asked: &Collect, result: &PaymentResult, taken: &Taken) -> Settlement {
    let gross = result.amount.unwrap_or_else(|| asked.amount());
    Settlement {
        processor: taken.effect.connection.clone(),
        external_id: result.psp_reference.clone(),
        charge: None,
        processor_customer: Some(asked.processor_customer.clone()),
        payment: Some(asked.payment.clone()),
        invoice: Some(asked.invoice.clone()),
        entity: Some(asked.entity.clone()),
        gross,
        fee: Money::from_minor(0, gross.currency),
        net: gross,
        happened: taken.sent,
        payload: taken.effect.request.clone(),
    }
}

fn done(kind: &str, id: String, fact: FollowUp) -> Answer {
    Answer::Done(Done {
        kind: kind.to_owned(),
        is_same: !id.is_empty(),
        id,
        fact: Box::new(fact),
    })
}

pub(super) fn refund(app: &App, connections: &Connections, taken: &Taken) -> Result<Answer, Fault> {
    let account = account(connections, taken)?;
    let asked: GiveBack = request(&taken.effect)?;
    if taken.mode == Mode::ReadBack {
        if is_confirmed(taken) {
            let told = |success| Signed {
                original_reference: &asked.payment_external_id,
                merchant_reference: asked.refund.as_str(),
                event: "REFUND",
                success,
                ..of(account, taken)
            };
            let value = asked.amount().minor.to_string();
            return notified(app, taken, "Refund", [told("true"), told("false")], &value);
        }
        may_repeat(app, taken)?;
    }
    let new = NewRefund {
        payment: asked.payment_external_id.clone(),
        amount: asked.amount(),
        reference: asked.refund.as_str().to_owned(),
        idempotency_key: taken.effect.key.clone(),
    };
    let refund = account.api.create_refund(&new)?;
    // Taken on only: that the money went is told by notification, which settles it.
    Ok(done("Refund", refund.psp_reference, FollowUp::Nothing))
}

/// An effect that was confirmed is looked up without sending anything.
fn is_confirmed(taken: &Taken) -> bool {
    taken.effect.status == "confirmed"
}

/// What a notification about an effect is signed over, as far as the effect itself says it.
fn of<'t>(account: &'t AdyenAccount, taken: &'t Taken) -> Signed<'t> {
    Signed {
        psp_reference: &taken.effect.external_id,
        original_reference: "",
        merchant_account: account.api.merchant_account(),
        merchant_reference: "",
        value: "",
        currency: &taken.effect.currency,
        event: "",
        success: "",
    }
}

/// Whether Adyen has notified what it answered: exactly this, whether it went or was refused.
fn notified(
    app: &App,
    taken: &Taken,
    kind: &str,
    either: [Signed<'_>; 2],
    value: &str,
) -> Result<Answer, Fault> {
    let source = taken.effect.connection.clone();
    let ids = either.map(|signed| Signed { value, ..signed }.id());
    let found = app
        .store()
        .read(move |tx| -> Result<bool, store::StoreFault> {
            for id in &ids {
                if inbox::item(tx, &source, id)?.is_some() {
                    return Ok(true);
                }
            }
            Ok(false)
        });
    if found.map_err(|fault| books_unread(AppFault::Store(fault)))? {
        return Ok(done(
            kind,
            taken.effect.external_id.clone(),
            FollowUp::Nothing,
        ));
    }
    let last = taken.sent.plus_seconds(NOTIFIED_DAYS * DAY_SECONDS);
    if app.clock().now() < last {
        let message = "its notification has not come yet";
        return Err(Fault::new(
            "adyen",
            FaultClass::Transient,
            "not_notified_yet",
            message,
        ));
    }
    Err(refused(
        "not_notified",
        format!("it was answered and in {NOTIFIED_DAYS} days no notification of it has come"),
    ))
}
