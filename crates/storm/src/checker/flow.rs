//! Inbox, effects and exceptions: everything accepted is somewhere, and whatever is open is owned.

use super::books::Books;
use super::{Finding, Known};
use control::ExceptionClass;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn always(books: &Books, findings: &mut Vec<Finding>) {
    statuses(books, findings);
    owned(books, findings);
    parked(books, findings);
}

/// `accepted = confirmed + open + rejected`: no row has any other status, and whatever was rejected
/// has a reason.
fn statuses(books: &Books, findings: &mut Vec<Finding>) {
    let mut counts: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for row in books.table("inbox") {
        *counts
            .entry((row.text("source"), row.text("status")))
            .or_default() += 1;
        if row.text("status") == "rejected" && row.text("reason").is_empty() {
            let what = format!("{} was rejected without a reason", row.text("source_id"));
            findings.push(Finding::new("inbox", what));
        }
    }
    for ((source, status), count) in counts {
        if !matches!(status, "confirmed" | "open" | "rejected") {
            let what = format!("{count} items of {source} are {status:?}");
            findings.push(Finding::new("inbox", what));
        }
    }
    let mut keys = BTreeSet::new();
    for row in books.table("effect") {
        if !keys.insert(row.text("key")) {
            let what = format!("{} is intended twice", row.text("key"));
            findings.push(Finding::new("doubled effect", what));
        }
        let status = row.text("status");
        let known = [
            "intended",
            "sent",
            "ambiguous",
            "confirmed",
            "parked",
            "skipped",
        ];
        if !known.contains(&status) {
            let what = format!("{} is {status:?}", row.text("key"));
            findings.push(Finding::new("effects", what));
        }
    }
}

/// Every open exception has an owner, a known class, and words.
fn owned(books: &Books, findings: &mut Vec<Finding>) {
    let classes: BTreeSet<&str> = ExceptionClass::ALL
        .iter()
        .map(|class| class.code())
        .collect();
    for row in books.open_exceptions() {
        let (id, owner, class) = (row.text("id"), row.text("owner"), row.text("class"));
        if owner.trim().is_empty() {
            findings.push(Finding::new(
                "owner",
                format!("{id} ({class}) has no owner"),
            ));
        }
        if !classes.contains(class) {
            findings.push(Finding::new(
                "class",
                format!("{id} is of the unknown class {class:?}"),
            ));
        }
        if row.text("summary").is_empty() {
            findings.push(Finding::new(
                "words",
                format!("{id} does not say what is wrong"),
            ));
        }
    }
}

/// Whatever waits for a person has an open exception.
fn parked(books: &Books, findings: &mut Vec<Finding>) {
    let keys: BTreeSet<&str> = books.open_exceptions().map(|row| row.text("key")).collect();
    for row in books
        .table("effect")
        .iter()
        .filter(|row| row.text("status") == "parked")
    {
        if !keys.contains(format!("effect/{}", row.text("id")).as_str()) {
            let what = format!("{} is parked and nobody is asked", row.text("key"));
            findings.push(Finding::new("parked without an owner", what));
        }
    }
}

pub(super) fn at_rest(books: &Books, known: &Known<'_>, findings: &mut Vec<Finding>) {
    let inbox: BTreeSet<&str> = books
        .table("inbox")
        .iter()
        .map(|row| row.text("source_id"))
        .collect();
    for event in &known.accepted {
        if !inbox.contains(event.as_str()) {
            let what = format!("{event} was answered with a 2xx and is not in the inbox");
            findings.push(Finding::new("lost delivery", what));
        }
    }
    for row in books.table("effect") {
        if !matches!(row.text("status"), "confirmed" | "skipped") {
            let what = format!(
                "{} {} is {} ({}: {})",
                row.text("operation"),
                row.text("key"),
                row.text("status"),
                row.text("error_class"),
                row.text("error")
            );
            findings.push(Finding::new("effect not done", what));
        }
    }
    open_items_are_held(books, findings);
    parked_postings(books, findings);
}

/// At rest an item is open only when an exception says why; what nobody waits for is confirmed.
fn open_items_are_held(books: &Books, findings: &mut Vec<Finding>) {
    let open: Vec<&str> = books.open_exceptions().map(|row| row.text("key")).collect();
    let ids: BTreeSet<&str> = books.open_exceptions().map(|row| row.text("id")).collect();
    for row in books
        .table("inbox")
        .iter()
        .filter(|row| row.text("status") == "open")
    {
        let id = row.text("source_id");
        let stem = id.split('@').next().unwrap_or(id);
        let held = open
            .iter()
            .any(|key| key.ends_with(stem) || key.contains(id))
            || ids.iter().any(|id| row.text("reason").contains(id));
        if !held {
            let what = format!(
                "{} {id} is open ({}) and nobody owns it",
                row.text("source"),
                row.text("reason")
            );
            findings.push(Finding::new("open item without an owner", what));
        }
    }
}

/// At rest and with every month open again, nothing waits to be posted.
fn parked_postings(books: &Books, findings: &mut Vec<Finding>) {
    for row in books
        .open_exceptions()
        .filter(|row| row.text("key").starts_with("posting/"))
    {
        let what = format!(
            "{} still waits to be posted: {}",
            row.text("key"),
            row.text("summary")
        );
        findings.push(Finding::new("parked posting", what));
    }
}
