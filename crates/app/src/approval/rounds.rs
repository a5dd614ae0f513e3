//! What happens to approvals by itself: a request that nobody decided in time expires.

use super::{policy_words, record};
use crate::fault::{stored, stored_value};
use crate::worker::Progress;
use crate::{App, AppFault};
use control::approval::ApprovalState;
use control::approval_policy::Demand;
use events::{ApprovalExpired, Event};
use store::approvals;
use values::{ApprovalId, Instant};

/// Who closes what nobody decided.
const ACTOR: &str = "tieout/approvals";

/// Requests closed in one transaction.
const BATCH: i64 = 200;

impl App {
    /// Closes requests that nobody decided in time. Returns how many there were.
    ///
    /// # Errors
    /// When the store fails.
    pub fn expire_approvals(&self) -> Result<u64, AppFault> {
        let now = self.clock().now().microseconds();
        let late = self
            .store()
            .read(move |tx| approvals::expired(tx, now, 1))?;
        if late.is_empty() {
            return Ok(0);
        }
        self.run(ACTOR, |tx, context| {
            let late = approvals::expired(tx, context.now.microseconds(), BATCH)?;
            let mut closed = 0;
            for mut row in late {
                row.status = ApprovalState::Expired.as_str().to_owned();
                row.decided = context.now.microseconds();
                row.reason = "nobody decided in time".to_owned();
                if !approvals::decide(tx, &row)? {
                    continue;
                }
                let demand: Demand = stored("demand", &row.demand)?;
                let id: ApprovalId = stored_value("approval id", &row.id)?;
                let event = Event::ApprovalExpired(ApprovalExpired {
                    approval: id.clone(),
                    policy: policy_words(&demand),
                    command: row.command.clone(),
                    subject: row.subject.clone(),
                    requested_by: row.maker_person.clone(),
                    expired: Instant::from_microseconds(row.expires),
                });
                let correlation = stored_value("chain id", &row.correlation)?;
                record(tx, context, correlation, &id, event)?;
                crate::journey::quote::not_granted(
                    tx,
                    context,
                    &row,
                    commerce::QuoteStatus::Draft,
                )?;
                crate::journey::invoice_draft::not_granted(tx, context, &row)?;
                closed += 1;
            }
            Ok(closed)
        })
    }
}

/// One round of what happens to approvals and replays by itself: requests expire, agreed changes of
/// customers take effect, and replays run on. What fails is tried again in the next round.
pub(crate) fn tend(app: &App) -> Progress {
    let mut total = Progress::default();
    for (what, outcome) in [
        ("expiry of approvals", app.expire_approvals()),
        ("changes of customers", app.apply_customer_changes()),
        ("replays", app.advance_replays()),
    ] {
        match outcome {
            Ok(moved) => total.processed += moved,
            Err(fault) => {
                tracing::warn!(what, fault = %fault, "is tried again in the next round");
                total += Progress::fault();
            }
        }
    }
    total
}
