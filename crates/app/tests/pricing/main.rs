//! Every pricing model, policy and amendment that the documentation names, in bills with figures worked
//! out by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod catalogue;
mod changes;
mod company;
mod dated;
mod discounts;
mod meters;
mod models;
mod new_prices;
mod phases;
mod policies;
mod preview;
mod seats;
mod template;
mod within_a_month;
