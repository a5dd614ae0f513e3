//! What a bill run reads and writes for many contracts at a time: one statement a table and page,
//! never one a contract. Everything that was read to decide is compared again when it is written.

use crate::bill_runs::OpenRun;
use crate::contracts::ContractRow;
use crate::{Param, Row, StoreFault, Tx, params};
use std::fmt::Write;

/// Keys asked for in one statement; shorter lists repeat their last key, so that the statement stays
/// prepared.
const KEYS: usize = 200;

/// Which contracts a run looks at. Empty texts select everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DueFilter {
    /// Of one legal entity.
    pub entity: String,
    /// Of one customer.
    pub customer: String,
    /// Only this contract.
    pub contract: String,
    /// In one currency.
    pub currency: String,
    /// But for what these bill runs are to bill.
    pub left_to: Vec<OpenRun>,
}

impl DueFilter {
    /// The condition that leaves out what is for open bill runs, with its parameters numbered from
    /// `first`.
    fn without_left<'f>(&'f self, first: usize, params: &mut Vec<Param<'f>>) -> String {
        let mut text = String::new();
        for run in &self.left_to {
            let _ = write!(text, " AND NOT (bill_from <= ?{}", first + params.len());
            params.push((&run.through).into());
            let narrow = [
                ("entity", &run.entity),
                ("customer", &run.customer),
                ("id", &run.contract),
                ("currency", &run.currency),
            ];
            for (column, value) in narrow.into_iter().filter(|(_, value)| !value.is_empty()) {
                let _ = write!(text, " AND {column} = ?{}", first + params.len());
                params.push(value.into());
            }
            text.push(')');
        }
        text
    }
}

/// Contracts with something to bill on or before `through`, by customer and id after `after`.
///
/// # Errors
/// When the database refuses.
pub fn due(
    tx: &mut Tx<'_>,
    through: &str,
    filter: &DueFilter,
    after: (&str, &str),
    limit: i64,
) -> Result<Vec<ContractRow>, StoreFault> {
    let columns = ContractRow::columns("");
    // Two texts, because a database does not use an index for `?4 = '' OR customer = ?4`.
    let whose = if filter.customer.is_empty() {
        "(customer, id) > (?2, ?3) AND ?4 = ''"
    } else {
        "customer = ?4 AND id > ?3 AND ?2 = ?2"
    };
    let mut params: Vec<Param<'_>> = vec![
        through.into(),
        after.0.into(),
        after.1.into(),
        (&filter.customer).into(),
        (&filter.entity).into(),
        (&filter.currency).into(),
        (&filter.contract).into(),
        limit.into(),
    ];
    let mut left = Vec::new();
    let but = filter.without_left(params.len() + 1, &mut left);
    params.append(&mut left);
    tx.query(
        &format!(
            "SELECT {columns} FROM {} WHERE bill_from <> '' AND bill_from <= ?1 AND {whose}
             AND (?5 = '' OR entity = ?5) AND (?6 = '' OR currency = ?6) AND (?7 = '' OR id = ?7){but}
             ORDER BY customer, id LIMIT ?8",
            ContractRow::WHOLE
        ),
        &params,
        ContractRow::read,
    )
}

/// How many contracts [`due`] selects in all.
///
/// # Errors
/// When the database refuses.
pub fn due_count(tx: &mut Tx<'_>, through: &str, filter: &DueFilter) -> Result<i64, StoreFault> {
    let found = tx.query_one(
        "SELECT CAST(count(*) AS BIGINT) FROM contract WHERE bill_from <> '' AND bill_from <= ?1
         AND (?2 = '' OR customer = ?2) AND (?3 = '' OR entity = ?3) AND (?4 = '' OR currency = ?4)
         AND (?5 = '' OR id = ?5)",
        params![
            through,
            &filter.customer,
            &filter.entity,
            &filter.currency,
            &filter.contract
        ],
        |row| row.int(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// Runs `select … WHERE column IN (…)` for all keys.
pub(crate) fn each_of(
    tx: &mut Tx<'_>,
    before: &str,
    after: &str,
    keys: &[&str],
    each: impl FnMut(Row) -> Result<(), StoreFault>,
) -> Result<(), StoreFault> {
    each_beside(tx, (&|_| before.to_owned(), after), keys, &[], each)
}

/// As [`each_of`] with more parameters: `before` is told the number of the first of them.
pub(crate) fn each_beside(
    tx: &mut Tx<'_>,
    (before, after): (&dyn Fn(usize) -> String, &str),
    keys: &[&str],
    beside: &[Param<'_>],
    mut each: impl FnMut(Row) -> Result<(), StoreFault>,
) -> Result<(), StoreFault> {
    for chunk in keys.chunks(KEYS) {
        // Mostly there is one key, for which hundreds of places would be bound in vain.
        let places = if chunk.len() == 1 { 1 } else { KEYS };
        let before = before(places + 1);
        let mut text = String::with_capacity(before.len() + after.len() + places * 6);
        let _ = write!(text, "{before} (");
        for place in 1..=places {
            let comma = if place == 1 { "" } else { ", " };
            let _ = write!(text, "{comma}?{place}");
        }
        let _ = write!(text, ") {after}");
        let mut params: Vec<Param<'_>> = chunk.iter().map(|key| Param::Text(key)).collect();
        let last = params.last().copied().unwrap_or(Param::Null);
        params.resize(places, last);
        params.extend_from_slice(beside);
        tx.query_each(&text, &params, &mut each)?;
    }
    Ok(())
}

/// The bodies of every line billed on these contracts, but those of voided invoices: (contract, body).
///
/// # Errors
/// When the database refuses.
pub fn lines_of(tx: &mut Tx<'_>, contracts: &[&str]) -> Result<Vec<(String, String)>, StoreFault> {
    let mut found = Vec::new();
    each_of(
        tx,
        "SELECT contract, body FROM document_line WHERE contract IN",
        "AND voided = 0 ORDER BY id",
        contracts,
        |mut row| {
            found.push((row.text(0)?, row.text(1)?));
            Ok(())
        },
    )?;
    Ok(found)
}

/// Where an obligation stands between billed and earned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The obligation.
    pub id: String,
    /// Its contract.
    pub contract: String,
    /// Its component.
    pub component: String,
    /// Billed less credited, minor units.
    pub billed: i64,
    /// Recognised, minor units.
    pub recognised: i64,
}

/// The positions of these contracts; those of one follow each other, by component.
///
/// # Errors
/// When the database refuses.
pub fn positions(tx: &mut Tx<'_>, contracts: &[&str]) -> Result<Vec<Position>, StoreFault> {
    let mut found = Vec::new();
    each_of(
        tx,
        "SELECT id, contract, component, billed, recognised FROM obligation WHERE contract IN",
        "ORDER BY contract, component",
        contracts,
        |mut row| {
            found.push(Position {
                id: row.text(0)?,
                contract: row.text(1)?,
                component: row.text(2)?,
                billed: row.int(3)?,
                recognised: row.int(4)?,
            });
            Ok(())
        },
    )?;
    Ok(found)
}

/// The bodies of these customers: (id, body).
///
/// # Errors
/// When the database refuses.
pub fn customers(tx: &mut Tx<'_>, customers: &[&str]) -> Result<Vec<(String, String)>, StoreFault> {
    let mut found = Vec::new();
    each_of(
        tx,
        "SELECT id, body FROM customer WHERE id IN",
        "",
        customers,
        |mut row| {
            found.push((row.text(0)?, row.text(1)?));
            Ok(())
        },
    )?;
    Ok(found)
}

/// Which of these keys have an open exception.
///
/// # Errors
/// When the database refuses.
pub fn excepted(tx: &mut Tx<'_>, keys: &[&str]) -> Result<Vec<String>, StoreFault> {
    let mut found = Vec::new();
    each_of(
        tx,
        "SELECT key FROM exception WHERE status <> 'resolved' AND key IN",
        "",
        keys,
        |mut row| {
            found.push(row.text(0)?);
            Ok(())
        },
    )?;
    Ok(found)
}

/// Which of these contracts a running process waits about.
///
/// # Errors
/// When the database refuses.
pub fn with_process(tx: &mut Tx<'_>, contracts: &[&str]) -> Result<Vec<String>, StoreFault> {
    let any = tx.query_one(
        "SELECT id FROM process WHERE status = 'running' LIMIT 1",
        &[],
        |mut row| row.text(0),
    )?;
    let mut found = Vec::new();
    if any.is_none() {
        return Ok(found);
    }
    each_of(
        tx,
        "SELECT DISTINCT k.id FROM process_key k JOIN process p ON p.id = k.process
         WHERE p.status = 'running' AND k.kind = 'contract' AND k.id IN",
        "",
        contracts,
        |mut row| {
            found.push(row.text(0)?);
            Ok(())
        },
    )?;
    Ok(found)
}

/// The last closed month of each legal entity: (entity, month).
///
/// # Errors
/// When the database refuses.
pub fn closed_through(tx: &mut Tx<'_>) -> Result<Vec<(String, String)>, StoreFault> {
    tx.query(
        "SELECT entity, max(month) FROM closed_month GROUP BY entity ORDER BY entity",
        &[],
        |mut row| Ok((row.text(0)?, row.text(1)?)),
    )
}

/// The heads of partitions: (partition, sequence, hash).
///
/// # Errors
/// When the database refuses.
pub fn heads(
    tx: &mut Tx<'_>,
    partitions: &[&str],
) -> Result<Vec<(String, i64, Vec<u8>)>, StoreFault> {
    let mut found = Vec::new();
    each_of(
        tx,
        "SELECT partition_key, sequence, hash FROM partition_head WHERE partition_key IN",
        "",
        partitions,
        |mut row| {
            found.push((row.text(0)?, row.int(1)?, row.blob(2)?));
            Ok(())
        },
    )?;
    Ok(found)
}

/// How many readers of the log are active.
///
/// # Errors
/// When the database refuses.
pub fn active_readers(tx: &mut Tx<'_>) -> Result<i64, StoreFault> {
    let found = tx.query_one(
        "SELECT CAST(count(*) AS BIGINT) FROM log_reader WHERE active = 1",
        &[],
        |row| row.int(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// Takes the turn of these aggregates until the end of the transaction, in order of their names. On
/// SQLite the single writer gives this already, so nothing is written there.
///
/// # Errors
/// When the database refuses.
pub fn take_turns(tx: &mut Tx<'_>, aggregates: &mut [String]) -> Result<(), StoreFault> {
    if !tx.has_many_writers() {
        return Ok(());
    }
    aggregates.sort_unstable();
    for aggregate in aggregates {
        crate::settings::take_turn(tx, aggregate)?;
    }
    Ok(())
}

/// What was read of a contract, and from when it is to be looked at again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextDue {
    /// The contract.
    pub contract: String,
    /// The version that was read.
    pub version: i64,
    /// What was read.
    pub before: String,
    /// What is due next; empty for nothing.
    pub after: String,
}

/// Notes when contracts are due next. False when one is not as it was read.
///
/// # Errors
/// When the database refuses.
pub fn set_next_due(tx: &mut Tx<'_>, moves: &[NextDue]) -> Result<bool, StoreFault> {
    let params: Vec<Param<'_>> = moves
        .iter()
        .flat_map(|it| -> [Param<'_>; 4] {
            [
                (&it.contract).into(),
                it.version.into(),
                (&it.before).into(),
                (&it.after).into(),
            ]
        })
        .collect();
    let touched = tx.each(
        "UPDATE contract SET bill_from = ?4 WHERE id = ?1 AND version = ?2 AND bill_from = ?3",
        4,
        &params,
    )?;
    Ok(touched == moves.len() as u64)
}

/// A position as it was read, and what is billed of it then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The obligation.
    pub id: String,
    /// Billed as it was read.
    pub billed: i64,
    /// Recognised as it was read.
    pub recognised: i64,
    /// Billed afterwards.
    pub after: i64,
}

/// Moves positions. False when one is not as it was read.
///
/// # Errors
/// When the database refuses.
pub fn move_positions(tx: &mut Tx<'_>, moves: &[Moved]) -> Result<bool, StoreFault> {
    let params: Vec<Param<'_>> = moves
        .iter()
        .flat_map(|it| -> [Param<'_>; 4] {
            [
                (&it.id).into(),
                it.billed.into(),
                it.recognised.into(),
                it.after.into(),
            ]
        })
        .collect();
    let touched = tx.each(
        "UPDATE obligation SET billed = ?4 WHERE id = ?1 AND billed = ?2 AND recognised = ?3",
        4,
        &params,
    )?;
    Ok(touched == moves.len() as u64)
}

/// Adds to what is credited of lines: (line, net, tax).
///
/// # Errors
/// When the database refuses.
pub fn add_credited(tx: &mut Tx<'_>, credited: &[(String, i64, i64)]) -> Result<(), StoreFault> {
    for (line, net, tax) in credited {
        crate::documents::add_credited(tx, line, *net, *tax)?;
    }
    Ok(())
}

/// Moves a gapless series on from the number that was read to the last one given. False when another
/// has taken a number meanwhile.
///
/// # Errors
/// When the database refuses.
pub fn move_number(
    tx: &mut Tx<'_>,
    series: &str,
    before: i64,
    after: i64,
) -> Result<bool, StoreFault> {
    let touched = if before == 0 {
        tx.execute(
            "INSERT INTO counter (name, last) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET last = excluded.last
             WHERE counter.last = 0",
            params![series, after],
        )?
    } else {
        tx.execute(
            "UPDATE counter SET last = ?3 WHERE name = ?1 AND last = ?2",
            params![series, before, after],
        )?
    };
    Ok(touched == 1)
}
