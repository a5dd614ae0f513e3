//! One suite for every store: a SQLite file, SQLite in memory, and PostgreSQL. Each test runs on
//! its own fresh books in all three and expects the same rows in the same order.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

/// Makes three tests of each function: one a store.
macro_rules! on_every_store {
    ($($test:ident),+ $(,)?) => {
        mod sqlite_file {
            $( #[test] fn $test() { super::$test(&crate::support::Fixture::sqlite_file()); } )+
        }
        mod sqlite_memory {
            $( #[test] fn $test() { super::$test(&crate::support::Fixture::sqlite_memory()); } )+
        }
        mod postgresql {
            $( #[test] fn $test() {
                super::$test(&crate::support::Fixture::postgres(concat!(module_path!(), "::", stringify!($test))));
            } )+
        }
    };
}

mod access;
mod account;
mod approvals;
mod backlog;
mod catalogue;
mod commits;
mod concurrency;
mod documents;
mod exception_work;
mod exceptions;
mod feed;
mod governance;
mod inbox;
mod journals;
mod lanes;
mod lists;
mod log;
mod named;
mod opening;
mod payments;
mod processes;
mod raw_rows;
mod readers;
mod revenue;
mod rows;
mod search;
mod settings;
mod support;
mod template_deviations;
mod told;
mod whole_values;
