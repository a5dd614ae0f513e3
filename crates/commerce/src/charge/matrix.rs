//! A price for each combination of dimensions.

use super::figures::counted;
use super::flat::times;
use super::{Arithmetic, Cell, ChargeRefusal, Measured, Model, Money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Decimal, Quantity, UnitPrice};

/// A price of one unit for each combination of dimensions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// The dimensions that the price depends on.
    pub dimensions: Vec<String>,
    /// The prices.
    pub cells: Vec<MatrixCell>,
    /// Price of one unit of every other combination; such use is refused when absent.
    pub otherwise: Option<UnitPrice>,
}

/// The price of one combination.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatrixCell {
    /// A value for every dimension.
    pub when: Cell,
    /// Price of one unit.
    pub unit_price: UnitPrice,
}

fn words_of(cell: &Cell) -> String {
    if cell.is_empty() {
        return "units without dimensions".to_owned();
    }
    let parts: Vec<String> = cell
        .iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    parts.join(", ")
}

impl Matrix {
    fn price_of(&self, cell: &Cell) -> Option<UnitPrice> {
        let known = self.cells.iter().find(|known| known.when == *cell);
        known.map(|known| known.unit_price).or(self.otherwise)
    }

    fn one(
        &self,
        cell: &Cell,
        quantity: Quantity,
        arithmetic: &mut Arithmetic,
    ) -> Result<Decimal, ChargeRefusal> {
        let Some(unit_price) = self.price_of(cell) else {
            return Err(ChargeRefusal::UnknownCell {
                cell: words_of(cell),
                quantity,
            });
        };
        let amount = times(unit_price.decimal(), quantity)?;
        arithmetic.step(amount, |money| {
            let figures = format!(
                "{} × {}",
                counted(quantity.decimal()),
                money(unit_price.decimal())
            );
            (words_of(cell), figures)
        });
        Ok(amount)
    }
}

impl Model for Matrix {
    fn words(&self) -> &'static str {
        "by matrix"
    }
    fn check(&self) -> Result<(), ChargeRefusal> {
        if self.dimensions.is_empty() {
            let mend = "name at least one dimension, such as \"region\"";
            return Err(ChargeRefusal::setting(
                "matrix",
                "dimensions",
                "empty",
                mend,
            ));
        }
        for (index, cell) in self.cells.iter().enumerate() {
            let complete = cell.when.len() == self.dimensions.len()
                && self
                    .dimensions
                    .iter()
                    .all(|name| cell.when.contains_key(name));
            if !complete {
                let mend = "give one value for each of the matrix's dimensions and no other";
                return Err(ChargeRefusal::setting(
                    "matrix",
                    format!("cells[{index}].when"),
                    words_of(&cell.when),
                    mend,
                ));
            }
            let before = self.cells.iter().take(index);
            if before.into_iter().any(|known| known.when == cell.when) {
                let mend = "state one price for each combination";
                return Err(ChargeRefusal::setting(
                    "matrix",
                    format!("cells[{index}].when"),
                    words_of(&cell.when),
                    mend,
                ));
            }
        }
        Ok(())
    }
    fn amounts(&self) -> Vec<UnitPrice> {
        let cells = self.cells.iter().map(|cell| cell.unit_price);
        cells.chain(self.otherwise).collect()
    }
    fn dimensions(&self) -> &[String] {
        &self.dimensions
    }
    fn price(
        &self,
        measured: &Measured,
        arithmetic: &mut Arithmetic,
    ) -> Result<Decimal, ChargeRefusal> {
        let quantity = measured.quantity;
        if measured.cells.is_empty() {
            return if quantity.decimal().is_zero() {
                Ok(Decimal::ZERO)
            } else {
                self.one(&Cell::new(), quantity, arithmetic)
            };
        }
        let mut total = Decimal::ZERO;
        for (cell, used) in &measured.cells {
            let amount = self.one(cell, *used, arithmetic)?;
            total = total
                .checked_add(amount)
                .ok_or(ChargeRefusal::TooLarge { quantity })?;
        }
        Ok(total)
    }
    fn listed(&self, money: Money<'_>) -> String {
        let otherwise = self.otherwise.map_or_else(String::new, |price| {
            format!(", {} otherwise", money(price.decimal()))
        });
        format!(
            "{} prices by {}{otherwise}",
            self.cells.len(),
            self.dimensions.join(" and ")
        )
    }
}
