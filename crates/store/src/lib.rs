//! All SQL of Tieout, one file per table family, over SQLite and PostgreSQL behind one small type.
//! No decision is made here: rows go in and come out. Functions take the transaction first; only
//! [`Store::write`] and [`Store::read`] open one.
//!
//! SQL is written once with `?1` parameters; PostgreSQL gets `$1` when a statement is prepared.
//! Statements that write many rows are written for one row: SQLite runs the prepared statement once
//! a row, PostgreSQL gets the same statement with many `VALUES` groups in one round trip.

mod fault;
#[macro_use]
mod table;
mod migrate;
mod postgres_backend;
mod savepoint;
mod sqlite_backend;
mod transaction;
mod value;
mod work;
mod write_ahead;

pub mod access;
pub mod access_log;
pub mod account;
pub mod approvals;
pub mod batch_files;
pub mod bill_pages;
pub mod bill_runs;
pub mod billing_desk;
pub mod catalogue;
pub mod collection;
pub mod commands;
pub mod connections;
pub mod contracts;
pub mod document_roundings;
pub mod documents;
pub mod effects;
pub mod exceptions;
pub mod feed;
pub mod flow_times;
#[cfg(feature = "full-disk")]
pub mod full_disk;
pub mod governance;
pub mod inbox;
pub mod intercompany;
pub mod invoice_drafts;
pub mod journals;
pub mod lanes;
pub mod leases;
pub mod log;
pub mod obligations;
pub mod outside_documents;
pub mod outward;
pub mod papers;
pub mod payment_sync;
pub mod payments;
mod presence;
pub mod price_changes;
pub mod processes;
pub mod processor_notices;
pub mod progress;
pub mod proof;
pub mod provisioning;
pub mod quotes;
pub mod raw_billing;
pub mod raw_rows;
pub mod readers;
pub mod renewals;
pub mod replays;
pub mod routing;
pub mod search;
pub mod secrets;
pub mod sessions;
pub mod settings;
#[cfg(feature = "full-disk")]
pub mod spoil;
pub mod tax_calls;
pub mod tax_decisions;
pub mod template_deviations;
pub mod usage;
pub mod work_lists;

pub use fault::StoreFault;
pub use transaction::{Effort, Tx};
pub use value::{Param, Row, Value};

use std::path::PathBuf;
use std::sync::Arc;

/// Where the books are kept.
#[derive(Debug, Clone)]
pub enum Location {
    /// A SQLite file, made when it is missing.
    File(PathBuf),
    /// SQLite in memory: for stories and tests.
    Memory,
    /// A PostgreSQL server, as a connection string, and the schema that holds the tables.
    Postgres {
        /// `postgres://user:password@host:port/database`.
        url: String,
        /// Made when it is missing.
        schema: String,
    },
}

/// How a commit is made durable before it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Flushed to the disk before the answer. The default.
    Full,
    /// Handed to the operating system before the answer: survives the process, not the power.
    /// For trials and tests only.
    Relaxed,
}

impl Durability {
    /// The words for reports.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Durability::Full => "full: fsync before the answer",
            Durability::Relaxed => "relaxed: no fsync before the answer",
        }
    }
}

/// The books: one store for the life of the program, shared by all threads.
#[derive(Clone)]
pub struct Store {
    backend: Arc<Backend>,
}

enum Backend {
    Sqlite(sqlite_backend::Sqlite),
    Postgres(postgres_backend::Postgres),
}

impl Store {
    /// Opens the books and brings their tables up to date.
    ///
    /// # Errors
    /// When the file or server cannot be opened, or was written by a newer version of the program.
    pub fn open(location: &Location, durability: Durability) -> Result<Store, StoreFault> {
        let backend = match location {
            Location::File(path) => {
                Backend::Sqlite(sqlite_backend::Sqlite::open(Some(path), durability)?)
            }
            Location::Memory => Backend::Sqlite(sqlite_backend::Sqlite::open(None, durability)?),
            Location::Postgres { url, schema } => {
                Backend::Postgres(postgres_backend::Postgres::open(url, schema, durability)?)
            }
        };
        Ok(Store {
            backend: Arc::new(backend),
        })
    }

    /// Runs `work` in a transaction and answers once it is durable. An error from `work` undoes
    /// everything it wrote. On SQLite, waiting calls share one commit, each in its own savepoint.
    ///
    /// # Errors
    /// What `work` returns, or the fault of the store.
    pub fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreFault> + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (work, kept) = work::keeping(work);
        kept.answer(match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.write(work),
            Backend::Postgres(postgres) => postgres.write(work),
        })
    }

    /// As [`Store::write`] without waiting: `done` is called once the outcome is durable.
    pub fn enqueue<T, E, F, D>(&self, work: F, done: D)
    where
        T: Send + 'static,
        E: From<StoreFault> + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        D: FnOnce(Result<T, E>) + Send + 'static,
    {
        let (work, kept) = work::keeping(work);
        let done = move |outcome| done(kept.answer(outcome));
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.enqueue(work, Box::new(done)),
            Backend::Postgres(postgres) => done(postgres.write(work)),
        }
    }

    /// Whether [`Store::enqueue`] returns at once and calls back later. On PostgreSQL the caller's own
    /// thread does the work before it returns.
    #[must_use]
    pub fn queues_writes(&self) -> bool {
        matches!(&*self.backend, Backend::Sqlite(_))
    }

    /// Runs `work` on a consistent view of the books without changing them.
    ///
    /// # Errors
    /// What `work` returns, or the fault of the store.
    pub fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreFault> + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (work, kept) = work::keeping(work);
        kept.answer(match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.read(work),
            Backend::Postgres(postgres) => postgres.read(work),
        })
    }

    /// How many commits of writes have been made durable since the store was opened. On SQLite many
    /// commands share one.
    #[must_use]
    pub fn commits(&self) -> u64 {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.commits(),
            Backend::Postgres(postgres) => postgres.commits(),
        }
    }
}
