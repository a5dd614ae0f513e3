//! What a document of another system gives back, laid over what was billed: never more than is left.

use super::{Giving, OutsideLine, OutsideRefusal, spread};
use crate::credit::{given_up, giving_back, left_of};
use crate::line::{BilledLine, DraftLine, LineKind};
use crate::owed::owed;
use commerce::Contract;
use values::{Date, Money, MoneyRefused};

/// First what the timeline no longer expects, unless all of it is given up; the rest as a correction
/// of an amount or as a concession.
pub(super) fn lines(
    contract: &Contract,
    billed: &[BilledLine],
    line: &OutsideLine,
) -> Result<Vec<DraftLine>, OutsideRefusal> {
    let mut drafts = Vec::new();
    if line.giving != Giving::Goodwill {
        let expected = owed(contract, billed, Date::MIN)?;
        drafts.extend(expected.into_iter().filter(|draft| {
            draft.kind == LineKind::Reduction
                && draft.component == line.component
                && draft.period.meet(&line.period).is_some()
        }));
    }
    let mut rest = line.net;
    for draft in &mut drafts {
        // The timeline asks for exactly this; what the other system gave differently stands below.
        draft.by_rule = draft.net;
        rest = rest.minus(draft.net)?;
    }
    if rest.is_zero() {
        return Ok(drafts);
    }
    let sources = sources(billed, line);
    let Some(newest) = sources.last() else {
        return Err(OutsideRefusal::NothingToCredit {
            component: line.component.clone(),
            period: line.period,
        });
    };
    if rest.minor > 0 || line.on.is_empty() {
        let by_rule = match line.giving {
            Giving::Goodwill => rest,
            Giving::Owed | Giving::OwedThenGoodwill => Money::zero(rest.currency),
        };
        drafts.push(correction(newest, rest, by_rule));
        return Ok(drafts);
    }
    let beyond = beyond(billed, &drafts, line, (&sources, rest))?;
    drafts.extend(beyond);
    Ok(drafts)
}

/// The charges that a line can correct, oldest first: those of just its days, else all that touch them.
fn sources<'b>(billed: &'b [BilledLine], line: &OutsideLine) -> Vec<&'b BilledLine> {
    let touching = billed.iter().filter(|known| {
        known.line.kind == LineKind::Charge
            && known.line.component == line.component
            && (line.on.is_empty() || line.on.contains(&known.id))
            && known.line.period.meet(&line.period).is_some()
    });
    let touching: Vec<&BilledLine> = touching.collect();
    let same_days = |known: &&&BilledLine| known.line.period == line.period;
    let exact: Vec<&BilledLine> = touching.iter().filter(same_days).copied().collect();
    if exact.is_empty() { touching } else { exact }
}

/// What is given back beyond the timeline, over the lines of the invoice in proportion to what is
/// left of each.
fn beyond(
    billed: &[BilledLine],
    drafts: &[DraftLine],
    line: &OutsideLine,
    (sources, rest): (&[&BilledLine], Money),
) -> Result<Vec<DraftLine>, OutsideRefusal> {
    let asked = rest.negated()?;
    let mut parts = Vec::with_capacity(sources.len());
    let mut remaining = Money::zero(rest.currency);
    for source in sources {
        let open = left(source, billed, drafts)?;
        remaining = remaining.plus(open)?;
        parts.push(open.minor.unsigned_abs());
    }
    if asked.minor > remaining.minor {
        return Err(OutsideRefusal::ExceedsInvoice {
            component: line.component.clone(),
            asked,
            remaining,
        });
    }
    let mut found = Vec::with_capacity(sources.len());
    for (source, part) in sources.iter().zip(spread(rest, &parts)?) {
        if part.is_zero() {
            continue;
        }
        let by_rule = match line.giving {
            Giving::Owed => Money::zero(part.currency),
            Giving::OwedThenGoodwill | Giving::Goodwill => given_up(source, billed, part)?,
        };
        found.push(correction(source, part, by_rule));
    }
    Ok(found)
}

/// What is left of a line after all that corrects it.
fn left(
    source: &BilledLine,
    billed: &[BilledLine],
    drafts: &[DraftLine],
) -> Result<Money, MoneyRefused> {
    let issued = billed.iter().map(|known| &known.line);
    let left = left_of(source, issued.chain(drafts))?;
    Ok(Money::from_minor(left.max(0), source.line.net.currency))
}

fn correction(source: &BilledLine, net: Money, by_rule: Money) -> DraftLine {
    let arithmetic = format!("corrects {}", source.line.net.grouped());
    giving_back(source, net, by_rule, arithmetic)
}
