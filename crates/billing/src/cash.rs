//! Which invoices a payment pays.

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
    /// An amount cannot be kept.
    #[error(transparent)]
    Money(#[from] MoneyRefused),
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
