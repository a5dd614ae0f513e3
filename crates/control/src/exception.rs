//! The life of an exception: open, assigned, resolved with a reason.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where an exception stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExceptionStatus {
    /// Nobody has taken it.
    Open,
    /// Somebody has seen it.
    Acknowledged,
    /// Somebody has taken it.
    Assigned,
    /// Its work runs again; it ends when the work is confirmed, and is open again when it fails.
    Verifying,
    /// It is settled, for good: should it come back, it is a new one.
    Resolved,
}

impl ExceptionStatus {
    /// Every status.
    pub const ALL: [ExceptionStatus; 5] = [
        ExceptionStatus::Open,
        ExceptionStatus::Acknowledged,
        ExceptionStatus::Assigned,
        ExceptionStatus::Verifying,
        ExceptionStatus::Resolved,
    ];

    /// The word stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ExceptionStatus::Open => "open",
            ExceptionStatus::Acknowledged => "acknowledged",
            ExceptionStatus::Assigned => "assigned",
            ExceptionStatus::Verifying => "verifying",
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
    still_open(status)?;
    if owner.trim().is_empty() {
        return Err(ExceptionRefusal::NoOwner);
    }
    Ok(match status {
        ExceptionStatus::Verifying => ExceptionStatus::Verifying,
        _ => ExceptionStatus::Assigned,
    })
}

/// The status after somebody said that they have seen it.
///
/// # Errors
/// When it is resolved.
pub fn acknowledge(status: ExceptionStatus) -> Result<ExceptionStatus, ExceptionRefusal> {
    still_open(status)?;
    Ok(match status {
        ExceptionStatus::Open => ExceptionStatus::Acknowledged,
        other => other,
    })
}

/// The status after its work was set going again.
///
/// # Errors
/// When it is resolved.
pub fn verify(status: ExceptionStatus) -> Result<ExceptionStatus, ExceptionRefusal> {
    still_open(status)?;
    Ok(ExceptionStatus::Verifying)
}

/// The status after its work stopped again: whose it was, it is again.
#[must_use]
pub fn stopped_again(
    status: ExceptionStatus,
    has_assignee: bool,
    was_seen: bool,
) -> ExceptionStatus {
    match status {
        ExceptionStatus::Verifying if has_assignee => ExceptionStatus::Assigned,
        ExceptionStatus::Verifying if was_seen => ExceptionStatus::Acknowledged,
        ExceptionStatus::Verifying => ExceptionStatus::Open,
        other => other,
    }
}

/// The status after it was settled for `reason`.
///
/// # Errors
/// When it is resolved already or the reason is empty.
pub fn resolve(status: ExceptionStatus, reason: &str) -> Result<ExceptionStatus, ExceptionRefusal> {
    still_open(status)?;
    if reason.trim().is_empty() {
        return Err(ExceptionRefusal::NoReason);
    }
    Ok(ExceptionStatus::Resolved)
}

fn still_open(status: ExceptionStatus) -> Result<(), ExceptionRefusal> {
    if status == ExceptionStatus::Resolved {
        Err(ExceptionRefusal::AlreadyResolved)
    } else {
        Ok(())
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
    fn what_runs_again_is_verified_or_comes_back_to_whose_it_was() {
        use ExceptionStatus::{Acknowledged, Assigned, Open, Resolved, Verifying};
        assert_eq!(acknowledge(Open), Ok(Acknowledged));
        assert_eq!(acknowledge(Assigned), Ok(Assigned));
        assert_eq!(verify(Acknowledged), Ok(Verifying));
        assert_eq!(assign(Verifying, "dana"), Ok(Verifying));
        assert_eq!(stopped_again(Verifying, true, true), Assigned);
        assert_eq!(stopped_again(Verifying, false, true), Acknowledged);
        assert_eq!(stopped_again(Verifying, false, false), Open);
        assert_eq!(stopped_again(Open, true, true), Open);
        for refused in [acknowledge(Resolved), verify(Resolved)] {
            assert_eq!(refused, Err(ExceptionRefusal::AlreadyResolved));
        }
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
