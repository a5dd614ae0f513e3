//! Control calls of the Stripe simulator, for the script of the world and for tests. Those that
//! name an id may be repeated: the second time changes nothing.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::objects::{self, Birth, Movement};
use super::webhooks::Pumped;
use super::work::Work;
use super::{API_KEY, Stripe, payments};
use crate::http::System as _;
use crate::{Fault, SimFault, Weather};

/// How a card behaves when it is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardBehaviour {
    /// Every charge succeeds.
    AlwaysSucceeds,
    /// Declines this many charges for lack of funds, then succeeds.
    DeclinesTimes(u32),
    /// Every charge is declined.
    AlwaysDeclines,
}

/// The running Stripe simulator.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Stripe>);

impl Handle {
    pub(crate) fn new(stripe: Arc<Stripe>) -> Handle {
        Handle(stripe)
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn base_url(&self) -> String {
        self.0.core().base_url()
    }

    /// The secret key it accepts.
    pub fn api_key(&self) -> &'static str {
        API_KEY
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

    pub(super) fn change<T>(
        &self,
        work: impl FnOnce(&mut Work<'_, '_>) -> T,
    ) -> Result<T, SimFault> {
        let mut tables = self.0.core().tables();
        let mut change = tables.begin();
        let mut piece = Work {
            change: &mut change,
            seed: self.0.core().seed,
            now: self.0.now(),
            request_id: None,
            idempotency_key: None,
        };
        let done = work(&mut piece);
        change.commit()?;
        Ok(done)
    }

    /// A customer with this id; told as `customer.created` the first time.
    pub fn put_customer(&self, id: &str, name: &str, email: &str) -> Result<(), SimFault> {
        self.change(|work| {
            let before = work.get("customers", id);
            let mut customer = before.clone().unwrap_or_else(|| {
                objects::customer(Birth {
                    id,
                    created: work.now,
                })
            });
            customer["name"] = json!(name);
            customer["email"] = json!(email);
            if before.as_ref() == Some(&customer) {
                return;
            }
            work.keep("customers", &customer);
            let kind = if before.is_some() {
                "customer.updated"
            } else {
                "customer.created"
            };
            work.tell(kind, &customer, None);
        })
    }

    /// A card with this id, attached to the customer.
    pub fn put_payment_method(&self, id: &str, customer: &str) -> Result<(), SimFault> {
        if self.object("customers", customer).is_none() {
            return Err(SimFault::Unknown {
                system: "stripe",
                kind: "customer",
                id: customer.to_owned(),
            });
        }
        self.change(|work| {
            if work
                .get("payment_methods", id)
                .is_none_or(|method| method["customer"] != customer)
            {
                let method = objects::payment_method(
                    Birth {
                        id,
                        created: work.now,
                    },
                    Some(customer),
                    "4242",
                );
                work.keep("payment_methods", &method);
            }
        })
    }

    /// Sets how a card behaves. Saying the same again does not start its count of declines anew.
    pub fn set_card_behaviour(
        &self,
        payment_method: &str,
        behaviour: CardBehaviour,
    ) -> Result<(), SimFault> {
        if self.object("payment_methods", payment_method).is_none() {
            return Err(SimFault::Unknown {
                system: "stripe",
                kind: "payment method",
                id: payment_method.to_owned(),
            });
        }
        self.change(|work| {
            let mut card = match behaviour {
                CardBehaviour::AlwaysSucceeds => json!({ "kind": "succeeds" }),
                CardBehaviour::DeclinesTimes(times) => {
                    json!({ "kind": "declines_times", "times": times, "declined": 0 })
                }
                CardBehaviour::AlwaysDeclines => {
                    json!({ "kind": "declines", "decline_code": "generic_decline" })
                }
            };
            let before = work.get("cards", payment_method);
            if let Some(before) = &before
                && before["kind"] == card["kind"]
                && before["times"] == card["times"]
            {
                card = before.clone();
            }
            if before.as_ref() != Some(&card) {
                work.change.put("cards", payment_method, card);
            }
        })
    }

    /// A settled payment (`pi_…`) of this many minor units that names no invoice and no customer.
    pub fn create_stray_charge(
        &self,
        payment_intent: &str,
        amount_minor: i64,
        currency: &str,
        description: &str,
    ) -> Result<(), SimFault> {
        self.change(|work| {
            if work.get("payment_intents", payment_intent).is_some() {
                return;
            }
            let method_id = work.new_id("pm");
            let method = objects::payment_method(
                Birth {
                    id: &method_id,
                    created: work.now,
                },
                None,
                "4242",
            );
            work.keep("payment_methods", &method);
            let birth = Birth {
                id: payment_intent,
                created: work.now,
            };
            let mut intent = objects::payment_intent(birth, amount_minor, &currency.to_lowercase());
            intent["description"] = json!(description);
            intent["payment_method"] = json!(method_id);
            work.keep("payment_intents", &intent);
            work.tell("payment_intent.created", &intent, None);
            payments::succeed(work, intent, &method);
        })
    }

    /// Pays out what is available in this currency and in no payout yet; answers the amount in
    /// minor units, 0 when there is nothing to pay out (then no payout is made).
    pub fn create_payout(&self, id: &str, currency: &str) -> Result<i64, SimFault> {
        self.change(|work| {
            if let Some(payout) = work.get("payouts", id) {
                return payout["amount"].as_i64().unwrap_or(0);
            }
            let mut members = Vec::new();
            let mut amount = 0;
            for (transaction, object) in work.change.settled().rows("balance_transactions") {
                let due = object["currency"] == currency
                    && object["available_on"]
                        .as_i64()
                        .is_some_and(|at| at <= work.now)
                    && work
                        .change
                        .settled()
                        .get("payout_members", transaction)
                        .is_none();
                if due {
                    members.push(transaction.to_owned());
                    amount += object["net"].as_i64().unwrap_or(0);
                }
            }
            if amount <= 0 {
                return 0;
            }
            let transaction_id = work.new_id("txn");
            let birth = Birth {
                id: &transaction_id,
                created: work.now,
            };
            let transaction = objects::balance_transaction(
                birth,
                &Movement {
                    kind: "payout",
                    amount: -amount,
                    fee: 0,
                    currency: &json!(currency),
                    source: id,
                    description: &json!("STRIPE PAYOUT"),
                },
            );
            let payout = objects::payout(
                Birth {
                    id,
                    created: work.now,
                },
                amount,
                currency,
                &transaction_id,
            );
            work.keep("balance_transactions", &transaction);
            work.keep("payouts", &payout);
            members.push(transaction_id);
            for member in members {
                work.change
                    .put("payout_members", &member, json!({ "payout": id }));
            }
            work.tell("payout.paid", &payout, None);
            amount
        })
    }

    /// All objects of a kind (`payment_intents`, `charges`, `refunds`, `balance_transactions`,
    /// `customers`, `payment_methods`, `events`, `payouts`, `invoices`, `credit_notes`,
    /// `disputes`), oldest first.
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

    /// Marks an idempotency key as used by a call that is still running: others get 409.
    pub fn hold_key(&self, key: &str) {
        self.0
            .in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key.to_owned());
    }

    /// Ends [`Handle::hold_key`].
    pub fn release_key(&self, key: &str) {
        self.0
            .in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(key);
    }

    /// Where events go from now on.
    pub fn set_webhook_url(&self, url: Option<String>) {
        *self
            .0
            .webhooks
            .url
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = url;
    }

    /// Sends the pending events now; what gets no 2xx waits for the next round.
    pub fn pump_webhooks(&self) -> Pumped {
        self.0.pump()
    }

    /// As [`Handle::pump_webhooks`] without a socket: the receiver gets the raw body and the value
    /// of the `Stripe-Signature` header, and says whether it answered with a 2xx.
    pub fn pump_webhooks_to(&self, mut receive: impl FnMut(&[u8], &str) -> bool) -> Pumped {
        self.0.pump_to(&mut receive)
    }

    /// How many events still wait for a 2xx.
    pub fn pending_webhooks(&self) -> usize {
        self.0.pending()
    }

    /// Pumps on a thread of its own, with this pause between rounds (50 ms is usual), until
    /// [`Handle::stop_delivering`].
    pub fn deliver_automatically(&self, every: Duration) {
        if !self.0.webhooks.automatic.swap(true, Ordering::SeqCst) {
            let stripe = Arc::clone(&self.0);
            std::thread::spawn(move || stripe.keep_delivering(every));
        }
    }

    /// Ends [`Handle::deliver_automatically`].
    pub fn stop_delivering(&self) {
        self.0.webhooks.automatic.store(false, Ordering::SeqCst);
    }
}
