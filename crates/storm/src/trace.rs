//! The last steps of a run, for the report of a seed that failed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How many steps are kept.
const KEPT: usize = 60;

/// The last steps and how often each kind of fault struck. Clones write to the same trace.
#[derive(Debug, Clone, Default)]
pub struct Trace(Arc<Mutex<Steps>>);

#[derive(Debug, Default)]
struct Steps {
    last: VecDeque<String>,
    struck: std::collections::BTreeMap<&'static str, u64>,
    live: bool,
}

impl Trace {
    /// Also prints every step as it happens.
    pub fn print_all(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).live = true;
    }

    /// Notes a step.
    pub fn note(&self, at: values::Instant, what: impl AsRef<str>) {
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if steps.last.len() >= KEPT {
            steps.last.pop_front();
        }
        let step = format!("{at} {}", what.as_ref());
        if steps.live {
            println!("{step}");
        }
        steps.last.push_back(step);
    }

    /// Counts a fault.
    pub fn count(&self, fault: &'static str) {
        self.count_many(fault, 1);
    }

    /// Counts something that is more than one.
    pub fn count_many(&self, what: &'static str, many: u64) {
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *steps.struck.entry(what).or_default() += many;
    }

    /// The last steps, oldest first.
    #[must_use]
    pub fn steps(&self) -> Vec<String> {
        let steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        steps.last.iter().cloned().collect()
    }

    /// How often each kind of fault struck.
    #[must_use]
    pub fn struck(&self) -> std::collections::BTreeMap<&'static str, u64> {
        let steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        steps.struck.clone()
    }
}
