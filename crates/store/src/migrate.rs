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
    include_str!("../migrations/0030_bodies.sql"),
    include_str!("../migrations/0031_intercompany_credit.sql"),
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

#[cfg(test)]
mod tests {
    use super::{MIGRATIONS, migrate};
    use crate::contracts::{self, ContractRow};
    use crate::obligations;
    use crate::transaction::Connection;
    use crate::{Tx, params};

    /// Which migration gave the bodies of contracts and obligations a table of their own.
    const BODIES: usize = 27;

    #[test]
    fn bodies_that_were_columns_are_found_in_their_tables() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.execute_batch("BEGIN").unwrap();
        let mut tx = Tx(Connection::Sqlite(&connection));
        tx.run_script("CREATE TABLE migration (number BIGINT NOT NULL PRIMARY KEY)")
            .unwrap();
        for (script, number) in MIGRATIONS.iter().zip(1_i64..).take(BODIES - 1) {
            tx.run_script(script).unwrap();
            tx.execute(
                "INSERT INTO migration (number) VALUES (?1)",
                params![number],
            )
            .unwrap();
        }
        tx.run_script(
            "INSERT INTO contract (id, customer, entity, currency, status, term_from, term_until, version, value,
               bill_from, correlation, created, body)
             VALUES ('con_1', 'cus_1', 'DE', 'EUR', 'active', '2026-01-01', '2027-01-01', 3, 90000, '2026-02-01',
               'cor_1', 7, 'what was agreed');
             INSERT INTO obligation (id, contract, component, customer, entity, currency, product, revenue_class,
               allocated, billed, recognised, recognised_through, ends, correlation, body)
             VALUES ('obl_1', 'con_1', 'seats', 'cus_1', 'DE', 'EUR', 'SEAT', 'subscription', 90000, 7500, 2500,
               '2026-01-31', '2027-01-01', 'cor_1', 'its schedule');",
        )
        .unwrap();

        migrate(&mut tx).unwrap();

        let contract = contracts::contract(&mut tx, "con_1").unwrap().unwrap();
        assert_eq!(
            contract,
            ContractRow {
                id: "con_1".to_owned(),
                customer: "cus_1".to_owned(),
                entity: "DE".to_owned(),
                currency: "EUR".to_owned(),
                status: "active".to_owned(),
                term_from: "2026-01-01".to_owned(),
                term_until: "2027-01-01".to_owned(),
                version: 3,
                value: 90_000,
                bill_from: "2026-02-01".to_owned(),
                correlation: "cor_1".to_owned(),
                created: 7,
                body: "what was agreed".to_owned(),
            }
        );
        let kept = obligations::of_contract(&mut tx, "con_1").unwrap();
        let [obligation] = kept.as_slice() else {
            panic!("{kept:?}");
        };
        assert_eq!(obligation.body, "its schedule");
        assert_eq!(
            (
                obligation.allocated,
                obligation.billed,
                obligation.recognised
            ),
            (90_000, 7_500, 2_500)
        );
        assert_eq!(obligation.recognised_through, "2026-01-31");
        assert_eq!(obligation.ends, "2027-01-01");
    }
}
