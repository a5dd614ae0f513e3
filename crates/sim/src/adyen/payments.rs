//! The work on money: payments with a stored card, and refunds.

use serde_json::{Value, json};

use super::notifications::{Notice, tell};
use super::refusal::Refusal;
use super::{MERCHANT_ACCOUNT, Work};

/// Currencies accepted.
const CURRENCIES: &[&str] = &[
    "USD", "EUR", "GBP", "CHF", "JPY", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK",
    "SGD", "HKD", "KRW",
];

/// Longest reference, in characters.
const REFERENCE_LONGEST: usize = 80;

/// A text of the request that must be there.
fn text<'v>(given: &'v Value, field: &str) -> Result<&'v str, Refusal> {
    let found = given.get(field).and_then(Value::as_str);
    found
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Refusal::required(field))
}

/// The merchant account must be named, and be ours.
pub(super) fn merchant(given: &Value) -> Result<(), Refusal> {
    if text(given, "merchantAccount")? == MERCHANT_ACCOUNT {
        Ok(())
    } else {
        Err(Refusal::merchant())
    }
}

fn amount(given: &Value) -> Result<(i64, String), Refusal> {
    let amount = given.get("amount").ok_or_else(Refusal::amount)?;
    let value = amount["value"].as_i64().filter(|value| *value > 0);
    let value = value.ok_or_else(Refusal::amount)?;
    let currency = amount["currency"].as_str().unwrap_or_default();
    if !CURRENCIES.contains(&currency) {
        return Err(Refusal::currency());
    }
    Ok((value, currency.to_owned()))
}

fn reference(given: &Value) -> Result<&str, Refusal> {
    let reference = text(given, "reference")?;
    if reference.chars().count() > REFERENCE_LONGEST {
        return Err(Refusal::invalid("The reference has at most 80 characters"));
    }
    Ok(reference)
}

/// `POST /payments` with the payer absent: answers 200 for a refused payment too.
pub(super) fn create(work: &mut Work<'_, '_>, given: &Value) -> Result<(u16, Value), Refusal> {
    merchant(given)?;
    let (value, currency) = amount(given)?;
    let reference = reference(given)?;
    text(given, "returnUrl")?;
    let shopper = text(given, "shopperReference")?;
    if !(3..=256).contains(&shopper.chars().count()) {
        return Err(Refusal::invalid(
            "The shopperReference has 3 to 256 characters",
        ));
    }
    if text(given, "shopperInteraction")? != "ContAuth" {
        return Err(Refusal::invalid(
            "Only payments with the payer absent (ContAuth) are offered here",
        ));
    }
    let model = text(given, "recurringProcessingModel")?;
    if !["Subscription", "CardOnFile", "UnscheduledCardOnFile"].contains(&model) {
        return Err(Refusal::invalid("Invalid recurringProcessingModel"));
    }
    let method = given
        .get("paymentMethod")
        .ok_or_else(|| Refusal::required("paymentMethod"))?;
    text(method, "type")?;
    let stored = text(method, "storedPaymentMethodId")?;
    let card = work.change.get("cards", stored).cloned();
    let card = card.filter(|card| card["shopper"] == shopper);
    let mut card = card.ok_or_else(Refusal::no_contract)?;
    let refusal = refusal_of(&mut card);
    work.change.put("cards", stored, card.clone());
    let pending = card["kind"] == "pending";
    let psp = work.psp_reference("payment");
    let payment = json!({
        "pspReference": psp, "reference": reference, "shopperReference": shopper,
        "value": value, "currency": currency, "refunded": 0, "createdAt": work.now,
        "state": match (&refusal, pending) {
            (Some(_), _) => "refused",
            (None, true) => "received",
            (None, false) => "authorised",
        },
    });
    work.change.put("payments", &psp, payment.clone());
    let mut body = json!({
        "pspReference": psp, "merchantReference": reference,
        "amount": { "currency": currency, "value": value },
        "additionalData": {
            "recurringProcessingModel": model, "paymentMethod": "visa", "cardSummary": "1111"
        },
        "paymentMethod": { "brand": "visa", "type": "scheme" }
    });
    match (refusal, pending) {
        (Some((words, code)), _) => {
            body["resultCode"] = json!("Refused");
            body["refusalReason"] = json!(words);
            body["refusalReasonCode"] = json!(code);
            tell(work, &Notice::of_payment(&payment, false, words));
        }
        (None, true) => body["resultCode"] = json!("Received"),
        (None, false) => {
            body["resultCode"] = json!("Authorised");
            tell(
                work,
                &Notice::of_payment(&payment, true, "052095:1111:03/2030"),
            );
        }
    }
    Ok((200, body))
}

/// Why a card refuses this time; counts the refusals of a card that does so a number of times.
fn refusal_of(card: &mut Value) -> Option<(&'static str, &'static str)> {
    match card["kind"].as_str()? {
        "refuses" => Some(("Blocked Card", "5")),
        "refuses_times" => {
            let refused = card["refused"].as_u64().unwrap_or(0);
            if refused >= card["times"].as_u64().unwrap_or(0) {
                return None;
            }
            card["refused"] = json!(refused + 1);
            Some(("Not enough balance", "12"))
        }
        _ => None,
    }
}

/// `POST /payments/{pspReference}/refunds`: taken on at once, decided by notification.
pub(super) fn refund(
    work: &mut Work<'_, '_>,
    payment: &str,
    given: &Value,
) -> Result<(u16, Value), Refusal> {
    merchant(given)?;
    let (value, currency) = amount(given)?;
    let reference = reference(given)?;
    let found = work.change.get("payments", payment).cloned();
    let found = found.filter(|found| found["state"] == "authorised");
    let mut found = found.ok_or_else(Refusal::no_original)?;
    if found["currency"] != currency.as_str() {
        return Err(Refusal::currency());
    }
    let psp = work.psp_reference("refund");
    let left = found["value"].as_i64().unwrap_or(0) - found["refunded"].as_i64().unwrap_or(0);
    let goes = value <= left;
    if goes {
        found["refunded"] = json!(found["refunded"].as_i64().unwrap_or(0) + value);
        work.change.put("payments", payment, found);
    }
    let refund = json!({
        "pspReference": psp, "paymentPspReference": payment, "reference": reference,
        "value": value, "currency": currency, "state": if goes { "refunded" } else { "refused" },
    });
    work.change.put("refunds", &psp, refund);
    let reason = if goes {
        ""
    } else {
        "Insufficient balance on payment"
    };
    let notice = Notice {
        event: "REFUND",
        psp: &psp,
        original: payment,
        reference,
        value,
        currency: &currency,
        success: goes,
        reason,
        additional: json!({}),
    };
    tell(work, &notice);
    let body = json!({
        "merchantAccount": MERCHANT_ACCOUNT, "paymentPspReference": payment, "pspReference": psp,
        "reference": reference, "status": "received",
        "amount": { "currency": currency, "value": value }
    });
    Ok((201, body))
}
