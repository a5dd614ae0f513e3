//! Reading YAML (and with it JSON) without ever making a float: a plain scalar with a decimal point
//! keeps its text, so that `1200.10` is exactly that.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};

/// A file that is not YAML or JSON, or not the shape of a story.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", if *line > 0 { format!("line {line}: ") } else { String::new() })]
pub struct StoryUnreadable {
    /// Where, from 1; 0 when it concerns the whole.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// How deep lists and maps may nest.
const DEPTH: usize = 64;

/// What is being read: a list, or a map with the key that waits for its value.
enum Open {
    List(Vec<Value>),
    Map(Map<String, Value>, Option<String>),
}

/// Reads one YAML or JSON document as a JSON value.
///
/// # Errors
/// When the text is no YAML, uses anchors or several documents, repeats a key, or nests too deep.
pub fn read_yaml(text: &str) -> Result<Value, StoryUnreadable> {
    let mut parser = Parser::new_from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut root: Option<Value> = None;
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|error| StoryUnreadable {
            line: error.marker().line(),
            message: error.info().to_string(),
        })?;
        let line = span.start.line();
        let wrong = |message: &str| StoryUnreadable {
            line,
            message: message.to_owned(),
        };
        let value = match event {
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                if open.len() >= DEPTH {
                    return Err(wrong("lists and maps nest too deep"));
                }
                open.push(match event {
                    Event::MappingStart(..) => Open::Map(Map::new(), None),
                    _ => Open::List(Vec::new()),
                });
                continue;
            }
            Event::Alias(_) => {
                return Err(wrong(
                    "anchors and aliases are not used in stories; write it out",
                ));
            }
            Event::Scalar(text, style, ..) => scalar(&text, style),
            Event::MappingEnd | Event::SequenceEnd => match open.pop() {
                Some(Open::Map(map, _)) => Value::Object(map),
                Some(Open::List(list)) => Value::Array(list),
                None => return Err(wrong("a list or map ends that never began")),
            },
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => continue,
        };
        match open.last_mut() {
            None if root.is_some() => return Err(wrong("a file holds one story")),
            None => root = Some(value),
            Some(Open::List(list)) => list.push(value),
            Some(Open::Map(map, waiting)) => place(map, waiting, value, line)?,
        }
    }
    root.ok_or_else(|| StoryUnreadable {
        line: 0,
        message: "the file is empty".to_owned(),
    })
}

fn place(
    map: &mut Map<String, Value>,
    waiting: &mut Option<String>,
    value: Value,
    line: usize,
) -> Result<(), StoryUnreadable> {
    match waiting.take() {
        Some(key) => {
            if map.insert(key.clone(), value).is_some() {
                return Err(StoryUnreadable {
                    line,
                    message: format!("{key:?} stands twice in one map"),
                });
            }
        }
        None => {
            *waiting = Some(match value {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                _ => {
                    return Err(StoryUnreadable {
                        line,
                        message: "a key is a word".to_owned(),
                    });
                }
            });
        }
    }
    Ok(())
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let whole = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            // 007 and numbers beyond 64 bits stay text, so that nothing of them is lost.
            match text.parse::<i64>() {
                Ok(number) if whole && number.to_string() == text => {
                    Value::Number(Number::from(number))
                }
                _ => Value::String(text.to_owned()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn decimals_keep_their_text_and_json_is_read_too() {
        let read = read_yaml("a: 1200.10\nb: [1, -2, \"3\", true, ~, 2026-01-31]\n").unwrap();
        assert_eq!(
            read,
            json!({ "a": "1200.10", "b": [1, -2, "3", true, null, "2026-01-31"] })
        );
        assert_eq!(
            read_yaml(r#"{"a": 0.1, "b": {"c": 5}}"#).unwrap(),
            json!({ "a": "0.1", "b": { "c": 5 } })
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        assert!(
            read_yaml("a: 1\na: 2\n")
                .unwrap_err()
                .to_string()
                .contains("\"a\" stands twice")
        );
        assert!(read_yaml("a: [1\n").unwrap_err().line > 0);
        assert!(
            read_yaml("a: &x 1\nb: *x\n")
                .unwrap_err()
                .to_string()
                .contains("aliases")
        );
        assert!(
            read_yaml(&"[".repeat(100))
                .unwrap_err()
                .to_string()
                .contains("too deep")
        );
        assert!(read_yaml("").is_err());
    }
}
