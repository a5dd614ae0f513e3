//! Journals, lines, balances and closed months.

use crate::rows::{event, journal, lines, text};
use crate::support::Fixture;
use store::journals::{
    self, AccountMonth, BalanceRow, JournalLineRow, JournalRow, JournalSum, PostedRow,
};
use store::{StoreFault, log};

on_every_store![
    a_journal_comes_back_with_its_lines,
    balances_equal_the_fold_of_the_lines,
    one_key_may_move_twice_in_one_posting,
    a_posting_that_fails_moves_no_balance,
    journals_are_paged_once_each,
    journals_are_found_by_chain_document_and_reversal,
    the_lines_of_an_account_are_paged_once_each,
    closed_months_close_those_before_them,
    journals_are_counted_and_summed,
    what_does_not_balance_or_has_no_event_is_found,
];

const KEY: AccountMonth<'static> = AccountMonth {
    entity: "US",
    account: "1100",
    currency: "USD",
    month: "2026-01",
};

fn post(books: &Fixture, row: JournalRow, amounts: &'static [(&'static str, i64)]) {
    let lines = lines(&row, amounts);
    books.write(move |tx| journals::post(tx, &[row], &lines));
}

/// Forty journals of two entities, three accounts and four months, the same in every run.
fn post_many(books: &Fixture) {
    books.write(|tx| {
        let (mut rows, mut all) = (Vec::new(), Vec::new());
        for n in 0..40_i64 {
            let date = format!("2026-{:02}-{:02}", 1 + n % 4, 1 + n * 7 % 28);
            let row = JournalRow {
                entity: text(if n % 3 == 0 { "DE" } else { "US" }),
                recorded: n / 6,
                ..journal(&format!("jrn_{n:02}"), &date, 100 + n)
            };
            let other = if n % 2 == 0 { "4000" } else { "2400" };
            all.extend(lines(&row, &[("1100", 100 + n), (other, -100 - n)]));
            rows.push(row);
        }
        journals::post(tx, &rows, &all)
    });
}

fn ids(rows: &[JournalRow]) -> Vec<&str> {
    rows.iter().map(|row| row.id.as_str()).collect()
}

fn a_journal_comes_back_with_its_lines(books: &Fixture) {
    let row = JournalRow {
        document: text("inv_1"),
        contract: text("con_1"),
        customer: text("cus_1"),
        rule_version: 3,
        ..journal("jrn_1", "2026-01-31", 10_900)
    };
    let mut written = lines(&row, &[("1100", 10_900), ("2400", -10_000), ("2200", -900)]);
    written[1].product = text("PLATFORM");
    let (wanted_row, wanted_lines) = (row.clone(), written.clone());
    books.write(move |tx| journals::post(tx, &[row], &written));
    assert_eq!(
        books.read(|tx| journals::journal(tx, "jrn_1")),
        Some(wanted_row)
    );
    assert_eq!(
        books.read(|tx| journals::lines_of(tx, "jrn_1")),
        wanted_lines
    );
    assert_eq!(books.read(|tx| journals::journal(tx, "jrn_2")), None);
    assert!(books.read(|tx| journals::lines_of(tx, "jrn_2")).is_empty());
    let twice = books.try_write(|tx| journals::post(tx, &[journal("jrn_1", "2026-01-31", 1)], &[]));
    assert!(matches!(twice, Err(StoreFault::Duplicate(_))), "{twice:?}");
}

fn balances_equal_the_fold_of_the_lines(books: &Fixture) {
    post_many(books);
    let (kept, folded) = books.read(|tx| {
        Ok((
            journals::balances(tx, "")?,
            journals::balances_from_lines(tx)?,
        ))
    });
    assert_eq!(kept, folded);
    assert_eq!(kept.len(), 16);
    let debits: i64 = kept.iter().map(|row| row.debit).sum();
    let credits: i64 = kept.iter().map(|row| row.credit).sum();
    assert_eq!((debits, credits), (4_780, 4_780));
    let german = books.read(|tx| journals::balances(tx, "DE"));
    assert!(german.len() < kept.len() && german.iter().all(|row| row.entity == "DE"));
    let months = books.read(|tx| journals::months(tx, "US"));
    assert_eq!(months, ["2026-04", "2026-03", "2026-02", "2026-01"]);
    assert!(books.read(|tx| journals::months(tx, "FR")).is_empty());
}

fn one_key_may_move_twice_in_one_posting(books: &Fixture) {
    post(
        books,
        journal("jrn_1", "2026-01-31", 800),
        &[("1100", 500), ("1100", 300), ("1100", -800)],
    );
    post(
        books,
        journal("jrn_2", "2026-01-31", 1),
        &[("1100", 1), ("4000", -1)],
    );
    let balance = |account: &str, debit, credit| BalanceRow {
        entity: text("US"),
        account: text(account),
        currency: text("USD"),
        month: text("2026-01"),
        debit,
        credit,
    };
    let wanted = [balance("1100", 801, 800), balance("4000", 0, 1)];
    assert_eq!(books.read(|tx| journals::balances(tx, "US")), wanted);
    assert_eq!(books.read(journals::balances_from_lines), wanted);
}

fn a_posting_that_fails_moves_no_balance(books: &Fixture) {
    post(
        books,
        journal("jrn_1", "2026-01-31", 5),
        &[("1100", 5), ("4000", -5)],
    );
    let before = books.read(|tx| journals::balances(tx, ""));
    let failed = books.try_write(|tx| {
        let row = journal("jrn_2", "2026-01-31", 7);
        let lines = lines(&row, &[("1100", 7), ("4000", -7)]);
        journals::post(tx, &[row], &lines)?;
        Err::<(), _>(StoreFault::Statement("no".to_owned()))
    });
    assert!(failed.is_err());
    assert_eq!(books.read(|tx| journals::balances(tx, "")), before);
    assert_eq!(books.read(journals::counts), (1, 1));
}

fn journals_are_paged_once_each(books: &Fixture) {
    post_many(books);
    let downward: Vec<_> = (0..40).rev().map(|n| format!("jrn_{n:02}")).collect();
    let (mut seen, mut before) = (Vec::new(), String::new());
    loop {
        let from = before.clone();
        let page = books.read(move |tx| journals::journals(tx, "", &from, 9));
        let Some(last) = page.last() else { break };
        before = last.id.clone();
        seen.extend(page.into_iter().map(|row| row.id));
    }
    assert_eq!(seen, downward);
    let (mut seen, mut before) = (Vec::new(), (i64::MAX, String::new()));
    loop {
        let (recorded, id) = before;
        let page = books.read(move |tx| journals::newest(tx, ("", ""), (recorded, &id), 9));
        let Some(last) = page.last() else { break };
        before = (last.recorded, last.id.clone());
        seen.extend(page.into_iter().map(|row| row.id));
    }
    assert_eq!(seen, downward);
    let narrowed = books.read(|tx| journals::newest(tx, ("DE", "2026-01"), (i64::MAX, ""), 9));
    assert_eq!(ids(&narrowed), ["jrn_36", "jrn_24", "jrn_12", "jrn_00"]);
    let german = books.read(|tx| journals::journals(tx, "DE", "jrn_09", 9));
    assert_eq!(ids(&german), ["jrn_06", "jrn_03", "jrn_00"]);
    let exported = books.read(|tx| {
        let mut exported = Vec::new();
        journals::each_in_order(tx, |row, lines| {
            assert_eq!(lines.iter().map(|line| line.amount).sum::<i64>(), 0);
            assert!(lines.iter().all(|line| line.journal == row.id));
            exported.push((row.date, row.id));
            Ok(())
        })?;
        Ok(exported)
    });
    assert_eq!(exported.len(), 40);
    assert!(exported.is_sorted());
}

fn journals_are_found_by_chain_document_and_reversal(books: &Fixture) {
    books.write(|tx| {
        let of_document = JournalRow {
            document: text("inv_1"),
            ..journal("jrn_1", "2026-01-31", 5)
        };
        let reversal = JournalRow {
            reverses: text("jrn_1"),
            correlation: text("chn_2"),
            ..journal("jrn_2", "2026-02-01", 5)
        };
        journals::post(tx, &[of_document, reversal], &[])
    });
    assert_eq!(
        ids(&books.read(|tx| journals::of_chain(tx, "chn_2"))),
        ["jrn_2"]
    );
    assert_eq!(
        ids(&books.read(|tx| journals::of_document(tx, "inv_1"))),
        ["jrn_1"]
    );
    // Nothing is everything's document, chain or reversal.
    assert!(books.read(|tx| journals::of_chain(tx, "")).is_empty());
    assert!(books.read(|tx| journals::of_document(tx, "")).is_empty());
    assert_eq!(books.read(|tx| journals::reversal_of(tx, "")), None);
    assert_eq!(
        books.read(|tx| journals::reversal_of(tx, "jrn_1")),
        Some(text("jrn_2"))
    );
    assert_eq!(books.read(|tx| journals::reversal_of(tx, "jrn_2")), None);
}

fn the_lines_of_an_account_are_paged_once_each(books: &Fixture) {
    for (id, date) in [
        ("jrn_3", "2026-01-05"),
        ("jrn_1", "2026-01-31"),
        ("jrn_2", "2026-01-05"),
    ] {
        let amounts = &[("1100", 500), ("1100", -200), ("4000", -300)];
        post(books, journal(id, date, 500), amounts);
    }
    post(
        books,
        journal("jrn_4", "2026-02-01", 9),
        &[("1100", 9), ("4000", -9)],
    );
    let place = |row: &PostedRow| format!("{}/{}={}", row.journal, row.line, row.amount);
    let (mut seen, mut after) = (Vec::new(), (String::new(), String::new(), 0));
    let mut standing = Vec::new();
    loop {
        let (date, id, line) = after;
        let page = books.read(move |tx| journals::lines_by_date(tx, KEY, (&date, &id, line), 2));
        let Some(last) = page.last() else { break };
        after = (last.date.clone(), last.journal.clone(), last.line);
        let (date, id, line) = after.clone();
        standing.push(books.read(move |tx| journals::moved_through(tx, KEY, (&date, &id, line))));
        seen.extend(page.iter().map(place));
    }
    let by_date = [
        "jrn_2/1=500",
        "jrn_2/2=-200",
        "jrn_3/1=500",
        "jrn_3/2=-200",
        "jrn_1/1=500",
        "jrn_1/2=-200",
    ];
    assert_eq!(seen, by_date);
    assert_eq!(standing, [300, 600, 900]);
    let nothing = books.read(|tx| journals::moved_through(tx, KEY, ("", "", 0)));
    assert_eq!(nothing, 0);
}

fn closed_months_close_those_before_them(books: &Fixture) {
    let closed = |entity: &'static str, month: &'static str| {
        books.read(move |tx| journals::is_closed(tx, entity, month))
    };
    books.write(|tx| {
        journals::set_closed(tx, "US", "2026-02", true)?;
        journals::set_closed(tx, "US", "2026-02", true)?;
        journals::set_closed(tx, "DE", "2026-01", true)
    });
    assert!(closed("US", "2026-02") && closed("US", "2026-01") && !closed("US", "2026-03"));
    assert!(closed("DE", "2026-01") && !closed("DE", "2026-02") && !closed("FR", "2020-01"));
    let months = books.read(journals::closed_months);
    assert_eq!(
        months,
        [(text("DE"), text("2026-01")), (text("US"), text("2026-02"))]
    );
    books.write(|tx| journals::set_closed(tx, "US", "2026-02", false));
    assert!(!closed("US", "2026-02") && !closed("US", "2026-01"));
}

fn journals_are_counted_and_summed(books: &Fixture) {
    assert_eq!(books.read(journals::counts), (0, 0));
    assert_eq!(books.read(journals::sums), []);
    post_many(books);
    books.write(|tx| {
        let by_rule = JournalRow {
            rule: text("invoice_issued"),
            currency: text("EUR"),
            ..journal("jrn_99", "2026-01-01", 7)
        };
        journals::post(tx, &[by_rule], &[])
    });
    assert_eq!(books.read(journals::counts), (41, 40));
    let sum = |entity: &str, currency: &str, count, total| JournalSum {
        entity: text(entity),
        currency: text(currency),
        count,
        total,
    };
    let german = (0..40).filter(|n| n % 3 == 0).map(|n| 100 + n).sum::<i64>();
    let wanted = [
        sum("DE", "USD", 14, german),
        sum("US", "EUR", 1, 7),
        sum("US", "USD", 26, 4_780 - german),
    ];
    assert_eq!(books.read(journals::sums), wanted);
}

fn what_does_not_balance_or_has_no_event_is_found(books: &Fixture) {
    books.write(|tx| log::append(tx, &mut [event("evt_jrn_1", "p", "there")]));
    post(
        books,
        journal("jrn_1", "2026-01-31", 5),
        &[("1100", 5), ("4000", -5)],
    );
    assert_eq!(books.read(journals::unbalanced), []);
    assert_eq!(books.read(journals::without_event), []);
    post(
        books,
        journal("jrn_2", "2026-01-31", 5),
        &[("1100", 5), ("4000", -4)],
    );
    books.write(|tx| {
        let line = JournalLineRow {
            currency: text("EUR"),
            line: 3,
            ..lines(&journal("jrn_1", "2026-01-31", 5), &[("1100", 2)])[0].clone()
        };
        JournalLineRow::insert(tx, &[line])
    });
    let wanted = [
        (text("jrn_1"), text("EUR"), 2),
        (text("jrn_2"), text("USD"), 1),
    ];
    assert_eq!(books.read(journals::unbalanced), wanted);
    assert_eq!(
        books.read(journals::without_event),
        [(text("jrn_2"), text("evt_jrn_2"))]
    );
}
