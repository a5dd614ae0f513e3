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
const CREDITED: &str = "com.tieout.billing.credit_memo.issued.v1";
const SETTLED: &str = "com.tieout.payment.payment.settled.v1";
const REFUNDED: &str = "com.tieout.payment.payment.refunded.v1";
const OPENED: &str = "com.tieout.control.exception.opened.v1";
const RESOLVED: &str = "com.tieout.control.exception.resolved.v1";
const CONFIRMED: &str = "com.tieout.connection.effect.confirmed.v1";
const REVERSED: &str = "com.tieout.ledger.journal.reversed.v1";
const ACCEPTED: &str = "com.tieout.order.order.accepted.v1";

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
    ],
    steps: &[
        step("open", "partly_paid", APPLIED),
        step("open", "paid", APPLIED),
        step("open", "open", CREDITED),
        step("open", "credited", CREDITED),
        step("open", "written_off", "a person gives it up, with approval"),
        step("partly_paid", "partly_paid", APPLIED),
        step("partly_paid", "paid", APPLIED),
        step("partly_paid", "open", APPLIED),
        step("partly_paid", "partly_paid", CREDITED),
        step("partly_paid", "paid", CREDITED),
        step("partly_paid", "credited", CREDITED),
        step(
            "partly_paid",
            "written_off",
            "a person gives it up, with approval",
        ),
        step("paid", "partly_paid", APPLIED),
        step("paid", "open", APPLIED),
        step("paid", "paid", CREDITED),
        step("paid", "credited", CREDITED),
        step("written_off", "paid", APPLIED),
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

/// Every lifecycle.
pub const LIFECYCLES: &[&Lifecycle] = &[&OPPORTUNITY, &CONTRACT, &INVOICE, &PAYMENT, &JOURNAL];

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
