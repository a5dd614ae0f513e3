//! A document with every fact that stands on it.

use crate::{Letterhead, Party};
use values::{Currency, Date, Decimal, Money, Period, Rate, RoundingLine, TaxCategory};

/// Which document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperKind {
    /// Asks for money: 380.
    Invoice,
    /// Gives money back: 381.
    CreditNote,
}

/// How a line is taxed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaxTreatment {
    /// Its category.
    pub category: TaxCategory,
    /// The proportion of the net amount: `0.19` is 19 %.
    pub rate: Rate,
    /// Words for it, such as `VAT 19 %`.
    pub name: String,
    /// Why nothing is charged; for every category but S and Z.
    pub exemption: String,
}

/// What several lines of a document have in common, where it spans contracts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineGroup {
    /// Their contract.
    pub contract: String,
    /// What the customer is called to whom it was sold.
    pub sold_to: String,
}

/// A line. In the sign of its document: on a credit note what is given back is positive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperLine {
    /// The contract and its customer, where the document spans several; lines of one stand together.
    pub group: Option<LineGroup>,
    /// What is billed.
    pub description: String,
    /// How the amount came about, such as `15 × 1,200.00 × 276/365`.
    pub arithmetic: String,
    /// The seller's code of what was sold.
    pub product: String,
    /// The days that it bills.
    pub period: Option<Period>,
    /// How many.
    pub quantity: Decimal,
    /// Of what: a code of UN/ECE recommendation 20, such as `C62` for one, `HUR` for an hour.
    pub unit: String,
    /// Price of one, when `quantity` times it is the net amount.
    pub unit_price: Option<Decimal>,
    /// Without tax.
    pub net: Money,
    /// How it is taxed.
    pub tax: TaxTreatment,
    /// The tax on it.
    pub tax_amount: Money,
}

/// An allowance (or, negative, a charge) on the whole document, taken off before tax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// Why.
    pub reason: String,
    /// How much is taken off; negative when it is added.
    pub amount: Money,
    /// How it is taxed.
    pub tax: TaxTreatment,
    /// The tax that it takes off.
    pub tax_amount: Money,
}

/// Money that had come in when the document was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepayment {
    /// When.
    pub date: Date,
    /// What it was, such as `Prepaid credit`.
    pub words: String,
    /// How much.
    pub amount: Money,
}

/// How the buyer pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentMeans {
    /// By transfer to an account of the letterhead: 58 within SEPA, 30 elsewhere.
    Transfer,
    /// The stored card is charged: 48.
    Card,
}

/// The invoice that a credit note takes back from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditedInvoice {
    /// Its number.
    pub number: String,
    /// Its date.
    pub issued: Option<Date>,
}

/// One part of the breakdown of tax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxPart {
    /// What its lines have in common.
    pub tax: TaxTreatment,
    /// Net amount of its lines less allowances.
    pub taxable: Money,
    /// The tax.
    pub amount: Money,
}

/// The sums of a document, each computed from its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Net amounts of the lines: BT-106.
    pub lines: Money,
    /// Allowances on the document: BT-107.
    pub allowances: Money,
    /// Charges on the document: BT-108.
    pub charges: Money,
    /// Without tax: BT-109.
    pub net: Money,
    /// Tax: BT-110.
    pub tax: Money,
    /// With tax: BT-112.
    pub total: Money,
    /// Paid before: BT-113.
    pub prepaid: Money,
    /// Added to the total by a rule for the document as a whole: BT-114.
    pub rounding: Money,
    /// What remains to be paid: BT-115.
    pub due: Money,
}

/// A document with every fact that stands on it. Made by [`crate::PaperDraft::finish`], which adds
/// it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoicePaper {
    /// Invoice or credit note.
    pub kind: PaperKind,
    /// Its number.
    pub number: String,
    /// Date of issue.
    pub issued: Date,
    /// When it is to be paid.
    pub due_date: Option<Date>,
    /// Currency of every amount.
    pub currency: Currency,
    /// Who sells.
    pub seller: Letterhead,
    /// Who buys.
    pub buyer: Party,
    /// The days that its lines bill, from the first to the last.
    pub period: Option<Period>,
    /// The contract: BT-12.
    pub contract: String,
    /// The buyer's order: BT-13.
    pub order: String,
    /// What a credit note takes back from.
    pub credited: Option<CreditedInvoice>,
    /// Words to the buyer, such as the reason of a credit note: BT-22.
    pub note: String,
    /// How the buyer pays.
    pub means: PaymentMeans,
    /// The lines.
    pub lines: Vec<PaperLine>,
    /// What is taken off or added on the whole.
    pub allowances: Vec<Allowance>,
    /// What had been paid at issue.
    pub prepayments: Vec<Prepayment>,
    /// What stands between net and tax and the amount to pay; nothing where it is zero.
    pub rounding: Option<RoundingLine>,
    /// The breakdown of tax by category, rate and reason.
    pub taxes: Vec<TaxPart>,
    /// The sums.
    pub totals: Totals,
}
