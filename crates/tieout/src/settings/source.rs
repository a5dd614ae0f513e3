//! The files that settings come from, and which of them is at fault. A fault never quotes a line or a
//! value: either may hold a secret.

use super::{Settings, SettingsFault};
use std::path::Path;
use toml::{Table, Value};

/// The file beside the settings.
pub(super) struct Credentials {
    pub(super) text: String,
    pub(super) origin: String,
}

impl Credentials {
    pub(super) fn read(path: &Path) -> Result<Credentials, SettingsFault> {
        let text = std::fs::read_to_string(path).map_err(|error| SettingsFault::File {
            path: path.to_owned(),
            why: error.to_string(),
        })?;
        Ok(Credentials {
            text,
            origin: path.display().to_string(),
        })
    }
}

/// The table that a text holds.
pub(super) fn table(text: &str, origin: &str) -> Result<Table, SettingsFault> {
    text.parse()
        .map_err(|error: toml::de::Error| content(origin, text, &error))
}

/// Puts the settings of one table over those of another, group by group.
pub(super) fn lay_over(table: &mut Table, over: Table) {
    for (name, value) in over {
        match (table.get_mut(&name), value) {
            (Some(Value::Table(known)), Value::Table(inner)) => lay_over(known, inner),
            (_, value) => {
                table.insert(name, value);
            }
        }
    }
}

/// The fault of the file that alone is at fault, with its line; else that of the whole.
pub(super) fn blame<'a>(
    error: &toml::de::Error,
    whole: &str,
    texts: impl Iterator<Item = (&'a str, &'a str)>,
) -> SettingsFault {
    for (text, origin) in texts {
        match toml::from_str::<Settings>(text) {
            // What one file does not say another one may.
            Err(alone) if !alone.message().starts_with("missing field") => {
                return content(origin, text, &alone);
            }
            _ => {}
        }
    }
    SettingsFault::Content {
        origin: whole.to_owned(),
        why: without_values(error.message()),
    }
}

fn content(origin: &str, text: &str, error: &toml::de::Error) -> SettingsFault {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or_else(String::new, |before| {
        format!("line {}: ", before.matches('\n').count() + 1)
    });
    SettingsFault::Content {
        origin: origin.to_owned(),
        why: format!("{line}{}", without_values(error.message())),
    }
}

/// What the reader said, without the text that it quotes.
fn without_values(message: &str) -> String {
    let Some((before, rest)) = message.split_once("string \"") else {
        return message.to_owned();
    };
    match rest.rsplit_once("\", expected ") {
        Some((_, expected)) => format!("{before}text, expected {expected}"),
        None => format!("{before}text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_the_line_and_quotes_no_value() {
        let refused = |text: &str| {
            Settings::read(text, "tieout.toml", std::iter::empty())
                .unwrap_err()
                .to_string()
        };
        for text in [
            "[connections.stripe]\napi_key = \"sk_hushhush\"\nwebhook_secrets = \"whsec_private\"\n",
            "[connections.stripe]\napi_key = \"sk_hushhush\"\nwebhook_secret = \"whsec_private\"\n",
            "[server]\nhttps = true\naddress = \"whsec_private\"\n",
            "[server]\nhttps = true\nhttps = \"whsec_private\"\n",
            "[server]\nhttps = true\npassword = whsec_private\n",
        ] {
            let told = refused(text);
            assert!(
                told.contains("line 3") && !told.contains("private"),
                "{told}"
            );
        }
    }
}
