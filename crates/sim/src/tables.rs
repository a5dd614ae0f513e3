//! The state of one simulated system: named tables of JSON objects, and the journal of their changes.
//!
//! A logical mutation is collected in a [`Transaction`] and written with one `write` before it is
//! applied, hence before the answer is sent. The journal is replayed at start; a torn last line
//! (never acknowledged) is cut off. There is no fsync: the danger simulated is SIGKILL, not power loss.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::SimFault;

/// One object, with the version before it for stale reads.
#[derive(Debug)]
struct Row {
    order: u64,
    object: Value,
    previous: Option<Value>,
}

#[derive(Debug, Default)]
struct Table {
    rows: HashMap<String, Row>,
    by_order: BTreeMap<u64, String>,
    /// Id by `externalId`, for the objects that have one; it is unique in a table.
    by_external_id: HashMap<String, String>,
}

fn external_id(object: &Value) -> Option<&str> {
    object.get("externalId").and_then(Value::as_str)
}

/// One change: the new object, or `None` for its removal.
#[derive(Debug)]
struct Change {
    table: &'static str,
    id: String,
    object: Option<Value>,
}

/// All tables of one system.
#[derive(Debug)]
pub(crate) struct Tables {
    tables: HashMap<String, Table>,
    /// How many changes there have ever been; numbers new rows and new ids.
    changes: u64,
    journal: Option<(PathBuf, File)>,
}

impl Tables {
    pub(crate) fn in_memory() -> Tables {
        Tables {
            tables: HashMap::new(),
            changes: 0,
            journal: None,
        }
    }

    /// Replays the journal and opens it for appending.
    pub(crate) fn open(path: &Path) -> Result<Tables, SimFault> {
        let failed = |source| SimFault::Journal {
            path: path.to_path_buf(),
            source,
        };
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .open(path)
            .map_err(failed)?;
        let bytes = std::fs::read(path).map_err(failed)?;
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |last| last + 1);
        if whole < bytes.len() {
            file.set_len(whole as u64).map_err(failed)?;
        }
        let mut tables = Tables::in_memory();
        for (index, line) in bytes[..whole].split(|byte| *byte == b'\n').enumerate() {
            if line.is_empty() {
                continue;
            }
            let spoiled = || SimFault::JournalLine {
                path: path.to_path_buf(),
                line: index + 1,
            };
            let mut change: Value = serde_json::from_slice(line).map_err(|_| spoiled())?;
            let object = change
                .get_mut("object")
                .map(Value::take)
                .ok_or_else(spoiled)?;
            let text = |name: &str| change.get(name).and_then(Value::as_str).ok_or_else(spoiled);
            let object = if object.is_null() { None } else { Some(object) };
            tables.apply(text("table")?, text("id")?, object);
        }
        tables.journal = Some((path.to_path_buf(), file));
        Ok(tables)
    }

    pub(crate) fn get(&self, table: &str, id: &str) -> Option<&Value> {
        self.tables.get(table)?.rows.get(id).map(|row| &row.object)
    }

    /// The version before the present one when `stale` and there is one.
    pub(crate) fn read(&self, table: &str, id: &str, stale: bool) -> Option<&Value> {
        let row = self.tables.get(table)?.rows.get(id)?;
        match &row.previous {
            Some(previous) if stale => Some(previous),
            _ => Some(&row.object),
        }
    }

    /// Oldest first.
    pub(crate) fn rows(&self, table: &str) -> impl DoubleEndedIterator<Item = (&str, &Value)> {
        self.tables.get(table).into_iter().flat_map(|table| {
            table
                .by_order
                .values()
                .filter_map(|id| table.rows.get(id).map(|row| (id.as_str(), &row.object)))
        })
    }

    /// The id of the object with this `externalId`.
    pub(crate) fn with_external_id(&self, table: &str, external: &str) -> Option<&str> {
        let ids = &self.tables.get(table)?.by_external_id;
        ids.get(external).map(String::as_str)
    }

    pub(crate) fn count(&self, table: &str) -> usize {
        self.tables.get(table).map_or(0, |table| table.rows.len())
    }

    pub(crate) fn begin(&mut self) -> Transaction<'_> {
        Transaction {
            tables: self,
            changes: Vec::new(),
            minted: 0,
        }
    }

    fn apply(&mut self, table: &str, id: &str, object: Option<Value>) {
        self.changes += 1;
        let order = self.changes;
        let table = self.tables.entry(table.to_owned()).or_default();
        if let Some(before) = table.rows.get(id).and_then(|row| external_id(&row.object)) {
            table.by_external_id.remove(before);
        }
        if let Some(external) = object.as_ref().and_then(external_id) {
            let (external, id) = (external.to_owned(), id.to_owned());
            table.by_external_id.insert(external, id);
        }
        match object {
            None => {
                if let Some(row) = table.rows.remove(id) {
                    table.by_order.remove(&row.order);
                }
            }
            Some(object) => match table.rows.get_mut(id) {
                Some(row) => row.previous = Some(std::mem::replace(&mut row.object, object)),
                None => {
                    table.rows.insert(
                        id.to_owned(),
                        Row {
                            order,
                            object,
                            previous: None,
                        },
                    );
                    table.by_order.insert(order, id.to_owned());
                }
            },
        }
    }
}

/// A logical mutation in the making. Dropping it leaves everything as it was.
#[derive(Debug)]
pub(crate) struct Transaction<'a> {
    tables: &'a mut Tables,
    changes: Vec<Change>,
    minted: u64,
}

impl Transaction<'_> {
    /// The object as this transaction sees it.
    pub(crate) fn get(&self, table: &str, id: &str) -> Option<&Value> {
        match self
            .changes
            .iter()
            .rev()
            .find(|change| change.table == table && change.id == id)
        {
            Some(change) => change.object.as_ref(),
            None => self.tables.get(table, id),
        }
    }

    /// The rows that were there when the transaction began.
    pub(crate) fn settled(&self) -> &Tables {
        self.tables
    }

    pub(crate) fn put(&mut self, table: &'static str, id: &str, object: Value) {
        self.changes.push(Change {
            table,
            id: id.to_owned(),
            object: Some(object),
        });
    }

    pub(crate) fn remove(&mut self, table: &'static str, id: &str) {
        self.changes.push(Change {
            table,
            id: id.to_owned(),
            object: None,
        });
    }

    /// A number that no id has been made from before.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.minted += 1;
        self.tables.changes + self.minted
    }

    /// Writes the journal, then applies. When the write fails nothing has changed.
    pub(crate) fn commit(self) -> Result<(), SimFault> {
        if let Some((path, file)) = &mut self.tables.journal {
            let mut lines = String::new();
            for change in &self.changes {
                let line = json!({"table": change.table, "id": change.id, "object": change.object});
                lines.push_str(&line.to_string());
                lines.push('\n');
            }
            if !lines.is_empty() {
                file.write_all(lines.as_bytes())
                    .map_err(|source| SimFault::Journal {
                        path: path.clone(),
                        source,
                    })?;
            }
        }
        for change in self.changes {
            self.tables.apply(change.table, &change.id, change.object);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_last_line_is_cut_off_and_the_rest_is_replayed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.jsonl");
        let mut tables = Tables::open(&path).unwrap();
        let mut change = tables.begin();
        change.put("things", "a", json!({"n": 1}));
        change.put("things", "b", json!({"n": 2}));
        change.commit().unwrap();
        let mut change = tables.begin();
        change.put("things", "a", json!({"n": 3}));
        change.remove("things", "b");
        change.commit().unwrap();
        let whole = std::fs::read(&path).unwrap();
        drop(tables);
        std::fs::write(
            &path,
            [
                whole.clone(),
                b"{\"table\":\"things\",\"id\":\"c\",\"ob".to_vec(),
            ]
            .concat(),
        )
        .unwrap();

        let tables = Tables::open(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), whole);
        assert_eq!(tables.get("things", "a"), Some(&json!({"n": 3})));
        assert_eq!(tables.read("things", "a", true), Some(&json!({"n": 1})));
        assert_eq!(tables.get("things", "b"), None);
        assert_eq!(tables.count("things"), 1);
        assert_eq!(tables.changes, 4);
    }

    #[test]
    fn objects_are_found_by_the_external_id_that_they_have_now() {
        let mut tables = Tables::in_memory();
        let mut change = tables.begin();
        change.put("things", "a", json!({"externalId": "one"}));
        change.put("things", "b", json!({"externalId": null}));
        change.commit().unwrap();
        assert_eq!(tables.with_external_id("things", "one"), Some("a"));
        let mut change = tables.begin();
        change.put("things", "a", json!({"externalId": "two"}));
        change.commit().unwrap();
        assert_eq!(tables.with_external_id("things", "one"), None);
        assert_eq!(tables.with_external_id("things", "two"), Some("a"));
        assert_eq!(tables.with_external_id("others", "two"), None);
        let mut change = tables.begin();
        change.remove("things", "a");
        change.commit().unwrap();
        assert_eq!(tables.with_external_id("things", "two"), None);
    }

    #[test]
    fn a_spoiled_line_in_the_middle_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.jsonl");
        std::fs::write(
            &path,
            "{\"table\":\"t\",\"id\":\"1\",\"object\":{}}\nrubbish\n",
        )
        .unwrap();
        assert!(matches!(
            Tables::open(&path),
            Err(SimFault::JournalLine { line: 2, .. })
        ));
    }

    #[test]
    fn a_dropped_transaction_changes_nothing() {
        let mut tables = Tables::in_memory();
        let mut change = tables.begin();
        change.put("things", "a", json!(1));
        assert_eq!(change.get("things", "a"), Some(&json!(1)));
        drop(change);
        assert_eq!(tables.get("things", "a"), None);
    }
}
