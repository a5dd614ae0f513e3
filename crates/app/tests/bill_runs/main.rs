//! Bill runs: a page of contracts makes exactly the books that billing one contract at a time makes;
//! two runs at once, a run that is tried again and a run that breaks off bill nothing twice.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod company;
mod foreseen;
mod life;
mod limits;
mod long;
mod object;
mod open;
mod pages;
mod prices;
mod rounding;
