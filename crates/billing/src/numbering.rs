//! The printed numbers of documents: a pattern that a legal entity chooses for each kind of document,
//! and whether two patterns could ever print the same number.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// Digits of a number in a pattern that does not say how many.
const DIGITS: u8 = 5;

/// Most characters of a pattern.
const LONGEST: usize = 40;

/// Digits of a year.
const YEAR_DIGITS: usize = 4;

/// How the numbers of a series are printed, such as `INV-{year}-{number:5}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NumberPattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Entity,
    Year,
    Number(u8),
}

/// Why a text is no pattern of numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternRefused {
    /// It does not count.
    #[error("a pattern has {{number}} in it once, such as INV-{{year}}-{{number:5}}")]
    Number,
    /// A piece in braces is not known.
    #[error(
        "{{{piece}}} is not known; use {{entity}}, {{year}}, {{number}} or {{number:1}} to {{number:12}}, each at most once"
    )]
    Piece {
        /// What stands in the braces.
        piece: String,
    },
    /// A brace is not closed, or not opened.
    #[error("a brace is not closed or not opened; write {{number}}")]
    Brace,
    /// A character that numbers of documents do not have.
    #[error(
        "{character:?} does not go into the number of a document; use letters, digits and - . / _ #"
    )]
    Character {
        /// Which.
        character: char,
    },
    /// It is too long.
    #[error("the pattern has {length} characters; it has at most {LONGEST}")]
    Long {
        /// How many.
        length: usize,
    },
}

/// How a number of a series is put together for one year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberFrame {
    /// What stands before the number.
    pub before: String,
    /// Least digits of the number.
    pub digits: usize,
    /// What stands after it.
    pub after: String,
}

impl FromStr for NumberPattern {
    type Err = PatternRefused;

    fn from_str(text: &str) -> Result<Self, PatternRefused> {
        let length = text.chars().count();
        if length > LONGEST {
            return Err(PatternRefused::Long { length });
        }
        let mut parts: Vec<Part> = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let part;
            (part, rest) = match rest.strip_prefix('{') {
                Some(inside) => {
                    let (piece, after) = inside.split_once('}').ok_or(PatternRefused::Brace)?;
                    let part = piece_of(piece).filter(|part| !holds(&parts, part));
                    let refused = || PatternRefused::Piece {
                        piece: piece.to_owned(),
                    };
                    (part.ok_or_else(refused)?, after)
                }
                None => {
                    let (plain, after) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
                    (Part::Text(checked(plain)?), after)
                }
            };
            parts.push(part);
        }
        if !parts.iter().any(|part| matches!(part, Part::Number(_))) {
            return Err(PatternRefused::Number);
        }
        Ok(NumberPattern { parts })
    }
}

/// Whether a piece of the same kind is there already.
fn holds(parts: &[Part], part: &Part) -> bool {
    parts
        .iter()
        .any(|known| std::mem::discriminant(known) == std::mem::discriminant(part))
}

fn piece_of(piece: &str) -> Option<Part> {
    Some(match piece {
        "entity" => Part::Entity,
        "year" => Part::Year,
        "number" => Part::Number(DIGITS),
        other => {
            let digits: u8 = other.strip_prefix("number:")?.parse().ok()?;
            Part::Number((1..=12).contains(&digits).then_some(digits)?)
        }
    })
}

fn checked(plain: &str) -> Result<String, PatternRefused> {
    let fits = |it: &char| it.is_ascii_alphanumeric() || "-./_#".contains(*it);
    match plain.chars().find(|it| !fits(it)) {
        None => Ok(plain.to_owned()),
        Some('}') => Err(PatternRefused::Brace),
        Some(character) => Err(PatternRefused::Character { character }),
    }
}

impl fmt::Display for NumberPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => f.write_str(text)?,
                Part::Entity => f.write_str("{entity}")?,
                Part::Year => f.write_str("{year}")?,
                Part::Number(DIGITS) => f.write_str("{number}")?,
                Part::Number(digits) => write!(f, "{{number:{digits}}}")?,
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for NumberPattern {
    type Error = PatternRefused;

    fn try_from(text: String) -> Result<Self, PatternRefused> {
        text.parse()
    }
}

impl From<NumberPattern> for String {
    fn from(pattern: NumberPattern) -> String {
        pattern.to_string()
    }
}

impl JsonSchema for NumberPattern {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("NumberPattern")
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "How numbers are printed: letters, digits and - . / _ # with {number} or {number:5} once, and {year} and {entity} at most once, such as INV-{year}-{number:5}",
            "maxLength": 40
        })
    }
}

/// What can stand at a place of a printed number.
#[derive(Clone, Copy)]
enum Place {
    Exactly(char),
    Digit,
    /// Any number of digits, also none.
    Digits,
}

impl NumberPattern {
    /// Whether the year stands in it.
    #[must_use]
    pub fn has_year(&self) -> bool {
        self.parts.contains(&Part::Year)
    }

    /// What stands around the numbers of a year.
    #[must_use]
    pub fn frame(&self, entity: &str, year: i16) -> NumberFrame {
        let mut frame = NumberFrame {
            before: String::new(),
            digits: usize::from(DIGITS),
            after: String::new(),
        };
        let mut behind = false;
        for part in &self.parts {
            let side = if behind {
                &mut frame.after
            } else {
                &mut frame.before
            };
            match part {
                Part::Text(text) => side.push_str(text),
                Part::Entity => side.push_str(entity),
                Part::Year => side.push_str(&format!("{year:04}")),
                Part::Number(digits) => {
                    frame.digits = usize::from(*digits);
                    behind = true;
                }
            }
        }
        frame
    }

    /// Whether this pattern, used by one legal entity, could print a number that the other, used by
    /// another one, prints as well: in any year and however far both count.
    #[must_use]
    pub fn may_meet(&self, entity: &str, other: &NumberPattern, other_entity: &str) -> bool {
        let (one, two) = (self.places(entity), other.places(other_entity));
        // Both are walked at once, character by character, over every way of taking digits.
        let (mut seen, mut open) = (BTreeSet::new(), vec![(0, 0)]);
        while let Some((at, there)) = open.pop() {
            if !seen.insert((at, there)) {
                continue;
            }
            let (here, opposite) = (one.get(at), two.get(there));
            if here.is_none() && opposite.is_none() {
                return true;
            }
            if matches!(here, Some(Place::Digits)) {
                open.push((at + 1, there));
            }
            if matches!(opposite, Some(Place::Digits)) {
                open.push((at, there + 1));
            }
            let (Some(here), Some(opposite)) = (here, opposite) else {
                continue;
            };
            if share(*here, *opposite) {
                let stays = |place: &Place| usize::from(!matches!(place, Place::Digits));
                open.push((at + stays(here), there + stays(opposite)));
            }
        }
        false
    }

    fn places(&self, entity: &str) -> Vec<Place> {
        let mut places = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => places.extend(text.chars().map(Place::Exactly)),
                Part::Entity => places.extend(entity.chars().map(Place::Exactly)),
                Part::Year => places.extend([Place::Digit; YEAR_DIGITS]),
                Part::Number(digits) => {
                    places.extend(std::iter::repeat_n(Place::Digit, usize::from(*digits)));
                    places.push(Place::Digits);
                }
            }
        }
        places
    }
}

/// Whether one character could stand at both places.
fn share(one: Place, other: Place) -> bool {
    match (one, other) {
        (Place::Exactly(one), Place::Exactly(other)) => one == other,
        (Place::Exactly(only), _) | (_, Place::Exactly(only)) => only.is_ascii_digit(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> NumberPattern {
        text.parse().unwrap()
    }

    fn print(pattern: &NumberPattern, entity: &str, year: i16, number: i64) -> String {
        let frame = pattern.frame(entity, year);
        format!(
            "{}{number:0width$}{}",
            frame.before,
            frame.after,
            width = frame.digits
        )
    }

    #[test]
    fn a_pattern_prints_entity_year_and_number_where_it_says() {
        let printed = print(&pattern("INV-{year}-{number:5}"), "DE", 2026, 42);
        assert_eq!(printed, "INV-2026-00042");
        let printed = print(&pattern("{number:3}/{entity}/{year}"), "DE", 2026, 7);
        assert_eq!(printed, "007/DE/2026");
        let printed = print(&pattern("R{number:1}"), "DE", 2026, 1234);
        assert_eq!(printed, "R1234");
        assert_eq!(
            pattern("{entity}-{year}-{number:5}").to_string(),
            "{entity}-{year}-{number}"
        );
    }

    #[test]
    fn what_is_no_pattern_is_told_with_its_mend() {
        let told = |text: &str| text.parse::<NumberPattern>().unwrap_err().to_string();
        assert_eq!(
            told("INV-{year}"),
            "a pattern has {number} in it once, such as INV-{year}-{number:5}"
        );
        assert!(told("{nr}").starts_with("{nr} is not known; use {entity}, {year}"));
        assert!(told("{number}{number:3}").contains("each at most once"));
        assert!(told("{number:13}").contains("{number:1} to {number:12}"));
        assert!(told("INV-{number").contains("brace is not closed"));
        assert!(told("INV-number}").contains("brace is not closed"));
        assert!(told("INV {number}").starts_with("' ' does not go into the number"));
        assert!(told(&format!("{{number}}{}", "x".repeat(40))).starts_with("the pattern has 48"));
    }

    #[test]
    fn patterns_that_could_print_the_same_number_are_found() {
        let meet = |one: &str, other: &str| pattern(one).may_meet("DE", &pattern(other), "FR");
        assert!(meet("INV-{number:5}", "INV-{number:3}"), "12345 is in both");
        assert!(meet("{year}{number:4}", "{number:6}"));
        assert!(meet("2{number:1}", "{number:1}1"), "21 is in both");
        assert!(meet("{entity}-{number}", "DE-{number:2}"));
        assert!(!meet("{entity}-{number}", "{entity}-{number}"));
        assert!(!meet("INV-{number}", "CN-{number}"));
        assert!(!meet("A{number:3}B", "A{number:3}C"));
        assert!(!meet("INV-{year}-{number}", "INV-{number}"));
    }

    proptest! {
        /// What two patterns print alike is never missed.
        #[test]
        fn no_meeting_is_missed(
            one in "[A12-]{0,2}", two in "[A12-]{0,2}", three in "[A12-]{0,2}", four in "[A12-]{0,2}",
            digits in 1_u8..4, others in 1_u8..4, number in 1_i64..2_000, other in 1_i64..2_000,
        ) {
            let first = pattern(&format!("{one}{{number:{digits}}}{two}"));
            let second = pattern(&format!("{three}{{number:{others}}}{four}"));
            if print(&first, "DE", 2026, number) == print(&second, "DE", 2026, other) {
                prop_assert!(first.may_meet("DE", &second, "DE"));
            }
        }

        /// One series never prints a number twice: the frame of a year and the number tell it.
        #[test]
        fn a_series_never_repeats(
            lead in "[A0-9-]{0,3}", tail in "[A0-9-]{0,3}", digits in 1_u8..6,
            number in 1_i64..100_000, other in 1_i64..100_000, year in 2000_i16..2100, later in 2000_i16..2100,
        ) {
            for text in [format!("{lead}{{year}}{{number:{digits}}}{tail}"), format!("{lead}{{number:{digits}}}{tail}{{year}}")] {
                let it = pattern(&text);
                let same = print(&it, "DE", year, number) == print(&it, "DE", later, other);
                prop_assert_eq!(same, (year, number) == (later, other));
            }
        }
    }
}
