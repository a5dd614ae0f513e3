//! What was measured, as a page for people and as one JSON document for programs.

use super::calibration::Flush;
use super::measure::{Growth, Results, Series, Turn, median};
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Duration;

/// The name of the JSON document's shape; a change that breaks readers gets a new number.
const FORMAT: &str = "tieout-bench-posting/1";

fn middle(turns: &[Turn], of: impl Fn(&Turn) -> u64) -> u64 {
    median(turns.iter().map(of)).unwrap_or(0)
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Hundredths as a decimal number.
fn hundredths(value: u64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

/// The measurement as JSON: rates in entries a second, times in microseconds, sizes in bytes,
/// ratios in hundredths. Each figure of a series is the median over its turns.
#[must_use]
pub fn document(results: &Results) -> Value {
    let wishes = &results.wishes;
    let machine = &results.machine;
    json!({
        "format": FORMAT,
        "program": env!("CARGO_PKG_VERSION"),
        "optimised": !cfg!(debug_assertions),
        "sqlite": store::raw_rows::sqlite_version(),
        "durability": results.durability.words(),
        "machine": {
            "processor": machine.processor,
            "cores": machine.cores,
            "memory_bytes": machine.memory,
            "kernel": machine.kernel,
            "file_system": machine.file_system,
        },
        "rows_an_entry": results.rows,
        "rounds": wishes.rounds,
        "flush": { "before": flush(&results.flush.0), "after": flush(&results.flush.1) },
        "fresh": results.fresh.iter().map(series).collect::<Vec<_>>(),
        "big": results.big.as_ref().map(growth),
    })
}

fn flush(flush: &Flush) -> Value {
    json!({ "p50_microseconds": flush.p50_microseconds, "per_second": flush.per_second })
}

fn figures(turns: &[Turn]) -> Value {
    json!({
        "whole_per_second": middle(turns, |turn| turn.whole),
        "bare_per_second": middle(turns, |turn| turn.raw),
        "ratio_hundredths": middle(turns, Turn::ratio),
        "p50_microseconds": middle(turns, |turn| microseconds(turn.p50)),
        "p99_microseconds": middle(turns, |turn| microseconds(turn.p99)),
        "entries_a_commit": middle(turns, |turn| turn.batch as u64),
        "peak_memory_bytes": turns.iter().map(|turn| turn.memory).max(),
    })
}

fn series(series: &Series) -> Value {
    json!({
        "waiting": series.waiting,
        "keys": series.keys.words(),
        "entries": series.turns.last().map(|turn| turn.size),
        "figures": figures(&series.turns),
        "file_bytes": { "whole": series.files.0, "bare": series.files.1 },
        "turns": series.turns.iter().map(turn).collect::<Vec<_>>(),
    })
}

fn turn(turn: &Turn) -> Value {
    json!({
        "entries": turn.size,
        "whole_per_second": turn.whole,
        "bare_per_second": turn.raw,
        "ratio_hundredths": turn.ratio(),
        "p50_microseconds": microseconds(turn.p50),
        "p99_microseconds": microseconds(turn.p99),
        "entries_a_commit": turn.batch,
    })
}

fn growth(growth: &Growth) -> Value {
    let mut document = series(&growth.series);
    document["figures"] = figures(growth.last());
    document["average"] =
        json!({ "whole_per_second": growth.whole, "bare_per_second": growth.raw });
    document
}

/// The measurement as a page.
#[must_use]
pub fn page(results: &Results) -> String {
    let machine = &results.machine;
    let mut page = String::new();
    let gigabytes = machine.memory / (1 << 30);
    let build = if cfg!(debug_assertions) {
        " (NOT OPTIMISED: build with --release)"
    } else {
        ""
    };
    // Writing to a string does not fail.
    let _ = writeln!(
        page,
        "Posting journals, tieout {}{build}\n{}, {} cores, {gigabytes} GB memory, Linux {}, {}; SQLite {}\n\
         Durability {}. One entry is {} rows; the bare statements write the same rows with as many\n\
         entries a transaction. Medians of {} rounds, whole and bare in turns.\n",
        env!("CARGO_PKG_VERSION"),
        machine.processor,
        machine.cores,
        machine.kernel,
        machine.file_system,
        store::raw_rows::sqlite_version(),
        results.durability.words(),
        results.rows,
        results.wishes.rounds,
    );
    let (before, after) = &results.flush;
    for (word, flush) in [("before", before), ("after", after)] {
        let _ = writeln!(
            page,
            "4 KiB write + fsync {word}: p50 {} us, {} a second",
            flush.p50_microseconds, flush.per_second
        );
    }
    let _ = writeln!(page, "\n{}", table(results));
    if let Some(big) = &results.big {
        let _ = writeln!(
            page,
            "\nOver all {} entries: {} a second, bare {} a second.",
            results.wishes.big, big.whole, big.raw
        );
    }
    page
}

fn table(results: &Results) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "entries",
        "keys",
        "waiting",
        "entries/s",
        "bare/s",
        "ratio",
        "p50 ms",
        "p99 ms",
        "a commit",
        "peak MB",
        "B/entry",
    ]);
    for series in &results.fresh {
        let size = series.turns.last().map_or(0, |turn| turn.size);
        table.add_row(row(&size.to_string(), series, &series.turns));
    }
    if let Some(big) = &results.big {
        let turns = &big.series.turns;
        for size in milestones(turns) {
            table.add_row(row(
                &format!("at {}", size.size),
                &big.series,
                std::slice::from_ref(size),
            ));
        }
        let last = big.last();
        table.add_row(row(
            &format!("last {} steps", last.len()),
            &big.series,
            last,
        ));
    }
    for column in [0, 2, 3, 4, 5, 6, 7, 8, 9, 10] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// The first turn, the last, and those nearest to a tenth, a quarter and a half of the way.
fn milestones(turns: &[Turn]) -> Vec<&Turn> {
    let count = turns.len();
    let mut places = vec![0, count / 10, count / 4, count / 2, count.saturating_sub(1)];
    places.dedup();
    places
        .into_iter()
        .filter_map(|place| turns.get(place))
        .collect()
}

fn row(size: &str, series: &Series, turns: &[Turn]) -> Vec<String> {
    let milliseconds = |of: fn(&Turn) -> Duration| {
        let hundredth = middle(turns, |turn| microseconds(of(turn))) / 10;
        hundredths(hundredth)
    };
    let entries = series.turns.last().map_or(1, |turn| turn.size.max(1)) as u64;
    vec![
        size.to_owned(),
        series.keys.words().to_owned(),
        series.waiting.to_string(),
        middle(turns, |turn| turn.whole).to_string(),
        middle(turns, |turn| turn.raw).to_string(),
        hundredths(middle(turns, Turn::ratio)),
        milliseconds(|turn| turn.p50),
        milliseconds(|turn| turn.p99),
        middle(turns, |turn| turn.batch as u64).to_string(),
        (turns.iter().map(|turn| turn.memory).max().unwrap_or(0) >> 20).to_string(),
        (series.files.0 / entries).to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::measure::{Wishes, posting};

    #[test]
    fn the_page_and_the_document_name_what_they_were_measured_on() {
        let folder = tempfile::tempdir().unwrap();
        let wishes = Wishes {
            entries: 20,
            big: 40,
            waiting: 8,
            rounds: 1,
        };
        let results = posting(&wishes, folder.path()).unwrap();
        let page = page(&results);
        for words in [
            "fsync before the answer",
            "SQLite 3.",
            "cores",
            "random",
            "time-sorted",
            "at 40",
        ] {
            assert!(page.contains(words), "{words} is missing in\n{page}");
        }
        let document = document(&results);
        assert_eq!(document["format"], FORMAT);
        assert_eq!(document["rows_an_entry"], 8);
        assert_eq!(document["fresh"][0]["waiting"], 8);
        assert_eq!(document["fresh"][1]["figures"]["entries_a_commit"], 1);
        assert_eq!(document["big"]["turns"].as_array().unwrap().len(), 2);
        assert!(document["flush"]["before"]["per_second"].as_u64().unwrap() > 0);
    }
}
