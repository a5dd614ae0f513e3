//! Products, their prices, and how a charge prices a quantity.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use values::{Currency, Date, Decimal, ProductCode, Quantity, UnitPrice};

/// Something that is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Its code in the catalogue, which orders name.
    pub code: ProductCode,
    /// Its name on invoices.
    pub name: String,
    /// What kind of thing it is for tax.
    pub tax_code: String,
    /// Which revenue account it posts to: `subscription`, `usage` or `services`.
    pub revenue_account_class: String,
    /// What it costs, by currency, frequency and date.
    pub prices: Vec<Price>,
    /// How its revenue is earned.
    pub recognition: Pattern,
}

/// One price of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Currency of the amounts.
    pub currency: Currency,
    /// The charge for one whole billing period.
    pub charge: Charge,
    /// How long a billing period is.
    pub billing: BillingFrequency,
    /// Whether a period is billed when it begins or when it has ended.
    #[serde(default)]
    pub timing: Timing,
    /// First day on which new orders get this price; always, when absent.
    pub from: Option<Date>,
}

/// How a quantity is priced for one whole billing period. Amounts are major units of the price's
/// currency and may be finer than its minor unit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "model", rename_all = "snake_case", deny_unknown_fields)]
pub enum Charge {
    /// The same amount whatever the quantity.
    Flat {
        /// Amount for a period.
        amount: UnitPrice,
    },
    /// So much for each unit.
    PerUnit {
        /// Price of one unit for a period.
        unit_price: UnitPrice,
    },
    /// Each unit is priced by the tier it falls in.
    Graduated {
        /// Tiers by rising upper bound.
        tiers: Vec<Tier>,
    },
    /// All units are priced by the tier that the whole quantity falls in.
    Volume {
        /// Tiers by rising upper bound.
        tiers: Vec<Tier>,
    },
}

/// One tier of a graduated or volume charge.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Last quantity inside; the last tier has no bound.
    pub up_to: Option<Quantity>,
    /// Price of one unit in this tier.
    pub unit_price: UnitPrice,
    /// Added once when any unit falls in this tier.
    #[serde(default)]
    pub flat_fee: UnitPrice,
}

/// How long a billing period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BillingFrequency {
    /// Charged once, on the day the component starts.
    OneOff,
    /// Every month.
    Monthly,
    /// Every three months.
    Quarterly,
    /// Every six months.
    SemiAnnual,
    /// Every year.
    Annual,
    /// Once for the whole term as signed; the price is for that term.
    TermUpFront,
}

/// When a billing period is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// When it begins.
    #[default]
    Advance,
    /// When it has ended.
    Arrears,
}

/// How revenue is earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// Evenly over the days of the service.
    #[default]
    StraightLineDaily,
    /// Wholly on the first day.
    AtStart,
}

/// Why a charge cannot price a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChargeRefusal {
    /// Quantities are priced from zero upwards.
    #[error("a quantity of {quantity} cannot be priced; give zero or more")]
    NegativeQuantity {
        /// What was given.
        quantity: Quantity,
    },
    /// A tiered charge without tiers.
    #[error("the charge has no tiers; give at least one, the last without an upper bound")]
    NoTiers,
    /// Upper bounds do not rise, or one stands after the unbounded tier.
    #[error("tier {position} does not lie above the tier before it; order the tiers by up_to")]
    TiersOutOfOrder {
        /// Which tier, from 1.
        position: usize,
    },
    /// The quantity lies above every tier.
    #[error("no tier holds a quantity of {quantity}; leave up_to out of the last tier")]
    AboveAllTiers {
        /// What was to be priced.
        quantity: Quantity,
    },
    /// The product of price and quantity does not fit 28 digits.
    #[error("the price of {quantity} units is too large to be kept exactly")]
    TooLarge {
        /// What was to be priced.
        quantity: Quantity,
    },
}

impl ChargeRefusal {
    /// Stable name of this refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NegativeQuantity { .. } => "negative_quantity",
            Self::NoTiers => "no_tiers",
            Self::TiersOutOfOrder { .. } => "tiers_out_of_order",
            Self::AboveAllTiers { .. } => "above_all_tiers",
            Self::TooLarge { .. } => "price_too_large",
        }
    }
}

impl Charge {
    /// The exact price of `quantity` for one whole billing period, in major units, unrounded.
    /// Nothing costs nothing, except that a flat charge does not look at the quantity.
    ///
    /// # Errors
    /// When the quantity is negative, the tiers are not in order, or the result does not fit.
    pub fn price(&self, quantity: Quantity) -> Result<Decimal, ChargeRefusal> {
        if quantity.decimal().is_sign_negative() && !quantity.decimal().is_zero() {
            return Err(ChargeRefusal::NegativeQuantity { quantity });
        }
        let too_large = ChargeRefusal::TooLarge { quantity };
        match self {
            Charge::Flat { amount } => Ok(amount.decimal()),
            Charge::PerUnit { unit_price } => unit_price
                .decimal()
                .checked_mul(quantity.decimal())
                .ok_or(too_large),
            Charge::Graduated { tiers } => {
                check_tiers(tiers)?;
                graduated(tiers, quantity)
            }
            Charge::Volume { tiers } => {
                check_tiers(tiers)?;
                volume(tiers, quantity)
            }
        }
    }

    /// Whether the price of a sum of quantities is the sum of their prices, so that a change of
    /// quantity can be billed as the difference alone.
    #[must_use]
    pub fn is_linear(&self) -> bool {
        matches!(self, Charge::PerUnit { .. })
    }

    /// The lowest amount anywhere in the charge; below zero when some price is.
    #[must_use]
    pub fn lowest(&self) -> UnitPrice {
        match self {
            Charge::Flat { amount } => *amount,
            Charge::PerUnit { unit_price } => *unit_price,
            Charge::Graduated { tiers } | Charge::Volume { tiers } => tiers
                .iter()
                .flat_map(|tier| [tier.unit_price, tier.flat_fee])
                .min()
                .unwrap_or_default(),
        }
    }
}

fn check_tiers(tiers: &[Tier]) -> Result<(), ChargeRefusal> {
    if tiers.is_empty() {
        return Err(ChargeRefusal::NoTiers);
    }
    let mut below = Some(Quantity::default());
    for (index, tier) in tiers.iter().enumerate() {
        let position = index + 1;
        match (below, tier.up_to) {
            (Some(floor), Some(bound)) if bound > floor => {}
            (Some(_), None) => {}
            (Some(_), Some(_)) | (None, _) => {
                return Err(ChargeRefusal::TiersOutOfOrder { position });
            }
        }
        below = tier.up_to;
    }
    Ok(())
}

fn tier_price(tier: &Tier, units: Decimal) -> Option<Decimal> {
    tier.unit_price
        .decimal()
        .checked_mul(units)?
        .checked_add(tier.flat_fee.decimal())
}

fn graduated(tiers: &[Tier], quantity: Quantity) -> Result<Decimal, ChargeRefusal> {
    let too_large = || ChargeRefusal::TooLarge { quantity };
    let (mut floor, mut total) = (Decimal::ZERO, Decimal::ZERO);
    for tier in tiers {
        if quantity.decimal() <= floor {
            return Ok(total);
        }
        let ceiling = tier.up_to.map_or(quantity.decimal(), |bound| {
            bound.decimal().min(quantity.decimal())
        });
        let price = tier_price(tier, ceiling - floor).ok_or_else(too_large)?;
        total = total.checked_add(price).ok_or_else(too_large)?;
        floor = ceiling;
    }
    if quantity.decimal() <= floor {
        Ok(total)
    } else {
        Err(ChargeRefusal::AboveAllTiers { quantity })
    }
}

fn volume(tiers: &[Tier], quantity: Quantity) -> Result<Decimal, ChargeRefusal> {
    if quantity.decimal().is_zero() {
        return Ok(Decimal::ZERO);
    }
    let tier = tiers
        .iter()
        .find(|tier| tier.up_to.is_none_or(|bound| quantity <= bound))
        .ok_or(ChargeRefusal::AboveAllTiers { quantity })?;
    tier_price(tier, quantity.decimal()).ok_or(ChargeRefusal::TooLarge { quantity })
}

impl BillingFrequency {
    /// Months in one billing period; none for what is charged once or once a term.
    #[must_use]
    pub fn months(self) -> Option<i32> {
        match self {
            Self::OneOff | Self::TermUpFront => None,
            Self::Monthly => Some(1),
            Self::Quarterly => Some(3),
            Self::SemiAnnual => Some(6),
            Self::Annual => Some(12),
        }
    }

    /// Reads the words that order entry uses, whatever their case, spaces, hyphens and
    /// underscores: "Monthly", "semi-annual", "Annually", "one_off".
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let plain: String = text
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        match plain.as_str() {
            "oneoff" | "onetime" | "once" => Some(Self::OneOff),
            "monthly" | "month" => Some(Self::Monthly),
            "quarterly" | "quarter" => Some(Self::Quarterly),
            "semiannual" | "semiannually" | "halfyearly" => Some(Self::SemiAnnual),
            "annual" | "annually" | "yearly" | "year" => Some(Self::Annual),
            "termupfront" | "upfront" | "prepaid" => Some(Self::TermUpFront),
            _ => None,
        }
    }
}

impl fmt::Display for BillingFrequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::OneOff => "one-off",
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
            Self::SemiAnnual => "semi-annual",
            Self::Annual => "annual",
            Self::TermUpFront => "term up front",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charge(text: &str) -> Charge {
        serde_json::from_str(text).unwrap()
    }

    fn price(charge: &Charge, quantity: &str) -> String {
        charge.price(quantity.parse().unwrap()).map_or_else(
            |refusal| refusal.code().to_owned(),
            |p| p.normalize().to_string(),
        )
    }

    #[test]
    fn each_model_prices_a_quantity() {
        let flat = charge(r#"{"model":"flat","amount":"99.90"}"#);
        let per_unit = charge(r#"{"model":"per_unit","unit_price":"0.0004"}"#);
        let tiers = r#""tiers":[{"up_to":10,"unit_price":5,"flat_fee":1},{"up_to":null,"unit_price":"3.5"}]}"#;
        let graduated = charge(&format!(r#"{{"model":"graduated",{tiers}"#));
        let volume = charge(&format!(r#"{{"model":"volume",{tiers}"#));
        assert_eq!(price(&flat, "7"), "99.9");
        assert_eq!(price(&per_unit, "1234567"), "493.8268");
        assert_eq!(price(&graduated, "10"), "51");
        assert_eq!(price(&graduated, "12"), "58");
        assert_eq!(price(&graduated, "0"), "0");
        assert_eq!(price(&volume, "10"), "51");
        assert_eq!(price(&volume, "12"), "42");
        assert_eq!(price(&per_unit, "-1"), "negative_quantity");
    }

    #[test]
    fn tiers_that_cannot_price_are_refused() {
        let bounded = charge(r#"{"model":"volume","tiers":[{"up_to":10,"unit_price":5}]}"#);
        assert_eq!(price(&bounded, "11"), "above_all_tiers");
        assert_eq!(
            price(&charge(r#"{"model":"graduated","tiers":[]}"#), "1"),
            "no_tiers"
        );
        let shuffled = charge(
            r#"{"model":"graduated","tiers":[{"unit_price":5},{"up_to":10,"unit_price":4}]}"#,
        );
        assert_eq!(price(&shuffled, "1"), "tiers_out_of_order");
        let vast = charge(r#"{"model":"per_unit","unit_price":"9999999999999999999999999999"}"#);
        assert_eq!(price(&vast, "1000000"), "price_too_large");
    }

    #[test]
    fn a_misspelt_field_is_refused() {
        let typo = serde_json::from_str::<Charge>(r#"{"model":"per_unit","unit_pirce":"1"}"#);
        assert!(typo.unwrap_err().to_string().contains("unit_pirce"));
    }
}
