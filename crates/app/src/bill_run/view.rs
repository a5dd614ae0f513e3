//! What is shown of bill runs.

use super::{EXPECTED, ISSUED, load};
use crate::App;
use crate::fault::{AppFault, stored_value};
use crate::journey::billing::{Awaited, awaited};
use crate::view::Page;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::bill_runs::{self, BillRunRow, BillRunTotal, ResultFilter};
use store::{Tx, catalogue, documents, exceptions};
use values::{Currency, Instant, Money};

/// Rows of a list.
const ROWS: i64 = 50;

/// A bill run with how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BillRunView {
    /// Its id.
    pub id: String,
    /// `planned`, `waiting`, `ready`, `running`, `paused`, `done` or `cancelled`.
    pub status: String,
    /// Bills what is owed through this day.
    pub through: String,
    /// What it is narrowed to, in words; everything when empty.
    pub scope: String,
    /// Who planned it.
    pub maker: String,
    /// Who approved it, or empty.
    pub checker: String,
    /// Why it needs a second person, or empty.
    pub needs: String,
    /// Why it was paused or cancelled, or came to its limit and is to be approved again, or empty.
    pub reason: String,
    /// Contracts that were due at its preview.
    pub due: i64,
    /// Contracts looked at so far.
    pub done: i64,
    /// Documents issued so far.
    pub issued: i64,
    /// Contracts held with an exception so far.
    pub held: i64,
    /// When it was planned.
    pub created: Instant,
    /// When it last moved.
    pub changed: Instant,
}

/// Sums of one currency and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BillRunTotals {
    /// `invoice` or `credit_note`; `draft_invoice` or `draft_credit_note` for what stands as a draft and
    /// is not issued by the run; `untaxed_invoice` for what waits for a tax engine, with amounts before
    /// tax.
    pub kind: String,
    /// How many.
    pub documents: i64,
    /// Without tax.
    pub net: Money,
    /// Tax.
    pub tax: Money,
    /// With tax.
    pub total: Money,
}

/// What one contract of a run came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BillRunResultView {
    /// The customer.
    pub customer: String,
    /// Its name.
    pub name: String,
    /// The contract.
    pub contract: String,
    /// `issued`; `drafted`, which stands as a draft by the invoice policy of its entity; `waits`, for the
    /// tax engine that `why` names; or `held`.
    pub outcome: String,
    /// The id of the document, or of the draft where it is drafted; empty when there is none.
    pub document: String,
    /// `invoice` or `credit_note`, of the document.
    pub kind: String,
    /// The document's number; empty when there is none.
    pub number: String,
    /// The document's total with tax.
    pub total: Option<Money>,
    /// The open exception; empty when there is none.
    pub exception: String,
    /// Why it is held or what it waits for, or what the preview expects.
    pub why: String,
}

/// A bill run with its sums.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BillRunDetail {
    /// The run.
    pub run: BillRunView,
    /// What its preview expects.
    pub expected: Vec<BillRunTotals>,
    /// What it came to: issued, standing as drafts, and waiting for a tax engine.
    pub issued: Vec<BillRunTotals>,
    /// What is held, expected or met, the first of them.
    pub held: Vec<BillRunResultView>,
}

impl App {
    /// Bill runs, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn bill_runs(&self, cursor: Option<&str>) -> Result<Page<BillRunView>, AppFault> {
        let before = cursor.unwrap_or_default().to_owned();
        self.store().read(move |tx| {
            let mut rows = bill_runs::newest(tx, &before, ROWS + 1)?;
            let next = next_of(&mut rows, |row| row.id.clone());
            Ok(Page {
                items: rows.into_iter().map(view).collect(),
                next,
            })
        })
    }

    /// One bill run with its sums and what is held.
    ///
    /// # Errors
    /// When there is no such run, or the store fails.
    pub fn bill_run(&self, id: &str) -> Result<BillRunDetail, AppFault> {
        let id = id.to_owned();
        self.store().read(move |tx| {
            let row = load(tx, &id)?;
            let totals = bill_runs::totals(tx, &id)?;
            let part = current_part(&row);
            let filter = ResultFilter {
                part: part.to_owned(),
                held: true,
                ..ResultFilter::default()
            };
            let held = bill_runs::results(tx, &id, &filter, ROWS)?;
            Ok(BillRunDetail {
                expected: totals_of(&totals, EXPECTED)?,
                issued: totals_of(&totals, ISSUED)?,
                held: held
                    .into_iter()
                    .map(|row| result(tx, row))
                    .collect::<Result<_, _>>()?,
                run: view(row),
            })
        })
    }

    /// What the contracts of a run came to, by customer; of its preview until it issues.
    ///
    /// # Errors
    /// When there is no such run, or the store fails.
    pub fn bill_run_results(
        &self,
        id: &str,
        cursor: Option<&str>,
    ) -> Result<Page<BillRunResultView>, AppFault> {
        let id = id.to_owned();
        let after = cursor
            .and_then(|cursor| cursor.split_once('/'))
            .map(|(customer, contract)| (customer.to_owned(), contract.to_owned()))
            .unwrap_or_default();
        self.store().read(move |tx| {
            let row = load(tx, &id)?;
            let filter = ResultFilter {
                part: current_part(&row).to_owned(),
                held: false,
                after,
            };
            let mut rows = bill_runs::results(tx, &id, &filter, ROWS + 1)?;
            let next = next_of(&mut rows, |row| {
                format!("{}/{}", row.customer, row.contract)
            });
            let items = rows
                .into_iter()
                .map(|row| result(tx, row))
                .collect::<Result<_, _>>()?;
            Ok(Page { items, next })
        })
    }
}

/// The part of the results that says most: the preview's while it is for people to decide, then what was
/// issued.
fn current_part(row: &BillRunRow) -> &'static str {
    match row.status.as_str() {
        "planned" | "waiting" | "ready" => EXPECTED,
        _ if row.done > 0 => ISSUED,
        _ => EXPECTED,
    }
}

/// Cuts the row beyond a page off and answers the cursor of the page after it.
fn next_of<T>(rows: &mut Vec<T>, key: impl Fn(&T) -> String) -> Option<String> {
    let most = usize::try_from(ROWS).unwrap_or(usize::MAX);
    if rows.len() <= most {
        return None;
    }
    rows.truncate(most);
    rows.last().map(key)
}

/// What a run is narrowed to, in words; empty for everything.
pub(super) fn scope(row: &BillRunRow) -> String {
    let parts = [
        ("entity", &row.entity),
        ("customer", &row.customer),
        ("contract", &row.contract),
        ("currency", &row.currency),
    ];
    let scope: Vec<String> = parts
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    scope.join(", ")
}

fn view(row: BillRunRow) -> BillRunView {
    BillRunView {
        scope: scope(&row),
        id: row.id,
        status: row.status,
        through: row.through,
        maker: row.maker,
        checker: row.checker,
        needs: row.needs,
        reason: row.reason,
        due: row.due,
        done: row.done,
        issued: row.issued,
        held: row.held,
        created: Instant::from_microseconds(row.created),
        changed: Instant::from_microseconds(row.changed),
    }
}

fn totals_of(totals: &[BillRunTotal], part: &str) -> Result<Vec<BillRunTotals>, AppFault> {
    totals
        .iter()
        .filter(|total| total.part == part)
        .map(|total| {
            let currency: Currency = stored_value("currency", &total.currency)?;
            Ok(BillRunTotals {
                kind: total.kind.clone(),
                documents: total.documents,
                net: Money::from_minor(total.net, currency),
                tax: Money::from_minor(total.tax, currency),
                total: Money::from_minor(total.total, currency),
            })
        })
        .collect()
}

fn result(tx: &mut Tx<'_>, row: bill_runs::BillRunResult) -> Result<BillRunResultView, AppFault> {
    let name = catalogue::customer(tx, &row.customer)?.map(|customer| customer.name);
    let waiting = match row.outcome.as_str() {
        "waits" => awaited(tx, &row.document)?,
        _ => None,
    };
    let id = match (&waiting, row.outcome.as_str()) {
        // The invoice that was issued by the answer since.
        (Some(waiting), _) => waiting.document.clone(),
        (None, "waits") => String::new(),
        (None, _) => row.document.clone(),
    };
    let document = documents::document(tx, &id)?;
    let total = match &document {
        Some(document) => {
            let currency: Currency = stored_value("currency", &document.currency)?;
            Some(Money::from_minor(document.total, currency))
        }
        None => None,
    };
    let open = open_about(tx, &row, waiting.as_ref())?;
    Ok(BillRunResultView {
        name: name.unwrap_or_default(),
        kind: document
            .as_ref()
            .map_or_else(String::new, |document| document.kind.clone()),
        number: document.map_or_else(String::new, |document| document.number),
        total,
        exception: open
            .as_ref()
            .map_or_else(String::new, |open| open.id.clone()),
        why: match (waiting, row.why.is_empty()) {
            (Some(waiting), _) if id.is_empty() => waiting.words(),
            (_, true) => open.map_or_else(String::new, |open| open.detail),
            (_, false) => row.why,
        },
        customer: row.customer,
        contract: row.contract,
        outcome: row.outcome,
        document: id,
    })
}

/// The open exception about what a contract came to: that it cannot be billed, or about what its tax engine
/// was asked.
fn open_about(
    tx: &mut Tx<'_>,
    row: &bill_runs::BillRunResult,
    waiting: Option<&Awaited>,
) -> Result<Option<exceptions::ExceptionRow>, AppFault> {
    if row.outcome == "held" {
        return Ok(exceptions::open_about(
            tx,
            &format!("billing/{}", row.contract),
        )?);
    }
    for key in waiting.into_iter().flat_map(|waiting| &waiting.exceptions) {
        if let Some(open) = exceptions::open_about(tx, key)? {
            return Ok(Some(open));
        }
    }
    Ok(None)
}
