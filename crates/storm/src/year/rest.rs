//! The end of a year: the weather clears, everything comes to rest, and the tie-outs are looked at.

use super::Year;
use crate::StormFault;
use app::worker;

/// Rounds of the worker in which a calm world must come to rest.
const ROUNDS_TO_REST: usize = 1_500;
/// Longest wait for a postponed item that is bridged by moving the clock, in seconds.
const LONGEST_WAIT_S: i64 = 26 * 3_600;

impl Year {
    /// The weather ends: everything comes to rest, people settle what waits for them, and the books
    /// are checked.
    pub(super) fn come_to_rest(&mut self) -> Result<(), StormFault> {
        self.clear_up()?;
        self.note("the weather has cleared");
        for number in 0..3 {
            self.move_to(self.wanted.days + number, 14)?;
            self.do_errands()?;
            self.rest()?;
            self.move_to(self.wanted.days + number, 20)?;
            self.evening();
            self.rest()?;
            self.look_after_exceptions(true);
            self.rest()?;
            if !self.findings.is_empty() {
                return Ok(());
            }
        }
        self.open_all_months()?;
        self.rest()?;
        self.errands_must_be_done();
        let read = self.with(|house| app::sweep::read_balances(&house.app, &house.connections));
        if let Some(Err(fault)) = read {
            self.find("balances of others", fault.to_string());
        }
        self.tie_out();
        self.rested = true;
        Ok(())
    }

    /// Rounds until nothing moves. What is postponed is waited for by moving the clock.
    pub(super) fn rest(&mut self) -> Result<(), StormFault> {
        for _ in 0..ROUNDS_TO_REST {
            self.deliver_webhooks();
            let worked = self.with(|house| worker::tick(&house.app, &house.connections));
            self.ground.sims.clock().advance_by(1_000_000);
            let quiet = worked.is_some_and(|progress| progress.is_quiet() && progress.faults == 0);
            if !quiet || self.ground.sims.stripe.pending_webhooks() > 0 {
                if !self.findings.is_empty() {
                    return Ok(());
                }
                continue;
            }
            let now = self.ground.sims.clock().now_micros();
            match self.next_moment()? {
                Some(at) if at - now <= LONGEST_WAIT_S * 1_000_000 => {
                    self.ground
                        .sims
                        .clock()
                        .advance_by((at - now).max(0) + 1_000_000);
                }
                _ => return Ok(()),
            }
        }
        self.find(
            "rest",
            format!("no rest after {ROUNDS_TO_REST} rounds in calm weather"),
        );
        Ok(())
    }

    fn next_moment(&self) -> Result<Option<i64>, StormFault> {
        let moment = self
            .ground
            .store
            .read(|tx| -> Result<Option<i64>, store::StoreFault> {
                let inbox = store::inbox::next_moment(tx)?;
                let effects = store::effects::next_moment(tx)?;
                let far = i64::MAX / 2;
                let next = inbox.into_iter().chain(effects).filter(|at| *at < far);
                Ok(next.min())
            })?;
        Ok(moment)
    }

    fn tie_out(&mut self) {
        let rows = self.with(|house| house.app.tie_outs());
        let anew = self.with(|house| {
            let (books, now) = (house.app.books(), house.app.now());
            let nothing_kept = app::query::TieOutMemory::default();
            let store = house.app.store();
            store.read(move |tx| app::query::tie_outs(tx, (&books, now), &nothing_kept))
        });
        match rows {
            Some(Ok(rows)) => {
                if anew.is_some_and(|anew| anew.ok().as_ref() != Some(&rows)) {
                    self.find(
                        "tie-out",
                        "what is kept of it differs from the books".to_owned(),
                    );
                }
                for row in rows {
                    if row.status == app::view::TieOutStatus::Break {
                        let what = format!(
                            "{} of {}: {} expected, {} found, nobody explains the difference",
                            row.title, row.entity, row.expected, row.actual
                        );
                        self.find("tie-out", what);
                    }
                }
            }
            Some(Err(fault)) => self.find("tie-out", fault.to_string()),
            None => self.find("tie-out", "the program does not run"),
        }
    }
}
