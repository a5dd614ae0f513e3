//! Approvals: the maker of a change is never its checker.

use serde::{Deserialize, Serialize};
use values::Instant;

/// Where a request for approval stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// Waits for a checker.
    Requested,
    /// May be carried out.
    Granted,
    /// Is not carried out.
    Denied,
    /// Nobody decided in time.
    Expired,
    /// The maker took it back.
    Withdrawn,
}

impl ApprovalState {
    /// Every state.
    pub const ALL: [ApprovalState; 5] = [
        ApprovalState::Requested,
        ApprovalState::Granted,
        ApprovalState::Denied,
        ApprovalState::Expired,
        ApprovalState::Withdrawn,
    ];

    /// Reads the stored word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<ApprovalState> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// The word stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ApprovalState::Requested => "requested",
            ApprovalState::Granted => "granted",
            ApprovalState::Denied => "denied",
            ApprovalState::Expired => "expired",
            ApprovalState::Withdrawn => "withdrawn",
        }
    }
}

/// What a checker decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Carry it out.
    Grant,
    /// Do not.
    Deny,
}

/// Who asked, who decides, and until when that is possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// User name of who made the change.
    pub maker: &'a str,
    /// After this instant the request has expired.
    pub expires: Instant,
}

/// Why a decision does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalRefusal {
    /// Maker and checker are one person.
    #[error("{name} made this change and cannot approve or deny it; ask someone else")]
    SamePerson {
        /// The user name.
        name: String,
    },
    /// The maker lent the permission himself.
    #[error("{maker} made this change and lent the permission to check it; ask someone else")]
    LentByMaker {
        /// Who made the change.
        maker: String,
    },
    /// Neither the role nor a delegation allows it.
    #[error(
        "{name} ({role}) may not check this: it needs {permission}, by one of the roles {checkers} or by delegation"
    )]
    NoChecker {
        /// Who tried.
        name: String,
        /// Their role.
        role: String,
        /// What is needed.
        permission: &'static str,
        /// The roles that may.
        checkers: String,
    },
    /// Who would approve cannot see what he would approve.
    #[error(
        "{name} ({role}) may not check this: nobody approves what he cannot read, and that needs {needed}"
    )]
    CannotRead {
        /// Who tried.
        name: String,
        /// Their role.
        role: String,
        /// What they would have to be able to see.
        needed: &'static str,
    },
    /// It was decided before.
    #[error("the request is {} already", state.as_str())]
    AlreadyDecided {
        /// How.
        state: ApprovalState,
    },
    /// It is too late.
    #[error("the request expired at {expires}; make it again")]
    Expired {
        /// When.
        expires: Instant,
    },
}

/// Whether `checker` is somebody else than `maker`. User names are compared without regard to case
/// and surrounding spaces, so that `Dana` is not the checker of `dana`.
///
/// # Errors
/// When they are one person.
pub fn four_eyes(maker: &str, checker: &str) -> Result<(), ApprovalRefusal> {
    if maker.trim().to_lowercase() == checker.trim().to_lowercase() {
        return Err(ApprovalRefusal::SamePerson {
            name: checker.trim().to_owned(),
        });
    }
    Ok(())
}

/// The state after `checker` decided at `now`.
///
/// # Errors
/// When the checker is the maker, or the request was decided or has expired.
pub fn decide(
    state: ApprovalState,
    request: &Request<'_>,
    checker: &str,
    decision: Decision,
    now: Instant,
) -> Result<ApprovalState, ApprovalRefusal> {
    match state {
        ApprovalState::Granted
        | ApprovalState::Denied
        | ApprovalState::Expired
        | ApprovalState::Withdrawn => Err(ApprovalRefusal::AlreadyDecided { state }),
        ApprovalState::Requested => {
            four_eyes(request.maker, checker)?;
            if now > request.expires {
                return Err(ApprovalRefusal::Expired {
                    expires: request.expires,
                });
            }
            Ok(match decision {
                Decision::Grant => ApprovalState::Granted,
                Decision::Deny => ApprovalState::Denied,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_checks_their_own_change() {
        let request = Request {
            maker: "dana",
            expires: Instant::from_seconds(100),
        };
        let now = Instant::from_seconds(50);
        let by = |checker| {
            decide(
                ApprovalState::Requested,
                &request,
                checker,
                Decision::Grant,
                now,
            )
        };
        for same in ["dana", "Dana", " DANA "] {
            assert!(
                matches!(by(same), Err(ApprovalRefusal::SamePerson { .. })),
                "{same}"
            );
        }
        assert_eq!(by("li"), Ok(ApprovalState::Granted));
        assert_eq!(
            decide(ApprovalState::Denied, &request, "li", Decision::Grant, now),
            Err(ApprovalRefusal::AlreadyDecided {
                state: ApprovalState::Denied
            })
        );
        let late = Instant::from_seconds(101);
        let message = decide(
            ApprovalState::Requested,
            &request,
            "li",
            Decision::Deny,
            late,
        )
        .unwrap_err()
        .to_string();
        assert_eq!(
            message,
            "the request expired at 1970-01-01T00:01:40Z; make it again"
        );
    }
}
