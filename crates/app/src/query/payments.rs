//! Payments, the last changed first. One payment is shown by its chain.

use super::cursor::{self, ROWS_TO_ASK};
use super::{ListFilter, customer_name, every, money, some};
use crate::App;
use crate::fault::AppFault;
use crate::view::{Page, PaymentRow};
use store::Tx;
use store::payments::{self as rows, PaymentFilter};
use values::Instant;

const LIST: &str = "payments";

/// Payments by their last change, newest first; heeds entity, customer and status.
///
/// # Errors
/// When the cursor is not one of this list or the store fails.
pub fn payments(
    tx: &mut Tx<'_>,
    filter: &ListFilter,
    cursor: Option<&str>,
) -> Result<Page<PaymentRow>, AppFault> {
    let (time, id) = cursor::newest(LIST, cursor)?;
    let narrowed = PaymentFilter {
        entity: every(filter.entity.as_ref()),
        customer: every(filter.customer.as_ref()),
        status: every(filter.status.as_ref()),
    };
    let found = rows::newest(tx, &narrowed, (time, &id), ROWS_TO_ASK)?;
    cursor::page(
        found,
        |row| cursor::of_newest(LIST, row.time, &row.id),
        |row| show(tx, row),
    )
}

impl App {
    /// One payment.
    ///
    /// # Errors
    /// When the store fails.
    pub fn payment(&self, id: &str) -> Result<Option<PaymentRow>, AppFault> {
        let id = id.to_owned();
        self.store()
            .read(move |tx| rows::payment(tx, &id)?.map(|row| show(tx, row)).transpose())
    }

    /// As [`payments`].
    ///
    /// # Errors
    /// As [`payments`].
    pub fn payments(
        &self,
        filter: &ListFilter,
        cursor: Option<&str>,
    ) -> Result<Page<PaymentRow>, AppFault> {
        let (filter, cursor) = (filter.clone(), cursor.map(str::to_owned));
        self.store()
            .read(move |tx| payments(tx, &filter, cursor.as_deref()))
    }
}

pub(super) fn show(tx: &mut Tx<'_>, row: rows::PaymentRow) -> Result<PaymentRow, AppFault> {
    let customer = match row.customer.as_str() {
        "" => None,
        id => Some(customer_name(tx, id)?),
    };
    // A payment of which nothing is left has gone back; `settled` stays true of it in the books.
    let given_back = row.status == "settled" && row.refunded == row.amount && row.amount > 0;
    Ok(PaymentRow {
        customer,
        status: if given_back {
            "refunded".to_owned()
        } else {
            row.status
        },
        method: row.method,
        time: Instant::from_microseconds(row.time),
        amount: money(row.amount, &row.currency)?,
        fee: money(row.fee, &row.currency)?,
        unapplied: money(row.unapplied, &row.currency)?,
        external: some(row.external_id),
        invoice: some(row.invoice),
        id: row.id,
    })
}
