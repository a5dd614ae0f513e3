//! How a sale stands towards value added tax.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a line stands towards VAT, by the code of UNTDID 5305 that EN 16931 uses (BT-118, BT-151).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum TaxCategory {
    /// Taxed at a rate above zero.
    S,
    /// Taxed at zero.
    Z,
    /// Exempt.
    E,
    /// Reverse charge: the buyer accounts for the tax.
    AE,
    /// Supply of goods within the European Union.
    K,
    /// Export out of the European Union.
    G,
    /// Outside the scope of the tax.
    O,
}

impl TaxCategory {
    /// The code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::Z => "Z",
            Self::E => "E",
            Self::AE => "AE",
            Self::K => "K",
            Self::G => "G",
            Self::O => "O",
        }
    }

    /// Whether a document has to state why nothing is charged.
    #[must_use]
    pub fn needs_reason(self) -> bool {
        !matches!(self, Self::S | Self::Z)
    }
}
