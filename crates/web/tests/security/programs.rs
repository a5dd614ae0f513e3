//! Programs: quotas, roles on every route, and bodies that mean harm.

use crate::support::House;
use axum::body::Body;
use axum::http::Request;
use control::Role;
use serde_json::json;
use web::api::{PREFIX, ROUTES};
use web::limits::{Limits, Quota};
use web::server::Doors;

#[tokio::test]
async fn every_route_lets_in_the_roles_of_its_permission_and_no_other() {
    let house = House::with(Doors {
        limits: Limits {
            refused: Quota::new(100_000, 100_000),
            client: Quota::new(100_000, 100_000),
            ..Limits::default()
        },
        ..Doors::default()
    });
    let tokens = Role::ALL.map(|role| (role, house.token(role)));
    for route in ROUTES {
        let path = format!(
            "{PREFIX}{}",
            route.path.replace("{id}", "x1").replace(['{', '}'], "")
        );
        let bare = Request::builder()
            .method(route.method())
            .uri(&path)
            .body(Body::empty())
            .unwrap();
        assert_eq!(house.send(bare).await.status, 401, "{path}");
        for (role, token) in &tokens {
            let reply = match route.method() {
                "GET" => house.get(token, &path).await,
                _ => house.post_text(token, "k", &path, "not json").await,
            };
            let refused = reply.status == 403;
            assert_eq!(
                refused,
                !role.may(route.permission),
                "{role} {} {path}: {}",
                route.method(),
                reply.status
            );
            assert!(reply.status.as_u16() < 500, "{role} {path}: {}", reply.text);
        }
    }
}

#[tokio::test]
async fn a_client_that_asks_too_often_is_told_when_to_come_back() {
    let mut limits = Limits {
        client: Quota::new(1, 3),
        ..Limits::default()
    };
    limits
        .clients
        .insert("controller".to_owned(), Quota::new(1, 8));
    let house = House::with(Doors {
        limits,
        ..Doors::default()
    });
    let auditor = house.token(Role::Auditor);
    for left in [2, 1, 0] {
        let reply = house.get(&auditor, "/api/v1/contracts").await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("ratelimit-policy"), "\"client\";q=3;w=3");
        assert!(
            reply
                .header("ratelimit")
                .starts_with(&format!("\"client\";r={left};")),
            "{}",
            reply.header("ratelimit")
        );
    }
    let reply = house.get(&auditor, "/api/v1/contracts").await;
    reply.problem(429, "too_many_requests");
    assert_eq!(reply.header("retry-after"), "1");
    // Another client is not touched, and a named one has its own quota.
    let controller = house.token(Role::Controller);
    let mut passed = 0;
    for _ in 0..10 {
        passed += usize::from(house.get(&controller, "/api/v1/contracts").await.status == 200);
    }
    assert!((8..=9).contains(&passed), "{passed}");
}

#[tokio::test]
async fn guessing_tokens_is_slowed_by_address() {
    let house = House::with(Doors {
        limits: Limits {
            refused: Quota::new(1, 4),
            ..Limits::default()
        },
        ..Doors::default()
    });
    for _ in 0..4 {
        house
            .get(
                "tio_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "/api/v1/contracts",
            )
            .await
            .problem(401, "unauthorised");
    }
    let reply = house
        .get(
            "tio_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB",
            "/api/v1/contracts",
        )
        .await;
    reply.problem(429, "too_many_requests");
}

#[tokio::test]
async fn bodies_that_mean_harm_are_refused_in_words() {
    let house = House::new();
    let token = house.token(Role::RevOps);
    let path = "/api/v1/customers";
    let deep = format!(
        "{{\"legal_name\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    house
        .post_text(&token, "k1", path, &deep)
        .await
        .problem(400, "unreadable_body");
    let large = format!("{{\"legal_name\":\"{}\"}}", "x".repeat(2_000_000));
    house
        .post_text(&token, "k2", path, &large)
        .await
        .problem(413, "payload_too_large");
    let proto = json!({ "legal_name": "x", "__proto__": { "role": "administrator" } });
    house
        .post(&token, "k3", path, &proto)
        .await
        .problem(422, "invalid_body");
    let request = Request::post(path)
        .header("authorization", format!("Bearer {token}"))
        .header("idempotency-key", "k4")
        .header("content-type", "text/xml");
    let body = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
    house
        .send(request.body(Body::from(body)).unwrap())
        .await
        .problem(415, "unsupported_media_type");
}
