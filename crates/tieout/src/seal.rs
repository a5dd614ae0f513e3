//! `tieout seal`: secrets in the settings and in the books are sealed under a key of their own.

use crate::serve::{ServeFault, SettingsArguments, noted, open_without_key, with_key};
use crate::settings::{Settings, SettingsFault};
use app::access::AccessKind;
use app::seal::{KeyFile, SealFault, Sealer, SystemEntropy};
use connect::Secret;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use toml::{Table, Value};

/// The key file within the data folder.
pub const FILE: &str = "seal.key";
/// What values of the settings are sealed for; their names are the paths of the settings.
const PURPOSE: &str = "setting";

/// Where the keys are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SealSettings {
    /// The key file, instead of `seal.key` in the data folder.
    pub key_file: Option<PathBuf>,
}

/// Commands of `tieout seal`.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum SealCommand {
    /// Seals the first line of the standard input and prints what can stand in the settings instead.
    Value {
        /// The setting that it is for, such as connections.stripe.api_key: it opens there only.
        #[arg(long)]
        name: String,
        /// Which settings to use.
        #[command(flatten)]
        settings: SettingsArguments,
    },
    /// Makes a new key and seals every secret of the books again with it. Older keys still open.
    Rotate {
        /// Which settings to use.
        #[command(flatten)]
        settings: SettingsArguments,
    },
    /// Forgets the older keys, unless something is still sealed with one.
    Forget {
        /// Which settings to use.
        #[command(flatten)]
        settings: SettingsArguments,
    },
}

/// Runs `tieout seal`.
///
/// # Errors
/// When the settings, the key file or the books cannot be used.
pub fn run(command: &SealCommand) -> Result<ExitCode, ServeFault> {
    match command {
        SealCommand::Value { name, settings } => value(name, settings),
        SealCommand::Rotate { settings } => rotate(settings),
        SealCommand::Forget { settings } => forget(settings),
    }
}

fn value(name: &str, arguments: &SettingsArguments) -> Result<ExitCode, ServeFault> {
    let settings = arguments.load()?;
    let app = with_key(open_without_key(&settings)?, &settings)?;
    eprintln!("The value of {name}, in one line:");
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .map_err(ServeFault::System)?;
    let secret = Secret::new(line.trim_end_matches(['\r', '\n']));
    println!("{}", app.sealer()?.seal(PURPOSE, name, &secret)?);
    Ok(ExitCode::SUCCESS)
}

fn rotate(arguments: &SettingsArguments) -> Result<ExitCode, ServeFault> {
    let settings = arguments.load()?;
    // Under the present keys first, so that a wrong key file is not made wronger.
    let app = with_key(open_without_key(&settings)?, &settings)?;
    let file = settings.key_file();
    file.add_key(&SystemEntropy)?;
    let app = app.with_sealer(file.sealer(Arc::new(SystemEntropy))?)?;
    let resealed = app.reseal()?;
    noted(
        &app,
        AccessKind::KeysRotated,
        "seal.key",
        &format!("{resealed} sealed again"),
    )?;
    println!("{resealed} secrets of the books are sealed with the new key.");
    println!(
        "Restart the other processes with the new {}.",
        file.path().display()
    );
    for name in settings.sealed_under_older_key(app.sealer()?.as_ref()) {
        println!("Seal {name} again: tieout seal value --name {name}");
    }
    println!("Then `tieout seal forget` removes the older keys.");
    Ok(ExitCode::SUCCESS)
}

fn forget(arguments: &SettingsArguments) -> Result<ExitCode, ServeFault> {
    let settings = arguments.load()?;
    let app = with_key(open_without_key(&settings)?, &settings)?;
    let resealed = app.reseal()?;
    let left = settings.sealed_under_older_key(app.sealer()?.as_ref());
    if !left.is_empty() {
        return Err(ServeFault::StillSealed {
            names: left.join(", "),
        });
    }
    let dropped = settings.key_file().drop_old_keys()?;
    println!("{resealed} secrets sealed again, {dropped} older keys forgotten.");
    Ok(ExitCode::SUCCESS)
}

impl Settings {
    /// The key file.
    #[must_use]
    pub fn key_file(&self) -> KeyFile {
        key_file(self.seal.key_file.as_deref(), &self.data)
    }

    /// Settings whose value was sealed with a key that is not the newest.
    fn sealed_under_older_key(&self, sealer: &Sealer) -> Vec<String> {
        self.sealed
            .iter()
            .filter(|(_, text)| !sealer.is_newest(text))
            .map(|(name, _)| name.clone())
            .collect()
    }
}

fn key_file(named: Option<&Path>, data: &Path) -> KeyFile {
    KeyFile::at(named.map_or_else(|| data.join(FILE), Path::to_path_buf))
}

/// Opens every sealed text in a table of settings where it stands, and says which there were.
///
/// # Errors
/// When the key file cannot be used, or a text does not open for the setting that it stands at.
pub fn open_values(
    table: &mut Table,
    origin: &str,
) -> Result<Vec<(String, String)>, SettingsFault> {
    let mut found = Vec::new();
    find(table, "", &mut found);
    if found.is_empty() {
        return Ok(found);
    }
    let content = |fault: SealFault| SettingsFault::Content {
        origin: origin.to_owned(),
        why: fault.to_string(),
    };
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(PathBuf::from);
    let named = text(table.get("seal").and_then(|seal| seal.get("key_file")));
    let data = text(table.get("data")).unwrap_or_else(crate::settings::data);
    let sealer = key_file(named.as_deref(), &data)
        .sealer(Arc::new(SystemEntropy))
        .map_err(content)?;
    replace(table, "", &sealer).map_err(content)?;
    Ok(found)
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn find(table: &Table, path: &str, found: &mut Vec<(String, String)>) {
    for (name, value) in table {
        let path = below(path, name);
        match value {
            Value::String(text) if Sealer::is_sealed(text) => found.push((path, text.clone())),
            Value::Array(items) => {
                let sealed = items
                    .iter()
                    .filter_map(Value::as_str)
                    .filter(|text| Sealer::is_sealed(text));
                found.extend(sealed.map(|text| (path.clone(), text.to_owned())));
            }
            Value::Table(inner) => find(inner, &path, found),
            _ => {}
        }
    }
}

fn replace(table: &mut Table, path: &str, sealer: &Sealer) -> Result<(), SealFault> {
    let open = |value: &mut Value, path: &str| match value {
        Value::String(text) if Sealer::is_sealed(text) => {
            *text = sealer.open(PURPOSE, path, text)?.reveal().to_owned();
            Ok(())
        }
        _ => Ok(()),
    };
    for (name, value) in table.iter_mut() {
        let path = below(path, name);
        match value {
            Value::Table(inner) => replace(inner, &path, sealer)?,
            Value::Array(items) => items.iter_mut().try_for_each(|item| open(item, &path))?,
            single => open(single, &path)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(folder: &Path, name: &str, secret: &str) -> String {
        let file = KeyFile::at(folder.join(FILE));
        file.create(&SystemEntropy).unwrap();
        let sealer = file.sealer(Arc::new(SystemEntropy)).unwrap();
        sealer.seal(PURPOSE, name, &Secret::new(secret)).unwrap()
    }

    fn read(text: &str) -> Result<Settings, SettingsFault> {
        Settings::read(text, "tieout.toml", std::iter::empty())
    }

    #[test]
    fn a_sealed_value_opens_at_its_setting_only() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().display();
        let key = sealed(folder.path(), "connections.stripe.api_key", "sk_hushhush");
        let hook = sealed(
            folder.path(),
            "connections.stripe.webhook_secrets",
            "whsec_hushhush",
        );
        let text = format!(
            "data = \"{data}\"\n[connections.stripe]\napi_key = \"{key}\"\nwebhook_secrets = [\"{hook}\"]\n"
        );
        let settings = read(&text).unwrap();
        let stripe = settings.connections.stripe.as_ref().unwrap();
        assert_eq!(stripe.api_key.reveal(), "sk_hushhush");
        assert_eq!(stripe.webhook_secrets[0].reveal(), "whsec_hushhush");
        assert!(!format!("{settings:?}").contains("hushhush"));
        // Swapped, neither opens, and the fault names the setting and shows no secret.
        let swapped = text
            .replace(&key, "KEY")
            .replace(&hook, &key)
            .replace("KEY", &hook);
        let refused = read(&swapped).unwrap_err().to_string();
        assert!(
            refused.contains("connections.stripe.") && refused.contains("does not open"),
            "{refused}"
        );
        assert!(!refused.contains("hushhush"), "{refused}");
    }

    #[test]
    fn a_missing_or_other_key_is_said_clearly() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let key = sealed(folder.path(), "connections.stripe.api_key", "sk_hushhush");
        let at = |folder: &Path| {
            read(&format!(
                "data = \"{}\"\n[connections.stripe]\napi_key = \"{key}\"\n",
                folder.display()
            ))
            .unwrap_err()
            .to_string()
        };
        let missing = at(other.path());
        assert!(
            missing.contains(FILE) && missing.contains("cannot be used"),
            "{missing}"
        );
        sealed(other.path(), "x", "y");
        let foreign = at(other.path());
        assert!(foreign.contains("not in the key file"), "{foreign}");
    }

    #[test]
    fn credentials_may_stand_in_a_file_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let beside = folder.path().join("credentials.toml");
        std::fs::write(&beside, "[connections.stripe]\napi_key = \"sk_hushhush\"\n").unwrap();
        let settings = folder.path().join("tieout.toml");
        std::fs::write(
            &settings,
            "credentials_file = \"credentials.toml\"\n[connections.stripe]\ntolerance_seconds = 60\n",
        )
        .unwrap();
        let load = || Settings::load(Some(&settings), std::iter::empty());
        let stripe = load().unwrap().connections.stripe.unwrap();
        assert_eq!(
            (stripe.api_key.reveal(), stripe.tolerance_seconds),
            ("sk_hushhush", 60)
        );
        std::fs::write(&beside, "[connections.stripe]\napi_kex = \"sk_hushhush\"\n").unwrap();
        let refused = load().unwrap_err().to_string();
        assert!(
            refused.contains("credentials.toml") && refused.contains("api_kex"),
            "{refused}"
        );
        assert!(!refused.contains("sk_hushhush"), "{refused}");
        std::fs::remove_file(&beside).unwrap();
        assert!(load().unwrap_err().to_string().contains("credentials.toml"));
    }
}
