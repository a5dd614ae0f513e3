//! The machine of those who pay late, over random days, payments, promises and disputes.

use super::{day, eur};
use billing::{
    Act, Case, DunningBook, DunningPolicy, DunningRefusal, PaymentKnown, Promise, Situation, Step,
    StepAction, SuspendedBilling,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn step(after: u16, action: StepAction) -> Step {
    Step {
        after,
        action,
        text: "Invoice {invoice}".to_owned(),
        owner: "collections".to_owned(),
    }
}

fn policy() -> DunningPolicy {
    DunningPolicy {
        id: "standard".to_owned(),
        entity: None,
        collection: None,
        customer_class: None,
        suspended_billing: SuspendedBilling::GoesOn,
        grace_days: 3,
        steps: vec![
            step(0, StepAction::Notice),
            step(3, StepAction::Retry),
            step(8, StepAction::Retry),
            step(10, StepAction::Task),
            step(15, StepAction::Retry),
            step(20, StepAction::Suspend),
            step(40, StepAction::Cancel),
        ],
        longest_promise_days: 30,
    }
}

fn on(today: u16, open: i64) -> Situation {
    Situation {
        today: day(today),
        open: eur(open),
        written_off: false,
        disputed: false,
        payment: PaymentKnown::Failed,
    }
}

fn steps(acts: &[Act]) -> Vec<usize> {
    acts.iter()
        .filter_map(|act| match act {
            Act::Step { number } => Some(*number),
            _ => None,
        })
        .collect()
}

#[test]
fn steps_follow_their_days_once() {
    let mut case = Case::begun(day(0));
    let mut done = Vec::new();
    for today in 0..50 {
        for number in steps(&case.advance(&policy(), &on(today, 100))) {
            done.push((today, number));
        }
        assert!(
            case.advance(&policy(), &on(today, 100)).is_empty(),
            "twice on day {today}"
        );
    }
    assert_eq!(
        done,
        [(0, 0), (3, 1), (8, 2), (10, 3), (15, 4), (20, 5), (40, 6)]
    );
    assert_eq!(policy().retries().days, [3, 5, 7]);
}

/// killbill#338 and #1832: a payment in an unknown state was tried again.
#[test]
fn killbill_338_1832_a_payment_nobody_knows_about_is_never_tried_again() {
    let mut case = Case::begun(day(0));
    case.advance(&policy(), &on(0, 100));
    for today in 3..60 {
        let unknown = Situation {
            payment: PaymentKnown::Unknown,
            ..on(today, 100)
        };
        assert!(case.advance(&policy(), &unknown).is_empty());
    }
    assert_eq!(steps(&case.advance(&policy(), &on(60, 100))), [1]);
}

#[test]
fn a_worker_that_slept_does_not_suspend_sooner_after_the_warning_than_the_table_says() {
    let mut case = Case::begun(day(0));
    let mut done = Vec::new();
    for today in 100..200 {
        for number in steps(&case.advance(&policy(), &on(today, 100))) {
            done.push((today, number));
        }
    }
    assert_eq!(
        done,
        [
            (100, 0),
            (103, 1),
            (108, 2),
            (110, 3),
            (115, 4),
            (120, 5),
            (140, 6)
        ]
    );
}

#[test]
fn a_promise_holds_the_steps_and_is_kept_or_broken() {
    let promise = |until| Promise {
        until: day(until),
        leaving: eur(0),
    };
    let mut case = Case::begun(day(0));
    case.advance(&policy(), &on(0, 100));
    case.promise(promise(10), day(1), &policy()).unwrap();
    for today in 1..=10 {
        assert!(case.advance(&policy(), &on(today, 100)).is_empty());
    }
    let mut kept = case.clone();
    assert_eq!(
        kept.advance(&policy(), &on(10, 0)),
        [Act::PromiseKept, Act::Close]
    );
    assert_eq!(
        case.advance(&policy(), &on(11, 100)),
        [Act::PromiseBroken, Act::Step { number: 1 }]
    );
    let refused = |until, today| {
        case.clone()
            .promise(promise(until), day(today), &policy())
            .unwrap_err()
            .code()
    };
    assert_eq!(refused(11, 11), "promise_past");
    assert_eq!(refused(42, 11), "promise_too_long");
    assert_eq!(
        kept.promise(promise(12), day(11), &policy())
            .unwrap_err()
            .code(),
        "case_closed"
    );
}

#[test]
fn a_payment_gives_the_service_back_once() {
    let mut case = Case::begun(day(0));
    for today in 0..=20 {
        case.advance(&policy(), &on(today, 100));
    }
    assert!(case.suspended);
    assert_eq!(
        case.advance(&policy(), &on(21, 0)),
        [Act::Resume, Act::Close]
    );
    assert!(case.advance(&policy(), &on(22, 0)).is_empty());
}

fn given_up(today: u16) -> Situation {
    Situation {
        written_off: true,
        ..on(today, 0)
    }
}

fn suspended() -> Case {
    let mut case = Case::begun(day(0));
    for today in 0..=20 {
        case.advance(&policy(), &on(today, 100));
    }
    assert!(case.suspended);
    case
}

#[test]
fn a_debt_that_is_written_off_gives_no_service_back_until_it_is_paid() {
    let mut case = suspended();
    assert_eq!(case.advance(&policy(), &given_up(21)), [Act::WriteOff]);
    for today in 22..60 {
        assert!(case.advance(&policy(), &given_up(today)).is_empty());
    }
    assert!(case.suspended && case.written_off && !case.closed);
    assert_eq!(case.next_on(&policy()), None);
    // All of it is paid after all.
    assert_eq!(
        case.advance(&policy(), &on(60, 0)),
        [Act::Resume, Act::Close]
    );
    assert!(!case.suspended && !case.written_off && case.closed);
}

#[test]
fn a_write_off_before_the_suspension_ends_the_case_and_keeps_no_promise() {
    let mut case = Case::begun(day(0));
    case.advance(&policy(), &on(0, 100));
    let promise = Promise {
        until: day(10),
        leaving: eur(0),
    };
    case.promise(promise, day(1), &policy()).unwrap();
    assert_eq!(case.advance(&policy(), &given_up(2)), [Act::WriteOff]);
    assert!(case.closed && !case.written_off && case.promise.is_none());
}

#[test]
fn what_was_written_off_and_is_owed_again_goes_on_where_it_was() {
    let mut case = suspended();
    case.advance(&policy(), &given_up(21));
    let again = Situation {
        written_off: true,
        ..on(30, 100)
    };
    assert!(case.advance(&policy(), &again).is_empty());
    assert!(case.suspended && !case.written_off);
    assert_eq!(steps(&case.advance(&policy(), &on(40, 100))), [6]);
}

#[test]
fn a_person_gives_the_service_back_only_where_the_debt_was_written_off() {
    let mut case = suspended();
    assert_eq!(case.give_back().unwrap_err().code(), "not_written_off");
    case.advance(&policy(), &given_up(21));
    let promise = Promise {
        until: day(30),
        leaving: eur(0),
    };
    assert_eq!(
        case.promise(promise, day(22), &policy())
            .unwrap_err()
            .code(),
        "case_closed"
    );
    assert_eq!(case.give_back().unwrap(), [Act::Resume, Act::Close]);
    assert!(case.closed && !case.suspended);
    assert!(case.advance(&policy(), &given_up(23)).is_empty());
}

#[test]
fn a_table_is_checked_before_it_holds() {
    let refused = |steps: Vec<Step>| {
        let policy = DunningPolicy { steps, ..policy() };
        let book = DunningBook {
            version: 1,
            policies: vec![policy],
        };
        book.check().unwrap_err()
    };
    let early = refused(vec![
        step(0, StepAction::Notice),
        step(2, StepAction::Suspend),
    ]);
    assert_eq!(early.code(), "suspension_without_warning");
    assert!(
        early.to_string().ends_with("put a notice in front"),
        "{early}"
    );
    assert_eq!(
        refused(vec![step(5, StepAction::Task), step(4, StepAction::Task)]).code(),
        "steps_out_of_order"
    );
    let silent = Step {
        text: " ".to_owned(),
        ..step(0, StepAction::Notice)
    };
    assert_eq!(refused(vec![silent]).code(), "notice_without_text");
    let mut book = DunningBook {
        version: 1,
        policies: vec![DunningPolicy {
            entity: Some("DE".to_owned()),
            ..policy()
        }],
    };
    assert_eq!(book.check().unwrap_err().code(), "no_default_policy");
    book.policies.push(policy());
    assert_eq!(book.check(), Ok(()));
    assert!(
        book.policy_for("US", "card", None)
            .unwrap()
            .entity
            .is_none()
    );
    assert!(
        book.policy_for("DE", "card", None)
            .unwrap()
            .entity
            .is_some()
    );
}

#[derive(Debug, Clone)]
enum Happens {
    Nothing,
    Payment(i64),
    Reopened(i64),
    Promise(u16),
    Disputed,
    Settled,
    WrittenOff,
    Unknown,
    Known,
}

fn happenings() -> impl Strategy<Value = Happens> {
    prop_oneof![
        6 => Just(Happens::Nothing),
        1 => (1_i64..100).prop_map(Happens::Payment),
        1 => (1_i64..40).prop_map(Happens::Reopened),
        1 => (1_u16..30).prop_map(Happens::Promise),
        1 => Just(Happens::Disputed),
        1 => Just(Happens::Settled),
        1 => Just(Happens::WrittenOff),
        1 => Just(Happens::Unknown),
        1 => Just(Happens::Known),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(10), cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_suspended_too_soon_and_nothing_is_done_twice(
        life in prop::collection::vec((happenings(), 0_u16..9), 1..60),
    ) {
        let policy = policy();
        let mut case = Case::begun(day(0));
        let mut now = on(0, 100);
        let (mut done, mut today): (Vec<(usize, u16)>, u16) = (Vec::new(), 0);
        let mut resumed = 0_i32;
        for (happens, days) in life {
            match happens {
                Happens::Nothing => {}
                // What comes in later is set against what was given up first.
                Happens::Payment(_) if now.written_off => now.written_off = false,
                Happens::Payment(minor) => now.open = eur((now.open.minor - minor).max(0)),
                Happens::WrittenOff if now.open.minor > 0 => {
                    (now.open, now.written_off) = (eur(0), true);
                }
                Happens::WrittenOff => {}
                Happens::Reopened(minor) if !case.closed => now.open = eur(now.open.minor + minor),
                Happens::Reopened(_) => {}
                Happens::Promise(days) => {
                    let promise = Promise { until: day(today + days), leaving: eur(0) };
                    let _ = case.promise(promise, day(today), &policy);
                }
                Happens::Disputed => now.disputed = true,
                Happens::Settled => now.disputed = false,
                Happens::Unknown => now.payment = PaymentKnown::Unknown,
                Happens::Known => now.payment = PaymentKnown::Failed,
            }
            today += days;
            now.today = day(today);
            let (promised, was_closed) = (case.promise.clone(), case.closed);
            let acts = case.advance(&policy, &now);
            prop_assert!(!was_closed || acts.is_empty());
            for number in steps(&acts) {
                let action = policy.steps[number].action;
                prop_assert!(promised.as_ref().is_none_or(|promise| promise.until < day(today)));
                prop_assert!(!now.disputed && now.open.minor > 0);
                prop_assert!(action != StepAction::Retry || now.payment == PaymentKnown::Failed);
                prop_assert!(today >= policy.steps[number].after);
                if let Some((before, when)) = done.last() {
                    prop_assert_eq!(number, before + 1);
                    prop_assert!(today - when >= policy.steps[number].after - policy.steps[*before].after);
                }
                done.push((number, today));
            }
            resumed += acts.iter().filter(|act| **act == Act::Resume).count() as i32;
            let suspended = done.iter().any(|(number, _)| policy.steps[*number].action == StepAction::Suspend);
            prop_assert_eq!(case.suspended, suspended && !case.closed);
            prop_assert!(!(suspended && now.written_off && now.open.minor <= 0) || case.suspended);
            prop_assert_eq!(resumed, i32::from(suspended && case.closed));
            prop_assert!(case.advance(&policy, &now).is_empty(), "asked twice it answers nothing");
        }
    }
}

#[test]
fn the_first_policy_that_fits_entity_collection_and_class_holds() {
    let only = |id: &str, class: Option<&str>, collection: Option<&str>| DunningPolicy {
        id: id.to_owned(),
        customer_class: class.map(str::to_owned),
        collection: collection.map(str::to_owned),
        ..policy()
    };
    let book = DunningBook {
        version: 1,
        policies: vec![
            only("key", Some("key_account"), None),
            only("card", None, Some("card")),
            only("all", None, None),
        ],
    };
    book.check().unwrap();
    let id = |class, collection| &*book.policy_for("DE", collection, class).unwrap().id;
    assert_eq!(id(Some("key_account"), "card"), "key");
    assert_eq!(id(Some("consumer"), "card"), "card");
    assert_eq!(id(None, "card"), "card");
    assert_eq!(id(None, "transfer"), "all");
    let narrow = DunningBook {
        policies: vec![only("key", Some("key_account"), None)],
        ..book
    };
    assert_eq!(narrow.check(), Err(DunningRefusal::NoDefault));
}
