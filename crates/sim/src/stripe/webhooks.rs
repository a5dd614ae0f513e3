//! Delivery of events: signed, now and then twice or out of order, again until a 2xx.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ring::hmac;
use serde_json::{Value, json};

use super::Stripe;

/// What one round of deliveries came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pumped {
    /// Events that were accepted with a 2xx in this round.
    pub delivered: usize,
    /// Events that still wait for a 2xx.
    pub pending: usize,
}

/// Where events go, and how they are signed.
#[derive(Debug)]
pub(super) struct Webhooks {
    pub(super) url: Mutex<Option<String>>,
    pub(super) secret: String,
    pub(super) automatic: AtomicBool,
    agent: ureq::Agent,
    /// One round at a time.
    turn: Mutex<()>,
}

impl Webhooks {
    pub(super) fn new(url: Option<String>, secret: String) -> Webhooks {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(10)))
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .new_agent();
        Webhooks {
            url: Mutex::new(url),
            secret,
            automatic: AtomicBool::new(false),
            agent,
            turn: Mutex::new(()),
        }
    }
}

/// `t=<seconds>,v1=<hex>` over `<seconds>.<payload>` with the whole secret text as the key.
pub(super) fn signature(secret: &str, seconds: i64, payload: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{seconds}.{payload}").as_bytes());
    format!("t={seconds},v1={}", hex::encode(tag.as_ref()))
}

impl Stripe {
    /// Sends each pending event once more (some twice, some out of order).
    pub(super) fn pump(&self) -> Pumped {
        let url = self
            .webhooks
            .url
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match url {
            None => Pumped {
                delivered: 0,
                pending: self.pending(),
            },
            Some(url) => self.pump_to(&mut |body, signed| self.post(&url, body, signed)),
        }
    }

    /// As [`Stripe::pump`] to any receiver, which gets the raw body and the signature header and
    /// says whether it answered with a 2xx.
    pub(super) fn pump_to(&self, receive: &mut dyn FnMut(&[u8], &str) -> bool) -> Pumped {
        let _turn = self
            .webhooks
            .turn
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut delivered = 0;
        for id in self.round() {
            if !self.send(receive, &id) {
                continue;
            }
            if self.strikes(
                self.core.station.weather().duplicate_webhook,
                "duplicate",
                &id,
            ) {
                // A duplicate that is refused is of no consequence: the first one was accepted.
                let _accepted = self.send(receive, &id);
            }
            if self.mark_delivered(&id) {
                delivered += 1;
            }
        }
        Pumped {
            delivered,
            pending: self.pending(),
        }
    }

    pub(super) fn pending(&self) -> usize {
        self.core
            .tables()
            .rows("deliveries")
            .filter(|(_, delivery)| delivery["state"] == "pending")
            .count()
    }

    /// The pending events, oldest first except where the weather swaps two.
    fn round(&self) -> Vec<String> {
        let mut ids: Vec<String> = self
            .core
            .tables()
            .rows("deliveries")
            .filter(|(_, delivery)| delivery["state"] == "pending")
            .map(|(id, _)| id.to_owned())
            .collect();
        let chance = self.core.station.weather().reorder_webhook;
        for at in 1..ids.len() {
            if self.strikes(chance, "reorder", &ids[at - 1]) {
                ids.swap(at - 1, at);
            }
        }
        ids
    }

    fn strikes(&self, chance: u16, what: &str, id: &str) -> bool {
        self.core.station.strikes(chance, &["webhook", what, id])
    }

    /// Answers whether the receiver said 2xx.
    fn send(&self, receive: &mut dyn FnMut(&[u8], &str) -> bool, id: &str) -> bool {
        let Some(event) = self.core.tables().get("events", id).cloned() else {
            return false;
        };
        let payload = event.to_string();
        let signed = signature(
            &self.webhooks.secret,
            self.core.clock.now_seconds(),
            &payload,
        );
        receive(payload.as_bytes(), &signed)
    }

    fn post(&self, url: &str, body: &[u8], signed: &str) -> bool {
        let sent = self
            .webhooks
            .agent
            .post(url)
            .header("Content-Type", "application/json; charset=utf-8")
            .header(
                "User-Agent",
                "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            )
            .header("Stripe-Signature", signed)
            .send(body);
        sent.is_ok_and(|answer| answer.status().is_success())
    }

    fn mark_delivered(&self, id: &str) -> bool {
        let mut tables = self.core.tables();
        let mut change = tables.begin();
        let state: Value = json!({ "state": "delivered" });
        change.put("deliveries", id, state);
        change.commit().is_ok()
    }

    pub(super) fn keep_delivering(&self, every: Duration) {
        while self.webhooks.automatic.load(Ordering::SeqCst) {
            self.pump();
            std::thread::sleep(every);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_signature_vector_holds() {
        let vectors: Value = serde_json::from_str(include_str!(
            "../../tests/fixtures/vectors/webhook-and-request-signatures.json"
        ))
        .unwrap();
        let vector = vectors["vectors"]
            .as_array()
            .unwrap()
            .iter()
            .find(|v| v["name"] == "shared-v1")
            .unwrap();
        let payload = vector["payload"].as_str().unwrap();
        let expected = vector["headers"]["Stripe-Signature"].as_str().unwrap();
        assert_eq!(
            signature(vector["secret"].as_str().unwrap(), 1_767_225_600, payload),
            expected
        );
        assert_ne!(signature("another", 1_767_225_600, payload), expected);
    }
}
