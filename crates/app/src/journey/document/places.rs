//! The positions that the lines of a document move: looked up, because one document may span tens of
//! thousands of contracts.

use crate::fault::AppFault;
use revenue::PositionMove;
use store::bill_pages::{Moved, Position};
use values::MoneyRefused;

/// Positions that can be found, and what has moved of them so far.
pub(crate) struct Places<'p> {
    positions: &'p mut [Position],
    /// The move of each position, by its place.
    moves: Vec<Option<usize>>,
    moved: Vec<Moved>,
}

/// What a position is found by.
fn place(position: &Position) -> (&str, &str) {
    (&position.contract, &position.component)
}

impl<'p> Places<'p> {
    /// Puts positions in the order in which they are found.
    pub(crate) fn of(positions: &'p mut [Position]) -> Places<'p> {
        positions.sort_by(|one, other| place(one).cmp(&place(other)));
        Places {
            moves: vec![None; positions.len()],
            moved: Vec::new(),
            positions,
        }
    }

    /// Bills `net` more, or less below zero, of a component of a contract. Answers its obligation and how
    /// its liability and asset move.
    ///
    /// # Errors
    /// When there is no such obligation, or its position would leave 64 bits.
    pub(crate) fn shift(
        &mut self,
        (contract, component): (&str, &str),
        net: i64,
    ) -> Result<(String, PositionMove), AppFault> {
        let wanted = (contract, component);
        let at = self
            .positions
            .partition_point(|known| place(known) < wanted);
        let found = self.positions.get_mut(at);
        let Some(position) = found.filter(|known| place(known) == wanted) else {
            return Err(AppFault::NotFound {
                kind: "obligation of component",
                id: component.to_owned(),
            });
        };
        let back = revenue::move_position(position.billed - position.recognised, net)
            .ok_or(MoneyRefused::TooLarge)?;
        match self.moves[at].and_then(|at| self.moved.get_mut(at)) {
            Some(known) => known.after += net,
            // Several lines of one document move it once.
            None => {
                self.moves[at] = Some(self.moved.len());
                self.moved.push(Moved {
                    id: position.id.clone(),
                    billed: position.billed,
                    recognised: position.recognised,
                    after: position.billed + net,
                });
            }
        }
        position.billed += net;
        Ok((position.id.clone(), back))
    }

    /// The moves, one a position.
    pub(crate) fn moved(self) -> Vec<Moved> {
        self.moved
    }
}
