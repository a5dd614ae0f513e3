//! A checker that never objects is no checker: a calm year passes, and each thing that can be wrong
//! with it is found when it is done to the books or behind our back in the other systems.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use connect::stripe::{NewPayment, NewRefund};
use std::collections::BTreeSet;
use store::spoil::{Spoil, spoil};
use storm::house::House;
use storm::plan::Size;
use storm::trace::Trace;
use storm::year::{Afterwards, Strength, Wanted, live};
use values::{Currency, Money};

/// Enough of a calm year that everything has happened in it once, mistakes of the sellers too.
fn year() -> Afterwards {
    (1..20)
        .map(|seed| {
            let wanted = Wanted {
                seed,
                size: Size {
                    deals: 10,
                    direct: 2,
                },
                strength: Strength::Calm,
                days: 130,
            };
            live(wanted, &Trace::default()).unwrap()
        })
        .find(|year| year.verdict.figures["exceptions"] > 0)
        .unwrap()
}

fn checks(year: &Afterwards) -> BTreeSet<&'static str> {
    year.check()
        .unwrap()
        .iter()
        .map(|finding| finding.check)
        .collect()
}

#[test]
fn a_calm_year_passes() {
    let year = year();
    assert_eq!(year.verdict.findings, []);
    let figures = &year.verdict.figures;
    for what in [
        "documents",
        "payments",
        "journals",
        "contracts",
        "exceptions",
    ] {
        assert!(figures[what] > 0, "{what}: {}", figures[what]);
    }
}

#[test]
fn books_that_are_spoilt_are_found() {
    let mut year = year();
    let expected = [
        (Spoil::Remaining, "open items"),
        (Spoil::DocumentTotal, "document sums"),
        (Spoil::DocumentNumber, "document numbers"),
        (Spoil::Balance, "kept balance"),
        (Spoil::JournalLine, "unbalanced journal"),
        (Spoil::PaymentFee, "fees here and there"),
        (Spoil::PaymentGone, "payments here and there"),
        (Spoil::DeliveryGone, "lost delivery"),
        (Spoil::DeliveryStatus, "inbox"),
        (Spoil::EffectForgotten, "effect not done"),
        (Spoil::EffectParked, "parked without an owner"),
        (Spoil::EffectBelieved, "believed and not there"),
        (Spoil::ExceptionOwner, "owner"),
        (Spoil::ExceptionClass, "class"),
        (Spoil::DealForgotten, "lost deal"),
        (Spoil::EventText, "sealed log"),
        (Spoil::EventGone, "dense sequence"),
    ];
    let mut before = checks(&year);
    assert!(before.is_empty(), "{before:?}");
    for (what, check) in expected {
        let touched = year.ground.store.write(move |tx| spoil(tx, what)).unwrap();
        assert!(touched > 0, "{what:?} touched nothing");
        let now = checks(&year);
        assert!(
            now.contains(check) && !before.contains(check),
            "{what:?} is not found as {check:?}: {now:?} after {before:?}"
        );
        before = now;
    }
    year.ground.starts += 1;
}

#[test]
fn what_is_done_twice_in_the_other_systems_is_found() {
    let mut year = year();
    assert_eq!(checks(&year), BTreeSet::new());
    let house = House::open(&mut year.ground).unwrap();
    let stripe = house.connections.stripe.as_ref().unwrap();
    let charged = year.ground.sims.stripe.objects("payment_intents");
    let charged = charged
        .iter()
        .find(|intent| {
            intent["status"] == "succeeded" && intent["metadata"]["tieout_invoice"].is_string()
        })
        .unwrap();
    let text = |field: &str| charged[field].as_str().unwrap().to_owned();
    let currency: Currency = text("currency").to_uppercase().parse().unwrap();
    let again = NewPayment {
        amount: Money::from_minor(charged["amount"].as_i64().unwrap(), currency),
        customer: text("customer"),
        payment_method: text("payment_method"),
        invoice: charged["metadata"]["tieout_invoice"]
            .as_str()
            .unwrap()
            .to_owned(),
        legal_entity: "QM-US".to_owned(),
        idempotency_key: "a second click".to_owned(),
    };
    stripe.create_payment(&again).unwrap();
    let found = checks(&year);
    assert!(found.contains("doubled charge"), "{found:?}");
    assert!(found.contains("payments here and there"), "{found:?}");

    for key in ["one", "two"] {
        let refund = NewRefund {
            payment_intent: text("id"),
            amount: Money::from_minor(1, currency),
            credit_note: "rfd_the_same".to_owned(),
            idempotency_key: key.to_owned(),
        };
        stripe.create_refund(&refund).unwrap();
    }
    assert!(checks(&year).contains("doubled refund"));

    let ledger = house.connections.netsuite.as_ref().unwrap();
    let entry = connect::netsuite::JournalEntry {
        external_id: "jrn_that_is_not_ours".to_owned(),
        date: "2026-02-01".parse().unwrap(),
        subsidiary: "1".to_owned(),
        currency: "1".to_owned(),
        exchange_rate: None,
        memo: "behind our back".to_owned(),
        approved: true,
        lines: [
            ("1100", connect::netsuite::Side::Debit),
            ("4000", connect::netsuite::Side::Credit),
        ]
        .map(|(account, side)| connect::netsuite::JournalLine {
            account: account.to_owned(),
            side,
            amount: Money::from_minor(100, Currency::USD),
            memo: None,
            entity: None,
            department: None,
            class: None,
            location: None,
        })
        .to_vec(),
    };
    ledger.api.create_journal_entry(&entry).unwrap();
    let found = checks(&year);
    assert!(found.contains("journal outside only"), "{found:?}");
    assert!(found.contains("balances here and there"), "{found:?}");
}
