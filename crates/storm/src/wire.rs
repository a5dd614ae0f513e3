//! The network between the program and the simulators: the door, with everything that can happen to
//! a call on its way there and back.

use crate::chance::Chance;
use crate::fate::Fate;
use crate::trace::Trace;
use connect::{Reply, Request, Transport, TransportFault};
use sim::{Door, SimClock};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use values::Instant;

/// A call takes at most so long, in seconds; a slower one has no answer.
const PATIENCE_SECONDS: i64 = 30;

/// How often each thing befalls a call, in ten-thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gale {
    /// No connection comes about.
    pub refused: i64,
    /// The work is done and the answer is lost.
    pub lost: i64,
    /// The work is done and a gateway in between answers with an error.
    pub error_after_work: i64,
    /// The answer is cut off in the middle.
    pub truncated: i64,
    /// The answer is damaged.
    pub garbled: i64,
    /// The answer is that to another call of the same kind.
    pub crossed: i64,
    /// The call takes long, sometimes too long.
    pub slow: i64,
}

impl Gale {
    /// About one call in twelve.
    #[must_use]
    pub fn blowing() -> Gale {
        Gale {
            refused: 150,
            lost: 150,
            error_after_work: 120,
            truncated: 80,
            garbled: 80,
            crossed: 120,
            slow: 150,
        }
    }
}

/// What befalls one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mishap {
    Refused,
    Lost,
    ErrorAfterWork,
    Truncated,
    Garbled,
    Crossed,
    Slow(i64),
}

impl Mishap {
    fn name(self) -> &'static str {
        match self {
            Mishap::Refused => "connection refused",
            Mishap::Lost => "answer lost after the work",
            Mishap::ErrorAfterWork => "error after the work",
            Mishap::Truncated => "answer cut off",
            Mishap::Garbled => "answer damaged",
            Mishap::Crossed => "answer of another call",
            Mishap::Slow(_) => "slow",
        }
    }
}

/// The network. Clones are the same network.
#[derive(Clone)]
pub struct Wire {
    door: Door,
    clock: SimClock,
    fate: Fate,
    trace: Trace,
    state: Arc<Mutex<State>>,
}

struct State {
    chance: Chance,
    gale: Gale,
    /// Systems that cannot be reached.
    out: BTreeSet<&'static str>,
    /// Systems whose reads show an earlier state.
    stale: BTreeSet<&'static str>,
    /// The last answer to each read, for stale ones.
    read: BTreeMap<String, Reply>,
    /// The last good answer of each kind of call, for crossed ones.
    answered: BTreeMap<String, (String, Reply)>,
    calls: u64,
}

impl Wire {
    /// A calm network to these systems.
    #[must_use]
    pub fn new(door: Door, clock: SimClock, fate: Fate, trace: Trace, chance: Chance) -> Wire {
        Wire {
            door,
            clock,
            fate,
            trace,
            state: Arc::new(Mutex::new(State {
                chance,
                gale: Gale::default(),
                out: BTreeSet::new(),
                stale: BTreeSet::new(),
                read: BTreeMap::new(),
                answered: BTreeMap::new(),
                calls: 0,
            })),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on calls fare like this.
    pub fn set_gale(&self, gale: Gale) {
        self.state().gale = gale;
    }

    /// Takes a system away, or brings it back.
    pub fn set_out(&self, system: &'static str, out: bool) {
        let mut state = self.state();
        if out {
            state.out.insert(system);
        } else {
            state.out.remove(system);
        }
    }

    /// Lets reads of a system show an earlier state, or the present one again.
    pub fn set_stale(&self, system: &'static str, stale: bool) {
        let mut state = self.state();
        if stale {
            state.stale.insert(system);
        } else {
            state.stale.remove(system);
        }
    }

    /// Every system is there and up to date, and nothing befalls a call.
    pub fn calm_down(&self) {
        let mut state = self.state();
        state.gale = Gale::default();
        state.out.clear();
        state.stale.clear();
    }

    /// How many calls were made.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    fn draw(&self) -> Option<Mishap> {
        let mut state = self.state();
        state.calls += 1;
        let gale = state.gale;
        let chance = &mut state.chance;
        let mut drawn = chance.below(10_000);
        let seconds = chance.between(2, 45);
        let kinds = [
            (gale.refused, Mishap::Refused),
            (gale.lost, Mishap::Lost),
            (gale.error_after_work, Mishap::ErrorAfterWork),
            (gale.truncated, Mishap::Truncated),
            (gale.garbled, Mishap::Garbled),
            (gale.crossed, Mishap::Crossed),
            (gale.slow, Mishap::Slow(seconds)),
        ];
        for (share, mishap) in kinds {
            if drawn < share {
                return Some(mishap);
            }
            drawn -= share;
        }
        None
    }

    fn note(&self, request: &Request, what: &str) {
        let now = Instant::from_microseconds(self.clock.now_micros());
        let (system, name) = (request.operation.system, request.operation.name);
        self.trace.note(now, format!("{system} {name}: {what}"));
    }

    fn spoil(&self, request: &Request, mishap: Mishap) -> Result<Reply, TransportFault> {
        if mishap == Mishap::Refused {
            return Err(refused());
        }
        if let Mishap::Slow(seconds) = mishap {
            self.clock.advance_by(seconds * 1_000_000);
            let reply = self.door.perform(request)?;
            return if seconds > PATIENCE_SECONDS {
                Err(no_answer("the call took too long"))
            } else {
                Ok(reply)
            };
        }
        let mut reply = self.door.perform(request)?;
        match mishap {
            Mishap::Lost => Err(no_answer("the connection was reset")),
            Mishap::ErrorAfterWork => Ok(Reply {
                status: 502,
                headers: vec![("Content-Type".to_owned(), "text/html".to_owned())],
                body: b"<html><body>502 Bad Gateway</body></html>".to_vec(),
            }),
            Mishap::Truncated => {
                reply.body.truncate(reply.body.len() / 2);
                Ok(reply)
            }
            Mishap::Garbled => {
                let start = reply.body.len() / 3;
                reply
                    .body
                    .iter_mut()
                    .skip(start)
                    .take(24)
                    .for_each(|byte| *byte = b'#');
                Ok(reply)
            }
            Mishap::Crossed => Ok(self.another(request).unwrap_or(reply)),
            Mishap::Refused | Mishap::Slow(_) => Ok(reply),
        }
    }

    /// The answer to another call of the same kind, where one was seen.
    fn another(&self, request: &Request) -> Option<Reply> {
        let state = self.state();
        let (of, reply) = state.answered.get(&kind_of(request)?)?;
        (*of != identity(request)).then(|| reply.clone())
    }

    fn remember(&self, request: &Request, reply: &Reply) {
        let mut state = self.state();
        if request.method == connect::Method::Get {
            state.read.insert(request.url.clone(), reply.clone());
        }
        if reply.is_success()
            && let Some(kind) = kind_of(request)
        {
            state
                .answered
                .insert(kind, (identity(request), reply.clone()));
        }
    }

    fn stale(&self, request: &Request) -> Option<Reply> {
        let state = self.state();
        if !state.stale.contains(request.operation.system) || request.method != connect::Method::Get
        {
            return None;
        }
        state.read.get(&request.url).cloned()
    }
}

/// Kind of a call that is about one object, so that another's answer can take its place. Lists and
/// queries have no such kind: what they answer is not told apart by any id.
fn kind_of(request: &Request) -> Option<String> {
    let operation = request.operation;
    match operation.name {
        "list" | "query" | "token" => None,
        name => {
            let path = request.url.split('?').next().unwrap_or_default();
            let parent = path.rsplit_once('/').map_or(path, |(parent, _)| parent);
            Some(format!("{} {name} {parent}", operation.system))
        }
    }
}

/// What a call is about.
fn identity(request: &Request) -> String {
    format!("{} {}", request.url, request.body_text())
}

fn refused() -> TransportFault {
    TransportFault::ConnectFailed {
        detail: "connection refused".to_owned(),
    }
}

fn no_answer(detail: &str) -> TransportFault {
    TransportFault::NoAnswer {
        detail: detail.to_owned(),
    }
}

impl Transport for Wire {
    fn perform(&self, request: &Request) -> Result<Reply, TransportFault> {
        // Before the call: what was meant to be sent never leaves.
        self.fate.pass();
        self.clock.advance_by(40_000);
        if self.state().out.contains(request.operation.system) {
            self.trace.count("outage");
            return Err(refused());
        }
        if let Some(reply) = self.stale(request) {
            self.trace.count("stale read");
            self.note(request, "stale read");
            return Ok(reply);
        }
        let answer = match self.draw() {
            None => self.door.perform(request),
            Some(mishap) => {
                self.trace.count(mishap.name());
                self.note(request, mishap.name());
                self.spoil(request, mishap)
            }
        };
        if let Ok(reply) = &answer {
            self.remember(request, reply);
        }
        // After the call: the work is done and nobody on our side knows.
        self.fate.pass();
        answer
    }
}
