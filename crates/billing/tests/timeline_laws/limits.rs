//! The law of discounts with a limit for their life.

use crate::random::{Act, Bounds, acts, bounds, contracts_of, quantities, reductions, seats, sold};
use crate::{every_case, try_change};
use commerce::{
    AppliedDiscount, Charge, Contract, Covered, NewComponent, after_discounts, coverage,
};
use proptest::prelude::*;
use std::cell::Cell;
use std::collections::BTreeMap;
use values::{Decimal, UnitPrice};

/// What each discount takes off a part of the timeline, exactly, in major units.
fn taken(part: &Covered) -> Vec<(String, Decimal)> {
    let mut price = part.charge.price(part.quantity).unwrap();
    let mut taken = Vec::new();
    for discount in &part.discounts {
        let one: &[AppliedDiscount] = std::slice::from_ref(discount);
        let after = after_discounts(price, one, (1, 1)).unwrap();
        let whole = price - after;
        let days = Decimal::from(part.numerator) / Decimal::from(part.denominator);
        taken.push((discount.code.clone(), whole * days));
        price = after;
    }
    assert_eq!(price, part.price.decimal());
    taken
}

/// The most that parts of a period, each kept to ten digits, can lack or exceed together.
fn digits() -> Decimal {
    Decimal::new(1, 6)
}

fn assert_within_limits(contract: &Contract) -> usize {
    let mut reached = 0;
    for component in &contract.components {
        let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
        for part in coverage(contract, component).unwrap() {
            for (code, off) in taken(&part) {
                *sums.entry(code).or_default() += off;
            }
        }
        for discount in &contract.discounts {
            let sum = sums.get(&discount.code).copied().unwrap_or_default();
            if let Some(limit) = discount.limit {
                let limit = limit.decimal();
                assert!(
                    sum <= limit + digits(),
                    "{} takes {sum} off {} and may take {limit}",
                    discount.code,
                    component.id
                );
                reached += usize::from(sum + digits() >= limit);
            }
        }
    }
    reached
}

/// A discount on one component or on all, with a limit that a few periods reach.
fn limited() -> impl Strategy<Value = Act> {
    let components = prop_oneof![Just(None), Just(Some("a")), Just(Some("b"))];
    let limits = (1_i64..20_000).prop_map(|n| UnitPrice::new(Decimal::new(n, 2)));
    let drawn = (components, reductions(), 0_u32..500, bounds(), limits);
    drawn.prop_map(|(component, off, at, bounds, limit)| {
        let limit = Some(limit);
        Act::Discount("LIMITED", component, off, at, Bounds { limit, ..bounds })
    })
}

/// Seats, whose rules may count a change from another day than its own.
fn sold_by_seats() -> impl Strategy<Value = NewComponent> {
    (sold("a"), seats()).prop_map(|(sold, seats)| NewComponent {
        charge: Charge::Seats(seats),
        ..sold
    })
}

#[test]
fn a_discount_never_takes_more_than_its_limit_over_its_life() {
    let reached = Cell::new(0);
    let seats = (quantities(), 0_u32..1_000).prop_map(|(q, at)| Act::Quantity("a", q, at));
    let drawn = (
        contracts_of(sold_by_seats(), sold("b"), 1..800),
        limited(),
        prop::collection::vec(prop_oneof![1 => seats, 2 => acts()], 0..10),
    );
    every_case(96, &drawn, |(start, limited, acts)| {
        let mut now = start;
        for act in std::iter::once(&limited).chain(&acts) {
            now = try_change(&now, act).unwrap_or(now);
        }
        reached.set(reached.get() + assert_within_limits(&now));
    });
    assert!(reached.get() >= 24, "{} limits reached", reached.get());
}
