//! Where an instance and its steps stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use values::Instant;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $( $(#[$each:meta])* $variant:ident = $word:literal, )* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $( $(#[$each])* $variant, )* }
        impl $name {
            /// Every one of them.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];
            /// The word stored and published.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $( $name::$variant => $word, )* }
            }
            /// Reads the stored word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<$name> {
                match word { $( $word => Some($name::$variant), )* _ => None }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.pad(self.as_str()) }
        }
    };
}

words! {
    /// Where an instance stands.
    ProcessStatus {
        /// On its way.
        Running = "running",
        /// Every step is settled.
        Done = "done",
        /// What was done is being taken back.
        Cancelling = "cancelling",
        /// What was done is taken back.
        Cancelled = "cancelled",
        /// Its subject is gone; nothing was taken back.
        Stopped = "stopped",
    }
}

words! {
    /// Where a step of an instance stands.
    StepStatus {
        /// Not reached.
        Ahead = "ahead",
        /// Reached; what completes it has not happened.
        Waiting = "waiting",
        /// Its command is done; the event that completes it has not happened.
        Asked = "asked",
        /// Done.
        Done = "done",
        /// A person decided to go on without it.
        Skipped = "skipped",
        /// Its condition does not hold.
        NotNeeded = "not_needed",
        /// Done, and to be taken back.
        ToUndo = "to_undo",
        /// Taken back.
        Undone = "undone",
        /// Done, with nothing to take back.
        Kept = "kept",
        /// Not done when the process ended.
        Dropped = "dropped",
    }
}

impl StepStatus {
    /// Whether the steps after it may begin.
    #[must_use]
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Done | Self::Skipped | Self::NotNeeded)
    }

    /// Whether it waits for something.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Asked)
    }
}

impl ProcessStatus {
    /// Whether something can still happen.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Cancelling)
    }
}

/// One step of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepState {
    /// Where it stands.
    pub status: StepStatus,
    /// When it was reached.
    pub since: Option<Instant>,
    /// By when it has to be done.
    pub due: Option<Instant>,
    /// When it was settled.
    pub settled: Option<Instant>,
    /// The event that settled it, or empty.
    pub cause: String,
    /// Who settled it, or empty.
    pub actor: String,
    /// Why, where a person decided.
    pub note: String,
    /// Whether an exception says that it is late.
    pub is_late: bool,
    /// Commands of its undo that are done.
    pub taken_back: usize,
}

impl StepState {
    pub(super) const AHEAD: StepState = StepState {
        status: StepStatus::Ahead,
        since: None,
        due: None,
        settled: None,
        cause: String::new(),
        actor: String::new(),
        note: String::new(),
        is_late: false,
        taken_back: 0,
    };
}

/// One run of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub subject: String,
    /// Where it stands.
    pub status: ProcessStatus,
    /// Who started it.
    pub starter: String,
    /// One a step of the definition, in its order.
    pub steps: Vec<StepState>,
    /// The keys by which events find it: (kind, id).
    pub keys: BTreeSet<(String, String)>,
    /// Facts that it keeps.
    pub memory: BTreeMap<String, String>,
}
