//! Control calls of the Adyen simulator, for tests and scripts of the world.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::notifications::{Notice, Pumped, tell};
use super::{API_KEY, Adyen, HMAC_KEY, MERCHANT_ACCOUNT, Work};
use crate::http::System as _;
use crate::{Fault, SimFault, Weather};

/// How a stored card behaves when it is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredCard {
    /// Every payment is authorised.
    Authorises,
    /// Refuses this many payments for lack of balance, then authorises.
    RefusesTimes(u32),
    /// Every payment is refused.
    Refuses,
    /// Every payment is taken on and decided later; see [`Handle::decide`].
    Pends,
}

/// The running Adyen simulator.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Adyen>);

impl Handle {
    pub(crate) fn new(adyen: Arc<Adyen>) -> Handle {
        Handle(adyen)
    }

    /// `http://127.0.0.1:PORT/v71`, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("{}/v71", self.0.core().base_url())
    }

    /// The API key it accepts.
    pub fn api_key(&self) -> &'static str {
        API_KEY
    }

    /// The merchant account it has.
    pub fn merchant_account(&self) -> &'static str {
        MERCHANT_ACCOUNT
    }

    /// The key that signs its notifications, in hexadecimal digits.
    pub fn hmac_key(&self) -> &'static str {
        HMAC_KEY
    }

    /// Changes the weather.
    pub fn set_weather(&self, weather: Weather) {
        self.0.core().station.set_weather(weather);
    }

    /// How long an unanswered call is held before it is cut.
    pub fn set_hold(&self, hold: Duration) {
        self.0
            .core()
            .station
            .set_hold_ms(u64::try_from(hold.as_millis()).unwrap_or(u64::MAX));
    }

    /// Orders a fault for the next call with this method whose path contains the text.
    pub fn inject(&self, fault: Fault, method: &str, path_contains: &str) {
        self.0.core().station.order(fault, method, path_contains);
    }

    fn change<T>(&self, work: impl FnOnce(&mut Work<'_, '_>) -> T) -> Result<T, SimFault> {
        let mut tables = self.0.core().tables();
        let mut change = tables.begin();
        let mut piece = Work {
            change: &mut change,
            seed: self.0.core().seed,
            now: self.0.core().clock.now_seconds(),
            key: None,
        };
        let done = work(&mut piece);
        change.commit()?;
        Ok(done)
    }

    /// A card that is stored for a shopper. Saying the same again does not start its count of
    /// refusals anew.
    pub fn store_card(&self, id: &str, shopper: &str, card: StoredCard) -> Result<(), SimFault> {
        let mut row = match card {
            StoredCard::Authorises => json!({ "kind": "authorises" }),
            StoredCard::RefusesTimes(times) => {
                json!({ "kind": "refuses_times", "times": times, "refused": 0 })
            }
            StoredCard::Refuses => json!({ "kind": "refuses" }),
            StoredCard::Pends => json!({ "kind": "pending" }),
        };
        row["shopper"] = json!(shopper);
        self.change(|work| {
            let is_same = work.change.get("cards", id).is_some_and(|before| {
                ["kind", "times", "shopper"]
                    .iter()
                    .all(|field| before[*field] == row[*field])
            });
            if !is_same {
                work.change.put("cards", id, row);
            }
        })
    }

    fn payment(&self, psp: &str) -> Result<Value, SimFault> {
        self.object("payments", psp)
            .ok_or_else(|| SimFault::Unknown {
                system: "adyen",
                kind: "payment",
                id: psp.to_owned(),
            })
    }

    /// Decides a payment that was taken on and not decided, and tells it.
    pub fn decide(&self, psp: &str, authorised: bool) -> Result<(), SimFault> {
        let mut payment = self.payment(psp)?;
        if payment["state"] != "received" {
            return Ok(());
        }
        payment["state"] = json!(if authorised { "authorised" } else { "refused" });
        self.change(|work| {
            work.change.put("payments", psp, payment.clone());
            let reason = if authorised { "" } else { "Refused" };
            tell(work, &Notice::of_payment(&payment, authorised, reason));
        })
    }

    /// The payer's bank takes money of a payment back. Answers the id of the chargeback.
    pub fn charge_back(&self, psp: &str, minor: i64) -> Result<String, SimFault> {
        let additional = json!({
            "chargebackReasonCode": "10.4", "chargebackSchemeCode": "visa",
            "defendable": "true", "defensePeriodEndsAt": "2027-01-31T03:03:07+02:00"
        });
        self.after(
            psp,
            minor,
            "CHARGEBACK",
            "Other Fraud-Card Absent Environment",
            additional,
        )
    }

    /// What was authorised could not be collected after all. Answers the id of the attempt.
    pub fn fail_capture(&self, psp: &str) -> Result<String, SimFault> {
        let minor = self.payment(psp)?["value"].as_i64().unwrap_or(0);
        self.after(psp, minor, "CAPTURE_FAILED", "Capture Failed", json!({}))
    }

    fn after(
        &self,
        payment: &str,
        value: i64,
        event: &str,
        reason: &str,
        additional: Value,
    ) -> Result<String, SimFault> {
        let found = self.payment(payment)?;
        self.change(|work| {
            let psp = work.psp_reference(event);
            let notice = Notice {
                event,
                psp: &psp,
                original: payment,
                reference: found["reference"].as_str().unwrap_or_default(),
                value,
                currency: found["currency"].as_str().unwrap_or_default(),
                success: true,
                reason,
                additional,
            };
            tell(work, &notice);
            psp
        })
    }

    /// A payment that we did not ask for, such as one by a link that somebody sent.
    pub fn stray_payment(
        &self,
        psp: &str,
        minor: i64,
        currency: &str,
        shopper: &str,
    ) -> Result<(), SimFault> {
        self.change(|work| {
            if work.change.get("payments", psp).is_some() {
                return;
            }
            let payment = json!({
                "pspReference": psp, "reference": format!("link-{psp}"), "shopperReference": shopper,
                "value": minor, "currency": currency, "refunded": 0, "createdAt": work.now,
                "state": "authorised",
            });
            work.change.put("payments", psp, payment.clone());
            tell(work, &Notice::of_payment(&payment, true, ""));
        })
    }

    /// All objects of a kind (`payments`, `refunds`, `notifications`), oldest first.
    pub fn objects(&self, kind: &str) -> Vec<Value> {
        self.0
            .core()
            .tables()
            .rows(kind)
            .map(|(_, object)| object.clone())
            .collect()
    }

    /// One object.
    pub fn object(&self, kind: &str, id: &str) -> Option<Value> {
        self.0.core().tables().get(kind, id).cloned()
    }

    /// Where notifications go from now on.
    pub fn set_webhook_url(&self, url: Option<String>) {
        *self
            .0
            .notifications
            .url
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = url;
    }

    /// Sends the pending notifications now; the first that gets no 2xx holds up the rest.
    pub fn pump_webhooks(&self) -> Pumped {
        self.0.pump()
    }

    /// As [`Handle::pump_webhooks`] without a socket: the receiver gets the raw body and says
    /// whether it answered with a 2xx.
    pub fn pump_webhooks_to(&self, mut receive: impl FnMut(&[u8]) -> bool) -> Pumped {
        self.0.pump_to(&mut receive)
    }

    /// How many notifications still wait for a 2xx.
    pub fn pending_webhooks(&self) -> usize {
        self.0.pending()
    }
}
