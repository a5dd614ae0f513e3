//! The objects as they go over the wire. Their keys are those of the recorded objects.

use serde_json::{Map, Value, json};

/// The API version that the current official clients ask for.
pub(super) const API_VERSION: &str = "2026-10-28.endive";

/// Seconds until a charge's funds are available: two days.
const AVAILABLE_AFTER_SECONDS: i64 = 172_800;

/// What a new object needs beside its own facts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Birth<'a> {
    pub(super) id: &'a str,
    /// Seconds since the Unix epoch.
    pub(super) created: i64,
}

pub(super) fn customer(birth: Birth<'_>) -> Value {
    json!({
        "id": birth.id, "object": "customer", "address": null, "balance": 0, "created": birth.created,
        "currency": null, "default_source": null, "delinquent": false, "description": null, "discount": null,
        "email": null, "invoice_prefix": prefix_of(birth.id),
        "invoice_settings": {
            "custom_fields": null, "default_payment_method": null, "footer": null, "rendering_options": null
        },
        "livemode": false, "metadata": {}, "name": null, "next_invoice_sequence": 1, "phone": null,
        "preferred_locales": [], "shipping": null, "tax_exempt": "none", "test_clock": null
    })
}

fn prefix_of(id: &str) -> String {
    let letters: Vec<char> = id.chars().filter(char::is_ascii_alphanumeric).collect();
    letters[letters.len().saturating_sub(8)..]
        .iter()
        .collect::<String>()
        .to_uppercase()
}

pub(super) fn payment_method(birth: Birth<'_>, customer: Option<&str>, last4: &str) -> Value {
    json!({
        "id": birth.id, "object": "payment_method",
        "billing_details": {
            "address": { "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null },
            "email": null, "name": null, "phone": null
        },
        "card": {
            "brand": "visa",
            "checks": { "address_line1_check": null, "address_postal_code_check": null, "cvc_check": null },
            "country": "US", "exp_month": 3, "exp_year": 2030, "fingerprint": "TieoutSim0000001", "funding": "credit",
            "generated_from": null, "last4": last4,
            "networks": { "available": ["visa"], "preferred": null },
            "three_d_secure_usage": { "supported": true }, "wallet": null
        },
        "created": birth.created, "customer": customer, "livemode": false, "metadata": {}, "type": "card"
    })
}

pub(super) fn payment_intent(birth: Birth<'_>, amount: i64, currency: &str) -> Value {
    json!({
        "id": birth.id, "object": "payment_intent", "amount": amount, "amount_capturable": 0,
        "amount_details": { "tip": {} }, "amount_received": 0, "application": null, "application_fee_amount": null,
        "automatic_payment_methods": null, "canceled_at": null, "cancellation_reason": null,
        "capture_method": "automatic", "client_secret": format!("{}_secret_redacted", birth.id),
        "confirmation_method": "automatic", "created": birth.created, "currency": currency, "customer": null,
        "description": null, "excluded_payment_method_types": null, "last_payment_error": null,
        "latest_charge": null, "livemode": false, "metadata": {}, "next_action": null, "on_behalf_of": null,
        "payment_method": null, "payment_method_configuration_details": null, "payment_method_options": {},
        "payment_method_types": ["card"], "processing": null, "receipt_email": null, "review": null,
        "setup_future_usage": null, "shipping": null, "source": null, "statement_descriptor": null,
        "statement_descriptor_suffix": null, "status": "requires_payment_method", "transfer_data": null,
        "transfer_group": null
    })
}

/// The charge of one attempt to collect a payment intent; it starts out as succeeded.
pub(super) fn charge(birth: Birth<'_>, intent: &Value, payment_method: &Value) -> Value {
    let amount = &intent["amount"];
    json!({
        "id": birth.id, "object": "charge", "amount": amount, "amount_captured": amount, "amount_refunded": 0,
        "application": null, "application_fee": null, "application_fee_amount": null, "balance_transaction": null,
        "billing_details": {
            "address": { "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null },
            "email": null, "name": null, "phone": null, "tax_id": null
        },
        "calculated_statement_descriptor": "TIEOUT", "captured": true, "created": birth.created,
        "currency": intent["currency"], "customer": intent["customer"], "description": intent["description"],
        "disputed": false, "failure_balance_transaction": null, "failure_code": null, "failure_message": null,
        "fraud_details": {}, "livemode": false, "metadata": intent["metadata"], "on_behalf_of": null,
        "outcome": {
            "advice_code": null, "network_advice_code": null, "network_decline_code": null,
            "network_status": "approved_by_network", "reason": null, "seller_message": "Payment complete.",
            "type": "authorized"
        },
        "paid": true, "payment_intent": intent["id"], "payment_method": payment_method["id"],
        "payment_method_details": {
            "card": {
                "amount_authorized": amount, "authorization_code": null, "brand": "visa",
                "checks": { "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass" },
                "country": "US", "exp_month": 3, "exp_year": 2030, "fingerprint": "TieoutSim0000001",
                "funding": "credit", "installments": null, "last4": payment_method["card"]["last4"],
                "mandate": null, "network": "visa", "network_token": { "used": false }, "three_d_secure": null,
                "wallet": null
            },
            "type": "card"
        },
        "receipt_email": null, "receipt_number": null, "receipt_url": null, "refunded": false, "review": null,
        "shipping": null, "source": null, "source_transfer": null, "statement_descriptor": null,
        "statement_descriptor_suffix": null, "status": "succeeded", "transfer_data": null, "transfer_group": null
    })
}

pub(super) fn refund(birth: Birth<'_>, charge: &Value, amount: i64) -> Value {
    json!({
        "id": birth.id, "object": "refund", "amount": amount, "balance_transaction": null, "charge": charge["id"],
        "created": birth.created, "currency": charge["currency"],
        "destination_details": { "card": { "type": "refund" }, "type": "card" },
        "metadata": {}, "payment_intent": charge["payment_intent"], "reason": null, "receipt_number": null,
        "source_transfer_reversal": null, "status": "succeeded", "transfer_reversal": null
    })
}

/// A dispute of the whole charge: why, and how it stands.
pub(super) fn dispute(
    birth: Birth<'_>,
    charge: &Value,
    (reason, status): (&str, &str),
    due_by: i64,
) -> Value {
    let asks = status.starts_with("warning_");
    json!({
        "id": birth.id, "object": "dispute", "amount": charge["amount"], "balance_transactions": [],
        "charge": charge["id"], "created": birth.created, "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {
            "access_activity_log": null, "billing_address": null, "cancellation_policy": null,
            "cancellation_policy_disclosure": null, "cancellation_rebuttal": null, "customer_communication": null,
            "customer_email_address": null, "customer_name": null, "customer_purchase_ip": null,
            "customer_signature": null, "duplicate_charge_documentation": null,
            "duplicate_charge_explanation": null, "duplicate_charge_id": null, "enhanced_evidence": {},
            "product_description": null, "receipt": null, "refund_policy": null, "refund_policy_disclosure": null,
            "refund_refusal_explanation": null, "service_date": null, "service_documentation": null,
            "shipping_address": null, "shipping_carrier": null, "shipping_date": null,
            "shipping_documentation": null, "shipping_tracking_number": null, "uncategorized_file": null,
            "uncategorized_text": null
        },
        "evidence_details": {
            "due_by": due_by, "enhanced_eligibility": {}, "has_evidence": false, "past_due": false,
            "submission_count": 0
        },
        "is_charge_refundable": asks, "livemode": false, "metadata": {}, "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": "visa", "case_type": if asks { "inquiry" } else { "chargeback" }, "network": "visa",
                "network_reason_code": "10.4"
            },
            "type": "card"
        },
        "reason": reason, "status": status
    })
}

/// What moved on the balance: `amount` and `fee` in minor units, `net` = amount − fee.
#[derive(Debug)]
pub(super) struct Movement<'a> {
    pub(super) kind: &'static str,
    pub(super) amount: i64,
    pub(super) fee: i64,
    pub(super) currency: &'a Value,
    pub(super) source: &'a str,
    pub(super) description: &'a Value,
}

pub(super) fn balance_transaction(birth: Birth<'_>, movement: &Movement<'_>) -> Value {
    let fee_details = if movement.fee == 0 {
        json!([])
    } else {
        json!([{
            "amount": movement.fee, "application": null, "currency": movement.currency,
            "description": "Stripe processing fees", "type": "stripe_fee"
        }])
    };
    let available_on = if movement.kind == "charge" {
        birth.created + AVAILABLE_AFTER_SECONDS
    } else {
        birth.created
    };
    json!({
        "id": birth.id, "object": "balance_transaction", "amount": movement.amount, "available_on": available_on,
        "balance_type": "payments", "created": birth.created, "currency": movement.currency,
        "description": movement.description, "exchange_rate": null, "fee": movement.fee, "fee_details": fee_details,
        "net": movement.amount - movement.fee, "reporting_category": movement.kind, "source": movement.source,
        "status": "pending", "type": movement.kind
    })
}

/// The fee of a card charge: 2.9 % rounded half up, plus 30 minor units.
pub(super) fn charge_fee(amount: i64) -> i64 {
    (amount * 29 + 500) / 1_000 + 30
}

pub(super) fn payout(birth: Birth<'_>, amount: i64, currency: &str, transaction: &str) -> Value {
    json!({
        "id": birth.id, "object": "payout", "amount": amount, "application_fee": null, "application_fee_amount": null,
        "arrival_date": birth.created, "automatic": true, "balance_transaction": transaction, "created": birth.created,
        "currency": currency, "description": "STRIPE PAYOUT", "destination": "ba_TieoutSim",
        "failure_balance_transaction": null, "failure_code": null, "failure_message": null, "livemode": false,
        "metadata": {}, "method": "standard", "original_payout": null, "reconciliation_status": "completed",
        "reversed_by": null, "source_type": "card", "statement_descriptor": null, "status": "paid",
        "type": "bank_account"
    })
}

/// A draft without lines.
pub(super) fn invoice(birth: Birth<'_>, customer: &str, currency: &str) -> Value {
    json!({
        "id": birth.id, "object": "invoice", "account_country": "US", "account_name": "Tieout Sandbox",
        "amount_due": 0, "amount_overpaid": 0, "amount_paid": 0, "amount_remaining": 0, "amount_shipping": 0,
        "application": null, "attempt_count": 0, "attempted": false, "auto_advance": false,
        "billing_reason": "manual", "collection_method": "charge_automatically", "created": birth.created,
        "currency": currency.to_lowercase(), "custom_fields": null, "customer": customer,
        "default_payment_method": null, "default_tax_rates": [], "description": null, "discounts": [],
        "due_date": null, "effective_at": null, "ending_balance": null, "footer": null, "from_invoice": null,
        "lines": {
            "data": [], "has_more": false, "object": "list", "url": format!("/v1/invoices/{}/lines", birth.id)
        },
        "livemode": false, "metadata": {}, "next_payment_attempt": null, "number": null, "on_behalf_of": null,
        "parent": null, "period_end": birth.created, "period_start": birth.created,
        "post_payment_credit_notes_amount": 0, "pre_payment_credit_notes_amount": 0, "receipt_number": null,
        "starting_balance": 0, "statement_descriptor": null, "status": "draft",
        "status_transitions": {
            "finalized_at": null, "marked_uncollectible_at": null, "paid_at": null, "voided_at": null
        },
        "subtotal": 0, "subtotal_excluding_tax": 0, "test_clock": null, "total": 0,
        "total_discount_amounts": [], "total_excluding_tax": 0, "total_pretax_credit_amounts": [],
        "total_taxes": [], "webhooks_delivered_at": null
    })
}

/// A line that an invoice item makes.
pub(super) fn invoice_line(
    (line, item): (&str, &str),
    invoice: &Value,
    (amount, description): (i64, Option<&str>),
    (start, end): (i64, i64),
    (taxes, metadata): (&Value, &Value),
) -> Value {
    json!({
        "id": line, "object": "line_item", "amount": amount, "currency": invoice["currency"],
        "description": description, "discount_amounts": [], "discountable": true, "discounts": [],
        "invoice": invoice["id"], "livemode": false, "metadata": metadata,
        "parent": {
            "invoice_item_details": { "invoice_item": item, "proration": false, "proration_details": null, "subscription": null },
            "subscription_item_details": null, "type": "invoice_item_details"
        },
        "period": { "start": start, "end": end }, "pretax_credit_amounts": [], "pricing": null, "quantity": 1,
        "subtotal": amount, "taxes": taxes
    })
}

/// Who asked for the change that an event tells of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) request_id: Option<&'a str>,
    pub(super) idempotency_key: Option<&'a str>,
}

pub(super) fn event(
    birth: Birth<'_>,
    kind: &str,
    object: &Value,
    previous: Option<Value>,
    asked: Asked<'_>,
) -> Value {
    let mut data = Map::new();
    data.insert("object".to_owned(), object.clone());
    if let Some(previous) = previous {
        data.insert("previous_attributes".to_owned(), previous);
    }
    json!({
        "id": birth.id, "object": "event", "api_version": API_VERSION, "created": birth.created, "data": data,
        "livemode": false, "pending_webhooks": 1,
        "request": { "id": asked.request_id, "idempotency_key": asked.idempotency_key }, "type": kind
    })
}

/// The table that holds the object with this id, told by its prefix, and the kind named in errors.
pub(super) fn table_of(id: &str) -> Option<(&'static str, &'static str)> {
    let (prefix, _) = id.split_once('_')?;
    Some(match prefix {
        "cus" => ("customers", "customer"),
        "pm" => ("payment_methods", "PaymentMethod"),
        "pi" => ("payment_intents", "payment_intent"),
        "ch" => ("charges", "charge"),
        "re" => ("refunds", "refund"),
        "dp" => ("disputes", "dispute"),
        "txn" => ("balance_transactions", "balance_transaction"),
        "evt" => ("events", "event"),
        "po" => ("payouts", "payout"),
        "txr" => ("tax_rates", "tax rate"),
        "in" => ("invoices", "invoice"),
        "ii" => ("invoiceitems", "invoiceitem"),
        "il" => ("invoice_lines", "line_item"),
        "inpay" => ("invoice_payments", "invoice_payment"),
        "cn" => ("credit_notes", "credit note"),
        "cnli" => ("credit_note_lines", "credit_note_line_item"),
        "cbtxn" => (
            "customer_balance_transactions",
            "customer_balance_transaction",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_round_half_up() {
        assert_eq!(charge_fee(10_000), 320);
        assert_eq!(charge_fee(50), 31);
        assert_eq!(charge_fee(500), 45);
        assert_eq!(charge_fee(1_017), 59);
        assert_eq!(charge_fee(1_018), 60);
    }
}
