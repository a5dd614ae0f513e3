//! Contracts behind the counts of deviations, as they stand to their templates.

use crate::rows::{self, text};
use crate::support::Fixture;
use store::catalogue::CustomerRow;
use store::contracts::ContractRow;
use store::quotes::ContractOriginRow;
use store::template_deviations::contracts;

on_every_store![contracts_are_found_by_how_they_stand_to_their_template,];

fn origin(contract: &str, template: &str, deviates_in: &str) -> ContractOriginRow {
    ContractOriginRow {
        contract: text(contract),
        entity: text("US"),
        quote: String::new(),
        template: text(template),
        deviations: i64::try_from(deviates_in.lines().count()).unwrap_or(0),
        deviates_in: text(deviates_in),
        signed: String::new(),
        due: String::new(),
        activated: text("2026-01-01"),
        lag_days: 0,
    }
}

fn contracts_are_found_by_how_they_stand_to_their_template(books: &Fixture) {
    books.write(|tx| {
        CustomerRow::insert(tx, &[rows::customer("cus_1", "Acme")])?;
        let mut elsewhere = rows::contract("con_5", "cus_1");
        elsewhere.entity = text("DE");
        let here = ["con_1", "con_2", "con_3", "con_4"].map(|id| rows::contract(id, "cus_1"));
        ContractRow::insert(tx, &here)?;
        ContractRow::insert(tx, &[elsewhere])?;
        ContractOriginRow::insert(
            tx,
            &[
                origin("con_1", "YEARLY", ""),
                origin("con_2", "YEARLY", "one thing\nanother"),
                origin("con_3", "", "it follows no billing template"),
            ],
        )
    });
    let ids = |entity: &'static str, stand: &'static str, after: &'static str, limit| {
        let found = books.read(move |tx| contracts(tx, (entity, stand), after, limit));
        let ids: Vec<String> = found.into_iter().map(|row| row.contract).collect();
        ids
    };
    assert_eq!(ids("US", "deviating", "", 10), ["con_2"]);
    assert_eq!(ids("US", "standard", "", 10), ["con_1"]);
    // One that was put in force without a quote follows no template either.
    assert_eq!(ids("US", "without", "", 10), ["con_3", "con_4"]);
    assert_eq!(ids("", "without", "con_3", 10), ["con_4", "con_5"]);
    assert_eq!(ids("US", "", "con_1", 2), ["con_2", "con_3"]);
    let row = books.read(|tx| contracts(tx, ("US", "deviating"), "", 1));
    assert_eq!(
        (row[0].name.as_str(), row[0].deviates_in.as_str()),
        ("Acme", "one thing\nanother")
    );
}
