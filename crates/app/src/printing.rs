//! Invoices and credit notes on paper: PDF and EN 16931 UBL. What a document says is what was so when
//! it was issued: lines, letterhead, the buyer's name and details, and what had been paid. So it
//! prints the same for ever, and a letterhead that changes changes no document that is out.

mod between;
mod parties;
mod prepaid;
mod set_up;
mod specimen;

pub(crate) use parties::letterhead_at;
pub use set_up::{BillingDetailsView, LetterheadView};
pub(crate) use set_up::{details_kind, follow, keep, set_billing_details, set_letterhead};

use crate::fault::{AppFault, stored, stored_value};
use crate::journey::document;
use crate::journey::rounding;
use crate::{App, Refusal};
use billing::{BilledLine, TaxTable};
use commerce::{Collection, Contract};
use paper::{
    CreditedInvoice, Fonts, InvoicePaper, Letterhead, LineGroup, PaperDraft, PaperKind, PaperLine,
    PaymentMeans, TaxTreatment, UblRefused,
};
use parties::{buyer_at, seller_at};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::documents::{self, DocumentRow, LineRow};
use store::{Tx, contracts};
use values::{Currency, Date, Decimal, Money, Period, Rate, TaxCategory};

/// A document as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// `DE-2026-00042.pdf`.
    pub name: String,
    /// `application/pdf` or `application/xml`.
    pub media_type: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// As what a document is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperForm {
    /// Tagged PDF/A-3 with the UBL document inside where there is one.
    Pdf,
    /// EN 16931 in UBL 2.1.
    Ubl,
}

impl App {
    /// An invoice or credit note, by id or printed number, as a file; nothing when there is none.
    /// With a `kind` only a document of that kind.
    ///
    /// # Errors
    /// When no font has a letter, EN 16931 wants what is not stated, or the store fails.
    pub fn print(
        &self,
        id: &str,
        kind: Option<&str>,
        form: PaperForm,
    ) -> Result<Option<Printed>, AppFault> {
        let (id, books, kind) = (id.to_owned(), self.books(), kind.map(str::to_owned));
        let found = self.store().read(move |tx| {
            let row = match documents::document(tx, &id)? {
                Some(row) => Some(row),
                None => documents::by_number(tx, &id)?,
            };
            match row.filter(|row| kind.as_ref().is_none_or(|kind| row.kind == *kind)) {
                Some(row) => loaded(tx, &books, &row).map(Some),
                None => Ok(None),
            }
        })?;
        // Drawing takes longer than reading: the reader is free meanwhile.
        found
            .map(|paper| printed(&paper, form, self.fonts()))
            .transpose()
    }

    /// Adds fonts, each with the name of its file, before the first document is printed.
    ///
    /// # Errors
    /// When one is not a font.
    pub fn use_fonts(&self, files: Vec<(String, Vec<u8>)>) -> Result<(), AppFault> {
        let mut fonts = Fonts::shipped();
        for (name, bytes) in files {
            let added = fonts.add(&name, bytes);
            added.map_err(|refused| {
                Refusal::field("bad_font", "paper.fonts", refused.to_string())
            })?;
        }
        // Once: the first that come stay.
        let _ = self.core.fonts.set(Arc::new(fonts));
        Ok(())
    }

    fn fonts(&self) -> &Fonts {
        self.core.fonts.get_or_init(|| Arc::new(Fonts::shipped()))
    }
}

fn printed(paper: &InvoicePaper, form: PaperForm, fonts: &Fonts) -> Result<Printed, AppFault> {
    printed_with(paper, paper::render_ubl(paper), form, fonts)
}

fn printed_with(
    paper: &InvoicePaper,
    ubl: Result<Vec<u8>, UblRefused>,
    form: PaperForm,
    fonts: &Fonts,
) -> Result<Printed, AppFault> {
    // The number goes into a file name and a header.
    let number: String = paper
        .number
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    match form {
        PaperForm::Ubl => {
            let bytes = ubl.map_err(|refused| {
                let told = refused.told.into_iter();
                let told = told.map(|words| Refusal::whole("not_en16931", words));
                AppFault::Refused(told.collect())
            })?;
            Ok(Printed {
                name: format!("{number}.xml"),
                media_type: "application/xml",
                bytes,
            })
        }
        PaperForm::Pdf => {
            let bytes = paper::render_pdf(paper, fonts, ubl.as_deref().ok())
                .map_err(|refused| Refusal::whole("unprintable", refused.to_string()))?;
            Ok(Printed {
                name: format!("{number}.pdf"),
                media_type: "application/pdf",
                bytes,
            })
        }
    }
}

/// A document as it stood when it was issued.
fn loaded(
    tx: &mut Tx<'_>,
    books: &crate::Books,
    row: &DocumentRow,
) -> Result<InvoicePaper, AppFault> {
    let currency: Currency = stored_value("currency", &row.currency)?;
    let entity = stored_value("entity id", &row.entity)?;
    let entity = books.entity(&entity)?;
    let invoice = row.kind == "invoice";
    let seller = seller_at(tx, entity, row.created)?;
    let (buyer, collection) = buyer_at(tx, &row.customer, row.created)?;
    let mut lines = Vec::new();
    let groups = groups(tx, row)?;
    for line in documents::lines_of(tx, &row.id)? {
        let group = groups.get(&line.contract).cloned();
        lines.push(PaperLine {
            group,
            ..line_of(&line, row, currency, &seller, &books.taxes)?
        });
    }
    let prepayments = match invoice {
        true => prepaid::at_issue(tx, row, currency, (entity, seller.language))?,
        false => Vec::new(),
    };
    let credited = match row.source.is_empty() {
        true => None,
        false => documents::document(tx, &row.source)?,
    };
    let credited = credited.map(|source| {
        Ok::<_, AppFault>(CreditedInvoice {
            issued: Some(stored_value("date", &source.issued)?),
            number: source.number,
        })
    });
    let draft = PaperDraft {
        kind: if invoice {
            PaperKind::Invoice
        } else {
            PaperKind::CreditNote
        },
        number: row.number.clone(),
        issued: stored_value("date", &row.issued)?,
        due_date: if invoice {
            Some(stored_value("date", &row.due)?)
        } else {
            None
        },
        currency,
        seller,
        buyer,
        // Where there are several, the lines name theirs.
        contract: match groups.is_empty() {
            true => row.contract.clone(),
            false => String::new(),
        },
        order: match groups.is_empty() {
            true => order_of(tx, &row.contract)?,
            false => String::new(),
        },
        credited: credited.transpose()?,
        note: row.reason.clone(),
        means: match collection {
            Collection::Card => PaymentMeans::Card,
            Collection::Transfer => PaymentMeans::Transfer,
        },
        lines,
        allowances: Vec::new(),
        prepayments,
        rounding: rounding::of_document(tx, &row.id, currency)?,
    };
    let paper = draft.finish();
    paper.map_err(|refused| Refusal::whole("unprintable", refused.to_string()).into())
}

/// The kind of a contract's reference that is the buyer's order.
const ORDER: &str = "purchase_order";

/// The buyer's order behind a contract, where the contract was signed with one.
fn order_of(tx: &mut Tx<'_>, contract: &str) -> Result<String, AppFault> {
    let Some(row) = contracts::contract(tx, contract)? else {
        return Ok(String::new());
    };
    let contract: Contract = stored("contract", &row.body)?;
    let order = contract.refs.into_iter().find(|known| known.kind == ORDER);
    Ok(order.map_or_else(String::new, |order| order.id))
}

/// The contracts on a document that spans several, or that somebody else is billed for, with what
/// their customers were called.
fn groups(tx: &mut Tx<'_>, row: &DocumentRow) -> Result<BTreeMap<String, LineGroup>, AppFault> {
    let mut groups = BTreeMap::new();
    for part in store::routing::parts_of(tx, &row.id)? {
        let (party, _) = buyer_at(tx, &part.customer, row.created)?;
        let group = LineGroup {
            contract: part.contract.clone(),
            sold_to: party.name,
        };
        groups.insert(part.contract, group);
    }
    Ok(groups)
}

fn line_of(
    row: &LineRow,
    document: &DocumentRow,
    currency: Currency,
    seller: &Letterhead,
    taxes: &TaxTable,
) -> Result<PaperLine, AppFault> {
    let billed = document::issued_line(&row.body)?;
    let line = &billed.line;
    let sign = if document.kind == "invoice" {
        Decimal::ONE
    } else {
        -Decimal::ONE
    };
    let from: Date = stored_value("date", &row.period_from)?;
    let until: Date = stored_value("date", &row.period_until)?;
    let rate: Rate = stored_value("rate", &row.tax_rate)?;
    let quantity = line.quantity.decimal();
    let unit_price = match quantity.is_zero() {
        true => None,
        false => line.price.decimal().checked_div(quantity),
    };
    Ok(PaperLine {
        group: None,
        description: row.description.clone(),
        arithmetic: row.arithmetic.clone(),
        product: row.product.clone(),
        period: Period::new(from, until).ok(),
        quantity: (quantity * sign).normalize(),
        unit: "C62".to_owned(),
        // A price that does not come out even is told by the arithmetic alone.
        unit_price: unit_price
            .map(|price| price.normalize())
            .filter(|price| price.scale() <= 6),
        net: Money::from_minor(row.net, currency),
        tax: match decided(&billed, rate) {
            Some(decided) => decided,
            None => treatment(row, document, rate, seller, taxes),
        },
        tax_amount: Money::from_minor(row.tax, currency),
    })
}

/// The treatment that was decided when the document was issued. A rate of zero says only what the
/// letterhead does.
fn decided(billed: &BilledLine, rate: Rate) -> Option<TaxTreatment> {
    let detail = billed.detail.as_ref()?;
    let category = detail.category;
    if category == TaxCategory::Z {
        return None;
    }
    let names: Vec<&str> = detail.parts.iter().map(|part| part.name.as_str()).collect();
    if category == TaxCategory::S && names.is_empty() {
        return None;
    }
    Some(TaxTreatment {
        category,
        rate,
        name: names.join(" + "),
        exemption: detail.reason.clone(),
    })
}

fn treatment(
    row: &LineRow,
    document: &DocumentRow,
    rate: Rate,
    seller: &Letterhead,
    taxes: &TaxTable,
) -> TaxTreatment {
    // The words of the rate that the line bears, whichever day it was taken from.
    let mut named = taxes.rates.iter().filter(|known| {
        known.entity.as_str() == document.entity
            && known.tax_code == row.tax_code
            && known.rate == rate
    });
    let name = named
        .next()
        .map_or_else(String::new, |known| known.name.clone());
    if !rate.decimal().is_zero() {
        return TaxTreatment {
            category: TaxCategory::S,
            rate,
            name,
            exemption: String::new(),
        };
    }
    let stated = seller
        .zero_rates
        .iter()
        .find(|zero| zero.tax_code == row.tax_code);
    TaxTreatment {
        category: stated.map_or(TaxCategory::Z, |zero| zero.category),
        rate,
        name,
        exemption: stated.map_or_else(String::new, |zero| zero.reason.clone()),
    }
}
