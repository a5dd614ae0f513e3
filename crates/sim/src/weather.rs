//! Fault weather: how often calls go wrong, and which.
//!
//! Chance is a hash of the seed, the identity of the request and how often that request has been
//! seen. So a run can be repeated, and a call that is retried is not doomed for ever.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use crate::mint;

/// How often each thing goes wrong, in ten-thousandths of the calls (or of the deliveries).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// The work is done, and the call is never answered.
    pub timeout_after_work: u16,
    /// Refused for load before any work (429).
    pub too_many_requests: u16,
    /// Failed before any work (5xx).
    pub server_error: u16,
    /// The webhook is sent twice.
    pub duplicate_webhook: u16,
    /// The webhook is sent after the one behind it.
    pub reorder_webhook: u16,
    /// A read answers with the version before, where there is one.
    pub stale_read: u16,
}

impl Weather {
    /// Nothing goes wrong.
    pub fn calm() -> Weather {
        Weather::default()
    }

    /// An ordinary bad day: about one call in forty is disturbed.
    pub fn breezy() -> Weather {
        Weather {
            timeout_after_work: 50,
            too_many_requests: 100,
            server_error: 100,
            duplicate_webhook: 300,
            reorder_webhook: 300,
            stale_read: 50,
        }
    }

    /// About one call in six is disturbed.
    pub fn stormy() -> Weather {
        Weather {
            timeout_after_work: 500,
            too_many_requests: 500,
            server_error: 500,
            duplicate_webhook: 1_500,
            reorder_webhook: 1_500,
            stale_read: 300,
        }
    }
}

/// What can befall one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// See [`Weather::timeout_after_work`].
    TimeoutAfterWork,
    /// See [`Weather::too_many_requests`].
    TooManyRequests,
    /// See [`Weather::server_error`].
    ServerError,
    /// See [`Weather::stale_read`].
    StaleRead,
}

impl Fault {
    const ALL: [Fault; 4] = [
        Fault::TooManyRequests,
        Fault::ServerError,
        Fault::TimeoutAfterWork,
        Fault::StaleRead,
    ];

    fn name(self) -> &'static str {
        match self {
            Fault::TimeoutAfterWork => "timeout_after_work",
            Fault::TooManyRequests => "too_many_requests",
            Fault::ServerError => "server_error",
            Fault::StaleRead => "stale_read",
        }
    }

    fn chance(self, weather: Weather) -> u16 {
        match self {
            Fault::TimeoutAfterWork => weather.timeout_after_work,
            Fault::TooManyRequests => weather.too_many_requests,
            Fault::ServerError => weather.server_error,
            Fault::StaleRead => weather.stale_read,
        }
    }
}

/// A fault ordered by a test for the next call whose method and path match.
#[derive(Debug)]
struct Ordered {
    fault: Fault,
    method: String,
    path_contains: String,
}

/// The weather over one system.
#[derive(Debug)]
pub(crate) struct Station {
    system: &'static str,
    seed: u64,
    weather: RwLock<Weather>,
    hold_ms: AtomicU64,
    ordered: Mutex<VecDeque<Ordered>>,
    seen: Mutex<HashMap<[u8; 32], u64>>,
}

impl Station {
    pub(crate) fn new(system: &'static str, seed: u64, weather: Weather) -> Station {
        Station {
            system,
            seed,
            weather: RwLock::new(weather),
            hold_ms: AtomicU64::new(400),
            ordered: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    pub(crate) fn set_weather(&self, weather: Weather) {
        *self.weather.write().unwrap_or_else(PoisonError::into_inner) = weather;
    }

    pub(crate) fn weather(&self) -> Weather {
        *self.weather.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_hold_ms(&self, hold_ms: u64) {
        self.hold_ms.store(hold_ms, Ordering::SeqCst);
    }

    pub(crate) fn hold_ms(&self) -> u64 {
        self.hold_ms.load(Ordering::SeqCst)
    }

    pub(crate) fn order(&self, fault: Fault, method: &str, path_contains: &str) {
        self.ordered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(Ordered {
                fault,
                method: method.to_owned(),
                path_contains: path_contains.to_owned(),
            });
    }

    /// What befalls this call: an ordered fault first, else what chance says.
    pub(crate) fn befalls(&self, method: &str, path: &str, identity: &[u8; 32]) -> Option<Fault> {
        let mut ordered = self.ordered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = ordered
            .iter()
            .position(|o| o.method == method && path.contains(&o.path_contains))
        {
            return ordered.remove(at).map(|o| o.fault);
        }
        drop(ordered);
        let weather = self.weather();
        if weather == Weather::calm() {
            return None;
        }
        let occurrence = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let count = seen.entry(*identity).or_insert(0);
            *count += 1;
            *count
        };
        let identity = hex::encode(identity);
        Fault::ALL.into_iter().find(|fault| {
            let applies = *fault != Fault::StaleRead || method == "GET";
            applies
                && self.strikes(
                    fault.chance(weather),
                    &[fault.name(), &identity, &occurrence.to_string()],
                )
        })
    }

    /// Whether something with this chance (in ten-thousandths) happens to what the parts name.
    pub(crate) fn strikes(&self, chance: u16, parts: &[&str]) -> bool {
        let mut all = vec![self.system];
        all.extend_from_slice(parts);
        mint::draw(self.seed, &all) % 10_000 < u64::from(chance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_repeatable_and_no_call_is_doomed() {
        let storm = || Station::new("stripe", 7, Weather::stormy());
        let (first, second) = (storm(), storm());
        let mut struck = 0;
        for call in 0..2_000_u64 {
            let identity = mint::digest_of(1, &[&call.to_string()]);
            let fault = first.befalls("POST", "/v1/refunds", &identity);
            assert_eq!(fault, second.befalls("POST", "/v1/refunds", &identity));
            struck += usize::from(fault.is_some());
            let calm_again =
                (0..20).any(|_| first.befalls("POST", "/v1/refunds", &identity).is_none());
            assert!(calm_again);
        }
        assert!(
            (200..400).contains(&struck),
            "{struck} of 2000 calls were struck"
        );
    }

    #[test]
    fn an_ordered_fault_strikes_the_next_matching_call_once() {
        let station = Station::new("stripe", 7, Weather::calm());
        station.order(Fault::ServerError, "POST", "refunds");
        let identity = [0; 32];
        assert_eq!(station.befalls("GET", "/v1/refunds", &identity), None);
        assert_eq!(
            station.befalls("POST", "/v1/refunds", &identity),
            Some(Fault::ServerError)
        );
        assert_eq!(station.befalls("POST", "/v1/refunds", &identity), None);
    }
}
