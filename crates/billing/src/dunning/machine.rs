//! What follows when an invoice is not paid: a table of steps, and a machine that walks it one step at
//! a time. It is asked every day and answers what is to be done today; asked twice it answers nothing.

use super::RetryPolicy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use values::{Date, Money};

/// Steps for those who pay late, as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DunningBook {
    /// Raised with every change.
    pub version: u32,
    /// From the most particular to the most general; the first that fits holds.
    pub policies: Vec<DunningPolicy>,
}

/// The steps for some customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DunningPolicy {
    /// Its name.
    pub id: String,
    /// Only invoices of this legal entity.
    #[serde(default)]
    pub entity: Option<String>,
    /// Only customers that pay so: `card` or `transfer`.
    #[serde(default)]
    pub collection: Option<String>,
    /// Only customers of this class.
    #[serde(default)]
    pub customer_class: Option<String>,
    /// What becomes of billing while the service is withheld.
    #[serde(default)]
    pub suspended_billing: SuspendedBilling,
    /// Days after the due date before an unpaid invoice enters, when nothing has failed.
    pub grace_days: u16,
    /// In order.
    pub steps: Vec<Step>,
    /// By how many days a customer may promise to pay later, at most.
    pub longest_promise_days: u16,
}

/// What becomes of billing while the service is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspendedBilling {
    /// The contract is billed as before: the customer owes it though he cannot use it.
    #[default]
    GoesOn,
    /// The contract pauses from the day of the suspension to the day of the return: those days are
    /// not charged, and what was billed of them ahead is credited.
    Stops,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Days after the failure, or after the grace that followed the due date.
    pub after: u16,
    /// What is done.
    pub action: StepAction,
    /// Text of a notice, or name of a task. `{invoice}`, `{open}`, `{due}`, `{customer}` stand for
    /// what they say.
    #[serde(default)]
    pub text: String,
    /// Who does a task: a role.
    #[serde(default)]
    pub owner: String,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepAction {
    /// Try the payment again.
    Retry,
    /// Write to the customer.
    Notice,
    /// Give it to a person.
    Task,
    /// Withhold the service.
    Suspend,
    /// Propose to end the contract.
    Cancel,
}

impl StepAction {
    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Notice => "notice",
            Self::Task => "task",
            Self::Suspend => "suspend",
            Self::Cancel => "cancel",
        }
    }
}

/// Why a table of steps cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DunningRefusal {
    /// Steps are not in order.
    #[error(
        "policy {policy}: step {number} is after {after} days, before the step in front of it; list steps by day"
    )]
    OutOfOrder {
        /// The policy.
        policy: String,
        /// Which step, from 1.
        number: usize,
        /// Its days.
        after: u16,
    },
    /// Nobody is warned before the service is withheld.
    #[error(
        "policy {policy}: step {number} suspends without a notice at least {days} days before it; put a notice in front"
    )]
    NoWarning {
        /// The policy.
        policy: String,
        /// Which step, from 1.
        number: usize,
        /// How long before.
        days: u16,
    },
    /// A notice says nothing.
    #[error(
        "policy {policy}: step {number} is a notice without text; say what it tells the customer"
    )]
    NoText {
        /// The policy.
        policy: String,
        /// Which step, from 1.
        number: usize,
    },
    /// No policy fits everybody.
    #[error(
        "no policy is for everybody; let the last one name neither entity, collection nor customer_class"
    )]
    NoDefault,
    /// A policy is for a class of customers that there is not.
    #[error(
        "policy {policy}: there is no customer class {class}; use one of {known}, or add it to customer_classes"
    )]
    NoSuchClass {
        /// The policy.
        policy: String,
        /// The class that it names.
        class: String,
        /// The classes that there are.
        known: String,
    },
    /// A class of customers has no name that can be written in a table.
    #[error(
        "customer_classes: {class:?} is no name of a class; use small letters, digits and _, each name once"
    )]
    BadClass {
        /// What was written.
        class: String,
    },
    /// A promise is too far away.
    #[error(
        "{until} is more than {days} days away; a promise to pay is kept or broken within {days} days"
    )]
    PromiseTooLong {
        /// What was promised.
        until: Date,
        /// How many days may be.
        days: u16,
    },
    /// A promise lies in the past.
    #[error("{until} is not after today, {today}")]
    PromisePast {
        /// What was promised.
        until: Date,
        /// Today.
        today: Date,
    },
    /// The case is closed.
    #[error("this case is closed; nothing of the invoice is being collected")]
    Closed,
    /// The service is to be given back, and what is owed was not given up.
    #[error(
        "nothing is withheld for a debt that was written off; a service that is suspended returns when the invoice is paid"
    )]
    NotWrittenOff,
}

impl DunningRefusal {
    /// Stable name of this refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::OutOfOrder { .. } => "steps_out_of_order",
            Self::NoWarning { .. } => "suspension_without_warning",
            Self::NoText { .. } => "notice_without_text",
            Self::NoDefault => "no_default_policy",
            Self::NoSuchClass { .. } => "customer_class_unknown",
            Self::BadClass { .. } => "bad_customer_class",
            Self::PromiseTooLong { .. } => "promise_too_long",
            Self::PromisePast { .. } => "promise_past",
            Self::Closed => "case_closed",
            Self::NotWrittenOff => "not_written_off",
        }
    }
}

/// A customer is warned so long before the service is withheld.
const WARNING_DAYS: u16 = 3;

impl DunningBook {
    /// Checks every policy.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), DunningRefusal> {
        for policy in &self.policies {
            policy.check()?;
        }
        let general = |policy: &DunningPolicy| {
            policy.entity.is_none()
                && policy.collection.is_none()
                && policy.customer_class.is_none()
        };
        match self.policies.last() {
            Some(last) if general(last) => Ok(()),
            Some(_) | None => Err(DunningRefusal::NoDefault),
        }
    }

    /// The policy for invoices of an entity to customers that pay in a way and are of a class, if
    /// they are of one.
    #[must_use]
    pub fn policy_for(
        &self,
        entity: &str,
        collection: &str,
        class: Option<&str>,
    ) -> Option<&DunningPolicy> {
        let fits =
            |wanted: &Option<String>, is: Option<&str>| wanted.is_none() || wanted.as_deref() == is;
        self.policies.iter().find(|policy| {
            fits(&policy.entity, Some(entity))
                && fits(&policy.collection, Some(collection))
                && fits(&policy.customer_class, class)
        })
    }

    /// The policy of that name.
    #[must_use]
    pub fn policy(&self, id: &str) -> Option<&DunningPolicy> {
        self.policies.iter().find(|policy| policy.id == id)
    }
}

impl DunningPolicy {
    fn check(&self) -> Result<(), DunningRefusal> {
        let policy = || self.id.clone();
        for (index, step) in self.steps.iter().enumerate() {
            let number = index + 1;
            let before = &self.steps[..index];
            if before.last().is_some_and(|last| last.after > step.after) {
                return Err(DunningRefusal::OutOfOrder {
                    policy: policy(),
                    number,
                    after: step.after,
                });
            }
            if step.action == StepAction::Notice && step.text.trim().is_empty() {
                return Err(DunningRefusal::NoText {
                    policy: policy(),
                    number,
                });
            }
            let warned = before.iter().any(|known| {
                known.action == StepAction::Notice && known.after + WARNING_DAYS <= step.after
            });
            if matches!(step.action, StepAction::Suspend | StepAction::Cancel) && !warned {
                return Err(DunningRefusal::NoWarning {
                    policy: policy(),
                    number,
                    days: WARNING_DAYS,
                });
            }
        }
        Ok(())
    }

    /// When attempts are made: the waits between the steps that try again.
    #[must_use]
    pub fn retries(&self) -> RetryPolicy {
        let mut last = 0;
        let mut days = Vec::new();
        for step in self
            .steps
            .iter()
            .filter(|step| step.action == StepAction::Retry)
        {
            days.push(step.after - last);
            last = step.after;
        }
        RetryPolicy { days }
    }
}

/// Where an invoice stands in its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// From which day the days are counted.
    pub from: Date,
    /// How many steps are done.
    pub done: usize,
    /// When the last one was done.
    #[serde(default)]
    pub last: Option<Date>,
    /// Whether the service is withheld.
    #[serde(default)]
    pub suspended: bool,
    /// What the customer promised.
    #[serde(default)]
    pub promise: Option<Promise>,
    /// Whether what was owed was written off while the service was withheld: nothing is collected any
    /// more, and the service stays withheld.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub written_off: bool,
    /// Whether nothing is owed any more.
    #[serde(default)]
    pub closed: bool,
}

/// A promise to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// The last day on which it is kept.
    pub until: Date,
    /// What is to be open then, at most.
    pub leaving: Money,
}

/// What is known on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// The day.
    pub today: Date,
    /// What is open on the invoice.
    pub open: Money,
    /// Whether some of it was given up and has not come back.
    pub written_off: bool,
    /// Whether the customer disputes it.
    pub disputed: bool,
    /// How the payment stands.
    pub payment: PaymentKnown,
}

/// What is known of the payment that collects an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentKnown {
    /// Nobody is collecting.
    None,
    /// It failed; that is certain.
    Failed,
    /// An attempt is on its way or nobody knows what became of it.
    Unknown,
}

/// What is to be done, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Act {
    /// Do a step of the policy.
    Step {
        /// Which, from 0.
        number: usize,
    },
    /// The promise was kept.
    PromiseKept,
    /// The promise was broken; the steps go on.
    PromiseBroken,
    /// What was owed is given up. It was not paid: a service that is withheld stays withheld.
    WriteOff,
    /// The service is given again.
    Resume,
    /// Nothing is owed any more.
    Close,
}

impl Case {
    /// A case that begins on a day.
    #[must_use]
    pub fn begun(from: Date) -> Self {
        Self {
            from,
            done: 0,
            last: None,
            suspended: false,
            promise: None,
            written_off: false,
            closed: false,
        }
    }

    /// The day of the next step: on its day of the table, and never sooner after the step before it
    /// than the table says. Days that nobody looked, promises and disputes move it back.
    #[must_use]
    pub fn next_on(&self, policy: &DunningPolicy) -> Option<Date> {
        if self.closed || self.written_off {
            return None;
        }
        let step = policy.steps.get(self.done)?;
        let by_table = plus(self.from, step.after);
        let gap = match self
            .done
            .checked_sub(1)
            .and_then(|index| policy.steps.get(index))
        {
            Some(before) => step.after.saturating_sub(before.after),
            None => 0,
        };
        let day = self
            .last
            .map_or(by_table, |last| by_table.max(plus(last, gap)));
        let held = self.promise.as_ref().map(|promise| plus(promise.until, 1));
        Some(held.map_or(day, |held| day.max(held)))
    }

    /// Says that the customer promised to pay.
    ///
    /// # Errors
    /// When the case is closed or the day cannot be.
    pub fn promise(
        &mut self,
        promise: Promise,
        today: Date,
        policy: &DunningPolicy,
    ) -> Result<(), DunningRefusal> {
        if self.closed || self.written_off {
            return Err(DunningRefusal::Closed);
        }
        let until = promise.until;
        if until <= today {
            return Err(DunningRefusal::PromisePast { until, today });
        }
        let days = policy.longest_promise_days;
        if until > plus(today, days) {
            return Err(DunningRefusal::PromiseTooLong { until, days });
        }
        self.promise = Some(promise);
        Ok(())
    }

    /// Goes on to today and answers what is to be done. One step a day at most; none while a promise
    /// runs or the invoice is disputed; an attempt only where the last one certainly failed.
    pub fn advance(&mut self, policy: &DunningPolicy, now: &Situation) -> Vec<Act> {
        let mut acts = Vec::new();
        if self.closed {
            return acts;
        }
        if now.open.minor <= 0 && now.written_off {
            return self.write_off();
        }
        // What was given up may be owed again, such as when its payment is taken back.
        self.written_off &= now.open.minor <= 0;
        if let Some(promise) = &self.promise {
            if now.open.minor <= promise.leaving.minor {
                acts.push(Act::PromiseKept);
                self.promise = None;
            } else if now.today > promise.until {
                acts.push(Act::PromiseBroken);
                self.promise = None;
            }
        }
        if now.open.minor <= 0 {
            if self.suspended {
                acts.push(Act::Resume);
                self.suspended = false;
            }
            acts.push(Act::Close);
            self.written_off = false;
            self.closed = true;
            return acts;
        }
        if self.promise.is_some() || now.disputed {
            return acts;
        }
        let due = self.next_on(policy).is_some_and(|day| day <= now.today);
        let Some(step) = policy.steps.get(self.done).filter(|_| due) else {
            return acts;
        };
        // Whoever may have paid is neither charged again nor shut out.
        let unsure = now.payment == PaymentKnown::Unknown;
        let waits = matches!(
            step.action,
            StepAction::Retry | StepAction::Suspend | StepAction::Cancel
        );
        if unsure && waits {
            return acts;
        }
        acts.push(Act::Step { number: self.done });
        self.suspended |= step.action == StepAction::Suspend;
        self.done += 1;
        self.last = Some(now.today);
        acts
    }

    /// What was owed is given up, once. A promise that ran is neither kept nor broken by that.
    fn write_off(&mut self) -> Vec<Act> {
        if self.written_off {
            return Vec::new();
        }
        self.promise = None;
        self.written_off = self.suspended;
        self.closed = !self.suspended;
        vec![Act::WriteOff]
    }

    /// A person gives the service back although what was owed is given up.
    ///
    /// # Errors
    /// When nothing of it is written off: then the service returns with the payment.
    pub fn give_back(&mut self) -> Result<Vec<Act>, DunningRefusal> {
        if !self.written_off {
            return Err(DunningRefusal::NotWrittenOff);
        }
        self.written_off = false;
        self.suspended = false;
        self.closed = true;
        Ok(vec![Act::Resume, Act::Close])
    }
}

fn plus(day: Date, days: u16) -> Date {
    day.saturating_add(jiff_days(days))
}

fn jiff_days(days: u16) -> std::time::Duration {
    std::time::Duration::from_secs(u64::from(days) * 86_400)
}

/// What a text of a step says about an invoice.
#[must_use]
pub fn fill(text: &str, words: &BTreeMap<&str, String>) -> String {
    let mut filled = text.to_owned();
    for (name, value) in words {
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    filled
}
