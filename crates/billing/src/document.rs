//! Lines with tax on them, made into an invoice, or into a credit note when they come to less than
//! zero.

use crate::line::{BilledLine, BillingRefusal, DraftLine};
use crate::rounding::InvoiceRounding;
use crate::tax::{TaxShare, TaxTable};
use crate::taxation::{TaxDetail, Taxation};
use serde::{Deserialize, Serialize};
use values::{Date, EntityId, LineId, Money, MoneyRefused, Rate, RoundingLine, amount_to_pay};

/// A line with its tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxedLine {
    /// What is billed or given back.
    pub line: DraftLine,
    /// Words for the tax.
    pub tax_name: String,
    /// The rate; for a correction, that of the line it corrects.
    pub tax_rate: Rate,
    /// The tax, signed as `line.net`, rounded half up once.
    pub tax: Money,
    /// How it was decided; nothing for a document of another system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Box<TaxDetail>>,
}

/// An invoice to be issued. Its totals are the sums of its lines, and of its rounding line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceDraft {
    /// Signed as on the account: what is given back is negative.
    pub lines: Vec<TaxedLine>,
    /// Sum of the net amounts, zero or more together with `tax`.
    pub net: Money,
    /// Sum of the taxes.
    pub tax: Money,
    /// What rounds it as a whole, where there is a rule for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<RoundingLine>,
    /// What is to be paid, zero or more.
    pub total: Money,
}

/// A credit note to be issued. Its totals are the sums of its lines, with the sign turned, and of its
/// rounding line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNoteDraft {
    /// Signed as on the account: what is given back is negative.
    pub lines: Vec<TaxedLine>,
    /// Net amount credited, positive.
    pub net: Money,
    /// Tax credited.
    pub tax: Money,
    /// What rounds it as a whole, where there is a rule for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<RoundingLine>,
    /// What the customer gets back: above zero, but where it is rounded away.
    pub total: Money,
    /// Why.
    pub reason: String,
}

/// What a set of lines becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "document", rename_all = "snake_case")]
pub enum Document {
    /// There were no lines.
    Nothing,
    /// They come to zero or more.
    Invoice(InvoiceDraft),
    /// They come to less than zero.
    CreditNote(CreditNoteDraft),
}

impl InvoiceDraft {
    /// The invoice rounded by this rule; as it was without one.
    ///
    /// # Errors
    /// When currencies differ, or the total is too large.
    pub fn rounded(self, rule: Option<InvoiceRounding>) -> Result<InvoiceDraft, MoneyRefused> {
        let Some(rule) = rule else {
            return Ok(self);
        };
        let rounding = rule.line(&self.lines)?;
        Ok(InvoiceDraft {
            total: amount_to_pay(self.net, self.tax, rounding.as_ref())?,
            rounding,
            ..self
        })
    }
}

impl CreditNoteDraft {
    /// A credit note of these lines, without a rounding; nothing of none.
    ///
    /// # Errors
    /// When currencies differ, or a sum is too large.
    pub fn of(
        lines: Vec<TaxedLine>,
        reason: &str,
    ) -> Result<Option<CreditNoteDraft>, MoneyRefused> {
        match Sums::of(&lines)? {
            Some(sums) => credit_note(lines, &sums, reason.to_owned()).map(Some),
            None => Ok(None),
        }
    }

    /// The credit note with this rounding line; without any when there is none.
    ///
    /// # Errors
    /// When currencies differ, or the total is too large.
    pub fn with_rounding(
        self,
        line: Option<RoundingLine>,
    ) -> Result<CreditNoteDraft, MoneyRefused> {
        Ok(CreditNoteDraft {
            total: amount_to_pay(self.net, self.tax, line.as_ref())?,
            rounding: line,
            ..self
        })
    }
}

impl TaxedLine {
    /// The line as issued under `id`.
    #[must_use]
    pub fn issued(&self, id: LineId) -> BilledLine {
        BilledLine {
            detail: self.detail.clone(),
            ..self.line.issued(id, self.tax_rate, self.tax)
        }
    }
}

/// Puts tax on `lines` of one legal entity and adds them up. A charge is taxed at the rate in force
/// `on` the date of the document. A line that corrects one of `billed` gives back that line's tax in
/// proportion, at its rate, so that giving back all of a line gives back exactly its tax.
///
/// # Errors
/// When no rate is stated for a charge, a corrected line is not in `billed`, currencies differ, or
/// a sum is too large.
pub fn draft_document(
    lines: &[DraftLine],
    billed: &[BilledLine],
    taxes: &TaxTable,
    entity: &EntityId,
    on: Date,
) -> Result<Document, BillingRefusal> {
    let taxation = Taxation {
        table: taxes,
        entity,
        buyer: None,
        contract: None,
        on,
        answer: None,
    };
    draft_taxed(lines, billed, &taxation)
}

/// As [`draft_document`], with everything that decides on tax.
///
/// # Errors
/// As [`Taxation::tax`].
pub fn draft_taxed(
    lines: &[DraftLine],
    billed: &[BilledLine],
    taxation: &Taxation<'_>,
) -> Result<Document, BillingRefusal> {
    document_of(taxation.tax(lines, billed)?)
}

/// Why a credit note is issued when nobody asked for one.
pub const LESS_OWED: &str = "less is owed than was billed";

/// What taxed lines become together: an invoice, or a credit note when they come to less than zero.
///
/// # Errors
/// When currencies differ, or a sum is too large.
pub fn document_of(taxed: Vec<TaxedLine>) -> Result<Document, BillingRefusal> {
    let Some(sums) = Sums::of(&taxed)? else {
        return Ok(Document::Nothing);
    };
    if sums.total.minor < 0 {
        let note = credit_note(taxed, &sums, LESS_OWED.to_owned())?;
        return Ok(Document::CreditNote(note));
    }
    Ok(Document::Invoice(InvoiceDraft {
        lines: taxed,
        net: sums.net,
        tax: sums.tax,
        rounding: None,
        total: sums.total,
    }))
}

/// A line that corrects `source`, with its share of the source's tax. `before` are the lines of the
/// same document that stand above it.
pub(crate) fn correction(
    line: &DraftLine,
    source: &BilledLine,
    billed: &[BilledLine],
    before: &[TaxedLine],
) -> Result<TaxedLine, MoneyRefused> {
    let (mut net_before, mut tax_before) = (0_i64, 0_i64);
    let on_source = |corrects: &Option<LineId>| corrects.as_ref() == Some(&source.id);
    let issued = billed
        .iter()
        .filter(|known| on_source(&known.line.corrects))
        .map(|known| (known.line.net, known.tax));
    let drafted = before
        .iter()
        .filter(|known| on_source(&known.line.corrects))
        .map(|known| (known.line.net, known.tax));
    for (net, tax) in issued.chain(drafted) {
        net_before = net_before
            .checked_sub(net.minor)
            .ok_or(MoneyRefused::TooLarge)?;
        tax_before = tax_before
            .checked_sub(tax.minor)
            .ok_or(MoneyRefused::TooLarge)?;
    }
    let share = TaxShare {
        net: source.line.net.minor,
        tax: source.tax.minor,
        net_before,
        tax_before,
    };
    let now = line.net.negated()?.minor;
    let tax = Money::from_minor(share.of(now)?, line.net.currency).negated()?;
    let agreed_with_tax = source.detail.as_ref().and_then(|detail| detail.price);
    let price = agreed_with_tax.map(|_| line.net.plus(tax)).transpose()?;
    Ok(TaxedLine {
        line: line.clone(),
        tax_name: String::from("as on the corrected line"),
        tax_rate: source.tax_rate,
        tax,
        detail: source.detail.as_ref().map(|detail| {
            Box::new(TaxDetail {
                category: detail.category,
                reason: detail.reason.clone(),
                basis: "as on the corrected line".to_owned(),
                parts: Vec::new(),
                price,
            })
        }),
    })
}

/// Sums over the lines of one document.
pub(crate) struct Sums {
    pub(crate) net: Money,
    pub(crate) tax: Money,
    pub(crate) total: Money,
}

impl Sums {
    /// Nothing when there are no lines.
    pub(crate) fn of(lines: &[TaxedLine]) -> Result<Option<Self>, MoneyRefused> {
        let Some(first) = lines.first() else {
            return Ok(None);
        };
        let currency = first.line.net.currency;
        let (mut net, mut tax) = (Money::zero(currency), Money::zero(currency));
        for line in lines {
            net = net.plus(line.line.net)?;
            tax = tax.plus(line.tax)?;
        }
        let total = net.plus(tax)?;
        Ok(Some(Self { net, tax, total }))
    }
}

pub(crate) fn credit_note(
    lines: Vec<TaxedLine>,
    sums: &Sums,
    reason: String,
) -> Result<CreditNoteDraft, MoneyRefused> {
    Ok(CreditNoteDraft {
        lines,
        net: sums.net.negated()?,
        tax: sums.tax.negated()?,
        rounding: None,
        total: sums.total.negated()?,
        reason,
    })
}
