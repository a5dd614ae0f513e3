//! Journals, their lines, balances by month, and closed months. A journal is never changed or
//! deleted. Posting one entry takes one statement for the journal, one for its lines and one for
//! its balances; on PostgreSQL each is one round trip.

use crate::{Param, StoreFault, Tx, params};
use std::sync::LazyLock;

table! {
    /// A journal.
    JournalRow in "journal" {
        /// Id.
        id: text,
        /// Legal entity.
        entity: text,
        /// Accounting date.
        date: text,
        /// Its month.
        month: text,
        /// The event that made it.
        event: text,
        /// Its type.
        event_type: text,
        /// The rule that made it, or `manual`.
        rule: text,
        /// The version of the rule book.
        rule_version: int,
        /// What happened, in words.
        narration: text,
        /// The document behind it, or empty.
        document: text,
        /// The contract behind it, or empty.
        contract: text,
        /// The customer behind it, or empty.
        customer: text,
        /// Chain.
        correlation: text,
        /// Currency.
        currency: text,
        /// Sum of its debits, minor units.
        total: int,
        /// The journal that it reverses, or empty.
        reverses: text,
        /// When it was recorded, microseconds.
        recorded: int,
    }
}

table! {
    /// A line of a journal.
    JournalLineRow in "journal_line" {
        /// Journal.
        journal: text,
        /// From 1.
        line: int,
        /// Legal entity.
        entity: text,
        /// Account.
        account: text,
        /// Currency.
        currency: text,
        /// Month.
        month: text,
        /// Minor units; a debit is positive.
        amount: int,
        /// Product, or empty.
        product: text,
    }
}

table! {
    /// What moved on an account in a month.
    BalanceRow in "balance" {
        /// Legal entity.
        entity: text,
        /// Account.
        account: text,
        /// Currency.
        currency: text,
        /// Month.
        month: text,
        /// Debits, minor units.
        debit: int,
        /// Credits, minor units, positive.
        credit: int,
    }
}

/// Records journals with their lines and moves the balances.
///
/// # Errors
/// When the database refuses.
pub fn post(
    tx: &mut Tx<'_>,
    journals: &[JournalRow],
    lines: &[JournalLineRow],
) -> Result<(), StoreFault> {
    JournalRow::insert(tx, journals)?;
    JournalLineRow::insert(tx, lines)?;
    move_balances(tx, lines)
}

fn move_balances(tx: &mut Tx<'_>, lines: &[JournalLineRow]) -> Result<(), StoreFault> {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        BalanceRow::insert_text(
            "ON CONFLICT (entity, account, currency, month) DO UPDATE
             SET debit = balance.debit + excluded.debit, credit = balance.credit + excluded.credit",
        )
    });
    // One row a key, in key order: PostgreSQL refuses to touch a row twice in one statement, and a
    // fixed order keeps two postings from waiting for each other.
    let mut moves: std::collections::BTreeMap<[&str; 4], (i64, i64)> =
        std::collections::BTreeMap::new();
    for line in lines {
        let moved = moves
            .entry([&line.entity, &line.account, &line.currency, &line.month])
            .or_default();
        if line.amount >= 0 {
            moved.0 += line.amount;
        } else {
            moved.1 -= line.amount;
        }
    }
    let params: Vec<Param<'_>> = moves
        .iter()
        .flat_map(|(key, (debit, credit))| {
            let [entity, account, currency, month] = key.map(Param::from);
            [
                entity,
                account,
                currency,
                month,
                Param::Int(*debit),
                Param::Int(*credit),
            ]
        })
        .collect();
    tx.insert(&TEXT, BalanceRow::WIDTH, &params)?;
    Ok(())
}

/// A journal.
///
/// # Errors
/// When the database refuses.
pub fn journal(tx: &mut Tx<'_>, id: &str) -> Result<Option<JournalRow>, StoreFault> {
    let columns = JournalRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM journal WHERE id = ?1"),
        params![id],
        JournalRow::read,
    )
}

/// Journals before `before` (exclusive; empty for the newest), newest id first; of one entity when
/// `entity` is not empty.
///
/// # Errors
/// When the database refuses.
pub fn journals(
    tx: &mut Tx<'_>,
    entity: &str,
    before: &str,
    limit: i64,
) -> Result<Vec<JournalRow>, StoreFault> {
    let columns = JournalRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM journal WHERE (?1 = '' OR entity = ?1) AND (?2 = '' OR id < ?2)
             ORDER BY id DESC LIMIT ?3"
        ),
        params![entity, before, limit],
        JournalRow::read,
    )
}

/// The journals of a chain.
///
/// # Errors
/// When the database refuses.
pub fn of_chain(tx: &mut Tx<'_>, correlation: &str) -> Result<Vec<JournalRow>, StoreFault> {
    let columns = JournalRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM journal WHERE correlation = ?1 AND correlation <> '' ORDER BY id"
        ),
        params![correlation],
        JournalRow::read,
    )
}

/// The journals that a document made.
///
/// # Errors
/// When the database refuses.
pub fn of_document(tx: &mut Tx<'_>, document: &str) -> Result<Vec<JournalRow>, StoreFault> {
    let columns = JournalRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM journal WHERE document = ?1 AND document <> '' ORDER BY id"
        ),
        params![document],
        JournalRow::read,
    )
}

/// The lines of a journal.
///
/// # Errors
/// When the database refuses.
pub fn lines_of(tx: &mut Tx<'_>, journal: &str) -> Result<Vec<JournalLineRow>, StoreFault> {
    let columns = JournalLineRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM journal_line WHERE journal = ?1 ORDER BY line"),
        params![journal],
        JournalLineRow::read,
    )
}

/// Every journal in order of date and id with its lines, for exports.
///
/// # Errors
/// When the database refuses, or `each` does.
pub fn each_in_order(
    tx: &mut Tx<'_>,
    mut each: impl FnMut(JournalRow, Vec<JournalLineRow>) -> Result<(), StoreFault>,
) -> Result<(), StoreFault> {
    const PAGE: i64 = 500;
    let columns = JournalRow::columns("");
    let text = format!(
        "SELECT {columns} FROM journal WHERE (date, id) > (?1, ?2) ORDER BY date, id LIMIT ?3"
    );
    let (mut date, mut id) = (String::new(), String::new());
    loop {
        let page = tx.query(&text, params![&date, &id, PAGE], JournalRow::read)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        (date, id) = (last.date.clone(), last.id.clone());
        for journal in page {
            let lines = lines_of(tx, &journal.id)?;
            each(journal, lines)?;
        }
    }
}

/// The balances of an entity (of all when empty), by account, currency and month.
///
/// # Errors
/// When the database refuses.
pub fn balances(tx: &mut Tx<'_>, entity: &str) -> Result<Vec<BalanceRow>, StoreFault> {
    let columns = BalanceRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM balance WHERE (?1 = '' OR entity = ?1) ORDER BY entity, account, currency, month"
        ),
        params![entity],
        BalanceRow::read,
    )
}

/// A posted line with its journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedRow {
    /// The line.
    pub line: i64,
    /// Minor units; a debit is positive.
    pub amount: i64,
    /// Product, or empty.
    pub product: String,
    /// Journal.
    pub journal: String,
    /// Accounting date.
    pub date: String,
    /// What happened.
    pub narration: String,
    /// Document, or empty.
    pub document: String,
    /// Contract, or empty.
    pub contract: String,
    /// Customer, or empty.
    pub customer: String,
}

/// The key of an account's lines in one month.
#[derive(Debug, Clone, Copy)]
pub struct AccountMonth<'a> {
    /// Legal entity.
    pub entity: &'a str,
    /// Account.
    pub account: &'a str,
    /// Currency.
    pub currency: &'a str,
    /// Month.
    pub month: &'a str,
}

/// The lines summed by entity, account, currency and month: what the balances must equal.
///
/// # Errors
/// When the database refuses.
pub fn balances_from_lines(tx: &mut Tx<'_>) -> Result<Vec<BalanceRow>, StoreFault> {
    tx.query(
        "SELECT entity, account, currency, month,
         CAST(sum(CASE WHEN amount > 0 THEN amount ELSE 0 END) AS BIGINT),
         CAST(sum(CASE WHEN amount < 0 THEN -amount ELSE 0 END) AS BIGINT)
         FROM journal_line GROUP BY entity, account, currency, month
         ORDER BY entity, account, currency, month",
        &[],
        BalanceRow::read,
    )
}

/// How many journals there are, and how many of them were entered by hand.
///
/// # Errors
/// When the database refuses.
pub fn counts(tx: &mut Tx<'_>) -> Result<(i64, i64), StoreFault> {
    let found = tx.query_one(
        "SELECT CAST(count(*) AS BIGINT), CAST(count(CASE WHEN rule = 'manual' THEN 1 END) AS BIGINT) FROM journal",
        &[],
        |row| Ok((row.int(0)?, row.int(1)?)),
    )?;
    Ok(found.unwrap_or((0, 0)))
}

/// The closed months: (entity, month).
///
/// # Errors
/// When the database refuses.
pub fn closed_months(tx: &mut Tx<'_>) -> Result<Vec<(String, String)>, StoreFault> {
    tx.query(
        "SELECT entity, month FROM closed_month ORDER BY entity, month",
        &[],
        |mut row| Ok((row.text(0)?, row.text(1)?)),
    )
}

/// Closes or reopens a month.
///
/// # Errors
/// When the database refuses.
pub fn set_closed(
    tx: &mut Tx<'_>,
    entity: &str,
    month: &str,
    closed: bool,
) -> Result<(), StoreFault> {
    if closed {
        tx.execute(
            "INSERT INTO closed_month (entity, month) VALUES (?1, ?2) ON CONFLICT (entity, month) DO NOTHING",
            params![entity, month],
        )?;
    } else {
        tx.execute(
            "DELETE FROM closed_month WHERE entity = ?1 AND month = ?2",
            params![entity, month],
        )?;
    }
    Ok(())
}

/// Whether a month takes no more entries: it, or a later one, is closed.
///
/// # Errors
/// When the database refuses.
pub fn is_closed(tx: &mut Tx<'_>, entity: &str, month: &str) -> Result<bool, StoreFault> {
    let found = tx.query_one(
        "SELECT month FROM closed_month WHERE entity = ?1 AND month >= ?2 LIMIT 1",
        params![entity, month],
        |mut row| row.text(0),
    )?;
    Ok(found.is_some())
}

/// The journal that reverses `journal`, when there is one.
///
/// # Errors
/// When the database refuses.
pub fn reversal_of(tx: &mut Tx<'_>, journal: &str) -> Result<Option<String>, StoreFault> {
    tx.query_one(
        "SELECT id FROM journal WHERE reverses = ?1 AND reverses <> ''",
        params![journal],
        |mut row| row.text(0),
    )
}

/// Journals of an entity and month (of all when empty) by the time they were recorded, newest
/// first, before (recorded, id), exclusive.
///
/// # Errors
/// When the database refuses.
pub fn newest(
    tx: &mut Tx<'_>,
    (entity, month): (&str, &str),
    before: (i64, &str),
    limit: i64,
) -> Result<Vec<JournalRow>, StoreFault> {
    let columns = JournalRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM journal WHERE (?1 = '' OR entity = ?1) AND (?2 = '' OR month = ?2)
             AND (recorded, id) < (?3, ?4) ORDER BY recorded DESC, id DESC LIMIT ?5"
        ),
        params![entity, month, before.0, before.1, limit],
        JournalRow::read,
    )
}

/// The months in which anything moved in an entity's books, newest first.
///
/// # Errors
/// When the database refuses.
pub fn months(tx: &mut Tx<'_>, entity: &str) -> Result<Vec<String>, StoreFault> {
    tx.query(
        "SELECT DISTINCT month FROM balance WHERE entity = ?1 ORDER BY month DESC",
        params![entity],
        |mut row| row.text(0),
    )
}

/// The lines of an account in a month by accounting date, after (date, journal, line). The head of a journal
/// names the first contract of its document; a line of one that spans several is of none.
///
/// # Errors
/// When the database refuses.
pub fn lines_by_date(
    tx: &mut Tx<'_>,
    key: AccountMonth<'_>,
    after: (&str, &str, i64),
    limit: i64,
) -> Result<Vec<PostedRow>, StoreFault> {
    tx.query(
        "SELECT l.line, l.amount, l.product, j.id, j.date, j.narration, j.document,
           CASE WHEN EXISTS (
             SELECT 1 FROM document_part p WHERE p.document = j.document AND p.contract <> j.contract
           ) THEN '' ELSE j.contract END, j.customer
         FROM journal_line l JOIN journal j ON j.id = l.journal
         WHERE l.entity = ?1 AND l.account = ?2 AND l.currency = ?3 AND l.month = ?4
         AND (j.date, l.journal, l.line) > (?5, ?6, ?7) ORDER BY j.date, l.journal, l.line LIMIT ?8",
        params![key.entity, key.account, key.currency, key.month, after.0, after.1, after.2, limit],
        |mut row| {
            Ok(PostedRow {
                line: row.int(0)?,
                amount: row.int(1)?,
                product: row.text(2)?,
                journal: row.text(3)?,
                date: row.text(4)?,
                narration: row.text(5)?,
                document: row.text(6)?,
                contract: row.text(7)?,
                customer: row.text(8)?,
            })
        },
    )
}

/// What the lines of an account in a month come to up to (date, journal, line), included.
///
/// # Errors
/// When the database refuses.
pub fn moved_through(
    tx: &mut Tx<'_>,
    key: AccountMonth<'_>,
    through: (&str, &str, i64),
) -> Result<i64, StoreFault> {
    let found = tx.query_one(
        "SELECT CAST(coalesce(sum(l.amount), 0) AS BIGINT) FROM journal_line l JOIN journal j ON j.id = l.journal
         WHERE l.entity = ?1 AND l.account = ?2 AND l.currency = ?3 AND l.month = ?4
         AND (j.date, l.journal, l.line) <= (?5, ?6, ?7)",
        params![key.entity, key.account, key.currency, key.month, through.0, through.1, through.2],
        |row| row.int(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// Journals posted, by entity and currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalSum {
    /// Legal entity.
    pub entity: String,
    /// Currency.
    pub currency: String,
    /// How many.
    pub count: i64,
    /// Sum of their debits, minor units.
    pub total: i64,
}

/// Count and sum of debits by entity and currency.
///
/// # Errors
/// When the database refuses.
pub fn sums(tx: &mut Tx<'_>) -> Result<Vec<JournalSum>, StoreFault> {
    tx.query(
        "SELECT entity, currency, CAST(count(*) AS BIGINT), CAST(sum(total) AS BIGINT) FROM journal
         GROUP BY entity, currency ORDER BY entity, currency",
        &[],
        |mut row| {
            Ok(JournalSum {
                entity: row.text(0)?,
                currency: row.text(1)?,
                count: row.int(2)?,
                total: row.int(3)?,
            })
        },
    )
}

/// Journals whose lines do not add up to zero in a currency: (journal, currency, difference).
///
/// # Errors
/// When the database refuses.
pub fn unbalanced(tx: &mut Tx<'_>) -> Result<Vec<(String, String, i64)>, StoreFault> {
    tx.query(
        "SELECT journal, currency, CAST(sum(amount) AS BIGINT) FROM journal_line GROUP BY journal, currency
         HAVING sum(amount) <> 0 ORDER BY journal, currency",
        &[],
        |mut row| Ok((row.text(0)?, row.text(1)?, row.int(2)?)),
    )
}

/// Journals whose event is not in the log: (journal, event).
///
/// # Errors
/// When the database refuses.
pub fn without_event(tx: &mut Tx<'_>) -> Result<Vec<(String, String)>, StoreFault> {
    tx.query(
        "SELECT j.id, j.event FROM journal j LEFT JOIN event e ON e.id = j.event WHERE e.id IS NULL ORDER BY j.id",
        &[],
        |mut row| Ok((row.text(0)?, row.text(1)?)),
    )
}
