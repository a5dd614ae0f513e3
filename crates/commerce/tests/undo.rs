//! An amendment is taken back: what it changed is as before, what others changed stays.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

use commerce::{
    Amendment, AnchorDay, BillingFrequency, CancelAt, Change, Charge, Contract, ContractRefusal,
    ContractStatus, NewComponent, Pattern, Policy, Timing, VersionKind, VersionNote, amend, undo,
};
use values::{Date, Instant, Period, parse_date};

fn date(text: &str) -> Date {
    parse_date(text).unwrap()
}

fn sold(id: &str) -> NewComponent {
    NewComponent {
        id: id.parse().unwrap(),
        product: "SEAT".parse().unwrap(),
        description: "Seats".to_owned(),
        tax_code: "saas".to_owned(),
        revenue_account_class: "subscription".to_owned(),
        billing: BillingFrequency::Monthly,
        timing: Timing::Advance,
        policy: Policy::default(),
        recognition: Pattern::StraightLineDaily,
        quantity: 10.into(),
        charge: Charge::PerUnit {
            unit_price: 100.into(),
        },
        measure: None,
    }
}

/// A signed contract for a year, with seats and support.
fn signed() -> Vec<Contract> {
    let term = Period::new(date("2026-01-01"), date("2027-01-01")).unwrap();
    vec![Contract {
        id: "C1".parse().unwrap(),
        customer: "acme".parse().unwrap(),
        entity: "DE".parse().unwrap(),
        currency: values::Currency::EUR,
        term,
        signed_term: term,
        billing_anchor_day: AnchorDay::of(term.from()),
        components: ["seats", "support"]
            .iter()
            .map(|id| sold(id).over(term).unwrap())
            .collect(),
        versions: vec![VersionNote {
            version: 1,
            recorded: Instant::default(),
            effective: term.from(),
            kind: VersionKind::Signed,
            reason: "signed".to_owned(),
            undoes: None,
        }],
        refs: Vec::new(),
        status: ContractStatus::Active,
        cancelled_from: None,
        ended_by_cancellation: Vec::new(),
        discounts: Vec::new(),
        renewal: None,
        renewed_on: Vec::new(),
        inclusive_prices: Vec::new(),
        partner: None,
    }]
}

fn amended(history: &mut Vec<Contract>, change: Change) {
    let amendment = Amendment {
        change,
        reason: "asked for".to_owned(),
    };
    let (next, _) = amend(history.last().unwrap(), &amendment, Instant::default()).unwrap();
    history.push(next);
}

fn undone(history: &mut Vec<Contract>, version: u32) -> i64 {
    let (next, delta) = undo(history, version, "by mistake", Instant::default()).unwrap();
    history.push(next);
    delta.value_delta.minor
}

fn refused(history: &[Contract], version: u32) -> ContractRefusal {
    undo(history, version, "by mistake", Instant::default()).unwrap_err()
}

fn quantity(component: &str, quantity: i64, effective: &str) -> Change {
    Change::ChangeQuantity {
        component: component.parse().unwrap(),
        quantity: quantity.into(),
        effective: date(effective),
    }
}

fn price(component: &str, unit_price: i64, effective: &str) -> Change {
    Change::ChangePrice {
        component: component.parse().unwrap(),
        charge: Charge::PerUnit {
            unit_price: unit_price.into(),
        },
        effective: date(effective),
    }
}

fn day(effective: &str) -> Date {
    date(effective)
}

/// One of every kind that stands on its own.
fn every_kind() -> Vec<Change> {
    let seats = || "seats".parse().unwrap();
    vec![
        quantity("seats", 25, "2026-04-15"),
        price("seats", 80, "2026-03-01"),
        Change::AddComponent {
            component: sold("extra"),
            effective: day("2026-05-01"),
        },
        Change::RemoveComponent {
            component: seats(),
            effective: day("2026-06-01"),
        },
        Change::Swap {
            component: seats(),
            replacement: Box::new(sold("other")),
            effective: day("2026-07-01"),
        },
        Change::Pause {
            component: None,
            effective: day("2026-02-01"),
            until: Some(day("2026-03-01")),
        },
        Change::Cancel {
            effective: day("2026-09-01"),
            credit_unused: true,
            at: CancelAt::OnDate,
        },
        Change::Extend {
            until: day("2027-07-01"),
        },
        Change::Renew {
            until: day("2028-01-01"),
            charges: Vec::new(),
        },
    ]
}

/// What is sold on which days at what price.
fn timeline(contract: &Contract) -> String {
    let mut told = String::new();
    for component in &contract.components {
        for span in component.spans() {
            told.push_str(&format!("{} {span:?}\n", component.id));
        }
    }
    told
}

#[test]
fn every_kind_of_amendment_can_be_taken_back() {
    for change in every_kind() {
        let mut history = signed();
        amended(&mut history, change.clone());
        let given = history[1].clone();
        let back = undone(&mut history, 2);
        let next = history.last().unwrap();
        assert_eq!(timeline(next), timeline(&history[0]), "{change:?}");
        assert_eq!(next.term, history[0].term, "{change:?}");
        assert_eq!(next.cancelled_from, None, "{change:?}");
        assert_eq!(next.status, ContractStatus::Amended, "{change:?}");
        let note = next.versions.last().unwrap();
        assert_eq!((note.version, note.undoes), (3, Some(2)), "{change:?}");
        assert_eq!(note.kind, VersionKind::Undone);
        assert_eq!(note.effective, given.versions[1].effective, "{change:?}");
        // And an undo that was a mistake itself is taken back likewise.
        let again = undone(&mut history, 3);
        let next = history.last().unwrap();
        assert_eq!(timeline(next), timeline(&given), "{change:?}");
        assert_eq!(
            next.status == ContractStatus::Cancelled,
            given.cancelled_from.is_some()
        );
        assert_eq!(back, -again, "{change:?}");
    }
}

#[test]
fn what_later_amendments_changed_elsewhere_stays() {
    let mut history = signed();
    amended(&mut history, quantity("seats", 25, "2026-04-15"));
    amended(&mut history, price("support", 70, "2026-05-01"));
    undone(&mut history, 2);
    let mut alone = signed();
    amended(&mut alone, price("support", 70, "2026-05-01"));
    assert_eq!(timeline(&history[3]), timeline(&alone[1]));
    assert_eq!(history[3].version(), 4);
}

#[test]
fn what_a_later_amendment_changed_again_is_undone_from_the_newest_on() {
    let mut history = signed();
    amended(&mut history, quantity("seats", 25, "2026-04-15"));
    amended(&mut history, price("seats", 80, "2026-05-01"));
    amended(&mut history, quantity("seats", 30, "2026-06-01"));
    let refusal = refused(&history, 2);
    assert_eq!(refusal.code(), "amended_since");
    assert_eq!(
        refusal.to_string(),
        "version 2 of contract C1 cannot be undone, because version 4 changed component seats again; \
         undo version 4 first"
    );
    undone(&mut history, 4);
    assert!(
        refused(&history, 2)
            .to_string()
            .ends_with("undo version 3 first")
    );
    undone(&mut history, 3);
    undone(&mut history, 2);
    assert_eq!(timeline(history.last().unwrap()), timeline(&history[0]));
}

#[test]
fn what_is_no_amendment_or_undone_already_is_refused_in_words() {
    let mut history = signed();
    assert_eq!(refused(&history, 1).code(), "not_an_amendment");
    assert_eq!(
        refused(&history, 7).to_string(),
        "contract C1 has no version 7; the newest is 1"
    );
    assert_eq!(refused(&[], 2).code(), "no_history");
    amended(&mut history, quantity("seats", 25, "2026-04-15"));
    undone(&mut history, 2);
    assert_eq!(
        refused(&history, 2).to_string(),
        "version 2 of contract C1 is undone already, by version 3; to bring it back, undo that one"
    );
    let mut over = signed();
    amended(&mut over, quantity("seats", 25, "2026-04-15"));
    over.push(
        over[1]
            .expire(date("2027-01-01"), Instant::default())
            .unwrap(),
    );
    assert_eq!(refused(&over, 2).code(), "illegal_contract_transition");
    let mut ended = signed();
    amended(&mut ended, quantity("seats", 25, "2026-04-15"));
    amended(&mut ended, every_kind().remove(6));
    assert!(
        refused(&ended, 2)
            .to_string()
            .ends_with("undo version 3 first")
    );
}

#[test]
fn notes_of_before_are_read_and_those_of_an_undo_say_what_they_undo() {
    let old = r#"{"version":2,"recorded":"2026-01-01T00:00:00Z","effective":"2026-01-01","kind":"swapped","reason":"x"}"#;
    let note: VersionNote = serde_json::from_str(old).unwrap();
    assert_eq!(note.undoes, None);
    assert!(!serde_json::to_string(&note).unwrap().contains("undoes"));
}
