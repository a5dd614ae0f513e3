//! `tieout bench flow`: signed deliveries taken in over HTTP, each durable before it is answered.
//! Sender and server share the machine, so the figures are what both together reach.

mod backlog;
mod client;
mod deliveries;
mod report;

use super::calibration::{self, Flush};
use super::machine::{self, Machine};
use super::{BenchFault, measure};
use app::connections::{Connections, ConnectionsConfig, Pace as WorkPace, StripeConfig};
use app::{App, MonotonicIds, SystemClock};
use backlog::Drained;
use client::{Pace, Run, Sent, send};
use connect::Secret;
use deliveries::Deliveries;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::inbox::{self, InboxRow};
use store::{Durability, Location, Store};
use web::server::{self, RunningServer, ServerOptions};

pub use report::{document, page};

const SECRET: &str = "whsec_measured_0123456789abcdef";

/// What is to be measured.
#[derive(Debug, Clone, Copy)]
pub struct Wishes {
    /// Connections of the sender.
    pub connections: usize,
    /// Seconds of each pass.
    pub seconds: u64,
    /// Deliveries a second that are aimed at; the paced pass runs at half of it.
    pub rate: u32,
    /// Outward deliveries that wait when they begin to be worked off.
    pub crowd: usize,
    /// So many of them are under way at once.
    pub workers: u8,
}

/// One pass over the intake.
#[derive(Debug)]
pub struct Intake {
    /// What the sender saw.
    pub sent: Sent,
    /// Commits that the deliveries shared.
    pub commits: u64,
    /// Most memory held, bytes: sender and server are one process.
    pub memory: u64,
}

impl Intake {
    /// Deliveries a second.
    #[must_use]
    pub fn per_second(&self) -> u64 {
        measure::per_second(self.sent.answered, self.sent.took)
    }

    /// How many deliveries shared a commit, on average, at least one.
    #[must_use]
    pub fn batch(&self) -> usize {
        let commits = usize::try_from(self.commits).unwrap_or(1).max(1);
        ((self.sent.answered + commits / 2) / commits).max(1)
    }
}

/// Everything that was measured.
#[derive(Debug)]
pub struct Results {
    /// What was asked.
    pub wishes: Wishes,
    /// On what.
    pub machine: Machine,
    /// Flushes before and after.
    pub flush: (Flush, Flush),
    /// Size of one delivery's body, bytes.
    pub body: usize,
    /// As fast as answered.
    pub full: Intake,
    /// The same rows by bare inserts with as many a commit, a second.
    pub bare: u64,
    /// At half the rate aimed at.
    pub half: Intake,
    /// A crowd of outward deliveries, worked off while new ones come in.
    pub drained: Drained,
}

/// Measures the intake in files in `folder`.
///
/// # Errors
/// When the folder, the store or a delivery fails.
pub fn flow(wishes: &Wishes, folder: &Path) -> Result<Results, BenchFault> {
    let before = calibration::flush(folder)?;
    let stage = Stage::start(folder)?;
    let lasting = Duration::from_secs(wishes.seconds);
    let full = stage.pass(1, wishes.connections, lasting, Pace::AsFastAsAnswered)?;
    eprintln!("intake: {} a second", full.per_second());
    let gap = Duration::from_secs(1) / (wishes.rate / 2).max(1);
    let half = stage.pass(2, wishes.connections, lasting, Pace::Every(gap))?;
    eprintln!(
        "intake at {} a second: p99 {} us",
        wishes.rate / 2,
        half.sent.per_mille(990).as_micros()
    );
    let body = stage.deliveries(0).body(0).len();
    stage.end();
    let drained = backlog::drain(folder, wishes.crowd, wishes.workers)?;
    let bare = bare(folder, full.sent.answered, full.batch())?;
    Ok(Results {
        wishes: *wishes,
        machine: Machine::of(folder),
        flush: (before, calibration::flush(folder)?),
        body,
        full,
        bare,
        half,
        drained,
    })
}

/// Books in a file with durability full, and a server before them.
struct Stage {
    app: App,
    server: RunningServer,
}

impl Stage {
    fn start(folder: &Path) -> Result<Stage, BenchFault> {
        let path = folder.join("flow.sqlite");
        let store = Store::open(&Location::File(path), Durability::Full)?;
        let ids = Arc::new(MonotonicIds::new(1, std::process::id()));
        let app = App::open(
            store,
            Arc::new(SystemClock),
            ids,
            events::Origin::Simulation,
        )?;
        let config = ConnectionsConfig {
            stripe: Some(StripeConfig {
                base_url: "http://127.0.0.1:9".to_owned(),
                api_key: Secret::new("sk_test_measured".to_owned()),
                webhook_secrets: vec![Secret::new(SECRET.to_owned())],
                tolerance_seconds: 300,
            }),
            pace: WorkPace::default(),
            ..ConnectionsConfig::default()
        };
        let connections = Arc::new(Connections::over_http(&config));
        let server = server::start(app.clone(), Some(connections), ServerOptions::loopback(0))?;
        Ok(Stage { app, server })
    }

    fn deliveries(&self, run: u32) -> Deliveries {
        Deliveries::to(self.server.address(), SECRET, run)
    }

    fn pass(
        &self,
        run: u32,
        connections: usize,
        lasting: Duration,
        pace: Pace,
    ) -> Result<Intake, BenchFault> {
        machine::forget_peak();
        let commits = self.app.store().commits();
        let order = Run {
            address: self.server.address(),
            connections,
            lasting,
            pace,
        };
        let sent = send(self.deliveries(run), order)?;
        let kept = self.app.store().read(inbox::counts)?;
        let expected = sent.answered as i64;
        let found: i64 = kept.iter().map(|(_, _, count)| *count).sum();
        if found < expected {
            let missing = sent.answered - usize::try_from(found).unwrap_or(0);
            return Err(BenchFault::Unanswered { missing });
        }
        Ok(Intake {
            sent,
            commits: self.app.store().commits() - commits,
            memory: machine::peak_memory(),
        })
    }

    fn end(self) {
        self.server.stop();
    }
}

/// The same rows by bare inserts, `batch` a transaction, a second.
fn bare(folder: &Path, count: usize, batch: usize) -> Result<u64, BenchFault> {
    let path = folder.join("bare.sqlite");
    let store = Store::open(&Location::File(path), Durability::Full)?;
    let deliveries = Deliveries::to(([127, 0, 0, 1], 80).into(), SECRET, 3);
    let (mut took, mut done) = (Duration::ZERO, 0);
    while done < count {
        let rows: Vec<InboxRow> = (done..count.min(done + batch))
            .map(|number| row(&deliveries, number as u64))
            .collect();
        done += rows.len();
        let began = Instant::now();
        store.write(move |tx| InboxRow::insert(tx, &rows))?;
        took += began.elapsed();
    }
    Ok(measure::per_second(count, took))
}

fn row(deliveries: &Deliveries, number: u64) -> InboxRow {
    InboxRow {
        source: "stripe".to_owned(),
        source_id: deliveries.id(number),
        kind: "payment_intent.succeeded".to_owned(),
        received: 1,
        digest: vec![7; 32],
        raw: deliveries.body(number).into_bytes(),
        status: "open".to_owned(),
        reason: String::new(),
        attempts: 0,
        next_attempt: 1,
        deliveries: 1,
        correlation: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_measurement_has_every_part() {
        let folder = tempfile::tempdir().unwrap();
        let wishes = Wishes {
            connections: 4,
            seconds: 1,
            rate: 200,
            crowd: 60,
            workers: 4,
        };
        let results = flow(&wishes, folder.path()).unwrap();
        assert!(results.full.sent.answered > 50 && results.bare > 0);
        // 100 a second for a second, on the timetable.
        assert_eq!(results.half.sent.answered, 100);
        assert!(results.half.sent.per_mille(500) <= results.half.sent.per_mille(990));
        assert!(results.full.batch() >= 1 && results.body > 1_000);
        assert_eq!(results.drained.crowd, 60);
        assert!(!results.drained.fresh.is_empty());
        let document = document(&results);
        assert_eq!(document["intake"]["half"]["answered"], 100);
        let page = page(&results);
        assert!(page.contains("fsync before the answer"), "{page}");
    }
}
