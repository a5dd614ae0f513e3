//! An upgrade in the middle of a period moves the bill, the contract's value in the CRM and the revenue
//! schedule at once, and they tie out; a thousand amendments of one
//! contract follow each other.

use super::{ACTOR, company, won};
use app::command::{Answer, Command};
use app::journey::order::take_order;
use app::{App, AppFault, SimulatedClock};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::documents::DocumentFilter;
use store::{StoreFault, contracts, documents, effects, log, obligations};
use values::Date;

fn act(app: &App, name: &str, body: Value) -> Answer {
    app.act(ACTOR, Command::read(name, body).unwrap()).unwrap()
}

/// The only contract that there is.
fn contract(app: &App) -> contracts::ContractRow {
    let rows = app
        .store()
        .read(|tx| contracts::all_after(tx, "", 10))
        .unwrap();
    assert_eq!(rows.len(), 1);
    rows.into_iter().next().unwrap()
}

fn must_tie_out(app: &App) {
    let rows = app.tie_outs().unwrap();
    let measures: BTreeSet<&str> = rows.iter().map(|row| row.measure.as_str()).collect();
    for measure in ["billings", "deferred", "receivable"] {
        assert!(
            measures.contains(measure),
            "{measure} is not compared: {measures:?}"
        );
    }
    for row in rows {
        assert_eq!(row.difference.minor, 0, "{row:?}");
    }
}

#[test]
fn a_mid_cycle_upgrade_moves_bill_crm_value_and_schedule_and_ties_out_to_the_cent() {
    let (app, clock): (App, Arc<SimulatedClock>) = company();
    app.run(ACTOR, |tx, context| take_order(tx, context, &won()))
        .unwrap();
    app.daily_work(ACTOR, true).unwrap();
    let id = contract(&app).id;
    clock.move_to("2026-01-25T09:00:00Z".parse().unwrap());
    let answer = act(
        &app,
        "amend_contract",
        json!({ "contract": id, "effective": "2026-01-25", "reason": "eight seats more",
            "change": { "kind": "quantity", "quantity": "20" } }),
    );
    // 21 of the 31 days from 15 January, and eleven whole months: 8 × 10 × (21/31 + 11).
    assert_eq!(answer["value_change"]["amount"], "934.19");
    app.daily_work(ACTOR, true).unwrap();

    // The bill: only what is more, for the days that are left of the period.
    let (bills, lines, told, schedules) = app
        .store()
        .read(|tx| -> Result<_, StoreFault> {
            let mut bills = documents::documents(tx, &DocumentFilter::default(), "", 9)?;
            bills.sort_by(|one, other| one.number.cmp(&other.number));
            let newest = bills.last().unwrap().id.clone();
            let lines = documents::lines_of(tx, &newest)?;
            let subject = format!("contract/{}", bills[0].contract);
            let told = effects::of_subject(tx, &subject)?;
            let schedules = obligations::of_contract(tx, &bills[0].contract)?;
            Ok((bills, lines, told, schedules))
        })
        .unwrap();
    let sums: Vec<_> = bills
        .iter()
        .map(|bill| (bill.kind.as_str(), bill.net, bill.tax))
        .collect();
    assert_eq!(
        sums,
        [("invoice", 12_000, 2_280), ("invoice", 5_419, 1_030)]
    );
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].arithmetic, "8 × 10.00 × 21/31");

    // The CRM: what the contract is worth now, and by which version.
    let values: Vec<Value> = told
        .iter()
        .filter(|effect| effect.operation == "salesforce.update")
        .map(|effect| serde_json::from_str::<Value>(&effect.request).unwrap())
        .filter(|request| !request["fields"]["Tieout_Contract_Value__c"].is_null())
        .collect();
    assert_eq!(values.len(), 1, "{told:?}");
    assert_eq!(
        (values[0]["sobject"].as_str(), values[0]["id"].as_str()),
        (Some("Opportunity"), Some("006A"))
    );
    let fields = &values[0]["fields"];
    assert_eq!(fields["Tieout_Contract_Value__c"]["decimal"], "2374.19");
    assert_eq!(fields["Tieout_Contract_Version__c"], 2);
    assert_eq!(contract(&app).value, 237_419);

    // The schedule: the whole value, and what is earned of it through the month.
    assert_eq!(schedules.len(), 1);
    assert_eq!(schedules[0].allocated, 237_419);
    assert_eq!(schedules[0].billed, 17_419);
    clock.move_to("2026-01-31T20:00:00Z".parse().unwrap());
    app.daily_work(ACTOR, true).unwrap();
    let recognised = app
        .store()
        .read(move |tx| obligations::of_contract(tx, &id))
        .unwrap()[0]
        .recognised;
    // 17 of 31 days of 120.00, and 7 of 21 days of 54.19.
    assert_eq!(recognised, 6_581 + 1_806);
    must_tie_out(&app);
}

/// A day of the contract's year.
fn day(offset: usize) -> Date {
    let first: Date = "2026-01-01".parse().unwrap();
    let days = std::time::Duration::from_secs(offset as u64 * 86_400);
    first.checked_add(days).unwrap()
}

/// People at work at the same time.
const THREADS: usize = 8;
/// Amendments of one person that hold from the same day; the last of them counts.
const A_DAY: usize = 25;

/// Amendments of each person: a thousand in all.
const EACH: usize = 5 * A_DAY;

/// From which day an amendment holds.
fn from(turn: usize) -> Date {
    day(turn.div_ceil(A_DAY))
}

#[test]
fn a_thousand_amendments_at_once_of_one_contract_stay_in_order_and_none_is_lost() {
    let (app, _) = company();
    act(
        &app,
        "create_customer",
        json!({ "id": "self", "legal_name": "Self-service AG", "currency": "EUR" }),
    );
    let lines: Vec<Value> = (0..THREADS)
        .map(|thread| json!({ "component": format!("seats-{thread}"), "product": "SEAT", "quantity": "1" }))
        .collect();
    act(
        &app,
        "activate_contract",
        json!({ "id": "C-1", "customer": "self", "entity": "DE", "start": "2026-01-01", "end": "2026-01-31",
            "lines": lines }),
    );
    // Each of eight people changes a line of its own, many times for each day; one wish in five is
    // nonsense.
    let mut versions: Vec<u64> = std::thread::scope(|scope| {
        let at_work: Vec<_> = (0..THREADS)
            .map(|thread| {
                let app = &app;
                scope.spawn(move || amendments_of(app, thread))
            })
            .collect();
        at_work
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    versions.sort_unstable();
    let last = (THREADS * EACH + 1) as u64;
    assert_eq!(versions, (2..=last).collect::<Vec<_>>());
    let row = contract(&app);
    assert_eq!(row.version, last as i64);
    let kept: commerce::Contract = serde_json::from_str(&row.body).unwrap();
    for (thread, component) in kept.components.iter().enumerate() {
        let stated: Vec<_> = component
            .quantities
            .iter()
            .map(|fact| (fact.from, fact.quantity.to_string()))
            .collect();
        let mut wanted = vec![(day(0), "1".to_owned())];
        let counts = (A_DAY..=EACH).step_by(A_DAY);
        wanted.extend(counts.map(|turn| (from(turn), quantity(thread, turn).to_string())));
        assert_eq!(stated, wanted, "{}", component.id);
    }
    // Every version was kept and told once, in order.
    let (versions, told) = app
        .store()
        .read(|tx| -> Result<_, StoreFault> {
            let versions = contracts::versions_from(tx, "C-1", 1)?;
            let mut told = Vec::new();
            log::each_in_order(tx, |event| {
                if event.type_name.contains("contract.amended") {
                    let data: Value = serde_json::from_str(&event.data).unwrap();
                    told.push(data["version"].as_u64().unwrap());
                }
                Ok(())
            })?;
            Ok((versions, told))
        })
        .unwrap();
    let kept = versions.iter().map(|body| {
        let kept: commerce::Contract = serde_json::from_str(body).unwrap();
        // Each with its own note, so that the history does not repeat itself with every version.
        assert_eq!(kept.versions.len(), 1);
        u64::from(kept.version())
    });
    assert_eq!(kept.collect::<Vec<_>>(), (1..=last).collect::<Vec<_>>());
    assert_eq!(told, (2..=last).collect::<Vec<_>>());
    // What is billed of it all, bit by bit and now the rest, is what the contract is worth.
    bill(&app);
    let net: i64 = app
        .store()
        .read(|tx| documents::documents(tx, &DocumentFilter::default(), "", 10_000))
        .unwrap()
        .iter()
        .map(|row| {
            if row.kind == "invoice" {
                row.net
            } else {
                -row.net
            }
        })
        .sum();
    assert_eq!(net, row.value);
    must_tie_out(&app);
}

fn bill(app: &App) {
    act(
        app,
        "run_billing",
        json!({ "contract": "C-1", "through": "2026-01-31" }),
    );
}

fn quantity(thread: usize, turn: usize) -> usize {
    2 + (thread + turn) % 7
}

/// The versions that one person's amendments made.
fn amendments_of(app: &App, thread: usize) -> Vec<u64> {
    let mut made = BTreeSet::new();
    for turn in 1..=EACH {
        let body = |quantity: String| {
            json!({ "contract": "C-1", "effective": from(turn), "reason": "self-service",
                "change": { "kind": "quantity", "component": format!("seats-{thread}"), "quantity": quantity } })
        };
        if turn % 5 == 0 {
            let nonsense = Command::read("amend_contract", body("0".to_owned())).unwrap();
            let refused = app.act(ACTOR, nonsense);
            assert!(matches!(refused, Err(AppFault::Refused(_))), "{refused:?}");
        }
        let wanted = body(quantity(thread, turn).to_string());
        let answer = act(app, "amend_contract", wanted);
        made.insert(answer["version"].as_u64().unwrap());
        // Billing goes on meanwhile.
        if turn % A_DAY == 0 {
            bill(app);
        }
    }
    made.into_iter().collect()
}
