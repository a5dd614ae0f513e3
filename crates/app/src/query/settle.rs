//! The two buttons of the exception inbox, in the shape in which the console presses them. They are
//! commands like any other; only the reading around them lives here.

use crate::command::{AssignException, Command, Envelope, ResolveException};
use crate::{App, AppFault};
use sha2::{Digest, Sha256};

/// How a person ends an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResolveOutcome {
    /// What was missing is there now: do again what had stopped. It stays open if it stops again.
    Retry,
    /// It was put right elsewhere, or the difference is accepted, for the reason given.
    Settle,
    /// It is to have no effect, ever, for the reason given.
    Reject,
}

impl App {
    /// Ends an exception, or tries again what it stopped. The same call twice has one effect.
    ///
    /// # Errors
    /// A refusal when it is not open, has no reason, or stops again.
    pub fn resolve_exception(
        &self,
        id: &str,
        outcome: ResolveOutcome,
        reason: &str,
        actor: &str,
    ) -> Result<(), AppFault> {
        let word = match outcome {
            ResolveOutcome::Retry => return self.retry_exception(id, actor),
            ResolveOutcome::Settle => "mended",
            ResolveOutcome::Reject => "skipped",
        };
        let command = Command::ResolveException(ResolveException {
            exception: id.parse()?,
            outcome: word.to_owned(),
            code: None,
            reason: reason.to_owned(),
        });
        // A form that is sent twice carries the same words, and so the same key.
        let words = hex::encode(Sha256::digest(format!("{word}\n{reason}").as_bytes()));
        let envelope = Envelope {
            client: format!("console/{actor}"),
            key: format!("resolve/{id}/{words}"),
            actor: actor.to_owned(),
            command,
        };
        self.execute(envelope).map(|_| ())
    }

    /// Gives an exception to a person or role.
    ///
    /// # Errors
    /// A refusal when it is not open or the owner is empty.
    pub fn assign_exception(&self, id: &str, owner: &str, actor: &str) -> Result<(), AppFault> {
        let command = Command::AssignException(AssignException {
            exception: id.parse()?,
            owner: owner.to_owned(),
        });
        self.act(actor, command).map(|_| ())
    }
}
