//! The Salesforce simulator: sessions, SOQL, records and write-back, described by a schema that
//! refuses what it does not know.
//!
//! Read from here: `Salesforce` answers a call; `soql.rs` reads and runs queries; `records.rs`
//! says what may be written. Wire facts follow simple-salesforce 1.12.10, jsforce 3.10.16 and
//! recorded answers.

mod control;
mod fault;
mod records;
mod schema;
mod sessions;
mod soql;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

pub use control::Handle;
pub(crate) use control::record_id;
pub use schema::FieldKind;
pub use sessions::{CLIENT_ID, CLIENT_SECRET, USERNAME};

use crate::SimFault;
use crate::civil;
use crate::http::{Answer, Core, Exchange, System};
use crate::mint;
use fault::Refusal;
use records::{Fields, Writing, Written};

/// The user that all API calls run as.
pub(crate) const INTEGRATION_USER: &str = "005Sim000000001IAA";

/// How many query cursors are kept.
const CURSORS: usize = 500;

/// The Salesforce simulator.
#[derive(Debug)]
pub(crate) struct Salesforce {
    core: Core,
    session_seconds: Mutex<i64>,
    page_size: AtomicU64,
    child_page_size: AtomicU64,
    daily_limit: AtomicU64,
    /// The day counted (days since the epoch) and the calls on it.
    usage: Mutex<(i64, u64)>,
    /// Results that are still being paged through; lost when the process ends, as cursors may be.
    cursors: Mutex<VecDeque<(String, Vec<Value>)>>,
}

impl Salesforce {
    pub(crate) fn new(core: Core) -> Result<Salesforce, SimFault> {
        let salesforce = Salesforce {
            core,
            session_seconds: Mutex::new(sessions::SESSION_SECONDS),
            page_size: AtomicU64::new(2_000),
            child_page_size: AtomicU64::new(200),
            daily_limit: AtomicU64::new(1_000_000),
            usage: Mutex::default(),
            cursors: Mutex::default(),
        };
        let mut user = Fields::new();
        for (name, value) in [
            ("Username", USERNAME),
            ("LastName", "User"),
            ("FirstName", "Integration"),
        ] {
            user.insert(name.to_owned(), json!(value));
        }
        user.insert("IsActive".to_owned(), json!(true));
        salesforce.write(|writing| writing.keep("User", INTEGRATION_USER, user))?;
        Ok(salesforce)
    }

    /// Runs a piece of writing and commits it.
    fn write<T>(&self, work: impl FnOnce(&mut Writing<'_, '_>) -> T) -> Result<T, SimFault> {
        let mut tables = self.core.tables();
        let mut change = tables.begin();
        let mut writing = Writing {
            change: &mut change,
            seed: self.core.seed,
            now: self.core.clock.now_micros(),
            user: INTEGRATION_USER,
        };
        let done = work(&mut writing);
        change.commit()?;
        Ok(done)
    }

    /// Like [`Salesforce::write`], for work that may be refused: then nothing is kept.
    fn try_write<T>(
        &self,
        work: impl FnOnce(&mut Writing<'_, '_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut tables = self.core.tables();
        let mut change = tables.begin();
        let mut writing = Writing {
            change: &mut change,
            seed: self.core.seed,
            now: self.core.clock.now_micros(),
            user: INTEGRATION_USER,
        };
        let done = work(&mut writing)?;
        change.commit().map_err(|_| {
            Refusal::bad("UNKNOWN_EXCEPTION", "the change could not be kept").status(500)
        })?;
        Ok(done)
    }

    fn data_call(&self, exchange: &Exchange) -> Result<Answer, Refusal> {
        let segments = exchange.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let missing = || Refusal::not_found("The requested resource does not exist");
        let ["services", "data", version, rest @ ..] = path.as_slice() else {
            return Err(missing());
        };
        if !is_version(version) {
            return Err(missing());
        }
        match (exchange.method.as_str(), rest) {
            ("GET", ["query"]) => self.query(exchange, version, false),
            ("GET", ["queryAll"]) => self.query(exchange, version, true),
            ("GET", ["query" | "queryAll", cursor]) => self.next_page(exchange, version, cursor),
            ("GET", ["sobjects"]) => Ok(Answer::json(200, &self.describe_all(version))),
            ("GET", ["limits"]) => Ok(Answer::json(200, &self.limits())),
            (method, ["sobjects", sobject, rest @ ..]) => {
                let sobject = schema::type_named(sobject).ok_or_else(missing)?;
                self.sobject_call(exchange, version, method, sobject, rest)
            }
            _ => Err(missing()),
        }
    }

    fn sobject_call(
        &self,
        exchange: &Exchange,
        version: &str,
        method: &str,
        sobject: &'static str,
        rest: &[&str],
    ) -> Result<Answer, Refusal> {
        match (method, rest) {
            ("GET", ["describe"]) => Ok(Answer::json(200, &self.describe(sobject))),
            ("POST", []) => {
                let given = body_of(exchange)?;
                let id = self.try_write(|writing| writing.create(sobject, &given))?;
                Ok(created(version, sobject, &id, false))
            }
            ("GET", [id]) => self.retrieve(exchange, version, sobject, id),
            ("PATCH", [id]) => {
                let given = body_of(exchange)?;
                self.try_write(|writing| writing.update(sobject, id, &given))?;
                Ok(Answer::empty(204))
            }
            ("DELETE", [id]) => {
                self.try_write(|writing| writing.delete(sobject, id))?;
                Ok(Answer::empty(204))
            }
            ("PATCH", [field, value]) => {
                let given = body_of(exchange)?;
                match self.try_write(|writing| writing.upsert(sobject, field, value, &given))? {
                    Written::Created(id) => Ok(created(version, sobject, &id, true)),
                    Written::Updated(id) => Ok(Answer::json(
                        200,
                        &json!({ "id": id, "success": true, "errors": [], "created": false }),
                    )),
                }
            }
            ("GET", [field, value]) => {
                let id = {
                    let mut tables = self.core.tables();
                    let change = tables.begin();
                    let field = records::external_field(&change, sobject, field)?;
                    let found = change
                        .settled()
                        .rows(sobject)
                        .find(|(_, record)| record[&field.name] == *value);
                    found.map(|(id, _)| id.to_owned())
                };
                let id =
                    id.ok_or_else(|| Refusal::not_found("The requested resource does not exist"))?;
                self.retrieve(exchange, version, sobject, &id)
            }
            _ => Err(Refusal::bad(
                "METHOD_NOT_ALLOWED",
                format!("HTTP Method '{method}' not allowed."),
            )
            .status(405)),
        }
    }

    fn retrieve(
        &self,
        exchange: &Exchange,
        version: &str,
        sobject: &str,
        id: &str,
    ) -> Result<Answer, Refusal> {
        let tables = self.core.tables();
        let record = schema::whole_id(id)
            .and_then(|id| tables.read(sobject, &id, exchange.stale))
            .filter(|record| record["IsDeleted"] != true)
            .ok_or_else(|| Refusal::not_found("The requested resource does not exist"))?;
        let mut rendered = soql::attributed(version, sobject, record);
        let wanted = exchange.parameter("fields");
        let names: Vec<String> = match &wanted {
            Some(list) => list.split(',').map(|name| name.trim().to_owned()).collect(),
            None => schema::fields(&tables, sobject)
                .into_iter()
                .map(|field| field.name)
                .collect(),
        };
        for name in names {
            let field = schema::field(&tables, sobject, &name).ok_or_else(|| {
                Refusal::bad(
                    "INVALID_FIELD",
                    format!("No such column '{name}' on sobject of type {sobject}"),
                )
            })?;
            let value = soql::own_value(&tables, sobject, record, &field.name);
            rendered.insert(field.name, value);
        }
        Ok(Answer::json(200, &Value::Object(rendered)))
    }

    fn query(&self, exchange: &Exchange, version: &str, deleted: bool) -> Result<Answer, Refusal> {
        let text = exchange.parameter("q").unwrap_or_default();
        let tables = self.core.tables();
        let query = soql::parse(&tables, &text)?;
        let found = query.run(&tables, soql::Rendering { version, deleted });
        drop(tables);
        if query.counts() {
            return Ok(Answer::json(
                200,
                &json!({ "totalSize": found.total, "done": true, "records": [] }),
            ));
        }
        let child_size =
            usize::try_from(self.child_page_size.load(Ordering::SeqCst)).unwrap_or(200);
        let records = found
            .records
            .into_iter()
            .map(|record| self.page_children(version, record, child_size))
            .collect();
        let page = self.page(version, records, self.size_asked(exchange), &text);
        Ok(Answer::json(200, &page))
    }

    /// Pages the child results of a record that are longer than a page.
    fn page_children(&self, version: &str, mut record: Value, size: usize) -> Value {
        let Some(fields) = record.as_object_mut() else {
            return record;
        };
        for (name, value) in fields.iter_mut() {
            let long = value["records"]
                .as_array()
                .is_some_and(|records| records.len() > size);
            if long && let Some(Value::Array(records)) = value.get_mut("records").map(Value::take) {
                let what = format!("{name} {}", records[0]["attributes"]["url"]);
                *value = self.page(version, records, size, &what);
            }
        }
        record
    }

    /// The first page; the rest is kept under a cursor.
    fn page(&self, version: &str, records: Vec<Value>, size: usize, what: &str) -> Value {
        let total = records.len();
        if total <= size {
            return json!({ "totalSize": total, "done": true, "records": records });
        }
        let mut cursors = self.cursors.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.core.clock.now_micros().to_string();
        let tail = mint::letters(
            self.core.seed,
            &["cursor", what, &now, &total.to_string()],
            9,
        );
        let id = schema::eighteen(&format!("01gSim{tail}"));
        let first = records[..size].to_vec();
        cursors.retain(|(known, _)| *known != id);
        cursors.push_back((id.clone(), records));
        if cursors.len() > CURSORS {
            cursors.pop_front();
        }
        json!({
            "totalSize": total, "done": false, "records": first,
            "nextRecordsUrl": format!("/services/data/{version}/query/{id}-{size}")
        })
    }

    fn next_page(
        &self,
        exchange: &Exchange,
        version: &str,
        cursor: &str,
    ) -> Result<Answer, Refusal> {
        let invalid = || Refusal::bad("INVALID_QUERY_LOCATOR", "invalid query locator");
        let (id, offset) = cursor.rsplit_once('-').ok_or_else(invalid)?;
        let offset: usize = offset.parse().map_err(|_| invalid())?;
        let cursors = self.cursors.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, records) = cursors
            .iter()
            .find(|(known, _)| known == id)
            .ok_or_else(invalid)?;
        if offset >= records.len() {
            return Err(invalid());
        }
        // Without the header a cursor goes on with pages as long as its first.
        let size = match exchange.header("sforce-query-options") {
            Some(_) => self.size_asked(exchange),
            None => offset.min(self.size_asked(exchange)),
        };
        let end = (offset + size).min(records.len());
        let mut page = json!({
            "totalSize": records.len(), "done": end == records.len(), "records": records[offset..end]
        });
        if end < records.len() {
            page["nextRecordsUrl"] = json!(format!("/services/data/{version}/query/{id}-{end}"));
        }
        Ok(Answer::json(200, &page))
    }

    /// The page size: what `Sforce-Query-Options: batchSize=` asks for within 200 and 2000, else the
    /// one set by a control call.
    fn size_asked(&self, exchange: &Exchange) -> usize {
        let set = self.page_size.load(Ordering::SeqCst);
        let asked = exchange
            .header("sforce-query-options")
            .and_then(|options| {
                options
                    .split(',')
                    .find_map(|option| option.trim().strip_prefix("batchSize="))
            })
            .and_then(|size| size.parse::<u64>().ok());
        usize::try_from(asked.map_or(set, |size| size.clamp(200, 2_000)))
            .unwrap_or(2_000)
            .max(1)
    }

    fn describe(&self, sobject: &str) -> Value {
        let tables = self.core.tables();
        let fields: Vec<Value> = schema::fields(&tables, sobject)
            .into_iter()
            .map(|field| {
                let targets = match &field.kind {
                    FieldKind::Lookup(target) => vec![target.clone()],
                    _ => Vec::new(),
                };
                let id = field.name == "Id";
                json!({
                    "name": field.name, "label": field.name, "type": if id { "id" } else { field.kind.wire_name() },
                    "custom": field.name.ends_with("__c"), "createable": !field.read_only,
                    "updateable": !field.read_only, "externalId": field.kind == FieldKind::ExternalId,
                    "referenceTo": targets, "relationshipName": field.relationship(), "nillable": !id
                })
            })
            .collect();
        json!({ "name": sobject, "keyPrefix": schema::prefix_of(sobject), "queryable": true, "fields": fields })
    }

    fn describe_all(&self, version: &str) -> Value {
        let sobjects: Vec<Value> = schema::types()
            .map(|(name, prefix)| {
                let url = format!("/services/data/{version}/sobjects/{name}");
                json!({
                    "name": name, "label": name, "keyPrefix": prefix, "custom": false, "queryable": true,
                    "urls": { "sobject": url, "describe": format!("{url}/describe"), "rowTemplate": format!("{url}/{{ID}}") }
                })
            })
            .collect();
        json!({ "encoding": "UTF-8", "maxBatchSize": 200, "sobjects": sobjects })
    }

    fn limits(&self) -> Value {
        let (_, used) = *self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = self.daily_limit.load(Ordering::SeqCst);
        json!({ "DailyApiRequests": { "Max": limit, "Remaining": limit.saturating_sub(used) } })
    }

    /// Counts the call; answers (used, limit) of the simulated day.
    fn count_call(&self) -> (u64, u64) {
        let today = self.core.clock.now_micros().div_euclid(civil::DAY_MICROS);
        let mut usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        if usage.0 != today {
            *usage = (today, 0);
        }
        usage.1 += 1;
        (usage.1, self.daily_limit.load(Ordering::SeqCst))
    }
}

fn is_version(text: &str) -> bool {
    text.strip_prefix('v')
        .and_then(|number| number.strip_suffix(".0"))
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn body_of(exchange: &Exchange) -> Result<Fields, Refusal> {
    match serde_json::from_slice::<Value>(&exchange.body) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(Refusal::bad(
            "JSON_PARSER_ERROR",
            "The HTTP entity body is not a JSON object.",
        )),
    }
}

fn created(version: &str, sobject: &str, id: &str, upsert: bool) -> Answer {
    let mut body = Map::new();
    body.insert("id".to_owned(), json!(id));
    body.insert("success".to_owned(), json!(true));
    body.insert("errors".to_owned(), json!([]));
    if upsert {
        body.insert("created".to_owned(), json!(true));
    }
    Answer::json(201, &Value::Object(body)).with(
        "Location",
        format!("/services/data/{version}/sobjects/{sobject}/{id}"),
    )
}

fn limit_exceeded() -> Refusal {
    Refusal::bad("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.").status(403)
}

impl System for Salesforce {
    fn core(&self) -> &Core {
        &self.core
    }

    fn answer(&self, exchange: &Exchange) -> Answer {
        match (
            exchange.method.as_str(),
            exchange.path.trim_end_matches('/'),
        ) {
            ("POST", "/services/oauth2/token") => return self.token(exchange),
            ("GET", "/services/data") => {
                let version = json!([{ "label": "Summer '24", "url": "/services/data/v62.0", "version": "62.0" }]);
                return Answer::json(200, &version);
            }
            _ => {}
        }
        if !self.has_session(exchange) {
            return Refusal::session().answer();
        }
        let (used, limit) = self.count_call();
        let answer = if used > limit {
            Err(limit_exceeded())
        } else {
            self.data_call(exchange)
        };
        answer
            .unwrap_or_else(|refusal| refusal.answer())
            .with("Sforce-Limit-Info", format!("api-usage={used}/{limit}"))
    }

    fn too_many_requests(&self, _: &Exchange) -> Answer {
        limit_exceeded().answer()
    }

    fn server_error(&self, _: &Exchange) -> Answer {
        Refusal::bad(
            "SERVER_UNAVAILABLE",
            "The server is unavailable. Please try again.",
        )
        .status(503)
        .answer()
    }
}
