//! The position of a contract: billed less recognised. At zero or more it is a liability (deferred
//! revenue); below zero it is an asset (unbilled revenue). It is never both.

use serde::{Deserialize, Serialize};

/// How the two balance-sheet sides of a position move. `deferred − unbilled` is the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PositionMove {
    /// Increase of the liability, in minor units; negative is a decrease.
    pub deferred: i64,
    /// Increase of the asset, in minor units; negative is a decrease.
    pub unbilled: i64,
}

/// How the sides move when a position of `before` (billed less recognised) changes by `delta`: plus
/// what is billed, less what is recognised. Nothing, when the position would leave 64 bits.
#[must_use]
pub fn move_position(before: i64, delta: i64) -> Option<PositionMove> {
    let after = before.checked_add(delta)?;
    Some(PositionMove {
        deferred: after.max(0).checked_sub(before.max(0))?,
        unbilled: before.min(0).checked_sub(after.min(0))?,
    })
}
