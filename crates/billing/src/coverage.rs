//! What tells one charge of some days from the same charge made twice.
//!
//! Every line says which state of its billing period it was decided on. Two lines of the same days that
//! were decided on the same state are one line made twice, by a second run or by a run that saw nothing
//! of what was billed; the store keeps one of them. A line can only ever be decided on a state that it
//! is not part of itself, so a correction of a correction never looks like the line that it follows.

use crate::line::{BilledLine, DraftLine};

/// Notes on lines of one billing period that they were decided on `known`, the charges and reductions
/// billed of it.
pub(crate) fn mark(known: &[&BilledLine], lines: &mut [DraftLine]) {
    let state = state_of(known);
    for index in 0..lines.len() {
        let (before, rest) = lines.split_at_mut(index);
        let Some(line) = rest.first_mut() else { break };
        // The same days may be taken back from several charges at once.
        let place = before
            .iter()
            .filter(|other| other.kind == line.kind && other.period == line.period)
            .count();
        line.decided_on = match place {
            0 => state.clone(),
            place => format!("{state}.{place}"),
        };
    }
}

/// A text for a set of lines, whatever their order; empty for none.
fn state_of(known: &[&BilledLine]) -> String {
    if known.is_empty() {
        return String::new();
    }
    let sum = known
        .iter()
        .map(|line| mark_of(line.id.as_str()))
        .fold(0_u64, u64::wrapping_add);
    format!("{}-{sum:016x}", known.len())
}

/// FNV-1a with a last mixing, so that sums of marks of ids that count up do not meet. It must stay as
/// it is, because what it gives is stored.
fn mark_of(id: &str) -> u64 {
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
