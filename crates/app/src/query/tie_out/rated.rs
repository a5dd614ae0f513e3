//! What every contract should have been billed by now, rated from its timeline. Rating is by far the
//! dearest part of a tie-out, so what a contract came to is kept while nothing that it follows from has
//! changed: its version, the lines billed on it, the day, and who bills what. When something falls due
//! is taken from no one: every contract is rated anew each day.

use crate::books::Books;
use crate::fault::{AppFault, stored};
use crate::governance::gate::{self, Issuing};
use crate::journey::billing::BilledOn;
use crate::journey::document;
use crate::journey::outside_billing::GRACE_DAYS;
use crate::parallel;
use crate::usage::rate;
use billing::BilledLine;
use commerce::Contract;
use control::topology::{Mode, Topology};
use std::collections::HashMap;
use store::Tx;
use store::contracts::{self, ContractRow, Mark};
use values::{Currency, Date, EntityId, Instant};

/// Contracts rated at once.
const CONTRACTS_A_STEP: usize = 1_000;

/// What a contract came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rated {
    pub(super) entity: EntityId,
    pub(super) currency: Currency,
    pub(super) standing: Standing,
    /// The day through which it was rated, in the zone of its entity.
    through: Date,
    mark: Mark,
    /// Whether it may be kept: what was measured comes in without a mark.
    is_agreed: bool,
}

/// Expected and billed of a contract, minor units, without tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Billed here. One whose timeline cannot be rated expects what was billed: its exception says why.
    Ours {
        /// By the timeline.
        expected: i64,
        /// Billed.
        actual: i64,
    },
    /// Billed by another system.
    Elsewhere {
        /// Billed there.
        actual: i64,
        /// What should have been, where it is verified.
        verified: Option<Verified>,
    },
}

/// What another system should have billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verified {
    /// By today.
    pub(super) due: i64,
    /// Without what fell due in the last days.
    pub(super) late: i64,
}

/// What is kept of the contracts.
#[derive(Debug, Default)]
pub(super) struct Contracts {
    topology: Option<Topology>,
    known: HashMap<String, Rated>,
}

impl Contracts {
    /// Rates what is not known any more, and gives every contract to `each`.
    ///
    /// # Errors
    /// When the store fails, what is stored cannot be read, or `each` does.
    pub(super) fn follow(
        &mut self,
        tx: &mut Tx<'_>,
        (books, now): (&Books, Instant),
        mut each: impl FnMut(&str, &Rated) -> Result<(), AppFault>,
    ) -> Result<(), AppFault> {
        let topology = &books.governance.topology;
        if self.topology.as_ref() != Some(topology) {
            self.known.clear();
            self.topology = Some(topology.clone());
        }
        let marks = contracts::marks(tx)?;
        // What is gone, as after a restore, is kept no longer.
        let mut before = std::mem::take(&mut self.known);
        self.known.reserve(marks.len());
        let mut stale: HashMap<String, Mark> = HashMap::new();
        for (id, mark) in marks {
            match before.remove(&id) {
                Some(rated) if rated.mark == mark && rated.holds(books, now)? => {
                    self.known.insert(id, rated);
                }
                _ => {
                    stale.insert(id, mark);
                }
            }
        }
        drop(before);
        let mut ids: Vec<&str> = stale.keys().map(String::as_str).collect();
        ids.sort_unstable();
        for step in ids.chunks(CONTRACTS_A_STEP) {
            rate_step(tx, (books, now), (step, &stale), &mut self.known)?;
        }
        for (id, rated) in &self.known {
            each(id, rated)?;
        }
        self.known.retain(|_, rated| rated.is_agreed);
        Ok(())
    }
}

impl Rated {
    fn holds(&self, books: &Books, now: Instant) -> Result<bool, AppFault> {
        Ok(self.through == books.entity(&self.entity)?.zone.date_at(now))
    }
}

/// What is read of a contract to rate it.
struct Read {
    row: ContractRow,
    mark: Mark,
    /// The lines billed on it, as they are stored.
    billed: Vec<String>,
}

/// A contract whose use is still to be rated from its events.
struct Used {
    contract: Contract,
    billed: Vec<BilledLine>,
}

fn rate_step(
    tx: &mut Tx<'_>,
    (books, now): (&Books, Instant),
    (ids, marks): (&[&str], &HashMap<String, Mark>),
    known: &mut HashMap<String, Rated>,
) -> Result<(), AppFault> {
    let mut billed = BilledOn::read(tx, ids)?;
    let rows = contracts::by_ids(tx, ids)?.into_iter();
    let read: Vec<Read> = rows
        .filter_map(|row| {
            let mark = marks.get(&row.id)?.clone();
            let billed = billed.bodies(&row.id);
            Some(Read { row, mark, billed })
        })
        .collect();
    let agreed = parallel::map(&read, |read| read.agreed((books, now)));
    for (read, agreed) in read.into_iter().zip(agreed) {
        let (mut rated, used) = agreed?;
        if let (Some(used), Standing::Ours { expected, actual }) = (used, &mut rated.standing) {
            let (contract, billed) = (&used.contract, &used.billed[..]);
            let measured = measured(tx, (books, now), contract, billed, rated.through)?;
            *expected = measured.map_or(*actual, |measured| expected.saturating_add(measured));
        }
        known.insert(read.row.id, rated);
    }
    Ok(())
}

impl Read {
    /// What was agreed comes to, and what it takes to rate what was used.
    fn agreed(&self, (books, now): (&Books, Instant)) -> Result<(Rated, Option<Used>), AppFault> {
        let contract: Contract = stored("contract", &self.row.body)?;
        let billed = document::issued_lines(&self.billed)?;
        let today = books.entity(&contract.entity)?.zone.date_at(now);
        let actual = sum(billed.iter().map(|line| line.line.net.minor))?;
        let is_measured = rate::is_measured(&contract);
        let mut is_used = false;
        let standing = match gate::issuing_by(&books.governance.topology, &contract) {
            Issuing::Elsewhere { mode, .. } => Standing::Elsewhere {
                actual,
                verified: match mode == Mode::Verify {
                    true => Some(verified(&contract, &billed, (today, actual))?),
                    false => None,
                },
            },
            Issuing::Ours | Issuing::Split => {
                // A timeline that cannot be rated has its own exception, which says why.
                let agreed = expected(&contract, &billed, today)?;
                is_used = is_measured && agreed.is_some();
                let expected = agreed.unwrap_or(actual);
                Standing::Ours { expected, actual }
            }
        };
        let rated = Rated {
            is_agreed: !is_measured,
            entity: contract.entity.clone(),
            currency: contract.currency,
            standing,
            through: today,
            mark: self.mark.clone(),
        };
        Ok((rated, is_used.then_some(Used { contract, billed })))
    }
}

fn verified(
    contract: &Contract,
    billed: &[BilledLine],
    (today, actual): (Date, i64),
) -> Result<Verified, AppFault> {
    let settled = today.saturating_sub(jiff::Span::new().days(GRACE_DAYS));
    Ok(Verified {
        due: expected(contract, billed, today)?.unwrap_or(actual),
        late: expected(contract, billed, settled)?.unwrap_or(actual),
    })
}

/// What the timeline comes to, without tax: every billing period that is due, or of which anything
/// was billed, whole; less what was conceded. Nothing when the timeline cannot be rated.
fn expected(
    contract: &Contract,
    billed: &[BilledLine],
    today: Date,
) -> Result<Option<i64>, AppFault> {
    let Ok(positions) = billing::positions(contract, billed, today) else {
        return Ok(None);
    };
    sum(positions.iter().map(|position| position.expected.minor)).map(Some)
}

/// What the measured components come to, without tax: what was billed for them, and what the events
/// of periods that have ended say beyond it. Nothing when they cannot be rated.
fn measured(
    tx: &mut Tx<'_>,
    at: (&Books, Instant),
    contract: &Contract,
    billed: &[BilledLine],
    today: Date,
) -> Result<Option<i64>, AppFault> {
    let is_measured = |line: &&BilledLine| {
        contract
            .components
            .iter()
            .any(|it| it.measure.is_some() && it.id == line.line.component)
    };
    let billed_net = sum(billed
        .iter()
        .filter(is_measured)
        .map(|line| line.line.net.minor))?;
    // Only what is missing is asked for here; what the other components owe is expected above.
    let Ok(agreed) = billing::owed(contract, billed, today) else {
        return Ok(None);
    };
    let Ok(rated) = rate::rate(tx, at, contract, billed, &agreed, today)? else {
        return Ok(None);
    };
    let missing = sum(rated.lines.iter().map(|line| line.net.minor))?;
    Ok(Some(billed_net.saturating_add(missing)))
}

fn sum(parts: impl Iterator<Item = i64>) -> Result<i64, AppFault> {
    let wide: i128 = parts.map(i128::from).sum();
    i64::try_from(wide).map_err(|_| values::MoneyRefused::TooLarge.into())
}
