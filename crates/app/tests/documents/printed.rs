//! Documents that come out of the books, printed: the official rules of EN 16931 find nothing in them, they
//! say what was paid and by which registrations tax was decided, and they stay as they are.

use super::official_rules::findings;
use app::command::Command;
use app::printing::PaperForm;
use app::query::ListFilter;
use app::story::{Ending, run};
use serde_json::{Value, json};

/// What a German seller sells at home and abroad, with tax, without and with tax in the price; some of
/// it is paid in advance and some for others. Nothing is billed before the first evening.
const BEGIN: &str = r#"
entities: [ { id: DE, name: Beispiel GmbH, currency: EUR, time_zone: Europe/Berlin } ]
taxes: [ { entity: DE, rate: 0.19, name: VAT 19 % } ]
catalogue:
  - { code: CORE, name: Core, prices: [ { currency: EUR, billing: monthly, charge: { model: flat, amount: 100.00 } } ] }
  - { code: SEAT, name: Seats, prices: [ { currency: EUR, billing: monthly, charge: { model: per_unit, unit_price: 9.99 } } ] }
  - { code: COURSE, name: Course, tax_code: training, prices: [ { currency: EUR, billing: monthly, charge: { model: flat, amount: 50.00 } } ] }
customers:
  - { id: lumiere, legal_name: Lumière SAS }
  - { id: rathaus, legal_name: Stadt Musterhausen }
  - { id: nord, legal_name: Nord AG }
  - { id: heim, legal_name: Heim GmbH }
  - { id: meridian, legal_name: Meridian GmbH }
  - { id: holding, legal_name: Holding AG }
  - { id: hafen, legal_name: Hafen GmbH }
automatic: { billing: true, recognition: false, collection: false }
steps:
  - on: 2026-01-01
    propose_configuration:
      kind: tax
      reason: the entity sells abroad
      body: |
        { "rates": [ { "entity": "DE", "tax_code": "standard", "rate": "0.19", "from": "2000-01-01", "name": "VAT 19 %" } ],
          "sellers": [ { "entity": "DE", "country": "DE", "vat_id": "DE123456789" } ],
          "untaxed": [ { "entity": "DE", "tax_code": "training", "category": "E", "reason": "Education", "from": "2020-01-01" } ] }
    approved_by: li
  - set_letterhead: { entity: DE, letterhead: { name: Beispiel GmbH, address: { lines: [ Weg 1 ], postcode: "20457", city: Hamburg, country: DE },
      bank_accounts: [ { account: DE89370400440532013000 } ], language: de } }
  - set_tax_profile: { customer: lumiere, tax: { country: FR, vat_id: FR40303265045 } }
  - set_tax_profile: { customer: rathaus, tax: { country: DE, certificates: [ { number: M-7, country: DE, from: 2026-01-01, reason: Public body } ] } }
  - set_billing_details: { customer: nord, details: { address: { country: DE } } }
  - set_billing_details: { customer: heim, details: { address: { country: DE } } }
  - set_billing_details: { customer: meridian, details: { address: { country: DE } } }
  - set_billing_details: { customer: holding, details: { address: { country: DE } } }
  - change_customer: { customer: hafen, parent: holding, reason: bought }
    approved_by: dana
  - set_consolidation: { customer: holding, policy: parent_pays, reason: the group pays at once }
    approved_by: dana
  - record_payment: { id: P-1, customer: meridian, amount: 80.00 }
  - grant_credit: { id: G-1, customer: meridian, payment: P-1, amount: 80.00, reason: a pack }
  - grant_credit: { id: G-2, customer: meridian, amount: 10.00, priority: 1, reason: welcome }
  - activate_contract: { id: C-lumiere, customer: lumiere, entity: DE, start: 2026-01-01, end: 2026-12-31, lines: [ { product: CORE, component: lumiere } ] }
  - activate_contract: { id: C-rathaus, customer: rathaus, entity: DE, start: 2026-01-01, end: 2026-12-31, lines: [ { product: CORE, component: rathaus } ] }
  - activate_contract: { id: C-nord, customer: nord, entity: DE, start: 2026-01-01, end: 2026-12-31, references: [ { system: nord, kind: purchase_order, id: "4711" } ],
      lines: [ { product: CORE, component: nord }, { product: COURSE, component: course } ] }
  - activate_contract: { id: C-heim, customer: heim, entity: DE, start: 2026-01-01, end: 2026-12-31, lines: [ { product: SEAT, component: heim, quantity: 3, price_includes_tax: true } ] }
  - activate_contract: { id: C-meridian, customer: meridian, entity: DE, start: 2026-01-01, end: 2026-12-31, lines: [ { product: CORE, component: meridian } ] }
  - activate_contract: { id: C-holding, customer: holding, entity: DE, start: 2026-01-01, end: 2026-12-31, lines: [ { product: CORE, component: holding } ] }
  - activate_contract: { id: C-hafen, customer: hafen, entity: DE, start: 2026-01-01, end: 2026-12-31, lines: [ { product: SEAT, component: hafen, quantity: 7 } ] }
"#;

fn told(more: &str) -> Ending {
    run(&format!("{BEGIN}{more}")).unwrap_or_else(|fault| panic!("{fault}"))
}

fn act(ending: &Ending, name: &str, body: Value) -> Value {
    let command = Command::read(name, body).unwrap();
    ending.app.act("li", command).unwrap()
}

/// Numbers of the documents of a customer, oldest first.
fn numbers(ending: &Ending, customer: &str) -> Vec<String> {
    let filter = ListFilter {
        customer: Some(customer.to_owned()),
        ..ListFilter::default()
    };
    let rows = ending.app.invoices(&filter, None).unwrap().items;
    rows.into_iter().rev().map(|row| row.number).collect()
}

fn printed(ending: &Ending, number: &str, form: PaperForm) -> Vec<u8> {
    let printed = ending.app.print(number, None, form);
    printed
        .unwrap_or_else(|fault| panic!("{number}: {fault}"))
        .unwrap_or_else(|| panic!("{number} is not there"))
        .bytes
}

fn ubl(ending: &Ending, number: &str) -> String {
    String::from_utf8(printed(ending, number, PaperForm::Ubl)).unwrap()
}

/// The first document of a customer as UBL.
fn first(ending: &Ending, customer: &str) -> String {
    let number = numbers(ending, customer).remove(0);
    ubl(ending, &number)
}

fn has(xml: &str, wanted: &[&str]) {
    for words in wanted {
        assert!(xml.contains(words), "{words:?} is not in {xml}");
    }
}

#[test]
fn the_official_rules_find_nothing_in_what_the_books_issue() {
    let ending = told("  - on: 2026-01-10\n");
    let invoice = numbers(&ending, "nord").remove(0);
    act(
        &ending,
        "issue_credit_note",
        json!({ "invoice": invoice, "reason": "a week without service", "amount": "30.00" }),
    );
    let invoice = numbers(&ending, "heim").remove(0);
    act(
        &ending,
        "issue_credit_note",
        json!({ "invoice": invoice, "reason": "wrong customer", "full": true }),
    );
    let mut documents = Vec::new();
    for customer in ["lumiere", "rathaus", "nord", "heim", "meridian", "holding"] {
        for number in numbers(&ending, customer) {
            let pdf = printed(&ending, &number, PaperForm::Pdf);
            assert!(pdf.starts_with(b"%PDF-"), "{number}");
            documents.push((
                format!("{customer}-{number}.xml"),
                printed(&ending, &number, PaperForm::Ubl),
            ));
        }
    }
    let names: Vec<&str> = documents.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.len(), 8, "{names:?}");
    assert_eq!(findings(&documents), Vec::<String>::new());
    // Every case is among them: each category, a credit note, a price with tax in it, credit, a group.
    let all: String = documents
        .iter()
        .map(|(_, bytes)| String::from_utf8_lossy(bytes))
        .collect();
    has(
        &all,
        &[
            "<cbc:ID>S</cbc:ID>",
            "<cbc:ID>E</cbc:ID>",
            "<cbc:ID>AE</cbc:ID>",
            "<CreditNote ",
            "<cbc:PrepaidAmount currencyID=\"EUR\">90.00</cbc:PrepaidAmount>",
            "<cbc:PayableAmount currencyID=\"EUR\">29.97</cbc:PayableAmount>",
            "<cbc:Note>C-hafen · Hafen GmbH · ",
        ],
    );
}

#[test]
fn the_official_rules_look_at_what_the_books_issue() {
    let ending = told("");
    let whole = first(&ending, "lumiere");
    let broken = whole.replace("<cbc:CompanyID>FR40303265045</cbc:CompanyID>", "");
    assert_ne!(whole, broken);
    let found = findings(&[("broken.xml".to_owned(), broken.into_bytes())]);
    assert!(
        found.iter().any(|told| told.contains("BR-AE-02")),
        "{found:#?}"
    );
}

#[test]
fn prepaid_credit_stands_on_the_invoice_that_it_paid_and_on_its_page() {
    // Everything happens in the moment of the issue, so that nothing but the order can tell.
    let ending = told("");
    let number = numbers(&ending, "meridian").remove(0);
    let xml = ubl(&ending, &number);
    has(
        &xml,
        &[
            "<cbc:TaxInclusiveAmount currencyID=\"EUR\">119.00</cbc:TaxInclusiveAmount>",
            "<cbc:PrepaidAmount currencyID=\"EUR\">90.00</cbc:PrepaidAmount>",
            "<cbc:PayableAmount currencyID=\"EUR\">29.00</cbc:PayableAmount>",
        ],
    );
    let movements = || -> Vec<(String, String, String)> {
        let page = ending.app.invoice(&number).unwrap().unwrap();
        page.movements
            .into_iter()
            .map(|it| (it.title, it.object, it.amount.to_string()))
            .collect()
    };
    let used = |grant: &str, amount: &str| {
        let title = "Prepaid credit used".to_owned();
        (title, grant.to_owned(), amount.to_owned())
    };
    let both = [used("G-2", "10.00 EUR"), used("G-1", "80.00 EUR")];
    assert_eq!(movements(), both);

    // What goes back to the grants later stands on the page and changes no paper.
    let pdf = printed(&ending, &number, PaperForm::Pdf);
    act(
        &ending,
        "issue_credit_note",
        json!({ "invoice": number, "reason": "given up", "full": true }),
    );
    let back: Vec<String> = movements().into_iter().map(|(title, ..)| title).collect();
    assert_eq!(
        back.iter()
            .filter(|it| *it == "Prepaid credit returned")
            .count(),
        2,
        "{back:?}"
    );
    assert_eq!(ubl(&ending, &number), xml);
    assert!(
        printed(&ending, &number, PaperForm::Pdf) == pdf,
        "the paper has changed"
    );
}

#[test]
fn an_invoice_under_reverse_charge_names_both_registrations_and_keeps_them() {
    let ending = told("");
    let xml = first(&ending, "lumiere");
    has(
        &xml,
        &[
            "<cbc:CompanyID>FR40303265045</cbc:CompanyID>",
            "<cbc:CompanyID>DE123456789</cbc:CompanyID>",
            "<cbc:IdentificationCode>FR</cbc:IdentificationCode>",
            "<cbc:TaxExemptionReason>",
            "<cbc:PayableAmount currencyID=\"EUR\">100.00</cbc:PayableAmount>",
        ],
    );
    let later = told(
        "  - on: 2026-01-20
    set_tax_profile: { customer: lumiere, tax: { country: BE, vat_id: BE0203201340 } }
  - advance_to: 2026-02-02
",
    );
    let all = numbers(&later, "lumiere");
    assert_eq!(ubl(&later, &all[0]), xml, "what is out stays as it is");
    has(
        &ubl(&later, &all[1]),
        &["<cbc:CompanyID>BE0203201340</cbc:CompanyID>"],
    );
    // A profile that is set later says nothing of what was issued before.
    act(
        &later,
        "set_tax_profile",
        json!({ "customer": "nord", "tax": { "country": "DE", "vat_id": "DE811569869" } }),
    );
    let domestic = first(&later, "nord");
    assert!(!domestic.contains("DE811569869"), "{domestic}");
}

#[test]
fn the_billing_details_come_before_the_tax_profile() {
    let ending = told(
        "  - set_billing_details: { customer: lumiere, details: { address: { country: LU }, vat_id: FR83404833048 } }\n",
    );
    let xml = first(&ending, "lumiere");
    has(
        &xml,
        &[
            "<cbc:CompanyID>FR83404833048</cbc:CompanyID>",
            "<cbc:IdentificationCode>LU</cbc:IdentificationCode>",
        ],
    );
    assert!(!xml.contains("FR40303265045"), "{xml}");
}

#[test]
fn a_price_with_tax_in_it_is_what_is_to_be_paid() {
    let ending = told("");
    has(
        &first(&ending, "heim"),
        &[
            "<cbc:LineExtensionAmount currencyID=\"EUR\">25.18</cbc:LineExtensionAmount>",
            "<cbc:TaxAmount currencyID=\"EUR\">4.79</cbc:TaxAmount>",
            "<cbc:PayableAmount currencyID=\"EUR\">29.97</cbc:PayableAmount>",
        ],
    );
}

#[test]
fn the_order_of_the_buyer_stands_on_its_invoices() {
    let ending = told("");
    let squeezed: String = first(&ending, "nord").split_whitespace().collect();
    has(
        &squeezed,
        &["<cac:OrderReference><cbc:ID>4711</cbc:ID></cac:OrderReference>"],
    );
    assert!(!first(&ending, "heim").contains("OrderReference"));
}
