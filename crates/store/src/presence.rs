//! Whether there are books at a place, asked without making any.

use crate::{Location, Store, StoreFault};
use postgres::{Client, NoTls};

impl Store {
    /// Whether there are books at this place. Nothing is made or changed: a mistyped folder or schema
    /// must not look like empty books.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub fn has_books(location: &Location) -> Result<bool, StoreFault> {
        match location {
            Location::Memory => Ok(false),
            Location::File(path) => Ok(path.is_file()),
            Location::Postgres { url, schema } => {
                let mut client = Client::connect(url, NoTls)?;
                let found = client.query_opt(
                    "SELECT 1 FROM information_schema.tables WHERE table_schema = $1 AND table_name = 'migration'",
                    &[schema],
                )?;
                Ok(found.is_some())
            }
        }
    }
}
