//! The log: dense sequences, a seal over every event, causes that exist.

use super::Finding;
use super::books::Books;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use store::proof::Record;

pub(super) fn check(books: &Books, findings: &mut Vec<Finding>) {
    let mut heads: BTreeMap<&str, (i64, Vec<u8>)> = BTreeMap::new();
    let ids: BTreeSet<&str> = books
        .table("event")
        .iter()
        .map(|row| row.text("id"))
        .collect();
    let mut keys = BTreeSet::new();
    for row in books.table("event") {
        let partition = row.text("partition_key");
        let (last, seal) = heads.entry(partition).or_insert_with(|| (0, vec![0; 32]));
        if row.int("sequence") != *last + 1 {
            let what = format!("{partition}: {} follows {last}", row.int("sequence"));
            findings.push(Finding::new("dense sequence", what));
        }
        let expected = sealed(seal, row);
        if expected != row.bytes("hash") {
            let what = format!(
                "{partition} {}: the seal does not hold",
                row.int("sequence")
            );
            findings.push(Finding::new("sealed log", what));
        }
        (*last, *seal) = (row.int("sequence"), row.bytes("hash").to_vec());
        let cause = row.text("causation");
        if !cause.is_empty() && !ids.contains(cause) {
            let what = format!(
                "{} is caused by {cause}, which is not there",
                row.text("id")
            );
            findings.push(Finding::new("cause of an event", what));
        }
        if row.text("correlation").is_empty() {
            let what = format!("{} belongs to no chain", row.text("id"));
            findings.push(Finding::new("chain of an event", what));
        }
        let key = row.text("idempotency_key");
        if !key.is_empty()
            && !keys.insert((
                key,
                row.text("type"),
                row.text("subject"),
                row.int("sequence"),
            ))
        {
            let what = format!("{key} recorded {} twice", row.text("type"));
            findings.push(Finding::new("doubled event", what));
        }
    }
}

/// The documented seal, computed anew.
fn sealed(previous: &[u8], row: &Record) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    for number in ["sequence", "time", "recorded"] {
        hasher.update(row.int(number).to_be_bytes());
    }
    for column in [
        "partition_key",
        "id",
        "type",
        "subject",
        "effective",
        "entity",
        "correlation",
        "causation",
        "idempotency_key",
        "actor",
        "source",
        "origin",
        "data",
    ] {
        let text = row.text(column);
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().to_vec()
}
