//! What a step of dunning does, and the fact that it was done.

use super::dunning::Work;
use super::{about_invoice, suspension};
use crate::fault::{AppFault, stored_value};
use crate::journey::exception::{self, NewException};
use crate::record::{Context, Recorder};
use billing::StepAction;
use events::{DunningAct, DunningStepped, Event};
use std::collections::BTreeMap;
use store::collection::{self, ActRow};
use store::{Tx, catalogue, payments};
use values::Date;

/// Something that was done, in words.
pub(super) struct Told {
    act: DunningAct,
    text: String,
}

impl Told {
    pub(super) fn new(act: DunningAct, text: &str) -> Told {
        Told {
            act,
            text: text.to_owned(),
        }
    }
}

/// Does a step of the policy and records it.
pub(super) fn take(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    work: &mut Work,
    number: usize,
) -> Result<(), AppFault> {
    let Some(step) = work.kept.policy.steps.get(number).cloned() else {
        return Ok(());
    };
    let text = billing::fill(&step.text, &words(tx, work)?);
    let told = match step.action {
        StepAction::Retry => {
            if !let_retry(tx, work)? {
                return Ok(());
            }
            Told::new(DunningAct::Retry, "the payment is tried again today")
        }
        StepAction::Notice => Told::new(DunningAct::Notice, &text),
        StepAction::Task => {
            hand_over(tx, context, work, &text)?;
            work.row.next_action.clone_from(&text);
            if work.row.owner.is_empty() {
                work.row.owner.clone_from(&step.owner);
            }
            Told::new(DunningAct::Task, &text)
        }
        StepAction::Suspend => {
            let billing = suspension::stop(tx, context, recorder, work)?;
            let text = format!("the service is withheld: {} is open{billing}", work.open()?);
            Told::new(DunningAct::Suspended, &text)
        }
        StepAction::Cancel => {
            hand_over(tx, context, work, &text)?;
            work.row.next_action.clone_from(&text);
            Told::new(DunningAct::CancelProposed, &text)
        }
    };
    tell(tx, context, recorder, work, &told)
}

fn words(tx: &mut Tx<'_>, work: &Work) -> Result<BTreeMap<&'static str, String>, AppFault> {
    let name = catalogue::customer(tx, &work.invoice.customer)?;
    Ok(BTreeMap::from([
        ("invoice", work.invoice.number.clone()),
        ("open", work.open()?.to_string()),
        ("due", work.invoice.due.clone()),
        (
            "customer",
            name.map_or_else(|| work.invoice.customer.clone(), |row| row.name),
        ),
    ]))
}

/// Lets a payment that certainly failed be tried today, unless an attempt is arranged for today
/// already. Returns whether there is one.
fn let_retry(tx: &mut Tx<'_>, work: &Work) -> Result<bool, AppFault> {
    let mut any = false;
    for mut row in payments::of_invoice(tx, &work.invoice.id)? {
        if row.status != "failed" {
            continue;
        }
        any = true;
        let today = work.today.to_string();
        if row.next_attempt.is_empty() || row.next_attempt > today {
            row.next_attempt = today;
            payments::update(tx, &row)?;
        }
    }
    Ok(any)
}

/// Gives the case to a person, as an exception with its value.
fn hand_over(tx: &mut Tx<'_>, context: &Context, work: &Work, text: &str) -> Result<(), AppFault> {
    let new = NewException {
        key: format!("dunning/{}", work.row.id),
        class: "payment_failed",
        summary: format!("{text}: {} is open", work.open()?),
        detail: format!("due on {}, policy {}", work.invoice.due, work.row.policy),
        customer: work.invoice.customer.clone(),
        document: work.invoice.id.clone(),
        entity: work.invoice.entity.clone(),
        value: Some(work.open()?),
        correlation: Some(stored_value("chain id", &work.row.correlation)?),
        ..NewException::default()
    };
    exception::open(tx, context, new)?;
    Ok(())
}

/// Records something that was done in a case: the act with its text, and the event.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    work: &Work,
    told: &Told,
) -> Result<(), AppFault> {
    note(
        tx,
        context,
        &work.row.id,
        work.today,
        (told.act.as_str(), &told.text),
    )?;
    let event = DunningStepped {
        case: work.row.id.clone(),
        invoice: stored_value("invoice id", &work.invoice.id)?,
        customer: stored_value("customer id", &work.invoice.customer)?,
        contract: stored_value("contract id", &work.invoice.contract)?,
        act: told.act,
        open: work.open()?,
        policy: format!("{}/{}", work.row.policy, work.row.policy_version),
        next: work.next(),
        text: told.text.clone(),
    };
    recorder.event(
        about_invoice(context, &work.invoice)?,
        Event::DunningStepped(event),
    );
    Ok(())
}

/// Writes an act of a case down.
pub(super) fn note(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &str,
    day: Date,
    (act, text): (&str, &str),
) -> Result<(), AppFault> {
    let row = ActRow {
        dunning: case.to_owned(),
        position: collection::acts_of(tx, case)?.len() as i64 + 1,
        day: day.to_string(),
        act: act.to_owned(),
        text: text.to_owned(),
        actor: context.actor.clone(),
        time: context.now.microseconds(),
    };
    Ok(ActRow::insert(tx, &[row])?)
}
