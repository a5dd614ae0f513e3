//! Use that is measured: meters, the events that they count, and what a period of it is worth.
//!
//! An aggregate is always computed from the events themselves and does not depend on the order in
//! which they came or how often; so late events, corrections and a second run are no special cases.
//! What a measured component owes for a period is its aggregate through its charge, less what was
//! billed for it ([`measured_owed`]).

mod aggregate;
mod event;
mod expected;
mod meter;
mod parts;
mod refusal;

pub use aggregate::{Tally, Use};
pub use event::{Checked, ReadingText, UsageEvent, check};
pub use expected::{Lateness, MeasuredBy, measured_owed, spent_on};
pub use meter::{AfterEnd, Aggregation, Dimension, LateRule, Meter, MeterRounding, RoundingMode};
pub use parts::{PartAmount, Reading, part_amounts};
pub use refusal::UsageRefusal;
