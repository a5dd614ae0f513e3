//! The register of flows between this program and other systems, and the controls on each. A flow
//! is live only when it has an owner, a schema, an idempotency key, an agreed time and a runbook.

use crate::Role;
use serde::Deserialize;
use std::fmt::Write as _;

/// Which way facts pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To us.
    In,
    /// From us.
    Out,
}

impl Direction {
    /// The word shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::In => "in",
            Direction::Out => "out",
        }
    }
}

/// A control on a flow, with what proves it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowControl {
    /// What it prevents or finds.
    pub control: String,
    /// Where the evidence is: a screen, a command, a test.
    pub evidence: String,
}

/// A flow.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Its name.
    pub id: String,
    /// What passes, in words.
    pub title: String,
    /// Which way.
    pub direction: Direction,
    /// The other system.
    pub system: String,
    /// Who answers for it.
    pub owner: Role,
    /// The shape of what passes, and where it is written down.
    pub schema: String,
    /// What makes a repetition harmless.
    pub idempotency_key: String,
    /// How soon.
    pub sla: String,
    /// What to do when it stops.
    pub runbook: String,
    /// Operations of the effect ledger that belong to it.
    #[serde(default)]
    pub operations: Vec<String>,
    /// Sources of the inbox that belong to it.
    #[serde(default)]
    pub inbox: Vec<String>,
    /// Its controls.
    #[serde(default)]
    pub controls: Vec<FlowControl>,
}

/// All flows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowRegister {
    /// In the order of the file.
    pub flows: Vec<Flow>,
}

/// One thing wrong with the register.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlowProblem {
    /// The text has not the shape of one.
    #[error("the flow register cannot be read: {message}")]
    Unreadable {
        /// What the reader said.
        message: String,
    },
    /// A flow that is not ready to go live.
    #[error("flow {flow} cannot go live: {field} is empty")]
    NotReady {
        /// The flow.
        flow: String,
        /// What is missing.
        field: &'static str,
    },
    /// Two flows claim the same.
    #[error("{what} {id} belongs to two flows; leave it in one")]
    Twice {
        /// What kind of thing.
        what: &'static str,
        /// Which.
        id: String,
    },
}

impl FlowRegister {
    /// The register that ships with the program.
    pub const STANDARD: &'static str = include_str!("../data/flows.toml");

    /// Reads a register.
    ///
    /// # Errors
    /// Everything that keeps a flow from going live.
    pub fn read(text: &str) -> Result<FlowRegister, Vec<FlowProblem>> {
        let register: FlowRegister = values::read_toml(text).map_err(|error| {
            vec![FlowProblem::Unreadable {
                message: error.to_string().trim().to_owned(),
            }]
        })?;
        let mut problems = Vec::new();
        for flow in &register.flows {
            problems.extend(flow.missing().map(|field| FlowProblem::NotReady {
                flow: flow.id.clone(),
                field,
            }));
        }
        let mut once = |what: &'static str, ids: Vec<&String>| {
            for (index, id) in ids.iter().enumerate() {
                if ids[..index].contains(id) {
                    problems.push(FlowProblem::Twice {
                        what,
                        id: (*id).clone(),
                    });
                }
            }
        };
        let flows = &register.flows;
        once("flow", flows.iter().map(|it| &it.id).collect());
        once(
            "operation",
            flows.iter().flat_map(|it| &it.operations).collect(),
        );
        once("inbox", flows.iter().flat_map(|it| &it.inbox).collect());
        if problems.is_empty() {
            Ok(register)
        } else {
            Err(problems)
        }
    }

    /// The flow that an operation of the effect ledger belongs to.
    #[must_use]
    pub fn of_operation(&self, operation: &str) -> Option<&Flow> {
        self.flows
            .iter()
            .find(|flow| flow.operations.iter().any(|known| known == operation))
    }

    /// The flow that an inbox item belongs to: by source and kind, else by source.
    #[must_use]
    pub fn of_inbox(&self, source: &str, kind: &str) -> Option<&Flow> {
        let named = |name: &str| {
            self.flows
                .iter()
                .find(|flow| flow.inbox.iter().any(|known| known == name))
        };
        named(&format!("{source}/{kind}")).or_else(|| named(source))
    }

    /// The control matrix as a page: flow, control, evidence.
    #[must_use]
    pub fn matrix(&self) -> String {
        let mut text = String::from(
            "# Controls\n\nGenerated from `crates/control/data/flows.toml`; do not edit. Every effect operation and every\n\
             source of the inbox belongs to one flow, and a flow goes live only when it is complete.\n\n## Flows\n\n\
             | Flow | Way | System | Owner | Schema | Repetition is harmless by | Within | When it stops |\n\
             |---|---|---|---|---|---|---|---|\n",
        );
        for flow in &self.flows {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} | {} | {} |",
                flow.title,
                flow.direction.as_str(),
                flow.system,
                flow.owner.title(),
                flow.schema,
                flow.idempotency_key,
                flow.sla,
                flow.runbook
            );
        }
        text.push_str("\n## Control matrix\n\n| Flow | Control | Evidence |\n|---|---|---|\n");
        for flow in &self.flows {
            for control in &flow.controls {
                let _ = writeln!(
                    text,
                    "| {} | {} | {} |",
                    flow.title, control.control, control.evidence
                );
            }
        }
        text
    }
}

impl Flow {
    fn missing(&self) -> impl Iterator<Item = &'static str> {
        let carries = self.operations.is_empty() && self.inbox.is_empty();
        [
            ("id", self.id.trim().is_empty()),
            ("title", self.title.trim().is_empty()),
            ("system", self.system.trim().is_empty()),
            ("schema", self.schema.trim().is_empty()),
            ("idempotency_key", self.idempotency_key.trim().is_empty()),
            ("sla", self.sla.trim().is_empty()),
            ("runbook", self.runbook.trim().is_empty()),
            ("operations and inbox", carries),
            ("controls", self.controls.is_empty()),
        ]
        .into_iter()
        .filter(|(_, missing)| *missing)
        .map(|(field, _)| field)
    }
}
