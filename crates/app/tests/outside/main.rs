//! What others decide, bill and recognise: tax engines over real HTTP, legal entities of one group, and
//! revenue that another system keeps.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod intercompany;
mod long_history;
mod revenue;
mod tax_engine;
