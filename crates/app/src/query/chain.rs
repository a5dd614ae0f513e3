//! Chains of evidence: everything that followed from one deal, in order, found by any id of it.

mod anchors;
mod hops;
mod sentence;

pub(super) use hops::rule_of;

use crate::App;
use crate::fault::AppFault;
use crate::record::read_envelope;
use crate::view::Chain;
use events::Envelope;
use store::{Tx, effects, exceptions, inbox, journals, log, search};

/// The chain that an id belongs to: an id of ours, a printed number, or what another system calls
/// it. Nothing when no chain knows it.
///
/// # Errors
/// When the store fails or a stored event cannot be read.
pub fn chain(tx: &mut Tx<'_>, id: &str) -> Result<Option<Chain>, AppFault> {
    match correlation_of(tx, id)? {
        Some(correlation) => gather(tx, id, &correlation).map(Some),
        None => Ok(None),
    }
}

impl App {
    /// As [`chain`].
    ///
    /// # Errors
    /// As [`chain`].
    pub fn chain(&self, id: &str) -> Result<Option<Chain>, AppFault> {
        let id = id.to_owned();
        self.store().read(move |tx| chain(tx, &id))
    }
}

/// The chain of the first thing that is called `id`.
fn correlation_of(tx: &mut Tx<'_>, id: &str) -> Result<Option<String>, AppFault> {
    let id = id.trim();
    if id.is_empty() {
        return Ok(None);
    }
    let mut found = search::exactly(tx, id)?;
    found.extend(search::chains_known_as(tx, id)?);
    let chains = found.into_iter().map(|found| found.correlation);
    Ok(chains
        .into_iter()
        .find(|correlation| !correlation.is_empty()))
}

/// Everything that is stored about one chain.
pub(super) struct Gathered {
    pub(super) events: Vec<Envelope>,
    pub(super) journals: Vec<(journals::JournalRow, Vec<journals::JournalLineRow>)>,
    pub(super) effects: Vec<effects::EffectRow>,
    pub(super) inbox: Vec<inbox::InboxRow>,
    pub(super) exceptions: Vec<exceptions::ExceptionRow>,
}

/// The chain that an id belongs to, with everything that is stored about it.
pub(super) fn gathered(tx: &mut Tx<'_>, id: &str) -> Result<Option<(String, Gathered)>, AppFault> {
    let Some(correlation) = correlation_of(tx, id)? else {
        return Ok(None);
    };
    let found = everything(tx, &correlation)?;
    Ok(Some((correlation, found)))
}

fn everything(tx: &mut Tx<'_>, correlation: &str) -> Result<Gathered, AppFault> {
    let mut events = Vec::new();
    for stored in log::of_chain(tx, correlation)? {
        events.push(read_envelope(stored)?);
    }
    let mut posted = Vec::new();
    for journal in journals::of_chain(tx, correlation)? {
        let lines = journals::lines_of(tx, &journal.id)?;
        posted.push((journal, lines));
    }
    Ok(Gathered {
        events,
        journals: posted,
        effects: effects::of_chain(tx, correlation)?,
        inbox: inbox::of_chain(tx, correlation)?,
        exceptions: exceptions::of_chain(tx, correlation)?,
    })
}

fn gather(tx: &mut Tx<'_>, asked: &str, correlation: &str) -> Result<Chain, AppFault> {
    let gathered = everything(tx, correlation)?;
    let (title, anchors) = anchors::of(tx, &gathered)?;
    Ok(Chain {
        asked: asked.to_owned(),
        correlation: correlation.to_owned(),
        title,
        anchors,
        hops: hops::in_order(&gathered)?,
    })
}
