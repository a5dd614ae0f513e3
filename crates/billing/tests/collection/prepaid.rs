//! Prepaid credits are used by priority and end, and never make a total negative.

use super::{day, eur};
use billing::{CreditUse, Grant, GrantSource, consume, ended, give_back};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn grant(id: &str, priority: u32, until: Option<u16>, left: i64) -> Grant {
    Grant {
        id: id.to_owned(),
        priority,
        source: GrantSource::Paid,
        from: day(0),
        until: until.map(day),
        left: eur(left),
    }
}

fn used(open: i64, grants: &[Grant], on: u16) -> Vec<(String, i64)> {
    consume(eur(open), grants, day(on))
        .unwrap()
        .into_iter()
        .map(|one| (one.grant, one.amount.minor))
        .collect()
}

#[test]
fn priority_goes_before_end_and_end_before_age() {
    let grants = [
        grant("never", 1, None, 100),
        grant("late", 1, Some(60), 100),
        grant("soon", 1, Some(30), 100),
        grant("first", 0, None, 100),
    ];
    let names = |open| {
        used(open, &grants, 10)
            .into_iter()
            .map(|(id, _)| id)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(400), ["first", "soon", "late", "never"]);
    assert_eq!(
        used(150, &grants, 10),
        [("first".to_owned(), 100), ("soon".to_owned(), 50)]
    );
    assert_eq!(used(150, &grants, 31)[1].0, "late");
}

/// lago-api pull request 4273: prepaid credits took an invoice below zero.
#[test]
fn lago_api_4273_prepaid_credits_never_make_a_total_negative() {
    assert_eq!(
        used(500, &[grant("g", 1, None, 800)], 0),
        [("g".to_owned(), 500)]
    );
    assert!(used(0, &[grant("g", 1, None, 800)], 0).is_empty());
    assert!(used(-50, &[grant("g", 1, None, 800)], 0).is_empty());
}

/// killbill#1464: voiding an invoice left the credits that it had used used.
#[test]
fn killbill_1464_what_was_used_on_a_voided_invoice_goes_back_to_its_grants() {
    let grants = [grant("a", 0, None, 300), grant("b", 1, None, 300)];
    let uses = consume(eur(500), &grants, day(0)).unwrap();
    let mut back = give_back(eur(500), &uses).unwrap();
    back.reverse();
    assert_eq!(back, uses);
    let part = give_back(eur(250), &uses).unwrap();
    let said: Vec<(&str, i64)> = part
        .iter()
        .map(|one| (one.grant.as_str(), one.amount.minor))
        .collect();
    assert_eq!(said, [("b", 200), ("a", 50)]);
}

#[test]
fn only_what_has_ended_is_forfeited() {
    let grants = [
        grant("a", 0, Some(30), 300),
        grant("b", 1, Some(31), 300),
        grant("c", 1, None, 1),
        grant("d", 0, Some(1), 0),
    ];
    let names: Vec<&str> = ended(&grants, day(31))
        .into_iter()
        .map(|one| one.id.as_str())
        .collect();
    assert_eq!(names, ["a"]);
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(8), ..ProptestConfig::default() })]

    #[test]
    fn no_more_is_used_than_is_open_or_left_and_all_of_it_when_it_fits(
        open in 0_i64..5_000,
        grants in prop::collection::vec((0_u32..4, prop::option::of(0_u16..90), 0_i64..900), 0..9),
        on in 0_u16..90,
    ) {
        let grants: Vec<Grant> = grants.into_iter().enumerate()
            .map(|(index, (priority, until, left))| grant(&format!("g{index}"), priority, until, left)).collect();
        let uses: Vec<CreditUse> = consume(eur(open), &grants, day(on)).unwrap();
        let sum: i64 = uses.iter().map(|one| one.amount.minor).sum();
        let usable: i64 = grants.iter().filter(|one| one.until.is_none_or(|until| until >= day(on))).map(|one| one.left.minor).sum();
        prop_assert_eq!(sum, open.min(usable));
        for one in &uses {
            let known = grants.iter().find(|known| known.id == one.grant).unwrap();
            prop_assert!(one.amount.minor > 0 && one.amount.minor <= known.left.minor);
        }
        let back: i64 = give_back(eur(sum), &uses).unwrap().iter().map(|one| one.amount.minor).sum();
        prop_assert_eq!(back, sum);
    }
}
