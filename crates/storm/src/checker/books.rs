//! Our books as bare tables, read in one look.

use std::collections::BTreeMap;
use store::proof::{self, Record};
use store::{Store, StoreFault};

/// Sums by entity, currency and something else, such as the account.
pub type Sum = BTreeMap<(String, String, String), i64>;

/// Every table that the checker reads.
#[derive(Debug, Clone)]
pub struct Books {
    tables: BTreeMap<&'static str, Vec<Record>>,
}

const TABLES: [&str; 15] = [
    "application",
    "balance",
    "contract",
    "document",
    "document_line",
    "document_rounding",
    "effect",
    "event",
    "exception",
    "inbox",
    "journal",
    "journal_line",
    "payment",
    "reference",
    "refund",
];

impl Books {
    /// Reads all tables in one look.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn read(store: &Store) -> Result<Books, StoreFault> {
        store.read(|tx| {
            let mut tables = BTreeMap::new();
            for name in TABLES {
                tables.insert(name, proof::rows(tx, name)?);
            }
            Ok(Books { tables })
        })
    }

    /// The rows of a table.
    #[must_use]
    pub fn table(&self, name: &str) -> &[Record] {
        self.tables.get(name).map_or(&[], Vec::as_slice)
    }

    /// Journals with their lines.
    #[must_use]
    pub fn lines_by_journal(&self) -> BTreeMap<&str, Vec<&Record>> {
        let mut lines: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
        for line in self.table("journal_line") {
            lines.entry(line.text("journal")).or_default().push(line);
        }
        lines
    }

    /// Exceptions that are not resolved.
    pub fn open_exceptions(&self) -> impl Iterator<Item = &Record> {
        self.table("exception")
            .iter()
            .filter(|row| row.text("status") != "resolved")
    }
}

/// Adds to a sum.
pub(super) fn add(sums: &mut Sum, entity: &str, currency: &str, of: &str, amount: i64) {
    let key = (entity.to_owned(), currency.to_owned(), of.to_owned());
    *sums.entry(key).or_default() += amount;
}

/// Where two sums differ, as words.
pub(super) fn differences(expected: &Sum, actual: &Sum) -> Vec<String> {
    let keys: std::collections::BTreeSet<_> = expected.keys().chain(actual.keys()).collect();
    let value = |sums: &Sum, key| sums.get(key).copied().unwrap_or(0);
    keys.into_iter()
        .filter(|key| value(expected, key) != value(actual, key))
        .map(|key| {
            let (entity, currency, of) = key;
            format!(
                "{entity} {currency} {of}: {} expected, {} found",
                value(expected, key),
                value(actual, key)
            )
        })
        .collect()
}
