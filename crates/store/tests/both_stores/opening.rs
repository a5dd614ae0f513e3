//! Opening books: migrations, their repetition, and what is refused.

use crate::support::{Fixture, forget_schema};
use store::{Durability, Location, Store, StoreFault, params, settings};

on_every_store![
    opening_again_keeps_what_is_there_and_migrates_once,
    programs_that_open_at_once_migrate_once,
    books_of_a_newer_program_are_refused,
];

fn migrations(store: &Store) -> Vec<i64> {
    let found: Result<_, StoreFault> = store.read(|tx| {
        tx.query("SELECT number FROM migration ORDER BY number", &[], |row| {
            row.int(0)
        })
    });
    found.unwrap()
}

fn opening_again_keeps_what_is_there_and_migrates_once(books: &Fixture) {
    let before = migrations(&books.store);
    assert_eq!(before.first(), Some(&1));
    books.write(|tx| settings::set_setting(tx, "company", "Acme"));
    let again = books.another();
    assert_eq!(migrations(&again), before);
    let kept: Result<_, StoreFault> = again.read(|tx| settings::setting(tx, "company"));
    assert_eq!(kept.unwrap().as_deref(), Some("Acme"));
}

fn programs_that_open_at_once_migrate_once(books: &Fixture) {
    let location = match &books.location {
        Location::Postgres { url, schema } => Location::Postgres {
            url: url.clone(),
            schema: format!("{schema}_b"),
        },
        Location::File(path) => Location::File(path.with_extension("second")),
        Location::Memory => Location::Memory,
    };
    if let Location::Postgres { url, schema } = &location {
        forget_schema(url, schema);
    }
    let known = migrations(&books.store);
    let stores: Vec<Store> = std::thread::scope(|scope| {
        let opening: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| Store::open(&location, Durability::Full).unwrap()))
            .collect();
        opening.into_iter().map(|t| t.join().unwrap()).collect()
    });
    for store in &stores {
        assert_eq!(migrations(store), known);
    }
}

fn books_of_a_newer_program_are_refused(books: &Fixture) {
    let known = migrations(&books.store).len() as i64;
    books.write(move |tx| {
        tx.execute(
            "INSERT INTO migration (number) VALUES (?1)",
            params![known + 1],
        )
    });
    if matches!(books.location, Location::Memory) {
        // Books in memory end with the program: there is nothing to open again.
        assert_eq!(migrations(&books.store).len() as i64, known + 1);
        return;
    }
    let refused = Store::open(&books.location, Durability::Full).err();
    let found = known + 1;
    assert_eq!(refused, Some(StoreFault::TooNew { found, known }));
    assert!(
        StoreFault::TooNew { found, known }
            .to_string()
            .contains("use a newer program")
    );
}

#[test]
fn a_place_that_cannot_be_opened_is_a_fault_that_names_it() {
    let directory = tempfile::tempdir().unwrap();
    let missing = Location::File(directory.path().join("missing/books.db"));
    let fault = Store::open(&missing, Durability::Full).err();
    assert!(
        matches!(fault, Some(StoreFault::Unreachable(_))),
        "{fault:?}"
    );
    let not_books = directory.path().join("letter.txt");
    std::fs::write(
        &not_books,
        "Dear Sir or Madam, this is no database. ".repeat(200),
    )
    .unwrap();
    let fault = Store::open(&Location::File(not_books), Durability::Full).err();
    assert!(
        matches!(fault, Some(StoreFault::Unreachable(_))),
        "{fault:?}"
    );
}

#[test]
fn a_schema_name_that_would_need_quoting_is_refused() {
    for schema in ["", "Books", "books; DROP TABLE journal", "bücher"] {
        let location = Location::Postgres {
            url: "postgres://nobody@127.0.0.1:1/none".to_owned(),
            schema: schema.to_owned(),
        };
        let fault = Store::open(&location, Durability::Full).err();
        assert!(
            matches!(&fault, Some(StoreFault::Unreachable(why)) if why.contains("small letters")),
            "{schema:?}: {fault:?}"
        );
    }
}

#[test]
fn durability_is_said_in_words() {
    assert_eq!(Durability::Full.words(), "full: fsync before the answer");
    assert_eq!(
        Durability::Relaxed.words(),
        "relaxed: no fsync before the answer"
    );
    let directory = tempfile::tempdir().unwrap();
    let location = Location::File(directory.path().join("books.db"));
    for (durability, mode) in [(Durability::Full, 2), (Durability::Relaxed, 0)] {
        let store = Store::open(&location, durability).unwrap();
        let found: Result<_, StoreFault> =
            store.write(|tx| tx.query_one("PRAGMA synchronous", &[], |row| row.int(0)));
        assert_eq!(found.unwrap(), Some(mode));
    }
}
