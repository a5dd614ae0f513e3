//! `tieout bench`: how fast this machine posts, beside what the same rows cost without us. Only the
//! ratios are worth keeping: the speed of a flush differs tenfold from minute to minute on many
//! machines, so raw and whole passes take turns and the flush is measured in the same run.

mod billing;
mod calibration;
mod exceptions;
mod flow;
mod machine;
mod measure;
mod report;
mod usage;
mod whole;
mod workload;

use std::path::PathBuf;
use std::process::ExitCode;

/// Commands of `tieout bench`.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum BenchCommand {
    /// Posts journals through the whole path and writes the same rows by bare statements.
    Posting(PostingArguments),
    /// Lists and groups very many open exceptions.
    Exceptions(ExceptionsArguments),
    /// Takes in signed deliveries over HTTP, each flushed before it is answered.
    Flow(FlowArguments),
    /// Takes in events of use, each batch flushed before it is answered.
    Usage(UsageArguments),
    /// Bills very many subscriptions and writes the same rows by bare statements.
    Billing(BillingArguments),
    /// Goes on with the bill run of a measurement; the measurement starts and kills it.
    #[command(hide = true)]
    BillingOn(BillingOnArguments),
}

/// Arguments of `tieout bench billing`.
#[derive(Debug, Clone, clap::Args)]
pub struct BillingArguments {
    /// Subscriptions of the first run: contracts of two lines, each of a customer of its own.
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    subscriptions: usize,
    /// Subscriptions of the second run; 0 leaves it out.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000_000)]
    big: usize,
    /// Subscriptions of the one customer; 0 leaves it out.
    #[arg(long, value_name = "COUNT", default_value_t = 30_000)]
    customer: usize,
    /// Contracts that are billed in one transaction.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    page: usize,
    /// Leaves out the run that is killed and goes on.
    #[arg(long)]
    no_kill: bool,
    /// Prints JSON for programs.
    #[arg(long)]
    json: bool,
    /// Folder for the books of the measurement, which are deleted at the end; it should be on the
    /// disk that is to be measured. A temporary folder when absent.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Arguments of the run that is killed.
#[derive(Debug, Clone, clap::Args)]
pub struct BillingOnArguments {
    /// The books.
    path: PathBuf,
    /// Contracts that are billed in one transaction.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    page: usize,
}

/// Arguments of `tieout bench exceptions`.
#[derive(Debug, Clone, clap::Args)]
pub struct ExceptionsArguments {
    /// Open exceptions.
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    count: usize,
    /// How often each question is asked; medians are reported.
    #[arg(long, value_name = "COUNT", default_value_t = 9)]
    rounds: usize,
    /// Prints JSON for programs.
    #[arg(long)]
    json: bool,
    /// Folder for the books of the measurement, which are deleted at the end.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Arguments of `tieout bench flow`.
#[derive(Debug, Clone, clap::Args)]
pub struct FlowArguments {
    /// Connections of the sender.
    #[arg(long, value_name = "COUNT", default_value_t = 64)]
    connections: usize,
    /// Seconds of each pass.
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    seconds: u64,
    /// Deliveries a second that are aimed at; the paced pass runs at half of it.
    #[arg(long, value_name = "COUNT", default_value_t = 5_000)]
    rate: u32,
    /// Outward deliveries that wait when they begin to be worked off.
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    crowd: usize,
    /// Of these, so many are under way at once.
    #[arg(long, value_name = "COUNT", default_value_t = 32)]
    workers: u8,
    /// Prints JSON for programs.
    #[arg(long)]
    json: bool,
    /// Folder for the books of the measurement, which are deleted at the end; it should be on the
    /// disk that is to be measured. A temporary folder when absent.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Arguments of `tieout bench usage`.
#[derive(Debug, Clone, clap::Args)]
pub struct UsageArguments {
    /// Events of a pass.
    #[arg(long, value_name = "COUNT", default_value_t = 500_000)]
    events: usize,
    /// Events of a batch, at most 10,000.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    batch: usize,
    /// Programs that send at once; one alone is measured too.
    #[arg(long, value_name = "COUNT", default_value_t = 4)]
    senders: usize,
    /// How often the passes take turns; medians are reported.
    #[arg(long, value_name = "COUNT", default_value_t = 3)]
    rounds: usize,
    /// Prints JSON for programs.
    #[arg(long)]
    json: bool,
    /// Folder for the books of the measurement, which are deleted at the end; it should be on the
    /// disk that is to be measured. A temporary folder when absent.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Arguments of `tieout bench posting`.
#[derive(Debug, Clone, clap::Args)]
pub struct PostingArguments {
    /// Entries of a pass on fresh books.
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    entries: usize,
    /// Fill books up to so many entries and measure at that size; 0 leaves it out.
    #[arg(long, value_name = "COUNT", default_value_t = 5_000_000)]
    big: usize,
    /// Commands kept waiting under load.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    waiting: usize,
    /// How often the passes on fresh books take turns; medians are reported.
    #[arg(long, value_name = "COUNT", default_value_t = 3)]
    rounds: usize,
    /// Prints JSON for programs.
    #[arg(long)]
    json: bool,
    /// Folder for the books of the measurement, which are deleted at the end; it should be on the
    /// disk that is to be measured. A temporary folder when absent.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchFault {
    /// A number of the command line leaves nothing to measure.
    #[error("--{option} must be at least 1")]
    Nothing {
        /// Which option.
        option: &'static str,
    },
    /// The folder cannot be used.
    #[error("{} cannot be used: {error}", .path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A command was refused or failed.
    #[error(transparent)]
    App(#[from] app::AppFault),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::StoreFault),
    /// A command of the measurement is not one: a mistake of ours.
    #[error("a command of the measurement cannot be built: {what}")]
    Command {
        /// What could not be read.
        what: String,
    },
    /// A command was answered from an earlier one: the keys are not new, a mistake of ours.
    #[error("a command of the measurement was answered as one that was done before")]
    NotNew,
    /// The server could not be started.
    #[error(transparent)]
    Server(#[from] web::server::ServerFault),
    /// A delivery could not be sent, or was not accepted.
    #[error("the sender cannot go on: {what}")]
    Network {
        /// What happened.
        what: String,
    },
    /// The store ended before it answered every command.
    #[error("the store ended with {missing} commands unanswered")]
    Unanswered {
        /// How many.
        missing: usize,
    },
}

/// Measures and prints what was asked.
///
/// # Errors
/// When nothing can be measured: the folder, the store or a command failed.
pub fn run(command: &BenchCommand) -> Result<ExitCode, BenchFault> {
    match command {
        BenchCommand::Posting(arguments) => posting(arguments),
        BenchCommand::Exceptions(arguments) => inbox(arguments),
        BenchCommand::Flow(arguments) => flow(arguments),
        BenchCommand::Usage(arguments) => taken_in(arguments),
        BenchCommand::Billing(arguments) => bill(arguments),
        BenchCommand::BillingOn(arguments) => {
            billing::go_on(&arguments.path, arguments.page)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn at_least_one(options: &[(&'static str, usize)]) -> Result<(), BenchFault> {
    match options.iter().find(|(_, value)| *value == 0) {
        Some((option, _)) => Err(BenchFault::Nothing { option }),
        None => Ok(()),
    }
}

fn posting(arguments: &PostingArguments) -> Result<ExitCode, BenchFault> {
    at_least_one(&[
        ("entries", arguments.entries),
        ("waiting", arguments.waiting),
        ("rounds", arguments.rounds),
    ])?;
    let folder = Folder::make(arguments.data.as_deref())?;
    let results = measure::posting(
        &measure::Wishes {
            entries: arguments.entries,
            big: arguments.big,
            waiting: arguments.waiting,
            rounds: arguments.rounds,
        },
        folder.path(),
    )?;
    if arguments.json {
        println!("{:#}", report::document(&results));
    } else {
        println!("{}", report::page(&results));
    }
    Ok(ExitCode::SUCCESS)
}

fn inbox(arguments: &ExceptionsArguments) -> Result<ExitCode, BenchFault> {
    at_least_one(&[("count", arguments.count), ("rounds", arguments.rounds)])?;
    let folder = Folder::make(arguments.data.as_deref())?;
    let count = arguments.count;
    let (seeded, answers) = exceptions::exceptions(count, arguments.rounds, folder.path())?;
    if arguments.json {
        println!("{:#}", exceptions::document(count, seeded, &answers));
    } else {
        println!("{}", exceptions::page(count, seeded, &answers));
    }
    Ok(ExitCode::SUCCESS)
}

fn flow(arguments: &FlowArguments) -> Result<ExitCode, BenchFault> {
    at_least_one(&[
        ("connections", arguments.connections),
        (
            "seconds",
            usize::try_from(arguments.seconds).unwrap_or(usize::MAX),
        ),
        (
            "rate",
            usize::try_from(arguments.rate).unwrap_or(usize::MAX),
        ),
    ])?;
    let folder = Folder::make(arguments.data.as_deref())?;
    let wishes = flow::Wishes {
        connections: arguments.connections,
        seconds: arguments.seconds,
        rate: arguments.rate,
        crowd: arguments.crowd,
        workers: arguments.workers,
    };
    let results = flow::flow(&wishes, folder.path())?;
    if arguments.json {
        println!("{:#}", flow::document(&results));
    } else {
        println!("{}", flow::page(&results));
    }
    Ok(ExitCode::SUCCESS)
}

fn bill(arguments: &BillingArguments) -> Result<ExitCode, BenchFault> {
    at_least_one(&[
        ("subscriptions", arguments.subscriptions),
        ("page", arguments.page),
    ])?;
    let folder = Folder::make(arguments.data.as_deref())?;
    let wishes = billing::Wishes {
        subscriptions: arguments.subscriptions,
        big: arguments.big,
        customer: arguments.customer,
        page: arguments.page,
        kill: !arguments.no_kill,
    };
    let results = billing::billing(&wishes, folder.path())?;
    if arguments.json {
        println!("{:#}", billing::document(&results));
    } else {
        println!("{}", billing::page(&results));
    }
    Ok(ExitCode::SUCCESS)
}

fn taken_in(arguments: &UsageArguments) -> Result<ExitCode, BenchFault> {
    at_least_one(&[
        ("events", arguments.events),
        ("batch", arguments.batch),
        ("senders", arguments.senders),
        ("rounds", arguments.rounds),
    ])?;
    let folder = Folder::make(arguments.data.as_deref())?;
    let wishes = usage::Wishes {
        senders: arguments.senders,
        events: arguments.events,
        batch: arguments.batch.min(app::usage::MOST_EVENTS),
        rounds: arguments.rounds,
    };
    let results = usage::usage(&wishes, folder.path())?;
    if arguments.json {
        println!("{:#}", usage::document(&results));
    } else {
        println!("{}", usage::page(&results));
    }
    Ok(ExitCode::SUCCESS)
}

/// A folder of this measurement alone, deleted at the end.
struct Folder(tempfile::TempDir);

impl Folder {
    fn make(within: Option<&std::path::Path>) -> Result<Folder, BenchFault> {
        let path = within.map_or_else(std::env::temp_dir, std::path::Path::to_path_buf);
        let made = std::fs::create_dir_all(&path).and_then(|()| {
            tempfile::Builder::new()
                .prefix("tieout-bench-")
                .tempdir_in(&path)
        });
        made.map(Folder)
            .map_err(|error| BenchFault::Folder { path, error })
    }

    fn path(&self) -> &std::path::Path {
        self.0.path()
    }
}
