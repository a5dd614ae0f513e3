//! What EN 16931 demands of a document, looked at before anything is written, so that a refusal
//! names everything at once.

use crate::InvoicePaper;
use crate::figures;
use crate::value::{PaperKind, TaxPart};
use values::{Decimal, TaxCategory};

/// Why there is no UBL: every demand of EN 16931 that the document does not meet, each with its
/// rule, the field and the mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("document {number} cannot be written as EN 16931: {}", told.join("; "))]
pub struct UblRefused {
    /// Number of the document.
    pub number: String,
    /// What is missing or not allowed.
    pub told: Vec<String>,
}

impl UblRefused {
    pub(super) fn unwritable(paper: &InvoicePaper, error: &std::io::Error) -> Self {
        Self {
            number: paper.number.clone(),
            told: vec![format!("the XML cannot be written: {error}")],
        }
    }
}

pub(super) fn check(paper: &InvoicePaper) -> Result<(), UblRefused> {
    let mut told = Vec::new();
    parties(paper, &mut told);
    taxes(paper, &mut told);
    amounts(paper, &mut told);
    if told.is_empty() {
        return Ok(());
    }
    Err(UblRefused {
        number: paper.number.clone(),
        told,
    })
}

fn parties(paper: &InvoicePaper, told: &mut Vec<String>) {
    let (seller, buyer) = (&paper.seller, &paper.buyer);
    let mut want = |missing: bool, words: &str| {
        if missing {
            told.push(words.to_owned());
        }
    };
    want(
        seller.name.trim().is_empty(),
        "the seller's name is missing (BR-06): set `name` on the letterhead",
    );
    want(
        seller.address.country.is_empty(),
        "the seller's country is missing (BR-09): set `address.country` on the letterhead",
    );
    want(
        buyer.name.trim().is_empty(),
        "the buyer's name is missing (BR-07): set `name` in the billing details of the customer",
    );
    want(
        buyer.address.country.is_empty(),
        "the buyer's country is missing (BR-11): set `address.country` in the billing details of \
         the customer",
    );
    want(
        seller.vat_id.is_empty() && seller.registration.is_none(),
        "nothing identifies the seller (BR-CO-26): set `vat_id` or `registration` on the letterhead",
    );
    let unpaid = paper.totals.due.minor > 0;
    let terms = paper.due_date.is_some() || !seller.terms.is_empty();
    want(
        unpaid && !terms && paper.kind == PaperKind::Invoice,
        "neither a due date nor terms of payment (BR-CO-25): set `terms` on the letterhead",
    );
}

fn taxes(paper: &InvoicePaper, told: &mut Vec<String>) {
    let (seller, buyer) = (&paper.seller, &paper.buyer);
    let outside = paper
        .taxes
        .iter()
        .any(|part| part.tax.category == TaxCategory::O);
    if outside && paper.taxes.len() > 1 {
        told.push(
            "lines outside the scope of VAT stand beside others (BR-O-11): bill them apart"
                .to_owned(),
        );
    }
    for part in &paper.taxes {
        let category = part.tax.category;
        let code = category.code();
        let zero = part.tax.rate.decimal().is_zero();
        if (category == TaxCategory::S) == zero {
            told.push(format!(
                "category {code} at the rate {} (BR-{code}-05): only S has a rate, above zero",
                part.tax.rate
            ));
        }
        if category.needs_reason() && part.tax.exemption.trim().is_empty() {
            told.push(format!(
                "nothing says why no tax is charged under category {code} (BR-{code}-10): state \
                 the reason with the tax rate"
            ));
        }
        let identified =
            !seller.vat_id.is_empty() || (!seller.tax_number.is_empty() && !eu_only(category));
        if category != TaxCategory::O && !identified {
            told.push(format!(
                "the seller has no VAT identifier, which category {code} needs (BR-{code}-02): \
                 set `vat_id` on the letterhead"
            ));
        }
        let buyer_known = match category {
            TaxCategory::AE => !buyer.vat_id.is_empty() || !buyer.registration.is_empty(),
            TaxCategory::K => !buyer.vat_id.is_empty(),
            _ => true,
        };
        if !buyer_known {
            told.push(format!(
                "the buyer has no VAT identifier, which category {code} needs (BR-{code}-02): set \
                 `vat_id` in the billing details of the customer"
            ));
        }
        drift(part, told);
    }
}

/// Whether a tax number that is no VAT identifier does not do for the seller.
fn eu_only(category: TaxCategory) -> bool {
    matches!(category, TaxCategory::K | TaxCategory::G)
}

/// EN 16931 lets the tax of a category differ from its rate by less than one unit of currency.
fn drift(part: &TaxPart, told: &mut Vec<String>) {
    let Some(exact) = part.taxable.decimal().checked_mul(part.tax.rate.decimal()) else {
        return;
    };
    let difference = (exact.round_dp(2) - part.amount.decimal()).abs();
    if difference >= Decimal::ONE {
        let language = crate::Language::English;
        told.push(format!(
            "the tax of {} on {} differs from {} of it by {difference} (BR-CO-17): lines were \
             rounded one by one; round the tax once for the document",
            figures::with_code(part.amount, language),
            figures::with_code(part.taxable, language),
            figures::percent(part.tax.rate, language),
        ));
    }
}

/// What is owed is billed; what is owed back is credited.
fn amounts(paper: &InvoicePaper, told: &mut Vec<String>) {
    if paper.totals.total.minor < 0 {
        told.push("the total is below zero: issue a credit note".to_owned());
    }
}
