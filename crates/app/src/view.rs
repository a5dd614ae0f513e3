//! What people and programs see: plain read models, filled by queries and drawn by the console and
//! the API. Figures are exact; each carries the link to the rows behind it where it has one.

mod exceptions;
mod flow;
mod overview;

pub use exceptions::*;
pub use flow::*;
pub use overview::*;

use schemars::JsonSchema;
use serde::Serialize;
use values::{Date, Instant, Money, Month, RoundingLine};

/// One page of a longer list. `next` goes back as `cursor` to get the following page.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct Page<T> {
    /// The rows, newest first unless the list says otherwise.
    pub items: Vec<T>,
    /// Opaque; absent on the last page.
    pub next: Option<String>,
}

/// A line of the exception inbox.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExceptionRow {
    /// Its id.
    pub id: String,
    /// Its class, such as `unknown_product`.
    pub class: String,
    /// What is wrong, in the words of the trade.
    pub summary: String,
    /// The customer's name, where there is one.
    pub customer: Option<String>,
    /// The document or outside object concerned.
    pub document: Option<String>,
    /// What is at stake.
    pub value: Option<Money>,
    /// The role or person who is to act.
    pub owner: String,
    /// `open`, `acknowledged`, `assigned`, `verifying` or `resolved`.
    pub status: String,
    /// When it was opened.
    pub opened: Instant,
    /// Age in words, such as `2 d`.
    pub age: String,
    /// `low`, `normal`, `high` or `blocks_close`.
    pub severity: String,
    /// The accounting month at risk.
    pub period: Option<String>,
    /// When it is to be settled.
    pub due: Option<Instant>,
    /// Whether that has passed.
    pub overdue: bool,
    /// How often it was escalated.
    pub level: i64,
}

/// Everything about one exception.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExceptionDetail {
    /// The row of the inbox.
    pub row: ExceptionRow,
    /// What to do, step by step.
    pub playbook: Vec<String>,
    /// The rule or check that failed, with the facts.
    pub detail: String,
    /// The payload as it was received, pretty-printed, when there is one.
    pub payload: Option<String>,
    /// The measures of the tie-out that it explains.
    pub explains: Vec<String>,
    /// Any id that opens its chain.
    pub chain: Option<String>,
    /// Others of the same class that were resolved, newest first.
    pub similar: Vec<SimilarFix>,
    /// How it was resolved, when it was.
    pub resolution: Option<String>,
    /// Terms, playbook, proposals and trail.
    pub work: ExceptionWork,
}

/// How an exception of the same class was resolved before.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SimilarFix {
    /// The exception.
    pub id: String,
    /// What was wrong.
    pub summary: String,
    /// How it ended.
    pub resolution: String,
    /// When.
    pub resolved: Instant,
    /// Outcome code, where one was kept.
    pub code: Option<String>,
    /// Who ended it.
    pub by: Option<String>,
    /// How long it was open, in words.
    pub took: String,
    /// Whether it was of the same group, not only of the same class.
    pub same_cause: bool,
}

/// What kind of hop a chain shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HopKind {
    /// Something happened.
    Fact,
    /// Money or the books moved.
    Money,
    /// Something went wrong or waits.
    Stop,
}

/// One hop of a chain of evidence.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Hop {
    /// When it happened.
    pub time: Instant,
    /// The day it counts for accounting, where it does.
    pub effective: Option<Date>,
    /// Colour and weight.
    pub kind: HopKind,
    /// What happened, in words.
    pub title: String,
    /// The object, by id, where it has one.
    pub object: Option<String>,
    /// Cause, arithmetic or outcome, in a quiet line.
    pub why: String,
    /// The rule and its version that decided, where one did.
    pub rule: Option<String>,
    /// Who or what did it.
    pub actor: String,
    /// How much.
    pub amount: Option<Money>,
    /// The event of the log.
    pub event: Option<String>,
}

/// The whole chain that an id belongs to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Chain {
    /// The id that was asked for.
    pub asked: String,
    /// The chain.
    pub correlation: String,
    /// What it is about, for people.
    pub title: String,
    /// Customer, contract and other anchors: (label, text, console path).
    pub anchors: Vec<Anchor>,
    /// The hops in order.
    pub hops: Vec<Hop>,
}

/// A label with a link.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Anchor {
    /// What it is.
    pub label: String,
    /// Its id or name.
    pub text: String,
    /// Console path, where it has a page.
    pub href: Option<String>,
}

/// A line of the list of invoices and credit notes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InvoiceRow {
    /// Its id.
    pub id: String,
    /// The printed number.
    pub number: String,
    /// `invoice` or `credit_note`.
    pub kind: String,
    /// Legal entity.
    pub entity: String,
    /// Customer id.
    pub customer: String,
    /// Customer's name.
    pub customer_name: String,
    /// Contract.
    pub contract: String,
    /// Date of issue.
    pub issued: Date,
    /// When it is to be paid.
    pub due: Date,
    /// `open`, `partly_paid`, `paid`, `credited`.
    pub status: String,
    /// With tax.
    pub total: Money,
    /// What is still to be paid.
    pub open: Money,
}

/// A line of an invoice.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InvoiceLine {
    /// Its id.
    pub id: String,
    /// What was sold.
    pub product: String,
    /// What is printed.
    pub description: String,
    /// The arithmetic.
    pub arithmetic: String,
    /// Whether use was measured for it: its events can be opened.
    pub measured: bool,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Without tax.
    pub net: Money,
    /// Tax code and rate in words, such as `standard 19 %`.
    pub tax_name: String,
    /// Tax.
    pub tax: Money,
}

/// One movement on an invoice: a payment set against it, prepaid credit, a credit note, a refund.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Movement {
    /// When.
    pub time: Instant,
    /// What, in words.
    pub title: String,
    /// The payment, the grant of prepaid credit or the credit note.
    pub object: String,
    /// How much it takes off the invoice.
    pub amount: Money,
}

/// A step in the life of an invoice or credit note.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TrailStep {
    /// When.
    pub at: Instant,
    /// `draft`, `waiting`, `approved`, `denied`, `refreshed`, `finalised`, `issued`, `sent`, `delivered`,
    /// `collecting`, `failed`, `partly_paid`, `paid`, `released`, `credited`, `disputed`,
    /// `dispute_resolved`, `written_off`, `recovered` or `void`.
    pub step: String,
    /// In words.
    pub words: String,
    /// Who or what did it.
    pub actor: String,
    /// The id of what is behind it: a draft, request, payment, credit note, dispute or effect.
    pub object: String,
    /// How much, where it moved or stated an amount.
    pub amount: Option<Money>,
}

/// An invoice with everything about it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InvoiceDetail {
    /// The row of the list.
    pub row: InvoiceRow,
    /// Sum without tax.
    pub net: Money,
    /// Sum of tax.
    pub tax: Money,
    /// What stands between net and tax and the total, with its rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<RoundingLine>,
    /// Its lines.
    pub lines: Vec<InvoiceLine>,
    /// What was set against it.
    pub movements: Vec<Movement>,
    /// What became of it, oldest first: drafted, approved, issued, told to others, paid, credited,
    /// given up, voided.
    pub trail: Vec<TrailStep>,
    /// Journals that it made, by id.
    pub journals: Vec<JournalRow>,
    /// For a credit note: why, and the invoice credited.
    pub reason: Option<String>,
    /// The other document: the invoice of a credit note.
    pub source: Option<String>,
}

/// A line of the trial balance.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BalanceRow {
    /// Account code.
    pub account: String,
    /// Account name.
    pub name: String,
    /// `asset`, `liability`, `equity`, `income`, `expense`.
    pub kind: String,
    /// At the start of the month; debit positive.
    pub opening: Money,
    /// Debits of the month.
    pub debit: Money,
    /// Credits of the month, positive.
    pub credit: Money,
    /// At the end of the month; debit positive.
    pub closing: Money,
    /// What it ties out with, and how that stands.
    pub ties_out: Option<(String, TieOutStatus)>,
}

/// The trial balance of one entity, currency and month.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TrialBalance {
    /// Legal entity id.
    pub entity: String,
    /// Its name.
    pub entity_name: String,
    /// Month.
    pub month: Month,
    /// `open` or `closed`.
    pub state: String,
    /// One row an account and currency that ever moved.
    pub rows: Vec<BalanceRow>,
    /// Sums: opening and closing are zero, debit equals credit. One a currency.
    pub totals: Vec<BalanceRow>,
}

/// A posted line behind a balance.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PostedLine {
    /// The journal.
    pub journal: String,
    /// Accounting date.
    pub date: Date,
    /// What happened, in words.
    pub narration: String,
    /// The document behind it, where there is one.
    pub document: Option<String>,
    /// The contract behind it, where there is one.
    pub contract: Option<String>,
    /// Customer's name, where there is one.
    pub customer: Option<String>,
    /// Debit positive, credit negative.
    pub amount: Money,
    /// Balance after this line, within the period shown.
    pub running: Money,
}

/// The lines of one account in one month.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AccountDetail {
    /// The account's row of the trial balance.
    pub row: BalanceRow,
    /// Legal entity.
    pub entity: String,
    /// Month.
    pub month: Month,
    /// The lines in order.
    pub lines: Page<PostedLine>,
}

/// A line of the list of journals.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct JournalRow {
    /// Its id.
    pub id: String,
    /// Legal entity.
    pub entity: String,
    /// Accounting date.
    pub date: Date,
    /// What happened, in words.
    pub narration: String,
    /// The rule and version that made it, or `manual`.
    pub rule: String,
    /// Sum of its debits.
    pub amount: Money,
    /// How its delivery to the outside ledger stands: `confirmed`, `waiting`, `parked`, or nothing.
    pub delivery: Option<String>,
}

/// A journal with its lines and what made it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct JournalDetail {
    /// The row of the list.
    pub row: JournalRow,
    /// When it was recorded.
    pub recorded: Instant,
    /// The event that made it.
    pub event: String,
    /// Its type.
    pub event_type: String,
    /// The document behind it.
    pub document: Option<String>,
    /// The contract behind it.
    pub contract: Option<String>,
    /// Its id in the outside ledger, once confirmed.
    pub external: Option<String>,
    /// Its lines: account, name, amount (debit positive).
    pub lines: Vec<JournalLine>,
}

/// A line of a journal.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct JournalLine {
    /// Account code.
    pub account: String,
    /// Account name.
    pub name: String,
    /// Debit positive, credit negative.
    pub amount: Money,
    /// Product, where the line has one.
    pub product: Option<String>,
}

/// A line of the list of contracts.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ContractRow {
    /// Its id.
    pub id: String,
    /// Customer id.
    pub customer: String,
    /// Customer's name.
    pub customer_name: String,
    /// Legal entity.
    pub entity: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Version.
    pub version: u32,
    /// `active`, `amended`, `cancelled`, `expired`.
    pub status: String,
    /// Total value, exclusive of tax.
    pub value: Money,
}

/// Where a contract stands in money.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Position {
    /// Total value, exclusive of tax.
    pub value: Money,
    /// Billed so far, exclusive of tax, less credits.
    pub billed: Money,
    /// Collected so far, with tax.
    pub collected: Money,
    /// Recognised so far.
    pub recognised: Money,
    /// Billed and not yet earned.
    pub deferred: Money,
    /// Earned and not yet billed.
    pub unbilled: Money,
    /// Open on its invoices, with tax.
    pub receivable: Money,
}

/// A contract with everything about it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ContractDetail {
    /// The row of the list.
    pub row: ContractRow,
    /// One sentence on what is sold, such as `Platform, 40 seats, annual in advance`.
    pub summary: String,
    /// How it is sold through its customer to another.
    pub partner: Option<PartnerRow>,
    /// Where it stands.
    pub position: Position,
    /// What is sold: product, description, quantity today, price and frequency in words.
    pub components: Vec<ComponentRow>,
    /// How other systems stand: (system, state in words, whether it agrees).
    pub elsewhere: Vec<Elsewhere>,
    /// The chain.
    pub chain: Chain,
    /// Its invoices and credit notes.
    pub invoices: Vec<InvoiceRow>,
}

/// A sale through a partner.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PartnerRow {
    /// As what we take part: `principal` or `agent`.
    pub role: String,
    /// Who uses what is sold.
    pub end_customer: String,
    /// The part of the price that is ours, in words; nothing for a principal, whose is the whole price.
    pub commission: Option<String>,
    /// What is worth between the partner and the end customer where we are the agent, and what the
    /// partner buys where we are the principal.
    pub sold: Money,
}

/// One thing sold.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ComponentRow {
    /// Product code.
    pub product: String,
    /// What is sold.
    pub description: String,
    /// How many now.
    pub quantity: String,
    /// Price and frequency in words, such as `1,200.00 EUR per seat and year, in advance`.
    pub terms: String,
}

/// How another system stands on an object.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Elsewhere {
    /// The system.
    pub system: String,
    /// In words: `agrees`, `2 waiting`, `1 parked`.
    pub state: String,
    /// Whether it agrees.
    pub agrees: bool,
}

/// A line of the list of payments.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PaymentRow {
    /// Its id.
    pub id: String,
    /// Customer's name, where it is known.
    pub customer: Option<String>,
    /// `initiated`, `failed`, `settled`, `refunded`.
    pub status: String,
    /// `card` or `transfer`.
    pub method: String,
    /// When it was settled or last tried.
    pub time: Instant,
    /// What the payer paid or was asked for.
    pub amount: Money,
    /// What the processor kept.
    pub fee: Money,
    /// What is set against nothing.
    pub unapplied: Money,
    /// Its id at the processor.
    pub external: Option<String>,
    /// The invoice collected, where there is one.
    pub invoice: Option<String>,
}

/// A line of the list of customers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CustomerRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `good`, `past_due`, `in_collection`.
    pub standing: String,
    /// Open on its invoices, one a currency.
    pub open: Vec<Money>,
    /// How many contracts it has.
    pub contracts: i64,
}

/// A hit of the search box.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SearchHit {
    /// `contract`, `invoice`, `payment`, `journal`, `customer`, `exception` or the outside kind.
    pub kind: String,
    /// The id found.
    pub id: String,
    /// What it is, for people.
    pub title: String,
    /// Console path.
    pub href: String,
}

/// A customer with what it has bought and what it owes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CustomerDetail {
    /// The row of the list.
    pub row: CustomerRow,
    /// Its ids in other systems, billing country and other anchors.
    pub anchors: Vec<Anchor>,
    /// Its contracts, newest first.
    pub contracts: Vec<ContractRow>,
    /// Its invoices and credit notes, newest first, at most the last fifty.
    pub invoices: Vec<InvoiceRow>,
    /// Its open exceptions by value.
    pub exceptions: Vec<ExceptionRow>,
}
