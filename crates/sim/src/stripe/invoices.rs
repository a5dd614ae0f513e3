//! Invoices of Stripe Billing with their lines, and what becomes of them: finalized, paid, voided,
//! marked as uncollectible. A line's tax follows its tax rates.

use serde_json::{Value, json};

use super::objects::{self, Birth};
use super::parameters::Parameters;
use super::payments;
use super::refusal::Refusal;
use super::work::{Answered, Work};

/// How many lines come along with an invoice or credit note.
const LINES_SHOWN: usize = 10;

/// Ten-thousandths of a per cent in a whole.
const WHOLE: i64 = 1_000_000;

pub(super) fn create_rate(
    work: &mut Work<'_, '_>,
    given: &Parameters,
) -> Result<Answered, Refusal> {
    given.allow(&[
        "display_name",
        "inclusive",
        "percentage",
        "metadata[*]",
        "expand[]",
    ])?;
    let percentage = given.required("percentage")?;
    let refused = || {
        Refusal::invalid("Tax rates have at most four decimal places and lie from 0 to 100.")
            .param("percentage")
    };
    let parts = parts_of(percentage).ok_or_else(refused)?;
    // The number as it was written.
    let rate: Value = serde_json::from_str(percentage).map_err(|_| refused())?;
    let id = work.new_id("txr");
    let object = json!({
        "id": id, "object": "tax_rate", "active": true, "country": null, "created": work.now,
        "description": null, "display_name": given.required("display_name")?, "effective_percentage": null,
        "flat_amount": null, "inclusive": given.flag("inclusive")?, "jurisdiction": null,
        "jurisdiction_level": null, "livemode": false, "metadata": given.metadata(None)?,
        "percentage": rate, "rate_type": "percentage", "state": null, "tax_type": null
    });
    work.keep("tax_rates", &object);
    work.change.put("tax_parts", &id, json!({ "parts": parts }));
    work.tell("tax_rate.created", &object, None);
    Ok(Answered::ok(object))
}

/// A percentage in ten-thousandths of a per cent.
fn parts_of(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if part.len() > 4 || whole.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let parts: i64 = format!("{whole}{part:0<4}").parse().ok()?;
    (parts <= WHOLE).then_some(parts)
}

/// The taxes on an amount by these rates, with what they add to it.
pub(super) fn taxes_on(
    work: &Work<'_, '_>,
    amount: i64,
    rates: &[&str],
) -> Result<(Value, i64), Refusal> {
    let (mut taxes, mut added) = (Vec::new(), 0);
    for id in rates {
        let missing = || Refusal::missing("tax rate", id, "tax_rates");
        let rate = work.get("tax_rates", id).ok_or_else(missing)?;
        let parts = work.get("tax_parts", id).ok_or_else(missing)?["parts"]
            .as_i64()
            .unwrap_or(0);
        let inclusive = rate["inclusive"] == true;
        let of = if inclusive { WHOLE + parts } else { WHOLE };
        let tax = (amount * parts * 2 + of) / (of * 2);
        added += if inclusive { 0 } else { tax };
        taxes.push(json!({
            "amount": tax, "tax_behavior": if inclusive { "inclusive" } else { "exclusive" },
            "tax_rate_details": { "tax_rate": id }, "taxability_reason": "standard_rated",
            "taxable_amount": if inclusive { amount - tax } else { amount }, "type": "tax_rate_details"
        }));
    }
    Ok((Value::Array(taxes), added))
}

pub(super) fn create(work: &mut Work<'_, '_>, given: &Parameters) -> Result<Answered, Refusal> {
    given.allow(&[
        "customer",
        "currency",
        "collection_method",
        "days_until_due",
        "auto_advance",
        "description",
        "metadata[*]",
        "expand[]",
    ])?;
    let customer = given.required("customer")?;
    if work.get("customers", customer).is_none() {
        return Err(Refusal::missing("customer", customer, "customer"));
    }
    let sent = match given.given("collection_method") {
        None | Some("charge_automatically") => false,
        Some("send_invoice") => true,
        Some(other) => {
            let message = format!("Invalid collection_method: {other}");
            return Err(Refusal::invalid(message).param("collection_method"));
        }
    };
    let days = given.integer("days_until_due")?;
    if days.is_some() != sent {
        let message = "`days_until_due` is needed for, and only for, invoices whose collection_method is send_invoice.";
        return Err(Refusal::invalid(message).param("days_until_due"));
    }
    let id = work.new_id("in");
    let mut invoice = objects::invoice(
        Birth {
            id: &id,
            created: work.now,
        },
        customer,
        given.given("currency").unwrap_or("usd"),
    );
    invoice["metadata"] = given.metadata(None)?;
    if let Some(days) = days {
        invoice["collection_method"] = json!("send_invoice");
        invoice["due_date"] = json!(work.now + days * 86_400);
    }
    work.keep("invoices", &invoice);
    work.tell("invoice.created", &shown(&invoice), None);
    Ok(Answered::ok(shown(&invoice)))
}

/// An invoice item on a draft: it is a line at once.
pub(super) fn create_item(
    work: &mut Work<'_, '_>,
    given: &Parameters,
) -> Result<Answered, Refusal> {
    given.allow(&[
        "customer",
        "invoice",
        "amount",
        "currency",
        "description",
        "metadata[*]",
        "period[start]",
        "period[end]",
        "tax_rates[]",
        "expand[]",
    ])?;
    let mut invoice = find(work, given.required("invoice")?, "invoice")?;
    if invoice["status"] != "draft" {
        return Err(not_editable(&invoice));
    }
    for (name, value) in [
        ("customer", &invoice["customer"]),
        ("currency", &invoice["currency"]),
    ] {
        if given.required(name)? != value.as_str().unwrap_or("") {
            let message = format!("The {name} of an invoice item must be that of its invoice.");
            return Err(Refusal::invalid(message).param(name));
        }
    }
    given.required("amount")?;
    let amount = given.integer("amount")?.unwrap_or(0);
    let moment = |end: &str| -> Result<i64, Refusal> {
        let text = given.at(&["period", end]);
        let at = text.map(str::parse::<i64>).transpose();
        let bad = |_| Refusal::invalid("Invalid integer").param(&format!("period[{end}]"));
        Ok(at.map_err(bad)?.unwrap_or(work.now))
    };
    let (start, end) = (moment("start")?, moment("end")?);
    if end < start {
        return Err(Refusal::invalid("The period must end after it starts.").param("period"));
    }
    let (taxes, _) = taxes_on(work, amount, &given.list("tax_rates"))?;
    let (item, line) = (work.new_id("ii"), work.new_id("il"));
    let description = given.given("description");
    let metadata = given.metadata(None)?;
    let whole = objects::invoice_line(
        (&line, &item),
        &invoice,
        (amount, description),
        (start, end),
        (&taxes, &metadata),
    );
    work.keep("invoice_lines", &whole);
    if let Some(lines) = invoice["lines"]["data"].as_array_mut() {
        lines.push(whole);
    }
    add_up(&mut invoice);
    work.keep("invoices", &invoice);
    let object = json!({
        "id": item, "object": "invoiceitem", "amount": amount, "currency": invoice["currency"],
        "customer": invoice["customer"], "date": work.now, "description": description, "discountable": true,
        "discounts": [], "invoice": invoice["id"], "livemode": false, "metadata": metadata, "parent": null,
        "period": { "start": start, "end": end }, "proration": false, "quantity": 1,
        "tax_rates": [], "test_clock": null
    });
    work.keep("invoiceitems", &object);
    work.tell("invoiceitem.created", &object, None);
    Ok(Answered::ok(object))
}

/// The sums of an invoice from its lines.
fn add_up(invoice: &mut Value) {
    let (mut subtotal, mut added, mut taxes) = (0, 0, 0);
    for line in invoice["lines"]["data"].as_array().into_iter().flatten() {
        subtotal += minor(&line["amount"]);
        for tax in line["taxes"].as_array().into_iter().flatten() {
            taxes += minor(&tax["amount"]);
            added += if tax["tax_behavior"] == "exclusive" {
                minor(&tax["amount"])
            } else {
                0
            };
        }
    }
    let total = subtotal + added;
    invoice["subtotal"] = json!(subtotal);
    invoice["subtotal_excluding_tax"] = json!(total - taxes);
    invoice["total"] = json!(total);
    invoice["total_excluding_tax"] = json!(total - taxes);
    invoice["amount_due"] = json!(total.max(0));
    invoice["amount_remaining"] = json!(total.max(0));
}

/// A whole number of an object.
pub(super) fn minor(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

pub(super) fn find(work: &Work<'_, '_>, id: &str, param: &str) -> Result<Value, Refusal> {
    work.get("invoices", id)
        .ok_or_else(|| Refusal::missing("invoice", id, param))
}

fn not_editable(invoice: &Value) -> Refusal {
    let status = invoice["status"].as_str().unwrap_or("");
    Refusal::invalid(format!(
        "This invoice is {status}: only a draft can be changed or finalized."
    ))
    .code("invoice_not_editable")
}

/// What goes over the wire: the first lines only.
pub(super) fn shown(object: &Value) -> Value {
    let mut shown = object.clone();
    if let Some(lines) = shown["lines"]["data"].as_array_mut() {
        let more = lines.len() > LINES_SHOWN;
        lines.truncate(LINES_SHOWN);
        shown["lines"]["has_more"] = json!(more);
    }
    shown
}

/// What becomes of an invoice.
pub(super) fn change(
    work: &mut Work<'_, '_>,
    (id, step): (&str, &str),
    given: &Parameters,
) -> Option<Result<Answered, Refusal>> {
    let done = match step {
        "finalize" => finalize(work, id, given),
        "void" => void(work, id, given),
        "mark_uncollectible" => give_up(work, id, given),
        "pay" => pay(work, id, given),
        _ => return None,
    };
    Some(done)
}

fn finalize(work: &mut Work<'_, '_>, id: &str, given: &Parameters) -> Result<Answered, Refusal> {
    given.allow(&["auto_advance", "expand[]"])?;
    let mut invoice = find(work, id, "id")?;
    if invoice["status"] != "draft" {
        return Err(not_editable(&invoice));
    }
    let customer_id = invoice["customer"].as_str().unwrap_or("").to_owned();
    let Some(mut customer) = work.get("customers", &customer_id) else {
        return Err(Refusal::missing("customer", &customer_id, "customer"));
    };
    let number = minor(&customer["next_invoice_sequence"]);
    let prefix = customer["invoice_prefix"].as_str().unwrap_or("").to_owned();
    customer["next_invoice_sequence"] = json!(number + 1);
    work.keep("customers", &customer);
    invoice["number"] = json!(format!("{prefix}-{number:04}"));
    invoice["status"] = json!("open");
    invoice["effective_at"] = json!(work.now);
    invoice["status_transitions"]["finalized_at"] = json!(work.now);
    // A balance below zero is the customer's, and is used at once.
    let balance = minor(&customer["balance"]);
    let used = (-balance).clamp(0, minor(&invoice["total"]).max(0));
    invoice["starting_balance"] = json!(balance);
    invoice["ending_balance"] = json!(balance + used);
    let due = minor(&invoice["total"]).max(0) - used;
    invoice["amount_due"] = json!(due);
    invoice["amount_remaining"] = json!(due);
    if used != 0 {
        move_balance(
            work,
            &customer_id,
            (used, "applied_to_invoice"),
            &invoice,
            None,
        )?;
    }
    if due == 0 {
        settle(work, &mut invoice);
    }
    work.keep("invoices", &invoice);
    work.tell("invoice.finalized", &shown(&invoice), None);
    if due == 0 {
        work.tell("invoice.paid", &shown(&invoice), None);
    }
    Ok(Answered::ok(shown(&invoice)))
}

/// Moves the balance of a customer; below zero is to the customer's good.
pub(super) fn move_balance(
    work: &mut Work<'_, '_>,
    customer_id: &str,
    (amount, kind): (i64, &str),
    invoice: &Value,
    credit_note: Option<&str>,
) -> Result<String, Refusal> {
    let mut customer = work
        .get("customers", customer_id)
        .ok_or_else(|| Refusal::missing("customer", customer_id, "customer"))?;
    let ending = minor(&customer["balance"]) + amount;
    customer["balance"] = json!(ending);
    work.keep("customers", &customer);
    let id = work.new_id("cbtxn");
    let moved = json!({
        "id": id, "object": "customer_balance_transaction", "amount": amount, "checkout_session": null,
        "created": work.now, "credit_note": credit_note, "currency": invoice["currency"],
        "customer": customer_id, "description": null, "ending_balance": ending, "invoice": invoice["id"],
        "livemode": false, "metadata": {}, "type": kind
    });
    work.keep("customer_balance_transactions", &moved);
    Ok(id)
}

/// Nothing is owed on it any more.
pub(super) fn settle(work: &Work<'_, '_>, invoice: &mut Value) {
    invoice["status"] = json!("paid");
    invoice["status_transitions"]["paid_at"] = json!(work.now);
}

fn void(work: &mut Work<'_, '_>, id: &str, given: &Parameters) -> Result<Answered, Refusal> {
    given.allow(&["expand[]"])?;
    let mut invoice = in_state(work, id, &["open", "uncollectible"], "voided")?;
    let used = minor(&invoice["ending_balance"]) - minor(&invoice["starting_balance"]);
    if used != 0 {
        let customer = invoice["customer"].as_str().unwrap_or("").to_owned();
        move_balance(
            work,
            &customer,
            (-used, "unapplied_from_invoice"),
            &invoice,
            None,
        )?;
    }
    invoice["status"] = json!("void");
    invoice["status_transitions"]["voided_at"] = json!(work.now);
    tell_of(work, &invoice, "invoice.voided")
}

fn give_up(work: &mut Work<'_, '_>, id: &str, given: &Parameters) -> Result<Answered, Refusal> {
    given.allow(&["expand[]"])?;
    let mut invoice = in_state(work, id, &["open"], "marked as uncollectible")?;
    invoice["status"] = json!("uncollectible");
    invoice["status_transitions"]["marked_uncollectible_at"] = json!(work.now);
    tell_of(work, &invoice, "invoice.marked_uncollectible")
}

fn in_state(work: &Work<'_, '_>, id: &str, states: &[&str], what: &str) -> Result<Value, Refusal> {
    let invoice = find(work, id, "id")?;
    let status = invoice["status"].as_str().unwrap_or("");
    if states.contains(&status) {
        return Ok(invoice);
    }
    let message = format!("This invoice is {status} and can't be {what}.");
    Err(Refusal::invalid(message).code("invoice_not_editable"))
}

fn tell_of(work: &mut Work<'_, '_>, invoice: &Value, kind: &str) -> Result<Answered, Refusal> {
    work.keep("invoices", invoice);
    work.tell(kind, &shown(invoice), None);
    Ok(Answered::ok(shown(invoice)))
}

fn pay(work: &mut Work<'_, '_>, id: &str, given: &Parameters) -> Result<Answered, Refusal> {
    given.allow(&[
        "payment_method",
        "paid_out_of_band",
        "off_session",
        "expand[]",
    ])?;
    let mut invoice = in_state(work, id, &["open", "uncollectible"], "paid")?;
    let amount = minor(&invoice["amount_remaining"]);
    if !given.flag("paid_out_of_band")? {
        let method = given.required("payment_method")?;
        let customer = invoice["customer"].as_str().unwrap_or("");
        let currency = invoice["currency"].as_str().unwrap_or("");
        let asked = format!(
            "amount={amount}&currency={currency}&customer={customer}&payment_method={method}&confirm=true&off_session=true"
        );
        let answered = payments::create(work, &Parameters::read(&asked))?;
        if answered.status != 200 {
            return Ok(answered);
        }
        let payment = work.new_id("inpay");
        let object = json!({
            "id": payment, "object": "invoice_payment", "amount_paid": amount, "amount_requested": amount,
            "created": work.now, "currency": invoice["currency"], "invoice": id, "is_default": true,
            "livemode": false, "payment": { "payment_intent": answered.body["id"], "type": "payment_intent" },
            "status": "paid",
            "status_transitions": { "canceled_at": null, "paid_at": work.now }
        });
        work.keep("invoice_payments", &object);
    }
    invoice["amount_paid"] = json!(minor(&invoice["amount_paid"]) + amount);
    invoice["amount_remaining"] = json!(0);
    settle(work, &mut invoice);
    tell_of(work, &invoice, "invoice.paid")
}
