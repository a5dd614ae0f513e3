//! Exceptions as work: groups, lists, terms, trails, proposals, batches, incidents, disputes.

use crate::rows::{effect, exception, text};
use crate::support::Fixture;
use store::effects;
use store::exceptions::batches::{self, BatchItemRow, BatchRow};
use store::exceptions::cases::{self, DisputeRow, IncidentRow};
use store::exceptions::fixes::{self, FixRow};
use store::exceptions::groups::{self, Narrowed};
use store::exceptions::trail::{self, PlaybookStepRow};
use store::exceptions::{AfterValue, ExceptionRow};
use store::work_lists;

on_every_store![
    what_is_open_is_counted_by_group_and_currency,
    a_group_is_listed_by_value_once_each,
    what_stands_behind_a_parked_effect_is_counted,
    what_is_late_is_found_until_its_chain_ends,
    a_trail_has_no_gaps_and_a_step_one_name,
    a_proposal_edits_what_is_parked_and_nothing_else,
    a_batch_is_worked_off_and_stopped,
    an_incident_gathers_groups_and_what_joins_them,
    an_invoice_has_one_open_dispute,
];

const FIRST: AfterValue<'static> = AfterValue {
    value: i64::MAX,
    opened: 0,
    id: "",
};

fn group(name: &str) -> Narrowed {
    Narrowed {
        fingerprint: text(name),
        ..Narrowed::default()
    }
}

/// Twelve in two groups and two currencies, two of them resolved.
fn add_many(books: &Fixture) {
    books.write(|tx| {
        let rows: Vec<_> = (0..12_i64)
            .map(|n| ExceptionRow {
                fingerprint: text(if n < 8 { "a" } else { "b" }),
                currency: text(if n % 2 == 0 { "USD" } else { "EUR" }),
                status: text(if n % 6 == 5 { "resolved" } else { "open" }),
                assignee: text(if n == 0 { "ada" } else { "" }),
                escalated_to: text(if n == 2 { "Executive" } else { "" }),
                level: i64::from(n == 2),
                period: text(if n == 1 { "" } else { "2026-02" }),
                due: 1_000 + n * 100,
                opened: 500 - n,
                ..exception(&format!("exc_{n:02}"), &n.to_string(), (n - 6) * 10)
            })
            .collect();
        ExceptionRow::insert(tx, &rows)
    });
}

fn what_is_open_is_counted_by_group_and_currency(books: &Fixture) {
    add_many(books);
    let found = books.read(|tx| groups::groups(tx, &Narrowed::default(), 1_350));
    let brief: Vec<_> = found
        .iter()
        .map(|part| {
            (
                part.fingerprint.as_str(),
                part.currency.as_str(),
                part.count,
                part.value,
                part.overdue,
            )
        })
        .collect();
    assert_eq!(
        brief,
        [
            ("a", "EUR", 3, 50 + 30 + 10, 2),
            ("a", "USD", 4, 60 + 40 + 20, 2),
            ("b", "EUR", 1, 30, 0),
            ("b", "USD", 2, 20 + 40, 0),
        ]
    );
    let usd = &found[1];
    assert_eq!(
        (usd.taken, usd.level, usd.period.as_str()),
        (1, 1, "2026-02")
    );
    assert_eq!((usd.oldest, usd.due), (494, 1_000));
    let late = Narrowed {
        due_before: 1_150,
        ..Narrowed::default()
    };
    assert_eq!(
        books.read(move |tx| groups::ids(tx, &late)),
        ["exc_00", "exc_01"]
    );
    let of_books = |entity: &str| Narrowed {
        entity: text(entity),
        ..Narrowed::default()
    };
    let (ours, others) = (of_books("US"), of_books("XX"));
    assert_eq!(books.read(move |tx| groups::ids(tx, &ours)).len(), 10);
    assert!(books.read(move |tx| groups::ids(tx, &others)).is_empty());
    let with_ada = Narrowed {
        with: text("ada"),
        with_role: text("Executive"),
        ..Narrowed::default()
    };
    assert_eq!(
        books.read(move |tx| groups::ids(tx, &with_ada)),
        ["exc_00", "exc_02"]
    );
}

fn a_group_is_listed_by_value_once_each(books: &Fixture) {
    add_many(books);
    for which in [Narrowed::default(), group("a")] {
        let whole = which.clone();
        let all = books.read(move |tx| groups::listed(tx, &whole, FIRST, 50));
        assert!(all.is_sorted_by_key(|row| (-row.amount.abs(), row.opened, row.id.clone())));
        assert!(all.iter().all(|row| row.status != "resolved"));
        assert_eq!(all.len(), if which.fingerprint.is_empty() { 10 } else { 7 });
        let mut paged: Vec<ExceptionRow> = Vec::new();
        loop {
            let (next, last) = (which.clone(), paged.last().cloned());
            let page = books.read(move |tx| {
                let after = last.as_ref().map_or(FIRST, |last| AfterValue {
                    value: last.amount.abs(),
                    opened: last.opened,
                    id: &last.id,
                });
                groups::listed(tx, &next, after, 3)
            });
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        assert_eq!(paged, all);
    }
}

fn what_stands_behind_a_parked_effect_is_counted(books: &Fixture) {
    books.write(|tx| {
        let mut head = effect("eff_1", "lane_1");
        head.status = text("parked");
        effects::intend(
            tx,
            &[
                head,
                effect("eff_2", "lane_1"),
                effect("eff_3", "lane_1"),
                effect("eff_4", "lane_2"),
            ],
        )?;
        ExceptionRow::insert(tx, &[exception("exc_1", "effect/eff_1", 100)])
    });
    let (amount, currency) = {
        let one = effect("eff_2", "lane_1");
        (one.amount, one.currency)
    };
    assert_eq!(
        books.read(groups::followers),
        [(text("posting_parked-1"), currency.clone(), 2, 2 * amount)]
    );
    assert_eq!(
        books.read(|tx| groups::followers_of(tx, "eff_1")),
        [(currency, 2, 2 * amount)]
    );
    assert!(
        books
            .read(|tx| groups::followers_of(tx, "eff_3"))
            .is_empty()
    );
}

fn what_is_late_is_found_until_its_chain_ends(books: &Fixture) {
    books.write(|tx| {
        let rows: Vec<_> = [
            (1, 300, "open"),
            (2, 0, "open"),
            (3, 100, "assigned"),
            (4, 50, "resolved"),
        ]
        .map(|(n, escalate_at, status)| ExceptionRow {
            escalate_at,
            status: text(status),
            ..exception(&format!("exc_{n}"), &n.to_string(), 1)
        })
        .to_vec();
        ExceptionRow::insert(tx, &rows)
    });
    let at = |now: i64| -> Vec<String> {
        let found = books.read(move |tx| groups::to_escalate(tx, now, 10));
        found.into_iter().map(|row| row.id).collect()
    };
    assert_eq!(at(99), Vec::<String>::new());
    assert_eq!(at(100), ["exc_3"]);
    assert_eq!(at(300), ["exc_3", "exc_1"]);
}

fn a_trail_has_no_gaps_and_a_step_one_name(books: &Fixture) {
    books.write(|tx| {
        trail::add(tx, "exception/1", 10, "ada", "assigned", "to ada")?;
        trail::add(tx, "exception/2", 11, "bob", "assigned", "to bob")?;
        trail::add(tx, "exception/1", 12, "bob", "resolved", "done")?;
        for actor in ["ada", "bob"] {
            let step = PlaybookStepRow {
                exception: text("exc_1"),
                step: 2,
                actor: text(actor),
                done: 5,
            };
            trail::step_done(tx, &step)?;
        }
        Ok(())
    });
    let entries = books.read(|tx| trail::of(tx, "exception/1"));
    let brief: Vec<_> = entries
        .iter()
        .map(|it| (it.position, it.actor.as_str()))
        .collect();
    assert_eq!(brief, [(1, "ada"), (2, "bob")]);
    let steps = books.read(|tx| trail::steps_of(tx, "exc_1"));
    assert_eq!(steps.len(), 1);
    assert_eq!(steps[0].actor, "ada");
    books.write(|tx| trail::step_undone(tx, "exc_1", 2));
    assert!(books.read(|tx| trail::steps_of(tx, "exc_1")).is_empty());
}

fn a_proposal_edits_what_is_parked_and_nothing_else(books: &Fixture) {
    let fix = FixRow {
        id: text("fix_1"),
        exception: text("exc_1"),
        target: text("effect/eff_1"),
        before: text("{}"),
        after: text("{\"a\":1}"),
        reason: text("a was missing"),
        status: text("proposed"),
        maker: text("ada"),
        made: 7,
        checker: String::new(),
        checked: 0,
        remark: String::new(),
    };
    let row = fix.clone();
    books.write(move |tx| {
        let mut head = effect("eff_1", "lane_1");
        head.status = text("parked");
        effects::intend(tx, &[head, effect("eff_2", "lane_1")])?;
        FixRow::insert(tx, &[row])
    });
    assert_eq!(
        books.read(|tx| fixes::waiting(tx, 9)),
        std::slice::from_ref(&fix)
    );
    assert!(books.write(|tx| fixes::edit_request(tx, "eff_1", "{\"a\":1}")));
    assert!(!books.write(|tx| fixes::edit_request(tx, "eff_2", "{\"a\":1}")));
    let edited = books.read(|tx| effects::effect(tx, "eff_1")).unwrap();
    assert_eq!(edited.request, "{\"a\":1}");
    let decided = FixRow {
        status: text("applied"),
        checker: text("bob"),
        checked: 9,
        remark: text("right"),
        ..fix
    };
    let row = decided.clone();
    books.write(move |tx| fixes::decide(tx, &row));
    assert!(books.read(|tx| fixes::waiting(tx, 9)).is_empty());
    assert_eq!(books.read(|tx| fixes::of_exception(tx, "exc_1")), [decided]);
}

fn a_batch_is_worked_off_and_stopped(books: &Fixture) {
    books.write(|tx| {
        let batch = BatchRow {
            id: text("bat_1"),
            action: text("retry"),
            body: text("{}"),
            actor: text("ada"),
            status: text("running"),
            total: 3,
            begun: 1,
            ended: 0,
        };
        BatchRow::insert(tx, &[batch])?;
        let items: Vec<_> = (1..=3)
            .map(|n| BatchItemRow {
                batch: text("bat_1"),
                position: n,
                exception: format!("exc_{n}"),
                status: text("waiting"),
                result: String::new(),
            })
            .collect();
        BatchItemRow::insert(tx, &items)
    });
    assert_eq!(books.read(batches::running).len(), 1);
    let mut item = books.read(|tx| batches::waiting(tx, "bat_1", 1)).remove(0);
    item.status = text("done");
    item.result = text("resolved");
    let row = item.clone();
    books.write(move |tx| batches::settle(tx, &row));
    books.write(|tx| batches::end(tx, "bat_1", "cancelled", 9));
    assert!(books.read(batches::running).is_empty());
    assert_eq!(
        books.read(|tx| batches::tally(tx, "bat_1")),
        [(text("cancelled"), 2), (text("done"), 1)]
    );
    assert_eq!(books.read(|tx| batches::items(tx, "bat_1", 0, 1)), [item]);
    assert_eq!(books.read(|tx| batches::newest(tx, 5))[0].ended, 9);
}

fn an_incident_gathers_groups_and_what_joins_them(books: &Fixture) {
    add_many(books);
    let row = IncidentRow {
        id: text("inc_1"),
        title: text("NetSuite refuses an account"),
        severity: text("high"),
        owner: text("ada"),
        status: text("open"),
        opened: 5,
        closed: 0,
    };
    let incident = row.clone();
    let gathered = books.write(move |tx| {
        IncidentRow::insert(tx, &[incident])?;
        cases::gather(tx, "inc_1", "a")
    });
    assert_eq!(gathered, 7);
    assert_eq!(books.read(|tx| cases::open_of_incident(tx, "inc_1")), 7);
    assert_eq!(books.read(|tx| cases::incident_of_group(tx, "a")), "inc_1");
    assert_eq!(books.read(|tx| cases::incident_of_group(tx, "b")), "");
    assert_eq!(books.read(|tx| cases::groups_of(tx, "inc_1")), ["a"]);
    let closed = IncidentRow {
        status: text("closed"),
        closed: 8,
        ..row
    };
    let incident = closed.clone();
    books.write(move |tx| cases::update_incident(tx, &incident));
    assert_eq!(books.read(|tx| cases::incident_of_group(tx, "a")), "");
    assert_eq!(books.read(|tx| cases::incidents(tx, 5)), [closed]);
}

fn an_invoice_has_one_open_dispute(books: &Fixture) {
    let dispute = |id: &str| DisputeRow {
        id: text(id),
        invoice: text("inv_1"),
        customer: text("cus_1"),
        contract: text("con_1"),
        entity: text("US"),
        currency: text("USD"),
        amount: 500,
        lines: text("[]"),
        reason_code: text("wrong_price"),
        note: text("we agreed on less"),
        owner: text("Collections"),
        status: text("open"),
        outcome: String::new(),
        credit_note: String::new(),
        exception: text("exc_1"),
        correlation: text("chn_1"),
        opened: 1,
        closed: 0,
    };
    let (one, two) = (dispute("dsp_1"), dispute("dsp_2"));
    books.write(move |tx| DisputeRow::insert(tx, &[one]));
    assert!(
        books
            .try_write(move |tx| DisputeRow::insert(tx, &[two]))
            .is_err()
    );
    assert_eq!(books.read(|tx| cases::open_disputes_of(tx, "cus_1")), 1);
    let closed = DisputeRow {
        status: text("closed"),
        outcome: text("dispute_rejected"),
        closed: 3,
        ..dispute("dsp_1")
    };
    let row = closed.clone();
    books.write(move |tx| cases::update_dispute(tx, &row));
    assert_eq!(books.read(|tx| cases::open_dispute(tx, "inv_1")), None);
    assert_eq!(books.read(|tx| cases::dispute(tx, "dsp_1")), Some(closed));
    let again = dispute("dsp_2");
    books.write(move |tx| DisputeRow::insert(tx, &[again]));
    let mut places = Vec::new();
    let mut behind: Option<(String, i64, String)> = None;
    // A page of one row after the other: the open one, then the closed one, then none.
    loop {
        let from = behind.clone();
        let page = books.read(move |tx| {
            let from = from
                .as_ref()
                .map(|(status, opened, id)| (status.as_str(), *opened, id.as_str()));
            work_lists::disputes(tx, "", from, 1)
        });
        let Some(row) = page.into_iter().next() else {
            break;
        };
        behind = Some((row.status.clone(), row.opened, row.id.clone()));
        places.push(row.id);
    }
    assert_eq!(places, ["dsp_2", "dsp_1"]);
    assert_eq!(
        books
            .read(|tx| work_lists::disputes(tx, "closed", None, 5))
            .len(),
        1
    );
    let sums = books.read(|tx| work_lists::disputed(tx, 9));
    let told: Vec<_> = sums
        .iter()
        .map(|sum| (sum.status.as_str(), sum.amount.count, sum.overdue))
        .collect();
    assert_eq!(told, [("closed", 1, 0), ("open", 1, 0)]);
    assert_eq!(
        books.read(|tx| cases::failing_payments(tx, "cus_1")),
        (0, 0)
    );
}
