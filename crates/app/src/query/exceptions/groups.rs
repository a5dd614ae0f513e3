//! The inbox by root cause: what blocks the close first, then by value.

use super::super::cursor::{self, Key};
use super::super::words::age;
use super::super::{ExceptionFilter, ROWS_A_PAGE, add_up, every, money, some};
use crate::App;
use crate::command::WhichExceptions;
use crate::fault::AppFault;
use crate::journey::exception::{batch, class_of};
use crate::view::{BatchPreview, ExceptionGroup, Page};
use control::Severity;
use std::collections::BTreeMap;
use store::Tx;
use store::exceptions::groups::{self as rows, GroupPart, Narrowed};
use store::exceptions::{self, AfterValue};
use values::{Instant, Money};

const LIST: &str = "exception_groups";

/// What stands for no month.
const NO_PERIOD: &str = "9999-12";

/// Whether a filter asks for something that only open exceptions have.
pub(super) fn is_narrowed(filter: &ExceptionFilter) -> bool {
    filter.group.is_some()
        || filter.with.is_some()
        || filter.incident.is_some()
        || filter.entity.is_some()
        || filter.overdue
}

/// A filter in the words of the store.
pub(super) fn narrowed(filter: &ExceptionFilter, now: Instant) -> Narrowed {
    let status = every(filter.status.as_ref());
    Narrowed {
        fingerprint: every(filter.group.as_ref()),
        class: every(filter.class.as_ref()),
        owner: every(filter.owner.as_ref()),
        with: every(filter.with.as_ref()),
        with_role: every(filter.with_role.as_ref()),
        // `open` means everything that is not resolved.
        status: if status == "open" {
            String::new()
        } else {
            status
        },
        incident: every(filter.incident.as_ref()),
        entity: every(filter.entity.as_ref()),
        due_before: if filter.overdue {
            now.microseconds()
        } else {
            0
        },
    }
}

/// One group over its currencies.
struct Gathered {
    first: GroupPart,
    value: Vec<Money>,
    largest: i64,
    count: i64,
    overdue: i64,
    taken: i64,
}

impl Gathered {
    /// What comes first: what blocks the close, then by value, then by month and name.
    fn rank(&self) -> (bool, i64) {
        let blocks = class_of(&self.first.class).severity() == Severity::BlocksClose;
        (blocks, self.largest)
    }
}

fn gather(parts: Vec<GroupPart>) -> Result<Vec<Gathered>, AppFault> {
    let mut found: Vec<Gathered> = Vec::new();
    for part in parts {
        let value = match part.currency.as_str() {
            "" => None,
            currency => Some(money(part.value, currency)?),
        };
        let is_same = found
            .last()
            .is_some_and(|last| last.first.fingerprint == part.fingerprint);
        if !is_same {
            found.push(Gathered {
                first: part.clone(),
                value: Vec::new(),
                largest: 0,
                count: 0,
                overdue: 0,
                taken: 0,
            });
        }
        let Some(last) = found.last_mut() else {
            continue;
        };
        last.count += part.count;
        last.overdue += part.overdue;
        last.taken += part.taken;
        last.largest = last.largest.max(part.value);
        last.first.oldest = last.first.oldest.min(part.oldest);
        last.first.due = last.first.due.min(part.due);
        last.first.level = last.first.level.max(part.level);
        if part.period < last.first.period {
            last.first.period = part.period;
        }
        if last.first.incident.is_empty() {
            last.first.incident = part.incident;
        }
        last.value.extend(value);
    }
    found.sort_by(|a, b| {
        b.rank()
            .cmp(&a.rank())
            .then_with(|| a.first.fingerprint.cmp(&b.first.fingerprint))
    });
    Ok(found)
}

/// Groups of open exceptions.
pub(super) fn groups(
    tx: &mut Tx<'_>,
    now: Instant,
    filter: &ExceptionFilter,
    cursor: Option<&str>,
) -> Result<Page<ExceptionGroup>, AppFault> {
    let key = cursor::read(LIST, cursor)?;
    let parts = rows::groups(tx, &narrowed(filter, now), now.microseconds())?;
    let mut all = gather(parts)?;
    if let Some(key) = key {
        let (blocks, largest) = (key.numbers[0] == 1, key.numbers[1]);
        all.retain(|group| {
            group.rank() < (blocks, largest)
                || (group.rank() == (blocks, largest) && group.first.fingerprint > key.texts[0])
        });
    }
    let shown = usize::try_from(ROWS_A_PAGE).unwrap_or(usize::MAX);
    let has_more = all.len() > shown;
    all.truncate(shown);
    let next = all.last().filter(|_| has_more).map(|last| {
        let (blocks, largest) = last.rank();
        let key = Key {
            numbers: [i64::from(blocks), largest],
            texts: [last.first.fingerprint.clone(), String::new()],
        };
        cursor::write(LIST, &key)
    });
    let mut behind = followers(tx)?;
    let items = all
        .into_iter()
        .map(|group| {
            let behind = behind.remove(&group.first.fingerprint).unwrap_or_default();
            show(tx, now, group, behind)
        })
        .collect::<Result<_, _>>()?;
    Ok(Page { items, next })
}

type Behind = (i64, Vec<Money>);

fn followers(tx: &mut Tx<'_>) -> Result<BTreeMap<String, Behind>, AppFault> {
    let mut found: BTreeMap<String, Behind> = BTreeMap::new();
    for (group, currency, count, minor) in rows::followers(tx)? {
        let entry = found.entry(group).or_default();
        entry.0 += count;
        if !currency.is_empty() {
            add_up(&mut entry.1, money(minor, &currency)?)?;
        }
    }
    Ok(found)
}

fn show(
    tx: &mut Tx<'_>,
    now: Instant,
    group: Gathered,
    (followers, followers_value): Behind,
) -> Result<ExceptionGroup, AppFault> {
    let one = Narrowed {
        fingerprint: group.first.fingerprint.clone(),
        ..Narrowed::default()
    };
    let first = AfterValue {
        value: i64::MAX,
        opened: 0,
        id: "",
    };
    let sample = rows::listed(tx, &one, first, 1)?.into_iter().next();
    let class = class_of(&group.first.class);
    let (cause, connection, operation, summary) = sample.map_or_else(Default::default, |row| {
        (row.cause, row.connection, row.operation, row.summary)
    });
    let oldest = Instant::from_microseconds(group.first.oldest);
    Ok(ExceptionGroup {
        group: group.first.fingerprint,
        title: class.title().to_owned(),
        severity: class.severity().as_str().to_owned(),
        class: group.first.class,
        sample: summary,
        cause,
        connection: some(connection),
        operation: some(operation),
        count: group.count,
        value: group.value,
        period: some(group.first.period).filter(|period| period != NO_PERIOD),
        oldest,
        age: age(oldest, now),
        due: (group.first.due > 0).then(|| Instant::from_microseconds(group.first.due)),
        overdue: group.overdue,
        taken: group.taken,
        level: group.first.level,
        owner: group.first.owner,
        followers,
        followers_value,
        incident: some(group.first.incident),
    })
}

/// What an action over many would be done to.
fn preview(
    tx: &mut Tx<'_>,
    now: Instant,
    which: &WhichExceptions,
) -> Result<BatchPreview, AppFault> {
    let narrowed = batch::narrowed(which, now.microseconds());
    let groups = gather(rows::groups(tx, &narrowed, now.microseconds())?)?;
    let mut preview = BatchPreview {
        count: 0,
        value: Vec::new(),
        groups: groups.len() as i64,
        period: groups
            .iter()
            .map(|group| group.first.period.clone())
            .min()
            .filter(|period| period != NO_PERIOD),
    };
    for group in groups {
        preview.count += group.count;
        for value in group.value {
            add_up(&mut preview.value, value)?;
        }
    }
    Ok(preview)
}

/// What is open of a selection: how many, by currency, and how many of it overdue.
pub(super) fn totals(
    tx: &mut Tx<'_>,
    now: Instant,
    which: &Narrowed,
) -> Result<(i64, Vec<Money>, i64), AppFault> {
    let (mut count, mut value, mut overdue) = (0, Vec::new(), 0);
    for part in rows::groups(tx, which, now.microseconds())? {
        count += part.count;
        overdue += part.overdue;
        if !part.currency.is_empty() {
            add_up(&mut value, money(part.value, &part.currency)?)?;
        }
    }
    Ok((count, value, overdue))
}

impl App {
    /// Open exceptions grouped by root cause: what blocks the close first, then by value.
    ///
    /// # Errors
    /// When the cursor is not one of this list or the store fails.
    pub fn exception_groups(
        &self,
        filter: &ExceptionFilter,
        cursor: Option<&str>,
    ) -> Result<Page<ExceptionGroup>, AppFault> {
        let (now, filter) = (self.clock().now(), filter.clone());
        let cursor = cursor.map(str::to_owned);
        self.store()
            .read(move |tx| groups(tx, now, &filter, cursor.as_deref()))
    }

    /// What an action over many would be done to.
    ///
    /// # Errors
    /// When the store fails.
    pub fn preview_exceptions(&self, which: &WhichExceptions) -> Result<BatchPreview, AppFault> {
        let (now, which) = (self.clock().now(), which.clone());
        self.store().read(move |tx| preview(tx, now, &which))
    }

    /// The ids of the open exceptions that a selection means, for a bulk action from outside.
    ///
    /// # Errors
    /// When the store fails.
    pub fn exception_ids(&self, which: &WhichExceptions) -> Result<Vec<String>, AppFault> {
        let (now, which) = (self.clock().now().microseconds(), which.clone());
        self.store()
            .read(move |tx| Ok(exceptions::groups::ids(tx, &batch::narrowed(&which, now))?))
    }
}
