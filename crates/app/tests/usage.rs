//! Use that is measured: intake, rating, late events by every rule, corrections, the events behind a
//! line, revenue by the period of use.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "usage/company.rs"]
mod company;
#[path = "usage/intake.rs"]
mod intake;
#[path = "usage/late.rs"]
mod late;
#[path = "usage/laws.rs"]
mod laws;
#[path = "usage/rating.rs"]
mod rating;
