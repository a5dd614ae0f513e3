//! A charge with every price in it raised by a rate.

use super::{
    Block, Blocks, Capacity, Charge, Commitment, CreditPack, GraduatedPercentage, Matrix,
    MatrixCell, MinimumSpend, Package, PercentTier, Percentage, Seats, Tier,
};
use values::{Decimal, Rate, UnitPrice, round_places};

/// Places to which a raised price is rounded, unless it was finer before.
const PLACES: u32 = 6;

/// Most places that a decimal holds.
const MOST_PLACES: u32 = 28;

/// The places to which a price is rounded: as many as it has, and so many that six of its digits count,
/// because a rise of a few percent on a price of a millionth lies beyond six places.
fn places(price: Decimal) -> u32 {
    let (mut left, mut zeros) = (price.abs(), 0);
    while !left.is_zero() && left < Decimal::new(1, 1) && PLACES + zeros < MOST_PLACES {
        left = left.saturating_mul(Decimal::TEN);
        zeros += 1;
    }
    price.scale().max(PLACES + zeros)
}

/// Every price of a charge raised by `rate`, rounded half up to six places, below a tenth to six digits,
/// or to as many places as it had. Shares of an amount, quantities and milestones, which are agreed one
/// by one, stay as they are.
#[must_use]
pub fn raised(charge: &Charge, rate: Rate) -> Charge {
    let factor = Decimal::ONE.saturating_add(rate.decimal());
    let more = |price: UnitPrice| {
        let exact = price.decimal();
        UnitPrice::new(round_places(exact.saturating_mul(factor), places(exact)))
    };
    let tiers = |held: &[Tier]| {
        let tier = |tier: &Tier| Tier {
            up_to: tier.up_to,
            unit_price: more(tier.unit_price),
            flat_fee: more(tier.flat_fee),
        };
        held.iter().map(tier).collect()
    };
    let blocks = |held: &[Block]| {
        let block = |block: &Block| Block {
            up_to: block.up_to,
            price: more(block.price),
        };
        held.iter().map(block).collect()
    };
    match charge {
        Charge::Flat { amount } => Charge::Flat {
            amount: more(*amount),
        },
        Charge::PerUnit { unit_price } => Charge::PerUnit {
            unit_price: more(*unit_price),
        },
        Charge::Graduated { tiers: held } => Charge::Graduated { tiers: tiers(held) },
        Charge::Volume { tiers: held } => Charge::Volume { tiers: tiers(held) },
        Charge::Seats(seats) => Charge::Seats(Seats {
            unit_price: more(seats.unit_price),
            ..seats.clone()
        }),
        Charge::Package(package) => Charge::Package(Package {
            price: more(package.price),
            ..package.clone()
        }),
        Charge::Percentage(share) => Charge::Percentage(Percentage {
            fixed: more(share.fixed),
            minimum: share.minimum.map(more),
            maximum: share.maximum.map(more),
            ..share.clone()
        }),
        Charge::GraduatedPercentage(share) => {
            let tier = |tier: &PercentTier| PercentTier {
                flat_fee: more(tier.flat_fee),
                ..tier.clone()
            };
            let tiers = share.tiers.iter().map(tier).collect();
            Charge::GraduatedPercentage(GraduatedPercentage { tiers })
        }
        Charge::Matrix(matrix) => {
            let cell = |cell: &MatrixCell| MatrixCell {
                unit_price: more(cell.unit_price),
                ..cell.clone()
            };
            Charge::Matrix(Matrix {
                cells: matrix.cells.iter().map(cell).collect(),
                otherwise: matrix.otherwise.map(more),
                ..matrix.clone()
            })
        }
        Charge::Capacity(capacity) => Charge::Capacity(Capacity {
            blocks: blocks(&capacity.blocks),
            overage: capacity.overage.map(more),
        }),
        Charge::Blocks(held) => Charge::Blocks(Blocks {
            blocks: blocks(&held.blocks),
            ..held.clone()
        }),
        Charge::Milestones(agreed) => Charge::Milestones(agreed.clone()),
        Charge::Commitment(commitment) => Charge::Commitment(Commitment {
            minimum: more(commitment.minimum),
            maximum: commitment.maximum.map(more),
            charge: Box::new(raised(&commitment.charge, rate)),
        }),
        Charge::MinimumSpend(least) => Charge::MinimumSpend(MinimumSpend {
            minimum: more(least.minimum),
        }),
        Charge::CreditPack(pack) => Charge::CreditPack(CreditPack {
            price: more(pack.price),
            ..pack.clone()
        }),
    }
}
