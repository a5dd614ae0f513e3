//! Why a run could not be carried out. What the checker finds is no fault of the run.

/// The run itself could not go on.
#[derive(Debug, thiserror::Error)]
pub enum StormFault {
    /// The books cannot be opened or read.
    #[error(transparent)]
    Store(#[from] store::StoreFault),
    /// The program cannot be opened, or the company cannot be loaded.
    #[error(transparent)]
    App(#[from] app::AppFault),
    /// A simulator cannot do what the plan says.
    #[error(transparent)]
    Simulators(#[from] sim::SimFault),
    /// The plan words a command that there is not.
    #[error(transparent)]
    Command(#[from] app::command::CommandUnreadable),
    /// The calendar has no such day.
    #[error("the calendar has no such day")]
    Calendar,
    /// The settings of the simulators are none of ours.
    #[error("the settings of the simulators cannot be used: {0}")]
    Settings(#[from] serde_json::Error),
    /// A table of the arguments or of the books cannot be read.
    #[error("{0}")]
    Unreadable(String),
}
