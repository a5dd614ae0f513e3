//! The closed enum of events and the payload of each. A shape change adds a version and an upgrade
//! on read; stored bytes are never rewritten.

mod billing_run;
mod books;
mod collection;
mod contract;
mod control;
mod governance;
mod intercompany;
mod invoice_draft;
mod offer;
mod parties;
mod payment;
mod price_change;
mod quote;

pub use billing_run::*;
pub use books::*;
pub use collection::*;
pub use contract::*;
pub use control::*;
pub use governance::*;
pub use intercompany::*;
pub use invoice_draft::*;
pub use offer::*;
pub use parties::*;
pub use payment::*;
pub use price_change::*;
pub use quote::*;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{
    ComponentId, ContractId, CreditNoteId, Currency, CustomerId, Date, EffectId, ExceptionId,
    InvoiceId, LineId, Money, ObligationId, PaymentId, Period, ProductCode, Quantity, Rate,
    RoundingLine,
};

/// An object in another system that is the same thing as ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The connection, such as `salesforce`.
    pub system: String,
    /// Its word for the kind of object, such as `Opportunity`.
    pub kind: String,
    /// Its id there.
    pub id: String,
}

macro_rules! events {
    ($( $(#[doc = $doc:literal])* $variant:ident($payload:ty) = $name:literal $(, earlier $old:ty = $old_name:literal)*; )*) => {
        /// Everything that can have happened.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event { $( $(#[doc = $doc])* $variant($payload), )* }

        impl Event {
            /// Every type name that can be recorded: the newest version of each event.
            pub const TYPE_NAMES: &'static [&'static str] = &[$($name),*];

            /// Every type name that was ever recorded and is still read and served: each event's
            /// newest version, and its earlier ones after it.
            pub const PUBLISHED: &'static [&'static str] = &[$($name, $($old_name,)*)*];

            /// A whole document of every published type, as it was recorded once.
            pub const SAMPLES: &'static [(&'static str, &'static str)] = &[$(
                ($name, include_str!(concat!("../tests/golden/", $name, ".json"))),
                $( ($old_name, include_str!(concat!("../tests/golden/", $old_name, ".json"))), )*
            )*];

            /// The CloudEvents `type`.
            #[must_use]
            pub fn type_name(&self) -> &'static str {
                match self { $( Event::$variant(_) => $name, )* }
            }

            /// The newest version of a type that was ever recorded: what its events read as.
            #[must_use]
            pub fn newest(type_name: &str) -> Option<&'static str> {
                match type_name {
                    $( $name $(| $old_name)* => Some($name), )*
                    _ => None,
                }
            }

            /// The payload as a JSON value.
            ///
            /// # Errors
            /// Only when the payload cannot be written as JSON, which none of ours does.
            pub fn data(&self) -> Result<serde_json::Value, serde_json::Error> {
                match self { $( Event::$variant(payload) => serde_json::to_value(payload), )* }
            }

            /// The payload as JSON text: the bytes that are stored and sealed.
            ///
            /// # Errors
            /// As [`Event::data`].
            pub fn data_text(&self) -> Result<String, serde_json::Error> {
                match self { $( Event::$variant(payload) => serde_json::to_string(payload), )* }
            }

            /// The payload as this published type has it, for those who still read an earlier
            /// version; nothing when the type is of another event, or cannot say it.
            ///
            /// # Errors
            /// As [`Event::data`].
            pub fn data_as(&self, type_name: &str) -> Result<Option<serde_json::Value>, serde_json::Error> {
                match (self, type_name) {
                    $( (Event::$variant(payload), $name) => serde_json::to_value(payload).map(Some),
                       $( (Event::$variant(payload), $old_name) => <$old as Earlier>::of(payload)
                            .map(serde_json::to_value).transpose(), )* )*
                    _ => Ok(None),
                }
            }

            /// Reads a stored event of any version back, as the newest one.
            ///
            /// # Errors
            /// When the type is unknown or the text is not its payload.
            pub fn read(type_name: &str, data: &str) -> Result<Event, UnreadableEvent> {
                match type_name {
                    $( $name => payload::<$payload>($name, data).map(Event::$variant),
                       $( $old_name => payload::<$old>($old_name, data)
                            .map(|earlier| Event::$variant(Earlier::upgraded(earlier))), )* )*
                    _ => Err(UnreadableEvent::Type { type_name: type_name.to_owned() }),
                }
            }

            /// The type name and the JSON Schema (draft 2020-12) of the whole CloudEvents document
            /// of every published version, in the order of [`Event::PUBLISHED`]. A `data` that fits
            /// it is read by [`Event::read`], and one that lacks a field of it is refused by both.
            #[must_use]
            pub fn schemas() -> Vec<(&'static str, serde_json::Value)> {
                let mut all = Vec::with_capacity(Event::PUBLISHED.len());
                $( let says = concat!($($doc),*);
                   all.push(($name, crate::schema::document::<$payload>($name, says)));
                   $( all.push(($old_name, crate::schema::document::<$old>($old_name, says))); )* )*
                all
            }
        }
    };
}

/// An earlier version of a payload. What was recorded in it is read for ever; whoever still asks for
/// it is served it, until its last day in the catalogue.
trait Earlier: Sized {
    /// The version of today.
    type Newest;
    /// Reads it as the version of today.
    fn upgraded(self) -> Self::Newest;
    /// Says a fact of today in the words of then, where those have words for it.
    fn of(newest: &Self::Newest) -> Option<Self>;
}

fn payload<P: serde::de::DeserializeOwned>(
    type_name: &str,
    data: &str,
) -> Result<P, UnreadableEvent> {
    serde_json::from_str(data).map_err(|error| UnreadableEvent::Payload {
        type_name: type_name.to_owned(),
        error: error.to_string(),
    })
}

/// A stored event that this version of the program cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableEvent {
    /// The type is not in the catalogue.
    #[error("event type {type_name} is not known to this version of Tieout")]
    Type {
        /// The stored type.
        type_name: String,
    },
    /// The payload does not have the shape of its type.
    #[error("event {type_name} cannot be read: {error}")]
    Payload {
        /// The stored type.
        type_name: String,
        /// What the reader said.
        error: String,
    },
}

events! {
    /// A customer account exists.
    CustomerCreated(CustomerCreated) = "com.tieout.customer.account.created.v1";
    /// What we show of a customer's standing changed.
    StandingChanged(StandingChanged) = "com.tieout.customer.account.standing_changed.v1";
    /// A product with its prices can be sold.
    ProductPublished(ProductPublished) = "com.tieout.catalog.product.published.v1";
    /// A plan, bundle, add-on, billing template or standalone selling price has a new version.
    OfferPublished(OfferPublished) = "com.tieout.catalog.offer.published.v1";
    /// A won opportunity or an order was taken over.
    OrderAccepted(OrderAccepted) = "com.tieout.order.order.accepted.v1";
    /// A contract is in force.
    ContractActivated(ContractActivated) = "com.tieout.contract.contract.activated.v1";
    /// A quote has a new version.
    QuoteRevised(QuoteReport) = "com.tieout.quote.quote.revised.v1";
    /// A version of a quote may be accepted.
    QuoteApproved(QuoteReport) = "com.tieout.quote.quote.approved.v1";
    /// A customer has signed a quote.
    QuoteAccepted(QuoteReport) = "com.tieout.quote.quote.accepted.v1";
    /// A quote has become a contract.
    QuoteConverted(QuoteReport) = "com.tieout.quote.quote.converted.v1";
    /// A version of a quote was turned down, taken back or ran out.
    QuoteClosed(QuoteReport) = "com.tieout.quote.quote.closed.v1";
    /// A new price for contracts that run was approved, and is made on each of them.
    PriceChangeApproved(PriceChangeReport) = "com.tieout.catalog.price_change.approved.v1";
    /// A new price for contracts that run was made on all that take it, or was cancelled.
    PriceChangeEnded(PriceChangeReport) = "com.tieout.catalog.price_change.ended.v1";
    /// A contract has a new version.
    ContractAmended(ContractAmended) = "com.tieout.contract.contract.amended.v1";
    /// A contract ends early.
    ContractCancelled(ContractAmended) = "com.tieout.contract.contract.cancelled.v1";
    /// One subscription of a contract runs.
    SubscriptionActivated(SubscriptionActivated) = "com.tieout.subscription.subscription.activated.v1";
    /// One subscription of a contract runs in the system that provisions it.
    SubscriptionProvisioned(SubscriptionProvisioned) = "com.tieout.subscription.subscription.provisioned.v1";
    /// An invoice was issued.
    InvoiceIssued(BillingDocument) = "com.tieout.billing.invoice.issued.v1";
    /// A credit note was issued.
    CreditNoteIssued(BillingDocument) = "com.tieout.billing.credit_memo.issued.v1";
    /// An invoice was voided: it counts as if it had never been issued.
    InvoiceVoided(BillingDocument) = "com.tieout.billing.invoice.voided.v1";
    /// A credit note was voided: its invoice is owed again as if it had never been issued.
    CreditNoteVoided(BillingDocument) = "com.tieout.billing.credit_memo.voided.v1";
    /// A bill run began to issue.
    BillRunStarted(BillRunReport) = "com.tieout.billing.run.started.v1";
    /// A bill run ended.
    BillRunEnded(BillRunReport) = "com.tieout.billing.run.ended.v1";
    /// A draft of an invoice or credit note stands.
    InvoiceDraftOpened(InvoiceDraftReport) = "com.tieout.billing.invoice_draft.opened.v1";
    /// A draft has other content, waits for a second person or was denied.
    InvoiceDraftRefreshed(InvoiceDraftReport) = "com.tieout.billing.invoice_draft.refreshed.v1";
    /// A draft became a document or was withdrawn.
    InvoiceDraftEnded(InvoiceDraftReport) = "com.tieout.billing.invoice_draft.ended.v1";
    /// Collection of an invoice began.
    PaymentInitiated(PaymentInitiated) = "com.tieout.payment.payment.initiated.v1";
    /// An attempt to collect failed.
    PaymentFailed(PaymentFailed) = "com.tieout.payment.payment.failed.v2",
        earlier PaymentFailedV1 = "com.tieout.payment.payment.failed.v1";
    /// Money arrived.
    PaymentSettled(PaymentSettled) = "com.tieout.payment.payment.settled.v1";
    /// Money went back.
    PaymentRefunded(PaymentRefunded) = "com.tieout.payment.payment.refunded.v1";
    /// A payment or credit was set against invoices.
    CashApplied(CashApplied) = "com.tieout.cash.cash.applied.v1";
    /// What was open of an invoice was given up, wholly or in part.
    InvoiceWrittenOff(ReceivableWrittenOff) = "com.tieout.billing.invoice.written_off.v1";
    /// What was given up of an invoice is owed again, because it is paid or credited after all.
    InvoiceRecovered(ReceivableWrittenOff) = "com.tieout.billing.invoice.recovered.v1";
    /// Prepaid credit was granted, used, returned or ended.
    PrepaidMoved(PrepaidMoved) = "com.tieout.cash.prepaid.moved.v1";
    /// Something followed because an invoice was not paid.
    DunningStepped(DunningStepped) = "com.tieout.billing.dunning.stepped.v1";
    /// A revenue schedule exists.
    ScheduleCreated(ScheduleRevised) = "com.tieout.revenue.schedule.created.v1";
    /// A revenue schedule changed.
    ScheduleRevised(ScheduleRevised) = "com.tieout.revenue.schedule.revised.v1";
    /// Revenue was earned.
    RevenueRecognised(RevenueRecognised) = "com.tieout.revenue.revenue.recognized.v1";
    /// One legal entity billed another: one side of it.
    IntercompanyBilled(IntercompanyBilled) = "com.tieout.ledger.intercompany.billed.v1";
    /// A journal was entered by a person or a system rather than by a rule.
    JournalEntered(JournalEntered) = "com.tieout.ledger.journal.entered.v1";
    /// A posted journal was reversed.
    JournalReversed(JournalReversed) = "com.tieout.ledger.journal.reversed.v1";
    /// A period takes no more entries.
    PeriodClosed(PeriodChanged) = "com.tieout.ledger.period.closed.v1";
    /// A closed period takes entries again.
    PeriodReopened(PeriodChanged) = "com.tieout.ledger.period.reopened.v1";
    /// Another system confirmed what we told it.
    EffectConfirmed(EffectConfirmed) = "com.tieout.connection.effect.confirmed.v1";
    /// Something needs a person.
    ExceptionOpened(ExceptionOpened) = "com.tieout.control.exception.opened.v1";
    /// It no longer does.
    ExceptionResolved(ExceptionResolved) = "com.tieout.control.exception.resolved.v1";
    /// A customer account changed.
    CustomerUpdated(CustomerUpdated) = "com.tieout.customer.account.updated.v1";
    /// A customer does not accept an invoice, or part of it.
    DisputeOpened(DisputeOpened) = "com.tieout.billing.dispute.opened.v1";
    /// A dispute was settled.
    DisputeResolved(DisputeResolved) = "com.tieout.billing.dispute.resolved.v1";
    /// Two systems were compared.
    ReconciliationCompleted(ReconciliationRunCompleted) = "com.tieout.recon.run.completed.v1";
    /// Two systems differ and nobody knows why.
    BreakOpened(BreakOpened) = "com.tieout.recon.break.opened.v1";
    /// They no longer do.
    BreakCleared(BreakCleared) = "com.tieout.recon.break.cleared.v1";
    /// An exception changed hands.
    ExceptionAssigned(ExceptionAssigned) = "com.tieout.control.exception.assigned.v1";
    /// An exception went to a higher place.
    ExceptionEscalated(ExceptionEscalated) = "com.tieout.control.exception.escalated.v1";
    /// Something waits for another person.
    ApprovalRequested(ApprovalRequested) = "com.tieout.control.approval.requested.v1";
    /// Another person agreed.
    ApprovalGranted(ApprovalDecided) = "com.tieout.control.approval.granted.v1";
    /// Another person did not agree.
    ApprovalDenied(ApprovalDecided) = "com.tieout.control.approval.denied.v1";
    /// Nobody decided in time.
    ApprovalExpired(ApprovalExpired) = "com.tieout.control.approval.expired.v1";
    /// A replay was tried without effect and waits for another person.
    ReplayRequested(ReplayRequested) = "com.tieout.control.replay.requested.v1";
    /// A replay has run.
    ReplayCompleted(ReplayCompleted) = "com.tieout.control.replay.completed.v1";
    /// A process began.
    ProcessStarted(ProcessStarted) = "com.tieout.control.process.started.v1";
    /// A process came to its end.
    ProcessCompleted(ProcessCompleted) = "com.tieout.control.process.completed.v1";
    /// A process was given up and what it had done was undone.
    ProcessCancelled(ProcessCancelled) = "com.tieout.control.process.cancelled.v1";
    /// What a process waits for has not come in time.
    ProcessOverdue(ProcessOverdue) = "com.tieout.control.process.overdue.v1";
    /// A file was taken in.
    FileReceived(FileReceived) = "com.tieout.control.file.received.v1";
    /// Another system does not answer as it should, and what is for it is held.
    ConnectionDegraded(ConnectionHeld) = "com.tieout.connection.connection.degraded.v1";
    /// An operator holds what is for another system.
    ConnectionPaused(ConnectionHeld) = "com.tieout.connection.connection.paused.v1";
    /// What was held is delivered again.
    ConnectionRecovered(ConnectionRecovered) = "com.tieout.connection.connection.recovered.v1";
    /// A credential stops working soon.
    CredentialExpiring(CredentialExpiring) = "com.tieout.connection.credential.expiring.v1";
    /// Rules have a new version.
    RuleChanged(ConfigurationChanged) = "com.tieout.governance.rule.changed.v1";
    /// A mapping has a new version.
    MappingChanged(ConfigurationChanged) = "com.tieout.governance.mapping.changed.v1";
    /// Which system is of record for what has a new version.
    TopologyChanged(ConfigurationChanged) = "com.tieout.governance.topology.changed.v1";
    /// An event has a new schema.
    SchemaPublished(SchemaPublished) = "com.tieout.governance.schema.published.v1";
    /// A deviation from the house standard was agreed.
    DeviationRecorded(DeviationRecorded) = "com.tieout.governance.deviation.recorded.v1";
}

/// Payload of `customer.account.created`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CustomerCreated {
    /// The customer.
    pub customer: CustomerId,
    /// Its registered name.
    pub legal_name: String,
    /// The currency it is billed in by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The same account in other systems.
    #[serde(default)]
    pub references: Vec<Reference>,
}

/// Payload of `customer.account.standing_changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StandingChanged {
    /// The customer.
    pub customer: CustomerId,
    /// `good`, `grace` (a promise to pay runs), `disputed`, `past_due`, `in_collection`, `written_off`
    /// (given up, and the service stays withheld) or `suspended`.
    pub standing: String,
    /// What is open on its invoices.
    pub open: Vec<Money>,
}

/// Payload of `catalog.product.published`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductPublished {
    /// The product.
    pub product: ProductCode,
    /// Its name on documents.
    pub name: String,
    /// The whole catalogue entry.
    pub content: serde_json::Value,
}

/// Payload of `order.accepted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderAccepted {
    /// Where the order came from.
    pub reference: Reference,
    /// The customer.
    pub customer: CustomerId,
    /// The contract that it became or changed.
    pub contract: ContractId,
    /// What the seller booked.
    pub booked: Money,
}

/// One thing sold, as published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SoldComponent {
    /// The component.
    pub component: ComponentId,
    /// What is sold.
    pub product: ProductCode,
    /// How many.
    pub quantity: Quantity,
    /// In force over these days.
    #[schemars(schema_with = "crate::schema::period")]
    pub period: Period,
}

/// Payload of `contract.activated`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContractActivated {
    /// The contract.
    pub contract: ContractId,
    /// Always 1.
    pub version: u32,
    /// The customer.
    pub customer: CustomerId,
    /// Its term.
    #[schemars(schema_with = "crate::schema::period")]
    pub term: Period,
    /// Total contract value, exclusive of tax.
    pub value: Money,
    /// What is sold.
    pub components: Vec<SoldComponent>,
    /// The same contract in other systems.
    #[serde(default)]
    pub references: Vec<Reference>,
    /// How it is sold through the customer to another, when the customer is a partner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<SoldThroughPartner>,
}

/// Payload of `contract.amended` and `contract.cancelled`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContractAmended {
    /// The contract.
    pub contract: ContractId,
    /// The version that this made.
    pub version: u32,
    /// The customer.
    pub customer: CustomerId,
    /// `upsell`, `downsell`, `price_change`, `addition`, `removal`, `extension` or `cancellation`.
    pub kind: String,
    /// From which day it holds.
    pub effective: Date,
    /// What it adds to the contract value, exclusive of tax; negative when it takes away.
    pub value_change: Money,
    /// What changed, in words.
    pub description: String,
    /// The same change in other systems.
    #[serde(default)]
    pub references: Vec<Reference>,
}

/// Payload of `subscription.activated`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscriptionActivated {
    /// The contract.
    pub contract: ContractId,
    /// The customer.
    pub customer: CustomerId,
    /// What runs.
    pub subscription: SoldComponent,
}

/// Payload of `invoice.issued`, `invoice.voided`, `credit_memo.issued` and `credit_memo.voided`. Amounts of a credit note
/// are positive, and those of a voided invoice are as they were issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BillingDocument {
    /// The invoice; for a credit note, the invoice credited.
    pub invoice: InvoiceId,
    /// The credit note, when this is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_note: Option<CreditNoteId>,
    /// The gapless number printed on the document.
    pub number: String,
    /// The customer who is billed.
    pub customer: CustomerId,
    /// The contract; the first of several, whose lines then name theirs.
    pub contract: ContractId,
    /// The same document in the system that issued it, when that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_in: Option<Reference>,
    /// Why, for a credit note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it is to be paid; for a credit note its date.
    pub due: Date,
    /// Lines.
    pub lines: Vec<DocumentLine>,
    /// Sum of the lines without tax.
    pub net: Money,
    /// Sum of the tax of the lines.
    pub tax: Money,
    /// What stands between net and tax and the total, where the legal entity rounds invoices as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<RoundingLine>,
    /// Net, tax and rounding.
    pub total: Money,
}

/// A line of a billing document, with what it does to the contract's position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentLine {
    /// The line.
    pub line: LineId,
    /// Its contract, where the document spans several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractId>,
    /// To whom it was sold, where somebody else is billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sold_to: Option<CustomerId>,
    /// What was sold.
    pub product: ProductCode,
    /// The component of the contract.
    pub component: ComponentId,
    /// The obligation that its revenue belongs to.
    pub obligation: ObligationId,
    /// What is printed.
    pub description: String,
    /// The arithmetic, to be redone by anyone.
    pub arithmetic: String,
    /// The days of service that it bills.
    #[schemars(schema_with = "crate::schema::period")]
    pub period: Period,
    /// Without tax.
    pub net: Money,
    /// Which tax.
    pub tax_code: String,
    /// At what rate.
    pub tax_rate: Rate,
    /// The tax, rounded once by `half_up`.
    pub tax: Money,
    /// The part of `net` that moves deferred revenue, in minor units.
    pub deferred: i64,
    /// The part of `net` that moves the contract asset (unbilled revenue), in minor units.
    pub unbilled: i64,
}

/// Payload of `cash.applied`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CashApplied {
    /// The payment.
    pub payment: PaymentId,
    /// From whom.
    pub customer: CustomerId,
    /// What was set against what.
    pub applications: Vec<Application>,
    /// What could not be set against anything.
    pub unapplied: Money,
}

/// One amount set against one invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Application {
    /// The invoice.
    pub invoice: InvoiceId,
    /// The amount.
    pub amount: Money,
    /// Who owes the invoice, where that is somebody else than the payer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
}

/// Payload of `effect.confirmed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EffectConfirmed {
    /// The effect.
    pub effect: EffectId,
    /// What it was.
    pub operation: String,
    /// The object that it made or changed there.
    pub reference: Reference,
    /// Whether the outcome was ambiguous and was read back.
    pub read_back: bool,
}

/// Payload of `exception.opened`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionOpened {
    /// The exception.
    pub exception: ExceptionId,
    /// Its class, such as `unknown_product`.
    pub class: String,
    /// What is wrong, in the words of the trade.
    pub summary: String,
    /// What it is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Money>,
    /// Who is to act.
    pub owner: String,
}

/// Payload of `exception.resolved`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionResolved {
    /// The exception.
    pub exception: ExceptionId,
    /// `mended`, `skipped` or `superseded`.
    pub outcome: String,
    /// Why.
    pub reason: String,
}
