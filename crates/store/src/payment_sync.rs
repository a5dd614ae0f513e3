//! How payments reach the other systems: from the event that recorded one to the confirmation of what
//! was told about it.

use crate::{StoreFault, Tx, params};
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

/// What other systems were told of payments recorded since an instant, the latest payment first. The
/// ledger is told the journal of the payment; the CRM is told, in the same moment, how the account
/// and its contracts stand.
///
/// # Errors
/// When the database refuses.
pub fn told_since(tx: &mut Tx<'_>, since: i64, limit: i64) -> Result<Vec<Told>, StoreFault> {
    // Ids grow with time, so the unique index finds the events of a window.
    let lowest = Lowest.mint("evt", Instant::from_microseconds(since));
    tx.query(
        "SELECT DISTINCT substr(e.subject, 9), x.connection, x.id, e.time, e.recorded, x.status, x.changed
         FROM event e JOIN journal j ON j.document = substr(e.subject, 9) AND j.document <> '' AND j.event = e.id
         JOIN effect x ON x.subject = 'journal/' || j.id
         WHERE e.id >= ?1 AND e.type = 'com.tieout.payment.payment.settled.v1'
         UNION
         SELECT DISTINCT substr(e.subject, 9), x.connection, x.id, e.time, e.recorded, x.status, x.changed
         FROM event e JOIN effect x ON x.correlation = e.correlation AND x.correlation <> ''
           AND x.created = e.recorded AND x.operation = 'salesforce.update'
         WHERE e.id >= ?1 AND e.type = 'com.tieout.payment.payment.settled.v1'
         ORDER BY 5 DESC, 3 DESC LIMIT ?2",
        params![&lowest, limit],
        |mut row| {
            Ok(Told {
                payment: row.text(0)?,
                system: row.text(1)?,
                effect: row.text(2)?,
                happened: row.int(3)?,
                recorded: row.int(4)?,
                status: row.text(5)?,
                changed: row.int(6)?,
            })
        },
    )
}

/// Payments recorded since an instant: (payment, when the money arrived, when it was recorded).
///
/// # Errors
/// When the database refuses.
pub fn settled_since(
    tx: &mut Tx<'_>,
    since: i64,
    limit: i64,
) -> Result<Vec<(String, i64, i64)>, StoreFault> {
    let lowest = Lowest.mint("evt", Instant::from_microseconds(since));
    tx.query(
        "SELECT substr(subject, 9), time, recorded FROM event
         WHERE id >= ?1 AND type = 'com.tieout.payment.payment.settled.v1' ORDER BY id DESC LIMIT ?2",
        params![&lowest, limit],
        |mut row| Ok((row.text(0)?, row.int(1)?, row.int(2)?)),
    )
}
