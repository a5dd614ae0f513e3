//! A run over many pages: while one page is written, the next one is read and decided from a view of
//! its own. Each page is one transaction, which compares what was read; so two runs at once, a page
//! that is tried again and an end at any moment leave no contract billed twice and none left out.

use super::case::{Numbers, View};
use super::plan::Plan;
use super::{Asked, Billed, CONTRACTS_A_PAGE, Through, page};
use crate::App;
use crate::fault::AppFault;
use crate::record::Context;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use store::Tx;
use store::bill_pages::{self, DueFilter};

/// Which contracts are billed, and from where.
#[derive(Debug, Clone)]
pub struct Pages {
    /// Through which day.
    pub through: Through,
    /// Which contracts.
    pub filter: DueFilter,
    /// After which customer and contract; empty for the start.
    pub after: (String, String),
    /// Contracts a page.
    pub size: i64,
    /// Whether an account that is billed at once is left alone when an open bill run is to bill a part
    /// of it; which contracts are left alone themselves is for the filter to say.
    pub beside_runs: bool,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            through: Through::Today,
            filter: DueFilter::default(),
            after: (String::new(), String::new()),
            size: CONTRACTS_A_PAGE,
            beside_runs: false,
        }
    }
}

/// What a page came to, told once it is durable.
#[derive(Debug, Clone, Default)]
pub struct PageDone {
    /// Contracts looked at.
    pub contracts: usize,
    /// The documents that were issued.
    pub documents: Vec<String>,
    /// Contracts that are held with an exception.
    pub held: usize,
    /// What each contract came to.
    pub results: Vec<ContractDone>,
    /// The last customer and contract of the page.
    pub after: (String, String),
}

/// What one contract of a page came to.
#[derive(Debug, Clone)]
pub struct ContractDone {
    /// Its customer.
    pub customer: String,
    /// The contract.
    pub contract: String,
    /// What it came to.
    pub outcome: Billed,
}

/// A page that was read and decided ahead of its transaction.
struct Prepared {
    ids: Vec<String>,
    customers: Vec<String>,
    after: (String, String),
    plan: Plan,
}

impl App {
    /// Bills page after page until nothing is due or `each` says to stop. `each` is told of a page
    /// once it is durable.
    ///
    /// # Errors
    /// When the store fails. What was told stays.
    pub fn bill_pages(
        &self,
        actor: &str,
        pages: &Pages,
        each: impl FnMut(PageDone) -> bool,
    ) -> Result<(), AppFault> {
        self.bill_pages_with(actor, pages, |_, _, _| Ok(()), each)
    }

    /// As [`App::bill_pages`], with something to note in the transaction of each page.
    pub(crate) fn bill_pages_with(
        &self,
        actor: &str,
        pages: &Pages,
        note: impl Fn(&mut Tx<'_>, &Context, &PageDone) -> Result<(), AppFault> + Clone + Send + 'static,
        mut each: impl FnMut(PageDone) -> bool,
    ) -> Result<(), AppFault> {
        std::thread::scope(|scope| {
            let (offer, offered) = sync_channel::<Result<Prepared, AppFault>>(1);
            let (tell, told) = channel::<bool>();
            let planner = scope.spawn(move || self.prepare_pages(actor, pages, &offer, &told));
            let mut written = Ok(());
            for prepared in &offered {
                let done = prepared.and_then(|it| self.write_page(actor, pages.how(), it, &note));
                match done {
                    Ok((done, held_up)) => {
                        // The planner may have ended with the last page.
                        let _ = tell.send(held_up);
                        if !each(done) {
                            break;
                        }
                    }
                    Err(fault) => {
                        written = Err(fault);
                        break;
                    }
                }
            }
            // It ends once nobody listens or tells; what ended it otherwise goes on as it is.
            drop((offered, tell));
            match planner.join() {
                Ok(()) => written,
                Err(payload) => std::panic::resume_unwind(payload),
            }
        })
    }

    /// Writes one page; answers what it came to and whether what was planned held.
    fn write_page(
        &self,
        actor: &str,
        how: (Through, Asked),
        prepared: Prepared,
        note: &(
             impl Fn(&mut Tx<'_>, &Context, &PageDone) -> Result<(), AppFault> + Clone + Send + 'static
         ),
    ) -> Result<(PageDone, bool), AppFault> {
        let note = note.clone();
        self.run(actor, move |tx, context| {
            let page = page::bill(tx, context, &prepared.ids, how, Some(prepared.plan))?;
            let whose = prepared.customers.into_iter().zip(prepared.ids);
            let done = page_done(whose, page.outcomes, prepared.after);
            note(tx, context, &done)?;
            Ok((done, page.held_up))
        })
    }

    /// Reads and decides pages until nothing is due or nobody listens any more.
    fn prepare_pages(
        &self,
        actor: &str,
        pages: &Pages,
        offer: &SyncSender<Result<Prepared, AppFault>>,
        told: &Receiver<bool>,
    ) {
        let mut after = pages.after.clone();
        let mut carried = Carried::default();
        loop {
            carried.listen(told);
            match self.prepare_page(actor, pages, &after, carried.numbers.clone()) {
                Ok(None) => return,
                Ok(Some(prepared)) => {
                    after.clone_from(&prepared.after);
                    carried.sent(&prepared);
                    if offer.send(Ok(prepared)).is_err() {
                        return;
                    }
                }
                Err(fault) => {
                    let _ = offer.send(Err(fault));
                    return;
                }
            }
        }
    }

    fn prepare_page(
        &self,
        actor: &str,
        pages: &Pages,
        after: &(String, String),
        numbers: Option<Numbers>,
    ) -> Result<Option<Prepared>, AppFault> {
        let context = self.context(actor);
        let Some(through) = pages.last_day(&context) else {
            return Ok(None);
        };
        let (pages, after) = (pages.clone(), after.clone());
        let deciding = context.clone();
        let read = self.store().read(move |tx| -> Result<_, AppFault> {
            let from = (after.0.as_str(), after.1.as_str());
            let rows = bill_pages::due(tx, &through, &pages.filter, from, pages.size)?;
            let Some(last) = rows.last() else {
                return Ok(None);
            };
            let after = (last.customer.clone(), last.id.clone());
            let view = View::read(tx, &context, rows, pages.through, numbers)?;
            Ok(Some((view, after, pages.through)))
        })?;
        let Some((mut view, after, through)) = read else {
            return Ok(None);
        };
        let rows = view.cases.iter().map(|case| &case.row);
        let ids = rows.clone().map(|row| row.id.clone()).collect();
        let customers = rows.map(|row| row.customer.clone()).collect();
        let plan = Plan::make(&deciding, &mut view, 0, through)?;
        Ok(Some(Prepared {
            ids,
            customers,
            after,
            plan,
        }))
    }
}

impl Pages {
    fn how(&self) -> (Through, Asked) {
        let asked = match self.beside_runs {
            true => Asked::BesideRuns,
            false => Asked::Run,
        };
        (self.through, asked)
    }

    /// The last day that any contract may be billed through; nothing without a legal entity.
    pub(super) fn last_day(&self, context: &Context) -> Option<String> {
        let entities = context.books.entities.values();
        let day = match self.through {
            Through::Day(day) => Some(day),
            Through::Today => entities
                .map(|entity| entity.zone.date_at(context.now))
                .max(),
        };
        day.map(|day| day.to_string())
    }
}

/// What the planner knows of pages that are not written yet.
#[derive(Default)]
struct Carried {
    /// The numbers as they will stand; nothing when they have to be read.
    numbers: Option<Numbers>,
    waiting: usize,
    /// Whether the numbers are known only once every page is written.
    is_lost: bool,
}

impl Carried {
    fn sent(&mut self, prepared: &Prepared) {
        self.waiting += 1;
        self.numbers = Some(prepared.plan.numbers_afterwards());
        // The contract apart may take numbers too.
        self.is_lost |= prepared.plan.count < prepared.ids.len();
    }

    /// Takes in what became of earlier pages; waits for all of them when the numbers are lost.
    fn listen(&mut self, told: &Receiver<bool>) {
        while self.waiting > 0 {
            let held_up = if self.is_lost {
                told.recv().ok()
            } else {
                told.try_recv().ok()
            };
            let Some(held_up) = held_up else { break };
            self.waiting -= 1;
            self.is_lost |= !held_up;
        }
        if self.is_lost {
            self.numbers = None;
            self.is_lost = false;
        }
    }
}

fn page_done(
    whose: impl Iterator<Item = (String, String)>,
    outcomes: Vec<Billed>,
    after: (String, String),
) -> PageDone {
    let mut done = PageDone {
        contracts: outcomes.len(),
        after,
        ..PageDone::default()
    };
    for ((customer, contract), outcome) in whose.zip(outcomes) {
        match &outcome {
            Billed::Nothing | Billed::Drafted(_) | Billed::Waits(_) | Billed::Left(_) => {}
            Billed::Issued(ids) => done.documents.extend(ids.iter().cloned()),
            Billed::Held => done.held += 1,
        }
        done.results.push(ContractDone {
            customer,
            contract,
            outcome,
        });
    }
    done
}
