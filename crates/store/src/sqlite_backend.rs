//! SQLite: one writer thread that takes the waiting commands, runs each in its own savepoint and
//! commits them together with one flush; readers have their own connections in WAL mode. An
//! in-memory store has one connection, so its reads take their turn with the writer.

use crate::transaction::{Connection, still_open};
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

/// Told whether the commit that the work was part of is durable.
type Finish = Box<dyn FnOnce(Result<(), StoreFault>) + Send>;
/// Runs inside the writer's transaction, or learns why there is none.
type Job = Box<dyn FnOnce(Result<&Raw, StoreFault>) -> Finish + Send>;

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
        let (log, mover) = match path {
            Some(path) => {
                let (log, mover) = WriteAhead::start(path, durability, limits)?;
                log.take_over(&connection)?;
                (Some(log), Some(mover))
            }
            None => (None, None),
        };
        let writer = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || write_until_closed(&connection, &jobs, &counted, log))
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

    pub(crate) fn enqueue<T, E, F, D>(&self, work: F, done: D)
    where
        T: Send + 'static,
        E: From<StoreFault> + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        D: FnOnce(Result<T, E>) + Send + 'static,
    {
        let job: Job = Box::new(move |connection| {
            let outcome = match connection {
                Ok(connection) => in_savepoint(connection, work),
                Err(fault) => Err(E::from(fault)),
            };
            Box::new(move |commit| match (outcome, commit) {
                (Ok(value), Ok(())) => done(Ok(value)),
                (Ok(_), Err(fault)) => done(Err(E::from(fault))),
                (Err(error), _) => done(Err(error)),
            })
        });
        // A closed queue drops the job and with it `done`; the waiting side sees that it is gone.
        if let Some(queue) = &self.queue {
            let _ = queue.send(job);
        }
    }

    pub(crate) fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreFault> + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let Some(path) = &self.path else {
            let (answer, waiting) = sync_channel(1);
            let reading = |tx: &mut Tx<'_>| -> Result<T, E> {
                let before = changes(tx);
                let answer = work(tx)?;
                if changes(tx) != before {
                    let text = "a reading wrote to the store; nothing of it is kept";
                    return Err(E::from(StoreFault::Statement(text.to_owned())));
                }
                Ok(answer)
            };
            self.enqueue(reading, move |result| {
                let _ = answer.send(result);
            });
            return waiting
                .recv()
                .unwrap_or_else(|_| Err(E::from(StoreFault::Closed)));
        };
        let idle = self
            .readers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open_reader(path).map_err(E::from)?,
        };
        connection
            .execute_batch("BEGIN")
            .map_err(|e| E::from(e.into()))?;
        let result = work(&mut Tx(Connection::Sqlite(&connection)));
        connection
            .execute_batch("COMMIT")
            .map_err(|e| E::from(e.into()))?;
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < IDLE_READERS {
            readers.push(connection);
        }
        result
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
         PRAGMA cache_size = -131072; PRAGMA mmap_size = 1073741824; PRAGMA temp_store = MEMORY;
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
         PRAGMA mmap_size = 1073741824; PRAGMA temp_store = MEMORY;",
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
    mut log: Option<WriteAhead>,
) {
    let mut finished: Vec<Finish> = Vec::with_capacity(COMMANDS_A_COMMIT);
    while let Ok(first) = jobs.recv() {
        if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
            tracing::error!(%error, "the writer could not begin");
            first(Err(StoreFault::from(error)))(Ok(()));
            continue;
        }
        finished.push(first(Ok(connection)));
        // A full disk can end the transaction of all; what still waits then gets one of its own.
        while finished.len() < COMMANDS_A_COMMIT && !connection.is_autocommit() {
            let Ok(job) = jobs.try_recv() else { break };
            finished.push(job(Ok(connection)));
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
        for finish in finished.drain(..) {
            finish(commit.clone());
        }
        if let Some(log) = &mut log {
            log.tend(connection);
        }
    }
}

fn in_savepoint<T, E, F>(connection: &Raw, work: F) -> Result<T, E>
where
    E: From<StoreFault>,
    F: FnOnce(&mut Tx<'_>) -> Result<T, E>,
{
    let run = |sql: &str| -> Result<(), E> {
        let done = connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute([]));
        done.map(drop).map_err(|error| E::from(error.into()))
    };
    run("SAVEPOINT command")?;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        work(&mut Tx(Connection::Sqlite(connection)))
    }))
    .unwrap_or_else(|_| Err(E::from(StoreFault::BrokeOff)));
    if let Err(ended) = still_open(connection) {
        return outcome.and_then(|_| Err(E::from(ended)));
    }
    if outcome.is_err() {
        run("ROLLBACK TO command")?;
    }
    run("RELEASE command")?;
    outcome
}
