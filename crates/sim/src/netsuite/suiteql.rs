//! A small part of SuiteQL: one table, conditions, order and a page. Every value is a text, column
//! names are lower case, an empty column is left out.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::records::{Page, decimals_of};
use super::refusal::Refusal;
use crate::civil;
use crate::decimal;
use crate::filter::{Comparison, Condition, Literal, Quoting, Reader, WordKind, like};
use crate::tables::Tables;

/// A table with its columns.
struct Table {
    name: &'static str,
    columns: &'static [&'static str],
}

const TABLES: &[Table] = &[
    Table {
        name: "transaction",
        columns: &[
            "id",
            "externalid",
            "tranid",
            "trandate",
            "type",
            "recordtype",
            "memo",
            "foreigntotal",
            "currency",
            "exchangerate",
            "createddate",
            "lastmodifieddate",
        ],
    },
    Table {
        name: "transactionaccountingline",
        columns: &[
            "transaction",
            "transactionline",
            "account",
            "debit",
            "credit",
            "posting",
        ],
    },
    Table {
        name: "customer",
        columns: &[
            "id",
            "entityid",
            "externalid",
            "companyname",
            "email",
            "currency",
            "datecreated",
            "lastmodifieddate",
        ],
    },
    Table {
        name: "account",
        columns: &["id", "acctnumber", "accountsearchdisplayname", "accttype"],
    },
];

type Row = Map<String, Value>;

pub(super) fn run(tables: &Tables, text: &str, page: Page, url: &str) -> Result<Value, Refusal> {
    let invalid = |detail: &str| Refusal::parameter("q", format!("Invalid search query. {detail}"));
    let mut reader =
        Reader::new(text, Quoting::Doubled).map_err(|fault| invalid(&fault.message))?;
    let query = read(&mut reader).map_err(|fault| invalid(&fault.message))?;
    let table = TABLES
        .iter()
        .find(|table| table.name.eq_ignore_ascii_case(&query.from))
        .ok_or_else(|| invalid(&format!("Record '{}' was not found.", query.from)))?;
    let column = |name: &str| -> Result<&'static str, Refusal> {
        let bare = name.rsplit('.').next().unwrap_or(name);
        table
            .columns
            .iter()
            .find(|column| column.eq_ignore_ascii_case(bare))
            .copied()
            .ok_or_else(|| {
                invalid(&format!(
                    "Field '{bare}' for record '{}' was not found.",
                    table.name
                ))
            })
    };
    let wanted = if query.columns.is_empty() {
        table.columns.to_vec()
    } else {
        query
            .columns
            .iter()
            .map(|name| column(name))
            .collect::<Result<Vec<_>, _>>()?
    };
    let condition = query
        .condition
        .map(|condition| resolve(condition, &column))
        .transpose()?;
    let mut rows: Vec<Row> = rows_of(tables, table.name);
    if let Some(condition) = &condition {
        rows.retain(|row| {
            condition.holds(&|column: &&str, comparison, literal: &Literal| {
                compare(
                    row.get(*column).and_then(Value::as_str),
                    comparison,
                    literal,
                )
            })
        });
    }
    for (name, descending) in query.order.iter().rev() {
        let column = column(name)?;
        rows.sort_by(|left, right| {
            let order = order_of(left.get(column), right.get(column));
            if *descending { order.reverse() } else { order }
        });
    }
    let total = rows.len();
    let items: Vec<Value> = rows
        .into_iter()
        .skip(page.offset)
        .take(page.limit)
        .map(|mut row| {
            row.retain(|name, _| wanted.contains(&name.as_str()));
            if let Some(date) = row
                .get("trandate")
                .and_then(Value::as_str)
                .map(account_date)
            {
                row.insert("trandate".to_owned(), json!(date));
            }
            row.insert("links".to_owned(), json!([]));
            Value::Object(row)
        })
        .collect();
    Ok(page.wrap(url, items, total))
}

struct Query {
    /// Empty for `*`.
    columns: Vec<String>,
    from: String,
    condition: Option<Condition<String>>,
    order: Vec<(String, bool)>,
}

fn read(reader: &mut Reader) -> Result<Query, crate::filter::Malformed> {
    reader.expect_keyword("SELECT")?;
    let mut columns = Vec::new();
    if !reader.mark('*') {
        columns.push(reader.name()?);
        while reader.mark(',') {
            columns.push(reader.name()?);
        }
    }
    reader.expect_keyword("FROM")?;
    let from = reader.name()?;
    // An alias may follow; columns are found by their last part.
    if let Some(WordKind::Name(name)) = reader.peek()
        && !["WHERE", "ORDER"]
            .iter()
            .any(|keyword| name.eq_ignore_ascii_case(keyword))
    {
        reader.take();
    }
    let condition = if reader.keyword("WHERE") {
        Some(reader.condition(true)?)
    } else {
        None
    };
    let mut order = Vec::new();
    if reader.keyword("ORDER") {
        reader.expect_keyword("BY")?;
        loop {
            let name = reader.name()?;
            let descending = !reader.keyword("ASC") && reader.keyword("DESC");
            order.push((name, descending));
            if !reader.mark(',') {
                break;
            }
        }
    }
    if reader.peek().is_some() {
        return Err(reader.unexpected("expecting the end of the query"));
    }
    Ok(Query {
        columns,
        from,
        condition,
        order,
    })
}

fn resolve(
    condition: Condition<String>,
    column: &impl Fn(&str) -> Result<&'static str, Refusal>,
) -> Result<Condition<&'static str>, Refusal> {
    let all = |parts: Vec<Condition<String>>| -> Result<Vec<_>, Refusal> {
        parts
            .into_iter()
            .map(|part| resolve(part, column))
            .collect()
    };
    Ok(match condition {
        Condition::All(parts) => Condition::All(all(parts)?),
        Condition::Any(parts) => Condition::Any(all(parts)?),
        Condition::Not(part) => Condition::Not(Box::new(resolve(*part, column)?)),
        Condition::Compare {
            field,
            comparison,
            literal,
        } => Condition::Compare {
            field: column(&field)?,
            comparison,
            literal,
        },
        Condition::Among {
            field,
            literals,
            negated,
        } => Condition::Among {
            field: column(&field)?,
            literals,
            negated,
        },
    })
}

/// The rows of a table; dates in ISO form until they are shown.
fn rows_of(tables: &Tables, table: &str) -> Vec<Row> {
    match table {
        "transaction" => tables
            .rows("journalEntry")
            .map(|(id, entry)| transaction(tables, id, entry))
            .collect(),
        "transactionaccountingline" => tables
            .rows("journalEntry")
            .flat_map(|(id, entry)| accounting_lines(tables, id, entry))
            .collect(),
        "customer" => tables
            .rows("customer")
            .map(|(id, customer)| {
                row(&[
                    ("id", json!(id)),
                    ("entityid", customer["entityId"].clone()),
                    ("externalid", customer["externalId"].clone()),
                    ("companyname", customer["companyName"].clone()),
                    ("email", customer["email"].clone()),
                    ("currency", customer["currency"].clone()),
                    ("datecreated", stamp(&customer["created"])),
                    ("lastmodifieddate", stamp(&customer["modified"])),
                ])
            })
            .collect(),
        _ => tables
            .rows("account")
            .map(|(id, account)| {
                row(&[
                    ("id", json!(id)),
                    ("acctnumber", account["number"].clone()),
                    ("accountsearchdisplayname", account["name"].clone()),
                    ("accttype", account["type"].clone()),
                ])
            })
            .collect(),
    }
}

fn transaction(tables: &Tables, id: &str, entry: &Value) -> Row {
    let decimals = decimals_of(tables, entry["currency"].as_str().unwrap_or(""));
    let total: i64 = entry["lines"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|line| line["debit"].as_i64())
        .sum();
    row(&[
        ("id", json!(id)),
        ("externalid", entry["externalId"].clone()),
        ("tranid", entry["tranId"].clone()),
        ("trandate", entry["tranDate"].clone()),
        ("type", json!("Journal")),
        ("recordtype", json!("journalentry")),
        ("memo", entry["memo"].clone()),
        ("foreigntotal", json!(plain(total, decimals))),
        ("currency", entry["currency"].clone()),
        (
            "exchangerate",
            json!(entry["exchangeRate"].to_string().trim_end_matches(".0")),
        ),
        ("createddate", stamp(&entry["created"])),
        ("lastmodifieddate", stamp(&entry["modified"])),
    ])
}

fn accounting_lines(tables: &Tables, id: &str, entry: &Value) -> Vec<Row> {
    let decimals = decimals_of(tables, entry["currency"].as_str().unwrap_or(""));
    let amount = |minor: &Value| {
        minor
            .as_i64()
            .map_or(Value::Null, |minor| json!(plain(minor, decimals)))
    };
    let lines = entry["lines"].as_array().into_iter().flatten().enumerate();
    lines
        .map(|(at, line)| {
            row(&[
                ("transaction", json!(id)),
                ("transactionline", json!(at.to_string())),
                ("account", line["account"].clone()),
                ("debit", amount(&line["debit"])),
                ("credit", amount(&line["credit"])),
                (
                    "posting",
                    json!(if entry["approved"] == true { "T" } else { "F" }),
                ),
            ])
        })
        .collect()
}

/// An amount as SuiteQL writes it: without zeros at the end.
fn plain(minor: i64, decimals: u32) -> String {
    let text = decimal::text_of(minor, decimals);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn row(columns: &[(&str, Value)]) -> Row {
    columns
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

fn stamp(micros: &Value) -> Value {
    micros
        .as_i64()
        .map_or(Value::Null, |micros| json!(civil::zulu_instant(micros)))
}

/// `2026-01-31` → `31/01/2026`, the date format of the account.
fn account_date(iso: &str) -> String {
    let mut parts = iso.split('-');
    let (year, month, day) = (
        parts.next().unwrap_or(""),
        parts.next().unwrap_or(""),
        parts.next().unwrap_or(""),
    );
    format!("{day}/{month}/{year}")
}

fn compare(value: Option<&str>, comparison: Comparison, literal: &Literal) -> bool {
    if let Literal::Null = literal {
        return match comparison {
            Comparison::Equal => value.is_none(),
            Comparison::NotEqual => value.is_some(),
            _ => false,
        };
    }
    let Some(value) = value else { return false };
    let order = match literal {
        Literal::Text(text) if comparison == Comparison::Like => return like(value, text),
        Literal::Text(text) => value.cmp(text),
        Literal::Number(billionths) => match decimal::parse_scaled(value, 9) {
            Some(value) => value.cmp(billionths),
            None => return false,
        },
        Literal::Date(days) => value.cmp(&civil::date_text(*days)),
        Literal::Null | Literal::Flag(_) | Literal::Instant(_) => return false,
    };
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
        Comparison::Like => false,
    }
}

fn order_of(left: Option<&Value>, right: Option<&Value>) -> Ordering {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("").to_owned();
    let (left, right) = (text(left), text(right));
    match (
        decimal::parse_scaled(&left, 9),
        decimal::parse_scaled(&right, 9),
    ) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => left.cmp(&right),
    }
}
