//! The one small type that both databases are seen through.

use crate::{Param, Row, StoreFault, Value};
use postgres::fallible_iterator::FallibleIterator;
use std::cell::Cell;
use std::collections::HashMap;

/// What this thread has asked of the database so far. Two of them tell what lies between was worth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effort {
    /// Queries.
    pub queries: u64,
    /// Rows that they gave.
    pub rows: u64,
}

thread_local! {
    static EFFORT: Cell<Effort> = const { Cell::new(Effort { queries: 0, rows: 0 }) };
}

impl Effort {
    /// What was asked since `earlier`, on the same thread.
    #[must_use]
    pub fn since(self, earlier: Effort) -> Effort {
        Effort {
            queries: self.queries.saturating_sub(earlier.queries),
            rows: self.rows.saturating_sub(earlier.rows),
        }
    }
}

/// An open transaction.
pub struct Tx<'a>(pub(crate) Connection<'a>);

pub(crate) enum Connection<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres {
        client: &'a mut postgres::Client,
        prepared: &'a mut HashMap<String, postgres::Statement>,
    },
}

/// At most so many rows go to PostgreSQL in one statement.
const ROWS_A_STATEMENT: usize = 500;

impl Tx<'_> {
    /// Runs a statement and says how many rows it touched.
    ///
    /// # Errors
    /// When the database refuses it.
    pub fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, StoreFault> {
        match &mut self.0 {
            Connection::Sqlite(connection) => {
                still_open(connection)?;
                let mut statement = connection.prepare_cached(sql)?;
                Ok(statement.execute(rusqlite::params_from_iter(params))? as u64)
            }
            Connection::Postgres { client, prepared } => {
                let statement = prepare(client, prepared, sql)?;
                client
                    .execute(&statement, &as_postgres(params))
                    .map_err(|error| StoreFault::of_statement(error, sql))
            }
        }
    }

    /// Runs an `INSERT … VALUES (?1, …)` for every row of `params`, whose length is a multiple of
    /// `width`. One row is a batch of one.
    ///
    /// # Errors
    /// When the database refuses it.
    pub fn insert(
        &mut self,
        sql: &str,
        width: usize,
        params: &[Param<'_>],
    ) -> Result<u64, StoreFault> {
        debug_assert!(width > 0 && params.len().is_multiple_of(width));
        match &mut self.0 {
            Connection::Sqlite(connection) => {
                still_open(connection)?;
                let mut statement = connection.prepare_cached(sql)?;
                let mut touched = 0;
                for row in params.chunks_exact(width) {
                    touched += statement.execute(rusqlite::params_from_iter(row))? as u64;
                }
                Ok(touched)
            }
            Connection::Postgres { client, prepared } => {
                let mut touched = 0;
                for rows in params.chunks(width * ROWS_A_STATEMENT) {
                    let text = with_many_rows(sql, width, rows.len() / width);
                    let statement = prepare(client, prepared, &text)?;
                    touched += client.execute(&statement, &as_postgres(rows))?;
                }
                Ok(touched)
            }
        }
    }

    /// Runs a statement once for every row of `params`, whose length is a multiple of `width`, and says
    /// how many rows it touched in all.
    ///
    /// # Errors
    /// When the database refuses it.
    pub fn each(
        &mut self,
        sql: &str,
        width: usize,
        params: &[Param<'_>],
    ) -> Result<u64, StoreFault> {
        debug_assert!(width > 0 && params.len().is_multiple_of(width));
        let mut touched = 0;
        match &mut self.0 {
            Connection::Sqlite(connection) => {
                still_open(connection)?;
                let mut statement = connection.prepare_cached(sql)?;
                for row in params.chunks_exact(width) {
                    touched += statement.execute(rusqlite::params_from_iter(row))? as u64;
                }
            }
            Connection::Postgres { client, prepared } => {
                let statement = prepare(client, prepared, sql)?;
                for row in params.chunks_exact(width) {
                    touched += client
                        .execute(&statement, &as_postgres(row))
                        .map_err(|error| StoreFault::of_statement(error, sql))?;
                }
            }
        }
        Ok(touched)
    }

    /// Whether other transactions write at the same time, so that what is read must be locked or
    /// compared again.
    #[must_use]
    pub fn has_many_writers(&self) -> bool {
        matches!(&self.0, Connection::Postgres { .. })
    }

    /// What this thread has asked of the database so far.
    #[must_use]
    pub fn effort(&self) -> Effort {
        EFFORT.get()
    }

    /// Runs a query and hands over every row as it comes.
    ///
    /// # Errors
    /// When the database refuses it, or `each` does.
    pub fn query_each(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        mut each: impl FnMut(Row) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault> {
        let mut given = 0;
        let done = self.rows(sql, params, &mut |row| {
            given += 1;
            each(row)
        });
        let before = EFFORT.get();
        EFFORT.set(Effort {
            queries: before.queries + 1,
            rows: before.rows + given,
        });
        done
    }

    /// The body of [`Tx::query_each`], compiled once for all callers.
    fn rows(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(Row) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault> {
        match &mut self.0 {
            Connection::Sqlite(connection) => {
                still_open(connection)?;
                let mut statement = connection.prepare_cached(sql)?;
                let width = statement.column_count();
                let mut rows = statement.query(rusqlite::params_from_iter(params))?;
                while let Some(row) = rows.next()? {
                    let values = (0..width)
                        .map(|column| read_sqlite(row, column))
                        .collect::<Result<_, _>>()?;
                    each(Row(values))?;
                }
                Ok(())
            }
            Connection::Postgres { client, prepared } => {
                let statement = prepare(client, prepared, sql)?;
                let mut rows = client
                    .query_raw(&statement, params.iter())
                    .map_err(|error| StoreFault::of_statement(error, sql))?;
                while let Some(row) = rows.next()? {
                    let values = (0..row.len())
                        .map(|column| read_postgres(&row, column))
                        .collect::<Result<_, _>>()?;
                    each(Row(values))?;
                }
                Ok(())
            }
        }
    }

    /// Runs a query and reads every row with `read`.
    ///
    /// # Errors
    /// When the database refuses it, or a row cannot be read.
    pub fn query<T>(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        mut read: impl FnMut(Row) -> Result<T, StoreFault>,
    ) -> Result<Vec<T>, StoreFault> {
        let mut found = Vec::new();
        self.query_each(sql, params, |row| {
            found.push(read(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Runs a query for at most one row.
    ///
    /// # Errors
    /// As [`Tx::query`].
    pub fn query_one<T>(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        read: impl FnMut(Row) -> Result<T, StoreFault>,
    ) -> Result<Option<T>, StoreFault> {
        Ok(self.query(sql, params, read)?.into_iter().next())
    }

    /// Runs several statements without parameters: migrations only. On PostgreSQL texts get the
    /// collation by code point, which SQLite has by nature: lists and pages have one order on both.
    pub(crate) fn run_script(&mut self, script: &str) -> Result<(), StoreFault> {
        match &mut self.0 {
            Connection::Sqlite(connection) => Ok(connection.execute_batch(script)?),
            Connection::Postgres { client, .. } => {
                let script = script
                    .replace(" BLOB ", " BYTEA ")
                    .replace(" TEXT ", " TEXT COLLATE \"C\" ");
                Ok(client.batch_execute(&script)?)
            }
        }
    }
}

/// A full disk makes SQLite end the whole transaction by itself. What came after it would be kept
/// statement by statement, so nothing does.
pub(crate) fn still_open(connection: &rusqlite::Connection) -> Result<(), StoreFault> {
    if connection.is_autocommit() {
        return Err(StoreFault::Disk(
            "the database ended the transaction; nothing of it is kept".to_owned(),
        ));
    }
    Ok(())
}

fn as_postgres<'p>(params: &'p [Param<'p>]) -> Vec<&'p (dyn postgres::types::ToSql + Sync)> {
    params
        .iter()
        .map(|param| param as &(dyn postgres::types::ToSql + Sync))
        .collect()
}

fn prepare(
    client: &mut postgres::Client,
    prepared: &mut HashMap<String, postgres::Statement>,
    sql: &str,
) -> Result<postgres::Statement, StoreFault> {
    if let Some(statement) = prepared.get(sql) {
        return Ok(statement.clone());
    }
    let statement = client.prepare(&sql.replace('?', "$"))?;
    prepared.insert(sql.to_owned(), statement.clone());
    Ok(statement)
}

/// The text of a one-row `INSERT` with its `VALUES` group repeated and renumbered for `rows` rows.
fn with_many_rows(sql: &str, width: usize, rows: usize) -> String {
    let Some(start) = sql.find("VALUES (").map(|at| at + "VALUES ".len()) else {
        return sql.to_owned();
    };
    let end = sql[start..]
        .find(')')
        .map_or(sql.len(), |at| start + at + 1);
    let mut text = String::with_capacity(sql.len() + rows * width * 7);
    text.push_str(&sql[..start]);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=width {
            let comma = if column == 1 { "" } else { ", " };
            text.push_str(&format!("{comma}?{}", row * width + column));
        }
        text.push(')');
    }
    text.push_str(&sql[end..]);
    text
}

fn read_sqlite(row: &rusqlite::Row<'_>, column: usize) -> Result<Value, StoreFault> {
    use rusqlite::types::ValueRef;
    match row.get_ref(column)? {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(value) => Ok(Value::Int(value)),
        ValueRef::Text(bytes) => String::from_utf8(bytes.to_vec())
            .map(Value::Text)
            .map_err(|_| StoreFault::Unreadable {
                column,
                wanted: "text",
            }),
        ValueRef::Blob(bytes) => Ok(Value::Blob(bytes.to_vec())),
        ValueRef::Real(_) => Err(StoreFault::Unreadable {
            column,
            wanted: "a whole number, text or bytes",
        }),
    }
}

fn read_postgres(row: &postgres::Row, column: usize) -> Result<Value, StoreFault> {
    use postgres::types::Type;
    let unreadable = StoreFault::Unreadable {
        column,
        wanted: "a whole number, text or bytes",
    };
    let value = match row.columns().get(column).map(postgres::Column::type_) {
        Some(&Type::INT8) => row.try_get::<_, Option<i64>>(column)?.map(Value::Int),
        Some(&Type::TEXT) => row.try_get::<_, Option<String>>(column)?.map(Value::Text),
        Some(&Type::BYTEA) => row.try_get::<_, Option<Vec<u8>>>(column)?.map(Value::Blob),
        _ => return Err(unreadable),
    };
    Ok(value.unwrap_or(Value::Null))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_one_row_insert_becomes_one_of_many_rows() {
        let sql = "INSERT INTO t (a, b) VALUES (?1, ?2) ON CONFLICT (a) DO UPDATE SET b = t.b + excluded.b";
        assert_eq!(
            with_many_rows(sql, 2, 2),
            "INSERT INTO t (a, b) VALUES (?1, ?2), (?3, ?4) ON CONFLICT (a) DO UPDATE SET b = t.b + excluded.b"
        );
    }
}
