//! How a letterhead would look, before it is set: an invoice that nobody owes.

use super::{PaperForm, Printed, printed};
use crate::{App, AppFault, Refusal};
use paper::{Letterhead, PaperDraft, PaperKind, PaperLine, Party, PaymentMeans, TaxTreatment};
use values::{Currency, Date, Decimal, Money, Period, Rate, TaxCategory};

/// The number of every specimen; no series makes it.
const NUMBER: &str = "SPECIMEN";

impl App {
    /// A specimen of an invoice under a letterhead; nothing when there is no such entity.
    ///
    /// # Errors
    /// Everything that is wrong with the letterhead, or when no font has a letter of it.
    pub fn letterhead_specimen(
        &self,
        entity: &str,
        letterhead: Letterhead,
    ) -> Result<Option<Printed>, AppFault> {
        let books = self.books();
        let mut known = books.entities.values();
        let Some(known) = known.find(|known| known.id.as_str() == entity) else {
            return Ok(None);
        };
        let wrong: Vec<Refusal> = letterhead
            .faults()
            .into_iter()
            .map(|fault| {
                let field = format!("letterhead.{}", fault.field);
                Refusal::field("bad_paper", &field, fault.to_string())
            })
            .collect();
        if !wrong.is_empty() {
            return Err(AppFault::Refused(wrong));
        }
        let today = known.zone.date_at(self.clock().now());
        let unprintable = |why: String| AppFault::Refused(vec![Refusal::whole("unprintable", why)]);
        let paper = draft(letterhead, known.currency, today)?
            .finish()
            .map_err(|refused| unprintable(refused.to_string()))?;
        printed(&paper, PaperForm::Pdf, self.fonts()).map(Some)
    }
}

fn draft(seller: Letterhead, currency: Currency, today: Date) -> Result<PaperDraft, AppFault> {
    let month = Period::new(
        today.first_of_month(),
        values::add_months(today.first_of_month(), 1),
    )
    .ok();
    let tax = TaxTreatment {
        category: TaxCategory::S,
        rate: Rate::new(Decimal::new(20, 2)),
        name: "Specimen tax 20 %".to_owned(),
        exemption: String::new(),
    };
    let line = |description: &str, product: &str, quantity: i64, price: i64| {
        let unit_price = Decimal::from(price);
        let net = unit_price * Decimal::from(quantity);
        let tax_amount = net / Decimal::from(5);
        Ok::<_, AppFault>(PaperLine {
            group: None,
            description: description.to_owned(),
            arithmetic: format!("{quantity} × {price}"),
            product: product.to_owned(),
            period: month,
            quantity: Decimal::from(quantity),
            unit: "C62".to_owned(),
            unit_price: Some(unit_price),
            net: Money::from_decimal_exact(net, currency)?,
            tax: tax.clone(),
            tax_amount: Money::from_decimal_exact(tax_amount, currency)?,
        })
    };
    Ok(PaperDraft {
        kind: PaperKind::Invoice,
        number: NUMBER.to_owned(),
        issued: today,
        due_date: Some(values::add_months(today, 1)),
        currency,
        seller,
        buyer: Party {
            name: "A customer".to_owned(),
            number: "C-1".to_owned(),
            ..Party::default()
        },
        contract: "C-1".to_owned(),
        order: String::new(),
        credited: None,
        note: "This is how documents look. Nobody owes it.".to_owned(),
        means: PaymentMeans::Transfer,
        lines: vec![
            line("Platform", "PLATFORM", 10, 120)?,
            line("Onboarding", "ONBOARDING", 1, 1_500)?,
        ],
        allowances: Vec::new(),
        rounding: None,
        prepayments: Vec::new(),
    })
}
