//! The policy of receivables as one versioned document.

use crate::{DunningBook, DunningRefusal, MatchPolicy, WriteOffKind};
use serde::{Deserialize, Serialize};

/// How payments are matched, what is written off, and what follows when nobody pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectionPolicy {
    /// Raised with every change.
    pub version: u32,
    /// The classes that customers can be of.
    #[serde(default = "usual_classes")]
    pub customer_classes: Vec<String>,
    /// How payments are matched.
    pub matching: MatchPolicy,
    /// How receivables are given up.
    pub write_off: WriteOffPolicy,
    /// What follows when an invoice is not paid.
    pub dunning: DunningBook,
}

/// The classes that there are where a policy says nothing of them.
fn usual_classes() -> Vec<String> {
    ["business", "consumer", "key_account"]
        .map(str::to_owned)
        .to_vec()
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
        for (index, class) in self.customer_classes.iter().enumerate() {
            let is_word = !class.is_empty()
                && class
                    .bytes()
                    .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
            if !is_word || self.customer_classes[..index].contains(class) {
                let class = class.clone();
                return Err(DunningRefusal::BadClass { class });
            }
        }
        for policy in &self.dunning.policies {
            if let Some(class) = &policy.customer_class
                && !self.has_class(class)
            {
                return Err(DunningRefusal::NoSuchClass {
                    policy: policy.id.clone(),
                    class: class.clone(),
                    known: self.customer_classes.join(", "),
                });
            }
        }
        self.dunning.check()
    }

    /// Whether customers can be of this class.
    #[must_use]
    pub fn has_class(&self, class: &str) -> bool {
        self.customer_classes.iter().any(|known| known == class)
    }
}
