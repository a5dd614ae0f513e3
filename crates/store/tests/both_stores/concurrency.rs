//! Sixteen threads at once: numbers without gaps, one hash chain, one winner.

use crate::rows::{effect, event, text};
use crate::support::Fixture;
use events::{GENESIS, link};
use std::collections::BTreeMap;
use store::{Store, StoreFault, effects, exceptions, log, settings};

const THREADS: i64 = 16;

on_every_store![
    numbers_are_gapless_under_rollback,
    numbers_are_gapless_under_sixteen_threads,
    sequences_are_dense_and_the_chain_whole_under_sixteen_appenders,
    two_workers_take_an_effect_and_one_wins,
    one_of_many_opens_an_exception,
    turns_of_one_aggregate_follow_each_other,
];

/// Runs `work` on sixteen threads and returns what each answers.
fn on_sixteen_threads<T: Send>(store: &Store, work: impl Fn(&Store, i64) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let work = &work;
                scope.spawn(move || work(store, number))
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    })
}

fn undone() -> StoreFault {
    StoreFault::Statement("undone on purpose".to_owned())
}

fn numbers_are_gapless_under_rollback(books: &Fixture) {
    assert_eq!(books.write(|tx| settings::next_number(tx, "invoice/US")), 1);
    let taken = books.try_write(|tx| {
        assert_eq!(settings::next_number(tx, "invoice/US")?, 2);
        assert_eq!(settings::next_number(tx, "invoice/US")?, 3);
        Err::<(), _>(undone())
    });
    assert_eq!(taken, Err(undone()));
    assert_eq!(books.write(|tx| settings::next_number(tx, "invoice/US")), 2);
    assert_eq!(books.write(|tx| settings::next_number(tx, "invoice/DE")), 1);
}

fn numbers_are_gapless_under_sixteen_threads(books: &Fixture) {
    const EACH: i64 = 8;
    let taken = on_sixteen_threads(&books.store, |store, _| {
        let mut mine = Vec::new();
        for round in 0..EACH * 2 {
            let kept = round % 2 == 0;
            let number: Result<i64, StoreFault> = store.write(move |tx| {
                let number = settings::next_number(tx, "invoice/US")?;
                if kept { Ok(number) } else { Err(undone()) }
            });
            assert_eq!(number.is_ok(), kept);
            mine.extend(number);
        }
        mine
    });
    let mut all: Vec<i64> = taken.into_iter().flatten().collect();
    all.sort_unstable();
    assert_eq!(all, (1..=THREADS * EACH).collect::<Vec<_>>());
}

fn sequences_are_dense_and_the_chain_whole_under_sixteen_appenders(books: &Fixture) {
    const EACH: i64 = 6;
    on_sixteen_threads(&books.store, |store, thread| {
        for round in 0..EACH {
            let appended: Result<(), StoreFault> = store.write(move |tx| {
                let partition = format!("contract/{}", (thread + round) % 2);
                let mut events = [1, 2].map(|n| {
                    event(
                        &format!("evt_{thread}_{round}_{n}"),
                        &partition,
                        "Ünïcode 🧾",
                    )
                });
                log::append(tx, &mut events)?;
                if round % 3 == 2 {
                    Err(undone())
                } else {
                    Ok(())
                }
            });
            assert_eq!(appended.is_err(), round % 3 == 2);
        }
    });
    let kept = (THREADS * EACH / 3 * 2 * 2) as usize;
    let (events, heads) = books.read(|tx| {
        let mut events = Vec::new();
        log::each_in_order(tx, |event| {
            events.push(event);
            Ok(())
        })?;
        Ok((events, log::heads(tx)?))
    });
    assert_eq!(events.len(), kept);
    let mut ends = BTreeMap::new();
    for event in &events {
        let (sequence, hash) = ends.entry(event.partition.clone()).or_insert((0, GENESIS));
        *sequence += 1;
        assert_eq!(event.sequence, *sequence, "{}", event.partition);
        *hash = link(hash, &event.sealed());
        assert_eq!(event.hash, *hash, "{} {sequence}", event.partition);
    }
    let ends: Vec<_> = ends
        .into_iter()
        .map(|(partition, (sequence, hash))| (partition, sequence, hash.to_vec()))
        .collect();
    assert_eq!(heads, ends);
    assert_eq!(heads.len(), 2);
}

fn two_workers_take_an_effect_and_one_wins(books: &Fixture) {
    books.write(|tx| effects::intend(tx, &[effect("eff_1", "lane")]));
    let took = on_sixteen_threads(&books.store, |store, _| {
        let took: Result<bool, StoreFault> =
            store.write(|tx| effects::take(tx, &crate::lanes::taking("eff_1", "a", "intended", 0)));
        took.unwrap()
    });
    assert_eq!(took.iter().filter(|won| **won).count(), 1);
    let row = books.read(|tx| effects::effect(tx, "eff_1")).unwrap();
    assert_eq!(
        (row.status.as_str(), row.attempts, row.changed),
        ("sent", 1, 500)
    );
}

fn one_of_many_opens_an_exception(books: &Fixture) {
    let opened = on_sixteen_threads(&books.store, |store, thread| {
        let opened: Result<(), StoreFault> = store.write(move |tx| {
            let row = crate::rows::exception(&format!("exc_{thread}"), "posting/evt_1", 100);
            exceptions::ExceptionRow::insert(tx, &[row])
        });
        opened
    });
    assert_eq!(opened.iter().filter(|result| result.is_ok()).count(), 1);
    for fault in opened.into_iter().filter_map(Result::err) {
        assert!(matches!(fault, StoreFault::Duplicate(_)), "{fault:?}");
    }
    assert_eq!(books.read(exceptions::open_count), 1);
}

fn turns_of_one_aggregate_follow_each_other(books: &Fixture) {
    // A sum that is read and written back: without turns, two would read the same sum.
    books.write(|tx| settings::set_setting(tx, "sum", "0"));
    on_sixteen_threads(&books.store, |store, thread| {
        let added: Result<(), StoreFault> = store.write(move |tx| {
            settings::take_turn(tx, "customer/cus_1")?;
            let sum = settings::setting(tx, "sum")?.unwrap_or_default();
            let sum: i64 = sum.parse().unwrap_or(-1_000_000);
            settings::set_setting(tx, "sum", &text(&(sum + thread).to_string()))
        });
        added.unwrap();
    });
    let sum = books.read(|tx| settings::setting(tx, "sum"));
    assert_eq!(sum, Some((0..THREADS).sum::<i64>().to_string()));
}
