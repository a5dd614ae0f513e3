//! Approvals for programs inside that act as two people, and what of them the start needs.

use super::is_waiting;
use crate::command::{Answer, Command, GrantApproval};
use crate::fault::stored_value;
use crate::{App, AppFault};
use store::approvals;

impl App {
    /// Does a command of `maker`; when it has to wait for a second person, `checker` grants it.
    /// For programs inside that act as two people: stories, the demo, tests.
    ///
    /// # Errors
    /// As [`App::execute`].
    pub fn act_approved(
        &self,
        maker: &str,
        checker: &str,
        command: Command,
    ) -> Result<Answer, AppFault> {
        let answer = self.act(maker, command)?;
        if !is_waiting(&answer) {
            return Ok(answer);
        }
        self.grant(answer["approval"].as_str().unwrap_or_default(), checker)
    }

    /// Grants a request as `checker`, and answers what its command answers.
    ///
    /// # Errors
    /// When they may not, or it is refused.
    pub fn grant(&self, approval: &str, checker: &str) -> Result<Answer, AppFault> {
        let grant = Command::GrantApproval(GrantApproval {
            approval: stored_value("approval id", approval)?,
            evidence: None,
            reason: String::new(),
        });
        let mut granted = self.act(checker, grant)?;
        Ok(granted["result"].take())
    }

    /// Says whose a token is, so that its owner is not taken for somebody else.
    ///
    /// # Errors
    /// When the store fails.
    pub fn own_token(&self, token: &str, owner: &str) -> Result<(), AppFault> {
        let (token, owner) = (token.to_owned(), owner.to_owned());
        Ok(self
            .store()
            .write(move |tx| approvals::set_owner(tx, &token, &owner))?)
    }

    /// How many requests wait.
    ///
    /// # Errors
    /// When the store fails.
    pub fn waiting_approvals(&self) -> Result<i64, AppFault> {
        Ok(self.store().read(approvals::waiting_count)?)
    }
}
