//! A draft that needs a second person goes the way of every approval: it waits as the command that
//! would issue it, with the evidence of what that would do. Whoever grants it issues exactly that.

use super::{Asked, Said, again, check_version, load, put, total_of};
use crate::command::{Answer, Command, FinaliseInvoice};
use crate::fault::{AppFault, stored, stored_value};
use crate::journey::exception::{self, NewException};
use crate::record::Context;
use control::Permission;
use control::approval_policy::Demand;
use serde_json::json;
use store::approvals::ApprovalRow;
use store::invoice_drafts::{self, InvoiceDraftRow};
use store::{StoreFault, Tx};

/// Asks for a second person about what a draft says now.
pub(super) fn request(
    tx: &mut Tx<'_>,
    context: &Context,
    row: InvoiceDraftRow,
    why: &str,
) -> Result<(InvoiceDraftRow, Answer), AppFault> {
    let policy = context
        .books
        .invoices
        .get(&stored_value("entity id", &row.entity)?);
    let demand = Demand {
        policy: policy.map_or(0, |it| u32::try_from(it.version).unwrap_or(u32::MAX)),
        permission: Permission::ApproveFinance,
        checkers: Permission::ApproveFinance.roles().to_vec(),
        why: why.to_owned(),
        expires_days: policy.map_or(14, |it| it.policy.expires_days),
    };
    let command = Command::FinaliseInvoice(FinaliseInvoice {
        draft: row.id.clone(),
        version: Some(u32::try_from(row.version).unwrap_or(u32::MAX)),
    });
    let key = format!("{}/{}/{}", row.id, row.version, context.now.microseconds());
    let answer = crate::approval::hold_for(tx, context, command, &key, &demand)?;
    let next = InvoiceDraftRow {
        status: "waiting".to_owned(),
        needs: why.to_owned(),
        approval: answer["approval"].as_str().unwrap_or_default().to_owned(),
        reason: String::new(),
        ..row.clone()
    };
    Ok((put(tx, context, &row, next, Said::Refreshed)?, answer))
}

/// Undoes a look at what a draft would be.
enum Seen {
    /// Nobody else has to decide.
    Free,
    /// It failed.
    Fault(AppFault),
}

impl From<StoreFault> for Seen {
    fn from(fault: StoreFault) -> Self {
        Seen::Fault(fault.into())
    }
}

/// Holds the command that issues a draft where a second person has to decide on it; nothing where its
/// sender may issue it.
///
/// # Errors
/// When there is no such open draft, or it is not the version that was looked at.
pub(crate) fn hold(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &FinaliseInvoice,
) -> Result<Option<Answer>, AppFault> {
    let row = load(tx, &body.draft)?;
    check_version(&row, body.version)?;
    let seen = tx.attempt(|tx| {
        again(tx, context, &row, Asked::Refresh).map_err(Seen::Fault)?;
        match invoice_drafts::draft(tx, &row.id)? {
            Some(row) if row.status != "draft" => Ok(row),
            _ => Err(Seen::Free),
        }
    });
    let row = match seen {
        Ok(row) => row,
        // Issuing it refreshes it and says so.
        Err(Seen::Free) => return Ok(None),
        Err(Seen::Fault(fault)) => return Err(fault),
    };
    match row.status.as_str() {
        "waiting" => {
            check_version(&row, body.version)?;
            crate::approval::waiting(tx, &row.approval).map(Some)
        }
        "denied" => {
            let why = row.needs.clone();
            let next = InvoiceDraftRow {
                status: "draft".to_owned(),
                ..row.clone()
            };
            let row = put(tx, context, &row, next, Said::Refreshed)?;
            let (row, answer) = request(tx, context, row, &why)?;
            let key = format!("billing/{}", row.contract);
            exception::clear(tx, context, &key, "it was submitted again")?;
            Ok(Some(answer))
        }
        "withdrawn" => Ok(Some(json!({
            "draft": row.id, "status": row.status, "total": total_of(&row)?,
            "document": null, "number": null, "refreshed": false,
        }))),
        _ => Ok(None),
    }
}

/// What a request for approval of a draft has come to that was not granted: the contract is held, and
/// its owner is told.
///
/// # Errors
/// When the store fails.
pub(crate) fn not_granted(
    tx: &mut Tx<'_>,
    context: &Context,
    approval: &ApprovalRow,
) -> Result<(), AppFault> {
    if approval.command != "finalise_invoice" {
        return Ok(());
    }
    let body: FinaliseInvoice = stored("command", &approval.content)?;
    let found = invoice_drafts::draft(tx, &body.draft)?;
    // The request of a draft that has other content by now concerns nobody any more.
    let Some(row) = found.filter(|row| row.approval == approval.id && row.status == "waiting")
    else {
        return Ok(());
    };
    let checker = match approval.checker.as_str() {
        "" => "nobody",
        checker => checker,
    };
    let why = match approval.reason.as_str() {
        "" => format!("{} by {checker}", approval.status),
        reason => format!("{} by {checker}: {reason}", approval.status),
    };
    let next = InvoiceDraftRow {
        status: "denied".to_owned(),
        reason: why.clone(),
        ..row.clone()
    };
    let row = put(tx, context, &row, next, Said::Refreshed)?;
    let total = total_of(&row)?;
    let new = NewException {
        key: format!("billing/{}", row.contract),
        class: "invoice_denied",
        summary: format!(
            "Invoice of {total} for contract {} was not approved: {why}",
            row.contract
        ),
        detail: format!(
            "draft {} version {}: {}; {why}",
            row.id, row.version, row.needs
        ),
        customer: row.customer.clone(),
        document: row.contract.clone(),
        entity: row.entity.clone(),
        measure: "billings".to_owned(),
        value: Some(values::Money::from_minor(row.net, total.currency)),
        correlation: Some(stored_value("chain id", &row.correlation)?),
        ..NewException::default()
    };
    exception::open(tx, context, new)?;
    Ok(())
}
