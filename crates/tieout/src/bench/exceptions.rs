//! `tieout bench exceptions`: how long the inbox takes when very much has stopped. The exceptions are
//! parked deliveries of forty causes, some with deliveries behind them in their lane.

use super::{BenchFault, measure};
use app::query::ExceptionFilter;
use app::{App, MonotonicIds, SystemClock};
use control::exception_fingerprint::{fingerprint, normalised};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::effects::{self, EffectRow};
use store::exceptions::ExceptionRow;
use store::{Durability, Location, Store, StoreFault};

/// Rows written in one transaction.
const A_STEP: usize = 5_000;

/// Causes that the exceptions have.
const CAUSES: usize = 40;

/// One effect in so many has two more behind it in its lane.
const ONE_IN: usize = 10;

/// How long one question took.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The question.
    pub question: &'static str,
    /// Rows that were shown.
    pub rows: usize,
    /// Half of the answers took at most so long.
    pub median: Duration,
    /// The slowest.
    pub slowest: Duration,
}

/// Puts `count` open exceptions with their parked effects into books.
///
/// # Errors
/// When the store fails.
pub fn seed(store: &Store, count: usize) -> Result<(), StoreFault> {
    let mut from = 0;
    while from < count {
        let until = count.min(from + A_STEP);
        let exceptions: Vec<ExceptionRow> = (from..until).map(exception).collect();
        let parked: Vec<EffectRow> = (from..until).flat_map(lane).collect();
        store.write(move |tx| {
            effects::intend(tx, &parked)?;
            ExceptionRow::insert(tx, &exceptions)
        })?;
        from = until;
    }
    Ok(())
}

/// A parked effect and what waits behind it.
fn lane(number: usize) -> Vec<EffectRow> {
    let behind = if number.is_multiple_of(ONE_IN) { 2 } else { 0 };
    (0..=behind)
        .map(|place| EffectRow {
            id: format!("eff_{number:08}_{place}"),
            lane: format!("ledger/con_{number:08}"),
            connection: "netsuite".to_owned(),
            operation: "netsuite.journal_entry".to_owned(),
            subject: format!("journal/jrn_{number:08}_{place}"),
            key: format!("netsuite/journal/jrn_{number:08}_{place}"),
            request: format!("{{\"journal\":\"jrn_{number:08}_{place}\"}}"),
            status: if place == 0 { "parked" } else { "intended" }.to_owned(),
            attempts: 8,
            next_attempt: 0,
            error_class: "data".to_owned(),
            error: "account 4999 is inactive".to_owned(),
            external_id: String::new(),
            read_back: 0,
            entity: "US".to_owned(),
            amount: 1_000 + number as i64,
            currency: "USD".to_owned(),
            correlation: format!("chn_{number:08}"),
            created: 1_700_000_000_000_000,
            changed: 1_700_000_000_000_000,
            fence: 0,
            lease: 0,
            priority: 0,
            fallback: 0,
            first_sent: 0,
            last_sent: 0,
        })
        .collect()
}

fn exception(number: usize) -> ExceptionRow {
    let reason = format!(
        "field number {} of the entry is refused",
        words(number % CAUSES)
    );
    let detail = format!("effect eff_{number:08}_0 after 8 attempts: {reason}");
    let cause = normalised(&detail);
    let opened = 1_700_000_000_000_000 + number as i64;
    let day = 86_400_000_000;
    ExceptionRow {
        id: format!("exc_{number:08}"),
        key: format!("effect/eff_{number:08}_0"),
        class: "effect_refused".to_owned(),
        summary: format!(
            "netsuite.journal_entry for journal/jrn_{number:08}_0 did not go through: {reason}"
        ),
        fingerprint: fingerprint(
            "effect_refused",
            "netsuite",
            "netsuite.journal_entry",
            &cause,
        ),
        detail,
        payload: format!("{{\"journal\":\"jrn_{number:08}_0\"}}"),
        customer: format!("cus_{:05}", number % 20_000),
        document: format!("jrn_{number:08}_0"),
        entity: "US".to_owned(),
        measure: "delivered".to_owned(),
        amount: (number as i64 * 7_919) % 1_000_000,
        currency: if number.is_multiple_of(4) {
            "EUR"
        } else {
            "USD"
        }
        .to_owned(),
        owner: "Integration engineer".to_owned(),
        status: "open".to_owned(),
        resolution: String::new(),
        correlation: format!("chn_{number:08}"),
        opened,
        resolved: 0,
        connection: "netsuite".to_owned(),
        operation: "netsuite.journal_entry".to_owned(),
        cause,
        period: format!("2026-{:02}", number % 12 + 1),
        severity: "high".to_owned(),
        assignee: String::new(),
        respond_due: opened + day / 6,
        due: opened + 2 * day,
        responded: 0,
        level: 0,
        escalated_to: String::new(),
        escalate_at: 0,
        incident: String::new(),
        outcome_code: String::new(),
        resolved_by: String::new(),
    }
}

/// A number in letters: the digits of a cause do not count.
fn words(number: usize) -> String {
    const DIGITS: [&str; 10] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    ];
    format!("{}-{}", DIGITS[number / 10 % 10], DIGITS[number % 10])
}

/// Asks each question of the inbox `rounds` times.
///
/// # Errors
/// When the store fails.
pub fn questions(app: &App, rounds: usize) -> Result<Vec<Answer>, BenchFault> {
    let open = ExceptionFilter {
        status: Some("open".to_owned()),
        ..ExceptionFilter::default()
    };
    let overdue = ExceptionFilter {
        overdue: true,
        ..open.clone()
    };
    let group = app.exception_groups(&open, None)?.items.into_iter().next();
    let of_group = ExceptionFilter {
        group: group.map(|found| found.group),
        ..open.clone()
    };
    let second = app.exceptions(&open, None)?.next;
    Ok(vec![
        timed("grouped by cause, with what waits behind", rounds, || {
            Ok(app.exception_groups(&open, None)?.items.len())
        })?,
        timed("grouped by cause, overdue only", rounds, || {
            Ok(app.exception_groups(&overdue, None)?.items.len())
        })?,
        timed("listed by value, first page", rounds, || {
            Ok(app.exceptions(&open, None)?.items.len())
        })?,
        timed("listed by value, second page", rounds, || {
            Ok(app.exceptions(&open, second.as_deref())?.items.len())
        })?,
        timed("one group listed", rounds, || {
            Ok(app.exceptions(&of_group, None)?.items.len())
        })?,
        timed("the choices of the filters", rounds, || {
            Ok(app.exception_facets()?.classes.len())
        })?,
        timed("how many are open", rounds, || {
            Ok(usize::try_from(app.open_exceptions()?).unwrap_or(usize::MAX))
        })?,
    ])
}

fn timed(
    question: &'static str,
    rounds: usize,
    ask: impl Fn() -> Result<usize, BenchFault>,
) -> Result<Answer, BenchFault> {
    let (mut rows, mut took) = (0, Vec::with_capacity(rounds));
    for _ in 0..rounds.max(1) {
        let begun = Instant::now();
        rows = ask()?;
        took.push(begun.elapsed());
    }
    took.sort();
    Ok(Answer {
        question,
        rows,
        median: took[took.len() / 2],
        slowest: took.last().copied().unwrap_or_default(),
    })
}

/// Fills books in `folder` and asks.
///
/// # Errors
/// When the store fails.
pub fn exceptions(
    count: usize,
    rounds: usize,
    folder: &Path,
) -> Result<(Duration, Vec<Answer>), BenchFault> {
    let location = Location::File(folder.join("exceptions.db"));
    let store = Store::open(&location, Durability::Full)?;
    let begun = Instant::now();
    seed(&store, count)?;
    let seeded = begun.elapsed();
    let app = App::open(
        store,
        Arc::new(SystemClock),
        Arc::new(MonotonicIds::new(1, 1)),
        events::Origin::Simulation,
    )?;
    Ok((seeded, questions(&app, rounds)?))
}

/// The figures for people.
#[must_use]
pub fn page(count: usize, seeded: Duration, answers: &[Answer]) -> String {
    let mut text = format!(
        "{count} open exceptions of {CAUSES} causes, written in {seeded:.1?} ({} a second)\n\n",
        measure::per_second(count, seeded)
    );
    for answer in answers {
        let _ = writeln!(
            text,
            "{:<42} {:>7} rows  median {:>8.1?}  slowest {:>8.1?}",
            answer.question, answer.rows, answer.median, answer.slowest
        );
    }
    text
}

/// The figures for programs.
#[must_use]
pub fn document(count: usize, seeded: Duration, answers: &[Answer]) -> Value {
    let answers: Vec<Value> = answers
        .iter()
        .map(|answer| {
            json!({
                "question": answer.question,
                "rows": answer.rows,
                "median_microseconds": answer.median.as_micros().to_string(),
                "slowest_microseconds": answer.slowest.as_micros().to_string(),
            })
        })
        .collect();
    json!({
        "exceptions": count,
        "causes": CAUSES,
        "written_in_microseconds": seeded.as_micros().to_string(),
        "answers": answers,
    })
}
