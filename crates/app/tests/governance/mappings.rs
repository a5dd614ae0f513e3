//! Mappings, the stage gate of the CRM, and deviations from the template.

use super::{Company, refused};
use app::governance::standard_text;
use app::{AppFault, intake};
use control::change::ConfigurationKind;
use serde_json::{Value, json};

#[test]
fn an_unknown_value_of_the_crm_is_an_exception_and_goes_on_once_it_is_mapped() {
    let company = Company::new();
    company.deal("006A", "DE", "ALPHA", |record| {
        record["Billing_Frequency__c"] = json!("Every month")
    });
    assert_eq!(company.status("006A").0, "open");
    let told = company.open_about("unmapped_value");
    assert!(
        told[0].1.contains("Every month") && told[0].1.contains("order.billing_frequency"),
        "{told:?}"
    );
    let coverage = company.app.mapping_coverage(30).unwrap();
    let frequency = coverage
        .iter()
        .find(|row| row.field == "order.billing_frequency")
        .unwrap();
    assert_eq!(
        (
            frequency.values,
            frequency.mapped,
            frequency.unmapped[0].value.as_str()
        ),
        (1, 0, "Every month")
    );
    let text = standard_text(ConfigurationKind::MappingSalesforce).replacen(
        "\"Monthly\" = \"monthly\"",
        "\"Monthly\" = \"monthly\"\n\"Every month\" = \"monthly\"",
        1,
    );
    let (impact, _) = company
        .app
        .configuration_impact(ConfigurationKind::MappingSalesforce, &text, 30)
        .unwrap();
    assert_eq!(impact.would_go_on, 1);
    company.changes(ConfigurationKind::MappingSalesforce, &text, None);
    company
        .app
        .run("test", |tx, context| {
            intake::retry_held(tx, context, "salesforce")
        })
        .unwrap();
    company.works();
    assert_eq!(company.status("006A").0, "confirmed");
    assert!(company.open_about("unmapped_value").is_empty());
}

#[test]
fn product_codes_and_entities_are_mapped_and_finance_notices_nothing() {
    let company = Company::new();
    let text = format!(
        "{}\n[[values]]\nfield = \"order.product\"\nmap = {{ \"alpha-2026\" = \"ALPHA\" }}\n\n[[values]]\nfield = \"order.entity\"\nmap = {{ \"Germany\" = \"DE\" }}\n",
        standard_text(ConfigurationKind::MappingSalesforce)
    );
    company.changes(ConfigurationKind::MappingSalesforce, &text, None);
    company.deal("006A", "DE", "alpha-2026", |record| {
        record["Tieout_Entity__c"] = json!("Germany")
    });
    assert_eq!(company.status("006A").0, "confirmed");
    company.does("run_billing", json!({ "through": "2026-01-31" }));
    // The new words of the CRM met the rules of finance as they were.
    let told = company.app.reproduce_postings(30).unwrap();
    assert_eq!((told.journals, told.reproduced), (1, 1));
    let wrong = company.tries(
        "ana",
        "propose_configuration",
        json!({ "kind": "mapping_salesforce", "reason": "x",
        "body": text.replacen("\"Monthly\" = \"monthly\"", "\"Monthly\" = \"moonly\"", 1) }),
    );
    assert!(refused(wrong)[0].1.contains("moonly"));
}

#[test]
fn the_coverage_names_what_is_not_mapped() {
    let company = Company::new();
    let text = format!(
        "{}\n[[values]]\nfield = \"ledger.currency\"\nround_trip = true\nmap = {{ EUR = \"4\" }}\n",
        standard_text(ConfigurationKind::MappingNetsuite)
    );
    company.changes(ConfigurationKind::MappingNetsuite, &text, None);
    let coverage = company.app.mapping_coverage(30).unwrap();
    let currency = coverage
        .iter()
        .find(|row| row.field == "ledger.currency")
        .unwrap();
    assert_eq!((currency.values, currency.mapped), (2, 1));
    assert_eq!(currency.unmapped[0].value, "USD");
}

#[test]
fn the_stage_gate_says_what_intake_would_say() {
    let company = Company::new();
    let check = |body: Value| company.tries("crm", "check_order", body).unwrap();
    let good = json!({ "opportunity": "006A", "account": "acc", "currency": "EUR", "entity": "DE", "start": "2026-01-01", "end": "2026-12-31",
        "frequency": "Monthly", "lines": [{ "product": "ALPHA", "quantity": "3", "unit_price": "10" }] });
    let answer = check(good.clone());
    assert_eq!(
        (
            answer["can_be_won"].as_bool(),
            answer["value"]["amount"].as_str()
        ),
        (Some(true), Some("360.00")),
        "{answer}"
    );
    let mut bad = good.clone();
    bad["lines"] = json!([{ "product": "OMEGA", "quantity": "0" }]);
    bad["end"] = json!("2025-12-31");
    bad["frequency"] = json!("Sometimes");
    let answer = check(bad.clone());
    let codes: Vec<&str> = answer["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["code"].as_str().unwrap())
        .collect();
    for code in [
        "unmapped_value",
        "unknown_product",
        "quantity_not_positive",
        "end_before_start",
    ] {
        assert!(codes.contains(&code), "{codes:?}");
    }
    assert_eq!(answer["can_be_won"], false);
    // Nothing was recorded, and intake says the same of the same deal.
    assert_eq!(
        company
            .app
            .store()
            .read(|tx| store::contracts::sums(tx).map_err(AppFault::from))
            .unwrap()
            .len(),
        0
    );
    // A bypass needs another person.
    let asked = company
        .tries(
            "sam",
            "request_order_bypass",
            json!({ "opportunity": "006A", "reason": "signed today, product follows on Monday" }),
        )
        .unwrap();
    assert_eq!(check(bad.clone())["can_be_won"], false);
    let decision = |who: &str| {
        company.tries(who, "decide_change", json!({ "change": asked["proposed_change"], "decision": "approve", "reason": "until Monday" }))
    };
    assert_eq!(refused(decision("sam"))[0].0, "same_person");
    decision("bill").unwrap();
    let answer = check(bad);
    assert_eq!(answer["can_be_won"], true);
    assert!(
        answer["bypass"].as_str().unwrap().contains("bill"),
        "{answer}"
    );
}

#[test]
fn a_local_value_holds_where_it_was_approved_until_its_last_day() {
    let company = Company::new();
    let ask = |key: &str, until: Option<&str>| {
        company.tries("ana", "record_deviation", json!({
        "class": "legacy", "title": "60 days in Germany", "reason": "contracts of the acquired company",
        "entity": "DE", "key": key, "value": "60", "until": until }))
    };
    assert!(
        refused(ask("payment_terms_days", None))[0]
            .1
            .contains("end date")
    );
    assert!(
        refused(ask("posting_rules", Some("2026-06-30")))[0]
            .1
            .contains("cannot be overridden")
    );
    let made = ask("payment_terms_days", Some("2026-06-30")).unwrap();
    let due = |id: &str, entity: &str| {
        company.deal(id, entity, "ALPHA", |_| {});
        company.does("run_billing", json!({ "through": "2026-01-31" }));
        let page = company
            .app
            .invoices(&app::query::ListFilter::default(), None)
            .unwrap();
        let row = &page.items[0];
        row.issued.until(row.due).unwrap().get_days()
    };
    assert_eq!(due("006A", "DE"), 30);
    company
        .tries(
            "li",
            "decide_deviation",
            json!({ "deviation": made["deviation"], "decision": "approve", "reason": "agreed" }),
        )
        .unwrap();
    assert_eq!(due("006B", "DE"), 60);
    assert_eq!(due("006C", "US"), 30);
    let register = company.app.deviations().unwrap();
    assert_eq!(
        (
            register[0].standing.as_str(),
            register[0].template.as_deref(),
            register[0].value.as_deref()
        ),
        ("in_force", Some("30"), Some("60"))
    );
    // After its last day it holds no more and somebody is told.
    company
        .clock
        .move_to("2026-07-01T08:00:00Z".parse().unwrap());
    assert_eq!(company.app.check_deviations("daily").unwrap(), 1);
    assert_eq!(company.open_about("deviation_expired").len(), 1);
    assert_eq!(company.app.deviations().unwrap()[0].standing, "overdue");
    company.does(
        "end_deviation",
        json!({ "deviation": made["deviation"], "reason": "migrated" }),
    );
    assert!(company.open_about("deviation_expired").is_empty());
}
