//! What a billing analyst enters in the console: payments and what becomes of them, disputes, prepaid
//! credit, customers.

use super::{Reply, console_as, form, send, text};
use crate::sample::cash_desk::{Carried, RESTED, UNKNOWN};
use crate::sample::{CUSTOMER, EXCEPTION, INVOICE, SampleSource, approvals};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;

const ANALYST: &str = "billing_analyst";

async fn seen(path: &str, role: &str) -> Reply {
    let source = Arc::new(SampleSource::default());
    let request = Request::get(path).body(Body::empty()).unwrap();
    send(console_as(&source, "Mara", role), request).await
}

/// Sends a form; answers the reply and the commands that came of it.
async fn sent(path: &str, role: &str, fields: &str) -> (Reply, Vec<Carried>) {
    let source = Arc::new(SampleSource::default());
    let body = format!("csrf=s3cret&form=key-1&{fields}");
    let reply = send(console_as(&source, "Mara", role), form(path, &body)).await;
    let carried = source.carried.lock().unwrap().clone();
    (reply, carried)
}

fn one(carried: Vec<Carried>) -> (String, Value) {
    assert_eq!(carried.len(), 1, "one command: {carried:?}");
    let done = &carried[0];
    assert_eq!(done.actor, "Mara");
    (done.name.clone(), done.body.clone())
}

#[tokio::test]
async fn money_that_arrived_is_recorded_with_payer_day_and_text() {
    let shown = seen(&format!("/payments/new?customer={CUSTOMER}"), ANALYST).await;
    assert_eq!(shown.status, StatusCode::OK);
    let typed = "name=\"customer\" list=\"customers\"";
    assert!(shown.html.contains(typed), "{}", shown.html);
    assert!(shown.html.contains(&format!("value=\"{CUSTOMER}\"")));
    assert!(shown.html.contains("max=\"2026-06-30\""), "no day to come");
    let fields = format!(
        "customer={CUSTOMER}&amount=1,250.00&currency=usd&received=2026-06-28&method=transfer\
         &entity=US&invoice=&fee=&text=US-2026-01377+and+US-2026-00412"
    );
    let (reply, carried) = sent("/payments/new", ANALYST, &fields).await;
    assert_eq!(reply.location, format!("/payments/{RESTED}"));
    assert_eq!(carried[0].key, "key-1", "the form is done once");
    let body = json!({ "customer": CUSTOMER, "amount": "1250.00", "currency": "USD",
        "received": "2026-06-28", "method": "transfer", "entity": "US",
        "text": "US-2026-01377 and US-2026-00412" });
    assert_eq!(one(carried), ("record_payment".to_owned(), body));
}

#[tokio::test]
async fn a_payer_is_found_by_name_and_a_refused_payment_keeps_what_was_typed() {
    let (_, carried) = sent("/payments/new", ANALYST, "customer=meridian&amount=10").await;
    assert_eq!(one(carried).1["customer"], CUSTOMER);
    for (fields, words) in [
        ("amount=999999&text=thanks", "lower the amount"),
        ("amount=12,50&text=thanks", "“12,50” is no amount"),
        (
            "customer=nobody&amount=1&text=thanks",
            "There is no customer “nobody”",
        ),
        ("amount=&text=thanks", "missing field `amount`"),
    ] {
        let (reply, carried) = sent("/payments/new", ANALYST, fields).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields}");
        assert!(reply.html.contains(words), "{fields}: {}", reply.html);
        assert!(reply.html.contains(">thanks</textarea>"), "{fields}");
        assert!(!reply.html.contains("value=\"key-1\""), "a new key");
        assert_eq!(carried, []);
    }
}

#[tokio::test]
async fn forms_of_the_cash_desk_are_for_those_who_may_send_them() {
    for role in ["auditor", "revops"] {
        let refused = seen("/payments/new", role).await;
        assert!(refused.html.contains("Your role may not do this"), "{role}");
        let payment = seen(&format!("/payments/{RESTED}"), role).await;
        assert!(payment.html.contains("US-2026-01377"), "{role} looks");
        assert!(!payment.html.contains("method=\"post\" action=\"/payments"));
        let cash = seen("/cash", role).await;
        assert!(!cash.html.contains("name=\"amount."), "{role}");
        let list = seen("/payments", role).await;
        assert!(!list.html.contains("href=\"/payments/new\""), "{role}");
        let grants = seen(&format!("/customers/{CUSTOMER}/prepaid"), role).await;
        assert!(!grants.html.contains("Give it</button>"), "{role}");
        for action in ["apply", "take-back", "refund", "credit"] {
            let path = format!("/payments/{RESTED}/{action}");
            let (reply, carried) = sent(&path, role, "reason=x&invoice=y&amount=1").await;
            assert!(reply.html.contains("Your role may not"), "{role} {action}");
            assert_eq!(carried, []);
        }
    }
    // Who approves in finance gives money back and grants credit, and applies no cash.
    let html = seen(&format!("/payments/{RESTED}"), "controller")
        .await
        .html;
    assert!(html.contains(&format!("/payments/{RESTED}/refund")));
    assert!(html.contains(&format!("/payments/{RESTED}/credit")));
    assert!(!html.contains(&format!("/payments/{RESTED}/apply\"")));
    let forged = form(&format!("/payments/{RESTED}/refund"), "csrf=wrong&reason=x");
    let source = Arc::new(SampleSource::default());
    let reply = send(console_as(&source, "Mara", ANALYST), forged).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_payment_shows_what_became_of_it_and_each_form_is_its_command() {
    let page = seen(&format!("/payments/{RESTED}"), ANALYST).await;
    let told = text(&page.html);
    assert!(told.contains("Payment of USD 24,000.00"), "{told}");
    assert!(told.contains("arrived 29 Jun 2026"), "{told}");
    assert!(told.contains("Unapplied USD 17,990.00"), "{told}");
    assert!(page.html.contains("your &#60;invoice&#62; US-2026-01377"));
    let path = |action: &str| format!("/payments/{RESTED}/{action}");
    let (reply, carried) = sent(&path("apply"), ANALYST, "invoice=US-2026-01377").await;
    assert_eq!(reply.location, format!("/payments/{RESTED}"));
    let body = json!({ "payment": RESTED, "invoice": "US-2026-01377" });
    assert_eq!(one(carried), ("apply_payment".to_owned(), body));
    let fields = format!("invoice={INVOICE}&amount=100&reason=+of+another+");
    let (_, carried) = sent(&path("take-back"), ANALYST, &fields).await;
    let body = json!({ "payment": RESTED, "invoice": INVOICE, "amount": "100",
        "reason": "of another" });
    assert_eq!(one(carried), ("unapply_payment".to_owned(), body));
    let (reply, carried) = sent(&path("refund"), ANALYST, "amount=&reason=paid+twice").await;
    let waits = format!("/approvals/{}", approvals::APPROVAL);
    assert_eq!(reply.location, waits, "a refund waits for a second person");
    let body = json!({ "payment": RESTED, "reason": "paid twice" });
    assert_eq!(one(carried), ("refund_payment".to_owned(), body));
    let fields = "amount=17990&until=2026-12-31&reason=next+year";
    let (_, carried) = sent(&path("credit"), ANALYST, fields).await;
    let body = json!({ "payment": RESTED, "customer": CUSTOMER, "amount": "17990",
        "until": "2026-12-31", "reason": "next year" });
    assert_eq!(one(carried), ("grant_credit".to_owned(), body));
}

#[tokio::test]
async fn a_refused_act_is_drawn_again_in_its_own_form_alone() {
    let path = format!("/payments/{RESTED}/refund");
    let (reply, _) = sent(&path, ANALYST, "amount=999999&reason=paid+twice").await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        reply
            .html
            .contains("is set against nothing; lower the amount")
    );
    assert_eq!(reply.html.matches("value=\"999999\"").count(), 1);
    assert_eq!(reply.html.matches("value=\"paid twice\"").count(), 1);
    let (reply, _) = sent(&format!("/payments/{RESTED}/burn"), ANALYST, "").await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn whose_payment_it_is_can_be_said_where_nobody_knew() {
    let page = seen(&format!("/payments/{UNKNOWN}"), ANALYST).await;
    assert!(page.html.contains("from nobody we know"), "{}", page.html);
    let path = format!("/payments/{UNKNOWN}/credit");
    let fields = "customer=meridian&amount=10&reason=theirs";
    let (_, carried) = sent(&path, ANALYST, fields).await;
    assert_eq!(one(carried).1["customer"], CUSTOMER);
}

#[tokio::test]
async fn cash_that_is_refused_keeps_the_amounts_that_were_typed() {
    let fields = format!("payment={RESTED}&amount.{INVOICE}=12,50&rest.{INVOICE}=yes");
    let (reply, _) = sent("/cash/apply", ANALYST, &fields).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        reply.html.contains("“12,50” is no amount"),
        "{}",
        reply.html
    );
    assert!(reply.html.contains("value=\"12,50\""), "{}", reply.html);
    assert!(reply.html.contains(" checked>"), "{}", reply.html);
}

#[tokio::test]
async fn a_dispute_is_opened_on_the_page_of_its_invoice() {
    let path = format!("/invoices/{INVOICE}/dispute");
    let invoice = format!("/invoices/{INVOICE}");
    assert!(seen(&invoice, ANALYST).await.html.contains(&path));
    assert!(!seen(&invoice, "auditor").await.html.contains(&path));
    let refused = seen(&path, "auditor").await;
    assert!(refused.html.contains("Your role may not do this"));
    let paid = "inv_01JZ5N7Q3V5X7Z9B1D3F5H7K9N";
    let closed = seen(&format!("/invoices/{paid}"), ANALYST).await;
    assert!(
        !closed.html.contains(&format!("{paid}/dispute")),
        "nothing of it is open"
    );
    let shown = seen(&path, ANALYST).await.html;
    assert!(shown.contains("<option value=\"wrong_quantity\">Wrong quantity"));
    assert!(shown.contains("name=\"line.lin_1\""), "{shown}");
    let fields = "reason_code=wrong_quantity&note=Nine,+not+ten.&line.lin_1=1,200&line.lin_2=\
                  &amount=&owner=Dana";
    let (reply, carried) = sent(&path, ANALYST, fields).await;
    assert_eq!(reply.location, format!("/exceptions/{EXCEPTION}"));
    let body = json!({ "invoice": INVOICE, "reason_code": "wrong_quantity",
        "note": "Nine, not ten.", "owner": "Dana",
        "lines": [{ "line": "lin_1", "amount": "1200" }] });
    assert_eq!(one(carried), ("open_dispute".to_owned(), body));
    let fields = "reason_code=wrong_tax&note=Nine&amount=999999&line.lin_1=5";
    let (reply, _) = sent(&path, ANALYST, fields).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    for kept in [
        "<option value=\"wrong_tax\" selected>",
        ">Nine</textarea>",
        "value=\"999999\"",
        "value=\"5\"",
    ] {
        assert!(reply.html.contains(kept), "{kept}: {}", reply.html);
    }
}

#[tokio::test]
async fn prepaid_credit_is_listed_with_its_use_and_given_without_a_payment() {
    let path = format!("/customers/{CUSTOMER}/prepaid");
    let customer = seen(&format!("/customers/{CUSTOMER}"), "support").await;
    assert!(customer.html.contains(&path), "{}", customer.html);
    let shown = seen(&path, ANALYST).await;
    let told = text(&shown.html);
    for words in [
        "bought by a payment",
        "20 Mar 2026 to 31 Dec 2026",
        "20 Mar 2026 for ever",
        "US-2026-01377 150.00",
        "USD 150.00 USD 0.00 Used",
        "USD 5,000.00 USD 5,000.00 Usable",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(
        shown
            .html
            .contains("For the &#60;b&#62;next&#60;/b&#62; year")
    );
    let fields = "amount=250&currency=&entity=US&from=&until=2026-12-31&priority=5&reason=outage";
    let (reply, carried) = sent(&path, ANALYST, fields).await;
    assert_eq!(reply.location, path);
    let body = json!({ "customer": CUSTOMER, "amount": "250", "entity": "US",
        "until": "2026-12-31", "priority": 5, "reason": "outage" });
    assert_eq!(one(carried), ("grant_credit".to_owned(), body));
    let (reply, _) = sent(&path, ANALYST, "amount=250&priority=soon&reason=outage").await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(reply.html.contains("Priority: “soon” is no whole number"));
    assert!(reply.html.contains("value=\"outage\""), "{}", reply.html);
    let (status, none) = (StatusCode::NOT_FOUND, "/customers/cus_nowhere/prepaid");
    assert_eq!(seen(none, ANALYST).await.status, status);
}

#[tokio::test]
async fn a_customer_is_added_with_terms_and_country() {
    let list = seen("/customers", "revops").await.html;
    assert!(list.contains("href=\"/customers/new\""), "{list}");
    let list = seen("/customers", ANALYST).await.html;
    assert!(!list.contains("href=\"/customers/new\""), "{list}");
    let refused = seen("/customers/new", ANALYST).await.html;
    assert!(refused.contains("Your role may not do this"));
    let fields = "legal_name=Acme+GmbH&currency=eur&collection=transfer&payment_terms_days=14\
                  &billing_day=&class=&id=&country=de&region=&vat_id=DE+123456789";
    let (reply, carried) = sent("/customers/new", "revops", fields).await;
    assert_eq!(reply.location, format!("/customers/{CUSTOMER}"));
    let [made, tax] = &carried[..] else {
        panic!("two commands: {carried:?}");
    };
    let body = json!({ "legal_name": "Acme GmbH", "currency": "EUR", "collection": "transfer",
        "payment_terms_days": 14 });
    assert_eq!((made.name.as_str(), &made.body), ("create_customer", &body));
    let body = json!({ "customer": CUSTOMER, "tax": { "country": "DE", "vat_id": "DE123456789" } });
    assert_eq!((tax.name.as_str(), &tax.body), ("set_tax_profile", &body));
    assert_ne!(made.key, tax.key);
    let fields = "legal_name=Acme&payment_terms_days=soon";
    let (reply, carried) = sent("/customers/new", "revops", fields).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        reply
            .html
            .contains("Days to pay: “soon” is no whole number")
    );
    assert!(reply.html.contains("value=\"Acme\""), "{}", reply.html);
    assert_eq!(carried, []);
}

#[tokio::test]
async fn a_customer_whose_tax_is_refused_is_not_added_twice() {
    let fields = "legal_name=Acme&country=XX";
    let (reply, carried) = sent("/customers/new", "revops", fields).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(one(carried).0, "create_customer");
    let left = format!("name=\"added\" value=\"{CUSTOMER}\"");
    assert!(reply.html.contains(&left), "{}", reply.html);
    assert!(reply.html.contains("value=\"XX\""), "{}", reply.html);
    assert!(!reply.html.contains("name=\"legal_name\""));
    let fields = format!("added={CUSTOMER}&country=FR");
    let (reply, carried) = sent("/customers/new", "revops", &fields).await;
    assert_eq!(reply.location, format!("/customers/{CUSTOMER}"));
    assert_eq!(one(carried).0, "set_tax_profile");
}
