//! The settings of `tieout serve` and of the commands that manage its users: a TOML file, overridden
//! by the environment. A setting that is not known is refused by its name.

mod source;

mod limits;
mod paper;
mod telemetry;

pub use self::telemetry::TelemetrySettings;
pub use limits::LimitSettings;
pub use paper::PaperSettings;

use app::Routing;
use app::connections::ConnectionsConfig;
use connect::Secret;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use store::{Durability, Location};
use toml::{Table, Value};

/// What every setting in the environment begins with. Parts of a name are joined by two
/// underscores: `TIEOUT_SERVER__ADDRESS` is `address` of `[server]`.
const ENVIRONMENT: &str = "TIEOUT_";

/// All settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Folder of the books.
    #[serde(default = "data")]
    pub data: PathBuf,
    /// Where and how to serve.
    #[serde(default)]
    pub server: ServerSettings,
    /// Where the books are kept.
    #[serde(default)]
    pub store: StoreSettings,
    /// What the log says.
    #[serde(default)]
    pub log: LogSettings,
    /// Which facts are passed on.
    #[serde(default)]
    pub routing: Routing,
    /// The outside systems.
    #[serde(default)]
    pub connections: ConnectionsConfig,
    /// Where the keys are that secrets are sealed with.
    #[serde(default)]
    pub seal: crate::seal::SealSettings,
    /// A file whose settings stand over those of this one, for credentials.
    #[serde(default)]
    #[expect(dead_code, reason = "read before the settings are")]
    credentials_file: Option<PathBuf>,
    /// How webhooks are sent.
    #[serde(default)]
    pub outward: app::outward::OutwardConfig,
    /// Where traces go.
    #[serde(default)]
    pub telemetry: TelemetrySettings,
    /// How often callers may ask.
    #[serde(default)]
    pub limits: LimitSettings,
    /// How documents are printed.
    #[serde(default)]
    pub paper: PaperSettings,
    /// Names and texts of the settings that were sealed.
    #[serde(skip)]
    pub sealed: Vec<(String, String)>,
}

/// Where and how to serve.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerSettings {
    /// Address and port to listen on.
    pub address: SocketAddr,
    /// Whether people reach the console through https, by a proxy that ends TLS.
    pub https: bool,
    /// How long a session lasts.
    pub session_hours: u16,
    /// How long a session lasts that nobody uses.
    pub idle_minutes: u16,
    /// Longest time that a request may take.
    pub request_seconds: u16,
    /// How long requests that are under way may take to finish when the program is stopped.
    pub patience_seconds: u16,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 8420)),
            https: false,
            session_hours: 12,
            idle_minutes: 30,
            request_seconds: 30,
            patience_seconds: 20,
        }
    }
}

/// Where the books are kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSettings {
    /// A PostgreSQL server instead of the file in the data folder.
    pub postgres: Option<Secret>,
    /// The schema that holds the tables there.
    pub schema: String,
    /// How a commit is made durable before it is answered.
    pub durability: DurabilityWord,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            postgres: None,
            schema: "tieout".to_owned(),
            durability: DurabilityWord::Full,
        }
    }
}

/// The words for how durable a commit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DurabilityWord {
    /// Flushed to the disk before the answer.
    Full,
    /// Handed to the operating system before the answer; for trials only.
    Relaxed,
}

/// What the log says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// `plain` or `json`.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, or a filter such as `info,connect=debug`.
    pub level: String,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            format: LogFormat::Plain,
            level: "info".to_owned(),
        }
    }
}

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Plain,
    /// One JSON object a line.
    Json,
}

/// The folder of the books when nothing is said.
pub fn data() -> PathBuf {
    PathBuf::from("./tieout-data")
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsFault {
    /// The file cannot be read.
    #[error("the settings file {} cannot be read: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The file is no TOML, or a setting is unknown, missing or of another kind.
    #[error("{origin}: {why}")]
    Content {
        /// The file, or the file and the environment.
        origin: String,
        /// Which setting, and why not.
        why: String,
    },
    /// A setting in the environment leads through another one that holds a value.
    #[error("{name} cannot be set: {part} is a value, not a group of settings")]
    Environment {
        /// The variable.
        name: String,
        /// The part of it.
        part: String,
    },
}

impl Settings {
    /// Reads the file, when one is given, and the settings of the environment over it.
    ///
    /// # Errors
    /// When something in them is not a setting.
    pub fn load(
        path: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Settings, SettingsFault> {
        let text = match path {
            Some(path) => std::fs::read_to_string(path).map_err(|error| SettingsFault::File {
                path: path.to_owned(),
                why: error.to_string(),
            })?,
            None => String::new(),
        };
        let origin = path.map_or_else(
            || "the settings".to_owned(),
            |path| path.display().to_string(),
        );
        let folder = path.and_then(Path::parent).unwrap_or(Path::new(""));
        Settings::assemble(&text, &origin, folder, environment)
    }

    /// Reads settings from text.
    ///
    /// # Errors
    /// As [`Settings::load`].
    #[cfg(test)]
    pub fn read(
        text: &str,
        origin: &str,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Settings, SettingsFault> {
        Settings::assemble(text, origin, Path::new(""), environment)
    }

    /// The file, the credentials beside it and the environment, each over the one before.
    fn assemble(
        text: &str,
        origin: &str,
        folder: &Path,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Settings, SettingsFault> {
        let mut table = source::table(text, origin)?;
        let given: Vec<(String, Vec<String>, String)> = environment
            .filter_map(|(name, value)| setting_path(&name).map(|path| (name, path, value)))
            .collect();
        let told = |name: &str| given.iter().find(|(_, path, _)| *path == [name]);
        let named = told("credentials_file").map(|(_, _, value)| value.as_str());
        let credentials = named
            .or_else(|| table.get("credentials_file").and_then(Value::as_str))
            .map(|named| source::Credentials::read(&folder.join(named)))
            .transpose()?;
        if let Some(credentials) = &credentials {
            source::lay_over(
                &mut table,
                source::table(&credentials.text, &credentials.origin)?,
            );
        }
        let mut names = Vec::new();
        for (name, path, value) in &given {
            put(&mut table, name, path, value.clone())?;
            names.push(name.as_str());
        }
        let whole = if names.is_empty() {
            origin.to_owned()
        } else {
            format!("{origin} with {}", names.join(", "))
        };
        let sealed = crate::seal::open_values(&mut table, &whole)?;
        let read: Result<Settings, toml::de::Error> = Value::Table(table).try_into();
        let mut settings = read.map_err(|error| {
            let beside = credentials
                .as_ref()
                .map(|it| (it.text.as_str(), it.origin.as_str()));
            source::blame(
                &error,
                &whole,
                [Some((text, origin)), beside].into_iter().flatten(),
            )
        })?;
        settings.sealed = sealed;
        Ok(settings)
    }

    /// Where the books are.
    #[must_use]
    pub fn location(&self) -> Location {
        match &self.store.postgres {
            Some(url) => Location::Postgres {
                url: url.reveal().to_owned(),
                schema: self.store.schema.clone(),
            },
            None => Location::File(self.data.join(crate::books::FILE)),
        }
    }

    /// How a commit is made durable.
    #[must_use]
    pub fn durability(&self) -> Durability {
        match self.store.durability {
            DurabilityWord::Full => Durability::Full,
            DurabilityWord::Relaxed => Durability::Relaxed,
        }
    }
}

/// The place of a variable of the environment among the settings. Variables without two underscores
/// are not settings (other tools have theirs), except for the data folder and the credentials.
fn setting_path(name: &str) -> Option<Vec<String>> {
    let rest = name.strip_prefix(ENVIRONMENT)?;
    if matches!(rest, "DATA" | "CREDENTIALS_FILE") || rest.contains("__") {
        Some(rest.split("__").map(str::to_ascii_lowercase).collect())
    } else {
        None
    }
}

fn put(table: &mut Table, name: &str, path: &[String], value: String) -> Result<(), SettingsFault> {
    let Some((last, groups)) = path.split_last() else {
        return Ok(());
    };
    let mut at = table;
    for part in groups {
        let entry = at
            .entry(part.clone())
            .or_insert_with(|| Value::Table(Table::new()));
        let Value::Table(inner) = entry else {
            return Err(SettingsFault::Environment {
                name: name.to_owned(),
                part: part.clone(),
            });
        };
        at = inner;
    }
    at.insert(last.clone(), plain_value(value));
    Ok(())
}

/// Truth values, whole numbers and lists are read as such; everything else is text. A secret of
/// digits only stands in quotes.
fn plain_value(text: String) -> Value {
    let is_special = matches!(text.as_str(), "true" | "false")
        || text.starts_with(['[', '"'])
        || text.parse::<i64>().is_ok();
    if is_special
        && let Ok(mut read) = format!("value = {text}").parse::<Table>()
        && let Some(value) = read.remove("value")
    {
        return value;
    }
    Value::String(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<Settings, SettingsFault> {
        let pairs = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::read(text, "tieout.toml", pairs)
    }

    #[test]
    fn the_documented_example_is_read() {
        let example = include_str!("../../../docs/tieout.example.toml");
        let settings = read(example, &[]).unwrap();
        assert_eq!(settings.server, ServerSettings::default());
        assert_eq!(settings.store, StoreSettings::default());
        assert!(settings.connections.stripe.is_some() && settings.connections.netsuite.is_some());
        assert!(settings.connections.salesforce.is_some());
    }

    #[test]
    fn the_environment_stands_over_the_file() {
        let settings = read(
            "[server]\naddress = \"127.0.0.1:1\"\nhttps = true\n",
            &[
                ("TIEOUT_SERVER__ADDRESS", "0.0.0.0:2"),
                ("TIEOUT_SERVER__SESSION_HOURS", "3"),
                ("TIEOUT_CONNECTIONS__STRIPE__API_KEY", "\"12345678\""),
                (
                    "TIEOUT_CONNECTIONS__STRIPE__WEBHOOK_SECRETS",
                    "[\"whsec_one\", \"whsec_two\"]",
                ),
                ("TIEOUT_DATA", "/tmp/books"),
                ("TIEOUT_PYTHON", "/usr/bin/python3"),
                ("HOME", "/root"),
            ],
        )
        .unwrap();
        assert_eq!(settings.server.address.port(), 2);
        assert!(settings.server.https);
        assert_eq!(settings.server.session_hours, 3);
        assert_eq!(settings.data, PathBuf::from("/tmp/books"));
        assert_eq!(
            settings
                .connections
                .stripe
                .as_ref()
                .unwrap()
                .webhook_secrets
                .len(),
            2
        );
        assert!(!format!("{settings:?}").contains("whsec"));
    }

    #[test]
    fn an_unknown_setting_is_refused_by_its_name() {
        let told = |text: &str, environment: &[(&str, &str)]| {
            read(text, environment).unwrap_err().to_string()
        };
        let from_file = told("[server]\nadress = \"127.0.0.1:1\"\n", &[]);
        assert!(
            from_file.contains("adress") && from_file.contains("line 2"),
            "{from_file}"
        );
        let from_environment = told("", &[("TIEOUT_SERVER__ADRESS", "127.0.0.1:1")]);
        assert!(from_environment.contains("adress"), "{from_environment}");
        assert!(
            from_environment.contains("TIEOUT_SERVER__ADRESS"),
            "{from_environment}"
        );
        let group = told("data = \"x\"\n", &[("TIEOUT_DATA__DIR", "y")]);
        assert!(group.contains("TIEOUT_DATA__DIR"), "{group}");
    }

    #[test]
    fn without_a_file_the_books_are_in_a_folder_beside() {
        let settings = read("", &[]).unwrap();
        assert!(
            matches!(settings.location(), Location::File(path) if path.ends_with("tieout-data/books.sqlite"))
        );
    }
}
