//! What a run records, in a form that people can read and two runs can be compared by: without the
//! ids and instants that every run has anew.

use crate::AppFault;
use crate::books::Books;
use crate::fault::stored_value;
use crate::record::read_envelope;
use events::{BillingDocument, Envelope, Event, ScheduleRevised};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{Tx, effects, exceptions, journals};
use values::{Currency, EffectId, EventId, ExceptionId, JournalId, Money, RoundingLine};

/// Everything that a run records.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Impact {
    /// Business events, in the order of recording.
    pub events: Vec<ImpactEvent>,
    /// Invoices and credit notes.
    pub documents: Vec<ImpactDocument>,
    /// Changes of revenue schedules.
    pub schedules: Vec<ImpactSchedule>,
    /// Journals.
    pub journals: Vec<ImpactJournal>,
    /// What the journals move by entity, account, currency and month.
    pub accounts: Vec<AccountChange>,
    /// What other systems are told.
    pub effects: Vec<ImpactEffect>,
    /// Exceptions that open, such as a posting that the closed month does not take.
    pub exceptions: Vec<ImpactException>,
    /// Keys of what closes by it: ids of exceptions.
    pub resolved: Vec<String>,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImpactEvent {
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What it is about.
    pub subject: String,
    /// Whose books, or empty.
    pub entity: String,
    /// The day on which it counts.
    pub effective: String,
}

/// An invoice or credit note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImpactDocument {
    /// `invoice` or `credit_note`.
    pub kind: String,
    /// The number that it gets, if nothing is issued before it.
    pub number: String,
    /// Customer.
    pub customer: String,
    /// Contract.
    pub contract: String,
    /// When it is to be paid.
    pub due: String,
    /// Without tax.
    pub net: Money,
    /// Tax.
    pub tax: Money,
    /// What stands between net and tax and the total, with its rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<RoundingLine>,
    /// With tax and rounding.
    pub total: Money,
    /// Its lines.
    pub lines: Vec<ImpactLine>,
}

/// A line of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImpactLine {
    /// Product.
    pub product: String,
    /// What is printed.
    pub description: String,
    /// The arithmetic.
    pub arithmetic: String,
    /// First day of service.
    pub from: String,
    /// First day after.
    pub until: String,
    /// Without tax.
    pub net: Money,
    /// Tax.
    pub tax: Money,
}

/// A change of a revenue schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImpactSchedule {
    /// Contract.
    pub contract: String,
    /// Component.
    pub component: String,
    /// Product.
    pub product: String,
    /// First day over which this part is earned.
    pub from: String,
    /// First day after.
    pub until: String,
    /// What is added; negative when it is taken away.
    pub change: Money,
    /// What is allocated to the obligation after it.
    pub allocated: Money,
    /// What made it.
    pub cause: String,
}

/// A journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImpactJournal {
    /// Legal entity.
    pub entity: String,
    /// Accounting date.
    pub date: String,
    /// The rule that makes it, or `manual`.
    pub rule: String,
    /// What happened, in words.
    pub narration: String,
    /// Sum of its debits.
    pub total: Money,
    /// Its lines.
    pub lines: Vec<ImpactJournalLine>,
}

/// A line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImpactJournalLine {
    /// Account.
    pub account: String,
    /// Its name in the chart.
    pub name: String,
    /// Positive is a debit.
    pub amount: Money,
}

/// What moves on an account in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountChange {
    /// Legal entity.
    pub entity: String,
    /// Month.
    pub month: String,
    /// Account.
    pub account: String,
    /// Its name in the chart.
    pub name: String,
    /// Debits less credits.
    pub change: Money,
}

/// Something that another system is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImpactEffect {
    /// The system.
    pub connection: String,
    /// What is done there.
    pub operation: String,
    /// Worth, where it has one.
    pub value: Option<Money>,
}

/// An exception that opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImpactException {
    /// Class word.
    pub class: String,
    /// What is wrong.
    pub summary: String,
    /// Who is to act.
    pub owner: String,
    /// What is at stake.
    pub value: Option<Money>,
}

impl Impact {
    /// Whether nothing would be recorded.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Impact::default()
    }

    /// The entity and month of every journal: `("DE", "2026-01")`.
    #[must_use]
    pub fn months(&self) -> BTreeSet<(String, String)> {
        self.accounts
            .iter()
            .map(|change| (change.entity.clone(), change.month.clone()))
            .collect()
    }

    /// Adds what another run records, with the sums by account made anew.
    ///
    /// # Errors
    /// When a sum leaves the range that we keep.
    pub fn add(&mut self, other: Impact) -> Result<(), AppFault> {
        self.events.extend(other.events);
        self.documents.extend(other.documents);
        self.schedules.extend(other.schedules);
        self.journals.extend(other.journals);
        self.effects.extend(other.effects);
        self.exceptions.extend(other.exceptions);
        self.resolved.extend(other.resolved);
        for change in other.accounts {
            let same = self.accounts.iter_mut().find(|known| {
                known.entity == change.entity
                    && known.month == change.month
                    && known.account == change.account
                    && known.change.currency == change.change.currency
            });
            match same {
                Some(known) => known.change = known.change.plus(change.change)?,
                None => self.accounts.push(change),
            }
        }
        self.accounts.sort_by(|a, b| {
            (&a.entity, &a.month, &a.account).cmp(&(&b.entity, &b.month, &b.account))
        });
        Ok(())
    }

    /// In one line, for a list: `1 credit note, 2 journals, 1 message to other systems`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let invoices = self
            .documents
            .iter()
            .filter(|d| d.kind == "invoice")
            .count();
        let counts = [
            (invoices, "invoice", "invoices"),
            (
                self.documents.len() - invoices,
                "credit note",
                "credit notes",
            ),
            (
                self.schedules.len(),
                "change of a revenue schedule",
                "changes of revenue schedules",
            ),
            (self.journals.len(), "journal", "journals"),
            (
                self.effects.len(),
                "message to another system",
                "messages to other systems",
            ),
            (self.exceptions.len(), "new exception", "new exceptions"),
            (self.resolved.len(), "exception closed", "exceptions closed"),
        ];
        let said: Vec<String> = counts
            .iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
            .collect();
        match (said.is_empty(), self.events.len()) {
            (false, _) => said.join(", "),
            (true, 0) => "nothing".to_owned(),
            (true, 1) => "1 event, nothing in the books".to_owned(),
            (true, count) => format!("{count} events, nothing in the books"),
        }
    }
}

/// Reads back what exists under the ids that a run minted.
pub(super) fn of(tx: &mut Tx<'_>, books: &Books, minted: &[String]) -> Result<Impact, AppFault> {
    let mut impact = Impact::default();
    let mut journal_ids: Vec<String> = Vec::new();
    for id in minted {
        let prefix = id.split('_').next().unwrap_or_default();
        if prefix == EventId::PREFIX {
            if let Some(stored) = store::log::by_id(tx, id)? {
                let envelope = read_envelope(stored)?;
                impact.notice(&envelope, &mut journal_ids);
            }
        } else if prefix == JournalId::PREFIX {
            journal_ids.push(id.clone());
        } else if prefix == EffectId::PREFIX {
            if let Some(row) = effects::effect(tx, id)? {
                impact.effects.push(ImpactEffect {
                    connection: row.connection,
                    operation: row.operation,
                    value: worth(row.amount, &row.currency)?,
                });
            }
        } else if prefix == ExceptionId::PREFIX
            && let Some(row) = exceptions::exception(tx, id)?
        {
            impact.exceptions.push(ImpactException {
                class: row.class,
                summary: row.summary,
                owner: row.owner,
                value: worth(row.amount, &row.currency)?,
            });
        }
    }
    let mut known = BTreeSet::new();
    let mut sums: BTreeMap<(String, String, String, String), Money> = BTreeMap::new();
    for id in journal_ids {
        if known.insert(id.clone())
            && let Some(row) = journals::journal(tx, &id)?
        {
            let lines = journals::lines_of(tx, &id)?;
            impact.post(books, row, &lines, &mut sums)?;
        }
    }
    impact.accounts = sums
        .into_iter()
        .map(|((entity, month, account, _), change)| AccountChange {
            name: name_of(books, &account),
            entity,
            month,
            account,
            change,
        })
        .collect();
    impact.name_new_things(minted);
    Ok(impact)
}

impl Impact {
    /// Writes `inv_new1` for the first id that the run minted for an invoice, and so on: the ids of
    /// another run are others, and what is to be compared or approved does not depend on them.
    fn name_new_things(&mut self, minted: &[String]) {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let mut names: HashMap<&str, String> = HashMap::new();
        for id in minted {
            let prefix = id.split('_').next().unwrap_or_default();
            let count = counts.entry(prefix).or_default();
            *count += 1;
            names.insert(id, format!("{prefix}_new{count}"));
        }
        let rename = |text: &mut String| {
            if let Some(renamed) = renamed(text, &names) {
                *text = renamed;
            }
        };
        self.events.iter_mut().for_each(|e| rename(&mut e.subject));
        for document in &mut self.documents {
            rename(&mut document.customer);
            rename(&mut document.contract);
        }
        for schedule in &mut self.schedules {
            rename(&mut schedule.contract);
            rename(&mut schedule.component);
        }
        self.journals
            .iter_mut()
            .for_each(|j| rename(&mut j.narration));
        self.exceptions
            .iter_mut()
            .for_each(|e| rename(&mut e.summary));
        self.resolved.iter_mut().for_each(rename);
    }

    /// Takes an event in, with the document, schedule or journal that it carries.
    fn notice(&mut self, envelope: &Envelope, journal_ids: &mut Vec<String>) {
        self.events.push(ImpactEvent {
            type_name: envelope.event.type_name().to_owned(),
            subject: envelope.subject.clone(),
            entity: envelope
                .entity
                .as_ref()
                .map_or_else(String::new, |entity| entity.as_str().to_owned()),
            effective: envelope.effective.to_string(),
        });
        match &envelope.event {
            Event::InvoiceIssued(issued) => self.documents.push(document("invoice", issued)),
            Event::CreditNoteIssued(issued) => self.documents.push(document("credit_note", issued)),
            Event::ScheduleCreated(revised) | Event::ScheduleRevised(revised) => {
                self.schedules.push(schedule(revised));
            }
            Event::JournalEntered(entered) => journal_ids.push(entered.journal.as_str().to_owned()),
            Event::JournalReversed(reversed) => {
                journal_ids.push(reversed.journal.as_str().to_owned());
            }
            Event::ExceptionResolved(resolved) => {
                self.resolved.push(resolved.exception.as_str().to_owned());
            }
            _ => {}
        }
    }

    fn post(
        &mut self,
        books: &Books,
        row: journals::JournalRow,
        lines: &[journals::JournalLineRow],
        sums: &mut BTreeMap<(String, String, String, String), Money>,
    ) -> Result<(), AppFault> {
        let mut shown = Vec::with_capacity(lines.len());
        for line in lines {
            let currency: Currency = stored_value("currency", &line.currency)?;
            let amount = Money::from_minor(line.amount, currency);
            let key = (
                line.entity.clone(),
                line.month.clone(),
                line.account.clone(),
                line.currency.clone(),
            );
            let sum = sums.entry(key).or_insert(Money::zero(currency));
            *sum = sum.plus(amount)?;
            shown.push(ImpactJournalLine {
                name: name_of(books, &line.account),
                account: line.account.clone(),
                amount,
            });
        }
        self.journals.push(ImpactJournal {
            entity: row.entity,
            date: row.date,
            rule: row.rule,
            narration: row.narration,
            total: Money::from_minor(row.total, stored_value("currency", &row.currency)?),
            lines: shown,
        });
        Ok(())
    }
}

fn document(kind: &str, issued: &BillingDocument) -> ImpactDocument {
    ImpactDocument {
        kind: kind.to_owned(),
        number: issued.number.clone(),
        customer: issued.customer.as_str().to_owned(),
        contract: issued.contract.as_str().to_owned(),
        due: issued.due.to_string(),
        net: issued.net,
        tax: issued.tax,
        rounding: issued.rounding,
        total: issued.total,
        lines: issued
            .lines
            .iter()
            .map(|line| ImpactLine {
                product: line.product.as_str().to_owned(),
                description: line.description.clone(),
                arithmetic: line.arithmetic.clone(),
                from: line.period.from().to_string(),
                until: line.period.until().to_string(),
                net: line.net,
                tax: line.tax,
            })
            .collect(),
    }
}

fn schedule(revised: &ScheduleRevised) -> ImpactSchedule {
    ImpactSchedule {
        contract: revised.contract.as_str().to_owned(),
        component: revised.component.as_str().to_owned(),
        product: revised.product.as_str().to_owned(),
        from: revised.period.from().to_string(),
        until: revised.period.until().to_string(),
        change: revised.change,
        allocated: revised.allocated,
        cause: revised.cause.clone(),
    }
}

fn worth(minor: i64, currency: &str) -> Result<Option<Money>, AppFault> {
    if currency.is_empty() {
        return Ok(None);
    }
    let currency = stored_value("currency", currency)?;
    Ok(Some(Money::from_minor(minor, currency)))
}

fn name_of(books: &Books, account: &str) -> String {
    account
        .parse()
        .ok()
        .and_then(|code| books.chart.account(&code))
        .map_or_else(String::new, |found| found.name.clone())
}

/// The text with the ids that have a name replaced by it; nothing when there is none in it.
fn renamed(text: &str, names: &HashMap<&str, String>) -> Option<String> {
    let part_of_id = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut made = String::new();
    let mut changed = false;
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c| !part_of_id(c)).unwrap_or(rest.len());
        match names.get(&rest[..word]) {
            Some(name) => {
                made.push_str(name);
                changed = true;
            }
            None => made.push_str(&rest[..word]),
        }
        let next = rest[word..]
            .find(part_of_id)
            .map_or(rest.len(), |gap| word + gap);
        made.push_str(&rest[word..next]);
        rest = &rest[next..];
    }
    changed.then_some(made)
}
