//! Why a subcommand did not do its work, in words for the terminal.

use std::path::{Path, PathBuf};

/// The faults of the subcommands.
#[derive(Debug, thiserror::Error)]
pub enum CliFault {
    /// The program refused or failed.
    #[error(transparent)]
    App(#[from] app::AppFault),
    /// The books cannot be opened or read.
    #[error(transparent)]
    Store(#[from] store::StoreFault),
    /// A simulator could not start.
    #[error(transparent)]
    Simulator(#[from] sim::SimFault),
    /// A command of the demo is not one: a mistake of ours.
    #[error(transparent)]
    Command(#[from] app::command::CommandUnreadable),
    /// The data belongs to another company.
    #[error(
        "this data folder holds the company of seed {known}, not of seed {asked}; use --seed {known} or another --data"
    )]
    OtherSeed {
        /// The seed it was made with.
        known: String,
        /// The seed asked for.
        asked: u64,
    },
    /// The settings of the simulators are none of ours: a mistake of ours.
    #[error("the settings of the simulators cannot be used: {0}")]
    Settings(#[from] serde_json::Error),
    /// A folder cannot be made or used.
    #[error("the folder {} cannot be used: {why}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        why: String,
    },
    /// The server could not start.
    #[error(transparent)]
    Server(#[from] web::server::ServerFault),
    /// Ctrl-C cannot be waited for.
    #[error("Ctrl-C cannot be waited for: {why}")]
    Interrupt {
        /// What the operating system said.
        why: String,
    },
    /// A day of the demo is no day: a mistake of ours.
    #[error("a day of the demo is not in the calendar")]
    Calendar,
    /// Something in the demo goes on for ever: a mistake of ours.
    #[error("the demo did not come to rest in {rounds} rounds; `tieout intake` shows what is open")]
    Restless {
        /// How many rounds were given.
        rounds: usize,
    },
}

impl CliFault {
    /// A folder that cannot be used.
    #[must_use]
    pub fn folder(path: &Path, error: &std::io::Error) -> CliFault {
        CliFault::Folder {
            path: path.to_owned(),
            why: error.to_string(),
        }
    }
}
