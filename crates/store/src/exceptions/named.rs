//! What open exceptions name of the differences of tie-outs, added up in the database: as many rows as
//! there are measures, entities and currencies, however many exceptions are open.

use super::Stake;
use crate::{Row, StoreFault, Tx, params};

/// A part of differences that open exceptions name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedSum {
    /// The tie-out measure.
    pub measure: String,
    /// Legal entity, or empty.
    pub entity: String,
    /// Currency, or empty.
    pub currency: String,
    /// How many exceptions.
    pub count: i64,
    /// What they come to, with their signs, minor units.
    pub minor: i64,
}

/// What an open exception names by its own row alone: no posting, no delivery, and nothing of a
/// contract that is billed, which name more or less than they are worth.
const BY_ITSELF: &str = "status <> 'resolved' AND measure <> '' AND key NOT LIKE 'posting/%' \
AND key NOT LIKE 'billing/%' AND NOT (key LIKE 'effect/%' AND measure = 'delivered') \
AND NOT (key LIKE 'outside/%' AND measure = 'billed_elsewhere')";

/// What exceptions name by their own rows alone.
///
/// # Errors
/// When the database refuses.
pub fn by_themselves(tx: &mut Tx<'_>) -> Result<Vec<NamedSum>, StoreFault> {
    tx.query(
        &format!(
            "SELECT measure, entity, currency, CAST(count(*) AS BIGINT), CAST(sum(amount) AS BIGINT) FROM exception
             WHERE {BY_ITSELF} GROUP BY measure, entity, currency ORDER BY measure, entity, currency"
        ),
        &[],
        |mut row| {
            Ok(NamedSum {
                measure: row.text(0)?,
                entity: row.text(1)?,
                currency: row.text(2)?,
                count: row.int(3)?,
                minor: row.int(4)?,
            })
        },
    )
}

/// The first of the exceptions behind a sum of [`by_themselves`], by id.
///
/// # Errors
/// When the database refuses.
pub fn first_by_themselves(
    tx: &mut Tx<'_>,
    sum: &NamedSum,
    limit: i64,
) -> Result<Vec<String>, StoreFault> {
    tx.query(
        &format!(
            "SELECT id FROM exception WHERE {BY_ITSELF} AND measure = ?1 AND entity = ?2 AND currency = ?3
             ORDER BY id LIMIT ?4"
        ),
        params![&sum.measure, &sum.entity, &sum.currency, limit],
        |mut row| row.text(0),
    )
}

/// Exceptions that hold up a delivery, the effect that each is about, and what stands still with it:
/// its own worth and that of the effects of operation `?1` behind it in its lane, up to the next one
/// that is parked itself. As [`crate::effects::held_with`] for each of them.
const HELD: &str = "exception x JOIN effect h ON h.id = substr(x.key, 8) \
JOIN effect e ON e.lane = h.lane AND e.id >= h.id AND e.operation = ?1 AND e.status NOT IN ('confirmed', 'skipped') \
WHERE x.status <> 'resolved' AND x.measure = 'delivered' AND x.key LIKE 'effect/%' \
AND (e.id = h.id OR NOT EXISTS (SELECT p.id FROM effect p WHERE p.lane = h.lane AND p.status NOT IN ('confirmed', 'skipped') \
AND p.status = 'parked' AND p.id > h.id AND p.id <= e.id))";

/// What exceptions about deliveries name of the journals that are not delivered.
///
/// # Errors
/// When the database refuses.
pub fn held(tx: &mut Tx<'_>, operation: &str) -> Result<Vec<NamedSum>, StoreFault> {
    tx.query(
        &format!(
            "SELECT e.entity, e.currency, CAST(count(DISTINCT x.id) AS BIGINT), CAST(sum(e.amount) AS BIGINT)
             FROM {HELD} GROUP BY e.entity, e.currency ORDER BY e.entity, e.currency"
        ),
        params![operation],
        |mut row| {
            Ok(NamedSum {
                measure: "delivered".to_owned(),
                entity: row.text(0)?,
                currency: row.text(1)?,
                count: row.int(2)?,
                minor: row.int(3)?,
            })
        },
    )
}

/// The first of the exceptions behind a sum of [`held`]: those of that entity and currency by id, and
/// then those that only hold up what is of it.
///
/// # Errors
/// When the database refuses.
pub fn first_held(
    tx: &mut Tx<'_>,
    operation: &str,
    sum: &NamedSum,
    limit: i64,
) -> Result<Vec<String>, StoreFault> {
    let mut found = Vec::new();
    // An index has those of one entity and currency in order; the others are looked for only where
    // there must be some.
    for of_it in ["", "NOT "] {
        let missing = limit.min(sum.count) - found.len() as i64;
        if missing > 0 {
            found.extend(tx.query(
                &format!(
                    "SELECT DISTINCT x.id FROM {HELD} AND e.entity = ?2 AND e.currency = ?3
                     AND {of_it}(x.entity = ?2 AND x.currency = ?3) ORDER BY x.id LIMIT ?4"
                ),
                params![operation, &sum.entity, &sum.currency, missing],
                |mut row| row.text(0),
            )?);
        }
    }
    Ok(found)
}

/// Facts that are recorded and not posted: (exception, its entity, type of the event, its content), by
/// exception.
///
/// # Errors
/// When the database refuses, or `each` does.
pub fn each_parked_posting<E: From<StoreFault>>(
    tx: &mut Tx<'_>,
    mut each: impl FnMut(&str, &str, &str, &str) -> Result<(), E>,
) -> Result<(), E> {
    let mut refused = None;
    let asked = tx.query_each(
        "SELECT x.id, x.entity, e.type, e.data FROM exception x JOIN event e ON e.id = substr(x.key, 9)
         WHERE x.status <> 'resolved' AND x.key >= 'posting/' AND x.key < 'posting0' ORDER BY x.id",
        &[],
        |mut row| {
            if refused.is_none() {
                let (id, entity, kind, data) = (row.text(0)?, row.text(1)?, row.text(2)?, row.text(3)?);
                refused = each(&id, &entity, &kind, &data).err();
            }
            Ok(())
        },
    );
    match refused {
        Some(error) => Err(error),
        None => Ok(asked?),
    }
}

/// What is at stake in open exceptions about contracts that are billed, here or elsewhere, by id: what
/// they name depends on what their contract is owed.
///
/// # Errors
/// When the database refuses.
pub fn of_contracts(tx: &mut Tx<'_>) -> Result<Vec<Stake>, StoreFault> {
    tx.query(
        // By ranges of keys, which their index finds: `0` is what follows `/` in the order of texts.
        "SELECT id, key, class, entity, measure, amount, currency, opened FROM exception
         WHERE status <> 'resolved' AND key >= 'billing/' AND key < 'billing0'
         UNION ALL
         SELECT id, key, class, entity, measure, amount, currency, opened FROM exception
         WHERE status <> 'resolved' AND key >= 'outside/' AND key < 'outside0' AND measure = 'billed_elsewhere'
         ORDER BY 1",
        &[],
        stake,
    )
}

/// What is at stake in orders that are not taken over: (entity, currency, minor units).
///
/// # Errors
/// When the database refuses.
pub fn held_orders(tx: &mut Tx<'_>) -> Result<Vec<(String, String, i64)>, StoreFault> {
    tx.query(
        "SELECT entity, currency, CAST(sum(amount) AS BIGINT) FROM exception
         WHERE status <> 'resolved' AND measure = 'bookings' AND key LIKE 'order/%'
         GROUP BY entity, currency ORDER BY entity, currency",
        &[],
        |mut row| Ok((row.text(0)?, row.text(1)?, row.int(2)?)),
    )
}

/// Orders that are not taken over and whose exceptions were opened after an instant (microseconds), by
/// id.
///
/// # Errors
/// When the database refuses.
pub fn held_orders_since(tx: &mut Tx<'_>, since: i64) -> Result<Vec<Stake>, StoreFault> {
    tx.query(
        "SELECT id, key, class, entity, measure, amount, currency, opened FROM exception
         WHERE status <> 'resolved' AND measure = 'bookings' AND key LIKE 'order/%' AND opened > ?1 ORDER BY id",
        params![since],
        stake,
    )
}

fn stake(mut row: Row) -> Result<Stake, StoreFault> {
    Ok(Stake {
        id: row.text(0)?,
        key: row.text(1)?,
        class: row.text(2)?,
        entity: row.text(3)?,
        measure: row.text(4)?,
        amount: row.int(5)?,
        currency: row.text(6)?,
        opened: row.int(7)?,
    })
}
