//! What waits for a second person, over HTTP; and the whole table of routes against every role.

use crate::support::House;
use axum::body::Body;
use axum::http::Request;
use control::Role;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;
use web::api::{PREFIX, ROUTES, answers};

fn journal() -> Value {
    json!({ "id": "J1", "entity": "US", "date": "2026-02-03", "reason": "accrual",
        "lines": [{ "account": "6900", "debit": "12.50" }, { "account": "1100", "credit": "12.50" }] })
}

async fn company() -> House {
    let house = House::new();
    let administrator = house.token(Role::Administrator);
    let entity = json!({ "id": "US", "name": "Example Inc.", "currency": "USD", "time_zone": "America/New_York" });
    let reply = house
        .post(&administrator, "e", "/api/v1/entities", &entity)
        .await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    house
}

fn named(house: &House, name: &str, role: Role) -> String {
    web::auth::create_token(&house.app, name, role).unwrap()
}

#[tokio::test]
async fn a_journal_by_hand_answers_202_and_is_posted_when_somebody_else_grants_it() {
    let house = company().await;
    let (dana, li) = (
        named(&house, "dana", Role::Controller),
        named(&house, "li", Role::Controller),
    );
    let held = house
        .post(&dana, "k1", "/api/v1/journals", &journal())
        .await;
    assert_eq!(held.status, 202, "{}", held.text);
    let waiting: answers::Waiting = serde_json::from_value(held.json()).unwrap();
    assert!(
        waiting.impact.starts_with("1 journal"),
        "{}",
        waiting.impact
    );
    house
        .get(&dana, "/api/v1/journals/J1")
        .await
        .problem(404, "not_found");
    let again = house
        .post(&dana, "k1", "/api/v1/journals", &journal())
        .await;
    assert_eq!(
        (again.status.as_u16(), again.header("idempotent-replayed")),
        (202, "true")
    );
    assert_eq!(again.json(), held.json());

    let path = format!("/api/v1/approvals/{}", waiting.approval);
    let seen = house.get(&li, &path).await.json();
    assert_eq!(seen["standing"]["state"], "unchanged", "{seen}");
    assert_eq!(seen["digest"], waiting.evidence.as_str());
    assert_eq!(
        seen["evidence"]["impact"]["accounts"][0]["change"]["amount"],
        "-12.50"
    );
    let grant = json!({ "evidence": waiting.evidence });
    let own = house
        .post(&dana, "g1", &format!("{path}/grant"), &grant)
        .await;
    let problem = own.problem(422, "refused");
    assert_eq!(problem["errors"][0]["code"], "cannot_decide");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("ask someone else"),
        "{problem}"
    );
    let done = house
        .post(&li, "g2", &format!("{path}/grant"), &grant)
        .await;
    assert_eq!(done.status, 200, "{}", done.text);
    let granted: answers::ApprovalGranted = serde_json::from_value(done.json()).unwrap();
    assert_eq!(granted.result["journal"], "J1");
    assert_eq!(house.get(&dana, "/api/v1/journals/J1").await.status, 200);
    let repeated = house
        .post(&li, "g2", &format!("{path}/grant"), &grant)
        .await;
    assert_eq!(repeated.json(), done.json());

    let list = house
        .get(&li, "/api/v1/approvals?status=granted")
        .await
        .json();
    assert_eq!(list["items"][0]["checker"], "li");
    let none = house
        .get(&li, "/api/v1/approvals?status=waiting")
        .await
        .json();
    assert_eq!(none["items"], json!([]));
}

#[tokio::test]
async fn an_amendment_is_previewed_without_a_key_and_without_a_trace() {
    let house = company().await;
    let revops = house.token(Role::RevOps);
    let analyst = house.token(Role::BillingAnalyst);
    let product = json!({ "code": "SEAT", "name": "Seat", "prices": [
        { "currency": "USD", "billing": "annual", "charge": { "model": "per_unit", "unit_price": "120" } }] });
    for (token, path, body) in [
        (
            &analyst,
            "/api/v1/tax-rates",
            json!({ "entity": "US", "rate": "0" }),
        ),
        (&revops, "/api/v1/products", product),
        (
            &revops,
            "/api/v1/customers",
            json!({ "id": "acme", "legal_name": "Acme Inc." }),
        ),
        (
            &revops,
            "/api/v1/contracts",
            json!({ "id": "C1", "customer": "acme", "entity": "US",
            "start": "2026-02-01", "end": "2027-01-31", "lines": [{ "product": "SEAT", "quantity": "10" }] }),
        ),
        (
            &analyst,
            "/api/v1/billing-runs",
            json!({ "through": "2026-02-10" }),
        ),
    ] {
        let reply = house.post(token, path, path, &body).await;
        assert!(reply.status.is_success(), "{path}: {}", reply.text);
    }
    let body =
        json!({ "effective": "2026-02-01", "change": { "kind": "quantity", "quantity": "15" } });
    let request = Request::post("/api/v1/contracts/C1/amendments/preview")
        .header("authorization", format!("Bearer {revops}"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let preview = house.send(request).await;
    assert_eq!(preview.status, 200, "{}", preview.text);
    let preview = preview.json();
    assert_eq!(
        preview["billed"]["documents"][0]["total"]["amount"], "600.00",
        "{preview}"
    );
    let contract = house.get(&revops, "/api/v1/contracts/C1").await.json();
    assert_eq!(contract["row"]["version"], 1, "{contract}");
}

/// Every operation for every role: `yes` where the door opens. The matrix is kept beside the code,
/// so that no route opens to another role by accident.
#[tokio::test]
async fn every_route_opens_to_the_roles_of_the_matrix_and_to_no_other() {
    let house = House::new();
    let tokens: Vec<String> = Role::ALL.iter().map(|role| house.token(*role)).collect();
    let mut matrix = String::new();
    for route in ROUTES {
        let path = format!("{PREFIX}{}", route.path.replace(['{', '}'], ""));
        let _ = write!(matrix, "{:<4} {:<52}", route.method(), route.path);
        for (role, token) in Role::ALL.iter().zip(&tokens) {
            let status = if route.method() == "GET" {
                house.get(token, &path).await.status.as_u16()
            } else {
                let key = format!("{role}{}", route.path);
                let text = "no json";
                house
                    .post_text(token, &key, &path, text)
                    .await
                    .status
                    .as_u16()
            };
            let opens = status != 403 && status != 401;
            assert_eq!(
                opens,
                role.may(route.permission),
                "{} {path} for {role}: {status}",
                route.method()
            );
            let _ = write!(matrix, " {}", if opens { role.as_str() } else { "-" });
        }
        matrix.push('\n');
    }
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doors/route_matrix.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&kept, &matrix).unwrap();
    }
    let agreed = std::fs::read_to_string(&kept).unwrap_or_default();
    assert_eq!(matrix, agreed, "run with UPDATE=1 and look at what changed");
}
