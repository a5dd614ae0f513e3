//! Declared lifecycles: the states of an object, the steps between them, and what makes each step.
//! A step that is not declared is refused, and an exception says so.

use std::fmt::Write;

/// A state of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// The word stored and published.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// A step from one state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Before.
    pub from: &'static str,
    /// After.
    pub to: &'static str,
    /// The event that records it, or in words what makes it where another system decides.
    pub on: &'static str,
}

/// The lifecycle of one kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifecycle {
    /// The kind, such as `invoice`.
    pub object: &'static str,
    /// Its states; the first is where objects begin.
    pub states: &'static [State],
    /// Its steps.
    pub steps: &'static [Step],
}

/// A step that the lifecycle does not declare.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{object} {id} is {from} and cannot become {to}; {possible}")]
pub struct IllegalStep {
    /// The kind of object.
    pub object: &'static str,
    /// Which one.
    pub id: String,
    /// Where it stands.
    pub from: String,
    /// Where it was to go.
    pub to: String,
    /// Where it could go, in words.
    pub possible: String,
}

const fn state(name: &'static str, meaning: &'static str) -> State {
    State { name, meaning }
}

const fn step(from: &'static str, to: &'static str, on: &'static str) -> Step {
    Step { from, to, on }
}

const AMENDED: &str = "com.tieout.contract.contract.amended.v1";
const CANCELLED: &str = "com.tieout.contract.contract.cancelled.v1";
const APPLIED: &str = "com.tieout.cash.cash.applied.v1";
const WRITTEN_OFF: &str = "com.tieout.billing.invoice.written_off.v1";
const RECOVERED: &str = "com.tieout.billing.invoice.recovered.v1";
const VOIDED: &str = "com.tieout.billing.invoice.voided.v1";
const REFRESHED: &str = "com.tieout.billing.invoice_draft.refreshed.v1";
const ENDED: &str = "com.tieout.billing.invoice_draft.ended.v1";
const CREDIT_VOIDED: &str = "com.tieout.billing.credit_memo.voided.v1";
const CREDITED: &str = "com.tieout.billing.credit_memo.issued.v1";
const SETTLED: &str = "com.tieout.payment.payment.settled.v1";
const REFUNDED: &str = "com.tieout.payment.payment.refunded.v1";
const OPENED: &str = "com.tieout.control.exception.opened.v1";
const RESOLVED: &str = "com.tieout.control.exception.resolved.v1";
const CONFIRMED: &str = "com.tieout.connection.effect.confirmed.v1";
const REVERSED: &str = "com.tieout.ledger.journal.reversed.v1";
const ACCEPTED: &str = "com.tieout.order.order.accepted.v1";
const ASSIGNED: &str = "com.tieout.control.exception.assigned.v1";

/// An opportunity of the CRM, from the day it can be won.
pub const OPPORTUNITY: Lifecycle = Lifecycle {
    object: "opportunity",
    states: &[
        state("open", "in the hands of the seller"),
        state("won", "closed as won, not yet under contract"),
        state("parked", "won, but it cannot become a contract as it is"),
        state("contracted", "became a contract or changed one"),
        state("skipped", "a person decided that it becomes no contract"),
        state("lost", "closed as lost"),
    ],
    steps: &[
        step("open", "won", "the CRM closes it as won"),
        step("open", "lost", "the CRM closes it as lost"),
        step("won", "contracted", ACCEPTED),
        step("won", "parked", OPENED),
        step("won", "open", "the CRM opens it again"),
        step("parked", "contracted", ACCEPTED),
        step("parked", "skipped", RESOLVED),
        step("parked", "open", "the CRM opens it again"),
    ],
};

/// A contract.
pub const CONTRACT: Lifecycle = Lifecycle {
    object: "contract",
    states: &[
        state("draft", "not signed yet"),
        state("active", "in force as first agreed"),
        state("amended", "in force and changed since"),
        state("cancelled", "ended before its term"),
        state("expired", "ended with its term"),
    ],
    steps: &[
        step(
            "draft",
            "active",
            "com.tieout.contract.contract.activated.v1",
        ),
        step("draft", "cancelled", CANCELLED),
        step("active", "amended", AMENDED),
        step("active", "cancelled", CANCELLED),
        step("active", "expired", "the last day of the term has passed"),
        step("amended", "amended", AMENDED),
        step("amended", "cancelled", CANCELLED),
        step("amended", "expired", "the last day of the term has passed"),
    ],
};

/// An invoice.
pub const INVOICE: Lifecycle = Lifecycle {
    object: "invoice",
    states: &[
        state("open", "nothing is paid"),
        state("partly_paid", "some of it is paid, some is still open"),
        state("paid", "nothing is open"),
        state("credited", "credited in full"),
        state("written_off", "what was open is given up"),
        state(
            "void",
            "it counts as if it had never been issued; its number stays",
        ),
    ],
    steps: &[
        step("open", "void", VOIDED),
        step("open", "partly_paid", APPLIED),
        step("open", "paid", APPLIED),
        step("open", "open", CREDITED),
        step("open", "credited", CREDITED),
        step("open", "written_off", WRITTEN_OFF),
        step("partly_paid", "partly_paid", APPLIED),
        step("partly_paid", "paid", APPLIED),
        step("partly_paid", "open", APPLIED),
        step("partly_paid", "partly_paid", CREDITED),
        step("partly_paid", "paid", CREDITED),
        step("partly_paid", "credited", CREDITED),
        step("partly_paid", "written_off", WRITTEN_OFF),
        step("paid", "partly_paid", APPLIED),
        step("paid", "open", APPLIED),
        step("paid", "paid", CREDITED),
        step("paid", "credited", CREDITED),
        step("credited", "open", CREDIT_VOIDED),
        step("credited", "partly_paid", CREDIT_VOIDED),
        step("written_off", "open", RECOVERED),
        step("written_off", "partly_paid", RECOVERED),
        step("written_off", "paid", APPLIED),
    ],
};

/// A draft of an invoice or credit note.
pub const INVOICE_DRAFT: Lifecycle = Lifecycle {
    object: "invoice_draft",
    states: &[
        state(
            "draft",
            "stands until the day on which it is issued by itself",
        ),
        state("waiting", "waits for a second person"),
        state("denied", "not approved; its contract is held"),
        state("finalised", "became a document"),
        state("withdrawn", "nothing is owed any more"),
    ],
    steps: &[
        step("draft", "draft", REFRESHED),
        step("draft", "waiting", REFRESHED),
        step("draft", "finalised", ENDED),
        step("draft", "withdrawn", ENDED),
        step("waiting", "draft", REFRESHED),
        step("waiting", "finalised", ENDED),
        step("waiting", "denied", REFRESHED),
        step("waiting", "withdrawn", ENDED),
        step("denied", "draft", REFRESHED),
        step("denied", "waiting", REFRESHED),
        step("denied", "withdrawn", ENDED),
    ],
};

/// A payment, from the first attempt.
pub const PAYMENT: Lifecycle = Lifecycle {
    object: "payment",
    states: &[
        state("initiated", "the processor was asked to collect"),
        state("failed", "the last attempt did not work"),
        state("settled", "the money arrived"),
        state("refunded", "all of it went back"),
    ],
    steps: &[
        step(
            "initiated",
            "failed",
            "com.tieout.payment.payment.failed.v2",
        ),
        step("initiated", "settled", SETTLED),
        step(
            "failed",
            "initiated",
            "com.tieout.payment.payment.initiated.v1",
        ),
        step("failed", "failed", "com.tieout.payment.payment.failed.v2"),
        step("failed", "settled", SETTLED),
        step("settled", "settled", REFUNDED),
        step("settled", "refunded", REFUNDED),
    ],
};

/// A journal.
pub const JOURNAL: Lifecycle = Lifecycle {
    object: "journal",
    states: &[
        state(
            "proposed",
            "made by a rule or entered, not in the books yet",
        ),
        state("parked", "cannot be posted as it is"),
        state("posted", "in the books; it is never changed"),
        state("delivered", "also in the outside ledger"),
        state("reversed", "undone by another journal"),
    ],
    steps: &[
        step("proposed", "posted", "recorded with the event that made it"),
        step("proposed", "parked", OPENED),
        step("parked", "posted", RESOLVED),
        step("posted", "delivered", CONFIRMED),
        step("posted", "reversed", REVERSED),
        step("delivered", "reversed", REVERSED),
    ],
};

/// A credit note.
pub const CREDIT_NOTE: Lifecycle = Lifecycle {
    object: "credit_note",
    states: &[
        state("open", "some of it is not set off yet"),
        state("applied", "all of it is set off against its invoice"),
        state(
            "void",
            "it counts as if it had never been issued; its number stays",
        ),
    ],
    steps: &[
        step("open", "applied", CREDITED),
        step("open", "void", CREDIT_VOIDED),
        step("applied", "void", CREDIT_VOIDED),
    ],
};

/// Money that goes back.
pub const REFUND: Lifecycle = Lifecycle {
    object: "refund",
    states: &[
        state("requested", "asked for, not with the payer yet"),
        state("settled", "the payer has it"),
    ],
    steps: &[step("requested", "settled", REFUNDED)],
};

/// A month of a legal entity's books.
pub const PERIOD: Lifecycle = Lifecycle {
    object: "period",
    states: &[
        state("open", "takes entries"),
        state("closed", "takes no entries"),
    ],
    steps: &[
        step("open", "closed", "com.tieout.ledger.period.closed.v1"),
        step("closed", "open", "com.tieout.ledger.period.reopened.v1"),
    ],
};

/// What needs a person.
pub const EXCEPTION: Lifecycle = Lifecycle {
    object: "exception",
    states: &[
        state("open", "nobody has taken it"),
        state("acknowledged", "somebody has seen it"),
        state("assigned", "somebody has taken it"),
        state("verifying", "its work runs again and is not confirmed yet"),
        state("resolved", "settled, for good"),
    ],
    steps: &[
        step("open", "acknowledged", "a person has seen it"),
        step("open", "assigned", ASSIGNED),
        step("open", "verifying", "its work is set going again"),
        step("open", "resolved", RESOLVED),
        step("acknowledged", "assigned", ASSIGNED),
        step("acknowledged", "verifying", "its work is set going again"),
        step("acknowledged", "resolved", RESOLVED),
        step("assigned", "assigned", ASSIGNED),
        step("assigned", "verifying", "its work is set going again"),
        step("assigned", "resolved", RESOLVED),
        step("verifying", "open", "its work stopped again"),
        step("verifying", "acknowledged", "its work stopped again"),
        step("verifying", "assigned", "its work stopped again"),
        step("verifying", "resolved", RESOLVED),
    ],
};

/// What another system is told.
pub const EFFECT: Lifecycle = Lifecycle {
    object: "effect",
    states: &[
        state("intended", "recorded, not under way"),
        state("sent", "handed to the network, no answer yet"),
        state("ambiguous", "it may have happened, to be read back"),
        state("parked", "waits for a person"),
        state("confirmed", "the other system has it"),
        state("skipped", "a person decided that it is not to happen"),
    ],
    steps: &[
        step("intended", "sent", "a worker takes it"),
        step("sent", "confirmed", CONFIRMED),
        step(
            "sent",
            "intended",
            "it certainly did not happen and is tried again",
        ),
        step("sent", "ambiguous", "nobody knows whether it happened"),
        step("sent", "parked", OPENED),
        step("ambiguous", "confirmed", CONFIRMED),
        step(
            "ambiguous",
            "intended",
            "reading back proved that it is not there",
        ),
        step("ambiguous", "parked", OPENED),
        step(
            "parked",
            "ambiguous",
            "a person releases it; it is read back first",
        ),
        step("parked", "skipped", RESOLVED),
    ],
};

/// A request for a second person.
pub const APPROVAL: Lifecycle = Lifecycle {
    object: "approval",
    states: &[
        state("requested", "waits for a checker"),
        state("granted", "carried out"),
        state("denied", "not carried out"),
        state("expired", "nobody decided in time"),
        state("withdrawn", "the maker took it back"),
    ],
    steps: &[
        step(
            "requested",
            "granted",
            "com.tieout.control.approval.granted.v1",
        ),
        step(
            "requested",
            "denied",
            "com.tieout.control.approval.denied.v1",
        ),
        step(
            "requested",
            "expired",
            "com.tieout.control.approval.expired.v1",
        ),
        step("requested", "withdrawn", "the maker takes it back"),
    ],
};

/// One run of a process.
pub const PROCESS: Lifecycle = Lifecycle {
    object: "process",
    states: &[
        state("running", "on its way"),
        state("done", "every step is settled"),
        state("cancelling", "what was done is being taken back"),
        state("cancelled", "what was done is taken back"),
        state("stopped", "its subject is gone; nothing was taken back"),
    ],
    steps: &[
        step("running", "done", "its last step is settled"),
        step(
            "running",
            "cancelling",
            "a person cancels it, with approval",
        ),
        step(
            "running",
            "cancelled",
            "a person cancels it before anything was done",
        ),
        step("running", "stopped", CANCELLED),
        step(
            "done",
            "cancelling",
            "a person takes it back, with approval",
        ),
        step(
            "done",
            "cancelled",
            "a person takes it back; nothing has to be undone",
        ),
        step(
            "cancelling",
            "cancelled",
            "com.tieout.control.process.cancelled.v1",
        ),
    ],
};

/// Every lifecycle.
pub const LIFECYCLES: &[&Lifecycle] = &[
    &OPPORTUNITY,
    &CONTRACT,
    &INVOICE,
    &INVOICE_DRAFT,
    &CREDIT_NOTE,
    &PAYMENT,
    &REFUND,
    &JOURNAL,
    &PERIOD,
    &EXCEPTION,
    &EFFECT,
    &APPROVAL,
    &PROCESS,
];

impl Lifecycle {
    /// The lifecycle of a kind of object.
    #[must_use]
    pub fn of(object: &str) -> Option<&'static Lifecycle> {
        LIFECYCLES
            .iter()
            .copied()
            .find(|lifecycle| lifecycle.object == object)
    }

    /// Where an object begins.
    #[must_use]
    pub fn initial(&self) -> Option<&'static str> {
        self.states.first().map(|state| state.name)
    }

    /// Where an object in this state can go, each once.
    #[must_use]
    pub fn next(&self, from: &str) -> Vec<&'static str> {
        let mut next: Vec<_> = self
            .steps
            .iter()
            .filter(|step| step.from == from)
            .map(|step| step.to)
            .collect();
        next.sort_unstable();
        next.dedup();
        next
    }

    /// Whether a step is declared, whatever makes it.
    ///
    /// # Errors
    /// When it is not; the refusal names the object and where it could go.
    pub fn check(&self, id: &str, from: &str, to: &str) -> Result<(), IllegalStep> {
        if self
            .steps
            .iter()
            .any(|step| step.from == from && step.to == to)
        {
            return Ok(());
        }
        let possible = match self.next(from).as_slice() {
            [] if self.states.iter().any(|state| state.name == from) => {
                "nothing follows that state".to_owned()
            }
            [] => "that state is not declared".to_owned(),
            next => format!("it can become {}", next.join(" or ")),
        };
        Err(IllegalStep {
            object: self.object,
            id: id.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            possible,
        })
    }

    /// Whether an object may stand in `to` after it stood in `from`; staying where it is is no step.
    ///
    /// # Errors
    /// As [`Lifecycle::check`].
    pub fn go(&self, id: &str, from: &str, to: &str) -> Result<(), IllegalStep> {
        if from == to {
            return Ok(());
        }
        self.check(id, from, to)
    }

    /// The lifecycle in words, for people and for the documentation.
    #[must_use]
    pub fn explain(&self) -> String {
        let mut text = format!("{}\n", self.object);
        for state in self.states {
            let _ = writeln!(text, "  {:<12} {}", state.name, state.meaning);
            for step in self.steps.iter().filter(|step| step.from == state.name) {
                let _ = writeln!(text, "    -> {:<12} {}", step.to, step.on);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lifecycles_are_the_ones_that_were_agreed() {
        let text: Vec<_> = LIFECYCLES
            .iter()
            .map(|lifecycle| lifecycle.explain())
            .collect();
        assert_eq!(text.join("\n"), include_str!("../tests/lifecycles.txt"));
    }

    #[test]
    fn every_state_is_declared_and_can_be_reached() {
        for lifecycle in LIFECYCLES {
            let declared: Vec<_> = lifecycle.states.iter().map(|state| state.name).collect();
            for step in lifecycle.steps {
                assert!(
                    declared.contains(&step.from) && declared.contains(&step.to),
                    "{step:?}"
                );
                let event = step.on.starts_with("com.");
                assert!(
                    !event || events::Event::TYPE_NAMES.contains(&step.on),
                    "{step:?}"
                );
            }
            let mut reached = vec![lifecycle.initial().unwrap()];
            while let Some(more) = reached
                .iter()
                .flat_map(|from| lifecycle.next(from))
                .find(|to| !reached.contains(to))
            {
                reached.push(more);
            }
            for name in declared {
                assert!(reached.contains(&name), "{} {name}", lifecycle.object);
            }
        }
    }

    #[test]
    fn an_undeclared_step_is_refused_with_what_is_possible() {
        assert_eq!(INVOICE.check("INV-1", "open", "paid"), Ok(()));
        let refused = |from, to| PAYMENT.check("pay_1", from, to).unwrap_err().to_string();
        assert_eq!(
            refused("initiated", "refunded"),
            "payment pay_1 is initiated and cannot become refunded; it can become failed or settled"
        );
        assert!(refused("refunded", "settled").ends_with("nothing follows that state"));
        assert!(refused("lost", "settled").ends_with("that state is not declared"));
        assert_eq!(Lifecycle::of("journal").unwrap().object, "journal");
        assert!(Lifecycle::of("quote").is_none());
    }
}
