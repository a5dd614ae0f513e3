//! The measure that `tieout bench posting` holds the whole path to: the same rows, read back from
//! books and written again into a fresh file by bare prepared statements, in the same order and
//! with the same number of entries a transaction. No code of a journey runs here, and nothing else
//! in the program writes this way.

use crate::sqlite_backend::configure;
use crate::transaction::Connection as Seen;
use crate::{Durability, StoreFault, Tx, migrate};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Statement, params_from_iter};
use std::path::Path;

/// The version of the linked SQLite.
#[must_use]
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// A row with its columns in the order of its table.
pub(crate) type Columns = Vec<Value>;

/// Everything that one journal entered by hand left in the books.
#[derive(Debug, Clone, PartialEq)]
pub struct RawEntry {
    event: Columns,
    head: Columns,
    journal: Columns,
    lines: Vec<Columns>,
    balances: Vec<Columns>,
    command: Columns,
}

impl RawEntry {
    /// How many rows it inserts or moves.
    #[must_use]
    pub fn rows(&self) -> usize {
        4 + self.lines.len() + self.balances.len()
    }
}

/// Reads the entries of books in the order in which they were recorded.
pub struct RawReader {
    connection: Connection,
    last: String,
}

impl RawReader {
    /// Opens books in a file for reading.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(path: &Path) -> Result<Self, StoreFault> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.execute_batch("PRAGMA query_only = TRUE; PRAGMA mmap_size = 1073741824;")?;
        let last = String::new();
        Ok(Self { connection, last })
    }

    /// Leaves out what is in the books so far.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn skip_to_end(&mut self) -> Result<(), StoreFault> {
        let newest = rows(&self.connection, "SELECT max(id) FROM event", &[])?;
        if let [row] = newest.as_slice()
            && let Ok(id) = text(row, 0)
        {
            self.last = id.to_owned();
        }
        Ok(())
    }

    /// Up to `limit` entries after those read before; none at the end.
    ///
    /// # Errors
    /// When the database refuses, or an event is not that of a journal entered by a command.
    pub fn next(&mut self, limit: usize) -> Result<Vec<RawEntry>, StoreFault> {
        let events = rows(
            &self.connection,
            "SELECT * FROM event WHERE id > ?1 ORDER BY id LIMIT ?2",
            &[self.last.clone().into(), (limit as i64).into()],
        )?;
        let entries: Result<Vec<_>, _> = events.into_iter().map(|row| self.entry(row)).collect();
        let entries = entries?;
        if let Some(last) = entries.last() {
            self.last = text(&last.event, EVENT_ID)?.to_owned();
        }
        Ok(entries)
    }

    fn entry(&self, event: Columns) -> Result<RawEntry, StoreFault> {
        let journal = text(&event, EVENT_SUBJECT)?.trim_start_matches("journal/");
        let journal_id = [Value::from(journal.to_owned())];
        let command_key = [event[EVENT_ACTOR].clone(), event[EVENT_KEY].clone()];
        let read = |sql: &str, key: &[Value]| rows(&self.connection, sql, key);
        let lines = read(
            "SELECT * FROM journal_line WHERE journal = ?1 ORDER BY line",
            &journal_id,
        )?;
        let balances = read(
            "SELECT entity, account, currency, month, sum(max(amount, 0)), sum(max(-amount, 0))
             FROM journal_line WHERE journal = ?1 GROUP BY entity, account, currency, month",
            &journal_id,
        )?;
        Ok(RawEntry {
            head: vec![
                event[EVENT_PARTITION].clone(),
                event[EVENT_SEQUENCE].clone(),
                event[EVENT_HASH].clone(),
            ],
            journal: one(read("SELECT * FROM journal WHERE id = ?1", &journal_id)?)?,
            lines,
            balances,
            command: one(read(
                "SELECT * FROM command WHERE client = ?1 AND key = ?2",
                &command_key,
            )?)?,
            event,
        })
    }
}

const EVENT_PARTITION: usize = 0;
const EVENT_SEQUENCE: usize = 1;
const EVENT_ID: usize = 2;
const EVENT_SUBJECT: usize = 5;
const EVENT_KEY: usize = 12;
const EVENT_ACTOR: usize = 13;
const EVENT_HASH: usize = 16;

/// The rows that a statement finds.
pub(crate) fn rows(
    connection: &Connection,
    sql: &str,
    key: &[Value],
) -> Result<Vec<Columns>, StoreFault> {
    let mut statement = connection.prepare_cached(sql)?;
    let width = statement.column_count();
    let mut found = statement.query(params_from_iter(key))?;
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        let columns: Result<Columns, _> = (0..width).map(|column| row.get(column)).collect();
        all.push(columns?);
    }
    Ok(all)
}

fn one(mut rows: Vec<Columns>) -> Result<Columns, StoreFault> {
    rows.pop().ok_or(StoreFault::Unreadable {
        column: 0,
        wanted: "the key of a row that belongs to the entry",
    })
}

fn text(row: &[Value], column: usize) -> Result<&str, StoreFault> {
    match row.get(column) {
        Some(Value::Text(text)) => Ok(text),
        _ => Err(StoreFault::Unreadable {
            column,
            wanted: "text",
        }),
    }
}

/// Writes entries into a fresh file with the same tables, indexes and settings as the books have.
pub struct RawWriter {
    connection: Connection,
}

impl RawWriter {
    /// Makes the file.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(path: &Path, durability: Durability) -> Result<Self, StoreFault> {
        let connection = Connection::open(path)?;
        configure(&connection, durability)?;
        connection.execute_batch("BEGIN")?;
        migrate::migrate(&mut Tx(Seen::Sqlite(&connection)))?;
        connection.execute_batch("COMMIT")?;
        Ok(Self { connection })
    }

    /// Writes entries, `batch` of them (at least one) a transaction.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn write(&mut self, entries: &[RawEntry], batch: usize) -> Result<(), StoreFault> {
        let connection = &self.connection;
        let mut begin = connection.prepare_cached("BEGIN IMMEDIATE")?;
        let mut commit = connection.prepare_cached("COMMIT")?;
        let mut event = insert(connection, "event", 17, "")?;
        let mut head = insert(
            connection,
            "partition_head",
            3,
            "ON CONFLICT (partition_key) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash",
        )?;
        let mut journal = insert(connection, "journal", 17, "")?;
        let mut line = insert(connection, "journal_line", 8, "")?;
        let mut balance = insert(
            connection,
            "balance",
            6,
            "ON CONFLICT (entity, account, currency, month) DO UPDATE
             SET debit = balance.debit + excluded.debit, credit = balance.credit + excluded.credit",
        )?;
        let mut command = insert(connection, "command", 5, "")?;
        for entries in entries.chunks(batch.max(1)) {
            begin.execute([])?;
            for entry in entries {
                head.execute(params_from_iter(&entry.head))?;
                event.execute(params_from_iter(&entry.event))?;
                journal.execute(params_from_iter(&entry.journal))?;
                for row in &entry.lines {
                    line.execute(params_from_iter(row))?;
                }
                for row in &entry.balances {
                    balance.execute(params_from_iter(row))?;
                }
                command.execute(params_from_iter(&entry.command))?;
            }
            commit.execute([])?;
        }
        Ok(())
    }
}

fn insert<'c>(
    connection: &'c Connection,
    table: &str,
    width: usize,
    suffix: &str,
) -> Result<Statement<'c>, StoreFault> {
    let places: Vec<String> = (1..=width).map(|place| format!("?{place}")).collect();
    let places = places.join(", ");
    Ok(connection.prepare(&format!("INSERT INTO {table} VALUES ({places}) {suffix}"))?)
}
