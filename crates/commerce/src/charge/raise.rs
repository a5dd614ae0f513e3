//! A charge with every price in it raised by a rate.

use super::{
    Block, Blocks, Capacity, Charge, Commitment, CreditPack, GraduatedPercentage, Matrix,
    MatrixCell, MinimumSpend, Package, PercentTier, Percentage, Seats, Tier,
};
use values::{Decimal, Rate, UnitPrice, round_places};

/// Places to which a raised price is rounded, unless it was finer before.
const PLACES: u32 = 6;

/// Every price of a charge raised by `rate`, rounded half up to six places, or to as many as it had.
/// Shares of an amount, quantities and milestones, which are agreed one by one, stay as they are.
#[must_use]
pub fn raised(charge: &Charge, rate: Rate) -> Charge {
    let factor = Decimal::ONE.saturating_add(rate.decimal());
    let more = |price: UnitPrice| {
        let exact = price.decimal();
        let places = PLACES.max(exact.scale());
        UnitPrice::new(round_places(exact.saturating_mul(factor), places))
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
