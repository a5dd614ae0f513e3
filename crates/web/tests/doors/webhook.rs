//! Deliveries of Stripe, right and wrong.

use crate::support::{House, Reply, WEBHOOK_SECRET};
use axum::body::Body;
use axum::http::Request;
use connect::Secret;
use connect::stripe::webhook::sign;
use serde_json::json;

fn event(id: &str) -> String {
    json!({
        "id": id, "object": "event", "type": "customer.created", "created": 1_770_724_800, "livemode": false,
        "api_version": "2025-03-31.basil",
        "data": { "object": { "id": "cus_1", "object": "customer" } }
    })
    .to_string()
}

fn signature(house: &House, body: &str, secret: &str) -> String {
    sign(
        &Secret::new(secret),
        body.as_bytes(),
        house.app.clock().now(),
    )
}

async fn deliver(house: &House, body: &str, signature: Option<&str>) -> Reply {
    let mut request = Request::post("/webhooks/stripe").header("content-type", "application/json");
    if let Some(signature) = signature {
        request = request.header("stripe-signature", signature);
    }
    house
        .send(request.body(Body::from(body.to_owned())).unwrap())
        .await
}

/// accepted, confirmed + open, rejected.
fn proof(house: &House) -> (i64, i64, i64) {
    let rows = house.app.intake().unwrap();
    let row = rows.iter().find(|row| row.source == "stripe");
    row.map_or((0, 0, 0), |row| {
        (row.accepted, row.confirmed + row.open, row.rejected)
    })
}

#[tokio::test]
async fn a_signed_event_is_kept_once_however_often_it_comes() {
    let house = House::new();
    let body = event("evt_1");
    let signed = signature(&house, &body, WEBHOOK_SECRET);
    let first = deliver(&house, &body, Some(&signed)).await;
    assert_eq!(
        (first.status.as_u16(), first.json()["received"].as_str()),
        (200, Some("new"))
    );
    let again = deliver(&house, &body, Some(&signed)).await;
    assert_eq!(
        (again.status.as_u16(), again.json()["received"].as_str()),
        (200, Some("duplicate"))
    );
    assert_eq!(proof(&house), (1, 1, 0));
}

#[tokio::test]
async fn what_is_not_rightly_signed_is_refused_and_counted() {
    let house = House::new();
    let body = event("evt_2");
    let good = signature(&house, &body, WEBHOOK_SECRET);
    let wrong = signature(&house, &body, "whsec_other");
    let then = house.app.clock().now().plus_seconds(-3_600);
    let old = sign(&Secret::new(WEBHOOK_SECRET), body.as_bytes(), then);
    for (signature, reason) in [
        (None, "signature_missing"),
        (Some("nonsense"), "signature_malformed"),
        (Some(wrong.as_str()), "signature_wrong"),
        (Some(old.as_str()), "signature_too_old"),
    ] {
        let problem = deliver(&house, &body, signature)
            .await
            .problem(400, "webhook_refused");
        assert_eq!(problem["errors"][0]["code"], reason, "{problem}");
    }
    let truncated = &body[..body.len() / 2];
    let problem = deliver(&house, truncated, Some(&good))
        .await
        .problem(400, "webhook_refused");
    assert_eq!(problem["errors"][0]["code"], "signature_wrong");
    assert_eq!(proof(&house), (5, 0, 5));
}

#[tokio::test]
async fn a_signed_body_that_is_no_event_is_refused_and_counted() {
    let house = House::new();
    for body in ["this is not JSON", "{\"object\":\"event\"}", ""] {
        let signed = signature(&house, body, WEBHOOK_SECRET);
        let problem = deliver(&house, body, Some(&signed))
            .await
            .problem(400, "webhook_refused");
        assert_eq!(problem["errors"][0]["code"], "no_event", "{problem}");
    }
    assert_eq!(proof(&house), (3, 0, 3));
}

#[tokio::test]
async fn an_oversized_delivery_is_refused_and_counted() {
    let house = House::new();
    let body = format!(
        "{{\"id\":\"evt_9\",\"pad\":\"{}\"}}",
        "x".repeat(1024 * 1024)
    );
    let signed = signature(&house, &body, WEBHOOK_SECRET);
    deliver(&house, &body, Some(&signed))
        .await
        .problem(413, "payload_too_large");
    assert_eq!(proof(&house), (1, 0, 1));
}

#[tokio::test]
async fn the_same_event_with_other_content_is_refused() {
    let house = House::new();
    let body = event("evt_3");
    let signed = signature(&house, &body, WEBHOOK_SECRET);
    assert_eq!(deliver(&house, &body, Some(&signed)).await.status, 200);
    let other = body.replace("customer.created", "customer.deleted");
    let signed = signature(&house, &other, WEBHOOK_SECRET);
    let problem = deliver(&house, &other, Some(&signed))
        .await
        .problem(400, "webhook_refused");
    assert_eq!(problem["errors"][0]["code"], "other_content");
    assert_eq!(proof(&house), (2, 1, 1));
}

#[tokio::test]
async fn a_webhook_is_posted() {
    let house = House::new();
    let reply = house
        .send(
            Request::get("/webhooks/stripe")
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    reply.problem(405, "method_not_allowed");
    assert_eq!(reply.header("allow"), "POST");
}
