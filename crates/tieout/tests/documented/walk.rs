//! Reads pages from top to bottom beside a program, and types what they say to type.

use crate::page;
use crate::served::Served;

/// One thing that the reader of a page does.
pub enum Step {
    /// Has done before what the page takes for granted. `post`, `get` and the token of every role
    /// are there, and the other blocks of the page as files: `json.1`, `csv.1`.
    First(&'static str),
    /// Types the next block as it stands, with the token of a role.
    Types(&'static str),
    /// Types the next block with what only the reader has (an id of his own) in the place of what
    /// the page shows: what the page shows, and a command that prints what is there.
    Fills(&'static str, &'static [(&'static str, &'static str)]),
    /// Asks until an answer has these words.
    Until(&'static str, &'static str),
    /// Passes the next block over, for a reason.
    Leaves(&'static str),
}

/// What is typed on a page.
pub struct Walk {
    pub page: &'static str,
    pub steps: &'static [Step],
}

/// Follows pages one after the other, in the same books.
pub fn follow(walks: &[Walk]) {
    let served = Served::start();
    for walk in walks {
        let name = walk.page;
        let all = page::blocks(name);
        for language in ["json", "csv"] {
            let of_it = all.iter().filter(|block| block.language == language);
            for (index, block) in of_it.enumerate() {
                let file = format!("{language}.{}", index + 1);
                served.writes(&file, &block.text);
            }
        }
        let mut typed = all.iter().filter(|block| block.is_typed());
        let mut next = || {
            let block = typed.next();
            &block.unwrap_or_else(|| panic!("{name} types less")).text
        };
        for step in walk.steps {
            match step {
                Step::First(text) => {
                    served.types(name, &format!("{}{text}", verbs()));
                }
                Step::Types(role) => {
                    served.types(name, &with_token(&served, role, next()));
                }
                Step::Fills(role, filled) => {
                    let mut text = next().clone();
                    for (shown, command) in *filled {
                        assert!(text.contains(shown), "{name} does not show {shown}");
                        let told = served.types(name, &format!("{}{command}", verbs()));
                        let own = told.trim();
                        assert!(!own.is_empty(), "{name}: {command} prints nothing");
                        text = text.replace(shown, own);
                    }
                    served.types(name, &with_token(&served, role, &text));
                }
                Step::Until(question, wanted) => {
                    served.waits_for(name, &format!("{}{question}", verbs()), wanted);
                }
                Step::Leaves(reason) => {
                    assert!(!reason.is_empty());
                    next();
                }
            }
        }
        assert_eq!(typed.count(), 0, "{name} has blocks that nobody types");
    }
}

/// A block uses `post` and `get` where an earlier page has defined them.
fn with_token(served: &Served, role: &str, text: &str) -> String {
    let token = served.token(role);
    format!("{}TOKEN={token}\n{text}", verbs())
}

/// `post` and `get` as the page about the catalogue defines them.
fn verbs() -> String {
    let all = page::blocks("catalogue.md");
    let found = all.into_iter().find(|block| block.text.contains("post()"));
    let found = found.expect("the page about the catalogue defines post and get");
    // What is typed next does not wait for the hidden lines of the reader.
    format!("{}\n", found.text.trim_end())
}
