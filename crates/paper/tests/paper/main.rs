//! Paper: what it says, how it looks to programs that read it, and whether the official rules of
//! EN 16931 find fault with it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod every_script;
mod groups;
mod letterheads;
mod logo;
mod names;
mod official;
mod official_rules;
mod pages;
mod refusals;
mod rounded;
mod rules;
mod samples;
