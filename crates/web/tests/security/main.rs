//! What docs/security.md promises, through the real router.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../doors/support.rs"]
#[allow(dead_code)]
mod support;

mod accounts;
mod cashiers;
mod doors;
mod lookers;
mod people;
mod programs;
