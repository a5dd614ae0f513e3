//! A chain holds every hop, and any id of it finds it.

use super::{Company, at, money};
use crate::journey::order::OrderOutcome;
use crate::view::{Chain, HopKind};
use serde_json::json;
use store::effects::{self, EffectRow};
use store::inbox::{self, InboxRow};

/// A deal that arrived three times, became a contract, was billed and paid, and whose invoice the
/// outside ledger was told of with an ambiguous outcome.
fn told_everywhere() -> (Company, String, String) {
    let company = Company::new();
    let OrderOutcome::Taken {
        contract,
        correlation,
    } = company.order("006A", "US", "SEAT")
    else {
        panic!("not taken")
    };
    let chain = correlation.as_str().to_owned();
    let item = InboxRow {
        source: "salesforce".to_owned(),
        source_id: "006A@2026-01-10T11:59:00Z".to_owned(),
        kind: "Opportunity".to_owned(),
        received: at("2026-01-10T11:59:30Z").microseconds(),
        digest: vec![1],
        raw: b"{}".to_vec(),
        status: "open".to_owned(),
        reason: String::new(),
        attempts: 0,
        next_attempt: 0,
        deliveries: 1,
        correlation: String::new(),
    };
    let of_chain = chain.clone();
    company
        .app
        .run("tester", move |tx, _| {
            for _ in 0..3 {
                inbox::receive(tx, &item)?;
            }
            let reason = "taken over as a contract";
            inbox::conclude(
                tx,
                &item.source,
                &item.source_id,
                "confirmed",
                reason,
                &of_chain,
            )?;
            Ok(())
        })
        .unwrap();
    let invoice = company.bill("2026-01-10").remove(0);
    company.moment("2026-01-12T09:00:00Z");
    let of_chain = chain.clone();
    company
        .app
        .run("tester", move |tx, _| {
            let journals = store::journals::of_chain(tx, &of_chain)?;
            effects::intend(tx, &[effect(&journals[0].id, &of_chain)])?;
            Ok(())
        })
        .unwrap();
    company.act(
        "record_payment",
        json!({"id": "P-9", "invoice": invoice, "amount": "2400.00"}),
    );
    company.act("recognise_revenue", json!({"through": "2026-01-31"}));
    (company, contract.as_str().to_owned(), invoice)
}

fn effect(journal: &str, chain: &str) -> EffectRow {
    EffectRow {
        id: "eff_1".to_owned(),
        lane: "ledger/1".to_owned(),
        connection: "netsuite".to_owned(),
        operation: "netsuite.journal_entry".to_owned(),
        subject: format!("journal/{journal}"),
        key: format!("netsuite/journal/{journal}"),
        request: "{}".to_owned(),
        status: "confirmed".to_owned(),
        attempts: 2,
        next_attempt: 0,
        error_class: String::new(),
        error: String::new(),
        external_id: "118204".to_owned(),
        read_back: 1,
        entity: "US".to_owned(),
        amount: 240_000,
        currency: "USD".to_owned(),
        correlation: chain.to_owned(),
        created: at("2026-01-10T12:00:01Z").microseconds(),
        changed: at("2026-01-10T12:05:00Z").microseconds(),
        fence: 0,
        lease: 0,
        priority: 0,
        fallback: 0,
        first_sent: 0,
        last_sent: 0,
    }
}

fn hop<'a>(chain: &'a Chain, title: &str) -> &'a crate::view::Hop {
    let found = chain.hops.iter().find(|hop| hop.title.contains(title));
    found.unwrap_or_else(|| panic!("no hop {title:?} in {:#?}", chain.hops))
}

#[test]
fn a_chain_holds_every_hop_in_order() {
    let (company, contract, invoice) = told_everywhere();
    let chain = company.app.chain("006A").unwrap().unwrap();
    assert_eq!(chain.title, "Corvid Ltd., seat, 2 units, annual in advance");
    let received = hop(&chain, "Opportunity 006A received from Salesforce");
    assert_eq!(
        received.why,
        "delivered 3 times, duplicates recognised; taken over as a contract"
    );
    assert_eq!(
        hop(&chain, "taken over from Salesforce").amount,
        Some(money("2400.00 USD"))
    );
    assert_eq!(
        hop(&chain, "Contract activated, version 1").object,
        Some(contract)
    );
    let issued = hop(&chain, "Invoice US-2026-00001 issued");
    assert_eq!(
        (issued.kind, issued.object.as_deref()),
        (HopKind::Money, Some(invoice.as_str()))
    );
    assert!(issued.why.contains("2,400.00 USD"), "{}", issued.why);
    let posted = hop(&chain, "Posted: Invoice US-2026-00001");
    assert_eq!(posted.rule.as_deref(), Some("invoice-issued 1"));
    assert_eq!(
        posted.why,
        "debit 1100 2,400.00 USD, credit 2400 2,400.00 USD"
    );
    assert_eq!(posted.event, issued.event);
    let sent = hop(
        &chain,
        "Sent to NetSuite: journal entry; confirmed as 118204",
    );
    assert_eq!(sent.why, "outcome was ambiguous, read back; 2 attempts");
    assert_eq!(
        hop(&chain, "Payment by transfer settled").kind,
        HopKind::Money
    );
    assert!(
        hop(&chain, "Payment set against its invoices")
            .why
            .contains("2,400.00 USD to invoice")
    );
    let earned = hop(&chain, "Revenue of SEAT recognised through 2026-01-31");
    assert_eq!(earned.effective, values::parse_date("2026-01-31").ok());
    assert!(chain.hops.is_sorted_by_key(|hop| hop.time));
    // Every event, journal, effect and item of the chain is there once.
    let correlation = chain.correlation.clone();
    let parts = company
        .app
        .store()
        .read(move |tx| {
            let events = store::log::of_chain(tx, &correlation)?.len();
            let journals = store::journals::of_chain(tx, &correlation)?.len();
            Ok::<_, crate::AppFault>(events + journals)
        })
        .unwrap();
    assert_eq!(chain.hops.len(), parts + 2);
}

#[test]
fn any_id_of_a_chain_finds_it() {
    let (company, contract, invoice) = told_everywhere();
    let whole = company.app.chain("006A").unwrap().unwrap();
    let journal = whole
        .hops
        .iter()
        .filter_map(|hop| hop.object.clone())
        .find(|id| id.starts_with("jrn_"))
        .unwrap();
    let event = whole.hops.iter().find_map(|hop| hop.event.clone()).unwrap();
    for id in [
        &contract,
        &invoice,
        &journal,
        &event,
        "US-2026-00001",
        "eff_1",
        "118204",
        "P-9",
        &whole.correlation,
    ] {
        let found = company.app.chain(id).unwrap();
        let found = found.unwrap_or_else(|| panic!("{id} finds nothing"));
        assert_eq!(found.correlation, whole.correlation, "{id}");
        assert_eq!(found.hops.len(), whole.hops.len());
    }
    assert!(company.app.chain("nothing").unwrap().is_none());
    assert!(company.app.chain(" ").unwrap().is_none());
    let labels: Vec<&str> = whole
        .anchors
        .iter()
        .map(|anchor| anchor.label.as_str())
        .collect();
    assert_eq!(
        labels,
        ["Customer", "Contract", "Salesforce account", "Opportunity"]
    );
}

#[test]
fn a_deal_that_stopped_shows_where_and_why() {
    let company = Company::new();
    let OrderOutcome::Held { exception, .. } = company.order("006B", "US", "NO-SUCH-THING") else {
        panic!("not held")
    };
    let chain = company.app.chain(exception.as_str()).unwrap().unwrap();
    let [stop] = chain.hops.as_slice() else {
        panic!("{:#?}", chain.hops)
    };
    assert_eq!(
        (stop.kind, stop.amount),
        (HopKind::Stop, Some(money("2400.00 USD")))
    );
    assert_eq!(
        stop.title,
        "Product NO-SUCH-THING is sold but not in the catalogue"
    );
    assert!(stop.why.contains("NO-SUCH-THING"), "{}", stop.why);
    assert_eq!(
        company.app.chain("006B").unwrap().unwrap().correlation,
        chain.correlation
    );
}
