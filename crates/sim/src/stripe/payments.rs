//! Payment intents: create, update, confirm, cancel, and the charge that a confirmation makes.

use serde_json::{Value, json};

use super::customers::{self, method_for_charge};
use super::objects::{self, Birth, Movement};
use super::parameters::Parameters;
use super::refusal::Refusal;
use super::work::{Answered, Work};

/// Currencies accepted; those without minor units are charged in whole units all the same.
const CURRENCIES: &[&str] = &[
    "usd", "eur", "gbp", "chf", "jpy", "cad", "aud", "nzd", "sek", "nok", "dkk", "pln", "czk",
    "sgd", "hkd", "krw",
];

/// The smallest and the largest amount of one payment, in minor units.
const AMOUNT_SMALLEST: i64 = 50;
const AMOUNT_LARGEST: i64 = 99_999_999;

const UPDATE_PARAMETERS: &[&str] = &[
    "amount",
    "currency",
    "customer",
    "description",
    "metadata",
    "metadata[*]",
    "payment_method",
    "payment_method_types[]",
    "receipt_email",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
    "expand[]",
];

const CREATE_ONLY_PARAMETERS: &[&str] = &[
    "automatic_payment_methods[enabled]",
    "automatic_payment_methods[allow_redirects]",
    "capture_method",
    "confirm",
    "confirmation_method",
    "error_on_requires_action",
    "off_session",
    "payment_method_options[**]",
    "return_url",
];

pub(super) fn create(work: &mut Work<'_, '_>, given: &Parameters) -> Result<Answered, Refusal> {
    given.allow(&[UPDATE_PARAMETERS, CREATE_ONLY_PARAMETERS].concat())?;
    given.required("amount")?;
    given.required("currency")?;
    let confirm = given.flag("confirm")?;
    if given.given("off_session").is_some() && !confirm {
        let message = "`off_session` can only be given together with `confirm=true`.";
        return Err(Refusal::invalid(message).param("off_session"));
    }
    if given.at(&["automatic_payment_methods", "enabled"]) == Some("true")
        && !given.list("payment_method_types").is_empty()
    {
        let message =
            "Give either `automatic_payment_methods` or `payment_method_types`, not both.";
        return Err(Refusal::invalid(message).param("automatic_payment_methods"));
    }
    if !matches!(
        given.given("capture_method"),
        None | Some("automatic" | "automatic_async")
    ) {
        return Err(
            Refusal::invalid("Only automatic capture is offered on this account.")
                .param("capture_method"),
        );
    }
    let id = work.new_id("pi");
    let mut intent = objects::payment_intent(
        Birth {
            id: &id,
            created: work.now,
        },
        0,
        "",
    );
    change_fields(work, &mut intent, given)?;
    if given.at(&["automatic_payment_methods", "enabled"]) == Some("true") {
        intent["automatic_payment_methods"] = json!({ "enabled": true });
    }
    work.keep("payment_intents", &intent);
    work.tell("payment_intent.created", &intent, None);
    if confirm {
        attempt(work, intent)
    } else {
        Ok(Answered::ok(intent))
    }
}

pub(super) fn update(
    work: &mut Work<'_, '_>,
    id: &str,
    given: &Parameters,
) -> Result<Answered, Refusal> {
    given.allow(UPDATE_PARAMETERS)?;
    let mut intent = find(work, id)?;
    let settled = matches!(intent["status"].as_str(), Some("succeeded" | "canceled"));
    if settled
        && ["amount", "currency", "customer", "payment_method"]
            .iter()
            .any(|name| given.text(name).is_some())
    {
        return Err(unexpected_state(
            &intent,
            "Only its metadata and description can still be changed.",
        ));
    }
    change_fields(work, &mut intent, given)?;
    work.keep("payment_intents", &intent);
    Ok(Answered::ok(intent))
}

pub(super) fn confirm(
    work: &mut Work<'_, '_>,
    id: &str,
    given: &Parameters,
) -> Result<Answered, Refusal> {
    given.allow(&[
        "payment_method",
        "off_session",
        "return_url",
        "receipt_email",
        "error_on_requires_action",
        "payment_method_options[**]",
        "expand[]",
    ])?;
    let mut intent = find(work, id)?;
    match intent["status"].as_str() {
        Some("requires_payment_method" | "requires_confirmation") => {}
        Some("succeeded") => return Err(unexpected_state(&intent, "It has already succeeded.")),
        _ => {
            return Err(unexpected_state(
                &intent,
                "It cannot be confirmed any more.",
            ));
        }
    }
    change_fields(work, &mut intent, given)?;
    attempt(work, intent)
}

pub(super) fn cancel(
    work: &mut Work<'_, '_>,
    id: &str,
    given: &Parameters,
) -> Result<Answered, Refusal> {
    given.allow(&["cancellation_reason", "expand[]"])?;
    let mut intent = find(work, id)?;
    if matches!(intent["status"].as_str(), Some("succeeded" | "canceled")) {
        return Err(unexpected_state(&intent, "It cannot be canceled any more."));
    }
    match given.given("cancellation_reason") {
        None => {}
        Some(reason @ ("duplicate" | "fraudulent" | "requested_by_customer" | "abandoned")) => {
            intent["cancellation_reason"] = json!(reason);
        }
        Some(other) => {
            let message = format!("Invalid cancellation_reason: {other}");
            return Err(Refusal::invalid(message).param("cancellation_reason"));
        }
    }
    intent["status"] = json!("canceled");
    intent["canceled_at"] = json!(work.now);
    work.keep("payment_intents", &intent);
    work.tell("payment_intent.canceled", &intent, None);
    Ok(Answered::ok(intent))
}

fn find(work: &Work<'_, '_>, id: &str) -> Result<Value, Refusal> {
    work.get("payment_intents", id)
        .ok_or_else(|| Refusal::missing("payment_intent", id, "intent"))
}

fn unexpected_state(intent: &Value, why: &str) -> Refusal {
    let status = intent["status"].as_str().unwrap_or("");
    Refusal::invalid(format!(
        "This PaymentIntent has a status of {status}. {why}"
    ))
    .code("payment_intent_unexpected_state")
    .with("payment_intent", intent.clone())
}

fn change_fields(
    work: &mut Work<'_, '_>,
    intent: &mut Value,
    given: &Parameters,
) -> Result<(), Refusal> {
    if let Some(amount) = given.integer("amount")? {
        intent["amount"] = json!(checked_amount(amount)?);
    }
    if let Some(currency) = given.given("currency") {
        let lower = currency.to_lowercase();
        if !CURRENCIES.contains(&lower.as_str()) {
            let known = CURRENCIES.join(", ");
            let message = format!(
                "Invalid currency: {currency}. Stripe currently supports these currencies: {known}"
            );
            return Err(Refusal::invalid(message).param("currency"));
        }
        intent["currency"] = json!(lower);
    }
    if let Some(customer) = given.given("customer") {
        if work.get("customers", customer).is_none() {
            return Err(Refusal::missing("customer", customer, "customer"));
        }
        intent["customer"] = json!(customer);
    }
    for field in [
        "description",
        "receipt_email",
        "setup_future_usage",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
    ] {
        if let Some(text) = given.text(field) {
            intent[field] = if text.is_empty() {
                Value::Null
            } else {
                json!(text)
            };
        }
    }
    let types = given.list("payment_method_types");
    if !types.is_empty() {
        if types.iter().any(|kind| *kind != "card") {
            return Err(Refusal::invalid("Only cards are offered on this account.")
                .param("payment_method_types"));
        }
        intent["payment_method_types"] = json!(types);
    }
    intent["metadata"] = given.metadata(intent.get("metadata"))?;
    if let Some(method) = given.given("payment_method") {
        let method = method_for_charge(work, method, intent["customer"].as_str())?;
        intent["payment_method"] = method["id"].clone();
        intent["status"] = json!("requires_confirmation");
    }
    Ok(())
}

fn checked_amount(amount: i64) -> Result<i64, Refusal> {
    if amount < 1 {
        let message = "This value must be greater than or equal to 1.";
        return Err(Refusal::invalid(message)
            .code("parameter_invalid_integer")
            .param("amount"));
    }
    if amount < AMOUNT_SMALLEST {
        let message = format!("Amount must be at least {AMOUNT_SMALLEST} minor units.");
        return Err(Refusal::invalid(message)
            .code("amount_too_small")
            .param("amount"));
    }
    if amount > AMOUNT_LARGEST {
        let message = format!("Amount must be no more than {AMOUNT_LARGEST} minor units.");
        return Err(Refusal::invalid(message)
            .code("amount_too_large")
            .param("amount"));
    }
    Ok(amount)
}

/// Charges the intent's payment method, and answers 200 or 402 with the new state either way.
fn attempt(work: &mut Work<'_, '_>, intent: Value) -> Result<Answered, Refusal> {
    let Some(method_id) = intent["payment_method"].as_str() else {
        let message = "This PaymentIntent has no payment method. Give one in `payment_method`, and confirm again.";
        return Err(Refusal::invalid(message)
            .code("payment_intent_unexpected_state")
            .with("payment_intent", intent.clone()));
    };
    let method = method_for_charge(work, method_id, intent["customer"].as_str())?;
    match decline_of(work, &method) {
        None => Ok(Answered::ok(succeed(work, intent, &method))),
        Some(decline_code) => Ok(decline(work, intent, &method, &decline_code)),
    }
}

/// The decline code when the card declines this time; counts the declines of a card that does so a number of times.
fn decline_of(work: &mut Work<'_, '_>, method: &Value) -> Option<String> {
    let id = method["id"].as_str()?;
    let mut card = work.get("cards", id)?;
    match card["kind"].as_str()? {
        "declines" => Some(
            card["decline_code"]
                .as_str()
                .unwrap_or("generic_decline")
                .to_owned(),
        ),
        "declines_times" => {
            let declined = card["declined"].as_u64().unwrap_or(0);
            if declined >= card["times"].as_u64().unwrap_or(0) {
                return None;
            }
            card["declined"] = json!(declined + 1);
            work.change.put("cards", id, card);
            Some("insufficient_funds".to_owned())
        }
        _ => None,
    }
}

/// Settles the intent: a charge with its balance transaction and events.
pub(super) fn succeed(work: &mut Work<'_, '_>, mut intent: Value, method: &Value) -> Value {
    let charge_id = work.new_id("ch");
    let transaction_id = work.new_id("txn");
    let mut charge = objects::charge(
        Birth {
            id: &charge_id,
            created: work.now,
        },
        &intent,
        method,
    );
    charge["balance_transaction"] = json!(transaction_id);
    let amount = intent["amount"].as_i64().unwrap_or(0);
    let transaction = objects::balance_transaction(
        Birth {
            id: &transaction_id,
            created: work.now,
        },
        &Movement {
            kind: "charge",
            amount,
            fee: objects::charge_fee(amount),
            currency: &intent["currency"],
            source: &charge_id,
            description: &intent["description"],
        },
    );
    intent["status"] = json!("succeeded");
    intent["amount_received"] = json!(amount);
    intent["latest_charge"] = json!(charge_id);
    intent["last_payment_error"] = Value::Null;
    work.keep("balance_transactions", &transaction);
    work.keep("charges", &charge);
    work.keep("payment_intents", &intent);
    work.tell("charge.succeeded", &charge, None);
    work.tell("payment_intent.succeeded", &intent, None);
    intent
}

fn decline(
    work: &mut Work<'_, '_>,
    mut intent: Value,
    method: &Value,
    decline_code: &str,
) -> Answered {
    let message = match decline_code {
        "insufficient_funds" => "Your card has insufficient funds.",
        _ => "Your card was declined.",
    };
    let charge_id = work.new_id("ch");
    let mut charge = objects::charge(
        Birth {
            id: &charge_id,
            created: work.now,
        },
        &intent,
        method,
    );
    charge["status"] = json!("failed");
    charge["paid"] = json!(false);
    charge["captured"] = json!(false);
    charge["amount_captured"] = json!(0);
    charge["failure_code"] = json!("card_declined");
    charge["failure_message"] = json!(message);
    charge["outcome"]["network_status"] = json!("declined_by_network");
    charge["outcome"]["reason"] = json!(decline_code);
    charge["outcome"]["type"] = json!("issuer_declined");
    charge["outcome"]["network_decline_code"] = json!("01");
    charge["outcome"]["seller_message"] = json!("The bank declined the charge.");
    intent["status"] = json!("requires_payment_method");
    intent["payment_method"] = Value::Null;
    intent["latest_charge"] = json!(charge_id);
    intent["last_payment_error"] = json!({
        "advice_code": "try_again_later", "charge": charge_id, "code": "card_declined", "decline_code": decline_code,
        "doc_url": "https://stripe.com/docs/error-codes/card-declined", "message": message,
        "network_decline_code": "01", "payment_method": method, "type": "card_error"
    });
    work.keep("charges", &charge);
    work.keep("payment_intents", &intent);
    work.tell("charge.failed", &charge, None);
    work.tell("payment_intent.payment_failed", &intent, None);
    let refusal = Refusal::card(message, "card_declined")
        .with("advice_code", json!("try_again_later"))
        .with("charge", json!(charge_id))
        .with("decline_code", json!(decline_code))
        .with("network_decline_code", json!("01"))
        .with("payment_intent", intent)
        .with("payment_method", method.clone());
    Answered {
        status: refusal.status,
        body: refusal.body(work.request_id.unwrap_or(""), work.now),
    }
}

pub(super) fn create_refund(
    work: &mut Work<'_, '_>,
    given: &Parameters,
) -> Result<Answered, Refusal> {
    given.allow(&[
        "charge",
        "payment_intent",
        "amount",
        "reason",
        "metadata[*]",
        "expand[]",
    ])?;
    let mut charge = charge_to_refund(work, given)?;
    let before = charge.clone();
    let total = charge["amount_captured"].as_i64().unwrap_or(0);
    let refunded = charge["amount_refunded"].as_i64().unwrap_or(0);
    let charge_id = charge["id"].as_str().unwrap_or("").to_owned();
    if charge["status"] != "succeeded" {
        let message = format!("Charge {charge_id} did not succeed, so it cannot be refunded.");
        return Err(Refusal::invalid(message).code("charge_not_refundable"));
    }
    if refunded >= total {
        let message = format!("Charge {charge_id} has already been refunded.");
        return Err(Refusal::invalid(message).code("charge_already_refunded"));
    }
    let amount = given.integer("amount")?.unwrap_or(total - refunded);
    if amount < 1 {
        let message = "This value must be greater than or equal to 1.";
        return Err(Refusal::invalid(message)
            .code("parameter_invalid_integer")
            .param("amount"));
    }
    if amount > total - refunded {
        let left = total - refunded;
        let message = format!(
            "Refund amount ({amount}) is greater than the unrefunded amount on the charge ({left})."
        );
        return Err(Refusal::invalid(message).param("amount"));
    }
    let refund_id = work.new_id("re");
    let transaction_id = work.new_id("txn");
    let mut refund = objects::refund(
        Birth {
            id: &refund_id,
            created: work.now,
        },
        &charge,
        amount,
    );
    match given.given("reason") {
        None => {}
        Some(reason @ ("duplicate" | "fraudulent" | "requested_by_customer")) => {
            refund["reason"] = json!(reason)
        }
        Some(other) => {
            return Err(Refusal::invalid(format!("Invalid reason: {other}")).param("reason"));
        }
    }
    refund["metadata"] = given.metadata(None)?;
    refund["balance_transaction"] = json!(transaction_id);
    let transaction = objects::balance_transaction(
        Birth {
            id: &transaction_id,
            created: work.now,
        },
        &Movement {
            kind: "refund",
            amount: -amount,
            fee: 0,
            currency: &charge["currency"],
            source: &refund_id,
            description: &json!(format!("REFUND FOR CHARGE ({charge_id})")),
        },
    );
    charge["amount_refunded"] = json!(refunded + amount);
    charge["refunded"] = json!(refunded + amount == total);
    work.keep("balance_transactions", &transaction);
    work.keep("refunds", &refund);
    work.keep("charges", &charge);
    let previous = Value::Object(customers::differences(&before, &charge));
    work.tell("charge.refunded", &charge, Some(previous));
    work.tell("refund.created", &refund, None);
    Ok(Answered::ok(refund))
}

fn charge_to_refund(work: &Work<'_, '_>, given: &Parameters) -> Result<Value, Refusal> {
    if let Some(id) = given.given("charge") {
        return work
            .get("charges", id)
            .ok_or_else(|| Refusal::missing("charge", id, "charge"));
    }
    let Some(id) = given.given("payment_intent") else {
        let message = "One of the following params should be provided for this request: payment_intent or charge.";
        return Err(Refusal::invalid(message));
    };
    let intent = work
        .get("payment_intents", id)
        .ok_or_else(|| Refusal::missing("payment_intent", id, "payment_intent"))?;
    intent["latest_charge"]
        .as_str()
        .and_then(|charge| work.get("charges", charge))
        .ok_or_else(|| {
            Refusal::invalid(format!(
                "This PaymentIntent ({id}) does not have a successful charge to refund."
            ))
        })
}
