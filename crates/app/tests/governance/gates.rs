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
