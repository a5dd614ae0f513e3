//! The people who look after what the program asks them.

use super::{Year, is_weather};
use crate::StormFault;
use crate::checker::Books;
use crate::house::{ACTOR, CHECKER};
use app::AppFault;
use app::command::Command;
use serde_json::json;
use store::proof::Record;

/// Keys of exceptions that are settled by trying again once the cause is gone.
const TRIED_AGAIN: [&str; 3] = ["effect/", "credentials/", "inbox/"];

impl Year {
    /// Somebody goes through the open exceptions and lets run again what was held by the weather.
    /// Postings wait for the month to be opened; what customers and sellers did stays open. Without
    /// `all` only some of them are got to.
    pub(super) fn look_after_exceptions(&mut self, all: bool) {
        let Ok(books) = Books::read(&self.ground.store) else {
            return;
        };
        let open: Vec<Record> = books.open_exceptions().cloned().collect();
        for row in open {
            let key = row.text("key");
            let is_for_us = TRIED_AGAIN.iter().any(|prefix| key.starts_with(prefix));
            if is_for_us && (all || self.chance.strikes(5_000)) {
                self.resolve(&row);
            }
        }
    }

    fn resolve(&mut self, row: &Record) {
        let body = json!({
            "exception": row.text("id"), "outcome": "mended", "reason": "the cause is gone; tried again",
        });
        let Ok(command) = Command::read("resolve_exception", body) else {
            return self.find(
                "exception",
                format!("{} cannot be resolved", row.text("id")),
            );
        };
        self.note(format!(
            "{} is tried again: {}",
            row.text("key"),
            row.text("summary")
        ));
        match self.with(|house| house.app.act(ACTOR, command)) {
            None | Some(Ok(_) | Err(AppFault::Refused(_))) => {}
            Some(Err(AppFault::Store(fault))) if is_weather(&fault) => {}
            Some(Err(fault)) => self.find("exception", fault.to_string()),
        }
    }

    /// The auditor lets every month be opened again, newest first, so that what was parked is posted.
    pub(super) fn open_all_months(&mut self) -> Result<(), StormFault> {
        let mut closed = self.ground.store.read(store::journals::closed_months)?;
        closed.sort_by(|a, b| b.cmp(a));
        for (entity, month) in closed {
            let body =
                json!({ "entity": entity, "month": month, "reason": "to post what was parked" });
            let command = Command::read("reopen_period", body)?;
            if let Some(Err(fault)) =
                self.with(|house| house.app.act_approved(ACTOR, CHECKER, command))
            {
                self.find("reopen", fault.to_string());
            }
        }
        let posted = self.with(|house| house.app.post_what_was_parked(ACTOR));
        if let Some(Err(fault)) = posted {
            self.find("parked postings", fault.to_string());
        }
        Ok(())
    }
}
