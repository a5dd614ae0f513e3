//! Payloads of payments, from the first attempt to the money that goes back.

use super::{Earlier, Reference};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{CustomerId, Date, InvoiceId, Money, PaymentId, RefundId};

/// What kind of reason a refused collection has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeclineClass {
    /// The money or the line is not there now; the same attempt can succeed later.
    TryLater,
    /// The card or account cannot be charged any more; the customer has to give another one.
    NewMethod,
    /// The customer has to confirm the payment.
    CustomerConfirms,
    /// It is not to be tried again.
    Final,
    /// The processor does not say.
    Unknown,
}

impl DeclineClass {
    /// The class of a processor's code, as card networks and processors name their reasons.
    #[must_use]
    pub fn of(code: &str) -> DeclineClass {
        match code {
            "insufficient_funds"
            | "withdrawal_count_limit_exceeded"
            | "card_velocity_exceeded"
            | "processing_error"
            | "issuer_not_available"
            | "try_again_later"
            | "reenter_transaction"
            | "approve_with_id"
            | "debit_not_authorized" => DeclineClass::TryLater,
            "expired_card"
            | "invalid_account"
            | "new_account_information_available"
            | "incorrect_number"
            | "invalid_number"
            | "incorrect_cvc"
            | "invalid_cvc"
            | "invalid_expiry_month"
            | "invalid_expiry_year"
            | "card_not_supported"
            | "currency_not_supported"
            | "account_closed"
            | "no_account"
            | "payment_method_unactivated" => DeclineClass::NewMethod,
            "authentication_required"
            | "payment_intent_authentication_failure"
            | "requires_action" => DeclineClass::CustomerConfirms,
            "lost_card"
            | "stolen_card"
            | "pickup_card"
            | "restricted_card"
            | "fraudulent"
            | "merchant_blacklist"
            | "security_violation"
            | "stop_payment_order"
            | "revocation_of_authorization"
            | "revocation_of_all_authorizations"
            | "do_not_try_again" => DeclineClass::Final,
            _ => DeclineClass::Unknown,
        }
    }
}

/// Payload of `payment.initiated`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentInitiated {
    /// The payment.
    pub payment: PaymentId,
    /// What is collected.
    pub invoice: InvoiceId,
    /// From whom.
    pub customer: CustomerId,
    /// How much.
    pub amount: Money,
    /// By which connection.
    pub processor: String,
}

/// Payload of `payment.failed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentFailed {
    /// The payment.
    pub payment: PaymentId,
    /// The invoice that stays open.
    pub invoice: InvoiceId,
    /// From whom.
    pub customer: CustomerId,
    /// How much was asked for.
    pub amount: Money,
    /// 1 for the first.
    pub attempt: u32,
    /// The processor's reason, in its own code.
    pub reason: String,
    /// What kind of reason that is: who has to do what before it can succeed.
    pub decline_class: DeclineClass,
    /// When the next attempt is due, unless this was the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<Date>,
    /// The attempt at the processor.
    pub references: Vec<Reference>,
}

/// Payload of `payment.failed` in version 1, which left its reader to know every code of a processor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentFailedV1 {
    /// The payment.
    pub payment: PaymentId,
    /// The invoice that stays open.
    pub invoice: InvoiceId,
    /// From whom.
    pub customer: CustomerId,
    /// How much was asked for.
    pub amount: Money,
    /// 1 for the first.
    pub attempt: u32,
    /// The processor's reason.
    pub reason: String,
    /// When the next attempt is due, unless this was the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<Date>,
    /// The attempt at the processor.
    pub references: Vec<Reference>,
}

impl Earlier for PaymentFailedV1 {
    type Newest = PaymentFailed;

    fn upgraded(self) -> PaymentFailed {
        PaymentFailed {
            decline_class: DeclineClass::of(&self.reason),
            payment: self.payment,
            invoice: self.invoice,
            customer: self.customer,
            amount: self.amount,
            attempt: self.attempt,
            reason: self.reason,
            next_attempt: self.next_attempt,
            references: self.references,
        }
    }

    fn of(newest: &PaymentFailed) -> Option<PaymentFailedV1> {
        Some(PaymentFailedV1 {
            payment: newest.payment.clone(),
            invoice: newest.invoice.clone(),
            customer: newest.customer.clone(),
            amount: newest.amount,
            attempt: newest.attempt,
            reason: newest.reason.clone(),
            next_attempt: newest.next_attempt,
            references: newest.references.clone(),
        })
    }
}

/// Payload of `payment.settled`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentSettled {
    /// The payment.
    pub payment: PaymentId,
    /// From whom, when that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// What the payer paid.
    pub gross: Money,
    /// What the processor kept.
    pub fee: Money,
    /// What reaches us.
    pub net: Money,
    /// `card` or `transfer`.
    pub method: String,
    /// The same payment in other systems.
    pub references: Vec<Reference>,
}

/// Payload of `payment.refunded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentRefunded {
    /// The refund.
    pub refund: RefundId,
    /// The payment given back.
    pub payment: PaymentId,
    /// To whom.
    pub customer: CustomerId,
    /// How much.
    pub amount: Money,
    /// How the payment had come: `card` or `transfer`.
    pub method: String,
    /// Why.
    pub reason: String,
    /// The same refund in other systems.
    pub references: Vec<Reference>,
}
