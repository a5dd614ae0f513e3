//! Reading Stripe's answers: objects, pages, declines and errors.

use std::collections::BTreeMap;

use super::shapes::{
    self, BalanceTransaction, Charge, Customer, Event, Page, PaymentError, PaymentIntent, Refund,
};
use super::{CUSTOMER_METADATA, KEY_METADATA, SYSTEM};
use crate::fault::{Fault, FaultClass, ReadFault};
use crate::json::Record;
use crate::request::{Operation, ReadBack, Reply};

/// What became of an attempt to take a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Charging {
    /// Stripe took it on; its status says how far it has got.
    Accepted(Box<PaymentIntent>),
    /// The payer's bank or Stripe said no. No money has moved.
    Declined(Decline),
}

/// A refused attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decline {
    /// Codes and text.
    pub error: PaymentError,
    /// The payment it was tried on, which can be confirmed again with another method.
    pub payment_intent: Option<Box<PaymentIntent>>,
}

/// Reads the answer to creating or confirming a payment. A decline is an outcome, not a fault.
///
/// # Errors
/// When Stripe did not do it for another reason, or the answer cannot be read.
pub fn read_charging(operation: &Operation, reply: &Reply) -> Result<Charging, Fault> {
    if reply.status == 402
        && let Ok(body) = Record::of_body(SYSTEM, "error", &reply.body)
        && let Ok(Some(error)) = body.record("error")
        && let Ok(Some("card_error")) = error.text("type").as_ref().map(|kind| kind.as_deref())
    {
        let decline = read_decline(&error);
        return match decline {
            Ok(decline) => Ok(Charging::Declined(decline)),
            Err(fault) => Err(Fault::unreadable(operation, &fault)),
        };
    }
    read_object(operation, reply).map(|intent| Charging::Accepted(Box::new(intent)))
}

fn read_decline(error: &Record<'_>) -> Result<Decline, ReadFault> {
    let intent = error.record("payment_intent")?;
    let intent = intent.as_ref().map(shapes::Read::read).transpose()?;
    Ok(Decline {
        error: shapes::payment_error(error)?,
        payment_intent: intent.map(Box::new),
    })
}

/// Reads a PaymentIntent.
///
/// # Errors
/// When Stripe answered with an error, or the answer cannot be read.
pub fn read_payment(operation: &Operation, reply: &Reply) -> Result<PaymentIntent, Fault> {
    read_object(operation, reply)
}

/// Reads a charge.
///
/// # Errors
/// When Stripe answered with an error, or the answer cannot be read.
pub fn read_charge(operation: &Operation, reply: &Reply) -> Result<Charge, Fault> {
    read_object(operation, reply)
}

/// Reads a refund.
///
/// # Errors
/// When Stripe answered with an error, or the answer cannot be read.
pub fn read_refund(operation: &Operation, reply: &Reply) -> Result<Refund, Fault> {
    read_object(operation, reply)
}

/// Reads a customer.
///
/// # Errors
/// When Stripe answered with an error, or the answer cannot be read.
pub fn read_customer(operation: &Operation, reply: &Reply) -> Result<Customer, Fault> {
    read_object(operation, reply)
}

/// Reads an event that was asked for.
///
/// # Errors
/// When Stripe answered with an error, or the answer cannot be read.
pub fn read_event(operation: &Operation, reply: &Reply) -> Result<Event, Fault> {
    read_object(operation, reply)
}

/// Reads an event that was delivered; verify its signature first.
///
/// # Errors
/// When the body is no event.
pub fn read_delivered_event(body: &[u8]) -> Result<Event, ReadFault> {
    shapes::read_object(body)
}

/// Reads one page of customers.
///
/// # Errors
/// When Stripe answered with an error, or the answer cannot be read.
pub fn read_customers(operation: &Operation, reply: &Reply) -> Result<Page<Customer>, Fault> {
    read_page(operation, reply)
}

/// Reads one page of payments.
///
/// # Errors
/// When Stripe answered with an error, or the answer cannot be read.
pub fn read_payments(operation: &Operation, reply: &Reply) -> Result<Page<PaymentIntent>, Fault> {
    read_page(operation, reply)
}

/// Reads one page of refunds.
///
/// # Errors
/// When Stripe answered with an error, or the answer cannot be read.
pub fn read_refunds(operation: &Operation, reply: &Reply) -> Result<Page<Refund>, Fault> {
    read_page(operation, reply)
}

/// Reads one page of events.
///
/// # Errors
/// When Stripe answered with an error, or the answer cannot be read.
pub fn read_events(operation: &Operation, reply: &Reply) -> Result<Page<Event>, Fault> {
    read_page(operation, reply)
}

/// Reads one page of balance transactions.
///
/// # Errors
/// When Stripe answered with an error, or the answer cannot be read.
pub fn read_balance_transactions(
    operation: &Operation,
    reply: &Reply,
) -> Result<Page<BalanceTransaction>, Fault> {
    read_page(operation, reply)
}

/// Looks through payments read back for the one made with our idempotency key.
pub fn payment_with_key(
    payments: impl IntoIterator<Item = PaymentIntent>,
    idempotency_key: &str,
) -> ReadBack<PaymentIntent> {
    found(payments, |payment| {
        has_key(&payment.metadata, idempotency_key)
    })
}

/// Looks through refunds read back for the one made with our idempotency key.
pub fn refund_with_key(
    refunds: impl IntoIterator<Item = Refund>,
    idempotency_key: &str,
) -> ReadBack<Refund> {
    found(refunds, |refund| has_key(&refund.metadata, idempotency_key))
}

/// Looks through customers read back for the one that carries our id.
pub fn customer_with_reference(
    customers: impl IntoIterator<Item = Customer>,
    reference: &str,
) -> ReadBack<Customer> {
    found(customers, |customer| {
        let ours = customer.metadata.get(CUSTOMER_METADATA).map(String::as_str);
        !customer.deleted && ours == Some(reference)
    })
}

pub(crate) fn has_key(metadata: &BTreeMap<String, String>, key: &str) -> bool {
    metadata.get(KEY_METADATA).map(String::as_str) == Some(key)
}

fn found<T>(items: impl IntoIterator<Item = T>, fits: impl Fn(&T) -> bool) -> ReadBack<T> {
    match items.into_iter().find(|item| fits(item)) {
        Some(item) => ReadBack::Found(item),
        None => ReadBack::Absent,
    }
}

/// Reads an answer that is one object.
pub(super) fn read_object<T: shapes::Read>(
    operation: &Operation,
    reply: &Reply,
) -> Result<T, Fault> {
    if !reply.is_success() {
        return Err(read_fault(operation, reply));
    }
    shapes::read_object(&reply.body).map_err(|fault| Fault::unreadable(operation, &fault))
}

/// Reads an answer that is a page of a list.
pub(super) fn read_page<T: shapes::Read>(
    operation: &Operation,
    reply: &Reply,
) -> Result<Page<T>, Fault> {
    if !reply.is_success() {
        return Err(read_fault(operation, reply));
    }
    shapes::read_page(&reply.body).map_err(|fault| Fault::unreadable(operation, &fault))
}

/// Reads an error answer into the classes of the house.
pub fn read_fault(operation: &Operation, reply: &Reply) -> Fault {
    let by_status = || Fault::by_status(operation, reply);
    let Ok(body) = Record::of_body(SYSTEM, "error", &reply.body) else {
        return by_status();
    };
    let Ok(Some(error)) = body.record("error") else {
        return by_status();
    };
    let text = |field: &str| error.text(field).ok().flatten();
    let kind = text("type").unwrap_or_default();
    let code = text("code").unwrap_or_default();
    let class = class_of(operation, reply, &kind, &code);
    let shown_code = [text("decline_code"), text("code"), text("type")]
        .into_iter()
        .flatten()
        .find(|candidate| !candidate.is_empty())
        .unwrap_or_else(|| format!("http_{}", reply.status));
    // The text of an authentication error repeats part of the key.
    let message = match (class, text("message"), text("param")) {
        (FaultClass::Authentication, _, _) => "the API key was refused".to_owned(),
        (_, Some(message), Some(param)) if !param.is_empty() => {
            format!("{message} (parameter {param})")
        }
        (_, Some(message), _) => message,
        (_, None, _) => format!("answered with status {}", reply.status),
    };
    Fault::new(SYSTEM, class, shown_code, &message)
}

fn class_of(operation: &Operation, reply: &Reply, kind: &str, code: &str) -> FaultClass {
    if reply.status == 429 || matches!(code, "rate_limit" | "lock_timeout") {
        return FaultClass::Throttled {
            retry_after_ms: reply.retry_after_ms(),
        };
    }
    let replayed = reply.header("Idempotent-Replayed") == Some("true");
    match reply.header("Stripe-Should-Retry") {
        // A saved server error is answered again and again under the same key: look instead.
        Some("true") if !replayed => return Fault::class_of_server_failure(operation),
        Some("false") if reply.status >= 500 => return outcome_unknown(operation),
        _ => {}
    }
    match (reply.status, kind, code) {
        (500.., _, _) if replayed => outcome_unknown(operation),
        (408 | 500.., _, _) => Fault::class_of_server_failure(operation),
        (401, _, _) => FaultClass::Authentication,
        (403, _, _) | (_, "card_error", _) => FaultClass::Policy,
        (409, _, _) => FaultClass::Transient,
        (_, "idempotency_error", _) => FaultClass::Conflict,
        (_, _, "charge_already_refunded" | "resource_already_exists") => FaultClass::Duplicate,
        (_, _, "payment_intent_unexpected_state") => FaultClass::Conflict,
        (_, _, "parameter_unknown" | "parameter_missing" | "url_invalid") => FaultClass::Bug,
        (400..=499, _, _) => FaultClass::Data,
        _ => FaultClass::Bug,
    }
}

fn outcome_unknown(operation: &Operation) -> FaultClass {
    if operation.safety.writes() {
        FaultClass::Ambiguous
    } else {
        FaultClass::Transient
    }
}

/// Whether a fault says that the object asked for does not exist, in Stripe's own words; a 404
/// from something in between is not such a word.
pub fn says_absent(fault: &Fault) -> bool {
    fault.system == SYSTEM && fault.code == "resource_missing"
}
