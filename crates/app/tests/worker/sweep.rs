//! Sweeps: what nobody told is found, once, and the totals of the other systems are kept.

use crate::deliver::succeeded;
use crate::script::{Bench, reply};
use app::{sweep, worker};
use serde_json::{Value, json};

fn opportunity(stamp: &str, currency: Option<&str>) -> Value {
    json!({
        "attributes": { "type": "Opportunity" },
        "Id": "006A", "Name": "Acme platform", "StageName": "Closed Won", "IsWon": true, "IsClosed": true,
        "Amount": 200.0, "Total_Contract_Value__c": 2400.0, "CurrencyIsoCode": currency,
        "CloseDate": "2026-02-27", "SystemModstamp": stamp,
        "Tieout_Start__c": "2026-03-01", "Tieout_End__c": "2027-02-28", "Tieout_Entity__c": "US",
        "Billing_Frequency__c": "Monthly",
        "Account": { "Id": "001A", "Name": "Acme Inc." },
        "OpportunityLineItems": { "totalSize": 1, "done": true, "records": [{
            "Id": "00kA", "Quantity": 2.0, "UnitPrice": 100.0, "TotalPrice": 200.0,
            "PricebookEntry": { "Product2": { "ProductCode": "PLATFORM" } }
        }] }
    })
}

fn page(records: &[Value]) -> Value {
    json!({ "totalSize": records.len(), "done": true, "records": records })
}

fn token() -> Value {
    json!({ "access_token": "t", "instance_url": "https://org.example" })
}

fn sweep_crm(bench: &Bench) -> u64 {
    sweep::sweep_salesforce(&bench.app, &bench.connections)
        .unwrap()
        .received
}

#[test]
fn a_deal_that_cannot_be_taken_is_held_and_its_next_version_replaces_it() {
    let bench = Bench::new();
    bench.publish_platform();
    let first = opportunity("2026-03-01T10:00:00.000+0000", None);
    bench.will_answer([reply(200, &token()), reply(200, &page(&[first]))]);
    assert_eq!(sweep_crm(&bench), 1);
    assert_eq!(bench.take_in().parked, 1);
    let exception = bench.exception("order/salesforce/006A").unwrap();
    assert_eq!(exception.class, "missing_currency");
    assert!(exception.payload.contains("\"006A\""));

    let mended = opportunity("2026-03-01T11:00:00.000+0000", Some("USD"));
    bench.will_answer([reply(200, &page(std::slice::from_ref(&mended)))]);
    assert_eq!(sweep_crm(&bench), 1);
    let before = bench
        .inbox("salesforce", "006A@2026-03-01T10:00:00Z")
        .unwrap();
    let superseded = "superseded by 006A@2026-03-01T11:00:00Z";
    assert_eq!(
        (before.status.as_str(), before.reason.as_str()),
        ("confirmed", superseded)
    );
    assert_eq!(bench.take_in().processed, 1);
    let taken = bench
        .inbox("salesforce", "006A@2026-03-01T11:00:00Z")
        .unwrap();
    assert!(
        taken.reason.starts_with("taken over as contract con_"),
        "{}",
        taken.reason
    );
    assert_eq!(bench.exception("order/salesforce/006A"), None);
    assert_eq!((bench.counted("open"), bench.counted("confirmed")), (0, 2));

    // The last moment is asked for again; what is known is not taken twice.
    bench.will_answer([reply(200, &page(&[mended]))]);
    assert_eq!(sweep_crm(&bench), 0);
    let asked = bench.asked();
    let since = "SystemModstamp%20%3E%3D%202026-03-01T11%3A00%3A00Z";
    assert!(asked.last().unwrap().contains(since), "{asked:?}");
}

#[test]
fn a_record_that_cannot_be_read_becomes_an_exception_and_holds_no_other_up() {
    let bench = Bench::new();
    bench.publish_platform();
    let mut bad = opportunity("2026-03-01T10:00:00.000+0000", Some("USD"));
    bad["Id"] = json!("006B");
    bad["Amount"] = json!("a lot");
    let good = opportunity("2026-03-01T10:00:00.000+0000", Some("USD"));
    bench.will_answer([
        reply(200, &token()),
        reply(200, &page(&[bad.clone(), good])),
    ]);
    assert_eq!(sweep_crm(&bench), 2);
    let progress = bench.take_in();
    assert_eq!((progress.processed, progress.parked), (1, 1));
    let exception = bench.exception("unreadable/salesforce/006B").unwrap();
    assert!(
        exception.detail.contains("Amount holds \"a lot\""),
        "{}",
        exception.detail
    );

    bad["Amount"] = json!(200.0);
    bad["SystemModstamp"] = json!("2026-03-01T12:00:00.000+0000");
    bench.will_answer([reply(200, &page(&[bad]))]);
    assert_eq!(sweep_crm(&bench), 1);
    assert_eq!(bench.take_in().processed, 1);
    assert_eq!(bench.exception("unreadable/salesforce/006B"), None);
    assert_eq!(bench.counted("open"), 0);
}

#[test]
fn an_upgrade_waits_for_its_first_contract_and_follows_it() {
    let bench = Bench::new();
    bench.publish_platform();
    let mut upgrade = opportunity("2026-03-01T10:00:00.000+0000", Some("USD"));
    upgrade["Id"] = json!("006U");
    upgrade["Upgrades_Opportunity__c"] = json!("006A");
    upgrade["Tieout_Start__c"] = json!("2026-06-01");
    bench.will_answer([reply(200, &token()), reply(200, &page(&[upgrade]))]);
    assert_eq!(sweep_crm(&bench), 1);
    assert_eq!(bench.take_in().parked, 1);

    let first = opportunity("2026-03-01T11:00:00.000+0000", Some("USD"));
    bench.will_answer([reply(200, &page(&[first]))]);
    assert_eq!(sweep_crm(&bench), 1);
    assert_eq!(bench.take_in().processed, 1);
    assert_eq!(bench.take_in().processed, 1);
    let row = bench
        .inbox("salesforce", "006U@2026-03-01T10:00:00Z")
        .unwrap();
    assert_eq!(row.status, "confirmed", "{}", row.reason);
}

fn event(id: &str, kind: &str, created: i64) -> Value {
    json!({
        "id": id, "object": "event", "type": kind, "created": created, "livemode": false,
        "data": { "object": { "id": "pi_1", "object": "payment_intent", "metadata": { "tieout_invoice": "inv_1" } } }
    })
}

fn list(data: &[Value]) -> Value {
    json!({ "object": "list", "has_more": false, "data": data })
}

#[test]
fn an_event_that_no_webhook_brought_is_found_once() {
    let bench = Bench::new();
    let events = list(&[
        event("evt_2", "payment_intent.created", 1_772_442_100),
        event("evt_1", "payment_intent.succeeded", 1_772_442_000),
    ]);
    let sweep_processor = || {
        bench.will_answer([reply(200, &events)]);
        sweep::sweep_stripe(&bench.app, &bench.connections)
            .unwrap()
            .received
    };
    assert_eq!(sweep_processor(), 1);
    let row = bench.inbox("stripe", "evt_1").unwrap();
    assert!(row.reason.contains("sweep"), "{}", row.reason);
    assert_eq!(sweep_processor(), 0);
    assert_eq!(bench.inbox("stripe", "evt_1").unwrap().deliveries, 1);
    assert_eq!(bench.inbox("stripe", "evt_2"), None);
    // Five minutes before the newest event, in whole seconds.
    let asked = bench.asked();
    assert!(
        asked[1].contains("created%5Bgte%5D=1772441800"),
        "{asked:?}"
    );

    bench.will_answer([reply(200, &succeeded("pi_1"))]);
    assert_eq!(bench.take_in().processed, 1);
}

fn moved(id: &str, kind: &str, source: &str, net: i64) -> Value {
    json!({
        "id": id, "object": "balance_transaction", "amount": net, "fee": 0, "net": net, "currency": "usd",
        "type": kind, "source": source, "available_on": 1, "created": 1
    })
}

#[test]
fn totals_of_the_other_systems_are_kept_by_entity_and_currency() {
    let bench = Bench::new();
    let refund = json!({
        "id": "re_1", "object": "refund", "amount": 250, "currency": "usd", "status": "succeeded", "charge": "ch_1",
        "created": 1
    });
    let balance = [
        moved("txn_1", "charge", "ch_1", 1_184),
        moved("txn_2", "refund", "re_1", -250),
        moved("txn_3", "payout", "po_1", -900),
        moved("txn_4", "adjustment", "dp_1", -100),
    ];
    // Whose books a dispute is about is known by its charge.
    let disputed = json!({
        "id": "dp_1", "object": "dispute", "amount": 100, "currency": "usd", "status": "needs_response",
        "reason": "fraudulent", "charge": "ch_1", "balance_transactions": [], "created": 1
    });
    let booked = [
        json!({ "Id": "006A", "Total_Contract_Value__c": "2400.50", "CurrencyIsoCode": "USD", "Tieout_Entity__c": "US" }),
        json!({ "Id": "006B", "Total_Contract_Value__c": "1.0E3", "CurrencyIsoCode": "EUR" }),
        json!({ "Id": "006C", "Total_Contract_Value__c": "7", "Tieout_Entity__c": "US" }),
    ];
    let processor = [
        list(&[succeeded("pi_1")]),
        list(&[refund]),
        list(&balance),
        list(&[disputed]),
    ];
    bench.will_answer(processor.iter().map(|body| reply(200, body)));
    bench.will_answer([reply(200, &token()), reply(200, &page(&booked))]);
    sweep::read_balances(&bench.app, &bench.connections).unwrap();
    assert_eq!(
        bench.setting("processor_balance/US/USD").as_deref(),
        Some("834")
    );
    assert_eq!(
        bench.setting("crm_booked/US/USD").as_deref(),
        Some("240050")
    );
    assert_eq!(bench.setting("crm_booked/?/EUR").as_deref(), Some("100000"));
    bench.assert_all_used();

    // What is booked nowhere any more is zero, not what it was.
    bench.will_answer(processor.iter().map(|body| reply(200, body)));
    bench.will_answer([reply(200, &page(&[]))]);
    sweep::read_balances(&bench.app, &bench.connections).unwrap();
    assert_eq!(bench.setting("crm_booked/US/USD").as_deref(), Some("0"));
    assert_eq!(
        bench.setting("processor_balance/US/USD").as_deref(),
        Some("834")
    );
}

#[test]
fn a_round_sweeps_at_its_pace_and_survives_systems_that_are_away() {
    let bench = Bench::new();
    let away = || {
        Err(connect::TransportFault::ConnectFailed {
            detail: "refused".into(),
        })
    };
    // Two sweeps, and the totals of two systems.
    bench.will_answer([away(), away(), away(), away()]);
    let progress = worker::tick(&bench.app, &bench.connections);
    assert_eq!(progress.faults, 3);
    assert!(progress.is_quiet());
    bench.later(120);
    let empty = list(&[]);
    let totals = || {
        (0..3)
            .map(|_| reply(200, &empty))
            .chain([reply(200, &page(&[]))])
    };
    bench.will_answer([
        reply(200, &token()),
        reply(200, &page(&[])),
        reply(200, &empty),
    ]);
    bench.will_answer(totals());
    assert_eq!(worker::tick(&bench.app, &bench.connections).faults, 0);
    bench.assert_all_used();
    // Within the pace only the totals are read again.
    bench.later(30);
    bench.will_answer(totals());
    assert!(worker::tick(&bench.app, &bench.connections).is_quiet());
    bench.assert_all_used();
}
