//! PostgreSQL: a small pool of connections, one transaction a call. Every statement that a journey
//! repeats is prepared once a connection.

use crate::transaction::Connection;
use crate::work::{self, Verdict, Work};
use crate::{Durability, StoreFault, Tx, migrate, params};
use postgres::{Client, NoTls, Statement};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// Connections open at one time.
const CONNECTIONS: usize = 8;

struct Session {
    client: Client,
    prepared: HashMap<String, Statement>,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Session>,
    open: usize,
}

pub(crate) struct Postgres {
    url: String,
    schema: String,
    durability: Durability,
    pool: Mutex<Pool>,
    freed: Condvar,
    commits: AtomicU64,
}

impl Postgres {
    pub(crate) fn open(
        url: &str,
        schema: &str,
        durability: Durability,
    ) -> Result<Self, StoreFault> {
        let plain = !schema.is_empty()
            && schema
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !plain {
            return Err(StoreFault::Unreachable(format!(
                "{schema:?} cannot name a schema: use small letters, digits and _"
            )));
        }
        let store = Self {
            url: url.to_owned(),
            schema: schema.to_owned(),
            durability,
            pool: Mutex::new(Pool::default()),
            freed: Condvar::new(),
            commits: AtomicU64::new(0),
        };
        store.make_place_for_tables()?;
        let (migrating, kept) = work::keeping(|tx: &mut Tx<'_>| {
            // Two programs that start at once apply the migrations one after the other.
            tx.execute(
                "INSERT INTO migration_turn (number) VALUES (?1) ON CONFLICT (number) DO UPDATE SET number = excluded.number",
                params![1_i64],
            )?;
            migrate::migrate(tx)
        });
        kept.answer(store.write(migrating))?;
        Ok(store)
    }

    /// Makes the schema and the row on which programs that start at once wait for each other.
    fn make_place_for_tables(&self) -> Result<(), StoreFault> {
        let mut session = self.take()?;
        let schema = &self.schema;
        let made = [
            format!("CREATE SCHEMA IF NOT EXISTS {schema}"),
            "CREATE TABLE IF NOT EXISTS migration_turn (number BIGINT NOT NULL PRIMARY KEY)"
                .to_owned(),
        ]
        .iter()
        .try_for_each(|text| make_once(&mut session.client, text));
        self.give_back(session);
        made
    }

    pub(crate) fn write(&self, work: Work) -> Result<(), StoreFault> {
        let mut session = self.take()?;
        let outcome = in_transaction(&mut session, false, work);
        self.give_back(session);
        if let Ok(true) = outcome {
            self.commits.fetch_add(1, Ordering::Relaxed);
        }
        outcome.map(drop)
    }

    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    pub(crate) fn read(&self, work: Work) -> Result<(), StoreFault> {
        let mut session = self.take()?;
        let outcome = in_transaction(&mut session, true, work);
        self.give_back(session);
        outcome.map(drop)
    }

    fn take(&self) -> Result<Session, StoreFault> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(session) = pool.idle.pop() {
                return Ok(session);
            }
            if pool.open < CONNECTIONS {
                pool.open += 1;
                drop(pool);
                return self.connect().inspect_err(|_| {
                    self.pool
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .open -= 1;
                    self.freed.notify_one();
                });
            }
            pool = self
                .freed
                .wait(pool)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn connect(&self) -> Result<Session, StoreFault> {
        let mut client = Client::connect(&self.url, NoTls)?;
        let commit = match self.durability {
            Durability::Full => "on",
            Durability::Relaxed => "off",
        };
        let schema = &self.schema;
        client.batch_execute(&format!(
            "SET client_min_messages = warning; SET synchronous_commit = {commit};
             SET search_path = {schema}"
        ))?;
        Ok(Session {
            client,
            prepared: HashMap::new(),
        })
    }

    fn give_back(&self, session: Session) {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if session.client.is_closed() {
            pool.open -= 1;
        } else {
            pool.idle.push(session);
        }
        self.freed.notify_one();
    }
}

/// Makes something `IF NOT EXISTS`. PostgreSQL refuses this when another program makes the same in
/// the same moment; it is there at the next attempt.
fn make_once(client: &mut Client, text: &str) -> Result<(), StoreFault> {
    const ATTEMPTS: usize = 10;
    let mut made = client.batch_execute(text);
    for _ in 1..ATTEMPTS {
        if made
            .as_ref()
            .err()
            .and_then(postgres::Error::code)
            .is_none()
        {
            break;
        }
        made = client.batch_execute(text);
    }
    Ok(made?)
}

/// Answers whether what the work wrote is kept.
fn in_transaction(session: &mut Session, read_only: bool, work: Work) -> Result<bool, StoreFault> {
    let begin = if read_only {
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    } else {
        "BEGIN"
    };
    session.client.batch_execute(begin)?;
    let mut tx = Tx(Connection::Postgres {
        client: &mut session.client,
        prepared: &mut session.prepared,
    });
    let verdict = catch_unwind(AssertUnwindSafe(|| work(&mut tx)))
        .unwrap_or(Verdict::Fault(StoreFault::BrokeOff));
    let end = if verdict.keeps() {
        "COMMIT"
    } else {
        "ROLLBACK"
    };
    let ended = session.client.batch_execute(end);
    if verdict.keeps() {
        ended?;
        return Ok(true);
    }
    verdict.outcome().map(|()| false)
}
