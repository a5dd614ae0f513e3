//! Parts of a transaction that are undone, requests for approval, delegations and replays.

use crate::rows::{effect, text};
use crate::support::Fixture;
use store::approvals::{self, ApprovalRow, CustomerChangeRow, DelegationRow};
use store::replays::{self, ReplayItemRow, ReplayRow, ReplaySelection};
use store::{StoreFault, access, effects, settings};

on_every_store![
    a_part_is_undone_and_the_rest_stays,
    a_statement_that_fails_in_a_part_spoils_nothing_else,
    a_request_is_decided_once,
    requests_are_listed_and_expire_in_order,
    a_delegation_is_taken_back_once,
    an_owner_is_said_and_said_anew,
    an_agreed_change_is_applied_once_when_its_day_comes,
    an_item_moves_on_from_the_status_it_was_read_in,
    parked_effects_are_selected_by_what_the_filter_says,
];

fn value(books: &Fixture, name: &'static str) -> Option<String> {
    books.read(move |tx| settings::setting(tx, name))
}

fn a_part_is_undone_and_the_rest_stays(books: &Fixture) {
    let seen = books.write(|tx| {
        settings::set_setting(tx, "before", "1")?;
        let seen = tx.undone(|tx| {
            settings::set_setting(tx, "tried", "1")?;
            let inner: Result<(), StoreFault> = tx.attempt(|tx| {
                settings::set_setting(tx, "before", "2")?;
                Err(StoreFault::Closed)
            });
            assert_eq!(inner, Err(StoreFault::Closed));
            Ok::<_, StoreFault>((
                settings::setting(tx, "tried")?,
                settings::setting(tx, "before")?,
            ))
        })?;
        tx.attempt(|tx| settings::set_setting(tx, "after", "1"))?;
        Ok(seen)
    });
    assert_eq!(
        seen,
        (Some(text("1")), Some(text("1"))),
        "seen while it lasted"
    );
    assert_eq!(value(books, "tried"), None);
    assert_eq!(value(books, "before").as_deref(), Some("1"));
    assert_eq!(value(books, "after").as_deref(), Some("1"));
}

fn a_statement_that_fails_in_a_part_spoils_nothing_else(books: &Fixture) {
    books.write(|tx| effects::intend(tx, &[effect("eff_1", "a")]));
    books.write(|tx| {
        let twice = tx.attempt(|tx| approvals_twice(tx));
        assert!(matches!(twice, Err(StoreFault::Duplicate(_))), "{twice:?}");
        settings::set_setting(tx, "after", "1")
    });
    assert_eq!(value(books, "after").as_deref(), Some("1"));
    assert_eq!(books.read(|tx| approvals::approval(tx, "apr_1")), None);
}

fn approvals_twice(tx: &mut store::Tx<'_>) -> Result<(), StoreFault> {
    ApprovalRow::insert(tx, &[request("apr_1", 10), request("apr_1", 20)])
}

fn request(id: &str, expires: i64) -> ApprovalRow {
    ApprovalRow {
        id: text(id),
        command: text("post_journal"),
        content: text("{}"),
        digest: vec![1, 2, 3],
        subject: text("entity/US"),
        summary: text("Journal by hand"),
        maker: text("dana"),
        maker_person: text("dana"),
        client: text("dana"),
        key: text("k1"),
        demand: text("{}"),
        evidence: text("ab"),
        shown: text("{}"),
        amount: 1_250,
        currency: text("USD"),
        status: text("requested"),
        requested: 5,
        expires,
        decided: 0,
        checker: text(""),
        on_behalf_of: text(""),
        reason: text(""),
        result: text(""),
        correlation: text("chn_1"),
    }
}

fn a_request_is_decided_once(books: &Fixture) {
    books.write(|tx| ApprovalRow::insert(tx, &[request("apr_1", 100)]));
    let decided = |checker: &'static str| {
        books.write(move |tx| {
            let mut row = approvals::approval(tx, "apr_1")?.unwrap();
            row.status = text("granted");
            row.decided = 50;
            row.checker = text(checker);
            row.result = text("{\"journal\":\"J1\"}");
            row.correlation = text("chn_2");
            approvals::decide(tx, &row)
        })
    };
    assert!(decided("li"));
    assert!(!decided("kim"), "it is decided already");
    let kept = books.read(|tx| approvals::approval(tx, "apr_1")).unwrap();
    assert_eq!((kept.checker.as_str(), kept.amount), ("li", 1_250));
    assert_eq!(books.read(|tx| approvals::of_chain(tx, "chn_2")), [kept]);
    assert_eq!(books.read(approvals::waiting_count), 0);
}

fn requests_are_listed_and_expire_in_order(books: &Fixture) {
    let rows = [
        request("apr_1", 30),
        request("apr_2", 10),
        request("apr_3", 20),
    ];
    books.write(move |tx| ApprovalRow::insert(tx, &rows));
    let ids = |rows: Vec<ApprovalRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
    let page = |before: &'static str| {
        ids(books.read(move |tx| approvals::approvals(tx, "requested", before, 2)))
    };
    assert_eq!(page(""), ["apr_3", "apr_2"]);
    assert_eq!(page("apr_2"), ["apr_1"]);
    assert_eq!(
        ids(books.read(|tx| approvals::approvals(tx, "granted", "", 9))),
        Vec::<String>::new()
    );
    assert_eq!(
        ids(books.read(|tx| approvals::expired(tx, 30, 9))),
        ["apr_2", "apr_3"]
    );
    assert_eq!(books.read(approvals::waiting_count), 3);
}

fn a_delegation_is_taken_back_once(books: &Fixture) {
    let row = DelegationRow {
        id: text("dlg_1"),
        from_person: text("li"),
        to_person: text("kim"),
        permission: text("approve_finance"),
        first_day: text("2026-01-01"),
        last_day: text("2026-01-10"),
        reason: text("leave"),
        created: 5,
        revoked: 0,
        revoked_by: text(""),
    };
    books.write(move |tx| DelegationRow::insert(tx, &[row]));
    let back = || books.write(|tx| approvals::revoke_delegation(tx, "dlg_1", "li", 9));
    assert!(back());
    assert!(!back());
    let kept = books.read(approvals::delegations);
    assert_eq!((kept[0].revoked, kept[0].revoked_by.as_str()), (9, "li"));
}

fn an_owner_is_said_and_said_anew(books: &Fixture) {
    for owner in ["dana", "li"] {
        books.write(move |tx| approvals::set_owner(tx, "laptop", owner));
    }
    assert_eq!(
        books.read(|tx| approvals::owner(tx, "laptop")).as_deref(),
        Some("li")
    );
    assert_eq!(books.read(|tx| approvals::owner(tx, "other")), None);
    books.write(|tx| access::add_token(tx, &[1; 32], "laptop", "auditor", 1));
    assert_eq!(
        books
            .read(|tx| approvals::role_of_token(tx, "laptop"))
            .as_deref(),
        Some("auditor")
    );
    books.write(|tx| access::revoke_tokens(tx, "laptop", 2));
    assert_eq!(
        books.read(|tx| approvals::role_of_token(tx, "laptop")),
        None
    );
}

fn an_agreed_change_is_applied_once_when_its_day_comes(books: &Fixture) {
    let row = CustomerChangeRow {
        id: text("chg_1"),
        customer: text("ACME"),
        effective: text("2026-02-01"),
        change: text("{}"),
        diff: text("[]"),
        reason: text("new terms"),
        maker: text("rita"),
        status: text("waiting"),
        created: 5,
        applied: 0,
    };
    books.write(move |tx| CustomerChangeRow::insert(tx, &[row]));
    let due = |day: &'static str| books.read(move |tx| approvals::changes_due(tx, day)).len();
    assert_eq!((due("2026-01-31"), due("2026-02-01")), (0, 1));
    let apply = || books.write(|tx| approvals::change_applied(tx, "chg_1", "[1]", 7));
    assert!(apply());
    assert!(!apply());
    assert_eq!(due("2026-03-01"), 0);
    let of = books.read(|tx| approvals::changes_of(tx, "ACME"));
    assert_eq!(
        (of[0].status.as_str(), of[0].diff.as_str()),
        ("applied", "[1]")
    );
}

fn replay_item(position: i64) -> ReplayItemRow {
    ReplayItemRow {
        replay: text("rpl_1"),
        position,
        kind: text("posting"),
        item: format!("evt_{position}"),
        about: text("a payment"),
        entity: text("US"),
        month: text("2026-01"),
        amount: 100,
        currency: text("USD"),
        expected: text("effect"),
        status: text("waiting"),
        result: text(""),
        changed: 1,
    }
}

fn an_item_moves_on_from_the_status_it_was_read_in(books: &Fixture) {
    books.write(|tx| {
        let row = ReplayRow {
            id: text("rpl_1"),
            filter: text("{}"),
            closed_months: text("refuse"),
            per_second: 10,
            reason: text("mended"),
            status: text("running"),
            maker: text("ines"),
            approval: text(""),
            approved_by: text(""),
            dry_run: text("{}"),
            reopened: text("[]"),
            created: 1,
            started: 2,
            last_run: 0,
            finished: 0,
            correlation: text("chn_1"),
        };
        ReplayRow::insert(tx, &[row])?;
        ReplayItemRow::insert(tx, &[replay_item(1), replay_item(2)])
    });
    let take = || {
        books.write(|tx| {
            let mut item = replay_item(1);
            item.status = text("started");
            replays::move_item(tx, &item, "waiting")
        })
    };
    assert!(take());
    assert!(!take(), "another process took it");
    let waiting = books.read(|tx| replays::items(tx, "rpl_1", "waiting", 0, 9));
    assert_eq!(waiting, [replay_item(2)]);
    let counts = books.read(|tx| replays::item_counts(tx, "rpl_1"));
    let seen: Vec<(&str, i64, i64)> = counts
        .iter()
        .map(|count| (count.status.as_str(), count.count, count.amount))
        .collect();
    assert_eq!(seen, [("started", 1, 100), ("waiting", 1, 100)]);
    assert_eq!(books.read(replays::active).len(), 1);
    books.write(|tx| {
        let mut row = replays::replay(tx, "rpl_1")?.unwrap();
        row.status = text("completed");
        row.finished = 9;
        replays::update(tx, &row)
    });
    assert_eq!(books.read(replays::active), []);
    assert_eq!(books.read(|tx| replays::replays(tx, "", 9))[0].finished, 9);
}

fn parked_effects_are_selected_by_what_the_filter_says(books: &Fixture) {
    books.write(|tx| {
        let mut parked = [
            effect("eff_1", "a"),
            effect("eff_2", "b"),
            effect("eff_3", "c"),
        ];
        parked[0].status = text("parked");
        parked[1].status = text("parked");
        parked[1].connection = text("stripe");
        effects::intend(tx, &parked)
    });
    let select = |source: &'static str, from: i64| {
        let rows = books.read(move |tx| {
            let wanted = ReplaySelection {
                source: text(source),
                from,
                limit: 9,
                ..ReplaySelection::default()
            };
            replays::parked_effects(tx, &wanted)
        });
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(select("", 0), ["eff_1", "eff_2"]);
    assert_eq!(select("stripe", 0), ["eff_2"]);
    assert_eq!(select("", i64::MAX), Vec::<String>::new());
}
