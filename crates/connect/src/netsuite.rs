//! NetSuite (SuiteTalk REST): customers, journal entries, look-ups. Pure.
//!
//! Wire facts: token-based authentication on every call; a POST answers 204 with the new record
//! in `Location`; `eid:` addresses a record by its external id; a synchronous POST has no
//! idempotency key, so an entry is found by its external id before it is created again; the
//! asynchronous form takes `X-NetSuite-Idempotency-Key` and answers a repeat with status 400,
//! code `IDEMPOTENCY_ERROR` and the first job in `Location`; errors are `o:errorDetails`.

mod shapes;
pub mod signature;

use values::Instant;

pub use shapes::{
    CustomerRecord, Job, JobProgress, JournalEntry, JournalLine, QueryRow, Rows, Side,
    StoredCustomer, StoredJournal, StoredLine,
};
pub use signature::{Credentials, Stamp};

use crate::encoding::percent;
use crate::fault::{Fault, FaultClass, ReadFault};
use crate::json::Record;
use crate::request::{Body, Method, Operation, Reply, Request, Safety};

/// Name of the system in faults and metrics.
pub const SYSTEM: &str = "netsuite";

/// A question that harms nothing and that every account answers, to learn whether it is well.
pub const HARMLESS_SUITEQL: &str = "SELECT id FROM currency";

const fn operation(name: &'static str, safety: Safety) -> Operation {
    Operation {
        system: SYSTEM,
        name,
        safety,
    }
}

/// Creates a customer or brings it up to date.
pub static UPSERT_CUSTOMER: Operation = operation("upsert_customer", Safety::UpsertByExternalId);
/// Creates a journal entry and waits for it.
pub static CREATE_JOURNAL: Operation = operation("create_journal_entry", Safety::FindThenCreate);
/// Hands a journal entry in; a job creates it.
pub static SUBMIT_JOURNAL: Operation = operation("submit_journal_entry", Safety::NativeKey);
/// Reads a job.
pub static READ_JOB: Operation = operation("read_job", Safety::ReadOnly);
/// Reads a record by its external id.
pub static FIND: Operation = operation("find_by_external_id", Safety::ReadOnly);
/// Asks in SuiteQL.
pub static QUERY: Operation = operation("query", Safety::ReadOnly);

/// Everything this connector can do.
pub static OPERATIONS: [&Operation; 6] = [
    &UPSERT_CUSTOMER,
    &CREATE_JOURNAL,
    &SUBMIT_JOURNAL,
    &READ_JOB,
    &FIND,
    &QUERY,
];

/// Rows asked for in one page.
const PAGE_LIMIT: u32 = 1_000;

/// Where NetSuite is and how calls are signed.
#[derive(Debug, Clone)]
pub struct Connection {
    /// `https://1234567-sb1.suitetalk.api.netsuite.com`, without a slash at the end.
    pub base_url: String,
    /// Credentials of the integration.
    pub credentials: Credentials,
}

/// What became of handing in an asynchronous request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Submission {
    /// This call started the job.
    Done {
        /// Id of the job.
        job: String,
    },
    /// An earlier call with the same key had started it.
    AlreadyDone {
        /// Id of the first job.
        job: String,
    },
}

impl Submission {
    /// Id of the job either way.
    pub fn job(&self) -> &str {
        match self {
            Submission::Done { job } | Submission::AlreadyDone { job } => job,
        }
    }
}

impl Connection {
    /// A connection to the production host of the account.
    pub fn new(credentials: Credentials) -> Connection {
        let host = credentials.account.to_ascii_lowercase().replace('_', "-");
        Connection {
            base_url: format!("https://{host}.suitetalk.api.netsuite.com"),
            credentials,
        }
    }

    /// Creates the customer with this external id, or brings it up to date.
    ///
    /// # Errors
    /// When the external id is empty.
    pub fn upsert_customer(
        &self,
        customer: &CustomerRecord,
        stamp: &Stamp,
    ) -> Result<Request, Fault> {
        let path = eid_path("customer", &customer.external_id)?;
        let body = shapes::write_customer(customer).map_err(|_| cannot_ask("not writable"))?;
        Ok(self.with_record(&UPSERT_CUSTOMER, Method::Put, &path, body, stamp))
    }

    /// Creates a journal entry. Look for it first: a repeat is refused at best and doubled at
    /// worst.
    ///
    /// # Errors
    /// When the external id is empty, there are no lines, or an amount is not positive.
    pub fn create_journal_entry(
        &self,
        entry: &JournalEntry,
        stamp: &Stamp,
    ) -> Result<Request, Fault> {
        let body = journal_body(entry)?;
        let path = "/services/rest/record/v1/journalEntry";
        Ok(self.with_record(&CREATE_JOURNAL, Method::Post, path, body, stamp))
    }

    /// Hands a journal entry in to be created by a job. The key makes a repeat harmless.
    ///
    /// # Errors
    /// As [`Connection::create_journal_entry`], or when the key is empty.
    pub fn submit_journal_entry(
        &self,
        entry: &JournalEntry,
        idempotency_key: &str,
        stamp: &Stamp,
    ) -> Result<Request, Fault> {
        if idempotency_key.is_empty() || idempotency_key.chars().any(char::is_control) {
            return Err(cannot_ask("the idempotency key is empty or not printable"));
        }
        let body = journal_body(entry)?;
        let path = "/services/rest/record/v1/journalEntry";
        let mut request = self.with_record(&SUBMIT_JOURNAL, Method::Post, path, body, stamp);
        request.headers.extend([
            ("Prefer".to_owned(), "respond-async".to_owned()),
            (
                "X-NetSuite-Idempotency-Key".to_owned(),
                idempotency_key.to_owned(),
            ),
        ]);
        Ok(request)
    }

    /// Reads a job.
    pub fn read_job(&self, job: &str, stamp: &Stamp) -> Request {
        let path = format!("/services/rest/async/v1/job/{}", percent(job));
        self.request(&READ_JOB, Method::Get, &path, stamp)
    }

    /// Reads the journal entry with this external id, lines included.
    ///
    /// # Errors
    /// When the external id is empty.
    pub fn find_journal_entry(&self, external_id: &str, stamp: &Stamp) -> Result<Request, Fault> {
        let path = eid_path("journalEntry", external_id)?;
        let path = format!("{path}?expandSubResources=true");
        Ok(self.request(&FIND, Method::Get, &path, stamp))
    }

    /// Reads the customer with this external id.
    ///
    /// # Errors
    /// When the external id is empty.
    pub fn find_customer(&self, external_id: &str, stamp: &Stamp) -> Result<Request, Fault> {
        let path = eid_path("customer", external_id)?;
        Ok(self.request(&FIND, Method::Get, &path, stamp))
    }

    /// Asks in SuiteQL, from `offset` on.
    pub fn query(&self, suiteql: &str, offset: u64, stamp: &Stamp) -> Request {
        let path = format!("/services/rest/query/v1/suiteql?limit={PAGE_LIMIT}&offset={offset}");
        let mut request = self.request(&QUERY, Method::Post, &path, stamp);
        request
            .headers
            .push(("Prefer".to_owned(), "transient".to_owned()));
        let body = serde_json::json!({ "q": suiteql });
        request.body = Some(Body {
            content_type: "application/json",
            bytes: body.to_string().into_bytes(),
        });
        request
    }

    fn with_record(
        &self,
        operation: &'static Operation,
        method: Method,
        path: &str,
        body: Vec<u8>,
        stamp: &Stamp,
    ) -> Request {
        let mut request = self.request(operation, method, path, stamp);
        // Without this NetSuite silently ignores fields it does not know.
        request.headers.push((
            "X-NetSuite-PropertyNameValidation".to_owned(),
            "error".to_owned(),
        ));
        request.body = Some(Body {
            content_type: "application/json",
            bytes: body,
        });
        request
    }

    fn request(
        &self,
        operation: &'static Operation,
        method: Method,
        path: &str,
        stamp: &Stamp,
    ) -> Request {
        let url = format!("{}{path}", self.base_url);
        let authorization = self.credentials.authorization(method, &url, stamp);
        Request {
            method,
            url,
            headers: vec![("Authorization".to_owned(), authorization)],
            body: None,
            operation,
        }
    }
}

/// A stamp from a nonce and the present moment.
pub fn stamp(nonce: impl Into<String>, at: Instant) -> Stamp {
    Stamp {
        nonce: nonce.into(),
        at,
    }
}

/// The SuiteQL that lists which of these external ids exist as transactions, with their ids.
pub fn transactions_by_external_id(external_ids: &[&str]) -> String {
    let quoted: Vec<String> = external_ids.iter().map(|id| quoted(id)).collect();
    format!(
        "SELECT id, externalid FROM transaction WHERE externalid IN ({})",
        quoted.join(", ")
    )
}

/// A text as a SuiteQL literal.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn eid_path(kind: &str, external_id: &str) -> Result<String, Fault> {
    if external_id.is_empty() {
        return Err(cannot_ask("the external id is empty"));
    }
    Ok(format!(
        "/services/rest/record/v1/{kind}/eid:{}",
        percent(external_id)
    ))
}

fn journal_body(entry: &JournalEntry) -> Result<Vec<u8>, Fault> {
    if entry.external_id.is_empty() {
        return Err(cannot_ask("the external id is empty"));
    }
    if entry.lines.is_empty() {
        return Err(cannot_ask("the journal entry has no lines"));
    }
    if let Some(position) = entry.lines.iter().position(|line| line.amount.minor <= 0) {
        return Err(cannot_ask(&format!(
            "line {} of {} has an amount that is not more than zero; use the other side",
            position.saturating_add(1),
            entry.external_id
        )));
    }
    shapes::write_journal(entry).map_err(|_| cannot_ask("not writable"))
}

fn cannot_ask(why: &str) -> Fault {
    Fault::new(SYSTEM, FaultClass::Data, "cannot_be_asked", why)
}

/// Reads the answer to creating or upserting a record: its internal id, if NetSuite names it.
///
/// # Errors
/// When NetSuite answered with an error.
pub fn read_created(operation: &Operation, reply: &Reply) -> Result<Option<String>, Fault> {
    if !reply.is_success() {
        return Err(read_fault(operation, reply));
    }
    let id = reply.location_id().filter(|id| !id.starts_with("eid:"));
    Ok(id.map(str::to_owned))
}

/// Reads the answer to handing in an asynchronous request.
///
/// # Errors
/// When NetSuite answered with another error, or names no job.
pub fn read_submission(operation: &Operation, reply: &Reply) -> Result<Submission, Fault> {
    let job = reply.location_id().map(str::to_owned);
    if reply.is_success() {
        return job.map(|job| Submission::Done { job }).ok_or_else(|| {
            let lack = ReadFault::missing(SYSTEM, "Location", "the address of the job is needed");
            Fault::unreadable(operation, &lack)
        });
    }
    let fault = read_fault(operation, reply);
    match (fault.class, job) {
        (FaultClass::Duplicate, Some(job)) => Ok(Submission::AlreadyDone { job }),
        _ => Err(fault),
    }
}

/// Reads a job.
///
/// # Errors
/// When NetSuite answered with an error, or the answer cannot be read.
pub fn read_job(operation: &Operation, reply: &Reply) -> Result<Job, Fault> {
    read_body(operation, reply, shapes::read_job)
}

/// Reads a customer.
///
/// # Errors
/// When NetSuite answered with an error, or the answer cannot be read.
pub fn read_customer(operation: &Operation, reply: &Reply) -> Result<StoredCustomer, Fault> {
    read_body(operation, reply, shapes::read_customer)
}

/// Reads a journal entry with its lines.
///
/// # Errors
/// When NetSuite answered with an error, or the answer cannot be read.
pub fn read_journal(operation: &Operation, reply: &Reply) -> Result<StoredJournal, Fault> {
    read_body(operation, reply, shapes::read_journal)
}

/// Reads one page of a SuiteQL answer or of a record list.
///
/// # Errors
/// When NetSuite answered with an error, or the answer cannot be read.
pub fn read_rows(operation: &Operation, reply: &Reply) -> Result<Rows, Fault> {
    read_body(operation, reply, shapes::read_rows)
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
    let by_status = || Fault::by_status(operation, reply);
    let Ok(body) = Record::of_body(SYSTEM, "error", &reply.body) else {
        return by_status();
    };
    let Ok(details) = body.records("o:errorDetails") else {
        return by_status();
    };
    let Some(first) = details.first() else {
        return by_status();
    };
    let text = |field: &str| first.text(field).ok().flatten().unwrap_or_default();
    let (code, detail, path) = (text("o:errorCode"), text("detail"), text("o:errorPath"));
    let class = class_of(operation, reply, &code, &detail);
    let message = match (class, path.is_empty()) {
        // NetSuite explains a refused login with parts of the credentials at times.
        (FaultClass::Authentication, _) => "the credentials were refused".to_owned(),
        (_, true) => detail,
        (_, false) => format!("{detail} (field {path})"),
    };
    let shown_code = if code.is_empty() {
        format!("http_{}", reply.status)
    } else {
        code
    };
    Fault::new(SYSTEM, class, shown_code, &message)
}

fn class_of(operation: &Operation, reply: &Reply, code: &str, detail: &str) -> FaultClass {
    let detail = detail.to_ascii_lowercase();
    match code {
        "CONCURRENCY_LIMIT_EXCEEDED" | "REQUEST_LIMIT_EXCEEDED" => FaultClass::Throttled {
            retry_after_ms: reply.retry_after_ms(),
        },
        "INVALID_LOGIN" | "INVALID_LOGIN_ATTEMPT" | "INVALID_LOGIN_CREDENTIALS" => {
            FaultClass::Authentication
        }
        "IDEMPOTENCY_ERROR" => FaultClass::Duplicate,
        "INSUFFICIENT_PERMISSION" => FaultClass::Policy,
        "NONEXISTENT_ID" | "INVALID_CONTENT" | "INVALID_VALUE" => FaultClass::Data,
        "RCRD_HAS_BEEN_CHANGED" | "RECORD_CHANGED" => FaultClass::Conflict,
        _ if code.starts_with("DUP_") || code.starts_with("UNIQUE_") => FaultClass::Duplicate,
        _ if detail.contains("already exists") => FaultClass::Duplicate,
        "USER_ERROR" if detail.contains("period") => FaultClass::Policy,
        "USER_ERROR" => FaultClass::Data,
        _ => Fault::by_status(operation, reply).class,
    }
}

/// Whether a fault says that the record asked for does not exist, in NetSuite's own words; a 404
/// from something in between is not such a word.
pub fn says_absent(fault: &Fault) -> bool {
    fault.system == SYSTEM && fault.code == "NONEXISTENT_ID"
}
