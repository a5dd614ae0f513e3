//! The transaction price over the obligations of a contract, by what each sells for on its own.

use crate::RevenueRefusal;
use values::Money;

/// Parts of `price` in proportion to the standalone selling prices, which add up to it exactly:
/// each is the difference of two consecutive cumulative shares, rounded half away from zero.
///
/// # Errors
/// When the currencies differ, a selling price is below zero, or all of them are zero.
pub fn allocate(price: Money, ssp: &[Money]) -> Result<Vec<Money>, RevenueRefusal> {
    let mut weights = Vec::with_capacity(ssp.len());
    for (index, selling) in ssp.iter().enumerate() {
        Money::zero(price.currency).plus(*selling)?;
        let weight =
            u64::try_from(selling.minor).map_err(|_| RevenueRefusal::NegativeSellingPrice {
                position: index + 1,
                price: *selling,
            })?;
        weights.push(weight);
    }
    Ok(price.split(&weights)?)
}
