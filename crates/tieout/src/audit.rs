//! `tieout audit` and `tieout intake`: evidence that nothing was changed and nothing dropped.

use crate::books::{BooksArguments, ReadingFault};
use crate::output::OutputArguments;
use app::query::{AuditReport, audit_verify};
use app::view::IntakeRow;
use comfy_table::{CellAlignment, Table, presets};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IntoInnerError};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Commands of `tieout audit`.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum AuditCommand {
    /// Writes every event of the log with its seals, one JSON document a line.
    Export(AuditExport),
    /// Verifies an export offline: no books and no network are needed.
    Verify(AuditVerify),
    /// Verifies the log and the books where they are.
    Check(AuditCheck),
}

/// Arguments of `tieout audit export`.
#[derive(Debug, Clone, clap::Args)]
pub struct AuditExport {
    #[command(flatten)]
    books: BooksArguments,
    #[command(flatten)]
    output: OutputArguments,
}

/// Arguments of `tieout audit verify`.
#[derive(Debug, Clone, clap::Args)]
pub struct AuditVerify {
    /// The export; `-` reads the standard input.
    file: PathBuf,
    /// The fingerprint that was noted when the export was made.
    #[arg(long, value_name = "HEX")]
    fingerprint: Option<String>,
}

/// Arguments of `tieout audit check`.
#[derive(Debug, Clone, clap::Args)]
pub struct AuditCheck {
    #[command(flatten)]
    books: BooksArguments,
}

/// Arguments of `tieout intake`.
#[derive(Debug, Clone, clap::Args)]
pub struct IntakeArguments {
    #[command(flatten)]
    books: BooksArguments,
    /// Prints JSON for programs.
    #[arg(long)]
    json: bool,
}

/// Does what was asked. Evidence that does not hold is a fault, so that a script can rely on the
/// exit status.
///
/// # Errors
/// When the evidence does not hold or cannot be read or written.
pub fn run(command: &AuditCommand) -> Result<ExitCode, ReadingFault> {
    match command {
        AuditCommand::Export(arguments) => export(arguments),
        AuditCommand::Verify(arguments) => verify(arguments),
        AuditCommand::Check(arguments) => check(arguments),
    }
}

fn export(arguments: &AuditExport) -> Result<ExitCode, ReadingFault> {
    let app = arguments.books.open()?;
    crate::serve::noted(
        &app,
        app::access::AccessKind::ExportMade,
        "audit evidence",
        "",
    )?;
    let written = arguments.output.write(|sink| {
        let (buffered, events) = app.audit_export(BufWriter::new(sink))?;
        let sink = buffered.into_inner().map_err(IntoInnerError::into_error);
        let sink = sink.map_err(app::export::ExportFault::Output)?;
        Ok::<_, ReadingFault>((sink, events))
    })?;
    if let Some(events) = written {
        arguments.output.tell(&format!("{events} events"));
    }
    Ok(ExitCode::SUCCESS)
}

fn verify(arguments: &AuditVerify) -> Result<ExitCode, ReadingFault> {
    let report = audit_verify(reader(&arguments.file)?)?;
    if let Some(noted) = &arguments.fingerprint
        && !noted.eq_ignore_ascii_case(&report.fingerprint)
    {
        return Err(ReadingFault::OtherFingerprint {
            noted: noted.clone(),
            found: report.fingerprint,
        });
    }
    println!("{}", sound(&report));
    Ok(ExitCode::SUCCESS)
}

fn reader(path: &Path) -> Result<Box<dyn BufRead>, ReadingFault> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    match File::open(path) {
        Ok(file) => Ok(Box::new(BufReader::new(file))),
        Err(error) => Err(ReadingFault::Input {
            path: path.to_path_buf(),
            error,
        }),
    }
}

fn sound(report: &AuditReport) -> String {
    format!(
        "The log is whole: {} events in {} partitions and {} entries of the log of access, none changed, removed, \
         swapped or cut off.\nFingerprint {}",
        report.events, report.partitions, report.access_entries, report.fingerprint
    )
}

fn check(arguments: &AuditCheck) -> Result<ExitCode, ReadingFault> {
    let app = arguments.books.open()?;
    let report = app.audit_check()??;
    println!("{}", sound(&report));
    let books = app.verify_books()?;
    if books.problems.is_empty() {
        println!(
            "The books are sound: {} journals ({} entered by hand), {} balances, every one the sum of its lines.",
            books.journals, books.manual, books.balances
        );
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} problems in the books:", books.problems.len());
    for problem in &books.problems {
        println!("  {problem}");
    }
    Ok(ExitCode::FAILURE)
}

/// Prints accepted = confirmed + open + rejected for each source. The exit status is 1 when it does
/// not hold for one of them.
///
/// # Errors
/// When the books cannot be read.
pub fn intake(arguments: &IntakeArguments) -> Result<ExitCode, ReadingFault> {
    let rows = arguments.books.open()?.intake()?;
    if arguments.json {
        println!(
            "{:#}",
            serde_json::json!({ "sources": rows, "holds": rows.iter().all(holds) })
        );
    } else {
        println!("{}", intake_table(&rows));
    }
    let all = rows.iter().all(holds);
    Ok(if all {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Whether nothing was dropped on the way in.
fn holds(row: &IntakeRow) -> bool {
    row.accepted == row.confirmed + row.open + row.rejected
}

fn intake_table(rows: &[IntakeRow]) -> String {
    if rows.is_empty() {
        return "Nothing has arrived yet from any source.".to_owned();
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["Source", "Accepted", "Confirmed", "Open", "Rejected", ""]);
    for row in rows {
        let missing = row.accepted - row.confirmed - row.open - row.rejected;
        let word = match missing {
            0 => "nothing dropped".to_owned(),
            missing => format!("{missing} UNACCOUNTED FOR"),
        };
        let figures = [row.accepted, row.confirmed, row.open, row.rejected].map(|n| n.to_string());
        let [accepted, confirmed, open, rejected] = figures;
        table.add_row([
            row.source.clone(),
            accepted,
            confirmed,
            open,
            rejected,
            word,
        ]);
    }
    for index in 1..5 {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(accepted: i64, confirmed: i64, open: i64, rejected: i64) -> IntakeRow {
        IntakeRow {
            source: "stripe".to_owned(),
            accepted,
            confirmed,
            open,
            rejected,
        }
    }

    #[test]
    fn a_dropped_item_is_shouted() {
        assert!(holds(&row(12, 9, 2, 1)));
        assert!(!holds(&row(12, 9, 1, 1)));
        let text = intake_table(&[row(12, 9, 1, 1), row(5, 5, 0, 0)]);
        assert!(
            text.contains("1 UNACCOUNTED FOR") && text.contains("nothing dropped"),
            "{text}"
        );
        assert!(intake_table(&[]).contains("Nothing has arrived"));
    }
}
