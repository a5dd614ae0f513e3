//! Payloads of what concerns the books: revenue, journals and periods.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{
    AccountCode, ComponentId, ContractId, CustomerId, Date, EntityId, JournalId, Money, Month,
    ObligationId, Period, ProductCode,
};

/// Payload of `revenue.schedule.created` and `.revised`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScheduleRevised {
    /// The obligation.
    pub obligation: ObligationId,
    /// The contract.
    pub contract: ContractId,
    /// The component.
    pub component: ComponentId,
    /// What is promised.
    pub product: ProductCode,
    /// The days over which this part is earned.
    #[schemars(schema_with = "crate::schema::period")]
    pub period: Period,
    /// What this adds to the schedule; negative when it takes away.
    pub change: Money,
    /// What is allocated to the obligation after it.
    pub allocated: Money,
    /// What made it: the first version, an amendment, a credit.
    pub cause: String,
}

/// Payload of `revenue.recognized`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RevenueRecognised {
    /// The obligation.
    pub obligation: ObligationId,
    /// The contract.
    pub contract: ContractId,
    /// The customer.
    pub customer: CustomerId,
    /// What was promised.
    pub product: ProductCode,
    /// Which revenue account class it belongs to: `subscription`, `usage` or `services`.
    pub revenue_class: String,
    /// Through which day.
    pub through: Date,
    /// What is recognised now.
    pub amount: Money,
    /// What is recognised in all.
    pub cumulative: Money,
    /// The part that is taken from deferred revenue, in minor units.
    pub deferred: i64,
    /// The part that becomes a contract asset (earned and not yet billed), in minor units.
    pub unbilled: i64,
    /// The arithmetic, to be redone by anyone.
    pub arithmetic: String,
}

/// Payload of `journal.entered`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JournalEntered {
    /// The journal.
    pub journal: JournalId,
    /// Why it was needed.
    pub reason: String,
    /// Its lines.
    pub lines: Vec<EnteredLine>,
}

/// A line of an entered journal: exactly one of debit and credit is not zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnteredLine {
    /// The account.
    pub account: AccountCode,
    /// Positive is a debit, negative a credit.
    pub amount: Money,
}

/// Payload of `journal.reversed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JournalReversed {
    /// The reversing journal.
    pub journal: JournalId,
    /// The journal that it undoes.
    pub reverses: JournalId,
    /// Why.
    pub reason: String,
}

/// Payload of `period.closed` and `.reopened`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PeriodChanged {
    /// Whose books.
    pub entity: EntityId,
    /// Which month.
    pub month: Month,
    /// Why, when it was reopened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
