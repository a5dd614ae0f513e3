//! Rust source taken apart just far enough for the house rules: code, without the comments and
//! without the contents of literals, and the string literals for themselves.

/// A Rust file taken apart.
#[derive(Debug)]
pub struct Source {
    /// The text, line for line, in which comments and what stands between quotes are blank.
    pub code: String,
    pub literals: Vec<Literal>,
}

/// A string literal.
#[derive(Debug, PartialEq, Eq)]
pub struct Literal {
    /// Where it begins, counted from 1.
    pub line: usize,
    /// As written: escapes are not resolved.
    pub text: String,
}

impl Source {
    pub fn read(text: &str) -> Source {
        let mut reader = Reader {
            characters: text.chars().collect(),
            at: 0,
            line: 1,
            code: String::with_capacity(text.len()),
            literals: Vec::new(),
        };
        while reader.at < reader.characters.len() {
            reader.step();
        }
        Source {
            code: reader.code,
            literals: reader.literals,
        }
    }

    /// The lines of code, counted from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        numbered(&self.code)
    }
}

/// The lines of a text, counted from 1.
pub fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
}

/// The code in which every item under `#[cfg(test)]` is blank, line for line.
pub fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut left = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find(MARK) {
        let (before, from_mark) = rest.split_at(start);
        left.push_str(before);
        let (item, after) = from_mark.split_at(end_of_item(from_mark));
        left.extend(item.chars().map(blank));
        rest = after;
    }
    left.push_str(rest);
    left
}

/// Where the first item of `code` ends: at its `;`, or at the brace that closes its first one.
fn end_of_item(code: &str) -> usize {
    let mut depth = 0_usize;
    for (index, character) in code.char_indices() {
        match character {
            ';' if depth == 0 => return index + 1,
            '{' => depth += 1,
            '}' if depth <= 1 => return index + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

/// Whether `line` has `wanted` as whole words: `async` is not in `asynchronous`.
pub fn mentions(line: &str, wanted: &str) -> bool {
    line.match_indices(wanted).any(|(index, _)| {
        let before = line[..index].chars().next_back();
        let after = line[index + wanted.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

/// The identifiers and numbers of a line of code.
pub fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character| !is_word(character))
        .filter(|word| !word.is_empty())
}

pub fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn blank(character: char) -> char {
    if character == '\n' { '\n' } else { ' ' }
}

struct Reader {
    characters: Vec<char>,
    at: usize,
    line: usize,
    code: String,
    literals: Vec<Literal>,
}

impl Reader {
    /// Takes one token that may hide text, or else one character.
    fn step(&mut self) {
        let after_word = self.code.chars().next_back().is_some_and(is_word);
        match (self.peek(0), self.peek(1)) {
            (Some('/'), Some('/')) => self.hide_until(|reader| reader.peek(0) == Some('\n')),
            (Some('/'), Some('*')) => self.block_comment(),
            (Some('"'), _) => self.plain_string(),
            (Some('\''), _) => self.character_or_lifetime(),
            (Some('r' | 'b' | 'c'), _) if !after_word => self.word_or_prefixed_string(),
            _ => self.keep(),
        }
    }

    /// `r"…"`, `r#"…"#`, `b"…"`, `br#"…"#`, `c"…"`; or a word that only begins so.
    fn word_or_prefixed_string(&mut self) {
        let mut ahead = 0;
        let mut raw = false;
        while let Some(letter @ ('r' | 'b' | 'c')) = self.peek(ahead) {
            raw |= letter == 'r';
            ahead += 1;
            if ahead > 2 {
                break;
            }
        }
        let hashes = (0..)
            .take_while(|offset| self.peek(ahead + offset) == Some('#'))
            .count();
        let quoted = self.peek(ahead + hashes) == Some('"');
        if quoted && raw && ahead <= 2 {
            for _ in 0..ahead + hashes {
                self.keep();
            }
            self.raw_string(hashes);
        } else {
            self.keep();
        }
    }

    fn plain_string(&mut self) {
        let line = self.line;
        self.keep();
        let start = self.at;
        while let Some(character) = self.peek(0) {
            match character {
                '"' => break,
                '\\' => {
                    self.hide();
                    self.hide();
                }
                _ => self.hide(),
            }
        }
        self.remember(line, start);
        self.keep();
    }

    fn raw_string(&mut self, hashes: usize) {
        let line = self.line;
        self.keep();
        let start = self.at;
        self.hide_until(|reader| {
            reader.peek(0) == Some('"')
                && (1..=hashes).all(|offset| reader.peek(offset) == Some('#'))
        });
        self.remember(line, start);
        self.keep();
    }

    fn remember(&mut self, line: usize, start: usize) {
        let end = self.at.min(self.characters.len());
        self.literals.push(Literal {
            line,
            text: self.characters[start..end].iter().collect(),
        });
    }

    /// `'a'` and `'\n'` are characters; `'a` is a lifetime.
    fn character_or_lifetime(&mut self) {
        let escaped = self.peek(1) == Some('\\');
        self.keep();
        if escaped {
            self.hide();
            self.hide();
            self.hide_until(|reader| matches!(reader.peek(0), Some('\'' | '\n')));
            self.keep();
        } else if self.peek(1) == Some('\'') {
            self.hide();
            self.keep();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.characters.len() {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => {
                    depth += 1;
                    self.hide();
                }
                (Some('*'), Some('/')) => {
                    depth = depth.saturating_sub(1);
                    self.hide();
                }
                _ => {}
            }
            self.hide();
            if depth == 0 {
                return;
            }
        }
    }

    fn hide_until(&mut self, ended: impl Fn(&Reader) -> bool) {
        while self.at < self.characters.len() && !ended(self) {
            self.hide();
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn keep(&mut self) {
        self.take(|character| character);
    }

    fn hide(&mut self) {
        self.take(blank);
    }

    fn take(&mut self, shown: fn(char) -> char) {
        if let Some(character) = self.peek(0) {
            self.code.push(shown(character));
            self.line += usize::from(character == '\n');
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literals(text: &str) -> Vec<String> {
        let source = Source::read(text);
        source
            .literals
            .into_iter()
            .map(|literal| literal.text)
            .collect()
    }

    #[test]
    fn comments_are_blank_and_lines_stay() {
        let source = Source::read("a // f64\n/* f64 /* nested */ f64 */ b\n/// f64\nc");
        let code: Vec<&str> = source.code.lines().map(str::trim).collect();
        assert_eq!(code, ["a", "b", "", "c"]);
    }

    #[test]
    fn strings_of_every_kind_are_taken_out() {
        assert_eq!(
            literals(
                r####"f("one \" // two"); g(r"three\"); h(r#"fo"ur"#); i(b"five", br##"si"#x"##)"####
            ),
            [r#"one \" // two"#, r"three\", "fo\"ur", "five", "si\"#x"]
        );
    }

    #[test]
    fn characters_and_lifetimes_do_not_open_strings() {
        let text = r#"fn f<'a>(x: &'a str) { g('"', '\'', '\u{22}', b'"', "text") }"#;
        assert_eq!(literals(text), ["text"]);
        assert!(Source::read(text).code.contains("fn f<'a>(x: &'a str)"));
    }

    #[test]
    fn raw_identifiers_are_words() {
        assert_eq!(literals("r#type; bar\"x\"; r\"y\""), ["x", "y"]);
    }

    #[test]
    fn a_literal_knows_its_line() {
        let source = Source::read("\n\nf(\n\"first\n line\", \"second\")");
        let lines: Vec<usize> = source.literals.iter().map(|literal| literal.line).collect();
        assert_eq!(lines, [4, 5]);
    }

    #[test]
    fn broken_off_text_ends_quietly() {
        for text in ["\"open", "r#\"open", "/* open", "'\\", "\"\\"] {
            assert_eq!(
                Source::read(text).code.chars().count(),
                text.chars().count()
            );
        }
    }

    #[test]
    fn test_items_are_blanked_and_what_follows_is_not() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\nfn c() {}\n#[cfg(test)]\nuse d;\nfn e() {}";
        let left = without_tests(code);
        let kept: Vec<&str> = left.lines().map(str::trim).collect();
        assert_eq!(
            kept,
            [
                "fn a() {}",
                "",
                "",
                "",
                "",
                "fn c() {}",
                "",
                "",
                "fn e() {}"
            ]
        );
    }

    #[test]
    fn words_are_whole() {
        assert!(mentions("pub async fn f()", "async"));
        assert!(!mentions("asynchronous", "async"));
        assert!(mentions("std::time::SystemTime::now()", "SystemTime::now"));
        assert_eq!(
            words("a.b_c(1.5)").collect::<Vec<_>>(),
            ["a", "b_c", "1", "5"]
        );
    }
}
