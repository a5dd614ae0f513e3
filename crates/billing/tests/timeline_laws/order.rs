//! The order in which amendments are recorded does not matter: facts by effective date make one timeline.
//!
//! Some amendments do not commute by definition, and are never drawn together. Two statements of the same
//! thing for the same day: the later word counts. Two ends of one component. Phases, which state the charges
//! of their component from their first day on, with a price of it. What counts for "all that is served", or
//! is taken over by what is swapped in, with that sale: it means what is there when it is recorded. And what
//! answers another amendment (a resumption, the end of a discount that is added, taking a cancellation back)
//! comes after it; here the discount that ends stood on the contract from its start.

use crate::every_case;
use crate::preview::by_period;
use crate::random::{
    Act, at, bounds, change_of, charges, contracts_of, parts, quantities, reductions, sold,
};
use crate::support::Account;
use billing::owed;
use commerce::{
    Amendment, BillingFrequency, Change, Contract, Discount, NewComponent, Reduction, agree, amend,
    total_value,
};
use proptest::prelude::*;
use proptest::sample::select;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use values::{Date, Instant};

/// The share of the term before which changes are drawn, and the one from which components end.
const CHANGES: u32 = 850;
const ENDS: u32 = 900;

/// A component that recurs: what is charged once takes no changes.
fn recurring(id: &'static str) -> impl Strategy<Value = NewComponent> {
    sold(id).prop_map(|mut sold| {
        if sold.billing == BillingFrequency::OneOff {
            sold.billing = BillingFrequency::Monthly;
        }
        sold
    })
}

/// A contract long enough that days drawn for changes lie before those drawn for ends, with a discount.
fn starts() -> impl Strategy<Value = Contract> {
    let made = contracts_of(recurring("a"), recurring("b"), 60..400);
    (made, reductions()).prop_map(|(made, off)| {
        let discount = Discount {
            code: "START".to_owned(),
            name: String::new(),
            component: Some("a".parse().unwrap()),
            off,
            from: made.term.from(),
            until: None,
            cycles: None,
            limit: None,
            order: 1,
        };
        agree(&made, &Change::AddDiscount { discount }).unwrap()
    })
}

fn either() -> impl Strategy<Value = &'static str> {
    select(vec!["a", "b"])
}

/// An amendment of any kind that may be recorded before or after the others.
fn amendments() -> impl Strategy<Value = Act> {
    let days = || 0..CHANGES;
    let early = || 0_u32..400;
    let ends = || ENDS..1_000;
    let maybe = || prop::option::of(either());
    let steps = (
        quantities().prop_map(Some),
        prop::option::of(charges()),
        days(),
    );
    let added = || (sold("c"), early()).prop_map(|(new, at)| Act::Add(Box::new(new), at));
    let in_phases =
        (recurring("e"), early(), 1_u16..3, parts()).prop_map(|(new, at, days, off)| {
            Act::InPhases(Box::new(Act::Add(Box::new(new), at)), days, off)
        });
    let codes = select(vec!["SPRING", "LOYAL", "PARTNER"]);
    let discounts = (codes, maybe(), reductions(), days(), bounds()).prop_map(
        |(code, component, off, at, bounds)| {
            // An amount is taken off one component.
            let amount = matches!(off, Reduction::Amount { .. });
            let component = component.or(amount.then_some("b"));
            Act::Discount(code, component, off, at, bounds)
        },
    );
    prop_oneof![
        3 => (either(), quantities(), days()).prop_map(|(id, q, at)| Act::Quantity(id, q, at)),
        3 => (either(), charges(), days()).prop_map(|(id, c, at)| Act::Price(id, c, at)),
        1 => (either(), prop::collection::vec(steps, 1..4)).prop_map(|(id, s)| Act::Ramp(id, s)),
        1 => (either(), 1_u16..3, parts(), early())
            .prop_map(|(id, days, off, at)| Act::Phases(id, days, off, at)),
        2 => (maybe(), days(), 1_i64..90).prop_map(|(id, at, n)| Act::Pause(id, at, Some(n))),
        1 => (maybe(), days()).prop_map(|(id, at)| Act::Pause(id, at, None)),
        2 => discounts,
        1 => days().prop_map(|at| Act::EndDiscount("START", at)),
        1 => added(),
        1 => in_phases,
        1 => (either(), ends()).prop_map(|(id, at)| Act::Remove(id, at)),
        1 => (either(), recurring("d"), ends())
            .prop_map(|(id, new, at)| Act::Swap(id, Box::new(new), at)),
        1 => (either(), ends()).prop_map(|(id, at)| Act::CoTerm(Some(id), at)),
        1 => (1_i64..500).prop_map(Act::Extend),
        1 => (1_u16..13).prop_map(Act::SetRenewal),
    ]
}

/// The kind of an amendment as it is written.
fn kind(change: &Change) -> String {
    let written = serde_json::to_value(change).unwrap();
    written["kind"].as_str().unwrap().to_owned()
}

/// What is stated, and for which day; for every day where there is none.
type Stated = (String, Option<Date>);

/// What an amendment states.
fn stated(change: &Change) -> Vec<Stated> {
    let on = |what: &str, component: &dyn std::fmt::Display, day: Option<Date>| {
        (format!("{what} of {component}"), day)
    };
    match change {
        Change::ChangeQuantity {
            component,
            effective,
            ..
        } => vec![on("quantity", component, Some(*effective))],
        Change::ChangePrice {
            component,
            effective,
            ..
        } => vec![on("charge", component, Some(*effective))],
        Change::Ramp { component, steps } => {
            let mut stated = Vec::new();
            for step in steps {
                stated.push(on("quantity", component, Some(step.effective)));
                stated.push(on("charge", component, Some(step.effective)));
            }
            stated
        }
        Change::SetPhases { component, .. } => vec![on("charge", component, None)],
        // Where days are inclusive, the pause is stated for the day after.
        Change::Pause {
            component,
            effective,
            until,
        } => {
            let after = effective.tomorrow().unwrap();
            let days = [Some(*effective), Some(after), *until];
            let of: Vec<String> = match component {
                Some(id) => vec![id.to_string()],
                None => ["a", "b", "whatever is sold"].map(str::to_owned).to_vec(),
            };
            let each = |id: &String| {
                let days = days.iter().flatten();
                days.map(|day| on("pause", id, Some(*day)))
                    .collect::<Vec<_>>()
            };
            of.iter().flat_map(each).collect()
        }
        Change::AddDiscount { discount } => vec![on("code", &discount.code, None)],
        Change::EndDiscount { code, .. } => vec![on("code", code, None)],
        Change::AddComponent { component, .. } => vec![
            on("sale", &component.id, None),
            on("pause", &"whatever is sold", None),
        ],
        Change::SoldInPhases { sale, .. } => stated(sale),
        Change::Swap {
            component,
            replacement,
            ..
        } => vec![
            on("end", component, None),
            on("pause", component, None),
            on("sale", &replacement.id, None),
        ],
        Change::RemoveComponent { component, .. }
        | Change::CoTerm {
            component: Some(component),
            ..
        } => vec![on("end", component, None)],
        Change::Extend { .. } => vec![on("end", &"the term", None)],
        Change::SetRenewal { .. } => vec![on("rule", &"renewal", None)],
        other => panic!("{other:?} is not drawn"),
    }
}

/// The changes without those that do not commute with one before them.
fn commuting(changes: Vec<Change>) -> Vec<Change> {
    let mut kept: Vec<(Change, Vec<Stated>)> = Vec::new();
    for change in changes {
        let own = stated(&change);
        let meets = |(what, day): &Stated| {
            own.iter()
                .any(|(mine, on)| mine == what && (day.is_none() || on.is_none() || day == on))
        };
        if !kept.iter().any(|(_, stated)| stated.iter().any(meets)) {
            kept.push((change, own));
        }
    }
    kept.into_iter().map(|(change, _)| change).collect()
}

fn recorded(now: &Contract, change: &Change) -> Contract {
    let amendment = Amendment {
        change: change.clone(),
        reason: "law".to_owned(),
    };
    let made = amend(now, &amendment, Instant::default());
    made.unwrap_or_else(|refusal| panic!("{change:?} must apply in any order: {refusal}"))
        .0
}

/// What is owed over the life, in the order of components and days: a sale that is recorded first stands
/// first on the contract.
fn life(contract: &Contract) -> Vec<billing::DraftLine> {
    let mut lines = owed(contract, &[], Date::MAX).unwrap();
    lines.sort_by(|one, other| {
        let key = |line: &billing::DraftLine| (line.component.clone(), line.period.from());
        key(one).cmp(&key(other))
    });
    lines
}

const CASES: u32 = 96;

/// The kinds of amendments that are drawn.
const KINDS: usize = 14;

/// What was seen over all cases, so that the law cannot hold because nothing was asked of it.
#[derive(Default)]
struct Seen {
    cases: Cell<usize>,
    changed: Cell<usize>,
    kinds: RefCell<BTreeMap<String, usize>>,
}

#[test]
fn the_same_amendments_in_any_order_come_to_the_same_lines_and_amounts() {
    let seen = Seen::default();
    let most = 9;
    let order = Just((0..most).collect::<Vec<usize>>()).prop_shuffle();
    let drawn = (
        starts(),
        prop::collection::vec(amendments(), 3..=most),
        order,
        prop::collection::vec(0_u32..1_400, most),
    );
    every_case(CASES, &drawn, |(start, acts, order, bills)| {
        let changes = acts
            .iter()
            .map(|act| change_of(&start, act).unwrap())
            .collect();
        let changes = commuting(changes);
        let mut order: Vec<usize> = order;
        order.retain(|place| *place < changes.len());
        let one = changes
            .iter()
            .fold(start.clone(), |now, change| recorded(&now, change));
        // The other way round it is billed in between as well.
        let (mut other, mut account) = (start.clone(), Account::default());
        for place in &order {
            account.bill_through(&other, at(&other, bills[*place]));
            other = recorded(&other, &changes[*place]);
        }
        let lines = life(&one);
        assert_eq!(lines, life(&other));
        assert_eq!(total_value(&one), total_value(&other));
        account.bill_through(&other, Date::MAX);
        let standing = |mut sums: BTreeMap<_, i64>| {
            sums.retain(|_, sum| *sum != 0);
            sums
        };
        let billed = by_period(account.lines.iter().map(|line| &line.line));
        assert_eq!(standing(billed), standing(by_period(lines.iter())));
        note(&seen, &changes, &order);
    });
    let kinds = seen.kinds.into_inner();
    let (cases, changed) = (seen.cases.get(), seen.changed.get());
    assert!(
        changed * 10 >= cases * 8,
        "{changed} of {cases} in another order"
    );
    assert_eq!(kinds.len(), KINDS, "{kinds:?}");
    assert!(kinds.values().all(|count| *count >= 5), "{kinds:?}");
}

/// A case counts where at least two amendments were recorded in another order than the first.
fn note(seen: &Seen, changes: &[Change], order: &[usize]) {
    seen.cases.set(seen.cases.get() + 1);
    if order.is_sorted() {
        return;
    }
    seen.changed.set(seen.changed.get() + 1);
    let mut kinds = seen.kinds.borrow_mut();
    for change in changes {
        *kinds.entry(kind(change)).or_default() += 1;
    }
}
