//! The lines of a document: rows, what is told of them and the positions that they move. A long document
//! is put into rows by a thread of its own while the rows before are written.

use super::{Draft, SoldTo};
use crate::fault::{AppFault, stored_value, to_store};
use crate::record::Context;
use billing::TaxedLine;
use events::DocumentLine;
use std::panic::resume_unwind;
use std::sync::mpsc::sync_channel;
use store::Tx;
use store::bill_pages::{Moved, Position};
use store::documents::LineRow;
use values::{LineId, Money};

/// Lines that are put into rows and written at a time.
const A_PIECE: usize = 2_000;
/// Pieces that wait to be written.
const AHEAD: usize = 2;

/// Puts the lines of one document into rows.
pub(super) struct Lines<'d> {
    context: &'d Context,
    draft: &'d Draft<'d>,
    sold: &'d SoldTo,
    document: &'d str,
    positions: &'d mut [Position],
    places: Places,
    written: Written,
}

/// What the lines of a document do beside standing on it.
#[derive(Default)]
pub(super) struct Written {
    /// As they are told.
    pub(super) published: Vec<DocumentLine>,
    /// The positions that they move.
    pub(super) moved: Vec<Moved>,
    /// What they credit of earlier lines: (line, net, tax).
    pub(super) credited: Vec<(String, i64, i64)>,
}

impl<'d> Lines<'d> {
    /// The lines of `draft` on a document with this id; `positions` move.
    pub(super) fn of(
        context: &'d Context,
        draft: &'d Draft<'d>,
        sold: &'d SoldTo,
        document: &'d str,
        positions: &'d mut [Position],
    ) -> Lines<'d> {
        Lines {
            context,
            draft,
            sold,
            document,
            places: Places::of(positions),
            positions,
            written: Written::default(),
        }
    }

    /// Every row at once.
    pub(super) fn rows(mut self) -> Result<(Vec<LineRow>, Written), AppFault> {
        let rows = self.piece(self.draft.lines)?;
        Ok((rows, self.written))
    }

    /// Writes every row.
    pub(super) fn write(mut self, tx: &mut Tx<'_>) -> Result<Written, AppFault> {
        let lines = self.draft.lines;
        if lines.len() <= A_PIECE {
            LineRow::insert(tx, &self.piece(lines)?)?;
            return Ok(self.written);
        }
        std::thread::scope(|scope| {
            let (offer, offered) = sync_channel(AHEAD);
            let rendering = scope.spawn(move || {
                for piece in lines.chunks(A_PIECE) {
                    let rows = self.piece(piece);
                    let is_last = rows.is_err();
                    if offer.send(rows).is_err() || is_last {
                        break;
                    }
                }
                self.written
            });
            let mut inserted = Ok(());
            for rows in &offered {
                inserted = rows.and_then(|rows| Ok(LineRow::insert(tx, &rows)?));
                if inserted.is_err() {
                    break;
                }
            }
            // It ends once nobody listens.
            drop(offered);
            let written = rendering
                .join()
                .unwrap_or_else(|broke| resume_unwind(broke));
            inserted.map(|()| written)
        })
    }

    fn piece(&mut self, lines: &[TaxedLine]) -> Result<Vec<LineRow>, AppFault> {
        let mut rows = Vec::with_capacity(lines.len());
        self.written.published.reserve(lines.len());
        for taxed in lines {
            rows.push(self.row(taxed)?);
        }
        Ok(rows)
    }

    fn row(&mut self, taxed: &TaxedLine) -> Result<LineRow, AppFault> {
        let (draft, sign) = (self.draft, self.draft.kind.sign());
        let line = &taxed.line;
        let id = LineId::mint(&*self.context.ids, self.context.now);
        let (at, position) = self.places.find(self.positions, line)?;
        let back = revenue::move_position(position.billed - position.recognised, line.net.minor)
            .ok_or(values::MoneyRefused::TooLarge)?;
        self.places
            .keep_move(&mut self.written.moved, (at, position), line.net.minor);
        let obligation = position.id.clone();
        self.written.published.push(DocumentLine {
            line: id.clone(),
            contract: Some(&line.contract)
                .filter(|contract| **contract != draft.contract.id)
                .cloned(),
            sold_to: self
                .sold
                .get(&line.contract)
                .filter(|customer| **customer != draft.customer.id)
                .cloned(),
            product: line.product.clone(),
            component: line.component.clone(),
            obligation: stored_value("obligation id", &obligation)?,
            description: line.description.clone(),
            arithmetic: line.arithmetic.clone(),
            period: line.period,
            net: Money::from_minor(sign * line.net.minor, line.net.currency),
            tax_code: line.tax_code.clone(),
            tax_rate: taxed.tax_rate,
            tax: Money::from_minor(sign * taxed.tax.minor, taxed.tax.currency),
            deferred: sign * back.deferred,
            unbilled: -sign * back.unbilled,
        });
        let source = line.corrects.as_ref().map(LineId::as_str);
        if let Some(source) = source {
            let credited = (source.to_owned(), -line.net.minor, -taxed.tax.minor);
            self.written.credited.push(credited);
        }
        Ok(LineRow {
            id: id.as_str().to_owned(),
            document: self.document.to_owned(),
            contract: line.contract.as_str().to_owned(),
            component: line.component.as_str().to_owned(),
            obligation,
            product: line.product.as_str().to_owned(),
            description: line.description.clone(),
            arithmetic: line.arithmetic.clone(),
            period_from: line.period.from().to_string(),
            period_until: line.period.until().to_string(),
            net: sign * line.net.minor,
            tax_code: line.tax_code.clone(),
            tax_rate: taxed.tax_rate.to_string(),
            tax: sign * taxed.tax.minor,
            covers: covers(draft, line, &id),
            source_line: source.unwrap_or_default().to_owned(),
            credited_net: 0,
            credited_tax: 0,
            body: to_store("line", &taxed.issued(id))?,
        })
    }
}

/// What the store keeps once. Lines of another system's document are kept once by its number.
fn covers(draft: &Draft<'_>, line: &billing::DraftLine, id: &LineId) -> String {
    line.covers()
        .filter(|_| draft.outside.is_none())
        .unwrap_or_else(|| id.as_str().to_owned())
}

/// Where the position of each component is, and which of them a document has moved already: one
/// document may span tens of thousands of contracts.
struct Places {
    /// The move of each position, by its place.
    moved: Vec<Option<usize>>,
}

/// What a position is found by.
fn place(position: &Position) -> (&str, &str) {
    (&position.contract, &position.component)
}

impl Places {
    /// Puts positions in the order in which they are found.
    fn of(positions: &mut [Position]) -> Places {
        positions.sort_by(|one, other| place(one).cmp(&place(other)));
        Places {
            moved: vec![None; positions.len()],
        }
    }

    /// The position of the obligation that a line bills, with its place.
    fn find<'p>(
        &self,
        positions: &'p mut [Position],
        line: &billing::DraftLine,
    ) -> Result<(usize, &'p mut Position), AppFault> {
        let wanted = (line.contract.as_str(), line.component.as_str());
        let at = positions.partition_point(|known| place(known) < wanted);
        let found = positions.get_mut(at).filter(|known| place(known) == wanted);
        match found {
            Some(position) => Ok((at, position)),
            None => Err(AppFault::NotFound {
                kind: "obligation of component",
                id: line.component.to_string(),
            }),
        }
    }

    /// Moves a position; several lines of one document move it once.
    fn keep_move(
        &mut self,
        moved: &mut Vec<Moved>,
        (at, position): (usize, &mut Position),
        net: i64,
    ) {
        match self.moved[at].and_then(|at| moved.get_mut(at)) {
            Some(known) => known.after += net,
            None => {
                self.moved[at] = Some(moved.len());
                moved.push(Moved {
                    id: position.id.clone(),
                    billed: position.billed,
                    recognised: position.recognised,
                    after: position.billed + net,
                });
            }
        }
        position.billed += net;
    }
}
