//! What was measured of bill runs, as a page for people and as one JSON document for programs.

use super::{Killed, Results, Run};
use comfy_table::{CellAlignment, Table, presets};
use control::dwell;
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Duration;

/// The name of the JSON document's shape; a change that breaks readers gets a new number.
const FORMAT: &str = "tieout-bench-billing/1";

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn milliseconds(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / 1_000_000)
}

fn percentile(run: &Run, percent: usize) -> Duration {
    dwell::percentile(&run.pages, percent).unwrap_or_default()
}

/// One time over another, in hundredths.
fn ratio(one: Duration, other: Duration) -> u64 {
    let (one, other) = (microseconds(one), microseconds(other).max(1));
    (one * 100 + other / 2) / other
}

fn hundredths(value: u64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

/// Time of one invoice of the second run over that of the first, in hundredths.
fn growth(results: &Results) -> Option<u64> {
    let big = results.big.as_ref()?;
    let each = |run: &Run| run.took / u32::try_from(run.invoices.max(1)).unwrap_or(u32::MAX);
    Some(ratio(each(big), each(&results.first)))
}

/// The measurement as JSON: times in microseconds, sizes in bytes, ratios in hundredths.
#[must_use]
pub fn document(results: &Results) -> Value {
    json!({
        "format": FORMAT,
        "program": env!("CARGO_PKG_VERSION"),
        "optimised": !cfg!(debug_assertions),
        "sqlite": store::raw_rows::sqlite_version(),
        "durability": store::Durability::Full.words(),
        "machine": {
            "processor": results.machine.processor,
            "cores": results.machine.cores,
            "memory_bytes": results.machine.memory,
            "kernel": results.machine.kernel,
            "file_system": results.machine.file_system,
            "load_hundredths": results.load,
        },
        "page": results.wishes.page,
        "flush_p50_microseconds": [
            results.flush.0.p50_microseconds, results.flush.1.p50_microseconds
        ],
        "first": run(&results.first),
        "big": results.big.as_ref().map(run),
        "growth_hundredths": growth(results),
        "one_customer": results.customer.as_ref().map(run),
        "one_invoice": results.one_invoice.as_ref().map(run),
        "killed": results.killed.as_ref().map(killed),
    })
}

fn run(run: &Run) -> Value {
    json!({
        "invoices": run.invoices,
        "microseconds": microseconds(run.took),
        "per_second": run.per_second(),
        "page_p50_microseconds": microseconds(percentile(run, 50)),
        "page_p99_microseconds": microseconds(percentile(run, 99)),
        "peak_memory_bytes": run.memory,
        "peak_anonymous_bytes": run.anonymous,
        "processor_microseconds": microseconds(run.processor),
        "stolen_microseconds": microseconds(run.stolen),
        "file_bytes": run.file,
        "bare_microseconds": run.bare.map(|(took, _)| microseconds(took)),
        "bare_rows": run.bare.map(|(_, rows)| rows),
        "ratio_hundredths": run.bare.map(|(took, _)| ratio(took, run.took)),
        "seeding_microseconds": microseconds(run.seeding),
    })
}

fn killed(killed: &Killed) -> Value {
    json!({
        "subscriptions": killed.subscriptions,
        "after_each_kill": killed.after,
        "invoices": killed.invoices,
        "doubled": killed.doubled,
        "numbers_gapless": killed.gapless,
    })
}

/// The measurement as a page.
#[must_use]
pub fn page(results: &Results) -> String {
    let mut text = String::new();
    let machine = &results.machine;
    let _ = writeln!(
        text,
        "Bill runs on {}, {} cores, {}; SQLite {}, durability {}; pages of {} contracts; load {}",
        machine.processor,
        machine.cores,
        machine.file_system,
        store::raw_rows::sqlite_version(),
        store::Durability::Full.words(),
        results.wishes.page,
        hundredths(results.load),
    );
    let _ = writeln!(
        text,
        "4 KiB write + fsync in the same run: p50 {} µs before, {} µs after",
        results.flush.0.p50_microseconds, results.flush.1.p50_microseconds
    );
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "run",
        "contracts",
        "a second",
        "took",
        "page p50",
        "page p99",
        "peak memory",
        "of it not mapped",
        "both cores used",
        "taken away",
        "file",
        "bare",
        "ratio",
    ]);
    let mut row = |name: &str, run: &Run| {
        table.add_row([
            name.to_owned(),
            run.invoices.to_string(),
            run.per_second().to_string(),
            milliseconds(run.took),
            milliseconds(percentile(run, 50)),
            milliseconds(percentile(run, 99)),
            megabytes(run.memory),
            megabytes(run.anonymous),
            milliseconds(run.processor),
            milliseconds(run.stolen),
            megabytes(run.file),
            run.bare
                .map_or_else(String::new, |(took, _)| milliseconds(took)),
            run.bare
                .map_or_else(String::new, |(took, _)| hundredths(ratio(took, run.took))),
        ]);
    };
    row("first", &results.first);
    if let Some(big) = &results.big {
        row("second", big);
    }
    if let Some(customer) = &results.customer {
        row("one customer", customer);
    }
    if let Some(together) = &results.one_invoice {
        row("on one invoice", together);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let _ = writeln!(text, "\n{table}\n");
    if let Some(growth) = growth(results) {
        let _ = writeln!(
            text,
            "One invoice of the second run took {} of one of the first.",
            hundredths(growth)
        );
    }
    if let Some(killed) = &results.killed {
        let _ = writeln!(
            text,
            "Killed at {:?} of {} invoices and gone on: {} invoices, {} contracts doubled, numbers {}.",
            killed.after,
            killed.subscriptions,
            killed.invoices,
            killed.doubled,
            if killed.gapless {
                "without a gap"
            } else {
                "WITH GAPS"
            },
        );
    }
    text
}
