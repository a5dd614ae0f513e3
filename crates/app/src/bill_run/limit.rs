//! Up to which amounts a run may issue: what one person may by the approval policy, or what another one
//! has approved. What is charged and what is given back are measured each by itself, so that neither
//! hides the other.

use super::totals::{charged, given_back};
use super::{EXPECTED, ISSUED};
use crate::fault::AppFault;
use crate::record::Context;
use control::approval_policy::{Demand, Measured};
use store::bill_runs::{BillRunRow, BillRunTotal};
use values::Money;

/// The command whose rule of the approval policy says from which total a run needs a second person.
const APPROVED: &str = "create_bill_run";

/// What the approval policy asks before a part of a run is issued.
pub(super) fn demand(
    context: &Context,
    totals: &[BillRunTotal],
    part: &str,
) -> Result<Option<Demand>, AppFault> {
    let by_policy = |moved: &[Money]| {
        context.books.approvals.demand(Measured {
            command: APPROVED,
            changes_existing: true,
            own_terms: &[],
            moved,
        })
    };
    let charges = by_policy(&charged(totals, part)?);
    let gives = given_back(totals, part)?;
    Ok(match charges {
        None if !gives.is_empty() => by_policy(&gives),
        charges => charges,
    })
}

/// Why a run may not issue what it has come to with its next page; nothing when it may.
pub(super) fn over(
    context: &Context,
    row: &BillRunRow,
    totals: &[BillRunTotal],
) -> Result<Option<String>, AppFault> {
    if row.checker.is_empty() {
        let demand = demand(context, totals, ISSUED)?;
        let why = |demand: Demand| {
            format!(
                "with the next page {}: contracts have changed since the preview, which is made again",
                demand.why
            )
        };
        return Ok(demand.map(why));
    }
    let charges = (charged(totals, EXPECTED)?, charged(totals, ISSUED)?);
    let gives = (given_back(totals, EXPECTED)?, given_back(totals, ISSUED)?);
    for (what, (approved, issued)) in [("invoices", charges), ("credit notes", gives)] {
        for sum in issued {
            let known = approved.iter().find(|it| it.currency == sum.currency);
            let most = Money::from_minor(known.map_or(0, |it| it.minor), sum.currency);
            if sum.minor > most.minor {
                return Ok(Some(format!(
                    "with the next page the {what} of this run come to {sum}, and {} approved {most}: contracts have changed since the preview, which is made again",
                    row.checker
                )));
            }
        }
    }
    Ok(None)
}
