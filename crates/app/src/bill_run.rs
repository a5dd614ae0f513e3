//! Bill runs as objects: planned, previewed by the function that bills, approved by a second person
//! where the policy asks for one, run page by page by the worker, paused, resumed and cancelled. The
//! position of a run moves in the transaction of each page, so that it goes on exactly where it was
//! when the program ends at any moment, and every contract's result names its document or why not.

mod steer;
mod view;

pub use view::{BillRunDetail, BillRunResultView, BillRunTotals, BillRunView};

pub(crate) use steer::{approve, create, steer};

use crate::fault::{AppFault, stored_value};
use crate::journey::billing::{Billed, Foreseen, PageDone, Pages, Seen, Through};
use crate::record::{Context, Fact, Recorder};
use crate::worker::{self, Progress};
use crate::{App, Refusal};
use control::approval_policy::Measured;
use events::{BillRunReport, Event};
use std::collections::BTreeMap;
use store::bill_pages::{self, DueFilter};
use store::bill_runs::{self, BillRunResult, BillRunRow, BillRunTotal};
use store::{StoreFault, Tx};
use values::{BillRunId, Currency, Date, Money, Zone};

/// Who bills when the worker runs.
const ACTOR: &str = "tieout/billing";

/// The command whose rule of the approval policy says from which total a run needs a second person.
const APPROVED: &str = "create_bill_run";

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

impl App {
    /// Previews every planned run and goes on with every run that is under way, until each is done,
    /// paused or cancelled. Returns how many runs it moved.
    ///
    /// # Errors
    /// When the store fails; the next call goes on from the last durable page.
    pub fn work_bill_runs(&self) -> Result<u64, AppFault> {
        let rows = self
            .store()
            .read(|tx| bill_runs::to_work(tx).map_err(AppFault::from))?;
        let mut moved = 0;
        for row in rows {
            match row.status.as_str() {
                "planned" => self.preview_bill_run(row)?,
                _ => self.issue_bill_run(row)?,
            }
            moved += 1;
        }
        Ok(moved)
    }

    /// Adds up what a run would issue, by the function that issues it. Nothing is minted or posted.
    fn preview_bill_run(&self, row: BillRunRow) -> Result<(), AppFault> {
        let pages = pages_of(&row)?;
        let id = row.id.clone();
        self.run(ACTOR, move |tx, _| Ok(bill_runs::forget_preview(tx, &id)?))?;
        let mut row = BillRunRow { done: 0, ..row };
        let mut after = (String::new(), String::new());
        let mut seen = Seen::new();
        loop {
            let page = self.foresee_page(ACTOR, &pages, &after, &mut seen)?;
            let Some((foreseen, last)) = page else { break };
            after = last;
            row.done += i64::try_from(foreseen.len()).unwrap_or(i64::MAX);
            let (totals, results) = expected(&row.id, &foreseen);
            self.run(ACTOR, move |tx, _| {
                bill_runs::add_totals(tx, &totals)?;
                Ok(BillRunResult::insert(tx, &results)?)
            })?;
        }
        self.run(ACTOR, move |tx, context| previewed(tx, context, row))
    }

    /// Issues page after page until the run is over or a person stops it.
    fn issue_bill_run(&self, row: BillRunRow) -> Result<(), AppFault> {
        let pages = Pages {
            after: (row.after_customer.clone(), row.after_contract.clone()),
            ..pages_of(&row)?
        };
        let id = row.id.clone();
        let noted = self.bill_pages_with(
            ACTOR,
            &pages,
            move |tx, context, page| note(tx, context, &id, page),
            |_| true,
        );
        match noted {
            // A person has paused or cancelled it: the page that met this was undone.
            Err(AppFault::Refused(refusals))
                if refusals.iter().any(|refusal| refusal.code == STOPPED) =>
            {
                Ok(())
            }
            Err(fault) => Err(fault),
            Ok(()) => {
                let id = row.id;
                self.run(ACTOR, move |tx, context| ended(tx, context, &id))
            }
        }
    }
}

/// Code of the refusal that undoes a page of a run that a person has stopped.
const STOPPED: &str = "bill_run_stopped";

fn pages_of(row: &BillRunRow) -> Result<Pages, AppFault> {
    let through: Date = stored_value("date", &row.through)?;
    Ok(Pages {
        through: Through::Day(through),
        filter: DueFilter {
            entity: row.entity.clone(),
            customer: row.customer.clone(),
            contract: row.contract.clone(),
            currency: row.currency.clone(),
        },
        ..Pages::default()
    })
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

fn expected(run: &str, foreseen: &[Foreseen]) -> (Vec<BillRunTotal>, Vec<BillRunResult>) {
    let mut totals: BTreeMap<(String, String), BillRunTotal> = BTreeMap::new();
    let mut results = Vec::new();
    for one in foreseen {
        for document in &one.documents {
            let kind = &document.kind;
            let currency = document.total.currency.code().to_owned();
            let total = totals
                .entry((currency.clone(), kind.clone()))
                .or_insert_with(|| BillRunTotal {
                    run: run.to_owned(),
                    part: EXPECTED.to_owned(),
                    currency,
                    kind: kind.clone(),
                    documents: 0,
                    net: 0,
                    tax: 0,
                    total: 0,
                });
            total.documents += 1;
            total.net += document.net.minor;
            total.tax += document.tax.minor;
            total.total += document.total.minor;
        }
        let (outcome, why) = match (&one.held, one.documents.is_empty()) {
            (Some(why), _) => ("held", why.clone()),
            (None, false) => ("issued", one.words()),
            (None, true) => continue,
        };
        results.push(BillRunResult {
            run: run.to_owned(),
            customer: one.customer.clone(),
            contract: one.contract.clone(),
            part: EXPECTED.to_owned(),
            outcome: outcome.to_owned(),
            document: String::new(),
            why,
        });
    }
    (totals.into_values().collect(), results)
}

/// Notes that the preview is complete and whether a second person is needed.
fn previewed(tx: &mut Tx<'_>, context: &Context, row: BillRunRow) -> Result<(), AppFault> {
    let before = load(tx, &row.id)?;
    if before.status != "planned" {
        return Ok(());
    }
    let moved = sums(&bill_runs::totals(tx, &row.id)?, EXPECTED)?;
    let demand = context.books.approvals.demand(Measured {
        command: APPROVED,
        changes_existing: true,
        own_terms: &[],
        moved: &moved,
    });
    let row = BillRunRow {
        status: if demand.is_some() { "waiting" } else { "ready" }.to_owned(),
        needs: demand.map_or_else(String::new, |demand| demand.why),
        due: row.done,
        done: 0,
        ..before.clone()
    };
    put(tx, context, &before, row)?;
    Ok(())
}

/// Sums with tax by currency, invoices less credit notes.
fn sums(totals: &[BillRunTotal], part: &str) -> Result<Vec<Money>, AppFault> {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for total in totals.iter().filter(|total| total.part == part) {
        let sign = if total.kind == "credit_note" { -1 } else { 1 };
        *sums.entry(&total.currency).or_default() += sign * total.total;
    }
    sums.into_iter()
        .map(|(code, minor)| {
            let currency: Currency = stored_value("currency", code)?;
            Ok(Money::from_minor(minor, currency))
        })
        .collect()
}

/// Moves the run in the transaction of a page. A page of a run that was stopped is undone; one that
/// takes an approved run over what was approved stays, and the run pauses.
fn note(tx: &mut Tx<'_>, context: &Context, id: &str, page: &PageDone) -> Result<(), AppFault> {
    let before = load(tx, id)?;
    if before.status != "running" {
        let message = format!("bill run {id} is {} and issues nothing", before.status);
        return Err(Refusal::whole(STOPPED, message).into());
    }
    let documents: Vec<&str> = page.documents.iter().map(String::as_str).collect();
    let issued = bill_runs::sums_of(tx, id, &documents)?;
    bill_runs::add_totals(tx, &issued)?;
    let results: Vec<BillRunResult> = page
        .results
        .iter()
        .filter_map(|result| {
            let (outcome, document) = match &result.outcome {
                Billed::Nothing => return None,
                // What is given back of earlier invoices comes first; the new one names the result.
                Billed::Issued(documents) => {
                    ("issued", documents.last().cloned().unwrap_or_default())
                }
                Billed::Drafted(draft) => ("drafted", draft.clone()),
                Billed::Held => ("held", String::new()),
            };
            Some(BillRunResult {
                run: id.to_owned(),
                customer: result.customer.clone(),
                contract: result.contract.clone(),
                part: ISSUED.to_owned(),
                outcome: outcome.to_owned(),
                document,
                why: String::new(),
            })
        })
        .collect();
    BillRunResult::insert(tx, &results)?;
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let mut row = BillRunRow {
        done: before.done + count(page.contracts),
        issued: before.issued + count(page.documents.len()),
        held: before.held + count(page.held),
        after_customer: page.after.0.clone(),
        after_contract: page.after.1.clone(),
        ..before.clone()
    };
    if !row.checker.is_empty()
        && let Some(over) = over_what_was_approved(&bill_runs::totals(tx, id)?)?
    {
        row.status = "paused".to_owned();
        row.reason = over;
    }
    put(tx, context, &before, row)?;
    Ok(())
}

fn over_what_was_approved(totals: &[BillRunTotal]) -> Result<Option<String>, AppFault> {
    let approved = sums(totals, EXPECTED)?;
    for issued in sums(totals, ISSUED)? {
        let limit = approved
            .iter()
            .find(|known| known.currency == issued.currency)
            .map_or(0, |known| known.minor);
        if issued.minor > limit {
            let limit = Money::from_minor(limit, issued.currency);
            return Ok(Some(format!(
                "{issued} is issued and {limit} was approved: contracts have changed since the preview"
            )));
        }
    }
    Ok(None)
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
        expected: sums(&totals, EXPECTED)?,
        issued: sums(&totals, ISSUED)?,
        documents: count(row.issued),
        held: count(row.held),
        run,
    };
    let event = match row.status.as_str() {
        "running" => Event::BillRunStarted(report),
        _ => Event::BillRunEnded(report),
    };
    let key = format!("bill-run/{}/{}", row.id, row.status);
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
    let filter = pages_of(row)?.filter;
    Ok(bill_pages::due_count(tx, &row.through, &filter)?)
}
