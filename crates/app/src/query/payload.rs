//! Payloads made readable without being interpreted: a figure is shown with the digits that came.

/// JSON text with one member a line. Text that is not JSON stays as it is.
pub(super) fn pretty(text: &str) -> String {
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
        return text.to_owned();
    }
    let mut out = Layout::default();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                out.text.push('"');
                let mut escaped = false;
                for letter in letters.by_ref() {
                    out.text.push(letter);
                    if letter == '"' && !escaped {
                        break;
                    }
                    escaped = letter == '\\' && !escaped;
                }
            }
            '{' | '[' => {
                out.text.push(letter);
                while letters.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                match letters.next_if(|next| matches!(next, '}' | ']')) {
                    Some(end) => out.text.push(end),
                    None => out.line(1),
                }
            }
            '}' | ']' => {
                out.line(-1);
                out.text.push(letter);
            }
            ',' => {
                out.text.push(',');
                out.line(0);
            }
            ':' => out.text.push_str(": "),
            space if space.is_ascii_whitespace() => {}
            other => out.text.push(other),
        }
    }
    out.text
}

/// The text so far and how deep it stands.
#[derive(Default)]
struct Layout {
    text: String,
    depth: usize,
}

impl Layout {
    fn line(&mut self, step: isize) {
        self.depth = self.depth.saturating_add_signed(step);
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_their_digits_and_strings_their_marks() {
        let text = r#"{"Amount":12000.00,"a":[],"b":[1,{"c":"x,\"{y\\"}], "d" : { } }"#;
        assert_eq!(
            pretty(text),
            "{\n  \"Amount\": 12000.00,\n  \"a\": [],\n  \"b\": [\n    1,\n    {\n      \"c\": \"x,\\\"{y\\\\\"\n    }\n  ],\n  \"d\": {}\n}"
        );
        assert_eq!(pretty("not {json"), "not {json");
    }
}
