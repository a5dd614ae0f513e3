//! The NetSuite simulator: customers, journal entries, asynchronous jobs and SuiteQL behind
//! token-based authentication, with the rules that the ledger itself insists on.
//!
//! Read from here: `NetSuite` answers a call, `journal_entries.rs` says what may be posted. Wire
//! facts follow the Python client `netsuite` 0.12.0 and Oracle's help; where those are silent (how a
//! PATCH treats a sublist) the stricter reading is taken.

mod control;
mod journal_entries;
mod records;
mod refusal;
mod signing;
mod suiteql;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

pub use control::{AccountTotal, Handle};
pub use signing::{ACCOUNT, CONSUMER_KEY, CONSUMER_SECRET, TOKEN_ID, TOKEN_SECRET};

use crate::http::{Answer, Core, Exchange, System};
use records::{Page, Showing, Writing};
use refusal::Refusal;

const RESOURCE: &str = "application/vnd.oracle.resource+json; type=singular; charset=UTF-8";

/// The NetSuite simulator.
#[derive(Debug)]
pub(crate) struct NetSuite {
    core: Core,
    /// Signatures are refused when they are used again.
    nonces: Mutex<HashSet<(String, i64)>>,
    /// Seconds that a signature's time may be off simulated time; below 0 nobody looks.
    tolerance: AtomicI64,
    concurrent: AtomicI64,
    concurrency_limit: AtomicI64,
    /// How often a job is seen at work before it is seen done.
    polls_needed: AtomicU64,
    polls: Mutex<HashMap<String, u64>>,
}

/// What a write comes to: the internal id of the record.
type Written = Result<String, Refusal>;

impl NetSuite {
    pub(crate) fn new(core: Core) -> NetSuite {
        NetSuite {
            core,
            nonces: Mutex::default(),
            tolerance: AtomicI64::new(-1),
            concurrent: AtomicI64::new(0),
            concurrency_limit: AtomicI64::new(15),
            polls_needed: AtomicU64::new(1),
            polls: Mutex::default(),
        }
    }

    fn base(&self) -> String {
        format!("{}/services/rest", self.core.base_url())
    }

    fn authorize(&self, exchange: &Exchange) -> Result<(), Refusal> {
        let host = exchange.header("host").unwrap_or("");
        let url = format!("http://{host}{}", exchange.path);
        let signed = signing::Signed {
            method: &exchange.method,
            url: &url,
            query: &exchange.raw_query,
        };
        let header = exchange
            .header("authorization")
            .ok_or_else(Refusal::login)?;
        let credentials = signing::verify(&signed, header).ok_or_else(Refusal::login)?;
        let tolerance = self.tolerance.load(Ordering::SeqCst);
        if tolerance >= 0
            && (credentials.timestamp - self.core.clock.now_seconds()).abs() > tolerance
        {
            return Err(Refusal::login());
        }
        let fresh = self
            .nonces
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((credentials.nonce, credentials.timestamp));
        if fresh { Ok(()) } else { Err(Refusal::login()) }
    }

    fn call(&self, exchange: &Exchange) -> Result<Answer, Refusal> {
        self.authorize(exchange)?;
        let segments = exchange.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["services", "rest", rest @ ..] = path.as_slice() else {
            return Err(Refusal::no_such_resource());
        };
        match (exchange.method.as_str(), rest) {
            ("POST", ["query", "v1", "suiteql"]) => self.suiteql(exchange),
            ("GET", ["async", "v1", "job", id, rest @ ..]) => self.job(id, rest),
            ("GET", ["record", "v1", kind]) => {
                let kind = record_type(kind)?;
                let tables = self.core.tables();
                let page = Page::read(
                    exchange.parameter("limit").as_deref(),
                    exchange.parameter("offset").as_deref(),
                )?;
                let filter = exchange.parameter("q").filter(|q| !q.is_empty());
                let base = self.base();
                let showing = Showing {
                    tables: &tables,
                    base: &base,
                    stale: false,
                    expanded: false,
                };
                Ok(resource(
                    200,
                    &showing.collection(kind, filter.as_deref(), page)?,
                ))
            }
            ("GET", ["record", "v1", kind, id]) => {
                let kind = record_type(kind)?;
                let tables = self.core.tables();
                let expanded = exchange.parameter("expandSubResources").as_deref() == Some("true");
                let base = self.base();
                let showing = Showing {
                    tables: &tables,
                    base: &base,
                    stale: exchange.stale,
                    expanded,
                };
                Ok(resource(200, &showing.record(kind, id)?))
            }
            ("POST" | "PUT" | "PATCH", ["record", "v1", kind, rest @ ..]) => {
                self.write_call(exchange, record_type(kind)?, rest)
            }
            _ => Err(Refusal::no_such_resource()),
        }
    }

    fn write_call(
        &self,
        exchange: &Exchange,
        kind: &'static str,
        rest: &[&str],
    ) -> Result<Answer, Refusal> {
        let given = match serde_json::from_slice::<Value>(&exchange.body) {
            Ok(Value::Object(given)) => given,
            _ => return Err(Refusal::content("The request body is not a JSON object.")),
        };
        let asynchronous = exchange
            .header("prefer")
            .is_some_and(|prefer| prefer.contains("respond-async"));
        let key = exchange
            .header("x-netsuite-idempotency-key")
            .filter(|_| asynchronous);
        if asynchronous {
            return self.submit(exchange, kind, rest, &given, key);
        }
        let mut tables = self.core.tables();
        let mut change = tables.begin();
        let id = write(
            &mut self.writing(exchange, &mut change),
            &exchange.method,
            kind,
            rest,
            &given,
        )?;
        change.commit().map_err(|_| Refusal::unexpected())?;
        Ok(Answer::empty(204).with("Location", format!("{}/record/v1/{kind}/{id}", self.base())))
    }

    fn writing<'a, 't>(
        &self,
        exchange: &Exchange,
        change: &'a mut crate::tables::Transaction<'t>,
    ) -> Writing<'a, 't> {
        let validation = exchange
            .header("x-netsuite-propertynamevalidation")
            .unwrap_or("warning");
        let replaced = exchange.parameter("replace").unwrap_or_default();
        Writing {
            change,
            now: self.core.clock.now_micros(),
            strict_names: validation.eq_ignore_ascii_case("error"),
            replaced: replaced
                .split(',')
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }

    /// Takes the work as a job. It is done at once, but is seen at work for a number of polls.
    fn submit(
        &self,
        exchange: &Exchange,
        kind: &'static str,
        rest: &[&str],
        given: &Map<String, Value>,
        key: Option<&str>,
    ) -> Result<Answer, Refusal> {
        let mut tables = self.core.tables();
        let location = |job: &str| format!("{}/async/v1/job/{job}", self.base());
        if let Some(known) = key.and_then(|key| tables.get("job_keys", key)) {
            let job = known["job"].as_str().unwrap_or("");
            return Ok(Refusal::idempotency()
                .answer()
                .with("Location", location(job))
                .with("Preference-Applied", "respond-async"));
        }
        let mut change = tables.begin();
        let result = match write(
            &mut self.writing(exchange, &mut change),
            &exchange.method,
            kind,
            rest,
            given,
        ) {
            Ok(id) => json!({ "status": 204, "location": format!("/record/v1/{kind}/{id}") }),
            Err(refusal) => {
                change = tables.begin();
                json!({ "status": refusal.status, "body": refusal.body() })
            }
        };
        let job = (change.settled().count("jobs") + 1).to_string();
        change.put(
            "jobs",
            &job,
            json!({ "result": result, "method": exchange.method }),
        );
        if let Some(key) = key {
            change.put("job_keys", key, json!({ "job": job }));
        }
        change.commit().map_err(|_| Refusal::unexpected())?;
        Ok(Answer::empty(202)
            .with("Location", location(&job))
            .with("Preference-Applied", "respond-async"))
    }

    /// A job, its tasks, a task, or the result of the task.
    fn job(&self, id: &str, rest: &[&str]) -> Result<Answer, Refusal> {
        let job = self
            .core
            .tables()
            .get("jobs", id)
            .cloned()
            .ok_or_else(|| Refusal::not_found(format!("The job {id} does not exist.")))?;
        let seen = {
            let mut polls = self.polls.lock().unwrap_or_else(PoisonError::into_inner);
            let count = polls.entry(id.to_owned()).or_insert(0);
            if rest.is_empty() {
                *count += 1;
            }
            *count
        };
        let completed = seen > self.polls_needed.load(Ordering::SeqCst);
        let status = job["result"]["status"].as_u64().unwrap_or(500);
        let progress = match (completed, status) {
            (false, _) => "processing",
            (true, 200..=299) => "succeeded",
            (true, _) => "failed",
        };
        let href = format!("{}/async/v1/job/{id}", self.base());
        let link = |tail: &str| json!([{ "rel": "self", "href": format!("{href}{tail}") }]);
        let task = json!({
            "links": link("/task/1"), "completed": completed, "id": "1", "method": job["method"],
            "progress": progress, "result": { "links": link("/task/1/result") }
        });
        match rest {
            [] => Ok(resource(
                200,
                &json!({
                    "links": link(""), "completed": completed, "id": id, "progress": progress,
                    "task": { "links": link("/task") }
                }),
            )),
            ["task"] => Ok(resource(
                200,
                &json!({
                    "links": link("/task"), "count": 1, "hasMore": false, "items": [task], "offset": 0, "totalResults": 1
                }),
            )),
            ["task", "1"] => Ok(resource(200, &task)),
            ["task", "1", "result"] | ["result"] => self.job_result(&job, completed),
            _ => Err(Refusal::no_such_resource()),
        }
    }

    fn job_result(&self, job: &Value, completed: bool) -> Result<Answer, Refusal> {
        if !completed {
            return Err(Refusal::not_found("The result is not there yet."));
        }
        let status = job["result"]["status"]
            .as_u64()
            .and_then(|status| u16::try_from(status).ok())
            .unwrap_or(500);
        Ok(match job["result"]["location"].as_str() {
            Some(location) => {
                Answer::empty(status).with("Location", format!("{}{location}", self.base()))
            }
            None => resource(status, &job["result"]["body"]),
        })
    }

    fn suiteql(&self, exchange: &Exchange) -> Result<Answer, Refusal> {
        if exchange.header("prefer") != Some("transient") {
            return Err(Refusal::header(
                "The required request header 'Prefer' is missing or is not 'transient'.",
            ));
        }
        let body: Value = serde_json::from_slice(&exchange.body)
            .map_err(|_| Refusal::content("The request body is not a JSON object."))?;
        let query = body["q"]
            .as_str()
            .ok_or_else(|| Refusal::content("The request body has no query 'q'."))?;
        let page = Page::read(
            exchange.parameter("limit").as_deref(),
            exchange.parameter("offset").as_deref(),
        )?;
        let url = format!("{}/query/v1/suiteql", self.base());
        Ok(resource(
            200,
            &suiteql::run(&self.core.tables(), query, page, &url)?,
        ))
    }
}

fn record_type(name: &str) -> Result<&'static str, Refusal> {
    records::record_type(name)
        .ok_or_else(|| Refusal::not_found(format!("Record type '{name}' does not exist.")))
}

fn write(
    writing: &mut Writing<'_, '_>,
    method: &str,
    kind: &'static str,
    rest: &[&str],
    given: &Map<String, Value>,
) -> Written {
    match (method, rest) {
        ("POST", []) => writing.create(kind, given),
        ("PUT", [id]) => match id.strip_prefix("eid:") {
            Some(external) => writing.upsert(kind, external, given),
            None => Err(Refusal::content(
                "PUT needs an external id in the form eid:value.",
            )),
        },
        ("PATCH", [id]) => {
            let found =
                records::internal_id(writing.change.settled(), kind, id).ok_or_else(|| {
                    Refusal::not_found(format!("The record {kind} {id} does not exist."))
                })?;
            writing.update(kind, &found, given).map(|()| found)
        }
        _ => Err(Refusal::no_such_resource()),
    }
}

fn resource(status: u16, body: &Value) -> Answer {
    let mut answer = Answer::json(status, body);
    answer.headers = vec![("Content-Type", RESOURCE.to_owned())];
    answer
}

impl System for NetSuite {
    fn core(&self) -> &Core {
        &self.core
    }

    fn answer(&self, exchange: &Exchange) -> Answer {
        self.call(exchange)
            .unwrap_or_else(|refusal| refusal.answer())
    }

    fn too_many_requests(&self, _: &Exchange) -> Answer {
        Refusal::concurrency().answer()
    }

    fn server_error(&self, _: &Exchange) -> Answer {
        Refusal::unexpected().answer()
    }

    fn enter(&self) -> bool {
        let present = self.concurrent.fetch_add(1, Ordering::SeqCst) + 1;
        present <= self.concurrency_limit.load(Ordering::SeqCst)
    }

    fn leave(&self) {
        self.concurrent.fetch_sub(1, Ordering::SeqCst);
    }
}
