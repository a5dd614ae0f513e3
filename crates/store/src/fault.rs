//! What can go wrong between us and the database.

/// A fault of the store. The text is for the log, not for the public.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreFault {
    /// The database cannot be opened or reached.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// Two transactions were in each other's way; doing it again may help.
    #[error("two transactions were in each other's way: {0}")]
    Contended(String),
    /// A rule of the tables was broken: two rows with one key.
    #[error("a row with this key is there already: {0}")]
    Duplicate(String),
    /// The disk is full or cannot be written.
    #[error("the disk cannot be written: {0}")]
    Disk(String),
    /// A statement was refused; a bug of ours.
    #[error("a statement was refused: {0}")]
    Statement(String),
    /// A stored row is not what we wrote.
    #[error("column {column} of a stored row does not hold {wanted}")]
    Unreadable {
        /// Position of the column, from 0.
        column: usize,
        /// What it should hold.
        wanted: &'static str,
    },
    /// The tables were made by a newer version of the program.
    #[error(
        "these books are at migration {found}; this program knows {known}: use a newer program"
    )]
    TooNew {
        /// Migrations found.
        found: i64,
        /// Migrations known.
        known: i64,
    },
    /// An event of the log is missing.
    #[error(
        "partition {partition}: expected event {expected}, found {found}; verify the log with `tieout audit verify`"
    )]
    Gap {
        /// The partition.
        partition: String,
        /// The sequence that should follow.
        expected: i64,
        /// The sequence that is there.
        found: i64,
    },
    /// The store is shutting down.
    #[error("the store is shutting down")]
    Closed,
    /// The work inside a transaction broke off; nothing of it was kept.
    #[error("the work broke off inside its transaction; nothing of it was kept")]
    BrokeOff,
}

impl From<rusqlite::Error> for StoreFault {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => StoreFault::Duplicate(text),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                StoreFault::Contended(text)
            }
            Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::ReadOnly) => {
                StoreFault::Disk(text)
            }
            Some(ErrorCode::CannotOpen | ErrorCode::NotADatabase) => StoreFault::Unreachable(text),
            _ => StoreFault::Statement(text),
        }
    }
}

impl StoreFault {
    /// The fault of a statement. When the database was not even asked, because a value does not fit
    /// its place in the statement, the database is not out of reach: the statement is wrong.
    pub(crate) fn of_statement(error: postgres::Error, sql: &str) -> Self {
        if error.as_db_error().is_none() && error.to_string().contains("parameter") {
            return StoreFault::Statement(format!("{error} of: {sql}"));
        }
        error.into()
    }
}

impl From<postgres::Error> for StoreFault {
    fn from(error: postgres::Error) -> Self {
        use postgres::error::SqlState;
        let text = error
            .as_db_error()
            .map_or_else(|| error.to_string(), |refusal| refusal.message().to_owned());
        match error.code() {
            Some(code) if *code == SqlState::UNIQUE_VIOLATION => StoreFault::Duplicate(text),
            Some(code)
                if *code == SqlState::T_R_SERIALIZATION_FAILURE
                    || *code == SqlState::T_R_DEADLOCK_DETECTED =>
            {
                StoreFault::Contended(text)
            }
            Some(code) if *code == SqlState::DISK_FULL => StoreFault::Disk(text),
            Some(_) => StoreFault::Statement(text),
            None => StoreFault::Unreachable(text),
        }
    }
}
