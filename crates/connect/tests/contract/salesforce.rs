//! Salesforce, operation by operation.

use std::sync::Arc;

use connect::driver::{Driver, DriverOptions, Salesforce, SystemPresent};
use connect::salesforce::{self as wire, FieldValue};
use connect::{FaultClass, HttpTransport, ReadBack, Secret};
use serde_json::{Value, json};
use sim::{Fault, salesforce::Handle};
use values::parse_date;

use crate::Bench;

fn put(bench: &Bench, kind: &str, id: &str, fields: Value) {
    let fields = fields.as_object().unwrap().clone();
    bench.sims.salesforce.put(kind, id, fields).unwrap();
}

/// A won opportunity with this many lines; answers its id.
pub fn won(bench: &Bench, name: &str, lines: u32) -> String {
    let id = |kind: &str, name: &str| Handle::id_for(kind, name);
    let (account, product) = (id("Account", name), id("Product2", "SEAT"));
    let (entry, opportunity) = (id("PricebookEntry", "SEAT"), id("Opportunity", name));
    put(
        bench,
        "Account",
        &account,
        json!({"Name": "Ann & Söhne", "CurrencyIsoCode": "EUR", "BillingCity": "Berlin",
            "BillingCountry": "Germany", "Stripe_Customer__c": "cus_one", "Payment_Method__c": "pm_one"}),
    );
    put(
        bench,
        "Product2",
        &product,
        json!({"Name": "Seat", "ProductCode": "SEAT", "IsActive": true}),
    );
    put(
        bench,
        "PricebookEntry",
        &entry,
        json!({"Product2Id": product, "UnitPrice": 40, "CurrencyIsoCode": "EUR"}),
    );
    put(
        bench,
        "Opportunity",
        &opportunity,
        json!({"Name": name, "AccountId": account, "StageName": "Closed Won", "Amount": 1200.5,
            "CloseDate": "2026-01-15", "Type": "New Business", "CurrencyIsoCode": "EUR",
            "Tieout_Start__c": "2026-02-01", "Tieout_End__c": "2027-01-31", "Tieout_Entity__c": "DE",
            "Billing_Frequency__c": "Quarterly"}),
    );
    for number in 0..lines {
        put(
            bench,
            "OpportunityLineItem",
            &id("OpportunityLineItem", &format!("{name}-{number}")),
            json!({"OpportunityId": opportunity, "PricebookEntryId": entry, "Product2Id": product,
                "Quantity": number + 1, "UnitPrice": 40.1, "ServiceDate": "2026-02-01",
                "Description": format!("line {number}")}),
        );
    }
    opportunity
}

#[test]
fn won_opportunities_come_with_account_and_all_lines_over_all_pages() {
    let bench = Bench::calm();
    bench.sims.salesforce.set_page_size(2);
    bench.sims.salesforce.set_child_page_size(2);
    let mut made = Vec::new();
    for number in 0..5 {
        bench.clock.advance_by(1_000_000);
        made.push(won(&bench, &format!("deal-{number}"), number));
    }
    let sweep = bench.salesforce.won_opportunities(None).unwrap();
    assert_eq!(sweep.bad, []);
    let ids: Vec<&String> = sweep.won.iter().map(|won| &won.id).collect();
    assert_eq!(ids, made.iter().collect::<Vec<_>>(), "oldest change first");
    for (number, won) in (0_usize..).zip(&sweep.won) {
        assert_eq!(won.lines.len(), number, "{}", won.id);
        assert_eq!(won.amount.unwrap().to_string(), "1200.5");
        assert!(won.is_won && won.is_closed);
        assert_eq!(won.end, parse_date("2027-01-31").ok());
        let account = won.account.as_ref().unwrap();
        assert_eq!(account.name.as_deref(), Some("Ann & Söhne"));
        assert_eq!(account.stripe_customer.as_deref(), Some("cus_one"));
        for line in &won.lines {
            assert_eq!(line.product_code.as_deref(), Some("SEAT"));
            assert_eq!(line.unit_price.unwrap().to_string(), "40.1");
        }
    }
    let since = sweep.won[3].modified;
    let later = bench.salesforce.won_opportunities(Some(since)).unwrap();
    let ids: Vec<&String> = later.won.iter().map(|won| &won.id).collect();
    assert_eq!(ids, [&made[3], &made[4]], "the moment itself is included");
    let one = bench.salesforce.opportunity(&made[2]).unwrap();
    assert_eq!(one.won, [sweep.won[2].clone()]);
    assert_eq!(
        bench
            .salesforce
            .opportunity("006000000000000AAA")
            .unwrap()
            .won,
        []
    );
}

#[test]
fn a_deal_with_bad_figures_is_still_read_for_the_domain_to_refuse() {
    let bench = Bench::calm();
    let id = won(&bench, "bad-deal", 1);
    put(
        &bench,
        "Opportunity",
        &id,
        json!({"CurrencyIsoCode": null, "Tieout_End__c": "2025-01-31"}),
    );
    let line = Handle::id_for("OpportunityLineItem", "bad-deal-0");
    put(
        &bench,
        "OpportunityLineItem",
        &line,
        json!({"Quantity": -3}),
    );
    let sweep = bench.salesforce.won_opportunities(None).unwrap();
    assert_eq!(sweep.bad, []);
    let won = &sweep.won[0];
    assert_eq!(won.currency_code, None);
    assert!(won.end < won.start);
    assert!(won.lines[0].quantity.unwrap().is_sign_negative());
}

#[test]
fn fields_are_written_back_and_read_back_after_doubt() {
    let bench = Bench::calm();
    let id = won(&bench, "deal", 1);
    let fields = [
        ("Tieout_Contract__c", FieldValue::Text("con \"1\"".into())),
        (
            "Tieout_Open_Balance__c",
            FieldValue::Decimal("1200.50".parse().unwrap()),
        ),
    ];
    let look = || {
        bench
            .salesforce
            .read_back_update("Opportunity", &id, &fields)
            .unwrap()
    };
    assert_eq!(look(), ReadBack::Absent);
    bench
        .sims
        .salesforce
        .inject(Fault::TimeoutAfterWork, "PATCH", "/Opportunity/");
    let update = || bench.salesforce.update("Opportunity", &id, &fields);
    assert_eq!(update().unwrap_err().class, FaultClass::Ambiguous);
    assert_eq!(look(), ReadBack::Found(()));
    update().unwrap();
    bench
        .sims
        .salesforce
        .inject(Fault::ServerError, "PATCH", "/Opportunity/");
    assert_eq!(update().unwrap_err().class, FaultClass::Transient);
    let held = bench
        .salesforce
        .record("Opportunity", &id, &["Tieout_Contract__c", "StageName"])
        .unwrap();
    assert_eq!(
        held.get("Tieout_Contract__c").map(String::as_str),
        Some("con \"1\"")
    );
}

#[test]
fn a_revoked_session_is_renewed_unseen() {
    let bench = Bench::calm();
    let id = won(&bench, "deal", 1);
    bench.salesforce.won_opportunities(None).unwrap();
    bench.sims.salesforce.revoke_sessions().unwrap();
    let fields = [("Tieout_Contract__c", FieldValue::Text("con_1".into()))];
    bench
        .salesforce
        .update("Opportunity", &id, &fields)
        .unwrap();
    bench.sims.salesforce.set_session_seconds(60);
    bench.sims.salesforce.revoke_sessions().unwrap();
    bench.salesforce.won_opportunities(None).unwrap();
    bench.clock.advance_by(61_000_000);
    bench.salesforce.won_opportunities(None).unwrap();
}

fn salesforce_by_key(bench: &Bench, username: &str) -> Salesforce {
    let credentials = wire::Credentials::JwtBearer {
        client_id: "jwt-consumer".into(),
        username: username.into(),
        audience: "https://login.salesforce.com".into(),
        private_key_pem: Secret::new(include_str!("../fixtures/keys/jwt-test-key.pem")),
    };
    let connection = wire::Connection::new(bench.sims.salesforce.base_url(), credentials);
    // The simulator judges the life of an assertion by its own clock.
    struct AtSimTime(values::Instant);
    impl connect::driver::Present for AtSimTime {
        fn now(&self) -> values::Instant {
            self.0
        }
        fn nonce(&self) -> String {
            "unused".into()
        }
        fn pause(&self, _milliseconds: u64) {}
    }
    let driver = Driver::new(
        Box::new(HttpTransport::default()),
        Box::new(AtSimTime(bench.now())),
        DriverOptions::default(),
    );
    Salesforce::new(Arc::new(driver), connection)
}

#[test]
fn a_signed_assertion_signs_in_and_a_stranger_does_not() {
    let bench = Bench::calm();
    won(&bench, "deal", 1);
    let username = bench.sims.salesforce.username();
    bench
        .sims
        .salesforce
        .register_public_key(
            "jwt-consumer",
            username,
            include_str!("../fixtures/keys/jwt-test-key.pub.pem"),
        )
        .unwrap();
    let sweep = salesforce_by_key(&bench, username)
        .won_opportunities(None)
        .unwrap();
    assert_eq!(sweep.won.len(), 1);
    let fault = salesforce_by_key(&bench, "nobody@example.com")
        .won_opportunities(None)
        .unwrap_err();
    assert_eq!(fault.class, FaultClass::Authentication, "{fault}");
}

#[test]
fn a_wrong_secret_is_an_authentication_fault() {
    let bench = Bench::calm();
    let credentials = wire::Credentials::ClientCredentials {
        client_id: bench.sims.salesforce.client_id().into(),
        client_secret: Secret::new("wrong"),
    };
    let connection = wire::Connection::new(bench.sims.salesforce.base_url(), credentials);
    let driver = Driver::new(
        Box::new(HttpTransport::default()),
        Box::new(SystemPresent::default()),
        DriverOptions::default(),
    );
    let fault = Salesforce::new(Arc::new(driver), connection)
        .won_opportunities(None)
        .unwrap_err();
    assert_eq!(fault.class, FaultClass::Authentication, "{fault}");
}

#[test]
fn refusals_are_classed() {
    let bench = Bench::calm();
    let id = won(&bench, "deal", 1);
    let class = |soql: &str| bench.salesforce.query(soql).unwrap_err().class;
    assert_eq!(class("SELECT Nobody FROM Opportunity"), FaultClass::Data);
    assert_eq!(class("SELECT FROM WHERE"), FaultClass::Bug);
    let unknown = [("Nobody__c", FieldValue::Flag(true))];
    let fault = bench
        .salesforce
        .update("Opportunity", &id, &unknown)
        .unwrap_err();
    assert_eq!(
        (fault.class, fault.code.as_str()),
        (FaultClass::Data, "INVALID_FIELD")
    );
    let fault = bench
        .salesforce
        .record("Opportunity", "006000000000000AAA", &["Id"])
        .unwrap_err();
    assert_eq!(fault.class, FaultClass::Data);
    bench
        .sims
        .salesforce
        .inject(Fault::TooManyRequests, "PATCH", "/Opportunity/");
    let fields = [("Tieout_Contract__c", FieldValue::Empty)];
    let fault = bench
        .salesforce
        .update("Opportunity", &id, &fields)
        .unwrap_err();
    assert!(
        matches!(fault.class, FaultClass::Throttled { .. }),
        "{fault}"
    );
    let rows = bench
        .salesforce
        .query("SELECT Id, Name, Amount FROM Opportunity WHERE Name = 'deal'")
        .unwrap();
    assert_eq!(rows[0].get("Amount").map(String::as_str), Some("1200.5"));
}
