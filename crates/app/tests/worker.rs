//! The workers over an in-memory store and a scripted network: what is sent, what is never sent
//! twice, what waits, and what is counted.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test, as the tests themselves do"
)]

#[path = "worker/accounts.rs"]
mod accounts;
#[path = "worker/adyen.rs"]
mod adyen;
#[path = "worker/credits.rs"]
mod credits;
#[path = "worker/deliver.rs"]
mod deliver;
#[path = "worker/disputes.rs"]
mod disputes;
#[path = "worker/exceptions.rs"]
mod exceptions;
#[path = "worker/files.rs"]
mod files;
#[path = "worker/intake.rs"]
mod intake;
#[path = "worker/invoices.rs"]
mod invoices;
#[path = "worker/script.rs"]
mod script;
#[path = "worker/sendings.rs"]
mod sendings;
#[path = "worker/sweep.rs"]
mod sweep;
#[path = "worker/sync.rs"]
mod sync;
