//! How documents come to be issued: as drafts that stand for days, by a second person over a limit,
//! under the numbers of the legal entity; and how the life of an invoice is told.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod approval;
mod company;
mod credits;
mod drafts;
mod looks;
mod numbers;
mod rounded_once;
mod rounding;
mod together;
mod trail;
