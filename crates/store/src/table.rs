//! A row type that knows the columns of its table, so that a column is named in one place.

/// An `INSERT` of one row with these columns, separated by commas.
pub(crate) fn insert_text(table: &str, columns: &str, suffix: &str) -> String {
    let count = columns.split(", ").count();
    let places: Vec<String> = (1..=count).map(|place| format!("?{place}")).collect();
    format!(
        "INSERT INTO {table} ({columns}) VALUES ({}) {suffix}",
        places.join(", ")
    )
}

/// Declares a row type with the text of its `SELECT` columns and its `INSERT`. With `with … in … by …` the
/// last column, which is large and seldom changes, stands in a table of its own under the id: a row is
/// written as a whole whenever one of its figures moves.
macro_rules! table {
    (
        $(#[$doc:meta])*
        $name:ident in $table:literal {
            $( $(#[$field_doc:meta])* $field:ident: $kind:ident, )*
        }
    ) => {
        table! { @row
            $(#[$doc])*
            $name { $( $(#[$field_doc])* $field: $kind, )* }
        }

        impl $name {
            fn insert_text(suffix: &str) -> String {
                $crate::table::insert_text($table, &Self::columns(""), suffix)
            }

            /// Adds rows to the table; one row is a batch of one.
            ///
            /// # Errors
            /// [`crate::StoreFault::Duplicate`] when a key is there already, or the database refuses.
            pub fn insert(tx: &mut $crate::Tx<'_>, rows: &[Self]) -> Result<(), $crate::StoreFault> {
                static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| $name::insert_text(""));
                let params: Vec<$crate::Param<'_>> = rows.iter().flat_map(Self::params).collect();
                tx.insert(&TEXT, Self::WIDTH, &params)?;
                Ok(())
            }
        }
    };
    (@row
        $(#[$doc:meta])*
        $name:ident { $( $(#[$field_doc:meta])* $field:ident: $kind:ident, )* }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name { $( $(#[$field_doc])* pub $field: table!(@type $kind), )* }

        impl $name {
            pub(crate) const WIDTH: usize = [$(stringify!($field)),*].len();

            /// The columns in the order of the fields, each led by `alias` (empty or ending in a point).
            pub(crate) fn columns(alias: &str) -> String {
                [$(stringify!($field)),*].map(|column| format!("{alias}{column}")).join(", ")
            }

            #[allow(unused_assignments)]
            pub(crate) fn read(mut row: $crate::Row) -> Result<Self, $crate::StoreFault> {
                let mut at = 0;
                $( let $field = table!(@read $kind, row, at)?; at += 1; )*
                Ok(Self { $($field),* })
            }

            fn params(&self) -> [$crate::Param<'_>; Self::WIDTH] {
                [$( table!(@param $kind, self.$field) ),*]
            }
        }
    };
    (
        $(#[$doc:meta])*
        $name:ident in $table:literal with $last:ident in $apart:literal by $key:literal {
            $( $(#[$field_doc:meta])* $field:ident: $kind:ident, )*
        }
    ) => {
        table! { @row
            $(#[$doc])*
            $name { $( $(#[$field_doc])* $field: $kind, )* }
        }

        impl $name {
            /// The tables with every column of the row, to select from.
            pub(crate) const WHOLE: &'static str =
                concat!($table, " JOIN ", $apart, " ON ", $apart, ".", $key, " = ", $table, ".id");

            /// Adds rows, the last column in a table of its own; one row is a batch of one.
            ///
            /// # Errors
            /// [`crate::StoreFault::Duplicate`] when a key is there already, or the database refuses.
            pub fn insert(tx: &mut $crate::Tx<'_>, rows: &[Self]) -> Result<(), $crate::StoreFault> {
                static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
                    let columns = $name::columns("");
                    let (columns, _) = columns.rsplit_once(", ").unwrap_or_default();
                    $crate::table::insert_text($table, columns, "")
                });
                static APART: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
                    $crate::table::insert_text($apart, concat!($key, ", ", stringify!($last)), "")
                });
                let (mut params, mut apart) = (Vec::new(), Vec::new());
                for row in rows {
                    let all = row.params();
                    params.extend_from_slice(&all[..Self::WIDTH - 1]);
                    apart.extend([all[0], all[Self::WIDTH - 1]]);
                }
                tx.insert(&TEXT, Self::WIDTH - 1, &params)?;
                tx.insert(&APART, 2, &apart)?;
                Ok(())
            }

            /// Writes the last column anew, where it is another one now.
            pub(crate) fn put_apart(&self, tx: &mut $crate::Tx<'_>) -> Result<(), $crate::StoreFault> {
                let text = concat!(
                    "UPDATE ", $apart, " SET ", stringify!($last), " = ?2 WHERE ", $key, " = ?1 AND ",
                    stringify!($last), " <> ?2"
                );
                tx.execute(text, &[(&self.id).into(), (&self.$last).into()])?;
                Ok(())
            }
        }
    };
    (@type int) => { i64 };
    (@type text) => { String };
    (@type blob) => { Vec<u8> };
    (@read int, $row:ident, $at:ident) => { $row.int($at) };
    (@read text, $row:ident, $at:ident) => { $row.text($at) };
    (@read blob, $row:ident, $at:ident) => { $row.blob($at) };
    (@param int, $value:expr) => { $crate::Param::Int($value) };
    (@param text, $value:expr) => { $crate::Param::Text(&$value) };
    (@param blob, $value:expr) => { $crate::Param::Blob(&$value) };
}
