//! When an event of use counts, by the rules of its meter.

use super::Aside;
use crate::usage::subject::{Place, Subject};
use billing::{AfterEnd, LateRule, Meter, UsageEvent};
use values::Instant;

/// When an event counts.
pub(super) struct CountsAt {
    pub(super) at: Instant,
    pub(super) late: bool,
    pub(super) reopens: bool,
}

/// When an event counts by the rules of its meter, or why it does not.
pub(super) fn placed(
    meter: &Meter,
    subject: &Subject,
    event: &UsageEvent,
    at: Instant,
) -> Result<CountsAt, Aside> {
    let on_time = |at| {
        Ok(CountsAt {
            at,
            late: false,
            reopens: false,
        })
    };
    // What a cancellation itself says of place and time counts for nothing.
    if event.cancels.is_some() {
        return on_time(at);
    }
    let contract = &subject.contract;
    match subject.place(at, &event.dimensions) {
        Place::Open => on_time(at),
        Place::NotCounted => {
            let message = format!(
                "no component of contract {contract} counts events of meter {} with these dimensions; correct them, or have a component count them",
                meter.code
            );
            Err(Aside::rejected("not_counted", "dimensions", message))
        }
        Place::Early => {
            let message = format!(
                "{at} lies before the service of contract {contract} begins; correct the time, or begin the service earlier"
            );
            Err(Aside::rejected("before_service", "at", message))
        }
        Place::Ended(until) => {
            let message = format!(
                "{at} lies after the service of contract {contract}, which ended at {until}; correct the time or the contract"
            );
            let mut aside = Aside::rejected("after_service", "at", message);
            aside.held = meter.after_end == AfterEnd::Hold;
            Err(aside)
        }
        Place::Billed(until, back) => late(meter, event, at, until, back),
    }
}

fn late(
    meter: &Meter,
    event: &UsageEvent,
    at: Instant,
    until: Instant,
    back: Instant,
) -> Result<CountsAt, Aside> {
    let refused = |why: &str| {
        let message = format!(
            "event {:?} happened at {at}, and use of meter {} has been billed until {until}; {why}",
            event.key, meter.code
        );
        Err(Aside::rejected("period_billed", "at", message))
    };
    match meter.late {
        LateRule::Refuse => {
            refused("this meter refuses late events: correct the time, or bill it by hand")
        }
        LateRule::NextPeriod => Ok(CountsAt {
            at: until,
            late: true,
            reopens: false,
        }),
        LateRule::OriginalPeriod { look_back } | LateRule::Credit { look_back } if at < back => {
            refused(&format!(
                "it lies more than {look_back} billed periods back, as far as this meter looks: correct the time, or bill it by hand"
            ))
        }
        LateRule::OriginalPeriod { .. } | LateRule::Credit { .. } => Ok(CountsAt {
            at,
            late: true,
            reopens: true,
        }),
    }
}
