//! Beancount and hledger read our export and find the same balances, and they do refuse books in
//! which one posting is off by one minor unit.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of a test may fail it"
)]

use ledger::export::{ExportBalance, ExportJournal, ExportLine, beancount, hledger};
use ledger::{AccountKind, Dimensions};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output};
use values::{Currency, Date, Money, parse_date};

const ACCOUNTS: [(&str, &str, AccountKind); 5] = [
    ("1010", "Card receipts in transit", AccountKind::Asset),
    ("1100", "Trade receivables", AccountKind::Asset),
    (
        "1250",
        "Contract assets (unbilled revenue)",
        AccountKind::Asset,
    ),
    ("2400", "Deferred revenue", AccountKind::Liability),
    ("4000", "Subscription revenue", AccountKind::Income),
];

/// Entity, date, narration, currency, and the lines: account and minor units.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, i64)],
);

const BOOKS: [Row; 6] = [
    (
        "US",
        "2026-01-05",
        "Invoice US-1 to \"Acme\"; first | year",
        "USD",
        &[("1100", 120_000), ("2400", -120_000)],
    ),
    (
        "de-berlin",
        "2026-01-05",
        "Rechnung für Größe\nCo",
        "EUR",
        &[("1100", 119_001), ("2400", -119_001)],
    ),
    (
        "US",
        "2026-01-20",
        "Paid by card",
        "USD",
        &[("1010", 120_000), ("1100", -120_000)],
    ),
    (
        "US",
        "2026-01-31",
        "Earned in January",
        "USD",
        &[("2400", 10_192), ("1250", 1), ("4000", -10_193)],
    ),
    (
        "US",
        "2026-01-31",
        "Earned in yen",
        "JPY",
        &[("1250", 5_001), ("4000", -5_001)],
    ),
    (
        "US",
        "2026-01-31",
        "Earned in dinar",
        "KWD",
        &[("1250", 5_001), ("4000", -5_001)],
    ),
];

fn date(text: &str) -> Date {
    parse_date(text).unwrap()
}

/// The books, with `change` minor units added to one posting.
fn journals(changed: Option<(usize, usize)>, change: i64) -> Vec<ExportJournal> {
    let mut journals = Vec::new();
    for (number, (entity, day, narration, currency, lines)) in BOOKS.iter().enumerate() {
        let currency: Currency = currency.parse().unwrap();
        let lines = lines.iter().enumerate().map(|(position, (code, minor))| {
            let (_, name, kind) = ACCOUNTS.iter().find(|(known, _, _)| known == code).unwrap();
            let added = if changed == Some((number, position)) {
                change
            } else {
                0
            };
            ExportLine {
                account: code.parse().unwrap(),
                name: (*name).to_owned(),
                kind: *kind,
                amount: Money::from_minor(minor + added, currency),
                dimensions: Dimensions {
                    contract: Some("acme:1/a".parse().unwrap()),
                    ..Dimensions::default()
                },
            }
        });
        journals.push(ExportJournal {
            id: format!("jrn_{number}").parse().unwrap(),
            entity: entity.parse().unwrap(),
            date: date(day),
            narration: (*narration).to_owned(),
            event: format!("evt_{number}").parse().unwrap(),
            rule: "invoice-issued".to_owned(),
            rule_version: 1,
            lines: lines.collect(),
        });
    }
    journals
}

/// The closing balances that our own books hold, from the unchanged journals.
fn balances() -> Vec<ExportBalance> {
    let mut balances: Vec<ExportBalance> = Vec::new();
    for journal in journals(None, 0) {
        for line in journal.lines {
            let same = |row: &&mut ExportBalance| {
                row.entity == journal.entity
                    && row.account == line.account
                    && row.balance.currency == line.amount.currency
            };
            match balances.iter_mut().find(same) {
                Some(row) => row.balance = row.balance.plus(line.amount).unwrap(),
                None => balances.push(ExportBalance {
                    entity: journal.entity.clone(),
                    account: line.account,
                    name: line.name,
                    kind: line.kind,
                    balance: line.amount,
                }),
            }
        }
    }
    balances
}

fn beancount_text(journals: &[ExportJournal], balances: &[ExportBalance]) -> String {
    let mut text = String::new();
    beancount::write_header(
        &mut text,
        "Books of \"Tieout\"",
        date("2026-01-01"),
        balances,
    )
    .unwrap();
    for journal in journals {
        beancount::write_journal(&mut text, journal).unwrap();
    }
    beancount::write_balances(&mut text, date("2026-01-31"), balances).unwrap();
    text
}

fn hledger_text(journals: &[ExportJournal], balances: &[ExportBalance]) -> String {
    let mut text = String::new();
    hledger::write_header(&mut text, "Books of Tieout", balances).unwrap();
    for journal in journals {
        hledger::write_journal(&mut text, journal).unwrap();
    }
    hledger::write_balances(&mut text, date("2026-01-31"), balances).unwrap();
    text
}

/// A program from the environment, or where `cargo xtask setup` puts it.
fn program(variable: &str, otherwise: PathBuf) -> PathBuf {
    std::env::var_os(variable).map_or(otherwise, PathBuf::from)
}

fn bean_check() -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    program(
        "TIEOUT_BEAN_CHECK",
        PathBuf::from(root).join(".venv/bin/bean-check"),
    )
}

/// Runs a program on a text in a file of its own, with `-` in the arguments standing for the file.
fn run(program: PathBuf, arguments: &[&str], suffix: &str, text: &str) -> Output {
    let mut file = tempfile::Builder::new().suffix(suffix).tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let mut command = Command::new(&program);
    for argument in arguments {
        match *argument {
            "-" => command.arg(file.path()),
            other => command.arg(other),
        };
    }
    command
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap_or_else(|error| {
            panic!(
                "{} cannot be run ({error}); run `cargo xtask setup` first",
                program.display()
            )
        })
}

fn bean(text: &str) -> Output {
    run(bean_check(), &["--no-cache", "-"], ".beancount", text)
}

fn hledger(text: &str) -> Output {
    let program = program("TIEOUT_HLEDGER", PathBuf::from("hledger"));
    run(
        program,
        &["-f", "-", "check", "-s", "ordereddates"],
        ".journal",
        text,
    )
}

/// The program refused the text, and because of a balance.
fn refused(output: &Output, case: &str) {
    let said = String::from_utf8_lossy(&output.stderr).to_lowercase();
    assert!(!output.status.success(), "{case} passed");
    assert!(said.contains("balance"), "{case}: {said}");
}

fn accepted(output: &Output, text: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{said}\n{}\n{text}",
        String::from_utf8_lossy(&output.stdout)
    );
}

#[test]
fn beancount_finds_our_balances() {
    let text = beancount_text(&journals(None, 0), &balances());
    accepted(&bean(&text), &text);
}

#[test]
fn beancount_refuses_one_minor_unit_anywhere() {
    for changed in [(0, 0), (3, 1), (4, 0), (5, 1)] {
        let text = beancount_text(&journals(Some(changed), 1), &balances());
        refused(&bean(&text), &format!("{changed:?}"));
    }
}

#[test]
fn beancount_refuses_a_balance_off_by_one_minor_unit() {
    let mut wrong = balances();
    wrong[0].balance.minor -= 1;
    let text = beancount_text(&journals(None, 0), &wrong);
    refused(&bean(&text), "a wrong balance");
}

#[test]
fn hledger_finds_our_balances() {
    let text = hledger_text(&journals(None, 0), &balances());
    accepted(&hledger(&text), &text);
}

#[test]
fn hledger_refuses_one_minor_unit_anywhere() {
    for changed in [(0, 0), (3, 1), (4, 0), (5, 1)] {
        let text = hledger_text(&journals(Some(changed), 1), &balances());
        refused(&hledger(&text), &format!("{changed:?}"));
    }
}

#[test]
fn hledger_refuses_a_balance_off_by_one_minor_unit() {
    let mut wrong = balances();
    wrong[0].balance.minor -= 1;
    let text = hledger_text(&journals(None, 0), &wrong);
    refused(&hledger(&text), "a wrong balance");
}

/// Both texts as they are, so that a change of the format is a decision.
#[test]
fn the_texts_are_the_agreed_ones() {
    let (journals, balances) = (journals(None, 0), balances());
    assert_eq!(
        beancount_text(&journals, &balances),
        include_str!("export.beancount")
    );
    assert_eq!(
        hledger_text(&journals, &balances),
        include_str!("export.journal")
    );
}
