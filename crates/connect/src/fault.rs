//! What a call came to when it did not work, in the classes of the house.

use crate::request::{Operation, Reply};

/// The class of a fault decides between retry, hold and a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultClass {
    /// The world stumbled; the same request may work in a moment and cannot do harm twice.
    Transient,
    /// Too many calls. The lane holds and no attempt is used up.
    Throttled {
        /// Wait in milliseconds the vendor asked for, if it said.
        retry_after_ms: Option<u64>,
    },
    /// The credentials were refused. The connection holds until an administrator mends them.
    Authentication,
    /// The content was refused: an unknown id, a missing or malformed field.
    Data,
    /// The content is fine but a rule forbids it: a closed period, a declined card, a permission.
    Policy,
    /// Something else changed or claimed the object first: look again before deciding.
    Conflict,
    /// It is already there. The work is done, or another record holds our key.
    Duplicate,
    /// The request was sent and its outcome is unknown: read back before anything else.
    Ambiguous,
    /// The mistake is ours: a malformed request or an answer this version cannot know.
    Bug,
}

impl FaultClass {
    /// Whether the same request may simply be sent again later.
    pub const fn may_retry(self) -> bool {
        match self {
            FaultClass::Transient | FaultClass::Throttled { .. } => true,
            FaultClass::Authentication
            | FaultClass::Data
            | FaultClass::Policy
            | FaultClass::Conflict
            | FaultClass::Duplicate
            | FaultClass::Ambiguous
            | FaultClass::Bug => false,
        }
    }
}

/// A call that did not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{system}: {message} ({code})")]
pub struct Fault {
    /// What to do about it.
    pub class: FaultClass,
    /// Which system it happened with.
    pub system: &'static str,
    /// The vendor's own code, or one of ours in lower case such as `no_answer`.
    pub code: String,
    /// Public text without secrets, at most 300 characters.
    pub message: String,
}

/// Longest public text of a fault, in characters.
const MESSAGE_MAX_CHARS: usize = 300;
/// Longest code of a fault, in characters: it is the other system's text too.
const CODE_MAX_CHARS: usize = 80;

impl Fault {
    /// Builds a fault; control characters are dropped from its texts, the message is cut at 300
    /// characters and the code at 80.
    pub fn new(
        system: &'static str,
        class: FaultClass,
        code: impl Into<String>,
        message: &str,
    ) -> Fault {
        Fault {
            class,
            system,
            code: clean(&code.into(), CODE_MAX_CHARS),
            message: clean(message, MESSAGE_MAX_CHARS),
        }
    }

    /// The class of a server-side failure (5xx, 408) for an operation: what may safely be sent
    /// again is transient, everything else has to be read back.
    pub fn class_of_server_failure(operation: &Operation) -> FaultClass {
        if operation.safety.resend_is_safe() {
            FaultClass::Transient
        } else {
            FaultClass::Ambiguous
        }
    }

    /// A fault for a whole answer that is about another object than the one asked about, as a proxy
    /// that mixes up its connections gives it. What was asked for may have been done.
    pub fn of_another(operation: &Operation, asked: &str) -> Fault {
        let class = if operation.safety.writes() {
            FaultClass::Ambiguous
        } else {
            FaultClass::Transient
        };
        Fault::new(
            operation.system,
            class,
            "answer_of_another",
            &format!(
                "{}: the answer is about another object than {asked}",
                operation.name
            ),
        )
    }

    /// A fault for an answer that carries no error the vendor documents, by status alone.
    pub fn by_status(operation: &Operation, reply: &Reply) -> Fault {
        let class = match reply.status {
            401 => FaultClass::Authentication,
            403 => FaultClass::Policy,
            409 | 412 => FaultClass::Conflict,
            429 => FaultClass::Throttled {
                retry_after_ms: reply.retry_after_ms(),
            },
            408 | 500..=599 => Fault::class_of_server_failure(operation),
            400..=499 => FaultClass::Data,
            _ => FaultClass::Bug,
        };
        Fault::new(
            operation.system,
            class,
            format!("http_{}", reply.status),
            &format!("{} answered with status {}", operation.name, reply.status),
        )
    }

    /// A fault for a successful answer that cannot be understood. After a write the work may
    /// well be done, so it is ambiguous.
    pub fn unreadable(operation: &Operation, fault: &ReadFault) -> Fault {
        let class = if operation.safety.writes() {
            FaultClass::Ambiguous
        } else if fault.kind == ReadFaultKind::NotJson {
            FaultClass::Transient
        } else {
            FaultClass::Data
        };
        Fault::new(
            operation.system,
            class,
            "unreadable_answer",
            &fault.to_string(),
        )
    }
}

/// What was wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadFaultKind {
    /// The text is not JSON at all, or is cut off.
    NotJson,
    /// The field is absent or null and we cannot do without it.
    Missing,
    /// The field holds something of another kind or outside its range.
    Unreadable,
}

/// A foreign record that cannot be read, naming the field, its value and the mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{system} field {field} holds {value}: {mend}")]
pub struct ReadFault {
    /// Which system sent it.
    pub system: &'static str,
    /// What was wrong.
    pub kind: ReadFaultKind,
    /// Path of the field, e.g. `OpportunityLineItems.records[2].Quantity`.
    pub field: String,
    /// The value found, cut at 80 characters; `nothing` when absent.
    pub value: String,
    /// What would mend it.
    pub mend: String,
}

/// Longest value quoted in a [`ReadFault`], in characters.
const VALUE_MAX_CHARS: usize = 80;

impl ReadFault {
    /// A field that is absent or null.
    pub fn missing(system: &'static str, field: impl Into<String>, mend: &str) -> ReadFault {
        ReadFault {
            system,
            kind: ReadFaultKind::Missing,
            field: field.into(),
            value: "nothing".to_owned(),
            mend: mend.to_owned(),
        }
    }

    /// A field that holds something we cannot take.
    pub fn unreadable(
        system: &'static str,
        field: impl Into<String>,
        value: &str,
        mend: &str,
    ) -> ReadFault {
        ReadFault {
            system,
            kind: ReadFaultKind::Unreadable,
            field: field.into(),
            value: clean(value, VALUE_MAX_CHARS),
            mend: mend.to_owned(),
        }
    }

    /// A text that is not JSON.
    pub fn not_json(system: &'static str, what: &str, body: &[u8], why: &str) -> ReadFault {
        ReadFault {
            system,
            kind: ReadFaultKind::NotJson,
            field: what.to_owned(),
            value: format!("{} bytes that are not JSON", body.len()),
            mend: format!("the whole answer must arrive as JSON ({why})"),
        }
    }
}

/// Drops control characters and cuts the text at `max_chars` characters.
fn clean(text: &str, max_chars: usize) -> String {
    let mut cleaned: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(max_chars)
        .collect();
    if text.chars().nth(max_chars).is_some() {
        cleaned.pop();
        cleaned.push('…');
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Safety;

    const READ: Operation = Operation {
        system: "stripe",
        name: "list_events",
        safety: Safety::ReadOnly,
    };
    const CREATE: Operation = Operation {
        system: "netsuite",
        name: "create_journal_entry",
        safety: Safety::FindThenCreate,
    };

    fn reply(status: u16) -> Reply {
        Reply {
            status,
            headers: vec![("retry-after".into(), "2".into())],
            body: b"<html>".to_vec(),
        }
    }

    #[test]
    fn a_server_failure_is_ambiguous_only_where_a_repeat_could_do_harm() {
        assert_eq!(
            Fault::by_status(&READ, &reply(503)).class,
            FaultClass::Transient
        );
        assert_eq!(
            Fault::by_status(&CREATE, &reply(503)).class,
            FaultClass::Ambiguous
        );
        assert_eq!(
            Fault::by_status(&READ, &reply(429)).class,
            FaultClass::Throttled {
                retry_after_ms: Some(2000)
            }
        );
        assert_eq!(Fault::by_status(&READ, &reply(302)).class, FaultClass::Bug);
    }

    #[test]
    fn texts_are_cut_and_hold_no_control_characters() {
        let fault = Fault::new("stripe", FaultClass::Data, "x", &"a\n".repeat(400));
        assert_eq!(fault.message.chars().count(), 300);
        assert!(fault.message.chars().all(|letter| !letter.is_control()));
    }
}
