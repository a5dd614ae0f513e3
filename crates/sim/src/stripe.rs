//! The Stripe simulator: customers, payment methods, payment intents, charges, refunds, balance
//! transactions, payouts, invoices, credit notes and signed events, with idempotency keys.
//!
//! Read from here: `Stripe` answers a call, `payments.rs` does the work on money, `webhooks.rs`
//! delivers the events. Wire facts follow the official Python client 16.1.0 and recorded exchanges.

mod control;
mod credit_notes;
mod customers;
mod disputes;
mod invoices;
mod objects;
mod parameters;
mod payments;
mod reading;
mod refusal;
mod webhooks;
mod work;

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use serde_json::{Value, json};

pub use control::{CardBehaviour, Handle};
pub use webhooks::Pumped;

use crate::http::{Answer, Core, Exchange, System};
use crate::mint;
use parameters::Parameters;
use refusal::Refusal;
use work::{Answered, Work};

/// The secret key that the simulator accepts.
pub const API_KEY: &str = "sk_test_tieout";

/// How long an idempotency key is remembered, in seconds of simulated time.
const KEY_KEPT_SECONDS: i64 = 86_400;

/// The Stripe simulator.
#[derive(Debug)]
pub(crate) struct Stripe {
    core: Core,
    requests: AtomicU64,
    in_flight: Mutex<HashSet<String>>,
    webhooks: webhooks::Webhooks,
}

/// One call after its parameters are read.
struct Call<'a> {
    exchange: &'a Exchange,
    given: Parameters,
    request_id: String,
    key: Option<&'a str>,
}

/// What a call comes to.
enum Outcome {
    Fresh(Answered),
    Replayed {
        status: u16,
        body: Value,
        original: String,
    },
}

impl Stripe {
    pub(crate) fn new(core: Core, webhook_url: Option<String>, webhook_secret: String) -> Stripe {
        Stripe {
            core,
            requests: AtomicU64::new(0),
            in_flight: Mutex::default(),
            webhooks: webhooks::Webhooks::new(webhook_url, webhook_secret),
        }
    }

    fn now(&self) -> i64 {
        self.core.clock.now_seconds()
    }

    fn request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::SeqCst);
        let known = self.core.tables().count("events");
        format!(
            "req_{}",
            mint::letters(
                self.core.seed,
                &["req", &known.to_string(), &number.to_string()],
                14
            )
        )
    }

    fn refuse(&self, exchange: &Exchange, request_id: &str, refusal: &Refusal) -> Answer {
        let answer = Answer::json(refusal.status, &refusal.body(request_id, self.now()));
        self.sign_off(exchange, answer, request_id)
    }

    /// The headers that every answer carries.
    fn sign_off(&self, exchange: &Exchange, mut answer: Answer, request_id: &str) -> Answer {
        let version = exchange
            .header("stripe-version")
            .unwrap_or(objects::API_VERSION)
            .to_owned();
        answer = answer
            .with("Request-Id", request_id)
            .with("Stripe-Version", version);
        if exchange.method == "POST" {
            if let Some(key) = exchange.header("idempotency-key") {
                answer = answer.with("Idempotency-Key", key);
            }
            match answer.status {
                409 | 500.. => answer = answer.with("Stripe-Should-Retry", "true"),
                429 => {}
                _ => answer = answer.with("Stripe-Should-Retry", "false"),
            }
        }
        answer
    }

    fn process(&self, call: &Call<'_>) -> Result<Outcome, Refusal> {
        authorize(call.exchange)?;
        let segments = call.exchange.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        match call.exchange.method.as_str() {
            "GET" => self.read(call, &path).map(Outcome::Fresh),
            "POST" => self.write(call, &path),
            _ => Err(unrecognized(call.exchange)),
        }
    }

    fn read(&self, call: &Call<'_>, path: &[&str]) -> Result<Answered, Refusal> {
        let tables = self.core.tables();
        let stale = call.exchange.stale;
        let found = match path {
            ["v1", collection] => reading::page(&tables, collection, &call.given, self.now()),
            ["v1", collection, id] => {
                reading::one(&tables, collection, id, &call.given, self.now(), stale)
            }
            ["v1", collection, id, "lines"] => {
                reading::lines(&tables, (collection, id), &call.given)
            }
            _ => None,
        };
        found
            .unwrap_or_else(|| Err(unrecognized(call.exchange)))
            .map(Answered::ok)
    }

    fn write(&self, call: &Call<'_>, path: &[&str]) -> Result<Outcome, Refusal> {
        let fingerprint = format!("POST {} {}", call.exchange.path, call.given.fingerprint());
        let mut tables = self.core.tables();
        if let Some(key) = call.key {
            if key.len() > 255 {
                return Err(Refusal::idempotency(
                    400,
                    "Idempotency keys can be up to 255 characters long.",
                ));
            }
            if self
                .in_flight
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .contains(key)
            {
                let message =
                    "There is currently another in-progress request using this Idempotency-Key.";
                return Err(Refusal::idempotency(409, message).code("idempotency_key_in_use"));
            }
            if let Some(kept) = tables.get("idempotency", key)
                && kept["at"]
                    .as_i64()
                    .is_some_and(|at| at + KEY_KEPT_SECONDS > self.now())
            {
                return replayed(kept, &fingerprint);
            }
        }
        let mut change = tables.begin();
        let mut work = Work {
            change: &mut change,
            seed: self.core.seed,
            now: self.now(),
            request_id: Some(&call.request_id),
            idempotency_key: call.key,
        };
        let mut answered = route(&mut work, call, path)?;
        if let Some(key) = call.key {
            let kept = json!({
                "at": self.now(), "fingerprint": fingerprint, "status": answered.status, "body": answered.body,
                "request_id": call.request_id, "expand": call.given.list("expand")
            });
            change.put("idempotency", key, kept);
        }
        change.commit().map_err(|_| Refusal::server_error())?;
        if answered.status == 200 {
            reading::expand(
                &tables,
                &mut answered.body,
                &call.given.list("expand"),
                self.now(),
            )?;
        }
        Ok(Outcome::Fresh(answered))
    }

    fn finish(&self, call: &Call<'_>, outcome: Outcome) -> Answer {
        match outcome {
            Outcome::Fresh(answered) => {
                let mut answer = Answer::json(answered.status, &answered.body);
                if call.key.is_some() {
                    answer = answer.with("Original-Request", call.request_id.clone());
                }
                self.sign_off(call.exchange, answer, &call.request_id)
            }
            Outcome::Replayed {
                status,
                mut body,
                original,
            } => {
                if status == 200 {
                    // The paths were good the first time, and ids never go away.
                    let _expanded = reading::expand(
                        &self.core.tables(),
                        &mut body,
                        &call.given.list("expand"),
                        self.now(),
                    );
                }
                let answer = Answer::json(status, &body)
                    .with("Original-Request", original)
                    .with("Idempotent-Replayed", "true");
                self.sign_off(call.exchange, answer, &call.request_id)
            }
        }
    }
}

fn replayed(kept: &Value, fingerprint: &str) -> Result<Outcome, Refusal> {
    if kept["fingerprint"] != fingerprint {
        let message = "Keys for idempotent requests can only be used with the same parameters they were first used \
                       with. Try using a key other than this one if you meant to make a different request.";
        return Err(Refusal::idempotency(400, message));
    }
    Ok(Outcome::Replayed {
        status: kept["status"]
            .as_u64()
            .and_then(|status| u16::try_from(status).ok())
            .unwrap_or(200),
        body: kept["body"].clone(),
        original: kept["request_id"].as_str().unwrap_or("").to_owned(),
    })
}

fn route(work: &mut Work<'_, '_>, call: &Call<'_>, path: &[&str]) -> Result<Answered, Refusal> {
    let given = &call.given;
    match path {
        ["v1", "customers"] => customers::create(work, given),
        ["v1", "customers", id] => customers::update(work, id, given),
        ["v1", "payment_methods"] => customers::create_method(work, given),
        ["v1", "payment_methods", id, "attach"] => customers::attach(work, id, given),
        ["v1", "payment_intents"] => payments::create(work, given),
        ["v1", "payment_intents", id] => payments::update(work, id, given),
        ["v1", "payment_intents", id, "confirm"] => payments::confirm(work, id, given),
        ["v1", "payment_intents", id, "cancel"] => payments::cancel(work, id, given),
        ["v1", "refunds"] => payments::create_refund(work, given),
        ["v1", "tax_rates"] => invoices::create_rate(work, given),
        ["v1", "invoices"] => invoices::create(work, given),
        ["v1", "invoiceitems"] => invoices::create_item(work, given),
        ["v1", "invoices", id, step] => invoices::change(work, (id, step), given)
            .unwrap_or_else(|| Err(unrecognized(call.exchange))),
        ["v1", "credit_notes"] => credit_notes::create(work, given),
        ["v1", "credit_notes", id] => credit_notes::update(work, id, given),
        ["v1", "credit_notes", id, "void"] => credit_notes::void(work, id, given),
        _ => Err(unrecognized(call.exchange)),
    }
}

fn unrecognized(exchange: &Exchange) -> Refusal {
    Refusal::invalid(format!(
        "Unrecognized request URL ({}: {}).",
        exchange.method, exchange.path
    ))
    .status(404)
}

/// Bearer, or Basic with the key as the user.
fn authorize(exchange: &Exchange) -> Result<(), Refusal> {
    let Some(header) = exchange.header("authorization") else {
        return Err(Refusal::unauthorized(
            "You did not provide an API key in the Authorization header.",
        ));
    };
    let basic = |text: &str| {
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(text)
            .ok()?;
        String::from_utf8(bytes)
            .ok()?
            .split_once(':')
            .map(|(user, _)| user.to_owned())
    };
    let key = match header.split_once(' ') {
        Some(("Bearer", key)) => Some(key.to_owned()),
        Some(("Basic", text)) => basic(text),
        _ => None,
    };
    if key.as_deref() == Some(API_KEY) {
        return Ok(());
    }
    Err(Refusal::unauthorized("Invalid API Key provided."))
}

impl System for Stripe {
    fn core(&self) -> &Core {
        &self.core
    }

    fn answer(&self, exchange: &Exchange) -> Answer {
        let body = String::from_utf8_lossy(&exchange.body).into_owned();
        let text = if exchange.method == "GET" {
            exchange.raw_query.as_str()
        } else {
            body.as_str()
        };
        let form = exchange
            .header("content-type")
            .is_none_or(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        let request_id = self.request_id();
        if exchange.method == "POST" && !exchange.body.is_empty() && !form {
            let refusal =
                Refusal::invalid("The content type must be application/x-www-form-urlencoded.");
            return self.refuse(exchange, &request_id, &refusal);
        }
        let key = if exchange.method == "POST" {
            exchange.header("idempotency-key")
        } else {
            None
        };
        let call = Call {
            exchange,
            given: Parameters::read(text),
            request_id,
            key,
        };
        match self.process(&call) {
            Ok(outcome) => self.finish(&call, outcome),
            Err(refusal) => self.refuse(exchange, &call.request_id, &refusal),
        }
    }

    fn too_many_requests(&self, exchange: &Exchange) -> Answer {
        let refusal = Refusal::invalid("Request rate limit exceeded.")
            .status(429)
            .code("rate_limit");
        self.refuse(exchange, &self.request_id(), &refusal)
            .with("Stripe-Rate-Limited-Reason", "global-rate")
    }

    fn server_error(&self, exchange: &Exchange) -> Answer {
        self.refuse(exchange, &self.request_id(), &Refusal::server_error())
    }
}
