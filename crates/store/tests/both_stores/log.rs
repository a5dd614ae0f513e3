//! The event log.

use crate::rows::event;
use crate::support::Fixture;
use events::{Event, GENESIS, link};
use store::log;

on_every_store![
    an_event_comes_back_as_it_was_recorded,
    one_append_runs_through_several_partitions,
    pages_by_id_cover_every_event_once,
    the_latest_recording_is_known,
    events_of_types_and_of_chains_are_found,
];

fn an_event_comes_back_as_it_was_recorded(books: &Fixture) {
    let stored = books.write(|tx| {
        let mut events = [event(
            "evt_1",
            "batch/US/2026-03",
            "Größe “x” \u{1F9FE}\n\t\\ ' ; --",
        )];
        log::append(tx, &mut events)?;
        assert_eq!(events[0].sequence, 1);
        log::by_id(tx, "evt_1")
    });
    let stored = stored.unwrap();
    assert_eq!(stored.partition, "batch/US/2026-03");
    assert_eq!(
        (stored.sequence, stored.time, stored.recorded),
        (1, 1_000, 2_000)
    );
    assert_eq!(stored.type_name, "com.tieout.ledger.journal.entered.v1");
    assert_eq!(
        (stored.source.as_str(), stored.subject.as_str()),
        ("/commands", "journal/jrn_evt_1")
    );
    assert_eq!(
        (stored.effective.as_str(), stored.entity.as_str()),
        ("2026-03-31", "US")
    );
    assert_eq!(
        (stored.correlation.as_str(), stored.causation.as_str()),
        ("chn_1", "")
    );
    assert_eq!(
        (stored.actor.as_str(), stored.origin.as_str()),
        ("ada", "live")
    );
    assert_eq!(stored.idempotency_key, "key_evt_1");
    assert_eq!(stored.hash, link(&GENESIS, &stored.sealed()));
    let read = Event::read(&stored.type_name, &stored.data).unwrap();
    assert_eq!(
        read,
        event("evt_1", "", "Größe “x” \u{1F9FE}\n\t\\ ' ; --").event
    );
    assert_eq!(books.read(|tx| log::by_id(tx, "evt_2")), None);
}

fn one_append_runs_through_several_partitions(books: &Fixture) {
    let sequences = books.write(|tx| {
        let mut events = [("1", "a"), ("2", "a"), ("3", "b"), ("4", "a")]
            .map(|(id, partition)| event(id, partition, "one append"));
        log::append(tx, &mut events)?;
        log::append(tx, &mut [])?;
        Ok(events.map(|event| event.sequence))
    });
    assert_eq!(sequences, [1, 2, 1, 3]);
    let heads = books.read(log::heads);
    let ends: Vec<_> = heads.iter().map(|(p, s, _)| (p.as_str(), *s)).collect();
    assert_eq!(ends, [("a", 3), ("b", 1)]);
    let last = books.read(|tx| log::by_id(tx, "4")).unwrap();
    assert_eq!(heads[0].2, last.hash);
}

fn pages_by_id_cover_every_event_once(books: &Fixture) {
    books.write(|tx| {
        let mut events: Vec<_> = (0..25)
            .map(|n| event(&format!("evt_{n:02}"), &format!("p/{}", n % 3), "page"))
            .collect();
        log::append(tx, &mut events)
    });
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let from = after.clone();
        let page = books.read(move |tx| log::after(tx, &from, 7));
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 7);
        after = last.id.clone();
        seen.extend(page.into_iter().map(|event| event.id));
    }
    let wanted: Vec<_> = (0..25).map(|n| format!("evt_{n:02}")).collect();
    assert_eq!(seen, wanted);
}

fn the_latest_recording_is_known(books: &Fixture) {
    assert_eq!(books.read(log::latest_recorded), 0);
    books.write(|tx| {
        let mut events = [event("evt_1", "a", "x"), event("evt_2", "b", "y")];
        events[1].recorded = values::Instant::from_microseconds(7_000);
        log::append(tx, &mut events)
    });
    assert_eq!(books.read(log::latest_recorded), 7_000);
}

fn events_of_types_and_of_chains_are_found(books: &Fixture) {
    books.write(|tx| {
        let mut events = [
            event("1", "a", "x"),
            event("2", "b", "y"),
            event("3", "a", "z"),
        ];
        events[2].correlation = "chn_2".parse().unwrap();
        log::append(tx, &mut events)
    });
    let of_chain = books.read(|tx| log::of_chain(tx, "chn_1"));
    assert_eq!(
        of_chain.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(),
        ["1", "2"]
    );
    assert!(books.read(|tx| log::of_chain(tx, "")).is_empty());
    let entered = books.read(|tx| {
        let mut ids = Vec::new();
        let types = ["com.tieout.ledger.journal.entered.v1", "com.tieout.none.v1"];
        log::each_of_types(tx, &types, "", |event| {
            ids.push(event.id);
            Ok(())
        })?;
        Ok(ids)
    });
    assert_eq!(entered, ["1", "2", "3"]);
    let none = books.read(|tx| {
        let mut count = 0;
        log::each_of_types(tx, &["com.tieout.none.v1"], "", |_| {
            count += 1;
            Ok(())
        })?;
        Ok(count)
    });
    assert_eq!(none, 0);
}
