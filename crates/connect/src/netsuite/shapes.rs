//! NetSuite's records, read into our own structs and written from them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;
use values::{Date, Decimal, Money};

use super::SYSTEM;
use crate::fault::ReadFault;
use crate::json::Record;

/// Which side of the books a line is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Left.
    Debit,
    /// Right.
    Credit,
}

/// One line of a journal entry to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalLine {
    /// Internal id of the account.
    pub account: String,
    /// Side of the books.
    pub side: Side,
    /// More than zero, in the currency of the entry.
    pub amount: Money,
    /// Text on the line.
    pub memo: Option<String>,
    /// Internal id of the customer.
    pub entity: Option<String>,
    /// Internal id of the department.
    pub department: Option<String>,
    /// Internal id of the class.
    pub class: Option<String>,
    /// Internal id of the location.
    pub location: Option<String>,
}

/// A journal entry to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// Our natural key; NetSuite holds at most one entry with it.
    pub external_id: String,
    /// Accounting date.
    pub date: Date,
    /// Internal id of the subsidiary.
    pub subsidiary: String,
    /// Internal id of the currency.
    pub currency: String,
    /// Rate to the currency of the subsidiary; `None` leaves it to NetSuite.
    pub exchange_rate: Option<Decimal>,
    /// Text on the entry.
    pub memo: String,
    /// Whether it counts at once, without approval in NetSuite.
    pub approved: bool,
    /// Lines; the two sides add up to the same.
    pub lines: Vec<JournalLine>,
}

/// A customer to be created or brought up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerRecord {
    /// Our natural key.
    pub external_id: String,
    /// Name of the company.
    pub company_name: String,
    /// Address for invoices.
    pub email: Option<String>,
    /// Internal id of the subsidiary.
    pub subsidiary: String,
    /// Internal id of the currency.
    pub currency: String,
}

/// A customer as NetSuite holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCustomer {
    /// Internal id.
    pub id: String,
    /// Our natural key.
    pub external_id: Option<String>,
    /// Name of the company.
    pub company_name: Option<String>,
    /// Internal id of the subsidiary.
    pub subsidiary: Option<String>,
    /// Internal id of the currency.
    pub currency: Option<String>,
    /// Open balance, exactly as written.
    pub balance: Option<Decimal>,
}

/// One line of a journal entry as NetSuite holds it. Amounts are exactly as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLine {
    /// Internal id of the account.
    pub account: String,
    /// Left, if the line is on that side.
    pub debit: Option<Decimal>,
    /// Right, if the line is on that side.
    pub credit: Option<Decimal>,
    /// Text on the line.
    pub memo: Option<String>,
    /// Internal id of the customer.
    pub entity: Option<String>,
}

/// A journal entry as NetSuite holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredJournal {
    /// Internal id.
    pub id: String,
    /// Our natural key.
    pub external_id: Option<String>,
    /// Accounting date.
    pub date: Date,
    /// Internal id of the subsidiary.
    pub subsidiary: Option<String>,
    /// Internal id of the currency.
    pub currency: Option<String>,
    /// Text on the entry.
    pub memo: Option<String>,
    /// Lines.
    pub lines: Vec<StoredLine>,
}

impl StoredJournal {
    /// What the entry in NetSuite says otherwise than the one we meant; `None` when date,
    /// subsidiary and the lines (by account, side and amount, in any order) agree.
    pub fn difference_from(&self, meant: &JournalEntry) -> Option<String> {
        if self.date != meant.date {
            return Some(format!("date {} instead of {}", self.date, meant.date));
        }
        if self.subsidiary.as_deref() != Some(meant.subsidiary.as_str()) {
            let held = self.subsidiary.as_deref().unwrap_or("none");
            return Some(format!("subsidiary {held} instead of {}", meant.subsidiary));
        }
        let mut held: Vec<(String, Decimal)> = self
            .lines
            .iter()
            .map(|line| {
                let debit = line.debit.unwrap_or_default();
                let credit = line.credit.unwrap_or_default();
                let signed = debit.checked_sub(credit).unwrap_or(Decimal::MAX);
                (line.account.clone(), signed.normalize())
            })
            .collect();
        let mut wanted: Vec<(String, Decimal)> = meant
            .lines
            .iter()
            .map(|line| {
                let amount = line.amount.decimal().normalize();
                let signed = match line.side {
                    Side::Debit => amount,
                    Side::Credit => -amount,
                };
                (line.account.clone(), signed)
            })
            .collect();
        held.sort();
        wanted.sort();
        let odd = held
            .iter()
            .find(|line| !wanted.contains(line))
            .map(|(account, amount)| format!("an unexpected line of {amount} on account {account}"))
            .or_else(|| {
                let lost = wanted.iter().find(|line| !held.contains(line))?;
                Some(format!("no line of {} on account {}", lost.1, lost.0))
            });
        match odd {
            None if held != wanted => Some("another number of lines".to_owned()),
            odd => odd,
        }
    }
}

/// How far an asynchronous job has got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobProgress {
    /// Waiting.
    Pending,
    /// At work.
    Processing,
    /// Done.
    Succeeded,
    /// Refused; the reason is in the result.
    Failed,
    /// A word this version does not know; counts as pending.
    Unknown(String),
}

/// An asynchronous job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Id.
    pub id: String,
    /// Whether it has ended, well or not.
    pub completed: bool,
    /// How far it has got.
    pub progress: JobProgress,
}

/// One row of a SuiteQL answer: column name in lower case to its text.
pub type QueryRow = BTreeMap<String, String>;

/// One page of a SuiteQL answer or of a record list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// Rows; a null column is absent.
    pub rows: Vec<QueryRow>,
    /// Offset of the next page; `None` on the last.
    pub next_offset: Option<u64>,
}

#[derive(Serialize)]
struct Reference<'a> {
    id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CustomerOut<'a> {
    company_name: &'a str,
    is_person: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    subsidiary: Reference<'a>,
    currency: Reference<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JournalOut<'a> {
    external_id: &'a str,
    tran_date: String,
    subsidiary: Reference<'a>,
    currency: Reference<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange_rate: Option<Box<RawValue>>,
    memo: &'a str,
    approved: bool,
    line: Sublist<LineOut<'a>>,
}

#[derive(Serialize)]
struct Sublist<T> {
    items: Vec<T>,
}

#[derive(Serialize)]
struct LineOut<'a> {
    account: Reference<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    debit: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memo: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<Reference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    department: Option<Reference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<Reference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Reference<'a>>,
}

/// The body of a customer upsert.
pub(super) fn write_customer(customer: &CustomerRecord) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&CustomerOut {
        company_name: &customer.company_name,
        is_person: false,
        email: customer.email.as_deref(),
        subsidiary: Reference {
            id: &customer.subsidiary,
        },
        currency: Reference {
            id: &customer.currency,
        },
    })
}

/// The body of a journal entry; amounts are written as decimal text, never through a float.
pub(super) fn write_journal(entry: &JournalEntry) -> Result<Vec<u8>, serde_json::Error> {
    let items = entry
        .lines
        .iter()
        .map(write_line)
        .collect::<Result<_, _>>()?;
    let rate = entry.exchange_rate.map(|rate| number(rate.normalize()));
    serde_json::to_vec(&JournalOut {
        external_id: &entry.external_id,
        tran_date: entry.date.to_string(),
        subsidiary: Reference {
            id: &entry.subsidiary,
        },
        currency: Reference {
            id: &entry.currency,
        },
        exchange_rate: rate.transpose()?,
        memo: &entry.memo,
        approved: entry.approved,
        line: Sublist { items },
    })
}

fn write_line(line: &JournalLine) -> Result<LineOut<'_>, serde_json::Error> {
    let amount = number(line.amount.decimal())?;
    let (debit, credit) = match line.side {
        Side::Debit => (Some(amount), None),
        Side::Credit => (None, Some(amount)),
    };
    Ok(LineOut {
        account: Reference { id: &line.account },
        debit,
        credit,
        memo: line.memo.as_deref(),
        entity: line.entity.as_deref().map(|id| Reference { id }),
        department: line.department.as_deref().map(|id| Reference { id }),
        class: line.class.as_deref().map(|id| Reference { id }),
        location: line.location.as_deref().map(|id| Reference { id }),
    })
}

fn number(decimal: Decimal) -> Result<Box<RawValue>, serde_json::Error> {
    RawValue::from_string(decimal.to_string())
}

pub(super) fn read_customer(body: &[u8]) -> Result<StoredCustomer, ReadFault> {
    let record = Record::of_body(SYSTEM, "customer", body)?;
    Ok(StoredCustomer {
        id: record.needed_text("id")?,
        external_id: record.text("externalId")?,
        company_name: record.text("companyName")?,
        subsidiary: reference(&record, "subsidiary")?,
        currency: reference(&record, "currency")?,
        balance: record.decimal("balance")?,
    })
}

pub(super) fn read_journal(body: &[u8]) -> Result<StoredJournal, ReadFault> {
    let record = Record::of_body(SYSTEM, "journalEntry", body)?;
    let sublist = record.record("line")?.ok_or_else(|| record.lacks("line"))?;
    if sublist.raw("items").is_none() {
        return Err(sublist.lacks("items"));
    }
    let lines = sublist
        .records("items")?
        .iter()
        .map(read_line)
        .collect::<Result<_, _>>()?;
    Ok(StoredJournal {
        id: record.needed_text("id")?,
        external_id: record.text("externalId")?,
        date: record
            .date("tranDate")?
            .ok_or_else(|| record.lacks("tranDate"))?,
        subsidiary: reference(&record, "subsidiary")?,
        currency: reference(&record, "currency")?,
        memo: record.text("memo")?,
        lines,
    })
}

fn read_line(line: &Record<'_>) -> Result<StoredLine, ReadFault> {
    Ok(StoredLine {
        account: reference(line, "account")?.ok_or_else(|| line.lacks("account"))?,
        debit: line.decimal("debit")?,
        credit: line.decimal("credit")?,
        memo: line.text("memo")?,
        entity: reference(line, "entity")?,
    })
}

/// The internal id in `{id, refName, links}`.
fn reference(record: &Record<'_>, field: &str) -> Result<Option<String>, ReadFault> {
    match record.record(field)? {
        Some(reference) => reference.text("id"),
        None => Ok(None),
    }
}

pub(super) fn read_job(body: &[u8]) -> Result<Job, ReadFault> {
    let record = Record::of_body(SYSTEM, "job", body)?;
    let progress = record.text("progress")?.unwrap_or_default();
    Ok(Job {
        id: record.needed_text("id")?,
        completed: record.flag("completed")?.unwrap_or(false),
        progress: match progress.as_str() {
            "pending" => JobProgress::Pending,
            "processing" => JobProgress::Processing,
            "succeeded" => JobProgress::Succeeded,
            "failed" => JobProgress::Failed,
            _ => JobProgress::Unknown(progress),
        },
    })
}

pub(super) fn read_rows(body: &[u8]) -> Result<Rows, ReadFault> {
    let record = Record::of_body(SYSTEM, "rows", body)?;
    if record.raw("items").is_none() {
        return Err(record.lacks("items"));
    }
    let items = record.records("items")?;
    // SuiteQL sends every value as a string; numbers and booleans are taken by their text.
    let rows: Vec<QueryRow> = items
        .iter()
        .map(Record::scalars)
        .collect::<Result<_, _>>()?;
    let offset = record.whole("offset")?.unwrap_or(0);
    let offset = u64::try_from(offset)
        .map_err(|_| record.refuse("offset", &offset.to_string(), "zero or more is expected"))?;
    let read = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let next_offset = match record.flag("hasMore")? {
        Some(true) if rows.is_empty() => {
            return Err(record.refuse("hasMore", "true", "an empty page cannot have a next one"));
        }
        Some(true) => Some(offset.saturating_add(read)),
        Some(false) | None => None,
    };
    Ok(Rows { rows, next_offset })
}
