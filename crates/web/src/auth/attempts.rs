//! Failed sign-ins, counted by name and address, so that guessing is slow.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use values::Instant;

/// Failures after which a name from one address has to wait.
const FAILURES_OF_NAME: u32 = 5;
/// Failures after which an address has to wait, whatever the names.
const FAILURES_OF_ADDRESS: u32 = 50;
/// How long failures count, in seconds.
const WINDOW_SECONDS: i64 = 300;
/// Most entries; beyond it the oldest are forgotten.
const ENTRIES_MOST: usize = 20_000;

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    since: Instant,
}

/// Failed sign-ins of the last minutes, in this process.
#[derive(Debug, Default)]
pub struct Attempts {
    failures: Mutex<BTreeMap<(String, String), Failures>>,
}

impl Attempts {
    /// Seconds that this name from this address has to wait before it may try; nothing when it may.
    pub(super) fn wait(&self, name: &str, address: &str, now: Instant) -> Option<u64> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = |key: &(String, String), most: u32| {
            let failed = failures.get(key).filter(|failed| failed.count >= most)?;
            let left =
                failed.since.plus_seconds(WINDOW_SECONDS).microseconds() - now.microseconds();
            u64::try_from(left)
                .ok()
                .filter(|left| *left > 0)
                .map(|left| left.div_ceil(1_000_000))
        };
        wait(&key(name, address), FAILURES_OF_NAME)
            .max(wait(&key("", address), FAILURES_OF_ADDRESS))
    }

    /// Counts a failure.
    pub(super) fn failed(&self, name: &str, address: &str, now: Instant) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= ENTRIES_MOST {
            let start = now.plus_seconds(-WINDOW_SECONDS);
            failures.retain(|_, failed| failed.since > start);
        }
        if failures.len() >= ENTRIES_MOST {
            failures.clear();
        }
        for key in [key(name, address), key("", address)] {
            let failed = failures.entry(key).or_insert(Failures {
                count: 0,
                since: now,
            });
            if failed.since.plus_seconds(WINDOW_SECONDS) <= now {
                *failed = Failures {
                    count: 0,
                    since: now,
                };
            }
            failed.count = failed.count.saturating_add(1);
        }
    }

    /// Forgets the failures of a name that came in.
    pub(super) fn succeeded(&self, name: &str, address: &str) {
        self.failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&key(name, address));
    }
}

fn key(name: &str, address: &str) -> (String, String) {
    (
        name.chars()
            .take(80)
            .collect::<String>()
            .to_ascii_lowercase(),
        address.to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_make_a_name_wait_until_the_window_has_passed() {
        let (attempts, start) = (Attempts::default(), Instant::from_seconds(1_000));
        for second in 0..5 {
            assert_eq!(attempts.wait("ada", "1.2.3.4", start), None);
            attempts.failed("ada", "1.2.3.4", start.plus_seconds(second));
        }
        assert_eq!(
            attempts.wait("Ada", "1.2.3.4", start.plus_seconds(10)),
            Some(290)
        );
        assert_eq!(
            attempts.wait("bob", "1.2.3.4", start.plus_seconds(10)),
            None
        );
        assert_eq!(
            attempts.wait("ada", "5.6.7.8", start.plus_seconds(10)),
            None
        );
        assert_eq!(
            attempts.wait("ada", "1.2.3.4", start.plus_seconds(300)),
            None
        );
    }

    #[test]
    fn an_address_that_tries_many_names_waits_too() {
        let (attempts, start) = (Attempts::default(), Instant::from_seconds(1_000));
        for number in 0..50 {
            attempts.failed(&format!("user{number}"), "1.2.3.4", start);
        }
        assert!(attempts.wait("somebody", "1.2.3.4", start).is_some());
    }
}
