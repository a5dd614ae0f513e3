//! Opens books that are there, for the commands that read them.

use crate::settings::{Settings, SettingsFault};
use app::export::ExportFault;
use app::query::AuditFault;
use app::{App, AppFault, MonotonicIds, SystemClock};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Durability, Location, Store};

/// The file of the books within the data folder.
pub const FILE: &str = "books.sqlite";

/// Which books a command reads.
#[derive(Debug, Clone, clap::Args)]
pub struct BooksArguments {
    /// Settings file of `tieout serve`, which says where the books are.
    #[arg(long, value_name = "FILE", env = "TIEOUT_CONFIG")]
    config: Option<PathBuf>,
    /// Folder that holds the books, whatever the settings say.
    #[arg(long = "data", value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Why a command that reads the books could not do it.
#[derive(Debug, thiserror::Error)]
pub enum ReadingFault {
    /// There is no such folder.
    #[error(
        "there is no folder {}: give the data folder of `tieout serve` or `tieout demo --data DIR` with --data", .path.display()
    )]
    NoFolder {
        /// What was given.
        path: PathBuf,
    },
    /// The folder holds no books. None are made: a mistyped folder must not look like empty books.
    #[error(
        "{} holds no books (no file {FILE}): give the data folder of `tieout serve` or `tieout demo --data DIR` with --data", .path.display()
    )]
    NoBooks {
        /// What was given.
        path: PathBuf,
    },
    /// The schema of the server holds no books. None are made: a mistyped one must not look like empty
    /// books.
    #[error(
        "the schema {schema:?} of the PostgreSQL server in the settings holds no books; `tieout serve` makes them"
    )]
    NoSchema {
        /// What the settings say.
        schema: String,
    },
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsFault),
    /// The books cannot be read.
    #[error(transparent)]
    Books(#[from] AppFault),
    /// The export broke off.
    #[error(transparent)]
    Export(#[from] ExportFault),
    /// The evidence does not hold.
    #[error(transparent)]
    Audit(#[from] AuditFault),
    /// The evidence holds, but it is not the one that was noted.
    #[error(
        "the export is sound but its fingerprint is {found}, not {noted}: it is of another log, or was made again after a change"
    )]
    OtherFingerprint {
        /// The one that was given.
        noted: String,
        /// The one that the export has.
        found: String,
    },
    /// A workbook would garble the terminal.
    #[error("a workbook is no text for a terminal: give --out FILE.xlsx")]
    WorkbookToTerminal,
    /// A file cannot be read.
    #[error("{} cannot be read: {error}", .path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A file or the terminal cannot be written.
    #[error("{} cannot be written: {error}", .path.display())]
    Output {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
}

impl From<store::StoreFault> for ReadingFault {
    fn from(fault: store::StoreFault) -> Self {
        ReadingFault::Books(fault.into())
    }
}

impl BooksArguments {
    /// The program on these books.
    ///
    /// # Errors
    /// When there are none, or they cannot be opened.
    pub fn open(&self) -> Result<App, ReadingFault> {
        match &self.data {
            Some(folder) => open(folder),
            None => open_of(&Settings::load(self.config.as_deref(), std::env::vars())?),
        }
    }
}

/// The books that the settings name, in a folder or on a server.
fn open_of(settings: &Settings) -> Result<App, ReadingFault> {
    let location = settings.location();
    match &location {
        Location::Postgres { schema, .. } => {
            if !Store::has_books(&location)? {
                let schema = schema.clone();
                return Err(ReadingFault::NoSchema { schema });
            }
            open_at(&location)
        }
        Location::File(_) | Location::Memory => open(&settings.data),
    }
}

fn open(folder: &Path) -> Result<App, ReadingFault> {
    let path = folder.to_path_buf();
    if !folder.is_dir() {
        return Err(ReadingFault::NoFolder { path });
    }
    let file = folder.join(FILE);
    if !file.is_file() {
        return Err(ReadingFault::NoBooks { path });
    }
    open_at(&Location::File(file))
}

fn open_at(location: &Location) -> Result<App, ReadingFault> {
    let store = Store::open(location, Durability::Full)?;
    // A reading command makes no events, so it takes no start number of the books.
    let ids = Arc::new(MonotonicIds::new(0, std::process::id()));
    Ok(App::open(
        store,
        Arc::new(SystemClock),
        ids,
        events::Origin::Live,
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn books_are_never_made_by_reading() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("tieout-dta");
        let told = open(&missing).err().unwrap().to_string();
        assert!(
            told.contains("tieout-dta") && told.contains("--data"),
            "{told}"
        );
        assert!(!missing.exists());
        let told = open(folder.path()).err().unwrap().to_string();
        assert!(told.contains("holds no books"), "{told}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
