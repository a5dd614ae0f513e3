//! How deliveries flow: budgets, breakers, holds, fairness, modes, a day without the outside ledger,
//! and several processes on the same books.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test, as the tests themselves do"
)]

#[path = "flow/company.rs"]
mod company;
#[path = "flow/gates.rs"]
mod gates;
#[path = "flow/outage.rs"]
mod outage;
#[path = "flow/processes.rs"]
mod processes;
#[path = "worker/script.rs"]
#[allow(dead_code, reason = "the tests of the workers use the rest")]
mod script;
