//! The consequence of a quote before anybody signs it: its contract put in force, its first invoice,
//! the revenue that is past, and every invoice and month still to come.

use super::{
    AmendmentPreview, Sums, bill, by_month, later, later_lines, recognise, revenue_months,
};
use crate::fault::stored_value;
use crate::journey::{contract, quote};
use crate::shadow::watch;
use crate::{App, AppFault, Context};
use store::Tx;
use values::{ContractId, QuoteId};

impl App {
    /// What the latest version of a quote would do to invoices, revenue schedules and journals if it
    /// were in force, without putting it there.
    ///
    /// # Errors
    /// When there is no such quote, or it is a contract already.
    pub fn preview_quote(&self, actor: &str, quote: QuoteId) -> Result<AmendmentPreview, AppFault> {
        self.run(actor, move |tx, context| {
            tx.undone(|tx| preview(tx, context, &quote))
        })
    }
}

pub(super) fn preview(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &QuoteId,
) -> Result<AmendmentPreview, AppFault> {
    let (answer, saved) = watch(tx, context, |tx, lent| quote::put_in_force(tx, lent, id))?;
    let contract: ContractId = stored_value(
        "contract id",
        answer["contract"].as_str().unwrap_or_default(),
    )?;
    let (_, made) = contract::load(tx, &contract)?;
    let today = context.today(&made.entity)?;
    let still = later(tx, context, &contract, today)?;
    let billed = bill(tx, context, &contract, today)?;
    let recognised = recognise(tx, context, &contract)?;
    let mut total = saved.clone();
    total.add(billed.clone())?;
    total.add(recognised.clone())?;
    let revenue = by_month(tx, &contract)?;
    Ok(AmendmentPreview {
        answer,
        saved,
        billed,
        recognised,
        total,
        later: later_lines(&Sums::new(), &still, made.currency),
        revenue: revenue_months(&Sums::new(), &revenue, made.currency),
    })
}
