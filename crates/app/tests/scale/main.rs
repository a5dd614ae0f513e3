//! What is looked at stays as quick to look at however much there is: lists and figures ask the
//! database a fixed number of questions and take a fixed number of rows. With `TIEOUT_SCALE=100000`
//! each test puts so many rows into the books and says how long it took.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod circles;
mod open;
mod receivables;
mod seed;
