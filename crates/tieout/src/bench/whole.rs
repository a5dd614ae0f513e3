//! The whole path: a command with its idempotency key, through the journey and the shared commit,
//! to the answer that survives a loss of power.

use super::BenchFault;
use super::workload::{ACTOR, Keys, Workload};
use app::{App, AppFault, MonotonicIds, Outcome, SystemClock};
use control::dwell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use store::{Durability, Location, Store};

/// Books that are measured.
pub struct Books {
    app: App,
    path: PathBuf,
    workload: Workload,
    posted: u64,
}

/// What one pass over the whole path took.
#[derive(Debug)]
pub struct Pass {
    /// Entries posted.
    pub entries: usize,
    /// From the first command to the last answer.
    pub took: Duration,
    /// From command to answer, each, sorted.
    pub latencies: Vec<Duration>,
    /// Commits that the entries shared.
    pub commits: u64,
}

impl Pass {
    /// The latency that `percent` of the commands did not exceed.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Duration {
        dwell::percentile(&self.latencies, percent).unwrap_or_default()
    }

    /// How many entries shared a commit, on average, at least one.
    #[must_use]
    pub fn batch(&self) -> usize {
        let commits = usize::try_from(self.commits).unwrap_or(1).max(1);
        ((self.entries + commits / 2) / commits).max(1)
    }
}

type Told = (Result<Outcome<serde_json::Value>, AppFault>, Duration);

impl Books {
    /// Fresh books in a file, with durability full.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn create(path: &Path, keys: Keys) -> Result<Books, BenchFault> {
        let store = Store::open(&Location::File(path.to_path_buf()), Durability::Full)?;
        let ids = Arc::new(MonotonicIds::new(1, std::process::id()));
        let app = App::open(
            store,
            Arc::new(SystemClock),
            ids,
            events::Origin::Simulation,
        )?;
        for command in Workload::preparation()? {
            app.act(ACTOR, command)?;
        }
        Workload::without_approvals(&app)?;
        Ok(Books {
            app,
            path: path.to_path_buf(),
            workload: Workload::new(keys)?,
            posted: 0,
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Posts `count` entries with at most `waiting` of them unanswered at any time.
    ///
    /// # Errors
    /// When one is refused or fails.
    pub fn post(&mut self, count: usize, waiting: usize) -> Result<Pass, BenchFault> {
        let (tell, told) = channel::<Told>();
        let mut latencies = Vec::with_capacity(count);
        let commits = self.app.store().commits();
        let began = Instant::now();
        for number in 0..count {
            if number >= waiting {
                take_one(&told, &mut latencies, count)?;
            }
            let command = self.workload.command(self.posted)?;
            self.posted += 1;
            let tell = tell.clone();
            let sent = Instant::now();
            self.app.submit(command, move |result| {
                // The measurement may have ended at an earlier fault.
                let _ = tell.send((result, sent.elapsed()));
            });
        }
        drop(tell);
        while latencies.len() < count {
            take_one(&told, &mut latencies, count)?;
        }
        let took = began.elapsed();
        latencies.sort_unstable();
        Ok(Pass {
            entries: count,
            took,
            latencies,
            commits: self.app.store().commits() - commits,
        })
    }
}

fn take_one(
    told: &Receiver<Told>,
    latencies: &mut Vec<Duration>,
    count: usize,
) -> Result<(), BenchFault> {
    let missing = count - latencies.len();
    let (result, latency) = told
        .recv()
        .map_err(|_| BenchFault::Unanswered { missing })?;
    match result? {
        Outcome::Done(_) => latencies.push(latency),
        Outcome::AlreadyDone(_) => return Err(BenchFault::NotNew),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_at_least_one_entry() {
        let pass = |entries, commits| Pass {
            entries,
            took: Duration::ZERO,
            latencies: (1..=100).map(Duration::from_millis).collect(),
            commits,
        };
        assert_eq!(pass(100_000, 100).batch(), 1_000);
        assert_eq!(pass(10, 0).batch(), 10);
        assert_eq!(pass(1, 5).batch(), 1);
        assert_eq!(pass(1, 1).percentile(50), Duration::from_millis(50));
        assert_eq!(pass(1, 1).percentile(99), Duration::from_millis(99));
    }
}
