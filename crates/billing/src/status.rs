//! Where an invoice stands, which follows from what has happened to its amount.

use serde::{Deserialize, Serialize};
use std::fmt;
use values::{Money, MoneyRefused};

/// Where an issued invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    /// Nothing has been paid.
    Open,
    /// Something has been paid, something is still to be paid.
    #[serde(rename = "partly_paid")]
    PartiallyPaid,
    /// Nothing is to be paid any more.
    Paid,
    /// All of it was credited.
    Credited,
    /// What was left has been given up.
    WrittenOff,
}

/// Every change of status that may happen.
const TRANSITIONS: &[(InvoiceStatus, InvoiceStatus)] = &[
    (InvoiceStatus::Open, InvoiceStatus::PartiallyPaid),
    (InvoiceStatus::Open, InvoiceStatus::Paid),
    (InvoiceStatus::Open, InvoiceStatus::Credited),
    (InvoiceStatus::Open, InvoiceStatus::WrittenOff),
    (InvoiceStatus::PartiallyPaid, InvoiceStatus::Paid),
    (InvoiceStatus::PartiallyPaid, InvoiceStatus::Credited),
    (InvoiceStatus::PartiallyPaid, InvoiceStatus::WrittenOff),
    // A payment that comes back (a dispute, a refused debit) opens the invoice again.
    (InvoiceStatus::PartiallyPaid, InvoiceStatus::Open),
    (InvoiceStatus::Paid, InvoiceStatus::PartiallyPaid),
    (InvoiceStatus::Paid, InvoiceStatus::Open),
    // Crediting what was paid leaves the customer a balance.
    (InvoiceStatus::Paid, InvoiceStatus::Credited),
    // Money may still arrive for what was given up.
    (InvoiceStatus::WrittenOff, InvoiceStatus::Open),
    (InvoiceStatus::WrittenOff, InvoiceStatus::PartiallyPaid),
    (InvoiceStatus::WrittenOff, InvoiceStatus::Paid),
];

/// The step is not declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an invoice that is {from} cannot become {to}")]
pub struct IllegalInvoiceTransition {
    /// Status now.
    pub from: InvoiceStatus,
    /// Status asked for.
    pub to: InvoiceStatus,
}

impl InvoiceStatus {
    /// The next status; staying is always allowed.
    ///
    /// # Errors
    /// When the step is not declared.
    pub fn to(self, next: InvoiceStatus) -> Result<InvoiceStatus, IllegalInvoiceTransition> {
        if self == next || TRANSITIONS.contains(&(self, next)) {
            Ok(next)
        } else {
            Err(IllegalInvoiceTransition {
                from: self,
                to: next,
            })
        }
    }
}

impl fmt::Display for InvoiceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Open => "open",
            Self::PartiallyPaid => "partially paid",
            Self::Paid => "paid",
            Self::Credited => "credited",
            Self::WrittenOff => "written off",
        })
    }
}

/// What has happened to the amount of an invoice. All in one currency, zero or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceBalance {
    /// What was invoiced, tax included.
    pub total: Money,
    /// Payments applied, less those that came back.
    pub paid: Money,
    /// Credit notes applied.
    pub credited: Money,
    /// What was given up.
    pub written_off: Money,
}

impl InvoiceBalance {
    /// The balance of an invoice just issued.
    #[must_use]
    pub fn issued(total: Money) -> Self {
        let zero = Money::zero(total.currency);
        Self {
            total,
            paid: zero,
            credited: zero,
            written_off: zero,
        }
    }

    /// What is still to be paid; below zero when the customer has more coming back than owed.
    ///
    /// # Errors
    /// When currencies differ or a sum is too large.
    pub fn open(&self) -> Result<Money, MoneyRefused> {
        self.total
            .minus(self.paid)?
            .minus(self.credited)?
            .minus(self.written_off)
    }

    /// The status that follows.
    ///
    /// # Errors
    /// As [`InvoiceBalance::open`].
    pub fn status(&self) -> Result<InvoiceStatus, MoneyRefused> {
        let open = self.open()?;
        Ok(if open.minor > 0 {
            if self.paid.minor > 0 {
                InvoiceStatus::PartiallyPaid
            } else {
                InvoiceStatus::Open
            }
        } else if self.written_off.minor > 0 {
            InvoiceStatus::WrittenOff
        } else if self.credited.minor > 0 && self.credited.minor >= self.total.minor {
            InvoiceStatus::Credited
        } else {
            InvoiceStatus::Paid
        })
    }
}
