//! How a version of a quote moves: its status, its trail, and the event that says so.

use super::{stands_elsewhere, status_of};
use crate::AppFault;
use crate::fault::{stored, stored_value};
use crate::record::{Context, Fact, Recorder};
use commerce::{QuoteFigures, QuoteStatus};
use events::{Event, QuoteReport};
use store::Tx;
use store::quotes::{self, QuoteRow, QuoteStepRow, QuoteVersionRow};

/// Moves a version and notes it in the trail.
pub(super) fn step(
    tx: &mut Tx<'_>,
    context: &Context,
    version: &mut QuoteVersionRow,
    next: QuoteStatus,
    words: &str,
) -> Result<(), AppFault> {
    let next = status_of(version)?.to(next).map_err(stands_elsewhere)?;
    version.status = next.as_str().to_owned();
    quotes::put_version(tx, version)?;
    trail(tx, context, version, next.as_str(), words)
}

pub(super) fn trail(
    tx: &mut Tx<'_>,
    context: &Context,
    version: &QuoteVersionRow,
    step: &str,
    words: &str,
) -> Result<(), AppFault> {
    let number = quotes::steps(tx, &version.quote)?.len();
    let row = QuoteStepRow {
        quote: version.quote.clone(),
        number: i64::try_from(number).unwrap_or(i64::MAX - 1) + 1,
        version: version.version,
        at: context.now.microseconds(),
        actor: context.actor.clone(),
        step: step.to_owned(),
        words: words.to_owned(),
    };
    Ok(QuoteStepRow::insert(tx, &[row])?)
}

/// The quote stands where its latest version does.
pub(super) fn move_to(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &mut QuoteRow,
    version: &QuoteVersionRow,
) -> Result<(), AppFault> {
    row.status.clone_from(&version.status);
    row.changed = context.now.microseconds();
    Ok(quotes::put_quote(tx, row)?)
}

pub(super) fn fact(context: &Context, row: &QuoteRow) -> Result<Fact, AppFault> {
    let entity = stored_value("entity id", &row.entity)?;
    Ok(Fact {
        subject: format!("quote/{}", row.id),
        partition: format!("quote/{}", row.id),
        effective: context.today(&entity)?,
        entity: Some(entity),
        happened: context.now,
    })
}

pub(super) fn told_of(row: &QuoteRow, version: &QuoteVersionRow) -> Result<QuoteReport, AppFault> {
    let figures: QuoteFigures = stored("figures of a quote", &version.figures)?;
    Ok(QuoteReport {
        quote: stored_value("quote id", &row.id)?,
        version: u32::try_from(version.version).unwrap_or(u32::MAX),
        status: version.status.clone(),
        customer: stored_value("customer id", &row.customer)?,
        entity: stored_value("entity id", &row.entity)?,
        contract: stored_value("contract id", &row.contract)?,
        value: figures.tcv,
        discount: figures.discount,
        discount_rate: figures.discount_rate,
        reason: version.reason.clone(),
    })
}

/// Records where a quote stands now.
pub(super) fn report(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    row: &QuoteRow,
    version: &QuoteVersionRow,
) -> Result<(), AppFault> {
    let told = told_of(row, version)?;
    let event = match status_of(version)? {
        QuoteStatus::Draft | QuoteStatus::Submitted => Event::QuoteRevised(told),
        QuoteStatus::Approved => Event::QuoteApproved(told),
        QuoteStatus::Accepted => Event::QuoteAccepted(told),
        QuoteStatus::Converted => Event::QuoteConverted(told),
        QuoteStatus::Rejected | QuoteStatus::Expired | QuoteStatus::Void => {
            Event::QuoteClosed(told)
        }
    };
    let correlation = stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, correlation, "/quotes", key);
    recorder.event(fact(context, row)?, event);
    recorder.finish(tx)
}
