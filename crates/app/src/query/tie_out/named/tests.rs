//! What is added up is what each exception names by itself, whatever kinds of exceptions are open.

use super::*;
use events::{Application, CashApplied, Envelope, Origin};
use std::collections::BTreeSet;
use store::effects::EffectRow;
use store::exceptions::{self, ExceptionRow};
use store::{Durability, Location, Store};
use values::{Instant, parse_date};

const CONTRACT: &str = "con_1";

fn exception(number: usize, key: String, measure: &str, currency: &str) -> ExceptionRow {
    ExceptionRow {
        id: format!("exc_{number:03}"),
        key,
        class: "tie_out_break".to_owned(),
        summary: String::new(),
        detail: String::new(),
        payload: String::new(),
        customer: String::new(),
        document: String::new(),
        entity: ["US", "DE", ""][number % 3].to_owned(),
        measure: measure.to_owned(),
        amount: 1 << (number % 40),
        currency: currency.to_owned(),
        owner: String::new(),
        status: "open".to_owned(),
        resolution: String::new(),
        correlation: String::new(),
        opened: 1_000 - number as i64,
        resolved: 0,
        fingerprint: String::new(),
        connection: String::new(),
        operation: String::new(),
        cause: String::new(),
        period: String::new(),
        severity: String::new(),
        assignee: String::new(),
        respond_due: 0,
        due: 0,
        responded: 0,
        level: 0,
        escalated_to: String::new(),
        escalate_at: 0,
        incident: String::new(),
        outcome_code: String::new(),
        resolved_by: String::new(),
    }
}

/// Every kind of key with every measure, with and without a currency.
fn all_kinds() -> Vec<ExceptionRow> {
    let kinds = ["posting", "effect", "billing", "outside", "order", "part"];
    let mut measures: Vec<&str> = Measure::ALL
        .iter()
        .map(|measure| measure.as_str())
        .collect();
    measures.extend(["", "no_such_measure"]);
    let mut rows = Vec::new();
    for kind in kinds {
        for (at, measure) in measures.iter().enumerate() {
            for currency in ["USD", "EUR", "", "doubloons"] {
                let number = rows.len();
                let about = match kind {
                    "posting" => format!("posting/evt_{:03}", number % 5),
                    "effect" => format!("effect/eff_{number:03}"),
                    "billing" => format!("billing/con_{}", at % 3),
                    "outside" => format!("outside/con_{}/{number}", at % 3),
                    _ => format!("{kind}/salesforce/{number}"),
                };
                // One open exception about a thing: the others of its key are done with.
                let taken = rows
                    .iter()
                    .any(|row: &ExceptionRow| row.key == about && row.status != "resolved");
                let mut row = exception(number, about, measure, currency);
                if taken {
                    row.status = "resolved".to_owned();
                }
                rows.push(row);
            }
        }
    }
    rows
}

fn applied(number: usize) -> Envelope {
    let part = |minor| Application {
        invoice: "inv_1".parse().unwrap(),
        amount: Money::from_minor(minor, Currency::USD),
        customer: None,
    };
    Envelope {
        id: format!("evt_{number:03}").parse().unwrap(),
        source: "/commands".to_owned(),
        subject: "payment/pay_1".to_owned(),
        time: Instant::from_microseconds(1),
        recorded: Instant::from_microseconds(2),
        effective: parse_date("2026-03-31").unwrap(),
        entity: Some("US".parse().unwrap()),
        partition: "customer/acme".to_owned(),
        sequence: 0,
        correlation: "chn_1".parse().unwrap(),
        causation: None,
        idempotency_key: format!("key_{number}"),
        origin: Origin::Live,
        actor: "ada".to_owned(),
        event: Event::CashApplied(CashApplied {
            payment: "pay_1".parse().unwrap(),
            customer: "acme".parse().unwrap(),
            applications: vec![part(10 + number as i64), part(200)],
            unapplied: Money::zero(Currency::USD),
        }),
    }
}

/// A lane of two for each exception about a delivery; some are parked, some stand behind.
fn deliveries(rows: &[ExceptionRow]) -> Vec<EffectRow> {
    let mut all = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let Some(id) = row.key.strip_prefix("effect/") else {
            continue;
        };
        for (part, status) in [("", "parked"), ("_b", "intended")] {
            all.push(EffectRow {
                id: format!("{id}{part}"),
                lane: format!("lane_{}", at / 3),
                connection: "netsuite".to_owned(),
                operation: DELIVERY.to_owned(),
                subject: String::new(),
                key: format!("key_{id}{part}"),
                request: "{}".to_owned(),
                status: status.to_owned(),
                attempts: 0,
                next_attempt: 0,
                error_class: String::new(),
                error: String::new(),
                external_id: String::new(),
                read_back: 0,
                entity: ["US", "DE"][at % 2].to_owned(),
                amount: 7 + at as i64,
                currency: ["USD", "EUR"][at / 2 % 2].to_owned(),
                correlation: String::new(),
                created: 1,
                changed: 1,
                fence: 0,
                lease: 0,
                priority: 0,
                fallback: 0,
                first_sent: 0,
                last_sent: 0,
            });
        }
    }
    all
}

#[test]
fn what_is_added_up_is_what_each_exception_names() {
    let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
    let rows = all_kinds();
    let effects = deliveries(&rows);
    store
        .write(move |tx| {
            store::effects::intend(tx, &effects)?;
            let mut events: Vec<Envelope> = (0..3).map(applied).collect();
            log::append(tx, &mut events)?;
            ExceptionRow::insert(tx, &rows)
        })
        .unwrap();
    let (wanted, found) = store
        .read(|tx| {
            let owed = [BillingGap {
                contract: CONTRACT.to_owned(),
                entity: "US".parse().unwrap(),
                amount: Money::from_minor(77, Currency::USD),
            }];
            let gaps = Gaps::of(&owed);
            let mut wanted: BTreeMap<(Measure, String, Currency), (i128, BTreeSet<String>)> =
                BTreeMap::new();
            for row in exceptions::all_open(tx)? {
                for named in names(tx, &row.stake(), &gaps)? {
                    let key = (named.measure, named.entity, named.amount.currency);
                    let sum = wanted.entry(key).or_default();
                    sum.0 += i128::from(named.amount.minor);
                    sum.1.insert(row.id.clone());
                }
            }
            Ok::<_, AppFault>((wanted, parts(tx, &owed)?.0))
        })
        .unwrap();
    let keys: Vec<_> = wanted.keys().collect();
    assert_eq!(found.keys().collect::<Vec<_>>(), keys);
    assert!(keys.len() > 40, "{}", keys.len());
    for (key, part) in &found {
        let (minor, ids) = &wanted[key];
        assert_eq!(
            (part.minor, part.count),
            (*minor, ids.len() as u64),
            "{key:?}"
        );
        let first: BTreeSet<String> = part.first.iter().cloned().collect();
        assert_eq!(first.len(), part.first.len(), "{key:?} names one twice");
        assert!(first.is_subset(ids), "{key:?}");
        assert!(first.len() >= ids.len().min(NAMED_IN_A_ROW), "{key:?}");
    }
}
