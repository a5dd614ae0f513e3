//! Lines: what a document bills or gives back, with everything needed to compute it again.

use crate::taxation::TaxDetail;
use crate::usage::MeasuredBy;
use commerce::{AppliedDiscount, Charge, Measured, Pattern, PriceStep, RatingRefusal};
use serde::{Deserialize, Serialize};
use values::{
    ComponentId, ContractId, Date, Decimal, EntityId, LineId, Money, MoneyRefused, Period,
    ProductCode, Quantity, Rate, UnitPrice,
};

/// What a line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Bills a quantity over days. It covers them.
    Charge,
    /// Takes a quantity over days back from the charge it corrects, because the timeline no longer
    /// expects it. It uncovers them.
    Reduction,
    /// Gives back money for the charge it corrects, whose days stay covered.
    Concession,
}

/// A line that is to be issued. Amounts are signed as on the customer's account: a charge is
/// positive, what is given back is negative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftLine {
    /// What the line does.
    pub kind: LineKind,
    /// The charge that it takes from; always there for a reduction or concession of billed lines.
    pub corrects: Option<LineId>,
    /// The contract that it follows from.
    pub contract: ContractId,
    /// The component of the contract.
    pub component: ComponentId,
    /// What was sold.
    pub product: ProductCode,
    /// Words for the customer.
    pub description: String,
    /// What kind of thing it is for tax.
    pub tax_code: String,
    /// Which revenue account it posts to.
    pub revenue_account_class: String,
    /// How its revenue is earned over `service`.
    pub recognition: Pattern,
    /// The days it bills, inside `window`.
    pub period: Period,
    /// The whole billing period that the price is for.
    pub window: Period,
    /// The days over which it is served: `period`, or the life of a component charged once.
    pub service: Period,
    /// How many, signed; 1 for a flat charge, 0 when only money moves.
    pub quantity: Quantity,
    /// At what charge for a whole billing period.
    pub charge: Charge,
    /// What is taken off it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<AppliedDiscount>,
    /// Exact price of `quantity` for the whole billing period, discounts taken off, signed, in major units.
    pub price: UnitPrice,
    /// Days that count.
    pub numerator: i64,
    /// Days that the price is for.
    pub denominator: i64,
    /// The amount by the rule: rounded once, cumulatively within the billing period, before the
    /// limit of what remains of the line that it corrects.
    pub by_rule: Money,
    /// The amount without tax.
    pub net: Money,
    /// How the amount came about, such as `15 × 1,200.00 × 276/365`.
    pub arithmetic: String,
    /// Version of the policy that prorated and rounded it.
    pub policy_version: u32,
    /// The use behind it, for a component that is measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<Box<MeasuredBy>>,
    /// Which state of its billing period it was decided on; empty for the first lines of a period and
    /// for what covers nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub decided_on: String,
}

/// A line that has been issued and not voided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledLine {
    /// Its identity.
    pub id: LineId,
    /// What was issued.
    pub line: DraftLine,
    /// The rate of tax on it.
    pub tax_rate: Rate,
    /// The tax on it, signed as `line.net`.
    pub tax: Money,
    /// How it was decided, where that was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Box<TaxDetail>>,
}

impl DraftLine {
    /// The exact amount before rounding, in major units; nothing when it does not fit.
    #[must_use]
    pub fn exact(&self) -> Option<Decimal> {
        self.price
            .decimal()
            .checked_mul(Decimal::from(self.numerator))?
            .checked_div(Decimal::from(self.denominator))
    }

    /// The steps of its price for a whole billing period: as measured, or as the charge prices the
    /// agreed quantity. None where only money moves.
    #[must_use]
    pub fn steps(&self) -> Vec<PriceStep> {
        match (&self.measured, self.kind) {
            (Some(measured), _) => measured.steps.clone(),
            (None, LineKind::Charge) => self
                .charge
                .priced(&Measured::of(self.quantity), self.net.currency.exponent())
                .map_or_else(|_| Vec::new(), |priced| priced.steps),
            (None, LineKind::Reduction | LineKind::Concession) => Vec::new(),
        }
    }

    /// What tells it from every other line of the same days that stands; nothing where it covers
    /// none, because money may be given back of them any number of times.
    #[must_use]
    pub fn covers(&self) -> Option<String> {
        let sign = match self.kind {
            LineKind::Charge => '+',
            LineKind::Reduction => '-',
            LineKind::Concession => return None,
        };
        Some(format!("{sign}{}", self.decided_on))
    }

    /// The line as issued under `id` with this tax.
    #[must_use]
    pub fn issued(&self, id: LineId, tax_rate: Rate, tax: Money) -> BilledLine {
        BilledLine {
            id,
            line: self.clone(),
            tax_rate,
            tax,
            detail: None,
        }
    }
}

/// Why billing will not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BillingRefusal {
    /// The timeline cannot be priced.
    #[error(transparent)]
    Rating(#[from] RatingRefusal),
    /// An amount cannot be kept.
    #[error(transparent)]
    Money(#[from] MoneyRefused),
    /// A billed line does not belong to the contract.
    #[error("line {line} bills component {component}, which contract {contract} does not have")]
    ForeignLine {
        /// The line.
        line: LineId,
        /// What it bills.
        component: ComponentId,
        /// The contract that was asked about.
        contract: ContractId,
    },
    /// A line corrects one that was not given.
    #[error("{component}: line {corrects} is corrected but is not among the billed lines")]
    UnknownSource {
        /// The component of the correcting line.
        component: ComponentId,
        /// The line that is missing.
        corrects: LineId,
    },
    /// No rate of tax is stated. Zero must be stated too.
    #[error(
        "no tax rate is in force for entity {entity}, tax code {tax_code:?} on {on}; state one, if only 0"
    )]
    NoTaxRate {
        /// The legal entity that sells.
        entity: EntityId,
        /// The tax code of the line.
        tax_code: String,
        /// The date of the document.
        on: Date,
    },
    /// A price was agreed with a tax in it that is no longer the tax.
    #[error(
        "{component}: its price was agreed with {agreed} tax in it and the rate is {now} now; agree the price again from {from}, the first day that waits to be billed"
    )]
    InclusiveRateChanged {
        /// The component.
        component: ComponentId,
        /// The rate in the price.
        agreed: Rate,
        /// The rate in force.
        now: Rate,
        /// First day of the line.
        from: Date,
    },
}

impl BillingRefusal {
    /// Stable name of this refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rating(refusal) => refusal.code(),
            Self::Money(_) => "amount_too_large",
            Self::ForeignLine { .. } => "foreign_line",
            Self::UnknownSource { .. } => "unknown_source_line",
            Self::NoTaxRate { .. } => "no_tax_rate",
            Self::InclusiveRateChanged { .. } => "inclusive_rate_changed",
        }
    }
}
