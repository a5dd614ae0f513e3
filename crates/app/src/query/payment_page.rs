//! One payment as its page shows it: what it is set against, what went back, what it bought.

use super::prepaid::{self, CreditGrantView};
use super::{customer_name, money, payments, some};
use crate::App;
use crate::fault::{AppFault, stored_value};
use crate::view::PaymentRow;
use store::{Tx, collection, documents, payments as rows};
use values::{EntityId, Instant, Money};

/// A payment with what became of it.
#[derive(Debug, Clone)]
pub struct PaymentPage {
    /// The payment.
    pub row: PaymentRow,
    /// Who paid, by id.
    pub payer: Option<String>,
    /// The day on which it arrived, on the calendar of the entity.
    pub received: values::Date,
    /// The legal entity that it reached.
    pub entity: String,
    /// What went back of it.
    pub refunded: Money,
    /// What the payer wrote.
    pub text: String,
    /// The invoices that it is set against now.
    pub applied: Vec<AppliedInvoice>,
    /// What was asked to go back, the oldest first.
    pub refunds: Vec<RefundLine>,
    /// The prepaid credit that it bought.
    pub bought: Vec<CreditGrantView>,
}

/// An invoice with what a payment is set against it.
#[derive(Debug, Clone)]
pub struct AppliedInvoice {
    /// The invoice.
    pub invoice: String,
    /// Its number.
    pub number: String,
    /// Who owes it.
    pub customer: String,
    /// Its name.
    pub customer_name: String,
    /// How much of the payment.
    pub amount: Money,
    /// When it was last changed.
    pub time: Instant,
}

/// Money that goes back to the payer.
#[derive(Debug, Clone)]
pub struct RefundLine {
    /// The refund.
    pub refund: String,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// `requested` or `settled`.
    pub status: String,
    /// When it last changed.
    pub time: Instant,
}

impl App {
    /// One payment with what became of it; nothing when there is none with this id.
    ///
    /// # Errors
    /// When the store fails or what is stored cannot be read.
    pub fn payment_page(&self, id: &str) -> Result<Option<PaymentPage>, AppFault> {
        let (books, id) = (self.books(), id.to_owned());
        self.store().read(move |tx| {
            let Some(row) = rows::payment(tx, &id)? else {
                return Ok(None);
            };
            let entity: EntityId = stored_value("entity id", &row.entity)?;
            let time = Instant::from_microseconds(row.time);
            Ok(Some(PaymentPage {
                received: books.entity(&entity)?.zone.date_at(time),
                payer: some(row.customer.clone()),
                entity: row.entity.clone(),
                refunded: money(row.refunded, &row.currency)?,
                text: collection::remittance(tx, &row.id)?,
                applied: applied(tx, &row)?,
                refunds: refunds(tx, &row)?,
                bought: bought(tx, &row)?,
                row: payments::show(tx, row)?,
            }))
        })
    }
}

/// What was taken back again is not set against anything.
fn applied(tx: &mut Tx<'_>, row: &rows::PaymentRow) -> Result<Vec<AppliedInvoice>, AppFault> {
    let mut sums: Vec<(String, i64, i64)> = Vec::new();
    for one in rows::applications_of(tx, &row.id)? {
        match sums.last_mut().filter(|sum| sum.0 == one.document) {
            Some(sum) => {
                sum.1 += one.amount;
                sum.2 = sum.2.max(one.time);
            }
            None => sums.push((one.document, one.amount, one.time)),
        }
    }
    let mut all = Vec::new();
    for (document, minor, time) in sums {
        let Some(invoice) = documents::document(tx, &document)?.filter(|_| minor != 0) else {
            continue;
        };
        all.push(AppliedInvoice {
            customer_name: customer_name(tx, &invoice.customer)?,
            invoice: invoice.id,
            number: invoice.number,
            customer: invoice.customer,
            amount: money(minor, &row.currency)?,
            time: Instant::from_microseconds(time),
        });
    }
    Ok(all)
}

fn refunds(tx: &mut Tx<'_>, row: &rows::PaymentRow) -> Result<Vec<RefundLine>, AppFault> {
    rows::refunds_of(tx, &row.id)?
        .into_iter()
        .map(|one| {
            Ok(RefundLine {
                amount: money(one.amount, &one.currency)?,
                refund: one.id,
                reason: one.reason,
                status: one.status,
                time: Instant::from_microseconds(one.time),
            })
        })
        .collect()
}

fn bought(tx: &mut Tx<'_>, row: &rows::PaymentRow) -> Result<Vec<CreditGrantView>, AppFault> {
    if row.customer.is_empty() {
        return Ok(Vec::new());
    }
    let mut grants = collection::grants_of(tx, &row.customer)?;
    grants.retain(|grant| grant.payment == row.id);
    prepaid::shown(tx, grants)
}
