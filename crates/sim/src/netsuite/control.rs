//! Control calls of the NetSuite simulator, for the script of the world and for tests. All may be
//! repeated: the second time changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use super::{ACCOUNT, CONSUMER_KEY, CONSUMER_SECRET, NetSuite, TOKEN_ID, TOKEN_SECRET};
use crate::http::System as _;
use crate::{Fault, SimFault, Weather};

/// What has been posted to one account, in minor units of the currency.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AccountTotal {
    /// Internal id of the subsidiary.
    pub subsidiary: String,
    /// Symbol of the currency, such as `USD`.
    pub currency: String,
    /// Internal id of the account.
    pub account: String,
    /// Sum of the debits.
    pub debit_minor: i64,
    /// Sum of the credits.
    pub credit_minor: i64,
}

/// The running NetSuite simulator.
#[derive(Clone, Debug)]
pub struct Handle(Arc<NetSuite>);

impl Handle {
    pub(crate) fn new(netsuite: Arc<NetSuite>) -> Handle {
        Handle(netsuite)
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end; the services are below `/services/rest`.
    pub fn base_url(&self) -> String {
        self.0.core().base_url()
    }

    /// The account, in the spelling of the realm.
    pub fn account(&self) -> &'static str {
        ACCOUNT
    }

    /// Consumer key and secret, token id and secret.
    pub fn credentials(&self) -> [&'static str; 4] {
        [CONSUMER_KEY, CONSUMER_SECRET, TOKEN_ID, TOKEN_SECRET]
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

    /// How many calls may be under way at once (15 unless set).
    pub fn set_concurrency_limit(&self, calls: i64) {
        self.0.concurrency_limit.store(calls, Ordering::SeqCst);
    }

    /// How many seconds a signature's time may be off simulated time; `None` (the default): any.
    pub fn set_timestamp_tolerance(&self, seconds: Option<i64>) {
        self.0
            .tolerance
            .store(seconds.unwrap_or(-1), Ordering::SeqCst);
    }

    /// How often a job is seen at work before it is seen done (1 unless set).
    pub fn set_polls_needed(&self, polls: u64) {
        self.0.polls_needed.store(polls, Ordering::SeqCst);
    }

    fn put(&self, table: &'static str, id: &str, object: Value) -> Result<(), SimFault> {
        let mut tables = self.0.core().tables();
        if tables.get(table, id) == Some(&object) {
            return Ok(());
        }
        let mut change = tables.begin();
        change.put(table, id, object);
        change.commit()
    }

    /// A currency: internal id, symbol (`USD`) and decimal places.
    pub fn put_currency(&self, id: &str, symbol: &str, decimals: u32) -> Result<(), SimFault> {
        self.put(
            "currency",
            id,
            json!({ "id": id, "name": symbol, "decimals": decimals }),
        )
    }

    /// A subsidiary with its base currency (internal id).
    pub fn put_subsidiary(&self, id: &str, name: &str, currency: &str) -> Result<(), SimFault> {
        self.put(
            "subsidiary",
            id,
            json!({ "id": id, "name": name, "currency": currency }),
        )
    }

    /// An account: internal id, number, name and type (`AcctRec`, `Income`, `DeferRevenue`, …).
    pub fn put_account(
        &self,
        id: &str,
        number: &str,
        name: &str,
        kind: &str,
    ) -> Result<(), SimFault> {
        self.put(
            "account",
            id,
            json!({ "id": id, "number": number, "name": name, "type": kind }),
        )
    }

    /// A `department`, `class` or `location` that lines may name; another kind is refused.
    pub fn put_segment(&self, kind: &str, id: &str, name: &str) -> Result<(), SimFault> {
        let table = ["department", "class", "location"]
            .into_iter()
            .find(|known| *known == kind)
            .ok_or_else(|| SimFault::Unknown {
                system: "netsuite",
                kind: "kind of segment",
                id: kind.to_owned(),
            })?;
        self.put(table, id, json!({ "id": id, "name": name }))
    }

    /// Closes a month (`YYYY-MM`): entries dated in it are refused.
    pub fn close_period(&self, month: &str) -> Result<(), SimFault> {
        self.put("periods", month, json!({ "closed": true }))
    }

    /// Opens a closed month again.
    pub fn reopen_period(&self, month: &str) -> Result<(), SimFault> {
        self.put("periods", month, json!({ "closed": false }))
    }

    /// All records of a type (`customer`, `journalEntry`, `account`, `subsidiary`, `currency`) as they are
    /// stored (amounts in minor units), oldest first.
    pub fn records(&self, kind: &str) -> Vec<Value> {
        self.0
            .core()
            .tables()
            .rows(kind)
            .map(|(_, record)| record.clone())
            .collect()
    }

    /// What has been posted, for each subsidiary, currency and account.
    pub fn totals(&self) -> Vec<AccountTotal> {
        let tables = self.0.core().tables();
        let mut sums: BTreeMap<(String, String, String), (i64, i64)> = BTreeMap::new();
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        for (_, entry) in tables.rows("journalEntry") {
            let id = text(&entry["currency"]);
            let currency = tables
                .get("currency", &id)
                .map_or(id, |currency| text(&currency["name"]));
            for line in entry["lines"].as_array().into_iter().flatten() {
                let key = (
                    text(&entry["subsidiary"]),
                    currency.clone(),
                    text(&line["account"]),
                );
                let sum = sums.entry(key).or_default();
                sum.0 += line["debit"].as_i64().unwrap_or(0);
                sum.1 += line["credit"].as_i64().unwrap_or(0);
            }
        }
        sums.into_iter()
            .map(
                |((subsidiary, currency, account), (debit_minor, credit_minor))| AccountTotal {
                    subsidiary,
                    currency,
                    account,
                    debit_minor,
                    credit_minor,
                },
            )
            .collect()
    }
}
