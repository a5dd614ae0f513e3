//! Migrations go forward only and are applied at start.

use crate::{StoreFault, Tx, params};

/// Every migration, in order. A file is never changed once it has landed.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_books.sql"),
    include_str!("../migrations/0002_exceptions.sql"),
    include_str!("../migrations/0003_flow.sql"),
    include_str!("../migrations/0004_approvals.sql"),
    include_str!("../migrations/0005_governance.sql"),
    include_str!("../migrations/0006_processes.sql"),
    include_str!("../migrations/0007_outward.sql"),
    include_str!("../migrations/0008_security.sql"),
    include_str!("../migrations/0009_intake.sql"),
    include_str!("../migrations/0010_sendings.sql"),
    include_str!("../migrations/0011_outside_billing.sql"),
    include_str!("../migrations/0012_feed.sql"),
    include_str!("../migrations/0013_renewals.sql"),
    include_str!("../migrations/0014_usage.sql"),
    include_str!("../migrations/0016_bill_runs.sql"),
    include_str!("../migrations/0017_quotes.sql"),
    include_str!("../migrations/0018_collection.sql"),
    include_str!("../migrations/0019_taxation.sql"),
    include_str!("../migrations/0020_invoice_drafts.sql"),
    include_str!("../migrations/0021_account_structure.sql"),
    include_str!("../migrations/0022_contracts.sql"),
    include_str!("../migrations/0024_tax_calls.sql"),
    include_str!("../migrations/0025_work_lists.sql"),
    include_str!("../migrations/0026_usage_newest.sql"),
    include_str!("../migrations/0028_scale.sql"),
    include_str!("../migrations/0029_document_rounding.sql"),
];

/// Applies what is missing.
pub(crate) fn migrate(tx: &mut Tx<'_>) -> Result<(), StoreFault> {
    tx.run_script("CREATE TABLE IF NOT EXISTS migration (number BIGINT NOT NULL PRIMARY KEY)")?;
    let found = tx
        .query_one(
            "SELECT CAST(count(*) AS BIGINT) FROM migration",
            &[],
            |row| row.int(0),
        )?
        .unwrap_or(0);
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(StoreFault::TooNew { found, known });
    }
    for (index, script) in MIGRATIONS
        .iter()
        .enumerate()
        .skip(usize::try_from(found).unwrap_or(0))
    {
        tx.run_script(script)?;
        tx.execute(
            "INSERT INTO migration (number) VALUES (?1)",
            params![index as i64 + 1],
        )?;
    }
    Ok(())
}
