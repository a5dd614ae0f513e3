//! Fresh books for one test, in any of the stores.

use std::sync::mpsc::{Sender, channel};
use store::{Durability, Location, Store, StoreFault, Tx};
use tempfile::TempDir;

const SERVER: &str = "TIEOUT_TEST_POSTGRES";

/// Fresh books.
pub struct Fixture {
    pub store: Store,
    pub location: Location,
    _directory: Option<TempDir>,
}

impl Fixture {
    pub fn sqlite_file() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::File(directory.path().join("books.db"));
        Self::open(location, Some(directory))
    }

    pub fn sqlite_memory() -> Self {
        Self::open(Location::Memory, None)
    }

    /// Books in a schema of their own, named for the test; what an earlier run left there goes.
    pub fn postgres(test: &str) -> Self {
        let url = std::env::var(SERVER).unwrap_or_else(|_| {
            panic!(
                "{SERVER} names no PostgreSQL server: run `cargo xtask test`, \
                 or `cargo xtask with-postgres -- cargo test -p store`"
            )
        });
        let schema = schema_of(test);
        forget_schema(&url, &schema);
        Self::open(Location::Postgres { url, schema }, None)
    }

    fn open(location: Location, directory: Option<TempDir>) -> Self {
        Self {
            store: Store::open(&location, Durability::Full).unwrap(),
            location,
            _directory: directory,
        }
    }

    /// Another store on the same books, as another process has it; in memory there is only the one.
    pub fn another(&self) -> Store {
        match self.location {
            Location::Memory => self.store.clone(),
            _ => Store::open(&self.location, Durability::Full).unwrap(),
        }
    }

    pub fn is_sqlite(&self) -> bool {
        !matches!(self.location, Location::Postgres { .. })
    }

    pub fn try_write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreFault> + Send + 'static,
    ) -> Result<T, StoreFault> {
        self.store.write(work)
    }

    pub fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreFault> + Send + 'static,
    ) -> T {
        self.try_write(work).unwrap()
    }

    pub fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreFault> + Send + 'static,
    ) -> T {
        self.store.read(work).unwrap()
    }

    /// Keeps the single writer of SQLite busy until the sender is dropped, so that what is queued
    /// meanwhile shares one commit. PostgreSQL has no queue.
    pub fn hold_the_writer(&self) -> Option<Sender<()>> {
        if !self.is_sqlite() {
            return None;
        }
        let (release, held) = channel::<()>();
        let (begun, begins) = channel::<()>();
        self.store.enqueue(
            move |_| {
                begun.send(()).unwrap();
                let _ = held.recv();
                Ok::<(), StoreFault>(())
            },
            drop,
        );
        begins.recv().unwrap();
        Some(release)
    }
}

/// Drops a schema that an earlier run of the tests left.
pub fn forget_schema(url: &str, schema: &str) {
    let mut client = postgres::Client::connect(url, postgres::NoTls).unwrap();
    let text = format!("DROP SCHEMA IF EXISTS {schema} CASCADE");
    client.batch_execute(&text).unwrap();
}

/// A schema name that says which test it is of: at most 63 small letters, digits and `_`.
fn schema_of(test: &str) -> String {
    // FNV-1a keeps two long names apart once they are cut.
    let hash = test.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let words: String = test
        .trim_start_matches("both_stores::")
        .replace("::postgresql::", "_")
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .take(50)
        .collect();
    format!("t_{}_{:08x}", words.to_lowercase(), hash as u32)
}
