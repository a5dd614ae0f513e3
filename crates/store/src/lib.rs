//! All SQL: SQLite and PostgreSQL behind one small type, one file per table family
