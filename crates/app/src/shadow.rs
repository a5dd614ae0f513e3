//! Shadow runs: the real journey in a part of a transaction that is undone at the end, and a report
//! of everything that it would have recorded. Previews, evidence for approvals, dry runs of replays
//! and impact runs of configuration all use it, so what they show is what then happens.
//!
//! What a run recorded is found through the ids that it minted: [`watch`] lends the journey a source
//! of ids that remembers them, and reads back what exists under them before it is undone.

mod impact;

pub use impact::{
    AccountChange, Impact, ImpactDocument, ImpactEffect, ImpactEvent, ImpactException,
    ImpactJournal, ImpactJournalLine, ImpactLine, ImpactSchedule,
};

use crate::command::{Answer, Envelope};
use crate::{App, AppFault, Context, journey};
use std::sync::{Arc, Mutex, PoisonError};
use store::Tx;
use values::{IdSource, Instant};

/// A source of ids that remembers what it minted.
struct Watched {
    ids: Arc<dyn IdSource>,
    minted: Mutex<Vec<String>>,
}

impl IdSource for Watched {
    fn random_bits(&self) -> u128 {
        self.ids.random_bits()
    }

    fn mint(&self, prefix: &str, at: Instant) -> String {
        let id = self.ids.mint(prefix, at);
        self.minted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(id.clone());
        id
    }
}

/// Runs `work` for real and says what it recorded.
///
/// # Errors
/// What `work` returns, or the fault of the store.
pub fn watch<T>(
    tx: &mut Tx<'_>,
    context: &Context,
    work: impl FnOnce(&mut Tx<'_>, &Context) -> Result<T, AppFault>,
) -> Result<(T, Impact), AppFault> {
    let (value, minted) = remember(tx, context, work)?;
    let impact = impact::of(tx, &context.books, &minted)?;
    Ok((value, impact))
}

/// Runs `work` for real and says on which chain it recorded its first event, if it recorded any.
///
/// # Errors
/// What `work` returns, or the fault of the store.
pub(crate) fn watch_chain<T>(
    tx: &mut Tx<'_>,
    context: &Context,
    work: impl FnOnce(&mut Tx<'_>, &Context) -> Result<T, AppFault>,
) -> Result<(T, Option<String>), AppFault> {
    let (value, minted) = remember(tx, context, work)?;
    for id in minted {
        if id.starts_with("evt_")
            && let Some(event) = store::log::by_id(tx, &id)?
        {
            return Ok((value, Some(event.correlation)));
        }
    }
    Ok((value, None))
}

/// Runs `work` and says which ids it minted, in order.
fn remember<T>(
    tx: &mut Tx<'_>,
    context: &Context,
    work: impl FnOnce(&mut Tx<'_>, &Context) -> Result<T, AppFault>,
) -> Result<(T, Vec<String>), AppFault> {
    let watched = Arc::new(Watched {
        ids: context.ids.clone(),
        minted: Mutex::new(Vec::new()),
    });
    let lent = Context {
        ids: watched.clone(),
        ..context.clone()
    };
    let value = work(tx, &lent)?;
    let minted = std::mem::take(
        &mut *watched
            .minted
            .lock()
            .unwrap_or_else(PoisonError::into_inner),
    );
    Ok((value, minted))
}

/// Runs `work` and undoes it: what it answered and what it would have recorded.
///
/// # Errors
/// What `work` returns, or the fault of the store.
pub fn shadow<T>(
    tx: &mut Tx<'_>,
    context: &Context,
    work: impl FnOnce(&mut Tx<'_>, &Context) -> Result<T, AppFault>,
) -> Result<(T, Impact), AppFault> {
    tx.undone(|tx| watch(tx, context, work))
}

impl App {
    /// What a command would record, without recording it. The key of the envelope is not used up.
    ///
    /// # Errors
    /// The refusal that the command would meet, or a fault.
    pub fn shadow(&self, envelope: Envelope) -> Result<Impact, AppFault> {
        self.shadow_answer(envelope).map(|(_, impact)| impact)
    }

    /// As [`App::shadow`], with what the command would answer.
    ///
    /// # Errors
    /// The refusal that the command would meet, or a fault.
    pub fn shadow_answer(&self, envelope: Envelope) -> Result<(Answer, Impact), AppFault> {
        let actor = envelope.actor.clone();
        self.shadow_run(&actor, move |tx, context| {
            journey::perform(tx, context, &envelope.key, &envelope.command)
        })
    }

    /// Runs a journey in a transaction that is undone: what it answered and what it would have
    /// recorded.
    ///
    /// # Errors
    /// What `work` returns, or the fault of the store.
    pub fn shadow_run<T: Send + 'static>(
        &self,
        actor: &str,
        work: impl FnOnce(&mut Tx<'_>, &Context) -> Result<T, AppFault> + Send + 'static,
    ) -> Result<(T, Impact), AppFault> {
        self.run(actor, move |tx, context| shadow(tx, context, work))
    }

    /// Runs a journey for real and says what it recorded.
    ///
    /// # Errors
    /// What `work` returns, or the fault of the store.
    pub fn watched_run<T: Send + 'static>(
        &self,
        actor: &str,
        work: impl FnOnce(&mut Tx<'_>, &Context) -> Result<T, AppFault> + Send + 'static,
    ) -> Result<(T, Impact), AppFault> {
        self.run(actor, move |tx, context| watch(tx, context, work))
    }
}
