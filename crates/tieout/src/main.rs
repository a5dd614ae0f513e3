//! The `tieout` binary: one subcommand a file.

mod audit;
mod bench;
mod books;
mod config;
mod demo;
mod export;
mod fault;
mod import;
mod output;
mod process;
mod seal;
mod serve;
mod settings;
mod story;
mod tie_out_table;
mod trace;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Rows are made by the threads that decide and dropped by the one that writes. The allocator of the C
/// library takes a fifth of the writer's time for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One governed revenue-to-report system: CRM, billing, payments and the ledger, shown to agree.
#[derive(Debug, Parser)]
#[command(name = "tieout", version, about, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs half a year of a company against simulators of its systems, then serves the console.
    Demo(demo::DemoOptions),
    /// Serves the console, the API and the webhooks, and works off what comes in and goes out.
    Serve(serve::SettingsArguments),
    /// The configuration as files: export, plan, apply, promote.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Makes and revokes API tokens.
    #[command(subcommand)]
    Token(serve::TokenCommand),
    /// Adds console users.
    #[command(subcommand)]
    User(serve::UserCommand),
    /// Seals secrets, for the settings and in the books, and changes the key that does it.
    #[command(subcommand)]
    Seal(seal::SealCommand),
    /// Runs a scenario file in memory and prints what it leaves in the books.
    Story(story::StoryArguments),
    /// Prints the whole chain of any id: opportunity, contract, invoice, payment, journal, external id.
    Trace(trace::TraceArguments),
    /// Explains the life of an object: every hop with rule, actor and time.
    #[command(subcommand)]
    Lifecycle(trace::LifecycleCommand),
    /// Lists, shows and draws processes: what is done, what is waited for, what is late.
    #[command(subcommand)]
    Process(process::ProcessCommand),
    /// Writes the ledger for other programs: beancount, hledger, csv, xlsx.
    Export(export::ExportArguments),
    /// Takes in a file whose rows are customers, contracts, payments or journals.
    Import(import::ImportArguments),
    /// Exports the event log as evidence, and verifies such an export offline.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Proves that nothing was dropped: accepted = confirmed + open + rejected.
    Intake(audit::IntakeArguments),
    /// Measures this machine: the whole path beside the same rows written by bare statements.
    #[command(subcommand)]
    Bench(bench::BenchCommand),
}

fn main() -> ExitCode {
    keep_to_small_pages();
    match Arguments::parse().command {
        Command::Demo(options) => ended(demo::run(&options)),
        Command::Serve(arguments) => ended(serve::run(&arguments)),
        Command::Config(command) => ended(config::run(&command)),
        Command::Token(command) => ended(serve::token(&command)),
        Command::User(command) => ended(serve::user(&command)),
        Command::Seal(command) => ended(seal::run(&command)),
        Command::Story(arguments) => ended(story::run(&arguments)),
        Command::Trace(arguments) => ended(trace::run(&arguments)),
        Command::Lifecycle(trace::LifecycleCommand::Explain(arguments)) => {
            ended(trace::run(&arguments))
        }
        Command::Lifecycle(trace::LifecycleCommand::States { object }) => {
            ended(trace::states(object.as_deref()))
        }
        Command::Process(command) => ended(process::run(&command)),
        Command::Export(arguments) => ended(export::run(&arguments)),
        Command::Import(arguments) => ended(import::run(&arguments)),
        Command::Audit(command) => ended(audit::run(&command)),
        Command::Intake(arguments) => ended(audit::intake(&arguments)),
        Command::Bench(command) => ended(bench::run(&command)),
    }
}

/// Memory is used in pieces of some kilobytes that come and go. Where the system gives it out in pages of
/// two megabytes, each is filled with zeros before its first byte is used: a fifth of the time of a long
/// invoice. Where it cannot be told so, the program only is slower.
fn keep_to_small_pages() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

/// The exit status of a subcommand; a fault is said in one sentence.
fn ended(outcome: Result<ExitCode, impl std::fmt::Display>) -> ExitCode {
    outcome.unwrap_or_else(|fault| {
        eprintln!("tieout: {fault}");
        ExitCode::FAILURE
    })
}
