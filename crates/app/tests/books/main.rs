//! What the books say after whole courses of business: payments for several invoices, work billed in
//! parts, a credit after revenue was earned, calendars that differ, and random contracts.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod calendar;
mod cash;
mod company;
mod credit;
mod laws;
mod milestones;
mod prepaid;
mod revenue_class;
mod work_list;
