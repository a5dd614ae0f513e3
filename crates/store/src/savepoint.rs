//! A part of a transaction that can be undone while the rest of it stays.

use crate::transaction::{Connection, still_open};
use crate::{StoreFault, Tx};

/// What the part is called; parts may stand in one another, the innermost is meant.
const NAME: &str = "part";

impl<'a> Tx<'a> {
    /// Runs `work` as a part of this transaction. What it wrote stays when it succeeds and is undone
    /// when it fails; the transaction can go on either way.
    ///
    /// # Errors
    /// What `work` returns, or the fault of the store.
    pub fn attempt<T, E: From<StoreFault>>(
        &mut self,
        work: impl FnOnce(&mut Tx<'a>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.mark("SAVEPOINT").map_err(E::from)?;
        let outcome = work(self);
        if let Err(ended) = self.still_open() {
            return outcome.and_then(|_| Err(E::from(ended)));
        }
        if outcome.is_err() {
            self.mark("ROLLBACK TO SAVEPOINT").map_err(E::from)?;
        }
        self.mark("RELEASE SAVEPOINT").map_err(E::from)?;
        outcome
    }

    /// Runs `work` as a part of this transaction and undoes whatever it wrote: only its answer stays.
    ///
    /// # Errors
    /// What `work` returns, or the fault of the store.
    pub fn undone<T, E: From<StoreFault>>(
        &mut self,
        work: impl FnOnce(&mut Tx<'a>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.mark("SAVEPOINT").map_err(E::from)?;
        let outcome = work(self);
        if let Err(ended) = self.still_open() {
            return outcome.and_then(|_| Err(E::from(ended)));
        }
        self.mark("ROLLBACK TO SAVEPOINT").map_err(E::from)?;
        self.mark("RELEASE SAVEPOINT").map_err(E::from)?;
        outcome
    }

    fn still_open(&self) -> Result<(), StoreFault> {
        match &self.0 {
            Connection::Sqlite(connection) => still_open(connection),
            Connection::Postgres { .. } => Ok(()),
        }
    }

    fn mark(&mut self, verb: &str) -> Result<(), StoreFault> {
        let text = format!("{verb} {NAME}");
        match &mut self.0 {
            Connection::Sqlite(connection) => Ok(connection.execute_batch(&text)?),
            Connection::Postgres { client, .. } => Ok(client.batch_execute(&text)?),
        }
    }
}
