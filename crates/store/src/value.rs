//! What goes into a statement and what comes out of a row.

use crate::StoreFault;
use postgres::types::{IsNull, ToSql as PostgresToSql, Type, private::BytesMut};
use rusqlite::types::{ToSqlOutput, ValueRef};

/// A parameter of a statement, borrowed from the caller.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Param<'a> {
    /// No value.
    Null,
    /// A number: minor units, microseconds, counts.
    Int(i64),
    /// Text: ids, ISO dates, decimals, JSON.
    Text(&'a str),
    /// Bytes: hashes and raw payloads.
    Blob(&'a [u8]),
}

/// A value read from a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// A number.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Param::Int(value)
    }
}
impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Param::Text(value)
    }
}
impl<'a> From<&'a String> for Param<'a> {
    fn from(value: &'a String) -> Self {
        Param::Text(value)
    }
}
impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(value: &'a [u8]) -> Self {
        Param::Blob(value)
    }
}
impl<'a> From<&'a Vec<u8>> for Param<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Param::Blob(value)
    }
}
impl<'a, const N: usize> From<&'a [u8; N]> for Param<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Param::Blob(value)
    }
}

/// The parameters of a statement, in order.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::Param::from($value)),*] };
}

impl rusqlite::ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Param::Null => ValueRef::Null,
            Param::Int(value) => ValueRef::Integer(*value),
            Param::Text(value) => ValueRef::Text(value.as_bytes()),
            Param::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

impl PostgresToSql for Param<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Param::Null => Ok(IsNull::Yes),
            Param::Int(value) => value.to_sql(kind, out),
            Param::Text(value) => value.to_sql(kind, out),
            Param::Blob(value) => value.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::TEXT | Type::BYTEA)
    }

    fn to_sql_checked(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let fits = matches!(
            (self, kind),
            (Param::Null, _)
                | (Param::Int(_), &Type::INT8)
                | (Param::Text(_), &Type::TEXT)
                | (Param::Blob(_), &Type::BYTEA)
        );
        if fits {
            self.to_sql(kind, out)
        } else {
            Err(format!("a parameter of type {kind} cannot take {self:?}").into())
        }
    }
}

/// A row of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    /// The number in a column.
    ///
    /// # Errors
    /// When the column holds anything else.
    pub fn int(&self, column: usize) -> Result<i64, StoreFault> {
        match self.0.get(column) {
            Some(Value::Int(value)) => Ok(*value),
            _ => Err(StoreFault::Unreadable {
                column,
                wanted: "a number",
            }),
        }
    }

    /// The text in a column, taken out of the row.
    ///
    /// # Errors
    /// When the column holds anything else.
    pub fn text(&mut self, column: usize) -> Result<String, StoreFault> {
        match self.0.get_mut(column) {
            Some(Value::Text(value)) => Ok(std::mem::take(value)),
            _ => Err(StoreFault::Unreadable {
                column,
                wanted: "text",
            }),
        }
    }

    /// The bytes in a column, taken out of the row.
    ///
    /// # Errors
    /// When the column holds anything else.
    pub fn blob(&mut self, column: usize) -> Result<Vec<u8>, StoreFault> {
        match self.0.get_mut(column) {
            Some(Value::Blob(value)) => Ok(std::mem::take(value)),
            _ => Err(StoreFault::Unreadable {
                column,
                wanted: "bytes",
            }),
        }
    }

    /// Whether the column holds nothing.
    #[must_use]
    pub fn is_null(&self, column: usize) -> bool {
        matches!(self.0.get(column), None | Some(Value::Null))
    }
}
