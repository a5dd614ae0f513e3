//! `tieout demo`: half a year of a company's business on simulated time, through the real program
//! and simulators of its outside systems on loopback. It can be killed at any moment and started
//! again with the same data: it goes on where it stopped.

mod company;
mod desk;
mod requests;
mod stage;

use crate::fault::CliFault;
use crate::tie_out_table;
use app::query::ExceptionFilter;
use app::{App, deliver, sweep, worker};
use indicatif::{ProgressBar, ProgressStyle};
use sim::world::World;
use stage::Stage;
pub(crate) use stage::config as simulated;
use std::path::PathBuf;
use std::process::ExitCode;
use store::settings;

/// What the demo is asked for.
#[derive(Debug, Clone, clap::Args)]
pub struct DemoOptions {
    /// Makes another company in other weather.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Folder that keeps the books for the other commands; without it a folder of its own is used
    /// and removed at the end.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// End after the table; the status is 0 only when every difference is zero or named by an open
    /// exception.
    #[arg(long)]
    exit: bool,
    /// Port of the console and API on 127.0.0.1; 0 takes any free one.
    #[arg(long, value_name = "PORT", default_value_t = 8420)]
    port: u16,
}

/// Name of the setting that holds the last day that is done.
const DONE: &str = "demo/done";
/// Name of the setting that holds the seed of the company.
const SEED: &str = "demo/seed";
/// Who acts.
const ACTOR: &str = "demo";
/// Most rounds in which one moment of a day must come to rest.
const ROUNDS: usize = 400;
/// Longest wait for a postponed item that is bridged by moving the clock, in seconds.
const LONGEST_WAIT_S: i64 = 4 * 3_600;

/// Runs the demo. The status is a failure when a difference is named by nothing.
///
/// # Errors
/// When the data belongs to another company, or a part cannot start.
pub fn run(options: &DemoOptions) -> Result<ExitCode, CliFault> {
    let world = World::seeded(options.seed);
    let stage = Stage::open(options)?;
    own_the_data(&stage.app, options.seed)?;
    world.prepare(&stage.sims)?;
    company::load(&stage.app, &world.company())?;
    deliver::recover(&stage.app)?;
    live(&stage, &world)?;
    settle(&stage)?;
    sweep::read_balances(&stage.app, &stage.connections)?;
    let tie_outs = stage.app.tie_outs()?;
    let open = ExceptionFilter {
        status: Some("open".to_owned()),
        ..ExceptionFilter::default()
    };
    let exceptions = stage.app.exceptions(&open, None)?.items;
    println!("{}", tie_out_table::render(&tie_outs, &exceptions));
    let explained = tie_out_table::is_explained(&tie_outs);
    if !options.exit {
        stage.serve_until_interrupted()?;
    }
    stage.close();
    Ok(if explained {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// One data folder holds one company.
fn own_the_data(app: &App, seed: u64) -> Result<(), CliFault> {
    let text = seed.to_string();
    let known = app
        .store()
        .write(move |tx| -> Result<Option<String>, app::AppFault> {
            let known = settings::setting(tx, SEED)?;
            if known.is_none() {
                settings::set_setting(tx, SEED, &text)?;
            }
            Ok(known)
        })?;
    match known {
        Some(known) if known != seed.to_string() => Err(CliFault::OtherSeed { known, asked: seed }),
        _ => Ok(()),
    }
}

fn live(stage: &Stage, world: &World) -> Result<(), CliFault> {
    let days = World::days();
    let app = &stage.app;
    let done = app
        .store()
        .read(|tx| -> Result<_, app::AppFault> { Ok(settings::setting(tx, DONE)?) })?;
    let bar = progress(days.len() as u64);
    for day in days {
        bar.set_message(day.clone());
        bar.inc(1);
        if done.as_ref().is_some_and(|done| *done >= day) {
            continue;
        }
        live_a_day(stage, world, &day)?;
        app.store().write(move |tx| -> Result<(), app::AppFault> {
            Ok(settings::set_setting(tx, DONE, &day)?)
        })?;
    }
    bar.finish_and_clear();
    Ok(())
}

fn progress(days: u64) -> ProgressBar {
    let bar = ProgressBar::new(days);
    if let Ok(style) = ProgressStyle::with_template("{msg}  {bar:40} {pos}/{len} days") {
        bar.set_style(style);
    }
    bar
}

/// Nine o'clock: what the world does. Noon: what people do in Tieout. Eight in the evening: the
/// day's work. Hours are UTC; at each of them it is the same date in New York and in Berlin.
fn live_a_day(stage: &Stage, world: &World, day: &str) -> Result<(), CliFault> {
    let happenings = world.happenings(day);
    stage.move_to(day, 14)?;
    for happening in &happenings {
        world.apply(happening, &stage.sims)?;
    }
    settle(stage)?;
    stage.move_to(day, 16)?;
    for happening in &happenings {
        requests::answer(&stage.app, happening)?;
    }
    desk::work(&stage.app, day)?;
    settle(stage)?;
    stage.move_to(day, 20)?;
    stage.app.daily_work(ACTOR, true)?;
    settle(stage)
}

/// Lets everything that is under way come to rest: webhooks, inbox, lanes. What is postponed for a
/// while is waited for by moving the clock.
fn settle(stage: &Stage) -> Result<(), CliFault> {
    for _ in 0..ROUNDS {
        let pumped = stage.sims.stripe.pump_webhooks();
        let round = worker::tick(&stage.app, &stage.connections);
        stage.pass_seconds(1);
        if pumped.delivered > 0 || pumped.pending > 0 || !round.is_quiet() || round.faults > 0 {
            continue;
        }
        match stage.next_moment()? {
            Some(seconds) if seconds <= LONGEST_WAIT_S => stage.pass_seconds(seconds.max(1)),
            _ => return Ok(()),
        }
    }
    Err(CliFault::Restless { rounds: ROUNDS })
}
