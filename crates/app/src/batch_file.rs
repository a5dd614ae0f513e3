//! Files: each row is the body of a command. A file is taken in as a whole or not at all, unless its
//! sender asks for the good rows; what its sender states about it (checksum, rows, totals) must hold.
//! The rows become items of the inbox and are worked off like everything that arrives, so a row that
//! is refused later is an exception with an owner and never lost. The same file again has no effect.

mod rows;

use crate::command::{Answer, BadRows, Command, Envelope, ImportFile};
use crate::fault::{stored, to_store};
use crate::intake::{self, Ending};
use crate::record::{Fact, Recorder};
use crate::view::Page;
use crate::worker::Progress;
use crate::{App, AppFault, Context, Outcome, Refusal, journey};
use control::approval::ApprovalState;
use events::{ControlTotal, Event, FileReceived};
use rows::{BadRow, FileRow, FileRows};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use store::Tx;
use store::approvals;
use store::batch_files::{self, BatchFileRow};
use store::inbox::{self, InboxRow};
use values::{Currency, FileId, Instant, Money, Zone};

/// Source of the rows in the inbox.
pub(crate) const SOURCE: &str = "file";

/// A row kept in the inbox.
#[derive(Debug, Serialize, Deserialize)]
struct KeptRow {
    command: String,
    client: String,
    key: String,
    actor: String,
    file: String,
    line: u64,
    body: Value,
    /// Whether a second person granted the file, and with it its rows.
    granted: bool,
}

/// Most rows whose business content is tried before a file is taken in; longer files are checked for
/// form at the door and for content row by row.
const TRIED_ROWS: usize = 10_000;

/// Takes a file in: every row is to become the command called `command`.
///
/// # Errors
/// Every bad row by line and column, when the file is to be whole; a statement of its sender that
/// does not hold; or the fault of the store.
pub(crate) fn import(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &ImportFile,
    command: &str,
) -> Result<Answer, AppFault> {
    // What was held is done under the id of its request.
    let granted = approvals::approval(tx, key)?
        .and_then(|request| ApprovalState::from_word(&request.status))
        .is_some_and(|state| state == ApprovalState::Requested);
    let checksum = hex::encode(Sha256::digest(body.content.as_bytes()));
    if let Some(stated) = &body.checksum
        && !stated.eq_ignore_ascii_case(&checksum)
    {
        let message = format!(
            "the checksum is {checksum} and {stated} was stated: the file was changed or cut off on its way; fetch it again"
        );
        return Err(Refusal::field("checksum_differs", "checksum", message).into());
    }
    if let Some(before) = batch_files::with_content(tx, command, &checksum)? {
        return said(&before, &[], true);
    }
    let file = rows::read(command, &body.content)
        .map_err(|fault| Refusal::field("file_unreadable", "content", fault.to_string()))?;
    let count = file.good.len() + file.bad.len();
    if let Some(stated) = body.rows
        && stated != count as u64
    {
        let message = format!("the file has {count} rows and {stated} were stated; fetch it again");
        return Err(Refusal::field("rows_differ", "rows", message).into());
    }
    let mut bad = file.bad.clone();
    if file.good.len() <= TRIED_ROWS {
        bad.extend(tried(tx, context, command, &file.good)?);
    }
    bad.sort_by_key(|row| row.line);
    if body.bad_rows == BadRows::Refuse && !bad.is_empty() {
        return Err(refused(&bad));
    }
    let lines: BTreeSet<u64> = bad.iter().map(|row| row.line).collect();
    let totals = totals(body, &file, &lines)?;
    let row = BatchFileRow {
        id: FileId::mint(&*context.ids, context.now).as_str().to_owned(),
        name: body.name.clone(),
        command: command.to_owned(),
        checksum,
        actor: context.actor.clone(),
        row_count: count as i64,
        accepted: (count - lines.len()) as i64,
        rejected: lines.len() as i64,
        totals: to_store("control totals", &totals)?,
        received: context.now.microseconds(),
    };
    keep(tx, context, &row, &file, &bad, granted)?;
    record(tx, context, body, &row, totals)?;
    said(&row, &bad, false)
}

/// Does every row and undoes all of it: which rows would be refused as things stand. Rows see what
/// the rows before them did.
fn tried(
    tx: &mut Tx<'_>,
    context: &Context,
    command: &str,
    rows: &[FileRow],
) -> Result<Vec<BadRow>, AppFault> {
    tx.undone(|tx| {
        let mut bad = Vec::new();
        for row in rows {
            let parsed = read_command(command, row.body.clone())?;
            let key = format!("try/{}", row.line);
            match tx.attempt(|tx| journey::perform(tx, context, &key, &parsed)) {
                Ok(_) => {}
                Err(AppFault::Refused(refusals)) => {
                    bad.extend(refusals.into_iter().map(|refusal| BadRow {
                        line: row.line,
                        column: refusal.field.unwrap_or_default(),
                        message: refusal.message,
                    }));
                }
                Err(fault @ AppFault::NotFound { .. }) => bad.push(BadRow {
                    line: row.line,
                    column: String::new(),
                    message: fault.to_string(),
                }),
                Err(fault) => return Err(fault),
            }
        }
        Ok(bad)
    })
}

fn read_command(command: &str, body: Value) -> Result<Command, AppFault> {
    Command::read(command, body).map_err(|fault| AppFault::Unreadable {
        what: "row of a file",
        error: fault.to_string(),
    })
}

fn refused(bad: &[BadRow]) -> AppFault {
    AppFault::Refused(
        bad.iter()
            .map(|row| {
                let place = if row.column.is_empty() {
                    format!("line {}", row.line)
                } else {
                    format!("line {}, {}", row.line, row.column)
                };
                Refusal::field("bad_row", &place, format!("{place}: {}", row.message))
            })
            .collect(),
    )
}

/// Our sums of the columns that the sender states, which must be the stated ones.
fn totals(
    body: &ImportFile,
    file: &FileRows,
    rejected: &BTreeSet<u64>,
) -> Result<Vec<ControlTotal>, AppFault> {
    let bad = |row: BadRow| refused(&[row]);
    let mut totals = Vec::new();
    let mut by_column: BTreeMap<&str, Vec<(Currency, Money)>> = BTreeMap::new();
    for stated in &body.totals {
        let money = Money::parse(&stated.amount, stated.currency)
            .map_err(|fault| Refusal::field("bad_amount", "totals", fault.to_string()))?;
        by_column
            .entry(&stated.column)
            .or_default()
            .push((stated.currency, money));
    }
    for (column, stated) in by_column {
        let all = rows::sums(&file.cells, column, |_| true).map_err(bad)?;
        let accepted =
            rows::sums(&file.cells, column, |line| !rejected.contains(&line)).map_err(bad)?;
        let currencies: BTreeSet<Currency> = all
            .keys()
            .copied()
            .chain(stated.iter().map(|(currency, _)| *currency))
            .collect();
        for currency in currencies {
            let zero = Money::zero(currency);
            let computed = all.get(&currency).copied().unwrap_or(zero);
            let said = stated.iter().find(|(of, _)| *of == currency);
            let said = said.map(|(_, money)| *money);
            if said != Some(computed) {
                let said = said.map_or_else(|| "nothing".to_owned(), |money| money.to_string());
                let message = format!(
                    "column {column} adds up to {computed} and {said} was stated; fetch the file again, or correct the statement"
                );
                return Err(Refusal::field("totals_differ", "totals", message).into());
            }
            totals.push(ControlTotal {
                name: column.to_owned(),
                stated: said,
                computed,
                accepted: accepted.get(&currency).copied().unwrap_or(zero),
            });
        }
    }
    Ok(totals)
}

fn keep(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &BatchFileRow,
    file: &FileRows,
    bad: &[BadRow],
    granted: bool,
) -> Result<(), AppFault> {
    let mut reasons: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for problem in bad {
        let column = if problem.column.is_empty() {
            String::new()
        } else {
            format!("{}: ", problem.column)
        };
        let reason = format!("{column}{}", problem.message);
        reasons.entry(problem.line).or_default().push(reason);
    }
    let now = context.now;
    let mut items = Vec::with_capacity(file.good.len() + file.bad.len());
    for good in &file.good {
        let kept = KeptRow {
            command: row.command.clone(),
            client: format!("file/{}", row.command),
            key: if good.key.is_empty() {
                format!("{}/{}", row.id, good.line)
            } else {
                good.key.clone()
            },
            actor: row.actor.clone(),
            file: row.id.clone(),
            line: good.line,
            body: good.body.clone(),
            granted,
        };
        let raw = to_store("row of a file", &kept)?;
        let refused = reasons.remove(&good.line);
        items.push(item(row, good.line, raw, refused, now));
    }
    for (line, refused) in reasons {
        let cells = file.cells.get(&line).cloned().unwrap_or_default();
        let raw = json!({ "file": row.id, "line": line, "cells": cells }).to_string();
        items.push(item(row, line, raw, Some(refused), now));
    }
    InboxRow::insert(tx, &items)?;
    BatchFileRow::insert(tx, std::slice::from_ref(row))?;
    Ok(())
}

fn item(
    file: &BatchFileRow,
    line: u64,
    raw: String,
    refused: Option<Vec<String>>,
    now: Instant,
) -> InboxRow {
    let digest = Sha256::digest(raw.as_bytes()).to_vec();
    let (status, next_attempt) = match &refused {
        Some(_) => ("rejected", inbox::HELD),
        None => ("open", now.microseconds()),
    };
    InboxRow {
        source: SOURCE.to_owned(),
        source_id: row_id(&file.id, line),
        kind: file.command.clone(),
        received: now.microseconds(),
        digest,
        raw: raw.into_bytes(),
        status: status.to_owned(),
        reason: refused.unwrap_or_default().join("; "),
        attempts: 0,
        next_attempt,
        deliveries: 1,
        correlation: String::new(),
    }
}

/// Ids of the rows of a file sort in the order of the file.
fn row_id(file: &str, line: u64) -> String {
    format!("{file}/{line:07}")
}

/// The ids of the rows of a file lie between these two.
fn bounds(file: &str) -> (String, String) {
    (format!("{file}/"), format!("{file}0"))
}

fn record(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &ImportFile,
    row: &BatchFileRow,
    totals: Vec<ControlTotal>,
) -> Result<(), AppFault> {
    let key = format!("file/{}", row.id);
    let mut recorder = Recorder::new(context, context.new_chain(), "/files", &key);
    recorder.event(
        Fact {
            subject: key.clone(),
            partition: key.clone(),
            entity: None,
            effective: Zone::utc().date_at(context.now),
            happened: context.now,
        },
        Event::FileReceived(FileReceived {
            file: row.id.parse()?,
            source: context.actor.clone(),
            name: row.name.clone(),
            kind: row.command.clone(),
            checksum: row.checksum.clone(),
            rows: row.row_count.unsigned_abs(),
            rows_stated: body.rows,
            accepted: row.accepted.unsigned_abs(),
            rejected: row.rejected.unsigned_abs(),
            totals,
        }),
    );
    recorder.finish(tx)
}

fn said(row: &BatchFileRow, bad: &[BadRow], before: bool) -> Result<Answer, AppFault> {
    let totals: Vec<ControlTotal> = stored("control totals", &row.totals)?;
    let rejected: Vec<Value> = bad
        .iter()
        .map(|bad| json!({ "line": bad.line, "field": bad.column, "problem": bad.message }))
        .collect();
    Ok(json!({
        "file": row.id,
        "name": row.name,
        "checksum": row.checksum,
        "rows": row.row_count,
        "accepted": row.accepted,
        "rejected": row.rejected,
        "totals": totals,
        "problems": rejected,
        "taken_in_before": before,
    }))
}

/// Does the command of a row. A refusal holds the row behind an exception that names it.
pub(crate) fn process(app: &App, row: &InboxRow) -> Result<Progress, AppFault> {
    let item = row.clone();
    intake::conclude(app, row, move |tx, context| {
        let text = String::from_utf8_lossy(&item.raw);
        let kept: KeptRow = stored("row of a file", &text)?;
        let envelope = Envelope {
            client: kept.client,
            key: kept.key,
            actor: kept.actor.clone(),
            command: read_command(&kept.command, kept.body)?,
        };
        let digest = journey::digest(&envelope)?;
        let context = Context {
            actor: kept.actor,
            ..context.clone()
        };
        let execute = if kept.granted {
            journey::execute_granted
        } else {
            journey::execute
        };
        let done = tx.attempt(|tx| execute(tx, &context, &envelope, &digest));
        let why = match done {
            Ok(Outcome::Done(_)) => return Ok(Ending::confirmed("done", None)),
            Ok(Outcome::AlreadyDone(_)) => {
                return Ok(Ending::confirmed("was done before, by its own key", None));
            }
            Err(
                fault @ (AppFault::Refused(_)
                | AppFault::KeyReused { .. }
                | AppFault::NotFound { .. }),
            ) => fault.to_string(),
            Err(fault) => return Err(fault),
        };
        let summary = format!("Line {} of file {} is refused: {why}", kept.line, kept.file);
        intake::hold(tx, &context, &item, "file_row_refused", summary, why)
    })
}

/// A file and how far it is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FileView {
    /// Its id.
    pub id: String,
    /// What its sender calls it.
    pub name: String,
    /// The command that its rows are.
    pub command: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub checksum: String,
    /// Who handed it over.
    pub actor: String,
    /// When.
    pub received: Instant,
    /// Rows that it has.
    pub rows: i64,
    /// Rows that were taken in.
    pub accepted: i64,
    /// Rows that are done.
    pub confirmed: i64,
    /// Rows that are still to be done, or wait for a person.
    pub open: i64,
    /// Rows that were refused or given up, each with a reason.
    pub rejected: i64,
    /// Control totals.
    pub totals: Vec<ControlTotal>,
    /// Rows that are not done, at most 200: line and why.
    pub problems: Vec<FileProblem>,
}

/// A row that is not done.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FileProblem {
    /// Line of the file.
    pub line: i64,
    /// `open` or `rejected`.
    pub status: String,
    /// Why.
    pub reason: String,
}

const PROBLEMS_SHOWN: i64 = 200;

impl App {
    /// Up to `limit` files, newest first; the cursor is the id of the last one seen.
    ///
    /// # Errors
    /// When the store fails.
    pub fn files(&self, cursor: Option<&str>, limit: u16) -> Result<Page<FileView>, AppFault> {
        let before = cursor.unwrap_or_default().to_owned();
        let wanted = i64::from(limit);
        self.store().read(move |tx| {
            let mut rows = batch_files::newest(tx, &before, wanted + 1)?;
            let more = rows.len() as i64 > wanted;
            rows.truncate(usize::from(limit));
            let next = rows.last().filter(|_| more).map(|last| last.id.clone());
            let items = rows
                .into_iter()
                .map(|row| view(tx, row, false))
                .collect::<Result<_, AppFault>>()?;
            Ok(Page { items, next })
        })
    }

    /// A file, how far it is, and what of it is not done.
    ///
    /// # Errors
    /// When the store fails.
    pub fn file(&self, id: &str) -> Result<Option<FileView>, AppFault> {
        let id = id.to_owned();
        self.store()
            .read(move |tx| match batch_files::file(tx, &id)? {
                Some(row) => view(tx, row, true).map(Some),
                None => Ok(None),
            })
    }
}

fn view(tx: &mut Tx<'_>, row: BatchFileRow, with_problems: bool) -> Result<FileView, AppFault> {
    let (from, until) = bounds(&row.id);
    let counts: BTreeMap<String, i64> = batch_files::progress(tx, SOURCE, &from, &until)?
        .into_iter()
        .collect();
    let of = |status: &str| counts.get(status).copied().unwrap_or(0);
    let limit = if with_problems { PROBLEMS_SHOWN } else { 0 };
    let problems = batch_files::unconfirmed(tx, SOURCE, &from, &until, limit)?
        .into_iter()
        .map(|(id, status, reason)| FileProblem {
            line: id
                .rsplit('/')
                .next()
                .and_then(|line| line.parse().ok())
                .unwrap_or(0),
            status,
            reason,
        })
        .collect();
    Ok(FileView {
        confirmed: of("confirmed"),
        open: of("open"),
        rejected: of("rejected"),
        totals: stored("control totals", &row.totals)?,
        problems,
        received: Instant::from_microseconds(row.received),
        id: row.id,
        name: row.name,
        command: row.command,
        checksum: row.checksum,
        actor: row.actor,
        rows: row.row_count,
        accepted: row.accepted,
    })
}
