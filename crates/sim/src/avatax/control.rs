//! Control calls of the AvaTax simulator, for tests and scripts. All may be repeated.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ACCOUNT, AvaTax, LICENSE_KEY};
use crate::http::System as _;
use crate::{Fault, SimFault, Weather};

/// What an authority levies where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateRow {
    /// Country, two letters.
    pub country: String,
    /// State or region; the whole country when empty.
    pub region: String,
    /// What is sold; everything when empty.
    pub tax_code: String,
    /// Who levies it.
    pub authority: String,
    /// Words for it.
    pub name: String,
    /// The proportion, such as `0.0725`.
    pub rate: String,
}

impl RateRow {
    /// A rate of a whole country on everything.
    pub fn of_country(country: &str, authority: &str, name: &str, rate: &str) -> RateRow {
        RateRow {
            country: country.to_owned(),
            region: String::new(),
            tax_code: String::new(),
            authority: authority.to_owned(),
            name: name.to_owned(),
            rate: rate.to_owned(),
        }
    }

    pub(super) fn holds(&self, country: &str, region: &str, tax_code: &str) -> bool {
        self.country == country
            && (self.region.is_empty() || self.region == region)
            && (self.tax_code.is_empty() || self.tax_code == tax_code)
    }
}

/// The running AvaTax simulator.
#[derive(Clone, Debug)]
pub struct Handle(Arc<AvaTax>);

impl Handle {
    pub(crate) fn new(avatax: Arc<AvaTax>) -> Handle {
        Handle(avatax)
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn base_url(&self) -> String {
        self.0.core().base_url()
    }

    /// The account id.
    pub fn account(&self) -> &'static str {
        ACCOUNT
    }

    /// The licence key of the account.
    pub fn license_key(&self) -> &'static str {
        LICENSE_KEY
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

    /// A company of the account.
    pub fn put_company(&self, code: &str) -> Result<(), SimFault> {
        self.put("companies", code, json!({ "code": code }))
    }

    /// What an authority levies; one of the same place, code and authority takes its place.
    pub fn put_rate(&self, row: &RateRow) -> Result<(), SimFault> {
        let id = [&row.country, &row.region, &row.tax_code, &row.authority].map(String::as_str);
        self.put(
            "rates",
            &id.join("/"),
            serde_json::to_value(row).unwrap_or(Value::Null),
        )
    }

    /// Every transaction that is kept, oldest first. Estimates are not.
    pub fn transactions(&self) -> Vec<Value> {
        let tables = self.0.core().tables();
        tables
            .rows("transactions")
            .map(|(_, transaction)| transaction.clone())
            .collect()
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
}
