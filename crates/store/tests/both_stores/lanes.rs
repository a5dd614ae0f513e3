//! The effect ledger and its lanes.

use crate::rows::{effect, text};
use crate::support::Fixture;
use store::effects::{self, EffectCount, EffectRow, Taking};

on_every_store![
    an_effect_is_intended_once,
    only_the_head_of_a_lane_is_due,
    the_next_moment_is_that_of_the_heads_alone,
    an_effect_is_taken_from_the_state_it_was_read_in,
    effects_are_written_back_and_found,
    effects_are_counted_and_summed,
    what_stands_still_behind_a_parked_effect_is_summed,
];

pub fn taking<'a>(id: &'a str, lane: &'a str, from: &'a str, fence: i64) -> Taking<'a> {
    Taking {
        id,
        lane,
        from,
        fence,
        status: "sent",
        now: 500,
        lease: 600,
        fallback: 0,
    }
}

fn due(books: &Fixture, now: i64) -> Vec<String> {
    let rows = books.read(move |tx| effects::due_heads(tx, now, 10));
    rows.into_iter().map(|row| row.id).collect()
}

fn set_status(books: &Fixture, id: &'static str, status: &'static str) {
    books.write(move |tx| {
        let row = effects::effect(tx, id)?.unwrap();
        let row = EffectRow {
            status: text(status),
            ..row
        };
        effects::update(tx, &row)
    });
}

fn an_effect_is_intended_once(books: &Fixture) {
    books.write(|tx| effects::intend(tx, &[effect("eff_1", "a"), effect("eff_2", "a")]));
    let again = EffectRow {
        key: text("netsuite/eff_1"),
        amount: 1,
        ..effect("eff_9", "a")
    };
    books.write(move |tx| effects::intend(tx, &[again, effect("eff_3", "b")]));
    assert_eq!(books.read(|tx| effects::effect(tx, "eff_9")), None);
    assert_eq!(
        books.read(|tx| effects::effect(tx, "eff_1")),
        Some(effect("eff_1", "a"))
    );
    assert!(books.read(|tx| effects::effect(tx, "eff_3")).is_some());
    books.write(|tx| effects::intend(tx, &[]));
}

fn only_the_head_of_a_lane_is_due(books: &Fixture) {
    books.write(|tx| {
        let later = EffectRow {
            next_attempt: 900,
            ..effect("eff_4", "c")
        };
        let rows = [
            effect("eff_1", "a"),
            effect("eff_2", "a"),
            effect("eff_3", "b"),
            later,
            effect("eff_5", "c"),
        ];
        effects::intend(tx, &rows)
    });
    assert_eq!(due(books, 99), Vec::<String>::new());
    assert_eq!(due(books, 100), ["eff_1", "eff_3"]);
    assert_eq!(due(books, 900), ["eff_1", "eff_3", "eff_4"]);
    // A parked head holds its own lane and no other.
    set_status(books, "eff_1", "parked");
    assert_eq!(due(books, 900), ["eff_3", "eff_4"]);
    set_status(books, "eff_1", "skipped");
    set_status(books, "eff_4", "confirmed");
    assert_eq!(due(books, 900), ["eff_2", "eff_3", "eff_5"]);
    assert_eq!(books.read(effects::next_moment), Some(100));
    set_status(books, "eff_2", "ambiguous");
    assert_eq!(due(books, 900), ["eff_2", "eff_3", "eff_5"]);
    assert_eq!(books.read(|tx| effects::due_heads(tx, 900, 1)).len(), 1);
}

fn the_next_moment_is_that_of_the_heads_alone(books: &Fixture) {
    assert_eq!(books.read(effects::next_moment), None);
    books.write(|tx| {
        let at = |id: &str, lane: &str, next_attempt| EffectRow {
            next_attempt,
            ..effect(id, lane)
        };
        let parked = EffectRow {
            status: text("parked"),
            ..at("eff_3", "b", 1)
        };
        effects::intend(tx, &[at("eff_1", "a", 500), at("eff_2", "a", 2), parked])
    });
    assert_eq!(books.read(effects::next_moment), Some(500));
}

fn an_effect_is_taken_from_the_state_it_was_read_in(books: &Fixture) {
    books.write(|tx| effects::intend(tx, &[effect("eff_1", "a")]));
    let take = |from: &'static str, attempts| {
        books.write(move |tx| effects::take(tx, &taking("eff_1", "a", from, attempts)))
    };
    assert!(!take("sent", 0));
    assert!(!take("intended", 1));
    assert!(take("intended", 0));
    assert!(!take("intended", 0));
    assert!(take("sent", 1));
    assert!(!books.write(|tx| effects::take(tx, &taking("eff_9", "z", "intended", 0))));
    assert_eq!(
        books
            .read(|tx| effects::effect(tx, "eff_1"))
            .unwrap()
            .attempts,
        2
    );
}

fn effects_are_written_back_and_found(books: &Fixture) {
    books.write(|tx| {
        let other_chain = EffectRow {
            correlation: text("chn_2"),
            subject: text("journal/eff_1"),
            ..effect("eff_2", "a")
        };
        effects::intend(tx, &[effect("eff_1", "a"), other_chain])
    });
    let changed = EffectRow {
        status: text("confirmed"),
        next_attempt: 1,
        error_class: text("timeout"),
        error: text("no answer"),
        external_id: text("77"),
        read_back: 1,
        changed: 2,
        ..effect("eff_1", "a")
    };
    let row = changed.clone();
    books.write(move |tx| effects::update(tx, &row));
    assert_eq!(
        books.read(|tx| effects::effect(tx, "eff_1")),
        Some(changed.clone())
    );
    let of_subject = books.read(|tx| effects::of_subject(tx, "journal/eff_1"));
    assert_eq!(
        of_subject.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(),
        ["eff_1", "eff_2"]
    );
    assert_eq!(books.read(|tx| effects::of_chain(tx, "chn_1")), [changed]);
    assert!(books.read(|tx| effects::of_chain(tx, "")).is_empty());
}

fn effects_are_counted_and_summed(books: &Fixture) {
    books.write(|tx| {
        let crm = EffectRow {
            connection: text("salesforce"),
            operation: text("salesforce.update"),
            changed: 700,
            ..effect("eff_3", "b")
        };
        let sent = EffectRow {
            status: text("sent"),
            changed: 300,
            ..effect("eff_4", "c")
        };
        effects::intend(tx, &[effect("eff_1", "a"), effect("eff_2", "a"), crm, sent])
    });
    let count = |connection: &str, status: &str, count, changed| EffectCount {
        connection: text(connection),
        status: text(status),
        count,
        changed,
    };
    let wanted = [
        count("netsuite", "intended", 2, 100),
        count("netsuite", "sent", 1, 300),
        count("salesforce", "intended", 1, 700),
    ];
    assert_eq!(books.read(effects::counts), wanted);
    let value = books.read(|tx| effects::value_by_status(tx, "netsuite.journal_entry"));
    let row = |status: &str, count, amount| (text("US"), text("USD"), text(status), count, amount);
    assert_eq!(value, [row("intended", 2, 21_800), row("sent", 1, 10_900)]);
    assert_eq!(books.read(|tx| effects::value_by_status(tx, "none")), []);
}

fn what_stands_still_behind_a_parked_effect_is_summed(books: &Fixture) {
    books.write(|tx| {
        let of = |id: &str, lane: &str, status: &str| EffectRow {
            status: text(status),
            amount: 100,
            ..effect(id, lane)
        };
        let other = EffectRow {
            operation: text("salesforce.update"),
            ..of("eff_4", "a", "intended")
        };
        let euro = EffectRow {
            currency: text("EUR"),
            ..of("eff_5", "a", "intended")
        };
        let rows = [
            of("eff_1", "a", "confirmed"),
            of("eff_2", "a", "parked"),
            of("eff_3", "a", "intended"),
            other,
            euro,
            of("eff_6", "a", "parked"),
            of("eff_7", "a", "intended"),
            of("eff_8", "b", "intended"),
        ];
        effects::intend(tx, &rows)
    });
    let held = |id: &'static str| {
        books.read(move |tx| effects::held_with(tx, id, "netsuite.journal_entry"))
    };
    let worth = |currency: &str, amount| (text("US"), text(currency), amount);
    assert_eq!(held("eff_2"), [worth("EUR", 100), worth("USD", 200)]);
    assert_eq!(held("eff_6"), [worth("USD", 200)]);
    assert_eq!(held("eff_9"), []);
}
