//! What commands answer, as types for the published description. The journeys build these as JSON;
//! a test reads real answers back through these types, so that the description stays true.

#![allow(
    missing_docs,
    reason = "the names of the fields say what the schemas publish"
)]

use events::ControlTotal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{
    ApprovalId, BillRunId, ContractId, CreditNoteId, CustomerId, Date, EntityId, ExceptionId,
    FileId, Instant, InvoiceDraftId, InvoiceId, JournalId, Money, Month, PaymentId, ProductCode,
    RefundId, ReplayId,
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
    /// A command that waits for another person: with which request, why, until when it can be
    /// decided, the digest of its evidence, and what it would record in a line.
    Waiting { approval: ApprovalId, status: String, why: String, expires: Instant, evidence: String, impact: String }
    /// What was granted, and what the command answered.
    ApprovalGranted { approval: ApprovalId, status: String, result: serde_json::Value }
    /// How a request ended.
    ApprovalEnded { approval: ApprovalId, status: String }
    /// The delegation that was made.
    Delegated { delegation: String }
    /// The delegation that was taken back.
    DelegationRevoked { delegation: String, status: String }
    /// The version of the approval policy that is in force, and the one that the file states.
    ApprovalPolicyPublished { approval_policy_version: u32, file_version: u32 }
    /// The change of a customer, and whether it holds already.
    CustomerChanged { customer: CustomerId, change: String, effective: Date, status: String }
    /// The planned replay with what its dry run found.
    ReplayPlanned { replay: ReplayId, status: String, dry_run: app::replay::DryRun }
    /// The replay that runs, with how many items, and how many are left as they are.
    ReplayStarted { replay: ReplayId, status: String, items: usize, left: usize }
    /// The bill run that was planned, and how many contracts are due.
    BillRunPlanned { bill_run: BillRunId, status: String, due: i64 }
    /// How a bill run stands.
    BillRunMoved { bill_run: BillRunId, status: String }
    /// The version of the policy for the documents of an entity.
    InvoicePolicySet { entity: EntityId, version: i64 }
    /// What became of a draft: the document, and whether it was refreshed first because something
    /// else was owed than it said.
    DraftFinalised {
        draft: InvoiceDraftId, status: String, total: Money, document: Option<String>, number: Option<String>,
        refreshed: bool,
    }
    /// What a draft says now, and whether that is new.
    DraftRefreshed { draft: InvoiceDraftId, status: String, version: i64, total: Money, refreshed: bool }
    /// The invoice that was voided.
    InvoiceVoided { invoice: InvoiceId, number: String, status: String }
    /// How a replay stands.
    ReplaySteered { replay: ReplayId, status: String }
    /// The endpoint, and whether it is sent anything.
    WebhookEndpointChanged { endpoint: String, status: String }
    /// The endpoint, and until when its secret of before signs too.
    WebhookSecretRotated { endpoint: String, previous_until: Instant }
    /// The signing secret, shown once.
    WebhookSecret { endpoint: String, secret: String }
    /// The message that was queued.
    WebhookQueued { endpoint: String, message: String }
    /// How many events were looked at, and how many messages were queued.
    WebhooksRecovered { endpoint: String, events: u64, queued: u64 }
    /// What is held or goes on, and whether it was not before.
    DeliverySteered { scope: String, name: String, status: String, changed: bool }
    /// The effect, and where it stands now.
    EffectReleased { effect: String, status: String }
    /// The lane, its priority, and how many effects wait in it.
    LanePrioritised { lane: String, priority: i64, effects: u64 }
    /// The flow, its mode, and how many effects that wait were moved.
    FlowModeSet { flow: String, mode: String, moved: usize }
    /// The legal entity that was added.
    EntityAdded { entity: EntityId }
    /// The billing policy that was stated, and its version.
    BillingPolicySet { entity: EntityId, version: u32 }
    /// The version of the letterhead that stands on documents from now on.
    LetterheadSet { entity: EntityId, version: u32 }
    /// The version of the billing details that stand on documents from now on.
    BillingDetailsSet { customer: CustomerId, version: u32 }
    /// The product that was published.
    ProductPublished { product: ProductCode }
    /// The version of the tax table that is in force.
    TaxTable { tax_table_version: u32 }
    /// How the customer stands towards tax from now on.
    TaxProfileSet { customer: CustomerId, tax: serde_json::Value }
    /// The decision, and whose figures were taken: `engine` or `table`.
    TaxTaken { decision: String, taken: String }
    /// The plan, what of its value is billed and what remains, and its parts.
    ProgressStands {
        plan: String, contract: ContractId, value: Money, billed: Money, remaining: Money,
        parts: Vec<ProgressPart>,
    }
    /// A part of a plan: `planned`, `accepted` or `undone`.
    ProgressPart { name: String, amount: Money, status: String, arithmetic: String, on: String, component: String }
    /// The pair, and the journal in the books of each entity.
    EntityBilled { pair: String, amount: Money, status: String, seller_journal: JournalId, buyer_journal: JournalId }
    /// The pair that was taken back, and the number of the credit note.
    EntityBillUndone { pair: String, status: String, credit_note: String }
    /// The version of the posting rules that is in force, and the one that the file states.
    PostingRulesPublished { posting_rules_version: u32, file_version: u32 }
    /// The customer that was added.
    CustomerAdded { customer: CustomerId }
    /// The file, how many of its rows were taken in, its control totals and its bad rows.
    FileTaken {
        file: FileId, name: String, checksum: String, rows: u64, accepted: u64, rejected: u64,
        totals: Vec<ControlTotal>, problems: Vec<FileRowProblem>, taken_in_before: bool,
    }
    /// A bad row of a file.
    FileRowProblem { line: u64, field: String, problem: String }
    /// The contract that is in force, and its value without tax.
    ContractActivated { contract: ContractId, version: u32, value: Money }
    /// The price change and where it stands.
    PriceChangeMoved { price_change: String, status: String }
    /// Which product another system provisions, and within how many hours.
    ProvisioningSet { product: String, within_hours: Option<u16> }
    /// The component that runs.
    Provisioned { contract: ContractId, component: String, status: String, reference: String, confirmed: String, in_time: bool }
    /// The contract's new version, its value and what the change adds to it.
    ContractChanged { contract: ContractId, version: u32, value: Money, value_change: Money }
    /// The documents that were issued, the drafts that stand, how many contracts were held back by an exception or
    /// wait for a tax engine, and the open bill runs to which what they cover was left.
    BillingRun {
        through: Date, documents: Vec<InvoiceId>, drafts: Vec<InvoiceDraftId>, held: u32,
        left_to_runs: Vec<BillRunId>,
    }
    /// The document of the other system, what became of it, and whether it was recorded before.
    OutsideRecorded {
        system: String, outside_id: String, number: String, document: Option<String>, status: String,
        recorded_before: bool,
    }
    /// How many contracts were compared, and how many differences are open.
    BillingVerified { through: Date, contracts: u64, differences: u64 }
    /// The credit note that was issued.
    CreditNoteAdded { credit_note: CreditNoteId, number: String, net: Money, tax: Money, total: Money }
    /// The payment, what of it is set against nothing, and the exception that asks what it is for.
    PaymentRecorded { payment: PaymentId, unapplied: Money, exception: Option<ExceptionId> }
    /// The payment, and what of it is still set against nothing.
    PaymentSet { payment: PaymentId, unapplied: Money }
    /// An amount of one invoice.
    OfInvoice { invoice: InvoiceId, amount: Money }
    /// What a payment was set against, what was let go, and what is left.
    PaymentMatched { payment: PaymentId, applied: Vec<OfInvoice>, written_off: Vec<OfInvoice>, unapplied: Money }
    /// What was taken back from an invoice, and the exception about the money.
    PaymentTakenBack { payment: PaymentId, invoice: InvoiceId, taken_back: Money, unapplied: Money, exception: Option<ExceptionId> }
    /// Who pays for the customer now.
    PayerSet { customer: CustomerId, payer: Option<CustomerId> }
    /// Who is billed for the contract from that day on.
    BillToSet { contract: ContractId, from: Date, bill_to: CustomerId, together: bool, invoice_group: String }
    /// How the invoices are put together from that day on.
    ConsolidationSet { scope: String, id: String, policy: Option<String>, from: Date }
    /// Who looks after what the account owes, and how many open cases went there.
    CollectionsOwnerSet { customer: CustomerId, owner: Option<String>, cases: u64 }
    /// The rows that are in force now.
    PaymentRoutesSet { routes: app::payment_routes::PaymentRoutes }
    /// What was given up, in its parts, and how the invoice stands.
    InvoiceWrittenOff { invoice: InvoiceId, number: String, written_off: Money, loss: Money, tax_relief: Money, open: Money, status: String }
    /// The grant of credit.
    CreditGranted { grant: String, amount: Money, until: Option<Date>, source: String }
    /// The promise that runs.
    PromiseRecorded { case: String, invoice: String, promised: Money, until: Date }
    /// Who works on the invoice.
    CollectionAssigned { case: String, invoice: String, owner: String }
    /// The case whose service is given again: the invoice by number, and the case's status.
    ServiceResumed { case: String, invoice: String, status: String }
    /// The version in force, and how many policies of dunning it has.
    CollectionPolicyPublished { version: u32, policies: usize }
    /// The refund that was asked for.
    RefundAsked { refund: RefundId, amount: Money }
    /// How many obligations earned something, and how much, one sum a currency.
    RevenueRun { through: Date, obligations: u32, recognised: Vec<Money> }
    /// What the statement moved in our books, and how many differences are open for it.
    OutsideRevenueStated { contract: ContractId, through: Date, recognised: Money, differences: u32 }
    /// The journal that was posted.
    JournalPosted { journal: JournalId }
    /// The reversing journal, and the journal that it undoes.
    JournalUndone { journal: JournalId, reverses: JournalId }
    /// The month and its state: `open` or `closed`.
    PeriodChanged { entity: EntityId, month: Month, state: String }
    /// The exception and its status.
    ExceptionChanged { exception: ExceptionId, status: String, code: Option<String> }
    /// The exception, its status and who is to act.
    ExceptionAssigned { exception: ExceptionId, status: String, owner: String }
    /// The exception, its status, its level and whom it was escalated to.
    ExceptionEscalated { exception: ExceptionId, status: String, level: u32, escalated_to: String }
    /// The exception, and its new group or the exception that its item got.
    ExceptionSplit { exception: ExceptionId, group: Option<String>, split: Option<ExceptionId> }
    /// The step, and how many of the playbook's steps are done.
    PlaybookNoted { exception: ExceptionId, step: u32, done: bool, steps_done: u32, steps: u32 }
    /// The proposal and the fields that it changes.
    FixProposed { exception: ExceptionId, fix: String, status: String, changes: Vec<app::journey::exception::fix::FieldDifference> }
    /// The proposal, its exception, and how that stands now.
    FixDecided { fix: String, exception: ExceptionId, status: String }
    /// The action over many, and how many there are.
    BatchBegun { batch: String, status: String, total: u64 }
    /// The action over many and its status.
    BatchStopped { batch: String, status: String }
    /// The incident, its status, and how many exceptions were gathered.
    IncidentChanged { incident: String, status: String, exceptions: u64 }
    /// The dispute, its exception and what is disputed.
    DisputeTaken { dispute: values::DisputeId, exception: ExceptionId, status: String, amount: Money }
    /// The dispute, its outcome code and the credit note that settles it.
    DisputeEnded { dispute: values::DisputeId, status: String, outcome: String, credit_note: Option<CreditNoteId> }
    /// The meter, and the version of the list of meters.
    MeterPublished { meter: values::MeterCode, meters_version: i64 }
    /// The intake, and what became of the event: `accepted`, `late`, `duplicate` or `held`.
    UsageRecorded { intake: i64, result: String }
    /// What became of the events that were held for a contract.
    UsageReleased { contract: ContractId, released: u32, rejected: u32, held: u32 }
    /// How many products and offers were taken in.
    CatalogueImported { products: u64, offers: u64 }
    /// The offer and its version.
    OfferPublished { kind: String, code: String, version: i64 }
    /// The price book as CSV.
    PriceBook { csv: String }
    /// The version of the discount policy, and how many levels it has.
    DiscountPolicyPublished { discount_policy_version: i64, levels: u64 }
    /// The quote, its version, what it comes to and where it deviates from its template.
    QuoteWritten { quote: values::QuoteId, version: i64, status: String, figures: app::journey::quote::QuoteFigures, deviations: Vec<String> }
    /// The quote, its version and where that stands.
    QuoteMoved { quote: values::QuoteId, version: i64, status: String }
    /// The quote, its draft order, and the day by which its contract is to be in force.
    QuoteAccepted { quote: values::QuoteId, version: i64, status: String, order: String, signed: values::Date, activate_by: values::Date }
    /// The quote and the contract that it has become.
    QuoteConverted { quote: values::QuoteId, version: i64, status: String, contract: ContractId, value: Money }
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

/// The events behind an invoice line.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EventsBehind {
    /// What the line rests on.
    pub line: app::query::Metered,
    /// The events, by time.
    pub items: Vec<app::query::EventView>,
    /// Where the next page begins.
    pub next: Option<String>,
}
