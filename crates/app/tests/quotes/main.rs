//! Quotes: written in versions, approved by level, voided by a change, made a contract once; and what
//! the catalogue offers above products.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// The company of the approvals; not everything that it can do is asked here.
#[allow(dead_code)]
#[path = "../approvals/company.rs"]
mod company;
mod governed;
mod hierarchy;
mod offers;
mod price_book;
mod quote;
mod seller;
mod standalone;
mod structure;
mod with_tax;
