//! Aged receivables as of any day, tied out to the receivable accounts, and the worklist of those who
//! collect.

use super::dunning::Kept;
use crate::fault::{AppFault, stored, stored_value};
use crate::{App, Books};
use billing::{AgeBuckets, Receivable};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use store::collection::{self, ActRow, CaseRow, CollectorRow, StoodAt};
use store::{Tx, catalogue, documents};
use values::{Currency, Date, EntityId, Money};

/// What customers owed at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AgedView {
    /// The day.
    pub as_of: Date,
    /// What the columns of ages are called.
    pub ages: Vec<String>,
    /// One row a customer, entity and currency; the largest first.
    pub rows: Vec<AgedRow>,
    /// One row an entity and currency: the rows against the receivable accounts.
    pub totals: Vec<AgedTotal>,
}

/// What a customer owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AgedRow {
    /// Whose books.
    pub entity: String,
    /// The customer.
    pub customer: String,
    /// Its name.
    pub name: String,
    /// By age.
    pub by_age: Vec<Money>,
    /// All of it.
    pub total: Money,
    /// The longest time that anything of it has been due, in days.
    pub oldest_days: u32,
    /// Who collects it now, or empty.
    pub owner: String,
    /// What is done next, or empty.
    pub next_action: String,
    /// The documents behind it.
    pub items: Vec<OpenItem>,
}

/// A document that was open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OpenItem {
    /// The document.
    pub document: String,
    /// Its number.
    pub number: String,
    /// When it was to be paid.
    pub due: Date,
    /// What was open; below zero for a credit note that was not set off.
    pub open: Money,
    /// Days past due.
    pub days_late: u32,
}

/// Rows against accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AgedTotal {
    /// Whose books.
    pub entity: String,
    /// By age.
    pub by_age: Vec<Money>,
    /// All rows.
    pub total: Money,
    /// What the receivable accounts said at the end of the day.
    pub ledger: Money,
    /// Rows less accounts; zero when they tie out.
    pub difference: Money,
}

/// A line of the worklist: an invoice that is being collected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WorkRow {
    /// The case.
    pub case: String,
    /// The invoice.
    pub invoice: String,
    /// Its number.
    pub number: String,
    /// Who owes it.
    pub customer: String,
    /// Its name.
    pub name: String,
    /// Whose books.
    pub entity: String,
    /// What is open.
    pub open: Money,
    /// Days past due.
    pub days_late: u32,
    /// `running`, `promised`, `suspended` or `closed`.
    pub status: String,
    /// The last day of a promise.
    pub promised_until: Option<Date>,
    /// Who works on it, or empty.
    pub owner: String,
    /// What is done next: by whom it is worked on, else by the policy.
    pub next_action: String,
    /// When.
    pub next_on: Option<Date>,
    /// The policy and its version.
    pub policy: String,
}

/// A case with everything that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CaseView {
    /// The case.
    pub row: WorkRow,
    /// What was done, in order.
    pub acts: Vec<CaseAct>,
}

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CaseAct {
    /// When.
    pub day: String,
    /// What.
    pub act: String,
    /// The text of a notice, the name of a task, what was promised.
    pub text: String,
    /// Who.
    pub actor: String,
}

impl App {
    /// What customers owed at the end of a day (today when absent), of one entity or all.
    ///
    /// # Errors
    /// When the store fails.
    pub fn aged_receivables(
        &self,
        as_of: Option<Date>,
        entity: Option<&str>,
    ) -> Result<AgedView, AppFault> {
        let (books, now) = (self.books(), self.clock().now());
        let only = entity.map(str::to_owned);
        self.store().read(move |tx| {
            let latest = books
                .entities
                .values()
                .map(|known| known.zone.date_at(now))
                .max();
            let as_of = as_of.or(latest).unwrap_or(Date::MIN);
            let buckets = AgeBuckets::default();
            let mut view = AgedView {
                as_of,
                ages: buckets.titles(),
                rows: Vec::new(),
                totals: Vec::new(),
            };
            let collectors = collectors(tx)?;
            for id in books.entities.keys() {
                if only.as_deref().is_none_or(|wanted| wanted == id.as_str()) {
                    add_entity(tx, &books, (id, &collectors), &buckets, &mut view)?;
                }
            }
            view.rows.sort_by(|one, other| {
                (other.total.minor, &one.customer).cmp(&(one.total.minor, &other.customer))
            });
            Ok(view)
        })
    }

    /// One case with everything that was done in it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn collection_case(&self, id: &str) -> Result<Option<CaseView>, AppFault> {
        let (books, now, id) = (self.books(), self.clock().now(), id.to_owned());
        self.store().read(move |tx| {
            let Some(row) = collection::case(tx, &id)? else {
                return Ok(None);
            };
            let entity: EntityId = stored_value("entity id", &row.entity)?;
            let today = books.entity(&entity)?.zone.date_at(now);
            let shown = work_row(tx, &row, today)?;
            let acts = collection::acts_of(tx, &id)?
                .into_iter()
                .map(act_of)
                .collect();
            Ok(shown.map(|row| CaseView { row, acts }))
        })
    }
}

fn act_of(row: ActRow) -> CaseAct {
    CaseAct {
        day: row.day,
        act: row.act,
        text: row.text,
        actor: row.actor,
    }
}

/// A case as a row of the worklist; nothing when its invoice is gone.
pub(crate) fn work_row(
    tx: &mut Tx<'_>,
    row: &CaseRow,
    today: Date,
) -> Result<Option<WorkRow>, AppFault> {
    let Some(invoice) = documents::document(tx, &row.invoice)? else {
        return Ok(None);
    };
    let kept: Kept = stored("dunning case", &row.body)?;
    let due: Date = stored_value("date", &invoice.due)?;
    let step = kept
        .policy
        .steps
        .get(kept.case.done)
        .filter(|_| !kept.case.closed && !kept.case.written_off);
    let by_policy = step.map_or_else(String::new, |step| step.action.as_str().to_owned());
    Ok(Some(WorkRow {
        case: row.id.clone(),
        number: invoice.number.clone(),
        customer: row.customer.clone(),
        name: name_of(tx, &row.customer)?,
        entity: row.entity.clone(),
        open: super::of_document(&invoice, invoice.remaining)?,
        days_late: AgeBuckets::days_late(due, today),
        status: row.status.clone(),
        promised_until: kept.case.promise.as_ref().map(|promise| promise.until),
        owner: row.owner.clone(),
        next_action: if row.next_action.is_empty() {
            by_policy
        } else {
            row.next_action.clone()
        },
        next_on: kept.case.next_on(&kept.policy),
        policy: format!("{}/{}", row.policy, row.policy_version),
        invoice: invoice.id,
    }))
}

fn name_of(tx: &mut Tx<'_>, customer: &str) -> Result<String, AppFault> {
    let row = catalogue::customer(tx, customer)?;
    Ok(row.map_or_else(|| customer.to_owned(), |row| row.name))
}

fn add_entity(
    tx: &mut Tx<'_>,
    books: &Books,
    (entity, collectors): (&EntityId, &HashMap<String, CollectorRow>),
    buckets: &AgeBuckets,
    view: &mut AgedView,
) -> Result<(), AppFault> {
    let day = view.as_of;
    let zone = &books.entity(entity)?.zone;
    let after = day.tomorrow().unwrap_or(day);
    let end = zone.start_of(after).microseconds();
    let stood = collection::stood_at(tx, entity.as_str(), &day.to_string(), end)?;
    let mut items = Vec::with_capacity(stood.len());
    for one in &stood {
        items.push(receivable(entity, one)?);
    }
    let accounts = billing::aged(&items, buckets, day)?;
    let mut of_accounts: HashMap<(&str, Currency), Open<'_>> = HashMap::new();
    for (one, item) in stood.iter().zip(&items) {
        let account = of_accounts
            .entry((&one.customer, item.open.currency))
            .or_insert_with(|| Open {
                name: &one.name,
                items: Vec::new(),
            });
        account.items.push(OpenItem {
            document: one.id.clone(),
            number: one.number.clone(),
            due: item.due,
            open: item.open,
            days_late: AgeBuckets::days_late(item.due, day),
        });
    }
    let mut sums: BTreeMap<Currency, Vec<i64>> = BTreeMap::new();
    for account in &accounts {
        let money = |minor| Money::from_minor(minor, account.currency);
        let sum = sums
            .entry(account.currency)
            .or_insert_with(|| vec![0; buckets.count()]);
        for (sum, minor) in sum.iter_mut().zip(&account.by_age) {
            *sum = sum
                .checked_add(*minor)
                .ok_or(values::MoneyRefused::TooLarge)?;
        }
        let customer = account.customer.as_str();
        let open = of_accounts
            .remove(&(customer, account.currency))
            .unwrap_or_default();
        let case = collectors.get(customer);
        view.rows.push(AgedRow {
            entity: entity.to_string(),
            customer: account.customer.to_string(),
            name: open.name.to_owned(),
            by_age: account.by_age.iter().map(|minor| money(*minor)).collect(),
            total: money(account.total),
            oldest_days: account.oldest_days,
            owner: case.map_or_else(String::new, |case| case.owner.clone()),
            next_action: case.map_or_else(String::new, |case| case.next_action.clone()),
            items: open.items,
        });
    }
    tie_out(tx, books, entity, (&sums, buckets), view)
}

/// What a customer owed in a currency, document by document.
#[derive(Default)]
struct Open<'a> {
    name: &'a str,
    items: Vec<OpenItem>,
}

/// Who works on what a customer owes, by customer.
fn collectors(tx: &mut Tx<'_>) -> Result<HashMap<String, CollectorRow>, AppFault> {
    let rows = collection::collectors(tx)?;
    Ok(rows
        .into_iter()
        .map(|row| (row.customer.clone(), row))
        .collect())
}

fn receivable(entity: &EntityId, one: &StoodAt) -> Result<Receivable, AppFault> {
    let currency: Currency = stored_value("currency", &one.currency)?;
    Ok(Receivable {
        entity: entity.clone(),
        customer: stored_value("customer id", &one.customer)?,
        due: stored_value("date", &one.due)?,
        open: Money::from_minor(one.open(), currency),
    })
}

/// The rows of an entity against its receivable accounts on the day.
fn tie_out(
    tx: &mut Tx<'_>,
    books: &Books,
    entity: &EntityId,
    (sums, buckets): (&BTreeMap<Currency, Vec<i64>>, &AgeBuckets),
    view: &mut AgedView,
) -> Result<(), AppFault> {
    let day = view.as_of.to_string();
    let mut ledger: BTreeMap<Currency, i64> = sums.keys().map(|currency| (*currency, 0)).collect();
    let accounts: Vec<String> = books
        .chart
        .proven_by("receivable")
        .map(|account| account.code.to_string())
        .collect();
    for account in accounts {
        for (currency, minor) in collection::account_on(tx, entity.as_str(), &account, &day)? {
            let currency: Currency = stored_value("currency", &currency)?;
            *ledger.entry(currency).or_default() += minor;
        }
    }
    for (currency, minor) in ledger {
        let money = |minor| Money::from_minor(minor, currency);
        let none = vec![0; buckets.count()];
        let by_age = sums.get(&currency).unwrap_or(&none);
        let total = money(by_age.iter().sum());
        view.totals.push(AgedTotal {
            entity: entity.to_string(),
            by_age: by_age.iter().map(|minor| money(*minor)).collect(),
            total,
            ledger: money(minor),
            difference: total.minus(money(minor))?,
        });
    }
    Ok(())
}
