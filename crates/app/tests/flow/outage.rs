//! The outside ledger is down for a day; flows go out in three modes.

use crate::company::Company;
use serde_json::json;
use std::collections::BTreeMap;
use store::effects;

fn statuses(company: &Company) -> BTreeMap<String, i64> {
    let counts = company
        .app
        .run("test", |tx, _| Ok(effects::counts(tx)?))
        .unwrap();
    let mut sums = BTreeMap::new();
    for count in counts {
        *sums.entry(count.status).or_default() += count.count;
    }
    sums
}

/// The numbers of the journals that the outside ledger holds, in the order in which it made them,
/// and which lane each came by.
fn order_there(company: &Company) -> Vec<String> {
    let mut records = company.sims.netsuite.records("journalEntry");
    records.sort_by_key(|record| {
        let id = record["id"].as_str().unwrap();
        id.parse::<u64>().unwrap()
    });
    records
        .into_iter()
        .map(|record| record["externalId"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_ledger_is_down_for_a_day_and_nothing_is_lost_or_out_of_order() {
    let company = Company::new();
    for number in 0..12 {
        company.sell(&format!("before{number}"), 1 + number);
    }
    company.act("run_billing", json!({ "through": "2026-03-02" }));
    company.drain(10);
    let before = statuses(&company)["confirmed"];
    assert!(before >= 12, "{before}");

    company.wire.set_down(true);
    let calls = company.wire.calls();
    for hour in 0..24 {
        // Orders and bills go on as if nothing were the matter: nobody waits for the ledger.
        company.sell(&format!("during{hour}"), 1 + hour);
        company.act("run_billing", json!({ "through": "2026-03-02" }));
        for _ in 0..60 {
            company.tick();
            company.pass(60);
        }
    }
    // The breaker lets one probe go each minute at most; every other call is held.
    let calls = company.wire.calls() - calls;
    assert!((8..=24 * 60 + 20).contains(&calls), "{calls} calls");
    let now = statuses(&company);
    assert_eq!(now.get("confirmed"), Some(&before), "{now:?}");
    let view = &company.app.connection_views().unwrap()[0];
    assert_eq!(
        (view.status, view.lanes >= 24),
        ("degraded", true),
        "{view:?}"
    );
    assert!(
        view.waiting >= 24 && !view.value_waiting.is_empty(),
        "{view:?}"
    );

    // A probe in vain uses no attempt: nobody has to release anything when the ledger is back.
    let parked = company
        .app
        .lane_views(None, app::lanes::LaneList::Parked, 100)
        .unwrap();
    assert_eq!(parked.len(), 0, "{parked:?}");
    let attempts = company
        .app
        .run("test", |tx, _| {
            let waiting = effects::of_status(tx, "intended", 10_000)?;
            Ok(waiting.iter().map(|effect| effect.attempts).max())
        })
        .unwrap();
    assert!(attempts.is_some_and(|most| most < 8), "{attempts:?}");

    company.wire.set_down(false);
    company.drain(600);
    let now = statuses(&company);
    assert_eq!(now.keys().collect::<Vec<_>>(), ["confirmed"], "{now:?}");
    assert!(now["confirmed"] >= before + 24);
    assert_eq!(company.our_balances(), company.their_balances());
    assert!(!company.our_balances().is_empty());
    // Each journal once; ids of ours sort by the moment of posting, so the order of a lane shows.
    let there = order_there(&company);
    let mut once = there.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), there.len());
    let lanes = company
        .app
        .run("test", |tx, _| {
            let mut lanes: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for effect in effects::of_status(tx, "confirmed", 10_000)? {
                lanes.entry(effect.lane).or_default().push(effect.subject);
            }
            Ok(lanes)
        })
        .unwrap();
    for subjects in lanes.values() {
        let places: Vec<_> = subjects
            .iter()
            .filter_map(|subject| {
                let journal = subject.strip_prefix("journal/")?;
                there.iter().position(|one| one == journal)
            })
            .collect();
        assert!(places.is_sorted(), "{subjects:?} {places:?}");
    }
    // What waited through the outage was looked up afterwards and is there.
    for _ in 0..10 {
        company.pass(61);
        company.tick();
    }
    let marks = company
        .app
        .run("test", |tx, _| {
            Ok(effects::of_status(tx, "confirmed", 10_000)?)
        })
        .unwrap();
    let late = marks.iter().filter(|effect| effect.fallback > 0).count();
    assert!(late >= 24, "{late}");
    assert!(marks.iter().all(|effect| [0, 2].contains(&effect.fallback)));
}

#[test]
fn the_same_facts_give_the_same_ledger_in_every_mode() {
    let mut seen = Vec::new();
    for mode in [
        json!({ "mode": "event" }),
        json!({ "mode": "micro_batch", "minutes": 30 }),
        json!({ "mode": "scheduled", "at": "02:30" }),
    ] {
        let company = Company::new();
        let mut body = mode.clone();
        body["flow"] = json!("netsuite.journal_entry");
        body["reason"] = json!("agreed with the controller");
        company.act("set_flow_mode", body);
        for number in 0..6 {
            company.sell(&format!("cus{number}"), 1 + number);
            company.act("run_billing", json!({ "through": "2026-03-02" }));
            company.tick();
            company.pass(7 * 60);
        }
        let waited = statuses(&company).get("intended").copied().unwrap_or(0);
        company.drain(2_000);
        seen.push((waited, company.our_balances(), company.their_balances()));
    }
    let [event, batch, daily] = seen.try_into().unwrap();
    assert_eq!(event.1, event.2);
    assert_eq!((&event.1, &event.2), (&batch.1, &batch.2));
    assert_eq!((&event.1, &event.2), (&daily.1, &daily.2));
    // The modes differ in when, and in nothing else.
    assert!(
        event.0 < batch.0 && batch.0 < daily.0,
        "{} {} {}",
        event.0,
        batch.0,
        daily.0
    );
}
