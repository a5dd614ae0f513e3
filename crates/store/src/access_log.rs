//! The log of access: entries are added and read, never changed.

use crate::{Param, StoreFault, Tx, params};

table! {
    /// One entry of the log of access.
    AccessRow in "access_entry" {
        /// Dense, from one.
        number: int,
        /// When, microseconds.
        time: int,
        /// What kind of thing happened: a word.
        kind: text,
        /// Who; empty when nobody is known.
        actor: text,
        /// As what.
        role: text,
        /// What was seen, taken or refused.
        object: text,
        /// In words.
        detail: text,
        /// Where from.
        address: text,
        /// Id of the request.
        request: text,
        /// Seal over this entry and the one before.
        hash: blob,
    }
}

/// What to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessFilter {
    /// Only of this actor; empty for all.
    pub actor: String,
    /// Only of this kind; empty for all.
    pub kind: String,
    /// Only about this object; empty for all.
    pub object: String,
    /// Only before this number.
    pub before: Option<i64>,
}

/// Adds an entry.
///
/// # Errors
/// When the database refuses.
pub fn add(tx: &mut Tx<'_>, row: &AccessRow) -> Result<(), StoreFault> {
    AccessRow::insert(tx, std::slice::from_ref(row))
}

/// The seal of the entry of a number.
///
/// # Errors
/// When the database refuses.
pub fn seal_of(tx: &mut Tx<'_>, number: i64) -> Result<Option<Vec<u8>>, StoreFault> {
    tx.query_one(
        "SELECT hash FROM access_entry WHERE number = ?1",
        params![number],
        |mut row| row.blob(0),
    )
}

/// The newest entries that a filter lets through.
///
/// # Errors
/// When the database refuses.
pub fn entries(
    tx: &mut Tx<'_>,
    filter: &AccessFilter,
    most: i64,
) -> Result<Vec<AccessRow>, StoreFault> {
    let mut text = format!(
        "SELECT {} FROM access_entry WHERE number < ?1",
        AccessRow::columns("")
    );
    let mut given: Vec<Param<'_>> = vec![
        Param::Int(filter.before.unwrap_or(i64::MAX)),
        Param::Int(most),
    ];
    for (column, value) in [
        ("actor", &filter.actor),
        ("kind", &filter.kind),
        ("object", &filter.object),
    ] {
        if !value.is_empty() {
            given.push(Param::Text(value));
            text.push_str(&format!(" AND {column} = ?{}", given.len()));
        }
    }
    text.push_str(" ORDER BY number DESC LIMIT ?2");
    tx.query(&text, &given, AccessRow::read)
}

/// Hands over every entry in order of number.
///
/// # Errors
/// When the database refuses, or `each` does.
pub fn each_entry(
    tx: &mut Tx<'_>,
    mut each: impl FnMut(AccessRow) -> Result<(), StoreFault>,
) -> Result<(), StoreFault> {
    let text = format!(
        "SELECT {} FROM access_entry ORDER BY number",
        AccessRow::columns("")
    );
    tx.query_each(&text, &[], |row| each(AccessRow::read(row)?))
}

/// How many partitions the event log has, and how many events.
///
/// # Errors
/// When the database refuses.
pub fn log_size(tx: &mut Tx<'_>) -> Result<(i64, i64), StoreFault> {
    let found = tx.query_one(
        "SELECT CAST(count(*) AS BIGINT), CAST(coalesce(sum(sequence), 0) AS BIGINT) FROM partition_head",
        &[],
        |row| Ok((row.int(0)?, row.int(1)?)),
    )?;
    Ok(found.unwrap_or_default())
}

/// How many entries of each kind there are since an instant.
///
/// # Errors
/// When the database refuses.
pub fn counts(tx: &mut Tx<'_>, since: i64) -> Result<Vec<(String, i64)>, StoreFault> {
    tx.query(
        "SELECT kind, CAST(count(*) AS BIGINT) FROM access_entry WHERE time >= ?1 GROUP BY kind ORDER BY kind",
        params![since],
        |mut row| Ok((row.text(0)?, row.int(1)?)),
    )
}

/// Who did how much by the events from an id on: actor, type of event, how many, when last.
///
/// # Errors
/// When the database refuses.
pub fn deeds(
    tx: &mut Tx<'_>,
    from_id: &str,
    most: i64,
) -> Result<Vec<(String, String, i64, i64)>, StoreFault> {
    tx.query(
        "SELECT actor, type, CAST(count(*) AS BIGINT), CAST(max(recorded) AS BIGINT) FROM event
         WHERE id >= ?1 GROUP BY actor, type ORDER BY 4 DESC, actor, type LIMIT ?2",
        params![from_id, most],
        |mut row| Ok((row.text(0)?, row.text(1)?, row.int(2)?, row.int(3)?)),
    )
}

/// The newest events of some types from an id on: id, type, subject, actor, recorded, data. With an
/// actor, only theirs; without types, of all types.
///
/// # Errors
/// When the database refuses.
pub fn events_of(
    tx: &mut Tx<'_>,
    (from_id, actor): (&str, &str),
    types: &[&str],
    most: i64,
) -> Result<Vec<EventOf>, StoreFault> {
    let mut given = params![from_id, actor, most].to_vec();
    given.extend(types.iter().map(|word| Param::Text(word)));
    let places: Vec<String> = (4..4 + types.len()).map(|n| format!("?{n}")).collect();
    let of_types = if types.is_empty() {
        String::new()
    } else {
        format!(" AND type IN ({})", places.join(", "))
    };
    let text = format!(
        "SELECT id, type, subject, actor, recorded, data FROM event
         WHERE id >= ?1 AND (?2 = '' OR actor = ?2){of_types} ORDER BY id DESC LIMIT ?3"
    );
    tx.query(&text, &given, |mut row| {
        Ok(EventOf {
            id: row.text(0)?,
            type_name: row.text(1)?,
            subject: row.text(2)?,
            actor: row.text(3)?,
            recorded: row.int(4)?,
            data: row.text(5)?,
        })
    })
}

/// An event as the audit page lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventOf {
    /// Its id.
    pub id: String,
    /// Its type.
    pub type_name: String,
    /// The object.
    pub subject: String,
    /// Who did it.
    pub actor: String,
    /// When it was recorded, microseconds.
    pub recorded: i64,
    /// What happened, as JSON text.
    pub data: String,
}
