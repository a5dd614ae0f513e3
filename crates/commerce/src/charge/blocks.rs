//! Blocks with a price each.

use super::figures::counted;
use super::flat::times;
use super::tiers::check_bounds;
use super::{Arithmetic, ChargeRefusal, Measured, Model, Money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Decimal, Quantity, UnitPrice};

/// One block.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// Last quantity inside; the last block may have no bound.
    pub up_to: Option<Quantity>,
    /// Price of the block, whole.
    pub price: UnitPrice,
}

/// Which blocks are paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BlockCount {
    /// Every block that was reached.
    AllTiers,
    /// The highest one that was reached, alone.
    TopTier,
}

/// Blocks: all that were reached, or the top one alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Blocks {
    /// The blocks by rising upper bound.
    pub blocks: Vec<Block>,
    /// Which of them are paid.
    pub counts: BlockCount,
}

/// The highest reading of the period picks the block that is paid.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// The blocks by rising upper bound.
    pub blocks: Vec<Block>,
    /// Price of each unit above the last block, where it has a bound.
    pub overage: Option<UnitPrice>,
}

fn check_blocks(blocks: &[Block]) -> Result<(), ChargeRefusal> {
    let bounds: Vec<Option<Quantity>> = blocks.iter().map(|block| block.up_to).collect();
    check_bounds(&bounds)
}

fn words_of(block: &Block) -> String {
    match block.up_to {
        Some(bound) => format!("the block up to {}", counted(bound.decimal())),
        None => "the highest block".to_owned(),
    }
}

fn tell(arithmetic: &mut Arithmetic, block: &Block) {
    let amount = block.price.decimal();
    arithmetic.step(amount, |money| (words_of(block), money(amount)));
}

/// Position of the block that holds a quantity above zero.
fn holding(blocks: &[Block], quantity: Quantity) -> Option<usize> {
    blocks
        .iter()
        .position(|block| block.up_to.is_none_or(|bound| quantity <= bound))
}

impl Model for Blocks {
    fn words(&self) -> &'static str {
        match self.counts {
            BlockCount::AllTiers => "by all blocks reached",
            BlockCount::TopTier => "by the top block",
        }
    }
    fn check(&self) -> Result<(), ChargeRefusal> {
        check_blocks(&self.blocks)
    }
    fn amounts(&self) -> Vec<UnitPrice> {
        self.blocks.iter().map(|block| block.price).collect()
    }
    fn price(
        &self,
        measured: &Measured,
        arithmetic: &mut Arithmetic,
    ) -> Result<Decimal, ChargeRefusal> {
        let quantity = measured.quantity;
        if quantity.decimal().is_zero() {
            return Ok(Decimal::ZERO);
        }
        let top =
            holding(&self.blocks, quantity).ok_or(ChargeRefusal::AboveAllTiers { quantity })?;
        let first = match self.counts {
            BlockCount::AllTiers => 0,
            BlockCount::TopTier => top,
        };
        let mut total = Decimal::ZERO;
        for block in self.blocks.iter().take(top + 1).skip(first) {
            tell(arithmetic, block);
            total = total
                .checked_add(block.price.decimal())
                .ok_or(ChargeRefusal::TooLarge { quantity })?;
        }
        Ok(total)
    }
    fn listed(&self, _money: Money<'_>) -> String {
        format!("{} blocks, {}", self.blocks.len(), self.words())
    }
}

impl Model for Capacity {
    fn is_for_a_period(&self) -> bool {
        true
    }
    fn words(&self) -> &'static str {
        "by capacity"
    }
    fn check(&self) -> Result<(), ChargeRefusal> {
        check_blocks(&self.blocks)
    }
    fn amounts(&self) -> Vec<UnitPrice> {
        let blocks = self.blocks.iter().map(|block| block.price);
        blocks.chain(self.overage).collect()
    }
    fn price(
        &self,
        measured: &Measured,
        arithmetic: &mut Arithmetic,
    ) -> Result<Decimal, ChargeRefusal> {
        let quantity = measured.quantity;
        if quantity.decimal().is_zero() {
            return Ok(Decimal::ZERO);
        }
        if let Some(block) =
            holding(&self.blocks, quantity).and_then(|position| self.blocks.get(position))
        {
            tell(arithmetic, block);
            return Ok(block.price.decimal());
        }
        let (Some(last), Some(overage)) = (self.blocks.last(), self.overage) else {
            return Err(ChargeRefusal::AboveAllTiers { quantity });
        };
        tell(arithmetic, last);
        let above = quantity.decimal() - last.up_to.unwrap_or_default().decimal();
        let more = times(overage.decimal(), Quantity::new(above))?;
        arithmetic.step(more, |money| {
            let figures = format!("{} × {}", counted(above), money(overage.decimal()));
            ("units above the last block".to_owned(), figures)
        });
        last.price
            .decimal()
            .checked_add(more)
            .ok_or(ChargeRefusal::TooLarge { quantity })
    }
    fn listed(&self, money: Money<'_>) -> String {
        let overage = self.overage.map_or_else(String::new, |price| {
            format!(", {} for each unit above", money(price.decimal()))
        });
        format!("capacity in {} blocks{overage}", self.blocks.len())
    }
}
