//! A row type that knows the columns of its table, so that a column is named in one place.

/// Declares a row type with the text of its `SELECT` columns and its `INSERT`.
macro_rules! table {
    (
        $(#[$doc:meta])*
        $name:ident in $table:literal {
            $( $(#[$field_doc:meta])* $field:ident: $kind:ident, )*
        }
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

            fn insert_text(suffix: &str) -> String {
                let places: Vec<String> = (1..=Self::WIDTH).map(|n| format!("?{n}")).collect();
                format!("INSERT INTO {} ({}) VALUES ({}) {suffix}", $table, Self::columns(""), places.join(", "))
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
