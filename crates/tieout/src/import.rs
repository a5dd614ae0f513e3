//! `tieout import`: takes in a file, each row a command, with what its sender states about it.

use crate::serve::{self, ServeFault, SettingsArguments};
use app::AppFault;
use app::command::{Amount, BadRows, Command, Envelope, ImportFile, StatedTotal};
use std::path::PathBuf;
use std::process::ExitCode;
use values::Currency;

/// Arguments of `tieout import`.
#[derive(Debug, Clone, clap::Args)]
pub struct ImportArguments {
    /// What its rows are.
    #[arg(value_enum)]
    kind: Kind,
    /// The file: CSV in UTF-8 with a header line.
    file: PathBuf,
    /// Who hands it over: written beside everything that comes of it.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// SHA-256 of the file, as its sender states it.
    #[arg(long, value_name = "HEX")]
    checksum: Option<String>,
    /// How many rows it has, as its sender states it.
    #[arg(long, value_name = "COUNT")]
    rows: Option<u64>,
    /// The sum of a column, as its sender states it: COLUMN:CURRENCY=AMOUNT, such as
    /// amount:EUR=1234.50. May be given several times.
    #[arg(long = "total", value_name = "TOTAL", value_parser = total)]
    totals: Vec<StatedTotal>,
    /// Takes in the good rows when some are bad; the bad ones are kept as rejected.
    #[arg(long)]
    set_aside_bad_rows: bool,
    #[command(flatten)]
    settings: SettingsArguments,
}

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// Customers.
    Customers,
    /// Contracts.
    Contracts,
    /// Payments.
    Payments,
    /// Journals.
    Journals,
    /// Events of use.
    Usage,
    /// Products of the catalogue.
    Products,
    /// Prices of the catalogue.
    Prices,
    /// Invoices and credit notes that another system issued.
    OutsideInvoices,
}

fn total(text: &str) -> Result<StatedTotal, String> {
    let form = || {
        format!("{text:?} is no total; write COLUMN:CURRENCY=AMOUNT, such as amount:EUR=1234.50")
    };
    let (column, rest) = text.split_once(':').ok_or_else(form)?;
    let (currency, amount) = rest.split_once('=').ok_or_else(form)?;
    let currency: Currency = currency.parse().map_err(|_| form())?;
    let amount: Amount =
        serde_json::from_value(serde_json::Value::String(amount.to_owned())).map_err(|_| form())?;
    Ok(StatedTotal {
        column: column.to_owned(),
        currency,
        amount,
    })
}

/// Why a file was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum ImportFault {
    /// The file cannot be read.
    #[error("{} cannot be read: {error}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The books cannot be opened.
    #[error(transparent)]
    Books(#[from] ServeFault),
    /// The file is refused, or the store failed.
    #[error("nothing of the file was taken in:\n{}", reasons(.0))]
    App(#[from] AppFault),
}

/// One reason a line: a person works through them.
fn reasons(fault: &AppFault) -> String {
    match fault {
        AppFault::Refused(refusals) => {
            let lines: Vec<String> = refusals
                .iter()
                .map(|refusal| format!("  {}", refusal.message))
                .collect();
            lines.join("\n")
        }
        other => format!("  {other}"),
    }
}

/// Takes a file in and says what of it.
///
/// # Errors
/// When the file cannot be read or is refused.
pub fn run(arguments: &ImportArguments) -> Result<ExitCode, ImportFault> {
    let content = std::fs::read_to_string(&arguments.file).map_err(|error| ImportFault::File {
        path: arguments.file.clone(),
        error,
    })?;
    let app = serve::open_for(&arguments.settings)?;
    let name = arguments.file.file_name().map_or_else(
        || arguments.file.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    );
    let body = ImportFile {
        name,
        content,
        checksum: arguments.checksum.clone(),
        rows: arguments.rows,
        totals: arguments.totals.clone(),
        bad_rows: if arguments.set_aside_bad_rows {
            BadRows::SetAside
        } else {
            BadRows::Refuse
        },
    };
    let command = match arguments.kind {
        Kind::Customers => Command::ImportCustomers(body),
        Kind::Contracts => Command::ImportContracts(body),
        Kind::Payments => Command::ImportPayments(body),
        Kind::Journals => Command::ImportJournals(body),
        Kind::Usage => Command::ImportUsage(body),
        Kind::Products => Command::ImportProducts(body),
        Kind::Prices => Command::ImportPrices(body),
        Kind::OutsideInvoices => Command::ImportOutsideInvoices(body),
    };
    let answer = app
        .execute(Envelope {
            client: arguments.by.clone(),
            key: app.ids().mint("key", app.clock().now()),
            actor: arguments.by.clone(),
            command,
        })?
        .into_answer();
    for problem in answer["problems"].as_array().into_iter().flatten() {
        println!(
            "line {}, {}: {}",
            problem["line"],
            problem["field"].as_str().unwrap_or_default(),
            problem["problem"].as_str().unwrap_or_default()
        );
    }
    let again = if answer["taken_in_before"] == true {
        " (taken in before; nothing was done)"
    } else {
        ""
    };
    println!(
        "{} {}: {} rows, {} accepted, {} rejected{again}",
        answer["file"].as_str().unwrap_or_default(),
        answer["name"].as_str().unwrap_or_default(),
        answer["rows"],
        answer["accepted"],
        answer["rejected"],
    );
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_column_currency_and_amount() {
        let read = total("amount:EUR=1234.50").unwrap();
        assert_eq!((read.column.as_str(), &*read.amount), ("amount", "1234.5"));
        assert_eq!(read.currency, Currency::EUR);
        for bad in ["amount=1", "amount:EUR", "amount:XXQ=1", "amount:EUR=x"] {
            assert!(total(bad).unwrap_err().contains(bad), "{bad}");
        }
    }
}
