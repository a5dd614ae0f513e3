//! One piece of work on the Stripe state: a transaction together with who asks and what time it is.

use serde_json::Value;

use super::objects::{self, Asked, Birth};
use crate::mint;
use crate::tables::Transaction;

/// The answer to work that was carried out; it is kept under the idempotency key, declines too.
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Answered {
    pub(super) fn ok(body: Value) -> Answered {
        Answered { status: 200, body }
    }
}

pub(super) struct Work<'a, 't> {
    pub(super) change: &'a mut Transaction<'t>,
    pub(super) seed: u64,
    /// Seconds since the Unix epoch.
    pub(super) now: i64,
    pub(super) request_id: Option<&'a str>,
    pub(super) idempotency_key: Option<&'a str>,
}

impl Work<'_, '_> {
    /// A new id. Under an idempotency key it depends on that key alone, so that a run can be
    /// repeated whatever order its calls arrive in.
    pub(super) fn new_id(&mut self, prefix: &str) -> String {
        let Some((table, _)) = objects::table_of(&format!("{prefix}_")) else {
            return prefix.to_owned();
        };
        let number = self.change.next_number().to_string();
        let (key, form) = self
            .idempotency_key
            .map_or((number.as_str(), "number"), |key| (key, "key"));
        let mut turn = 0_u32;
        loop {
            let id = format!(
                "{prefix}_{}",
                mint::letters(self.seed, &[prefix, form, key, &turn.to_string()], 24)
            );
            if self.change.get(table, &id).is_none() {
                return id;
            }
            turn += 1;
        }
    }

    pub(super) fn get(&self, table: &str, id: &str) -> Option<Value> {
        self.change.get(table, id).cloned()
    }

    /// Keeps an object under its own id.
    pub(super) fn keep(&mut self, table: &'static str, object: &Value) {
        if let Some(id) = object["id"].as_str() {
            self.change.put(table, id, object.clone());
        }
    }

    /// Records an event with its snapshot of the object, to be delivered.
    pub(super) fn tell(&mut self, kind: &str, object: &Value, previous: Option<Value>) {
        let id = self.new_id("evt");
        let asked = Asked {
            request_id: self.request_id,
            idempotency_key: self.idempotency_key,
        };
        let event = objects::event(
            Birth {
                id: &id,
                created: self.now,
            },
            kind,
            object,
            previous,
            asked,
        );
        self.keep("events", &event);
        self.change
            .put("deliveries", &id, serde_json::json!({ "state": "pending" }));
    }
}
