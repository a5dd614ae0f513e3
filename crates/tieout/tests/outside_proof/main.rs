//! Outside proof: books that the journeys made are exported, and programs that others wrote accept
//! them, find our trial balance account by account, and refuse them when one posting is off by one
//! minor unit. The spreadsheet and the CSV hold the same figures.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of a test may fail it"
)]

mod books;
mod commands;
mod demo;
mod programs;
mod readers;

use app::App;
use app::export::{Exported, TextFormat};
use books::Figures;
use calamine::{Data, Reader, Xlsx};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::LazyLock;
use values::{Currency, Money};

/// The books are built once; each test exports what it needs.
static APP: LazyLock<App> = LazyLock::new(books::build);

fn text(format: TextFormat) -> String {
    let (bytes, _) = APP.export_text(format, Vec::new()).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_books_are_rich_enough_to_prove_something() {
    let rules = books::rules_used(&APP);
    for rule in [
        "invoice-issued",
        "credit-note-issued",
        "payment-settled",
        "cash-applied",
        "payment-refunded",
        "revenue-recognised",
        "manual",
        "reversal",
    ] {
        assert!(
            rules.iter().any(|used| used == rule),
            "{rule} is not among {rules:?}"
        );
    }
    let figures = books::figures(&APP);
    let accounts: Vec<&str> = figures.keys().map(|key| key.account.as_str()).collect();
    for account in [
        "1000", "1010", "1100", "2100", "2200", "2400", "4000", "4200", "6100",
    ] {
        assert!(accounts.contains(&account), "{account} never moved");
    }
    let currencies: Vec<&str> = figures.keys().map(|key| key.currency.as_str()).collect();
    for currency in ["USD", "EUR", "JPY"] {
        assert!(currencies.contains(&currency), "{currency} never moved");
    }
    assert_eq!(books::held(&APP), Vec::<String>::new());
}

#[test]
fn beancount_accepts_the_books_and_finds_our_trial_balance() {
    let text = text(TextFormat::Beancount);
    programs::bean_check(&text).accepted();
    let found = programs::beancount_balances(&text);
    assert_eq!(nonzero(found), nonzero(books::figures(&APP)));
}

#[test]
fn hledger_accepts_the_books_and_finds_our_trial_balance() {
    let text = text(TextFormat::Hledger);
    programs::hledger_check(&text).accepted();
    let found = programs::hledger_balances(&text);
    assert_eq!(nonzero(found), nonzero(books::figures(&APP)));
}

/// Balances of every month end stand in the text, not only those of the end.
#[test]
fn every_month_end_is_asserted() {
    let text = text(TextFormat::Beancount);
    for day in ["2026-02-01", "2026-03-01", "2026-04-01"] {
        assert!(text.contains(&format!("\n{day} balance ")), "{day}");
    }
}

#[test]
fn beancount_refuses_any_posting_that_is_off_by_one_minor_unit() {
    let text = text(TextFormat::Beancount);
    let mutants = readers::one_off(&text);
    assert!(mutants.len() > 40, "{}", mutants.len());
    // The command itself on a few; on all of them its loader, which starts once.
    for mutant in [0, mutants.len() / 2, mutants.len() - 1] {
        programs::bean_check(&mutants[mutant].text).refused(&mutants[mutant].line);
    }
    let accepted = programs::beancount_accepts(&mutants);
    assert_eq!(accepted, Vec::<String>::new());
}

#[test]
fn hledger_refuses_any_posting_that_is_off_by_one_minor_unit() {
    let text = text(TextFormat::Hledger);
    let mutants = readers::one_off(&text);
    assert!(mutants.len() > 40, "{}", mutants.len());
    for mutant in mutants {
        programs::hledger_check(&mutant.text).refused(&mutant.line);
    }
}

/// A journal that still balances but stands on the wrong amount is found by the balances alone.
#[test]
fn a_wrong_amount_on_both_sides_is_refused_too() {
    let beancount = readers::two_off(&text(TextFormat::Beancount));
    programs::bean_check(&beancount.text).refused(&beancount.line);
    let hledger = readers::two_off(&text(TextFormat::Hledger));
    programs::hledger_check(&hledger.text).refused(&hledger.line);
}

#[test]
fn the_csv_adds_up_to_our_trial_balance() {
    let rows = readers::csv(&text(TextFormat::Csv));
    let mut found = Figures::new();
    for row in &rows {
        *found.entry(row.key()).or_insert(0) += row.minor();
    }
    assert_eq!(found, books::figures(&APP));
    // Debits and credits apart, too.
    let mut sides: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for row in &rows {
        let side = sides.entry(&row.currency).or_default();
        side.0 += row.minor().max(0);
        side.1 += row.minor().min(0);
    }
    for (currency, (debit, credit)) in sides {
        assert_eq!(debit, -credit, "{currency}");
    }
}

#[test]
fn the_workbook_holds_every_figure() {
    let (bytes, exported) = APP.export_workbook(Vec::new()).unwrap();
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    assert_eq!(workbook.sheet_names(), ["Trial balance", "Journal lines"]);

    let mut found = Figures::new();
    let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
    let sheet = workbook.worksheet_range("Trial balance").unwrap();
    for row in sheet.rows().skip(1) {
        let currency = readers::cell(&row[4]);
        let [debit, credit, balance] = [5, 6, 7].map(|at| readers::amount(&row[at], &currency));
        assert_eq!(debit - credit, balance, "{row:?}");
        if readers::cell(&row[1]).is_empty() {
            sums.insert((readers::cell(&row[0]), currency), balance);
            continue;
        }
        let key = books::Key {
            entity: readers::cell(&row[0]),
            account: readers::cell(&row[1]),
            currency,
        };
        assert_eq!(found.insert(key, balance), None);
    }
    assert_eq!(found, books::figures(&APP));
    assert!(
        sums.len() >= 3 && sums.values().all(|sum| *sum == 0),
        "{sums:?}"
    );

    // Line by line the same as the CSV, every text and every figure.
    let expected = readers::csv(&text(TextFormat::Csv));
    let sheet = workbook.worksheet_range("Journal lines").unwrap();
    let lines: Vec<_> = sheet.rows().skip(1).map(readers::line_of_sheet).collect();
    assert_eq!(lines.len(), expected.len());
    for (line, expected) in lines.iter().zip(&expected) {
        assert_eq!(line, expected);
    }
    let journals: std::collections::BTreeSet<_> = expected.iter().map(|row| &row.journal).collect();
    assert_eq!(
        exported,
        Exported {
            journals: journals.len() as u64,
            lines: expected.len() as u64
        }
    );
}

/// An amount that a spreadsheet would round stands there as text, to the last digit.
#[test]
fn an_amount_beyond_fifteen_digits_is_not_rounded() {
    let (bytes, _) = APP.export_workbook(Vec::new()).unwrap();
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheet = workbook.worksheet_range("Journal lines").unwrap();
    let texts: Vec<&Data> = sheet
        .rows()
        .skip(1)
        .flat_map(|row| [&row[10], &row[11]])
        .filter(|cell| matches!(cell, Data::String(_)))
        .collect();
    let long = Data::String(books::LONG_AMOUNT.to_owned());
    assert!(
        !texts.is_empty() && texts.iter().all(|cell| **cell == long),
        "{texts:?}"
    );
}

#[test]
fn the_same_books_give_the_same_bytes() {
    for format in [TextFormat::Beancount, TextFormat::Hledger, TextFormat::Csv] {
        assert_eq!(text(format), text(format), "{format:?}");
    }
    let (one, _) = APP.export_workbook(Vec::new()).unwrap();
    let (other, _) = APP.export_workbook(Vec::new()).unwrap();
    assert!(one == other, "two workbooks of the same books differ");
}

#[test]
fn books_without_a_journal_are_accepted() {
    let empty = books::open(store::Location::Memory);
    let text = |format| {
        let (bytes, exported) = empty.export_text(format, Vec::new()).unwrap();
        assert_eq!(exported, Exported::default());
        String::from_utf8(bytes).unwrap()
    };
    programs::bean_check(&text(TextFormat::Beancount)).accepted();
    programs::hledger_check(&text(TextFormat::Hledger)).accepted();
    assert!(readers::csv(&text(TextFormat::Csv)).is_empty());
    let (bytes, _) = empty.export_workbook(Vec::new()).unwrap();
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheet = workbook.worksheet_range("Trial balance").unwrap();
    assert_eq!(sheet.rows().count(), 1, "only the headings");
}

/// An output that fails in the middle is a fault, never a short file that looks whole.
#[test]
fn a_full_disk_is_told() {
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self
                .0
                .checked_sub(bytes.len())
                .ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for room in [0, 9_000] {
        let told = APP.export_text(TextFormat::Csv, Full(room)).err().unwrap();
        assert!(
            matches!(told, app::export::ExportFault::Output(_)),
            "{told}"
        );
    }
    assert!(APP.export_workbook(Full(2_000)).is_err());
}

/// Our programs list accounts that ended at nothing, the outside ones may not.
fn nonzero(figures: Figures) -> Figures {
    figures
        .into_iter()
        .filter(|(_, minor)| *minor != 0)
        .collect()
}

/// Minor units of a decimal text in a currency.
fn minor(amount: &str, currency: &str) -> i64 {
    let currency: Currency = currency.parse().unwrap();
    Money::parse(amount, currency).unwrap().minor
}
