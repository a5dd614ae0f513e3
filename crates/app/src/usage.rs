//! Use that is measured: meters as configuration, intake of events, what a period of them comes to on
//! an invoice and in revenue, and who may look at which.

pub(crate) mod accrue;
pub(crate) mod enrol;
mod intake;
mod meters;
pub(crate) mod rate;
mod subject;

pub use intake::{EventProblem, EventResult, Taken};
pub(crate) use intake::{record, release};
pub(crate) use meters::{load, publish};

use crate::{App, AppFault, Refusal};
use billing::UsageEvent;

/// Most events of one intake.
pub const MOST_EVENTS: usize = 10_000;

impl App {
    /// Takes events of use in: every one that can be counted is kept, and every other one is set aside
    /// with its reason. The same events again change nothing.
    ///
    /// # Errors
    /// When there are none or too many at once, or the store fails; nothing of them is kept then.
    pub fn take_usage(&self, actor: &str, events: Vec<UsageEvent>) -> Result<Taken, AppFault> {
        if events.is_empty() || events.len() > MOST_EVENTS {
            let message = format!(
                "there are {} events; send 1 to {MOST_EVENTS} at once",
                events.len()
            );
            return Err(Refusal::field("bad_usage_batch", "events", message).into());
        }
        self.run(actor, move |tx, context| intake::take(tx, context, &events))
    }
}
