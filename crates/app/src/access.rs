//! Who may come in: console users with their sessions, and API tokens. Only digests of secrets get
//! here; passwords are hashed and secrets are made at the edge.

mod log;
mod overview;
mod own;
mod sessions;
mod sign_in;

pub use log::{AccessEntry, AccessKind, AccessNote, AccessQuery};
pub(crate) use log::{SERIES, seal};
pub use overview::{Audit, AuditCheck, Bypass, Deed, KindCount};
pub use sessions::{SessionRow, Where};

use crate::{App, AppFault};
use control::Role;
use store::access as rows;

/// What a session or token admits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// The user or token, by name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// What forms of the session must carry; empty for tokens.
    pub csrf: String,
}

fn role(word: &str) -> Result<Role, AppFault> {
    Role::from_word(word).ok_or_else(|| AppFault::Unreadable {
        what: "role",
        error: format!("{word:?} is no role"),
    })
}

impl App {
    /// Whether nobody can sign in yet.
    ///
    /// # Errors
    /// When the store fails.
    pub fn has_no_users(&self) -> Result<bool, AppFault> {
        Ok(self.store().read(rows::user_count)? == 0)
    }

    /// Adds a user, or changes the role and password of one. `password_hash` is in PHC form.
    ///
    /// # Errors
    /// When the store fails.
    pub fn put_user(&self, name: &str, role: Role, password_hash: &str) -> Result<(), AppFault> {
        let user = rows::User {
            name: name.to_owned(),
            role: role.as_str().to_owned(),
            password_hash: password_hash.to_owned(),
        };
        let now = self.clock().now().microseconds();
        Ok(self.store().write(move |tx| {
            // Whoever was signed in with the old password or role signs in again.
            store::sessions::end_all(tx, &user.name)?;
            rows::put_user(tx, &user, now)
        })?)
    }

    /// The password hash and role of a user.
    ///
    /// # Errors
    /// When the store fails or the stored role is none.
    pub fn user(&self, name: &str) -> Result<Option<(String, Role)>, AppFault> {
        let name = name.to_owned();
        let found = self.store().read(move |tx| rows::user(tx, &name))?;
        found
            .map(|user| Ok((user.password_hash, role(&user.role)?)))
            .transpose()
    }

    /// Adds an API token. `digest` is the digest of its text.
    ///
    /// # Errors
    /// When the store fails.
    pub fn add_token(&self, digest: [u8; 32], name: &str, role: Role) -> Result<(), AppFault> {
        let now = self.clock().now().microseconds();
        let name = name.to_owned();
        Ok(self
            .store()
            .write(move |tx| rows::add_token(tx, &digest, &name, role.as_str(), now))?)
    }

    /// Revokes the tokens of a name; answers how many there were.
    ///
    /// # Errors
    /// When the store fails.
    pub fn revoke_tokens(&self, name: &str) -> Result<u64, AppFault> {
        let now = self.clock().now().microseconds();
        let name = name.to_owned();
        Ok(self
            .store()
            .write(move |tx| rows::revoke_tokens(tx, &name, now))?)
    }

    /// Whom a token admits, unless it was revoked.
    ///
    /// # Errors
    /// When the store fails or the stored role is none.
    pub fn token(&self, digest: [u8; 32]) -> Result<Option<Admitted>, AppFault> {
        let found = self.store().read(move |tx| rows::token(tx, &digest))?;
        found
            .map(|(name, word)| {
                Ok(Admitted {
                    name,
                    role: role(&word)?,
                    csrf: String::new(),
                })
            })
            .transpose()
    }
}
