//! The life of an exception: open, assigned, resolved with a reason.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where an exception stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExceptionStatus {
    /// Nobody has taken it.
    Open,
    /// Somebody has.
    Assigned,
    /// It is settled, for good: should it come back, it is a new one.
    Resolved,
}

impl ExceptionStatus {
    /// Every status.
    pub const ALL: [ExceptionStatus; 3] = [
        ExceptionStatus::Open,
        ExceptionStatus::Assigned,
        ExceptionStatus::Resolved,
    ];

    /// The word stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ExceptionStatus::Open => "open",
            ExceptionStatus::Assigned => "assigned",
            ExceptionStatus::Resolved => "resolved",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<ExceptionStatus> {
        ExceptionStatus::ALL
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}

impl fmt::Display for ExceptionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How an exception ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// The cause was mended and the work done.
    Mended,
    /// A person decided that the work is not to be done.
    Skipped,
    /// Something later made it pointless.
    Superseded,
}

impl Resolution {
    /// Every resolution.
    pub const ALL: [Resolution; 3] = [
        Resolution::Mended,
        Resolution::Skipped,
        Resolution::Superseded,
    ];

    /// The word stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Resolution::Mended => "mended",
            Resolution::Skipped => "skipped",
            Resolution::Superseded => "superseded",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Resolution> {
        Resolution::ALL
            .into_iter()
            .find(|resolution| resolution.as_str() == word)
    }
}

/// Why an exception cannot be changed like that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExceptionRefusal {
    /// It is settled already.
    #[error("the exception is resolved already; should its cause come back, a new one is opened")]
    AlreadyResolved,
    /// Nobody was named.
    #[error("name the person or role that is to act")]
    NoOwner,
    /// No reason was given.
    #[error("give the reason in words; an auditor will read it")]
    NoReason,
}

/// The status after somebody was made the owner, or another owner.
///
/// # Errors
/// When it is resolved or no owner is named.
pub fn assign(status: ExceptionStatus, owner: &str) -> Result<ExceptionStatus, ExceptionRefusal> {
    match status {
        ExceptionStatus::Resolved => Err(ExceptionRefusal::AlreadyResolved),
        ExceptionStatus::Open | ExceptionStatus::Assigned if owner.trim().is_empty() => {
            Err(ExceptionRefusal::NoOwner)
        }
        ExceptionStatus::Open | ExceptionStatus::Assigned => Ok(ExceptionStatus::Assigned),
    }
}

/// The status after it was settled for `reason`.
///
/// # Errors
/// When it is resolved already or the reason is empty.
pub fn resolve(status: ExceptionStatus, reason: &str) -> Result<ExceptionStatus, ExceptionRefusal> {
    match status {
        ExceptionStatus::Resolved => Err(ExceptionRefusal::AlreadyResolved),
        ExceptionStatus::Open | ExceptionStatus::Assigned if reason.trim().is_empty() => {
            Err(ExceptionRefusal::NoReason)
        }
        ExceptionStatus::Open | ExceptionStatus::Assigned => Ok(ExceptionStatus::Resolved),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_resolved_once_and_with_a_reason() {
        let assigned = assign(ExceptionStatus::Open, "controller").unwrap();
        assert_eq!(assigned, ExceptionStatus::Assigned);
        assert_eq!(assign(assigned, "dana"), Ok(ExceptionStatus::Assigned));
        assert_eq!(assign(assigned, " "), Err(ExceptionRefusal::NoOwner));
        assert_eq!(resolve(assigned, " \n"), Err(ExceptionRefusal::NoReason));
        let resolved = resolve(assigned, "product added to the catalogue").unwrap();
        assert_eq!(resolved, ExceptionStatus::Resolved);
        assert_eq!(
            resolve(resolved, "again"),
            Err(ExceptionRefusal::AlreadyResolved)
        );
        assert_eq!(
            assign(resolved, "dana"),
            Err(ExceptionRefusal::AlreadyResolved)
        );
        assert_eq!(
            resolve(ExceptionStatus::Open, "ok"),
            Ok(ExceptionStatus::Resolved)
        );
    }

    #[test]
    fn words_read_back() {
        for status in ExceptionStatus::ALL {
            assert_eq!(ExceptionStatus::from_word(status.as_str()), Some(status));
        }
        for resolution in Resolution::ALL {
            assert_eq!(Resolution::from_word(resolution.as_str()), Some(resolution));
        }
    }
}
