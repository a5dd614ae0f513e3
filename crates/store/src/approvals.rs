//! Requests for approval, delegations, owners of tokens, and changes of customers that wait.

use crate::{StoreFault, Tx, params};

table! {
    /// A request for approval with the content that it holds.
    ApprovalRow in "approval" {
        /// Id.
        id: text,
        /// Name of the command.
        command: text,
        /// Its body as JSON.
        content: text,
        /// SHA-256 of name and body.
        digest: blob,
        /// What it is about, such as `invoice/inv_01J…`, or empty.
        subject: text,
        /// What is asked, in words.
        summary: text,
        /// Who made it.
        maker: text,
        /// The person behind the maker: the owner of a token.
        maker_person: text,
        /// Whose idempotency key it came with.
        client: text,
        /// The key.
        key: text,
        /// What the policy demanded then, as JSON.
        demand: text,
        /// SHA-256 of what the checker is shown, in hexadecimal.
        evidence: text,
        /// What the checker is shown, as JSON.
        shown: text,
        /// Worth, minor units.
        amount: int,
        /// Currency of the worth, or empty.
        currency: text,
        /// `requested`, `granted`, `denied`, `expired` or `withdrawn`.
        status: text,
        /// When it was asked, microseconds.
        requested: int,
        /// After this instant nobody can decide, microseconds.
        expires: int,
        /// When it was decided, microseconds, or 0.
        decided: int,
        /// Who decided, or empty.
        checker: text,
        /// Whose permission the checker used, or empty for his own.
        on_behalf_of: text,
        /// Why.
        reason: text,
        /// What the command answered once granted, as JSON, or empty.
        result: text,
        /// Chain.
        correlation: text,
    }
}

table! {
    /// A permission that one person lent another.
    DelegationRow in "delegation" {
        /// Id.
        id: text,
        /// Who lends it.
        from_person: text,
        /// Who may use it.
        to_person: text,
        /// What is lent.
        permission: text,
        /// From this day.
        first_day: text,
        /// Through this day.
        last_day: text,
        /// Why.
        reason: text,
        /// When, microseconds.
        created: int,
        /// When it was taken back, microseconds, or 0.
        revoked: int,
        /// By whom, or empty.
        revoked_by: text,
    }
}

table! {
    /// A change of a customer that is agreed and takes effect on a day.
    CustomerChangeRow in "customer_change" {
        /// Id.
        id: text,
        /// Customer.
        customer: text,
        /// From which day it holds.
        effective: text,
        /// The change as JSON.
        change: text,
        /// Field by field, before and after, as JSON.
        diff: text,
        /// Why.
        reason: text,
        /// Who made it.
        maker: text,
        /// `waiting`, `applied` or `refused`.
        status: text,
        /// When it was agreed, microseconds.
        created: int,
        /// When it was applied, microseconds, or 0.
        applied: int,
    }
}

/// A request.
///
/// # Errors
/// When the database refuses.
pub fn approval(tx: &mut Tx<'_>, id: &str) -> Result<Option<ApprovalRow>, StoreFault> {
    let columns = ApprovalRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM approval WHERE id = ?1"),
        params![id],
        ApprovalRow::read,
    )
}

/// Requests of a status (of all when empty), newest first, before the id `before` (empty for the
/// newest).
///
/// # Errors
/// When the database refuses.
pub fn approvals(
    tx: &mut Tx<'_>,
    status: &str,
    before: &str,
    limit: i64,
) -> Result<Vec<ApprovalRow>, StoreFault> {
    let columns = ApprovalRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM approval WHERE (?1 = '' OR status = ?1) AND (?2 = '' OR id < ?2)
             ORDER BY id DESC LIMIT ?3"
        ),
        params![status, before, limit],
        ApprovalRow::read,
    )
}

/// How many requests wait.
///
/// # Errors
/// When the database refuses.
pub fn waiting_count(tx: &mut Tx<'_>) -> Result<i64, StoreFault> {
    let found = tx.query_one(
        "SELECT CAST(count(*) AS BIGINT) FROM approval WHERE status = 'requested'",
        &[],
        |row| row.int(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// Requests that wait and expired before `now`, the longest first.
///
/// # Errors
/// When the database refuses.
pub fn expired(tx: &mut Tx<'_>, now: i64, limit: i64) -> Result<Vec<ApprovalRow>, StoreFault> {
    let columns = ApprovalRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM approval WHERE status = 'requested' AND expires < ?1 ORDER BY expires, id LIMIT ?2"
        ),
        params![now, limit],
        ApprovalRow::read,
    )
}

/// Writes down how a request ended. False when it had ended before.
///
/// # Errors
/// When the database refuses.
pub fn decide(tx: &mut Tx<'_>, row: &ApprovalRow) -> Result<bool, StoreFault> {
    let touched = tx.execute(
        "UPDATE approval SET status = ?2, decided = ?3, checker = ?4, on_behalf_of = ?5, reason = ?6, result = ?7,
         correlation = ?8 WHERE id = ?1 AND status = 'requested'",
        params![
            &row.id,
            &row.status,
            row.decided,
            &row.checker,
            &row.on_behalf_of,
            &row.reason,
            &row.result,
            &row.correlation
        ],
    )?;
    Ok(touched == 1)
}

/// The requests of a chain.
///
/// # Errors
/// When the database refuses.
pub fn of_chain(tx: &mut Tx<'_>, correlation: &str) -> Result<Vec<ApprovalRow>, StoreFault> {
    let columns = ApprovalRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM approval WHERE correlation = ?1 AND correlation <> '' ORDER BY id"),
        params![correlation],
        ApprovalRow::read,
    )
}

/// All delegations, newest first.
///
/// # Errors
/// When the database refuses.
pub fn delegations(tx: &mut Tx<'_>) -> Result<Vec<DelegationRow>, StoreFault> {
    let columns = DelegationRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM delegation ORDER BY id DESC"),
        &[],
        DelegationRow::read,
    )
}

/// Takes a delegation back. False when there is none or it was taken back before.
///
/// # Errors
/// When the database refuses.
pub fn revoke_delegation(
    tx: &mut Tx<'_>,
    id: &str,
    by: &str,
    now: i64,
) -> Result<bool, StoreFault> {
    let touched = tx.execute(
        "UPDATE delegation SET revoked = ?3, revoked_by = ?2 WHERE id = ?1 AND revoked = 0",
        params![id, by, now],
    )?;
    Ok(touched == 1)
}

/// Says whose a token is.
///
/// # Errors
/// When the database refuses.
pub fn set_owner(tx: &mut Tx<'_>, token: &str, owner: &str) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO token_owner (token, owner) VALUES (?1, ?2) ON CONFLICT (token) DO UPDATE SET owner = excluded.owner",
        params![token, owner],
    )?;
    Ok(())
}

/// Whose a token is, where that was said.
///
/// # Errors
/// When the database refuses.
pub fn owner(tx: &mut Tx<'_>, token: &str) -> Result<Option<String>, StoreFault> {
    tx.query_one(
        "SELECT owner FROM token_owner WHERE token = ?1",
        params![token],
        |mut row| row.text(0),
    )
}

/// The role of an API token by name, unless it was revoked.
///
/// # Errors
/// When the database refuses.
pub fn role_of_token(tx: &mut Tx<'_>, name: &str) -> Result<Option<String>, StoreFault> {
    tx.query_one(
        "SELECT role FROM api_token WHERE name = ?1 AND revoked = 0 ORDER BY created DESC LIMIT 1",
        params![name],
        |mut row| row.text(0),
    )
}

/// Agreed changes of customers that hold by `day` and are not applied.
///
/// # Errors
/// When the database refuses.
pub fn changes_due(tx: &mut Tx<'_>, day: &str) -> Result<Vec<CustomerChangeRow>, StoreFault> {
    let columns = CustomerChangeRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM customer_change WHERE status = 'waiting' AND effective <= ?1 ORDER BY effective, id"
        ),
        params![day],
        CustomerChangeRow::read,
    )
}

/// The changes of a customer, newest first.
///
/// # Errors
/// When the database refuses.
pub fn changes_of(tx: &mut Tx<'_>, customer: &str) -> Result<Vec<CustomerChangeRow>, StoreFault> {
    let columns = CustomerChangeRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM customer_change WHERE customer = ?1 ORDER BY id DESC"),
        params![customer],
        CustomerChangeRow::read,
    )
}

/// Writes down that a change of a customer could not be made on its day. False when somebody was
/// faster.
///
/// # Errors
/// When the database refuses.
pub fn change_refused(tx: &mut Tx<'_>, id: &str, now: i64) -> Result<bool, StoreFault> {
    let touched = tx.execute(
        "UPDATE customer_change SET status = 'refused', applied = ?2 WHERE id = ?1 AND status = 'waiting'",
        params![id, now],
    )?;
    Ok(touched == 1)
}

/// Writes down that a change of a customer holds now. False when somebody was faster.
///
/// # Errors
/// When the database refuses.
pub fn change_applied(tx: &mut Tx<'_>, id: &str, diff: &str, now: i64) -> Result<bool, StoreFault> {
    let touched = tx.execute(
        "UPDATE customer_change SET status = 'applied', diff = ?2, applied = ?3 WHERE id = ?1 AND status = 'waiting'",
        params![id, diff, now],
    )?;
    Ok(touched == 1)
}
