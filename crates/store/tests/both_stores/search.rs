//! One box that finds any id.

use crate::rows::*;
use crate::support::Fixture;
use store::catalogue::{CustomerRow, ReferenceRow};
use store::contracts::ContractRow;
use store::documents::{DocumentRow, LineRow};
use store::effects::EffectRow;
use store::exceptions::ExceptionRow;
use store::obligations::ObligationRow;
use store::payments::{PaymentRow, RefundRow};
use store::search::{self, Found};
use store::{catalogue, effects, inbox, journals, log};

on_every_store![
    every_kind_of_object_is_found_by_its_id,
    the_names_of_other_systems_lead_to_the_chain,
    parts_of_names_are_found_whatever_the_case,
    the_signs_of_patterns_are_letters,
];

fn kinds(found: Vec<Found>) -> Vec<String> {
    let mut kinds: Vec<_> = found
        .into_iter()
        .map(|f| format!("{} {}", f.kind, f.id))
        .collect();
    kinds.sort();
    kinds
}

fn add_one_of_each(books: &Fixture) {
    books.write(|tx| {
        CustomerRow::insert(tx, &[customer("cus_1", "Acme")])?;
        ContractRow::insert(tx, &[contract("con_1", "cus_1")])?;
        DocumentRow::insert(tx, &[invoice("inv_1", "US-0001")])?;
        LineRow::insert(tx, &[document_line("lin_1", "inv_1")])?;
        ObligationRow::insert(tx, &[obligation("obl_1", "con_1")])?;
        let paid = PaymentRow {
            external_id: text("pi_1"),
            ..payment("pay_1", "inv_1")
        };
        PaymentRow::insert(tx, &[paid])?;
        let given_back = RefundRow {
            external_id: text("re_1"),
            ..refund("ref_1", "pay_1")
        };
        RefundRow::insert(tx, &[given_back])?;
        journals::post(tx, &[journal("jrn_1", "2026-01-31", 5)], &[])?;
        ExceptionRow::insert(tx, &[exception("exc_1", "posting/1", 5)])?;
        log::append(
            tx,
            &mut [event("evt_1", "p", "x"), event("evt_2", "p", "y")],
        )?;
        let done = EffectRow {
            external_id: text("ns_77"),
            ..effect("eff_1", "lane")
        };
        effects::intend(tx, &[done])?;
        let known = inbox::InboxRow {
            correlation: text("chn_1"),
            ..received("006A@2026-01-31")
        };
        inbox::receive(tx, &known)?;
        inbox::receive(tx, &received("006B@2026-01-31"))?;
        let reference = ReferenceRow {
            system: text("salesforce"),
            kind: text("Opportunity"),
            id: text("006A"),
            object: text("contract/con_1"),
            correlation: text("chn_1"),
        };
        catalogue::refer(tx, &reference)
    });
}

fn every_kind_of_object_is_found_by_its_id(books: &Fixture) {
    add_one_of_each(books);
    let exactly = |id: &'static str| kinds(books.read(move |tx| search::exactly(tx, id)));
    assert_eq!(exactly("cus_1"), ["customer cus_1"]);
    assert_eq!(exactly("con_1"), ["contract con_1"]);
    // An exception about the document stands beside it.
    assert_eq!(exactly("inv_1"), ["exception exc_1", "invoice inv_1"]);
    assert_eq!(exactly("US-0001"), ["invoice inv_1"]);
    assert_eq!(exactly("pay_1"), ["payment pay_1"]);
    assert_eq!(exactly("ref_1"), ["refund ref_1"]);
    assert_eq!(exactly("jrn_1"), ["journal jrn_1"]);
    assert_eq!(exactly("exc_1"), ["exception exc_1"]);
    assert_eq!(exactly("evt_1"), ["event evt_1"]);
    assert_eq!(exactly("eff_1"), ["effect eff_1"]);
    assert_eq!(exactly("006A"), ["reference 006A"]);
    assert_eq!(exactly("006A@2026-01-31"), ["reference 006A@2026-01-31"]);
    assert!(exactly("006B@2026-01-31").is_empty());
    assert!(exactly("cus_").is_empty());
    let found = books.read(|tx| search::exactly(tx, "006A"));
    let wanted = Found {
        kind: text("reference"),
        id: text("006A"),
        title: text("contract/con_1"),
        correlation: text("chn_1"),
    };
    assert_eq!(found, [wanted]);
}

fn the_names_of_other_systems_lead_to_the_chain(books: &Fixture) {
    add_one_of_each(books);
    let known_as = |id: &'static str| kinds(books.read(move |tx| search::chains_known_as(tx, id)));
    assert_eq!(known_as("pi_1"), ["payment pay_1"]);
    assert_eq!(known_as("re_1"), ["refund ref_1"]);
    assert_eq!(known_as("ns_77"), ["effect eff_1"]);
    assert_eq!(known_as("obl_1"), ["obligation obl_1"]);
    assert_eq!(known_as("lin_1"), ["invoice inv_1"]);
    assert_eq!(known_as("006A"), ["reference 006A@2026-01-31"]);
    assert_eq!(known_as("chn_1"), ["chain chn_1"]);
    assert!(known_as("").is_empty());
    assert!(known_as("none").is_empty());
}

fn parts_of_names_are_found_whatever_the_case(books: &Fixture) {
    books.write(|tx| {
        let rows = [
            customer("cus_a", "ACME Corp"),
            customer("cus_b", "Ärzte GmbH"),
            customer("cus_c", "Ο Πυθαγόρας"),
        ];
        CustomerRow::insert(tx, &rows)?;
        ContractRow::insert(
            tx,
            &[contract("con_1", "cus_a"), contract("con_2", "cus_b")],
        )?;
        DocumentRow::insert(tx, &[invoice("inv_1", "ACME-0001")])
    });
    let holding =
        |part: &'static str, limit| kinds(books.read(move |tx| search::holding(tx, part, limit)));
    assert_eq!(
        holding("acme", 9),
        ["contract con_1", "customer cus_a", "invoice inv_1"]
    );
    assert_eq!(holding("Acme-00", 9), ["invoice inv_1"]);
    assert_eq!(holding("Ärzte", 9), ["contract con_2", "customer cus_b"]);
    assert_eq!(holding("Πυθα", 9), ["customer cus_c"]);
    assert_eq!(holding("CUS_", 2).len(), 2);
    assert_eq!(holding("CUS_", 9).len(), 3);
    assert!(holding("nobody", 9).is_empty());
}

fn the_signs_of_patterns_are_letters(books: &Fixture) {
    books.write(|tx| {
        let rows = [
            customer("a", "100% organic"),
            customer("b", "100 percent"),
            customer("c", "snake_case"),
            customer("d", "snakeXcase"),
            customer("e", "back\\slash"),
            customer("f", "O'Brien; --"),
        ];
        CustomerRow::insert(tx, &rows)
    });
    let holding = |part: &'static str| {
        let found = books.read(move |tx| search::holding(tx, part, 9));
        found.into_iter().map(|found| found.id).collect::<Vec<_>>()
    };
    assert_eq!(holding("100%"), ["a"]);
    assert_eq!(holding("%"), ["a"]);
    assert_eq!(holding("e_c"), ["c"]);
    assert_eq!(holding("\\"), ["e"]);
    assert_eq!(holding("o'b"), ["f"]);
    assert_eq!(holding("n; --"), ["f"]);
}
