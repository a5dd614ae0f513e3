//! Customers and their payment methods.

use serde_json::{Map, Value, json};

use super::objects::{self, Birth};
use super::parameters::Parameters;
use super::refusal::Refusal;
use super::work::{Answered, Work};

const CUSTOMER_PARAMETERS: &[&str] = &[
    "address[*]",
    "description",
    "email",
    "invoice_settings[default_payment_method]",
    "metadata",
    "metadata[*]",
    "name",
    "phone",
    "payment_method",
    "preferred_locales[]",
    "tax_exempt",
    "expand[]",
];

/// The test payment methods: what attaching and charging them does, and the last digits of the card.
struct TestCard {
    behaviour: Value,
    attaches: bool,
    last4: &'static str,
}

fn test_card(id: &str) -> Option<TestCard> {
    let fine = |last4| TestCard {
        behaviour: json!({ "kind": "succeeds" }),
        attaches: true,
        last4,
    };
    let bad = |code: &str, attaches, last4| TestCard {
        behaviour: json!({ "kind": "declines", "decline_code": code }),
        attaches,
        last4,
    };
    Some(match id {
        "pm_card_visa" | "pm_card_us" => fine("4242"),
        "pm_card_mastercard" => fine("4444"),
        "pm_card_de" => fine("0016"),
        "pm_card_chargeCustomerFail" => bad("generic_decline", true, "0341"),
        "pm_card_chargeDeclined" | "pm_card_visa_chargeDeclined" => {
            bad("generic_decline", false, "0002")
        }
        "pm_card_chargeDeclinedInsufficientFunds"
        | "pm_card_visa_chargeDeclinedInsufficientFunds" => {
            bad("insufficient_funds", false, "9995")
        }
        _ => return None,
    })
}

pub(super) fn create(work: &mut Work<'_, '_>, given: &Parameters) -> Result<Answered, Refusal> {
    given.allow(CUSTOMER_PARAMETERS)?;
    let id = work.new_id("cus");
    let mut customer = objects::customer(Birth {
        id: &id,
        created: work.now,
    });
    change_fields(&mut customer, given)?;
    if let Some(method) = given.given("payment_method") {
        work.keep("customers", &customer);
        attach_to(work, method, &id)?;
    }
    work.keep("customers", &customer);
    work.tell("customer.created", &customer, None);
    Ok(Answered::ok(customer))
}

pub(super) fn update(
    work: &mut Work<'_, '_>,
    id: &str,
    given: &Parameters,
) -> Result<Answered, Refusal> {
    given.allow(CUSTOMER_PARAMETERS)?;
    let before = work
        .get("customers", id)
        .ok_or_else(|| Refusal::missing("customer", id, "id"))?;
    let mut customer = before.clone();
    change_fields(&mut customer, given)?;
    let previous = differences(&before, &customer);
    if !previous.is_empty() {
        work.keep("customers", &customer);
        work.tell("customer.updated", &customer, Some(Value::Object(previous)));
    }
    Ok(Answered::ok(customer))
}

/// The former values of what has changed.
pub(super) fn differences(before: &Value, after: &Value) -> Map<String, Value> {
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else {
        return Map::new();
    };
    let changed = before
        .iter()
        .filter(|(key, value)| after.get(*key) != Some(value));
    changed
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn change_fields(customer: &mut Value, given: &Parameters) -> Result<(), Refusal> {
    for field in ["description", "email", "name", "phone"] {
        if let Some(text) = given.text(field) {
            customer[field] = if text.is_empty() {
                Value::Null
            } else {
                json!(text)
            };
        }
    }
    if let Some(email) = given.given("email").filter(|email| !email.contains('@')) {
        return Err(Refusal::invalid(format!("Invalid email address: {email}"))
            .code("email_invalid")
            .param("email"));
    }
    match given.given("tax_exempt") {
        None => {}
        Some(text @ ("none" | "exempt" | "reverse")) => customer["tax_exempt"] = json!(text),
        Some(_) => {
            let message = "Invalid tax_exempt: must be one of none, exempt, or reverse";
            return Err(Refusal::invalid(message).param("tax_exempt"));
        }
    }
    let address = given.map("address");
    if !address.is_empty() {
        let mut whole = json!({
            "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null
        });
        for (part, text) in address {
            if whole.get(part).is_none() {
                let name = format!("address[{part}]");
                let message = format!("Received unknown parameter: {name}");
                return Err(Refusal::invalid(message)
                    .code("parameter_unknown")
                    .param(&name));
            }
            whole[part] = json!(text);
        }
        customer["address"] = whole;
    }
    let locales = given.list("preferred_locales");
    if !locales.is_empty() {
        customer["preferred_locales"] = json!(locales);
    }
    if let Some(method) = given.at(&["invoice_settings", "default_payment_method"]) {
        customer["invoice_settings"]["default_payment_method"] = json!(method);
    }
    customer["metadata"] = given.metadata(customer.get("metadata"))?;
    Ok(())
}

pub(super) fn create_method(
    work: &mut Work<'_, '_>,
    given: &Parameters,
) -> Result<Answered, Refusal> {
    given.allow(&[
        "type",
        "card[token]",
        "metadata[*]",
        "billing_details[**]",
        "expand[]",
    ])?;
    if given.required("type")? != "card" {
        return Err(Refusal::invalid("Only cards are offered on this account.").param("type"));
    }
    let token = given.at(&["card", "token"]).unwrap_or("");
    let alias = format!("pm_card_{}", token.trim_start_matches("tok_"));
    let card = test_card(&alias).ok_or_else(|| Refusal::missing("token", token, "card[token]"))?;
    let mut method = new_method(work, &card, None);
    method["metadata"] = given.metadata(None)?;
    work.keep("payment_methods", &method);
    Ok(Answered::ok(method))
}

pub(super) fn attach(
    work: &mut Work<'_, '_>,
    id: &str,
    given: &Parameters,
) -> Result<Answered, Refusal> {
    given.allow(&["customer", "expand[]"])?;
    let customer = given.required("customer")?;
    if work.get("customers", customer).is_none() {
        return Err(Refusal::missing("customer", customer, "customer"));
    }
    attach_to(work, id, customer).map(Answered::ok)
}

fn attach_to(work: &mut Work<'_, '_>, id: &str, customer: &str) -> Result<Value, Refusal> {
    let method = match test_card(id) {
        Some(card) if !card.attaches => {
            let code = card.behaviour["decline_code"].clone();
            return Err(Refusal::card("Your card was declined.", "card_declined")
                .with("decline_code", code)
                .with("advice_code", json!("try_again_later"))
                .with("network_decline_code", json!("01"))
                .param(""));
        }
        Some(card) => new_method(work, &card, Some(customer)),
        None => {
            let mut method = work
                .get("payment_methods", id)
                .ok_or_else(|| Refusal::missing("PaymentMethod", id, "payment_method_id"))?;
            match method["customer"].as_str() {
                Some(owner) if owner == customer => return Ok(method),
                Some(_) => {
                    let message =
                        "The payment method you provided has already been attached to a customer.";
                    return Err(Refusal::invalid(message).code("payment_method_unexpected_state"));
                }
                None => method["customer"] = json!(customer),
            }
            method
        }
    };
    work.keep("payment_methods", &method);
    work.tell("payment_method.attached", &method, None);
    Ok(method)
}

/// The payment method to charge: a stored one, or a new one made from a test id.
pub(super) fn method_for_charge(
    work: &mut Work<'_, '_>,
    id: &str,
    customer: Option<&str>,
) -> Result<Value, Refusal> {
    if let Some(card) = test_card(id) {
        let method = new_method(work, &card, None);
        work.keep("payment_methods", &method);
        return Ok(method);
    }
    let method = work
        .get("payment_methods", id)
        .ok_or_else(|| Refusal::missing("PaymentMethod", id, "payment_method"))?;
    match (method["customer"].as_str(), customer) {
        (None, _) => Ok(method),
        (Some(owner), Some(customer)) if owner == customer => Ok(method),
        (Some(_), Some(customer)) => {
            let message =
                format!("The payment method {id} does not belong to the customer {customer}.");
            Err(Refusal::invalid(message).param("payment_method"))
        }
        (Some(_), None) => {
            let message = format!(
                "The payment method {id} belongs to a customer; name that customer in `customer`."
            );
            Err(Refusal::invalid(message).param("payment_method"))
        }
    }
}

fn new_method(work: &mut Work<'_, '_>, card: &TestCard, customer: Option<&str>) -> Value {
    let id = work.new_id("pm");
    let method = objects::payment_method(
        Birth {
            id: &id,
            created: work.now,
        },
        customer,
        card.last4,
    );
    work.keep("payment_methods", &method);
    work.change.put("cards", &id, card.behaviour.clone());
    method
}
