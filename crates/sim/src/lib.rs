//! Simulators of the outside systems on their real wire formats, seeded worlds and fault weather.
//!
//! Each simulator is a real HTTP server on the loopback address. It keeps its state, refuses what
//! the real system would refuse, and (when it is given a directory) has written a change to its
//! journal before it answers, so that a killed process has lost nothing it had acknowledged.
//! They run on threads of their own, so a synchronous caller can use them. Without sockets and
//! threads the same calls go through a [`Door`], for runs that must be the same each time.
//!
//! Where to start reading: [`Simulators::start`], then `http.rs` (how a call passes through the
//! weather), `tables.rs` (state and journal), and one directory for each system.
//!
//! **Invariant:** no simulator reads the wall clock or a random source. Time is the [`SimClock`],
//! chance is a hash of the seed and of what the call asks for.

// A charge has more fields than `json!` can take at the usual depth.
#![recursion_limit = "256"]

pub mod adyen;
pub mod avatax;
mod civil;
mod clock;
mod decimal;
mod door;
mod filter;
mod http;
mod mint;
pub mod netsuite;
pub mod salesforce;
mod settings;
pub mod stripe;
mod tables;
mod weather;
pub mod world;

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use clock::SimClock;
pub use door::{Door, DoorAnswer, DoorCall, NoAnswer};
pub use weather::{Fault, Weather};

use http::{Core, System};
use tables::Tables;

/// The ports to listen on; 0 takes any free one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// Port of the Salesforce simulator.
    pub salesforce: u16,
    /// Port of the Stripe simulator.
    pub stripe: u16,
    /// Port of the NetSuite simulator.
    pub netsuite: u16,
    /// Port of the AvaTax simulator.
    pub avatax: u16,
    /// Port of the Adyen simulator.
    pub adyen: u16,
}

/// What the simulators need to start.
#[derive(Clone, Debug)]
pub struct SimOptions {
    /// Where the journals are kept (`salesforce.jsonl`, `stripe.jsonl`, …); `None` keeps all in memory.
    pub directory: Option<PathBuf>,
    /// Decides ids and weather.
    pub seed: u64,
    /// How often calls fail.
    pub weather: Weather,
    /// Where Stripe events are sent; `None` leaves them pending.
    pub webhook_url: Option<String>,
    /// The whole `whsec_…` text that signs Stripe events.
    pub webhook_secret: String,
    /// Simulated time, shared with the caller.
    pub clock: SimClock,
    /// Ports to listen on.
    pub ports: Ports,
}

impl SimOptions {
    /// In memory, calm, on free ports, without a webhook receiver.
    pub fn in_memory(seed: u64, clock: SimClock) -> SimOptions {
        SimOptions {
            directory: None,
            seed,
            weather: Weather::calm(),
            webhook_url: None,
            webhook_secret: "whsec_tieout_test_secret".to_owned(),
            clock,
            ports: Ports::default(),
        }
    }
}

/// Why a simulator could not start or could not keep a change.
#[derive(Debug, thiserror::Error)]
pub enum SimFault {
    /// The journal could not be read or written.
    #[error("journal {path}: {source}")]
    Journal {
        /// The journal file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A whole line of the journal is not what the simulator writes.
    #[error("journal {path}: line {line} is not a change record")]
    JournalLine {
        /// The journal file.
        path: PathBuf,
        /// 1-based.
        line: usize,
    },
    /// The threads that serve could not be started.
    #[error("cannot start the simulator threads: {0}")]
    Threads(std::io::Error),
    /// The port is taken or may not be used.
    #[error("{system} simulator cannot listen on port {port}: {source}")]
    Listen {
        /// Which simulator.
        system: &'static str,
        /// The port that was asked for.
        port: u16,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A public key that is not an RSA key in PEM.
    #[error("the public key is not an RSA public key in PEM")]
    PublicKey,
    /// A control call named something that does not exist.
    #[error("{system} has no {kind} {id}")]
    Unknown {
        /// Which simulator.
        system: &'static str,
        /// The kind of object.
        kind: &'static str,
        /// The id that was given.
        id: String,
    },
}

/// The running simulators.
pub struct Simulators {
    /// Control calls of the Salesforce simulator.
    pub salesforce: salesforce::Handle,
    /// Control calls of the Stripe simulator.
    pub stripe: stripe::Handle,
    /// Control calls of the NetSuite simulator.
    pub netsuite: netsuite::Handle,
    /// Control calls of the AvaTax simulator.
    pub avatax: avatax::Handle,
    /// Control calls of the Adyen simulator.
    pub adyen: adyen::Handle,
    clock: SimClock,
    door: Door,
    runtime: Option<tokio::runtime::Runtime>,
}

impl std::fmt::Debug for Simulators {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulators")
            .field("salesforce", &self.salesforce.base_url())
            .field("stripe", &self.stripe.base_url())
            .field("netsuite", &self.netsuite.base_url())
            .field("avatax", &self.avatax.base_url())
            .field("adyen", &self.adyen.base_url())
            .finish()
    }
}

impl Simulators {
    /// Replays the journals, then listens.
    pub fn start(options: SimOptions) -> Result<Simulators, SimFault> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("tieout-sim")
            .enable_all()
            .build()
            .map_err(SimFault::Threads)?;
        Simulators::build(options, Some(runtime))
    }

    /// Replays the journals without listening: calls come in through [`Simulators::door`] on the
    /// thread of the caller, and nothing runs by itself. The ports of the options are not used.
    pub fn in_process(options: SimOptions) -> Result<Simulators, SimFault> {
        Simulators::build(options, None)
    }

    fn build(
        options: SimOptions,
        runtime: Option<tokio::runtime::Runtime>,
    ) -> Result<Simulators, SimFault> {
        let listens = runtime.is_some();
        let salesforce = Arc::new(salesforce::Salesforce::new(core_of(
            &options,
            "salesforce",
            listens.then_some(options.ports.salesforce),
        )?)?);
        let stripe = Arc::new(stripe::Stripe::new(
            core_of(&options, "stripe", listens.then_some(options.ports.stripe))?,
            options.webhook_url.clone(),
            options.webhook_secret.clone(),
        ));
        let netsuite = Arc::new(netsuite::NetSuite::new(core_of(
            &options,
            "netsuite",
            listens.then_some(options.ports.netsuite),
        )?));
        let avatax = Arc::new(avatax::AvaTax::new(core_of(
            &options,
            "avatax",
            listens.then_some(options.ports.avatax),
        )?));
        let adyen = Arc::new(adyen::Adyen::new(core_of(
            &options,
            "adyen",
            listens.then_some(options.ports.adyen),
        )?));
        if let Some(runtime) = &runtime {
            serve(runtime, &salesforce)?;
            serve(runtime, &stripe)?;
            serve(runtime, &netsuite)?;
            serve(runtime, &avatax)?;
            serve(runtime, &adyen)?;
        }
        let door = Door::new(&salesforce, &stripe, &netsuite, &avatax, &adyen);
        Ok(Simulators {
            salesforce: salesforce::Handle::new(salesforce),
            stripe: stripe::Handle::new(stripe),
            netsuite: netsuite::Handle::new(netsuite),
            avatax: avatax::Handle::new(avatax),
            adyen: adyen::Handle::new(adyen),
            clock: options.clock,
            door,
            runtime,
        })
    }

    /// The way in without sockets, through the same weather, checks and code as over HTTP.
    pub fn door(&self) -> Door {
        self.door.clone()
    }

    /// The simulated time that the vendors go by.
    pub fn clock(&self) -> &SimClock {
        &self.clock
    }

    /// Changes the weather of all.
    pub fn set_weather(&self, weather: Weather) {
        self.salesforce.set_weather(weather);
        self.stripe.set_weather(weather);
        self.netsuite.set_weather(weather);
        self.avatax.set_weather(weather);
        self.adyen.set_weather(weather);
    }

    /// How long a call that is never answered is held before its connection is cut (400 ms unless set).
    pub fn set_hold(&self, hold: Duration) {
        self.salesforce.set_hold(hold);
        self.stripe.set_hold(hold);
        self.netsuite.set_hold(hold);
        self.avatax.set_hold(hold);
        self.adyen.set_hold(hold);
    }

    /// Stops listening and ends the threads.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Simulators {
    fn drop(&mut self) {
        self.stripe.stop_delivering();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// State, clock and (with a port) a bound listener for one system.
fn core_of(options: &SimOptions, name: &'static str, port: Option<u16>) -> Result<Core, SimFault> {
    let tables = match &options.directory {
        None => Tables::in_memory(),
        Some(directory) => {
            std::fs::create_dir_all(directory).map_err(|source| SimFault::Journal {
                path: directory.clone(),
                source,
            })?;
            Tables::open(&directory.join(format!("{name}.jsonl")))?
        }
    };
    let (base_url, listener) = match port {
        None => (format!("http://{name}.simulated"), None),
        Some(port) => {
            let listen = |source| SimFault::Listen {
                system: name,
                port,
                source,
            };
            let listener = bind(port).map_err(listen)?;
            listener.set_nonblocking(true).map_err(listen)?;
            let address = listener.local_addr().map_err(listen)?;
            (format!("http://{address}"), Some(listener))
        }
    };
    Ok(Core::new(
        name,
        tables,
        options.clock.clone(),
        options.seed,
        options.weather,
        base_url,
        listener,
    ))
}

/// Binds at once, or (a port that the process before us has only just left) within two seconds.
fn bind(port: u16) -> std::io::Result<TcpListener> {
    let mut tries = 0;
    loop {
        match TcpListener::bind(("127.0.0.1", port)) {
            Err(fault)
                if fault.kind() == std::io::ErrorKind::AddrInUse && tries < 20 && port != 0 =>
            {
                tries += 1;
                std::thread::sleep(Duration::from_millis(100));
            }
            bound => return bound,
        }
    }
}

fn serve<S: System>(runtime: &tokio::runtime::Runtime, system: &Arc<S>) -> Result<(), SimFault> {
    let Some(listener) = system.core().take_listener() else {
        return Ok(());
    };
    let _inside = runtime.enter();
    let listener = tokio::net::TcpListener::from_std(listener).map_err(SimFault::Threads)?;
    runtime.spawn(http::serve(Arc::clone(system), listener));
    Ok(())
}
