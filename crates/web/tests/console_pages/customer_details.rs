//! What a billing analyst changes of a customer that is there: what stands on its documents, how it
//! stands towards tax, its name and terms.

use super::{Reply, console_as, form, send, text};
use crate::sample::cash_desk::Carried;
use crate::sample::{CUSTOMER, CUSTOMER_DE, SampleSource};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use std::sync::Arc;

const ANALYST: &str = "billing_analyst";

fn path(part: &str) -> String {
    match part {
        "" => format!("/customers/{CUSTOMER}/details"),
        part => format!("/customers/{CUSTOMER}/details/{part}"),
    }
}

async fn seen(path: &str, role: &str) -> Reply {
    let source = Arc::new(SampleSource::default());
    let request = Request::get(path).body(Body::empty()).unwrap();
    send(console_as(&source, "Mara", role), request).await
}

async fn sent(part: &str, role: &str, fields: &str) -> (Reply, Vec<Carried>) {
    let source = Arc::new(SampleSource::default());
    let body = format!("csrf=s3cret&form=key-1&{fields}");
    let reply = send(console_as(&source, "Mara", role), form(&path(part), &body)).await;
    let carried = source.carried.lock().unwrap().clone();
    (reply, carried)
}

const DOCUMENTS: &str = "follows=2&name=&street=1+Market+Street%0D%0A+%0D%0AFloor+2&postcode=94105\
    &city=San+Francisco&region=CA&country=us&vat_id=&registration=&contact=Accounts+payable\
    &electronic_address=&reference=PO+4500018&number=";

#[tokio::test]
async fn what_is_set_stands_in_the_forms_and_who_changed_it_below() {
    let customer = seen(&format!("/customers/{CUSTOMER}"), ANALYST).await.html;
    assert!(customer.contains(&format!("href=\"{}\"", path(""))));
    let shown = seen(&path(""), ANALYST).await;
    assert_eq!(shown.status, StatusCode::OK);
    for set in [
        ">500 Howard Street\nFloor 9</textarea>",
        "name=\"reference\" maxlength=\"200\"",
        "value=\"PO 4500017\"",
        "value=\"EM:ap@meridian.example\"",
        "name=\"follows\" value=\"2\"",
        "name=\"certificate.0.number\" maxlength=\"80\" autocomplete=\"off\" value=\"CA-104\"",
        "value=\"software, services\"",
        "name=\"certificate.1.number\"",
        "name=\"was.payment_terms_days\" value=\"30\"",
        "min=\"2026-06-30\"",
    ] {
        assert!(shown.html.contains(set), "{set}: {}", shown.html);
    }
    assert!(!shown.html.contains("certificate.2.number"), "one more");
    let told = text(&shown.html);
    for words in [
        "Payment terms days: 30 → 14",
        "from 1 Aug 2026",
        "Street: nothing → 500 Howard Street, Floor 9",
        "Region: NV → CA",
        "29 Jun 2026",
        "Waiting",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(shown.html.contains("Agreed with &#60;b&#62;Dana"));
    let fresh = seen(&format!("/customers/{CUSTOMER_DE}/details"), ANALYST).await;
    assert!(fresh.html.contains("Nothing was changed since"));
    assert!(fresh.html.contains("the rate of the entity that sells"));
    let nobody = seen("/customers/cus_nowhere/details", ANALYST).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn billing_details_are_set_as_a_whole_on_the_version_that_was_seen() {
    let (reply, carried) = sent("documents", ANALYST, DOCUMENTS).await;
    assert_eq!(reply.location, format!("{}?done=documents", path("")));
    let [done] = &carried[..] else {
        panic!("one command: {carried:?}");
    };
    assert_eq!(
        (done.name.as_str(), done.actor.as_str(), done.key.as_str()),
        ("set_billing_details", "Mara", "key-1/documents")
    );
    let details = json!({ "contact": "Accounts payable", "reference": "PO 4500018",
        "address": { "lines": ["1 Market Street", "Floor 2"], "postcode": "94105",
            "city": "San Francisco", "region": "CA", "country": "US" } });
    assert_eq!(
        done.body,
        json!({ "customer": CUSTOMER, "details": details, "follows": 2 })
    );
    let told = seen(&reply.location, ANALYST).await;
    assert!(told.html.contains("role=\"status\">Set. Documents issued"));
    let silent = seen(&format!("{}?done=%3Cb%3E", path("")), ANALYST).await;
    assert!(!silent.html.contains("role=\"status\""), "{}", silent.html);
}

#[tokio::test]
async fn a_tax_profile_keeps_its_certificates_and_takes_another() {
    let first = "follows=1&certificates=2&country=us&region=ca&locality=&vat_id=\
        &certificate.0.number=CA-104&certificate.0.country=US&certificate.0.region=CA\
        &certificate.0.tax_codes=software,+services&certificate.0.from=2026-01-01\
        &certificate.0.until=2026-12-31&certificate.0.reason=Bought+for+resale";
    let (reply, carried) = sent("tax", ANALYST, first).await;
    assert_eq!(reply.location, format!("{}?done=tax", path("")));
    let held = json!({ "number": "CA-104", "country": "US", "region": "CA",
        "tax_codes": ["software", "services"], "from": "2026-01-01", "until": "2026-12-31",
        "reason": "Bought for resale" });
    let body = json!({ "customer": CUSTOMER, "follows": 1,
        "tax": { "country": "US", "region": "CA", "certificates": [held] } });
    assert_eq!(carried[0].body, body);
    assert_eq!(carried[0].name, "set_tax_profile");
    let another = format!(
        "{first}&certificate.1.number=CA-105&certificate.1.from=2027-01-01\
         &certificate.1.reason=School"
    );
    let (_, carried) = sent("tax", ANALYST, &another).await;
    let next = json!({ "number": "CA-105", "country": "US", "from": "2027-01-01",
        "reason": "School" });
    assert_eq!(carried[0].body["tax"]["certificates"], json!([held, next]));
    let undated = format!("{first}&certificate.1.number=CA-105&certificate.1.reason=School");
    let (reply, carried) = sent("tax", ANALYST, &undated).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wanted = "Certificate “CA-105” has no first day; state the day from which it holds";
    assert!(reply.html.contains(wanted), "{}", reply.html);
    assert!(reply.html.contains("value=\"CA-105\""), "{}", reply.html);
    assert_eq!(carried, []);
}

#[tokio::test]
async fn terms_send_what_was_changed_and_nothing_else() {
    let was = "was.legal_name=Meridian+Labs+Inc.&was.currency=USD&was.collection=transfer\
        &was.payment_method=&was.payment_terms_days=30&was.class=key_account";
    let same = "legal_name=Meridian+Labs+Inc.&currency=USD&collection=transfer&payment_method=";
    let fields =
        format!("{was}&{same}&payment_terms_days=14&class=&effective=2026-08-01&reason=Agreed");
    let (reply, carried) = sent("terms", ANALYST, &fields).await;
    assert_eq!(reply.location, format!("{}?done=later", path("")));
    let body = json!({ "customer": CUSTOMER, "payment_terms_days": 14, "class": "",
        "effective": "2026-08-01", "reason": "Agreed" });
    assert_eq!(
        (carried[0].name.as_str(), &carried[0].body),
        ("change_customer", &body)
    );
    for (changed, words) in [
        (
            "payment_terms_days=soon",
            "Days to pay: “soon” is no whole number",
        ),
        (
            "payment_terms_days=",
            "write 0 where invoices are due at once",
        ),
        ("payment_terms_days=30&currency=", "write its three letters"),
    ] {
        let fields = format!("{was}&{same}&{changed}&class=key_account&reason=Because+of+it");
        // The last of a field that is sent twice is the one that counts.
        let (reply, carried) = sent("terms", ANALYST, &fields).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{changed}");
        assert!(reply.html.contains(words), "{changed}: {}", reply.html);
        assert!(reply.html.contains("value=\"Because of it\""), "{changed}");
        assert_eq!(carried, []);
    }
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed_and_leaves_the_others_alone() {
    let fields = "follows=1&certificates=2&country=XX&vat_id=X1";
    let (reply, carried) = sent("tax", ANALYST, fields).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(carried, []);
    let refusal = "XX is no country of VAT; leave it out";
    let (before, after) = reply.html.split_once("id=\"tax\"").unwrap();
    assert!(!before.contains(refusal), "it stands in its own form");
    assert!(after.contains(refusal), "{after}");
    assert!(after.contains("value=\"XX\"") && after.contains("value=\"X1\""));
    assert!(before.contains("value=\"PO 4500017\""), "{before}");
    assert!(!reply.html.contains("value=\"key-1\""), "a new key");
}

#[tokio::test]
async fn who_may_not_change_master_data_reads_it() {
    for role in ["support", "controller", "auditor"] {
        let shown = seen(&path(""), role).await;
        assert_eq!(shown.status, StatusCode::OK, "{role}");
        assert!(shown.html.contains("value=\"PO 4500017\""), "{role}");
        assert!(shown.html.contains("<fieldset class=\"card\" disabled>"));
        assert!(!shown.html.contains("class=\"go\""), "{role} has no button");
        assert!(!shown.html.contains("certificate.1.number"), "{role}");
        for (part, fields) in [
            ("documents", DOCUMENTS),
            ("tax", "country=US"),
            ("terms", "class=a"),
        ] {
            let (reply, carried) = sent(part, role, fields).await;
            assert!(
                reply.html.contains("Your role may not do this"),
                "{role} {part}"
            );
            assert_eq!(carried, []);
        }
    }
    let forged = form(&path("tax"), "csrf=wrong&country=US");
    let source = Arc::new(SampleSource::default());
    let reply = send(console_as(&source, "Mara", ANALYST), forged).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    let (reply, _) = sent("shoe-size", ANALYST, "").await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
}
