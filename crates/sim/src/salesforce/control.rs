//! Control calls of the Salesforce simulator, for the script of the world and for tests. All may be
//! repeated: the second time changes nothing.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::schema::{self, FieldKind};
use super::{CLIENT_ID, CLIENT_SECRET, Salesforce, USERNAME, sessions};
use crate::http::System as _;
use crate::{Fault, SimFault, Weather};

/// The running Salesforce simulator.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Salesforce>);

impl Handle {
    pub(crate) fn new(salesforce: Arc<Salesforce>) -> Handle {
        Handle(salesforce)
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn base_url(&self) -> String {
        self.0.core().base_url()
    }

    /// The consumer key it accepts.
    pub fn client_id(&self) -> &'static str {
        CLIENT_ID
    }

    /// The consumer secret it accepts.
    pub fn client_secret(&self) -> &'static str {
        CLIENT_SECRET
    }

    /// The user name of the integration user.
    pub fn username(&self) -> &'static str {
        USERNAME
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

    /// Creates or changes a record as a person in the CRM would, without the checks on a client.
    /// `SystemModstamp` moves only when something has changed. The id must have 15 or 18 characters.
    pub fn put(&self, sobject: &str, id: &str, fields: Map<String, Value>) -> Result<(), SimFault> {
        self.put_all(vec![(sobject.to_owned(), id.to_owned(), fields)])
    }

    /// Like [`Handle::put`] for several records at once: a reader sees all of them or none.
    pub fn put_all(
        &self,
        records: Vec<(String, String, Map<String, Value>)>,
    ) -> Result<(), SimFault> {
        let unknown = |kind, id: &str| SimFault::Unknown {
            system: "salesforce",
            kind,
            id: id.to_owned(),
        };
        let mut checked = Vec::new();
        for (sobject, id, fields) in records {
            let sobject =
                schema::type_named(&sobject).ok_or_else(|| unknown("sObject type", &sobject))?;
            let id = schema::whole_id(&id).ok_or_else(|| unknown("possible id", &id))?;
            let tables = self.0.core().tables();
            if let Some(name) = fields
                .keys()
                .find(|name| schema::field(&tables, sobject, name).is_none())
            {
                return Err(unknown("field", name));
            }
            checked.push((sobject, id, fields));
        }
        self.0.write(|writing| {
            for (sobject, id, fields) in checked {
                writing.keep(sobject, &id, fields);
            }
        })
    }

    /// Declares a custom field that takes any scalar.
    pub fn declare_field(&self, sobject: &str, field: &str) -> Result<(), SimFault> {
        self.declare_field_as(sobject, field, FieldKind::Any)
    }

    /// Declares a custom field of this kind.
    pub fn declare_field_as(
        &self,
        sobject: &str,
        field: &str,
        kind: FieldKind,
    ) -> Result<(), SimFault> {
        let sobject = schema::type_named(sobject).ok_or_else(|| SimFault::Unknown {
            system: "salesforce",
            kind: "sObject type",
            id: sobject.to_owned(),
        })?;
        let id = format!("{sobject}.{field}");
        let declared = schema::declaration(sobject, field, &kind);
        let known = self.0.core().tables().get("fields", &id) == Some(&declared);
        if known {
            return Ok(());
        }
        self.0
            .write(|writing| writing.change.put("fields", &id, declared))
    }

    /// All records of an sObject, deleted ones too, oldest first.
    pub fn records(&self, sobject: &str) -> Vec<Value> {
        self.0
            .core()
            .tables()
            .rows(sobject)
            .map(|(_, record)| record.clone())
            .collect()
    }

    /// One record by its 15- or 18-character id.
    pub fn record(&self, sobject: &str, id: &str) -> Option<Value> {
        self.0
            .core()
            .tables()
            .get(sobject, &schema::whole_id(id)?)
            .cloned()
    }

    /// The page size of queries that do not ask for one (2000 unless set; any number from 1).
    pub fn set_page_size(&self, records: u64) {
        self.0.page_size.store(records.max(1), Ordering::SeqCst);
    }

    /// How many children a subquery gives before it pages (200 unless set).
    pub fn set_child_page_size(&self, records: u64) {
        self.0
            .child_page_size
            .store(records.max(1), Ordering::SeqCst);
    }

    /// How many data calls one simulated day may have.
    pub fn set_daily_limit(&self, calls: u64) {
        self.0.daily_limit.store(calls, Ordering::SeqCst);
    }

    /// How long sessions issued from now on live, in seconds of simulated time.
    pub fn set_session_seconds(&self, seconds: i64) {
        *self
            .0
            .session_seconds
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = seconds;
    }

    /// Ends all sessions: the next call with one of their tokens gets 401 `INVALID_SESSION_ID`.
    pub fn revoke_sessions(&self) -> Result<(), SimFault> {
        self.0.write(|writing| {
            let tokens: Vec<String> = writing
                .change
                .settled()
                .rows("tokens")
                .map(|(id, _)| id.to_owned())
                .collect();
            for token in tokens {
                writing.change.remove("tokens", &token);
            }
        })
    }

    /// Lets this consumer key sign in as the user by JWT bearer, with the RSA key in PEM
    /// (`PUBLIC KEY` or `RSA PUBLIC KEY`).
    pub fn register_public_key(
        &self,
        consumer_key: &str,
        username: &str,
        pem: &str,
    ) -> Result<(), SimFault> {
        let key = base64::engine::general_purpose::STANDARD.encode(sessions::rsa_public_key(pem)?);
        let certificate = json!({ "username": username, "public_key": key });
        self.0.write(|writing| {
            writing
                .change
                .put("certificates", consumer_key, certificate)
        })
    }

    /// A valid 18-character id of this sObject made from a name; the same name gives the same id.
    pub fn id_for(sobject: &str, name: &str) -> String {
        record_id(sobject, name)
    }
}

/// A valid 18-character id of this sObject made from a name.
pub(crate) fn record_id(sobject: &str, name: &str) -> String {
    let tail = crate::mint::letters(0, &["salesforce id", sobject, name], 12);
    schema::eighteen(&format!("{}{tail}", schema::prefix_of(sobject)))
}
