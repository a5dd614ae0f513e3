//! Reading TOML that comes from outside. The parser calls itself for every bracket that is open, without
//! a bound where the text is wrong, so a few thousand of them end the whole program. Brackets are
//! counted by the parser's own lexer first.

use serde::de::DeserializeOwned;
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

/// Brackets that may be open at once; no document of ours comes near it.
const DEEPEST: usize = 64;

/// Why a TOML text cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TomlRefused {
    /// Too many brackets are open at once.
    #[error(
        "line {line}: more than {DEEPEST} brackets are open at once; close them, or write tables one below the other"
    )]
    TooDeep {
        /// The line of the first bracket that is too many, from 1.
        line: usize,
    },
    /// It is no TOML, or not what is asked for.
    #[error(transparent)]
    Unreadable(#[from] toml::de::Error),
}

/// Reads a document.
///
/// # Errors
/// When it is no TOML, is nested too deep, or does not say what is asked for.
pub fn read_toml<T: DeserializeOwned>(text: &str) -> Result<T, TomlRefused> {
    if let Some(start) = too_deep(text) {
        let before = text.get(..start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        return Err(TomlRefused::TooDeep { line });
    }
    Ok(toml::from_str(text)?)
}

/// Where the first bracket stands that is too many. A closing bracket of the other kind closes nothing,
/// so that wrong pairs cannot hide how many are open.
fn too_deep(text: &str) -> Option<usize> {
    let mut open = Vec::with_capacity(DEEPEST);
    for token in Source::new(text).lex() {
        let closes = match token.kind() {
            kind @ (TokenKind::LeftCurlyBracket | TokenKind::LeftSquareBracket) => {
                if open.len() == DEEPEST {
                    return Some(token.span().start());
                }
                open.push(kind);
                continue;
            }
            TokenKind::RightCurlyBracket => TokenKind::LeftCurlyBracket,
            TokenKind::RightSquareBracket => TokenKind::LeftSquareBracket,
            _ => continue,
        };
        if open.last() == Some(&closes) {
            open.pop();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml::Table;

    #[test]
    fn open_brackets_without_end_are_refused_with_their_line() {
        for unit in [
            "{",
            "[",
            "{[}]",
            "[{]}",
            "{]",
            "a = {",
            "a = [{",
            "{\n# }\n",
            "{ \"}\" = ",
        ] {
            for start in ["", "a = ", "[t]\nversion = 1\nb = "] {
                let text = format!("{start}{}", unit.repeat(20_000));
                let found = read_toml::<Table>(&text);
                assert!(
                    matches!(found, Err(TomlRefused::TooDeep { .. })),
                    "{start}{unit}: {found:?}"
                );
            }
        }
        let found = read_toml::<Table>(&format!("a = 1\nb = {}", "[".repeat(65)));
        assert_eq!(found, Err(TomlRefused::TooDeep { line: 2 }));
    }

    #[test]
    fn what_is_closed_or_quoted_is_not_counted() {
        let tables = "[[rules]]\nlines = [ { a = [1, 2] }, { b = '[[[[' } ]\n# {{{{\n".repeat(500);
        let read: Table = read_toml(&tables).unwrap();
        assert_eq!(read["rules"].as_array().unwrap().len(), 500);
        let deep = format!("a = {}1{}", "[".repeat(60), "]".repeat(60));
        assert!(read_toml::<Table>(&deep).is_ok());
        assert!(matches!(
            read_toml::<Table>("a = "),
            Err(TomlRefused::Unreadable(_))
        ));
    }
}
