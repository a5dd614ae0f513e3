//! Delivery of notifications: each item signed, now and then twice or out of order, again until a
//! 2xx. The endpoint has one queue: what is refused holds up what is behind it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde_json::{Value, json};

use super::{Adyen, HMAC_KEY, MERCHANT_ACCOUNT, Work};
use crate::civil;

/// What one round of deliveries came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pumped {
    /// Notifications that were accepted with a 2xx in this round.
    pub delivered: usize,
    /// Notifications that still wait for a 2xx.
    pub pending: usize,
}

/// Where notifications go.
#[derive(Debug)]
pub(super) struct Notifications {
    pub(super) url: Mutex<Option<String>>,
    agent: ureq::Agent,
    /// One round at a time.
    turn: Mutex<()>,
}

impl Notifications {
    pub(super) fn new() -> Notifications {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(10)))
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .new_agent();
        Notifications {
            url: Mutex::new(None),
            agent,
            turn: Mutex::new(()),
        }
    }
}

/// Something that happened.
pub(super) struct Notice<'a> {
    pub(super) event: &'a str,
    pub(super) psp: &'a str,
    pub(super) original: &'a str,
    pub(super) reference: &'a str,
    pub(super) value: i64,
    pub(super) currency: &'a str,
    pub(super) success: bool,
    pub(super) reason: &'a str,
    pub(super) additional: Value,
}

impl<'a> Notice<'a> {
    /// That a payment was authorised or refused.
    pub(super) fn of_payment(payment: &'a Value, success: bool, reason: &'a str) -> Notice<'a> {
        let of = |field: &str| payment[field].as_str().unwrap_or_default();
        Notice {
            event: "AUTHORISATION",
            psp: of("pspReference"),
            original: "",
            reference: of("reference"),
            value: payment["value"].as_i64().unwrap_or(0),
            currency: of("currency"),
            success,
            reason,
            additional: json!({ "tokenization.shopperReference": of("shopperReference") }),
        }
    }
}

/// Keeps a notification to be delivered.
pub(super) fn tell(work: &mut Work<'_, '_>, notice: &Notice<'_>) {
    let text = [
        notice.psp,
        notice.original,
        MERCHANT_ACCOUNT,
        notice.reference,
        &notice.value.to_string(),
        notice.currency,
        notice.event,
        if notice.success { "true" } else { "false" },
    ]
    .join(":");
    let mut additional = notice.additional.clone();
    additional["hmacSignature"] = json!(signature(HMAC_KEY, &text));
    let mut item = json!({
        "additionalData": additional,
        "amount": { "currency": notice.currency, "value": notice.value },
        "eventCode": notice.event,
        "eventDate": civil::zulu_instant(work.now.saturating_mul(1_000_000)),
        "merchantAccountCode": MERCHANT_ACCOUNT,
        "merchantReference": notice.reference,
        "paymentMethod": "visa",
        "pspReference": notice.psp,
        "reason": notice.reason,
        "success": if notice.success { "true" } else { "false" },
    });
    if notice.event == "AUTHORISATION" && notice.success {
        item["operations"] = json!(["CANCEL", "CAPTURE", "REFUND"]);
    }
    if !notice.original.is_empty() {
        item["originalReference"] = json!(notice.original);
    }
    let body =
        json!({ "live": "false", "notificationItems": [{ "NotificationRequestItem": item }] });
    let number = work.change.next_number();
    let id = format!("{number:020}");
    let kept =
        json!({ "state": "pending", "psp": notice.psp, "event": notice.event, "body": body });
    work.change.put("notifications", &id, kept);
}

/// `base64(HMAC-SHA256(hex(key), text))`.
pub(super) fn signature(key: &str, text: &str) -> String {
    let bytes = hex::decode(key).unwrap_or_default();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
    STANDARD.encode(hmac::sign(&key, text.as_bytes()).as_ref())
}

impl Adyen {
    /// Sends each pending notification once more, until one is not accepted.
    pub(super) fn pump(&self) -> Pumped {
        let url = self
            .notifications
            .url
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match url {
            None => Pumped {
                delivered: 0,
                pending: self.pending(),
            },
            Some(url) => self.pump_to(&mut |body| self.post(&url, body)),
        }
    }

    /// As [`Adyen::pump`] to any receiver, which gets the raw body and says whether it answered
    /// with a 2xx.
    pub(super) fn pump_to(&self, receive: &mut dyn FnMut(&[u8]) -> bool) -> Pumped {
        let _turn = self
            .notifications
            .turn
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut delivered = 0;
        for id in self.round() {
            let Some(kept) = self.core.tables().get("notifications", &id).cloned() else {
                continue;
            };
            let body = kept["body"].to_string();
            if !receive(body.as_bytes()) {
                break;
            }
            let twice = self.core.station.weather().duplicate_webhook;
            if self.strikes(twice, "duplicate", &id) {
                // A duplicate that is refused is of no consequence: the first one was accepted.
                let _accepted = receive(body.as_bytes());
            }
            if self.mark_delivered(&id, kept) {
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
            .rows("notifications")
            .filter(|(_, kept)| kept["state"] == "pending")
            .count()
    }

    /// What is pending, oldest first except where the weather swaps two.
    fn round(&self) -> Vec<String> {
        let mut ids: Vec<String> = self
            .core
            .tables()
            .rows("notifications")
            .filter(|(_, kept)| kept["state"] == "pending")
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

    fn post(&self, url: &str, body: &[u8]) -> bool {
        let sent = self
            .notifications
            .agent
            .post(url)
            .header("Content-Type", "application/json; charset=utf-8")
            .send(body);
        sent.is_ok_and(|answer| answer.status().is_success())
    }

    fn mark_delivered(&self, id: &str, mut kept: Value) -> bool {
        kept["state"] = json!("delivered");
        let mut tables = self.core.tables();
        let mut change = tables.begin();
        change.put("notifications", id, kept);
        change.commit().is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_signature_vector_holds() {
        let text =
            "7914073381342284::TestMerchant:TestPayment-1407325143704:1130:EUR:AUTHORISATION:true";
        let expected = "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0=";
        assert_eq!(signature(HMAC_KEY, text), expected);
        assert_ne!(
            signature("00112233445566778899AABBCCDDEEFF", text),
            expected
        );
    }
}
