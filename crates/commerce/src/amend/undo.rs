//! Taking an amendment back: the version before it is restored, from the day on which the amendment
//! counted, as a new version that names the one it undoes. Nothing is erased: the next bill run and
//! the revenue schedules settle the difference, as after every change.
//!
//! Only what the amendment itself changed is restored, so what later amendments did elsewhere on the
//! contract stays. What a later amendment changed too cannot be restored without losing that one: it
//! has to be undone first.

use super::ContractDelta;
use crate::contract::{
    Component, Contract, ContractRefusal, ContractStatus, VersionKind, VersionNote,
};
use crate::rating::total_value;
use crate::tax_profile::InclusivePrice;
use values::{ComponentId, Date, Instant};

/// The next version of a contract, without what the amendment of `version` did, and what that takes
/// off the value. `history` holds every version, oldest first, up to the one in force.
///
/// # Errors
/// When there is no such amendment, when it is undone already, when what it changed was changed again
/// since, or when the contract has ended. The history given is never changed.
pub fn undo(
    history: &[Contract],
    version: u32,
    reason: &str,
    recorded: Instant,
) -> Result<(Contract, ContractDelta), ContractRefusal> {
    let (current, note) = amendment(history, version)?;
    let before = history.iter().find(|kept| kept.version() + 1 == version);
    let after = history.iter().find(|kept| kept.version() == version);
    let (Some(before), Some(after)) = (before, after) else {
        return Err(unknown(current, version));
    };
    let story = Story {
        before,
        after,
        current,
        later: history
            .iter()
            .filter(|kept| kept.version() > version)
            .collect(),
    };
    let mut next = current.clone();
    story.restore_components(&mut next)?;
    story.restore_tax_in_prices(&mut next)?;
    story.restore_discounts(&mut next)?;
    story.restore_terms(&mut next)?;
    next.status = story.status()?;
    let effective = note.effective;
    next.note(recorded, effective, VersionKind::Undone, reason);
    if let Some(last) = next.versions.last_mut() {
        last.undoes = Some(version);
    }
    let value_before = total_value(current)?;
    let value_after = total_value(&next)?;
    let value_delta = value_after
        .minus(value_before)
        .map_err(crate::RatingRefusal::from)?;
    let delta = ContractDelta {
        contract: next.id.clone(),
        version: next.version(),
        kind: VersionKind::Undone,
        effective,
        value_before,
        value_after,
        value_delta,
    };
    Ok((next, delta))
}

/// From which day the amendment of `version` counts, if it is one.
#[must_use]
pub fn counts_from(contract: &Contract, version: u32) -> Option<Date> {
    noted(&contract.versions, version).map(|note| note.effective)
}

/// The version in force, and the note of an amendment that can be taken back at all.
fn amendment(
    history: &[Contract],
    version: u32,
) -> Result<(&Contract, &VersionNote), ContractRefusal> {
    let Some(current) = history.last() else {
        return Err(ContractRefusal::NoHistory { version });
    };
    let note = noted(&current.versions, version).ok_or_else(|| unknown(current, version))?;
    if matches!(note.kind, VersionKind::Signed | VersionKind::Expired) {
        return Err(ContractRefusal::NotAnAmendment {
            contract: current.id.clone(),
            version,
        });
    }
    match undone_by(&current.versions, version) {
        Some(by) => Err(ContractRefusal::AlreadyUndone {
            contract: current.id.clone(),
            version,
            by,
        }),
        None => Ok((current, note)),
    }
}

fn noted(notes: &[VersionNote], version: u32) -> Option<&VersionNote> {
    notes.iter().find(|note| note.version == version)
}

fn unknown(contract: &Contract, version: u32) -> ContractRefusal {
    ContractRefusal::UnknownVersion {
        contract: contract.id.clone(),
        version,
        newest: contract.version(),
    }
}

/// The version that undid this one and stands; undoing an undo brings the first one back.
fn undone_by(notes: &[VersionNote], version: u32) -> Option<u32> {
    notes
        .iter()
        .filter(|note| note.undoes == Some(version) && note.version > version)
        .map(|note| note.version)
        .find(|by| undone_by(notes, *by).is_none())
}

/// What an amendment found, what it left, and what has come of it since.
struct Story<'a> {
    before: &'a Contract,
    after: &'a Contract,
    current: &'a Contract,
    later: Vec<&'a Contract>,
}

impl Story<'_> {
    /// Whether the amendment changed a part of the contract; refused when that was changed again.
    fn changed<T: PartialEq>(
        &self,
        what: &str,
        part: impl Fn(&Contract) -> T,
    ) -> Result<bool, ContractRefusal> {
        let left = part(self.after);
        if part(self.before) == left {
            return Ok(false);
        }
        if part(self.current) == left {
            return Ok(true);
        }
        Err(ContractRefusal::ChangedSince {
            contract: self.current.id.clone(),
            version: self.after.version(),
            what: what.to_owned(),
            later: self.to_undo_first(&left, part),
        })
    }

    /// The newest later version that changed this part and stands.
    fn to_undo_first<T: PartialEq>(&self, left: &T, part: impl Fn(&Contract) -> T) -> u32 {
        let notes = &self.current.versions;
        let mut was = None;
        let mut changing = Vec::new();
        for kept in &self.later {
            let is = part(kept);
            if is != *was.as_ref().unwrap_or(left) {
                changing.push(kept.version());
            }
            was = Some(is);
        }
        let stands = |version: &&u32| {
            undone_by(notes, **version).is_none()
                && noted(notes, **version).is_none_or(|note| note.kind != VersionKind::Undone)
        };
        let standing = changing.iter().rev().find(stands);
        standing.or(changing.last()).copied().unwrap_or_default()
    }

    fn restore_components(&self, next: &mut Contract) -> Result<(), ContractRefusal> {
        for left in &self.after.components {
            let id = &left.id;
            if !self.changed(&format!("component {id}"), |kept| found(kept, id).cloned())? {
                continue;
            }
            let Some(target) = next.components.iter_mut().find(|held| held.id == *id) else {
                continue;
            };
            match found(self.before, id) {
                Some(earlier) => target.clone_from(earlier),
                // It came with the amendment. Lines that were billed name it, so it stays, without a
                // day of service.
                None => target.until = target.from,
            }
        }
        Ok(())
    }

    /// Which tax is in the prices of each component.
    fn restore_tax_in_prices(&self, next: &mut Contract) -> Result<(), ContractRefusal> {
        for left in &self.after.components {
            let id = &left.id;
            let of = |kept: &Contract| -> Vec<InclusivePrice> {
                let all = kept.inclusive_prices.iter();
                all.filter(|it| it.component == *id).cloned().collect()
            };
            if self.changed(&format!("the tax in the price of component {id}"), of)? {
                next.inclusive_prices.retain(|it| it.component != *id);
                next.inclusive_prices.extend(of(self.before));
            }
        }
        Ok(())
    }

    fn restore_discounts(&self, next: &mut Contract) -> Result<(), ContractRefusal> {
        let (before, after) = (&self.before.discounts, &self.after.discounts);
        let codes: Vec<&String> = before
            .iter()
            .chain(
                after
                    .iter()
                    .filter(|one| !before.iter().any(|b| b.code == one.code)),
            )
            .map(|discount| &discount.code)
            .collect();
        for code in codes {
            let held = |kept: &Contract| {
                let mut all = kept.discounts.iter();
                all.find(|discount| discount.code == *code).cloned()
            };
            if !self.changed(&format!("discount {code:?}"), held)? {
                continue;
            }
            next.discounts.retain(|discount| discount.code != *code);
            if let Some(at) = before.iter().position(|discount| discount.code == *code) {
                let place = at.min(next.discounts.len());
                next.discounts.extend(before.get(at).cloned());
                if let Some(moved) = next.discounts.get_mut(place..) {
                    moved.rotate_right(1);
                }
            }
        }
        Ok(())
    }

    /// The term, how it is renewed, and the cancellation.
    fn restore_terms(&self, next: &mut Contract) -> Result<(), ContractRefusal> {
        if self.changed("the term", |kept| (kept.term, kept.renewed_on.clone()))? {
            next.term = self.before.term;
            next.renewed_on.clone_from(&self.before.renewed_on);
        }
        if self.changed("what happens when the term runs out", |kept| {
            kept.renewal.clone()
        })? {
            next.renewal.clone_from(&self.before.renewal);
        }
        let ended = |kept: &Contract| (kept.cancelled_from, kept.ended_by_cancellation.clone());
        if self.changed("the cancellation", ended)? {
            next.cancelled_from = self.before.cancelled_from;
            next.ended_by_cancellation
                .clone_from(&self.before.ended_by_cancellation);
        }
        Ok(())
    }

    /// Where the contract stands afterwards.
    fn status(&self) -> Result<ContractStatus, ContractRefusal> {
        let was_cancelled = self.before.status == ContractStatus::Cancelled;
        match (was_cancelled, self.after.status) {
            (false, ContractStatus::Cancelled) => self.current.reinstated(),
            (true, status) if status != ContractStatus::Cancelled => {
                self.current.status.to(ContractStatus::Cancelled)
            }
            _ => self.current.status.to(ContractStatus::Amended),
        }
    }
}

fn found<'c>(contract: &'c Contract, id: &ComponentId) -> Option<&'c Component> {
    contract
        .components
        .iter()
        .find(|component| component.id == *id)
}
