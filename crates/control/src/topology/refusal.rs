//! What can be wrong with a topology.

use super::{Domain, Mode, OURSELVES, SystemRole};
use std::fmt;

/// One thing wrong with a topology. Each names the row, the value and the mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopologyProblem {
    /// The text does not have the shape of a topology.
    #[error("the topology cannot be read: {message}")]
    Unreadable {
        /// What the reader said.
        message: String,
    },
    /// Something is declared twice.
    #[error("{what} {id:?} is declared twice; leave one of them out")]
    Twice {
        /// What kind of thing.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// A row names something that is not declared.
    #[error("{place}: {what} {id:?} is not declared; declare it or use one of: {known}")]
    NotDeclared {
        /// Which row.
        place: String,
        /// What kind of thing.
        what: &'static str,
        /// Its id.
        id: String,
        /// What is declared.
        known: String,
    },
    /// Two rows hold at one place and neither is more specific.
    #[error(
        "{domain}: the rows for ({first}) and ({second}) both hold where they meet and neither is more specific; add a row for ({meet})"
    )]
    Tie {
        /// Of what.
        domain: String,
        /// One row.
        first: String,
        /// The other one.
        second: String,
        /// Where both hold.
        meet: String,
    },
    /// A domain has no row for every scope.
    #[error(
        "domain {domain} has no system of record everywhere; add a row with entity, product_line and region \"*\""
    )]
    NoSystem {
        /// The domain.
        domain: Domain,
    },
    /// A canonical field has no owner.
    #[error("field {field} has no owner; give it an owning domain and a steward")]
    Unowned {
        /// The field.
        field: String,
    },
    /// A field that does not exist is given an owner.
    #[error("field {field} is not a canonical field; see the list in docs/governance.md")]
    UnknownField {
        /// The field.
        field: String,
    },
    /// The mode does not go with the system.
    #[error("{place}: mode {mode} does not go with system {system}; {mend}")]
    ModeMismatch {
        /// Which row.
        place: String,
        /// The mode.
        mode: Mode,
        /// The system.
        system: String,
        /// What would do.
        mend: &'static str,
    },
    /// The role of a system forbids what a row says.
    #[error(
        "{place}: {system} has the role {role} and cannot be the system of record of {domain}; {mend}"
    )]
    RoleMismatch {
        /// Which row.
        place: String,
        /// The system.
        system: String,
        /// Its role.
        role: SystemRole,
        /// Of what.
        domain: Domain,
        /// What would do.
        mend: &'static str,
    },
    /// A direct way between two systems where none may be.
    #[error(
        "{from} → {to} ({what}) passes {OURSELVES} by, and this model has no direct ways; route it through {OURSELVES}"
    )]
    DirectEdge {
        /// From.
        from: String,
        /// To.
        to: String,
        /// What passes.
        what: String,
    },
    /// A staging interface without an approved deviation.
    #[error(
        "system {system} has a staging interface; name the approved deviation that allows it in waiver, or connect it by api or file"
    )]
    NoWaiver {
        /// The system.
        system: String,
    },
}

/// A topology that cannot be activated, with everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopologyRefusal {
    /// At least one.
    pub problems: Vec<TopologyProblem>,
}

impl fmt::Display for TopologyRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for TopologyRefusal {}
