//! Tie-outs: expected, actual, difference, and what explains it; and the law that nothing which was
//! taken in is dropped.
//!
//! A reader starts at [`tie_out`]. Its inputs are figures: some recomputed from the facts, some read
//! from the books, one a key of measure, legal entity and currency.

mod intake;
mod measure;
mod tie_out;

pub use intake::Intake;
pub use measure::Measure;
pub use tie_out::{
    Explanation, Figure, Inputs, NAMED_IN_A_ROW, Status, TieOutRefusal, TieOutRow, tie_out,
};
