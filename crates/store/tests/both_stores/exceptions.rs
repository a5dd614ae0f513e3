//! What needs a person.

use crate::rows::{exception, text};
use crate::support::Fixture;
use store::StoreFault;
use store::exceptions::{self, AfterValue, ExceptionCount, ExceptionFilter, ExceptionRow};

on_every_store![
    there_is_one_open_exception_a_key,
    exceptions_are_paged_by_value_once_each,
    exceptions_are_found_by_what_they_are_about,
    exceptions_are_counted,
    ten_thousand_open_exceptions_are_a_handful_of_sums,
];

fn ids(rows: &[ExceptionRow]) -> Vec<&str> {
    rows.iter().map(|row| row.id.as_str()).collect()
}

fn there_is_one_open_exception_a_key(books: &Fixture) {
    books.write(|tx| ExceptionRow::insert(tx, &[exception("exc_1", "posting/1", 100)]));
    let second =
        || books.try_write(|tx| ExceptionRow::insert(tx, &[exception("exc_2", "posting/1", 5)]));
    assert!(matches!(second(), Err(StoreFault::Duplicate(_))));
    let open = books.read(|tx| exceptions::open_about(tx, "posting/1"));
    assert_eq!(open, Some(exception("exc_1", "posting/1", 100)));
    let resolved = ExceptionRow {
        summary: text("s"),
        detail: text("d"),
        payload: text("p"),
        amount: -7,
        currency: text("EUR"),
        owner: text("ada"),
        status: text("resolved"),
        resolution: text("the rule was added"),
        resolved: 9_000,
        class: text("c"),
        ..exception("exc_1", "posting/1", 100)
    };
    let row = resolved.clone();
    books.write(move |tx| exceptions::update(tx, &row));
    assert_eq!(
        books.read(|tx| exceptions::exception(tx, "exc_1")),
        Some(resolved)
    );
    assert_eq!(
        books.read(|tx| exceptions::open_about(tx, "posting/1")),
        None
    );
    // Once it is resolved the same thing may go wrong again.
    assert_eq!(second(), Ok(()));
    assert_eq!(books.read(|tx| exceptions::exception(tx, "exc_9")), None);
}

/// Thirteen of them, of either sign, some of one value and some resolved.
fn add_many(books: &Fixture) {
    books.write(|tx| {
        let rows: Vec<_> = (0..13)
            .map(|n| ExceptionRow {
                status: text(["open", "assigned", "resolved"][n as usize % 3]),
                class: text(if n < 8 { "posting_parked" } else { "bad_input" }),
                owner: text(if n % 2 == 0 { "ada" } else { "bob" }),
                opened: 100 - n,
                resolved: if n % 3 == 2 { n } else { 0 },
                correlation: text(if n == 4 { "chn_4" } else { "" }),
                customer: text(["cus_1", "Acme", "cus_2"][n as usize % 3]),
                ..exception(&format!("exc_{n:02}"), &n.to_string(), (n / 2 - 3) * 100)
            })
            .collect();
        ExceptionRow::insert(tx, &rows)
    });
}

fn exceptions_are_paged_by_value_once_each(books: &Fixture) {
    add_many(books);
    let all = books.read(|tx| exceptions::by_value(tx, &ExceptionFilter::default(), 0, 50));
    assert_eq!(all.len(), 13);
    let order: Vec<_> = all
        .iter()
        .map(|row| (-row.amount.abs(), row.opened))
        .collect();
    assert!(order.is_sorted(), "{order:?}");
    let mut by_offset = Vec::new();
    for offset in (0..13).step_by(5) {
        let page =
            books.read(move |tx| exceptions::by_value(tx, &ExceptionFilter::default(), offset, 5));
        by_offset.extend(page);
    }
    assert_eq!(by_offset, all);
    let (mut by_key, mut after) = (Vec::new(), (i64::MAX, 0, String::new()));
    loop {
        let (value, opened, id) = after;
        let page = books.read(move |tx| {
            let after = AfterValue {
                value,
                opened,
                id: &id,
            };
            exceptions::by_value_after(tx, &ExceptionFilter::default(), after, 5)
        });
        let Some(last) = page.last() else { break };
        after = (last.amount.abs(), last.opened, last.id.clone());
        by_key.extend(page);
    }
    assert_eq!(by_key, all);
    let narrowed = |status: &str, class: &str, owner: &str| {
        let filter = ExceptionFilter {
            status: text(status),
            class: text(class),
            owner: text(owner),
        };
        books.read(move |tx| exceptions::by_value(tx, &filter, 0, 50))
    };
    assert_eq!(narrowed("open", "", "").len(), 9);
    assert_eq!(narrowed("assigned", "", "").len(), 4);
    assert_eq!(narrowed("resolved", "", "").len(), 4);
    assert_eq!(
        ids(&narrowed("open", "bad_input", "ada")),
        ["exc_12", "exc_10"]
    );
}

fn exceptions_are_found_by_what_they_are_about(books: &Fixture) {
    add_many(books);
    let open = books.read(exceptions::all_open);
    let wanted = [
        "exc_12", "exc_10", "exc_09", "exc_07", "exc_06", "exc_04", "exc_03", "exc_01", "exc_00",
    ];
    assert_eq!(ids(&open), wanted);
    assert_eq!(books.read(exceptions::open_count), 9);
    let sums = books.read(exceptions::stake_sums);
    let total = |what: fn(&exceptions::StakeSum) -> i64| sums.iter().map(what).sum::<i64>();
    assert_eq!(total(|sum| sum.count), 9);
    let worth: i64 = open.iter().map(|row| row.amount.abs()).sum();
    assert_eq!(total(|sum| sum.worth), worth);
    let oldest = open.iter().map(|row| row.opened).min();
    assert_eq!(sums.iter().map(|sum| sum.oldest).min(), oldest);
    assert_eq!(
        ids(&books.read(|tx| exceptions::of_chain(tx, "chn_4"))),
        ["exc_04"]
    );
    assert!(books.read(|tx| exceptions::of_chain(tx, "")).is_empty());
    let resolved = books.read(|tx| exceptions::resolved_of_class(tx, "posting_parked", 5));
    assert_eq!(ids(&resolved), ["exc_05", "exc_02"]);
    let of_customer = books.read(|tx| exceptions::open_of_customer(tx, "cus_1", "Acme"));
    assert_eq!(of_customer.len(), 9);
    let of_customer = books.read(|tx| exceptions::open_of_customer(tx, "cus_2", "none"));
    assert!(of_customer.is_empty());
}

fn ten_thousand_open_exceptions_are_a_handful_of_sums(books: &Fixture) {
    const MANY: i64 = 10_000;
    books.write(|tx| {
        let rows: Vec<_> = (0..MANY)
            .map(|n| ExceptionRow {
                class: ["webhook_unreadable", "effect_exhausted"][n as usize % 2].to_owned(),
                measure: String::new(),
                currency: ["EUR", "USD", ""][n as usize % 3].to_owned(),
                opened: n + 1,
                ..exception(&format!("exc_{n:05}"), &format!("order/crm/{n}"), n - 100)
            })
            .collect();
        ExceptionRow::insert(tx, &rows)
    });
    let sums = books.read(exceptions::stake_sums);
    assert_eq!(sums.len(), 6, "two classes in two currencies and none");
    assert!(sums.iter().all(|sum| sum.about == "order"));
    assert_eq!(sums.iter().map(|sum| sum.count).sum::<i64>(), MANY);
    let worth: i64 = (0..MANY).map(|n| (n - 100).abs()).sum();
    assert_eq!(sums.iter().map(|sum| sum.worth).sum::<i64>(), worth);
    assert_eq!(sums.iter().map(|sum| sum.oldest).min(), Some(1));
}

fn exceptions_are_counted(books: &Fixture) {
    books.write(|tx| {
        let old = ExceptionRow {
            opened: 7,
            ..exception("exc_2", "2", -30)
        };
        let done = ExceptionRow {
            status: text("resolved"),
            ..exception("exc_3", "3", 1)
        };
        ExceptionRow::insert(tx, &[exception("exc_1", "1", 100), old, done])
    });
    let count = |status: &str, count, value, oldest| ExceptionCount {
        class: text("posting_parked"),
        owner: text("controller"),
        status: text(status),
        currency: text("USD"),
        count,
        value,
        oldest,
    };
    let wanted = [count("open", 2, 130, 7), count("resolved", 1, 1, 1_000)];
    assert_eq!(books.read(exceptions::counts), wanted);
}
