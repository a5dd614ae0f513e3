//! How payments reach the other systems: from the event that recorded one to the confirmation of what
//! was told about it.

use crate::{Row, StoreFault, Tx, params};
use std::collections::BTreeMap;
use values::{IdSource, Instant};

/// What one system was told about one payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The payment.
    pub payment: String,
    /// The system.
    pub system: String,
    /// What was told: the effect.
    pub effect: String,
    /// When the money arrived, by who has it, microseconds.
    pub happened: i64,
    /// When that was recorded here, microseconds.
    pub recorded: i64,
    /// Status of the effect.
    pub status: String,
    /// When it came to that, microseconds.
    pub changed: i64,
}

/// No chance: the lowest id of an instant.
struct Lowest;

impl IdSource for Lowest {
    fn random_bits(&self) -> u128 {
        0
    }
}

/// Events by which payments were recorded, from the lowest id `?1` of a window: ids grow with time.
/// An index has just these events.
const SETTLED: &str = "e.id >= ?1 AND e.type = 'com.tieout.payment.payment.settled.v1'";

/// What other systems were told of them. The ledger is told the journal of the payment; the CRM is
/// told, in the same moment, how the account and its contracts stand. No row is in both parts.
fn told_of() -> String {
    let columns = "substr(e.subject, 9) AS payment, x.connection AS system, x.id AS effect, \
                   e.time AS happened, e.recorded AS recorded, x.status AS status, x.changed AS changed";
    format!(
        "SELECT {columns} FROM event e
         JOIN journal j ON j.document = substr(e.subject, 9) AND j.document <> '' AND j.event = e.id
         JOIN effect x ON x.subject = 'journal/' || j.id WHERE {SETTLED}
         UNION ALL
         SELECT {columns} FROM event e
         JOIN effect x ON x.correlation = e.correlation AND x.correlation <> ''
           AND x.created = e.recorded AND x.operation = 'salesforce.update' WHERE {SETTLED}"
    )
}

fn lowest(since: i64) -> String {
    Lowest.mint("evt", Instant::from_microseconds(since))
}

/// How long each payment recorded since an instant took from the moment that the money arrived to its
/// recording, microseconds, in no order.
///
/// # Errors
/// When the database refuses.
pub fn recorded_after(tx: &mut Tx<'_>, since: i64) -> Result<Vec<i64>, StoreFault> {
    tx.query(
        &format!("SELECT e.recorded - e.time FROM event e WHERE {SETTLED}"),
        params![&lowest(since)],
        |row| row.int(0),
    )
}

/// How the news of payments reached one system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToldTimes {
    /// From each recording to its confirmation, microseconds, in no order.
    pub confirmed: Vec<i64>,
    /// How many are neither confirmed nor skipped by somebody.
    pub waiting: usize,
}

/// How the news of every payment recorded since an instant reached each system that is told: a number
/// is kept of each that is confirmed, and nothing else.
///
/// # Errors
/// When the database refuses.
pub fn told_times(tx: &mut Tx<'_>, since: i64) -> Result<BTreeMap<String, ToldTimes>, StoreFault> {
    let mut systems: BTreeMap<String, ToldTimes> = BTreeMap::new();
    tx.query_each(
        &format!(
            "SELECT system, status, changed - recorded FROM ({}) told",
            told_of()
        ),
        params![&lowest(since)],
        |mut row| {
            let (system, status) = (row.text(0)?, row.text(1)?);
            let times = systems.entry(system).or_default();
            match status.as_str() {
                "confirmed" => times.confirmed.push(row.int(2)?),
                // What somebody decided to skip is told to nobody and waits for nothing.
                "skipped" => {}
                _ => times.waiting += 1,
            }
            Ok(())
        },
    )?;
    Ok(systems)
}

/// Where a page of what was told begins: behind this number, effect and payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldPlace {
    /// When the payment was recorded, or how long the news took, microseconds.
    pub number: i64,
    /// The effect.
    pub effect: String,
    /// The payment.
    pub payment: String,
}

/// What of payments recorded since an instant is not confirmed, the longest waiting first, from behind
/// a place.
///
/// # Errors
/// When the database refuses.
pub fn waiting(
    tx: &mut Tx<'_>,
    since: i64,
    behind: Option<&ToldPlace>,
    limit: i64,
) -> Result<Vec<Told>, StoreFault> {
    let from = behind.map(|it| (it.number, it));
    let which = "status NOT IN ('confirmed', 'skipped')";
    listed(tx, since, (which, "recorded"), from, limit)
}

/// What of payments recorded since an instant is confirmed, what took longest first, from behind a
/// place.
///
/// # Errors
/// When the database refuses.
pub fn slowest(
    tx: &mut Tx<'_>,
    since: i64,
    behind: Option<&ToldPlace>,
    limit: i64,
) -> Result<Vec<Told>, StoreFault> {
    // The longest first is the least first of what it took, taken below zero.
    let from = behind.map(|it| (-it.number, it));
    let which = "status = 'confirmed'";
    listed(tx, since, (which, "recorded - changed"), from, limit)
}

/// Those that `which` selects by `key`, effect and payment, from behind a key and a place.
fn listed(
    tx: &mut Tx<'_>,
    since: i64,
    (which, key): (&str, &str),
    behind: Option<(i64, &ToldPlace)>,
    limit: i64,
) -> Result<Vec<Told>, StoreFault> {
    let (number, effect, payment) = behind.map_or((i64::MIN, "", ""), |(number, place)| {
        (number, place.effect.as_str(), place.payment.as_str())
    });
    tx.query(
        &format!(
            "SELECT payment, system, effect, happened, recorded, status, changed FROM ({}) told
             WHERE {which} AND ({key}, effect, payment) > (?2, ?3, ?4) ORDER BY {key}, effect, payment LIMIT ?5",
            told_of()
        ),
        params![&lowest(since), number, effect, payment, limit],
        told,
    )
}

fn told(mut row: Row) -> Result<Told, StoreFault> {
    Ok(Told {
        payment: row.text(0)?,
        system: row.text(1)?,
        effect: row.text(2)?,
        happened: row.int(3)?,
        recorded: row.int(4)?,
        status: row.text(5)?,
        changed: row.int(6)?,
    })
}
