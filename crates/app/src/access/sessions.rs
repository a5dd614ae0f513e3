//! Sessions of the console: they end when they are not used, after their longest time, by signing out,
//! by signing out everywhere, and when the password or role changes.

use super::{Admitted, role};
use crate::{App, AppFault};
use schemars::JsonSchema;
use serde::Serialize;
use store::access as rows;
use store::sessions::{self, SessionUse};
use values::Instant;

/// Use is written down when it is so much newer than what was written last, in seconds.
const TOUCH_SECONDS: i64 = 60;
/// Most letters that are kept of what a browser says it is.
const AGENT_LETTERS: usize = 120;

/// Where a session begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Where {
    /// The address.
    pub address: String,
    /// What the browser says that it is.
    pub agent: String,
}

/// A session in the list of its user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SessionRow {
    /// What it is called when one of them is to be ended; it opens nothing.
    pub id: String,
    /// Whose.
    pub user: String,
    /// When it began.
    pub began: Instant,
    /// When it was last used, to the minute.
    pub used: Instant,
    /// When it ends whatever happens.
    pub expires: Instant,
    /// Where it began.
    pub address: String,
    /// What the browser said that it is.
    pub agent: String,
}

impl App {
    /// Begins a session of at most `seconds` for a user. `digest` is the digest of its secret.
    ///
    /// # Errors
    /// When the store fails.
    pub fn begin_session(
        &self,
        digest: [u8; 32],
        user: &str,
        csrf: &str,
        seconds: u32,
        from: &Where,
    ) -> Result<(), AppFault> {
        let now = self.clock().now();
        let expires = now.plus_seconds(i64::from(seconds)).microseconds();
        let session = SessionUse {
            digest: digest.to_vec(),
            id: self.ids().mint("ses", now),
            user_name: user.to_owned(),
            began: now.microseconds(),
            used: now.microseconds(),
            expires,
            address: from.address.clone(),
            agent: super::log::plain(&from.agent, AGENT_LETTERS),
        };
        let csrf = csrf.to_owned();
        Ok(self.store().write(move |tx| {
            rows::begin_session(
                tx,
                &digest,
                &session.user_name,
                &csrf,
                expires,
                session.began,
            )?;
            sessions::begin_use(tx, &session)
        })?)
    }

    /// Whom a session admits, unless it has ended or was not used for `idle` seconds.
    ///
    /// # Errors
    /// When the store fails or the stored role is none.
    pub fn session(&self, digest: [u8; 32], idle: u32) -> Result<Option<Admitted>, AppFault> {
        let now = self.clock().now();
        let at = now.microseconds();
        let found = self.store().read(move |tx| {
            let session = rows::session(tx, &digest, at)?;
            let used = sessions::session_use(tx, &digest)?.map(|known| known.used);
            Ok::<_, AppFault>(session.zip(used))
        })?;
        let Some((session, used)) = found else {
            return Ok(None);
        };
        if used < now.plus_seconds(-i64::from(idle)).microseconds() {
            self.end_session(digest)?;
            return Ok(None);
        }
        if used <= now.plus_seconds(-TOUCH_SECONDS).microseconds() {
            // Nobody waits for it; a use that is not written down ends the session a minute early.
            self.store().enqueue(
                move |tx| sessions::touch(tx, &digest, at),
                |written: Result<(), store::StoreFault>| {
                    if let Err(fault) = written {
                        tracing::warn!(%fault, "the use of a session was not written down");
                    }
                },
            );
        }
        Ok(Some(Admitted {
            role: role(&session.role)?,
            name: session.user,
            csrf: session.csrf,
        }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the store fails.
    pub fn end_session(&self, digest: [u8; 32]) -> Result<(), AppFault> {
        Ok(self.store().write(move |tx| {
            let known = sessions::session_use(tx, &digest)?;
            if let Some(known) = known {
                sessions::end_one(tx, &known.user_name, &known.id)?;
            }
            rows::end_session(tx, &digest)
        })?)
    }

    /// Ends one session of a user by the id in the list; answers whether it was there.
    ///
    /// # Errors
    /// When the store fails.
    pub fn end_session_of(&self, user: &str, id: &str) -> Result<bool, AppFault> {
        let (user, id) = (user.to_owned(), id.to_owned());
        Ok(self
            .store()
            .write(move |tx| sessions::end_one(tx, &user, &id))?
            > 0)
    }

    /// Ends every session of a user; answers how many.
    ///
    /// # Errors
    /// When the store fails.
    pub fn end_all_sessions(&self, user: &str) -> Result<u64, AppFault> {
        let user = user.to_owned();
        Ok(self.store().write(move |tx| sessions::end_all(tx, &user))?)
    }

    /// The sessions of a user, or of everybody, the newest use first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sessions(&self, user: Option<&str>) -> Result<Vec<SessionRow>, AppFault> {
        let (user, now) = (user.map(str::to_owned), self.clock().now().microseconds());
        let found = self
            .store()
            .read(move |tx| sessions::sessions(tx, user.as_deref(), now))?;
        Ok(found.into_iter().map(shown).collect())
    }

    /// Removes a user and ends their sessions; answers whether there was one.
    ///
    /// # Errors
    /// When the store fails.
    pub fn remove_user(&self, name: &str) -> Result<bool, AppFault> {
        let name = name.to_owned();
        Ok(self
            .store()
            .write(move |tx| sessions::remove_user(tx, &name))?)
    }
}

fn shown(row: SessionUse) -> SessionRow {
    SessionRow {
        id: row.id,
        user: row.user_name,
        began: Instant::from_microseconds(row.began),
        used: Instant::from_microseconds(row.used),
        expires: Instant::from_microseconds(row.expires),
        address: row.address,
        agent: row.agent,
    }
}
