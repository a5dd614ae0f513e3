//! The books, written for programs and people outside: Beancount and hledger, which prove them on
//! their own; CSV; a workbook. Journals stream from the store in the order of their dates, so the
//! memory that is needed does not grow with the number of journals.
//!
//! The plain-text books carry the balances that *our balance table* holds, at the end of every
//! month in which an account moved and once more at the end. The outside program adds the journals
//! up itself; so what it proves is that two things of ours agree, not that a sum equals itself.

mod balances;
mod text;
mod workbook;

use crate::fault::{AppFault, stored_value};
use crate::{App, Books};
use balances::Closings;
use ledger::export::{ExportJournal, ExportLine};
use ledger::{Account, Chart, Dimensions};
use std::io::Write;
use std::str::FromStr;
use store::{StoreFault, Tx, journals, routing};
use values::{AccountCode, Money};

/// The plain-text forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextFormat {
    /// Beancount 3: `bean-check --no-cache FILE`.
    Beancount,
    /// hledger and ledger: `hledger -f FILE check -s ordereddates`.
    Hledger,
    /// Comma-separated (RFC 4180), one row a journal line.
    Csv,
}

/// What an export holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exported {
    /// Journals written.
    pub journals: u64,
    /// Lines written.
    pub lines: u64,
}

/// Why an export broke off. What was written until then is not whole.
#[derive(Debug, thiserror::Error)]
pub enum ExportFault {
    /// The books could not be read.
    #[error(transparent)]
    Books(#[from] AppFault),
    /// A line stands on an account that the chart does not have.
    #[error(
        "account {account} has postings but is not in the chart of accounts: add it to the chart, then export again"
    )]
    NotInChart {
        /// Its code.
        account: AccountCode,
    },
    /// The output did not take what was written.
    #[error("the export could not be written: {0}")]
    Output(#[from] std::io::Error),
    /// The writer of workbooks refused something.
    #[error("the workbook could not be written: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
}

impl From<StoreFault> for ExportFault {
    fn from(fault: StoreFault) -> Self {
        ExportFault::Books(AppFault::Store(fault))
    }
}

impl From<values::MoneyRefused> for ExportFault {
    fn from(refused: values::MoneyRefused) -> Self {
        ExportFault::Books(AppFault::Amount(refused))
    }
}

impl App {
    /// Writes all books as plain text to `out` and gives it back flushed. One consistent view of the
    /// books is read, whatever is recorded meanwhile. The same books give the same bytes.
    ///
    /// # Errors
    /// When the books cannot be read, or `out` does not take the text.
    pub fn export_text<W: Write + Send + 'static>(
        &self,
        format: TextFormat,
        out: W,
    ) -> Result<(W, Exported), ExportFault> {
        let books = self.books();
        self.store()
            .read(move |tx| text::write(tx, &books, format, out))
    }

    /// Writes the trial balance and all journal lines as an Office Open XML workbook (`.xlsx`) to
    /// `out` and gives it back flushed. A sheet that is full is continued on another one.
    ///
    /// # Errors
    /// When the books cannot be read, or `out` does not take the workbook.
    pub fn export_workbook<W: Write + Send + 'static>(
        &self,
        out: W,
    ) -> Result<(W, Exported), ExportFault> {
        let books = self.books();
        let now = self.clock().now();
        self.store()
            .read(move |tx| workbook::write(tx, &books, now, out))
    }
}

/// Hands over every journal in the order of date and id.
fn each_journal(
    tx: &mut Tx<'_>,
    chart: &Chart,
    mut each: impl FnMut(&ExportJournal) -> Result<(), ExportFault>,
) -> Result<(), ExportFault> {
    // The store's walk knows only its own faults; ours is kept aside and ends the walk.
    let mut stopped = None;
    let spanning = routing::spanning(tx)?;
    let walked = journals::each_in_order(tx, |mut row, lines| {
        if spanning.contains(&row.document) {
            // It is of several: which line is of which stands on the document.
            row.contract.clear();
        }
        let given = read_journal(chart, row, lines).and_then(|journal| each(&journal));
        given.map_err(|fault| {
            stopped = Some(fault);
            StoreFault::BrokeOff
        })
    });
    match stopped {
        Some(fault) => Err(fault),
        None => Ok(walked?),
    }
}

fn read_journal(
    chart: &Chart,
    row: journals::JournalRow,
    lines: Vec<journals::JournalLineRow>,
) -> Result<ExportJournal, ExportFault> {
    let behind = Dimensions {
        customer: optional("customer id", &row.customer)?,
        contract: optional("contract id", &row.contract)?,
        product: None,
    };
    let lines = lines.into_iter().map(|line| {
        let account = account(chart, &line.account)?;
        let currency = stored_value("currency", &line.currency)?;
        Ok(ExportLine {
            account: account.code.clone(),
            name: account.name.clone(),
            kind: account.kind,
            amount: Money::from_minor(line.amount, currency),
            dimensions: Dimensions {
                product: optional("product code", &line.product)?,
                ..behind.clone()
            },
        })
    });
    Ok(ExportJournal {
        lines: lines.collect::<Result<_, ExportFault>>()?,
        id: stored_value("journal id", &row.id)?,
        entity: stored_value("entity id", &row.entity)?,
        date: stored_value("date", &row.date)?,
        narration: row.narration,
        event: stored_value("event id", &row.event)?,
        rule: row.rule,
        rule_version: u32::try_from(row.rule_version).map_err(|error| AppFault::Unreadable {
            what: "rule version",
            error: error.to_string(),
        })?,
    })
}

/// An account of the chart by its stored code.
fn account<'c>(chart: &'c Chart, code: &str) -> Result<&'c Account, ExportFault> {
    let code: AccountCode = stored_value("account", code)?;
    match chart.account(&code) {
        Some(account) => Ok(account),
        None => Err(ExportFault::NotInChart { account: code }),
    }
}

/// A stored id that may be empty.
fn optional<T>(what: &'static str, text: &str) -> Result<Option<T>, AppFault>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    if text.is_empty() {
        return Ok(None);
    }
    stored_value(what, text).map(Some)
}

/// `Books of Acme Inc., Acme GmbH`.
fn title(books: &Books) -> String {
    let names: Vec<&str> = books
        .entities
        .values()
        .map(|entity| entity.name.as_str())
        .collect();
    if names.is_empty() {
        "Books without a legal entity".to_owned()
    } else {
        format!("Books of {}", names.join(", "))
    }
}

fn load_closings(tx: &mut Tx<'_>, chart: &Chart) -> Result<Closings, ExportFault> {
    Closings::of(chart, &journals::balances(tx, "")?)
}
