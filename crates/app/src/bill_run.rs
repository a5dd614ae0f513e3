//! Bill runs as objects: planned, previewed by the function that bills, approved by a second person
//! where the policy asks for one, run page by page by the worker, paused, resumed and cancelled. The
//! position of a run moves in the transaction of each page, so that it goes on exactly where it was
//! when the program ends at any moment, and every contract's result names its document or why not.
//! A page that would take a run beyond what it may issue is undone; the run previews what is left and
//! asks a second person.

mod age;
mod limit;
mod steer;
mod totals;
mod view;

pub use view::{BillRunDetail, BillRunResultView, BillRunTotals, BillRunView};

pub(crate) use steer::{approve, create, steer};

use crate::fault::{AppFault, stored_value};
use crate::journey::billing::{CONTRACTS_A_PAGE, PageDone, Pages, Seen, Through};
use crate::record::{Context, Fact, Recorder};
use crate::worker::{self, Progress};
use crate::{App, Refusal};
use events::{BillRunReport, Event};
use store::bill_pages::{self, DueFilter};
use store::bill_runs::{self, BillRunResult, BillRunRow};
use store::{StoreFault, Tx};
use values::{BillRunId, Date, Zone};

/// Who bills when the worker runs.
const ACTOR: &str = "tieout/billing";

/// Part of the totals and results that the preview made.
const EXPECTED: &str = "expected";
/// Part that the run made.
const ISSUED: &str = "issued";

/// Does what bill runs wait for: previews what is planned and issues what runs.
pub(crate) fn work(app: &App) -> Progress {
    worker::when_waiting(
        app,
        ("worker/bill-runs", "bill runs"),
        |tx| Ok(!bill_runs::to_work(tx)?.is_empty()),
        || app.work_bill_runs(),
    )
}

/// How issuing came to an end.
enum Stopped {
    /// Every contract was looked at.
    AtTheEnd,
    /// A person has paused or cancelled it, or whoever works it stops.
    OnTheWay,
    /// The next page would take it beyond what it may issue, for this reason.
    AtTheLimit(String),
}

impl App {
    /// Previews every planned run and goes on with every run that is under way, until each is done,
    /// waits for a person, is paused or is cancelled. Returns how many runs it moved.
    ///
    /// # Errors
    /// When the store fails; the next call goes on from the last durable page.
    pub fn work_bill_runs(&self) -> Result<u64, AppFault> {
        self.work_bill_runs_by(CONTRACTS_A_PAGE, |_| true)
    }

    /// As [`App::work_bill_runs`] with `size` contracts a page. `each` is told of a page of a run once it
    /// is durable, and answers whether to go on; a run that is left so stands where a program that ends
    /// leaves it.
    ///
    /// # Errors
    /// As [`App::work_bill_runs`].
    pub fn work_bill_runs_by(
        &self,
        size: i64,
        mut each: impl FnMut(&PageDone) -> bool,
    ) -> Result<u64, AppFault> {
        let rows = self
            .store()
            .read(|tx| bill_runs::to_work(tx).map_err(AppFault::from))?;
        let mut moved = 0;
        for row in rows {
            moved += 1;
            if row.status == "planned" {
                self.preview_bill_run(row, size)?;
                continue;
            }
            let id = row.id.clone();
            match self.issue_bill_run(&row, size, &mut each)? {
                Stopped::AtTheEnd => self.run(ACTOR, move |tx, context| ended(tx, context, &id))?,
                Stopped::OnTheWay => {}
                Stopped::AtTheLimit(why) => {
                    let asks =
                        self.run(ACTOR, move |tx, context| asks_again(tx, context, &id, why))?;
                    if let Some(row) = asks {
                        self.preview_bill_run(row, size)?;
                    }
                }
            }
        }
        Ok(moved)
    }

    /// Adds up what a run would issue, by the function that issues it. Nothing is minted or posted. A run
    /// that has issued already keeps that, and what is left of it is previewed.
    fn preview_bill_run(&self, row: BillRunRow, size: i64) -> Result<(), AppFault> {
        let pages = pages_of(&row, size)?;
        let id = row.id.clone();
        self.run(ACTOR, move |tx, _| Ok(bill_runs::forget_preview(tx, &id)?))?;
        let mut left = 0;
        let mut after = pages.after.clone();
        let mut seen = Seen::new();
        loop {
            let page = self.foresee_page(ACTOR, &pages, &after, &mut seen)?;
            let Some((foreseen, last)) = page else { break };
            after = last;
            left += count(foreseen.len());
            let (totals, results) = totals::expected(&row.id, &foreseen);
            self.run(ACTOR, move |tx, _| {
                bill_runs::add_totals(tx, &totals)?;
                Ok(BillRunResult::insert(tx, &results)?)
            })?;
        }
        self.run(ACTOR, move |tx, context| {
            previewed(tx, context, &row.id, left)
        })
    }

    /// Issues page after page until the run is over, a person stops it or it comes to its limit.
    fn issue_bill_run(
        &self,
        row: &BillRunRow,
        size: i64,
        mut each: impl FnMut(&PageDone) -> bool,
    ) -> Result<Stopped, AppFault> {
        let pages = pages_of(row, size)?;
        let id = row.id.clone();
        let mut goes_on = true;
        let noted = self.bill_pages_with(
            ACTOR,
            &pages,
            move |tx, context, page| note(tx, context, &id, page),
            |page| {
                goes_on = each(&page);
                goes_on
            },
        );
        match noted {
            // The page that met this was undone.
            Err(fault) if fault.has_code(STOPPED) => Ok(Stopped::OnTheWay),
            Err(fault) if fault.has_code(LIMITED) => Ok(Stopped::AtTheLimit(fault.to_string())),
            Err(fault) => Err(fault),
            Ok(()) if goes_on => Ok(Stopped::AtTheEnd),
            Ok(()) => Ok(Stopped::OnTheWay),
        }
    }
}

/// Code of the refusal that undoes a page of a run that a person has stopped.
const STOPPED: &str = "bill_run_stopped";
/// Code of the refusal that undoes a page that would take a run beyond what it may issue.
const LIMITED: &str = "bill_run_limit";

/// The contracts of a run from its position on.
fn pages_of(row: &BillRunRow, size: i64) -> Result<Pages, AppFault> {
    let through: Date = stored_value("date", &row.through)?;
    Ok(Pages {
        after: (row.after_customer.clone(), row.after_contract.clone()),
        size,
        through: Through::Day(through),
        filter: DueFilter {
            entity: row.entity.clone(),
            customer: row.customer.clone(),
            contract: row.contract.clone(),
            currency: row.currency.clone(),
            ..DueFilter::default()
        },
        ..Pages::default()
    })
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A run by id.
fn load(tx: &mut Tx<'_>, id: &str) -> Result<BillRunRow, AppFault> {
    bill_runs::run(tx, id)?.ok_or_else(|| AppFault::NotFound {
        kind: "bill run",
        id: id.to_owned(),
    })
}

/// Writes a run back; another that has moved it meanwhile comes first.
fn put(
    tx: &mut Tx<'_>,
    context: &Context,
    before: &BillRunRow,
    row: BillRunRow,
) -> Result<BillRunRow, AppFault> {
    let row = BillRunRow {
        changed: context.now.microseconds(),
        ..row
    };
    if bill_runs::put(tx, before, &row)? {
        return Ok(row);
    }
    let message = format!("bill run {} has been moved by somebody else", row.id);
    Err(StoreFault::Contended(message).into())
}

/// Notes that the preview is complete, with how many contracts are `left`, and whether a second person is
/// needed.
fn previewed(tx: &mut Tx<'_>, context: &Context, id: &str, left: i64) -> Result<(), AppFault> {
    let before = load(tx, id)?;
    if before.status != "planned" {
        return Ok(());
    }
    let demand = limit::demand(context, &bill_runs::totals(tx, id)?, EXPECTED)?;
    let row = BillRunRow {
        status: if demand.is_some() { "waiting" } else { "ready" }.to_owned(),
        needs: demand.map_or_else(String::new, |demand| demand.why),
        due: before.done + left,
        ..before.clone()
    };
    put(tx, context, &before, row)?;
    Ok(())
}

/// Moves the run in the transaction of a page. A page of a run that was stopped is undone, and so is one
/// that would take it beyond what it may issue.
fn note(tx: &mut Tx<'_>, context: &Context, id: &str, page: &PageDone) -> Result<(), AppFault> {
    let before = load(tx, id)?;
    if before.status != "running" {
        let message = format!("bill run {id} is {} and issues nothing", before.status);
        return Err(Refusal::whole(STOPPED, message).into());
    }
    let (totals, results) = totals::came_to(tx, id, page)?;
    bill_runs::add_totals(tx, &totals)?;
    BillRunResult::insert(tx, &results)?;
    if let Some(why) = limit::over(context, &before, &bill_runs::totals(tx, id)?)? {
        return Err(Refusal::whole(LIMITED, why).into());
    }
    let row = BillRunRow {
        done: before.done + count(page.contracts),
        issued: before.issued + count(page.documents.len()),
        held: before.held + count(page.held),
        after_customer: page.after.0.clone(),
        after_contract: page.after.1.clone(),
        ..before.clone()
    };
    put(tx, context, &before, row)?;
    Ok(())
}

/// Has a run that came to its limit previewed again: who approved it did not approve what it would come to.
/// Answers the run, unless a person has stopped it.
fn asks_again(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &str,
    why: String,
) -> Result<Option<BillRunRow>, AppFault> {
    let before = load(tx, id)?;
    if before.status != "running" {
        return Ok(None);
    }
    let row = BillRunRow {
        status: "planned".to_owned(),
        checker: String::new(),
        needs: String::new(),
        reason: why,
        ..before.clone()
    };
    put(tx, context, &before, row).map(Some)
}

fn ended(tx: &mut Tx<'_>, context: &Context, id: &str) -> Result<(), AppFault> {
    let before = load(tx, id)?;
    if before.status != "running" {
        return Ok(());
    }
    let row = BillRunRow {
        status: "done".to_owned(),
        ..before.clone()
    };
    let row = put(tx, context, &before, row)?;
    age::over(tx, context, &row)?;
    tell(tx, context, &row)
}

/// Records that a run began or ended.
fn tell(tx: &mut Tx<'_>, context: &Context, row: &BillRunRow) -> Result<(), AppFault> {
    let totals = bill_runs::totals(tx, &row.id)?;
    let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let run: BillRunId = stored_value("bill run id", &row.id)?;
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    let report = BillRunReport {
        through: stored_value("date", &row.through)?,
        entity: named("entity id", &row.entity)?,
        customer: named("customer id", &row.customer)?,
        contract: named("contract id", &row.contract)?,
        status: row.status.clone(),
        planned_by: row.maker.clone(),
        approved_by: optional(&row.checker),
        reason: optional(&row.reason),
        expected: totals::issued(&totals, EXPECTED)?,
        issued: totals::issued(&totals, ISSUED)?,
        documents: count(row.issued),
        held: count(row.held),
        run,
    };
    let event = match row.status.as_str() {
        "running" => Event::BillRunStarted(report),
        _ => Event::BillRunEnded(report),
    };
    // A run that another person has to approve on the way begins again.
    let key = format!("bill-run/{}/{}/{}", row.id, row.status, row.changed);
    let correlation = stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, correlation, "/billing", &key);
    let fact = Fact {
        subject: format!("bill_run/{}", row.id),
        partition: format!("bill_run/{}", row.id),
        entity: None,
        effective: Zone::utc().date_at(context.now),
        happened: context.now,
    };
    recorder.event(fact, event);
    recorder.finish(tx)
}

fn named<T: std::str::FromStr<Err: std::fmt::Display>>(
    what: &'static str,
    text: &str,
) -> Result<Option<T>, AppFault> {
    if text.is_empty() {
        return Ok(None);
    }
    stored_value(what, text).map(Some)
}

/// How many contracts a run that is planned now would look at.
fn due_now(tx: &mut Tx<'_>, row: &BillRunRow) -> Result<i64, AppFault> {
    let filter = pages_of(row, CONTRACTS_A_PAGE)?.filter;
    Ok(bill_pages::due_count(tx, &row.through, &filter)?)
}
