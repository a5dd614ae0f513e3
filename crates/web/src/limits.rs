//! How often somebody may ask: a token bucket for each API token and each session, and one for each
//! address that is being refused. Buckets are kept in the process; with several processes each allows
//! the quota. (Failed sign-ins are counted in the books instead, for all processes together.)

mod bucket;
mod layer;

pub use bucket::{Quota, Verdict};
pub(crate) use layer::{ADDRESS, around, note};

use bucket::Bucket;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Most buckets that are kept; beyond it those that are full again are forgotten, then the rest.
const BUCKETS_MOST: usize = 20_000;

/// The quotas of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Of each API token and session.
    pub client: Quota,
    /// Of API tokens by name, where it differs.
    pub clients: BTreeMap<String, Quota>,
    /// Of each address for requests that are refused because nobody is known.
    pub refused: Quota,
}

impl Default for Limits {
    /// Two hundred requests a second with bursts of a thousand; an address may be refused once a
    /// second, thirty times at once.
    fn default() -> Self {
        Self {
            client: Quota::new(200, 1_000),
            clients: BTreeMap::new(),
            refused: Quota::new(1, 30),
        }
    }
}

/// Whose bucket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Whose {
    /// Of the holder of a token or session, by its digest.
    Client([u8; 32]),
    /// Of an address that is being refused.
    Address(String),
}

#[derive(Debug, Default)]
struct Held {
    buckets: HashMap<Whose, Bucket>,
    /// Names of the tokens that have a quota of their own, learned when they are let in.
    named: HashMap<[u8; 32], Quota>,
}

/// The buckets of this process.
#[derive(Debug)]
pub(crate) struct Limiter {
    limits: Limits,
    started: Instant,
    held: Mutex<Held>,
}

impl Limiter {
    pub(crate) fn new(limits: Limits) -> Limiter {
        Limiter {
            limits,
            started: Instant::now(),
            held: Mutex::default(),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn quota(&self, held: &Held, whose: &Whose) -> Quota {
        match whose {
            Whose::Client(digest) => held
                .named
                .get(digest)
                .copied()
                .unwrap_or(self.limits.client),
            Whose::Address(_) => self.limits.refused,
        }
    }

    /// Takes one request from a bucket.
    pub(crate) fn take(&self, whose: &Whose) -> Verdict {
        let now = self.now();
        let mut held = self.held();
        let quota = self.quota(&held, whose);
        if held.buckets.len() >= BUCKETS_MOST {
            held.buckets.retain(|_, bucket| !bucket.is_full(now));
            if held.buckets.len() >= BUCKETS_MOST {
                held.buckets.clear();
            }
        }
        held.buckets
            .entry(whose.clone())
            .or_default()
            .take(quota, now)
    }

    /// Whether a bucket would give a request, without taking it.
    pub(crate) fn look(&self, whose: &Whose) -> Verdict {
        let held = self.held();
        let quota = self.quota(&held, whose);
        held.buckets
            .get(whose)
            .copied()
            .unwrap_or_default()
            .take(quota, self.now())
    }

    /// Learns what the token of a digest is called, so that it gets its own quota.
    pub(crate) fn learn(&self, digest: [u8; 32], name: &str) {
        if let Some(quota) = self.limits.clients.get(name) {
            self.held().named.insert(digest, *quota);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_client_has_its_own_quota_once_it_is_known() {
        let mut limits = Limits {
            client: Quota::new(1, 1),
            ..Limits::default()
        };
        limits
            .clients
            .insert("importer".to_owned(), Quota::new(1, 3));
        let limiter = Limiter::new(limits);
        let taken = |digest: u8| {
            let verdicts = (0..4).map(|_| limiter.take(&Whose::Client([digest; 32])));
            verdicts.filter(|verdict| verdict.allowed).count()
        };
        assert_eq!(taken(1), 1);
        limiter.learn([2; 32], "importer");
        assert_eq!(taken(2), 3);
        assert_eq!(taken(3), 1, "another client is not touched");
    }

    #[test]
    fn looking_takes_nothing() {
        let limiter = Limiter::new(Limits::default());
        let whose = Whose::Address("10.0.0.1".to_owned());
        for _ in 0..100 {
            assert!(limiter.look(&whose).allowed);
        }
        let taken = (0..100).filter(|_| limiter.take(&whose).allowed).count();
        assert_eq!(taken, 30);
        assert!(!limiter.look(&whose).allowed);
    }
}
