//! Salesforce's real payloads, read; the standard query; the signed token request.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test, as the tests themselves do"
)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use connect::request::Reply;
use connect::salesforce::{self, Connection, Credentials, FieldValue, Session};
use connect::{FaultClass, Method, ReadFaultKind, Safety, Secret};
use proptest::prelude::*;
use values::{Decimal, Instant, parse_date};

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/salesforce/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

fn answer(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    Reply {
        status,
        headers: Vec::new(),
        body: body.into(),
    }
}

fn session() -> Session {
    Session {
        access_token: Secret::new("token-private"),
        instance_url: "https://example.my.salesforce.com".into(),
    }
}

fn with_secret() -> Connection {
    Connection::new(
        "https://example.my.salesforce.com",
        Credentials::ClientCredentials {
            client_id: "consumer".into(),
            client_secret: Secret::new("secret-private"),
        },
    )
}

fn with_key(pem: &str) -> Connection {
    Connection::new(
        "https://login.salesforce.com",
        Credentials::JwtBearer {
            client_id: "consumer".into(),
            username: "integration@example.com".into(),
            audience: "https://login.salesforce.com".into(),
            private_key_pem: Secret::new(pem),
        },
    )
}

/// A row as Salesforce renders the standard query.
const WON: &str = r#"{
  "attributes": {"type": "Opportunity", "url": "/services/data/v62.0/sobjects/Opportunity/006A"},
  "Id": "006RT00000AbCdEYAV", "Name": "Northwind 2026", "StageName": "Closed Won",
  "IsWon": true, "IsClosed": true, "Amount": 123456789012345.67, "CurrencyIsoCode": "EUR",
  "CloseDate": "2026-01-15", "Type": "New Business",
  "SystemModstamp": "2026-01-15T09:30:00.123+0000",
  "Tieout_Start__c": "2026-02-01", "Tieout_End__c": "2027-01-31", "Tieout_Entity__c": "DE",
  "Billing_Frequency__c": "Quarterly", "Upgrades_Opportunity__c": null,
  "Account": {"attributes": {"type": "Account"}, "Id": "001RT00000Xy1zAYAR", "Name": "Example GmbH",
    "CurrencyIsoCode": "EUR", "BillingStreet": "Weg 1", "BillingCity": "Berlin",
    "BillingPostalCode": "10115", "BillingCountry": "Germany", "Stripe_Customer__c": "cus_1",
    "Payment_Method__c": "pm_card_visa"},
  "OpportunityLineItems": {"totalSize": 3, "done": false,
    "nextRecordsUrl": "/services/data/v62.0/query/01gRT-2",
    "records": [
      {"attributes": {"type": "OpportunityLineItem"}, "Id": "00kA", "Quantity": 0.1,
       "UnitPrice": 0.2, "TotalPrice": 0.02, "ServiceDate": null, "Description": "Seats",
       "Product2Id": "01tA", "PricebookEntry": {"attributes": {"type": "PricebookEntry"},
         "Product2": {"attributes": {"type": "Product2"}, "ProductCode": "SEAT"}}},
      {"attributes": {"type": "OpportunityLineItem"}, "Id": "00kB", "Quantity": -2.0,
       "UnitPrice": 1.0E7, "TotalPrice": -2.0E7, "ServiceDate": "2026-02-01", "Description": null,
       "Product2Id": null, "PricebookEntry": null}]}
}"#;

#[test]
fn a_won_opportunity_is_read_with_every_figure_exact() {
    let row = salesforce::read_opportunity(WON.as_bytes()).unwrap();
    let won = row.opportunity;
    let text = |decimal: Option<Decimal>| decimal.unwrap().to_string();
    assert_eq!(text(won.amount), "123456789012345.67");
    assert_eq!(won.currency_code.as_deref(), Some("EUR"));
    assert_eq!(won.start, parse_date("2026-02-01").ok());
    assert_eq!(won.end, parse_date("2027-01-31").ok());
    assert_eq!(
        won.modified,
        "2026-01-15T09:30:00.123Z".parse::<Instant>().unwrap()
    );
    assert_eq!(won.upgrades_opportunity, None);
    let account = won.account.unwrap();
    assert_eq!(account.stripe_customer.as_deref(), Some("cus_1"));
    assert_eq!(account.billing_country.as_deref(), Some("Germany"));
    let (first, second) = (&won.lines[0], &won.lines[1]);
    let sum = first.quantity.unwrap() + first.unit_price.unwrap();
    assert_eq!(sum.to_string(), "0.3");
    assert_eq!(first.product_code.as_deref(), Some("SEAT"));
    assert_eq!(
        text(second.quantity),
        "-2.0",
        "a negative quantity is the domain's to refuse"
    );
    assert_eq!(text(second.unit_price), "10000000");
    assert_eq!(second.product_code, None);
    assert_eq!(
        row.more_lines.as_deref(),
        Some("/services/data/v62.0/query/01gRT-2")
    );
}

#[test]
fn an_opportunity_with_empty_fields_can_be_represented() {
    let bare = r#"{"Id":"006A","SystemModstamp":"2026-01-15T09:30:00.000+0000","Amount":null,
        "Account":null,"OpportunityLineItems":null,"CurrencyIsoCode":null}"#;
    let won = salesforce::read_opportunity(bare.as_bytes())
        .unwrap()
        .opportunity;
    assert_eq!(
        (won.amount, won.currency_code, won.account),
        (None, None, None)
    );
    assert!(won.lines.is_empty());
}

#[test]
fn a_page_keeps_good_rows_and_reports_every_bad_one() {
    let dateless = WON.replace(
        "\"2026-02-01\", \"Tieout_End",
        "\"next year\", \"Tieout_End",
    );
    let wordy = WON.replace("\"Quantity\": 0.1", "\"Quantity\": \"a few\"");
    let body = format!(r#"{{"totalSize":3,"done":true,"records":[{dateless},{WON},{wordy}]}}"#);
    let page = salesforce::read_won_page(&salesforce::QUERY, &answer(200, body)).unwrap();
    assert_eq!((page.rows.len(), page.total, page.next), (1, 3, None));
    assert_eq!(page.bad.len(), 2);
    assert_eq!(
        page.bad[0].fault.to_string(),
        "salesforce field Tieout_Start__c holds next year: a date such as 2026-02-28 is expected"
    );
    assert_eq!(page.bad[0].id.as_deref(), Some("006RT00000AbCdEYAV"));
    assert_eq!(
        (page.bad[1].position, page.bad[1].fault.field.as_str()),
        (2, "OpportunityLineItems.records[0].Quantity")
    );
}

#[test]
fn recorded_pages_are_read() {
    let read = |name: &str| {
        salesforce::read_text_page(&salesforce::QUERY, &answer(200, fixture(name))).unwrap()
    };
    let page = read("query_success_response.json");
    let row = &page.rows[0];
    assert_eq!(row.get("Text_Label").map(String::as_str), Some("Hi there!"));
    assert_eq!(row.get("Checkbox_Label").map(String::as_str), Some("false"));
    assert!(!row.contains_key("Whizbangs__r") && !row.contains_key("attributes"));
    assert_eq!(
        read("query_paginated_first_page_response.json")
            .next
            .as_deref(),
        Some("/services/data/v26.0/query/01gD")
    );
    let empty = read("query_empty_response.json");
    assert_eq!((empty.rows.len(), empty.next), (0, None));
    let record = salesforce::read_record(
        &salesforce::READ_RECORD,
        &answer(200, fixture("sobject_find_success_response.json")),
    )
    .unwrap();
    assert_eq!(
        record.get("Currency_Label").map(String::as_str),
        Some("23.0")
    );
    assert!(!record.contains_key("OtherDateTime_Label"));
}

#[test]
fn a_next_page_on_another_host_is_refused_because_the_token_goes_with_it() {
    for next in [
        "https://evil.example/services/data/v62.0/query/1",
        "//evil.example/services/data/",
        "/services/data/../../x",
        "/services/data/v62.0/query/1@evil.example",
        "@evil.example/",
    ] {
        let body =
            format!(r#"{{"totalSize":2,"done":false,"nextRecordsUrl":"{next}","records":[]}}"#);
        let fault = salesforce::read_won_page(&salesforce::QUERY, &answer(200, body)).unwrap_err();
        assert!(fault.message.contains("nextRecordsUrl"), "{fault}");
    }
    let body = r#"{"totalSize":2,"done":false,"records":[]}"#;
    assert!(salesforce::read_won_page(&salesforce::QUERY, &answer(200, body)).is_err());
}

#[test]
fn the_standard_query_asks_for_changes_since_a_whole_second() {
    let since = "2026-01-15T09:30:00.987Z".parse().unwrap();
    let soql = salesforce::won_opportunities_soql(Some(since));
    for part in [
        "Account.Stripe_Customer__c",
        "(SELECT Id, Quantity, UnitPrice, TotalPrice, ServiceDate, Description, Product2Id, \
         PricebookEntry.Product2.ProductCode FROM OpportunityLineItems)",
        "WHERE IsWon = true AND IsClosed = true AND SystemModstamp >= 2026-01-15T09:30:00Z",
        "ORDER BY SystemModstamp ASC, Id ASC",
    ] {
        assert!(soql.contains(part), "{part} is not in {soql}");
    }
    assert!(!salesforce::won_opportunities_soql(None).contains("SystemModstamp >="));
    let request = with_secret().query(&session(), &soql);
    let (address, query) = request.url.split_once('?').unwrap();
    assert_eq!(
        address,
        "https://example.my.salesforce.com/services/data/v62.0/query"
    );
    assert_eq!(
        connect::encoding::pairs(query, false).unwrap(),
        vec![("q".to_owned(), soql)]
    );
    assert_eq!(
        request.header("Authorization"),
        Some("Bearer token-private")
    );
    assert!(!format!("{request:?} {:?}", session()).contains("private"));
}

#[test]
fn soql_literals_cannot_be_left() {
    assert_eq!(salesforce::quoted(r"O'Neil \ Co"), r"'O\'Neil \\ Co'");
    assert!(salesforce::opportunity_soql("x' OR Name != '").ends_with(r"Id = 'x\' OR Name != \''"));
}

#[test]
fn fields_are_written_back_exactly_and_recognised_when_read_back() {
    let fields = [
        (
            "Tieout_Invoice_State__c",
            FieldValue::Text("Paid \"all\"".into()),
        ),
        (
            "Tieout_Open_Balance__c",
            FieldValue::Decimal("1200.50".parse().unwrap()),
        ),
        ("Tieout_Standing__c", FieldValue::Flag(true)),
        (
            "Tieout_Paid_On__c",
            FieldValue::Date(parse_date("2026-02-01").unwrap()),
        ),
        ("Tieout_Count__c", FieldValue::Whole(3)),
        ("Tieout_Hold__c", FieldValue::Empty),
    ];
    let request = with_secret()
        .update_record(&session(), "Opportunity", "006A", &fields)
        .unwrap();
    assert_eq!(request.method, Method::Patch);
    assert_eq!(request.operation.safety, Safety::UpsertByExternalId);
    assert_eq!(
        request.url,
        "https://example.my.salesforce.com/services/data/v62.0/sobjects/Opportunity/006A"
    );
    assert_eq!(
        request.body_text(),
        r#"{"Tieout_Count__c":3,"Tieout_Hold__c":null,"Tieout_Invoice_State__c":"Paid \"all\"","Tieout_Open_Balance__c":1200.50,"Tieout_Paid_On__c":"2026-02-01","Tieout_Standing__c":true}"#
    );
    let held = request.body_text().replace("1200.50", "1200.5");
    let held = salesforce::read_record(&salesforce::READ_RECORD, &answer(200, held)).unwrap();
    assert!(salesforce::holds(&held, &fields));
    let mut other = held.clone();
    other.insert("Tieout_Open_Balance__c".into(), "1200.51".into());
    assert!(!salesforce::holds(&other, &fields));
    assert!(
        with_secret()
            .update_record(&session(), "Opportunity", "006A", &[])
            .is_err()
    );
}

#[test]
fn recorded_errors_fall_into_the_classes_of_the_house() {
    let class = |status: u16, name: &str| {
        let fault = salesforce::read_fault(&salesforce::QUERY, &answer(status, fixture(name)));
        (fault.class, fault.code)
    };
    let cases = [
        (
            401,
            "expired_session_response.json",
            FaultClass::Authentication,
            "INVALID_SESSION_ID",
        ),
        (
            400,
            "query_error_response.json",
            FaultClass::Data,
            "INVALID_FIELD",
        ),
        (
            400,
            "write_error_response.json",
            FaultClass::Data,
            "INVALID_FIELD",
        ),
        (
            404,
            "delete_error_response.json",
            FaultClass::Data,
            "NOT_FOUND",
        ),
        (
            404,
            "upsert_error_response.json",
            FaultClass::Data,
            "NOT_FOUND",
        ),
        (
            400,
            "auth_error_response.json",
            FaultClass::Authentication,
            "invalid_grant",
        ),
        (
            400,
            "refresh_error_response.json",
            FaultClass::Authentication,
            "invalid_grant",
        ),
        (
            400,
            "shape.error-duplicate-value.json",
            FaultClass::Duplicate,
            "DUPLICATE_VALUE",
        ),
        (
            403,
            "shape.error-request-limit.json",
            FaultClass::Throttled {
                retry_after_ms: None,
            },
            "REQUEST_LIMIT_EXCEEDED",
        ),
    ];
    for (status, name, expected, code) in cases {
        assert_eq!(class(status, name), (expected, code.to_owned()), "{name}");
    }
    let coded = |code: &str, status: u16| {
        let body = format!(r#"[{{"message":"m","errorCode":"{code}"}}]"#);
        salesforce::read_fault(&salesforce::UPDATE_RECORD, &answer(status, body)).class
    };
    assert_eq!(coded("UNABLE_TO_LOCK_ROW", 400), FaultClass::Transient);
    assert_eq!(coded("MALFORMED_QUERY", 400), FaultClass::Bug);
    assert_eq!(coded("ENTITY_IS_LOCKED", 400), FaultClass::Policy);
    assert_eq!(coded("SERVER_UNAVAILABLE", 503), FaultClass::Transient);
    let html = salesforce::read_fault(&salesforce::QUERY, &answer(503, "<html>"));
    assert_eq!(html.class, FaultClass::Transient);
}

#[test]
fn an_expired_session_is_told_from_bad_credentials() {
    let fault =
        |name: &str| salesforce::read_fault(&salesforce::QUERY, &answer(401, fixture(name)));
    assert!(salesforce::session_is_over(&fault(
        "expired_session_response.json"
    )));
    assert!(!salesforce::session_is_over(&fault(
        "auth_error_response.json"
    )));
}

#[test]
fn a_token_is_asked_for_by_client_credentials() {
    let request = with_secret().token(Instant::default()).unwrap();
    assert_eq!(
        request.url,
        "https://example.my.salesforce.com/services/oauth2/token"
    );
    assert_eq!(request.body_text(), "grant_type=client_credentials");
    let basic = request.header("Authorization").unwrap();
    // base64 of consumer:secret-private
    assert_eq!(basic, "Basic Y29uc3VtZXI6c2VjcmV0LXByaXZhdGU=");
    let reply = answer(200, fixture("auth_success_response.json"));
    let session = salesforce::read_token(&salesforce::TOKEN, &reply).unwrap();
    assert_eq!(session.instance_url, "https://na1.salesforce.com");
    assert_eq!(session.access_token, Secret::new("redacted"));
    assert!(!format!("{session:?} {:?}", with_secret()).contains("redacted"));
}

#[test]
fn the_assertion_is_signed_and_verifies_with_the_public_key() {
    let now = Instant::from_seconds(1_767_225_600);
    let assertion = |pem: &str| {
        let request = with_key(pem).token(now).unwrap();
        let fields = connect::encoding::pairs(request.body_text(), true).unwrap();
        assert_eq!(fields[0].1, "urn:ietf:params:oauth:grant-type:jwt-bearer");
        fields[1].1.clone()
    };
    let token = assertion(include_str!("fixtures/keys/jwt-test-key.pem"));
    assert_eq!(
        token,
        assertion(include_str!("fixtures/keys/jwt-test-key.pkcs1.pem")),
        "the same key in either encoding"
    );
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let public = include_bytes!("fixtures/keys/jwt-test-key.pub.der");
    let key = ring::signature::UnparsedPublicKey::new(
        &ring::signature::RSA_PKCS1_2048_8192_SHA256,
        public,
    );
    key.verify(
        signed.as_bytes(),
        &URL_SAFE_NO_PAD.decode(signature).unwrap(),
    )
    .unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let json = |part: &str| -> serde_json::Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    assert_eq!(json(header)["alg"], "RS256");
    let claims = json(claims);
    assert_eq!(claims["iss"], "consumer");
    assert_eq!(claims["sub"], "integration@example.com");
    assert_eq!(claims["aud"], "https://login.salesforce.com");
    assert_eq!(claims["exp"], 1_767_225_780);
}

#[test]
fn an_unusable_key_is_refused_without_showing_it() {
    for pem in [
        "",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "AAAA",
    ] {
        let fault = with_key(pem).token(Instant::default()).unwrap_err();
        assert_eq!(fault.class, FaultClass::Authentication);
        assert!(!fault.to_string().contains("AAAA"), "{fault}");
    }
}

#[test]
fn bodies_that_cannot_be_read_name_the_system() {
    for body in ["{\"totalSize\":1,", "<html>", "", "[]"] {
        let fault = salesforce::read_won_page(&salesforce::QUERY, &answer(200, body)).unwrap_err();
        assert_eq!(
            (fault.system, fault.class),
            ("salesforce", FaultClass::Transient)
        );
    }
    let fault = salesforce::read_opportunity(b"{\"Id\":").unwrap_err();
    assert_eq!(fault.kind, ReadFaultKind::NotJson);
}

proptest! {
    #[test]
    fn any_decimal_of_18_digits_is_read_exactly(digits in -999_999_999_999_999_999i64..=999_999_999_999_999_999, places in 0u32..=18) {
        let amount = Decimal::new(digits, places);
        let row = WON.replace("123456789012345.67", &amount.to_string());
        let won = salesforce::read_opportunity(row.as_bytes()).unwrap().opportunity;
        prop_assert_eq!(won.amount.unwrap().to_string(), amount.to_string());
    }

    #[test]
    fn no_bytes_make_the_readers_panic(body in proptest::collection::vec(any::<u8>(), 0..200), status in 100u16..600) {
        let reply = answer(status, body.clone());
        let _ = salesforce::read_won_page(&salesforce::QUERY, &reply);
        let _ = salesforce::read_opportunity(&body);
        let updated = salesforce::read_updated(&salesforce::UPDATE_RECORD, &reply);
        prop_assert_eq!(updated.is_ok(), (200..300).contains(&status));
    }

    #[test]
    fn quoted_literals_have_no_bare_quote(text in any::<String>()) {
        let literal = salesforce::quoted(&text);
        let inner = &literal[1..literal.len() - 1];
        let mut letters = inner.chars();
        while let Some(letter) = letters.next() {
            if letter == '\\' {
                prop_assert!(letters.next().is_some());
            } else {
                prop_assert!(letter != '\'');
            }
        }
    }
}
