//! The policy of receivables as one versioned document.

use crate::{DunningBook, DunningRefusal, MatchPolicy, WriteOffKind};
use serde::{Deserialize, Serialize};

/// How payments are matched, what is written off, and what follows when nobody pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectionPolicy {
    /// Raised with every change.
    pub version: u32,
    /// How payments are matched.
    pub matching: MatchPolicy,
    /// How receivables are given up.
    pub write_off: WriteOffPolicy,
    /// What follows when an invoice is not paid.
    pub dunning: DunningBook,
}

/// How receivables are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WriteOffPolicy {
    /// As an expense, or from the allowance.
    pub given_up: WriteOffKind,
    /// Whether the tax of it is owed no more.
    pub tax_relief: bool,
}

impl CollectionPolicy {
    /// The policy that ships with the program, documented in place.
    pub const STANDARD: &'static str = include_str!("../data/collection-policy.toml");

    /// Checks what a reader of the text cannot.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), DunningRefusal> {
        self.dunning.check()
    }
}
