//! What a credit note does to the price of what was promised.

use crate::fault::{AppFault, stored_value};
use crate::journey::{document, schedule};
use crate::record::{Context, Recorder};
use billing::{DraftLine, LineKind, TaxedLine};
use commerce::Contract;
use revenue::{Pattern, Segment};
use std::collections::BTreeMap;
use store::Tx;
use store::documents::{self, DocumentRow};
use values::{Date, LineId, Period};

/// The lines of an invoice of which credit notes leave nothing, each with the credits before the last.
pub(crate) struct TakenBack(BTreeMap<LineId, Vec<Earlier>>);

/// What an earlier credit note took off a line.
struct Earlier {
    /// From when on it did.
    issued: Date,
    /// Minor units, below zero for a charge.
    amount: i64,
}

impl TakenBack {
    /// The lines that `note` leaves nothing of.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn of(tx: &mut Tx<'_>, note: &DocumentRow) -> Result<TakenBack, AppFault> {
        let mut whole: BTreeMap<LineId, Vec<Earlier>> = BTreeMap::new();
        for row in documents::lines_of(tx, &note.source)? {
            if row.net != 0 && row.credited_net == row.net {
                whole.insert(stored_value("line id", &row.id)?, Vec::new());
            }
        }
        if whole.is_empty() {
            return Ok(TakenBack(whole));
        }
        for earlier in documents::credit_notes_of(tx, &note.source)? {
            if earlier.id == note.id || earlier.status == "void" {
                continue;
            }
            let issued = stored_value("date of issue", &earlier.issued)?;
            for row in documents::lines_of(tx, &earlier.id)? {
                let line = document::issued_line(&row.body)?.line;
                let amount = line.by_rule.minor;
                let of = line.corrects.as_ref().and_then(|id| whole.get_mut(id));
                if let Some(of) = of.filter(|_| line.kind == LineKind::Concession && amount != 0) {
                    of.push(Earlier { issued, amount });
                }
            }
        }
        Ok(TakenBack(whole))
    }

    fn earlier(&self, line: &DraftLine) -> Option<&[Earlier]> {
        let corrected = line.corrects.as_ref()?;
        self.0.get(corrected).map(Vec::as_slice)
    }
}

/// The days over which a price is lowered.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Days {
    from: Date,
    service: Period,
    pattern: commerce::Pattern,
}

impl Days {
    /// So much over these days, or at once where none are left.
    fn segment(self, amount: i64, origin: &str) -> Segment {
        let Days { from, service, .. } = self;
        // What was earned in one moment is given back in one moment.
        let spread = self.pattern == commerce::Pattern::StraightLineDaily && service.until() > from;
        Segment {
            from,
            until: if spread { service.until() } else { from },
            amount,
            pattern: if spread {
                Pattern::StraightLineDaily
            } else {
                Pattern::AtStart
            },
            origin: origin.to_owned(),
        }
    }
}

/// A credit lowers the price of what was promised: from today over the days that are left of the
/// line's service, or at once when they are over. Of a line that is taken back whole nothing was
/// earned either, so what earlier credits took off is spread over all of its days with the rest.
pub(crate) fn lower_price(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    contract: &Contract,
    (lines, whole): (&[TaxedLine], &TakenBack),
    (today, origin): (Date, &str),
) -> Result<(), AppFault> {
    let mut scheduled = schedule::load(tx, contract.id.as_str())?;
    for TaxedLine { line, .. } in lines {
        // What corrects an amount that was billed wrongly lowers no price, and what the timeline no
        // longer expects was lowered by the amendment.
        let lowers = line.by_rule.minor != 0 && line.kind == LineKind::Concession;
        if line.contract != contract.id || !lowers {
            continue;
        }
        let Some(known) = scheduled
            .iter_mut()
            .find(|known| known.obligation.component == line.component)
        else {
            continue;
        };
        for segment in lowered(line, whole.earlier(line), (today, origin)) {
            schedule::add_segment(tx, context, recorder, contract, known, segment)?;
        }
    }
    Ok(())
}

/// What a line of a credit note adds to the schedule. `earlier` are the credits before it where it leaves
/// nothing of what it corrects.
fn lowered(
    line: &DraftLine,
    earlier: Option<&[Earlier]>,
    (today, origin): (Date, &str),
) -> Vec<Segment> {
    let service = line.service;
    let since = |from: Date| Days {
        from: from.max(service.from()),
        service,
        pattern: line.recognition,
    };
    let amount = line.by_rule.minor;
    let Some(earlier) = earlier else {
        return vec![since(today).segment(amount, origin)];
    };
    let whole = since(service.from());
    let mut segments = vec![whole.segment(amount, origin)];
    for Earlier { issued, amount } in earlier {
        let before = since(*issued);
        if before != whole {
            segments.push(before.segment(-amount, origin));
            segments.push(whole.segment(*amount, origin));
        }
    }
    segments
}

/// A credit note that is void lowered no price: what it took off is promised again, over the same days.
pub(crate) fn restore_price(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    contract: &Contract,
    number: &str,
) -> Result<(), AppFault> {
    let lowered = format!("credit note {number}");
    for known in &mut schedule::load(tx, contract.id.as_str())? {
        let taken_off = known.obligation.segments.iter();
        let taken_off = taken_off.filter(|segment| segment.origin == lowered);
        let taken_off: Vec<Segment> = taken_off.cloned().collect();
        for segment in taken_off {
            let back = Segment {
                amount: -segment.amount,
                origin: format!("{lowered} is void"),
                ..segment
            };
            schedule::add_segment(tx, context, recorder, contract, known, back)?;
        }
    }
    Ok(())
}
