//! What legal entities bill each other, on paper: the invoice of one entity to another, and the credit
//! note that takes it back. Both say what was so when they were issued.

use super::parties::seller_at;
use super::{PaperForm, Printed, printed_with};
use crate::fault::stored_value;
use crate::{App, AppFault, Books, Refusal};
use paper::{
    CreditedInvoice, InvoicePaper, Letterhead, PaperDraft, PaperKind, PaperLine, Party,
    PaymentMeans, TaxTreatment, UblRefused,
};
use store::Tx;
use store::intercompany::{self, IntercompanyCreditRow, IntercompanyPairRow};
use values::{Currency, Decimal, Money, Rate, TaxCategory};

/// The tax code by which a letterhead says how bills between entities stand towards VAT.
const TAX_CODE: &str = "intercompany";

/// A document, and whether its seller has said how it stands towards VAT.
struct Loaded {
    paper: InvoicePaper,
    decided: bool,
}

impl App {
    /// A bill of one legal entity to another, or the credit note that took it back, by its number; nothing
    /// when there is none.
    ///
    /// # Errors
    /// When no font has a letter, EN 16931 wants what is not stated, or the store fails.
    pub fn print_between_entities(
        &self,
        number: &str,
        form: PaperForm,
    ) -> Result<Option<Printed>, AppFault> {
        let (number, books) = (number.to_owned(), self.books());
        let found = self.store().read(move |tx| {
            if let Some(bill) = intercompany::pair(tx, &number)? {
                return loaded(tx, &books, &bill, None).map(Some);
            }
            let Some(credit) = intercompany::credit(tx, &number)? else {
                return Ok(None);
            };
            let bill = intercompany::pair(tx, &credit.pair)?;
            bill.map(|bill| loaded(tx, &books, &bill, Some(&credit)))
                .transpose()
        })?;
        let Some(Loaded { paper, decided }) = found else {
            return Ok(None);
        };
        let ubl = match decided {
            true => paper::render_ubl(&paper),
            false => Err(undecided(&paper)),
        };
        printed_with(&paper, ubl, form, self.fonts()).map(Some)
    }
}

/// Paper may say that no tax is charged without a reason; a document that programs read may not.
fn undecided(paper: &InvoicePaper) -> UblRefused {
    let seller = &paper.seller.name;
    UblRefused {
        number: paper.number.clone(),
        told: vec![format!(
            "document {}: nothing says how bills of {seller} to other entities stand towards VAT; state it in its \
             letterhead before the next bill, such as {{ \"tax_code\": \"{TAX_CODE}\", \"category\": \"AE\", \
             \"reason\": \"Reverse charge\" }} in `zero_rates`; this one keeps the letterhead of its day",
            paper.number
        )],
    }
}

fn loaded(
    tx: &mut Tx<'_>,
    books: &Books,
    bill: &IntercompanyPairRow,
    credit: Option<&IntercompanyCreditRow>,
) -> Result<Loaded, AppFault> {
    let at = credit.map_or(bill.created, |credit| credit.created);
    let seller = seller_at(
        tx,
        books.entity(&stored_value("entity id", &bill.seller)?)?,
        at,
    )?;
    let buyer = seller_at(
        tx,
        books.entity(&stored_value("entity id", &bill.buyer)?)?,
        at,
    )?;
    let issued = stored_value("date", &bill.dated)?;
    let tax = treatment(&seller);
    let decided = tax.is_some();
    let draft = PaperDraft {
        kind: match credit {
            None => PaperKind::Invoice,
            Some(_) => PaperKind::CreditNote,
        },
        number: credit.map_or(&bill.number, |credit| &credit.number).clone(),
        issued: match credit {
            None => issued,
            Some(credit) => stored_value("date", &credit.issued)?,
        },
        due_date: None,
        currency: stored_value("currency", &bill.currency)?,
        lines: vec![line(bill, tax.unwrap_or_else(untaxed))?],
        seller,
        buyer: party(buyer, &bill.buyer),
        contract: String::new(),
        order: String::new(),
        credited: credit.map(|_| CreditedInvoice {
            number: bill.number.clone(),
            issued: Some(issued),
        }),
        note: credit.map_or_else(String::new, |credit| credit.reason.clone()),
        means: PaymentMeans::Transfer,
        allowances: Vec::new(),
        prepayments: Vec::new(),
        rounding: None,
    };
    let paper = draft
        .finish()
        .map_err(|refused| Refusal::whole("unprintable", refused.to_string()))?;
    Ok(Loaded { paper, decided })
}

/// The other entity as a buyer: what stands on its own paper.
fn party(letterhead: Letterhead, id: &str) -> Party {
    Party {
        name: letterhead.name,
        address: letterhead.address,
        vat_id: letterhead.vat_id,
        registration: letterhead
            .registration
            .map_or_else(String::new, |known| known.number),
        contact: letterhead.contact,
        electronic_address: letterhead.electronic_address,
        reference: String::new(),
        number: id.to_owned(),
    }
}

/// The cost with its mark-up, as it was rounded once.
fn line(bill: &IntercompanyPairRow, tax: TaxTreatment) -> Result<PaperLine, AppFault> {
    let currency: Currency = stored_value("currency", &bill.currency)?;
    let markup: Rate = stored_value("rate", &bill.markup)?;
    let factor = Decimal::ONE
        .checked_add(markup.decimal())
        .ok_or(values::MoneyRefused::TooLarge)?;
    let cost = Money::from_minor(bill.cost, currency);
    let amount = Money::from_minor(bill.amount, currency);
    let at_cost = markup.decimal().is_zero();
    Ok(PaperLine {
        group: None,
        description: bill.description.clone(),
        arithmetic: match at_cost {
            true => String::new(),
            false => format!("{cost} × {}", factor.normalize()),
        },
        product: String::new(),
        period: None,
        quantity: Decimal::ONE,
        unit: "C62".to_owned(),
        // Where there is a mark-up, paper shows how it is put on the cost instead of a price.
        unit_price: at_cost.then(|| amount.decimal().normalize()),
        net: amount,
        tax,
        tax_amount: Money::zero(currency),
    })
}

/// How the seller's letterhead says that bills between entities stand towards VAT. They bear no tax.
fn treatment(seller: &Letterhead) -> Option<TaxTreatment> {
    let mut stated = seller.zero_rates.iter();
    let zero = stated.find(|zero| zero.tax_code == TAX_CODE)?;
    Some(TaxTreatment {
        category: zero.category,
        exemption: zero.reason.clone(),
        ..untaxed()
    })
}

fn untaxed() -> TaxTreatment {
    TaxTreatment {
        category: TaxCategory::Z,
        rate: Rate::new(Decimal::ZERO),
        name: String::new(),
        exemption: String::new(),
    }
}
