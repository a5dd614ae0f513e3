//! What legal entities bill each other.

use crate::bill_pages::each_of;
use crate::{StoreFault, Tx, params};
use std::collections::HashMap;

table! {
    /// What one legal entity billed to another, with the journal in the books of each.
    IntercompanyPairRow in "intercompany_pair" {
        /// Its id.
        id: text,
        /// The number that stands in both books.
        number: text,
        /// The entity that bills.
        seller: text,
        /// The entity that is billed.
        buyer: text,
        /// For what.
        description: text,
        /// Currency.
        currency: text,
        /// What it cost the seller, minor units.
        cost: int,
        /// What was put on it, as a decimal proportion.
        markup: text,
        /// What was billed, minor units.
        amount: int,
        /// Its date.
        dated: text,
        /// The journal in the seller's books.
        seller_journal: text,
        /// The journal in the buyer's books.
        buyer_journal: text,
        /// `billed` or `undone`.
        status: text,
        /// Who billed or undid it.
        actor: text,
        /// When it was billed, microseconds.
        created: int,
    }
}

table! {
    /// The credit note by which such a bill was taken back.
    IntercompanyCreditRow in "intercompany_credit" {
        /// The bill.
        pair: text,
        /// Its number.
        number: text,
        /// The day on which the books of both took the bill back.
        issued: text,
        /// Why.
        reason: text,
        /// When it was issued, microseconds.
        created: int,
    }
}

/// The credit note of a bill, or the one of this number; bills that were undone before credit notes were
/// kept have none.
///
/// # Errors
/// When the database refuses.
pub fn credit(tx: &mut Tx<'_>, id: &str) -> Result<Option<IntercompanyCreditRow>, StoreFault> {
    let columns = IntercompanyCreditRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM intercompany_credit WHERE pair = ?1 OR number = ?1"),
        params![id],
        IntercompanyCreditRow::read,
    )
}

/// The numbers of the credit notes of these bills, by bill.
///
/// # Errors
/// When the database refuses.
pub fn credit_numbers(
    tx: &mut Tx<'_>,
    pairs: &[&str],
) -> Result<HashMap<String, String>, StoreFault> {
    let mut found = HashMap::new();
    each_of(
        tx,
        "SELECT pair, number FROM intercompany_credit WHERE pair IN",
        "",
        pairs,
        |mut row| {
            found.insert(row.text(0)?, row.text(1)?);
            Ok(())
        },
    )?;
    Ok(found)
}

/// A pair.
///
/// # Errors
/// When the database refuses.
pub fn pair(tx: &mut Tx<'_>, id: &str) -> Result<Option<IntercompanyPairRow>, StoreFault> {
    let columns = IntercompanyPairRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM intercompany_pair WHERE id = ?1"),
        params![id],
        IntercompanyPairRow::read,
    )
}

/// Pairs before an id, newest first; all when it is empty.
///
/// # Errors
/// When the database refuses.
pub fn newest(
    tx: &mut Tx<'_>,
    before: &str,
    limit: i64,
) -> Result<Vec<IntercompanyPairRow>, StoreFault> {
    let columns = IntercompanyPairRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM intercompany_pair WHERE (?1 = '' OR id < ?1) ORDER BY id DESC LIMIT ?2"
        ),
        params![before, limit],
        IntercompanyPairRow::read,
    )
}

/// Notes that a pair was undone. False when it had been before.
///
/// # Errors
/// When the database refuses.
pub fn undo(tx: &mut Tx<'_>, id: &str, actor: &str) -> Result<bool, StoreFault> {
    let moved = tx.execute(
        "UPDATE intercompany_pair SET status = 'undone', actor = ?2 WHERE id = ?1 AND status = 'billed'",
        params![id, actor],
    )?;
    Ok(moved == 1)
}

/// What one entity billed another in one currency and was not undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BilledBetween {
    /// The entity that bills.
    pub seller: String,
    /// The entity that is billed.
    pub buyer: String,
    /// Currency.
    pub currency: String,
    /// Minor units.
    pub amount: i64,
}

/// What entities billed each other and was not undone.
///
/// # Errors
/// When the database refuses.
pub fn billed(tx: &mut Tx<'_>) -> Result<Vec<BilledBetween>, StoreFault> {
    tx.query(
        "SELECT seller, buyer, currency, CAST(sum(amount) AS BIGINT) FROM intercompany_pair \
         WHERE status = 'billed' GROUP BY seller, buyer, currency ORDER BY seller, buyer, currency",
        &[],
        |mut row| {
            Ok(BilledBetween {
                seller: row.text(0)?,
                buyer: row.text(1)?,
                currency: row.text(2)?,
                amount: row.int(3)?,
            })
        },
    )
}
