//! Form parameters with brackets (`metadata[k]=v`, `expand[0]=a.b`), raw or percent-encoded, and
//! the refusals that the real system gives for them.

use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::http::decode_pairs;

/// The parameters of one call, each with its path (`created[gte]` → `created`, `gte`).
#[derive(Debug, Clone)]
pub(super) struct Parameters(Vec<(Vec<String>, String)>);

impl Parameters {
    pub(super) fn read(text: &str) -> Parameters {
        Parameters(
            decode_pairs(text)
                .into_iter()
                .map(|(key, value)| (path_of(&key), value))
                .collect(),
        )
    }

    /// One text for the same parameters in whatever order they came.
    pub(super) fn fingerprint(&self) -> String {
        let mut lines: Vec<String> = self
            .0
            .iter()
            .map(|(path, value)| format!("{}={value}", path.join("\u{1f}")))
            .collect();
        lines.sort();
        lines.join("\u{1e}")
    }

    /// Refuses what is not in `allowed`: `name`, `name[field]`, `name[]` (a list), `name[*]` (one
    /// level of any names), `name[**]` (anything below).
    pub(super) fn allow(&self, allowed: &[&str]) -> Result<(), Refusal> {
        let unknown: Vec<String> = self
            .0
            .iter()
            .filter(|(path, _)| !allowed.iter().any(|pattern| matches(pattern, path)))
            .map(|(path, _)| shown(path))
            .collect();
        match unknown.first() {
            None => Ok(()),
            Some(first) => {
                let plural = if unknown.len() > 1 { "s" } else { "" };
                let message = format!("Received unknown parameter{plural}: {}", unknown.join(", "));
                Err(Refusal::invalid(message)
                    .code("parameter_unknown")
                    .param(first))
            }
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.at(&[name])
    }

    /// The parameter, where an empty text counts as not given.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.text(name).filter(|value| !value.is_empty())
    }

    pub(super) fn at(&self, path: &[&str]) -> Option<&str> {
        self.0
            .iter()
            .find(|(given, _)| given == path)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.given(name).ok_or_else(|| {
            Refusal::invalid(format!("Missing required param: {name}."))
                .code("parameter_missing")
                .param(name)
        })
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, Refusal> {
        integer(name, self.given(name))
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.given(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(Refusal::invalid(format!("Invalid boolean: {other}")).param(name)),
        }
    }

    /// The values of `name[]=…` or `name[0]=…`.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(path, _)| path.len() == 2 && path[0] == name && is_index(&path[1]))
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// The entries of `name[key]=value`.
    pub(super) fn map(&self, name: &str) -> Vec<(&str, &str)> {
        self.0
            .iter()
            .filter(|(path, _)| path.len() == 2 && path[0] == name)
            .map(|(path, value)| (path[1].as_str(), value.as_str()))
            .collect()
    }

    /// How many entries `name[0]…`, `name[1]…` there are.
    pub(super) fn count(&self, name: &str) -> usize {
        let entries = self
            .0
            .iter()
            .filter(|(path, _)| path.len() > 1 && path[0] == name);
        let places = entries.filter_map(|(path, _)| path[1].parse::<usize>().ok());
        places.max().map_or(0, |last| last + 1)
    }

    /// The entries right below a path: their last name and their value.
    pub(super) fn below(&self, wanted: &[&str]) -> Vec<(&str, &str)> {
        let below = self.0.iter().filter(|(path, _)| {
            path.len() == wanted.len() + 1
                && path.iter().zip(wanted).all(|(one, other)| one == other)
        });
        below
            .filter_map(|(path, value)| Some((path.last()?.as_str(), value.as_str())))
            .collect()
    }

    /// `created=…` or `created[gte]=…` and its like: whether an instant (in seconds) is within.
    pub(super) fn within_created(&self, seconds: i64) -> Result<bool, Refusal> {
        let exact = integer("created", self.text("created"))?;
        let bound = |end: &str| integer(&format!("created[{end}]"), self.at(&["created", end]));
        Ok(exact.is_none_or(|at| seconds == at)
            && bound("gt")?.is_none_or(|at| seconds > at)
            && bound("gte")?.is_none_or(|at| seconds >= at)
            && bound("lt")?.is_none_or(|at| seconds < at)
            && bound("lte")?.is_none_or(|at| seconds <= at))
    }

    /// The metadata after this call: a key with an empty value is taken away, `metadata=` empties all.
    pub(super) fn metadata(&self, before: Option<&Value>) -> Result<Value, Refusal> {
        let mut metadata = before
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        if self.text("metadata") == Some("") {
            metadata = Map::new();
        }
        for (key, value) in self.map("metadata") {
            if key.chars().count() > 40 {
                return Err(Refusal::invalid(
                    "Metadata keys can be up to 40 characters long.".to_owned(),
                )
                .param("metadata"));
            }
            if value.chars().count() > 500 {
                let message = "Metadata values can be up to 500 characters long.".to_owned();
                return Err(Refusal::invalid(message).param(&format!("metadata[{key}]")));
            }
            if value.is_empty() {
                metadata.remove(key);
            } else {
                metadata.insert(key.to_owned(), Value::from(value));
            }
        }
        if metadata.len() > 50 {
            return Err(Refusal::invalid(
                "An object can hold at most 50 metadata keys.".to_owned(),
            )
            .param("metadata"));
        }
        Ok(Value::Object(metadata))
    }
}

fn integer(name: &str, text: Option<&str>) -> Result<Option<i64>, Refusal> {
    text.map(|text| {
        text.parse::<i64>().map_err(|_| {
            Refusal::invalid(format!("Invalid integer: {text}"))
                .code("parameter_invalid_integer")
                .param(name)
        })
    })
    .transpose()
}

fn path_of(key: &str) -> Vec<String> {
    let Some((head, rest)) = key.split_once('[') else {
        return vec![key.to_owned()];
    };
    let mut path = vec![head.to_owned()];
    path.extend(rest.trim_end_matches(']').split("][").map(str::to_owned));
    path
}

fn shown(path: &[String]) -> String {
    path.iter()
        .enumerate()
        .map(|(at, part)| {
            if at == 0 {
                part.clone()
            } else {
                format!("[{part}]")
            }
        })
        .collect()
}

fn is_index(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

fn matches(pattern: &str, path: &[String]) -> bool {
    let wanted = path_of(pattern);
    if wanted.last().is_some_and(|last| last == "**") {
        return path.len() >= wanted.len()
            && path[..wanted.len() - 1] == wanted[..wanted.len() - 1];
    }
    wanted.len() == path.len()
        && wanted
            .iter()
            .zip(path)
            .enumerate()
            .all(|(at, (want, got))| match want.as_str() {
                "*" => true,
                "" if at > 0 => is_index(got),
                _ => want == got,
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_raw_and_encoded_are_the_same() {
        let raw = Parameters::read("metadata[a]=1&expand[0]=x.y&expand[]=z&created[gte]=5");
        let encoded = Parameters::read(
            "metadata%5Ba%5D=1&expand%5B0%5D=x.y&expand%5B%5D=z&created%5Bgte%5D=5",
        );
        assert_eq!(raw.fingerprint(), encoded.fingerprint());
        assert_eq!(raw.list("expand"), ["x.y", "z"]);
        assert_eq!(raw.map("metadata"), [("a", "1")]);
        assert!(
            raw.allow(&["metadata[*]", "expand[]", "created[gte]"])
                .is_ok()
        );
        assert!(raw.allow(&["metadata[*]", "expand[]"]).is_err());
        assert!(raw.within_created(5).unwrap() && !raw.within_created(4).unwrap());
        assert!(Parameters::read("a[b][c]=1").allow(&["a[**]"]).is_ok());
    }
}
