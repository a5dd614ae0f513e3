//! The Adyen simulator: payments with stored means of payment, refunds and signed notifications.
//!
//! Read from here: `Adyen` answers a call, `payments.rs` does the work on money, `notifications.rs`
//! delivers what happened. Wire facts follow the official Python client 16.0.0 and published
//! examples; where those are silent the stricter reading is taken.

mod control;
mod notifications;
mod payments;
mod refusal;

use serde_json::{Value, json};

pub use control::{Handle, StoredCard};
pub use notifications::Pumped;

use crate::http::{Answer, Core, Exchange, System};
use crate::mint;
use crate::tables::Transaction;
use refusal::Refusal;

/// The API key that the simulator accepts.
pub const API_KEY: &str = "AQEtieout-simulated-key";

/// The merchant account that it has.
pub const MERCHANT_ACCOUNT: &str = "TieoutECOM";

/// The key, in hexadecimal digits, that signs its notifications.
pub const HMAC_KEY: &str = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";

/// How long an idempotency key is remembered, in seconds of simulated time: 31 days.
const KEY_KEPT_SECONDS: i64 = 31 * 86_400;

/// Longest idempotency key, in characters.
const KEY_LONGEST: usize = 64;

/// The Adyen simulator.
#[derive(Debug)]
pub(crate) struct Adyen {
    core: Core,
    notifications: notifications::Notifications,
}

/// One piece of work on the state: a transaction together with what time it is.
struct Work<'a, 't> {
    change: &'a mut Transaction<'t>,
    seed: u64,
    now: i64,
    key: Option<&'a str>,
}

impl Work<'_, '_> {
    /// A `pspReference` that is new. Under an idempotency key it depends on that key alone, so that
    /// a run can be repeated whatever order its calls arrive in.
    fn psp_reference(&mut self, what: &str) -> String {
        let number = self.change.next_number().to_string();
        let (key, form) = self
            .key
            .map_or((number.as_str(), "number"), |key| (key, "key"));
        let mut turn = 0_u32;
        loop {
            let parts = [what, form, key, &turn.to_string()];
            let id = mint::letters(self.seed, &parts, 16).to_uppercase();
            let is_taken = ["payments", "refunds", "notifications"]
                .iter()
                .any(|table| self.change.get(table, &id).is_some());
            if !is_taken {
                return id;
            }
            turn += 1;
        }
    }
}

impl Adyen {
    pub(crate) fn new(core: Core) -> Adyen {
        Adyen {
            core,
            notifications: notifications::Notifications::new(),
        }
    }

    fn call(&self, exchange: &Exchange) -> Result<Answer, Refusal> {
        if exchange.header("x-api-key") != Some(API_KEY) {
            return Err(Refusal::unauthorized());
        }
        let segments = exchange.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["v71", rest @ ..] = path.as_slice() else {
            return Err(Refusal::no_such_resource());
        };
        if exchange.method != "POST" {
            return Err(Refusal::no_such_resource());
        }
        let given = given(exchange)?;
        match rest {
            ["paymentMethods"] => {
                payments::merchant(&given)?;
                let methods = json!({ "paymentMethods": [{ "name": "Cards", "type": "scheme" }] });
                Ok(Answer::json(200, &methods))
            }
            ["payments"] => self.once(exchange, &given, |work| payments::create(work, &given)),
            ["payments", payment, "refunds"] => self.once(exchange, &given, |work| {
                payments::refund(work, payment, &given)
            }),
            _ => Err(Refusal::no_such_resource()),
        }
    }

    /// Does work once for an idempotency key, and answers a repeat as it answered the first time.
    fn once(
        &self,
        exchange: &Exchange,
        given: &Value,
        work: impl FnOnce(&mut Work<'_, '_>) -> Result<(u16, Value), Refusal>,
    ) -> Result<Answer, Refusal> {
        let key = exchange.header("idempotency-key");
        if key.is_some_and(|key| key.is_empty() || key.chars().count() > KEY_LONGEST) {
            return Err(Refusal::invalid(
                "The idempotency key has 1 to 64 characters",
            ));
        }
        let now = self.core.clock.now_seconds();
        let fingerprint = format!("{} {given}", exchange.path);
        let mut tables = self.core.tables();
        if let Some(kept) = key.and_then(|key| tables.get("idempotency", key))
            && kept["at"]
                .as_i64()
                .is_some_and(|at| at + KEY_KEPT_SECONDS > now)
        {
            if kept["fingerprint"] != fingerprint.as_str() {
                return Err(Refusal::in_progress());
            }
            let status = kept["status"]
                .as_u64()
                .and_then(|it| u16::try_from(it).ok());
            return Ok(Answer::json(status.unwrap_or(200), &kept["body"]));
        }
        let mut change = tables.begin();
        let mut piece = Work {
            change: &mut change,
            seed: self.core.seed,
            now,
            key,
        };
        let (status, body) = work(&mut piece)?;
        if let Some(key) = key {
            let kept =
                json!({ "at": now, "fingerprint": fingerprint, "status": status, "body": body });
            change.put("idempotency", key, kept);
        }
        change.commit().map_err(|_| Refusal::unexpected())?;
        Ok(Answer::json(status, &body))
    }
}

fn given(exchange: &Exchange) -> Result<Value, Refusal> {
    let is_json = exchange
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/json"));
    if !is_json {
        return Err(Refusal::media_type());
    }
    match serde_json::from_slice::<Value>(&exchange.body) {
        Ok(given @ Value::Object(_)) => Ok(given),
        _ => Err(Refusal::malformed()),
    }
}

impl System for Adyen {
    fn core(&self) -> &Core {
        &self.core
    }

    fn answer(&self, exchange: &Exchange) -> Answer {
        let answer = self
            .call(exchange)
            .unwrap_or_else(|refusal| refusal.answer());
        match exchange.header("idempotency-key") {
            Some(key) => answer.with("Idempotency-Key", key),
            None => answer,
        }
    }

    fn too_many_requests(&self, _: &Exchange) -> Answer {
        Refusal::too_many().answer().with("Retry-After", "1")
    }

    fn server_error(&self, _: &Exchange) -> Answer {
        Refusal::unexpected()
            .answer()
            .with("transient-error", "true")
    }
}
