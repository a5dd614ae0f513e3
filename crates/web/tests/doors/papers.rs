//! Invoices and credit notes as files, and the letterheads that stand on them.

use crate::support::House;
use control::Role;
use serde_json::{Value, json};
use values::Instant;

fn letterhead(city: &str) -> Value {
    json!({ "letterhead": {
        "name": "Northwind Inc.",
        "address": { "lines": ["500 Harbor Way"], "city": city, "region": "WA", "postcode": "98101", "country": "US" },
        "tax_number": "91-1234567",
        "vat_id": "US911234567",
        "registration": { "number": "604 123 456", "register": "State of Washington" },
        "bank_accounts": [{ "bank": "Harbor Bank", "account": "021000021 / 123456789", "bic": "HRBRUS33" }],
        "terms": "Payable within 30 days."
    }})
}

const DETAILS: &str = r#"{ "details": {
    "address": { "lines": ["1 Main Street"], "city": "Austin", "postcode": "73301", "country": "US" },
    "reference": "PO-11"
}}"#;

async fn billed(house: &House) -> String {
    house.with_contract().await;
    let run = house
        .does(
            Role::BillingAnalyst,
            "/api/v1/billing-runs",
            json!({ "through": "2026-02-28" }),
        )
        .await;
    run["documents"][0].as_str().unwrap().to_owned()
}

async fn set(house: &House, key: &str, city: &str) -> Value {
    let token = house.token(Role::Administrator);
    let path = "/api/v1/entities/US/letterhead";
    let reply = house.post(&token, key, path, &letterhead(city)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

async fn detailed(house: &House) {
    let token = house.token(Role::BillingAnalyst);
    let path = "/api/v1/customers/acme/billing-details";
    let reply = house.post_text(&token, "details", path, DETAILS).await;
    assert!(reply.status.is_success(), "{}", reply.text);
}

#[tokio::test]
async fn an_invoice_is_a_pdf_and_an_en16931_document() {
    let house = House::new();
    let invoice = billed(&house).await;
    let token = house.token(Role::BillingAnalyst);
    let refused = house
        .get(&token, &format!("/api/v1/invoices/{invoice}/ubl"))
        .await;
    let told = refused.problem(422, "refused").to_string();
    assert!(
        told.contains("the seller's country is missing (BR-09)"),
        "{told}"
    );
    assert!(
        told.contains("set `address.country` in the billing details"),
        "{told}"
    );
    // Paper needs less: it prints before anything is set up.
    let bare = house
        .get(&token, &format!("/api/v1/invoices/{invoice}/pdf"))
        .await;
    assert_eq!(bare.status, 200, "{}", bare.text);

    set(&house, "first", "Seattle").await;
    detailed(&house).await;
    let ubl = house
        .get(&token, &format!("/api/v1/invoices/{invoice}/ubl"))
        .await;
    assert_eq!(ubl.status, 200, "{}", ubl.text);
    assert_eq!(ubl.header("content-type"), "application/xml");
    for words in [
        "urn:cen.eu:en16931:2017",
        ">380<",
        "Seattle",
        "PO-11",
        "Austin",
    ] {
        assert!(ubl.text.contains(words), "{words} is not in {}", ubl.text);
    }
    let pdf = house
        .get(&token, &format!("/api/v1/invoices/{invoice}/pdf"))
        .await;
    assert_eq!(pdf.status, 200);
    assert!(pdf.text.starts_with("%PDF-1.7"));
    assert_eq!(pdf.header("content-type"), "application/pdf");
    assert_eq!(
        pdf.header("content-disposition"),
        "attachment; filename=\"US-2026-00001.pdf\""
    );
    assert_eq!(pdf.header("x-content-type-options"), "nosniff");
    assert_eq!(pdf.header("cache-control"), "no-store");
    assert!(
        pdf.header("content-security-policy")
            .contains("default-src 'none'")
    );
    // By number too, and only as what it is.
    let numbered = house
        .get(&token, "/api/v1/invoices/US-2026-00001/pdf")
        .await;
    assert_eq!(numbered.text, pdf.text, "the same document prints the same");
    house
        .get(&token, &format!("/api/v1/credit-notes/{invoice}/pdf"))
        .await
        .problem(404, "not_found");
    house
        .get(
            &house.token(Role::Administrator),
            &format!("/api/v1/invoices/{invoice}/pdf"),
        )
        .await
        .problem(403, "forbidden");
}

#[tokio::test]
async fn a_credit_note_is_a_381_that_names_its_invoice() {
    let house = House::new();
    let invoice = billed(&house).await;
    set(&house, "first", "Seattle").await;
    detailed(&house).await;
    let credit = json!({ "invoice": invoice, "reason": "Outage", "fraction": "0.5" });
    let credit = house
        .does(Role::Controller, "/api/v1/credit-notes", credit)
        .await;
    let note = credit["credit_note"].as_str().unwrap().to_owned();
    let token = house.token(Role::Controller);
    let ubl = house
        .get(&token, &format!("/api/v1/credit-notes/{note}/ubl"))
        .await;
    assert_eq!(ubl.status, 200, "{}", ubl.text);
    for words in [
        "<CreditNote",
        ">381<",
        "US-2026-00001",
        "Outage",
        "CreditNoteLine",
    ] {
        assert!(ubl.text.contains(words), "{words} is not in {}", ubl.text);
    }
    let pdf = house
        .get(&token, &format!("/api/v1/credit-notes/{note}/pdf"))
        .await;
    assert_eq!(pdf.status, 200, "{}", pdf.text);
}

#[tokio::test]
async fn a_document_that_is_out_keeps_its_letterhead() {
    let house = House::new();
    assert!(billed(&house).await.starts_with("inv"));
    let first = set(&house, "first", "Seattle").await;
    assert_eq!(first["version"], 1);
    detailed(&house).await;
    let token = house.token(Role::Controller);
    let path = "/api/v1/invoices/US-2026-00001/ubl";
    let before = house.get(&token, path).await.text;
    house
        .clock
        .move_to("2026-03-10T12:00:00Z".parse::<Instant>().unwrap());
    assert_eq!(set(&house, "second", "Tacoma").await["version"], 2);
    assert_eq!(set(&house, "again", "Tacoma").await["version"], 2);
    let run = house
        .does(
            Role::BillingAnalyst,
            "/api/v1/billing-runs",
            json!({ "through": "2026-03-31" }),
        )
        .await;
    let later = run["documents"][0].as_str().unwrap().to_owned();
    assert_eq!(house.get(&token, path).await.text, before);
    let later = house
        .get(&token, &format!("/api/v1/invoices/{later}/ubl"))
        .await;
    assert!(later.text.contains("Tacoma"), "{}", later.text);
    let now = house
        .get(&token, "/api/v1/entities/US/letterhead")
        .await
        .json();
    assert_eq!(now["letterhead"]["address"]["city"], "Tacoma");
    let details = house
        .get(&token, "/api/v1/customers/acme/billing-details")
        .await
        .json();
    assert_eq!(details["details"]["reference"], "PO-11");
}

#[tokio::test]
async fn a_bad_letterhead_is_refused_field_by_field() {
    let house = House::new();
    billed(&house).await;
    let token = house.token(Role::Administrator);
    let mut body = letterhead("Seattle");
    body["letterhead"]["address"]["country"] = json!("USA");
    body["letterhead"]["bank_accounts"][0]["account"] = json!("DE89 3704 0044 0532 0130 01");
    let reply = house
        .post(&token, "bad", "/api/v1/entities/US/letterhead", &body)
        .await;
    let told = reply.problem(422, "refused").to_string();
    for words in [
        "letterhead.address.country",
        "USA",
        "letterhead.bank_accounts[0].account",
        "check digits",
    ] {
        assert!(told.contains(words), "{words} is not in {told}");
    }
}

#[tokio::test]
async fn a_bill_between_entities_and_its_credit_note_are_files_by_their_numbers() {
    let house = House::new();
    house.with_contract().await;
    set(&house, "first", "Seattle").await;
    let other = json!({ "id": "IE", "name": "Northwind Ltd.", "currency": "EUR", "time_zone": "Europe/Dublin" });
    house
        .does(Role::Administrator, "/api/v1/entities", other)
        .await;
    let body = json!({ "seller": "US", "buyer": "IE", "description": "support", "cost": "10.00", "markup": "0.05", "on": "2026-01-31" });
    house
        .does(Role::Controller, "/api/v1/intercompany", body)
        .await;
    let undo = json!({ "reason": "charged twice" });
    let undone = house
        .does(
            Role::Controller,
            "/api/v1/intercompany/IC-US-00001/undo",
            undo,
        )
        .await;
    assert_eq!(undone["credit_note"], "IC-US-CN-00001");
    let token = house.token(Role::Controller);
    for number in ["IC-US-00001", "IC-US-CN-00001"] {
        let path = format!("/api/v1/intercompany/{number}/pdf");
        let pdf = house.get(&token, &path).await;
        assert_eq!(pdf.status, 200, "{}", pdf.text);
        assert_eq!(pdf.header("content-type"), "application/pdf");
        let place = format!("attachment; filename=\"{number}.pdf\"");
        assert_eq!(pdf.header("content-disposition"), place);
        // Nobody has said how it stands towards VAT.
        let ubl = house
            .get(&token, &format!("/api/v1/intercompany/{number}/ubl"))
            .await;
        let told = ubl.problem(422, "refused").to_string();
        assert!(told.contains("how bills of Northwind Inc."), "{told}");
    }
    let none = house
        .get(&token, "/api/v1/intercompany/IC-US-00009/pdf")
        .await;
    assert_eq!(none.status, 404, "{}", none.text);
    // It is of the books: who sells may not have it.
    let sales = house.token(Role::Sales);
    let refused = house
        .get(&sales, "/api/v1/intercompany/IC-US-00001/pdf")
        .await;
    assert_eq!(refused.status, 403, "{}", refused.text);
}
