//! Random charges of every model that prices any agreed quantity. Credit packs and milestones price whole
//! numbers only, and stand in tests of their own.

use super::{prices, quantities};
use commerce::{
    Block, BlockCount, Blocks, Capacity, Cell, Charge, Commitment, GraduatedPercentage, Matrix,
    MatrixCell, MinimumSpend, Package, PercentTier, Percentage, SeatDowngrade, SeatUpgrade, Seats,
    Tier,
};
use proptest::prelude::*;
use proptest::sample::select;
use values::{Decimal, Quantity, Rate, UnitPrice};

pub fn charges() -> impl Strategy<Value = Charge> {
    prop_oneof![
        5 => models(),
        1 => (models(), amounts(), prop::option::of(amounts())).prop_map(|(charge, least, more)| {
            let most = |more: UnitPrice| UnitPrice::new(least.decimal() + more.decimal());
            Charge::Commitment(Commitment {
                minimum: least,
                maximum: more.map(most),
                charge: Box::new(charge),
            })
        }),
    ]
}

fn models() -> impl Strategy<Value = Charge> {
    prop_oneof![
        4 => prices().prop_map(|unit_price| Charge::PerUnit { unit_price }),
        1 => prices().prop_map(|amount| Charge::Flat { amount }),
        1 => tiers().prop_map(|tiers| Charge::Graduated { tiers }),
        1 => tiers().prop_map(|tiers| Charge::Volume { tiers }),
        2 => seats().prop_map(Charge::Seats),
        1 => packages().prop_map(Charge::Package),
        1 => percentages().prop_map(Charge::Percentage),
        1 => graduated_percentages().prop_map(Charge::GraduatedPercentage),
        1 => matrices().prop_map(Charge::Matrix),
        1 => (blocks(), amounts()).prop_map(|(blocks, overage)| {
            Charge::Capacity(Capacity { blocks, overage: Some(overage) })
        }),
        1 => (blocks(), any::<bool>()).prop_map(|(mut blocks, all)| {
            // The last block has no bound, so that every quantity lies in one.
            if let Some(last) = blocks.last_mut() {
                last.up_to = None;
            }
            let counts = if all { BlockCount::AllTiers } else { BlockCount::TopTier };
            Charge::Blocks(Blocks { blocks, counts })
        }),
        1 => (1_i64..3_000).prop_map(|n| {
            let minimum = UnitPrice::new(Decimal::new(n, 2));
            Charge::MinimumSpend(MinimumSpend { minimum })
        }),
    ]
}

/// Amounts for a whole period, from nothing up.
fn amounts() -> impl Strategy<Value = UnitPrice> {
    (0_i64..200_000, 0_u32..4).prop_map(|(n, scale)| UnitPrice::new(Decimal::new(n, scale)))
}

fn bounds() -> impl Strategy<Value = Quantity> {
    (1_i64..30).prop_map(Quantity::from)
}

fn rates() -> impl Strategy<Value = Rate> {
    (0_i64..=1_000).prop_map(|n| Rate::new(Decimal::new(n, 3)))
}

fn tiers() -> impl Strategy<Value = Vec<Tier>> {
    (prices(), prices(), prices(), bounds()).prop_map(|(one, two, fee, bound)| {
        let first = Tier {
            up_to: Some(bound),
            unit_price: one,
            flat_fee: fee,
        };
        let rest = Tier {
            up_to: None,
            unit_price: two,
            flat_fee: UnitPrice::default(),
        };
        vec![first, rest]
    })
}

/// Seats under every rule for what a change within a period costs, with and without seats included.
pub fn seats() -> impl Strategy<Value = Seats> {
    let upgrades = select(vec![
        SeatUpgrade::Prorated,
        SeatUpgrade::WholePeriod,
        SeatUpgrade::NextPeriod,
    ]);
    let downgrades = select(vec![SeatDowngrade::Prorated, SeatDowngrade::NextPeriod]);
    let included = prop_oneof![1 => Just(Quantity::default()), 1 => bounds()];
    (prices(), included, upgrades, downgrades).prop_map(
        |(unit_price, included, upgrade, downgrade)| Seats {
            unit_price,
            included,
            upgrade,
            downgrade,
        },
    )
}

fn packages() -> impl Strategy<Value = Package> {
    (quantities(), amounts(), 0_i64..5).prop_map(|(size, price, free)| Package {
        size,
        price,
        free_units: free.into(),
    })
}

fn percentages() -> impl Strategy<Value = Percentage> {
    let least = prop::option::of(amounts());
    let more = prop::option::of(amounts());
    (rates(), amounts(), 0_u32..2, 0_i64..9, (least, more)).prop_map(
        |(rate, fixed, free_events, free_amount, (minimum, more))| {
            let least = minimum.unwrap_or_default().decimal();
            Percentage {
                rate,
                fixed,
                free_events,
                free_amount: free_amount.into(),
                minimum,
                maximum: more.map(|more| UnitPrice::new(least + more.decimal())),
            }
        },
    )
}

fn graduated_percentages() -> impl Strategy<Value = GraduatedPercentage> {
    (rates(), rates(), amounts(), bounds()).prop_map(|(one, two, fee, bound)| {
        let first = PercentTier {
            up_to: Some(bound),
            rate: one,
            flat_fee: fee,
        };
        let rest = PercentTier {
            up_to: None,
            rate: two,
            flat_fee: UnitPrice::default(),
        };
        GraduatedPercentage {
            tiers: vec![first, rest],
        }
    })
}

/// An agreed quantity has no dimensions, so the price of every other combination is what it costs.
fn matrices() -> impl Strategy<Value = Matrix> {
    (amounts(), amounts()).prop_map(|(unit_price, otherwise)| {
        let when: Cell = [("region".to_owned(), "eu".to_owned())].into();
        Matrix {
            dimensions: vec!["region".to_owned()],
            cells: vec![MatrixCell { when, unit_price }],
            otherwise: Some(otherwise),
        }
    })
}

fn blocks() -> impl Strategy<Value = Vec<Block>> {
    (amounts(), amounts(), 1_i64..15, 1_i64..15).prop_map(|(one, two, bound, more)| {
        let block = |up_to: i64, price| Block {
            up_to: Some(up_to.into()),
            price,
        };
        vec![block(bound, one), block(bound + more, two)]
    })
}
