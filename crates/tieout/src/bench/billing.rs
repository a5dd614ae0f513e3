//! `tieout bench billing`: a bill run over very many subscriptions, beside what the same rows cost by
//! bare statements; a run that is killed and goes on; and one customer with very many contracts.

mod report;
mod seed;

use super::BenchFault;
use super::calibration::{self, Flush};
use super::machine::{self, Machine};
use app::App;
use app::journey::billing::{Pages, Through};
use seed::Whose;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use store::raw_billing::RawBilling;
use store::{Durability, StoreFault};
use values::parse_date;

pub use report::{document, page};

const ACTOR: &str = "bench";

/// What is to be measured.
#[derive(Debug, Clone, Copy)]
pub struct Wishes {
    /// Subscriptions of the first run.
    pub subscriptions: usize,
    /// Subscriptions of the second run, or 0.
    pub big: usize,
    /// Contracts of the one customer, or 0: with an invoice for each, then on one invoice.
    pub customer: usize,
    /// Contracts a page.
    pub page: usize,
    /// Whether a run is killed.
    pub kill: bool,
}

/// A run over books of its own.
#[derive(Debug, Clone)]
pub struct Run {
    /// Contracts that were billed, each on an invoice of its own unless they share one.
    pub invoices: usize,
    /// From the start to the last durable page.
    pub took: Duration,
    /// Each page from the end of the one before to its durable answer, sorted.
    pub pages: Vec<Duration>,
    /// The most memory held, mapped pages of the file included, bytes.
    pub memory: u64,
    /// The most memory held that is not a page of a file, bytes.
    pub anonymous: u64,
    /// Time of both cores that the process used.
    pub processor: Duration,
    /// Time of both cores that other machines took meanwhile.
    pub stolen: Duration,
    /// Size of the books afterwards, bytes.
    pub file: u64,
    /// The same rows by bare statements, with how many there were.
    pub bare: Option<(Duration, u64)>,
    /// How long putting the contracts in took.
    pub seeding: Duration,
}

impl Run {
    /// Invoices a second.
    #[must_use]
    pub fn per_second(&self) -> u64 {
        super::measure::per_second(self.invoices, self.took)
    }
}

/// A run that was killed and went on.
#[derive(Debug, Clone)]
pub struct Killed {
    /// Subscriptions.
    pub subscriptions: usize,
    /// Invoices found after each kill.
    pub after: Vec<i64>,
    /// Invoices in the end.
    pub invoices: i64,
    /// Contracts with another number of invoices than one.
    pub doubled: i64,
    /// Whether the numbers run from 1 without a gap.
    pub gapless: bool,
}

/// Everything that was measured.
#[derive(Debug)]
pub struct Results {
    /// What was asked.
    pub wishes: Wishes,
    /// On what.
    pub machine: Machine,
    /// One flush, before and after.
    pub flush: (Flush, Flush),
    /// The first run.
    pub first: Run,
    /// The second.
    pub big: Option<Run>,
    /// One customer, with an invoice a contract.
    pub customer: Option<Run>,
    /// One customer, on one invoice.
    pub one_invoice: Option<Run>,
    /// The killed one.
    pub killed: Option<Killed>,
    /// Mean load of the machine at the end: runnable tasks over a minute, in hundredths.
    pub load: u64,
}

/// Measures in files in `folder`.
///
/// # Errors
/// When the folder, the store or a command fails.
pub fn billing(wishes: &Wishes, folder: &Path) -> Result<Results, BenchFault> {
    let before = calibration::flush(folder)?;
    let first = measured(wishes, folder, wishes.subscriptions, Whose::Each, true)?;
    let of_one = |whose| match wishes.customer {
        0 => Ok(None),
        count => measured(wishes, folder, count, whose, whose == Whose::OneInvoice).map(Some),
    };
    let (customer, one_invoice) = (of_one(Whose::One)?, of_one(Whose::OneInvoice)?);
    let killed = if wishes.kill {
        Some(killed(wishes, folder)?)
    } else {
        None
    };
    let big = match wishes.big {
        0 => None,
        count => Some(measured(wishes, folder, count, Whose::Each, false)?),
    };
    Ok(Results {
        wishes: *wishes,
        machine: Machine::of(folder),
        flush: (before, calibration::flush(folder)?),
        first,
        big,
        customer,
        one_invoice,
        killed,
        load: machine::load(),
    })
}

/// The pages of a run: the first month of every contract.
fn pages(size: usize) -> Result<Pages, BenchFault> {
    let through = parse_date(seed::START).map_err(|error| BenchFault::Command {
        what: error.to_string(),
    })?;
    Ok(Pages {
        through: Through::Day(through),
        size: i64::try_from(size).unwrap_or(i64::MAX),
        ..Pages::default()
    })
}

fn measured(
    wishes: &Wishes,
    folder: &Path,
    count: usize,
    whose: Whose,
    bare: bool,
) -> Result<Run, BenchFault> {
    let path = folder.join("billing.db");
    let copy = folder.join("bare.db");
    let began = Instant::now();
    let app = seed::seed(&path, count, whose)?;
    let seeding = began.elapsed();
    if bare {
        // Closing the books empties the write-ahead log into the file that is copied.
        drop(app);
        std::fs::copy(&path, &copy).map_err(|error| BenchFault::Folder {
            path: copy.clone(),
            error,
        })?;
    } else {
        drop(app);
    }
    let app = seed::open(&path, 3)?;
    let mut run = run_over(&app, wishes.page)?;
    run.seeding = seeding;
    drop(app);
    if whose == Whose::OneInvoice {
        run.invoices = billed_on_one(&path, count, run.invoices)?;
    }
    run.file = std::fs::metadata(&path).map_or(0, |file| file.len());
    if bare {
        // One invoice is one transaction, on both sides.
        let page = match whose {
            Whose::OneInvoice => count,
            Whose::Each | Whose::One => wishes.page,
        };
        run.bare = Some(again_by_bare_statements(&path, &copy, page)?);
        remove(&copy);
    }
    remove(&path);
    eprintln!(
        "{count} subscriptions{}: {} a second, {} ms, put in in {} ms",
        match whose {
            Whose::Each => "",
            Whose::One => " of one customer",
            Whose::OneInvoice => " of one customer on one invoice",
        },
        run.per_second(),
        run.took.as_millis(),
        seeding.as_millis(),
    );
    Ok(run)
}

/// The contracts on the one invoice, which must be all of them.
fn billed_on_one(path: &Path, count: usize, invoices: usize) -> Result<usize, BenchFault> {
    let contracts = store::raw_billing::contracts_billed(path)?;
    if invoices == 1 && usize::try_from(contracts) == Ok(count) {
        return Ok(count);
    }
    Err(BenchFault::Command {
        what: format!("{invoices} invoices of {contracts} contracts instead of 1 of {count}"),
    })
}

fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        // What is left goes with the folder.
        let _ = std::fs::remove_file(PathBuf::from(name));
    }
}

fn run_over(app: &App, page: usize) -> Result<Run, BenchFault> {
    machine::forget_peak();
    let (mut took, mut invoices, mut anonymous) = (Vec::new(), 0, 0);
    let (processor, stolen) = (machine::processor_time(), machine::stolen_time());
    let began = Instant::now();
    let mut last = began;
    app.bill_pages(ACTOR, &pages(page)?, |done| {
        invoices += done.documents.len();
        took.push(last.elapsed());
        last = Instant::now();
        anonymous = anonymous.max(machine::anonymous_memory());
        true
    })?;
    let whole = began.elapsed();
    took.sort_unstable();
    Ok(Run {
        invoices,
        took: whole,
        pages: took,
        memory: machine::peak_memory(),
        anonymous,
        processor: machine::processor_time().saturating_sub(processor),
        stolen: machine::stolen_time().saturating_sub(stolen),
        file: 0,
        bare: None,
        seeding: Duration::ZERO,
    })
}

/// Time that bare statements take for the rows of a run; reading them is not measured.
fn again_by_bare_statements(
    after: &Path,
    before: &Path,
    page: usize,
) -> Result<(Duration, u64), BenchFault> {
    let mut raw = RawBilling::open(after, before, Durability::Full)?;
    let mut took = Duration::ZERO;
    let page = i64::try_from(page).unwrap_or(i64::MAX);
    while let Some(rows) = raw.read(page, 2, 4)? {
        let began = Instant::now();
        raw.write(&rows)?;
        took += began.elapsed();
    }
    Ok((took, raw.rows()))
}

/// Runs over books that are there already, until it is done or killed.
///
/// # Errors
/// When they cannot be opened, or a page fails.
pub fn go_on(path: &Path, page: usize) -> Result<(), BenchFault> {
    let app = seed::open(path, 4)?;
    app.bill_pages(ACTOR, &pages(page)?, |_| true)?;
    Ok(())
}

/// How often the run is killed before it may end.
const KILLS: i64 = 3;

fn killed(wishes: &Wishes, folder: &Path) -> Result<Killed, BenchFault> {
    let path = folder.join("billing.db");
    let count = wishes.subscriptions;
    drop(seed::seed(&path, count, Whose::Each)?);
    let mut after = Vec::new();
    for kill in 1..=KILLS {
        let aim = i64::try_from(count).unwrap_or(i64::MAX) * kill / (KILLS + 1);
        let mut child = child(&path, wishes.page)?;
        loop {
            let found = look(&path)?.invoices;
            let ended = child.try_wait().is_ok_and(|status| status.is_some());
            if found >= aim || ended {
                break;
            }
            std::thread::sleep(Duration::from_millis(3));
        }
        // SIGKILL: nothing of the program runs after it.
        let stopped = child.kill().and_then(|()| child.wait());
        stopped.map_err(|error| BenchFault::Folder {
            path: path.clone(),
            error,
        })?;
        after.push(look(&path)?.invoices);
    }
    let app = seed::open(&path, 9)?;
    app.bill_pages(ACTOR, &pages(wishes.page)?, |_| true)?;
    drop(app);
    let found = look(&path)?;
    remove(&path);
    Ok(Killed {
        subscriptions: count,
        after,
        ..found
    })
}

fn child(path: &Path, page: usize) -> Result<std::process::Child, BenchFault> {
    let folder = |error| BenchFault::Folder {
        path: path.to_path_buf(),
        error,
    };
    let program = std::env::current_exe().map_err(folder)?;
    Command::new(program)
        .args(["bench", "billing-on"])
        .arg(path)
        .args(["--page", &page.to_string()])
        .spawn()
        .map_err(folder)
}

/// What is in the books.
fn look(path: &Path) -> Result<Killed, StoreFault> {
    let found = store::raw_billing::look(path)?;
    Ok(Killed {
        subscriptions: 0,
        after: Vec::new(),
        invoices: found.invoices,
        doubled: found.doubled,
        gapless: found.gapless,
    })
}
