//! Why a charge cannot price a quantity.

use values::{Quantity, UnitPrice};

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
    /// A unit price for a charge that prices no units.
    #[error(
        "{price} cannot be the price of a unit where it is charged {model}; state the whole charge"
    )]
    NoUnits {
        /// What was given.
        price: UnitPrice,
        /// How it is charged, in words.
        model: &'static str,
    },
    /// A setting of the charge makes no sense.
    #[error("{model}: {field} is {value}; {mend}")]
    Setting {
        /// The model of the charge.
        model: &'static str,
        /// The field at fault.
        field: String,
        /// What it holds.
        value: String,
        /// What to write instead.
        mend: &'static str,
    },
    /// No price is stated for a combination of dimensions.
    #[error(
        "matrix: no price for {cell}, of which {quantity} were used; add a cell for it or state otherwise, the price of all other cells"
    )]
    UnknownCell {
        /// The combination.
        cell: String,
        /// How many were used.
        quantity: Quantity,
    },
    /// More milestones were reached than the charge has.
    #[error(
        "milestones: {reached} were reached and the charge has {known}; give a whole number up to {known}"
    )]
    NoSuchMilestone {
        /// What was said to be reached.
        reached: Quantity,
        /// How many there are.
        known: usize,
    },
    /// Packs are sold whole.
    #[error("credit_pack: {quantity} packs cannot be sold; give a whole number of packs")]
    PartOfAPack {
        /// What was asked.
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
            Self::NoUnits { .. } => "no_units_to_price",
            Self::Setting { .. } => "bad_charge_setting",
            Self::UnknownCell { .. } => "unknown_price_cell",
            Self::NoSuchMilestone { .. } => "no_such_milestone",
            Self::PartOfAPack { .. } => "part_of_a_pack",
        }
    }

    pub(super) fn no_units(model: &'static str, price: UnitPrice) -> ChargeRefusal {
        ChargeRefusal::NoUnits { price, model }
    }

    pub(super) fn setting(
        model: &'static str,
        field: impl Into<String>,
        value: impl ToString,
        mend: &'static str,
    ) -> ChargeRefusal {
        ChargeRefusal::Setting {
            model,
            field: field.into(),
            value: value.to_string(),
            mend,
        }
    }
}
