//! A backlog that waits: what is due is found without looking at what waits behind it.
//! `TIEOUT_BACKLOG=100000 cargo test -p store --test both_stores backlog -- --nocapture` measures a
//! larger one.

use crate::rows::effect;
use crate::support::Fixture;
use std::time::Instant;
use store::effects::{self, EffectRow, Taking};
use store::lanes::{self, Order};
use store::{connections, leases};

on_every_store![
    heads_of_a_backlog_are_found_and_replaced_quickly,
    a_lane_comes_back_when_something_is_added_while_its_last_is_settled,
    a_lease_is_held_by_one_and_its_fence_grows,
    figures_of_minutes_add_up,
];

fn backlog() -> usize {
    std::env::var("TIEOUT_BACKLOG")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(4_000)
}

fn heads_of_a_backlog_are_found_and_replaced_quickly(books: &Fixture) {
    let count = backlog();
    let rows: Vec<EffectRow> = (0..count)
        .map(|number| EffectRow {
            created: i64::try_from(number).unwrap(),
            ..effect(
                &format!("eff_{number:07}"),
                &format!("ledger/{}", number / 4),
            )
        })
        .collect();
    let began = Instant::now();
    for part in rows.chunks(1_000) {
        let part = part.to_vec();
        books.write(move |tx| effects::intend(tx, &part));
    }
    println!("{count} intended in {:?}", began.elapsed());
    let began = Instant::now();
    let read = |order| books.read(move |tx| lanes::ready(tx, "netsuite", 1_000, order, 256));
    let heads = read(Order::Oldest);
    let took = began.elapsed();
    println!("256 heads of {} lanes in {took:?}", count / 4);
    assert_eq!(heads.len(), 256);
    assert!(took.as_millis() < 500, "{took:?}");
    assert_eq!(heads[1].id, "eff_0000004");
    let newest = read(Order::Newest);
    assert_eq!(newest.len(), 256);
    assert_eq!(newest[0].id, format!("eff_{:07}", count - 4));
    assert_eq!(newest[1].id, format!("eff_{:07}", count - 8));

    // Settling a head brings the next of its lane forward, and nothing else is touched.
    let began = Instant::now();
    books.write(move |tx| {
        for head in &heads {
            let taking = Taking {
                id: &head.id,
                lane: &head.lane,
                from: "intended",
                fence: 0,
                status: "sent",
                now: 1_000,
                lease: 9_000,
                fallback: 0,
            };
            assert!(effects::take(tx, &taking)?);
        }
        assert_eq!(lanes::under_way(tx, "netsuite", 1_000)?, 256);
        for head in &heads {
            let done = EffectRow {
                status: "confirmed".to_owned(),
                ..head.clone()
            };
            effects::update(tx, &done)?;
        }
        Ok(())
    });
    println!("256 taken and settled in {:?}", began.elapsed());
    assert_eq!(books.read(|tx| lanes::under_way(tx, "netsuite", 1_000)), 0);
    // The lanes whose second item is older than untouched heads stand between them, by age.
    let heads = read(Order::Oldest);
    assert_eq!(heads[0].id, "eff_0000001");
    let again: Vec<String> = books
        .read(|tx| effects::due_heads(tx, 1_000, 10_000_000))
        .into_iter()
        .map(|row| row.lane)
        .collect();
    let mut once = again.clone();
    once.sort();
    once.dedup();
    assert_eq!((again.len(), once.len()), (count / 4, count / 4));
}

/// Whichever of the two is first, the other sees it: both take the row of the lane.
fn a_lane_comes_back_when_something_is_added_while_its_last_is_settled(books: &Fixture) {
    for round in 0..20 {
        let lane = format!("ledger/{round}");
        let first = effect(&format!("eff_a{round:03}"), &lane);
        let second = effect(&format!("eff_b{round:03}"), &lane);
        books.write({
            let first = first.clone();
            move |tx| effects::intend(tx, &[first])
        });
        let stores = [books.store.clone(), books.store.clone()];
        let settled = EffectRow {
            status: "confirmed".to_owned(),
            ..first
        };
        let added = second.clone();
        std::thread::scope(|scope| {
            let [one, two] = stores;
            scope.spawn(move || {
                let done: Result<(), store::StoreFault> =
                    one.write(move |tx| effects::update(tx, &settled));
                done.unwrap();
            });
            scope.spawn(move || {
                let done: Result<(), store::StoreFault> =
                    two.write(move |tx| effects::intend(tx, &[added]));
                done.unwrap();
            });
        });
        let head = books.read(move |tx| lanes::lane(tx, &lane)).unwrap();
        assert_eq!(head.head, second.id);
    }
}

fn a_lease_is_held_by_one_and_its_fence_grows(books: &Fixture) {
    let take = |holder: &'static str, now| {
        books.write(move |tx| leases::take(tx, "daily", holder, now, now + 60))
    };
    assert_eq!(take("one", 100), Some(1));
    assert_eq!(take("two", 159), None);
    assert_eq!(take("one", 159), Some(1));
    assert_eq!(take("two", 219), Some(2));
    books.write(|tx| leases::give_up(tx, "daily", "one"));
    assert_eq!(take("one", 220), None);
    books.write(|tx| leases::give_up(tx, "daily", "two"));
    assert_eq!(take("one", 221), Some(3));
    let holder = books.read(|tx| leases::holder(tx, "daily"));
    assert_eq!(holder.as_deref(), Some("one"));
    assert_eq!(books.read(leases::all).len(), 1);
}

fn figures_of_minutes_add_up(books: &Fixture) {
    let call = |minute, took| connections::MinuteRow::of_call("netsuite", minute, took);
    books.write(move |tx| {
        connections::count(tx, &call(5, 30_000))?;
        connections::count(tx, &call(5, 300_000))?;
        connections::count(tx, &call(6, 60_000_000))
    });
    let sums = books.read(|tx| connections::counted_since(tx, 5));
    assert_eq!(
        (sums[0].calls, sums[0].minute, sums[0].took),
        (3, 5, 60_330_000)
    );
    assert_eq!(sums[0].within(), [0, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
    assert_eq!(books.write(|tx| connections::forget_before(tx, 6)), 1);
    assert_eq!(
        books.read(|tx| connections::counted_since(tx, 0))[0].calls,
        1
    );
}
