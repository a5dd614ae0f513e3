//! The parts of the demo, started and wired: simulators, books, program, server.

use super::DemoOptions;
use crate::fault::CliFault;
use app::access::Admitted;
use app::connections::{Connections, ConnectionsConfig, Pace};
use app::{App, AppFault, Books, MonotonicIds};
use connect::HttpTransport;
use connect::driver::Present;
use control::Role;
use sim::{Ports, SimClock, SimOptions, Simulators, Weather};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::{Durability, Location, Store, settings};
use tempfile::TempDir;
use values::{Clock, IdSource, Instant};
use web::server::ServerOptions;

/// Signs the webhooks of the simulated processor.
const WEBHOOK_SECRET: &str = "whsec_demo_0123456789abcdef";

/// Everything that runs.
pub(super) struct Stage {
    pub(super) app: App,
    pub(super) sims: Simulators,
    pub(super) connections: Arc<Connections>,
    clock: SimClock,
    server: Option<web::server::RunningServer>,
    _folder: Option<TempDir>,
}

/// The clock of the simulators is the clock of the program.
struct DemoClock(SimClock);

impl Clock for DemoClock {
    fn now(&self) -> Instant {
        Instant::from_microseconds(self.0.now_micros())
    }
}

/// What the driver needs, on simulated time: pauses pass without waiting.
struct DemoPresent {
    clock: SimClock,
    nonces: AtomicU64,
    start: u32,
}

impl Present for DemoPresent {
    fn now(&self) -> Instant {
        Instant::from_microseconds(self.clock.now_micros())
    }
    fn nonce(&self) -> String {
        let number = self.nonces.fetch_add(1, Ordering::Relaxed);
        format!(
            "demo{:08x}{:08x}{number:016x}",
            self.start,
            std::process::id()
        )
    }
    fn pause(&self, _milliseconds: u64) {
        std::thread::sleep(Duration::from_millis(2));
    }
}

impl Stage {
    /// Starts the parts on the data of the options.
    pub(super) fn open(options: &DemoOptions) -> Result<Stage, CliFault> {
        let (folder, data) = folder(options)?;
        let store = Store::open(&Location::File(data.join("books.sqlite")), Durability::Full)?;
        let (start, latest) = store.write(|tx| -> Result<(u32, i64), AppFault> {
            let start = settings::next_number(tx, "starts")?;
            Ok((
                u32::try_from(start).unwrap_or(u32::MAX),
                store::log::latest_recorded(tx)?,
            ))
        })?;
        let clock = SimClock::at_day(sim::world::FIRST_DAY).ok_or(CliFault::Calendar)?;
        clock.advance_to(latest);
        let sims = Simulators::start(SimOptions {
            directory: Some(data.join("simulators")),
            seed: options.seed,
            weather: Weather::breezy(),
            webhook_url: None,
            webhook_secret: WEBHOOK_SECRET.to_owned(),
            clock: clock.clone(),
            ports: Ports::default(),
        })?;
        sims.set_hold(Duration::from_millis(60));
        let ids: Arc<dyn IdSource> = Arc::new(MonotonicIds::new(start, 0));
        let app = App::open(
            store,
            Arc::new(DemoClock(clock.clone())),
            ids,
            events::Origin::Simulation,
        )?
        .with_key_file(&app::seal::KeyFile::at(data.join(crate::seal::FILE)))?;
        app.set_routing(
            "demo",
            app::Routing {
                collect_cards: true,
                deliver_journals: true,
                write_back: true,
            },
        )?;
        let present = DemoPresent {
            clock: clock.clone(),
            nonces: AtomicU64::new(0),
            start,
        };
        let config = config(&sims, &app.books())?;
        let connections = Arc::new(Connections::over(
            &config,
            Box::new(HttpTransport::default()),
            Box::new(present),
        ));
        let server = web::server::start(
            app.clone(),
            Some(connections.clone()),
            doors(options.port, &app),
        )?;
        sims.stripe
            .set_webhook_url(Some(format!("http://{}/webhooks/stripe", server.address())));
        Ok(Stage {
            app,
            sims,
            connections,
            clock,
            server: Some(server),
            _folder: folder,
        })
    }

    /// Moves the clock on to an hour (UTC) of a day; a later moment stays.
    pub(super) fn move_to(&self, day: &str, hour: i64) -> Result<(), CliFault> {
        let at = SimClock::at_day(day).ok_or(CliFault::Calendar)?;
        self.clock
            .advance_to(at.now_micros() + hour * 3_600_000_000);
        Ok(())
    }

    /// Lets seconds pass.
    pub(super) fn pass_seconds(&self, seconds: i64) {
        self.clock.advance_by(seconds * 1_000_000);
    }

    /// Seconds until the next postponed item is due, when there is one.
    pub(super) fn next_moment(&self) -> Result<Option<i64>, CliFault> {
        let now = self.clock.now_micros();
        let next = self
            .app
            .store()
            .read(|tx| -> Result<Option<i64>, AppFault> {
                let inbox = store::inbox::next_moment(tx)?;
                let effects = store::effects::next_moment(tx)?;
                Ok(inbox.into_iter().chain(effects).min())
            })?;
        Ok(next.map(|at| (at - now).div_euclid(1_000_000) + 1))
    }

    /// Says where the console is and waits for Ctrl-C. Meanwhile the worker goes on.
    pub(super) fn serve_until_interrupted(&self) -> Result<(), CliFault> {
        if let Some(server) = &self.server {
            println!("Console and API: http://{}/", server.address());
            println!("Stop with Ctrl-C.");
        }
        wait_for_interrupt()
    }

    /// Stops the parts in the order in which they depend on each other.
    pub(super) fn close(mut self) {
        if let Some(server) = self.server.take() {
            server.stop();
        }
        self.sims.stop();
    }
}

/// On loopback only, and open: whoever runs the demo is its controller. The API needs a token.
fn doors(port: u16, app: &App) -> ServerOptions {
    let mut options = ServerOptions::loopback(port);
    options.doors.open_console = Some(Admitted {
        name: "demo".to_owned(),
        role: Role::Controller,
        csrf: app.ids().mint("form", app.clock().now()),
    });
    options
}

fn wait_for_interrupt() -> Result<(), CliFault> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let waited = runtime.and_then(|runtime| runtime.block_on(tokio::signal::ctrl_c()));
    waited.map_err(|error| CliFault::Interrupt {
        why: error.to_string(),
    })
}

fn folder(options: &DemoOptions) -> Result<(Option<TempDir>, PathBuf), CliFault> {
    match &options.data {
        Some(path) => {
            std::fs::create_dir_all(path.join("simulators"))
                .map_err(|error| CliFault::folder(path, &error))?;
            Ok((None, path.clone()))
        }
        None => {
            let folder = tempfile::Builder::new().prefix("tieout-demo-").tempdir();
            let folder = folder.map_err(|error| CliFault::folder(&std::env::temp_dir(), &error))?;
            let path = folder.path().to_path_buf();
            std::fs::create_dir_all(path.join("simulators"))
                .map_err(|error| CliFault::folder(&path, &error))?;
            Ok((Some(folder), path))
        }
    }
}

/// The connections to simulators, with our codes mapped to what they call them.
///
/// # Errors
/// When the simulators speak of settings that there are not: a mistake of ours.
pub(crate) fn config(
    sims: &Simulators,
    books: &Books,
) -> Result<ConnectionsConfig, serde_json::Error> {
    let accounts = books.chart.accounts().iter();
    let accounts = accounts.map(|account| account.code.to_string());
    let given: ConnectionsConfig = serde_json::from_value(sims.settings(accounts, WEBHOOK_SECRET))?;
    Ok(ConnectionsConfig {
        pace: Pace {
            sweep_seconds: 1_800,
            balance_seconds: u32::MAX,
            tax_seconds: 60,
            parallel: 2,
        },
        // The simulators have none, and the clock of the demo stands still while it works.
        limits: app::limits::LimitsConfig::none(),
        ..given
    })
}
