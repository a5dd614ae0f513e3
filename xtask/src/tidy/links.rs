//! Links of Markdown pages to files of this repository lead somewhere.

use std::collections::BTreeSet;

use super::source::numbered;
use super::{Offence, Rule};

/// Links and pictures of a page whose file or folder is not in the repository.
pub fn broken(path: &str, text: &str, known: &BTreeSet<String>) -> Vec<Offence> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found = Vec::new();
    let mut in_fence = false;
    for (number, line) in numbered(text) {
        let bare = line.trim_start();
        if bare.starts_with("```") || bare.starts_with("~~~") {
            in_fence = !in_fence;
            continue;
        }
        if in_fence {
            continue;
        }
        for target in targets(&without_code(line)) {
            let Some(wanted) = file_of(&target) else {
                continue;
            };
            let exists = resolved(folder, &wanted).is_some_and(|wanted| exists(&wanted, known));
            if !exists {
                found.push(Offence {
                    path: path.to_owned(),
                    line: number,
                    rule: Rule::Link,
                    told: format!("the link `{target}` leads nowhere in this repository"),
                });
            }
        }
    }
    found
}

/// A line in which code between backticks is blank.
fn without_code(line: &str) -> String {
    let mut inside = false;
    line.chars()
        .map(|character| {
            if character == '`' {
                inside = !inside;
            }
            if inside { ' ' } else { character }
        })
        .collect()
}

/// What the links of a line point to: `[text](target)`, `![text](target "title")`,
/// `[label]: target`, and `src` or `href` of HTML.
fn targets(line: &str) -> Vec<String> {
    let first_word = |text: &str| text.split_whitespace().next().unwrap_or("").to_owned();
    let mut found = Vec::new();
    for (index, opening) in line.match_indices("](") {
        let inside = &line[index + opening.len()..];
        let target = match inside.strip_prefix('<') {
            Some(bracketed) => bracketed.split('>').next().unwrap_or("").to_owned(),
            None => first_word(&inside[..closing_parenthesis(inside)]),
        };
        found.push(target);
    }
    let trimmed = line.trim_start();
    if let Some((_, target)) = trimmed
        .starts_with('[')
        .then(|| trimmed.split_once("]: "))
        .flatten()
    {
        found.push(first_word(target));
    }
    for attribute in ["src=\"", "href=\""] {
        for (index, _) in line.match_indices(attribute) {
            let inside = &line[index + attribute.len()..];
            found.push(inside.split('"').next().unwrap_or("").to_owned());
        }
    }
    found
}

/// Where the parenthesis that is already open closes.
fn closing_parenthesis(text: &str) -> usize {
    let mut depth = 1_usize;
    for (index, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index;
        }
    }
    text.len()
}

/// The file that a target names, without its anchor; `None` for the web and for the page itself.
fn file_of(target: &str) -> Option<String> {
    let has_scheme = target.split(['/', '#']).next()?.contains(':');
    if has_scheme || target.starts_with("//") || target.starts_with('#') || target.is_empty() {
        return None;
    }
    let file = target.split(['#', '?']).next()?;
    Some(file.replace("%20", " "))
}

/// The path from the root of the repository; `None` when it leads out of it.
fn resolved(folder: &str, wanted: &str) -> Option<String> {
    let (start, wanted) = match wanted.strip_prefix('/') {
        Some(from_root) => ("", from_root),
        None => (folder, wanted),
    };
    let mut parts: Vec<&str> = start.split('/').filter(|part| !part.is_empty()).collect();
    for part in wanted.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// A file, or a folder that holds one.
fn exists(wanted: &str, known: &BTreeSet<String>) -> bool {
    let folder = format!("{wanted}/");
    wanted.is_empty()
        || known.contains(wanted)
        || known
            .range(folder.clone()..)
            .next()
            .is_some_and(|path| path.starts_with(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str, text: &str) -> Vec<usize> {
        let known = [
            "README.md",
            "docs/tour.md",
            "docs/a b.md",
            "docs/picture.png",
        ]
        .map(str::to_owned)
        .into();
        broken(path, text, &known)
            .into_iter()
            .map(|offence| offence.line)
            .collect()
    }

    #[test]
    fn links_that_lead_somewhere_are_fine() {
        for text in [
            "[tour](docs/tour.md)",
            "[part](docs/tour.md#part)",
            "![picture](docs/picture.png \"title\")",
            "[folder](docs/)",
            "[folder](docs)",
            "[spaced](docs/a%20b.md) [bracketed](<docs/a b.md>)",
            "[web](https://example.org/x.md) [mail](mailto:a@example.org) [here](#part)",
            "[tour]: docs/tour.md",
            "<img src=\"docs/picture.png\">",
            "`[not a link](nowhere.md)`",
            "```\n[not a link](nowhere.md)\n```",
        ] {
            assert!(told("README.md", text).is_empty(), "{text}");
        }
        assert!(told("docs/tour.md", "[up](../README.md) [root](/README.md)").is_empty());
    }

    #[test]
    fn links_that_lead_nowhere_are_told_with_their_line() {
        for text in [
            "[gone](docs/gone.md)",
            "![gone](picture.png)",
            "[out](../elsewhere.md)",
            "[label]: docs/gone.md",
            "<img src=\"picture.png\">",
            "[half](doc)",
        ] {
            assert_eq!(told("README.md", &format!("first\n{text}")), [2], "{text}");
        }
        assert_eq!(told("docs/tour.md", "[beside](README.md)"), [1]);
    }
}
