//! `tieout bench usage`: how many events of use are accepted a second through the whole path, each
//! batch flushed before it is answered, beside bare inserts of the same rows into the same table. One
//! program sends alone, then several at once: batches that wait share a flush.

use super::BenchFault;
use app::command::{Command, RecordUsage};
use app::{App, MonotonicIds, SystemClock};
use serde_json::{Value, json};
use std::fmt::Write;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use store::usage::UsageEventRow;
use store::{Durability, Location, Store};

/// Contracts that the events are of.
const CONTRACTS: usize = 1_000;

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct Wishes {
    /// Events of each pass.
    pub events: usize,
    /// Events of a batch.
    pub batch: usize,
    /// Programs that send at once.
    pub senders: usize,
    /// How often the passes take turns.
    pub rounds: usize,
}

/// Passes with as many senders.
#[derive(Debug)]
struct Passes {
    senders: usize,
    accepted: Vec<f64>,
    raw: Vec<f64>,
    latency: Vec<Duration>,
    /// Over all passes.
    commits: u64,
    /// Over all passes.
    batches: u64,
}

/// What was measured.
#[derive(Debug)]
pub struct Results {
    wishes: Wishes,
    passes: Vec<Passes>,
    duplicates: f64,
    rated: Duration,
}

fn command(name: &str, body: Value) -> Result<Command, BenchFault> {
    Command::read(name, body).map_err(|error| BenchFault::Command {
        what: error.to_string(),
    })
}

/// Books with a meter and many contracts that it measures.
fn books(path: &Path) -> Result<App, BenchFault> {
    let store = Store::open(&Location::File(path.to_path_buf()), Durability::Full)?;
    let ids = Arc::new(MonotonicIds::new(1, std::process::id()));
    let app = App::open(
        store,
        Arc::new(SystemClock),
        ids,
        events::Origin::Simulation,
    )?;
    let act = |name: &str, body: Value| {
        app.act("bench", command(name, body)?)
            .map_err(BenchFault::from)
    };
    act(
        "create_entity",
        json!({"id": "US", "name": "Sample Inc.", "currency": "USD", "time_zone": "America/New_York"}),
    )?;
    super::workload::Workload::without_approvals(&app)?;
    act("set_tax_rate", json!({"entity": "US", "rate": "0"}))?;
    act(
        "create_customer",
        json!({"id": "acme", "legal_name": "Acme Corp."}),
    )?;
    act(
        "publish_meter",
        json!({"code": "calls", "name": "Calls", "unit": "call", "aggregation": "sum"}),
    )?;
    act(
        "publish_product",
        json!({"code": "USE", "name": "Use", "revenue_class": "usage",
        "prices": [{"currency": "USD", "billing": "monthly", "timing": "arrears",
            "charge": {"model": "graduated", "tiers": [
                {"up_to": 1000, "unit_price": "0.001"}, {"up_to": null, "unit_price": "0.0004"}]},
            "measure": {"by": "meter", "meter": "calls"}}]}),
    )?;
    for number in 0..CONTRACTS {
        act(
            "activate_contract",
            json!({"id": format!("C-{number:04}"), "customer": "acme", "entity": "US",
            "start": "2026-01-01", "end": "2029-12-31", "lines": [{"product": "USE"}]}),
        )?;
    }
    Ok(app)
}

/// The events of one batch; `first` makes their keys new.
fn batch(first: usize, count: usize) -> Result<Vec<RecordUsage>, BenchFault> {
    let from: values::Instant =
        "2026-01-01T12:00:00Z"
            .parse()
            .map_err(|_| BenchFault::Command {
                what: "the first instant".to_owned(),
            })?;
    let code: values::MeterCode = "calls".parse().map_err(|_| BenchFault::Command {
        what: "the meter".to_owned(),
    })?;
    let one = |number: usize| RecordUsage {
        meter: code.clone(),
        // Keys as programs make them: in no order.
        key: format!(
            "{:016x}-{number:08}",
            (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ),
        contract: Some(format!("C-{:04}", number % CONTRACTS)),
        customer: None,
        at: from.plus_microseconds((number as i64 % 2_000_000) * 1_000_000),
        value: None,
        dimensions: std::collections::BTreeMap::new(),
        replaces: None,
        cancels: None,
    };
    Ok((first..first + count).map(one).collect())
}

fn batches(wishes: Wishes, round: usize) -> Result<Vec<Vec<RecordUsage>>, BenchFault> {
    let first = round * wishes.events;
    (0..wishes.events.div_ceil(wishes.batch))
        .map(|number| {
            let done = number * wishes.batch;
            batch(first + done, wishes.batch.min(wishes.events - done))
        })
        .collect()
}

/// Measures.
///
/// # Errors
/// When the books cannot be made, or a batch is not accepted whole.
pub fn usage(wishes: &Wishes, folder: &Path) -> Result<Results, BenchFault> {
    let wishes = *wishes;
    let mut several = vec![1, wishes.senders];
    several.dedup();
    let mut results = Results {
        wishes,
        passes: Vec::new(),
        duplicates: 0.0,
        rated: Duration::ZERO,
    };
    for senders in several {
        // Books of their own, so that no pass finds larger tables than the one that it is held to.
        let place = folder.join(format!("senders-{senders}"));
        std::fs::create_dir_all(&place).map_err(|error| BenchFault::Folder {
            path: place.clone(),
            error,
        })?;
        let app = books(&place.join("usage.db"))?;
        let mut passes = Passes::with(senders);
        for round in 0..wishes.rounds {
            passes.pass(&app, batches(wishes, round)?)?;
            passes.raw(wishes, round, &place)?;
        }
        passes.latency.sort_unstable();
        results.passes.push(passes);
        let again = batches(wishes, 0)?;
        let began = Instant::now();
        for events in again {
            app.take_usage("bench", events)?;
        }
        results.duplicates = a_second(wishes.events, began.elapsed());
        let began = Instant::now();
        app.meter("calls")?;
        results.rated = began.elapsed();
    }
    Ok(results)
}

impl Passes {
    fn with(senders: usize) -> Passes {
        Passes {
            senders,
            accepted: Vec::new(),
            raw: Vec::new(),
            latency: Vec::new(),
            commits: 0,
            batches: 0,
        }
    }

    /// Sends every batch once; each sender waits for the answer before it sends the next one.
    fn pass(&mut self, app: &App, all: Vec<Vec<RecordUsage>>) -> Result<(), BenchFault> {
        let (events, batches) = (all.iter().map(Vec::len).sum(), all.len() as u64);
        let waiting = Mutex::new(all.into_iter());
        let next = || {
            waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .next()
        };
        let send = || -> Result<Vec<Duration>, BenchFault> {
            let mut took = Vec::new();
            while let Some(events) = next() {
                let (sent, count) = (Instant::now(), events.len());
                if app.take_usage("bench", events)?.accepted != count {
                    return Err(BenchFault::NotNew);
                }
                took.push(sent.elapsed());
            }
            Ok(took)
        };
        let commits = app.store().commits();
        let began = Instant::now();
        let took: Vec<Result<Vec<Duration>, BenchFault>> = std::thread::scope(|scope| {
            let senders: Vec<_> = (0..self.senders).map(|_| scope.spawn(send)).collect();
            let ended = senders.into_iter().map(std::thread::ScopedJoinHandle::join);
            ended
                .map(|one| one.unwrap_or_else(|panic| resume_unwind(panic)))
                .collect()
        });
        self.accepted.push(a_second(events, began.elapsed()));
        self.commits += app.store().commits() - commits;
        self.batches += batches;
        for took in took {
            self.latency.extend(took?);
        }
        Ok(())
    }

    /// The same rows into the same tables by bare statements, as many batches a commit as above.
    fn raw(&mut self, wishes: Wishes, round: usize, folder: &Path) -> Result<(), BenchFault> {
        let path = folder.join("raw.db");
        let store = Store::open(&Location::File(path), Durability::Full)?;
        let shared = self.batches.div_ceil(self.commits.max(1)).max(1);
        let mut rows: Vec<Vec<UsageEventRow>> = Vec::new();
        for (number, events) in (0_u64..).zip(batches(wishes, round)?) {
            let of_batch = events.into_iter().map(|event| row(event, round));
            match rows.last_mut().filter(|_| number % shared != 0) {
                Some(commit) => commit.extend(of_batch),
                None => rows.push(of_batch.collect()),
            }
        }
        let began = Instant::now();
        for of_commit in rows {
            store.write(move |tx| UsageEventRow::insert(tx, &of_commit))?;
        }
        self.raw.push(a_second(wishes.events, began.elapsed()));
        Ok(())
    }

    fn ratio(&self) -> f64 {
        median(&self.accepted) / median(&self.raw).max(f64::EPSILON)
    }

    fn slowest(&self) -> Duration {
        self.latency.last().copied().unwrap_or_default()
    }

    fn middle(&self) -> Duration {
        let middle = self.latency.get(self.latency.len() / 2);
        middle.copied().unwrap_or_default()
    }
}

fn row(event: RecordUsage, round: usize) -> UsageEventRow {
    UsageEventRow {
        meter: event.meter.as_str().to_owned(),
        event_key: event.key,
        contract: event.contract.unwrap_or_default(),
        happened: event.at.microseconds(),
        counted: event.at.microseconds(),
        value: "1".to_owned(),
        dimensions: String::new(),
        corrects: String::new(),
        cancels: 0,
        late: 0,
        intake: round as i64,
    }
}

fn a_second(events: usize, took: Duration) -> f64 {
    events as f64 / took.as_secs_f64().max(f64::EPSILON)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// The results as JSON.
#[must_use]
pub fn document(results: &Results) -> Value {
    let passes = results.passes.iter().map(|passes| {
        json!({
            "senders": passes.senders,
            "accepted_a_second": median(&passes.accepted).round(),
            "raw_inserts_a_second": median(&passes.raw).round(),
            "ratio": (passes.ratio() * 100.0).round() / 100.0,
            "batches": passes.batches,
            "commits": passes.commits,
            "batch_median_ms": passes.middle().as_millis() as u64,
            "batch_slowest_ms": passes.slowest().as_millis() as u64,
        })
    });
    json!({
        "durability": Durability::Full.words(),
        "events": results.wishes.events,
        "batch": results.wishes.batch,
        "rounds": results.wishes.rounds,
        "passes": passes.collect::<Vec<_>>(),
        "duplicates_a_second": results.duplicates.round(),
        "meter_page_ms": results.rated.as_millis() as u64,
    })
}

/// The results as a page.
#[must_use]
pub fn page(results: &Results) -> String {
    let mut text = String::new();
    let wishes = results.wishes;
    let _ = writeln!(
        text,
        "Usage intake, batches of {}, {} events a pass, {} passes, durability {}",
        wishes.batch,
        wishes.events,
        wishes.rounds,
        Durability::Full.words()
    );
    for passes in &results.passes {
        let programs = if passes.senders == 1 {
            "program sends"
        } else {
            "programs send at once"
        };
        let _ = writeln!(text, "\n{} {programs}", passes.senders);
        for (what, figure) in [
            ("events accepted a second", median(&passes.accepted)),
            ("bare inserts a second", median(&passes.raw)),
        ] {
            let _ = writeln!(text, "{what:<36} {figure:>10.0}");
        }
        let _ = writeln!(text, "{:<36} {:>10.2}", "accepted / bare", passes.ratio());
        let shared = passes.batches as f64 / passes.commits.max(1) as f64;
        let _ = writeln!(text, "{:<36} {shared:>10.1}", "batches a commit");
        for (what, took) in [
            ("a batch, median", passes.middle()),
            ("a batch, slowest", passes.slowest()),
        ] {
            let _ = writeln!(text, "{what:<36} {:>8} ms", took.as_millis());
        }
    }
    let _ = writeln!(
        text,
        "\n{:<36} {:>10.0}\n{:<36} {:>8} ms",
        "known events sent again a second",
        results.duplicates,
        "page of the meter, 50 contracts added up",
        results.rated.as_millis()
    );
    text
}
