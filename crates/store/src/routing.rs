//! Who is billed for whom: bill-to of contracts, how invoices are put together, which account stands
//! below which, and the contracts on documents that span several.

use crate::bill_pages::each_of;
use crate::contracts::ContractRow;
use crate::{StoreFault, Tx, params};
use std::collections::HashSet;

table! {
    /// Who is billed for a contract, from a day on.
    BillToRow in "contract_bill_to" {
        /// The contract.
        contract: text,
        /// First day.
        from_day: text,
        /// `own`, `parent`, `customer` or `as_account`.
        target: text,
        /// The customer named, or empty.
        customer: text,
        /// Invoices of different groups are kept apart; usually empty.
        invoice_group: text,
        /// Why.
        reason: text,
        /// Who said so.
        actor: text,
        /// When, microseconds.
        recorded: int,
    }
}

table! {
    /// How invoices are put together, from a day on.
    ConsolidationRow in "consolidation" {
        /// `customer` or `entity`.
        scope: text,
        /// Which one.
        id: text,
        /// First day.
        from_day: text,
        /// `per_contract`, `per_customer`, `parent_pays`; empty takes the decision back.
        policy: text,
        /// Why.
        reason: text,
        /// Who said so.
        actor: text,
        /// When, microseconds.
        recorded: int,
    }
}

table! {
    /// A contract on a document that spans several or is addressed to somebody else.
    PartRow in "document_part" {
        /// The document.
        document: text,
        /// The contract.
        contract: text,
        /// To whom it was sold.
        customer: text,
    }
}

/// Notes who is billed for a contract; what was said before for the same day is replaced.
///
/// # Errors
/// When the database refuses.
pub fn set_bill_to(tx: &mut Tx<'_>, row: &BillToRow) -> Result<(), StoreFault> {
    tx.execute(
        "DELETE FROM contract_bill_to WHERE contract = ?1 AND from_day = ?2",
        params![&row.contract, &row.from_day],
    )?;
    BillToRow::insert(tx, std::slice::from_ref(row))
}

/// Who is billed for a contract on a day, as it says itself.
///
/// # Errors
/// When the database refuses.
pub fn bill_to_on(
    tx: &mut Tx<'_>,
    contract: &str,
    day: &str,
) -> Result<Option<BillToRow>, StoreFault> {
    let columns = BillToRow::columns("");
    tx.query_one(
        &format!(
            "SELECT {columns} FROM contract_bill_to WHERE contract = ?1 AND from_day <= ?2
             ORDER BY from_day DESC LIMIT 1"
        ),
        params![contract, day],
        BillToRow::read,
    )
}

/// Everything that was said of who is billed for a contract, the newest day first.
///
/// # Errors
/// When the database refuses.
pub fn bill_tos(tx: &mut Tx<'_>, contract: &str) -> Result<Vec<BillToRow>, StoreFault> {
    let columns = BillToRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM contract_bill_to WHERE contract = ?1 ORDER BY from_day DESC"
        ),
        params![contract],
        BillToRow::read,
    )
}

/// The contracts that name a customer to be billed, whatever the day, after `after`.
///
/// # Errors
/// When the database refuses.
pub fn naming(
    tx: &mut Tx<'_>,
    customer: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<String>, StoreFault> {
    tx.query(
        "SELECT DISTINCT contract FROM contract_bill_to WHERE customer = ?1 AND customer <> ''
         AND contract > ?2 ORDER BY contract LIMIT ?3",
        params![customer, after, limit],
        |mut row| row.text(0),
    )
}

/// Notes how invoices are put together; what was said before for the same day is replaced.
///
/// # Errors
/// When the database refuses.
pub fn set_consolidation(tx: &mut Tx<'_>, row: &ConsolidationRow) -> Result<(), StoreFault> {
    tx.execute(
        "DELETE FROM consolidation WHERE scope = ?1 AND id = ?2 AND from_day = ?3",
        params![&row.scope, &row.id, &row.from_day],
    )?;
    ConsolidationRow::insert(tx, std::slice::from_ref(row))
}

/// How the invoices of an account or entity are put together on a day; empty when it was taken back.
///
/// # Errors
/// When the database refuses.
pub fn consolidation_on(
    tx: &mut Tx<'_>,
    (scope, id): (&str, &str),
    day: &str,
) -> Result<Option<String>, StoreFault> {
    tx.query_one(
        "SELECT policy FROM consolidation WHERE scope = ?1 AND id = ?2 AND from_day <= ?3
         ORDER BY from_day DESC LIMIT 1",
        params![scope, id, day],
        |mut row| row.text(0),
    )
}

/// Everything that was said of how invoices of an account or entity are put together, the newest day
/// first.
///
/// # Errors
/// When the database refuses.
pub fn consolidations(
    tx: &mut Tx<'_>,
    (scope, id): (&str, &str),
) -> Result<Vec<ConsolidationRow>, StoreFault> {
    let columns = ConsolidationRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM consolidation WHERE scope = ?1 AND id = ?2 ORDER BY from_day DESC"
        ),
        params![scope, id],
        ConsolidationRow::read,
    )
}

/// Whether anything at all makes an invoice go another way than to the customer of its one contract.
///
/// # Errors
/// When the database refuses.
pub fn is_used(tx: &mut Tx<'_>) -> Result<bool, StoreFault> {
    let found = tx.query_one(
        "SELECT CAST(CASE WHEN EXISTS (SELECT 1 FROM consolidation)
           OR EXISTS (SELECT 1 FROM contract_bill_to) OR EXISTS (SELECT 1 FROM document_part)
         THEN 1 ELSE 0 END AS BIGINT)",
        &[],
        |row| row.int(0),
    )?;
    Ok(found.unwrap_or(0) != 0)
}

/// Accounts and entities about which anything was ever said: (scope, id, whether it ever paid for
/// those below it).
///
/// # Errors
/// When the database refuses.
pub fn spoken_of(tx: &mut Tx<'_>) -> Result<Vec<(String, String, bool)>, StoreFault> {
    tx.query(
        "SELECT scope, id, CAST(max(CASE WHEN policy = 'parent_pays' THEN 1 ELSE 0 END) AS BIGINT)
         FROM consolidation GROUP BY scope, id ORDER BY scope, id",
        &[],
        |mut row| Ok((row.text(0)?, row.text(1)?, row.int(2)? != 0)),
    )
}

/// Which of these contracts say themselves who is billed, or were billed to somebody else or with
/// others before.
///
/// # Errors
/// When the database refuses.
pub fn routed(tx: &mut Tx<'_>, contracts: &[&str]) -> Result<Vec<String>, StoreFault> {
    let mut found = speaking(tx, contracts)?;
    found.extend(named_in(
        tx,
        "SELECT DISTINCT contract FROM document_part WHERE contract IN",
        contracts,
    )?);
    Ok(found)
}

/// Which of these contracts ever said themselves who is billed for them.
///
/// # Errors
/// When the database refuses.
pub fn speaking(tx: &mut Tx<'_>, contracts: &[&str]) -> Result<Vec<String>, StoreFault> {
    named_in(
        tx,
        "SELECT DISTINCT contract FROM contract_bill_to WHERE contract IN",
        contracts,
    )
}

fn named_in(tx: &mut Tx<'_>, text: &str, contracts: &[&str]) -> Result<Vec<String>, StoreFault> {
    let mut found = Vec::new();
    each_of(tx, text, "", contracts, |mut row| {
        found.push(row.text(0)?);
        Ok(())
    })?;
    Ok(found)
}

/// The accounts directly below these.
///
/// # Errors
/// When the database refuses.
pub fn below(tx: &mut Tx<'_>, parents: &[&str]) -> Result<Vec<String>, StoreFault> {
    let mut found = Vec::new();
    each_of(
        tx,
        "SELECT customer FROM account_below WHERE parent IN",
        "ORDER BY customer",
        parents,
        |mut row| {
            found.push(row.text(0)?);
            Ok(())
        },
    )?;
    Ok(found)
}

/// Notes which account stands above a customer; empty for none.
///
/// # Errors
/// When the database refuses.
pub fn set_above(tx: &mut Tx<'_>, customer: &str, parent: &str) -> Result<(), StoreFault> {
    if parent.is_empty() {
        tx.execute(
            "DELETE FROM account_below WHERE customer = ?1",
            params![customer],
        )?;
    } else {
        tx.execute(
            "INSERT INTO account_below (customer, parent) VALUES (?1, ?2)
             ON CONFLICT (customer) DO UPDATE SET parent = excluded.parent",
            params![customer, parent],
        )?;
    }
    Ok(())
}

/// The contracts of these customers in one entity and currency on which something may be due. Their bodies
/// are left empty: [`crate::contracts::bodies`] reads them piece by piece.
///
/// # Errors
/// When the database refuses.
pub fn due_of(
    tx: &mut Tx<'_>,
    customers: &[&str],
    (entity, currency): (&str, &str),
    through: &str,
) -> Result<Vec<ContractRow>, StoreFault> {
    let columns = ContractRow::columns("");
    let (columns, _) = columns.rsplit_once(", ").unwrap_or_default();
    let mut found = Vec::new();
    each_of(
        tx,
        &format!("SELECT {columns}, '' FROM contract WHERE bill_from <> '' AND customer IN"),
        "ORDER BY customer, id",
        customers,
        |row| {
            let row = ContractRow::read(row)?;
            if row.entity == entity && row.currency == currency && row.bill_from.as_str() <= through
            {
                found.push(row);
            }
            Ok(())
        },
    )?;
    Ok(found)
}

/// Who looks after what an account owes, as it says itself.
///
/// # Errors
/// When the database refuses.
pub fn collections_owner(tx: &mut Tx<'_>, customer: &str) -> Result<Option<String>, StoreFault> {
    tx.query_one(
        "SELECT owner FROM collections_owner WHERE customer = ?1",
        params![customer],
        |mut row| row.text(0),
    )
}

/// Notes who looks after what an account owes; empty for whoever looks after the one above.
///
/// # Errors
/// When the database refuses.
pub fn set_collections_owner(
    tx: &mut Tx<'_>,
    customer: &str,
    owner: &str,
) -> Result<(), StoreFault> {
    tx.execute(
        "DELETE FROM collections_owner WHERE customer = ?1",
        params![customer],
    )?;
    if !owner.is_empty() {
        tx.execute(
            "INSERT INTO collections_owner (customer, owner) VALUES (?1, ?2)",
            params![customer, owner],
        )?;
    }
    Ok(())
}

/// The contracts on a document that spans several or is addressed to somebody else.
///
/// # Errors
/// When the database refuses.
pub fn parts_of(tx: &mut Tx<'_>, document: &str) -> Result<Vec<PartRow>, StoreFault> {
    let columns = PartRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM document_part WHERE document = ?1 ORDER BY contract"),
        params![document],
        PartRow::read,
    )
}

/// The documents that span several contracts.
///
/// # Errors
/// When the database refuses.
pub fn spanning(tx: &mut Tx<'_>) -> Result<HashSet<String>, StoreFault> {
    let mut found = HashSet::new();
    tx.query_each(
        "SELECT document FROM document_part GROUP BY document HAVING count(*) > 1",
        &[],
        |mut row| {
            found.insert(row.text(0)?);
            Ok(())
        },
    )?;
    Ok(found)
}

/// The other contracts that stood on one document with this one.
///
/// # Errors
/// When the database refuses.
pub fn billed_with(tx: &mut Tx<'_>, contract: &str) -> Result<Vec<String>, StoreFault> {
    tx.query(
        "SELECT DISTINCT other.contract FROM document_part one
         JOIN document_part other ON other.document = one.document
         WHERE one.contract = ?1 AND other.contract <> ?1 ORDER BY other.contract",
        params![contract],
        |mut row| row.text(0),
    )
}

/// The running cases of late invoices of a customer that nobody was given by hand but `owner`, given
/// to another one. Answers how many.
///
/// # Errors
/// When the database refuses.
pub fn give_cases(
    tx: &mut Tx<'_>,
    customer: &str,
    (before, after): (&str, &str),
) -> Result<u64, StoreFault> {
    tx.execute(
        "UPDATE dunning_case SET owner = ?3 WHERE customer = ?1 AND status <> 'closed'
         AND (owner = ?2 OR owner = '')",
        params![customer, before, after],
    )
}
