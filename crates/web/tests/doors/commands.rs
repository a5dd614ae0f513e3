//! Commands: keys, bodies, refusals, answers.

use crate::support::House;
use axum::body::Body;
use axum::http::Request;
use control::Role;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use web::api::answers;

const CUSTOMERS: &str = "/api/v1/customers";

fn acme() -> Value {
    json!({ "id": "acme", "legal_name": "Acme Inc." })
}

#[tokio::test]
async fn a_command_needs_its_key() {
    let house = House::new();
    let request = Request::post(CUSTOMERS)
        .header(
            "authorization",
            format!("Bearer {}", house.token(Role::RevOps)),
        )
        .header("content-type", "application/json")
        .body(Body::from(acme().to_string()))
        .unwrap();
    let problem = house
        .send(request)
        .await
        .problem(400, "idempotency_key_missing");
    assert_eq!(problem["errors"][0]["field"], "Idempotency-Key");
}

#[tokio::test]
async fn the_same_key_answers_the_same_and_refuses_other_content() {
    let house = House::new();
    let token = house.token(Role::RevOps);
    let first = house
        .post(
            &token,
            "k1",
            CUSTOMERS,
            &json!({ "legal_name": "Acme Inc." }),
        )
        .await;
    assert_eq!(first.status, 201);
    assert_eq!(first.header("idempotent-replayed"), "");
    let again = house
        .post(
            &token,
            "k1",
            CUSTOMERS,
            &json!({ "legal_name": "Acme Inc." }),
        )
        .await;
    assert_eq!(again.status, 201);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.json(), first.json());
    let other = house
        .post(
            &token,
            "k1",
            CUSTOMERS,
            &json!({ "legal_name": "Other Inc." }),
        )
        .await;
    other.problem(409, "key_reused");
    // Another token has keys of its own.
    let elsewhere = web::auth::create_token(&house.app, "second", Role::RevOps).unwrap();
    let new = house
        .post(
            &elsewhere,
            "k1",
            CUSTOMERS,
            &json!({ "legal_name": "Other Inc." }),
        )
        .await;
    assert_eq!(
        (new.status.as_u16(), new.header("idempotent-replayed")),
        (201, "")
    );
}

#[tokio::test]
async fn unreadable_json_is_told_by_line_and_column() {
    let house = House::new();
    let token = house.token(Role::RevOps);
    let reply = house
        .post_text(&token, "k", CUSTOMERS, "{\n  \"legal_name\": Acme\n}")
        .await;
    let problem = reply.problem(400, "unreadable_body");
    assert_eq!(problem["errors"][0]["message"], "line 2, column 17");
    let empty = house.post_text(&token, "k", CUSTOMERS, "").await;
    empty.problem(400, "unreadable_body");
    let list = house.post_text(&token, "k", CUSTOMERS, "[]").await;
    list.problem(422, "invalid_body");
}

#[tokio::test]
async fn a_body_that_does_not_fit_names_the_field() {
    let house = House::new();
    let token = house.token(Role::RevOps);
    let field = async |path: &str, body: Value| {
        let problem = house
            .post(&token, "k", path, &body)
            .await
            .problem(422, "invalid_body");
        problem["errors"][0]["field"]
            .as_str()
            .unwrap_or("")
            .to_owned()
    };
    assert_eq!(
        field(CUSTOMERS, json!({ "legal_name": "Acme", "colour": "red" })).await,
        "colour"
    );
    assert_eq!(
        field(CUSTOMERS, json!({ "id": "acme" })).await,
        "legal_name"
    );
    assert_eq!(
        field(CUSTOMERS, json!({ "legal_name": 7 })).await,
        "legal_name"
    );
    assert_eq!(
        field(CUSTOMERS, json!({ "legal_name": "A", "currency": "XXQ" })).await,
        "currency"
    );
    let lines = json!([{ "product": "PLATFORM" }, { "product": "PLATFORM", "quantity": 1.5 }]);
    let contract = json!({ "customer": "acme", "entity": "US", "start": "2026-01-01", "end": "2026-12-31", "lines": lines });
    assert_eq!(
        field("/api/v1/contracts", contract).await,
        "lines[1].quantity"
    );
}

#[tokio::test]
async fn the_body_must_be_declared_as_json_and_be_small() {
    let house = House::new();
    let token = house.token(Role::RevOps);
    let request = Request::post(CUSTOMERS)
        .header("authorization", format!("Bearer {token}"))
        .header("idempotency-key", "k")
        .header("content-type", "text/plain")
        .body(Body::from(acme().to_string()))
        .unwrap();
    house
        .send(request)
        .await
        .problem(415, "unsupported_media_type");
    let large = format!("{{\"legal_name\":\"{}\"}}", "x".repeat(1024 * 1024));
    house
        .post_text(&token, "k", CUSTOMERS, &large)
        .await
        .problem(413, "payload_too_large");
    let declared = Request::post(CUSTOMERS)
        .header("authorization", format!("Bearer {token}"))
        .header("idempotency-key", "k")
        .header("content-type", "application/json")
        .header("content-length", "99999999")
        .body(Body::empty())
        .unwrap();
    house.send(declared).await.problem(413, "payload_too_large");
}

#[tokio::test]
async fn a_refusal_names_code_field_and_mend_and_keeps_nothing() {
    let house = House::new();
    let contract = house.with_contract().await;
    let token = house.token(Role::RevOps);
    let body = json!({
        "customer": "acme", "entity": "US", "start": "2026-01-01", "end": "2025-12-31",
        "lines": [{ "product": "PLATFORM", "quantity": 1 }]
    });
    let problem = house
        .post(&token, "bad", "/api/v1/contracts", &body)
        .await
        .problem(422, "refused");
    assert_eq!(problem["errors"][0]["code"], "end_before_start");
    assert!(
        problem["detail"].as_str().unwrap().contains("2025-12-31"),
        "{problem}"
    );
    // A refused command leaves its key free.
    let mut mended = body.clone();
    mended["end"] = json!("2026-06-30");
    assert_eq!(
        house
            .post(&token, "bad", "/api/v1/contracts", &mended)
            .await
            .status,
        201
    );
    // What the path names need not stand in the body, and may not differ.
    let path = format!("/api/v1/contracts/{contract}/amendments");
    let change = json!({ "contract": "con_other", "effective": "2026-03-01", "change": { "kind": "quantity", "quantity": 12 } });
    let problem = house
        .post(&token, "differs", &path, &change)
        .await
        .problem(422, "invalid_body");
    assert_eq!(problem["errors"][0]["field"], "contract");
}

#[track_caller]
fn fits<T: DeserializeOwned>(answer: Value) -> T {
    serde_json::from_value(answer.clone()).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

#[tokio::test]
async fn answers_are_what_the_description_says() {
    let house = House::new();
    let contract = house.with_contract().await;
    let path = format!("/api/v1/contracts/{contract}/amendments");
    let change =
        json!({ "effective": "2026-03-01", "change": { "kind": "quantity", "quantity": 12 } });
    let changed: answers::ContractChanged = fits(house.does(Role::RevOps, &path, change).await);
    assert_eq!(
        (changed.version, changed.contract.as_str()),
        (2, contract.as_str())
    );
    let run: answers::BillingRun = fits(
        house
            .does(
                Role::BillingAnalyst,
                "/api/v1/billing-runs",
                json!({ "through": "2026-02-28" }),
            )
            .await,
    );
    assert_eq!((run.documents.len(), run.held), (1, 0));
    let invoice = run.documents[0].to_string();
    let credit = json!({ "invoice": invoice, "reason": "Outage", "fraction": "0.1" });
    let credit: answers::CreditNoteAdded = fits(
        house
            .does(Role::BillingAnalyst, "/api/v1/credit-notes", credit)
            .await,
    );
    assert_eq!(credit.total.currency.code(), "USD");
    let paid = json!({ "invoice": invoice, "amount": "1500.00" });
    let paid: answers::PaymentRecorded = fits(
        house
            .does(Role::Collections, "/api/v1/payments", paid)
            .await,
    );
    assert!(paid.unapplied.minor > 0, "{:?}", paid.unapplied);
    let refund = json!({ "payment": paid.payment, "amount": "1.00", "reason": "Paid too much" });
    let _: answers::RefundAsked = fits(
        house
            .does(Role::Collections, "/api/v1/refunds", refund)
            .await,
    );
    let earned = json!({ "through": "2026-01-31" });
    let earned: answers::RevenueRun = fits(
        house
            .does(Role::Controller, "/api/v1/revenue-runs", earned)
            .await,
    );
    assert_eq!(earned.obligations, 1);
    let journal = json!({
        "entity": "US", "date": "2026-02-01", "reason": "Correction",
        "lines": [{ "account": "6100", "debit": "5.00" }, { "account": "1010", "credit": "5.00" }]
    });
    let posted: answers::JournalPosted = fits(
        house
            .does(Role::Controller, "/api/v1/journals", journal)
            .await,
    );
    let path = format!("/api/v1/journals/{}/reversal", posted.journal);
    let undone: answers::JournalUndone = fits(
        house
            .does(
                Role::Controller,
                &path,
                json!({ "reason": "Entered twice" }),
            )
            .await,
    );
    assert_eq!(undone.reverses, posted.journal);
    let month = json!({ "entity": "US", "month": "2025-12" });
    let closed: answers::PeriodChanged = fits(
        house
            .does(Role::Controller, "/api/v1/periods/close", month)
            .await,
    );
    assert_eq!(closed.state, "closed");
    let month = json!({ "entity": "US", "month": "2025-12", "reason": "A late invoice" });
    let open: answers::PeriodChanged = fits(
        house
            .does(Role::Controller, "/api/v1/periods/reopen", month)
            .await,
    );
    assert_eq!(open.state, "open");
}

#[tokio::test]
async fn commands_are_counted_by_how_they_ended() {
    let house = House::new();
    let token = house.token(Role::RevOps);
    for _ in 0..2 {
        house.post(&token, "k1", CUSTOMERS, &acme()).await;
    }
    house
        .post(&token, "k2", CUSTOMERS, &acme())
        .await
        .problem(422, "refused");
    let text = house.get(&token, "/metrics").await.text;
    for wanted in [
        "tieout_commands_total{command=\"create_customer\",outcome=\"done\"} 1",
        "tieout_commands_total{command=\"create_customer\",outcome=\"replayed\"} 1",
        "tieout_commands_total{command=\"create_customer\",outcome=\"refused\"} 1",
        "tieout_http_requests_total{method=\"POST\",route=\"/api/v1/customers\",status=\"201\"} 2",
        "tieout_exceptions_open 0",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
}
