//! When the process dies. Every look at the clock, every id and every call to another system is a
//! point at which it may; a dead process does nothing more until it is started again.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What unwinds through the program when its process dies.
struct Death;

/// The fate of one process after the other.
#[derive(Debug, Clone, Default)]
pub struct Fate(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    points_left: Option<u64>,
    dead: bool,
    deaths: u64,
}

/// How a piece of work of the process ended.
#[derive(Debug)]
pub enum Lived<T> {
    /// It came to its end.
    Through(T),
    /// The process died in it.
    Died,
    /// It panicked by itself, which is a fault of the program.
    Panicked(String),
}

impl Fate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the process die after so many more points; `None` lets it live.
    pub fn arm(&self, points: Option<u64>) {
        self.state().points_left = points;
    }

    /// How often it has died.
    #[must_use]
    pub fn deaths(&self) -> u64 {
        self.state().deaths
    }

    /// Whether the process is dead.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// A point at which the process may die. It does not come back when it does.
    pub fn pass(&self) {
        let mut state = self.state();
        match state.points_left {
            Some(0) => {
                state.points_left = None;
                state.dead = true;
                state.deaths += 1;
            }
            Some(left) => state.points_left = Some(left - 1),
            None => {}
        }
        let dead = state.dead;
        drop(state);
        if dead {
            resume_unwind(Box::new(Death));
        }
    }

    /// Does a piece of work of a living process, and afterwards knows whether it still lives. A
    /// process that died inside one of its transactions is dead even when the work went on to its end.
    pub fn live<T>(&self, work: impl FnOnce() -> T) -> Lived<T> {
        let outcome = catch_unwind(AssertUnwindSafe(work));
        let died = std::mem::take(&mut self.state().dead);
        match outcome {
            _ if died => Lived::Died,
            Ok(done) => Lived::Through(done),
            Err(payload) => Lived::Panicked(words_of(payload.as_ref())),
        }
    }
}

fn words_of(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else {
        "a panic without words".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_dies_at_its_point_and_stays_dead_until_it_is_started_again() {
        let fate = Fate::default();
        fate.arm(Some(2));
        let lived = fate.live(|| {
            fate.pass();
            fate.pass();
            let inner = catch_unwind(AssertUnwindSafe(|| fate.pass()));
            assert!(inner.is_err());
            fate.pass();
        });
        assert!(matches!(lived, Lived::Died));
        assert_eq!(fate.deaths(), 1);
        assert!(matches!(fate.live(|| 7), Lived::Through(7)));
        assert!(
            matches!(fate.live(|| panic!("a bug")), Lived::Panicked(words) if words == "a bug")
        );
    }
}
