//! The exception inbox: by value, narrowed by class, owner and status; and one exception with what
//! to do about it.

use super::cursor::{self, Key, ROWS_TO_ASK};
use super::words::age;
use super::{
    ExceptionFacets, ExceptionFilter, Facet, customer_name, every, money, payload, some, tie_out,
};
use crate::App;
use crate::fault::AppFault;
use crate::view::{ExceptionDetail, ExceptionRow, Page};
use control::{ExceptionClass, ExceptionStatus};
use std::collections::BTreeMap;
use store::Tx;
use store::exceptions::{self as rows, AfterValue};
use values::{Instant, Money};

mod cases;
mod groups;
mod outstanding;
mod work;

pub use outstanding::Outstanding;

const LIST: &str = "exceptions";

/// Exceptions, the highest value first.
///
/// # Errors
/// When the cursor is not one of this list or the store fails.
pub fn exceptions(
    tx: &mut Tx<'_>,
    now: Instant,
    filter: &ExceptionFilter,
    cursor: Option<&str>,
) -> Result<Page<ExceptionRow>, AppFault> {
    let key = cursor::read(LIST, cursor)?.unwrap_or_else(|| Key {
        numbers: [i64::MAX, 0],
        texts: Default::default(),
    });
    let after = AfterValue {
        value: key.numbers[0],
        opened: key.numbers[1],
        id: &key.texts[0],
    };
    let found = match filter.status.as_deref() {
        Some("resolved") | None if !groups::is_narrowed(filter) => {
            let narrowed = rows::ExceptionFilter {
                status: every(filter.status.as_ref()),
                class: every(filter.class.as_ref()),
                owner: every(filter.owner.as_ref()),
            };
            rows::by_value_after(tx, &narrowed, after, ROWS_TO_ASK)?
        }
        _ => rows::groups::listed(tx, &groups::narrowed(filter, now), after, ROWS_TO_ASK)?,
    };
    cursor::page(found, cursor_of, |row| show(tx, &row, now))
}

fn cursor_of(row: &rows::ExceptionRow) -> String {
    let key = Key {
        numbers: [row.amount.saturating_abs(), row.opened],
        texts: [row.id.clone(), String::new()],
    };
    cursor::write(LIST, &key)
}

/// What the inbox can be narrowed by.
///
/// # Errors
/// When the store fails.
pub fn exception_facets(tx: &mut Tx<'_>) -> Result<ExceptionFacets, AppFault> {
    let (mut classes, mut owners) = (BTreeMap::new(), BTreeMap::new());
    let mut statuses: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows::counts(tx)? {
        *statuses.entry(row.status.clone()).or_default() += row.count;
        if row.status != ExceptionStatus::Resolved.as_str() {
            *classes.entry(row.class).or_default() += row.count;
            *owners.entry(row.owner).or_default() += row.count;
        }
    }
    let statuses = ExceptionStatus::ALL.map(|status| Facet {
        value: status.as_str().to_owned(),
        count: statuses.get(status.as_str()).copied().unwrap_or(0),
    });
    Ok(ExceptionFacets {
        classes: most_first(classes),
        owners: most_first(owners),
        statuses: statuses.to_vec(),
    })
}

fn most_first(counts: BTreeMap<String, i64>) -> Vec<Facet> {
    let facets = counts
        .into_iter()
        .map(|(value, count)| Facet { value, count });
    let mut facets: Vec<Facet> = facets.collect();
    facets.sort_by_key(|facet| std::cmp::Reverse(facet.count));
    facets
}

/// One exception; nothing when there is none with this id.
///
/// # Errors
/// When the store fails or what is stored cannot be read.
pub fn exception(
    tx: &mut Tx<'_>,
    now: Instant,
    id: &str,
) -> Result<Option<ExceptionDetail>, AppFault> {
    let Some(row) = rows::exception(tx, id)? else {
        return Ok(None);
    };
    let playbook = ExceptionClass::from_code(&row.class).map_or(&[][..], ExceptionClass::playbook);
    let mut explains: Vec<String> = Vec::new();
    for measure in tie_out::named_by(tx, &row.stake())? {
        if !explains.iter().any(|known| known == measure.as_str()) {
            explains.push(measure.as_str().to_owned());
        }
    }
    Ok(Some(ExceptionDetail {
        playbook: playbook.iter().map(|step| (*step).to_owned()).collect(),
        detail: row.detail.clone(),
        payload: some(payload::pretty(&row.payload)),
        explains,
        chain: (!row.correlation.is_empty()).then(|| row.id.clone()),
        similar: work::similar(tx, &row)?,
        work: work::work(tx, &row)?,
        resolution: some(row.resolution.clone()),
        row: show(tx, &row, now)?,
    }))
}

impl App {
    /// How many exceptions are not resolved.
    ///
    /// # Errors
    /// When the store fails.
    pub fn open_exceptions(&self) -> Result<i64, AppFault> {
        self.store()
            .read(|tx| rows::open_count(tx).map_err(AppFault::from))
    }

    /// As [`exceptions`].
    ///
    /// # Errors
    /// As [`exceptions`].
    pub fn exceptions(
        &self,
        filter: &ExceptionFilter,
        cursor: Option<&str>,
    ) -> Result<Page<ExceptionRow>, AppFault> {
        let (now, filter) = (self.clock().now(), filter.clone());
        let cursor = cursor.map(str::to_owned);
        self.store()
            .read(move |tx| exceptions(tx, now, &filter, cursor.as_deref()))
    }

    /// As [`exception_facets`].
    ///
    /// # Errors
    /// As [`exception_facets`].
    pub fn exception_facets(&self) -> Result<ExceptionFacets, AppFault> {
        self.store().read(exception_facets)
    }

    /// As [`exception`].
    ///
    /// # Errors
    /// As [`exception`].
    pub fn exception(&self, id: &str) -> Result<Option<ExceptionDetail>, AppFault> {
        let (now, id) = (self.clock().now(), id.to_owned());
        self.store().read(move |tx| exception(tx, now, &id))
    }
}

/// A row of the inbox. What is at stake is shown without the sign that it has in a tie-out.
pub(super) fn show(
    tx: &mut Tx<'_>,
    row: &rows::ExceptionRow,
    now: Instant,
) -> Result<ExceptionRow, AppFault> {
    let customer = match row.customer.as_str() {
        "" => None,
        known => Some(customer_name(tx, known)?),
    };
    let value: Option<Money> = match row.currency.as_str() {
        "" => None,
        currency => Some(money(row.amount.saturating_abs(), currency)?),
    };
    let opened = Instant::from_microseconds(row.opened);
    Ok(ExceptionRow {
        id: row.id.clone(),
        class: row.class.clone(),
        summary: row.summary.clone(),
        customer,
        document: some(row.document.clone()),
        value,
        owner: crate::journey::exception::in_hand(row).to_owned(),
        status: row.status.clone(),
        opened,
        age: age(opened, now),
        severity: row.severity.clone(),
        period: some(row.period.clone()),
        due: (row.due > 0).then(|| Instant::from_microseconds(row.due)),
        overdue: row.status != "resolved" && row.due > 0 && row.due < now.microseconds(),
        level: row.level,
    })
}
