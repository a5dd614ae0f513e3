//! Revenue: what is earned through a date, less what has been recognised.
//!
//! A schedule is a formula, not rows: an [`Obligation`] holds segments (days, amount, pattern), and
//! [`earned_through`] evaluates them with cumulative rounding, so that a segment earns its amount
//! exactly, however often it is looked at. [`to_recognise`] is the difference to what the books say;
//! a change backwards in time is a catch-up in that difference and no special case. Amounts are
//! minor units of the contract's currency throughout.
//!
//! **Invariant:** nothing here reads a clock, does I/O, or holds a float.

mod allocation;
mod obligation;
mod position;
mod waterfall;

pub use allocation::allocate;
pub use obligation::{
    Obligation, Pattern, RevenueRefusal, Segment, allocated, earned_through, revise, to_recognise,
};
pub use position::{PositionMove, move_position};
pub use waterfall::{WaterfallCell, WaterfallRow, waterfall};
