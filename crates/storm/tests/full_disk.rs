//! A full disk ends the transaction of everybody who shares it. Everybody is told so in the same
//! words, nothing of it is kept, and the books go on once there is room.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::mpsc;
use store::{Durability, Location, Store, StoreFault, full_disk, settings};

fn fill(name: &'static str) -> impl FnOnce(&mut store::Tx<'_>) -> Result<(), StoreFault> + Send {
    move |tx| settings::set_setting(tx, name, &"x".repeat(200_000))
}

#[test]
fn all_who_share_a_transaction_are_told_and_nothing_of_it_is_kept() {
    let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
    store.write(|tx| full_disk::set_full(tx, true)).unwrap();
    let (tell, told) = mpsc::channel();
    for (name, small) in [("a", true), ("b", false), ("c", true), ("d", false)] {
        let tell = tell.clone();
        store.enqueue(
            move |tx| {
                if small {
                    settings::set_setting(tx, name, "1")
                } else {
                    fill(name)(tx)
                }
            },
            move |outcome: Result<(), StoreFault>| tell.send((name, outcome)).unwrap(),
        );
    }
    drop(tell);
    let outcomes: Vec<_> = told.iter().collect();
    assert_eq!(outcomes.len(), 4);
    for (name, outcome) in outcomes {
        let kept = store.read(move |tx| settings::setting(tx, name)).unwrap();
        match outcome {
            Ok(()) => assert!(kept.is_some(), "{name} is acknowledged and lost"),
            Err(StoreFault::Disk(_)) => assert!(kept.is_none(), "{name} is refused and kept"),
            Err(other) => panic!("{name}: {other}"),
        }
    }
    store.write(|tx| full_disk::set_full(tx, false)).unwrap();
    store.write(fill("b")).unwrap();
}
