//! The part that SOQL and SuiteQL have in common: words, literals and conditions.

use crate::civil;
use crate::decimal;

/// One word of a query and where it starts (0-based).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) at: usize,
    pub(crate) kind: WordKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WordKind {
    /// Names and keywords, with dots.
    Name(String),
    /// A quoted text, unescaped.
    Text(String),
    /// Begins with a digit or a minus: number, date or instant.
    Figure(String),
    /// `( ) , *`
    Mark(char),
    /// `= != <> < <= > >=`
    Operator(String),
}

/// A query that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) at: usize,
    pub(crate) message: String,
}

/// How backslashes and quotes in a text are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quoting {
    /// `\'` (SOQL).
    Backslash,
    /// `''` (SuiteQL).
    Doubled,
}

pub(crate) fn words(query: &str, quoting: Quoting) -> Result<Vec<Word>, Malformed> {
    let characters: Vec<char> = query.chars().collect();
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(&first) = characters.get(at) {
        let start = at;
        let kind = match first {
            _ if first.is_whitespace() => {
                at += 1;
                continue;
            }
            '(' | ')' | ',' | '*' => {
                at += 1;
                WordKind::Mark(first)
            }
            '=' | '<' | '>' | '!' => WordKind::Operator(operator(&characters, &mut at)?),
            '\'' => WordKind::Text(quoted(&characters, &mut at, quoting)?),
            _ if first.is_ascii_digit() || first == '-' || first == '+' => {
                WordKind::Figure(run(&characters, &mut at, |c| {
                    c.is_ascii_alphanumeric() || "-+:.".contains(c)
                }))
            }
            _ if first.is_alphabetic() || first == '_' => {
                WordKind::Name(run(&characters, &mut at, |c| {
                    c.is_alphanumeric() || "_.:".contains(c)
                }))
            }
            other => {
                return Err(Malformed {
                    at: start,
                    message: format!("unexpected token: '{other}'"),
                });
            }
        };
        words.push(Word { at: start, kind });
    }
    Ok(words)
}

fn run(characters: &[char], at: &mut usize, admits: impl Fn(char) -> bool) -> String {
    let start = *at;
    *at += 1;
    while characters.get(*at).is_some_and(|c| admits(*c)) {
        *at += 1;
    }
    characters[start..*at].iter().collect()
}

fn operator(characters: &[char], at: &mut usize) -> Result<String, Malformed> {
    let start = *at;
    let pair: String = characters[start..(start + 2).min(characters.len())]
        .iter()
        .collect();
    if ["!=", "<>", "<=", ">="].contains(&pair.as_str()) {
        *at += 2;
        return Ok(pair);
    }
    *at += 1;
    match characters[start] {
        '!' => Err(Malformed {
            at: start,
            message: "unexpected token: '!'".to_owned(),
        }),
        single => Ok(single.to_string()),
    }
}

fn quoted(characters: &[char], at: &mut usize, quoting: Quoting) -> Result<String, Malformed> {
    let start = *at;
    *at += 1;
    let mut text = String::new();
    while let Some(&c) = characters.get(*at) {
        *at += 1;
        match (c, quoting) {
            ('\\', Quoting::Backslash) => {
                match characters.get(*at) {
                    Some('n') => text.push('\n'),
                    Some('r') => text.push('\r'),
                    Some('t') => text.push('\t'),
                    Some(escaped @ ('\'' | '"' | '\\' | '_' | '%')) => text.push(*escaped),
                    _ => {
                        return Err(Malformed {
                            at: *at,
                            message: "Invalid string literal escape".to_owned(),
                        });
                    }
                }
                *at += 1;
            }
            ('\'', Quoting::Doubled) if characters.get(*at) == Some(&'\'') => {
                text.push('\'');
                *at += 1;
            }
            ('\'', _) => return Ok(text),
            _ => text.push(c),
        }
    }
    Err(Malformed {
        at: start,
        message: "unterminated string literal".to_owned(),
    })
}

/// A value to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Literal {
    Null,
    Flag(bool),
    Text(String),
    /// As whole billionths.
    Number(i128),
    /// `YYYY-MM-DD`, days since the epoch.
    Date(i64),
    /// Microseconds since the epoch.
    Instant(i64),
}

impl Literal {
    pub(crate) fn of(word: &WordKind) -> Option<Literal> {
        match word {
            WordKind::Text(text) => Some(Literal::Text(text.clone())),
            WordKind::Name(name) => match name.to_lowercase().as_str() {
                "null" => Some(Literal::Null),
                "true" => Some(Literal::Flag(true)),
                "false" => Some(Literal::Flag(false)),
                _ => None,
            },
            WordKind::Figure(figure) => civil::parse_date(figure)
                .map(Literal::Date)
                .or_else(|| civil::parse_instant(figure).map(Literal::Instant))
                .or_else(|| decimal::parse_scaled(figure, 9).map(Literal::Number)),
            WordKind::Mark(_) | WordKind::Operator(_) => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
}

/// A condition on fields of type `F`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition<F> {
    All(Vec<Condition<F>>),
    Any(Vec<Condition<F>>),
    Not(Box<Condition<F>>),
    Compare {
        field: F,
        comparison: Comparison,
        literal: Literal,
    },
    Among {
        field: F,
        literals: Vec<Literal>,
        negated: bool,
    },
}

impl<F> Condition<F> {
    /// Whether the condition holds, where `compare` answers for one comparison.
    pub(crate) fn holds(&self, compare: &impl Fn(&F, Comparison, &Literal) -> bool) -> bool {
        match self {
            Condition::All(parts) => parts.iter().all(|part| part.holds(compare)),
            Condition::Any(parts) => parts.iter().any(|part| part.holds(compare)),
            Condition::Not(part) => !part.holds(compare),
            Condition::Compare {
                field,
                comparison,
                literal,
            } => compare(field, *comparison, literal),
            Condition::Among {
                field,
                literals,
                negated,
            } => {
                literals
                    .iter()
                    .any(|literal| compare(field, Comparison::Equal, literal))
                    != *negated
            }
        }
    }
}

/// Reads words one after the other.
#[derive(Debug)]
pub(crate) struct Reader {
    words: Vec<Word>,
    next: usize,
    end: usize,
}

impl Reader {
    pub(crate) fn new(query: &str, quoting: Quoting) -> Result<Reader, Malformed> {
        Ok(Reader {
            words: words(query, quoting)?,
            next: 0,
            end: query.chars().count(),
        })
    }

    pub(crate) fn peek(&self) -> Option<&WordKind> {
        self.words.get(self.next).map(|word| &word.kind)
    }

    pub(crate) fn at(&self) -> usize {
        self.words.get(self.next).map_or(self.end, |word| word.at)
    }

    pub(crate) fn take(&mut self) -> Option<WordKind> {
        let word = self.words.get(self.next).map(|word| word.kind.clone());
        self.next += 1;
        word
    }

    /// Steps over this keyword if it is next.
    pub(crate) fn keyword(&mut self, keyword: &str) -> bool {
        let found =
            matches!(self.peek(), Some(WordKind::Name(name)) if name.eq_ignore_ascii_case(keyword));
        self.next += usize::from(found);
        found
    }

    pub(crate) fn mark(&mut self, mark: char) -> bool {
        let found = self.peek() == Some(&WordKind::Mark(mark));
        self.next += usize::from(found);
        found
    }

    pub(crate) fn expect_keyword(&mut self, keyword: &str) -> Result<(), Malformed> {
        if self.keyword(keyword) {
            Ok(())
        } else {
            Err(self.unexpected(&format!("expecting {keyword}")))
        }
    }

    pub(crate) fn expect_mark(&mut self, mark: char) -> Result<(), Malformed> {
        if self.mark(mark) {
            Ok(())
        } else {
            Err(self.unexpected(&format!("expecting '{mark}'")))
        }
    }

    pub(crate) fn name(&mut self) -> Result<String, Malformed> {
        match self.peek() {
            Some(WordKind::Name(name)) => {
                let name = name.clone();
                self.next += 1;
                Ok(name)
            }
            _ => Err(self.unexpected("expecting a name")),
        }
    }

    pub(crate) fn whole_number(&mut self) -> Result<usize, Malformed> {
        match self.peek() {
            Some(WordKind::Figure(figure)) if figure.bytes().all(|b| b.is_ascii_digit()) => {
                let number = figure
                    .parse()
                    .map_err(|_| self.unexpected("expecting a number"))?;
                self.next += 1;
                Ok(number)
            }
            _ => Err(self.unexpected("expecting a number")),
        }
    }

    pub(crate) fn unexpected(&self, why: &str) -> Malformed {
        let found = match self.peek() {
            None => "<EOF>".to_owned(),
            Some(
                WordKind::Name(text)
                | WordKind::Text(text)
                | WordKind::Figure(text)
                | WordKind::Operator(text),
            ) => text.clone(),
            Some(WordKind::Mark(mark)) => mark.to_string(),
        };
        Malformed {
            at: self.at(),
            message: format!("unexpected token: '{found}', {why}"),
        }
    }

    /// Reads a condition. SOQL wants brackets where AND and OR meet (`mixed` false); SQL does not.
    pub(crate) fn condition(&mut self, mixed: bool) -> Result<Condition<String>, Malformed> {
        let first = self.conjunction(mixed)?;
        if !mixed && matches!(first, Condition::All(_)) {
            let mut reader_is_at_or = false;
            if let Some(WordKind::Name(name)) = self.peek() {
                reader_is_at_or = name.eq_ignore_ascii_case("OR");
            }
            return if reader_is_at_or {
                Err(self.unexpected("AND and OR need brackets"))
            } else {
                Ok(first)
            };
        }
        let mut parts = vec![first];
        while self.keyword("OR") {
            let part = self.conjunction(mixed)?;
            if !mixed && matches!(part, Condition::All(_)) {
                return Err(self.unexpected("AND and OR need brackets"));
            }
            parts.push(part);
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Condition::Any(parts)
        })
    }

    fn conjunction(&mut self, mixed: bool) -> Result<Condition<String>, Malformed> {
        let mut parts = vec![self.single(mixed)?];
        while self.keyword("AND") {
            parts.push(self.single(mixed)?);
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Condition::All(parts)
        })
    }

    fn single(&mut self, mixed: bool) -> Result<Condition<String>, Malformed> {
        if self.keyword("NOT") {
            return Ok(Condition::Not(Box::new(self.single(mixed)?)));
        }
        if self.mark('(') {
            let inner = self.condition(mixed)?;
            self.expect_mark(')')?;
            // Kept as a group of its own, so that the brackets are not forgotten.
            return Ok(Condition::Not(Box::new(Condition::Not(Box::new(inner)))));
        }
        let field = self.name()?;
        if self.keyword("NOT") {
            self.expect_keyword("IN")?;
            return self.among(field, true);
        }
        if self.keyword("IN") {
            return self.among(field, false);
        }
        if self.keyword("LIKE") {
            return match self.literal()? {
                literal @ Literal::Text(_) => Ok(Condition::Compare {
                    field,
                    comparison: Comparison::Like,
                    literal,
                }),
                _ => Err(self.unexpected("LIKE needs a text")),
            };
        }
        if mixed && self.keyword("IS") {
            let comparison = if self.keyword("NOT") {
                Comparison::NotEqual
            } else {
                Comparison::Equal
            };
            self.expect_keyword("NULL")?;
            return Ok(Condition::Compare {
                field,
                comparison,
                literal: Literal::Null,
            });
        }
        let comparison = match self.peek() {
            Some(WordKind::Operator(operator)) => match operator.as_str() {
                "=" => Comparison::Equal,
                "!=" | "<>" => Comparison::NotEqual,
                "<" => Comparison::Less,
                "<=" => Comparison::LessOrEqual,
                ">" => Comparison::Greater,
                _ => Comparison::GreaterOrEqual,
            },
            _ => return Err(self.unexpected("expecting an operator")),
        };
        self.next += 1;
        Ok(Condition::Compare {
            field,
            comparison,
            literal: self.literal()?,
        })
    }

    fn among(&mut self, field: String, negated: bool) -> Result<Condition<String>, Malformed> {
        self.expect_mark('(')?;
        let mut literals = vec![self.literal()?];
        while self.mark(',') {
            literals.push(self.literal()?);
        }
        self.expect_mark(')')?;
        Ok(Condition::Among {
            field,
            literals,
            negated,
        })
    }

    fn literal(&mut self) -> Result<Literal, Malformed> {
        let literal = self
            .peek()
            .and_then(Literal::of)
            .ok_or_else(|| self.unexpected("expecting a literal"))?;
        self.next += 1;
        Ok(literal)
    }
}

/// SQL LIKE without regard to case: `%` any run, `_` any one character.
pub(crate) fn like(text: &str, pattern: &str) -> bool {
    fn matches(text: &[char], pattern: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('%', rest)) => (0..=text.len()).any(|skip| matches(&text[skip..], rest)),
            Some(('_', rest)) => !text.is_empty() && matches(&text[1..], rest),
            Some((c, rest)) => text.first() == Some(c) && matches(&text[1..], rest),
        }
    }
    let lower = |s: &str| s.to_lowercase().chars().collect::<Vec<char>>();
    matches(&lower(text), &lower(pattern))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_matches_runs_and_single_characters() {
        assert!(like("Lantern GmbH", "lan%gmbh"));
        assert!(like("abc", "a_c"));
        assert!(!like("abc", "a_"));
        assert!(like("", "%"));
    }

    #[test]
    fn soql_wants_brackets_where_and_meets_or() {
        let read = |text: &str, mixed| {
            Reader::new(text, Quoting::Backslash)
                .unwrap()
                .condition(mixed)
        };
        assert!(read("a = 1 AND b = 2 OR c = 3", false).is_err());
        assert!(read("a = 1 OR b = 2 AND c = 3", false).is_err());
        assert!(read("a = 1 AND b = 2 OR c = 3", true).is_ok());
        assert!(read("(a = 1 AND b = 2) OR c = 3", false).is_ok());
        assert!(read("a = 1 AND (b = 2 OR c = 3) AND d IN ('x', 'y')", false).is_ok());
        assert!(read("a =", false).is_err());
        assert!(Reader::new("a = 'x", Quoting::Backslash).is_err());
    }

    #[test]
    fn quotes_are_read_in_both_ways() {
        let soql = words(r"'O\'Brien'", Quoting::Backslash).unwrap();
        assert_eq!(soql[0].kind, WordKind::Text("O'Brien".to_owned()));
        let suiteql = words("'O''Brien'", Quoting::Doubled).unwrap();
        assert_eq!(suiteql[0].kind, WordKind::Text("O'Brien".to_owned()));
    }
}
