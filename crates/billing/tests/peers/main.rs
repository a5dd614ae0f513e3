//! Bugs that other billing systems have shipped, each with a test that bears its name.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

mod again;
mod arrears;
mod credit;
mod days;
mod once;
#[path = "../support/mod.rs"]
mod support;
mod timeline;
