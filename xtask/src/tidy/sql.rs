//! SQL lives in `store` alone: elsewhere no string begins like a statement.

use super::source::Source;
use super::{Offence, Rule, crate_of};

/// String literals outside `store` that are SQL statements.
pub fn statements(path: &str, source: &Source) -> Vec<Offence> {
    if crate_of(path) == Some("store") {
        return Vec::new();
    }
    source
        .literals
        .iter()
        .filter(|literal| is_statement(&literal.text))
        .map(|literal| {
            let beginning: String = literal.text.trim_start().chars().take(30).collect();
            offence(path, literal.line, format!("\"{}…\"", beginning.trim_end()))
        })
        .collect()
}

/// A file of statements outside `store`.
pub fn statement_file(path: &str) -> Option<Offence> {
    (crate_of(path) != Some("store")).then(|| offence(path, 0, "this file".to_owned()))
}

fn offence(path: &str, line: usize, what: String) -> Offence {
    Offence {
        path: path.to_owned(),
        line,
        rule: Rule::Sql,
        told: format!(
            "{what} is SQL: put it into `store`, as a function named for what it answers"
        ),
    }
}

/// Whether a text begins like a statement. People also select and update things in sentences, so
/// a statement's first word is in capitals, or in small letters with the words that must follow.
fn is_statement(text: &str) -> bool {
    // A backslash at the end of a line, and `\n`, are spaces in SQL.
    let spaced = text.replace("\\n", " ").replace('\\', " ");
    let mut words = spaced.split_whitespace();
    let (Some(first), Some(second)) = (words.next(), words.next()) else {
        return false;
    };
    let later: Vec<String> = words.map(str::to_lowercase).collect();
    let follows = |wanted: &str| later.iter().any(|word| word == wanted);
    let shouted = first.chars().all(|letter| letter.is_ascii_uppercase());
    let second = second.to_lowercase();
    match first.to_ascii_lowercase().as_str() {
        _ if !shouted && first.chars().any(|letter| letter.is_ascii_uppercase()) => false,
        "select" => shouted || follows("from"),
        "insert" => second == "into" || (shouted && second == "or"),
        "update" => follows("set"),
        "delete" => second == "from",
        "with" => second == "recursive" || later.first().is_some_and(|word| word == "as"),
        "create" | "drop" | "alter" => matches!(
            second.as_str(),
            "table" | "index" | "unique" | "view" | "trigger" | "temp" | "temporary" | "schema"
        ),
        "pragma" | "truncate" | "vacuum" | "begin" => shouted,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_found_however_they_are_written() {
        for text in [
            "SELECT 1",
            "\n    SELECT id\n    FROM invoice",
            "select id from invoice where id = $1",
            "INSERT INTO journal VALUES ($1)",
            "insert into journal values ($1)",
            "UPDATE invoice SET state = 'paid'",
            "DELETE FROM lane",
            "delete from lane where id = $1",
            "CREATE TABLE t (id TEXT)",
            "CREATE UNIQUE INDEX i ON t (id)",
            "create index i on t (id)",
            "WITH due AS (SELECT 1) SELECT 2",
            "with recursive tree(n) as (select 1)",
            "ALTER TABLE t ADD COLUMN c TEXT",
            "PRAGMA journal_mode = WAL",
            "\\\n SELECT\\n id",
        ] {
            assert!(is_statement(text), "{text}");
        }
    }

    #[test]
    fn sentences_are_not_statements() {
        for text in [
            "Select an invoice from the list",
            "Update the card, then set it as the default",
            "Delete from the menu",
            "update of an invoice",
            "select",
            "SELECT",
            "with the reason",
            "create a customer",
            "WITH ANGLE",
            "insert one row",
            "",
        ] {
            assert!(!is_statement(text), "{text}");
        }
    }

    #[test]
    fn a_planted_statement_is_told_outside_store_only() {
        let source = Source::read("fn f() {\n    run(r#\"SELECT id FROM invoice\"#);\n}");
        let told = statements("crates/app/src/bill.rs", &source);
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].line, told[0].rule), (2, Rule::Sql));
        assert!(
            told[0]
                .told
                .starts_with("\"SELECT id FROM invoice…\" is SQL")
        );
        assert!(statements("crates/store/src/invoice.rs", &source).is_empty());
        assert!(statement_file("crates/store/migrations/0001.sql").is_none());
        assert!(statement_file("crates/web/report.sql").is_some());
    }
}
