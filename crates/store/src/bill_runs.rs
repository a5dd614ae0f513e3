//! Bill runs: what they are to bill, how far they are, and what each contract came to.

use crate::contracts::ContractRow;
use crate::{StoreFault, Tx, params};
use std::sync::LazyLock;

table! {
    /// A bill run.
    BillRunRow in "bill_run" {
        /// Id.
        id: text,
        /// Status word.
        status: text,
        /// Bills what is owed through this day.
        through: text,
        /// Only this legal entity, or empty.
        entity: text,
        /// Only this customer, or empty.
        customer: text,
        /// Only this contract, or empty.
        contract: text,
        /// Only this currency, or empty.
        currency: text,
        /// Who planned it.
        maker: text,
        /// Who approved it, or empty.
        checker: text,
        /// Why it needs a second person, or empty.
        needs: text,
        /// Why it was paused or cancelled, or empty.
        reason: text,
        /// Contracts due when it was previewed.
        due: int,
        /// Contracts looked at.
        done: int,
        /// Documents issued.
        issued: int,
        /// Contracts held with an exception.
        held: int,
        /// The last customer that was looked at.
        after_customer: text,
        /// The last contract that was looked at.
        after_contract: text,
        /// Chain.
        correlation: text,
        /// When it was planned, microseconds.
        created: int,
        /// When it last moved, microseconds.
        changed: int,
    }
}

table! {
    /// A sum of a run.
    BillRunTotal in "bill_run_total" {
        /// The run.
        run: text,
        /// `expected` by the preview or `issued` by the run.
        part: text,
        /// Currency.
        currency: text,
        /// `invoice` or `credit_note`; `draft_invoice` or `draft_credit_note` for what stands as a draft;
        /// `untaxed_invoice` for what waits for a tax engine.
        kind: text,
        /// How many.
        documents: int,
        /// Without tax, minor units.
        net: int,
        /// Tax, minor units.
        tax: int,
        /// With tax, minor units.
        total: int,
    }
}

table! {
    /// What one contract of a run came to.
    BillRunResult in "bill_run_result" {
        /// The run.
        run: text,
        /// The customer.
        customer: text,
        /// The contract.
        contract: text,
        /// `expected` by the preview or `issued` by the run.
        part: text,
        /// `issued`, `drafted`, `waits` (for a tax engine) or `held`.
        outcome: text,
        /// The document, the draft, or the question to the tax engine; empty for what is held, and in a
        /// preview.
        document: text,
        /// Why it is held or what it waits for, or the amount that is expected.
        why: text,
    }
}

/// A run.
///
/// # Errors
/// When the database refuses.
pub fn run(tx: &mut Tx<'_>, id: &str) -> Result<Option<BillRunRow>, StoreFault> {
    let columns = BillRunRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM bill_run WHERE id = ?1"),
        params![id],
        BillRunRow::read,
    )
}

/// Runs before `before` (exclusive; empty for the newest), newest first.
///
/// # Errors
/// When the database refuses.
pub fn newest(tx: &mut Tx<'_>, before: &str, limit: i64) -> Result<Vec<BillRunRow>, StoreFault> {
    let columns = BillRunRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM bill_run WHERE (?1 = '' OR id < ?1) ORDER BY id DESC LIMIT ?2"
        ),
        params![before, limit],
        BillRunRow::read,
    )
}

/// Runs that a worker moves on, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn to_work(tx: &mut Tx<'_>) -> Result<Vec<BillRunRow>, StoreFault> {
    let columns = BillRunRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM bill_run WHERE status IN ('planned', 'running') ORDER BY id"
        ),
        &[],
        BillRunRow::read,
    )
}

/// What a bill run that is not over is to bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRun {
    /// The run.
    pub run: String,
    /// Its status.
    pub status: String,
    /// Through this day.
    pub through: String,
    /// Only this legal entity, or empty.
    pub entity: String,
    /// Only this customer, or empty.
    pub customer: String,
    /// Only this contract, or empty.
    pub contract: String,
    /// Only this currency, or empty.
    pub currency: String,
}

impl OpenRun {
    /// Whether what is due of a contract is for this run to bill.
    #[must_use]
    pub fn covers(&self, row: &ContractRow) -> bool {
        let holds = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
        !row.bill_from.is_empty()
            && row.bill_from <= self.through
            && holds(&self.entity, &row.entity)
            && holds(&self.customer, &row.customer)
            && holds(&self.contract, &row.id)
            && holds(&self.currency, &row.currency)
    }
}

/// Runs that are neither done nor cancelled, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn open(tx: &mut Tx<'_>) -> Result<Vec<OpenRun>, StoreFault> {
    tx.query(
        "SELECT id, status, through, entity, customer, contract, currency FROM bill_run
         WHERE status NOT IN ('done', 'cancelled') ORDER BY id",
        &[],
        |mut row| {
            Ok(OpenRun {
                run: row.text(0)?,
                status: row.text(1)?,
                through: row.text(2)?,
                entity: row.text(3)?,
                customer: row.text(4)?,
                contract: row.text(5)?,
                currency: row.text(6)?,
            })
        },
    )
}

/// Runs planned before an instant, in microseconds, that are neither done nor cancelled.
///
/// # Errors
/// When the database refuses.
pub fn open_since(tx: &mut Tx<'_>, before: i64) -> Result<Vec<BillRunRow>, StoreFault> {
    let columns = BillRunRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM bill_run WHERE status NOT IN ('done', 'cancelled') AND created < ?1 ORDER BY id"
        ),
        params![before],
        BillRunRow::read,
    )
}

/// Writes a run back, if it still has the status and position that were read. False when another has
/// moved it.
///
/// # Errors
/// When the database refuses.
pub fn put(tx: &mut Tx<'_>, before: &BillRunRow, row: &BillRunRow) -> Result<bool, StoreFault> {
    let touched = tx.execute(
        "UPDATE bill_run SET status = ?2, checker = ?3, needs = ?4, reason = ?5, due = ?6, done = ?7, issued = ?8,
         held = ?9, after_customer = ?10, after_contract = ?11, changed = ?12
         WHERE id = ?1 AND status = ?13 AND after_customer = ?14 AND after_contract = ?15",
        params![
            &row.id, &row.status, &row.checker, &row.needs, &row.reason, row.due, row.done, row.issued, row.held,
            &row.after_customer, &row.after_contract, row.changed, &before.status, &before.after_customer,
            &before.after_contract
        ],
    )?;
    Ok(touched == 1)
}

/// Adds to the sums of a run.
///
/// # Errors
/// When the database refuses.
pub fn add_totals(tx: &mut Tx<'_>, totals: &[BillRunTotal]) -> Result<(), StoreFault> {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        BillRunTotal::insert_text(
            "ON CONFLICT (run, part, currency, kind) DO UPDATE SET
             documents = bill_run_total.documents + excluded.documents, net = bill_run_total.net + excluded.net,
             tax = bill_run_total.tax + excluded.tax, total = bill_run_total.total + excluded.total",
        )
    });
    let params: Vec<_> = totals.iter().flat_map(BillRunTotal::params).collect();
    tx.insert(&TEXT, BillRunTotal::WIDTH, &params)?;
    Ok(())
}

/// The sums of a run, by part, currency and kind.
///
/// # Errors
/// When the database refuses.
pub fn totals(tx: &mut Tx<'_>, run: &str) -> Result<Vec<BillRunTotal>, StoreFault> {
    let columns = BillRunTotal::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM bill_run_total WHERE run = ?1 ORDER BY part, currency, kind"
        ),
        params![run],
        BillRunTotal::read,
    )
}

/// Forgets the preview of a run, which begins anew: what the run has issued already is expected as it is.
///
/// # Errors
/// When the database refuses.
pub fn forget_preview(tx: &mut Tx<'_>, run: &str) -> Result<(), StoreFault> {
    tx.execute(
        "DELETE FROM bill_run_total WHERE run = ?1 AND part = 'expected'",
        params![run],
    )?;
    tx.execute(
        "DELETE FROM bill_run_result WHERE run = ?1 AND part = 'expected'",
        params![run],
    )?;
    tx.execute(
        "INSERT INTO bill_run_total (run, part, currency, kind, documents, net, tax, total)
         SELECT run, 'expected', currency, kind, documents, net, tax, total FROM bill_run_total
         WHERE run = ?1 AND part = 'issued'",
        params![run],
    )?;
    Ok(())
}

/// Which results of a run a list holds.
#[derive(Debug, Clone, Default)]
pub struct ResultFilter {
    /// `expected` or `issued`.
    pub part: String,
    /// Only what is held.
    pub held: bool,
    /// After this customer and contract.
    pub after: (String, String),
}

/// What the contracts of a run came to, by customer and contract.
///
/// # Errors
/// When the database refuses.
pub fn results(
    tx: &mut Tx<'_>,
    run: &str,
    filter: &ResultFilter,
    limit: i64,
) -> Result<Vec<BillRunResult>, StoreFault> {
    let columns = BillRunResult::columns("");
    let held = if filter.held {
        "AND outcome = 'held'"
    } else {
        ""
    };
    tx.query(
        &format!(
            "SELECT {columns} FROM bill_run_result WHERE run = ?1 AND part = ?2 AND (customer, contract) > (?3, ?4)
             {held} ORDER BY customer, contract LIMIT ?5"
        ),
        params![run, &filter.part, &filter.after.0, &filter.after.1, limit],
        BillRunResult::read,
    )
}

/// Sums of documents by currency and kind: (currency, kind, documents, net, tax, total).
///
/// # Errors
/// When the database refuses.
pub fn sums_of(
    tx: &mut Tx<'_>,
    run: &str,
    documents: &[&str],
) -> Result<Vec<BillRunTotal>, StoreFault> {
    let mut sums: std::collections::BTreeMap<(String, String), [i64; 4]> =
        std::collections::BTreeMap::new();
    crate::bill_pages::each_of(
        tx,
        "SELECT currency, kind, net, tax, total, id FROM document WHERE id IN",
        "",
        documents,
        |mut row| {
            let sum = sums.entry((row.text(0)?, row.text(1)?)).or_default();
            sum[0] += 1;
            sum[1] += row.int(2)?;
            sum[2] += row.int(3)?;
            sum[3] += row.int(4)?;
            Ok(())
        },
    )?;
    Ok(sums
        .into_iter()
        .map(
            |((currency, kind), [documents, net, tax, total])| BillRunTotal {
                run: run.to_owned(),
                part: "issued".to_owned(),
                currency,
                kind,
                documents,
                net,
                tax,
                total,
            },
        )
        .collect())
}
