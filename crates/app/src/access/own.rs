//! What people do about their own way in: end the other sessions, take another password.

use crate::{App, AppFault};
use store::access as rows;
use store::sessions;

impl App {
    /// What the session of this digest is called in the list of its user; nothing when it has ended.
    ///
    /// # Errors
    /// When the store fails.
    pub fn session_id(&self, digest: [u8; 32]) -> Result<Option<String>, AppFault> {
        let known = self
            .store()
            .read(move |tx| sessions::session_use(tx, &digest))?;
        Ok(known.map(|session| session.id))
    }

    /// Ends every session of a user but the one of this digest; answers how many.
    ///
    /// # Errors
    /// When the store fails.
    pub fn end_other_sessions(&self, user: &str, keep: [u8; 32]) -> Result<u64, AppFault> {
        let user = user.to_owned();
        Ok(self
            .store()
            .write(move |tx| sessions::end_all_but(tx, &user, &keep))?)
    }

    /// Gives a user another password, with the role as it is, and ends every session of theirs but the
    /// one of this digest. `password_hash` is in PHC form. Answers whether there is such a user.
    ///
    /// # Errors
    /// When the store fails.
    pub fn change_password(
        &self,
        user: &str,
        password_hash: &str,
        keep: [u8; 32],
    ) -> Result<bool, AppFault> {
        let (user, password_hash) = (user.to_owned(), password_hash.to_owned());
        let now = self.clock().now().microseconds();
        Ok(self.store().write(move |tx| {
            let Some(known) = rows::user(tx, &user)? else {
                return Ok(false);
            };
            sessions::end_all_but(tx, &user, &keep)?;
            let changed = rows::User {
                password_hash,
                ..known
            };
            rows::put_user(tx, &changed, now)?;
            Ok::<_, store::StoreFault>(true)
        })?)
    }
}
