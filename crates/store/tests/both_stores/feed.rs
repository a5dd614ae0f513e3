//! The list of events: whoever pages through it passes nothing, whatever commits late.

use crate::rows::event;
use crate::support::Fixture;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use store::{Store, StoreFault, feed, log};

on_every_store![
    what_is_there_already_comes_in_the_order_of_its_ids,
    what_commits_late_comes_after_what_was_read,
    pages_pass_nothing_while_many_write,
    an_append_that_began_before_the_feed_is_found,
];

fn append(store: &Store, partition: &str, ids: &[&str]) {
    let mut events: Vec<_> = ids.iter().map(|id| event(id, partition, "n")).collect();
    store.write(move |tx| log::append(tx, &mut events)).unwrap();
}

/// One page after a place: the ids, and the place of the last.
fn page(store: &Store, after: i64, limit: i64) -> (Vec<String>, i64) {
    while store.write(move |tx| feed::advance(tx, 50, 1)).unwrap() > 0 {}
    store
        .read(move |tx| {
            let events = feed::after(tx, after, limit)?;
            let last = match events.last() {
                Some(last) => feed::position_of(tx, &last.id)?.unwrap(),
                None => after,
            };
            Ok::<_, StoreFault>((events.into_iter().map(|e| e.id).collect(), last))
        })
        .unwrap()
}

fn what_is_there_already_comes_in_the_order_of_its_ids(books: &Fixture) {
    append(&books.store, "b", &["evt_2", "evt_4"]);
    append(&books.store, "a", &["evt_3", "evt_1", "evt_5"]);
    assert!(books.read(|tx| feed::is_behind(tx, 1)));
    let (all, last) = page(&books.store, 0, 99);
    // The order of a partition counts more than the ids.
    assert_eq!(all, ["evt_2", "evt_3", "evt_1", "evt_4", "evt_5"]);
    assert_eq!(last, 5);
    assert!(!books.read(|tx| feed::is_behind(tx, 1)));
    append(&books.store, "c", &["evt_9"]);
    append(&books.store, "a", &["evt_7"]);
    assert!(books.read(|tx| feed::is_behind(tx, 1)));
    assert_eq!(page(&books.store, last, 99).0, ["evt_7", "evt_9"]);
    assert_eq!(page(&books.store, 2, 2).0, ["evt_1", "evt_4"]);
    assert_eq!(books.read(|tx| feed::position_of(tx, "evt_0")), None);
}

/// A transaction takes a low id and commits after a page with a higher one was read.
fn what_commits_late_comes_after_what_was_read(books: &Fixture) {
    if books.is_sqlite() {
        // One transaction at a time: nothing commits late.
        return;
    }
    append(&books.store, "p0", &["evt_0"]);
    assert_eq!(page(&books.store, 0, 9), (vec!["evt_0".to_owned()], 1));
    let (written, has_written) = channel::<()>();
    let (release, released) = channel::<()>();
    let slow = books.another();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            slow.write(move |tx| {
                log::append(tx, &mut [event("evt_1", "p1", "slow")])?;
                written.send(()).unwrap();
                released.recv().unwrap();
                Ok::<_, StoreFault>(())
            })
            .unwrap();
        });
        has_written.recv().unwrap();
        append(&books.store, "p2", &["evt_2"]);
        let (seen, place) = page(&books.store, 1, 9);
        assert_eq!(seen, ["evt_2"]);
        release.send(()).unwrap();
        let mut late = Vec::new();
        while late.is_empty() {
            late = page(&books.store, place, 9).0;
        }
        assert_eq!(late, ["evt_1"]);
    });
    // By id it would never have been seen.
    let by_id = books.read(|tx| log::after(tx, "evt_2", 9));
    assert_eq!(by_id, []);
}

const WRITERS: usize = 6;
const EACH: usize = 30;

fn pages_pass_nothing_while_many_write(books: &Fixture) {
    append(&books.store, "before", &["evt_before"]);
    let running = AtomicUsize::new(WRITERS);
    let seen: Vec<Vec<String>> = std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (store, running) = (&books.store, &running);
            scope.spawn(move || {
                for round in 0..EACH {
                    let id = format!("evt_{round:02}_{writer}");
                    append(store, &format!("p{}", (writer + round) % 4), &[&id]);
                }
                running.fetch_sub(1, Ordering::SeqCst);
            });
        }
        let reading: Vec<_> = (0..2)
            .map(|_| {
                let (running, store) = (&running, books.another());
                scope.spawn(move || {
                    let (mut all, mut place) = (Vec::new(), 0);
                    loop {
                        let over = running.load(Ordering::SeqCst) == 0;
                        let (ids, last) = page(&store, place, 7);
                        if over && ids.is_empty() {
                            return all;
                        }
                        all.extend(ids);
                        place = last;
                    }
                })
            })
            .collect();
        reading.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(seen[0], seen[1], "two readers see one order");
    assert_eq!(seen[0].len(), WRITERS * EACH + 1);
    let mut ends: BTreeMap<String, i64> = BTreeMap::new();
    for id in seen[0].clone() {
        let found = books.read(move |tx| log::by_id(tx, &id)).unwrap();
        let end = ends.entry(found.partition).or_default();
        *end += 1;
        assert_eq!(found.sequence, *end);
    }
}

fn an_append_that_began_before_the_feed_is_found(books: &Fixture) {
    append(&books.store, "a", &["evt_1"]);
    assert_eq!(page(&books.store, 0, 9).1, 1);
    append(&books.store, "b", &["evt_2"]);
    // As if the append had not known of the feed.
    books.write(|tx| store::readers::conclude(tx, feed::READER, "b", 0, 0));
    books.write(|tx| {
        store::readers::set_active(tx, feed::READER, false)?;
        log::append(tx, &mut [event("evt_3", "c", "n")])?;
        store::readers::set_active(tx, feed::READER, true)
    });
    assert_eq!(page(&books.store, 1, 9).0, ["evt_2"]);
    assert!(books.read(|tx| feed::is_behind(tx, 61_000_000)));
    let swept = books.write(|tx| feed::advance(tx, 9, 61_000_000));
    assert_eq!(swept, 1);
    assert_eq!(page(&books.store, 2, 9).0, ["evt_3"]);
}
