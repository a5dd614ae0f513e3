//! What others decide, bill, recognise, collect and show: tax engines over real HTTP, legal entities of
//! one group, revenue that another system keeps, the payment processor, and the CRM.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod connected;
mod crm;
mod failure;
mod intercompany;
mod long_history;
mod revenue;
mod tax_engine;
