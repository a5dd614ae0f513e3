//! Sample data for the console: two legal entities, a few customers, and one of each thing that
//! can be seen. Amounts agree with each other, so that a page can be judged by eye.

#![allow(
    clippy::unwrap_used,
    reason = "sample data is fixed, so a mistake in it should stop the test"
)]

mod account;
pub mod approvals;
mod audit;
pub mod bill_runs;
mod billing;
pub mod cash_desk;
pub mod collection;
mod commercial;
mod customer_details;
pub mod desk;
mod deviations;
mod disputes;
pub mod exceptions;
mod finance;
pub mod governance;
mod intercompany;
pub mod invoice_life;
mod lanes;
pub mod outward;
mod papers;
mod payment_sync;
pub mod price_changes;
mod processes;
pub mod quotes;
mod story;
mod structure;
mod usage;

#[allow(unused_imports, reason = "not every test opens a process")]
pub use processes::PROCESS;

use app::view::*;
use std::sync::Mutex;
use values::{Date, Instant, Money, Month};
use web::console::{
    AccountKey, ExceptionFacets, ExceptionFilter, Facet, ListFilter, ResolveOutcome, Source,
    SourceFault,
};

pub const CONTRACT: &str = "con_01JZ4M7Q2V8KX3N5T6W9Y1ACDE";
pub const CUSTOMER: &str = "cus_01JZ4M6A9B3C5D7E9F1G3H5J7K";
pub const CUSTOMER_DE: &str = "cus_01JZ4M6B2C4D6E8F0G2H4J6K8M";
pub const INVOICE: &str = "inv_01JZ5N8R4W6Y8A0C2E4G6J8M0P";
pub const INVOICE_DE: &str = "inv_01JZ5N9S5X7Z9B1D3F5H7K9N1Q";
pub const CREDIT_NOTE: &str = "crn_01JZ5NAT6Y8A0C2E4G6J8M0P2R";
pub const PAYMENT: &str = "pay_01JZ6P2V4X6Z8B0D2F4H6K8N0Q";
pub const JOURNAL: &str = "jrn_01JZ5N8R5A7C9E1G3J5M7P9R1T";
pub const EVENT: &str = "evt_01JZ5N8R3Z5B7D9F1H3K5N7Q9S";
pub const EXCEPTION: &str = "exc_01JZ7Q4X6Z8B0D2F4H6K8N0Q2S";
pub const CHAIN: &str = "chn_01JZ4M7P1T3V5X7Z9B1D3F5H7K";

/// `money("USD 48000.00")`.
pub fn money(text: &str) -> Money {
    let (currency, amount) = text.split_once(' ').unwrap();
    Money::parse(amount, currency.parse().unwrap()).unwrap()
}

pub fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub fn date(text: &str) -> Date {
    values::parse_date(text).unwrap()
}

pub fn month(text: &str) -> Month {
    text.parse().unwrap()
}

/// What a test can make the source do, and what it was told.
#[derive(Default)]
pub struct SampleSource {
    /// A fresh installation: nothing has happened.
    pub empty: bool,
    /// Nothing can be read.
    pub broken: bool,
    /// What was resolved: id, outcome, reason, actor.
    pub resolved: Mutex<Vec<(String, String, String, String)>>,
    /// What was decided about approvals and delegations: id, decision, reason, actor.
    pub decided: Mutex<Vec<(String, String, String, String)>>,
    /// The commands about exceptions that were given, by name.
    pub told: Mutex<Vec<String>>,
    /// What was assigned: id, owner, actor.
    pub assigned: Mutex<Vec<(String, String, String)>>,
    /// The commands of forms: name, body, key, actor.
    pub carried: Mutex<Vec<cash_desk::Carried>>,
}

impl SampleSource {
    fn list<T>(&self, items: Vec<T>) -> Result<Page<T>, SourceFault> {
        Ok(Page {
            items: self.unless_empty(items)?,
            next: None,
        })
    }

    fn unless_empty<T>(&self, items: Vec<T>) -> Result<Vec<T>, SourceFault> {
        if self.broken {
            return Err(SourceFault::Unavailable {
                detail: "disk I/O error on page 77".to_owned(),
            });
        }
        Ok(if self.empty { Vec::new() } else { items })
    }

    fn one<T>(&self, found: bool, make: impl FnOnce() -> T) -> Result<Option<T>, SourceFault> {
        self.unless_empty(vec![()])?;
        Ok((found && !self.empty).then(make))
    }
}

fn facet(value: &str, count: i64) -> Facet {
    Facet {
        value: value.to_owned(),
        count,
    }
}

/// A list that is kept where a filter's field is absent or equal.
fn kept(wanted: &Option<String>, has: &str) -> bool {
    wanted.as_deref().is_none_or(|wanted| wanted == has)
}

impl Source for SampleSource {
    fn now(&self) -> Instant {
        at("2026-06-30T09:41:07Z")
    }

    fn open_exceptions(&self) -> Result<i64, SourceFault> {
        Ok(self.unless_empty(vec![(); 7])?.len() as i64)
    }

    fn entities(&self) -> Result<Vec<(String, String)>, SourceFault> {
        self.unless_empty(vec![
            ("US".to_owned(), "Northgate Analytics Inc.".to_owned()),
            ("DE".to_owned(), "Northgate Analytics GmbH".to_owned()),
        ])
    }

    fn months(&self, _entity: &str) -> Result<Vec<Month>, SourceFault> {
        let months = ["2026-06", "2026-05", "2026-04", "2026-03", "2026-02"];
        self.unless_empty(months.map(month).to_vec())
    }

    fn home(&self) -> Result<Home, SourceFault> {
        let exceptions = self.unless_empty(commercial::exceptions())?;
        Ok(Home {
            now: self.now(),
            tie_outs: self.unless_empty(finance::tie_outs())?,
            flow: self.unless_empty(finance::flow())?,
            exceptions_open: exceptions.len() as i64,
            exceptions_value: self
                .unless_empty(vec![money("USD 17140.00"), money("EUR 4052.50")])?,
            exceptions_oldest: exceptions.first().map(|row| row.age.clone()),
            exceptions,
            intake: self.intake()?,
            connections: self.connections()?,
        })
    }

    fn exceptions(
        &self,
        filter: &ExceptionFilter,
        _cursor: Option<&str>,
    ) -> Result<Page<ExceptionRow>, SourceFault> {
        let mut rows = commercial::exceptions();
        rows.retain(|row| kept(&filter.class, &row.class) && kept(&filter.owner, &row.owner));
        let mut page = self.list(rows)?;
        page.next = (!page.items.is_empty()).then(|| "7 & more".to_owned());
        Ok(page)
    }

    fn exception_facets(&self) -> Result<ExceptionFacets, SourceFault> {
        Ok(ExceptionFacets {
            classes: self.unless_empty(vec![
                facet("unknown_product", 2),
                facet("unmatched_payment", 2),
                facet("tax_mismatch", 1),
                facet("delivery_refused", 1),
                facet("bad_field", 1),
            ])?,
            owners: self.unless_empty(vec![
                facet("catalogue_steward", 2),
                facet("billing_analyst", 3),
                facet("integration_engineer", 2),
            ])?,
            statuses: self.unless_empty(vec![
                facet("open", 7),
                facet("assigned", 2),
                facet("resolved", 12),
            ])?,
        })
    }

    fn exception(&self, id: &str) -> Result<Option<ExceptionDetail>, SourceFault> {
        let row = commercial::exceptions().into_iter().find(|r| r.id == id);
        self.one(row.is_some(), || commercial::exception(row.unwrap()))
    }

    fn resolve_exception(
        &self,
        id: &str,
        outcome: ResolveOutcome,
        reason: &str,
        actor: &str,
    ) -> Result<(), SourceFault> {
        if actor == "Maker" {
            return Err(SourceFault::Refused {
                reason: "Maker proposed this change and cannot approve it as well.".to_owned(),
            });
        }
        self.resolved.lock().unwrap().push((
            id.to_owned(),
            outcome.word().to_owned(),
            reason.to_owned(),
            actor.to_owned(),
        ));
        Ok(())
    }

    fn assign_exception(&self, id: &str, owner: &str, actor: &str) -> Result<(), SourceFault> {
        self.assigned
            .lock()
            .unwrap()
            .push((id.to_owned(), owner.to_owned(), actor.to_owned()));
        Ok(())
    }

    fn chain(&self, id: &str) -> Result<Option<Chain>, SourceFault> {
        self.one(!id.contains("nowhere"), || commercial::chain(id))
    }

    fn search(&self, text: &str) -> Result<Vec<SearchHit>, SourceFault> {
        let hits = match text {
            "US-2026-00412" => commercial::hits().into_iter().take(1).collect(),
            "meridian" => commercial::hits(),
            _ => Vec::new(),
        };
        self.unless_empty(hits)
    }

    fn customers(&self, _cursor: Option<&str>) -> Result<Page<CustomerRow>, SourceFault> {
        self.list(commercial::customers())
    }

    fn customer(&self, id: &str) -> Result<Option<CustomerDetail>, SourceFault> {
        let row = commercial::customers().into_iter().find(|r| r.id == id);
        self.one(row.is_some(), || commercial::customer(row.unwrap()))
    }

    fn contracts(
        &self,
        filter: &ListFilter,
        _cursor: Option<&str>,
    ) -> Result<Page<ContractRow>, SourceFault> {
        let mut rows = commercial::contracts();
        rows.retain(|row| {
            kept(&filter.entity, &row.entity)
                && kept(&filter.customer, &row.customer)
                && kept(&filter.status, &row.status)
        });
        self.list(rows)
    }

    fn contract(&self, id: &str) -> Result<Option<ContractDetail>, SourceFault> {
        self.one(id == CONTRACT, commercial::contract)
    }

    fn invoices(
        &self,
        filter: &ListFilter,
        _cursor: Option<&str>,
    ) -> Result<Page<InvoiceRow>, SourceFault> {
        let mut rows = billing::invoices();
        rows.retain(|row| {
            kept(&filter.entity, &row.entity)
                && kept(&filter.customer, &row.customer)
                && kept(&filter.status, &row.status)
        });
        self.list(rows)
    }

    fn invoice(&self, id: &str) -> Result<Option<InvoiceDetail>, SourceFault> {
        let row = billing::invoices().into_iter().find(|r| r.id == id);
        self.one(row.is_some(), || billing::invoice(row.unwrap()))
    }

    fn payments(
        &self,
        filter: &ListFilter,
        _cursor: Option<&str>,
    ) -> Result<Page<PaymentRow>, SourceFault> {
        let mut rows = billing::payments();
        rows.retain(|row| kept(&filter.status, &row.status));
        self.list(rows)
    }

    fn journals(
        &self,
        filter: &ListFilter,
        _cursor: Option<&str>,
    ) -> Result<Page<JournalRow>, SourceFault> {
        let mut rows = finance::journals();
        rows.retain(|row| {
            kept(&filter.entity, &row.entity)
                && filter
                    .month
                    .is_none_or(|month| Month::of(row.date) == month)
        });
        self.list(rows)
    }

    fn journal(&self, id: &str) -> Result<Option<JournalDetail>, SourceFault> {
        let row = finance::journals().into_iter().find(|r| r.id == id);
        self.one(row.is_some(), || finance::journal(row.unwrap()))
    }

    fn trial_balance(
        &self,
        entity: Option<&str>,
        month_wanted: Option<Month>,
    ) -> Result<Option<TrialBalance>, SourceFault> {
        let month = month_wanted.unwrap_or(month("2026-06"));
        let entity = entity.unwrap_or("US");
        self.one(matches!(entity, "US" | "DE"), || {
            finance::trial_balance(entity, month)
        })
    }

    fn account(
        &self,
        key: &AccountKey,
        _cursor: Option<&str>,
    ) -> Result<Option<AccountDetail>, SourceFault> {
        let row = finance::trial_balance(&key.entity, key.month)
            .rows
            .into_iter()
            .find(|row| row.account == key.account && row.closing.currency == key.currency);
        self.one(row.is_some(), || finance::account(key, row.unwrap()))
    }

    fn intake(&self) -> Result<Vec<IntakeRow>, SourceFault> {
        let row = |source: &str, accepted, confirmed, open, rejected| IntakeRow {
            source: source.to_owned(),
            accepted,
            confirmed,
            open,
            rejected,
        };
        self.unless_empty(vec![
            row("salesforce", 431, 424, 3, 4),
            row("stripe", 2_906, 2_898, 3, 5),
            row("netsuite", 3_914, 3_914, 0, 0),
            row("api", 12, 11, 1, 0),
        ])
    }

    fn connections(&self) -> Result<Vec<ConnectionRow>, SourceFault> {
        let row = |system: &str, confirmed, waiting, parked, last| ConnectionRow {
            system: system.to_owned(),
            confirmed,
            waiting,
            parked,
            last: Some(at(last)),
        };
        self.unless_empty(vec![
            row("netsuite", 3_913, 4, 1, "2026-06-30T09:40:02Z"),
            row("salesforce", 688, 0, 0, "2026-06-30T09:38:41Z"),
            row("stripe", 312, 0, 0, "2026-06-30T06:00:10Z"),
        ])
    }
}
