//! Values at the edges of their ranges come back as they went in.

use crate::rows::{customer, journal, lines, payment, received, text};
use crate::support::Fixture;
use store::catalogue::{self, CustomerRow};
use store::inbox::{self, InboxRow};
use store::journals::{self, JournalRow};
use store::payments::{self, PaymentRow};
use store::{Param, StoreFault, Value, params};

on_every_store![
    any_text_comes_back_as_it_went_in,
    the_largest_and_smallest_numbers_come_back,
    any_bytes_come_back_as_they_went_in,
    nothing_is_told_from_empty,
    a_column_of_another_kind_is_refused_in_words,
    a_large_batch_is_written_whole,
    a_sum_beyond_the_range_is_a_fault,
];

fn any_text_comes_back_as_it_went_in(books: &Fixture) {
    let long = "ſ𝒯∑ü".repeat(50_000);
    let names = [
        "",
        " ",
        "Größe, naïve, Ωmega, 北京, \u{1F9FE}, e\u{301}, \u{202e}abc",
        "line\nfeed\r\ttab",
        "'; DROP TABLE journal; --",
        "?1 $1 %s {} \\ \" `",
        "\u{feff}bom \u{ffff} \u{10ffff}",
        &long,
    ]
    .map(text);
    let rows: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(n, name)| customer(&format!("cus_{n}"), name))
        .collect();
    let wanted = rows.clone();
    books.write(move |tx| CustomerRow::insert(tx, &rows));
    assert_eq!(books.read(|tx| catalogue::customers(tx, "", 100)), wanted);
}

fn the_largest_and_smallest_numbers_come_back(books: &Fixture) {
    let extremes = [i64::MAX, i64::MIN, i64::MAX - 1, i64::MIN + 1, 0, -1];
    let rows: Vec<_> = extremes
        .iter()
        .zip(0..)
        .map(|(amount, n)| PaymentRow {
            amount: *amount,
            time: -amount.saturating_sub(1).max(-i64::MAX),
            ..payment(&format!("pay_{n}"), "")
        })
        .collect();
    let wanted = rows.clone();
    books.write(move |tx| PaymentRow::insert(tx, &rows));
    for row in wanted {
        let id = row.id.clone();
        assert_eq!(books.read(move |tx| payments::payment(tx, &id)), Some(row));
    }
}

fn any_bytes_come_back_as_they_went_in(books: &Fixture) {
    let every: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    for (id, raw) in [("none", Vec::new()), ("zero", vec![0]), ("every", every)] {
        let row = InboxRow {
            digest: vec![0xff; 32],
            raw,
            ..received(id)
        };
        let wanted = row.clone();
        books.write(move |tx| inbox::receive(tx, &row));
        let found = books.read(move |tx| inbox::item(tx, "stripe", id));
        assert_eq!(found, Some(wanted));
    }
}

fn nothing_is_told_from_empty(books: &Fixture) {
    let told = books.write(|tx| {
        tx.execute("CREATE TABLE loose (name TEXT, number BIGINT)", &[])?;
        tx.execute(
            "INSERT INTO loose (name, number) VALUES (?1, ?2)",
            &[Param::Null, Param::Null],
        )?;
        tx.execute(
            "INSERT INTO loose (name, number) VALUES (?1, ?2)",
            params!["", 0_i64],
        )?;
        tx.query(
            "SELECT name, number FROM loose ORDER BY name IS NOT NULL",
            &[],
            |row| {
                Ok((
                    row.is_null(0),
                    row.is_null(1),
                    row.is_null(2),
                    row.int(1).is_ok(),
                ))
            },
        )
    });
    // A column that is not there holds nothing either.
    assert_eq!(
        told,
        [(true, true, true, false), (false, false, true, true)]
    );
    assert_ne!(Value::Null, Value::Text(String::new()));
}

fn a_column_of_another_kind_is_refused_in_words(books: &Fixture) {
    books.write(|tx| CustomerRow::insert(tx, &[customer("cus_1", "Acme")]));
    let wrong = |read: fn(store::Row) -> Result<(), StoreFault>| {
        let found: Result<Option<()>, StoreFault> = books
            .store
            .read(move |tx| tx.query_one("SELECT name, created FROM customer", &[], read));
        found.unwrap_err().to_string()
    };
    let name_as_number = wrong(|row| row.int(0).map(drop));
    assert_eq!(
        name_as_number,
        "column 0 of a stored row does not hold a number"
    );
    let number_as_text = wrong(|mut row| row.text(1).map(drop));
    assert_eq!(
        number_as_text,
        "column 1 of a stored row does not hold text"
    );
    let name_as_bytes = wrong(|mut row| row.blob(0).map(drop));
    assert_eq!(
        name_as_bytes,
        "column 0 of a stored row does not hold bytes"
    );
    let fraction: Result<Option<()>, StoreFault> = books
        .store
        .read(|tx| tx.query_one("SELECT 0.5", &[], |row| row.int(0).map(drop)));
    assert!(
        matches!(fraction, Err(StoreFault::Unreadable { .. })),
        "{fraction:?}"
    );
}

fn a_large_batch_is_written_whole(books: &Fixture) {
    const ROWS: i64 = 1_203;
    let (rows, written): (Vec<JournalRow>, Vec<_>) = (0..ROWS)
        .map(|n| {
            let row = journal(&format!("jrn_{n:05}"), "2026-01-31", n + 1);
            let lines = lines(&row, &[("1100", n + 1), ("4000", -n - 1)]);
            (row, lines)
        })
        .unzip();
    let written: Vec<_> = written.into_iter().flatten().collect();
    books.write(move |tx| journals::post(tx, &rows, &written));
    assert_eq!(books.read(journals::counts), (ROWS, ROWS));
    assert_eq!(books.read(journals::unbalanced), []);
    let balances = books.read(|tx| journals::balances(tx, ""));
    assert_eq!(balances[0].debit, ROWS * (ROWS + 1) / 2);
    assert_eq!(balances, books.read(journals::balances_from_lines));
}

fn a_sum_beyond_the_range_is_a_fault(books: &Fixture) {
    books.write(|tx| {
        let rows = ["pay_1", "pay_2"].map(|id| PaymentRow {
            amount: i64::MAX,
            ..payment(id, "")
        });
        PaymentRow::insert(tx, &rows)
    });
    let sums: Result<_, StoreFault> = books.store.read(payments::sums);
    assert!(sums.is_err(), "{sums:?}");
    books.write(|tx| store::settings::set_setting(tx, "still", "writing"));
}
