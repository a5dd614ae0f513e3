//! Versions with their days, proposals, waiting writes and deviations.

use crate::rows::text;
use crate::support::Fixture;
use store::governance::{self, ConfigurationProposalRow, DeviationRow, ProposedChangeRow};
use store::settings;

on_every_store![
    versions_come_newest_first_with_their_day,
    proposals_and_changes_are_decided_and_found,
    deviations_are_decided_and_listed,
];

fn versions_come_newest_first_with_their_day(books: &Fixture) {
    books.write(|tx| {
        settings::add_configuration(tx, "topology", 1, 10, "tieout", "one")?;
        settings::add_configuration(tx, "topology", 2, 20, "ana", "two")?;
        governance::set_effect(tx, ("topology", 2), "2026-06-01", "prp_1", ("ana", "li"))
    });
    let found = books.read(|tx| governance::versions(tx, "topology"));
    let told: Vec<(i64, &str, &str)> = found
        .iter()
        .map(|it| (it.version, it.effective.as_str(), it.checker.as_str()))
        .collect();
    assert_eq!(told, [(2, "2026-06-01", "li"), (1, "", "")]);
    let body = books.read(|tx| governance::body(tx, "topology", 1));
    assert_eq!(body.as_deref(), Some("one"));
    assert_eq!(books.read(|tx| governance::body(tx, "topology", 3)), None);
}

fn proposal(id: &str) -> ConfigurationProposalRow {
    ConfigurationProposalRow {
        id: text(id),
        kind: text("topology"),
        base: 1,
        body: text("two"),
        effective: String::new(),
        reason: text("why"),
        impact: text("{}"),
        state: text("proposed"),
        maker: text("ana"),
        checker: String::new(),
        decision: String::new(),
        version: 0,
        correlation: text("c-1"),
        created: 5,
        decided: 0,
    }
}

fn change(id: &str, key: &str) -> ProposedChangeRow {
    ProposedChangeRow {
        id: text(id),
        origin: text("inbox"),
        origin_key: text(key),
        source: text("salesforce"),
        owner: text("netsuite"),
        steward: text("revops"),
        object: text("opportunity/006"),
        entity: text("DE"),
        fields: text("[]"),
        body: text("{}"),
        diff: text("[]"),
        state: text("proposed"),
        maker: text("salesforce"),
        checker: String::new(),
        reason: String::new(),
        answer: String::new(),
        correlation: text("c-1"),
        created: 5,
        decided: 0,
    }
}

fn proposals_and_changes_are_decided_and_found(books: &Fixture) {
    books.write(|tx| {
        ConfigurationProposalRow::insert(tx, &[proposal("prp_1"), proposal("prp_2")])?;
        let decided = ConfigurationProposalRow {
            state: text("applied"),
            checker: text("li"),
            version: 2,
            decided: 9,
            ..proposal("prp_1")
        };
        governance::decide_proposal(tx, &decided)?;
        ProposedChangeRow::insert(tx, &[change("chg_1", "salesforce/006@1")])?;
        let applied = ProposedChangeRow {
            state: text("applied"),
            checker: text("li"),
            ..change("chg_1", "salesforce/006@1")
        };
        governance::decide_change(tx, &applied)
    });
    let ids: Vec<(String, i64)> = books
        .read(|tx| governance::proposals(tx, 10))
        .into_iter()
        .map(|row| (row.id, row.version))
        .collect();
    assert_eq!(ids, [(text("prp_2"), 0), (text("prp_1"), 2)]);
    let found = books.read(|tx| governance::change_from(tx, "inbox", "salesforce/006@1"));
    assert_eq!(found.unwrap().state, "applied");
    let none = books.read(|tx| governance::change_from(tx, "command", "salesforce/006@1"));
    assert_eq!(none, None);
    // One record comes to one change, whoever is asked twice.
    let again =
        books.try_write(|tx| ProposedChangeRow::insert(tx, &[change("chg_2", "salesforce/006@1")]));
    assert!(again.is_err());
}

fn deviations_are_decided_and_listed(books: &Fixture) {
    let row = DeviationRow {
        id: text("dev_1"),
        class: text("legacy"),
        title: text("60 days"),
        reason: text("why"),
        entity: text("DE"),
        key: text("payment_terms_days"),
        value: text("60"),
        last_day: text("2026-06-30"),
        state: text("proposed"),
        maker: text("ana"),
        approver: String::new(),
        decision: String::new(),
        correlation: text("c-1"),
        created: 5,
        decided: 0,
    };
    let (new, approved) = (
        row.clone(),
        DeviationRow {
            state: text("approved"),
            approver: text("li"),
            ..row
        },
    );
    let expected = approved.clone();
    books.write(move |tx| {
        DeviationRow::insert(tx, &[new])?;
        governance::decide_deviation(tx, &approved)
    });
    assert_eq!(books.read(governance::deviations), [expected]);
    assert_eq!(books.read(|tx| governance::deviation(tx, "dev_9")), None);
}
