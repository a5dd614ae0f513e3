//! Bill runs that stay open. Nothing else bills what an open run covers, so one that nobody goes on with
//! is told of as an exception, which closes once the run is over.

use super::{EXPECTED, totals, view};
use crate::App;
use crate::fault::{AppFault, stored_value};
use crate::journey::exception::{self, NewException};
use crate::record::Context;
use store::bill_runs::{self, BillRunRow};
use store::{Tx, exceptions};
use values::{Instant, Zone};

/// Days that a run may be open before somebody is told.
const DAYS: i64 = 3;

fn key(row: &BillRunRow) -> String {
    format!("bill-run/{}", row.id)
}

impl App {
    /// Tells of every bill run that has been open for days.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn raise_open_bill_runs(&self, actor: &str) -> Result<(), AppFault> {
        let before = self.now().plus_seconds(-DAYS * 24 * 3_600).microseconds();
        let rows = self
            .store()
            .read(move |tx| bill_runs::open_since(tx, before).map_err(AppFault::from))?;
        for row in rows {
            self.run(actor, move |tx, context| raise(tx, context, &row))?;
        }
        Ok(())
    }
}

fn raise(tx: &mut Tx<'_>, context: &Context, row: &BillRunRow) -> Result<(), AppFault> {
    if exceptions::open_about(tx, &key(row))?.is_some() {
        return Ok(());
    }
    let since = Zone::utc().date_at(Instant::from_microseconds(row.created));
    let expected = totals::charged(&bill_runs::totals(tx, &row.id)?, EXPECTED)?;
    let new = NewException {
        key: key(row),
        class: "bill_run_open",
        summary: format!(
            "Bill run {} is open since {since} and {}; nothing else bills what it covers",
            row.id, row.status
        ),
        detail: format!(
            "planned by {} on {since} through {}, for {}; it is {}{}",
            row.maker,
            row.through,
            match view::scope(row).as_str() {
                "" => "everything that is owed",
                scope => scope,
            },
            row.status,
            match row.needs.as_str() {
                "" => String::new(),
                needs => format!(": {needs}"),
            },
        ),
        customer: row.customer.clone(),
        document: row.id.clone(),
        entity: row.entity.clone(),
        value: expected.into_iter().max_by_key(|sum| sum.minor),
        correlation: Some(stored_value("chain id", &row.correlation)?),
        ..NewException::default()
    };
    exception::open(tx, context, new)?;
    Ok(())
}

/// Closes what was told of a run that is over.
pub(super) fn over(tx: &mut Tx<'_>, context: &Context, row: &BillRunRow) -> Result<(), AppFault> {
    let why = format!("the bill run is {}", row.status);
    exception::clear(tx, context, &key(row), &why)?;
    Ok(())
}
