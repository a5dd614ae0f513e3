//! Laws of the timeline over random contracts with every policy, every kind of amendment and bill
//! runs on random days between them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

mod limits;
mod order;
mod preview;
mod random;
mod settlement;
#[path = "../support/mod.rs"]
mod support;

use billing::{
    CreditAmount, CreditRequest, LineKind, credit, next_due, owed, owed_since, value_changes,
};
use commerce::{
    Amendment, Change, Contract, Timing, agree, amend, component_value, coverage, coverage_between,
    total_value, window_at, windows,
};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use random::{Act, acts, at, change_of, contracts, facts, plus};
use support::{Account, rounded_once, taxes};
use values::{Date, Decimal, Instant, Rate};

/// Amends where the contract allows it.
fn try_change(contract: &Contract, act: &Act) -> Option<Contract> {
    let amendment = Amendment {
        change: change_of(contract, act)?,
        reason: "law".to_owned(),
    };
    let (next, delta) = amend(contract, &amendment, Instant::default()).ok()?;
    let after = total_value(&next).unwrap();
    assert_eq!(delta.value_before.plus(delta.value_delta).unwrap(), after);
    let changes = value_changes(Some(contract), &next).unwrap();
    let sum: i64 = changes.iter().map(|line| line.net.minor).sum();
    assert_eq!(
        sum, delta.value_delta.minor,
        "value changes add up to the delta: {act:?}"
    );
    Some(next)
}

/// When each billing period with something to charge comes due, from all of them priced.
fn first_days_due(contract: &Contract) -> Vec<Date> {
    let mut due = Vec::new();
    for component in &contract.components {
        let parts = coverage(contract, component).unwrap();
        for parts in parts.chunk_by(|one, next| one.window == next.window) {
            let ends = parts[0].window.period.until().min(component.until);
            due.push(match component.timing {
                Timing::Advance => parts[0].period.from(),
                Timing::Arrears | Timing::ArrearsWithRunning => ends.yesterday().unwrap(),
            });
        }
    }
    due
}

/// Every day is covered by exactly the quantity and price that the timeline states.
fn assert_covered(contract: &Contract, account: &Account) {
    for component in &contract.components {
        let mine = |line: &&billing::BilledLine| line.line.component == component.id;
        let lines: Vec<_> = account.lines.iter().filter(mine).collect();
        let parts = coverage(contract, component).unwrap();
        let mut days: Vec<Date> = parts.iter().map(|part| part.period.from()).collect();
        for line in &lines {
            days.extend([line.line.period.from(), line.line.period.until()]);
        }
        for day in days {
            let expected = parts.iter().find(|part| part.period.contains(day));
            let wanted = expected.map_or(Decimal::ZERO, |part| part.quantity.decimal());
            let mut held = Decimal::ZERO;
            for line in &lines {
                if line.line.kind != LineKind::Concession && line.line.period.contains(day) {
                    held += line.line.quantity.decimal();
                }
            }
            assert_eq!(held, wanted, "{} on {day}", component.id);
        }
    }
}

fn assert_nothing_over_credited(account: &Account) {
    for line in &account.lines {
        if line.line.kind == LineKind::Charge {
            let (net, tax) = account.left(&line.id);
            assert!(
                net >= 0 && tax >= 0,
                "{} is left with {net} and {tax}",
                line.id
            );
            if net == 0 {
                assert_eq!(tax, 0, "tax of {} goes back with it", line.id);
            }
        }
    }
}

/// The first day of any billing period that an amendment changes.
fn earliest_change(before: &Contract, after: &Contract) -> Date {
    let changes = value_changes(Some(before), after).unwrap();
    changes
        .iter()
        .map(|line| line.window.from())
        .min()
        .unwrap_or(Date::MAX)
}

/// The same cases in every run.
fn cases(count: u32) -> ProptestConfig {
    ProptestConfig {
        cases: count,
        rng_seed: RngSeed::Fixed(23),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..ProptestConfig::default()
    }
}

/// A law over the same cases in every run, for one that counts what it has seen.
fn every_case<S: Strategy>(count: u32, drawn: &S, law: impl Fn(S::Value)) {
    let mut runner = TestRunner::new(cases(count));
    let ran = runner.run(drawn, |values| {
        law(values);
        Ok(())
    });
    if let Err(failed) = ran {
        panic!("{failed}");
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn billed_over_life_is_the_value_under_every_policy_and_amendment(
        start in contracts(),
        acts in prop::collection::vec(acts(), 0..14),
        once_for_the_document in any::<bool>(),
    ) {
        let mut now = start;
        let mut account = Account::default();
        if once_for_the_document {
            account = Account::taxed(rounded_once(taxes("0.19")));
        }
        for act in &acts {
            if let Act::Bill(share) = act {
                let through = at(&now, *share);
                account.bill_through(&now, through);
                prop_assert_eq!(owed(&now, &account.lines, through).unwrap(), []);
            } else if let Some(next) = try_change(&now, act) {
                now = next;
            }
        }
        account.bill_through(&now, Date::MAX);
        prop_assert_eq!(owed(&now, &account.lines, Date::MAX).unwrap(), []);
        prop_assert_eq!(account.net(), total_value(&now).unwrap().minor);
        for component in &now.components {
            let value = component_value(&now, component).unwrap();
            prop_assert_eq!(account.net_of(&component.id), value.minor);
        }
        assert_covered(&now, &account);
        assert_nothing_over_credited(&account);
    }

    #[test]
    fn looking_only_at_what_may_have_changed_finds_all_that_is_owed(
        start in contracts(),
        acts in prop::collection::vec(acts(), 0..14),
    ) {
        let mut now = start;
        let mut account = Account::default();
        let mut since = Date::MIN;
        for act in &acts {
            if let Act::Bill(share) = act {
                let through = at(&now, *share);
                let all = owed(&now, &account.lines, through).unwrap();
                let near: Vec<_> = account
                    .lines
                    .iter()
                    .filter(|line| line.line.window.until() > since)
                    .cloned()
                    .collect();
                prop_assert_eq!(&owed_since(&now, &near, since, through).unwrap(), &all);
                account.bill_through(&now, through);
                since = next_due(&now, through).unwrap_or(Date::MAX);
            } else if let Some(next) = try_change(&now, act) {
                since = since.min(earliest_change(&now, &next));
                now = next;
            }
        }
    }

    #[test]
    fn the_day_due_next_is_the_first_one_on_which_priced_days_come_due(
        start in contracts(),
        acts in prop::collection::vec(facts(), 0..8),
        share in 0_u32..1_100,
    ) {
        let change = |now: Contract, act: &Act| try_change(&now, act).unwrap_or(now);
        let now = acts.iter().fold(start, change);
        let through = at(&now, share);
        let due = first_days_due(&now).into_iter().filter(|day| *day > through);
        prop_assert_eq!(next_due(&now, through), due.min());
    }

    #[test]
    fn credits_never_exceed_their_source_whatever_happens_to_the_timeline(
        start in contracts(),
        acts in prop::collection::vec(acts(), 1..8),
        fractions in prop::collection::vec(1_i64..=100, 1..4),
    ) {
        let mut now = start;
        let mut account = Account::default();
        account.bill_through(&now, Date::MAX);
        let invoice = account.lines.clone();
        for (index, act) in acts.iter().enumerate() {
            if let Some(percent) = fractions.get(index) {
                let fraction = Rate::new(Decimal::new(*percent, 2));
                let request = CreditRequest {
                    amount: CreditAmount::Fraction { fraction },
                    reason: "goodwill".to_owned(),
                };
                if let Ok(note) = credit(&invoice, &account.lines, &request) {
                    account.issue(&note.lines);
                }
            }
            if let Some(next) = try_change(&now, act) {
                now = next;
            }
            account.bill_through(&now, Date::MAX);
            prop_assert_eq!(owed(&now, &account.lines, Date::MAX).unwrap(), []);
            assert_nothing_over_credited(&account);
        }
        assert_covered(&now, &account);
    }

    #[test]
    fn coverage_never_overlaps_and_leaves_out_only_pauses_and_trials(
        start in contracts(),
        acts in prop::collection::vec(acts(), 0..8),
        window in (0_u32..1000, 0_u32..1000),
    ) {
        let mut now = start;
        for act in &acts {
            if let Some(next) = try_change(&now, act) {
                now = next;
            }
        }
        let (since, through) = (at(&now, window.0), at(&now, window.1));
        for component in &now.components {
            let parts = coverage(&now, component).unwrap();
            for pair in parts.windows(2) {
                prop_assert!(pair[0].period.until() <= pair[1].period.from());
            }
            let once = component.billing == commerce::BillingFrequency::OneOff;
            if !once {
                let covered: i64 = parts.iter().map(|part| part.period.days()).sum();
                let charged: i64 = component.spans().iter().map(|span| span.period.days()).sum();
                prop_assert_eq!(covered, charged);
            }
            let near = coverage_between(&now, component, since, through).unwrap();
            let filtered: Vec<_> = parts
                .into_iter()
                .filter(|part| {
                    part.window.period.until() > since && part.window.period.from() <= through
                })
                .collect();
            prop_assert_eq!(near, filtered);
        }
    }

    #[test]
    fn the_computed_billing_period_is_the_one_that_holds_the_day(
        start in contracts(),
        share in 0_u32..1000,
    ) {
        for component in &start.components {
            let all = windows(&start, component);
            for pair in all.windows(2) {
                prop_assert_eq!(pair[0].period.until(), pair[1].period.from());
            }
            let day = at(&start, share);
            let holding = all.iter().find(|window| window.period.contains(day));
            let computed = window_at(&start, component, day);
            if component.billing.recurs() {
                prop_assert_eq!(computed.as_ref(), holding);
            }
            if component.billing.recurs() {
                prop_assert!(holding.is_some());
            }
        }
    }

    #[test]
    fn a_cancellation_taken_back_leaves_no_trace(
        start in contracts(),
        acts in prop::collection::vec(facts(), 0..4),
        cancelled in (any::<bool>(), 0_u32..1000),
        billed in (0_u32..1200, 0_u32..1200),
    ) {
        let mut now = start;
        for act in &acts {
            now = try_change(&now, act).unwrap_or(now);
        }
        let mut account = Account::default();
        account.bill_through(&now, at(&now, billed.0));
        let cancel = Act::Cancel(cancelled.0, commerce::CancelAt::OnDate, cancelled.1);
        let over = try_change(&now, &cancel).unwrap();
        account.bill_through(&over, at(&over, billed.1));
        let back = try_change(&over, &Act::Uncancel).unwrap();
        prop_assert_eq!(&back.components, &now.components);
        account.bill_through(&back, Date::MAX);
        prop_assert_eq!(account.net(), total_value(&now).unwrap().minor);
    }

    #[test]
    fn an_open_ended_contract_costs_one_window_at_a_time(
        start in contracts(),
        years in 1_i64..60,
    ) {
        let until = plus(start.term.until(), years * 365);
        let now = agree(&start, &Change::Extend { until }).unwrap();
        for component in &now.components {
            if component.billing.recurs() {
                let day = plus(now.term.from(), years * 300);
                let found = coverage_between(&now, component, day, day).unwrap();
                prop_assert!(found.len() <= 2, "{} parts", found.len());
            }
        }
    }
}
