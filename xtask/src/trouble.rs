//! What can go wrong in a chore, each with what to do about it.

use std::path::PathBuf;

/// A chore that cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("{problem}; `cargo xtask help` lists what there is")]
    Usage { problem: String },
    #[error("missing: {what}; {mend}")]
    Missing { what: String, mend: String },
    #[error("cannot start `{command}`: {source}")]
    NotStarted {
        command: String,
        source: std::io::Error,
    },
    #[error("`{command}` failed ({status}){hint}")]
    CommandFailed {
        command: String,
        status: String,
        hint: String,
    },
    #[error("cannot use {path}: {source}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("PostgreSQL did not come up within {waited_seconds} s; the end of its log:\n{log}")]
    PostgresSilent { waited_seconds: u64, log: String },
    #[error("{count} offence(s) against the house rules, listed above")]
    Untidy { count: usize },
    #[error("the step `{step}` failed: {reason}")]
    StepFailed { step: &'static str, reason: String },
}
