//! Why a process is not changed.

use super::{ProcessStatus, StepStatus};
use crate::approval::ApprovalRefusal;
use values::Instant;

/// Why a process cannot be changed like that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProcessRefusal {
    /// It has ended.
    #[error("the process is {status} already")]
    Ended {
        /// How.
        status: ProcessStatus,
    },
    /// There is no such step.
    #[error("there is no step {step:?}; its steps are {known}")]
    NoStep {
        /// What was asked for.
        step: String,
        /// The steps there are.
        known: String,
    },
    /// The step does not wait.
    #[error("step {step} is {status}; only a step that waits can be changed")]
    NotWaiting {
        /// The step.
        step: String,
        /// Where it stands.
        status: StepStatus,
    },
    /// The step does not wait for approval.
    #[error("step {step} does not wait for approval")]
    NoApproval {
        /// The step.
        step: String,
    },
    /// No reason was given.
    #[error("give the reason in words; an auditor will read it")]
    NoReason,
    /// The new deadline is not later.
    #[error("{until} is not after the present deadline, {due}")]
    NotLater {
        /// What was asked for.
        until: Instant,
        /// The present one.
        due: Instant,
    },
    /// A step that is done cannot be taken back.
    #[error("step {step} is done and cannot be taken back: {reason}")]
    CannotUndo {
        /// The step.
        step: String,
        /// Why.
        reason: String,
    },
    /// Maker and checker are one person.
    #[error(transparent)]
    FourEyes(#[from] ApprovalRefusal),
    /// A command needs a fact that is not known.
    #[error("the command {command} needs {fact:?}, which is not known")]
    FactMissing {
        /// The command.
        command: String,
        /// The fact.
        fact: String,
    },
    /// A fact has to be given to start it by hand.
    #[error("to start {process} give {needs}")]
    InputMissing {
        /// The process.
        process: String,
        /// What is needed.
        needs: String,
    },
}

impl ProcessRefusal {
    /// The stable word.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Ended { .. } => "process_ended",
            Self::NoStep { .. } => "no_such_step",
            Self::NotWaiting { .. } => "step_not_waiting",
            Self::NoApproval { .. } => "no_approval_step",
            Self::NoReason => "reason_missing",
            Self::NotLater { .. } => "deadline_not_later",
            Self::CannotUndo { .. } => "cannot_undo",
            Self::FourEyes(_) => "same_person",
            Self::FactMissing { .. } => "fact_missing",
            Self::InputMissing { .. } => "input_missing",
        }
    }
}
