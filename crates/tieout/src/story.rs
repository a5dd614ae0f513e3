//! `tieout story FILE`: tries a pricing or accounting question before it is trusted.

use app::story::{self, StoryFault};
use std::path::PathBuf;
use std::process::ExitCode;

/// Which story, and in which form its end is printed.
#[derive(Debug, clap::Args)]
pub struct StoryArguments {
    /// The scenario in YAML or JSON; `-` reads the standard input.
    file: PathBuf,
    /// Print one JSON document instead of tables.
    #[arg(long)]
    json: bool,
}

/// Why a story was not told to its end.
#[derive(Debug, thiserror::Error)]
pub enum TellingFault {
    /// The file cannot be read.
    #[error("{} cannot be read: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        why: String,
    },
    /// The story stops.
    #[error("{}: {fault}", path.display())]
    Story {
        /// The file.
        path: PathBuf,
        /// Why.
        fault: Box<StoryFault>,
    },
}

/// Runs the story.
///
/// # Errors
/// When the file cannot be read, or a step cannot be read or is refused without being expected.
pub fn run(arguments: &StoryArguments) -> Result<ExitCode, TellingFault> {
    let path = &arguments.file;
    let read = if path.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    let text = read.map_err(|error| TellingFault::File {
        path: path.clone(),
        why: error.to_string(),
    })?;
    let stopped = |fault: StoryFault| TellingFault::Story {
        path: path.clone(),
        fault: Box::new(fault),
    };
    let ending = story::run(&text).map_err(stopped)?;
    let report = story::report(&ending).map_err(|fault| stopped(StoryFault::App(fault)))?;
    if arguments.json {
        println!("{report:#}");
    } else {
        print!("{}", story::tables(&report));
    }
    Ok(ExitCode::SUCCESS)
}
