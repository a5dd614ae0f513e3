//! `tieout serve`: the program for real use, and the commands that say who may use it.

use crate::settings::{LogFormat, Settings, SettingsFault};
use app::access::{AccessKind, AccessNote};
use app::connections::Connections;
use app::outward::OutwardConfig;
use app::seal::{SealFault, SystemEntropy};
use app::{App, AppFault, MonotonicIds, SystemClock, deliver, worker};
use control::Role;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::{Location, Store, StoreFault};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};
use web::auth::{self, AccessFault};
use web::server::{self, Doors, RunningServer, ServerFault, ServerOptions};

/// Holds the password that the first administrator gets.
const ADMIN_PASSWORD: &str = "TIEOUT_ADMIN_PASSWORD";
/// Holds the password of a user who is added.
const USER_PASSWORD: &str = "TIEOUT_USER_PASSWORD";
/// Who acts in the work of the day.
const ACTOR: &str = "tieout/daily";
/// Between two looks at the work of the day.
const DAILY_ROUND: Duration = Duration::from_secs(900);
/// Longest time that the work of a day may take before another process begins it anew.
const DAILY_LEASE_SECONDS: i64 = 3_600;
/// How long a thread that waits sleeps before it looks whether to stop.
const SLICE: Duration = Duration::from_millis(200);

/// Which settings to use.
#[derive(Debug, Clone, clap::Args)]
pub struct SettingsArguments {
    /// Settings file; docs/tieout.example.toml shows all of it.
    #[arg(long, value_name = "FILE", env = "TIEOUT_CONFIG")]
    config: Option<PathBuf>,
    /// Folder of the books, instead of the one in the settings.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// `tieout token`.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum TokenCommand {
    /// Makes an API token and prints it once.
    Create {
        /// What the token is called: it is written beside everything that it does.
        #[arg(long)]
        name: String,
        /// What it may do.
        #[arg(long, value_parser = role)]
        role: Role,
        /// Whose it is: a user, who is then not taken for somebody else in approvals.
        #[arg(long)]
        owner: Option<String>,
        /// Which settings to use.
        #[command(flatten)]
        settings: SettingsArguments,
    },
    /// Revokes the tokens of a name.
    Revoke {
        /// What the token is called.
        #[arg(long)]
        name: String,
        /// Which settings to use.
        #[command(flatten)]
        settings: SettingsArguments,
    },
}

/// `tieout user`.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum UserCommand {
    /// Adds a console user, or changes the role and password of one. The password comes from the
    /// environment (TIEOUT_USER_PASSWORD) or the first line of the standard input.
    Add {
        /// Name to sign in with.
        name: String,
        /// What they may do.
        #[arg(long, value_parser = role)]
        role: Role,
        /// Which settings to use.
        #[command(flatten)]
        settings: SettingsArguments,
    },
}

fn role(word: &str) -> Result<Role, String> {
    Role::from_word(word).ok_or_else(|| {
        let known: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
        format!("no such role; use one of: {}", known.join(", "))
    })
}

/// Why `serve` or a command about its users did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ServeFault {
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsFault),
    /// The data folder cannot be made.
    #[error("the folder {} cannot be used: {why}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// Traces cannot be exported.
    #[error(transparent)]
    Telemetry(#[from] telemetry::TelemetryFault),
    /// There are no books.
    #[error(
        "there are no books {}: give the data folder of `tieout serve` with --data, or its settings with --config", path.display()
    )]
    NoBooks {
        /// Where they should be.
        path: PathBuf,
    },
    /// The program refused or failed.
    #[error(transparent)]
    App(#[from] AppFault),
    /// The books cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// A user or token cannot be added.
    #[error(transparent)]
    Access(#[from] AccessFault),
    /// The server could not start.
    #[error(transparent)]
    Server(#[from] ServerFault),
    /// The log filter is none.
    #[error(
        "{filter:?} is no log filter; use error, warn, info, debug, or a filter such as \"info,connect=debug\""
    )]
    Filter {
        /// What was given.
        filter: String,
    },
    /// Secrets cannot be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealFault),
    /// Settings are sealed with a key that was to be forgotten.
    #[error(
        "these settings are still sealed with an older key: {names}; seal them again with `tieout seal value --name NAME`"
    )]
    StillSealed {
        /// Their names.
        names: String,
    },
    /// No signal can be waited for, or no thread started.
    #[error("the system gave no signals, threads or input: {0}")]
    System(std::io::Error),
}

impl SettingsArguments {
    /// The settings of the file, the credentials beside it and the environment.
    ///
    /// # Errors
    /// When something in them is not a setting.
    pub fn load(&self) -> Result<Settings, ServeFault> {
        // Quoted, so that a folder of digits stays a folder.
        let folder = self.data.as_ref().map(|data| {
            let quoted = format!("{:?}", data.display().to_string());
            ("TIEOUT_DATA".to_owned(), quoted)
        });
        let environment = std::env::vars().chain(folder);
        Ok(Settings::load(self.config.as_deref(), environment)?)
    }
}

/// Opens the program on the books of the settings; they are made when there are none.
///
/// # Errors
/// When they cannot be opened or made.
pub(crate) fn open(settings: &Settings) -> Result<App, ServeFault> {
    with_key(open_without_key(settings)?, settings)
}

/// Opens the program on books that are there: a mistyped folder must not become new books.
///
/// # Errors
/// When there are none, or they cannot be opened.
pub fn open_for(arguments: &SettingsArguments) -> Result<App, ServeFault> {
    let settings = arguments.load()?;
    if let Location::File(path) = settings.location()
        && !path.is_file()
    {
        return Err(ServeFault::NoBooks { path });
    }
    open(&settings)
}

/// As [`open`] before any key is read.
///
/// # Errors
/// When the books cannot be opened or made.
pub fn open_without_key(settings: &Settings) -> Result<App, ServeFault> {
    let location = settings.location();
    if let Location::File(_) = location {
        std::fs::create_dir_all(&settings.data).map_err(|error| ServeFault::Folder {
            path: settings.data.clone(),
            why: error.to_string(),
        })?;
    }
    let store = Store::open(&location, settings.durability())?;
    let start = store.write(|tx| store::settings::next_number(tx, "starts"))?;
    let ids = MonotonicIds::new(u32::try_from(start).unwrap_or(u32::MAX), std::process::id());
    Ok(App::open(
        store,
        Arc::new(SystemClock),
        Arc::new(ids),
        events::Origin::Live,
    )?)
}

/// The program with the keys of the settings. Books without a key get one, in `seal.key` beside them.
///
/// # Errors
/// When a key file that is named is missing, or is not the one of these books.
pub fn with_key(app: App, settings: &Settings) -> Result<App, ServeFault> {
    let file = settings.key_file();
    if settings.seal.key_file.is_some() {
        return Ok(app.with_sealer(file.sealer(Arc::new(SystemEntropy))?)?);
    }
    std::fs::create_dir_all(&settings.data).map_err(|error| ServeFault::Folder {
        path: settings.data.clone(),
        why: error.to_string(),
    })?;
    Ok(app.with_key_file(&file)?)
}

/// Runs `tieout serve` until Ctrl-C or a request to end.
///
/// # Errors
/// When a part cannot start.
pub fn run(arguments: &SettingsArguments) -> Result<ExitCode, ServeFault> {
    let settings = arguments.load()?;
    // Dropped last, so that the traces of the end are sent too.
    let _exporting = log(&settings)?;
    let app = open(&settings)?;
    app.set_routing("tieout/settings", settings.routing)?;
    app.publish_schemas()?;
    let given = std::env::var(ADMIN_PASSWORD).ok();
    if let Some(password) = auth::first_administrator(&app, given.as_deref())? {
        // To the terminal only: the log keeps no secrets.
        println!("First start. Sign in as admin with the password {password}");
        println!("It is shown this once; `tieout user add` changes it and adds others.");
    }
    if settings.store.postgres.is_none() {
        // What an earlier life left is ours to take up, unless another process works on the file.
        deliver::recover(&app)?;
    }
    let fonts = settings.paper.files();
    app.use_fonts(fonts.map_err(|(path, error)| ServeFault::Folder {
        path,
        why: error.to_string(),
    })?)?;
    let connections = Arc::new(Connections::over_http(&settings.connections));
    let server = server::start(app.clone(), Some(connections.clone()), options(&settings))?;
    let workers = Workers::start(&app, &connections, settings.outward)?;
    println!(
        "Console and API: http://{}/   (stop with Ctrl-C)",
        server.address()
    );
    tracing::info!(address = %server.address(), durability = settings.durability().words(), "serving");
    let waited = wait_for_interrupt();
    stop(server, workers);
    waited?;
    Ok(ExitCode::SUCCESS)
}

fn stop(server: RunningServer, workers: Workers) {
    tracing::info!("stopping: requests and deliveries that are under way are finished first");
    server.stop();
    workers.stop();
    tracing::info!("stopped");
}

fn options(settings: &Settings) -> ServerOptions {
    let server = &settings.server;
    ServerOptions {
        address: server.address,
        doors: Doors {
            session_seconds: u32::from(server.session_hours) * 3_600,
            idle_seconds: u32::from(server.idle_minutes.max(1)) * 60,
            limits: settings.limits.limits(),
            https: server.https,
            request_limit: Duration::from_secs(u64::from(server.request_seconds)),
            open_console: None,
        },
        patience: Duration::from_secs(u64::from(server.patience_seconds)),
    }
}

/// Sets up what the log says and, where a collector is named, where traces go.
fn log(settings: &Settings) -> Result<Option<telemetry::Exporting>, ServeFault> {
    let level = &settings.log.level;
    let filter = EnvFilter::try_new(level).map_err(|_| ServeFault::Filter {
        filter: level.clone(),
    })?;
    let plain = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false);
    let lines = match settings.log.format {
        LogFormat::Plain => plain.boxed(),
        LogFormat::Json => plain.json().flatten_event(true).boxed(),
    };
    let (traces, exporting) = match settings.telemetry.otlp() {
        Some(otlp) => {
            let (layer, exporting) = telemetry::layer(&otlp)?;
            (Some(layer), Some(exporting))
        }
        None => (None, None),
    };
    // A second log in one process is a mistake of a test only, and the first one goes on.
    let _ = tracing_subscriber::registry()
        .with(filter)
        .with(traces)
        .with(lines)
        .try_init();
    Ok(exporting)
}

/// The threads that work beside the server.
struct Workers {
    stop: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Workers {
    fn start(
        app: &App,
        connections: &Arc<Connections>,
        outward: OutwardConfig,
    ) -> Result<Workers, ServeFault> {
        let stop = Arc::new(AtomicBool::new(false));
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(work)
                .map_err(ServeFault::System)
        };
        let (worker, flag, links) = (app.clone(), stop.clone(), connections.clone());
        let deliveries = spawn(
            "tieout-worker",
            Box::new(move || worker::run_until(&worker, &links, &flag)),
        )?;
        let (daily, flag) = (app.clone(), stop.clone());
        let days = spawn("tieout-daily", Box::new(move || work_daily(&daily, &flag)))?;
        let (sender, flag) = (app.clone(), stop.clone());
        let webhooks = spawn(
            "tieout-webhooks",
            Box::new(move || app::outward::run_until(&sender, outward, &flag)),
        )?;
        Ok(Workers {
            stop,
            threads: vec![deliveries, days, webhooks],
        })
    }

    fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a worker broke off");
            }
        }
    }
}

/// Every step of the work of the day may run again without effect, so it simply runs often.
fn work_daily(app: &App, stop: &AtomicBool) {
    let mut waited = DAILY_ROUND;
    while !stop.load(Ordering::Relaxed) {
        if waited >= DAILY_ROUND {
            waited = Duration::ZERO;
            // With several processes one of them does it.
            match app.alone("daily", DAILY_LEASE_SECONDS, || {
                app.daily_work(ACTOR, false)
            }) {
                Ok(None) => {}
                Ok(Some(day)) => tracing::info!(
                    documents = day.documents,
                    recognised = day.recognised,
                    "the work of the day"
                ),
                Err(fault) => {
                    tracing::error!(%fault, "the work of the day broke off; it goes on in the next round")
                }
            }
        }
        std::thread::sleep(SLICE);
        waited += SLICE;
    }
}

/// Waits for Ctrl-C or a request to end.
fn wait_for_interrupt() -> Result<(), ServeFault> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ServeFault::System)?;
    runtime.block_on(async {
        let mut terminated =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
                .map_err(ServeFault::System)?;
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed.map_err(ServeFault::System),
            _ = terminated.recv() => Ok(()),
        }
    })
}

/// Writes into the log of access what was done from the terminal, and by which user of the machine.
///
/// # Errors
/// When the store fails.
pub fn noted(app: &App, kind: AccessKind, object: &str, detail: &str) -> Result<(), AppFault> {
    let user = std::env::var("USER").unwrap_or_else(|_| "unknown".to_owned());
    let note = AccessNote::about(kind, object).by(&format!("terminal/{user}"), "");
    app.note_access(note.saying(detail))
}

/// Runs `tieout token`.
///
/// # Errors
/// When the settings or the name cannot be used, or the store fails.
pub fn token(command: &TokenCommand) -> Result<ExitCode, ServeFault> {
    match command {
        TokenCommand::Create {
            name,
            role,
            owner,
            settings,
        } => {
            let app = open(&settings.load()?)?;
            let token = auth::create_token(&app, name, *role)?;
            noted(&app, AccessKind::TokenMade, name, role.as_str())?;
            println!("{token}");
            if let Some(owner) = owner {
                app.own_token(name, owner)?;
            }
            eprintln!(
                "The token {name} has the role {role}. It is shown this once and kept nowhere."
            );
        }
        TokenCommand::Revoke { name, settings } => {
            let app = open(&settings.load()?)?;
            let revoked = app.revoke_tokens(name)?;
            noted(
                &app,
                AccessKind::TokenRevoked,
                name,
                &format!("{revoked} revoked"),
            )?;
            println!("{revoked} revoked");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs `tieout user`.
///
/// # Errors
/// When the settings, the name or the password cannot be used, or the store fails.
pub fn user(command: &UserCommand) -> Result<ExitCode, ServeFault> {
    let UserCommand::Add {
        name,
        role,
        settings,
    } = command;
    let app = open(&settings.load()?)?;
    let password = match std::env::var(USER_PASSWORD) {
        Ok(password) => password,
        Err(_) => {
            eprintln!(
                "Password of {name}, at least {} characters:",
                auth::SHORTEST_PASSWORD
            );
            let mut line = String::new();
            std::io::stdin()
                .read_line(&mut line)
                .map_err(ServeFault::System)?;
            line.trim_end_matches(['\r', '\n']).to_owned()
        }
    };
    auth::add_user(&app, name, *role, &password)?;
    noted(&app, AccessKind::UserChanged, name, role.as_str())?;
    println!("{name} can sign in with the role {role}");
    Ok(ExitCode::SUCCESS)
}
