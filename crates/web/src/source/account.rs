//! Sessions and passwords, from the books.

use super::{AppSource, Asked, told};
use crate::auth::{AccessFault, Changed, change_password};
use crate::console::{AccountSource, OwnSession, SessionLine, SourceFault, Viewer};
use app::access::{AccessKind, AccessNote};

impl AppSource {
    fn note(&self, kind: AccessKind, object: &str, by: &Viewer, detail: String) -> Asked<()> {
        let note = AccessNote::about(kind, object).by(&by.name, &by.role);
        self.app.note_access(note.saying(detail)).map_err(told)
    }
}

impl AccountSource for AppSource {
    fn sessions(&self, user: Option<&str>, own: Option<OwnSession>) -> Asked<Vec<SessionLine>> {
        let id = match own {
            Some(OwnSession(digest)) => self.app.session_id(digest).map_err(told)?,
            None => None,
        };
        let rows = self.app.sessions(user).map_err(told)?;
        let lines = rows.into_iter().map(|row| SessionLine {
            is_own: Some(&row.id) == id.as_ref(),
            row,
        });
        Ok(lines.collect())
    }

    fn end_session(&self, user: &str, id: &str, by: &Viewer) -> Asked<bool> {
        let was_there = self.app.end_session_of(user, id).map_err(told)?;
        if was_there {
            self.note(AccessKind::SessionEnded, user, by, format!("session {id}"))?;
        }
        Ok(was_there)
    }

    fn end_other_sessions(&self, by: &Viewer, OwnSession(keep): OwnSession) -> Asked<u64> {
        let ended = self.app.end_other_sessions(&by.name, keep).map_err(told)?;
        let detail = format!("all others: {ended}");
        self.note(AccessKind::SessionEnded, &by.name, by, detail)?;
        Ok(ended)
    }

    fn change_password(
        &self,
        by: &Viewer,
        present: &str,
        new: &str,
        OwnSession(keep): OwnSession,
    ) -> Asked<()> {
        let refused = |reason: String| Err(SourceFault::Refused { reason });
        match change_password(&self.app, &by.name, (present, new), keep) {
            Ok(Changed::Done) => {
                let detail = "own password".to_owned();
                self.note(AccessKind::UserChanged, &by.name, by, detail)
            }
            Ok(Changed::PresentIsWrong) => {
                let detail = "present password".to_owned();
                self.note(AccessKind::SignInRefused, "account", by, detail)?;
                refused("The present password is not right. Nothing was changed.".to_owned())
            }
            Ok(Changed::Later(seconds)) => refused(format!(
                "Too many attempts. Nothing was changed; try again in {} minutes.",
                seconds.div_ceil(60)
            )),
            Err(AccessFault::App(fault)) => Err(told(fault)),
            Err(fault) => refused(format!("Nothing was changed: {fault}.")),
        }
    }
}
