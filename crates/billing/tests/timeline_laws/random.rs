//! Random contracts and changes of every kind.

mod models;

pub use models::{charges, seats};

use crate::support::{component, contract, date};
use commerce::{
    AnchorDay, BillingFrequency, CancelAt, Change, Charge, ComponentCharge, Contract, CycleAnchor,
    DayCount, Discount, FirstPart, InclusivePrice, NewComponent, Phase, PhaseStep, Policy,
    RampStep, Reduction, RenewalMode, RenewalPrice, RenewalTerms, Timing, Weekday,
};
use proptest::prelude::*;
use proptest::sample::select;
use std::num::NonZeroU16;
use values::{ComponentId, Date, Decimal, Quantity, Rate, Rounding, UnitPrice};

const START: &str = "2023-11-01";

pub fn day(offset: i64) -> Date {
    plus(date(START), offset)
}

pub fn plus(date: Date, days: i64) -> Date {
    let days = std::time::Duration::from_secs(u64::try_from(days).unwrap() * 86_400);
    date.checked_add(days).unwrap()
}

pub fn id(text: &str) -> ComponentId {
    text.parse().unwrap()
}

pub fn some(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

/// Prices as they are agreed, and some that were agreed with 19 % tax in them, which are kept without it
/// to all the digits that there are.
pub fn prices() -> impl Strategy<Value = UnitPrice> {
    let figures = || prop_oneof![3 => 0_i64..2_000_000, 1 => 0_i64..500];
    let agreed = || (figures(), 0_u32..5).prop_map(|(n, scale)| Decimal::new(n, scale));
    prop_oneof![
        6 => agreed().prop_map(UnitPrice::new),
        1 => agreed().prop_map(|price| UnitPrice::new(price / Decimal::new(119, 2))),
    ]
}

pub fn quantities() -> impl Strategy<Value = Quantity> {
    prop_oneof![
        4 => (1_i64..40).prop_map(Quantity::from),
        1 => (1_i64..9_999).prop_map(|n| Quantity::new(Decimal::new(n, 2))),
    ]
}

pub fn frequencies() -> impl Strategy<Value = BillingFrequency> {
    select(vec![
        BillingFrequency::OneOff,
        BillingFrequency::Weekly,
        BillingFrequency::EveryWeeks(some(2)),
        BillingFrequency::Monthly,
        BillingFrequency::EveryMonths(some(2)),
        BillingFrequency::Quarterly,
        BillingFrequency::SemiAnnual,
        BillingFrequency::Annual,
        BillingFrequency::EveryYears(some(2)),
        BillingFrequency::TermUpFront,
    ])
}

fn anchors(billing: BillingFrequency) -> impl Strategy<Value = CycleAnchor> {
    (0_u8..5, 1_i8..=31, 0_usize..7).prop_map(move |(which, day, weekday)| {
        let weekdays = [
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
            Weekday::Saturday,
            Weekday::Sunday,
        ];
        match which {
            0 if billing.months().is_some() => CycleAnchor::Day(AnchorDay::try_from(day).unwrap()),
            1 if billing.weeks().is_some() => CycleAnchor::Weekday(weekdays[weekday]),
            2 if billing.recurs() => CycleAnchor::Anniversary,
            3 if billing.recurs() => CycleAnchor::Calendar,
            _ => CycleAnchor::Contract,
        }
    })
}

pub fn day_counts() -> impl Strategy<Value = DayCount> {
    select(vec![
        DayCount::ActualOverPeriod,
        DayCount::FixedDays(some(30)),
        DayCount::FixedDays(some(28)),
        DayCount::Actual360,
        DayCount::Thirty360,
        DayCount::Seconds,
        DayCount::InclusiveDays,
        DayCount::MonthFirst,
        DayCount::None,
    ])
}

pub fn policies(billing: BillingFrequency) -> impl Strategy<Value = Policy> {
    let zones = select(vec!["Europe/Berlin", "America/New_York", "Pacific/Apia"]);
    (
        day_counts(),
        any::<bool>(),
        any::<bool>(),
        anchors(billing),
        zones,
    )
        .prop_map(|(proration, even, from_the_start, anchor, zone)| Policy {
            proration,
            rounding: if even {
                Rounding::HalfEven
            } else {
                Rounding::HalfUp
            },
            first_part: if from_the_start {
                FirstPart::FromTheStart
            } else {
                FirstPart::OfTheCycle
            },
            anchor,
            zone: Some(zone.parse().unwrap()),
            ..Policy::default()
        })
}

pub fn timings() -> impl Strategy<Value = Timing> {
    select(vec![
        Timing::Advance,
        Timing::Arrears,
        Timing::ArrearsWithRunning,
    ])
}

pub fn sold(id: &'static str) -> impl Strategy<Value = NewComponent> {
    frequencies().prop_flat_map(move |billing| {
        (quantities(), charges(), policies(billing), timings()).prop_map(
            move |(quantity, charge, policy, timing)| NewComponent {
                quantity,
                policy,
                timing,
                ..component(id, "1", charge, billing)
            },
        )
    })
}

pub fn contracts() -> impl Strategy<Value = Contract> {
    contracts_of(sold("a"), sold("b"), 1..800)
}

/// Contracts of two components, one in four of which has the price of its first agreed with tax in it.
pub fn contracts_of(
    one: impl Strategy<Value = NewComponent>,
    two: impl Strategy<Value = NewComponent>,
    length: std::ops::Range<i64>,
) -> impl Strategy<Value = Contract> {
    let currencies = select(vec!["EUR", "JPY", "KWD"]);
    let days = (0_i64..420, length, 1_i8..=31);
    let inclusive = (0_u8..4).prop_map(|drawn| drawn == 0);
    (currencies, days, one, two, inclusive).prop_map(
        |(currency, (from, length, anchor), one, two, inclusive)| {
            let (from, until) = (day(from).to_string(), day(from + length).to_string());
            let mut made = contract(currency, &from, &until, &[one, two]);
            made.billing_anchor_day = AnchorDay::try_from(anchor).unwrap();
            if inclusive {
                made.inclusive_prices.push(InclusivePrice {
                    component: id("a"),
                    from: None,
                    rate: Some("0.19".parse().unwrap()),
                });
            }
            made
        },
    )
}

fn cents() -> impl Strategy<Value = UnitPrice> {
    (1_i64..50_000).prop_map(|n| UnitPrice::new(Decimal::new(n, 2)))
}

pub fn reductions() -> impl Strategy<Value = Reduction> {
    let caps = prop::option::of(cents());
    prop_oneof![
        3 => ((1_i64..=100), caps).prop_map(|(percent, cap)| Reduction::Percent {
            rate: Rate::new(Decimal::new(percent, 2)),
            cap,
        }),
        1 => cents().prop_map(|amount| Reduction::Amount { amount }),
    ]
}

/// How long a discount runs, and how much it takes off at most over its life.
#[derive(Debug, Clone)]
pub struct Bounds {
    pub cycles: Option<u16>,
    pub limit: Option<UnitPrice>,
    pub order: u16,
}

pub fn bounds() -> impl Strategy<Value = Bounds> {
    let limits = prop_oneof![2 => Just(None), 1 => cents().prop_map(Some)];
    (prop::option::of(1_u16..5), limits, 0_u16..3).prop_map(|(cycles, limit, order)| Bounds {
        cycles,
        limit,
        order,
    })
}

/// A change with its day as a share of the term, so that it falls inside.
#[derive(Debug, Clone)]
pub enum Act {
    Quantity(&'static str, Quantity, u32),
    Price(&'static str, Charge, u32),
    Ramp(&'static str, Vec<(Option<Quantity>, Option<Charge>, u32)>),
    Phases(&'static str, u16, Rate, u32),
    Add(Box<NewComponent>, u32),
    /// A sale of another act, in a trial and an introductory phase.
    InPhases(Box<Act>, u16, Rate),
    Remove(&'static str, u32),
    Swap(&'static str, Box<NewComponent>, u32),
    Pause(Option<&'static str>, u32, Option<i64>),
    Resume(Option<&'static str>, u32),
    Discount(&'static str, Option<&'static str>, Reduction, u32, Bounds),
    EndDiscount(&'static str, u32),
    Cancel(bool, CancelAt, u32),
    Uncancel,
    Extend(i64),
    CoTerm(Option<&'static str>, u32),
    Renew(i64, Charge),
    SetRenewal(u16),
    Bill(u32),
}

fn ids() -> impl Strategy<Value = &'static str> {
    select(vec!["a", "b", "c", "d"])
}

fn maybe_ids() -> impl Strategy<Value = Option<&'static str>> {
    prop::option::of(ids())
}

fn codes() -> impl Strategy<Value = &'static str> {
    select(vec!["SPRING", "LOYAL", "PARTNER"])
}

/// A part of the whole, above nothing.
pub fn parts() -> impl Strategy<Value = Rate> {
    (1_i64..100).prop_map(|n| Rate::new(Decimal::new(n, 2)))
}

const ANY: std::ops::Range<u32> = 0..1000;

/// Facts by effective date, which may be recorded in any order.
pub fn facts() -> impl Strategy<Value = Act> {
    let steps = (
        prop::option::of(quantities()),
        prop::option::of(charges()),
        ANY,
    );
    prop_oneof![
        4 => (ids(), quantities(), ANY).prop_map(|(id, q, at)| Act::Quantity(id, q, at)),
        3 => (ids(), charges(), ANY).prop_map(|(id, c, at)| Act::Price(id, c, at)),
        1 => (ids(), prop::collection::vec(steps, 1..4)).prop_map(|(id, s)| Act::Ramp(id, s)),
        3 => (maybe_ids(), ANY, 1_i64..90).prop_map(|(id, at, days)| Act::Pause(id, at, Some(days))),
        2 => (codes(), maybe_ids(), reductions(), ANY, bounds())
            .prop_map(|(code, id, off, at, bounds)| Act::Discount(code, id, off, at, bounds)),
    ]
}

pub fn acts() -> impl Strategy<Value = Act> {
    let ends = select(vec![
        CancelAt::OnDate,
        CancelAt::StartOfPeriod,
        CancelAt::EndOfPeriod,
        CancelAt::StartOfTerm,
        CancelAt::EndOfTerm,
    ]);
    let sales = prop_oneof![
        (sold("c"), ANY).prop_map(|(new, at)| Act::Add(Box::new(new), at)),
        (ids(), sold("d"), ANY).prop_map(|(id, new, at)| Act::Swap(id, Box::new(new), at)),
    ];
    prop_oneof![
        8 => facts(),
        1 => (maybe_ids(), ANY).prop_map(|(id, at)| Act::Pause(id, at, None)),
        1 => (maybe_ids(), ANY).prop_map(|(id, at)| Act::Resume(id, at)),
        1 => (ids(), 1_u16..40, parts(), ANY).prop_map(|(id, n, off, at)| Act::Phases(id, n, off, at)),
        1 => (sales, 1_u16..40, parts()).prop_map(|(sale, n, off)| Act::InPhases(Box::new(sale), n, off)),
        1 => (sold("c"), ANY).prop_map(|(new, at)| Act::Add(Box::new(new), at)),
        1 => (ids(), ANY).prop_map(|(id, at)| Act::Remove(id, at)),
        1 => (ids(), sold("d"), ANY).prop_map(|(id, new, at)| Act::Swap(id, Box::new(new), at)),
        1 => (codes(), ANY).prop_map(|(code, at)| Act::EndDiscount(code, at)),
        1 => (any::<bool>(), ends, ANY).prop_map(|(unused, end, at)| Act::Cancel(unused, end, at)),
        1 => Just(Act::Uncancel),
        1 => (1_i64..500).prop_map(Act::Extend),
        1 => (maybe_ids(), ANY).prop_map(|(id, at)| Act::CoTerm(id, at)),
        1 => (30_i64..400, charges()).prop_map(|(days, charge)| Act::Renew(days, charge)),
        1 => (1_u16..13).prop_map(Act::SetRenewal),
        6 => (0_u32..1400).prop_map(Act::Bill),
    ]
}

/// The day at `share` thousandths of the term; beyond it for shares over 1000.
pub fn at(contract: &Contract, share: u32) -> Date {
    let days = contract.term.days() * i64::from(share) / 1000;
    plus(contract.term.from(), days)
}

/// The change that an act asks of a contract; none for a bill run.
pub fn change_of(contract: &Contract, act: &Act) -> Option<Change> {
    Some(match act {
        Act::Quantity(component, quantity, share) => Change::ChangeQuantity {
            component: id(component),
            quantity: *quantity,
            effective: at(contract, *share),
        },
        Act::Price(component, charge, share) => Change::ChangePrice {
            component: id(component),
            charge: charge.clone(),
            effective: at(contract, *share),
        },
        Act::Ramp(component, steps) => Change::Ramp {
            component: id(component),
            steps: steps
                .iter()
                .map(|(quantity, charge, share)| RampStep {
                    effective: at(contract, *share),
                    quantity: *quantity,
                    charge: charge.clone(),
                })
                .collect(),
        },
        Act::Phases(component, days, off, share) => Change::SetPhases {
            component: id(component),
            effective: at(contract, *share),
            phases: phases(*days, *off),
        },
        Act::Add(component, share) => Change::AddComponent {
            component: (**component).clone(),
            effective: at(contract, *share),
        },
        Act::Remove(component, share) => Change::RemoveComponent {
            component: id(component),
            effective: at(contract, *share),
        },
        Act::Swap(component, new, share) => Change::Swap {
            component: id(component),
            replacement: new.clone(),
            effective: at(contract, *share),
        },
        Act::Pause(component, share, days) => Change::Pause {
            component: component.map(id),
            effective: at(contract, *share),
            until: days.map(|days| plus(at(contract, *share), days)),
        },
        Act::Resume(component, share) => Change::Resume {
            component: component.map(id),
            effective: at(contract, *share),
        },
        Act::InPhases(sale, days, off) => Change::SoldInPhases {
            sale: Box::new(change_of(contract, sale)?),
            phases: phases(*days, *off),
        },
        Act::Discount(code, component, off, share, bounds) => Change::AddDiscount {
            discount: Discount {
                code: (*code).to_owned(),
                name: String::new(),
                component: component.map(id),
                off: off.clone(),
                from: at(contract, *share),
                until: None,
                cycles: bounds.cycles.map(some),
                limit: bounds.limit,
                order: bounds.order,
            },
        },
        Act::EndDiscount(code, share) => Change::EndDiscount {
            code: (*code).to_owned(),
            effective: at(contract, *share),
        },
        Act::Cancel(credit_unused, end, share) => Change::Cancel {
            effective: at(contract, *share),
            credit_unused: *credit_unused,
            at: *end,
        },
        Act::Uncancel => Change::Uncancel {},
        Act::Extend(days) => Change::Extend {
            until: plus(contract.term.until(), *days),
        },
        Act::CoTerm(component, share) => Change::CoTerm {
            component: component.map(id),
            until: at(contract, *share),
        },
        Act::Renew(days, charge) => Change::Renew {
            until: plus(contract.term.until(), *days),
            charges: renewed(contract, charge),
        },
        Act::SetRenewal(months) => Change::SetRenewal {
            renewal: Some(RenewalTerms {
                mode: RenewalMode::Automatic,
                months: some(*months),
                notice_days: 30,
                price: RenewalPrice::Same,
            }),
        },
        Act::Bill(_) => return None,
    })
}

fn renewed(contract: &Contract, charge: &Charge) -> Vec<ComponentCharge> {
    let runs_on = |component: &&commerce::Component| {
        component.until == contract.term.until()
            && component.billing != BillingFrequency::OneOff
            && component.service().is_some()
    };
    let first = contract.components.iter().find(runs_on);
    let stated = |component: &commerce::Component| ComponentCharge {
        component: component.id.clone(),
        charge: charge.clone(),
    };
    first.map(stated).into_iter().collect()
}

fn phases(days: u16, off: Rate) -> Vec<PhaseStep> {
    let step = |phase, days, off| PhaseStep {
        phase,
        months: None,
        days,
        charge: None,
        off,
    };
    vec![
        step(Phase::Trial, Some(some(days)), None),
        step(Phase::Discount, Some(some(days)), Some(off)),
        step(Phase::Evergreen, None, None),
    ]
}
