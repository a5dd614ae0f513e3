//! Credit notes: they make an open invoice owe less, and of what was paid they give money back, add
//! to the customer's balance, or note that it is given elsewhere. Never more than is left.

use serde_json::{Value, json};

use super::invoices::{self, minor, move_balance, settle, shown, taxes_on};
use super::parameters::Parameters;
use super::payments;
use super::refusal::Refusal;
use super::work::{Answered, Work};

const PARAMETERS: &[&str] = &[
    "invoice",
    "amount",
    "memo",
    "reason",
    "metadata[*]",
    "refund_amount",
    "credit_amount",
    "out_of_band_amount",
    "effective_at",
    "email_type",
    "expand[]",
    "lines[][type]",
    "lines[][invoice_line_item]",
    "lines[][amount]",
    "lines[][description]",
    "lines[][quantity]",
    "lines[][unit_amount]",
    "lines[][tax_rates][]",
    "lines[][metadata][*]",
];

const REASONS: &[&str] = &[
    "duplicate",
    "fraudulent",
    "order_change",
    "product_unsatisfactory",
];

pub(super) fn create(work: &mut Work<'_, '_>, given: &Parameters) -> Result<Answered, Refusal> {
    given.allow(PARAMETERS)?;
    let mut invoice = invoices::find(work, given.required("invoice")?, "invoice")?;
    let status = invoice["status"].as_str().unwrap_or("").to_owned();
    if !matches!(status.as_str(), "open" | "paid") {
        let message =
            format!("The invoice is {status}: credit notes are only for open and paid invoices.");
        return Err(Refusal::invalid(message).param("invoice"));
    }
    if let Some(reason) = given.given("reason")
        && !REASONS.contains(&reason)
    {
        return Err(Refusal::invalid(format!("Invalid reason: {reason}")).param("reason"));
    }
    let lines = lines(work, given, &invoice)?;
    let (subtotal, added, taxes) = sums(&lines);
    let total = subtotal + added;
    let credited = minor(&invoice["pre_payment_credit_notes_amount"])
        + minor(&invoice["post_payment_credit_notes_amount"]);
    let left = minor(&invoice["total"]) - credited;
    if total < 1 || total > left {
        let message = format!(
            "The credit note's total ({total}) must be positive and at most what is left of the invoice ({left})."
        );
        return Err(Refusal::invalid(message).param("amount"));
    }
    let before = total.min(minor(&invoice["amount_remaining"]));
    let after = total - before;
    let part = |name: &str| given.integer(name).map(Option::unwrap_or_default);
    let (refunded, to_balance, elsewhere) = (
        part("refund_amount")?,
        part("credit_amount")?,
        part("out_of_band_amount")?,
    );
    if refunded + to_balance + elsewhere != after || refunded.min(to_balance).min(elsewhere) < 0 {
        let message = format!(
            "The sum of refund_amount, credit_amount and out_of_band_amount must equal the post-payment amount ({after})."
        );
        return Err(Refusal::invalid(message));
    }
    let id = work.new_id("cn");
    let refunds = refund(work, &invoice, refunded)?;
    let balance = if to_balance > 0 {
        let customer = invoice["customer"].as_str().unwrap_or("").to_owned();
        let what = (-to_balance, "credit_note");
        Some(move_balance(work, &customer, what, &invoice, Some(&id))?)
    } else {
        None
    };
    let number = work
        .get("invoices_credited", invoice["id"].as_str().unwrap_or(""))
        .map_or(0, |known| minor(&known["notes"]))
        + 1;
    let credited_before = json!({ "notes": number });
    let key = invoice["id"].as_str().unwrap_or("").to_owned();
    work.change.put("invoices_credited", &key, credited_before);
    let printed = invoice["number"].as_str().unwrap_or("");
    let note = json!({
        "id": id, "object": "credit_note", "amount": total, "amount_shipping": 0, "created": work.now,
        "currency": invoice["currency"], "customer": invoice["customer"], "customer_account": null,
        "customer_balance_transaction": balance, "discount_amount": 0, "discount_amounts": [],
        "effective_at": given.integer("effective_at")?.unwrap_or(work.now), "invoice": invoice["id"],
        "lines": { "data": lines, "has_more": false, "object": "list", "url": format!("/v1/credit_notes/{id}/lines") },
        "livemode": false, "memo": given.given("memo"), "metadata": given.metadata(None)?,
        "number": format!("{printed}-CN-{number:02}"),
        "out_of_band_amount": (elsewhere > 0).then_some(elsewhere), "pdf": "https://pay.stripe.com/credit_notes/pdf",
        "post_payment_amount": after, "pre_payment_amount": before, "pretax_credit_amounts": [],
        "reason": given.given("reason"), "refunds": refunds, "shipping_cost": null, "status": "issued",
        "subtotal": subtotal, "subtotal_excluding_tax": total - taxes, "total": total,
        "total_excluding_tax": total - taxes, "total_taxes": [],
        "type": if after == 0 { "pre_payment" } else if before == 0 { "post_payment" } else { "mixed" },
        "voided_at": null
    });
    owe(&mut invoice, -before);
    invoice["pre_payment_credit_notes_amount"] =
        json!(minor(&invoice["pre_payment_credit_notes_amount"]) + before);
    invoice["post_payment_credit_notes_amount"] =
        json!(minor(&invoice["post_payment_credit_notes_amount"]) + after);
    if status == "open" && minor(&invoice["amount_remaining"]) == 0 {
        settle(work, &mut invoice);
    }
    work.keep("invoices", &invoice);
    work.keep("credit_notes", &note);
    work.tell("credit_note.created", &shown(&note), None);
    if status == "open" && invoice["status"] == "paid" {
        work.tell("invoice.paid", &shown(&invoice), None);
    }
    Ok(Answered::ok(shown(&note)))
}

fn owe(invoice: &mut Value, more: i64) {
    for field in ["amount_due", "amount_remaining"] {
        invoice[field] = json!(minor(&invoice[field]) + more);
    }
}

/// Subtotal, what taxes add to it, and all taxes.
fn sums(lines: &[Value]) -> (i64, i64, i64) {
    let (mut subtotal, mut added, mut all) = (0, 0, 0);
    for line in lines {
        subtotal += minor(&line["amount"]);
        for tax in line["taxes"].as_array().into_iter().flatten() {
            all += minor(&tax["amount"]);
            if tax["tax_behavior"] == "exclusive" {
                added += minor(&tax["amount"]);
            }
        }
    }
    (subtotal, added, all)
}

fn lines(
    work: &mut Work<'_, '_>,
    given: &Parameters,
    invoice: &Value,
) -> Result<Vec<Value>, Refusal> {
    let count = given.count("lines");
    let amount = given.integer("amount")?;
    match (amount, count) {
        (Some(_), 1..) | (None, 0) => {
            let message = "Give either `amount` or `lines`.";
            Err(Refusal::invalid(message).param("amount"))
        }
        (Some(amount), 0) => {
            let bare = Line {
                kind: "custom_line_item",
                amount,
                ..Line::default()
            };
            Ok(vec![bare.object(work)])
        }
        (None, count) => (0..count)
            .map(|at| line(work, given, invoice, at))
            .collect(),
    }
}

/// A line before it has an id.
#[derive(Default)]
struct Line<'a> {
    kind: &'a str,
    invoice_line: Option<&'a str>,
    amount: i64,
    description: Option<&'a str>,
    taxes: Value,
    metadata: Value,
}

impl Line<'_> {
    fn object(self, work: &mut Work<'_, '_>) -> Value {
        let id = work.new_id("cnli");
        let or_none = |value: Value| if value.is_null() { json!([]) } else { value };
        let mut object = json!({
            "id": id, "object": "credit_note_line_item", "amount": self.amount,
            "description": self.description, "discount_amount": 0, "discount_amounts": [], "livemode": false,
            "metadata": self.metadata, "pretax_credit_amounts": [], "quantity": 1, "tax_rates": [],
            "taxes": or_none(self.taxes), "type": self.kind, "unit_amount": null, "unit_amount_decimal": null
        });
        if let Some(line) = self.invoice_line {
            object["invoice_line_item"] = json!(line);
        }
        work.keep("credit_note_lines", &object);
        object
    }
}

fn line(
    work: &mut Work<'_, '_>,
    given: &Parameters,
    invoice: &Value,
    at: usize,
) -> Result<Value, Refusal> {
    let at = at.to_string();
    let field = |name: &str| given.at(&["lines", &at, name]);
    let whole = |name: &str| -> Result<Option<i64>, Refusal> {
        let bad = |_| Refusal::invalid("Invalid integer").param(&format!("lines[{at}][{name}]"));
        field(name).map(str::parse).transpose().map_err(bad)
    };
    let metadata: serde_json::Map<String, Value> = given
        .below(&["lines", &at, "metadata"])
        .into_iter()
        .map(|(key, value)| (key.to_owned(), json!(value)))
        .collect();
    match field("type") {
        Some("invoice_line_item") => {
            let id = field("invoice_line_item").unwrap_or("");
            let billed = invoice["lines"]["data"].as_array().into_iter().flatten();
            let billed = billed.into_iter().find(|line| line["id"] == id).cloned();
            let missing = || Refusal::missing("invoice line item", id, "lines");
            let billed = billed.ok_or_else(missing)?;
            let amount = whole("amount")?.unwrap_or(minor(&billed["amount"]));
            let before = work
                .get("lines_credited", id)
                .map_or(0, |known| minor(&known["amount"]));
            if amount < 1 || amount + before > minor(&billed["amount"]) {
                let left = minor(&billed["amount"]) - before;
                let message = format!(
                    "The amount ({amount}) must be positive and at most what is left of the line ({left})."
                );
                return Err(Refusal::invalid(message).param(&format!("lines[{at}][amount]")));
            }
            work.change
                .put("lines_credited", id, json!({ "amount": amount + before }));
            let rates: Vec<String> = billed["taxes"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|tax| tax["tax_rate_details"]["tax_rate"].as_str())
                .map(str::to_owned)
                .collect();
            let rates: Vec<&str> = rates.iter().map(String::as_str).collect();
            let (taxes, _) = taxes_on(work, amount, &rates)?;
            let description = billed["description"].as_str();
            let line = Line {
                kind: "invoice_line_item",
                invoice_line: Some(id),
                amount,
                description: field("description").or(description),
                taxes,
                metadata: Value::Object(metadata),
            };
            Ok(line.object(work))
        }
        Some("custom_line_item") => {
            let quantity = whole("quantity")?.unwrap_or(1);
            let Some(unit) = whole("unit_amount")? else {
                let message = "Custom lines need unit_amount.";
                return Err(Refusal::invalid(message).code("parameter_missing"));
            };
            let rates: Vec<&str> = given
                .below(&["lines", &at, "tax_rates"])
                .into_iter()
                .map(|(_, rate)| rate)
                .collect();
            let (taxes, _) = taxes_on(work, unit * quantity, &rates)?;
            let line = Line {
                kind: "custom_line_item",
                amount: unit * quantity,
                description: field("description"),
                taxes,
                metadata: Value::Object(metadata),
                ..Line::default()
            };
            Ok(line.object(work))
        }
        _ => {
            let message = "Invalid type: must be one of custom_line_item or invoice_line_item";
            Err(Refusal::invalid(message).param(&format!("lines[{at}][type]")))
        }
    }
}

/// Gives money of the invoice's payment back.
fn refund(work: &mut Work<'_, '_>, invoice: &Value, amount: i64) -> Result<Value, Refusal> {
    if amount == 0 {
        return Ok(json!([]));
    }
    let id = invoice["id"].as_str().unwrap_or("");
    let paid = work.change.settled().rows("invoice_payments");
    let intent = paid
        .filter(|(_, payment)| payment["invoice"] == id)
        .find_map(|(_, payment)| payment["payment"]["payment_intent"].as_str());
    let Some(intent) = intent.map(str::to_owned) else {
        let message = "The invoice was paid without a charge that could be refunded.";
        return Err(Refusal::invalid(message).param("refund_amount"));
    };
    let asked = format!("payment_intent={intent}&amount={amount}");
    let refunded = payments::create_refund(work, &Parameters::read(&asked))?;
    Ok(json!([{ "amount_refunded": amount, "refund": refunded.body["id"], "type": "refund" }]))
}

pub(super) fn update(
    work: &mut Work<'_, '_>,
    id: &str,
    given: &Parameters,
) -> Result<Answered, Refusal> {
    given.allow(&["memo", "metadata", "metadata[*]", "expand[]"])?;
    let mut note = find(work, id)?;
    if let Some(memo) = given.text("memo") {
        note["memo"] = json!(memo);
    }
    note["metadata"] = given.metadata(note.get("metadata"))?;
    work.keep("credit_notes", &note);
    work.tell("credit_note.updated", &shown(&note), None);
    Ok(Answered::ok(shown(&note)))
}

fn find(work: &Work<'_, '_>, id: &str) -> Result<Value, Refusal> {
    work.get("credit_notes", id)
        .ok_or_else(|| Refusal::missing("credit note", id, "id"))
}

pub(super) fn void(
    work: &mut Work<'_, '_>,
    id: &str,
    given: &Parameters,
) -> Result<Answered, Refusal> {
    given.allow(&["expand[]"])?;
    let mut note = find(work, id)?;
    let mut invoice = invoices::find(work, note["invoice"].as_str().unwrap_or(""), "invoice")?;
    if note["status"] != "issued" || invoice["status"] != "open" {
        let message = format!(
            "This credit note is {} and its invoice is {}: only a credit note of an open invoice can be voided.",
            note["status"].as_str().unwrap_or(""),
            invoice["status"].as_str().unwrap_or("")
        );
        return Err(Refusal::invalid(message));
    }
    let before = minor(&note["pre_payment_amount"]);
    owe(&mut invoice, before);
    invoice["pre_payment_credit_notes_amount"] =
        json!(minor(&invoice["pre_payment_credit_notes_amount"]) - before);
    for line in note["lines"]["data"].as_array().into_iter().flatten() {
        if let Some(billed) = line["invoice_line_item"].as_str() {
            let known = work.get("lines_credited", billed);
            let left = known.map_or(0, |known| minor(&known["amount"])) - minor(&line["amount"]);
            work.change
                .put("lines_credited", billed, json!({ "amount": left }));
        }
    }
    note["status"] = json!("void");
    note["voided_at"] = json!(work.now);
    work.keep("invoices", &invoice);
    work.keep("credit_notes", &note);
    work.tell("credit_note.voided", &shown(&note), None);
    Ok(Answered::ok(shown(&note)))
}
