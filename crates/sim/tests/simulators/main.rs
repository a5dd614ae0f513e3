//! The simulators, spoken to over real HTTP.

// Helpers of tests may fail the test.
#![allow(clippy::unwrap_used, clippy::panic)]

mod billing;
mod caller;
mod netsuite;
mod persistence;
mod salesforce;
mod sessions;
mod shapes;
mod storms;
mod stripe;
mod stripe_refusals;
mod webhooks;
mod world;
