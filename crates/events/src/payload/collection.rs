//! Payloads of what happens between an invoice and its money: what is given up and recovered, credit
//! bought in advance, and what follows when nobody pays.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{ContractId, CustomerId, Date, InvoiceId, Money, PaymentId};

/// Why a part of a receivable was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GivenUp {
    /// The customer will not pay; an expense of the period.
    BadDebt,
    /// The customer will not pay; taken from what was set aside for that.
    Allowance,
    /// A small difference on a payment.
    SmallDifference,
}

impl GivenUp {
    /// The word that posting rules choose by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            GivenUp::BadDebt => "bad_debt",
            GivenUp::Allowance => "allowance",
            GivenUp::SmallDifference => "small_difference",
        }
    }
}

/// Payload of `invoice.written_off` and `invoice.recovered`. Amounts are above zero in both; loss and
/// tax add up to the amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReceivableWrittenOff {
    /// The invoice.
    pub invoice: InvoiceId,
    /// Who owes it.
    pub customer: CustomerId,
    /// The contract that it bills.
    pub contract: ContractId,
    /// Why it was given up.
    pub given_up: GivenUp,
    /// Off the receivable, or back on it.
    pub amount: Money,
    /// Of it, what is lost.
    pub loss: Money,
    /// Of it, the tax that is not owed to the authority for it.
    pub tax: Money,
    /// The payment that it came with, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentId>,
    /// Why, in the words of whoever decided it.
    pub reason: String,
}

/// What happened to prepaid credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PrepaidMovement {
    /// It was bought or given.
    Granted,
    /// It was used on an invoice.
    Used,
    /// What was used on an invoice came back, because the invoice is owed no more.
    Returned,
    /// It ended without having been used.
    Expired,
}

impl PrepaidMovement {
    /// The word that posting rules choose by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            PrepaidMovement::Granted => "granted",
            PrepaidMovement::Used => "used",
            PrepaidMovement::Returned => "returned",
            PrepaidMovement::Expired => "expired",
        }
    }
}

/// Payload of `prepaid.moved`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PrepaidMoved {
    /// The grant.
    pub grant: String,
    /// Whose credit it is.
    pub customer: CustomerId,
    /// What happened.
    pub movement: PrepaidMovement,
    /// Whether it was bought; credit that was given is owed to nobody.
    pub paid: bool,
    /// How much, above zero.
    pub amount: Money,
    /// What is left of the grant.
    pub left: Money,
    /// The invoice, where it was used or came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<InvoiceId>,
    /// The payment that bought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentId>,
    /// The last day on which it can be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// What followed when an invoice was not paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DunningAct {
    /// The invoice is past its time or could not be collected.
    Entered,
    /// The payment may be tried again.
    Retry,
    /// The customer was written to.
    Notice,
    /// A person has it.
    Task,
    /// The service is to be withheld.
    Suspended,
    /// A person is to decide whether the contract ends.
    CancelProposed,
    /// The customer promised to pay.
    Promised,
    /// And kept it.
    PromiseKept,
    /// Or did not.
    PromiseBroken,
    /// What was owed is written off and was not paid; a service that is withheld stays withheld.
    WrittenOff,
    /// The service is to be given again.
    Resumed,
    /// Nothing of the invoice is owed any more.
    Closed,
}

impl DunningAct {
    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DunningAct::Entered => "entered",
            DunningAct::Retry => "retry",
            DunningAct::Notice => "notice",
            DunningAct::Task => "task",
            DunningAct::Suspended => "suspended",
            DunningAct::CancelProposed => "cancel_proposed",
            DunningAct::Promised => "promised",
            DunningAct::PromiseKept => "promise_kept",
            DunningAct::PromiseBroken => "promise_broken",
            DunningAct::WrittenOff => "written_off",
            DunningAct::Resumed => "resumed",
            DunningAct::Closed => "closed",
        }
    }
}

/// Payload of `dunning.stepped`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DunningStepped {
    /// The case.
    pub case: String,
    /// The invoice.
    pub invoice: InvoiceId,
    /// Who owes it.
    pub customer: CustomerId,
    /// The contract that it bills.
    pub contract: ContractId,
    /// What was done.
    pub act: DunningAct,
    /// What is open on the invoice.
    pub open: Money,
    /// The policy and its version.
    pub policy: String,
    /// When the next step is due, unless there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Date>,
    /// The text of a notice, the name of a task, or what was promised.
    pub text: String,
}
