//! `tieout export`: the books for programs and people outside.

use crate::books::{BooksArguments, ReadingFault};
use crate::output::OutputArguments;
use app::export::TextFormat;
use std::io::{BufWriter, IntoInnerError};
use std::process::ExitCode;

/// Arguments of `tieout export`.
#[derive(Debug, Clone, clap::Args)]
pub struct ExportArguments {
    /// What to write.
    #[arg(value_enum)]
    format: Format,
    #[command(flatten)]
    books: BooksArguments,
    #[command(flatten)]
    output: OutputArguments,
}

/// The forms of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Plain text for Beancount 3; check it with `bean-check`.
    Beancount,
    /// Plain text for hledger and ledger; check it with `hledger check -s ordereddates`.
    Hledger,
    /// Comma-separated, one row a journal line.
    Csv,
    /// A workbook: trial balance and journal lines.
    Xlsx,
}

/// Writes the export.
///
/// # Errors
/// When there are no books, or the output cannot be written.
pub fn run(arguments: &ExportArguments) -> Result<ExitCode, ReadingFault> {
    let format = match arguments.format {
        Format::Beancount => Some(TextFormat::Beancount),
        Format::Hledger => Some(TextFormat::Hledger),
        Format::Csv => Some(TextFormat::Csv),
        Format::Xlsx => None,
    };
    if format.is_none() && arguments.output.is_terminal() {
        return Err(ReadingFault::WorkbookToTerminal);
    }
    let app = arguments.books.open()?;
    crate::serve::noted(&app, app::access::AccessKind::ExportMade, "books", "")?;
    let exported = arguments.output.write(|sink| match format {
        Some(format) => app.export_text(format, sink),
        None => {
            let (buffered, exported) = app.export_workbook(BufWriter::new(sink))?;
            let sink = buffered.into_inner().map_err(IntoInnerError::into_error)?;
            Ok((sink, exported))
        }
    })?;
    if let Some(exported) = exported {
        let what = format!(
            "{} journals with {} lines",
            exported.journals, exported.lines
        );
        arguments.output.tell(&what);
    }
    Ok(ExitCode::SUCCESS)
}
