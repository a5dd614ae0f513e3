//! What is done about each class of fault: one table. It says whether the same request may go again,
//! whether the attempt counts, who is asked when nothing more can be done by itself, and how they
//! proceed. [`crate::effect::after`] follows it, and `docs/flow.md` prints it.

use crate::effect::FaultClass;
use crate::{ExceptionClass, Role};
use std::fmt::Write;

/// What follows a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// The same again after the back-off; a person once the attempts are used up.
    Again,
    /// The same again when the other system asked for it, else after the back-off.
    Wait,
    /// Look whether it happened, at once.
    Look,
    /// A person.
    Person(ExceptionClass),
}

/// What is done about one class of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultPolicy {
    /// The word stored and published.
    pub class: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What follows when a send failed like that.
    pub send: Reaction,
    /// What follows when a read-back failed like that; the effect stays ambiguous.
    pub read: Reaction,
    /// Whether the attempt counts against the limit.
    pub counts: bool,
    /// What happens to the connection.
    pub connection: &'static str,
    /// The exception that is raised in the end.
    pub exception: ExceptionClass,
}

impl FaultPolicy {
    /// Who is asked in the end.
    #[must_use]
    pub fn owner(&self) -> Role {
        self.exception.owner()
    }
}

use ExceptionClass as X;

const TRANSIENT: FaultPolicy = FaultPolicy {
    class: "transient",
    meaning: "The world stumbled and sending again can do no harm: no connection, a refusal before anything was done.",
    send: Reaction::Again,
    read: Reaction::Again,
    counts: true,
    connection: "counts towards the breaker",
    exception: X::EffectExhausted,
};

const THROTTLED: FaultPolicy = FaultPolicy {
    class: "throttled",
    meaning: "Too many calls, or the breaker holds.",
    send: Reaction::Wait,
    read: Reaction::Wait,
    counts: false,
    connection: "holds for as long as was asked",
    exception: X::EffectExhausted,
};

const AUTHENTICATION: FaultPolicy = FaultPolicy {
    class: "authentication",
    meaning: "The credentials were refused.",
    send: Reaction::Person(X::CredentialsRefused),
    read: Reaction::Person(X::CredentialsRefused),
    counts: true,
    connection: "is held until the effect is released or the connection is resumed",
    exception: X::CredentialsRefused,
};

const DATA: FaultPolicy = FaultPolicy {
    class: "data",
    meaning: "The content was refused: an unknown id, a missing field.",
    send: Reaction::Person(X::EffectRefused),
    read: Reaction::Person(X::EffectAmbiguous),
    counts: true,
    connection: "is well; its other lanes go on",
    exception: X::EffectRefused,
};

const POLICY: FaultPolicy = FaultPolicy {
    class: "policy",
    meaning: "A rule there forbids it: a closed period, a missing permission.",
    send: Reaction::Person(X::EffectForbidden),
    read: Reaction::Person(X::EffectAmbiguous),
    counts: true,
    connection: "is well; its other lanes go on",
    exception: X::EffectForbidden,
};

const CONFLICT: FaultPolicy = FaultPolicy {
    class: "conflict",
    meaning: "Something else changed the object first.",
    send: Reaction::Look,
    read: Reaction::Again,
    counts: true,
    connection: "is well; its other lanes go on",
    exception: X::EffectAmbiguous,
};

const DUPLICATE: FaultPolicy = FaultPolicy {
    class: "duplicate",
    meaning: "It is said to be there already.",
    send: Reaction::Look,
    read: Reaction::Again,
    counts: true,
    connection: "is well; its other lanes go on",
    exception: X::EffectAmbiguous,
};

const AMBIGUOUS: FaultPolicy = FaultPolicy {
    class: "ambiguous",
    meaning: "It was sent and no whole answer came: it may have happened.",
    send: Reaction::Look,
    read: Reaction::Again,
    counts: true,
    connection: "counts towards the breaker",
    exception: X::EffectAmbiguous,
};

const BUG: FaultPolicy = FaultPolicy {
    class: "bug",
    meaning: "The mistake is ours: a malformed request, an answer that this version cannot know.",
    send: Reaction::Person(X::EffectFault),
    read: Reaction::Person(X::EffectAmbiguous),
    counts: true,
    connection: "is well; its other lanes go on",
    exception: X::EffectFault,
};

/// The table, one row a class.
pub const TABLE: [FaultPolicy; 9] = [
    TRANSIENT,
    THROTTLED,
    AUTHENTICATION,
    DATA,
    POLICY,
    CONFLICT,
    DUPLICATE,
    AMBIGUOUS,
    BUG,
];

impl FaultClass {
    /// What is done about it.
    #[must_use]
    pub fn policy(self) -> &'static FaultPolicy {
        match self {
            FaultClass::Transient => &TRANSIENT,
            FaultClass::Throttled { .. } => &THROTTLED,
            FaultClass::Authentication => &AUTHENTICATION,
            FaultClass::Data => &DATA,
            FaultClass::Policy => &POLICY,
            FaultClass::Conflict => &CONFLICT,
            FaultClass::Duplicate => &DUPLICATE,
            FaultClass::Ambiguous => &AMBIGUOUS,
            FaultClass::Bug => &BUG,
        }
    }
}

/// The table for people, as Markdown.
#[must_use]
pub fn page() -> String {
    let mut text = String::from(
        "| Class | What it means | A send that failed | A read-back that failed | Attempt | Connection | Owner in the end |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for row in &TABLE {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} | {} | {} |",
            row.class,
            row.meaning,
            words(row.send, "sent again"),
            words(row.read, "looked for again"),
            if row.counts {
                "counts"
            } else {
                "does not count"
            },
            row.connection,
            row.owner().title(),
        );
    }
    text.push_str("\nThe playbook of each, as the exception shows it:\n");
    for row in &TABLE {
        let _ = writeln!(
            text,
            "\n**{}** → `{}`, {}\n",
            row.class,
            row.exception.code(),
            row.exception.title()
        );
        for step in row.exception.playbook() {
            let _ = writeln!(text, "1. {step}");
        }
    }
    text
}

fn words(reaction: Reaction, again: &str) -> String {
    match reaction {
        Reaction::Again => format!("{again} after the back-off"),
        Reaction::Wait => format!("{again} when asked to, else after the back-off"),
        Reaction::Look => "looked for at once".to_owned(),
        Reaction::Person(class) => format!("parked as `{}`", class.code()),
    }
}
