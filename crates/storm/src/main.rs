//! `cargo xtask storm`: many seeds, one after the other on a few threads. A seed that fails prints
//! itself, what was found, its last steps, and the command that repeats it.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use storm::trace::Trace;
use storm::year::{Verdict, Wanted};
use storm::{StormFault, run};

const HELP: &str = "\
storm [--seeds N] [--from S] [--minutes M] [--jobs J] [--trace]

  --seeds N    how many years are lived (1000)
  --from S     the first seed (1)
  --minutes M  no year is begun after so many minutes
  --jobs J     years lived at the same time (as many as there are processors)
  --trace      print every step; for one seed
";

#[derive(Debug, Clone, Copy)]
struct Asked {
    seeds: u64,
    from: u64,
    minutes: Option<u64>,
    jobs: usize,
    trace: bool,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match asked(&words) {
        Ok(asked) => many(asked),
        Err(problem) => {
            eprintln!("{problem}\n\n{HELP}");
            ExitCode::FAILURE
        }
    }
}

fn asked(words: &[String]) -> Result<Asked, StormFault> {
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let mut asked = Asked {
        seeds: 1_000,
        from: 1,
        minutes: None,
        jobs,
        trace: false,
    };
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if word == "--trace" {
            asked.trace = true;
            continue;
        }
        let number = rest.next().and_then(|text| text.parse::<u64>().ok());
        let number = number.ok_or_else(|| {
            StormFault::Unreadable(format!("{word} is not known or has no number"))
        })?;
        match word.as_str() {
            "--seeds" => asked.seeds = number,
            "--from" => asked.from = number,
            "--minutes" => asked.minutes = Some(number),
            "--jobs" => asked.jobs = usize::try_from(number).unwrap_or(1).max(1),
            _ => return Err(StormFault::Unreadable(format!("there is no option {word}"))),
        }
    }
    Ok(asked)
}

/// What all years together came to.
#[derive(Default)]
struct Total {
    years: u64,
    failed: Vec<u64>,
    figures: BTreeMap<&'static str, u64>,
}

fn many(asked: Asked) -> ExitCode {
    let began = Instant::now();
    let next = AtomicU64::new(asked.from);
    let total = Mutex::new(Total::default());
    std::thread::scope(|scope| {
        for job in 0..asked.jobs {
            let (next, total) = (&next, &total);
            scope.spawn(move || {
                stay_on_one_processor(job);
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let is_late = asked
                        .minutes
                        .is_some_and(|minutes| began.elapsed() > Duration::from_secs(minutes * 60));
                    if seed >= asked.from.saturating_add(asked.seeds) || is_late {
                        return;
                    }
                    one(asked, seed, total);
                }
            });
        }
    });
    let total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "\n{} years in {seconds:.0} s, {} failed",
        total.years,
        total.failed.len()
    );
    for (name, count) in &total.figures {
        println!("  {count:>12}  {name}");
    }
    if total.failed.is_empty() && total.years > 0 {
        return ExitCode::SUCCESS;
    }
    println!("failed: {:?}", total.failed);
    ExitCode::FAILURE
}

/// A year is lived by threads that wait for each other at every step: on one processor they hand over
/// at once, on several each handing over wakes a sleeping one, which takes twice as long. Threads that
/// are begun by this one inherit its place.
fn stay_on_one_processor(job: usize) {
    let Ok(allowed) = rustix::thread::sched_getaffinity(None) else {
        return;
    };
    let most = rustix::thread::CpuSet::MAX_CPU;
    let places: Vec<usize> = (0..most).filter(|place| allowed.is_set(*place)).collect();
    let Some(place) = places.get(job % places.len().max(1)) else {
        return;
    };
    let mut only = rustix::thread::CpuSet::new();
    only.set(*place);
    // Where a place cannot be chosen the years only take longer.
    let _ = rustix::thread::sched_setaffinity(None, &only);
}

fn one(asked: Asked, seed: u64, total: &Mutex<Total>) {
    let trace = Trace::default();
    if asked.trace {
        trace.print_all();
    }
    let began = Instant::now();
    let outcome = run(Wanted::storm(seed), &trace);
    let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
    total.years += 1;
    match outcome {
        Ok(verdict) => {
            for (name, count) in &verdict.figures {
                *total.figures.entry(name).or_default() += count;
            }
            if !verdict.findings.is_empty() {
                total.failed.push(seed);
                print!("{}", report(&verdict, asked.trace));
            } else if asked.trace || total.years.is_multiple_of(50) {
                let took = began.elapsed().as_millis();
                println!(
                    "seed {seed} passed in {took} ms ({} lived so far)",
                    total.years
                );
            }
        }
        Err(fault) => {
            total.failed.push(seed);
            println!("seed {seed} could not be lived: {fault}\n");
        }
    }
}

fn report(verdict: &Verdict, traced: bool) -> String {
    let mut text = format!("seed {} failed:\n", verdict.seed);
    for finding in verdict.findings.iter().take(12) {
        text.push_str(&format!("  {finding}\n"));
    }
    if verdict.findings.len() > 12 {
        text.push_str(&format!("  and {} more\n", verdict.findings.len() - 12));
    }
    if !traced {
        text.push_str("the last steps:\n");
        for step in verdict.steps.iter().rev().take(16).rev() {
            text.push_str(&format!("    {step}\n"));
        }
    }
    text.push_str(&format!(
        "repeat it with: cargo xtask storm --seeds 1 --from {} --trace\n\n",
        verdict.seed
    ));
    text
}
