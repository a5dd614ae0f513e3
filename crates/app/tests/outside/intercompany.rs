//! What legal entities bill each other: posted by rules in both books, over a limit only by two people,
//! and proven by the tie-out to be gone when the group is added up.

use app::AppFault;
use app::command::Command;
use app::query::ListFilter;
use app::story::{Ending, run};
use app::view::TieOutRow;
use ledger::RuleBook;
use serde_json::{Value, json};

fn group() -> Ending {
    run("entities:
  - { id: US, name: Example Inc., currency: USD, time_zone: America/New_York }
  - { id: IE, name: Example Ltd., currency: EUR, time_zone: Europe/Dublin }
steps:
  - on: 2026-01-31
    note: two companies of one group
")
    .unwrap()
}

fn tries(group: &Ending, name: &str, body: Value) -> Result<Value, AppFault> {
    group.app.act("ana", Command::read(name, body).unwrap())
}

fn does(group: &Ending, name: &str, body: Value) -> Value {
    tries(group, name, body).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

fn bill(cost: &str) -> Value {
    json!({ "seller": "US", "buyer": "IE", "description": "support team", "cost": cost,
            "markup": "0.05", "on": "2026-01-31" })
}

/// Expected, actual and status of a measure, by entity.
fn stands(group: &Ending, measure: &str) -> Vec<(String, i64, i64, String)> {
    let rows = group.app.tie_outs().unwrap().into_iter();
    let rows = rows.filter(|row| row.measure == measure);
    rows.map(|row: TieOutRow| {
        let status = serde_json::to_value(row.status).unwrap();
        (
            row.entity.clone(),
            row.expected.minor,
            row.actual.minor,
            status.as_str().unwrap().to_owned(),
        )
    })
    .collect()
}

fn tied(entity: &str, minor: i64) -> (String, i64, i64, String) {
    (entity.to_owned(), minor, minor, "ties_out".to_owned())
}

#[test]
fn both_sides_are_posted_by_rules_and_net_to_zero_over_the_group() {
    let group = group();
    let pair = does(&group, "bill_entity", bill("1000.01"));
    let rows = group
        .app
        .journals(&ListFilter::default(), None)
        .unwrap()
        .items;
    let mut rules: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row.entity.as_str(), row.rule.as_str()))
        .collect();
    rules.sort_unstable();
    let [("IE", charged), ("US", billed)] = rules.as_slice() else {
        panic!("{rules:?}")
    };
    assert!(charged.starts_with("intercompany-charged"), "{charged}");
    assert!(billed.starts_with("intercompany-billed"), "{billed}");
    for row in &rows {
        assert_eq!(row.narration, "IC-US-00001: US bills IE for support team");
    }
    // 1,050.01 is the cost with five percent, rounded once.
    assert_eq!(
        stands(&group, "intercompany"),
        [tied("IE", -105_001), tied("US", 105_001)]
    );
    assert_eq!(
        stands(&group, "intercompany_charged"),
        [tied("IE", 105_001), tied("US", -105_001)]
    );
    does(
        &group,
        "undo_entity_bill",
        json!({ "pair": pair["pair"], "reason": "charged to the wrong entity" }),
    );
    for row in stands(&group, "intercompany") {
        assert_eq!((row.1, row.2, row.3.as_str()), (0, 0, "ties_out"));
    }
    for net in group.app.intercompany_nets().unwrap() {
        assert_eq!((net.difference, net.earned), (0, 0));
    }
}

#[test]
fn a_pair_that_is_broken_in_one_of_the_books_is_a_break() {
    let group = group();
    does(&group, "bill_entity", bill("1000.00"));
    group
        .app
        .put_user("controller", control::Role::Controller, "hash")
        .unwrap();
    // Somebody settles the claim in the books of the seller alone.
    let by_hand = json!({ "entity": "US", "date": "2026-01-31", "reason": "settled", "lines": [
        { "account": "1000", "debit": "50.00", "currency": "USD" },
        { "account": "1900", "credit": "50.00", "currency": "USD" } ] });
    let held = does(&group, "post_journal", by_hand);
    group
        .app
        .grant(held["approval"].as_str().unwrap(), "controller")
        .unwrap();
    assert_eq!(
        stands(&group, "intercompany"),
        [
            tied("IE", -105_000),
            ("US".to_owned(), 105_000, 100_000, "break".to_owned())
        ]
    );
    let nets = group.app.intercompany_nets().unwrap();
    assert_eq!((nets[0].difference, nets[0].earned), (-5_000, 0));
}

#[test]
fn a_bill_over_the_limit_waits_for_another_person_than_its_maker() {
    let group = group();
    for name in ["ana", "controller"] {
        group
            .app
            .put_user(name, control::Role::Controller, "hash")
            .unwrap();
    }
    // 6,300.00 in each of the two books is above 10,000.00 together.
    let held = does(&group, "bill_entity", bill("6000.00"));
    assert!(
        group.app.intercompany("").unwrap().is_empty(),
        "nothing is posted"
    );
    let approval = held["approval"].as_str().unwrap();
    let own = group.app.grant(approval, "ana").unwrap_err();
    assert!(own.to_string().contains("ana"), "{own}");
    let granted = group.app.grant(approval, "controller").unwrap();
    assert_eq!(granted["pair"], "IC-US-00001");
    assert_eq!(group.app.intercompany("").unwrap().len(), 1);
    let back = json!({ "pair": "IC-US-00001", "reason": "wrong" });
    let held = does(&group, "undo_entity_bill", back);
    assert!(
        held["approval"].is_string(),
        "taking it back waits as well: {held}"
    );
}

#[test]
fn where_no_rule_posts_one_side_neither_is_kept() {
    let group = group();
    group
        .app
        .put_user("controller", control::Role::Controller, "hash")
        .unwrap();
    // From 2027 on only: on the day of the bill the buyer has no rule.
    let rules = RuleBook::STANDARD
        .replacen(
            "when = { side = \"buyer\" }",
            "when = { side = \"buyer\" }\neffective_from = \"2027-01-01\"",
            1,
        )
        .replacen("\nversion = 1\n", "\nversion = 2\n", 1);
    assert_ne!(rules, RuleBook::STANDARD);
    let held = does(&group, "publish_posting_rules", json!({ "toml": rules }));
    group
        .app
        .grant(held["approval"].as_str().unwrap(), "controller")
        .unwrap();
    let refused = tries(&group, "bill_entity", bill("10.00")).unwrap_err();
    assert!(
        refused.to_string().contains("into the books of IE"),
        "{refused}"
    );
    assert!(group.app.intercompany("").unwrap().is_empty());
    let journals = group.app.journals(&ListFilter::default(), None).unwrap();
    assert!(journals.items.is_empty(), "both or neither");
}

/// The code with which a bill between entities is refused.
fn code(group: &Ending, name: &str, body: Value) -> String {
    match tries(group, name, body) {
        Err(AppFault::Refused(refusals)) => refusals[0].code.clone(),
        other => panic!("{name} was not refused: {other:?}"),
    }
}

#[test]
fn nothing_is_billed_to_oneself_for_nothing_or_into_a_closed_month_and_undone_once() {
    let group = group();
    let with = |field: &str, value: &str| {
        let mut body = bill("10.00");
        body[field] = json!(value);
        body
    };
    assert_eq!(
        code(&group, "bill_entity", with("buyer", "US")),
        "same_entity"
    );
    assert_eq!(code(&group, "bill_entity", with("cost", "0")), "bad_amount");
    assert_eq!(
        code(&group, "bill_entity", with("cost", "-5")),
        "bad_amount"
    );
    does(&group, "bill_entity", bill("10.00"));
    let back = json!({ "pair": "IC-US-00001", "reason": "wrong" });
    does(&group, "undo_entity_bill", back.clone());
    assert_eq!(code(&group, "undo_entity_bill", back), "already_undone");
    // The books of the buyer alone are closed.
    let closed = json!({ "entity": "IE", "month": "2025-12" });
    does(&group, "close_period", closed);
    let late = with("on", "2025-12-31");
    assert_eq!(code(&group, "bill_entity", late), "period_closed");
    assert_eq!(group.app.intercompany("").unwrap().len(), 1);
}
