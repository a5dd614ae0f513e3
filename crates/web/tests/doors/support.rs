//! A program on books in memory behind the real router.

use app::connections::{Connections, ConnectionsConfig};
use app::{App, MonotonicIds, SimulatedClock};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use control::Role;
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Durability, Location, Store};
use tower::ServiceExt;
use values::Instant;
use web::Web;
use web::server::{Doors, router};

pub const WEBHOOK_SECRET: &str = "whsec_of_the_test";

pub struct House {
    pub app: App,
    pub clock: Arc<SimulatedClock>,
    pub router: Router,
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value.as_str())
    }

    /// The value of a cookie that is set.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let start = format!("{name}=");
        self.headers
            .iter()
            .filter(|(known, _)| known == "set-cookie")
            .find_map(|(_, value)| Some(value.strip_prefix(&start)?.split(';').next()?.to_owned()))
            .filter(|value| !value.is_empty())
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The problem that this must be: right status, type, media type and request id.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        assert_eq!(body["type"], format!("/problems/{code}"), "{body}");
        assert_eq!(body["status"], status);
        assert_eq!(body["request_id"], self.header("x-request-id"), "{body}");
        assert!(!body["request_id"].as_str().unwrap().is_empty());
        body
    }
}

impl House {
    pub fn new() -> House {
        House::with(Doors::default())
    }

    pub fn with(doors: Doors) -> House {
        let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
        let clock = Arc::new(SimulatedClock::at(
            "2026-02-10T12:00:00Z".parse::<Instant>().unwrap(),
        ));
        let ids = Arc::new(MonotonicIds::new(1, 1));
        let app = App::open(store, clock.clone(), ids, events::Origin::Simulation).unwrap();
        let config: ConnectionsConfig = serde_json::from_value(json!({
            "stripe": { "api_key": "sk_test_1", "webhook_secrets": [WEBHOOK_SECRET] }
        }))
        .unwrap();
        let connections = Arc::new(Connections::over_http(&config));
        let router = router(Web::new(app.clone(), Some(connections), doors));
        House { app, clock, router }
    }

    /// A token of a role.
    pub fn token(&self, role: Role) -> String {
        web::auth::create_token(&self.app, role.as_str(), role).unwrap()
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()))
            .collect();
        let bytes = to_bytes(response.into_body(), 16_000_000).await.unwrap();
        Reply {
            status,
            headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    pub async fn get(&self, token: &str, path: &str) -> Reply {
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, token: &str, key: &str, path: &str, body: &Value) -> Reply {
        self.post_text(token, key, path, &body.to_string()).await
    }

    pub async fn post_text(&self, token: &str, key: &str, path: &str, body: &str) -> Reply {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {token}"))
            .header("idempotency-key", key)
            .header("content-type", "application/json; charset=utf-8");
        self.send(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }

    /// A command that must be done.
    #[track_caller]
    pub fn does<'a>(
        &'a self,
        role: Role,
        path: &'a str,
        body: Value,
    ) -> impl Future<Output = Value> + 'a {
        let token = self.token(role);
        async move {
            let reply = self
                .post(
                    &token,
                    &format!("{path}{body}").replace(' ', ""),
                    path,
                    &body,
                )
                .await;
            assert!(reply.status.is_success(), "{path} {body}: {}", reply.text);
            let answer = reply.json();
            if reply.status != StatusCode::ACCEPTED {
                return answer;
            }
            self.granted(&answer).await
        }
    }

    /// Has a second controller grant what waits, and gives what the command answers.
    async fn granted(&self, waiting: &Value) -> Value {
        let checker = web::auth::create_token(&self.app, "checker", Role::Controller).unwrap();
        let id = waiting["approval"].as_str().unwrap();
        let path = format!("/api/v1/approvals/{id}/grant");
        let reply = self.post(&checker, id, &path, &json!({})).await;
        assert!(reply.status.is_success(), "{waiting}: {}", reply.text);
        reply.json()["result"].take()
    }

    /// A company with a product, a customer and a contract of a year, billed monthly.
    pub async fn with_contract(&self) -> String {
        let entity = json!({ "id": "US", "name": "Northwind Inc.", "currency": "USD", "time_zone": "America/New_York" });
        self.does(Role::Administrator, "/api/v1/entities", entity)
            .await;
        let tax = json!({ "entity": "US", "rate": "0" });
        self.does(Role::Controller, "/api/v1/tax-rates", tax).await;
        let product = json!({
            "code": "PLATFORM", "name": "Platform",
            "prices": [{
                "currency": "USD", "billing": "monthly",
                "charge": { "model": "per_unit", "unit_price": "49.90" }, "from": null
            }]
        });
        self.does(Role::RevOps, "/api/v1/products", product).await;
        let customer = json!({ "id": "acme", "legal_name": "Acme Inc." });
        self.does(Role::RevOps, "/api/v1/customers", customer).await;
        let contract = json!({
            "customer": "acme", "entity": "US", "start": "2026-01-01", "end": "2026-12-31",
            "lines": [{ "product": "PLATFORM", "quantity": 10 }]
        });
        let made = self.does(Role::RevOps, "/api/v1/contracts", contract).await;
        made["contract"].as_str().unwrap().to_owned()
    }
}
