//! What one commit keeps, and when it is answered.

use crate::support::Fixture;
use std::sync::mpsc::channel;
use store::{Store, StoreFault, Tx, params, settings};

on_every_store![
    a_failing_command_between_two_good_ones_leaves_only_the_good_ones,
    a_failing_statement_undoes_its_own_command_alone,
    a_panicking_command_does_not_end_the_writer,
    an_answer_comes_after_the_commit_that_others_can_see,
    a_commit_that_fails_is_told_and_keeps_nothing,
    a_reader_sees_one_state_from_start_to_end,
    a_reader_cannot_change_anything,
    a_command_sees_its_own_writes_and_those_before_it,
    commands_that_wait_when_the_store_is_dropped_are_done,
];

fn names(store: &Store) -> Vec<String> {
    let found: Result<Vec<(String, String)>, StoreFault> =
        store.read(|tx| settings::starting_with(tx, ""));
    found.unwrap().into_iter().map(|(name, _)| name).collect()
}

fn set(name: &'static str) -> impl FnOnce(&mut Tx<'_>) -> Result<(), StoreFault> + Send + 'static {
    move |tx| settings::set_setting(tx, name, "1")
}

fn a_failing_command_between_two_good_ones_leaves_only_the_good_ones(books: &Fixture) {
    let held = books.hold_the_writer();
    let (tell, told) = channel();
    let before = books.store.commits();
    for name in ["first", "second", "third"] {
        let tell = tell.clone();
        books.store.enqueue(
            move |tx| {
                set(name)(tx)?;
                if name == "second" {
                    // It has written already when it fails.
                    return Err(StoreFault::Statement("second thoughts".to_owned()));
                }
                Ok(name)
            },
            move |result| tell.send(result).unwrap(),
        );
    }
    drop(held);
    let answers: Vec<_> = told.iter().take(3).collect();
    let commits = books.store.commits() - before;
    assert_eq!(answers[0], Ok("first"));
    assert!(answers[1].is_err());
    assert_eq!(answers[2], Ok("third"));
    assert_eq!(names(&books.store), ["first", "third"]);
    // They share one commit with the command that held the writer, or have one each.
    assert_eq!(commits, if books.is_sqlite() { 1 } else { 2 });
}

fn a_failing_statement_undoes_its_own_command_alone(books: &Fixture) {
    books.write(set("before"));
    let fault = books.try_write(|tx| {
        set("half")(tx)?;
        tx.execute(
            "INSERT INTO setting (name, value) VALUES (?1, ?2)",
            params!["before", "2"],
        )
    });
    assert!(matches!(fault, Err(StoreFault::Duplicate(_))), "{fault:?}");
    let fault = books.try_write(|tx| {
        set("half")(tx)?;
        tx.execute("INSERT INTO no_such_table (name) VALUES (?1)", params!["x"])
    });
    assert!(matches!(fault, Err(StoreFault::Statement(_))), "{fault:?}");
    books.write(set("then"));
    assert_eq!(names(&books.store), ["before", "then"]);
}

fn a_panicking_command_does_not_end_the_writer(books: &Fixture) {
    for _ in 0..10 {
        // More often than there are connections to lose.
        let broken: Result<(), StoreFault> = books.try_write(|tx| {
            set("half")(tx)?;
            panic!("a bug of ours");
        });
        assert_eq!(broken, Err(StoreFault::BrokeOff));
    }
    books.write(set("after"));
    assert_eq!(names(&books.store), ["after"]);
}

fn an_answer_comes_after_the_commit_that_others_can_see(books: &Fixture) {
    let others = books.another();
    for name in ["one", "two", "three"] {
        books.write(set(name));
        assert!(names(&others).contains(&name.to_owned()), "{name}");
    }
    let (tell, told) = channel();
    books.store.enqueue(set("four"), move |result| {
        tell.send(result).unwrap();
    });
    told.recv().unwrap().unwrap();
    assert!(names(&others).contains(&"four".to_owned()));
}

fn a_commit_that_fails_is_told_and_keeps_nothing(books: &Fixture) {
    books.write(|tx| {
        tx.execute("CREATE TABLE parent (id BIGINT PRIMARY KEY)", &[])?;
        tx.execute(
            "CREATE TABLE child (parent BIGINT REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)",
            &[],
        )
    });
    // A deferred reference is checked at the commit, after every statement has gone well.
    let told = books.try_write(|tx| {
        set("with an orphan")(tx)?;
        tx.execute("INSERT INTO child (parent) VALUES (?1)", params![1_i64])
    });
    assert!(told.is_err(), "{told:?}");
    assert_eq!(names(&books.store), Vec::<String>::new());
    books.write(set("after"));
    assert_eq!(names(&books.store), ["after"]);
}

fn a_reader_sees_one_state_from_start_to_end(books: &Fixture) {
    if matches!(books.location, store::Location::Memory) {
        // One connection: a read takes its turn, so nothing can be written beside it.
        let seen = books.read(|tx| Ok((settings::setting(tx, "x")?, settings::setting(tx, "x")?)));
        assert_eq!(seen, (None, None));
        return;
    }
    let writer = books.store.clone();
    let (before, after) = books.read(move |tx| {
        let before = settings::setting(tx, "x")?;
        writer.write(set("x"))?;
        Ok((before, settings::setting(tx, "x")?))
    });
    assert_eq!((before, after), (None, None));
    assert_eq!(names(&books.store), ["x"]);
}

fn a_reader_cannot_change_anything(books: &Fixture) {
    let refused = books.store.read(set("sneaked in"));
    assert!(refused.is_err());
    assert_eq!(names(&books.store), Vec::<String>::new());
    // And the store still writes afterwards.
    books.write(set("written"));
    assert_eq!(names(&books.store), ["written"]);
}

fn a_command_sees_its_own_writes_and_those_before_it(books: &Fixture) {
    books.write(set("earlier"));
    let seen = books.write(|tx| {
        set("own")(tx)?;
        settings::starting_with(tx, "")
    });
    assert_eq!(seen.len(), 2);
}

fn commands_that_wait_when_the_store_is_dropped_are_done(books: &Fixture) {
    let (tell, told) = channel();
    let second = books.another();
    for name in ["a", "b", "c"] {
        let tell = tell.clone();
        second.enqueue(set(name), move |result| tell.send(result).unwrap());
    }
    drop((second, tell));
    assert_eq!(told.iter().filter(Result::is_ok).count(), 3);
    assert_eq!(names(&books.store), ["a", "b", "c"]);
}
