//! What an effect asks of a payment processor, whichever it is.

use super::perform::refused;
use connect::Fault;
use serde::Deserialize;
use values::{Currency, EntityId, InvoiceId, Money, PaymentId, RefundId};

/// Request of an effect that collects a payment.
#[derive(Debug, Deserialize)]
pub(super) struct Collect {
    pub(super) payment: PaymentId,
    pub(super) invoice: InvoiceId,
    pub(super) entity: EntityId,
    pub(super) processor_customer: String,
    payment_method: Option<String>,
    amount_minor: i64,
    currency: Currency,
    pub(super) attempt: u32,
    pub(super) payment_intent: Option<String>,
}

impl Collect {
    pub(super) fn amount(&self) -> Money {
        Money::from_minor(self.amount_minor, self.currency)
    }

    /// The means of payment that the customer stored at the processor, if there is one.
    pub(super) fn stored_method(&self) -> Option<&str> {
        self.payment_method.as_deref()
    }

    /// The same where nothing can be collected without one.
    pub(super) fn required_method(&self) -> Result<&str, Fault> {
        let message = "the customer has no stored means of payment; add one or collect by transfer";
        self.stored_method()
            .ok_or_else(|| refused("payment_method_missing", message))
    }
}

/// Request of an effect that gives money back.
#[derive(Debug, Deserialize)]
pub(super) struct GiveBack {
    pub(super) refund: RefundId,
    pub(super) payment_external_id: String,
    amount_minor: i64,
    currency: Currency,
    pub(super) reason: String,
}

impl GiveBack {
    pub(super) fn amount(&self) -> Money {
        Money::from_minor(self.amount_minor, self.currency)
    }
}
