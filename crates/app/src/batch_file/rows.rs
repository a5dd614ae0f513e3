//! A file as rows: every row is the body of a command, with the column names as paths into it.

use crate::command::{Command, CommandUnreadable};
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;
use values::{Currency, Money};

/// Most rows of one file.
const MOST_ROWS: usize = 100_000;

/// Column that holds the idempotency key of a row, where its sender has one.
const KEY_COLUMN: &str = "idempotency_key";
/// Column that says in which currency the amounts of a row are.
const CURRENCY_COLUMN: &str = "currency";

/// A row that can be read.
#[derive(Debug, Clone)]
pub(super) struct FileRow {
    /// Line of the file, the header being line 1.
    pub line: u64,
    /// The sender's key, or empty.
    pub key: String,
    /// The body of the command.
    pub body: Value,
}

/// A file, read.
#[derive(Debug, Default)]
pub(super) struct FileRows {
    /// Rows that are bodies of the command.
    pub good: Vec<FileRow>,
    /// Rows that are not, all of them.
    pub bad: Vec<BadRow>,
    /// Cells by line and column, of good and bad rows alike: totals are stated over all.
    pub cells: BTreeMap<u64, BTreeMap<String, String>>,
}

/// A row that cannot be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadRow {
    /// Line of the file.
    pub line: u64,
    /// Column at fault, or empty for the whole row.
    pub column: String,
    /// What is wrong with which value, and the mend.
    pub message: String,
}

/// Why a file cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum FileUnreadable {
    /// It has no header or no rows.
    #[error("the file has no rows: give a header line with the column names and at least one row")]
    Empty,
    /// A column has no name, or two have the same.
    #[error("column {place} of the header is called {name:?}: each column needs a name of its own")]
    Header {
        /// Counted from 1.
        place: usize,
        /// What stands there.
        name: String,
    },
    /// It is too long.
    #[error("the file has more than {MOST_ROWS} rows; split it")]
    TooLong,
}

/// Reads every row as the command called `command`; bad rows are told apart, all of them.
pub(super) fn read(command: &str, content: &str) -> Result<FileRows, FileUnreadable> {
    let content = content.strip_prefix('\u{feff}').unwrap_or(content);
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(content.as_bytes());
    let header = header(&mut reader)?;
    let mut file = FileRows::default();
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                let line = record.position().map_or(0, csv::Position::line);
                match row(command, &header, &record, line, &mut file.cells) {
                    Ok(row) => file.good.push(row),
                    Err(problem) => file.bad.push(problem),
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                let message = format!("the row cannot be read as CSV: {error}");
                file.bad.push(BadRow {
                    line,
                    column: String::new(),
                    message,
                });
            }
        }
        if file.good.len() + file.bad.len() > MOST_ROWS {
            return Err(FileUnreadable::TooLong);
        }
    }
    if file.good.is_empty() && file.bad.is_empty() {
        return Err(FileUnreadable::Empty);
    }
    Ok(file)
}

fn header(reader: &mut csv::Reader<&[u8]>) -> Result<Vec<String>, FileUnreadable> {
    let header = reader.headers().map_err(|_| FileUnreadable::Empty)?;
    let names: Vec<String> = header.iter().map(str::to_owned).collect();
    for (index, name) in names.iter().enumerate() {
        if name.is_empty() || names[..index].contains(name) {
            return Err(FileUnreadable::Header {
                place: index + 1,
                name: name.clone(),
            });
        }
    }
    if names.is_empty() {
        return Err(FileUnreadable::Empty);
    }
    Ok(names)
}

fn row(
    command: &str,
    header: &[String],
    record: &csv::StringRecord,
    line: u64,
    every: &mut BTreeMap<u64, BTreeMap<String, String>>,
) -> Result<FileRow, BadRow> {
    let bad = |column: &str, message: String| BadRow {
        line,
        column: column.to_owned(),
        message,
    };
    if record.len() != header.len() {
        let message = format!(
            "the row has {} cells and the header {}; quote cells that hold a comma",
            record.len(),
            header.len()
        );
        return Err(bad("", message));
    }
    let mut key = String::new();
    let cells = every.entry(line).or_default();
    let mut body = Value::Object(Map::new());
    for (name, cell) in header.iter().zip(record.iter()) {
        cells.insert(name.clone(), cell.to_owned());
        if name == KEY_COLUMN {
            cell.clone_into(&mut key);
        } else if !cell.is_empty() {
            put(&mut body, name, Value::String(cell.to_owned()))
                .map_err(|message| bad(name, message))?;
        }
    }
    match typed(command, body) {
        Ok(body) => Ok(FileRow { line, key, body }),
        Err((column, message)) => Err(bad(&column, message)),
    }
}

/// Cells are text. Where the command wants a whole number or a yes or no, a cell that is one is
/// given as one; every other complaint stands.
fn typed(command: &str, mut body: Value) -> Result<Value, (String, String)> {
    loop {
        let fault = match Command::read(command, body.clone()) {
            Ok(_) => return Ok(body),
            Err(fault) => fault,
        };
        let CommandUnreadable::Body { field, error, .. } = &fault else {
            return Err((String::new(), fault.to_string()));
        };
        let cell = at(&mut body, field).filter(|_| error.starts_with("invalid type: string"));
        let Some(cell) = cell else {
            return Err((field.clone(), error.clone()));
        };
        let Some(plain) = cell.as_str().and_then(plain) else {
            return Err((field.clone(), error.clone()));
        };
        *cell = plain;
    }
}

fn plain(text: &str) -> Option<Value> {
    match text {
        "true" | "yes" => Some(Value::Bool(true)),
        "false" | "no" => Some(Value::Bool(false)),
        _ => text
            .parse::<i64>()
            .ok()
            .map(|number| Value::Number(Number::from(number))),
    }
}

/// A step of a path such as `lines[0].product`.
enum Step<'p> {
    Field(&'p str),
    Place(usize),
}

fn steps(path: &str) -> Result<Vec<Step<'_>>, String> {
    let unreadable =
        || format!("{path:?} is no path; write field, field.inner or list[0].field, places from 0");
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (name, places) = part.split_once('[').unwrap_or((part, ""));
        if name.is_empty() {
            return Err(unreadable());
        }
        steps.push(Step::Field(name));
        for place in places.split('[').filter(|place| !place.is_empty()) {
            let place = place.strip_suffix(']').and_then(|text| text.parse().ok());
            // A list longer than this is a slip of the pen, not an invoice.
            let place = place
                .filter(|place| *place < 1_000)
                .ok_or_else(unreadable)?;
            steps.push(Step::Place(place));
        }
    }
    Ok(steps)
}

/// Puts a cell where its column says.
fn put(body: &mut Value, path: &str, cell: Value) -> Result<(), String> {
    let clash =
        || format!("column {path:?} contradicts another column: one is a part of the other");
    let mut place = body;
    for step in steps(path)? {
        place = match step {
            Step::Field(name) => {
                if place.is_null() {
                    *place = Value::Object(Map::new());
                }
                let fields = place.as_object_mut().ok_or_else(clash)?;
                fields.entry(name).or_insert(Value::Null)
            }
            Step::Place(number) => {
                if place.is_null() {
                    *place = Value::Array(Vec::new());
                }
                let list = place.as_array_mut().ok_or_else(clash)?;
                while list.len() <= number {
                    list.push(Value::Null);
                }
                &mut list[number]
            }
        };
    }
    if !place.is_null() {
        return Err(clash());
    }
    *place = cell;
    Ok(())
}

fn at<'v>(body: &'v mut Value, path: &str) -> Option<&'v mut Value> {
    let mut place = body;
    for step in steps(path).ok()? {
        place = match step {
            Step::Field(name) => place.get_mut(name)?,
            Step::Place(number) => place.get_mut(number)?,
        };
    }
    Some(place)
}

/// Adds up a column over the lines given, by the currency of the rows.
///
/// # Errors
/// The first cell that is no amount, or has no currency.
pub(super) fn sums(
    cells: &BTreeMap<u64, BTreeMap<String, String>>,
    column: &str,
    counts: impl Fn(u64) -> bool,
) -> Result<BTreeMap<Currency, Money>, BadRow> {
    let mut sums: BTreeMap<Currency, Money> = BTreeMap::new();
    for (&line, cells) in cells.iter().filter(|(line, _)| counts(**line)) {
        let bad = |column: &str, message: String| BadRow {
            line,
            column: column.to_owned(),
            message,
        };
        let text = cells.get(column).map_or("", String::as_str);
        if text.is_empty() {
            continue;
        }
        let code = cells.get(CURRENCY_COLUMN).map_or("", String::as_str);
        let currency: Currency = code.parse().map_err(|_| {
            let message = format!(
                "{code:?} is no currency; a column that is added up needs the column {CURRENCY_COLUMN} with a code such as EUR"
            );
            bad(CURRENCY_COLUMN, message)
        })?;
        let amount =
            Money::parse(text, currency).map_err(|refused| bad(column, refused.to_string()))?;
        let sum = sums
            .entry(currency)
            .or_insert_with(|| Money::zero(currency));
        *sum = sum
            .plus(amount)
            .map_err(|refused| bad(column, refused.to_string()))?;
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_are_paths_and_cells_get_the_type_that_the_command_wants() {
        let file = read(
            "create_customer",
            "\u{feff}legal_name,payment_terms_days,references[0].system,references[0].kind,references[0].id,idempotency_key\n\
             \"Acme, Inc.\",30,legacy,account,7,k-7\nBolt,,,,,\n",
        )
        .unwrap();
        assert!(file.bad.is_empty(), "{:?}", file.bad);
        assert_eq!(
            file.good[0].body,
            json!({"legal_name": "Acme, Inc.", "payment_terms_days": 30,
                   "references": [{"system": "legacy", "kind": "account", "id": "7"}]})
        );
        assert_eq!((file.good[0].line, file.good[0].key.as_str()), (2, "k-7"));
        assert_eq!(file.good[1].body, json!({"legal_name": "Bolt"}));
    }

    #[test]
    fn every_bad_row_is_named_with_line_column_and_value() {
        let file = read(
            "record_payment",
            "customer,amount,currency,colour\ncus_1,12.50,EUR,\ncus_1,12.x,EUR,\ncus_1,1\ncus_1,1.00,EUR,red\n",
        )
        .unwrap();
        assert_eq!(file.good.len(), 1);
        let said: Vec<_> = file
            .bad
            .iter()
            .map(|bad| (bad.line, bad.column.as_str()))
            .collect();
        assert_eq!(said, [(3, "amount"), (4, ""), (5, "colour")]);
        assert!(file.bad[0].message.contains("12.x"), "{:?}", file.bad[0]);
        assert!(file.bad[1].message.contains("2 cells and the header 4"));
    }

    #[test]
    fn a_header_without_names_or_rows_is_refused() {
        let name = |text: &str| read("record_payment", text).unwrap_err().to_string();
        assert!(name("").contains("no rows"));
        assert!(name("amount,currency\n").contains("no rows"));
        assert!(name("amount,amount\n1,2\n").contains("column 2 of the header"));
        assert!(name("amount,\n1,2\n").contains("needs a name of its own"));
    }

    #[test]
    fn sums_are_by_currency_over_good_and_bad_rows_alike() {
        let file = read(
            "record_payment",
            "customer,amount,currency\ncus_1,12.50,EUR\ncus_1,0.01,EUR\ncus_1,100,JPY\nnobody!,1.00,EUR\n",
        )
        .unwrap();
        assert_eq!(file.bad.len(), 1);
        let all = sums(&file.cells, "amount", |_| true).unwrap();
        let texts: Vec<_> = all.values().map(ToString::to_string).collect();
        assert_eq!(texts.len(), 2);
        assert_eq!(all[&Currency::EUR].minor, 1_351);
        let some = sums(&file.cells, "amount", |line| line < 5).unwrap();
        assert_eq!(some[&Currency::EUR].minor, 1_251);
        let bad = sums(&file.cells, "customer", |_| true).unwrap_err();
        assert_eq!((bad.line, bad.column.as_str()), (2, "customer"));
    }
}
