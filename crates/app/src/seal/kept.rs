//! Secrets that belong to rows of the books, kept sealed in one table so that a rotation of the keys
//! finds them all.

use super::{KeyFile, SealFault, Sealer, SystemEntropy};
use crate::{App, AppFault, Context};
use connect::Secret;
use std::sync::Arc;
use store::{Tx, secrets as rows};

/// The setting of the books that names the newest key which sealed anything in them.
const KEY_OF_BOOKS: &str = "seal_key";

/// Keeps a secret of the books, or replaces it, in the transaction of the row that it belongs to.
///
/// # Errors
/// When the program has no key, or the store fails.
pub fn keep(
    tx: &mut Tx<'_>,
    context: &Context,
    purpose: &str,
    name: &str,
    secret: &Secret,
) -> Result<(), AppFault> {
    let sealed = context.sealer()?.seal(purpose, name, secret)?;
    Ok(rows::put_secret(
        tx,
        purpose,
        name,
        &sealed,
        context.now.microseconds(),
    )?)
}

/// Opens a secret of the books.
///
/// # Errors
/// When there is none of the name, it does not open, or the store fails.
pub fn kept(
    tx: &mut Tx<'_>,
    sealer: &Sealer,
    purpose: &str,
    name: &str,
) -> Result<Secret, AppFault> {
    let Some(sealed) = rows::secret(tx, purpose, name)? else {
        return Err(AppFault::NotFound {
            kind: "secret",
            id: format!("{purpose}/{name}"),
        });
    };
    Ok(sealer.open(purpose, name, &sealed)?)
}

/// Forgets a secret of the books.
///
/// # Errors
/// When the store fails.
pub fn forget(tx: &mut Tx<'_>, purpose: &str, name: &str) -> Result<(), AppFault> {
    Ok(rows::remove_secret(tx, purpose, name)?)
}

impl App {
    /// Lets the program seal and open secrets. Books that hold secrets under a key which is not among
    /// those of the sealer refuse it, so that a second key never comes into use by mistake.
    ///
    /// # Errors
    /// When the books ask for another key, or the store fails.
    pub fn with_sealer(self, sealer: Sealer) -> Result<App, AppFault> {
        let wanted = self.key_of_books()?;
        if let Some(wanted) = wanted
            && !sealer.key_ids().contains(&wanted.as_str())
        {
            let found = sealer.key_ids().join(", ");
            return Err(SealFault::OtherKey { wanted, found }.into());
        }
        let newest = sealer.key_ids().first().map(|id| (*id).to_owned());
        self.store().write(move |tx| match newest {
            Some(newest) => store::settings::set_setting(tx, KEY_OF_BOOKS, &newest),
            None => Ok(()),
        })?;
        self.set_sealer(sealer);
        Ok(self)
    }

    /// As [`App::with_sealer`] with the keys of a file. Books that were never sealed get one with a new
    /// key.
    ///
    /// # Errors
    /// When the file cannot be used or made, or is not the one of these books.
    pub fn with_key_file(self, file: &KeyFile) -> Result<App, AppFault> {
        if !file.exists() {
            if let Some(wanted) = self.key_of_books()? {
                let found = "none".to_owned();
                return Err(SealFault::OtherKey { wanted, found }.into());
            }
            file.create(&SystemEntropy)?;
        }
        self.with_sealer(file.sealer(Arc::new(SystemEntropy))?)
    }

    /// Id of the key that these books were last sealed with; nothing before the first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn key_of_books(&self) -> Result<Option<String>, AppFault> {
        Ok(self
            .store()
            .read(|tx| store::settings::setting(tx, KEY_OF_BOOKS))?)
    }

    /// Opens a secret of the books.
    ///
    /// # Errors
    /// As [`kept`], and when the program has no key.
    pub fn secret(&self, purpose: &str, name: &str) -> Result<Secret, AppFault> {
        let sealer = self.sealer()?;
        let (purpose, name) = (purpose.to_owned(), name.to_owned());
        self.store()
            .read(move |tx| kept(tx, &sealer, &purpose, &name))
    }

    /// Seals every secret of the books again with the newest key; answers how many were older. All or
    /// none: one that does not open stops it.
    ///
    /// # Errors
    /// When a secret does not open, the program has no key, or the store fails.
    pub fn reseal(&self) -> Result<u64, AppFault> {
        let sealer = self.sealer()?;
        let now = self.clock().now().microseconds();
        self.store().write(move |tx| {
            let mut resealed = 0;
            for row in rows::secrets(tx)? {
                if sealer.is_newest(&row.sealed) {
                    continue;
                }
                let secret = sealer.open(&row.purpose, &row.name, &row.sealed)?;
                let sealed = sealer.seal(&row.purpose, &row.name, &secret)?;
                rows::put_secret(tx, &row.purpose, &row.name, &sealed, now)?;
                resealed += 1;
            }
            Ok(resealed)
        })
    }
}
