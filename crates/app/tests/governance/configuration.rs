//! Configuration changes by proposals with their impact; old postings stay what they were.

use super::{Company, of, refused};
use app::AppFault;
use app::governance::digest_of;
use control::change::ConfigurationKind;
use ledger::RuleBook;
use serde_json::{Value, json};
use store::journals;

fn billed(company: &Company) {
    company.does(
        "create_customer",
        json!({ "id": "acme", "legal_name": "Acme" }),
    );
    company.does("activate_contract", company.contract("C-1"));
    company.does(
        "run_billing",
        json!({ "through": "2026-01-31", "contract": "C-1" }),
    );
}

/// The standard rules with invoices posted to another account for what is deferred.
fn other_rules() -> String {
    let text = RuleBook::STANDARD.replacen("version = 1", "version = 2", 1);
    let at = text.find("id = \"invoice-issued\"").unwrap();
    let account = at + text[at..].find("account = \"2400\"").unwrap();
    format!(
        "{}account = \"2100\"{}",
        &text[..account],
        &text[account + "account = \"2400\"".len()..]
    )
}

#[test]
fn a_proposal_shows_what_it_would_have_changed_and_records_nothing() {
    let company = Company::new();
    billed(&company);
    let before = company
        .app
        .store()
        .read(|tx| journals::counts(tx).map_err(AppFault::from))
        .unwrap();
    let made = company.tries("ana", "propose_configuration", json!({ "kind": "posting_rules", "body": other_rules(), "reason": "one account for all liabilities" })).unwrap();
    assert!(
        made["summary"]
            .as_str()
            .unwrap()
            .contains("1 journals differ"),
        "{made}"
    );
    let found = company
        .app
        .proposal(made["proposal"].as_str().unwrap())
        .unwrap()
        .unwrap();
    let rows: Vec<(String, i64)> = found
        .impact
        .rows
        .iter()
        .map(|row| {
            (
                format!("{} {} {}", row.entity, row.account, row.month),
                row.difference.minor,
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("DE 2100 2026-01".to_owned(), -3_000),
            ("DE 2400 2026-01".to_owned(), 3_000)
        ]
    );
    assert!(
        found
            .difference
            .iter()
            .any(|line| line.mark == "+" && line.text.contains("2100"))
    );
    assert_eq!(
        company
            .app
            .store()
            .read(|tx| journals::counts(tx).map_err(AppFault::from))
            .unwrap(),
        before
    );
    assert_eq!(
        company
            .app
            .configuration("posting_rules")
            .unwrap()
            .unwrap()
            .row
            .version,
        1
    );
    // Its maker cannot approve it.
    let decision = json!({ "proposal": made["proposal"], "decision": "approve", "reason": "mine" });
    assert_eq!(
        refused(company.tries("ana", "decide_configuration", decision))[0].0,
        "same_person"
    );
}

#[test]
fn rules_that_would_park_events_say_which_and_rules_that_do_not_fit_are_refused() {
    let company = Company::new();
    billed(&company);
    let later = RuleBook::STANDARD.replacen(
        "event = \"com.tieout.billing.invoice.issued.v1\"",
        "event = \"com.tieout.billing.invoice.issued.v1\"\neffective_from = \"2026-03-01\"",
        1,
    );
    let (impact, summary) = company
        .app
        .configuration_impact(ConfigurationKind::PostingRules, &later, 30)
        .unwrap();
    assert_eq!(impact.would_park.len(), 1, "{summary}");
    assert!(
        impact.would_park[0].why.contains("no posting rule takes"),
        "{:?}",
        impact.would_park
    );
    let unknown = RuleBook::STANDARD.replace("\"2400\"", "\"9999\"");
    let wrong = company.tries(
        "ana",
        "propose_configuration",
        json!({ "kind": "posting_rules", "body": unknown, "reason": "x" }),
    );
    assert!(refused(wrong)[0].1.contains("9999"));
    let same = company.tries(
        "ana",
        "propose_configuration",
        json!({ "kind": "posting_rules", "body": RuleBook::STANDARD, "reason": "x" }),
    );
    assert_eq!(refused(same)[0].0, "nothing_changes");
}

#[test]
fn what_was_posted_reproduces_under_the_version_that_posted_it() {
    let company = Company::new();
    billed(&company);
    company.changes(
        ConfigurationKind::PostingRules,
        &other_rules(),
        Some("2026-02-01"),
    );
    // January is still billed by the old rules, February by the new ones.
    company
        .clock
        .move_to("2026-02-02T10:00:00Z".parse().unwrap());
    company.does(
        "run_billing",
        json!({ "through": "2026-02-28", "contract": "C-1" }),
    );
    let told = company.app.reproduce_postings(365).unwrap();
    assert_eq!(
        (told.journals, told.reproduced),
        (2, 2),
        "{:?}",
        told.differing
    );
    assert_eq!(
        told.by_version.into_iter().collect::<Vec<_>>(),
        [(1, 1), (2, 1)]
    );
    let rows = company
        .app
        .store()
        .read(|tx| journals::balances(tx, "DE").map_err(AppFault::from))
        .unwrap();
    let moved = |account: &str, month: &str| {
        rows.iter()
            .filter(|row| row.account == account && row.month == month)
            .map(|row| row.credit)
            .sum::<i64>()
    };
    assert_eq!(
        (moved("2400", "2026-01"), moved("2100", "2026-01")),
        (3_000, 0)
    );
    assert_eq!(
        (moved("2400", "2026-02"), moved("2100", "2026-02")),
        (0, 3_000)
    );
}

#[test]
fn a_version_with_a_day_holds_from_that_day_without_anybody_doing_anything() {
    let company = Company::new();
    company.changes(
        ConfigurationKind::Topology,
        of("billing_led"),
        Some("2026-02-01"),
    );
    assert_eq!(company.app.topology().unwrap().name, "standard");
    company
        .clock
        .move_to("2026-02-01T08:00:00Z".parse().unwrap());
    // The first command of the day sees it.
    company.does(
        "create_customer",
        json!({ "id": "acme", "legal_name": "Acme" }),
    );
    assert_eq!(company.app.topology().unwrap().name, "billing_led");
    let past = company.tries("ana", "propose_configuration", json!({ "kind": "topology", "body": of("suite"), "reason": "x", "effective": "2026-01-01" }));
    assert_eq!(refused(past)[0].0, "effective_past");
}

#[test]
fn a_proposal_on_an_older_version_is_refused_when_it_is_decided() {
    let company = Company::new();
    let ask = |text: &str| {
        company
            .tries(
                "ana",
                "propose_configuration",
                json!({ "kind": "topology", "body": text, "reason": "x" }),
            )
            .unwrap()
    };
    let (first, second) = (ask(of("crm_led")), ask(of("billing_led")));
    let approve = |made: &Value| {
        company.tries(
            "li",
            "decide_configuration",
            json!({ "proposal": made["proposal"], "decision": "approve", "reason": "seen" }),
        )
    };
    approve(&first).unwrap();
    assert_eq!(refused(approve(&second))[0].0, "configuration_drifted");
    assert_eq!(company.app.topology().unwrap().name, "crm_led");
    let stale = company.tries(
        "ana",
        "propose_configuration",
        json!({ "kind": "topology", "body": of("suite"), "reason": "x", "base": 1 }),
    );
    assert_eq!(refused(stale)[0].0, "configuration_drifted");
}

#[test]
fn every_change_of_the_configuration_is_an_event_with_maker_checker_and_impact() {
    let company = Company::new();
    company.changes(ConfigurationKind::Topology, of("crm_led"), None);
    let found = company
        .app
        .store()
        .read(|tx| {
            let mut found = Vec::new();
            store::log::each_of_types(
                tx,
                &["com.tieout.governance.topology.changed.v1"],
                "",
                |event| {
                    found.push(event.data);
                    Ok(())
                },
            )?;
            Ok::<_, AppFault>(found)
        })
        .unwrap();
    let data: Value = serde_json::from_str(&found[0]).unwrap();
    assert_eq!(
        (
            data["requested_by"].as_str(),
            data["approved_by"].as_str(),
            data["version"].as_i64()
        ),
        (Some("ana"), Some("li"), Some(2))
    );
    assert_eq!(data["checksum"], json!(digest_of(of("crm_led"))));
    assert!(!data["changes"].as_array().unwrap().is_empty());
}

#[test]
fn a_policy_change_is_previewed_on_what_really_came() {
    let company = Company::new();
    company.deal("006A", "DE", "ALPHA", |_| {});
    company.deal("006B", "US", "ALPHA", |_| {});
    company.does("run_billing", json!({ "through": "2026-01-31" }));
    let text = format!(
        "{}\n[[domains]]\ndomain = \"contract\"\nentity = \"US\"\nsystem = \"tieout\"\nmode = \"act\"\n\n\
         [[domains]]\ndomain = \"billing\"\nentity = \"US\"\nsystem = \"netsuite\"\nmode = \"verify\"\n\n\
         [[routes]]\nfact = \"journals\"\nentity = \"US\"\nto = \"none\"\n",
        of("standard")
    );
    let (impact, _) = company
        .app
        .configuration_impact(ConfigurationKind::Topology, &text, 30)
        .unwrap();
    assert_eq!(impact.would_park.len(), 1);
    assert!(
        impact.would_park[0].id.starts_with("006B"),
        "{:?}",
        impact.would_park
    );
    assert!(
        impact
            .notes
            .iter()
            .any(|note| note.contains("1 journals would have gone to nobody instead of netsuite")),
        "{:?}",
        impact.notes
    );
    assert!(
        impact
            .notes
            .iter()
            .any(|note| note.contains("1 contracts would be billed elsewhere")),
        "{:?}",
        impact.notes
    );
}

#[test]
fn a_staging_interface_needs_a_legacy_deviation_in_force() {
    let company = Company::new();
    let text = |waiver: &str| {
        of("standard").replacen("id = \"netsuite\"\nrole = \"record\"", &format!("id = \"netsuite\"\nrole = \"record\"\ninterface = \"staging\"\nwaiver = \"{waiver}\""), 1)
    };
    let wrong = company.tries(
        "ana",
        "propose_configuration",
        json!({ "kind": "topology", "body": text("dev_none"), "reason": "x" }),
    );
    assert_eq!(refused(wrong)[0].0, "waiver_missing");
    let made = company.tries("ana", "record_deviation", json!({ "class": "legacy", "title": "staging tables of the old ERP", "reason": "no interface", "until": "2026-12-31" })).unwrap();
    company.tries("li", "decide_deviation", json!({ "deviation": made["deviation"], "decision": "approve", "reason": "until the migration" })).unwrap();
    company.changes(
        ConfigurationKind::Topology,
        &text(made["deviation"].as_str().unwrap()),
        None,
    );
}
