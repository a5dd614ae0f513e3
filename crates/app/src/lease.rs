//! What only one of several processes does at a time: sweeps, the work of the day, whatever must not
//! run beside itself. A lease is held for a while and renewed; when its holder ends, the next process
//! takes it over as soon as it runs out. Work under a lease has to be harmless when done twice all
//! the same: a lease saves work, it is not what makes an effect happen once.

use crate::{App, AppFault};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use store::leases;
use values::Instant;

/// Prefix of the leases that say which processes are alive.
const PROCESS: &str = "process/";
/// How long a process counts as alive after it last said so.
const ALIVE_SECONDS: i64 = 60;

static HOST: LazyLock<String> = LazyLock::new(|| {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::fs::read_to_string("/etc/hostname"))
        .map_or_else(|_| "host".to_owned(), |name| name.trim().replace('/', "-"))
});
static OPENED: AtomicU64 = AtomicU64::new(0);
/// The openings of this process that are still open.
static OPEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// One opening of the books, and what it holds.
#[derive(Debug)]
pub(crate) struct Holder {
    name: String,
    kept: Mutex<BTreeMap<String, Instant>>,
}

impl Holder {
    /// With a name that no other opening of the books has: host, process, a number, the moment.
    pub(crate) fn new(now: Instant) -> Holder {
        let number = OPENED.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let name = format!("{}/{process}/{number}/{}", *HOST, now.microseconds());
        lock(&OPEN).insert(name.clone());
        Holder {
            name,
            kept: Mutex::default(),
        }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        lock(&OPEN).remove(&self.name);
    }
}

/// A lock whose holder panicked still guards plain data that is valid at every moment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the process behind a holder has certainly ended: it was one of this host, and the host
/// has no process of that number any more, or this process has closed those books.
fn has_ended(holder: &str) -> bool {
    let mut parts = holder.split('/');
    let (Some(host), Some(process)) = (parts.next(), parts.next()) else {
        return false;
    };
    if host != *HOST {
        return false;
    }
    if process == std::process::id().to_string() {
        return !lock(&OPEN).contains(holder);
    }
    let processes = Path::new("/proc");
    processes.join("self").exists() && !processes.join(process).exists()
}

impl App {
    /// Who this opening of the books is towards the others.
    #[must_use]
    pub fn holder(&self) -> &str {
        &self.core.holder.name
    }

    /// Takes a lease for long, or goes on with it: the store is asked only when less than half of it
    /// is left. False when another process has it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn keeps_lease(&self, name: &str, seconds: i64) -> Result<bool, AppFault> {
        let now = self.clock().now();
        let kept = lock(&self.core.holder.kept).get(name).copied();
        // A clock that went back asks again.
        let is_fresh = |until: Instant| {
            until > now.plus_seconds(seconds / 2) && until <= now.plus_seconds(seconds)
        };
        if kept.is_some_and(is_fresh) {
            return Ok(true);
        }
        let is_ours = self.take_lease(name, seconds)?;
        let mut kept = lock(&self.core.holder.kept);
        if is_ours {
            kept.insert(name.to_owned(), now.plus_seconds(seconds));
        } else {
            kept.remove(name);
        }
        Ok(is_ours)
    }

    /// Gives up everything that is kept for long, so that another process need not wait for it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn give_up_leases(&self) -> Result<(), AppFault> {
        let names: Vec<String> = std::mem::take(&mut *lock(&self.core.holder.kept))
            .into_keys()
            .collect();
        let holder = self.holder().to_owned();
        self.store().write(move |tx| {
            names
                .iter()
                .try_for_each(|name| leases::give_up(tx, name, &holder))
        })?;
        Ok(())
    }

    /// Runs `work` if no other process does: takes the lease for `seconds` and gives it up at the
    /// end. Nothing when another process has it.
    ///
    /// # Errors
    /// What `work` returns, or the fault of the store.
    pub fn alone<T>(
        &self,
        name: &str,
        seconds: i64,
        work: impl FnOnce() -> Result<T, AppFault>,
    ) -> Result<Option<T>, AppFault> {
        if !self.take_lease(name, seconds)? {
            return Ok(None);
        }
        let outcome = work();
        let (name, holder) = (name.to_owned(), self.holder().to_owned());
        self.store()
            .write(move |tx| leases::give_up(tx, &name, &holder))?;
        outcome.map(Some)
    }

    /// Takes or renews a lease for `seconds`. False when another process has it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn take_lease(&self, name: &str, seconds: i64) -> Result<bool, AppFault> {
        let now = self.clock().now();
        let (name, holder) = (name.to_owned(), self.holder().to_owned());
        let taken = self.store().write(move |tx| {
            let before = leases::holder(tx, &name)?;
            if let Some(ended) = before.filter(|before| *before != holder && has_ended(before)) {
                leases::give_up(tx, &name, &ended)?;
            }
            let expires = now.plus_seconds(seconds).microseconds();
            leases::take(tx, &name, &holder, now.microseconds(), expires)
        })?;
        Ok(taken.is_some())
    }

    /// Says that this process is alive.
    ///
    /// # Errors
    /// When the store fails.
    pub fn say_alive(&self) -> Result<(), AppFault> {
        let name = format!("{PROCESS}{}", self.holder());
        self.keeps_lease(&name, ALIVE_SECONDS).map(drop)
    }

    /// Whether another process works on these books, as far as can be known.
    ///
    /// # Errors
    /// When the store fails.
    pub fn is_in_company(&self) -> Result<bool, AppFault> {
        let now = self.clock().now().microseconds();
        let all = self.store().read(leases::all)?;
        Ok(all.iter().any(|lease| {
            lease.name.starts_with(PROCESS)
                && lease.expires > now
                && lease.holder != self.holder()
                && !has_ended(&lease.holder)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_of_another_host_is_never_known_to_have_ended() {
        let ours = Holder::new(Instant::default());
        assert!(!has_ended(&ours.name));
        assert!(!has_ended("elsewhere/999999999/0/0"));
        assert!(has_ended(&format!("{}/999999999/0/0", *HOST)));
        let other = Holder::new(Instant::default());
        assert_ne!(ours.name, other.name);
        let name = other.name.clone();
        drop(other);
        assert!(has_ended(&name));
    }
}
