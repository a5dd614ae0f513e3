//! Reading the log for others: batches of events in the order of their partition, each exactly once.
//!
//! A reader takes batches, does its work and concludes each. Work that is in the books is done in the
//! transaction that concludes, and undone with it when another worker was first; work elsewhere is
//! done before it, under the id of the event, and may happen twice after a crash.

use crate::fault::AppFault;
use crate::journey::exception::{self, NewException};
use crate::record::{Context, read_envelope};
use events::Envelope;
use store::{StoreFault, Tx, readers as rows};

/// Where a reader begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With the first event ever recorded.
    Beginning,
    /// With the next event.
    Now,
}

/// Events of one partition that follow each other without a gap.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The partition.
    pub partition: String,
    /// The last sequence that was read before it.
    pub from: i64,
    /// The last sequence in it.
    pub to: i64,
    /// The events, in order.
    pub events: Vec<Envelope>,
}

/// What can be read now.
#[derive(Debug, Default)]
pub struct Taken {
    /// One batch for each partition with something to read.
    pub batches: Vec<Batch>,
    /// Partitions in which an event is missing or cannot be read. They stand still; the others do not.
    pub stuck: Vec<(String, AppFault)>,
}

/// Makes a reader active. One that was known before goes on where it was, unless that was long ago:
/// what it had not read is found by the next sweep.
///
/// # Errors
/// When the store fails.
pub fn activate(tx: &mut Tx<'_>, reader: &str, start: Start) -> Result<(), AppFault> {
    let known = rows::is_active(tx, reader)?;
    rows::set_active(tx, reader, true)?;
    if known.is_none() && start == Start::Now {
        rows::start_at_the_end(tx, reader)?;
    }
    Ok(())
}

/// Puts a reader to rest: appends no longer mark anything for it.
///
/// # Errors
/// When the store fails.
pub fn rest(tx: &mut Tx<'_>, reader: &str) -> Result<(), AppFault> {
    Ok(rows::set_active(tx, reader, false)?)
}

/// Up to `partitions` batches of up to `events` events each.
///
/// # Errors
/// When the store fails.
pub fn take(
    tx: &mut Tx<'_>,
    reader: &str,
    partitions: i64,
    events: i64,
) -> Result<Taken, AppFault> {
    let mut taken = Taken::default();
    for unread in rows::unread(tx, reader, partitions)? {
        match batch(tx, &unread, events) {
            Ok(batch) => taken.batches.push(batch),
            Err(
                fault @ (AppFault::Store(StoreFault::Gap { .. }) | AppFault::Unreadable { .. }),
            ) => {
                taken.stuck.push((unread.partition, fault));
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(taken)
}

fn batch(tx: &mut Tx<'_>, unread: &rows::Unread, limit: i64) -> Result<Batch, AppFault> {
    let stored = rows::following(tx, &unread.partition, unread.position, limit)?;
    let events = stored
        .into_iter()
        .map(read_envelope)
        .collect::<Result<Vec<_>, AppFault>>()?;
    Ok(Batch {
        partition: unread.partition.clone(),
        from: unread.position,
        to: events.last().map_or(unread.position, |last| last.sequence),
        events,
    })
}

/// Concludes a batch. Whether it was this reader's to conclude: when not, what was done for it in
/// this transaction must be undone.
///
/// # Errors
/// When the store fails.
pub fn conclude(tx: &mut Tx<'_>, reader: &str, batch: &Batch) -> Result<bool, AppFault> {
    Ok(rows::conclude(
        tx,
        reader,
        &batch.partition,
        batch.from,
        batch.to,
    )?)
}

/// Finds what lies beyond the reader's positions and has no mark. How many partitions there were.
///
/// # Errors
/// When the store fails.
pub fn sweep(tx: &mut Tx<'_>, reader: &str, context: &Context) -> Result<u64, AppFault> {
    if rows::is_active(tx, reader)? != Some(true) {
        return Ok(0);
    }
    Ok(rows::sweep(tx, reader, context.now.microseconds())?)
}

/// Opens an exception about a partition that cannot be read further.
///
/// # Errors
/// When the store fails.
pub fn tell_stuck(
    tx: &mut Tx<'_>,
    context: &Context,
    reader: &str,
    partition: &str,
    fault: &AppFault,
) -> Result<(), AppFault> {
    let new = NewException {
        key: format!("log/{reader}/{partition}"),
        class: "sequence_gap",
        summary: format!("The reader {reader} stands still in {partition}"),
        detail: fault.to_string(),
        document: partition.to_owned(),
        ..NewException::default()
    };
    exception::open(tx, context, new)?;
    Ok(())
}
