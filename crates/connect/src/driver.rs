//! The driver performs what the connectors build: it signs with the present moment, keeps the
//! Salesforce token, follows pages, watches the breaker, and sorts every outcome into a class.
//!
//! It repeats *reads* a few times when the world stumbles. It never repeats a write by itself:
//! a write that got no answer is [`FaultClass::Ambiguous`], and the `read_back_…` functions tell
//! whether it was done.

mod adyen;
mod avatax;
mod netsuite;
mod salesforce;
mod stripe;
mod system;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use values::Instant;

pub use adyen::Adyen;
pub use avatax::{AvaTax, WireCall};
pub use netsuite::NetSuite;
pub use salesforce::{Salesforce, WonSweep};
pub use stripe::Stripe;
pub use system::SystemPresent;

use crate::breaker::{Admission, Breaker, BreakerRule, Health, State};
use crate::fault::{Fault, FaultClass};
use crate::redact;
use crate::request::{Operation, Reply, Request};
use crate::transport::Transport;

/// What the driver needs from the outside that is not a vendor: the moment, a nonce, patience.
pub trait Present: Send + Sync {
    /// The present moment by the real clock: vendors check signatures against theirs.
    fn now(&self) -> Instant;
    /// Random text of at least 16 characters, never the same twice.
    fn nonce(&self) -> String;
    /// Waits.
    fn pause(&self, milliseconds: u64);
}

/// How patient the driver is.
#[derive(Debug, Clone, Copy)]
pub struct DriverOptions {
    /// How often a read is tried in all; at least 1.
    pub read_attempts: u32,
    /// Pause before the second try of a read, in milliseconds; it doubles with each further one.
    pub read_pause_ms: u64,
    /// Longest pause that the vendor may ask for and that the driver sits out itself, in
    /// milliseconds. A longer one goes back to the lane.
    pub longest_pause_ms: u64,
    /// Most pages of one list.
    pub pages_max: u32,
    /// When the breaker of a system opens.
    pub breaker: BreakerRule,
}

impl Default for DriverOptions {
    /// Reads are tried 4 times, with pauses of 50, 100 and 200 ms; at most 10,000 pages.
    fn default() -> Self {
        DriverOptions {
            read_attempts: 4,
            read_pause_ms: 50,
            longest_pause_ms: 2_000,
            pages_max: 10_000,
            breaker: BreakerRule::default(),
        }
    }
}

/// Code of the fault that says a call was held by the breaker and nothing was sent.
pub const HELD: &str = "held_by_breaker";

/// Performs requests over one transport for all systems.
pub struct Driver {
    transport: Box<dyn Transport>,
    present: Box<dyn Present>,
    options: DriverOptions,
    breakers: Mutex<BTreeMap<&'static str, Breaker>>,
    made: Mutex<BTreeMap<&'static str, Made>>,
}

thread_local! {
    static CALLS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// How many calls this thread has put on the wire: calls are made on the thread that asks for them,
/// so that a difference tells what one delivery has made.
#[must_use]
pub fn calls_of_this_thread() -> u64 {
    CALLS.with(std::cell::Cell::get)
}

/// What was made of calls to a system so far, by this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Made {
    /// Calls that were put on the wire.
    pub calls: u64,
    /// How many calls of the vendor's own allowance are used, and how large it is, as it said last.
    pub allowance: Option<(u32, u32)>,
}

impl Driver {
    /// A driver over this transport.
    pub fn new(
        transport: Box<dyn Transport>,
        present: Box<dyn Present>,
        options: DriverOptions,
    ) -> Driver {
        Driver {
            transport,
            present,
            options,
            breakers: Mutex::new(BTreeMap::new()),
            made: Mutex::new(BTreeMap::new()),
        }
    }

    /// Takes over where the breaker of a system stands, as all processes together know it.
    pub fn adopt(&self, system: &'static str, rule: BreakerRule, state: State) {
        lock(&self.breakers).insert(system, Breaker::resumed(rule, state));
    }

    /// What was made of calls to a system so far.
    pub fn made(&self, system: &str) -> Made {
        lock(&self.made).get(system).copied().unwrap_or_default()
    }

    /// Whether calls to a system are held at present.
    pub fn is_held(&self, system: &str) -> bool {
        lock(&self.breakers)
            .get(system)
            .is_some_and(Breaker::is_open)
    }

    /// The outside that is not a vendor.
    pub(crate) fn present(&self) -> &dyn Present {
        self.present.as_ref()
    }

    /// Builds, performs and reads one call. `build` runs anew for each try, because a signature
    /// is good once. Reads are tried again; writes are not.
    pub(crate) fn call<T>(
        &self,
        build: impl Fn() -> Result<Request, Fault>,
        read: impl Fn(&'static Operation, &Reply) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut tried = 0_u32;
        loop {
            let request = build()?;
            let operation = request.operation;
            let outcome = self.once(&request, &read);
            tried = tried.saturating_add(1);
            let Err(fault) = outcome else { return outcome };
            let pause = self.pause_after(&fault, tried);
            match pause {
                Some(milliseconds)
                    if !operation.safety.writes()
                        && fault.code != HELD
                        && tried < self.options.read_attempts =>
                {
                    self.present.pause(milliseconds);
                }
                _ => return Err(fault),
            }
        }
    }

    /// Follows the pages of a list to its end. `page` gives the rows and the next cursor.
    pub(crate) fn all_pages<T, C: PartialEq + Clone>(
        &self,
        system: &'static str,
        page: impl Fn(Option<&C>) -> Result<(Vec<T>, Option<C>), Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut rows = Vec::new();
        let mut cursor: Option<C> = None;
        for _ in 0..self.options.pages_max {
            let (more, next) = page(cursor.as_ref())?;
            rows.extend(more);
            match next {
                None => return Ok(rows),
                Some(next) if Some(&next) == cursor.as_ref() => break,
                Some(next) => cursor = Some(next),
            }
        }
        Err(Fault::new(
            system,
            FaultClass::Data,
            "paging_without_end",
            "the list does not come to an end; narrow it or raise the page limit",
        ))
    }

    fn once<T>(
        &self,
        request: &Request,
        read: &impl Fn(&'static Operation, &Reply) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let operation = request.operation;
        self.admit(operation)?;
        let started = self.present.now();
        let outcome = match self.transport.perform(request) {
            Ok(reply) => {
                self.count(operation.system, reply.allowance());
                read(operation, &redact::reply(request, reply))
            }
            Err(fault) => {
                self.count(operation.system, None);
                Err(redact::fault(request, fault.into_fault(operation)))
            }
        };
        let health = outcome.as_ref().map_or_else(health_of, |_| Health::Well);
        let now = self.present.now();
        self.breaker(operation.system, |breaker| breaker.note(now, health));
        let took_us = now.microseconds().saturating_sub(started.microseconds());
        match &outcome {
            Ok(_) => tracing::debug!(
                system = operation.system,
                operation = operation.name,
                took_us,
                "call answered"
            ),
            Err(fault) => tracing::debug!(
                system = operation.system,
                operation = operation.name,
                took_us,
                class = ?fault.class,
                code = fault.code,
                "call failed"
            ),
        }
        outcome
    }

    fn count(&self, system: &'static str, allowance: Option<(u32, u32)>) {
        let mut made = lock(&self.made);
        let made = made.entry(system).or_default();
        made.calls += 1;
        CALLS.with(|calls| calls.set(calls.get() + 1));
        made.allowance = allowance.or(made.allowance);
    }

    fn admit(&self, operation: &Operation) -> Result<(), Fault> {
        let now = self.present.now();
        match self.breaker(operation.system, |breaker| breaker.admit(now)) {
            Admission::Go | Admission::Probe => Ok(()),
            Admission::Held { retry_after_ms } => Err(Fault::new(
                operation.system,
                FaultClass::Throttled {
                    retry_after_ms: Some(retry_after_ms),
                },
                HELD,
                "calls are held because the system keeps failing; nothing was sent",
            )),
        }
    }

    fn breaker<T>(&self, system: &'static str, act: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut breakers = lock(&self.breakers);
        act(breakers
            .entry(system)
            .or_insert_with(|| Breaker::new(self.options.breaker)))
    }

    /// How long to wait before a read is tried again; `None` when trying again is of no use.
    fn pause_after(&self, fault: &Fault, tried: u32) -> Option<u64> {
        let doublings = tried.saturating_sub(1).min(16);
        let own = self
            .options
            .read_pause_ms
            .saturating_mul(1_u64 << doublings);
        match fault.class {
            FaultClass::Transient => Some(own),
            FaultClass::Throttled { retry_after_ms } => {
                let asked = retry_after_ms.unwrap_or(own);
                (asked <= self.options.longest_pause_ms).then_some(asked.max(own))
            }
            FaultClass::Authentication
            | FaultClass::Data
            | FaultClass::Policy
            | FaultClass::Conflict
            | FaultClass::Duplicate
            | FaultClass::Ambiguous
            | FaultClass::Bug => None,
        }
    }
}

/// What a fault says about the health of the system.
fn health_of(fault: &Fault) -> Health {
    match fault.class {
        FaultClass::Transient | FaultClass::Ambiguous => Health::Failing,
        FaultClass::Throttled { .. } => Health::Unknown,
        FaultClass::Authentication
        | FaultClass::Data
        | FaultClass::Policy
        | FaultClass::Conflict
        | FaultClass::Duplicate
        | FaultClass::Bug => Health::Well,
    }
}

/// A lock whose holder panicked still guards plain data that is valid at every moment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
