//! The bodies of commands. What a body does not say has the default that its field names.

use super::{ChangeBody, PhaseBody};
use commerce::{
    AnchorDay, BillingFrequency, Charge, Collection, CycleAnchor, DayCount, Discount, FirstPart,
    Pattern, PolicyTerms, Price, RenewalTerms, Timing,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{
    AccountCode, ComponentId, ContractId, CreditNoteId, Currency, CustomerId, Date, EntityId,
    ExceptionId, JournalId, LineId, Month, PaymentId, ProductCode, Quantity, Rate, RefundId,
    Rounding, UnitPrice, Zone,
};

/// Body of `create_entity`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateEntity {
    /// Its id, such as `US`.
    pub id: EntityId,
    /// Registered name.
    pub name: String,
    /// Functional currency.
    pub currency: Currency,
    /// Where its days begin and end, such as `America/New_York`.
    pub time_zone: Zone,
}

/// Body of `publish_product`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishProduct {
    /// Its code, such as `PLATFORM`.
    pub code: ProductCode,
    /// Its name on documents.
    pub name: String,
    /// What kind of thing it is for tax; `standard` when absent.
    #[serde(default = "standard")]
    pub tax_code: String,
    /// Which revenue account it posts to: `subscription`, `usage` or `services`.
    #[serde(default = "subscription")]
    pub revenue_class: String,
    /// What it costs.
    pub prices: Vec<Price>,
    /// How its revenue is earned.
    #[serde(default)]
    pub recognition: Pattern,
    /// How parts of its billing periods are priced and rounded, and where periods begin; as its legal
    /// entity does where it says nothing.
    #[serde(default)]
    pub policy: Option<PolicyTerms>,
}

/// Body of `set_tax_rate`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetTaxRate {
    /// Whose sales.
    pub entity: EntityId,
    /// Of what; `standard` when absent.
    #[serde(default = "standard")]
    pub tax_code: String,
    /// The rate: `"0.19"` is 19 %. Zero must be stated, it is never assumed.
    pub rate: Rate,
    /// From which day; always, when absent.
    #[serde(default)]
    pub from: Option<Date>,
    /// What documents call it, such as `VAT 19 %`.
    #[serde(default)]
    pub name: Option<String>,
}

/// Body of `publish_posting_rules`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishPostingRules {
    /// The rule book in TOML.
    pub toml: String,
}

/// An amount in major units, as text: `"12.50"`. A whole number may stand without quotes; a JSON
/// number with a point is refused, because the reader before us may have lost a cent of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("type" = ["string", "integer"], "pattern" = r"^-?\d+(\.\d+)?$"))]
pub struct Amount(String);

impl std::ops::Deref for Amount {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<values::Money> for Amount {
    /// As it comes back when it is read again: a command is known by its text.
    fn from(money: values::Money) -> Self {
        Self(UnitPrice::new(money.decimal()).to_string())
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The same reader as for prices and quantities, so that all say the same.
        UnitPrice::deserialize(deserializer).map(|exact| Self(exact.to_string()))
    }
}

/// An object of another system.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceBody {
    /// The system, such as `salesforce`.
    pub system: String,
    /// Its word for the kind of object.
    pub kind: String,
    /// Its id.
    pub id: String,
}

/// Body of `create_customer`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCustomer {
    /// Its id; minted when absent.
    #[serde(default)]
    pub id: Option<CustomerId>,
    /// Registered name.
    pub legal_name: String,
    /// Billed in this currency when a contract does not say.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// How its invoices are collected: `card` or `transfer`.
    #[serde(default)]
    pub collection: Collection,
    /// The processor's handle of a stored means of payment.
    #[serde(default)]
    pub payment_method: Option<String>,
    /// Days from invoice to due date.
    #[serde(default)]
    pub payment_terms_days: u16,
    /// Day of the month on which the billing periods of its contracts begin, 1 to 31, so that one
    /// invoice can hold them all; the first day of each contract when absent.
    #[serde(default)]
    pub billing_day: Option<AnchorDay>,
    /// Its class, one of those of the collection policy, such as `key_account`: late payment may be
    /// followed up in another way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The same account in other systems.
    #[serde(default)]
    pub references: Vec<ReferenceBody>,
}

/// Body of `activate_contract`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivateContract {
    /// Its id; minted when absent.
    #[serde(default)]
    pub id: Option<ContractId>,
    /// Who buys.
    pub customer: CustomerId,
    /// Which legal entity sells.
    pub entity: EntityId,
    /// Currency; the customer's, else the entity's, when absent.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// First day of service.
    pub start: Date,
    /// Last day of service.
    pub end: Date,
    /// Day of the month on which billing periods begin, 1 to 31; that of the customer, else the day
    /// of `start`, when absent.
    #[serde(default)]
    pub billing_day: Option<i8>,
    /// What is sold.
    pub lines: Vec<ContractLine>,
    /// What happens when the term runs out; it ends, when absent.
    #[serde(default)]
    pub renewal: Option<RenewalTerms>,
    /// What is taken off its prices from the start.
    #[serde(default)]
    pub discounts: Vec<Discount>,
    /// The same contract in other systems.
    #[serde(default)]
    pub references: Vec<ReferenceBody>,
    /// How it is sold through the customer to another, when the customer is a partner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<commerce::PartnerSale>,
}

/// One thing sold. What is not stated comes from the catalogue.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractLine {
    /// Its id, to be named in amendments; minted when absent.
    #[serde(default)]
    pub component: Option<ComponentId>,
    /// What is sold.
    pub product: ProductCode,
    /// How many; 1 when absent.
    #[serde(default = "one")]
    pub quantity: Quantity,
    /// Price of one unit for one whole billing period, instead of the catalogue's charge.
    #[serde(default)]
    pub unit_price: Option<UnitPrice>,
    /// The whole charge, instead of the catalogue's.
    #[serde(default)]
    pub charge: Option<Charge>,
    /// How long a billing period is, when not as in the catalogue.
    #[serde(default)]
    pub billing: Option<BillingFrequency>,
    /// When a period is charged, when not as in the catalogue.
    #[serde(default)]
    pub timing: Option<Timing>,
    /// How revenue is earned, when not as in the catalogue.
    #[serde(default)]
    pub recognition: Option<Pattern>,
    /// What a part of a billing period costs.
    #[serde(default)]
    pub proration: Option<DayCount>,
    /// How exact amounts become minor units.
    #[serde(default)]
    pub rounding: Option<Rounding>,
    /// What period the first part is a share of.
    #[serde(default)]
    pub first_part: Option<FirstPart>,
    /// Where billing periods begin, when not on the billing day of the contract.
    #[serde(default)]
    pub anchor: Option<CycleAnchor>,
    /// Words on the invoice; the product's name when absent.
    #[serde(default)]
    pub description: Option<String>,
    /// First day of service of this line; the contract's when absent.
    #[serde(default)]
    pub start: Option<Date>,
    /// Phases that it goes through from its first day on, such as a trial.
    #[serde(default)]
    pub phases: Vec<PhaseBody>,
    /// What its quantity is measured by, when not as in the catalogue.
    #[serde(default)]
    pub measure: Option<commerce::Measure>,
    /// Whether the price has the tax in it, at the rate of the first day: net and tax of a line then
    /// add up to the price to the minor unit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub price_includes_tax: bool,
}

/// Body of `amend_contract`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendContract {
    /// The contract.
    pub contract: ContractId,
    /// From which day the change holds; past days are allowed.
    pub effective: Date,
    /// What changes.
    pub change: ChangeBody,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// The same change in other systems.
    #[serde(default)]
    pub references: Vec<ReferenceBody>,
}

/// Body of `run_billing`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunBilling {
    /// Bills what is owed through this day.
    pub through: Date,
    /// Only this entity.
    #[serde(default)]
    pub entity: Option<EntityId>,
    /// Only this contract.
    #[serde(default)]
    pub contract: Option<ContractId>,
}

/// Body of `issue_credit_note`: exactly one of `full`, `fraction`, `amount` and `lines`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueCreditNote {
    /// Its id; minted when absent.
    #[serde(default)]
    pub id: Option<CreditNoteId>,
    /// The invoice, by id or number.
    pub invoice: String,
    /// Why; printed on the document.
    pub reason: String,
    /// Everything that is left of it.
    #[serde(default)]
    pub full: bool,
    /// This part of every line as it was billed: `"0.5"` is one half.
    #[serde(default)]
    pub fraction: Option<Rate>,
    /// So much without tax, spread over the lines in proportion to what is left of each.
    #[serde(default)]
    pub amount: Option<Amount>,
    /// So much of each of these lines, without tax.
    #[serde(default)]
    pub lines: Vec<CreditLine>,
}

/// How much of a line is credited.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditLine {
    /// The line of the invoice.
    pub line: LineId,
    /// Without tax, in major units.
    pub amount: Amount,
}

/// Body of `record_payment`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordPayment {
    /// Its id; minted when absent.
    #[serde(default)]
    pub id: Option<PaymentId>,
    /// From whom; may be left out when an invoice is named.
    #[serde(default)]
    pub customer: Option<CustomerId>,
    /// The invoice that the payer named, by id or number.
    #[serde(default)]
    pub invoice: Option<String>,
    /// To which entity; that of the invoice when absent.
    #[serde(default)]
    pub entity: Option<EntityId>,
    /// What the payer paid, in major units.
    pub amount: Amount,
    /// Currency; that of the invoice when absent.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// What the processor kept, in major units; nothing when absent.
    #[serde(default)]
    pub fee: Option<Amount>,
    /// `card` or `transfer`; `transfer` when absent.
    #[serde(default)]
    pub method: Option<String>,
    /// What the payer wrote: it names invoices, and is matched by the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The day on which the money arrived, on the calendar of the entity; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Date>,
    /// The same payment in other systems.
    #[serde(default)]
    pub references: Vec<ReferenceBody>,
}

/// Body of `import_customers`, `import_contracts`, `import_payments` and `import_journals`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportFile {
    /// What its sender calls it.
    pub name: String,
    /// The file: CSV in UTF-8 with a header line. Columns are the fields of the command that each row
    /// is, inner ones as `list[0].field`; the column `idempotency_key` is optional.
    pub content: String,
    /// SHA-256 of the content in hexadecimal, as its sender states it.
    #[serde(default)]
    pub checksum: Option<String>,
    /// How many rows it has, as its sender states it.
    #[serde(default)]
    pub rows: Option<u64>,
    /// Sums of columns, as their sender states them.
    #[serde(default)]
    pub totals: Vec<StatedTotal>,
    /// What happens when some rows are bad; the whole file is refused when absent.
    #[serde(default)]
    pub bad_rows: BadRows,
}

/// The sum of a column over the rows of one currency.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatedTotal {
    /// The column, such as `amount`.
    pub column: String,
    /// The rows with this in their column `currency`.
    pub currency: Currency,
    /// The sum, in major units.
    pub amount: Amount,
}

/// What happens to a file of which some rows are bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BadRows {
    /// Nothing of it is taken in, and every bad row is named.
    #[default]
    Refuse,
    /// The good rows are taken in; the bad ones are kept as rejected, each with its reason.
    SetAside,
}

/// Body of `apply_payment`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyPayment {
    /// The payment.
    pub payment: PaymentId,
    /// Whose payment it is, where nobody knew yet.
    #[serde(default)]
    pub customer: Option<CustomerId>,
    /// The invoice, by id or number; the oldest due first when absent.
    #[serde(default)]
    pub invoice: Option<String>,
}

/// Body of `refund_payment`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundPayment {
    /// Its id; minted when absent.
    #[serde(default)]
    pub id: Option<RefundId>,
    /// The payment to give back.
    pub payment: PaymentId,
    /// How much, in major units; everything that may be given back when absent.
    #[serde(default)]
    pub amount: Option<Amount>,
    /// Why.
    pub reason: String,
}

/// Body of `recognise_revenue`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecogniseRevenue {
    /// Recognises what is earned through this day.
    pub through: Date,
    /// Only this entity.
    #[serde(default)]
    pub entity: Option<EntityId>,
    /// Only this contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractId>,
}

/// Body of `post_journal`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostJournal {
    /// Its id; minted when absent.
    #[serde(default)]
    pub id: Option<JournalId>,
    /// Whose books.
    pub entity: EntityId,
    /// Accounting date.
    pub date: Date,
    /// Why it is needed.
    pub reason: String,
    /// Its lines; debits and credits must be equal.
    pub lines: Vec<PostJournalLine>,
}

/// A line of an entered journal: a debit or a credit.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostJournalLine {
    /// The account.
    pub account: AccountCode,
    /// Debit in major units.
    #[serde(default)]
    pub debit: Option<Amount>,
    /// Credit in major units.
    #[serde(default)]
    pub credit: Option<Amount>,
    /// Currency; the entity's when absent.
    #[serde(default)]
    pub currency: Option<Currency>,
}

/// Body of `reverse_journal`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReverseJournal {
    /// The journal.
    pub journal: JournalId,
    /// Accounting date of the reversal; that of the journal when absent.
    #[serde(default)]
    pub date: Option<Date>,
    /// Why.
    pub reason: String,
}

/// Body of `close_period`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePeriod {
    /// Whose books.
    pub entity: EntityId,
    /// Which month, such as `2026-01`.
    pub month: Month,
}

/// Body of `reopen_period`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReopenPeriod {
    /// Whose books.
    pub entity: EntityId,
    /// Which month.
    pub month: Month,
    /// Why.
    pub reason: String,
}

/// Body of `resolve_exception`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveException {
    /// The exception.
    pub exception: ExceptionId,
    /// `mended` or `skipped`.
    pub outcome: String,
    /// How it ended, as a code of its kind of case; the usual one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why.
    pub reason: String,
}

/// Body of `assign_exception`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignException {
    /// The exception.
    pub exception: ExceptionId,
    /// A role or a person.
    pub owner: String,
}

fn standard() -> String {
    "standard".to_owned()
}

fn subscription() -> String {
    "subscription".to_owned()
}

fn one() -> Quantity {
    Quantity::from(1)
}
