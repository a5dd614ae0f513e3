//! Salesforce: won opportunities in, states written back. Pure.
//!
//! Wire facts: a bearer token without a stated life, refused with 401 `INVALID_SESSION_ID` when it
//! is over; queries in SOQL with pages of at most 2,000 followed by `nextRecordsUrl`, child rows
//! included; errors as a JSON *array* `[{message, errorCode}]`, OAuth errors as an object.

mod names;
mod shapes;
mod token;

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use values::{Date, Decimal, Instant};

pub use names::FieldNames;
pub use shapes::{
    Account, BadRow, OpportunityLine, QueryPage, WonOpportunity, WonRow, read_opportunity,
};
pub use token::{Credentials, Session, read_token};

use crate::encoding::{percent, query};
use crate::fault::{Fault, FaultClass, ReadFault};
use crate::json::{Record, exact_decimal};
use crate::request::{Body, Method, Operation, Reply, Request, Safety};

/// Name of the system in faults and metrics.
pub const SYSTEM: &str = "salesforce";

/// API version asked for when nothing else is configured.
pub const API_VERSION: &str = "62.0";

/// A question that harms nothing and that every organisation answers, to learn whether it is well.
pub const HARMLESS_SOQL: &str = "SELECT Id FROM Organization LIMIT 1";

const fn operation(name: &'static str, safety: Safety) -> Operation {
    Operation {
        system: SYSTEM,
        name,
        safety,
    }
}

/// Gets an access token; a repeat only gets another one.
pub static TOKEN: Operation = operation("token", Safety::ReadOnly);
/// Asks in SOQL.
pub static QUERY: Operation = operation("query", Safety::ReadOnly);
/// Reads one record.
pub static READ_RECORD: Operation = operation("read_record", Safety::ReadOnly);
/// Sets fields of one record, addressed by its id: the same values twice are the same record.
pub static UPDATE_RECORD: Operation = operation("update_record", Safety::UpsertByExternalId);

/// Everything this connector can do.
pub static OPERATIONS: [&Operation; 4] = [&TOKEN, &QUERY, &READ_RECORD, &UPDATE_RECORD];

/// Where Salesforce is and how Tieout proves who it is.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Host that gives tokens, without a slash at the end: My Domain, or for JWT also
    /// `https://login.salesforce.com`.
    pub login_url: String,
    /// E.g. `62.0`.
    pub api_version: String,
    /// Credentials.
    pub credentials: Credentials,
}

/// A value to be written into a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldValue {
    /// Text.
    Text(String),
    /// True or false.
    Flag(bool),
    /// Whole number.
    Whole(i64),
    /// Decimal, written exactly.
    Decimal(Decimal),
    /// Civil date.
    Date(Date),
    /// Nothing: the field is emptied.
    Empty,
}

impl FieldValue {
    fn to_json(&self) -> Result<Box<RawValue>, serde_json::Error> {
        let text = match self {
            FieldValue::Text(text) => serde_json::to_string(text)?,
            FieldValue::Flag(flag) => flag.to_string(),
            FieldValue::Whole(whole) => whole.to_string(),
            FieldValue::Decimal(decimal) => decimal.to_string(),
            FieldValue::Date(date) => serde_json::to_string(&date.to_string())?,
            FieldValue::Empty => "null".to_owned(),
        };
        RawValue::from_string(text)
    }

    /// Whether a field read back, by its text, holds this value. Decimals agree by amount.
    fn is_held_by(&self, text: Option<&str>) -> bool {
        let number = |text: Option<&str>| text.and_then(exact_decimal);
        match self {
            // Salesforce stores an empty text as no value.
            FieldValue::Text(own) => text.unwrap_or("") == own,
            FieldValue::Flag(own) => text == Some(if *own { "true" } else { "false" }),
            FieldValue::Whole(own) => number(text) == Some(Decimal::from(*own)),
            FieldValue::Decimal(own) => number(text) == Some(*own),
            FieldValue::Date(own) => text == Some(own.to_string().as_str()),
            FieldValue::Empty => text.is_none(),
        }
    }
}

/// Whether all these fields hold these values in a record read back.
pub fn holds(record: &BTreeMap<String, String>, fields: &[(&str, FieldValue)]) -> bool {
    fields
        .iter()
        .all(|(name, value)| value.is_held_by(record.get(*name).map(String::as_str)))
}

impl Connection {
    /// A connection that asks for the default API version.
    pub fn new(login_url: impl Into<String>, credentials: Credentials) -> Connection {
        Connection {
            login_url: login_url.into(),
            api_version: API_VERSION.to_owned(),
            credentials,
        }
    }

    /// Asks in SOQL; the answer is the first page.
    pub fn query(&self, session: &Session, soql: &str) -> Request {
        let path = format!(
            "/services/data/v{}/query?{}",
            self.api_version,
            query([("q", soql)])
        );
        self.get(&QUERY, session, &path)
    }

    /// Asks for a further page, of a query or of the child rows inside one.
    pub fn next_page(&self, session: &Session, next: &str) -> Request {
        self.get(&QUERY, session, next)
    }

    /// Reads fields of one record.
    pub fn read_record(&self, session: &Session, kind: &str, id: &str, fields: &[&str]) -> Request {
        let path = format!(
            "{}?{}",
            self.record_path(kind, id),
            query([("fields", fields.join(",").as_str())])
        );
        self.get(&READ_RECORD, session, &path)
    }

    /// Sets fields of one record.
    ///
    /// # Errors
    /// When there is nothing to set.
    pub fn update_record(
        &self,
        session: &Session,
        kind: &str,
        id: &str,
        fields: &[(&str, FieldValue)],
    ) -> Result<Request, Fault> {
        let cannot = |why: &str| Fault::new(SYSTEM, FaultClass::Data, "cannot_be_asked", why);
        if fields.is_empty() || id.is_empty() {
            return Err(cannot("no record or no field to set was given"));
        }
        let values: BTreeMap<&str, Box<RawValue>> = fields
            .iter()
            .map(|(name, value)| Ok((*name, value.to_json()?)))
            .collect::<Result<_, serde_json::Error>>()
            .map_err(|_| cannot("not writable"))?;
        let bytes = serde_json::to_vec(&values).map_err(|_| cannot("not writable"))?;
        Ok(Request {
            method: Method::Patch,
            url: format!("{}{}", session.instance_url, self.record_path(kind, id)),
            headers: bearer(session),
            body: Some(Body {
                content_type: "application/json",
                bytes,
            }),
            operation: &UPDATE_RECORD,
        })
    }

    fn record_path(&self, kind: &str, id: &str) -> String {
        format!(
            "/services/data/v{}/sobjects/{}/{}",
            self.api_version,
            percent(kind),
            percent(id)
        )
    }

    fn get(&self, operation: &'static Operation, session: &Session, path: &str) -> Request {
        Request {
            method: Method::Get,
            url: format!("{}{path}", session.instance_url),
            headers: bearer(session),
            body: None,
            operation,
        }
    }
}

fn bearer(session: &Session) -> Vec<(String, String)> {
    vec![(
        "Authorization".to_owned(),
        format!("Bearer {}", session.access_token.reveal()),
    )]
}

const OPPORTUNITY_FIELDS: &str = "Id, Name, StageName, IsWon, IsClosed, Amount, Total_Contract_Value__c, CurrencyIsoCode, \
CloseDate, Type, SystemModstamp, Tieout_Start__c, Tieout_End__c, Tieout_Entity__c, \
Billing_Frequency__c, Upgrades_Opportunity__c, Account.Id, Account.Name, Account.CurrencyIsoCode, \
Account.BillingStreet, Account.BillingCity, Account.BillingPostalCode, Account.BillingCountry, \
Account.Stripe_Customer__c, Account.Payment_Method__c";

/// What sellers booked: every won opportunity with the value of its quote.
pub const BOOKED_SOQL: &str = "SELECT Id, Total_Contract_Value__c, CurrencyIsoCode, \
Tieout_Entity__c FROM Opportunity WHERE IsWon = true AND IsClosed = true";

const LINE_FIELDS: &str = "Id, Quantity, UnitPrice, TotalPrice, ServiceDate, Description, \
Product2Id, PricebookEntry.Product2.ProductCode";

/// The standard query: won opportunities changed at or after `since`, oldest change first, with
/// account and lines.
///
/// `since` is rounded down to the whole second and included, because several rows may carry the
/// same moment: the caller recognises rows it has seen by id and `modified`.
pub fn won_opportunities_soql(since: Option<Instant>) -> String {
    won_opportunities_soql_named(since, &FieldNames::default())
}

/// As [`won_opportunities_soql`], with the names that the fields have in this org.
pub fn won_opportunities_soql_named(since: Option<Instant>, names: &FieldNames) -> String {
    let changed = match since {
        Some(since) => format!(
            " AND SystemModstamp >= {}",
            Instant::from_seconds(since.seconds())
        ),
        None => String::new(),
    };
    let fields = names.in_query(OPPORTUNITY_FIELDS);
    format!(
        "SELECT {fields}, (SELECT {LINE_FIELDS} FROM OpportunityLineItems) \
         FROM Opportunity WHERE IsWon = true AND IsClosed = true{changed} \
         ORDER BY SystemModstamp ASC, Id ASC"
    )
}

/// The standard query for one opportunity, won or not.
pub fn opportunity_soql(id: &str) -> String {
    format!(
        "SELECT {OPPORTUNITY_FIELDS}, (SELECT {LINE_FIELDS} FROM OpportunityLineItems) \
         FROM Opportunity WHERE Id = {}",
        quoted(id)
    )
}

/// A text as a SOQL literal.
pub fn quoted(text: &str) -> String {
    let mut literal = String::with_capacity(text.len().saturating_add(2));
    literal.push('\'');
    for letter in text.chars() {
        match letter {
            '\\' | '\'' => {
                literal.push('\\');
                literal.push(letter);
            }
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            other => literal.push(other),
        }
    }
    literal.push('\'');
    literal
}

/// Reads one page of the standard query.
///
/// # Errors
/// When Salesforce answered with an error, or the answer as a whole cannot be read; a single bad
/// row is in the page.
pub fn read_won_page(operation: &Operation, reply: &Reply) -> Result<QueryPage<WonRow>, Fault> {
    read_won_page_named(operation, reply, &FieldNames::default())
}

/// As [`read_won_page`], with the names that the fields have in this org.
///
/// # Errors
/// As [`read_won_page`].
pub fn read_won_page_named(
    operation: &Operation,
    reply: &Reply,
    names: &FieldNames,
) -> Result<QueryPage<WonRow>, Fault> {
    read_body(operation, reply, |body| shapes::read_won_page(body, names))
}

/// Reads one further page of the lines of an opportunity.
///
/// # Errors
/// As [`read_won_page`].
pub fn read_line_page(
    operation: &Operation,
    reply: &Reply,
) -> Result<QueryPage<OpportunityLine>, Fault> {
    read_body(operation, reply, shapes::read_line_page)
}

/// Reads one page of any query: each row's own fields by their text.
///
/// # Errors
/// As [`read_won_page`].
pub fn read_text_page(
    operation: &Operation,
    reply: &Reply,
) -> Result<QueryPage<BTreeMap<String, String>>, Fault> {
    read_body(operation, reply, shapes::read_text_page)
}

/// Reads one record: its own fields by their text; empty fields are absent.
///
/// # Errors
/// When Salesforce answered with an error, or the answer cannot be read.
pub fn read_record(
    operation: &Operation,
    reply: &Reply,
) -> Result<BTreeMap<String, String>, Fault> {
    read_body(operation, reply, shapes::read_scalars)
}

/// Reads the answer to setting fields.
///
/// # Errors
/// When Salesforce answered with an error.
pub fn read_updated(operation: &Operation, reply: &Reply) -> Result<(), Fault> {
    if reply.is_success() {
        Ok(())
    } else {
        Err(read_fault(operation, reply))
    }
}

fn read_body<T>(
    operation: &Operation,
    reply: &Reply,
    read: impl Fn(&[u8]) -> Result<T, ReadFault>,
) -> Result<T, Fault> {
    if !reply.is_success() {
        return Err(read_fault(operation, reply));
    }
    read(&reply.body).map_err(|fault| Fault::unreadable(operation, &fault))
}

/// Reads an error answer into the classes of the house.
pub fn read_fault(operation: &Operation, reply: &Reply) -> Fault {
    if let Ok(errors) = Record::list_of_body(SYSTEM, "error", &reply.body)
        && let Some(first) = errors.first()
        && let Ok(Some(code)) = first.text("errorCode")
    {
        let message = first.text("message").ok().flatten().unwrap_or_default();
        let class = class_of(operation, reply, &code);
        return Fault::new(SYSTEM, class, code, &message);
    }
    if let Ok(error) = Record::of_body(SYSTEM, "error", &reply.body)
        && let Ok(Some(code)) = error.text("error")
    {
        let class = match reply.status {
            400 | 401 | 403 => FaultClass::Authentication,
            _ => Fault::by_status(operation, reply).class,
        };
        let message = error.text("error_description").ok().flatten();
        return Fault::new(SYSTEM, class, code, &message.unwrap_or_default());
    }
    Fault::by_status(operation, reply)
}

fn class_of(operation: &Operation, reply: &Reply, code: &str) -> FaultClass {
    match code {
        "INVALID_SESSION_ID" | "INVALID_LOGIN" | "INVALID_AUTH_HEADER" => {
            FaultClass::Authentication
        }
        "REQUEST_LIMIT_EXCEEDED" | "CONCURRENT_REQUESTS_LIMIT_EXCEEDED" => FaultClass::Throttled {
            retry_after_ms: reply.retry_after_ms(),
        },
        // The row is locked by another transaction for a moment; nothing was written.
        "UNABLE_TO_LOCK_ROW" | "QUERY_TIMEOUT" | "INVALID_QUERY_LOCATOR" => FaultClass::Transient,
        "SERVER_UNAVAILABLE" | "UNKNOWN_EXCEPTION" => Fault::class_of_server_failure(operation),
        "DUPLICATE_VALUE" | "DUPLICATES_DETECTED" | "DUPLICATE_EXTERNAL_ID" => {
            FaultClass::Duplicate
        }
        "ENTITY_IS_LOCKED"
        | "FIELD_CUSTOM_VALIDATION_EXCEPTION"
        | "INSUFFICIENT_ACCESS"
        | "INSUFFICIENT_ACCESS_OR_READONLY"
        | "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
        | "INVALID_FIELD_FOR_INSERT_UPDATE"
        | "API_DISABLED_FOR_ORG" => FaultClass::Policy,
        "MALFORMED_QUERY" | "JSON_PARSER_ERROR" | "METHOD_NOT_ALLOWED" => FaultClass::Bug,
        _ => Fault::by_status(operation, reply).class,
    }
}

/// Whether a fault says that the session is over; nothing was done and a new token mends it.
pub fn session_is_over(fault: &Fault) -> bool {
    fault.system == SYSTEM && fault.code == "INVALID_SESSION_ID"
}
