//! What arrived.

use crate::rows::{received, text};
use crate::support::Fixture;
use store::inbox::{self, HELD, InboxRow};

on_every_store![
    a_repeated_delivery_is_counted_and_has_no_other_effect,
    open_items_come_in_the_order_in_which_they_fall_due,
    every_item_ends_confirmed_open_or_rejected,
    later_versions_supersede_earlier_ones_of_the_same_object_alone,
    the_first_version_of_an_object_says_when_we_first_heard_of_it,
    what_an_exception_holds_is_found_by_its_reason_and_released_by_source,
    what_came_last_can_be_asked_for_by_source,
];

fn a_repeated_delivery_is_counted_and_has_no_other_effect(books: &Fixture) {
    assert!(books.write(|tx| inbox::receive(tx, &received("evt_1"))));
    books.write(|tx| inbox::conclude(tx, "stripe", "evt_1", "confirmed", "paid", "chn_1"));
    for _ in 0..2 {
        let again = InboxRow {
            raw: b"other".to_vec(),
            received: 9_000,
            ..received("evt_1")
        };
        assert!(!books.write(move |tx| inbox::receive(tx, &again)));
    }
    let other_source = InboxRow {
        source: text("salesforce"),
        ..received("evt_1")
    };
    assert!(books.write(move |tx| inbox::receive(tx, &other_source)));
    let kept = InboxRow {
        status: text("confirmed"),
        reason: text("paid"),
        attempts: 1,
        deliveries: 3,
        correlation: text("chn_1"),
        ..received("evt_1")
    };
    assert_eq!(
        books.read(|tx| inbox::item(tx, "stripe", "evt_1")),
        Some(kept)
    );
    assert_eq!(books.read(|tx| inbox::item(tx, "stripe", "evt_2")), None);
}

fn open_items_come_in_the_order_in_which_they_fall_due(books: &Fixture) {
    let at = |id: &str, received_at, next_attempt| InboxRow {
        received: received_at,
        next_attempt,
        ..received(id)
    };
    let rows = [
        at("c", 10, 10),
        at("b", 20, 20),
        at("a", 20, 20),
        at("d", 5, 30),
        at("e", 1, HELD),
    ];
    books.write(move |tx| {
        rows.iter()
            .try_for_each(|row| inbox::receive(tx, row).map(drop))
    });
    let due = |now, limit| {
        let rows = books.read(move |tx| inbox::due(tx, now, limit));
        rows.into_iter()
            .map(|row| row.source_id)
            .collect::<Vec<_>>()
    };
    assert_eq!(due(20, 10), ["c", "a", "b"]);
    assert_eq!(due(20, 2), ["c", "a"]);
    assert_eq!(due(30, 10), ["c", "a", "b", "d"]);
    assert_eq!(due(i64::MAX - 1, 10).len(), 4);
    books.write(|tx| inbox::postpone(tx, "stripe", "c", "no such customer yet", 40, ""));
    assert_eq!(due(30, 10), ["a", "b", "d"]);
    let row = books.read(|tx| inbox::item(tx, "stripe", "c")).unwrap();
    assert_eq!(
        (row.status.as_str(), row.attempts, row.next_attempt),
        ("open", 1, 40)
    );
    assert_eq!(row.reason, "no such customer yet");
}

fn every_item_ends_confirmed_open_or_rejected(books: &Fixture) {
    books.write(|tx| {
        for id in ["1", "2", "3", "4"] {
            inbox::receive(tx, &received(id))?;
        }
        inbox::conclude(tx, "stripe", "1", "confirmed", "", "chn_1")?;
        inbox::conclude(tx, "stripe", "2", "rejected", "not signed", "")?;
        inbox::postpone(tx, "stripe", "3", "later", 5_000, "chn_1")?;
        // A chain once known is not forgotten by a postponement that knows none.
        inbox::postpone(tx, "stripe", "3", "later still", 6_000, "")
    });
    let counts = books.read(inbox::counts);
    let counts: Vec<_> = counts
        .iter()
        .map(|(_, status, rows)| (status.as_str(), *rows))
        .collect();
    assert_eq!(counts, [("confirmed", 1), ("open", 2), ("rejected", 1)]);
    let of_chain = books.read(|tx| inbox::of_chain(tx, "chn_1"));
    let of_chain: Vec<_> = of_chain.iter().map(|row| row.source_id.as_str()).collect();
    assert_eq!(of_chain, ["1", "3"]);
    assert!(books.read(|tx| inbox::of_chain(tx, "")).is_empty());
}

fn later_versions_supersede_earlier_ones_of_the_same_object_alone(books: &Fixture) {
    let ids = [
        "006A_1@1",
        "006A_1@2",
        "006A_1@3",
        "006a_1@1",
        "006AX1@1",
        "006A_10@1",
    ];
    books.write(move |tx| {
        for id in ids {
            inbox::receive(tx, &received(id))?;
        }
        inbox::conclude(tx, "stripe", "006A_1@1", "rejected", "bad", "")
    });
    let superseded = books
        .write(|tx| inbox::supersede(tx, "stripe", "006A_1@", "006A_1@3", "a later version came"));
    assert_eq!(superseded, 1);
    let status = |id: &'static str| {
        let row = books.read(move |tx| inbox::item(tx, "stripe", id)).unwrap();
        (row.status, row.reason)
    };
    assert_eq!(
        status("006A_1@2"),
        (text("confirmed"), text("a later version came"))
    );
    assert_eq!(status("006A_1@1").0, "rejected");
    // Neither the case of a letter nor `_` is a wildcard.
    for other in ["006A_1@3", "006a_1@1", "006AX1@1", "006A_10@1"] {
        assert_eq!(status(other).0, "open", "{other}");
    }
}

fn the_first_version_of_an_object_says_when_we_first_heard_of_it(books: &Fixture) {
    books.write(|tx| {
        for (id, at) in [
            ("006A@2", 500),
            ("006A@1", 700),
            ("006A", 1),
            ("006AB@1", 2),
        ] {
            let row = InboxRow {
                received: at,
                ..received(id)
            };
            inbox::receive(tx, &row)?;
        }
        Ok(())
    });
    let first = |source: &'static str, object: &'static str| {
        books.read(move |tx| inbox::first_received(tx, source, object))
    };
    assert_eq!(first("stripe", "006A"), Some(500));
    assert_eq!(first("stripe", "006a"), None);
    assert_eq!(first("salesforce", "006A"), None);
}

fn what_an_exception_holds_is_found_by_its_reason_and_released_by_source(books: &Fixture) {
    for (id, reason, next_attempt) in [
        ("a", "held by exc_1", HELD),
        ("b", "held by exc_2", HELD),
        ("c", "held by exc_1", 40),
    ] {
        books.write(move |tx| inbox::receive(tx, &received(id)));
        books.write(move |tx| inbox::postpone(tx, "stripe", id, reason, next_attempt, "chn_1"));
    }
    let with = |reason: &'static str| books.read(move |tx| inbox::held_with_reason(tx, reason));
    assert_eq!(
        with("held by exc_1"),
        [(text("stripe"), text("a"), text("chn_1"))]
    );
    let held = books.read(|tx| inbox::held(tx, "stripe"));
    assert_eq!(held.len(), 2);
    let released = books.write(|tx| inbox::release_held(tx, "salesforce", "again", 50));
    assert_eq!(released, 0);
    let released = books.write(|tx| inbox::release_held(tx, "stripe", "again", 50));
    assert_eq!(released, 2);
    assert!(with("held by exc_1").is_empty());
    let row = books.read(|tx| inbox::item(tx, "stripe", "b")).unwrap();
    assert_eq!((row.next_attempt, row.attempts), (50, 2));
    let other = books.read(|tx| inbox::item(tx, "stripe", "c")).unwrap();
    assert_eq!((other.next_attempt, other.attempts), (40, 1));
}

fn what_came_last_can_be_asked_for_by_source(books: &Fixture) {
    for (id, source, next_attempt) in [
        ("a", "stripe", 10),
        ("b", "stripe", 20),
        ("c", "salesforce", 30),
        ("d", "stripe", 40),
    ] {
        let row = InboxRow {
            source: text(source),
            next_attempt,
            ..received(id)
        };
        books.write(move |tx| inbox::receive_first(tx, &row));
    }
    let last = books.read(|tx| inbox::due_last(tx, "stripe", 35, 2));
    let ids: Vec<_> = last.iter().map(|row| row.source_id.as_str()).collect();
    assert_eq!(ids, ["b", "a"]);
    let again = received("a");
    assert!(!books.write(move |tx| inbox::receive_first(tx, &again)));
}
