//! Seeded simulation of a year with every kind of fault, and the independent checker.
//!
//! A seed decides a company, its customers and a year of what they do ([`plan`]); how the network,
//! the disk, the clock and the process itself behave ([`year`], [`wire`], [`fate`]); all of it
//! through the real program and the simulators of the outside systems, on simulated time and on one
//! thread, so that a seed is the same run each time. At the end of the year the weather calms down,
//! and the [`checker`] compares our books with those of the other systems.
//!
//! Development only: the shipped program knows nothing of this crate.

pub mod chance;
pub mod checker;
pub mod fate;
pub mod fault;
pub mod house;
pub mod plan;
pub mod trace;
pub mod wire;
pub mod year;

pub use fault::StormFault;
pub use year::{Verdict, run};
