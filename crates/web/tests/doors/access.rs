//! Tokens and roles, and the paths that lead nowhere.

use crate::support::House;
use axum::body::Body;
use axum::http::Request;
use control::Role;
use serde_json::json;

#[tokio::test]
async fn without_a_valid_token_nobody_comes_in() {
    let house = House::new();
    let bare = Request::get("/api/v1/contracts")
        .body(Body::empty())
        .unwrap();
    let reply = house.send(bare).await;
    reply.problem(401, "unauthorised");
    assert!(reply.header("www-authenticate").starts_with("Bearer"));
    for wrong in [
        "tio_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "nonsense",
        "",
    ] {
        house
            .get(wrong, "/api/v1/contracts")
            .await
            .problem(401, "unauthorised");
    }
    let basic = Request::get("/api/v1/contracts").header("authorization", "Basic YTpi");
    house
        .send(basic.body(Body::empty()).unwrap())
        .await
        .problem(401, "unauthorised");
    // The body of somebody who is not let in is not judged.
    house
        .post_text("tio_x", "k", "/api/v1/customers", "{")
        .await
        .problem(401, "unauthorised");
}

#[tokio::test]
async fn a_revoked_token_is_none() {
    let house = House::new();
    let token = house.token(Role::Auditor);
    assert_eq!(house.get(&token, "/api/v1/contracts").await.status, 200);
    assert_eq!(house.app.revoke_tokens("auditor").unwrap(), 1);
    house
        .get(&token, "/api/v1/contracts")
        .await
        .problem(401, "unauthorised");
}

#[tokio::test]
async fn a_role_does_what_it_may_and_nothing_else() {
    let house = House::new();
    let auditor = house.token(Role::Auditor);
    let body = json!({ "legal_name": "Acme Inc." });
    let problem = house
        .post(&auditor, "k", "/api/v1/customers", &body)
        .await
        .problem(403, "forbidden");
    assert!(
        problem["detail"].as_str().unwrap().contains("revops"),
        "{problem}"
    );
    let administrator = house.token(Role::Administrator);
    house
        .get(&administrator, "/api/v1/journals")
        .await
        .problem(403, "forbidden");
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_are_problems_too() {
    let house = House::new();
    let token = house.token(Role::Controller);
    house
        .get(&token, "/api/v1/nothing")
        .await
        .problem(404, "not_found");
    house
        .get(&token, "/api/v2/contracts")
        .await
        .problem(404, "not_found");
    house
        .get(&token, "/webhooks/other")
        .await
        .problem(404, "not_found");
    house
        .get(&token, "/api/v1/contracts/con_none")
        .await
        .problem(404, "not_found");
    let delete =
        Request::delete("/api/v1/contracts").header("authorization", format!("Bearer {token}"));
    let reply = house.send(delete.body(Body::empty()).unwrap()).await;
    reply.problem(405, "method_not_allowed");
    assert!(reply.header("allow").contains("GET") && reply.header("allow").contains("POST"));
    let reply = house.get(&token, "/api/v1/billing-runs").await;
    reply.problem(405, "method_not_allowed");
    assert_eq!(reply.header("allow"), "POST");
}

#[tokio::test]
async fn answers_protect_themselves_and_carry_the_request_id() {
    let house = House::new();
    let token = house.token(Role::Auditor);
    let request = Request::get("/api/v1/contracts")
        .header("authorization", format!("Bearer {token}"))
        .header("x-request-id", "my-own-id-42");
    let reply = house.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.header("x-request-id"), "my-own-id-42");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert!(
        reply
            .header("content-security-policy")
            .contains("frame-ancestors 'none'")
    );
    let odd = Request::get("/healthz")
        .header("x-request-id", "a b\"c")
        .body(Body::empty())
        .unwrap();
    assert!(
        house
            .send(odd)
            .await
            .header("x-request-id")
            .starts_with("req_")
    );
}

#[tokio::test]
async fn the_process_is_watched_without_a_token_but_its_figures_are_not_public() {
    let house = House::new();
    for path in ["/healthz", "/readyz"] {
        let reply = house
            .send(Request::get(path).body(Body::empty()).unwrap())
            .await;
        assert_eq!(reply.status, 200, "{path}");
    }
    let figures = Request::get("/metrics").body(Body::empty()).unwrap();
    house.send(figures).await.problem(401, "unauthorised");
}
