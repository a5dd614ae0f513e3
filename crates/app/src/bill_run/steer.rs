//! What people do with bill runs: plan, approve, start, pause, resume and cancel.

use super::{age, due_now, load, put, tell};
use crate::Refusal;
use crate::command::{Answer, ApproveBillRun, BillRunAction, CreateBillRun, SteerBillRun};
use crate::fault::AppFault;
use crate::record::Context;
use serde_json::json;
use store::Tx;
use store::bill_runs::{self, BillRunRow};
use values::BillRunId;

/// `create_bill_run` by a person.
///
/// # Errors
/// When there is such a run already, or what it is narrowed to does not exist.
pub(crate) fn create(
    tx: &mut Tx<'_>,
    context: &Context,
    person: &str,
    body: &CreateBillRun,
) -> Result<Answer, AppFault> {
    if let Some(entity) = &body.entity {
        context.books.entity(entity)?;
    }
    if let Some(customer) = &body.customer {
        crate::journey::customer::load(tx, customer)?;
    }
    if let Some(contract) = &body.contract {
        crate::journey::contract::load(tx, contract)?;
    }
    let id = body
        .id
        .clone()
        .unwrap_or_else(|| BillRunId::mint(&*context.ids, context.now));
    if bill_runs::run(tx, id.as_str())?.is_some() {
        let message =
            format!("there is a bill run {id} already; leave the id out to get a new one");
        return Err(Refusal::field("bill_run_exists", "id", message).into());
    }
    let text = |value: Option<&str>| value.map_or_else(String::new, str::to_owned);
    let now = context.now.microseconds();
    let mut row = BillRunRow {
        id: id.as_str().to_owned(),
        status: "planned".to_owned(),
        through: body.through.to_string(),
        entity: text(body.entity.as_ref().map(|id| id.as_str())),
        customer: text(body.customer.as_ref().map(|id| id.as_str())),
        contract: text(body.contract.as_ref().map(|id| id.as_str())),
        currency: text(body.currency.as_ref().map(values::Currency::code)),
        maker: person.to_owned(),
        checker: String::new(),
        needs: String::new(),
        reason: String::new(),
        due: 0,
        done: 0,
        issued: 0,
        held: 0,
        after_customer: String::new(),
        after_contract: String::new(),
        correlation: context.new_chain().as_str().to_owned(),
        created: now,
        changed: now,
    };
    row.due = due_now(tx, &row)?;
    BillRunRow::insert(tx, std::slice::from_ref(&row))?;
    Ok(json!({ "bill_run": id, "status": row.status, "due": row.due }))
}

/// `approve_bill_run` by another person than its maker: what its preview expects may be issued, and
/// nothing beyond it.
///
/// # Errors
/// When it waits for nobody, or its maker asks.
pub(crate) fn approve(
    tx: &mut Tx<'_>,
    context: &Context,
    person: &str,
    body: &ApproveBillRun,
) -> Result<Answer, AppFault> {
    let before = load(tx, body.run.as_str())?;
    if before.status != "waiting" {
        return Err(cannot(&before, "be approved"));
    }
    if control::approval::four_eyes(&before.maker, person).is_err() {
        let message = format!(
            "{} planned bill run {} and cannot approve it; another person must: {}",
            before.maker, before.id, before.needs
        );
        return Err(Refusal::field("maker_is_checker", "run", message).into());
    }
    let row = BillRunRow {
        status: "ready".to_owned(),
        checker: person.to_owned(),
        ..before.clone()
    };
    Ok(said(&put(tx, context, &before, row)?))
}

/// `steer_bill_run`.
///
/// # Errors
/// When the run does not stand where the action begins.
pub(crate) fn steer(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &SteerBillRun,
) -> Result<Answer, AppFault> {
    let before = load(tx, body.run.as_str())?;
    let status = before.status.as_str();
    let next = match body.action {
        BillRunAction::Start => match status {
            "ready" => "running",
            "waiting" => {
                let message = format!(
                    "bill run {} waits for a second person: {}; have somebody other than {} approve it",
                    before.id, before.needs, before.maker
                );
                return Err(Refusal::field("needs_approval", "run", message).into());
            }
            "planned" => {
                let message = format!(
                    "bill run {} is being previewed; start it once its totals are known",
                    before.id
                );
                return Err(Refusal::field("not_previewed", "run", message).into());
            }
            _ => return Err(cannot(&before, "be started")),
        },
        BillRunAction::Pause if status == "running" => "paused",
        BillRunAction::Pause => return Err(cannot(&before, "be paused")),
        BillRunAction::Resume if status == "paused" => "running",
        BillRunAction::Resume => return Err(cannot(&before, "be resumed")),
        BillRunAction::Cancel if !matches!(status, "done" | "cancelled") => "cancelled",
        BillRunAction::Cancel => return Err(cannot(&before, "be cancelled")),
    };
    let needs_reason = matches!(body.action, BillRunAction::Pause | BillRunAction::Cancel);
    if needs_reason && body.reason.trim().is_empty() {
        let message = "say why; it stands beside the run for whoever looks at it next";
        return Err(Refusal::field("reason_missing", "reason", message).into());
    }
    let row = BillRunRow {
        status: next.to_owned(),
        reason: if needs_reason {
            body.reason.clone()
        } else {
            String::new()
        },
        ..before.clone()
    };
    let row = put(tx, context, &before, row)?;
    if body.action == BillRunAction::Cancel {
        age::over(tx, context, &row)?;
    }
    if body.action == BillRunAction::Start || body.action == BillRunAction::Cancel {
        tell(tx, context, &row)?;
    }
    Ok(said(&row))
}

fn cannot(row: &BillRunRow, what: &str) -> AppFault {
    let message = format!("bill run {} is {} and cannot {what}", row.id, row.status);
    Refusal::field("bill_run_state", "run", message).into()
}

fn said(row: &BillRunRow) -> Answer {
    json!({ "bill_run": row.id, "status": row.status })
}
