//! Late payers: an invoice enters when its payment fails or its time is over, walks the steps of the
//! policy that it entered with, and leaves when nothing of it is owed. The machine decides; this loads
//! what it asks for and does what it says.

use super::dunning_step::{self, Told};
use super::{of_document, policy, stated, suspension, write_off};
use crate::command::{Answer, AssignCollection, RecordPromise};
use crate::fault::{AppFault, stored, stored_value, to_store};
use crate::journey::routing::Routes;
use crate::journey::{customer, document, exception, standing};
use crate::record::{Context, Recorder};
use crate::{App, Refusal};
use billing::{Act, Case, DunningPolicy, PaymentKnown, Promise, Situation};
use commerce::Collection;
use events::DunningAct;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::collection::{self, CaseRow};
use store::documents::{self, DocumentRow};
use store::payments::PaymentRow;
use store::{Tx, payments, settings};
use values::{CustomerId, Date, EntityId, Money};

/// Cases looked at in one transaction.
const CASES_A_STEP: i64 = 200;

/// A case with the steps that it walks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Where it stands.
    pub(super) case: Case,
    /// The steps as they were when it entered.
    pub(super) policy: DunningPolicy,
    /// What of the contracts its suspension keeps from being billed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) stopped: Vec<suspension::Stopped>,
}

/// A case while it is worked on.
pub(super) struct Work {
    pub(super) row: CaseRow,
    pub(super) kept: Kept,
    pub(super) invoice: DocumentRow,
    pub(super) today: Date,
}

impl Work {
    pub(super) fn of(
        tx: &mut Tx<'_>,
        context: &Context,
        row: CaseRow,
    ) -> Result<Option<Work>, AppFault> {
        let Some(invoice) = documents::document(tx, &row.invoice)? else {
            return Ok(None);
        };
        let entity: EntityId = stored_value("entity id", &row.entity)?;
        Ok(Some(Work {
            kept: stored("dunning case", &row.body)?,
            today: context.today(&entity)?,
            invoice,
            row,
        }))
    }

    /// What is open.
    pub(super) fn open(&self) -> Result<Money, AppFault> {
        of_document(&self.invoice, self.invoice.remaining)
    }

    /// When the next step is due.
    pub(super) fn next(&self) -> Option<Date> {
        self.kept.case.next_on(&self.kept.policy)
    }

    fn save(&mut self, tx: &mut Tx<'_>, context: &Context) -> Result<(), AppFault> {
        let case = &self.kept.case;
        self.row.status = match case {
            case if case.closed => "closed",
            case if case.written_off => "written_off",
            case if case.promise.is_some() => "promised",
            case if case.suspended => "suspended",
            _ => "running",
        }
        .to_owned();
        self.row.next_on = self.next().map_or_else(String::new, |day| day.to_string());
        self.row.body = to_store("dunning case", &self.kept)?;
        self.row.changed = context.now.microseconds();
        Ok(collection::update_case(tx, &self.row)?)
    }
}

/// Why a case ends and what comes back with it, in words.
pub(super) struct Why<'a> {
    /// Of the invoice, in the reason of the amendment.
    pub(super) returns: &'a str,
    /// Where the service comes back.
    pub(super) resumed: &'a str,
    /// Where the case ends.
    pub(super) closed: &'a str,
}

/// Nothing is owed.
const SETTLED: Why<'static> = Why {
    returns: "is settled: the service returns",
    resumed: "nothing is owed any more; the service is given again",
    closed: "nothing of the invoice is owed any more",
};

/// The waits between attempts at the payment of an invoice: those of the steps that it walks
/// already, else those of the policy for it.
pub(crate) fn retries(
    tx: &mut Tx<'_>,
    payment: &PaymentRow,
) -> Result<billing::RetryPolicy, AppFault> {
    if let Some(row) = collection::running_case(tx, &payment.invoice)? {
        let kept: Kept = stored("dunning case", &row.body)?;
        let waits = kept.policy.retries();
        if !waits.days.is_empty() {
            return Ok(waits);
        }
    }
    // That an attempt failed is recorded whoever it was that should have paid.
    let class = match customer::load(tx, &stored_value("customer id", &payment.customer)?) {
        Ok(payer) => payer.class,
        Err(AppFault::NotFound { .. }) => None,
        Err(fault) => return Err(fault),
    };
    let policy = policy::in_force(tx)?.dunning;
    let found = policy.policy_for(&payment.entity, "card", class.as_deref());
    Ok(found.map(DunningPolicy::retries).unwrap_or_default())
}

/// The case of an invoice that is not closed, ours until the transaction ends: what is done in it is
/// numbered, and another process may be at it. Most invoices never have one, and take no turn.
pub(super) fn running(tx: &mut Tx<'_>, invoice: &str) -> Result<Option<CaseRow>, AppFault> {
    if collection::running_case(tx, invoice)?.is_none() {
        return Ok(None);
    }
    take_turn(tx, invoice)?;
    Ok(collection::running_case(tx, invoice)?)
}

fn take_turn(tx: &mut Tx<'_>, invoice: &str) -> Result<(), AppFault> {
    let mut turn = [format!("dunning/{invoice}")];
    Ok(store::bill_pages::take_turns(tx, &mut turn)?)
}

/// Lets an invoice enter, unless it has, or nothing of it is open.
pub(crate) fn enter(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    invoice: &DocumentRow,
    (from, why): (Date, &str),
) -> Result<(), AppFault> {
    if invoice.remaining <= 0 {
        return Ok(());
    }
    // Before looking, so that two processes do not begin two.
    take_turn(tx, &invoice.id)?;
    if collection::running_case(tx, &invoice.id)?.is_some() {
        return Ok(());
    }
    let buyer = customer::load(
        tx,
        &stored_value::<CustomerId>("customer id", &invoice.customer)?,
    )?;
    let book = policy::in_force(tx)?;
    let Some(policy) = book.dunning.policy_for(
        &invoice.entity,
        word(buyer.collection),
        buyer.class.as_deref(),
    ) else {
        return Ok(());
    };
    let kept = Kept {
        case: Case::begun(from),
        policy: policy.clone(),
        stopped: Vec::new(),
    };
    let row = CaseRow {
        id: context.ids.mint("dun", context.now),
        invoice: invoice.id.clone(),
        customer: invoice.customer.clone(),
        contract: invoice.contract.clone(),
        entity: invoice.entity.clone(),
        policy: policy.id.clone(),
        policy_version: i64::from(book.version),
        status: "running".to_owned(),
        next_on: String::new(),
        owner: Routes::on(context.today(&stored_value("entity id", &invoice.entity)?)?)
            .collections_owner(tx, &buyer.id)?
            .unwrap_or_default(),
        next_action: String::new(),
        body: to_store("dunning case", &kept)?,
        correlation: invoice.correlation.clone(),
        opened: context.now.microseconds(),
        changed: context.now.microseconds(),
    };
    CaseRow::insert(tx, std::slice::from_ref(&row))?;
    let Some(mut work) = Work::of(tx, context, row)? else {
        return Ok(());
    };
    let told = Told::new(DunningAct::Entered, why);
    dunning_step::tell(tx, context, recorder, &work, &told)?;
    work.save(tx, context)
}

pub(super) fn word(collection: Collection) -> &'static str {
    match collection {
        Collection::Card => "card",
        Collection::Transfer => "transfer",
    }
}

/// Goes on with the case of an invoice of which less is open than before: the service comes back at once,
/// not at the next morning.
pub(crate) fn settled(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    invoice: &DocumentRow,
    look: Look,
) -> Result<(), AppFault> {
    let Some(row) = running(tx, &invoice.id)? else {
        return Ok(());
    };
    match Work::of(tx, context, row)? {
        Some(work) => advance(tx, context, recorder, work, look),
        None => Ok(()),
    }
}

/// Why a case is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Its next step may be due.
    Morning,
    /// Less of the invoice is open than before: no step is done, it keeps a promise, or closes.
    Settled,
    /// The same, because something was given up.
    WrittenOff,
}

/// Goes on with a case.
fn advance(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    mut work: Work,
    look: Look,
) -> Result<(), AppFault> {
    let open = work.open()?;
    // What was paid after a part was given up is paid: only giving up the last of it is not.
    let ended_unpaid = look == Look::WrittenOff || work.kept.case.written_off;
    let now = Situation {
        today: work.today,
        open,
        written_off: ended_unpaid
            && open.minor <= 0
            && write_off::given_up(tx, &work.invoice.id)?.1 > 0,
        disputed: look != Look::Morning || collection::is_disputed(tx, &work.invoice.id)?,
        payment: known_of(tx, &work.invoice.id)?,
    };
    let before = work.kept.case.clone();
    let acts = work.kept.case.advance(&work.kept.policy.clone(), &now);
    if work.kept.case == before {
        return Ok(());
    }
    carry_out(tx, context, recorder, &mut work, &acts, &SETTLED)
}

/// Does what a case says is to be done, and writes down how it stands then.
pub(super) fn carry_out(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    work: &mut Work,
    acts: &[Act],
    why: &Why<'_>,
) -> Result<(), AppFault> {
    for act in acts {
        match act {
            Act::Step { number } => {
                dunning_step::take(tx, context, recorder, work, *number)?;
            }
            Act::PromiseKept => told(
                tx,
                context,
                recorder,
                work,
                DunningAct::PromiseKept,
                "what was promised is paid",
            )?,
            Act::PromiseBroken => {
                told(
                    tx,
                    context,
                    recorder,
                    work,
                    DunningAct::PromiseBroken,
                    "the promised day has passed and it is not paid",
                )?;
            }
            Act::WriteOff => {
                let text = match work.kept.case.suspended {
                    true => "what was owed is written off and not paid; the service stays withheld",
                    false => "what was owed is written off and not paid",
                };
                told(tx, context, recorder, work, DunningAct::WrittenOff, text)?;
                let about = format!("dunning/{}", work.row.id);
                exception::clear(tx, context, &about, "the invoice is written off")?;
            }
            Act::Resume => {
                let billing = suspension::resume(tx, context, recorder, work, why.returns)?;
                let text = format!("{}{billing}", why.resumed);
                told(tx, context, recorder, work, DunningAct::Resumed, &text)?;
            }
            Act::Close => {
                told(tx, context, recorder, work, DunningAct::Closed, why.closed)?;
                let about = format!("dunning/{}", work.row.id);
                exception::clear(tx, context, &about, "the invoice is settled")?;
            }
        }
    }
    work.save(tx, context)?;
    stand(tx, context, recorder, work)
}

fn told(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    work: &Work,
    act: DunningAct,
    text: &str,
) -> Result<(), AppFault> {
    dunning_step::tell(tx, context, recorder, work, &Told::new(act, text))
}

/// Brings the standing of the customer up to date; the CRM is told.
fn stand(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    work: &Work,
) -> Result<(), AppFault> {
    standing::refresh(tx, context, recorder, &work.row.customer)?;
    standing::tell_crm(
        tx,
        context,
        recorder,
        &work.row.customer,
        &work.row.contract,
    )
}

/// How the payment that collects an invoice stands. One that was asked for and not answered is
/// unknown, also when its call timed out.
fn known_of(tx: &mut Tx<'_>, invoice: &str) -> Result<PaymentKnown, AppFault> {
    let mut known = PaymentKnown::None;
    for row in payments::of_invoice(tx, invoice)? {
        match row.status.as_str() {
            "initiated" => return Ok(PaymentKnown::Unknown),
            "failed" => known = PaymentKnown::Failed,
            _ => {}
        }
    }
    Ok(known)
}

/// `record_promise`.
///
/// # Errors
/// When the invoice is not being collected, or the day cannot be.
pub fn promise(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &RecordPromise,
) -> Result<Answer, AppFault> {
    let (mut work, mut recorder) = worked(tx, context, key, &body.invoice)?;
    let open = work.open()?;
    let promised = match &body.amount {
        Some(text) => stated("amount", text, open.currency)?,
        None => open,
    };
    if promised.minor <= 0 || promised.minor > open.minor {
        let message = format!("{promised} cannot be promised: {open} of the invoice is open");
        return Err(Refusal::field("exceeds_open", "amount", message).into());
    }
    let promise = Promise {
        until: body.until,
        leaving: open.minus(promised)?,
    };
    let policy = work.kept.policy.clone();
    work.kept
        .case
        .promise(promise, work.today, &policy)
        .map_err(|refusal| Refusal::field(refusal.code(), "until", refusal.to_string()))?;
    let text = format!("{promised} by {}: {}", body.until, body.note);
    let act = Told::new(DunningAct::Promised, &text);
    dunning_step::tell(tx, context, &mut recorder, &work, &act)?;
    work.save(tx, context)?;
    stand(tx, context, &mut recorder, &work)?;
    recorder.finish(tx)?;
    Ok(
        json!({ "case": work.row.id, "invoice": work.invoice.number, "promised": promised, "until": body.until }),
    )
}

/// `assign_collection`.
///
/// # Errors
/// When the invoice is not being collected.
pub fn assign(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &AssignCollection,
) -> Result<Answer, AppFault> {
    let (mut work, recorder) = worked(tx, context, key, &body.invoice)?;
    if body.owner.trim().is_empty() {
        return Err(Refusal::field("owner_missing", "owner", "name who works on it").into());
    }
    work.row.owner = body.owner.trim().to_owned();
    work.row.next_action.clone_from(&body.next_action);
    work.save(tx, context)?;
    let text = format!("{}: {}", body.owner, body.next_action);
    dunning_step::note(tx, context, &work.row.id, work.today, ("assigned", &text))?;
    recorder.finish(tx)?;
    Ok(json!({ "case": work.row.id, "invoice": work.invoice.number, "owner": work.row.owner }))
}

/// The case of an invoice that is worked on by hand, and what records it.
pub(super) fn worked<'c>(
    tx: &mut Tx<'_>,
    context: &'c Context,
    key: &str,
    invoice: &str,
) -> Result<(Work, Recorder<'c>), AppFault> {
    let invoice = document::invoice(tx, invoice)?;
    let row = running(tx, &invoice.id)?;
    let work = match row {
        Some(row) => Work::of(tx, context, row)?,
        None => None,
    };
    let work = work.ok_or_else(|| {
        let message = format!(
            "invoice {} is not being collected: it is not late, or it is settled",
            invoice.number
        );
        Refusal::field("not_in_collection", "invoice", message)
    })?;
    let correlation = stored_value("chain id", &work.row.correlation)?;
    Ok((work, Recorder::new(context, correlation, "/commands", key)))
}

impl App {
    /// Lets invoices enter whose time is over, and goes on with every case. Returns how many cases
    /// entered and how many were gone on with.
    ///
    /// # Errors
    /// When the store fails.
    pub fn work_dunning(&self, actor: &str) -> Result<(usize, usize), AppFault> {
        let mut entered = 0;
        let entities: Vec<EntityId> = self.books().entities.keys().cloned().collect();
        for entity in entities {
            let mut after = String::new();
            loop {
                let from = after.clone();
                let (count, last) = {
                    let entity = entity.clone();
                    self.run(actor, move |tx, context| late(tx, context, &entity, &from))?
                };
                entered += count;
                match last {
                    Some(last) => after = last,
                    None => break,
                }
            }
        }
        let (mut walked, mut after) = (0, String::new());
        loop {
            let from = after.clone();
            let (count, last) = self.run(actor, move |tx, context| walk(tx, context, &from))?;
            walked += count;
            match last {
                Some(last) => after = last,
                None => return Ok((entered, walked)),
            }
        }
    }
}

/// The invoices of an entity whose grace is over, once a day each. Returns how many entered and where
/// to go on.
fn late(
    tx: &mut Tx<'_>,
    context: &Context,
    entity: &EntityId,
    after: &str,
) -> Result<(usize, Option<String>), AppFault> {
    let today = context.today(entity)?;
    let looked = format!("dunning_looked/{entity}");
    if after.is_empty()
        && settings::setting(tx, &looked)?.is_some_and(|day| day == today.to_string())
    {
        return Ok((0, None));
    }
    let book = policy::in_force(tx)?.dunning;
    let shortest = book
        .policies
        .iter()
        .map(|policy| policy.grace_days)
        .min()
        .unwrap_or(0);
    let due = before(today, i64::from(shortest) + 1);
    let found = collection::overdue_without_case(
        tx,
        entity.as_str(),
        &due.to_string(),
        after,
        CASES_A_STEP,
    )?;
    let last = found.last().cloned();
    let mut entered = 0;
    for id in &found {
        let Some(invoice) = documents::document(tx, id)? else {
            continue;
        };
        let buyer = customer::load(
            tx,
            &stored_value::<CustomerId>("customer id", &invoice.customer)?,
        )?;
        let policy = book.policy_for(
            entity.as_str(),
            word(buyer.collection),
            buyer.class.as_deref(),
        );
        let Some(policy) = policy else {
            continue;
        };
        let due: Date = stored_value("date", &invoice.due)?;
        let is_collected = known_of(tx, id)? == PaymentKnown::Unknown;
        if due > before(today, i64::from(policy.grace_days) + 1) || is_collected {
            continue;
        }
        let correlation = stored_value("chain id", &invoice.correlation)?;
        let key = format!("dunning/{id}/{today}");
        let mut recorder = Recorder::new(context, correlation, "/receivables", &key);
        let why = format!("it was due on {due} and is not paid");
        enter(tx, context, &mut recorder, &invoice, (today, &why))?;
        standing::refresh(tx, context, &mut recorder, &invoice.customer)?;
        standing::tell_crm(
            tx,
            context,
            &mut recorder,
            &invoice.customer,
            &invoice.contract,
        )?;
        recorder.finish(tx)?;
        entered += 1;
    }
    if last.is_none() {
        settings::set_setting(tx, &looked, &today.to_string())?;
    }
    Ok((entered, last))
}

pub(super) fn before(day: Date, days: i64) -> Date {
    day.saturating_sub(jiff::Span::new().days(days))
}

fn walk(
    tx: &mut Tx<'_>,
    context: &Context,
    after: &str,
) -> Result<(usize, Option<String>), AppFault> {
    let rows = collection::running_cases(tx, "", after, CASES_A_STEP)?;
    let last = rows.last().map(|row| row.id.clone());
    let count = rows.len();
    for seen in rows {
        // Another process may have gone on with it, or closed it, since it was listed.
        let Some(row) = running(tx, &seen.invoice)? else {
            continue;
        };
        let Some(work) = Work::of(tx, context, row)? else {
            continue;
        };
        let correlation = stored_value("chain id", &work.row.correlation)?;
        let key = format!("dunning/{}/{}", work.row.id, work.today);
        let mut recorder = Recorder::new(context, correlation, "/receivables", &key);
        advance(tx, context, &mut recorder, work, Look::Morning)?;
        recorder.finish(tx)?;
    }
    Ok((count, last))
}
