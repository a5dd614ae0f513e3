//! SQLite: one writer thread that takes the waiting commands, runs each in its own savepoint and
//! commits them together with one flush; readers have their own connections in WAL mode. An
//! in-memory store has one connection, so its reads take their turn with the writer.

use crate::transaction::{Connection, still_open};
use crate::work::{Finish, Verdict, Work};
use crate::write_ahead::{Limits, WriteAhead};
use crate::{Durability, StoreFault, Tx, migrate};
use rusqlite::config::DbConfig;
use rusqlite::{Connection as Raw, OpenFlags};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// At most so many commands share one commit.
const COMMANDS_A_COMMIT: usize = 1_024;
/// At most so many commands wait for the writer; the next caller is held back.
const QUEUE: usize = 8_192;
/// Statements kept prepared on each connection.
const STATEMENTS: usize = 256;
/// Reader connections kept open between uses.
const IDLE_READERS: usize = 8;

/// Work that waits for the writer, and who is told how it ended.
struct Job {
    work: Work,
    done: Finish,
}

pub(crate) struct Sqlite {
    queue: Option<SyncSender<Job>>,
    /// The writer, then what moves its log: in the order in which they end.
    threads: Vec<JoinHandle<()>>,
    path: Option<PathBuf>,
    readers: Mutex<Vec<Raw>>,
    commits: Arc<AtomicU64>,
}

impl Sqlite {
    pub(crate) fn open(path: Option<&Path>, durability: Durability) -> Result<Self, StoreFault> {
        Self::open_within(path, durability, Limits::USUAL)
    }

    pub(crate) fn open_within(
        path: Option<&Path>,
        durability: Durability,
        limits: Limits,
    ) -> Result<Self, StoreFault> {
        let connection = match path {
            Some(path) => Raw::open(path)?,
            None => Raw::open_in_memory()?,
        };
        configure(&connection, durability)?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        migrate::migrate(&mut Tx(Connection::Sqlite(&connection)))?;
        connection.execute_batch("COMMIT")?;
        let (queue, jobs) = sync_channel(QUEUE);
        let commits = Arc::new(AtomicU64::new(0));
        let counted = commits.clone();
        // Books in memory have no log.
        let (mut log, mover) = match path {
            Some(path) => {
                let (log, mover) = WriteAhead::start(path, durability, limits)?;
                log.take_over(&connection)?;
                (Some(log), Some(mover))
            }
            None => (None, None),
        };
        let writer = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || {
                write_until_closed(&connection, &jobs, &counted, log.as_mut());
                // What moves the log ends after it: were both to leave at once, neither would be the last
                // one, who moves everything and deletes the log.
                drop(connection);
                drop(log);
            })
            .map_err(|error| StoreFault::Unreachable(error.to_string()))?;
        Ok(Self {
            queue: Some(queue),
            threads: std::iter::once(writer).chain(mover).collect(),
            path: path.map(Path::to_path_buf),
            readers: Mutex::new(Vec::new()),
            commits,
        })
    }

    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    pub(crate) fn enqueue(&self, work: Work, done: Finish) {
        // A closed queue drops the job and with it `done`; the waiting side sees that it is gone.
        if let Some(queue) = &self.queue {
            let _ = queue.send(Job { work, done });
        }
    }

    pub(crate) fn write(&self, work: Work) -> Result<(), StoreFault> {
        let (answer, waiting) = sync_channel(1);
        let done = move |outcome| {
            // The caller may have gone; the work is done all the same.
            let _ = answer.send(outcome);
        };
        self.enqueue(work, Box::new(done));
        waiting.recv().unwrap_or(Err(StoreFault::Closed))
    }

    pub(crate) fn read(&self, work: Work) -> Result<(), StoreFault> {
        let Some(path) = &self.path else {
            return self.write(Box::new(move |tx| {
                let before = changes(tx);
                let verdict = work(tx);
                if verdict.keeps() && changes(tx) != before {
                    let text = "a reading wrote to the store; nothing of it is kept";
                    return Verdict::Fault(StoreFault::Statement(text.to_owned()));
                }
                verdict
            }));
        };
        let idle = self
            .readers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open_reader(path)?,
        };
        connection.execute_batch("BEGIN")?;
        let verdict = work(&mut Tx(Connection::Sqlite(&connection)));
        connection.execute_batch("COMMIT")?;
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < IDLE_READERS {
            readers.push(connection);
        }
        verdict.outcome()
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        // Closing the queue lets the writer finish what waits and end, and with it what moves its log.
        self.queue = None;
        let current = std::thread::current().id();
        if self.threads.iter().any(|one| one.thread().id() == current) {
            return;
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Statements kept prepared, and kept as they are: SQLite would otherwise plan a statement anew each
/// time another value is bound to its LIMIT.
fn keep_statements(connection: &Raw) -> Result<(), StoreFault> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

pub(crate) fn configure(connection: &Raw, durability: Durability) -> Result<(), StoreFault> {
    let synchronous = match durability {
        Durability::Full => "FULL",
        Durability::Relaxed => "OFF",
    };
    keep_statements(connection)?;
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA busy_timeout = 10000;
         PRAGMA cache_size = -98304; PRAGMA mmap_size = 134217728; PRAGMA temp_store = MEMORY;
         PRAGMA wal_autocheckpoint = 4000;"
    ))?;
    Ok(())
}

fn open_reader(path: &Path) -> Result<Raw, StoreFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Raw::open_with_flags(path, flags)?;
    keep_statements(&connection)?;
    connection.execute_batch(
        "PRAGMA query_only = TRUE; PRAGMA busy_timeout = 10000; PRAGMA cache_size = -32768;
         PRAGMA mmap_size = 134217728; PRAGMA temp_store = MEMORY;",
    )?;
    Ok(connection)
}

/// Rows changed so far. Readers of a file may change none (`query_only`); the one connection of a
/// store in memory is looked at before and after instead, because turning that pragma on and off
/// makes SQLite prepare every statement anew.
fn changes(tx: &Tx<'_>) -> u64 {
    match &tx.0 {
        Connection::Sqlite(connection) => connection.total_changes(),
        Connection::Postgres { .. } => 0,
    }
}

fn write_until_closed(
    connection: &Raw,
    jobs: &Receiver<Job>,
    commits: &AtomicU64,
    mut log: Option<&mut WriteAhead>,
) {
    let mut finished = Vec::with_capacity(COMMANDS_A_COMMIT);
    while let Ok(first) = jobs.recv() {
        if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
            tracing::error!(%error, "the writer could not begin");
            (first.done)(Err(StoreFault::from(error)));
            continue;
        }
        finished.push((first.done, in_savepoint(connection, first.work)));
        // A full disk can end the transaction of all; what still waits then gets one of its own.
        while finished.len() < COMMANDS_A_COMMIT && !connection.is_autocommit() {
            let Ok(job) = jobs.try_recv() else { break };
            finished.push((job.done, in_savepoint(connection, job.work)));
        }
        let commit = still_open(connection)
            .and_then(|()| connection.execute_batch("COMMIT").map_err(StoreFault::from));
        match &commit {
            Ok(()) => {
                commits.fetch_add(1, Ordering::Relaxed);
            }
            Err(fault) => {
                tracing::error!(%fault, "the writer could not commit");
                if !connection.is_autocommit() {
                    let _ = connection.execute_batch("ROLLBACK");
                }
            }
        }
        for (done, outcome) in finished.drain(..) {
            done(outcome.and_then(|()| commit.clone()));
        }
        if let Some(log) = &mut log {
            log.tend(connection);
        }
    }
}

fn in_savepoint(connection: &Raw, work: Work) -> Result<(), StoreFault> {
    let run = |sql: &str| -> Result<(), StoreFault> {
        connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    };
    run("SAVEPOINT command")?;
    let verdict = catch_unwind(AssertUnwindSafe(|| {
        work(&mut Tx(Connection::Sqlite(connection)))
    }))
    .unwrap_or(Verdict::Fault(StoreFault::BrokeOff));
    if let Err(ended) = still_open(connection) {
        return match verdict {
            Verdict::Keep => Err(ended),
            failed => failed.outcome(),
        };
    }
    if !verdict.keeps() {
        run("ROLLBACK TO command")?;
    }
    run("RELEASE command")?;
    verdict.outcome()
}
