//! Whole tables as they are, column by name: for a checker that shares no reading code with the
//! program it checks.

use crate::{StoreFault, Tx, Value};
use std::collections::BTreeMap;

/// A row with its columns by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Record(BTreeMap<&'static str, Value>);

impl Record {
    /// A text column; empty when it is not there or is no text.
    #[must_use]
    pub fn text(&self, column: &str) -> &str {
        match self.0.get(column) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// A whole number; 0 when it is not there or is no number.
    #[must_use]
    pub fn int(&self, column: &str) -> i64 {
        match self.0.get(column) {
            Some(Value::Int(number)) => *number,
            _ => 0,
        }
    }

    /// A column of bytes; empty when it is not there or holds none.
    #[must_use]
    pub fn bytes(&self, column: &str) -> &[u8] {
        match self.0.get(column) {
            Some(Value::Blob(bytes)) => bytes,
            _ => &[],
        }
    }
}

/// The tables that are read, each with its columns and the order of its rows.
const TABLES: [(&str, &[&str], &str); 14] = [
    (
        "application",
        &["payment", "document", "amount"],
        "payment, document, position",
    ),
    (
        "balance",
        &["entity", "account", "currency", "month", "debit", "credit"],
        "entity, account, currency, month",
    ),
    (
        "contract",
        &[
            "id", "customer", "entity", "currency", "status", "value", "version",
        ],
        "id",
    ),
    (
        "document",
        &[
            "id",
            "kind",
            "number",
            "entity",
            "customer",
            "contract",
            "currency",
            "net",
            "tax",
            "total",
            "remaining",
            "source",
            "created",
        ],
        "id",
    ),
    (
        "document_line",
        &[
            "id",
            "document",
            "contract",
            "net",
            "tax",
            "tax_rate",
            "source_line",
        ],
        "id",
    ),
    (
        "document_rounding",
        &["document", "amount", "rule"],
        "document",
    ),
    (
        "effect",
        &[
            "id",
            "lane",
            "connection",
            "operation",
            "subject",
            "key",
            "request",
            "status",
            "external_id",
            "amount",
            "created",
            "changed",
            "error_class",
            "error",
        ],
        "id",
    ),
    (
        "event",
        &[
            "partition_key",
            "sequence",
            "id",
            "type",
            "source",
            "subject",
            "time",
            "recorded",
            "effective",
            "entity",
            "correlation",
            "causation",
            "idempotency_key",
            "actor",
            "origin",
            "data",
            "hash",
        ],
        "partition_key, sequence",
    ),
    (
        "exception",
        &["id", "key", "class", "summary", "owner", "status", "opened"],
        "id",
    ),
    (
        "inbox",
        &[
            "source",
            "source_id",
            "kind",
            "received",
            "raw",
            "status",
            "reason",
            "deliveries",
        ],
        "source, source_id",
    ),
    (
        "journal",
        &[
            "id",
            "entity",
            "date",
            "event",
            "event_type",
            "currency",
            "reverses",
            "customer",
            "recorded",
        ],
        "id",
    ),
    (
        "journal_line",
        &[
            "journal", "line", "entity", "account", "currency", "month", "amount",
        ],
        "journal, line",
    ),
    (
        "payment",
        &[
            "id",
            "customer",
            "invoice",
            "entity",
            "currency",
            "status",
            "method",
            "amount",
            "fee",
            "unapplied",
            "refunded",
            "external_id",
        ],
        "id",
    ),
    (
        "refund",
        &[
            "id",
            "payment",
            "entity",
            "currency",
            "amount",
            "status",
            "external_id",
        ],
        "id",
    ),
];

/// Names in other systems, apart because of the name of the table.
const REFERENCES: [&str; 4] = ["system", "kind", "id", "object"];

/// Every row of a table; nothing for a table that is not read here.
///
/// # Errors
/// When the database refuses.
pub fn rows(tx: &mut Tx<'_>, table: &str) -> Result<Vec<Record>, StoreFault> {
    let known = TABLES.iter().find(|(name, ..)| *name == table);
    match known {
        Some((name, columns, order)) => read(tx, name, columns, order),
        None if table == "reference" => read(tx, table, &REFERENCES, "system, kind, id"),
        None => Ok(Vec::new()),
    }
}

fn read(
    tx: &mut Tx<'_>,
    table: &str,
    columns: &[&'static str],
    order: &str,
) -> Result<Vec<Record>, StoreFault> {
    let text = format!(
        "SELECT {} FROM {table} ORDER BY {order}",
        columns.join(", ")
    );
    tx.query(&text, &[], |row| {
        Ok(Record(columns.iter().copied().zip(row.0).collect()))
    })
}
