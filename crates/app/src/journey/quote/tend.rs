//! What happens to quotes by itself: what nobody accepted in time runs out, and what was signed and is
//! not in force in time becomes an exception.

use super::steps::{move_to, report, step};
use super::{currency_of, late_key, load, status_of};
use crate::fault::{stored, stored_value};
use crate::journey::exception::{self, NewException};
use crate::worker::Progress;
use crate::{App, AppFault};
use commerce::{QuoteFigures, QuoteStatus};
use store::quotes;
use values::{Money, QuoteId, Zone};

/// Who moves quotes on.
const ACTOR: &str = "tieout/quotes";

/// Quotes looked at in one transaction.
const BATCH: i64 = 200;

impl App {
    /// Lets quotes run out and raises signed ones that are not in force in time. Returns how many.
    ///
    /// # Errors
    /// When the store fails.
    pub fn tend_quotes(&self) -> Result<u64, AppFault> {
        // Days are those of each legal entity; none is more than a day ahead of this one.
        let day = Zone::utc()
            .date_at(self.clock().now().plus_seconds(86_400))
            .to_string();
        let asked = day.clone();
        let waiting = self.store().read(move |tx| {
            Ok::<_, store::StoreFault>(
                !quotes::run_out(tx, &asked, 1)?.is_empty()
                    || !quotes::late_orders(tx, &asked, 1)?.is_empty(),
            )
        })?;
        if !waiting {
            return Ok(0);
        }
        self.run(ACTOR, move |tx, context| {
            let mut moved = 0;
            for found in quotes::run_out(tx, &day, BATCH)? {
                let entity = stored_value("entity id", &found.entity)?;
                if context.today(&entity)?.to_string() <= found.valid_until {
                    continue;
                }
                let id: QuoteId = stored_value("quote id", &found.id)?;
                let (mut row, mut version) = load(tx, &id, None)?;
                let words = format!("nobody accepted it until {}", row.valid_until);
                if status_of(&version)? == QuoteStatus::Submitted {
                    crate::approval::take_back(tx, context, &version.approval, &words)?;
                }
                step(tx, context, &mut version, QuoteStatus::Expired, &words)?;
                move_to(tx, context, &mut row, &version)?;
                let key = format!("quote/{}/{}/expired", row.id, row.version);
                report(tx, context, &key, &row, &version)?;
                moved += 1;
            }
            for version in quotes::late_orders(tx, &day, BATCH)? {
                moved += u64::from(raise(tx, context, &version)?);
            }
            Ok(moved)
        })
    }
}

/// Opens the exception about a signed quote that is not in force in time, once.
fn raise(
    tx: &mut store::Tx<'_>,
    context: &crate::Context,
    version: &quotes::QuoteVersionRow,
) -> Result<bool, AppFault> {
    let key = late_key(&version.quote);
    let Some(row) = quotes::quote(tx, &version.quote)? else {
        return Ok(false);
    };
    let today = context.today(&stored_value("entity id", &row.entity)?)?;
    if today.to_string() <= version.activate_by
        || store::exceptions::open_about(tx, &key)?.is_some()
    {
        return Ok(false);
    }
    let figures: QuoteFigures = stored("figures of a quote", &version.figures)?;
    let value = Money::from_minor(figures.tcv.minor, currency_of(&row)?);
    exception::open(
        tx,
        context,
        NewException {
            key,
            class: "activation_late",
            summary: format!(
                "Quote {} was signed on {} and is not in force, which it was to be by {}",
                row.id, version.signed, version.activate_by
            ),
            detail: format!(
                "Contract {} of {value} waits as a draft order. Convert quote {} version {}, or revise it, which withdraws the order.",
                row.contract, row.id, row.version
            ),
            payload: String::new(),
            customer: row.customer.clone(),
            document: row.id.clone(),
            entity: row.entity.clone(),
            // It is in nobody's bookings yet, so it explains no difference.
            measure: String::new(),
            value: Some(value),
            correlation: Some(stored_value("chain id", &row.correlation)?),
        },
    )?;
    Ok(true)
}

/// One round of it, in the worker.
pub(crate) fn tend(app: &App) -> Progress {
    match app.tend_quotes() {
        Ok(moved) => Progress {
            processed: moved,
            ..Progress::default()
        },
        Err(fault) => {
            tracing::warn!(fault = %fault, "quotes wait for the next round");
            Progress::fault()
        }
    }
}
