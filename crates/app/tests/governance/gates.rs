//! Closing, recognition and refunds are done by who owns them, as billing is.

use super::{Company, of, refused};
use control::change::ConfigurationKind;
use serde_json::json;

/// A topology in which one legal entity's revenue is recognised in the outside ledger.
fn recognised_outside() -> String {
    format!(
        "{}\n[[domains]]\ndomain = \"revenue\"\nentity = \"DE\"\nsystem = \"netsuite\"\nmode = \"mirror\"\n",
        of("standard")
    )
}

#[test]
fn revenue_that_another_system_recognises_is_not_recognised_here() {
    let company = Company::new();
    company.does(
        "create_customer",
        json!({ "id": "acme", "legal_name": "Acme" }),
    );
    company.does("activate_contract", company.contract("C-DE"));
    let mut us = company.contract("C-US");
    us["entity"] = json!("US");
    company.does("activate_contract", us);
    company.changes(ConfigurationKind::Topology, &recognised_outside(), None);

    let month = json!({ "through": "2026-01-31" });
    let mut named = month.clone();
    named["contract"] = json!("C-DE");
    let wrong = refused(company.tries("ana", "recognise_revenue", named.clone()));
    assert_eq!(wrong[0].0, "recognised_elsewhere");
    assert!(wrong[0].1.contains("netsuite"), "{wrong:?}");
    let run = company.does("recognise_revenue", month);
    assert_eq!(
        run["obligations"], 1,
        "only that of the other entity: {run}"
    );
    assert_eq!(run["recognised"][0]["currency"], "USD");

    // The switch back is the same table: what was not recognised is caught up with.
    company.changes(ConfigurationKind::Topology, of("standard"), None);
    let caught_up = company.does("recognise_revenue", named);
    assert_eq!(caught_up["obligations"], 1);
}

#[test]
fn a_month_is_closed_by_who_keeps_the_books() {
    let company = Company::new();
    company.does(
        "close_period",
        json!({ "entity": "US", "month": "2025-12" }),
    );
    let text = of("erp_centric").replacen(
        "id = \"salesforce\"",
        "id = \"salesforce\"\ntokens = [\"crm\"]",
        1,
    );
    company.changes(ConfigurationKind::Topology, &text, None);
    let reopen = json!({ "entity": "US", "month": "2025-12", "reason": "late" });
    for (client, actor) in [("token/crm", "crm"), (super::CLIENT, "ana")] {
        let told = refused(company.try_as(
            client,
            actor,
            "close_period",
            json!({ "entity": "US", "month": "2026-01" }),
        ));
        assert_eq!(told[0].0, "not_the_owner");
        assert!(
            told[0].1.contains("ledger.period") && told[0].1.contains("netsuite"),
            "{told:?}"
        );
        let told = refused(company.try_as(client, actor, "reopen_period", reopen.clone()));
        assert_eq!(told[0].0, "not_the_owner");
    }
    let recognise = json!({ "through": "2026-01-31", "entity": "US" });
    let told = refused(company.try_as("token/crm", "crm", "recognise_revenue", recognise));
    assert!(told[0].1.contains("revenue.schedule"), "{told:?}");
}

/// What is recognised on each obligation of a contract, and through which day.
fn recognised(company: &Company, contract: &str) -> Vec<(i64, String)> {
    let contract = contract.to_owned();
    let rows = company.app.store().read(move |tx| {
        store::obligations::of_contract(tx, &contract).map_err(app::AppFault::from)
    });
    let rows = rows.unwrap().into_iter();
    rows.map(|row| (row.recognised, row.recognised_through))
        .collect()
}

fn january() -> serde_json::Value {
    json!({ "through": "2026-01-31", "contract": "C-DE" })
}

fn with_contract() -> Company {
    let company = Company::new();
    company.does(
        "create_customer",
        json!({ "id": "acme", "legal_name": "Acme" }),
    );
    company.does("activate_contract", company.contract("C-DE"));
    company
}

fn one_seat_more(company: &Company) {
    let change = json!({ "kind": "quantity", "quantity": "4" });
    company.does(
        "amend_contract",
        json!({ "contract": "C-DE", "effective": "2026-01-01", "change": change, "reason": "one more" }),
    );
}

#[test]
fn a_change_in_days_that_another_system_recognised_is_left_to_it() {
    let ours = with_contract();
    ours.does("recognise_revenue", january());
    one_seat_more(&ours);
    assert_eq!(recognised(&ours, "C-DE")[0].0, 4_000, "caught up at once");

    let theirs = with_contract();
    theirs.does("recognise_revenue", january());
    theirs.changes(ConfigurationKind::Topology, &recognised_outside(), None);
    one_seat_more(&theirs);
    let kept = recognised(&theirs, "C-DE");
    assert_eq!(kept[0], (3_000, "2026-01-31".to_owned()));
}

#[test]
fn revenue_is_not_taken_back_by_asking_for_an_earlier_day() {
    let company = with_contract();
    company.does("recognise_revenue", january());
    let before = recognised(&company, "C-DE");
    for earlier in [
        json!({ "through": "2026-01-15", "contract": "C-DE" }),
        json!({ "through": "2026-01-15" }),
    ] {
        let told = refused(company.tries("ana", "recognise_revenue", earlier));
        assert_eq!(told[0].0, "recognised_further");
        assert_eq!(
            told[0].1,
            "revenue of contract C-DE is recognised through 2026-01-31 already; through 2026-01-15 there is nothing to add, and taking revenue back needs a reason: amend, cancel or credit the contract, or reverse a journal"
        );
    }
    // Where some of it is further, the rest goes on.
    let mut second = company.contract("C-2");
    second["entity"] = json!("US");
    company.does("activate_contract", second);
    let run = company.does("recognise_revenue", json!({ "through": "2026-01-15" }));
    assert_eq!(run["obligations"], 1);
    assert_eq!(recognised(&company, "C-DE"), before);
    // The same day again has no effect and is no mistake.
    assert_eq!(
        company.does("recognise_revenue", january())["obligations"],
        0
    );
}

#[test]
fn entries_in_books_that_another_system_keeps_are_refused_however_they_come() {
    let company = with_contract();
    company.does("run_billing", json!({ "through": "2026-01-15" }));
    let posted = company
        .app
        .journals(&app::query::ListFilter::default(), None)
        .unwrap()
        .items;
    let journal = posted[0].id.clone();
    // A file is granted while the books are ours and worked off when they are not.
    company
        .app
        .put_user("controller", control::Role::Controller, "hash")
        .unwrap();
    let content = "entity,date,reason,lines[0].account,lines[0].debit,lines[1].account,lines[1].credit\n\
                   US,2026-01-15,opening,1000,5.00,2100,5.00\n";
    let file = json!({ "name": "journals.csv", "content": content });
    let held = company.does("import_journals", file);
    let approval = held["approval"].as_str().unwrap();
    company.app.grant(approval, "controller").unwrap();
    company.changes(ConfigurationKind::Topology, of("erp_centric"), None);

    let reverse = json!({ "journal": journal, "reason": "a mistake" });
    let bill = json!({ "seller": "US", "buyer": "DE", "description": "team", "cost": "5", "on": "2026-01-15" });
    for (name, body) in [("reverse_journal", reverse), ("bill_entity", bill)] {
        let told = refused(company.tries("ana", name, body));
        assert_eq!(told[0].0, "not_the_owner", "{name}");
        assert!(told[0].1.contains("ledger.journal"), "{name}: {told:?}");
    }
    let before = company
        .app
        .journals(&app::query::ListFilter::default(), None)
        .unwrap()
        .items
        .len();
    company.works();
    let refused = company.open_about("file_row_refused");
    assert_eq!(refused.len(), 1);
    assert!(refused[0].1.contains("ledger.journal"), "{refused:?}");
    let after = company
        .app
        .journals(&app::query::ListFilter::default(), None)
        .unwrap()
        .items
        .len();
    assert_eq!(after, before, "nothing was posted");
}

#[test]
fn a_price_change_leaves_alone_what_another_system_keeps() {
    let company = with_contract();
    company.does(
        "plan_price_change",
        json!({ "id": "P-1", "product": "ALPHA", "effective": "2026-02-01",
            "price": { "rule": "uplift", "rate": "0.1" }, "reason": "costs have risen" }),
    );
    assert_eq!(company.app.work_price_changes().unwrap(), 1);
    company
        .tries(
            "li",
            "approve_price_change",
            json!({ "price_change": "P-1" }),
        )
        .unwrap();
    // Between the approval and the work the CRM becomes the owner of contracts.
    let kept = format!(
        "{}\n[[domains]]\ndomain = \"contract\"\nentity = \"DE\"\nsystem = \"salesforce\"\nmode = \"mirror\"\n",
        of("standard")
    );
    company.changes(ConfigurationKind::Topology, &kept, None);
    company.app.work_price_changes().unwrap();
    let detail = company.app.price_change("P-1").unwrap();
    let sums: Vec<(String, String, i64)> = detail
        .sums
        .into_iter()
        .map(|sum| (sum.outcome, sum.code.unwrap_or_default(), sum.contracts))
        .collect();
    assert_eq!(sums, [("held".to_owned(), "not_the_owner".to_owned(), 1)]);
    let row = company
        .app
        .store()
        .read(|tx| store::contracts::contract(tx, "C-DE").map_err(app::AppFault::from));
    assert_eq!(row.unwrap().unwrap().version, 1, "it is as it was agreed");
}
