//! What a journey can answer instead of doing its work.

use serde::Serialize;

/// The domain says no, with what is needed to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// Stable word, such as `unknown_product`; names the help page.
    pub code: String,
    /// The field of the command, where one is at fault.
    pub field: Option<String>,
    /// What is wrong with which value, and the mend.
    pub message: String,
}

impl Refusal {
    /// A refusal of one field.
    #[must_use]
    pub fn field(code: &str, field: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            field: Some(field.to_owned()),
            message: message.into(),
        }
    }

    /// A refusal of the whole.
    #[must_use]
    pub fn whole(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            field: None,
            message: message.into(),
        }
    }
}

/// Why a journey did not do its work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppFault {
    /// The command was refused for these reasons, all of them.
    #[error("{}", .0.iter().map(|refusal| refusal.message.as_str()).collect::<Vec<_>>().join("; "))]
    Refused(Vec<Refusal>),
    /// The same idempotency key came with other content.
    #[error("the idempotency key {key:?} was used before for another command; use a new key")]
    KeyReused {
        /// The key.
        key: String,
    },
    /// There is no such object.
    #[error("there is no {kind} {id:?}")]
    NotFound {
        /// What was looked for.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// The role of the caller does not allow it.
    #[error("the role {role} may not {action}")]
    Forbidden {
        /// The caller's role.
        role: String,
        /// What was tried, as a verb.
        action: String,
    },
    /// Another system failed or said no; the class decides what follows.
    #[error(transparent)]
    Connection(#[from] connect::Fault),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::StoreFault),
    /// A secret cannot be sealed or opened.
    #[error(transparent)]
    Seal(#[from] crate::seal::SealFault),
    /// Something stored cannot be read; a bug of ours or a damaged file.
    #[error("stored {what} cannot be read: {error}")]
    Unreadable {
        /// What was read.
        what: &'static str,
        /// What the reader said.
        error: String,
    },
    /// An amount left the range that we keep.
    #[error(transparent)]
    Amount(#[from] values::MoneyRefused),
}

impl AppFault {
    /// Whether the same may succeed in a moment: the store was out of reach, and nothing was changed.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        use store::StoreFault;
        match self {
            AppFault::Store(fault) => match fault {
                StoreFault::Unreachable(_)
                | StoreFault::Contended(_)
                | StoreFault::Disk(_)
                | StoreFault::Closed => true,
                StoreFault::Duplicate(_)
                | StoreFault::Statement(_)
                | StoreFault::Unreadable { .. }
                | StoreFault::TooNew { .. }
                | StoreFault::Gap { .. }
                | StoreFault::BrokeOff => false,
            },
            AppFault::Refused(_)
            | AppFault::KeyReused { .. }
            | AppFault::NotFound { .. }
            | AppFault::Forbidden { .. }
            | AppFault::Connection(_)
            | AppFault::Unreadable { .. }
            | AppFault::Seal(_)
            | AppFault::Amount(_) => false,
        }
    }
}

impl AppFault {
    /// Whether it refuses something with this code.
    pub(crate) fn has_code(&self, code: &str) -> bool {
        let refused = |refusal: &Refusal| refusal.code == code;
        matches!(self, AppFault::Refused(refusals) if refusals.iter().any(refused))
    }

    /// Whether the fault lies in the one thing that was worked on, so that work over many such things
    /// goes on with the next; not in the store or in what all of them share.
    #[must_use]
    pub fn is_its_own(&self) -> bool {
        match self {
            AppFault::Refused(_)
            | AppFault::NotFound { .. }
            | AppFault::Unreadable { .. }
            | AppFault::Amount(_) => true,
            AppFault::KeyReused { .. }
            | AppFault::Forbidden { .. }
            | AppFault::Connection(_)
            | AppFault::Store(_)
            | AppFault::Seal(_) => false,
        }
    }
}

impl From<Refusal> for AppFault {
    fn from(refusal: Refusal) -> Self {
        AppFault::Refused(vec![refusal])
    }
}

impl From<values::IdRefused> for AppFault {
    fn from(refused: values::IdRefused) -> Self {
        AppFault::Refused(vec![Refusal::whole("bad_id", refused.to_string())])
    }
}

/// Reads something that we stored ourselves.
pub(crate) fn stored<T: serde::de::DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, AppFault> {
    serde_json::from_str(text).map_err(|error| AppFault::Unreadable {
        what,
        error: error.to_string(),
    })
}

/// Writes something that we store ourselves.
pub(crate) fn to_store<T: Serialize>(what: &'static str, value: &T) -> Result<String, AppFault> {
    serde_json::to_string(value).map_err(|error| AppFault::Unreadable {
        what,
        error: error.to_string(),
    })
}

/// Reads a value from a stored text column.
pub(crate) fn stored_value<T>(what: &'static str, text: &str) -> Result<T, AppFault>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| AppFault::Unreadable {
        what,
        error: error.to_string(),
    })
}
