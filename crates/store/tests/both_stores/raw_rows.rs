//! The measure of `tieout bench posting` writes the same rows as the books hold. SQLite alone.

use crate::rows::{event, journal, lines};
use crate::support::Fixture;
use store::raw_rows::{RawReader, RawWriter, sqlite_version};
use store::{Durability, Location, Store, StoreFault, Value, commands, journals, log};

/// What each table of an entry holds, by rowid.
fn contents(store: &Store) -> Vec<Vec<Value>> {
    let found: Result<_, StoreFault> = store.read(|tx| {
        let mut all = Vec::new();
        for (table, width) in [
            ("event", 17),
            ("partition_head", 3),
            ("journal", 17),
            ("journal_line", 8),
            ("balance", 6),
            ("command", 5),
        ] {
            tx.query_each(&format!("SELECT * FROM {table}"), &[], |mut row| {
                let value = |column| {
                    let number = row.int(column).map(Value::Int);
                    let text = number.or_else(|_| row.text(column).map(Value::Text));
                    text.or_else(|_| row.blob(column).map(Value::Blob))
                };
                all.push((0..width).map(value).collect::<Result<_, _>>()?);
                Ok(())
            })?;
        }
        Ok(all)
    });
    found.unwrap()
}

#[test]
fn the_raw_writer_leaves_the_rows_that_the_books_hold() {
    const ENTRIES: i64 = 23;
    let books = Fixture::sqlite_file();
    books.write(|tx| {
        for n in 0..ENTRIES {
            let id = format!("evt_{n:02}");
            let mut events = [event(&id, &format!("p/{}", n % 2), "raw")];
            log::append(tx, &mut events)?;
            let row = journal(&format!("jrn_{id}"), "2026-01-31", 100 + n);
            let lines = lines(&row, &[("1100", 100 + n), ("4000", -60), ("4000", -40 - n)]);
            journals::post(tx, &[row], &lines)?;
            commands::keep_answer(tx, "ada", &format!("key_{id}"), &[1; 32], "{}", n)?;
        }
        Ok(())
    });
    let Location::File(path) = &books.location else {
        panic!("the books are in a file");
    };
    let copy = path.with_extension("raw");
    let mut reader = RawReader::open(path).unwrap();
    let mut writer = RawWriter::create(&copy, Durability::Full).unwrap();
    let mut written = 0;
    loop {
        let entries = reader.next(10).unwrap();
        if entries.is_empty() {
            break;
        }
        // Event, head, journal, command; three lines; two balances.
        assert!(entries.iter().all(|entry| entry.rows() == 9));
        written += entries.len() as i64;
        writer.write(&entries, 4).unwrap();
    }
    drop(writer);
    assert_eq!(written, ENTRIES);
    let copied = Store::open(&Location::File(copy), Durability::Full).unwrap();
    assert_eq!(contents(&copied), contents(&books.store));
    let folded: Result<_, StoreFault> = copied.read(journals::balances_from_lines);
    assert_eq!(folded.unwrap(), books.read(|tx| journals::balances(tx, "")));
}

#[test]
fn the_linked_sqlite_says_its_version() {
    assert!(sqlite_version().starts_with("3."), "{}", sqlite_version());
}
