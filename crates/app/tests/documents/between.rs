//! What legal entities bill each other, on paper: under numbers without gaps, as both were when it was
//! issued, and taken back by a credit note.

use super::official_rules::findings;
use app::AppFault;
use app::command::Command;
use app::printing::{PaperForm, Printed};
use app::story::{Ending, run};
use serde_json::{Value, json};

const GROUP: &str = r#"
entities:
  - { id: DE, name: Beispiel GmbH, currency: EUR, time_zone: Europe/Berlin }
  - { id: IE, name: Example Ltd., currency: EUR, time_zone: Europe/Dublin }
automatic: { billing: false, recognition: false, collection: false }
steps:
  - on: 2026-01-31
    set_letterhead: { entity: DE, letterhead: { name: Beispiel GmbH, address: { lines: [ Weg 1 ], postcode: "20457", city: Hamburg, country: DE },
      vat_id: DE123456789, bank_accounts: [ { account: DE89370400440532013000 } ], terms: Payable within 30 days,
      zero_rates: [ { tax_code: intercompany, category: AE, reason: Reverse charge } ] } }
  - set_letterhead: { entity: IE, letterhead: { name: Example Limited, address: { lines: [ 1 Quay ], city: Dublin, country: IE },
      vat_id: IE1234567T } }
"#;

fn group() -> Ending {
    run(GROUP).unwrap_or_else(|fault| panic!("{fault}"))
}

fn tries(group: &Ending, name: &str, body: Value) -> Result<Value, AppFault> {
    group.app.act("ana", Command::read(name, body).unwrap())
}

fn does(group: &Ending, name: &str, body: Value) -> Value {
    tries(group, name, body).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

fn bill(group: &Ending, seller: &str, buyer: &str) -> String {
    let body = json!({ "seller": seller, "buyer": buyer, "description": "support team", "currency": "EUR",
                       "cost": "1000.01", "markup": "0.05", "on": "2026-01-31" });
    let pair = does(group, "bill_entity", body);
    pair["pair"].as_str().unwrap().to_owned()
}

fn undo(group: &Ending, pair: &str) -> String {
    let body = json!({ "pair": pair, "reason": "charged to the wrong entity" });
    let undone = does(group, "undo_entity_bill", body);
    undone["credit_note"].as_str().unwrap().to_owned()
}

fn printed(group: &Ending, number: &str, form: PaperForm) -> Printed {
    let printed = group.app.print_between_entities(number, form);
    printed
        .unwrap_or_else(|fault| panic!("{number}: {fault}"))
        .unwrap_or_else(|| panic!("{number} is not there"))
}

fn ubl(group: &Ending, number: &str) -> String {
    String::from_utf8(printed(group, number, PaperForm::Ubl).bytes).unwrap()
}

#[test]
fn a_bill_is_an_invoice_of_the_seller_to_the_buyer_that_the_official_rules_accept() {
    let group = group();
    let number = bill(&group, "DE", "IE");
    assert_eq!(number, "IC-DE-00001");
    let invoice = ubl(&group, &number);
    for words in [
        "<cbc:ID>IC-DE-00001</cbc:ID>",
        "<cbc:IssueDate>2026-01-31</cbc:IssueDate>",
        "<cbc:RegistrationName>Beispiel GmbH</cbc:RegistrationName>",
        "<cbc:RegistrationName>Example Limited</cbc:RegistrationName>",
        "<cbc:CompanyID>IE1234567T</cbc:CompanyID>",
        "<cbc:PayableAmount currencyID=\"EUR\">1050.01</cbc:PayableAmount>",
        "1,000.01 EUR × 1.05",
        "support team",
        "Reverse charge",
    ] {
        assert!(invoice.contains(words), "{words:?} is not in {invoice}");
    }
    let pdf = printed(&group, &number, PaperForm::Pdf);
    assert_eq!(pdf.name, "IC-DE-00001.pdf");
    assert!(pdf.bytes.starts_with(b"%PDF-"));
    let attached = pdf.bytes.windows(11).any(|part| part == b"invoice.xml");
    assert!(attached, "no XML is in it");
    let credit = undo(&group, &number);
    let documents = [&number, &credit].map(|number| {
        let bytes = printed(&group, number, PaperForm::Ubl).bytes;
        (format!("{number}.xml"), bytes)
    });
    assert_eq!(findings(&documents), Vec::<String>::new());
}

#[test]
fn what_is_taken_back_is_credited_under_a_number_of_its_own_and_the_bill_stays_as_it_was() {
    let group = group();
    let number = bill(&group, "DE", "IE");
    let before = printed(&group, &number, PaperForm::Pdf);
    let credit = undo(&group, &number);
    assert_eq!(credit, "IC-DE-CN-00001");
    let note = ubl(&group, &credit);
    for words in [
        "<CreditNote ",
        "<cbc:ID>IC-DE-CN-00001</cbc:ID>",
        "<cbc:ID>IC-DE-00001</cbc:ID>",
        "charged to the wrong entity",
        "<cbc:PayableAmount currencyID=\"EUR\">1050.01</cbc:PayableAmount>",
    ] {
        assert!(note.contains(words), "{words:?} is not in {note}");
    }
    assert_eq!(printed(&group, &number, PaperForm::Pdf), before);
    let shown = &group.app.intercompany_pairs(None).unwrap().items[0];
    assert_eq!(shown.credit_note.as_deref(), Some("IC-DE-CN-00001"));
    assert_eq!(
        group
            .app
            .print_between_entities("IC-DE-00009", PaperForm::Pdf)
            .unwrap(),
        None
    );
}

#[test]
fn every_seller_has_series_of_its_own_and_what_is_refused_takes_no_number() {
    let group = group();
    assert_eq!(bill(&group, "DE", "IE"), "IC-DE-00001");
    let nothing = json!({ "seller": "DE", "buyer": "IE", "description": "x", "cost": "0", "markup": "0", "on": "2026-01-31" });
    assert!(tries(&group, "bill_entity", nothing).is_err());
    assert_eq!(bill(&group, "DE", "IE"), "IC-DE-00002");
    assert_eq!(bill(&group, "IE", "DE"), "IC-IE-00001");
    assert_eq!(undo(&group, "IC-DE-00002"), "IC-DE-CN-00001");
    assert_eq!(undo(&group, "IC-IE-00001"), "IC-IE-CN-00001");
    assert!(
        tries(
            &group,
            "undo_entity_bill",
            json!({ "pair": "IC-DE-00002", "reason": "again" })
        )
        .is_err()
    );
    assert_eq!(undo(&group, "IC-DE-00001"), "IC-DE-CN-00002");
}

#[test]
fn no_invoice_of_a_customer_can_take_a_number_of_a_bill_between_entities() {
    let group = group();
    for (field, pattern, whose) in [
        (
            "invoice_numbers",
            "IC-DE-{number}",
            "the intercompany bills of DE",
        ),
        (
            "credit_note_numbers",
            "IC-{entity}-CN-{number:3}",
            "the intercompany credit notes of IE",
        ),
    ] {
        let mut body = json!({ "entity": "IE", "policy": {} });
        body["policy"][field] = json!({ "pattern": pattern, "continuous": true });
        let refused = tries(&group, "set_invoice_policy", body)
            .unwrap_err()
            .to_string();
        assert!(refused.contains(whose), "{refused}");
    }
    // Nor those of an entity that comes later.
    let ahead = json!({ "pattern": "IC-FR-{number}", "continuous": true });
    let policy = json!({ "entity": "IE", "policy": { "invoice_numbers": ahead } });
    does(&group, "set_invoice_policy", policy);
    let entity = json!({ "id": "FR", "name": "Exemple SAS", "currency": "EUR", "time_zone": "Europe/Paris" });
    let refused = tries(&group, "create_entity", entity).unwrap_err();
    let told = refused.to_string();
    assert!(told.contains("the intercompany bills of FR"), "{told}");
}

#[test]
fn a_letterhead_that_changes_changes_no_bill_that_is_out() {
    let group = run(&format!(
        "{GROUP}  - bill_entity: {{ seller: DE, buyer: IE, description: support, cost: 10.00, markup: 0.00, on: 2026-01-31 }}
  - on: 2026-02-10
    set_letterhead: {{ entity: IE, letterhead: {{ name: Renamed Limited, address: {{ country: IE }}, vat_id: IE1234567T }} }}
"
    ))
    .unwrap();
    let later = bill(&group, "DE", "IE");
    for (number, name, other) in [
        ("IC-DE-00001", "Example Limited", "Renamed Limited"),
        (later.as_str(), "Renamed Limited", "Example Limited"),
    ] {
        let xml = ubl(&group, number);
        assert!(xml.contains(name) && !xml.contains(other), "{xml}");
    }
}

#[test]
fn without_letterheads_it_prints_with_the_names_and_its_xml_says_what_is_missing() {
    let (head, _) = GROUP.split_once("  - on:").unwrap();
    let bare = format!("{head}  - on: 2026-01-31\n    note: nothing is set\n");
    let (stated, _) = GROUP.split_once("zero_rates").unwrap();
    let (_, buyer) = GROUP.split_once("Reverse charge } ]").unwrap();
    let whose = "how bills of Beispiel GmbH to other entities stand towards VAT";
    for story in [bare, format!("{stated}tax_number: \"1\"{buyer}")] {
        let group = run(&story).unwrap();
        let number = bill(&group, "DE", "IE");
        let pdf = printed(&group, &number, PaperForm::Pdf);
        assert!(pdf.bytes.starts_with(b"%PDF-"));
        // No program reads out of it what nobody has said.
        let attached = pdf.bytes.windows(11).any(|part| part == b"invoice.xml");
        assert!(!attached, "an XML is in it");
        let refused = group.app.print_between_entities(&number, PaperForm::Ubl);
        let told = refused.unwrap_err().to_string();
        assert!(told.contains(whose), "{told}");
        assert!(told.contains("`zero_rates`"), "{told}");
    }
}
