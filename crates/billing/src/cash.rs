//! Which invoices a payment pays.

mod matching;

pub use matching::{
    Candidate, Instruction, MatchPolicy, MatchReason, Remittance, Suggestion, days_unmatched,
    instruct, suggest,
};

use serde::{Deserialize, Serialize};
use values::{Date, InvoiceId, Money, MoneyRefused};

/// An invoice with something to be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenInvoice {
    /// Its identity.
    pub id: InvoiceId,
    /// Day by which it is to be paid.
    pub due: Date,
    /// What is still to be paid, above zero.
    pub open: Money,
}

/// Part of a payment that pays an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// The invoice.
    pub invoice: InvoiceId,
    /// How much of the payment, above zero, at most what is open.
    pub amount: Money,
}

/// Where a payment goes. The applications and the unapplied rest add up to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashApplication {
    /// What is paid, in the order in which it was decided.
    pub applications: Vec<Application>,
    /// What stays on the customer's account for a person to decide.
    pub unapplied: Money,
}

/// Why a payment cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CashRefusal {
    /// Zero or less was paid.
    #[error("a payment of {amount} is not above zero; money going back is a refund")]
    NotPositive {
        /// What was given.
        amount: Money,
    },
    /// The payment is in another currency than the invoice that it names.
    #[error(
        "a payment of {payment} cannot pay invoice {invoice}, of which {open} is open; ask for the amount in the invoice's currency or exchange it first"
    )]
    OtherCurrency {
        /// The payment.
        payment: Money,
        /// The invoice.
        invoice: String,
        /// What is open of it.
        open: Money,
    },
    /// The invoice is not open, or not one that this payment can pay.
    #[error(
        "invoice {invoice} is not open for this payer; name an open invoice of the payer or of a customer that it pays for"
    )]
    NotOpen {
        /// The invoice.
        invoice: InvoiceId,
    },
    /// More than is open.
    #[error(
        "{asked} cannot be set against invoice {invoice}: {open} of it is open; leave the rest unapplied"
    )]
    MoreThanOpen {
        /// The invoice.
        invoice: InvoiceId,
        /// What was asked.
        asked: Money,
        /// What is open.
        open: Money,
    },
    /// More than is left of the payment.
    #[error("{asked} cannot be applied: {unapplied} of the payment is left; lower an amount")]
    MoreThanUnapplied {
        /// What was asked.
        asked: Money,
        /// What is left.
        unapplied: Money,
    },
    /// One invoice is named twice.
    #[error("invoice {invoice} is named twice; name it once with the whole amount")]
    NamedTwice {
        /// The invoice.
        invoice: InvoiceId,
    },
    /// More would be let go than the policy allows.
    #[error(
        "{let_go} would be let go; the policy lets {tolerance} go on one payment; leave the rest open or write it off by its own command"
    )]
    BeyondTolerance {
        /// What would be let go.
        let_go: Money,
        /// What may be.
        tolerance: Money,
    },
    /// No invoice is named.
    #[error("no invoice is named; name at least one with its amount")]
    NothingSaid,
    /// An amount cannot be kept.
    #[error(transparent)]
    Money(#[from] MoneyRefused),
}

impl CashRefusal {
    /// Stable name of this refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotPositive { .. } => "bad_amount",
            Self::OtherCurrency { .. } => "other_currency",
            Self::NotOpen { .. } => "invoice_not_open",
            Self::MoreThanOpen { .. } => "exceeds_open",
            Self::MoreThanUnapplied { .. } => "exceeds_unapplied",
            Self::NamedTwice { .. } => "invoice_named_twice",
            Self::BeyondTolerance { .. } => "beyond_tolerance",
            Self::NothingSaid => "nothing_named",
            Self::Money(_) => "amount_refused",
        }
    }
}

/// Spreads a payment over open invoices of its currency. A payment that says what it is for pays
/// that invoice only: the rest, or all of it when that invoice is not open, stays unapplied, because
/// a second payment for one invoice is a mistake to be seen and not money for another. One that
/// says nothing pays the oldest due first, then by id.
///
/// # Errors
/// When the payment is not above zero.
pub fn apply(
    payment: Money,
    open: &[OpenInvoice],
    hint: Option<&InvoiceId>,
) -> Result<CashApplication, CashRefusal> {
    if payment.minor <= 0 {
        return Err(CashRefusal::NotPositive { amount: payment });
    }
    let mut payable: Vec<&OpenInvoice> = open
        .iter()
        .filter(|invoice| invoice.open.currency == payment.currency && invoice.open.minor > 0)
        .filter(|invoice| hint.is_none_or(|wanted| invoice.id == *wanted))
        .collect();
    payable.sort_by(|one, other| (one.due, &one.id).cmp(&(other.due, &other.id)));
    let mut unapplied = payment;
    let mut applications = Vec::new();
    for invoice in payable {
        let amount = Money::from_minor(unapplied.minor.min(invoice.open.minor), payment.currency);
        if amount.is_zero() {
            break;
        }
        unapplied = unapplied.minus(amount)?;
        applications.push(Application {
            invoice: invoice.id.clone(),
            amount,
        });
    }
    Ok(CashApplication {
        applications,
        unapplied,
    })
}
