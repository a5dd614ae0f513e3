//! The work of a day: bill what is due, try failed payments again, recognise revenue at month end,
//! post what was parked and can be posted now. Each step can run again at any time without effect.

use crate::App;
use crate::fault::{AppFault, stored_value};
use crate::journey::{revenue, schedule};
use crate::record::post_parked;
use store::{exceptions, obligations, settings};
use values::{Date, EntityId, Month};

/// Obligations recognised in one transaction.
const OBLIGATIONS_A_STEP: i64 = 200;

/// What a day's work came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Day {
    /// Invoices and credit notes issued.
    pub documents: usize,
    /// Invoices that began to be collected as late.
    pub late: usize,
    /// Payments tried again.
    pub retried: usize,
    /// Obligations with something recognised.
    pub recognised: usize,
    /// Parked postings that could be posted.
    pub posted: usize,
}

impl App {
    /// Does the work of today. What an open bill run covers is left to that run. `close_of_day` says that no more is to happen today, so that the last
    /// day of a month is recognised through itself; otherwise it waits for the first of the next.
    ///
    /// # Errors
    /// When the store fails.
    pub fn daily_work(&self, actor: &str, close_of_day: bool) -> Result<Day, AppFault> {
        // Late payers first: whose service is withheld from today is not billed for today.
        let mut day = Day {
            late: {
                self.end_credit(actor)?;
                self.work_dunning(actor)?.0
            },
            documents: self.bill_due(actor)? + self.finalise_drafts(actor)?,
            retried: self.retry_payments(actor)?,
            ..Day::default()
        };
        let context = self.context(actor);
        for entity in context.books.entities.values() {
            let today = entity.zone.date_at(context.now);
            let month = Month::of(today);
            let through = if close_of_day && today == month.last() {
                today
            } else {
                month.previous().last()
            };
            day.recognised += self.recognise_through(actor, &entity.id, through)?;
        }
        self.raise_open_bill_runs(actor)?;
        self.check_deviations(actor)?;
        self.post_parked_outside_documents(actor)?;
        self.verify_outside_billing(actor)?;
        self.verify_outside_revenue(actor)?;
        day.posted = self.post_what_was_parked(actor)?;
        Ok(day)
    }

    /// Recognises what an entity earned through a date, once; a run that was broken off goes on
    /// where it stopped. Returns how many obligations had something to recognise.
    ///
    /// # Errors
    /// When the store fails.
    pub fn recognise_through(
        &self,
        actor: &str,
        entity: &EntityId,
        through: Date,
    ) -> Result<usize, AppFault> {
        let done = format!("recognised/{entity}");
        let (name, day) = (done.clone(), through.to_string());
        let before = self
            .store()
            .read(move |tx| settings::setting(tx, &name).map_err(AppFault::from))?;
        if before.is_some_and(|before| before >= day) {
            return Ok(0);
        }
        let of = entity.clone();
        self.run(actor, move |tx, context| {
            crate::usage::accrue::through(tx, context, None, of.as_str(), through)
        })?;
        let (mut after, mut count) = (String::new(), 0);
        loop {
            let (id, from) = (entity.clone(), after.clone());
            let (last, recognised) = self.run(actor, move |tx, context| {
                let page = obligations::page(tx, id.as_str(), &from, OBLIGATIONS_A_STEP)?;
                let last = page.last().map(|row| row.id.clone());
                let mut recognised = 0;
                for row in page {
                    let amount = revenue::recognise(tx, context, schedule::read(row)?, through)?;
                    recognised += usize::from(amount != 0);
                }
                Ok((last, recognised))
            })?;
            count += recognised;
            match last {
                Some(last) => after = last,
                None => break,
            }
        }
        self.run(actor, move |tx, _| {
            Ok(settings::set_setting(tx, &done, &day)?)
        })?;
        Ok(count)
    }

    /// Tries every parked posting again. Returns how many could be posted.
    ///
    /// # Errors
    /// When the store fails.
    pub fn post_what_was_parked(&self, actor: &str) -> Result<usize, AppFault> {
        let filter = exceptions::ExceptionFilter {
            status: "open".to_owned(),
            class: "posting_parked".to_owned(),
            owner: String::new(),
        };
        let parked = self
            .store()
            .read(move |tx| exceptions::by_value(tx, &filter, 0, 10_000).map_err(AppFault::from))?;
        let mut posted = 0;
        for row in parked {
            let event = row
                .key
                .strip_prefix("posting/")
                .unwrap_or(&row.key)
                .to_owned();
            let _: values::EventId = stored_value("event id", &event)?;
            posted +=
                usize::from(self.run(actor, move |tx, context| post_parked(tx, context, &event))?);
        }
        Ok(posted)
    }
}
