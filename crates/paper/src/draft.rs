//! Adding a document up. Totals are never given from outside: they are the sums of what is above.

use crate::value::{
    Allowance, CreditedInvoice, InvoicePaper, PaperKind, PaperLine, PaymentMeans, Prepayment,
    TaxPart, TaxTreatment, Totals,
};
use crate::{Letterhead, Party};
use values::{Currency, Date, Money, MoneyRefused, Period, RoundingLine};

/// The facts of a document before they are added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperDraft {
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
    /// The contract.
    pub contract: String,
    /// The buyer's order.
    pub order: String,
    /// What a credit note takes back from.
    pub credited: Option<CreditedInvoice>,
    /// Words to the buyer.
    pub note: String,
    /// How the buyer pays.
    pub means: PaymentMeans,
    /// The lines.
    pub lines: Vec<PaperLine>,
    /// What is taken off or added on the whole.
    pub allowances: Vec<Allowance>,
    /// What had been paid at issue.
    pub prepayments: Vec<Prepayment>,
    /// What stands between net and tax and the amount to pay.
    pub rounding: Option<RoundingLine>,
}

/// Why there is no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaperRefused {
    /// It bills nothing.
    #[error("document {number:?} has no line; a document needs at least one")]
    NoLines {
        /// Its number.
        number: String,
    },
    /// It cannot be told from others.
    #[error("the document has no number; number it before it is printed")]
    NoNumber,
    /// An amount is in another currency or too large.
    #[error("document {number}: {refused}")]
    Money {
        /// Its number.
        number: String,
        /// What is wrong.
        refused: MoneyRefused,
    },
}

impl PaperDraft {
    /// Adds it up.
    ///
    /// # Errors
    /// When it has no number or no line, or an amount is in another currency or too large.
    pub fn finish(self) -> Result<InvoicePaper, PaperRefused> {
        if self.number.trim().is_empty() {
            return Err(PaperRefused::NoNumber);
        }
        if self.lines.is_empty() {
            return Err(PaperRefused::NoLines {
                number: self.number,
            });
        }
        let added = self.sums().map_err(|refused| PaperRefused::Money {
            number: self.number.clone(),
            refused,
        });
        let (taxes, totals) = added?;
        Ok(InvoicePaper {
            period: span(&self.lines),
            kind: self.kind,
            number: self.number,
            issued: self.issued,
            due_date: self.due_date,
            currency: self.currency,
            seller: self.seller,
            buyer: self.buyer,
            contract: self.contract,
            order: self.order,
            credited: self.credited,
            note: self.note,
            means: self.means,
            lines: self.lines,
            allowances: self.allowances,
            prepayments: self.prepayments,
            rounding: self.rounding.filter(|line| !line.amount.is_zero()),
            taxes,
            totals,
        })
    }

    fn sums(&self) -> Result<(Vec<TaxPart>, Totals), MoneyRefused> {
        let zero = Money::zero(self.currency);
        let (mut lines, mut allowances, mut charges) = (zero, zero, zero);
        let mut taxes: Vec<TaxPart> = Vec::new();
        for line in &self.lines {
            lines = lines.plus(line.net)?;
            add(&mut taxes, &line.tax, line.net, line.tax_amount)?;
        }
        for allowance in &self.allowances {
            if allowance.amount.minor < 0 {
                charges = charges.minus(allowance.amount)?;
            } else {
                allowances = allowances.plus(allowance.amount)?;
            }
            let (net, tax) = (allowance.amount.negated()?, allowance.tax_amount.negated()?);
            add(&mut taxes, &allowance.tax, net, tax)?;
        }
        let net = lines.minus(allowances)?.plus(charges)?;
        let mut tax = zero;
        for part in &taxes {
            tax = tax.plus(part.amount)?;
        }
        let total = net.plus(tax)?;
        let mut prepaid = zero;
        for prepayment in &self.prepayments {
            prepaid = prepaid.plus(prepayment.amount)?;
        }
        let rounding = self.rounding.map_or(zero, |line| line.amount);
        let totals = Totals {
            lines,
            allowances,
            charges,
            net,
            tax,
            total,
            prepaid,
            rounding,
            due: total.plus(rounding)?.minus(prepaid)?,
        };
        taxes.sort_by(|one, other| {
            let rates = other.tax.rate.decimal().cmp(&one.tax.rate.decimal());
            rates.then_with(|| one.tax.cmp(&other.tax))
        });
        Ok((taxes, totals))
    }
}

/// Parts are told apart by category and rate, as EN 16931 wants it; the words of the first line
/// that has a reason stand for all.
fn add(
    parts: &mut Vec<TaxPart>,
    tax: &TaxTreatment,
    net: Money,
    amount: Money,
) -> Result<(), MoneyRefused> {
    let same = |part: &&mut TaxPart| {
        part.tax.category == tax.category && part.tax.rate.decimal() == tax.rate.decimal()
    };
    match parts.iter_mut().find(same) {
        Some(part) => {
            part.taxable = part.taxable.plus(net)?;
            part.amount = part.amount.plus(amount)?;
            if part.tax.exemption.is_empty() {
                part.tax.exemption.clone_from(&tax.exemption);
            }
        }
        None => parts.push(TaxPart {
            tax: tax.clone(),
            taxable: net,
            amount,
        }),
    }
    Ok(())
}

fn span(lines: &[PaperLine]) -> Option<Period> {
    let periods = || lines.iter().filter_map(|line| line.period);
    let from = periods().map(|period| period.from()).min()?;
    let until = periods().map(|period| period.until()).max()?;
    Period::new(from, until).ok()
}
