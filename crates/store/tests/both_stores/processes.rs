//! Instances of processes, their steps, keys and notes.

use crate::rows::text;
use crate::support::Fixture;
use store::StoreFault;
use store::processes::{self, KeyRow, NoteRow, ProcessFilter, ProcessRow, StepRow};

on_every_store![
    an_instance_comes_back_as_it_was_written,
    one_of_a_name_runs_for_a_subject,
    only_instances_that_a_step_can_move_are_found,
    late_and_working_instances_are_found,
    lists_and_counts_agree,
    a_hole_in_a_partition_is_found,
];

fn row(id: &str, subject: &str) -> ProcessRow {
    ProcessRow {
        id: text(id),
        name: text("order_to_invoice"),
        version: 1,
        subject: text(subject),
        status: text("running"),
        starter: text("dana"),
        memory: text("{}"),
        entity: text("DE"),
        customer: text("acme"),
        amount: 100,
        currency: text("EUR"),
        correlation: text("chn_1"),
        reason: text(""),
        stuck: text(""),
        next_try: 0,
        started: 10,
        changed: 10,
    }
}

fn step(process: &str, position: i64, status: &str, due: i64) -> StepRow {
    StepRow {
        process: text(process),
        position,
        name: format!("step{position}"),
        kind: text("event"),
        status: text(status),
        since: 5,
        due,
        settled: if status == "done" { 9 } else { 0 },
        cause: text(""),
        actor: text(""),
        note: text(""),
        late: 0,
        taken_back: 0,
    }
}

fn key(process: &str, id: &str) -> KeyRow {
    KeyRow {
        kind: text("contract"),
        id: text(id),
        process: text(process),
    }
}

fn begin(books: &Fixture, row: ProcessRow, steps: Vec<StepRow>) -> Result<(), StoreFault> {
    let keys = [key(&row.id, &row.subject)];
    books.try_write(move |tx| processes::begin(tx, &row, &steps, &keys))
}

fn stored_steps(books: &Fixture) -> Vec<StepRow> {
    let mut found = books.read(|tx| processes::steps_of(tx, &["prc_1"]));
    found.remove("prc_1").unwrap_or_default()
}

fn an_instance_comes_back_as_it_was_written(books: &Fixture) {
    let steps = vec![step("prc_1", 0, "done", 0), step("prc_1", 1, "waiting", 50)];
    begin(books, row("prc_1", "C-1"), steps.clone()).unwrap();
    assert_eq!(
        books.read(|tx| processes::process(tx, "prc_1")),
        Some(row("prc_1", "C-1"))
    );
    assert_eq!(stored_steps(books), steps);
    // A key that is there stays one.
    books.write(|tx| processes::add_keys(tx, &[key("prc_1", "C-1"), key("prc_1", "C-9")]));
    let keys = books.read(|tx| processes::keys_of(tx, &["prc_1", "prc_0"]));
    assert_eq!(keys.len(), 1);
    assert_eq!(keys["prc_1"], [key("prc_1", "C-1"), key("prc_1", "C-9")]);
    let changed = ProcessRow {
        status: text("done"),
        memory: text("{\"a\":\"b\"}"),
        changed: 77,
        ..row("prc_1", "C-1")
    };
    let moved = StepRow {
        status: text("done"),
        settled: 60,
        cause: text("evt_1"),
        ..step("prc_1", 1, "waiting", 50)
    };
    let (next, last) = (changed.clone(), moved.clone());
    books.write(move |tx| processes::update(tx, &next, &[last]));
    assert_eq!(
        books.read(|tx| processes::process(tx, "prc_1")),
        Some(changed)
    );
    assert_eq!(stored_steps(books)[1], moved);
    let note = NoteRow {
        process: text("prc_1"),
        position: 1,
        time: 5,
        actor: text("li"),
        action: text("extended"),
        step: text("step1"),
        reason: text("why"),
    };
    let kept = note.clone();
    books.write(move |tx| NoteRow::insert(tx, &[kept]));
    assert_eq!(books.read(|tx| processes::notes_of(tx, "prc_1")), [note]);
    assert_eq!(books.read(|tx| processes::of_chain(tx, "chn_1")).len(), 1);
}

fn one_of_a_name_runs_for_a_subject(books: &Fixture) {
    begin(
        books,
        row("prc_1", "C-1"),
        vec![step("prc_1", 0, "waiting", 5)],
    )
    .unwrap();
    let second = begin(
        books,
        row("prc_2", "C-1"),
        vec![step("prc_2", 0, "waiting", 5)],
    );
    assert!(
        matches!(second, Err(StoreFault::Duplicate(_))),
        "{second:?}"
    );
    assert!(books.read(|tx| processes::is_begun(tx, "order_to_invoice", "contract", "C-1")));
    assert!(!books.read(|tx| processes::is_begun(tx, "close", "contract", "C-1")));
    let ended = ProcessRow {
        status: text("cancelled"),
        ..row("prc_1", "C-1")
    };
    books.write(move |tx| processes::update(tx, &ended, &[]));
    assert!(
        books
            .read(|tx| processes::running_about(tx, "contract", "C-1"))
            .is_empty()
    );
    begin(
        books,
        row("prc_2", "C-1"),
        vec![step("prc_2", 0, "waiting", 5)],
    )
    .unwrap();
    assert_eq!(
        books.read(|tx| processes::running_about(tx, "contract", "C-1"))[0].id,
        "prc_2"
    );
    begin(
        books,
        row("prc_3", "C-3"),
        vec![step("prc_3", 0, "waiting", 5)],
    )
    .unwrap();
    assert_eq!(
        books.read(|tx| processes::steps_of(tx, &["prc_2", "prc_3"]))["prc_3"].len(),
        1
    );
}

/// The instances that wait with one of these steps about one of these contracts.
fn waiting(books: &Fixture, contracts: &[String], steps: &[&'static str]) -> Vec<String> {
    let (contracts, steps) = (contracts.to_vec(), steps.to_vec());
    let found = books.read(move |tx| {
        let ids: Vec<&str> = contracts.iter().map(String::as_str).collect();
        processes::waiting_about(tx, "contract", &ids, &steps)
    });
    found.into_iter().map(|row| row.id).collect()
}

fn only_instances_that_a_step_can_move_are_found(books: &Fixture) {
    let stands = |id: &str, contract: &str, first: &str, second: &str| {
        let steps = vec![step(id, 0, first, 5), step(id, 1, second, 5)];
        begin(books, row(id, contract), steps).unwrap();
    };
    stands("prc_1", "C-1", "done", "waiting");
    stands("prc_2", "C-2", "asked", "ahead");
    stands("prc_3", "C-3", "skipped", "not_needed");
    stands("prc_4", "C-4", "waiting", "waiting");
    books.write(|tx| {
        processes::add_keys(tx, &[key("prc_1", "C-2")])?;
        let ended = ProcessRow {
            status: text("stopped"),
            ..row("prc_4", "C-4")
        };
        processes::update(tx, &ended, &[])
    });
    let all: Vec<String> = (0..450).map(|number| format!("C-{number}")).collect();
    let (first, second) = ("order_to_invoice.step0", "order_to_invoice.step1");
    assert_eq!(waiting(books, &all, &[first]), ["prc_2"]);
    assert_eq!(waiting(books, &all, &[second]), ["prc_1", "prc_2"]);
    assert_eq!(waiting(books, &all, &[first, second]), ["prc_1", "prc_2"]);
    assert_eq!(waiting(books, &all, &["close.step1"]), [""; 0]);
    assert_eq!(waiting(books, &all, &[]), [""; 0]);
    // One contract is asked for by a statement of its own.
    assert_eq!(waiting(books, &all[2..3], &[second]), ["prc_1", "prc_2"]);
    assert_eq!(waiting(books, &all[2..3], &[first]), ["prc_2"]);
    assert_eq!(waiting(books, &all[4..5], &[first]), [""; 0]);
    // More steps than one statement takes, and a name of another kind of key.
    let mut many = vec!["close.step1"; 40];
    many.push(second);
    assert_eq!(waiting(books, &all, &many), ["prc_1", "prc_2"]);
    let of_invoice = books
        .read(|tx| processes::waiting_about(tx, "invoice", &["C-1"], &["order_to_invoice.step1"]));
    assert!(of_invoice.is_empty());
}

fn late_and_working_instances_are_found(books: &Fixture) {
    let steps = |id: &str, due| vec![step(id, 0, "done", 1), step(id, 1, "waiting", due)];
    begin(books, row("prc_1", "C-1"), steps("prc_1", 50)).unwrap();
    begin(books, row("prc_2", "C-2"), steps("prc_2", 60)).unwrap();
    let working = ProcessRow {
        next_try: 40,
        ..row("prc_3", "C-3")
    };
    begin(books, working, steps("prc_3", 0)).unwrap();
    assert_eq!(
        books.read(|tx| processes::late(tx, 49, 9)),
        Vec::<String>::new()
    );
    assert_eq!(books.read(|tx| processes::late(tx, 50, 9)), ["prc_1"]);
    assert_eq!(
        books.read(|tx| processes::late(tx, 60, 9)),
        ["prc_1", "prc_2"]
    );
    assert_eq!(
        books.read(|tx| processes::to_work(tx, 39, 9)),
        Vec::<String>::new()
    );
    assert_eq!(books.read(|tx| processes::to_work(tx, 40, 9)), ["prc_3"]);
}

fn lists_and_counts_agree(books: &Fixture) {
    for number in 1..=3 {
        let id = format!("prc_{number}");
        let steps = vec![step(&id, 0, "done", 0), step(&id, 1, "waiting", 50)];
        begin(books, row(&id, &id), steps).unwrap();
    }
    let late = StepRow {
        late: 1,
        ..step("prc_2", 1, "waiting", 50)
    };
    books.write(move |tx| processes::update(tx, &row("prc_2", "prc_2"), &[late]));
    let list = |filter: ProcessFilter, before: &'static str| -> Vec<String> {
        let rows = books.read(move |tx| processes::newest(tx, &filter, before, 2));
        rows.into_iter().map(|row| row.id).collect()
    };
    assert_eq!(list(ProcessFilter::default(), ""), ["prc_3", "prc_2"]);
    assert_eq!(list(ProcessFilter::default(), "prc_2"), ["prc_1"]);
    let trouble = ProcessFilter {
        trouble: true,
        status: text("open"),
        ..ProcessFilter::default()
    };
    assert_eq!(list(trouble, ""), ["prc_2"]);
    let nowhere = ProcessFilter {
        step: text("step0"),
        ..ProcessFilter::default()
    };
    assert_eq!(list(nowhere, ""), Vec::<String>::new());
    let counts = books.read(processes::counts);
    let told: Vec<(&str, &str, i64, i64)> = counts
        .iter()
        .map(|count| {
            (
                count.step.as_str(),
                count.step_status.as_str(),
                count.count,
                count.late,
            )
        })
        .collect();
    assert_eq!(told, [("step0", "done", 3, 0), ("step1", "waiting", 3, 1)]);
    let waits = books.read(|tx| processes::waits_of_kind(tx, "event", 9));
    assert_eq!(waits[0], (text("order_to_invoice"), text("step0"), 4));
    let added = books.write(|tx| processes::add_definition(tx, "close", 1, 5, "tieout", "x"));
    let again = books.write(|tx| processes::add_definition(tx, "close", 1, 5, "tieout", "y"));
    assert!(added && !again);
    assert_eq!(
        books.read(processes::definitions),
        [(text("close"), 1, text("x"))]
    );
}

fn a_hole_in_a_partition_is_found(books: &Fixture) {
    assert!(books.read(|tx| processes::gaps(tx, "")).is_empty());
    books.write(|tx| {
        tx.execute(
            "INSERT INTO partition_head (partition_key, sequence, hash) VALUES ('contract/C-1', 3, ?1)",
            &[store::Param::Blob(&[0])],
        )
    });
    for sequence in [1_i64, 3] {
        books.write(move |tx| {
            tx.execute(
                "INSERT INTO event (partition_key, sequence, id, type, source, subject, time, recorded, effective,
                 entity, correlation, causation, idempotency_key, actor, origin, data, hash)
                 VALUES ('contract/C-1', ?1, ?2, 't', 's', 'u', 1, 1, '2026-01-01', '', '', '', 'k', 'a', 'live', '{}', ?3)",
                &[
                    store::Param::Int(sequence),
                    store::Param::Text(&format!("evt_{sequence}")),
                    store::Param::Blob(&[0]),
                ],
            )
        });
    }
    let hole = processes::Gap {
        partition: text("contract/C-1"),
        head: 3,
        events: 2,
        lowest: 1,
        highest: 3,
    };
    assert_eq!(
        books.read(|tx| processes::gaps(tx, "")),
        std::slice::from_ref(&hole)
    );
    assert_eq!(books.read(|tx| processes::gaps(tx, "evt_2")), [hole]);
    assert!(books.read(|tx| processes::gaps(tx, "evt_3")).is_empty());
    assert_eq!(books.read(processes::newest_event), "evt_3");
}
