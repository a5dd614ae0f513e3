//! What commands answer, as types for the published description. The journeys build these as JSON;
//! a test reads real answers back through these types, so that the description stays true.

#![allow(
    missing_docs,
    reason = "the names of the fields say what the schemas publish"
)]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{
    ContractId, CreditNoteId, CustomerId, Date, EntityId, ExceptionId, InvoiceId, JournalId, Money,
    Month, PaymentId, ProductCode, RefundId,
};

macro_rules! answers {
    ($( $(#[$doc:meta])* $name:ident { $( $field:ident: $type:ty ),* $(,)? } )*) => { $(
        $(#[$doc])*
        #[derive(Debug, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $( pub $field: $type, )* }
    )* };
}

answers! {
    /// The legal entity that was added.
    EntityAdded { entity: EntityId }
    /// The product that was published.
    ProductPublished { product: ProductCode }
    /// The version of the tax table that is in force.
    TaxTable { tax_table_version: u32 }
    /// The version of the posting rules that is in force, and the one that the file states.
    PostingRulesPublished { posting_rules_version: u32, file_version: u32 }
    /// The customer that was added.
    CustomerAdded { customer: CustomerId }
    /// The contract that is in force, and its value without tax.
    ContractActivated { contract: ContractId, version: u32, value: Money }
    /// The contract's new version, its value and what the change adds to it.
    ContractChanged { contract: ContractId, version: u32, value: Money, value_change: Money }
    /// The documents that were issued, and how many contracts were held back by an exception.
    BillingRun { through: Date, documents: Vec<InvoiceId>, held: u32 }
    /// The credit note that was issued.
    CreditNoteAdded { credit_note: CreditNoteId, number: String, net: Money, tax: Money, total: Money }
    /// The payment, what of it is set against nothing, and the exception that asks what it is for.
    PaymentRecorded { payment: PaymentId, unapplied: Money, exception: Option<ExceptionId> }
    /// The payment, and what of it is still set against nothing.
    PaymentSet { payment: PaymentId, unapplied: Money }
    /// The refund that was asked for.
    RefundAsked { refund: RefundId, amount: Money }
    /// How many obligations earned something, and how much, one sum a currency.
    RevenueRun { through: Date, obligations: u32, recognised: Vec<Money> }
    /// The journal that was posted.
    JournalPosted { journal: JournalId }
    /// The reversing journal, and the journal that it undoes.
    JournalUndone { journal: JournalId, reverses: JournalId }
    /// The month and its state: `open` or `closed`.
    PeriodChanged { entity: EntityId, month: Month, state: String }
    /// The exception and its status.
    ExceptionChanged { exception: ExceptionId, status: String }
    /// The exception, its status and who is to act.
    ExceptionAssigned { exception: ExceptionId, status: String, owner: String }
    /// A legal entity.
    EntityRow { id: String, name: String, months: Vec<Month> }
}

/// A whole list that has no pages.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ListOf{T}")]
pub struct List<T> {
    /// All rows.
    pub items: Vec<T>,
}
