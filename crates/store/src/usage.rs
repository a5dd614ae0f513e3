//! Use that is measured: components by meter, events, what was set aside, intakes.

use crate::{Param, StoreFault, Tx, params};
use std::collections::BTreeMap;

table! {
    /// A component of a contract that a meter measures.
    UsageComponentRow in "usage_component" {
        /// The contract.
        contract: text,
        /// The component.
        component: text,
        /// Who uses it.
        customer: text,
        /// The meter.
        meter: text,
        /// The legal entity that sells.
        entity: text,
        /// What is sold.
        product: text,
        /// Which events count, JSON.
        measure: text,
        /// First instant of service, microseconds.
        serves_from: int,
        /// First instant without service.
        serves_until: int,
        /// Instant up to which its periods have been billed; 0 before the first.
        billed_until: int,
        /// Earliest instant from which billed periods are to be looked at again; 0 when none is.
        reopened_from: int,
        /// Start of the earliest billed period that late events may still change.
        look_back_from: int,
    }
}

table! {
    /// An event.
    UsageEventRow in "usage_event" {
        /// The meter.
        meter: text,
        /// Its key, unique in the meter.
        event_key: text,
        /// The contract whose use it is.
        contract: text,
        /// When it happened, microseconds.
        happened: int,
        /// When it counts.
        counted: int,
        /// Its canonical value.
        value: text,
        /// What else it says, canonical JSON; empty when nothing.
        dimensions: text,
        /// The key of the event that it replaces or cancels; empty when none.
        corrects: text,
        /// 1 when it counts for nothing itself.
        cancels: int,
        /// 1 when its period had been billed when it came.
        late: int,
        /// The intake that it came with.
        intake: int,
    }
}

table! {
    /// An event that was rejected, or is held.
    UsageAsideRow in "usage_aside" {
        /// The intake that it came with.
        intake: int,
        /// Its place in the intake.
        place: int,
        /// The meter as named.
        meter: text,
        /// Its key as given.
        event_key: text,
        /// The contract, where it is known.
        contract: text,
        /// `rejected`, `held`, or `released` when it was taken after all.
        status: text,
        /// Stable word of the reason.
        code: text,
        /// The reason.
        reason: text,
        /// The event, JSON.
        event: text,
        /// When it came, microseconds.
        received: int,
    }
}

table! {
    /// What came at once.
    UsageIntakeRow in "usage_intake" {
        /// Its number, without gaps.
        number: int,
        /// When, microseconds.
        received: int,
        /// Who sent it.
        actor: text,
        /// Events in it.
        events: int,
        /// Taken, late ones among them.
        accepted: int,
        /// Known before with the same content.
        duplicates: int,
        /// Taken though their period had been billed.
        late: int,
        /// Held for a person.
        held: int,
        /// Rejected.
        rejected: int,
        /// Sum of the values taken, by meter, JSON.
        totals: text,
        /// SHA-256 of the events.
        digest: blob,
    }
}

/// The series of the numbers of intakes; taking the next one makes intakes follow each other.
pub const INTAKES: &str = "usage/intake";

/// What other systems call by this id, of whichever system and kind: our objects.
///
/// # Errors
/// When the database refuses.
pub fn objects_called(tx: &mut Tx<'_>, id: &str) -> Result<Vec<String>, StoreFault> {
    tx.query(
        "SELECT DISTINCT object FROM reference WHERE id = ?1 ORDER BY object LIMIT 10",
        params![id],
        |mut row| row.text(0),
    )
}

/// Adds a measured component, or brings its service up to date; what was billed stays.
///
/// # Errors
/// When the database refuses.
pub fn put_component(tx: &mut Tx<'_>, row: &UsageComponentRow) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO usage_component (contract, component, customer, meter, entity, product, measure,
            serves_from, serves_until, billed_until, reopened_from, look_back_from)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, 0, 0)
         ON CONFLICT (contract, component) DO UPDATE SET customer = excluded.customer,
            meter = excluded.meter, measure = excluded.measure, serves_from = excluded.serves_from,
            serves_until = excluded.serves_until",
        params![
            &row.contract, &row.component, &row.customer, &row.meter, &row.entity, &row.product,
            &row.measure, row.serves_from, row.serves_until
        ],
    )?;
    Ok(())
}

/// The measured components of a contract.
///
/// # Errors
/// When the database refuses.
pub fn of_contract(tx: &mut Tx<'_>, contract: &str) -> Result<Vec<UsageComponentRow>, StoreFault> {
    let columns = UsageComponentRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM usage_component WHERE contract = ?1 ORDER BY contract, component"
        ),
        params![contract],
        UsageComponentRow::read,
    )
}

/// The components that a meter measures for a contract.
///
/// # Errors
/// When the database refuses.
pub fn measured_for_contract(
    tx: &mut Tx<'_>,
    meter: &str,
    contract: &str,
) -> Result<Vec<UsageComponentRow>, StoreFault> {
    let columns = UsageComponentRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM usage_component WHERE contract = ?2 AND meter = ?1 ORDER BY component"),
        params![meter, contract],
        UsageComponentRow::read,
    )
}

/// The components that a meter measures for a customer, over all contracts.
///
/// # Errors
/// When the database refuses.
pub fn measured_for_customer(
    tx: &mut Tx<'_>,
    meter: &str,
    customer: &str,
) -> Result<Vec<UsageComponentRow>, StoreFault> {
    let columns = UsageComponentRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM usage_component WHERE meter = ?1 AND customer = ?2 ORDER BY contract, component"
        ),
        params![meter, customer],
        UsageComponentRow::read,
    )
}

/// Measured components after `after` (contract, component), of one entity when it is not empty.
///
/// # Errors
/// When the database refuses.
pub fn components_after(
    tx: &mut Tx<'_>,
    entity: &str,
    after: (&str, &str),
    limit: i64,
) -> Result<Vec<UsageComponentRow>, StoreFault> {
    let columns = UsageComponentRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM usage_component WHERE (contract, component) > (?1, ?2)
             AND (?3 = '' OR entity = ?3) ORDER BY contract, component LIMIT ?4"
        ),
        params![after.0, after.1, entity, limit],
        UsageComponentRow::read,
    )
}

/// The components of a meter, by customer.
///
/// # Errors
/// When the database refuses.
pub fn components_of_meter(
    tx: &mut Tx<'_>,
    meter: &str,
    limit: i64,
) -> Result<Vec<UsageComponentRow>, StoreFault> {
    let columns = UsageComponentRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM usage_component WHERE meter = ?1 ORDER BY customer, contract, component LIMIT ?2"
        ),
        params![meter, limit],
        UsageComponentRow::read,
    )
}

/// Keeps how far a component has been billed.
///
/// # Errors
/// When the database refuses.
pub fn set_billed(
    tx: &mut Tx<'_>,
    contract: &str,
    component: &str,
    billed_until: i64,
    look_back_from: i64,
) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE usage_component SET billed_until = ?3, look_back_from = ?4, reopened_from = 0
         WHERE contract = ?1 AND component = ?2",
        params![contract, component, billed_until, look_back_from],
    )?;
    Ok(())
}

/// Has billed periods of a contract's components looked at again from an instant on, and the contract
/// billed from `day` on.
///
/// # Errors
/// When the database refuses.
pub fn reopen(
    tx: &mut Tx<'_>,
    contract: &str,
    meter: &str,
    from: i64,
    day: &str,
) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE usage_component SET reopened_from = ?3
         WHERE contract = ?1 AND meter = ?2 AND billed_until > ?3
           AND (reopened_from = 0 OR reopened_from > ?3)",
        params![contract, meter, from],
    )?;
    tx.execute(
        "UPDATE contract SET bill_from = ?2 WHERE id = ?1 AND (bill_from = '' OR bill_from > ?2)",
        params![contract, day],
    )?;
    Ok(())
}

/// Adds events; those whose meter and key are known are left out. Returns how many were added.
///
/// # Errors
/// [`StoreFault::Duplicate`] when a second one corrects the same event, or the database refuses.
pub fn add_events(tx: &mut Tx<'_>, rows: &[UsageEventRow]) -> Result<u64, StoreFault> {
    static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        UsageEventRow::insert_text("ON CONFLICT (meter, event_key) DO NOTHING")
    });
    // In the order of the key: the pages of a large index are then visited once a batch.
    let mut sorted: Vec<&UsageEventRow> = rows.iter().collect();
    sorted.sort_unstable_by(|one, other| {
        (&one.meter, &one.event_key).cmp(&(&other.meter, &other.event_key))
    });
    let params: Vec<Param<'_>> = sorted.into_iter().flat_map(UsageEventRow::params).collect();
    tx.insert(&TEXT, UsageEventRow::WIDTH, &params)
}

/// The newest events of each meter that can be listed at once.
pub const NEWEST: usize = 100;

/// Notes what one intake added: how many events each meter has, and its newest ones.
///
/// # Errors
/// When the database refuses.
pub fn note_added(tx: &mut Tx<'_>, rows: &[UsageEventRow]) -> Result<(), StoreFault> {
    let mut meters: BTreeMap<&str, Vec<&UsageEventRow>> = BTreeMap::new();
    for row in rows {
        meters.entry(&row.meter).or_default().push(row);
    }
    for (meter, mut added) in meters {
        tx.execute(
            "INSERT INTO usage_meter (meter, events) VALUES (?1, ?2)
             ON CONFLICT (meter) DO UPDATE SET events = usage_meter.events + excluded.events",
            params![meter, added.len() as i64],
        )?;
        added.sort_unstable_by(|one, other| {
            (other.happened, &other.event_key).cmp(&(one.happened, &one.event_key))
        });
        let params: Vec<Param<'_>> = added
            .into_iter()
            .take(NEWEST)
            .flat_map(|row| -> [Param<'_>; 4] {
                [
                    meter.into(),
                    row.intake.into(),
                    row.happened.into(),
                    (&row.event_key).into(),
                ]
            })
            .collect();
        tx.insert(
            "INSERT INTO usage_newest (meter, intake, happened, event_key) VALUES (?1, ?2, ?3, ?4)",
            4,
            &params,
        )?;
        tx.execute(
            "DELETE FROM usage_newest WHERE meter = ?1 AND (intake, happened, event_key) <= (
               SELECT intake, happened, event_key FROM usage_newest WHERE meter = ?1
               ORDER BY intake DESC, happened DESC, event_key DESC LIMIT 1 OFFSET ?2)",
            params![meter, NEWEST as i64],
        )?;
    }
    Ok(())
}

/// An event by meter and key.
///
/// # Errors
/// When the database refuses.
pub fn event(tx: &mut Tx<'_>, meter: &str, key: &str) -> Result<Option<UsageEventRow>, StoreFault> {
    static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let columns = UsageEventRow::columns("");
        format!("SELECT {columns} FROM usage_event WHERE meter = ?1 AND event_key = ?2")
    });
    tx.query_one(&TEXT, params![meter, key], UsageEventRow::read)
}

/// The key of the event that corrects this one, if any does.
///
/// # Errors
/// When the database refuses.
pub fn corrected_by(tx: &mut Tx<'_>, meter: &str, key: &str) -> Result<Option<String>, StoreFault> {
    tx.query_one(
        "SELECT event_key FROM usage_event WHERE meter = ?1 AND corrects = ?2 AND corrects <> ''",
        params![meter, key],
        |mut row| row.text(0),
    )
}

/// Which events of a contract and meter count.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'q> {
    /// The contract.
    pub contract: &'q str,
    /// The meter.
    pub meter: &'q str,
    /// First instant.
    pub from: i64,
    /// First instant that no longer counts.
    pub until: i64,
    /// The last intake that is looked at.
    pub through_intake: i64,
}

/// Hands over every event that counts, as (key, when it counts, value, dimensions), in no order.
///
/// # Errors
/// When the database refuses, or `each` does.
pub fn each_counted(
    tx: &mut Tx<'_>,
    which: Counted<'_>,
    mut each: impl FnMut(&str, i64, &str, &str) -> Result<(), StoreFault>,
) -> Result<(), StoreFault> {
    tx.query_each(
        "SELECT event_key, counted, value, dimensions FROM usage_event e
         WHERE contract = ?1 AND meter = ?2 AND counted >= ?3 AND counted < ?4 AND intake <= ?5
           AND cancels = 0 AND NOT EXISTS (SELECT 1 FROM usage_event c WHERE c.meter = e.meter
               AND c.corrects = e.event_key AND c.corrects <> '' AND c.intake <= ?5)",
        params![
            which.contract,
            which.meter,
            which.from,
            which.until,
            which.through_intake
        ],
        |mut row| {
            let (key, counted) = (row.text(0)?, row.int(1)?);
            let (value, dimensions) = (row.text(2)?, row.text(3)?);
            each(&key, counted, &value, &dimensions)
        },
    )
}

/// An event with the key of the one that corrects it, empty when none does.
pub type ShownEvent = (UsageEventRow, String);

fn shown(mut row: crate::Row) -> Result<ShownEvent, StoreFault> {
    let corrected = row.text(UsageEventRow::WIDTH)?;
    Ok((UsageEventRow::read(row)?, corrected))
}

const CORRECTED_BY: &str = "coalesce((SELECT c.event_key FROM usage_event c WHERE c.meter = e.meter
    AND c.corrects = e.event_key AND c.corrects <> ''), '')";

/// Events behind a line: those of a period that came with the intakes after `after_intake`, and those
/// that these corrected, by time and key after `after`, both exclusive.
///
/// # Errors
/// When the database refuses.
pub fn behind(
    tx: &mut Tx<'_>,
    which: Counted<'_>,
    after_intake: i64,
    after: (i64, &str),
    limit: i64,
) -> Result<Vec<ShownEvent>, StoreFault> {
    let columns = UsageEventRow::columns("e.");
    tx.query(
        &format!(
            "SELECT {columns}, {CORRECTED_BY} FROM usage_event e
             WHERE contract = ?1 AND meter = ?2 AND counted >= ?3 AND counted < ?4
               AND intake <= ?5 AND (intake > ?6 OR EXISTS (SELECT 1 FROM usage_event c
                   WHERE c.meter = e.meter AND c.corrects = e.event_key AND c.corrects <> ''
                     AND c.intake > ?6 AND c.intake <= ?5))
               AND (counted, event_key) > (?7, ?8)
             ORDER BY counted, event_key LIMIT ?9"
        ),
        params![
            which.contract,
            which.meter,
            which.from,
            which.until,
            which.through_intake,
            after_intake,
            after.0,
            after.1,
            limit
        ],
        shown,
    )
}

/// The newest events of a meter, at most [`NEWEST`], those of the newest intakes first.
///
/// # Errors
/// When the database refuses.
pub fn newest_events(
    tx: &mut Tx<'_>,
    meter: &str,
    limit: i64,
) -> Result<Vec<ShownEvent>, StoreFault> {
    let columns = UsageEventRow::columns("e.");
    tx.query(
        &format!(
            "SELECT {columns}, {CORRECTED_BY} FROM usage_newest n
             JOIN usage_event e ON e.meter = n.meter AND e.event_key = n.event_key
             WHERE n.meter = ?1
             ORDER BY n.intake DESC, n.happened DESC, n.event_key DESC LIMIT ?2"
        ),
        params![meter, limit],
        shown,
    )
}

/// What was set aside on a meter (of all, when it is empty), newest first, before (intake, place),
/// exclusive.
///
/// # Errors
/// When the database refuses.
pub fn aside(
    tx: &mut Tx<'_>,
    meter: &str,
    before: (i64, i64),
    limit: i64,
) -> Result<Vec<UsageAsideRow>, StoreFault> {
    let columns = UsageAsideRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM usage_aside WHERE (?1 = '' OR meter = ?1) AND (intake, place) < (?2, ?3)
             ORDER BY intake DESC, place DESC LIMIT ?4"
        ),
        params![meter, before.0, before.1, limit],
        UsageAsideRow::read,
    )
}

/// What is held for a contract, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn held(tx: &mut Tx<'_>, contract: &str, limit: i64) -> Result<Vec<UsageAsideRow>, StoreFault> {
    let columns = UsageAsideRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM usage_aside WHERE contract = ?1 AND status = 'held'
             ORDER BY intake, place LIMIT ?2"
        ),
        params![contract, limit],
        UsageAsideRow::read,
    )
}

/// Writes down what became of something held.
///
/// # Errors
/// When the database refuses.
pub fn conclude_aside(
    tx: &mut Tx<'_>,
    intake: i64,
    place: i64,
    status: &str,
    reason: &str,
) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE usage_aside SET status = ?3, reason = ?4 WHERE intake = ?1 AND place = ?2",
        params![intake, place, status, reason],
    )?;
    Ok(())
}

/// Events by meter: (meter, events).
///
/// # Errors
/// When the database refuses.
pub fn counts(tx: &mut Tx<'_>) -> Result<Vec<(String, i64)>, StoreFault> {
    tx.query(
        "SELECT meter, events FROM usage_meter ORDER BY meter",
        &[],
        |mut row| Ok((row.text(0)?, row.int(1)?)),
    )
}

/// What was set aside by meter and status: (meter, status, events).
///
/// # Errors
/// When the database refuses.
pub fn aside_counts(tx: &mut Tx<'_>) -> Result<Vec<(String, String, i64)>, StoreFault> {
    tx.query(
        "SELECT meter, status, CAST(count(*) AS BIGINT) FROM usage_aside
         GROUP BY meter, status ORDER BY meter, status",
        &[],
        |mut row| Ok((row.text(0)?, row.text(1)?, row.int(2)?)),
    )
}

/// The newest intakes, before `before` (exclusive).
///
/// # Errors
/// When the database refuses.
pub fn intakes(
    tx: &mut Tx<'_>,
    before: i64,
    limit: i64,
) -> Result<Vec<UsageIntakeRow>, StoreFault> {
    let columns = UsageIntakeRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM usage_intake WHERE number < ?1 ORDER BY number DESC LIMIT ?2"
        ),
        params![before, limit],
        UsageIntakeRow::read,
    )
}
