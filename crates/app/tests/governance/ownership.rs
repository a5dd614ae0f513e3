//! Who is the system of record writes; others do not, and what they wanted is known.

use super::{Company, of, refused};
use app::AppFault;
use control::change::ConfigurationKind;
use serde_json::json;

#[test]
fn the_shipped_topology_changes_nothing_of_what_the_program_does() {
    let company = Company::new();
    company.does(
        "create_customer",
        json!({ "id": "acme", "legal_name": "Acme" }),
    );
    company.does("activate_contract", company.contract("C-1"));
    company.deal("006A", "DE", "ALPHA", |_| {});
    assert_eq!(company.status("006A").0, "confirmed");
    let topology = company.app.topology().unwrap();
    assert_eq!((topology.name.as_str(), topology.version), ("standard", 1));
    assert_eq!(topology.presets.len(), 9);
}

#[test]
fn two_product_lines_run_different_models_without_cross_talk() {
    let company = Company::new();
    let text = format!(
        "{}\n[[product_lines]]\nid = \"A\"\nproducts = [\"ALPHA\"]\n\n[[product_lines]]\nid = \"B\"\nproducts = [\"BETA\"]\n\n\
         [[domains]]\ndomain = \"contract\"\nproduct_line = \"B\"\nsystem = \"tieout\"\nmode = \"act\"\n\n\
         [[domains]]\ndomain = \"contract\"\nproduct_line = \"A\"\nsystem = \"salesforce\"\nmode = \"mirror\"\n",
        of("standard")
    );
    company.changes(ConfigurationKind::Topology, &text, None);
    company.does(
        "create_customer",
        json!({ "id": "acme", "legal_name": "Acme" }),
    );
    // Line A is CRM-led: the deal goes through, and people do not enter it.
    company.deal("006A", "DE", "ALPHA", |_| {});
    assert_eq!(company.status("006A").0, "confirmed");
    let by_hand = refused(company.tries("ana", "activate_contract", company.contract("C-A")));
    assert!(
        by_hand
            .iter()
            .all(|(code, told)| code == "not_the_owner" && told.contains("salesforce")),
        "{by_hand:?}"
    );
    // Line B is billing-led: people enter it, and the deal is held with an exception.
    let mut contract = company.contract("C-B");
    contract["lines"][0]["product"] = json!("BETA");
    company.does("activate_contract", contract);
    company.deal("006B", "DE", "BETA", |_| {});
    assert_eq!(company.status("006B").0, "open");
    let conflicts = company.open_about("ownership_conflict");
    assert_eq!(conflicts.len(), 1);
    assert!(
        conflicts[0].1.contains("contract.product") && conflicts[0].1.contains("tieout"),
        "{conflicts:?}"
    );
    // What one line did shows nowhere in the other.
    let proof = company
        .app
        .store()
        .read(|tx| store::contracts::sums(tx).map_err(AppFault::from))
        .unwrap();
    assert_eq!(proof.iter().map(|sum| sum.count).sum::<i64>(), 2);
}

#[test]
fn under_an_erp_centric_topology_others_are_refused_and_nothing_is_issued_here() {
    let company = Company::new();
    company.does(
        "create_customer",
        json!({ "id": "acme", "legal_name": "Acme" }),
    );
    company.does("activate_contract", company.contract("C-1"));
    company.changes(ConfigurationKind::Topology, of("erp_centric"), None);
    let wrong = refused(company.tries(
        "ana",
        "run_billing",
        json!({ "through": "2026-01-31", "contract": "C-1" }),
    ));
    assert_eq!(wrong[0].0, "billed_elsewhere");
    assert!(wrong[0].1.contains("netsuite"), "{wrong:?}");
    let run = company.does("run_billing", json!({ "through": "2026-01-31" }));
    assert_eq!(run["documents"], json!([]));
    for (name, body, field) in [
        (
            "set_tax_rate",
            json!({ "entity": "DE", "rate": "0.2" }),
            "tax.rate",
        ),
        (
            "record_payment",
            json!({ "customer": "acme", "entity": "DE", "amount": "5", "currency": "EUR" }),
            "payment.status",
        ),
        (
            "post_journal",
            json!({ "entity": "DE", "date": "2026-01-15", "reason": "x", "lines": [{ "account": "1000", "debit": "1" }, { "account": "1100", "credit": "1" }] }),
            "ledger.journal",
        ),
    ] {
        let told = refused(company.tries("ana", name, body));
        assert!(
            told[0].1.contains(field) && told[0].1.contains("netsuite"),
            "{told:?}"
        );
    }
    // A commercial event of the CRM goes through; its customer is a proposal for the ERP.
    company.deal("006A", "DE", "ALPHA", |_| {});
    let changes = company.app.proposed_changes().unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(
        (changes[0].owner.as_str(), changes[0].state.as_str()),
        ("netsuite", "proposed")
    );
    assert_eq!(company.status("006A").0, "open");
    let decision =
        json!({ "change": changes[0].id, "decision": "approve", "reason": "known there" });
    company.tries("li", "decide_change", decision).unwrap();
    company.works();
    assert_eq!(company.status("006A").0, "confirmed");
    assert!(company.open_about("ownership_conflict").is_empty());
}

#[test]
fn a_denied_proposal_of_the_crm_ends_as_rejected_with_its_reason() {
    let company = Company::new();
    company.changes(ConfigurationKind::Topology, of("billing_led"), None);
    company.deal("006A", "DE", "ALPHA", |_| {});
    let change = company.app.proposed_changes().unwrap().remove(0);
    company
        .tries(
            "li",
            "decide_change",
            json!({ "change": change.id, "decision": "deny", "reason": "entered here" }),
        )
        .unwrap();
    let (status, reason) = company.status("006A");
    assert_eq!(status, "rejected");
    assert!(
        reason.contains("entered here") && reason.contains("li"),
        "{reason}"
    );
    let again = company.tries(
        "li",
        "decide_change",
        json!({ "change": change.id, "decision": "approve", "reason": "x" }),
    );
    assert_eq!(refused(again)[0].0, "already_decided");
}

#[test]
fn another_system_that_writes_what_it_does_not_own_is_refused_and_noted() {
    let company = Company::new();
    let text = of("event_driven").replacen(
        "id = \"warehouse\"",
        "id = \"warehouse\"\ntokens = [\"lake\"]",
        1,
    );
    company.changes(ConfigurationKind::Topology, &text, None);
    let wrong = company.try_as(
        "token/lake",
        "lake",
        "create_customer",
        json!({ "legal_name": "Acme" }),
    );
    assert_eq!(refused(wrong)[0].0, "system_only_reads");
    let conflicts = company.open_about("ownership_conflict");
    assert_eq!(conflicts.len(), 1);
    assert!(conflicts[0].0.contains("warehouse"), "{conflicts:?}");
}

#[test]
fn a_price_that_needs_a_second_person_reaches_no_catalogue_until_one_applied_it() {
    let company = Company::new();
    company.changes(ConfigurationKind::Topology, of("crm_centric"), None);
    let product = json!({ "code": "GAMMA", "name": "Gamma", "prices": [
        { "currency": "EUR", "billing": "monthly", "charge": { "model": "per_unit", "unit_price": "99" } }] });
    let answer = company.tries("ana", "publish_product", product).unwrap();
    assert_eq!(answer["state"], "proposed");
    let is_sold = || {
        company
            .app
            .books()
            .catalogue
            .products
            .iter()
            .any(|it| it.code.as_str() == "GAMMA")
    };
    assert!(!is_sold());
    let change = &company.app.proposed_changes().unwrap()[0];
    assert_eq!(change.object, "product/GAMMA");
    assert!(
        change
            .diff
            .iter()
            .any(|field| field.field == "prices" && field.after.contains("99"))
    );
    let own =
        json!({ "change": answer["proposed_change"], "decision": "approve", "reason": "mine" });
    assert_eq!(
        refused(company.tries("Ana", "decide_change", own))[0].0,
        "same_person"
    );
    let other =
        json!({ "change": answer["proposed_change"], "decision": "approve", "reason": "checked" });
    company.tries("li", "decide_change", other).unwrap();
    assert!(is_sold());
    let record = &company.app.proposed_changes().unwrap()[0];
    assert_eq!(
        (
            record.state.as_str(),
            record.maker.as_str(),
            record.checker.as_deref()
        ),
        ("applied", "ana", Some("li"))
    );
}

#[test]
fn two_regions_with_other_stages_post_through_one_template() {
    let company = Company::new();
    company.deal("006A", "DE", "ALPHA", |record| {
        record["StageName"] = json!("Gewonnen")
    });
    company.deal("006B", "US", "ALPHA", |record| {
        record["StageName"] = json!("Closed Won")
    });
    company.does("run_billing", json!({ "through": "2026-01-31" }));
    let rows = company
        .app
        .journals(&app::query::ListFilter::default(), None)
        .unwrap();
    let rules: Vec<&str> = rows.items.iter().map(|row| row.rule.as_str()).collect();
    assert_eq!(rules.len(), 2);
    assert_eq!(rules[0], rules[1]);
}

#[test]
fn every_operation_and_inbox_source_of_the_code_belongs_to_one_flow() {
    let register =
        control::flow::FlowRegister::read(control::flow::FlowRegister::STANDARD).unwrap();
    let mut operations = std::collections::BTreeSet::new();
    read_sources(
        &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut |text| {
            for system in ["netsuite", "stripe", "adyen", "salesforce"] {
                let start = format!("\"{system}.");
                for (at, _) in text.match_indices(&start) {
                    let name: String = text[at + 1..].chars().take_while(|c| *c != '"').collect();
                    let is_name = name
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b == b'.' || b == b'_');
                    if is_name {
                        operations.insert(name);
                    }
                }
            }
        },
    );
    assert!(operations.len() >= 5, "{operations:?}");
    for operation in &operations {
        assert!(
            register.of_operation(operation).is_some(),
            "{operation} belongs to no flow"
        );
    }
    for flow in &register.flows {
        for operation in &flow.operations {
            assert!(
                operations.contains(operation),
                "{operation} of {} is in no code",
                flow.id
            );
        }
    }
    for (source, kind) in [
        ("salesforce", "Opportunity"),
        ("stripe", "payment_intent.succeeded"),
    ] {
        assert!(register.of_inbox(source, kind).is_some(), "{source} {kind}");
    }
}

fn read_sources(folder: &std::path::Path, each: &mut impl FnMut(&str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_sources(&path, each);
        } else if path.extension().is_some_and(|it| it == "rs") {
            each(&std::fs::read_to_string(&path).unwrap());
        }
    }
}
