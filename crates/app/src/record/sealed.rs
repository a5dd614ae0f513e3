//! Recording for many journeys at once: what each would have written, sealed and posted in memory
//! from what was read before, and then written a table at a time in one transaction. What was read
//! is compared when it is written, so that a page that was decided on an old view is decided anew.

use super::journal_rows::Rows;
use super::{Context, Recorder, effect_row, entered_id};
use crate::fault::AppFault;
use events::Envelope;
use ledger::JournalDraft;
use std::collections::{BTreeMap, HashMap};
use store::effects::{self, EffectRow};
use store::journals;
use store::log::{self, HeadMove, PartitionEnd, StoredEvent};
use store::{Tx, bill_pages};
use values::Month;

/// What events are sealed over and posted into, as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ground {
    /// The ends of partitions; one that is not here has no event.
    pub(crate) ends: HashMap<String, PartitionEnd>,
    /// The last closed month by legal entity.
    pub(crate) closed: BTreeMap<String, String>,
}

impl Ground {
    /// Reads the ends of these partitions and the closed months.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn read(tx: &mut Tx<'_>, partitions: &[&str]) -> Result<Ground, AppFault> {
        let mut ground = Ground {
            closed: bill_pages::closed_through(tx)?.into_iter().collect(),
            ..Ground::default()
        };
        for (partition, sequence, hash) in bill_pages::heads(tx, partitions)? {
            let hash = hash.try_into().map_err(|_| AppFault::Unreadable {
                what: "head of a partition",
                error: format!("the hash of {partition} has another length"),
            })?;
            ground
                .ends
                .insert(partition, PartitionEnd { sequence, hash });
        }
        Ok(ground)
    }

    fn is_closed(&self, entity: &str, month: &str) -> bool {
        self.closed
            .get(entity)
            .is_some_and(|last| last.as_str() >= month)
    }
}

/// What was sealed, ready to be written.
#[derive(Default)]
pub(crate) struct Sealed {
    events: Vec<StoredEvent>,
    heads: Vec<HeadMove>,
    /// Where the move of a partition stands in `heads`.
    at: HashMap<String, usize>,
    rows: Rows,
    effects: Vec<EffectRow>,
    closed: BTreeMap<String, String>,
}

/// What a recorder held that cannot be recorded from what was read: it goes on by itself.
pub(crate) enum Unsealed {
    /// The posting of an event is refused and has to be parked.
    Parks,
    /// It failed.
    Fault(AppFault),
}

impl Sealed {
    /// Nothing yet, on this ground.
    pub(crate) fn on(ground: &Ground) -> Sealed {
        Sealed {
            closed: ground.closed.clone(),
            ..Sealed::default()
        }
    }

    /// Seals and posts what a recorder holds, and answers its events. Nothing is kept of it when that
    /// is not possible.
    pub(crate) fn take(
        &mut self,
        ground: &mut Ground,
        mut recorder: Recorder<'_>,
    ) -> Result<Vec<Envelope>, Unsealed> {
        let context = recorder.context;
        let mut drafts = Vec::with_capacity(recorder.events.len());
        for envelope in &recorder.events {
            drafts.push(draft(context, ground, envelope)?);
        }
        for envelope in &mut recorder.events {
            self.seal(ground, envelope)
                .map_err(|fault| Unsealed::Fault(fault.into()))?;
        }
        for (index, draft) in std::mem::take(&mut recorder.journals) {
            let envelope = &recorder.events[index];
            self.rows
                .keep(context, envelope, &draft, entered_id(&envelope.event));
        }
        for (envelope, draft) in recorder.events.iter().zip(drafts) {
            if let Some(draft) = draft {
                self.rows.keep(context, envelope, &draft, None);
            }
        }
        let deliveries = std::mem::take(&mut self.rows.deliveries);
        for intent in recorder.intents.drain(..).chain(deliveries) {
            let row = effect_row(context, &recorder.correlation, intent);
            self.effects.push(row.map_err(Unsealed::Fault)?);
        }
        Ok(recorder.events)
    }

    fn seal(
        &mut self,
        ground: &mut Ground,
        envelope: &mut Envelope,
    ) -> Result<(), store::StoreFault> {
        let end = match ground.ends.get_mut(&envelope.partition) {
            Some(end) => end,
            None => ground.ends.entry(envelope.partition.clone()).or_default(),
        };
        let before = end.sequence;
        let stored = log::seal(envelope, end)?;
        match self.at.get(&envelope.partition) {
            Some(at) => {
                if let Some(head) = self.heads.get_mut(*at) {
                    head.end = *end;
                    head.recorded = stored.recorded;
                }
            }
            None => {
                self.at.insert(envelope.partition.clone(), self.heads.len());
                self.heads.push(HeadMove {
                    partition: envelope.partition.clone(),
                    before,
                    end: *end,
                    recorded: stored.recorded,
                });
            }
        }
        self.events.push(stored);
        Ok(())
    }

    /// Writes everything. False when something is not as it was read; the transaction must then be
    /// undone.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn write(&self, tx: &mut Tx<'_>) -> Result<bool, AppFault> {
        let closed: BTreeMap<String, String> =
            bill_pages::closed_through(tx)?.into_iter().collect();
        if closed != self.closed {
            return Ok(false);
        }
        if !log::append_sealed(tx, &self.heads, &self.events)? {
            return Ok(false);
        }
        journals::post(tx, &self.rows.journals, &self.rows.lines)?;
        if !self.effects.is_empty() {
            effects::intend(tx, &self.effects)?;
        }
        Ok(true)
    }
}

/// The journal that the rules make of an event, unless it has to be parked.
fn draft(
    context: &Context,
    ground: &Ground,
    envelope: &Envelope,
) -> Result<Option<JournalDraft>, Unsealed> {
    let draft = match super::draft(context, envelope) {
        Ok(draft) => draft,
        Err(AppFault::Refused(_)) => return Err(Unsealed::Parks),
        Err(fault) => return Err(Unsealed::Fault(fault)),
    };
    let Some(draft) = draft else { return Ok(None) };
    let month = Month::of(draft.date).to_string();
    if ground.is_closed(draft.entity.as_str(), &month) {
        return Err(Unsealed::Parks);
    }
    Ok(Some(draft))
}
