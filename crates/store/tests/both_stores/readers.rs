//! Readers of the log: every event once and in order, however many write; a gap is named.

use crate::rows::event;
use crate::support::Fixture;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use store::{Store, StoreFault, Tx, log, readers};

on_every_store![
    a_log_without_readers_marks_nothing,
    a_reader_reads_every_event_once_and_in_order_while_many_write,
    two_workers_of_one_reader_never_read_the_same_twice,
    a_reader_that_starts_at_the_end_reads_what_comes_from_then_on,
    a_sweep_finds_what_has_no_mark,
    a_gap_is_a_fault_with_its_name,
    a_mark_that_an_append_set_meanwhile_stays,
];

fn append(tx: &mut Tx<'_>, partition: &str, ids: &[String]) -> Result<(), StoreFault> {
    let mut events: Vec<_> = ids.iter().map(|id| event(id, partition, "n")).collect();
    log::append(tx, &mut events)
}

/// Takes one batch and says what it read: partition and sequences.
fn read_some(
    store: &Store,
    reader: &'static str,
    partitions: i64,
) -> Result<Vec<(String, i64)>, StoreFault> {
    let unread = store.read(move |tx| readers::unread(tx, reader, partitions))?;
    let mut read = Vec::new();
    for found in unread {
        let events = store.read({
            let found = found.clone();
            move |tx| readers::following(tx, &found.partition, found.position, 3)
        })?;
        let to = events.last().map_or(found.position, |last| last.sequence);
        let (partition, from) = (found.partition.clone(), found.position);
        let mine = store.write(move |tx| readers::conclude(tx, reader, &partition, from, to))?;
        if mine {
            read.extend(events.into_iter().map(|e| (e.partition, e.sequence)));
        }
    }
    Ok(read)
}

fn everything(store: &Store, reader: &'static str) -> Vec<(String, i64)> {
    let mut all = Vec::new();
    loop {
        let read = read_some(store, reader, 8).unwrap();
        if read.is_empty() {
            return all;
        }
        all.extend(read);
    }
}

fn by_partition(read: &[(String, i64)]) -> BTreeMap<&str, Vec<i64>> {
    let mut found: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (partition, sequence) in read {
        found.entry(partition).or_default().push(*sequence);
    }
    found
}

fn a_log_without_readers_marks_nothing(books: &Fixture) {
    books.write(|tx| append(tx, "p", &["evt_1".to_owned()]));
    books.write(|tx| readers::set_active(tx, "bus", false));
    books.write(|tx| append(tx, "p", &["evt_2".to_owned()]));
    assert_eq!(books.read(|tx| readers::unread(tx, "bus", 9)), vec![]);
    assert_eq!(books.read(|tx| readers::is_active(tx, "bus")), Some(false));
    assert_eq!(books.read(|tx| readers::is_active(tx, "other")), None);
}

const WRITERS: usize = 6;
const EACH: usize = 40;
const PARTITIONS: usize = 3;

/// Writers append one to three events at a time to three partitions; a third of the writes is undone.
fn write_along(store: &Store, writer: usize) {
    for round in 0..EACH {
        let outcome: Result<(), StoreFault> = store.write(move |tx| {
            let ids: Vec<String> = (0..=round % 3)
                .map(|n| format!("evt_{writer}_{round}_{n}"))
                .collect();
            append(tx, &format!("p{}", (writer + round) % PARTITIONS), &ids)?;
            if round % 3 == 2 {
                Err(StoreFault::Statement("undone on purpose".to_owned()))
            } else {
                Ok(())
            }
        });
        assert_eq!(outcome.is_err(), round % 3 == 2);
    }
}

fn while_many_write(books: &Fixture, workers: usize) {
    books.write(|tx| readers::set_active(tx, "bus", true));
    let running = AtomicUsize::new(WRITERS);
    let read: Vec<(String, i64)> = std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (store, running) = (&books.store, &running);
            scope.spawn(move || {
                write_along(store, writer);
                running.fetch_sub(1, Ordering::SeqCst);
            });
        }
        let reading: Vec<_> = (0..workers)
            .map(|_| {
                let running = &running;
                let store = books.another();
                scope.spawn(move || {
                    let mut all = Vec::new();
                    loop {
                        let over = running.load(Ordering::SeqCst) == 0;
                        match read_some(&store, "bus", 8) {
                            Ok(read) if over && read.is_empty() => return all,
                            Ok(read) => all.extend(read),
                            // Two workers may be in each other's way; the next round goes on.
                            Err(StoreFault::Contended(_)) => {}
                            Err(fault) => panic!("{fault}"),
                        }
                    }
                })
            })
            .collect();
        reading
            .into_iter()
            .flat_map(|t| t.join().unwrap())
            .collect()
    });
    let heads = books.read(log::heads);
    assert_eq!(heads.len(), PARTITIONS);
    let found = by_partition(&read);
    for (partition, head, _) in &heads {
        let mut sequences = found[partition.as_str()].clone();
        if workers > 1 {
            sequences.sort_unstable();
        }
        let whole: Vec<i64> = (1..=*head).collect();
        assert_eq!(sequences, whole, "{partition}");
    }
    assert_eq!(books.read(|tx| readers::waiting(tx, "bus")), (0, 0));
}

fn a_reader_reads_every_event_once_and_in_order_while_many_write(books: &Fixture) {
    while_many_write(books, 1);
}

fn two_workers_of_one_reader_never_read_the_same_twice(books: &Fixture) {
    while_many_write(books, 2);
}

fn a_reader_that_starts_at_the_end_reads_what_comes_from_then_on(books: &Fixture) {
    books.write(|tx| append(tx, "old", &["evt_1".to_owned(), "evt_2".to_owned()]));
    books.write(|tx| {
        readers::set_active(tx, "bus", true)?;
        readers::start_at_the_end(tx, "bus")
    });
    books.write(|tx| append(tx, "old", &["evt_3".to_owned()]));
    books.write(|tx| append(tx, "new", &["evt_4".to_owned()]));
    let read = everything(&books.store, "bus");
    assert_eq!(read, vec![("new".to_owned(), 1), ("old".to_owned(), 3)]);
}

fn a_sweep_finds_what_has_no_mark(books: &Fixture) {
    // As if these appends had begun before the reader was made active.
    books.write(|tx| append(tx, "p", &["evt_1".to_owned(), "evt_2".to_owned()]));
    books.write(|tx| readers::set_active(tx, "bus", true));
    assert_eq!(everything(&books.store, "bus"), vec![]);
    assert_eq!(books.write(|tx| readers::sweep(tx, "bus", 7)), 1);
    let read = everything(&books.store, "bus");
    assert_eq!(read, vec![("p".to_owned(), 1), ("p".to_owned(), 2)]);
    assert_eq!(books.write(|tx| readers::sweep(tx, "bus", 8)), 0);
}

fn a_gap_is_a_fault_with_its_name(books: &Fixture) {
    books.write(|tx| append(tx, "p", &["evt_1".to_owned(), "evt_2".to_owned()]));
    // A reader that believes to have read nothing of a partition of which the first event is gone
    // is the same as one that asks after a sequence that does not follow.
    let told = books
        .store
        .read(|tx| readers::following(tx, "p", -1, 9))
        .unwrap_err();
    let wanted = StoreFault::Gap {
        partition: "p".to_owned(),
        expected: 0,
        found: 1,
    };
    assert_eq!(told, wanted);
    assert!(told.to_string().contains("partition p"), "{told}");
}

fn a_mark_that_an_append_set_meanwhile_stays(books: &Fixture) {
    books.write(|tx| readers::set_active(tx, "bus", true));
    books.write(|tx| append(tx, "p", &["evt_1".to_owned()]));
    let found = books.read(|tx| readers::unread(tx, "bus", 9)).remove(0);
    assert_eq!((found.partition.as_str(), found.position), ("p", 0));
    books.write(|tx| append(tx, "p", &["evt_2".to_owned()]));
    assert!(books.write(|tx| readers::conclude(tx, "bus", "p", 0, 1)));
    let left = books.read(|tx| readers::unread(tx, "bus", 9));
    assert_eq!(left[0].position, 1);
    // Concluding from a position that is passed does nothing.
    assert!(!books.write(|tx| readers::conclude(tx, "bus", "p", 0, 2)));
    assert_eq!(everything(&books.store, "bus"), vec![("p".to_owned(), 2)]);
}
