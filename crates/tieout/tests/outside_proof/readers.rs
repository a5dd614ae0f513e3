//! Reads our own exports back, and plants the errors that the programs must find.

use crate::books::Key;
use calamine::Data;

/// A text with one error, and the line that was changed.
pub struct Mutant {
    pub text: String,
    pub line: String,
}

/// Every text that has one posting one minor unit higher.
pub fn one_off(text: &str) -> Vec<Mutant> {
    let postings: Vec<usize> = postings(text).collect();
    postings
        .into_iter()
        .map(|number| {
            let lines = changed(text, &[(number, 1)]);
            Mutant {
                line: lines[number].clone(),
                text: lines.join("\n") + "\n",
            }
        })
        .collect()
}

/// The text with the first two postings of its last journal changed so that it still balances.
pub fn two_off(text: &str) -> Mutant {
    let postings: Vec<usize> = postings(text).collect();
    let pair = postings
        .windows(2)
        .rfind(|pair| {
            let [one, other] = [amount_of(text, pair[0]), amount_of(text, pair[1])];
            one.0 == -other.0 && one.1 == other.1
        })
        .unwrap();
    let lines = changed(text, &[(pair[0], 1), (pair[1], -1)]);
    Mutant {
        line: lines[pair[0]].clone(),
        text: lines.join("\n") + "\n",
    }
}

/// The numbers of the lines that are postings: indented, with an account and an amount, and not an
/// assertion.
fn postings(text: &str) -> impl Iterator<Item = usize> {
    let roots = ["Assets:", "Liabilities:", "Equity:", "Income:", "Expenses:"];
    text.lines()
        .enumerate()
        .filter(move |(_, line)| {
            let trimmed = line.trim_start();
            line.starts_with("  ")
                && roots.iter().any(|root| trimmed.starts_with(root))
                && !line.contains(" = ")
        })
        .map(|(number, _)| number)
}

/// Minor units and currency of a posting: the amount and its currency follow two spaces.
fn amount_of(text: &str, number: usize) -> (i64, String) {
    let line = text.lines().nth(number).unwrap();
    let (_, tail) = line.trim_start().split_once("  ").unwrap();
    let mut words = tail.split_whitespace();
    let (amount, currency) = (words.next().unwrap(), words.next().unwrap());
    (crate::minor(amount, currency), currency.to_owned())
}

fn changed(text: &str, changes: &[(usize, i64)]) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (number, change) in changes {
        let (minor, currency) = amount_of(text, *number);
        let print = |minor| {
            let money = values::Money::from_minor(minor, currency.parse().unwrap());
            format!("  {} {currency}", money.decimal())
        };
        let line = lines[*number].replacen(&print(minor), &print(minor + change), 1);
        assert_ne!(line, lines[*number]);
        lines[*number] = line;
    }
    lines
}

/// A journal line as text, whichever file it was read from.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    pub journal: String,
    pub entity: String,
    pub date: String,
    pub narration: String,
    pub event: String,
    pub rule: String,
    pub rule_version: String,
    pub account: String,
    pub account_name: String,
    pub kind: String,
    pub debit: Option<i64>,
    pub credit: Option<i64>,
    pub currency: String,
    pub customer: String,
    pub contract: String,
    pub product: String,
}

impl Row {
    pub fn key(&self) -> Key {
        Key {
            entity: self.entity.clone(),
            account: self.account.clone(),
            currency: self.currency.clone(),
        }
    }

    /// Debit positive.
    pub fn minor(&self) -> i64 {
        self.debit.unwrap_or(0) - self.credit.unwrap_or(0)
    }
}

/// The rows of our CSV.
pub fn csv(text: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader
        .headers()
        .unwrap()
        .iter()
        .collect::<Vec<_>>()
        .join(",");
    assert_eq!(headers, ledger::export::csv::COLUMNS);
    reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            let amount = |at: usize| {
                let text = &record[at];
                (!text.is_empty()).then(|| crate::minor(text, &record[12]))
            };
            row(|at| record[at].to_owned(), amount(10), amount(11))
        })
        .collect()
}

/// A row of the sheet of journal lines. The apostrophe that keeps CSV from being run as a formula
/// is put in front again: a cell that is text needs none.
pub fn line_of_sheet(cells: &[Data]) -> Row {
    let currency = cell(&cells[12]);
    let side = |at: usize| (!cell(&cells[at]).is_empty()).then(|| amount(&cells[at], &currency));
    let text = |at: usize| {
        let text = cell(&cells[at]).replace('\n', " ");
        if text.starts_with(['=', '+', '-', '@']) {
            format!("'{text}")
        } else {
            text
        }
    };
    row(text, side(10), side(11))
}

fn row(text: impl Fn(usize) -> String, debit: Option<i64>, credit: Option<i64>) -> Row {
    Row {
        journal: text(0),
        entity: text(1),
        date: text(2),
        narration: text(3),
        event: text(4),
        rule: text(5),
        rule_version: text(6),
        account: text(7),
        account_name: text(8),
        kind: text(9),
        debit,
        credit,
        currency: text(12),
        customer: text(13),
        contract: text(14),
        product: text(15),
    }
}

/// What stands in a cell, as text.
pub fn cell(data: &Data) -> String {
    match data {
        Data::Empty => String::new(),
        Data::String(text) => text.clone(),
        Data::Float(number) => number.to_string(),
        Data::Int(number) => number.to_string(),
        Data::DateTime(date) => {
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        other => panic!("{other:?} is nothing that we write"),
    }
}

/// Minor units of an amount cell, which is a number, or text where a number would be rounded.
pub fn amount(data: &Data, currency: &str) -> i64 {
    crate::minor(&cell(data), currency)
}
