//! Where the programs are that the tests call, and the variables that tell the tests.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The outside programs the tests use. `None` where a program was not found.
#[derive(Debug, Default)]
pub struct Tools {
    pub chromium: Option<PathBuf>,
    pub chromedriver: Option<PathBuf>,
    pub hledger: Option<PathBuf>,
    pub postgres_folder: Option<PathBuf>,
    pub python: Option<PathBuf>,
    pub bean_check: Option<PathBuf>,
    pub nats_server: Option<PathBuf>,
    pub cargo_deny: Option<PathBuf>,
}

impl Tools {
    /// Looks on `PATH`, in Debian's PostgreSQL folders and in the repository's own `.venv`.
    pub fn find(root: &Path) -> Tools {
        Tools {
            chromium: on_path(&["chromium", "chromium-browser", "google-chrome"]),
            chromedriver: on_path(&["chromedriver"]),
            hledger: on_path(&["hledger"]),
            postgres_folder: postgres_folder(),
            python: existing(root.join(".venv/bin/python")),
            bean_check: existing(root.join(".venv/bin/bean-check")),
            nats_server: existing(root.join(".venv/bin/nats-server")),
            cargo_deny: existing(root.join(".venv/bin/cargo-deny")),
        }
    }

    /// The `TIEOUT_…` variables of those programs that are here. The address of PostgreSQL is
    /// not among them, since it is known only once a server runs.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let found = [
            ("TIEOUT_PYTHON", &self.python),
            ("TIEOUT_CHROMIUM", &self.chromium),
            ("TIEOUT_CHROMEDRIVER", &self.chromedriver),
            ("TIEOUT_HLEDGER", &self.hledger),
            ("TIEOUT_BEAN_CHECK", &self.bean_check),
            ("TIEOUT_NATS_SERVER", &self.nats_server),
        ];
        found
            .into_iter()
            .filter_map(|(name, path)| Some((name, path.as_ref()?.clone().into_os_string())))
            .collect()
    }
}

/// The first of `names` that is a file in a folder of `PATH`.
pub fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().find_map(|name| {
        folders
            .iter()
            .find_map(|folder| existing(folder.join(name)))
    })
}

/// The folder with the newest `initdb`, `postgres` and `pg_ctl`. Debian keeps the server
/// programs of each major version in a folder of their own that is not on `PATH`.
fn postgres_folder() -> Option<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, folder)| holds_a_server(folder))
        .collect();
    versions.sort();
    let newest = versions.pop().map(|(_, folder)| folder);
    newest.or_else(|| {
        let folder = on_path(&["postgres"])?.parent()?.to_path_buf();
        holds_a_server(&folder).then_some(folder)
    })
}

fn holds_a_server(folder: &Path) -> bool {
    ["initdb", "postgres", "pg_ctl", "pg_isready"]
        .iter()
        .all(|program| folder.join(program).is_file())
}

fn existing(path: PathBuf) -> Option<PathBuf> {
    path.is_file().then_some(path)
}

/// A `cargo` command for the workspace at `root`.
pub fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(root);
    forget_the_outer_cargo(&mut command);
    command
}

/// `cargo xtask` is `cargo run`, which describes the package `xtask` in its variables. Some build
/// scripts rerun when those change, so that without this every `cargo xtask test` after a plain
/// `cargo test` would build half the tree again.
pub fn forget_the_outer_cargo(command: &mut Command) {
    const OUTER: [&str; 4] = [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_",
        "CARGO_CRATE_",
    ];
    for (name, _) in std::env::vars_os() {
        let describes_xtask = name.to_str().is_some_and(|name| {
            OUTER.iter().any(|prefix| name.starts_with(prefix))
                || matches!(name, "CARGO" | "OUT_DIR" | "CARGO_PRIMARY_PACKAGE")
        });
        if describes_xtask {
            command.env_remove(name);
        }
    }
}

/// A command as a person would type it, for messages.
pub fn spelled(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|argument| argument.to_string_lossy().into_owned()),
    );
    words.join(" ")
}
