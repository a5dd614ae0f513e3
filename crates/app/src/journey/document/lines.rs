//! The lines of a document: rows, what is told of them and the positions that they move. A long document
//! is put into rows, and what follows from them is worked out, by a thread of its own while the rows
//! before are written.

use super::places::Places;
use super::{Draft, SoldTo};
use crate::fault::{AppFault, stored_value, to_store};
use crate::record::Context;
use billing::{KeptLine, TaxedLine};
use events::DocumentLine;
use std::panic::resume_unwind;
use std::sync::mpsc::{SyncSender, sync_channel};
use store::bill_pages::{self, Moved, Position};
use store::documents::LineRow;
use store::{StoreFault, Tx};
use values::{ContractId, LineId, Money};

/// Lines that are put into rows and written at a time.
const A_PIECE: usize = 1_000;
/// Pieces that wait to be written: rows are made faster than they are written, and whoever has made them
/// has more to do.
const AHEAD: usize = 8;

/// Puts the lines of one document into rows.
pub(super) struct Lines<'d> {
    context: &'d Context,
    draft: &'d Draft<'d>,
    sold: &'d SoldTo,
    document: &'d str,
    places: Places<'d>,
    /// As they are told.
    published: Vec<DocumentLine>,
    /// What they credit of earlier lines: (line, net, tax).
    credited: Vec<(String, i64, i64)>,
}

/// What the lines of a document do beside standing on it and moving positions.
pub(super) struct Written {
    /// As they are told.
    pub(super) published: Vec<DocumentLine>,
    /// What they credit of earlier lines: (line, net, tax).
    pub(super) credited: Vec<(String, i64, i64)>,
}

/// What is ready to be written.
enum Made {
    Rows(Vec<LineRow>),
    Moves(Vec<Moved>),
}

impl Made {
    fn write(self, tx: &mut Tx<'_>, contract: &ContractId) -> Result<(), AppFault> {
        match self {
            Made::Rows(rows) => LineRow::insert(tx, &rows)?,
            Made::Moves(moves) => {
                if !bill_pages::move_positions(tx, &moves)? {
                    let message = format!("positions of contract {contract} have moved");
                    return Err(StoreFault::Contended(message).into());
                }
            }
        }
        Ok(())
    }
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
            published: Vec::with_capacity(draft.lines.len()),
            credited: Vec::new(),
        }
    }

    fn written(self) -> (Vec<Moved>, Written) {
        let (published, credited) = (self.published, self.credited);
        (
            self.places.moved(),
            Written {
                published,
                credited,
            },
        )
    }

    /// Every row at once, with the positions that they move.
    pub(super) fn rows(mut self) -> Result<(Vec<LineRow>, Vec<Moved>, Written), AppFault> {
        let rows = self.piece(self.draft.lines)?;
        let (moved, written) = self.written();
        Ok((rows, moved, written))
    }

    /// Writes what `begin` does, every row, and moves the positions. What follows from the lines and from
    /// what `begin` answers is worked out by `then`, for a long document while they are written.
    pub(super) fn write<B: Send, R: Send>(
        self,
        tx: &mut Tx<'_>,
        begin: impl FnOnce(&mut Tx<'_>) -> Result<B, AppFault>,
        then: impl FnOnce(Written, B) -> Result<R, AppFault> + Send,
    ) -> Result<R, AppFault> {
        let contract = &self.draft.contract.id;
        if self.draft.lines.len() <= A_PIECE {
            let begun = begin(tx)?;
            let (rows, moved, written) = self.rows()?;
            Made::Rows(rows).write(tx, contract)?;
            Made::Moves(moved).write(tx, contract)?;
            return then(written, begun);
        }
        std::thread::scope(|scope| {
            let (offer, offered) = sync_channel(AHEAD);
            let (tell, told) = sync_channel(1);
            let making = scope.spawn(move || {
                let written = self.make(&offer)?;
                then(written, told.recv().map_err(|_| StoreFault::BrokeOff)?)
            });
            let written = begin(tx).and_then(|begun| {
                // It listens until it is done, unless it has a fault to answer.
                let _ = tell.send(begun);
                let mut made = offered.iter();
                made.try_for_each(|made: Made| made.write(tx, contract))
            });
            // It ends once nobody listens or tells.
            drop((offered, tell));
            let worked_out = making.join();
            written.and_then(|()| worked_out.unwrap_or_else(|broke| resume_unwind(broke)))
        })
    }

    /// Offers the rows piece by piece, then the moves.
    fn make(mut self, offer: &SyncSender<Made>) -> Result<Written, AppFault> {
        // Nobody listens after a fault of the writer, which is the one that counts.
        let send = |made| offer.send(made).map_err(|_| StoreFault::BrokeOff);
        for piece in self.draft.lines.chunks(A_PIECE) {
            send(Made::Rows(self.piece(piece)?))?;
        }
        let (moved, written) = self.written();
        send(Made::Moves(moved))?;
        Ok(written)
    }

    fn piece(&mut self, lines: &[TaxedLine]) -> Result<Vec<LineRow>, AppFault> {
        lines.iter().map(|taxed| self.row(taxed)).collect()
    }

    fn row(&mut self, taxed: &TaxedLine) -> Result<LineRow, AppFault> {
        let (draft, sign) = (self.draft, self.draft.kind.sign());
        let line = &taxed.line;
        let id = LineId::mint(&*self.context.ids, self.context.now);
        let place = (line.contract.as_str(), line.component.as_str());
        let (obligation, back) = self.places.shift(place, line.net.minor)?;
        self.published.push(DocumentLine {
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
            self.credited.push(credited);
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
            body: to_store("line", &KeptLine::of(&id, taxed))?,
        })
    }
}

/// What the store keeps once. Lines of another system's document are kept once by its number.
fn covers(draft: &Draft<'_>, line: &billing::DraftLine, id: &LineId) -> String {
    line.covers()
        .filter(|_| draft.outside.is_none())
        .unwrap_or_else(|| id.as_str().to_owned())
}
