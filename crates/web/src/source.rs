//! The program as the console's source of figures.

mod account;
mod approvals;
mod audit;
mod bill_runs;
mod cash_desk;
mod collection;
mod customer_details;
mod desk;
mod deviations;
mod disputes;
mod exceptions;
mod governance;
mod invoice_life;
mod lanes;
mod outward;
mod papers;
mod payment_sync;
mod price_changes;
mod processes;
mod quotes;
mod story;
mod structure;
mod typed_amounts;
mod usage;

pub(crate) use typed_amounts::ungrouped;

use crate::console::{
    AccountKey, ExceptionFacets, ExceptionFilter, ListFilter, ResolveOutcome, Source, SourceFault,
};
use app::command::{AssignException, Command, ResolveException};
use app::{App, AppFault, view};
use values::{ExceptionId, Instant, Month};

/// Answers the console from the books.
pub struct AppSource {
    app: App,
}

impl AppSource {
    /// The console's view of a program.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self { app }
    }
}

type Asked<T> = Result<T, SourceFault>;

fn told(fault: AppFault) -> SourceFault {
    match fault {
        AppFault::Refused(refusals) => {
            if refusals.iter().any(|refusal| refusal.code == "bad_cursor") {
                let mend = "start again from the first page".to_owned();
                return SourceFault::BadFilter {
                    field: "place in the list",
                    value: String::new(),
                    mend,
                };
            }
            let reason = refusals
                .into_iter()
                .map(|refusal| refusal.message)
                .collect::<Vec<_>>()
                .join("; ");
            SourceFault::Refused { reason }
        }
        AppFault::KeyReused { .. } | AppFault::NotFound { .. } | AppFault::Forbidden { .. } => {
            SourceFault::Refused {
                reason: fault.to_string(),
            }
        }
        AppFault::Connection(_)
        | AppFault::Seal(_)
        | AppFault::Store(_)
        | AppFault::Unreadable { .. }
        | AppFault::Amount(_) => SourceFault::Unavailable {
            detail: fault.to_string(),
        },
    }
}

fn exception_id(id: &str) -> Asked<ExceptionId> {
    id.parse().map_err(|_| SourceFault::Refused {
        reason: format!("There is no exception {id}."),
    })
}

impl Source for AppSource {
    fn now(&self) -> Instant {
        self.app.clock().now()
    }

    fn open_exceptions(&self) -> Asked<i64> {
        self.app.open_exceptions().map_err(told)
    }

    fn entities(&self) -> Asked<Vec<(String, String)>> {
        self.app.entities().map_err(told)
    }

    fn months(&self, entity: &str) -> Asked<Vec<Month>> {
        self.app.months(entity).map_err(told)
    }

    fn home(&self) -> Asked<view::Home> {
        self.app.home().map_err(told)
    }

    fn exceptions(
        &self,
        filter: &ExceptionFilter,
        cursor: Option<&str>,
    ) -> Asked<view::Page<view::ExceptionRow>> {
        self.app.exceptions(filter, cursor).map_err(told)
    }

    fn exception_facets(&self) -> Asked<ExceptionFacets> {
        self.app.exception_facets().map_err(told)
    }

    fn exception(&self, id: &str) -> Asked<Option<view::ExceptionDetail>> {
        self.app.exception(id).map_err(told)
    }

    fn resolve_exception(
        &self,
        id: &str,
        outcome: ResolveOutcome,
        reason: &str,
        actor: &str,
    ) -> Asked<()> {
        if outcome == ResolveOutcome::Retry {
            return self.app.retry_exception(id, actor).map_err(told);
        }
        // A fact that is recorded must be posted in the end; everything else that is settled was put
        // right elsewhere and must not run again.
        let found = self.app.exception(id).map_err(told)?;
        let is_posting = found.is_some_and(|found| found.row.class == "posting_parked");
        let mended = outcome == ResolveOutcome::Settle && is_posting;
        let command = Command::ResolveException(ResolveException {
            exception: exception_id(id)?,
            outcome: if mended { "mended" } else { "skipped" }.to_owned(),
            code: None,
            reason: reason.to_owned(),
        });
        self.app.act(actor, command).map(drop).map_err(told)
    }

    fn assign_exception(&self, id: &str, owner: &str, actor: &str) -> Asked<()> {
        let command = Command::AssignException(AssignException {
            exception: exception_id(id)?,
            owner: owner.to_owned(),
        });
        self.app.act(actor, command).map(drop).map_err(told)
    }

    fn chain(&self, id: &str) -> Asked<Option<view::Chain>> {
        self.app.chain(id).map_err(told)
    }

    fn search(&self, text: &str) -> Asked<Vec<view::SearchHit>> {
        self.app.search(text).map_err(told)
    }

    fn customers(&self, cursor: Option<&str>) -> Asked<view::Page<view::CustomerRow>> {
        self.app.customers(cursor).map_err(told)
    }

    fn customer(&self, id: &str) -> Asked<Option<view::CustomerDetail>> {
        self.app.customer(id).map_err(told)
    }

    fn contracts(
        &self,
        filter: &ListFilter,
        cursor: Option<&str>,
    ) -> Asked<view::Page<view::ContractRow>> {
        self.app.contracts(filter, cursor).map_err(told)
    }

    fn contract(&self, id: &str) -> Asked<Option<view::ContractDetail>> {
        self.app.contract(id).map_err(told)
    }

    fn invoices(
        &self,
        filter: &ListFilter,
        cursor: Option<&str>,
    ) -> Asked<view::Page<view::InvoiceRow>> {
        self.app.invoices(filter, cursor).map_err(told)
    }

    fn invoice(&self, id: &str) -> Asked<Option<view::InvoiceDetail>> {
        self.app.invoice(id).map_err(told)
    }

    fn payments(
        &self,
        filter: &ListFilter,
        cursor: Option<&str>,
    ) -> Asked<view::Page<view::PaymentRow>> {
        self.app.payments(filter, cursor).map_err(told)
    }

    fn journals(
        &self,
        filter: &ListFilter,
        cursor: Option<&str>,
    ) -> Asked<view::Page<view::JournalRow>> {
        self.app.journals(filter, cursor).map_err(told)
    }

    fn journal(&self, id: &str) -> Asked<Option<view::JournalDetail>> {
        self.app.journal(id).map_err(told)
    }

    fn trial_balance(
        &self,
        entity: Option<&str>,
        month: Option<Month>,
    ) -> Asked<Option<view::TrialBalance>> {
        self.app.trial_balance(entity, month).map_err(told)
    }

    fn account(
        &self,
        key: &AccountKey,
        cursor: Option<&str>,
    ) -> Asked<Option<view::AccountDetail>> {
        self.app.account(key, cursor).map_err(told)
    }

    fn intake(&self) -> Asked<Vec<view::IntakeRow>> {
        self.app.intake().map_err(told)
    }

    fn connections(&self) -> Asked<Vec<view::ConnectionRow>> {
        self.app.connections().map_err(told)
    }
}
