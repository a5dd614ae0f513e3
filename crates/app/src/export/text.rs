//! The plain-text exports: header, journals, and between them the balances to be found.

use super::{Closings, ExportFault, Exported, TextFormat, each_journal, load_closings, title};
use crate::Books;
use ledger::export::{ExportBalance, ExportJournal, beancount, csv, hledger};
use std::fmt;
use std::io::{self, BufWriter, Write};
use store::Tx;
use values::{Date, Month};

/// Writes all books in `format` and gives `out` back flushed.
pub(super) fn write<W: Write>(
    tx: &mut Tx<'_>,
    books: &Books,
    format: TextFormat,
    out: W,
) -> Result<(W, Exported), ExportFault> {
    let mut closings = load_closings(tx, &books.chart)?;
    let mut printer = Printer {
        out: BufWriter::new(out),
        failed: None,
    };
    let mut exported = Exported::default();
    let mut last = closings.span().map(|(_, last)| last);
    printer.header(format, &title(books), &closings)?;
    each_journal(tx, &books.chart, |journal| {
        let current = Month::of(journal.date);
        // The months that ended before this journal, each with its balances.
        while let Some(month) = ended(&closings, current) {
            let moved = closings.by_month.remove(&month).unwrap_or_default();
            printer.balances(format, month.last(), &moved)?;
        }
        last = last.max(Some(current));
        exported.journals += 1;
        exported.lines += journal.lines.len() as u64;
        printer.journal(format, journal)
    })?;
    if let Some(last) = last {
        printer.balances(format, last.last(), &closings.at_the_end())?;
    }
    Ok((printer.finish()?, exported))
}

/// The earliest month whose balances are still to be written and that lies before `month`.
fn ended(closings: &Closings, month: Month) -> Option<Month> {
    let (first, _) = closings.by_month.first_key_value()?;
    (*first < month).then_some(*first)
}

/// Takes what the writers of `ledger` print and passes it on; keeps the fault of the output, which
/// `fmt::Error` cannot carry.
struct Printer<W: Write> {
    out: BufWriter<W>,
    failed: Option<io::Error>,
}

impl<W: Write> fmt::Write for Printer<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.out.write_all(text.as_bytes()).map_err(|error| {
            self.failed = Some(error);
            fmt::Error
        })
    }
}

impl<W: Write> Printer<W> {
    fn header(
        &mut self,
        format: TextFormat,
        title: &str,
        closings: &Closings,
    ) -> Result<(), ExportFault> {
        let accounts = closings.at_the_end();
        let opened = closings
            .span()
            .map_or(Date::ZERO, |(first, _)| first.first());
        let written = match format {
            TextFormat::Beancount => beancount::write_header(self, title, opened, &accounts),
            TextFormat::Hledger => hledger::write_header(self, title, &accounts),
            TextFormat::Csv => csv::write_header(self),
        };
        self.check(written)
    }

    fn journal(&mut self, format: TextFormat, journal: &ExportJournal) -> Result<(), ExportFault> {
        let written = match format {
            TextFormat::Beancount => beancount::write_journal(self, journal),
            TextFormat::Hledger => hledger::write_journal(self, journal),
            TextFormat::Csv => csv::write_journal(self, journal),
        };
        self.check(written)
    }

    fn balances(
        &mut self,
        format: TextFormat,
        last: Date,
        balances: &[ExportBalance],
    ) -> Result<(), ExportFault> {
        let written = match format {
            TextFormat::Beancount => beancount::write_balances(self, last, balances),
            TextFormat::Hledger => hledger::write_balances(self, last, balances),
            TextFormat::Csv => Ok(()),
        };
        self.check(written)
    }

    fn check(&mut self, written: fmt::Result) -> Result<(), ExportFault> {
        written.map_err(|fmt::Error| {
            let cause = self.failed.take();
            ExportFault::Output(cause.unwrap_or_else(|| io::ErrorKind::Other.into()))
        })
    }

    fn finish(self) -> Result<W, ExportFault> {
        let mut out = self
            .out
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        out.flush()?;
        Ok(out)
    }
}
