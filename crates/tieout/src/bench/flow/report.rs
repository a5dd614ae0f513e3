//! What was measured of the flow, as a page for people and as one JSON document for programs.

use super::{Intake, Results};
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Duration;
use store::Durability;

/// The name of the JSON document's shape; a change that breaks readers gets a new number.
const FORMAT: &str = "tieout-bench-flow/1";

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Whole over bare, in hundredths.
fn ratio(results: &Results) -> u64 {
    (results.full.per_second() * 100 + results.bare / 2) / results.bare.max(1)
}

/// The measurement as JSON: rates a second, times in microseconds, sizes in bytes.
#[must_use]
pub fn document(results: &Results) -> Value {
    let machine = &results.machine;
    json!({
        "format": FORMAT,
        "program": env!("CARGO_PKG_VERSION"),
        "optimised": !cfg!(debug_assertions),
        "durability": Durability::Full.words(),
        "machine": {
            "processor": machine.processor,
            "cores": machine.cores,
            "memory_bytes": machine.memory,
            "kernel": machine.kernel,
            "file_system": machine.file_system,
        },
        "flush": {
            "before_p50_microseconds": results.flush.0.p50_microseconds,
            "after_p50_microseconds": results.flush.1.p50_microseconds,
        },
        "body_bytes": results.body,
        "intake": {
            "connections": results.wishes.connections,
            "full": intake(&results.full),
            "half": intake(&results.half),
            "bare_per_second": results.bare,
            "ratio_hundredths": ratio(results),
        },
        "backlog": {
            "crowd": results.drained.crowd,
            "workers": results.wishes.workers,
            "per_second": results.drained.per_second(),
            "took_milliseconds": u64::try_from(results.drained.took.as_millis()).unwrap_or(u64::MAX),
            "fresh": results.drained.fresh.len(),
            "fresh_p50_microseconds": microseconds(results.drained.fresh_per_mille(500)),
            "fresh_p99_microseconds": microseconds(results.drained.fresh_per_mille(990)),
            "fresh_slowest_microseconds": microseconds(results.drained.fresh_per_mille(1_000)),
        },
    })
}

fn intake(intake: &Intake) -> Value {
    json!({
        "answered": intake.sent.answered,
        "per_second": intake.per_second(),
        "p50_microseconds": microseconds(intake.sent.per_mille(500)),
        "p99_microseconds": microseconds(intake.sent.per_mille(990)),
        "p999_microseconds": microseconds(intake.sent.per_mille(999)),
        "a_commit": intake.batch(),
        "peak_memory_bytes": intake.memory,
    })
}

/// The measurement as a page.
#[must_use]
pub fn page(results: &Results) -> String {
    let machine = &results.machine;
    let build = if cfg!(debug_assertions) {
        " (NOT OPTIMISED: build with --release)"
    } else {
        ""
    };
    let mut page = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        page,
        "Signed deliveries over HTTP, tieout {}{build}\n{}, {} cores, {} GB memory, Linux {}, {}; \
         sender and server share them\nDurability {}. A delivery has {} bytes; {} connections.\n\
         4 KiB write + fsync: p50 {} us before, {} us after\n",
        env!("CARGO_PKG_VERSION"),
        machine.processor,
        machine.cores,
        machine.memory / (1 << 30),
        machine.kernel,
        machine.file_system,
        Durability::Full.words(),
        results.body,
        results.wishes.connections,
        results.flush.0.p50_microseconds,
        results.flush.1.p50_microseconds,
    );
    let ratio = ratio(results);
    let _ = writeln!(
        page,
        "{}\n  bare inserts of the same rows: {} a second, ratio {}.{:02}\n{}",
        line("as fast as answered", &results.full),
        results.bare,
        ratio / 100,
        ratio % 100,
        line("at half the rate aimed at", &results.half),
    );
    let drained = &results.drained;
    let _ = writeln!(
        page,
        "{} deliveries that waited were worked off in {} s by {} workers, {} a second; {} new ones meanwhile were confirmed \
         after p50 {} ms, p99 {} ms, at most {} ms",
        drained.crowd,
        drained.took.as_secs(),
        results.wishes.workers,
        drained.per_second(),
        drained.fresh.len(),
        drained.fresh_per_mille(500).as_millis(),
        drained.fresh_per_mille(990).as_millis(),
        drained.fresh_per_mille(1_000).as_millis(),
    );
    page
}

fn line(what: &str, intake: &Intake) -> String {
    let milliseconds = |part| {
        let hundredths = microseconds(intake.sent.per_mille(part)) / 10;
        format!("{}.{:02}", hundredths / 100, hundredths % 100)
    };
    format!(
        "{what}: {} a second, p50 {} ms, p99 {} ms, p99.9 {} ms, {} a commit, peak {} MB",
        intake.per_second(),
        milliseconds(500),
        milliseconds(990),
        milliseconds(999),
        intake.batch(),
        intake.memory >> 20,
    )
}
