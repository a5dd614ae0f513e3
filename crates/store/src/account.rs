//! Everything that happened on the account of one customer, from the tables in which it is kept, as
//! one stream.

use crate::{Row, StoreFault, Tx, params};
use std::sync::LazyLock;

/// One thing that happened on an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountEntryRow {
    /// When, microseconds.
    pub time: i64,
    /// What tells it from others of the same moment.
    pub item: String,
    /// `billing`, `payments`, `contracts`, `quotes`, `collection`, `disputes` or `account`.
    pub room: String,
    /// What it is, such as `invoice` or `dispute_opened`.
    pub kind: String,
    /// The object that it is about.
    pub object: String,
    /// A printed number or a version, or empty.
    pub number: String,
    /// Where the object stands, or what step this was.
    pub status: String,
    /// Minor units.
    pub amount: i64,
    /// Currency, or empty where there is no amount.
    pub currency: String,
    /// Words that were written with it, a day, or empty.
    pub note: String,
    /// Who did it, or empty.
    pub actor: String,
    /// Legal entity, or empty.
    pub entity: String,
    /// Contract, or empty.
    pub contract: String,
}

/// A sum of one kind over the account in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSumRow {
    /// `open`, `overdue`, `disputed`, `unapplied` or `prepaid`.
    pub what: String,
    /// Currency.
    pub currency: String,
    /// Minor units.
    pub amount: i64,
}

/// One table of the stream.
struct Part {
    room: &'static str,
    time: &'static str,
    item: &'static str,
    /// kind, object, number, status, amount, currency, note, actor, entity, contract.
    columns: [&'static str; 10],
    /// The table, with a condition that selects one customer.
    of: &'static str,
}

const PARTS: &[Part] = &[
    Part {
        room: "billing",
        time: "d.created",
        item: "d.id",
        columns: [
            "d.kind",
            "d.id",
            "d.number",
            "d.status",
            "d.total",
            "d.currency",
            "CASE WHEN d.kind = 'invoice' THEN d.due ELSE d.reason END",
            "''",
            "d.entity",
            "d.contract",
        ],
        of: "document d WHERE d.customer = ?1",
    },
    Part {
        room: "payments",
        time: "p.time",
        item: "p.id",
        columns: [
            "'payment'",
            "p.id",
            "p.external_id",
            "p.status",
            "p.amount",
            "p.currency",
            "p.method",
            "''",
            "p.entity",
            "''",
        ],
        of: "payment p WHERE p.customer = ?1",
    },
    Part {
        room: "payments",
        time: "r.time",
        item: "r.id",
        columns: [
            "'refund'",
            "r.payment",
            "r.external_id",
            "r.status",
            "r.amount",
            "r.currency",
            "r.reason",
            "''",
            "r.entity",
            "''",
        ],
        of: "payment p JOIN refund r ON r.payment = p.id WHERE p.customer = ?1",
    },
    Part {
        room: "payments",
        time: "a.time",
        item: "a.payment || '/' || a.document || '/' || CAST(a.position AS TEXT)",
        columns: [
            "'paid_by_other'",
            "d.id",
            "d.number",
            "d.status",
            "a.amount",
            "d.currency",
            "p.customer",
            "''",
            "d.entity",
            "d.contract",
        ],
        of: "document d JOIN application a ON a.document = d.id JOIN payment p ON p.id = a.payment \
             WHERE d.customer = ?1 AND p.customer <> d.customer",
    },
    Part {
        room: "payments",
        time: "w.time",
        item: "w.id",
        columns: [
            "'write_off'",
            "d.id",
            "d.number",
            "w.kind",
            "w.amount",
            "w.currency",
            "w.reason",
            "''",
            "w.entity",
            "d.contract",
        ],
        of: "document d JOIN write_off w ON w.invoice = d.id WHERE d.customer = ?1",
    },
    Part {
        room: "payments",
        time: "g.time",
        item: "g.id",
        columns: [
            "'prepaid_credit'",
            "g.payment",
            "''",
            "g.source",
            "g.amount",
            "g.currency",
            "g.reason",
            "''",
            "g.entity",
            "''",
        ],
        of: "prepaid_grant g WHERE g.customer = ?1",
    },
    Part {
        room: "contracts",
        time: "v.recorded",
        item: "c.id || '/' || CAST(v.version AS TEXT)",
        columns: [
            "'contract'",
            "c.id",
            "CAST(v.version AS TEXT)",
            "c.status",
            "CAST(0 AS BIGINT)",
            "''",
            "''",
            "''",
            "c.entity",
            "c.id",
        ],
        of: "contract c JOIN contract_version v ON v.contract = c.id WHERE c.customer = ?1",
    },
    Part {
        room: "quotes",
        time: "s.at",
        item: "q.id || '/' || CAST(s.number AS TEXT)",
        columns: [
            "'quote'",
            "q.id",
            "CAST(s.version AS TEXT)",
            "s.step",
            "q.tcv",
            "q.currency",
            "s.words",
            "s.actor",
            "q.entity",
            "''",
        ],
        of: "quote q JOIN quote_step s ON s.quote = q.id WHERE q.customer = ?1",
    },
    Part {
        room: "collection",
        time: "a.time",
        item: "c.id || '/' || CAST(a.position AS TEXT)",
        columns: [
            "'collection'",
            "c.id",
            "d.number",
            "a.act",
            "d.remaining",
            "d.currency",
            "a.text",
            "a.actor",
            "c.entity",
            "c.contract",
        ],
        of: "dunning_case c JOIN dunning_act a ON a.dunning = c.id JOIN document d ON d.id = c.invoice \
             WHERE c.customer = ?1",
    },
    Part {
        room: "disputes",
        time: "p.opened",
        item: "p.id || '/opened'",
        columns: [
            "'dispute_opened'",
            "p.invoice",
            "d.number",
            "p.reason_code",
            "p.amount",
            "p.currency",
            "p.note",
            "''",
            "p.entity",
            "p.contract",
        ],
        of: "dispute p JOIN document d ON d.id = p.invoice WHERE p.customer = ?1",
    },
    Part {
        room: "disputes",
        time: "p.closed",
        item: "p.id || '/closed'",
        columns: [
            "'dispute_closed'",
            "p.invoice",
            "d.number",
            "p.outcome",
            "p.amount",
            "p.currency",
            "p.note",
            "''",
            "p.entity",
            "p.contract",
        ],
        of: "dispute p JOIN document d ON d.id = p.invoice WHERE p.customer = ?1 AND p.closed > 0",
    },
    Part {
        room: "account",
        time: "h.applied",
        item: "h.id",
        columns: [
            "'customer_changed'",
            "h.customer",
            "''",
            "h.status",
            "CAST(0 AS BIGINT)",
            "''",
            "h.reason",
            "h.maker",
            "''",
            "''",
        ],
        of: "customer_change h WHERE h.customer = ?1 AND h.status = 'applied'",
    },
    Part {
        room: "account",
        time: "k.created",
        item: "k.id",
        columns: [
            "'customer_added'",
            "k.id",
            "''",
            "k.standing",
            "CAST(0 AS BIGINT)",
            "''",
            "''",
            "''",
            "''",
            "''",
        ],
        of: "customer k WHERE k.id = ?1",
    },
];

const NAMES: [&str; 10] = [
    "kind", "object", "number", "status", "amount", "currency", "note", "actor", "entity",
    "contract",
];

/// Each part is cut by itself, so that a page reads no more than a page of each.
static STREAM: LazyLock<String> = LazyLock::new(|| {
    let parts: Vec<String> = PARTS
        .iter()
        .enumerate()
        .map(|(number, part)| {
            let columns: Vec<String> = part
                .columns
                .iter()
                .zip(NAMES)
                .map(|(column, name)| format!("{column} AS {name}"))
                .collect();
            format!(
                "SELECT * FROM (SELECT {} AS time, {} AS item, '{}' AS room, {} FROM {}
                 AND ?4 IN ('', '{}') AND ({}, {}) < (?2, ?3)
                 ORDER BY 1 DESC, 2 DESC LIMIT ?5) AS part_{number}",
                part.time,
                part.item,
                part.room,
                columns.join(", "),
                part.of,
                part.room,
                part.time,
                part.item,
            )
        })
        .collect();
    format!(
        "SELECT time, item, room, {} FROM ({}) AS stream ORDER BY time DESC, item DESC LIMIT ?5",
        NAMES.join(", "),
        parts.join(" UNION ALL ")
    )
});

/// What happened on the account of `customer` before (time, item), exclusive, newest first; of one
/// room where `room` names it.
///
/// # Errors
/// When the database refuses.
pub fn entries(
    tx: &mut Tx<'_>,
    customer: &str,
    room: &str,
    before: (i64, &str),
    limit: i64,
) -> Result<Vec<AccountEntryRow>, StoreFault> {
    tx.query(
        &STREAM,
        params![customer, before.0, before.1, room, limit],
        read,
    )
}

fn read(mut row: Row) -> Result<AccountEntryRow, StoreFault> {
    Ok(AccountEntryRow {
        time: row.int(0)?,
        item: row.text(1)?,
        room: row.text(2)?,
        kind: row.text(3)?,
        object: row.text(4)?,
        number: row.text(5)?,
        status: row.text(6)?,
        amount: row.int(7)?,
        currency: row.text(8)?,
        note: row.text(9)?,
        actor: row.text(10)?,
        entity: row.text(11)?,
        contract: row.text(12)?,
    })
}

/// What the account comes to: what is open, what of it is overdue on `today`, what is disputed, what
/// was paid and set against nothing, and what prepaid credit is left. Sums of zero are left out.
///
/// # Errors
/// When the database refuses.
pub fn sums(
    tx: &mut Tx<'_>,
    customer: &str,
    today: &str,
) -> Result<Vec<AccountSumRow>, StoreFault> {
    tx.query(
        "SELECT what, currency, CAST(amount AS BIGINT) FROM (
           SELECT 'open' AS what, currency, sum(remaining) AS amount FROM document
            WHERE customer = ?1 AND kind = 'invoice' AND remaining <> 0 GROUP BY currency
           UNION ALL
           SELECT 'overdue' AS what, currency, sum(remaining) AS amount FROM document
            WHERE customer = ?1 AND kind = 'invoice' AND remaining <> 0 AND due < ?2 GROUP BY currency
           UNION ALL
           SELECT 'disputed' AS what, currency, sum(amount) AS amount FROM dispute
            WHERE customer = ?1 AND status = 'open' GROUP BY currency
           UNION ALL
           SELECT 'unapplied' AS what, currency, sum(unapplied) AS amount FROM payment
            WHERE customer = ?1 AND unapplied <> 0 GROUP BY currency
           UNION ALL
           SELECT 'prepaid' AS what, currency, sum(remaining) AS amount FROM prepaid_grant
            WHERE customer = ?1 AND remaining <> 0 GROUP BY currency
         ) AS sums WHERE amount <> 0 ORDER BY what, currency",
        params![customer, today],
        |mut row| {
            Ok(AccountSumRow {
                what: row.text(0)?,
                currency: row.text(1)?,
                amount: row.int(2)?,
            })
        },
    )
}
