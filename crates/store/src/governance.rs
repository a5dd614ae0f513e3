//! Change control: effective dates of configurations, proposals, writes that wait for a steward,
//! and deviations.

use crate::{StoreFault, Tx, params};

table! {
    /// A proposed version of a configuration document.
    ConfigurationProposalRow in "configuration_proposal" {
        /// Its id.
        id: text,
        /// Which document.
        kind: text,
        /// The version that it was made on; 0 when there was none.
        base: int,
        /// The proposed text.
        body: text,
        /// From which day; empty for at once and for every date.
        effective: text,
        /// Why.
        reason: text,
        /// What it would have changed, as JSON.
        impact: text,
        /// `proposed`, `applied` or `denied`.
        state: text,
        /// Who made it.
        maker: text,
        /// Who decided, or empty.
        checker: text,
        /// The words of the decision.
        decision: text,
        /// The version that it became; 0 until then.
        version: int,
        /// Chain.
        correlation: text,
        /// When it was made, microseconds.
        created: int,
        /// When it was decided, microseconds; 0 until then.
        decided: int,
    }
}

table! {
    /// A write that waits for the steward of its field.
    ProposedChangeRow in "proposed_change" {
        /// Its id.
        id: text,
        /// `command`, `inbox` or `stage_gate`.
        origin: text,
        /// What it came from: client and key, or source and id.
        origin_key: text,
        /// The system that wants to write.
        source: text,
        /// The system whose field it is.
        owner: text,
        /// The role that decides.
        steward: text,
        /// What it is about, such as `contract/C-1`.
        object: text,
        /// Legal entity, or empty.
        entity: text,
        /// The fields, as a JSON list.
        fields: text,
        /// The command or the record.
        body: text,
        /// Before and after of each field, as JSON.
        diff: text,
        /// `proposed`, `applied` or `denied`.
        state: text,
        /// Who made it.
        maker: text,
        /// Who decided, or empty.
        checker: text,
        /// The words of the decision, or of the request.
        reason: text,
        /// What applying it answered.
        answer: text,
        /// Chain.
        correlation: text,
        /// When it was made, microseconds.
        created: int,
        /// When it was decided, microseconds; 0 until then.
        decided: int,
    }
}

table! {
    /// A deviation from the global template.
    DeviationRow in "deviation" {
        /// Its id.
        id: text,
        /// `strategic`, `regulatory` or `legacy`.
        class: text,
        /// What differs.
        title: text,
        /// Why.
        reason: text,
        /// Legal entity, or empty for all.
        entity: text,
        /// Key of the template, or empty.
        key: text,
        /// The local value.
        value: text,
        /// The last day on which it holds, or empty.
        last_day: text,
        /// `proposed`, `approved`, `denied` or `ended`.
        state: text,
        /// Who asked for it.
        maker: text,
        /// Who approved it, or empty.
        approver: text,
        /// The words of the decision.
        decision: text,
        /// Chain.
        correlation: text,
        /// When it was asked for, microseconds.
        created: int,
        /// When it was decided or ended, microseconds.
        decided: int,
    }
}

/// A version of a configuration document with the day from which it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedVersion {
    /// Its number.
    pub version: i64,
    /// When it was recorded, microseconds.
    pub recorded: i64,
    /// Who recorded it.
    pub actor: String,
    /// From which day; empty for every date.
    pub effective: String,
    /// The proposal that brought it, or empty.
    pub proposal: String,
    /// Who approved it, or empty.
    pub checker: String,
}

/// The versions of a document, newest first, without their text.
///
/// # Errors
/// When the database refuses.
pub fn versions(tx: &mut Tx<'_>, kind: &str) -> Result<Vec<DatedVersion>, StoreFault> {
    tx.query(
        "SELECT c.version, c.recorded, c.actor, coalesce(e.effective, ''), coalesce(e.proposal, ''), coalesce(e.checker, '')
         FROM configuration c LEFT JOIN configuration_effect e ON e.kind = c.kind AND e.version = c.version
         WHERE c.kind = ?1 ORDER BY c.version DESC",
        params![kind],
        |mut row| {
            Ok(DatedVersion {
                version: row.int(0)?,
                recorded: row.int(1)?,
                actor: row.text(2)?,
                effective: row.text(3)?,
                proposal: row.text(4)?,
                checker: row.text(5)?,
            })
        },
    )
}

/// The text of one version of a document.
///
/// # Errors
/// When the database refuses.
pub fn body(tx: &mut Tx<'_>, kind: &str, version: i64) -> Result<Option<String>, StoreFault> {
    tx.query_one(
        "SELECT body FROM configuration WHERE kind = ?1 AND version = ?2",
        params![kind, version],
        |mut row| row.text(0),
    )
}

/// Notes from which day a version holds, and who proposed and approved it.
///
/// # Errors
/// When the database refuses.
pub fn set_effect(
    tx: &mut Tx<'_>,
    (kind, version): (&str, i64),
    effective: &str,
    proposal: &str,
    (maker, checker): (&str, &str),
) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO configuration_effect (kind, version, effective, proposal, maker, checker)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![kind, version, effective, proposal, maker, checker],
    )?;
    Ok(())
}

/// A proposal.
///
/// # Errors
/// When the database refuses.
pub fn proposal(tx: &mut Tx<'_>, id: &str) -> Result<Option<ConfigurationProposalRow>, StoreFault> {
    let columns = ConfigurationProposalRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM configuration_proposal WHERE id = ?1"),
        params![id],
        ConfigurationProposalRow::read,
    )
}

/// Proposals, newest first.
///
/// # Errors
/// When the database refuses.
pub fn proposals(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<ConfigurationProposalRow>, StoreFault> {
    let columns = ConfigurationProposalRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM configuration_proposal ORDER BY id DESC LIMIT ?1"),
        params![limit],
        ConfigurationProposalRow::read,
    )
}

/// Writes the decision about a proposal.
///
/// # Errors
/// When the database refuses.
pub fn decide_proposal(tx: &mut Tx<'_>, row: &ConfigurationProposalRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE configuration_proposal SET state = ?2, checker = ?3, decision = ?4, version = ?5, decided = ?6 WHERE id = ?1",
        params![
            &row.id,
            &row.state,
            &row.checker,
            &row.decision,
            row.version,
            row.decided
        ],
    )?;
    Ok(())
}

/// A proposed change.
///
/// # Errors
/// When the database refuses.
pub fn change(tx: &mut Tx<'_>, id: &str) -> Result<Option<ProposedChangeRow>, StoreFault> {
    let columns = ProposedChangeRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM proposed_change WHERE id = ?1"),
        params![id],
        ProposedChangeRow::read,
    )
}

/// The proposed change that something came to, if any.
///
/// # Errors
/// When the database refuses.
pub fn change_from(
    tx: &mut Tx<'_>,
    origin: &str,
    origin_key: &str,
) -> Result<Option<ProposedChangeRow>, StoreFault> {
    let columns = ProposedChangeRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM proposed_change WHERE origin = ?1 AND origin_key = ?2"),
        params![origin, origin_key],
        ProposedChangeRow::read,
    )
}

/// Proposed changes, newest first.
///
/// # Errors
/// When the database refuses.
pub fn changes(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<ProposedChangeRow>, StoreFault> {
    let columns = ProposedChangeRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM proposed_change ORDER BY id DESC LIMIT ?1"),
        params![limit],
        ProposedChangeRow::read,
    )
}

/// Writes the decision about a proposed change.
///
/// # Errors
/// When the database refuses.
pub fn decide_change(tx: &mut Tx<'_>, row: &ProposedChangeRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE proposed_change SET state = ?2, checker = ?3, reason = ?4, answer = ?5, decided = ?6 WHERE id = ?1",
        params![
            &row.id,
            &row.state,
            &row.checker,
            &row.reason,
            &row.answer,
            row.decided
        ],
    )?;
    Ok(())
}

/// A deviation.
///
/// # Errors
/// When the database refuses.
pub fn deviation(tx: &mut Tx<'_>, id: &str) -> Result<Option<DeviationRow>, StoreFault> {
    let columns = DeviationRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM deviation WHERE id = ?1"),
        params![id],
        DeviationRow::read,
    )
}

/// All deviations, newest first.
///
/// # Errors
/// When the database refuses.
pub fn deviations(tx: &mut Tx<'_>) -> Result<Vec<DeviationRow>, StoreFault> {
    let columns = DeviationRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM deviation ORDER BY id DESC"),
        &[],
        DeviationRow::read,
    )
}

/// Writes the decision about a deviation, or its end.
///
/// # Errors
/// When the database refuses.
pub fn decide_deviation(tx: &mut Tx<'_>, row: &DeviationRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE deviation SET state = ?2, approver = ?3, decision = ?4, decided = ?5 WHERE id = ?1",
        params![
            &row.id,
            &row.state,
            &row.approver,
            &row.decision,
            row.decided
        ],
    )?;
    Ok(())
}

/// What arrived from a source since an instant, in order of arrival: id, kind and raw content.
///
/// # Errors
/// When the database refuses, or `each` does.
pub fn each_received(
    tx: &mut Tx<'_>,
    source: &str,
    since: i64,
    mut each: impl FnMut(String, String, Vec<u8>) -> Result<(), StoreFault>,
) -> Result<(), StoreFault> {
    tx.query_each(
        "SELECT source_id, kind, raw FROM inbox WHERE source = ?1 AND received >= ?2 ORDER BY received, source_id",
        params![source, since],
        |mut row| {
            let (id, kind) = (row.text(0)?, row.text(1)?);
            each(id, kind, row.blob(2)?)
        },
    )
}
