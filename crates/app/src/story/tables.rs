//! The report of a story as plain tables for people.

use serde_json::Value;
use std::fmt::Write;

/// Prints the report as tables, empty ones left out.
#[must_use]
pub fn tables(report: &Value) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}\nas of {}\n",
        word(report, "story"),
        word(report, "as_of")
    );
    section(
        &mut text,
        "Contracts",
        rows(report, "contracts"),
        &[
            "contract", "customer", "status", "version", "from", "until", "value", "currency",
        ],
    );
    section(
        &mut text,
        "Price changes",
        rows(report, "price_changes"),
        &[
            "price_change",
            "effective",
            "contract",
            "outcome",
            "monthly_before",
            "monthly_after",
            "value_before",
            "value_after",
            "currency",
            "why",
        ],
    );
    documents(&mut text, "Invoices", rows(report, "invoices"));
    documents(&mut text, "Credit notes", rows(report, "credit_notes"));
    section(
        &mut text,
        "Drafts",
        rows(report, "drafts"),
        &[
            "contract", "kind", "status", "through", "ends", "version", "total", "currency",
            "needs", "reason",
        ],
    );
    section(
        &mut text,
        "Payments",
        rows(report, "payments"),
        &[
            "payment",
            "customer",
            "status",
            "method",
            "amount",
            "fee",
            "unapplied",
            "currency",
        ],
    );
    journals(&mut text, rows(report, "journals"));
    section(
        &mut text,
        "Revenue schedules",
        rows(report, "schedules"),
        &[
            "obligation",
            "product",
            "allocated",
            "billed",
            "recognised",
            "recognised_through",
            "currency",
        ],
    );
    section(
        &mut text,
        "Balances",
        rows(report, "balances"),
        &[
            "entity", "account", "debit", "credit", "balance", "currency",
        ],
    );
    section(
        &mut text,
        "Open exceptions",
        rows(report, "exceptions"),
        &["class", "value", "currency", "owner", "summary"],
    );
    tie_out(&mut text, rows(report, "tie_out"));
    text
}

fn rows<'a>(report: &'a Value, name: &str) -> &'a [Value] {
    report
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn word(row: &Value, name: &str) -> String {
    match row.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn section(text: &mut String, title: &str, rows: &[Value], columns: &[&str]) {
    let cells = rows
        .iter()
        .map(|row| columns.iter().map(|column| word(row, column)).collect())
        .collect();
    table(text, title, columns, cells);
}

fn documents(text: &mut String, title: &str, rows: &[Value]) {
    let columns = [
        "number",
        "issued",
        "due",
        "from",
        "until",
        "arithmetic",
        "net",
        "tax",
        "total",
        "open",
        "status",
    ];
    let mut cells: Vec<Vec<String>> = Vec::new();
    for row in rows {
        let head = |name: &str| word(row, name);
        for line in row
            .get("lines")
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice)
        {
            let of = |name: &str| word(line, name);
            cells.push(vec![
                head("number"),
                head("issued"),
                head("due"),
                of("from"),
                of("until"),
                of("arithmetic"),
                of("net"),
                of("tax"),
                String::new(),
                String::new(),
                String::new(),
            ]);
        }
        if let Some(rounding) = row.get("rounding") {
            let mut line = vec![String::new(); columns.len()];
            line[0] = head("number");
            line[5] = word(rounding, "rule");
            line[8] = word(rounding, "amount");
            cells.push(line);
        }
        cells.push(vec![
            head("number"),
            String::new(),
            String::new(),
            String::new(),
            String::new(),
            format!("total in {}", head("currency")),
            head("net"),
            head("tax"),
            head("total"),
            head("open"),
            head("status"),
        ]);
    }
    table(text, title, &columns, cells);
}

fn journals(text: &mut String, rows: &[Value]) {
    let mut cells: Vec<Vec<String>> = Vec::new();
    for row in rows {
        for (index, line) in row
            .get("lines")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
        {
            let first = |name: &str| {
                if index == 0 {
                    word(row, name)
                } else {
                    String::new()
                }
            };
            cells.push(vec![
                first("date"),
                first("entity"),
                first("narration"),
                first("rule"),
                word(line, "account"),
                word(line, "debit"),
                word(line, "credit"),
            ]);
        }
    }
    table(
        text,
        "Journals",
        &[
            "date",
            "entity",
            "narration",
            "rule",
            "account",
            "debit",
            "credit",
        ],
        cells,
    );
}

fn tie_out(text: &mut String, rows: &[Value]) {
    let money = |row: &Value, name: &str| {
        row.get(name).map_or_else(String::new, |money| {
            format!("{} {}", word(money, "amount"), word(money, "currency"))
        })
    };
    let cells = rows
        .iter()
        .map(|row| {
            vec![
                word(row, "title"),
                word(row, "entity"),
                money(row, "expected"),
                money(row, "actual"),
                money(row, "difference"),
                word(row, "status").replace('_', " "),
            ]
        })
        .collect();
    table(
        text,
        "Tie-out",
        &[
            "what must agree",
            "entity",
            "expected",
            "actual",
            "difference",
            "status",
        ],
        cells,
    );
}

/// Words left, figures right.
fn table(text: &mut String, title: &str, columns: &[&str], cells: Vec<Vec<String>>) {
    if cells.is_empty() {
        return;
    }
    let width = |index: usize, head: &str| {
        cells
            .iter()
            .filter_map(|row| row.get(index))
            .map(|cell| cell.chars().count())
            .chain([head.chars().count()])
            .max()
    };
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(i, head)| width(i, head).unwrap_or(0))
        .collect();
    let figures: Vec<bool> = (0..columns.len())
        .map(|index| {
            cells
                .iter()
                .filter_map(|row| row.get(index))
                .filter(|cell| !cell.is_empty())
                .all(|cell| is_figure(cell))
        })
        .collect();
    let _ = writeln!(text, "{title}");
    let heads: Vec<String> = columns.iter().map(|head| head.replace('_', " ")).collect();
    line(text, &heads, &widths, &figures);
    for row in &cells {
        line(text, row, &widths, &figures);
    }
    text.push('\n');
}

fn is_figure(cell: &str) -> bool {
    let body = cell.rsplit_once(' ').map_or(
        cell,
        |(figure, unit)| if unit.len() == 3 { figure } else { cell },
    );
    body.strip_prefix('-')
        .unwrap_or(body)
        .chars()
        .all(|c| c.is_ascii_digit() || c == '.')
        && !body.is_empty()
}

fn line(text: &mut String, row: &[String], widths: &[usize], figures: &[bool]) {
    let mut out = String::from(" ");
    for ((cell, width), figure) in row.iter().zip(widths).zip(figures) {
        let pad = " ".repeat(width.saturating_sub(cell.chars().count()));
        if *figure {
            let _ = write!(out, " {pad}{cell} ");
        } else {
            let _ = write!(out, " {cell}{pad} ");
        }
    }
    let _ = writeln!(text, "{}", out.trim_end());
}
