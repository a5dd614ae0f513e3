//! The measure that `tieout bench billing` holds a bill run to: the rows that it wrote and the places
//! that it moved, read back and written again by bare prepared statements into a copy of the books
//! from before the run, as many a transaction. No code of a journey runs here.

use crate::raw_rows::{Columns, rows};
use crate::sqlite_backend::configure;
use crate::{Durability, StoreFault};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};
use std::path::Path;

/// Tables that a run adds rows to.
const ADDED: [&str; 6] = [
    "document",
    "document_line",
    "event",
    "journal",
    "document_part",
    "journal_line",
];

/// Reads what a run wrote and writes it again, page by page.
pub struct RawBilling {
    from: Connection,
    to: Connection,
    /// The last row of each table that was written.
    last: [i64; ADDED.len()],
    rows: u64,
}

impl RawBilling {
    /// Opens the books after the run for reading, and their copy from before it for writing.
    ///
    /// # Errors
    /// When a file cannot be opened.
    pub fn open(after: &Path, before: &Path, durability: Durability) -> Result<Self, StoreFault> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let from = Connection::open_with_flags(after, flags)?;
        from.execute_batch("PRAGMA query_only = TRUE; PRAGMA cache_size = -32768;")?;
        let to = Connection::open_with_flags(before, flags)?;
        configure(&to, durability)?;
        let mut last = [0; ADDED.len()];
        for (table, last) in ADDED.iter().zip(&mut last) {
            let sql = format!("SELECT COALESCE(max(rowid), 0) FROM {table}");
            *last = to.query_row(&sql, [], |row| row.get(0))?;
        }
        Ok(Self {
            from,
            to,
            last,
            rows: 0,
        })
    }

    /// How many rows were written or moved so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Reads the next page, of up to `contracts` contracts with `lines` lines and `posted` journal lines
    /// each, on invoices of their own or on one; nothing at the end.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn read(
        &mut self,
        contracts: i64,
        lines: i64,
        posted: i64,
    ) -> Result<Option<RawPage>, StoreFault> {
        let counts = [
            contracts,
            contracts * lines,
            contracts,
            contracts,
            contracts,
            contracts * posted,
        ];
        let mut added: Vec<Vec<Columns>> = Vec::new();
        for ((table, last), count) in ADDED.iter().zip(&mut self.last).zip(counts) {
            let sql =
                format!("SELECT rowid, * FROM {table} WHERE rowid > ?1 ORDER BY rowid LIMIT ?2");
            let mut page = rows(&self.from, &sql, &[(*last).into(), count.into()])?;
            for row in &mut page {
                if let Value::Integer(id) = row.remove(0) {
                    *last = id;
                }
            }
            added.push(page);
        }
        if added.first().is_none_or(Vec::is_empty) {
            return Ok(None);
        }
        let (mut due, mut moved) = (Vec::new(), Vec::new());
        let mut contract = Value::Null;
        for line in added.get(1).into_iter().flatten() {
            // The lines of a contract follow each other.
            if line[CONTRACT] != contract {
                contract = line[CONTRACT].clone();
                let sql = "SELECT id, bill_from FROM contract WHERE id = ?1";
                due.extend(rows(&self.from, sql, std::slice::from_ref(&contract))?);
            }
            let sql = "SELECT id, billed FROM obligation WHERE id = ?1";
            moved.extend(rows(&self.from, sql, &[line[OBLIGATION].clone()])?);
        }
        let balances = balances(added.last().map(Vec::as_slice).unwrap_or_default());
        Ok(Some(RawPage {
            added,
            due,
            moved,
            balances,
        }))
    }

    /// Writes a page in one transaction.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn write(&mut self, page: &RawPage) -> Result<(), StoreFault> {
        let to = &self.to;
        to.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        for (table, rows) in ADDED.iter().zip(&page.added) {
            let Some(width) = rows.first().map(Vec::len) else {
                continue;
            };
            let places: Vec<String> = (1..=width).map(|place| format!("?{place}")).collect();
            let sql = format!("INSERT INTO {table} VALUES ({})", places.join(", "));
            let mut statement = to.prepare_cached(&sql)?;
            for row in rows {
                statement.execute(params_from_iter(row))?;
            }
            self.rows += rows.len() as u64;
        }
        let mut head = to.prepare_cached(
            "INSERT INTO partition_head (partition_key, sequence, hash) VALUES (?1, ?2, ?3)
             ON CONFLICT (partition_key) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash",
        )?;
        for event in page.added.get(2).into_iter().flatten() {
            head.execute([&event[0], &event[1], &event[HASH]])?;
            self.rows += 1;
        }
        for (sql, moved) in [
            (
                "UPDATE contract SET bill_from = ?2 WHERE id = ?1",
                &page.due,
            ),
            (
                "UPDATE obligation SET billed = ?2 WHERE id = ?1",
                &page.moved,
            ),
        ] {
            let mut statement = to.prepare_cached(sql)?;
            for row in moved {
                statement.execute(params_from_iter(row))?;
            }
            self.rows += moved.len() as u64;
        }
        let mut balance = to.prepare_cached(
            "INSERT INTO balance (entity, account, currency, month, debit, credit) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (entity, account, currency, month) DO UPDATE
             SET debit = balance.debit + excluded.debit, credit = balance.credit + excluded.credit",
        )?;
        for row in &page.balances {
            balance.execute(params_from_iter(row))?;
        }
        to.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}

/// Columns of `document_line`.
const CONTRACT: usize = 2;
const OBLIGATION: usize = 4;
/// Column of `event`.
const HASH: usize = 16;

/// The rows of a page.
pub struct RawPage {
    added: Vec<Vec<Columns>>,
    due: Vec<Columns>,
    moved: Vec<Columns>,
    balances: Vec<Columns>,
}

/// What moved on each account: columns of `journal_line` are journal, line, entity, account, currency,
/// month, amount.
fn balances(lines: &[Columns]) -> Vec<Columns> {
    let mut moves: Vec<Columns> = Vec::new();
    for line in lines {
        let amount = match line.get(6) {
            Some(Value::Integer(amount)) => *amount,
            _ => 0,
        };
        let key = line.get(2..6).unwrap_or_default();
        let at = moves.iter().position(|known| known.get(..4) == Some(key));
        let at = at.unwrap_or_else(|| {
            let mut fresh = key.to_vec();
            fresh.extend([Value::Integer(0), Value::Integer(0)]);
            moves.push(fresh);
            moves.len() - 1
        });
        let side = if amount >= 0 { 4 } else { 5 };
        if let Some(Value::Integer(sum)) = moves.get_mut(at).and_then(|row| row.get_mut(side)) {
            *sum += amount.abs();
        }
    }
    moves
}

/// What a run left in books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Invoices.
    pub invoices: i64,
    /// Contracts with more than one.
    pub doubled: i64,
    /// Whether the numbers run from 1 without a gap, and the counter stands at the last.
    pub gapless: bool,
}

/// How many contracts have lines on documents.
///
/// # Errors
/// When the books cannot be read.
pub fn contracts_billed(path: &Path) -> Result<i64, StoreFault> {
    let books = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let sql = "SELECT count(DISTINCT contract) FROM document_line";
    Ok(books.query_row(sql, [], |row| row.get(0))?)
}

/// Looks at books from outside, as another program would.
///
/// # Errors
/// When the file cannot be read.
pub fn look(path: &Path) -> Result<Left, StoreFault> {
    let books = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    books.execute_batch("PRAGMA query_only = TRUE; PRAGMA busy_timeout = 10000;")?;
    let one = |sql: &str| books.query_row(sql, [], |row| row.get::<_, i64>(0));
    let invoices = one("SELECT count(*) FROM document")?;
    let doubled = one(
        "SELECT count(*) FROM (SELECT contract FROM document GROUP BY contract HAVING count(*) > 1)",
    )?;
    let last = one(
        "SELECT COALESCE(max(CAST(substr(number, -7) AS INTEGER)), 0) FROM (SELECT replace(substr(number, 9), '-', '') AS number FROM document)",
    )?;
    let counted = one("SELECT COALESCE(sum(last), 0) FROM counter WHERE name LIKE 'number/%'")?;
    let numbers = one("SELECT count(DISTINCT number) FROM document")?;
    Ok(Left {
        invoices,
        doubled,
        gapless: last == invoices && counted == invoices && numbers == invoices,
    })
}
