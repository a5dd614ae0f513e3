//! A disk that is full, for trials: only in builds with the feature `full-disk`, which no shipped
//! program has.

use crate::{StoreFault, Tx};

/// The most pages that SQLite allows.
const NO_LIMIT: i64 = 4_294_967_294;

/// Lets the books grow no further (`true`), or as far as they like again. The database itself then
/// says that its disk is full whenever a write needs one more page. Without effect on PostgreSQL.
///
/// # Errors
/// When the database refuses.
pub fn set_full(tx: &mut Tx<'_>, full: bool) -> Result<(), StoreFault> {
    if !matches!(tx.0, crate::transaction::Connection::Sqlite(_)) {
        return Ok(());
    }
    // A limit below the present size stands at the present size.
    let pages = if full { 1 } else { NO_LIMIT };
    tx.query_each(&format!("PRAGMA max_page_count = {pages}"), &[], |_| Ok(()))
}
