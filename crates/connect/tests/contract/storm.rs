//! Every kind of write, many times, in stormy weather: each ends up done exactly once.

use connect::netsuite::CustomerRecord;
use connect::salesforce::FieldValue;
use connect::stripe::{NewRefund, PaymentIntent};
use connect::{Fault, FaultClass, ReadBack};
use sim::Weather;
use values::{Currency, Money};

use crate::Bench;
use crate::netsuite::entry;
use crate::salesforce::won;
use crate::stripe::{accepted, payment};

/// How often a lane would come back to one effect before a person is asked.
const ATTEMPTS: usize = 40;

/// Does one effect as a lane does: an ambiguous call is left only by reading back, a passing
/// fault is tried again, and anything else is an error in this test.
fn settle<T>(
    act: impl Fn() -> Result<T, Fault>,
    look: impl Fn() -> Result<ReadBack<T>, Fault>,
) -> T {
    let mut in_doubt = false;
    for _ in 0..ATTEMPTS {
        let outcome = if in_doubt {
            match look() {
                Ok(ReadBack::Found(done)) => return done,
                Ok(ReadBack::Absent) => {
                    in_doubt = false;
                    continue;
                }
                Err(fault) => Err(fault),
            }
        } else {
            act()
        };
        match outcome {
            Ok(done) => return done,
            Err(fault) if fault.class == FaultClass::Ambiguous => in_doubt = true,
            Err(fault) => assert!(fault.class.may_retry(), "{fault} {:?}", fault.class),
        }
    }
    panic!("not settled after {ATTEMPTS} attempts")
}

#[test]
fn payments_and_refunds_are_made_exactly_once() {
    let bench = Bench::under(Weather::stormy());
    let mut expected = 0;
    for number in 0..80_i64 {
        let new = payment(&format!("inv_{number}"), 1_000 + number);
        let intent: PaymentIntent = settle(
            || bench.stripe.create_payment(&new).map(accepted),
            || bench.stripe.read_back_payment(&new, bench.now()),
        );
        assert_eq!(intent.amount_received, new.amount);
        expected += new.amount.minor;
        if number % 4 == 0 {
            let refund = NewRefund {
                payment_intent: intent.id,
                amount: Money::from_minor(500, Currency::EUR),
                credit_note: format!("crn_{number}"),
                idempotency_key: format!("ref-{number}"),
            };
            settle(
                || bench.stripe.create_refund(&refund),
                || bench.stripe.read_back_refund(&refund),
            );
            expected -= 500;
        }
    }
    bench.sims.set_weather(Weather::calm());
    assert_eq!(bench.sims.stripe.objects("payment_intents").len(), 80);
    assert_eq!(bench.sims.stripe.objects("refunds").len(), 20);
    let rows = bench
        .stripe
        .balance_transactions(&connect::stripe::Filter::default())
        .unwrap();
    let gross: i64 = rows.iter().map(|row| row.amount.minor).sum();
    assert_eq!(gross, expected);
}

#[test]
fn journals_are_posted_exactly_once() {
    let bench = Bench::under(Weather::stormy());
    let mut expected = 0;
    for number in 0..80_i64 {
        let meant = entry(&format!("je-{number}"), 10_000 + number);
        expected += 10_000 + number;
        settle(
            || bench.netsuite.create_journal_entry(&meant).map(drop),
            || {
                Ok(
                    match bench.netsuite.find_journal_entry(&meant.external_id)? {
                        ReadBack::Found(held) => {
                            assert_eq!(held.difference_from(&meant), None);
                            ReadBack::Found(())
                        }
                        ReadBack::Absent => ReadBack::Absent,
                    },
                )
            },
        );
    }
    bench.sims.set_weather(Weather::calm());
    let totals = bench.sims.netsuite.totals();
    let debits: i64 = totals.iter().map(|total| total.debit_minor).sum();
    let credits: i64 = totals.iter().map(|total| total.credit_minor).sum();
    assert_eq!((debits, credits), (expected, expected));
    assert_eq!(bench.sims.netsuite.records("journalEntry").len(), 80);
}

#[test]
fn submitted_journals_and_customers_are_made_exactly_once() {
    let bench = Bench::under(Weather::stormy());
    for number in 0..40_i64 {
        let customer = CustomerRecord {
            external_id: format!("acc-{number}"),
            company_name: format!("Customer {number}"),
            email: None,
            subsidiary: "1".into(),
            currency: "4".into(),
        };
        settle(
            || bench.netsuite.upsert_customer(&customer),
            || match bench.netsuite.customer(&customer.external_id) {
                Ok(held) => Ok(ReadBack::Found(held.id)),
                Err(fault) if connect::netsuite::says_absent(&fault) => Ok(ReadBack::Absent),
                Err(fault) => Err(fault),
            },
        );
        // The key makes a repeat harmless, so doubt is left by handing it in again.
        let meant = entry(&format!("je-{number}"), 100);
        let key = format!("key-{number}");
        settle(
            || bench.netsuite.submit_journal_entry(&meant, &key).map(drop),
            || Ok(ReadBack::Absent),
        );
    }
    assert_eq!(bench.sims.netsuite.records("customer").len(), 40);
    assert_eq!(bench.sims.netsuite.records("journalEntry").len(), 40);
}

#[test]
fn states_are_written_back_and_sweeps_are_whole() {
    let bench = Bench::under(Weather::stormy());
    let ids: Vec<String> = (0..30)
        .map(|number| won(&bench, &format!("deal-{number}"), 2))
        .collect();
    for (number, id) in ids.iter().enumerate() {
        let fields = [(
            "Tieout_Contract__c",
            FieldValue::Text(format!("con_{number}")),
        )];
        settle(
            || bench.salesforce.update("Opportunity", id, &fields),
            || {
                bench
                    .salesforce
                    .read_back_update("Opportunity", id, &fields)
            },
        );
        let held = bench.sims.salesforce.record("Opportunity", id).unwrap();
        assert_eq!(held["Tieout_Contract__c"], format!("con_{number}"));
        if number % 10 == 9 {
            bench.sims.salesforce.revoke_sessions().unwrap();
        }
    }
    let sweep = settle(
        || bench.salesforce.won_opportunities(None),
        || Ok(ReadBack::Absent),
    );
    assert_eq!((sweep.won.len(), sweep.bad.len()), (30, 0));
    assert!(sweep.won.iter().all(|won| won.lines.len() == 2));
}
