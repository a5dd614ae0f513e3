//! Settings, counters, configuration versions, and the answers of commands.

use crate::support::Fixture;
use store::commands::{answered, keep_answer};
use store::{StoreFault, settings};

on_every_store![
    a_setting_is_set_changed_and_found_by_its_beginning,
    the_newest_version_of_a_configuration_is_in_force,
    a_command_is_answered_as_before,
];

fn a_setting_is_set_changed_and_found_by_its_beginning(books: &Fixture) {
    books.write(|tx| {
        for (name, value) in [
            ("sweep/stripe", "1"),
            ("sweep/crm", "2"),
            ("sweep", "3"),
            ("x", ""),
        ] {
            settings::set_setting(tx, name, value)?;
        }
        settings::set_setting(tx, "sweep/crm", "zwölf")
    });
    assert_eq!(
        books.read(|tx| settings::setting(tx, "x")).as_deref(),
        Some("")
    );
    assert_eq!(books.read(|tx| settings::setting(tx, "y")), None);
    let found = books.read(|tx| settings::starting_with(tx, "sweep/"));
    let found: Vec<_> = found
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    assert_eq!(found, [("sweep/crm", "zwölf"), ("sweep/stripe", "1")]);
    // The sign for anything in a pattern is a letter like any other here.
    assert!(
        books
            .read(|tx| settings::starting_with(tx, "swee_/"))
            .is_empty()
    );
}

fn the_newest_version_of_a_configuration_is_in_force(books: &Fixture) {
    assert_eq!(books.read(|tx| settings::configuration(tx, "chart")), None);
    books.write(|tx| {
        settings::add_configuration(tx, "chart", 1, 100, "tieout", "one")?;
        settings::add_configuration(tx, "chart", 2, 200, "ada", "two")?;
        settings::add_configuration(tx, "tax", 10, 200, "ada", "ten")
    });
    let newest = books.read(|tx| settings::configuration(tx, "chart"));
    assert_eq!(newest, Some((2, "two".to_owned())));
    let again = books.try_write(|tx| settings::add_configuration(tx, "chart", 2, 300, "eve", "2b"));
    assert!(matches!(again, Err(StoreFault::Duplicate(_))), "{again:?}");
    let newest = books.read(|tx| settings::configuration(tx, "chart"));
    assert_eq!(newest, Some((2, "two".to_owned())));
}

fn a_command_is_answered_as_before(books: &Fixture) {
    assert_eq!(books.read(|tx| answered(tx, "api", "key-1")), None);
    books.write(|tx| {
        keep_answer(
            tx,
            "api",
            "key-1",
            &[0, 255, 7],
            "{\"journal\":\"jrn_1\"}",
            100,
        )
    });
    let before = books.read(|tx| answered(tx, "api", "key-1")).unwrap();
    assert_eq!(before.digest, [0, 255, 7]);
    assert_eq!(before.answer, "{\"journal\":\"jrn_1\"}");
    // Keys are a client's own.
    assert_eq!(books.read(|tx| answered(tx, "console", "key-1")), None);
    books.write(|tx| keep_answer(tx, "console", "key-1", &[1], "{}", 100));
    let twice = books.try_write(|tx| keep_answer(tx, "api", "key-1", &[0], "{}", 200));
    assert!(matches!(twice, Err(StoreFault::Duplicate(_))), "{twice:?}");
}
