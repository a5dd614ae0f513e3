//! Gets what the tests need on a Debian machine: programs from the distribution, Python packages
//! from PyPI into the repository's own `.venv`. Quick, and silent, when all is there.

use std::fs::File;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::tools::{Tools, on_path, spelled};
use crate::trouble::Trouble;

/// What the Python environment was made from; written last, so that a broken-off installation is
/// done again.
const STAMP: &str = ".venv/installed-requirements.txt";

/// A check that tells whether `python3 -m venv` can work: Debian ships both modules apart.
const CAN_MAKE_ENVIRONMENTS: &str = "import venv, ensurepip";

/// Makes the machine ready for the tests; running it again is harmless.
pub fn setup(root: &Path) -> Result<Tools, Trouble> {
    let _only_one_at_a_time = lock(root)?;
    let missing = missing_debian_packages(&Tools::find(root), python_for_environments().is_some());
    if !missing.is_empty() {
        install_debian_packages(&missing)?;
    }
    make_python_environment(root)?;

    let tools = Tools::find(root);
    let still_missing = missing_debian_packages(&tools, python_for_environments().is_some());
    if !still_missing.is_empty() {
        return Err(Trouble::Missing {
            what: still_missing.join(", "),
            mend: "apt-get said that it installed them, but their programs are not where Debian \
                   puts them; see `dpkg -L <package>`"
                .to_owned(),
        });
    }
    for (program, found) in [
        ("bean-check", &tools.bean_check),
        ("nats-server", &tools.nats_server),
        ("cargo-deny", &tools.cargo_deny),
    ] {
        if found.is_none() {
            return Err(Trouble::Missing {
                what: format!(".venv/bin/{program}"),
                mend: "remove the folder .venv and run `cargo xtask setup` again".to_owned(),
            });
        }
    }
    Ok(tools)
}

/// Two setups at once would fight over dpkg and over `.venv`. The lock ends with the file handle.
fn lock(root: &Path) -> Result<File, Trouble> {
    let folder = root.join("target");
    let path = folder.join("xtask-setup.lock");
    let in_use = |source| Trouble::File {
        path: path.clone(),
        source,
    };
    std::fs::create_dir_all(&folder).map_err(in_use)?;
    let file = File::create(&path).map_err(in_use)?;
    file.lock().map_err(in_use)?;
    Ok(file)
}

/// The Debian packages whose programs are not here, in the order in which they are told.
fn missing_debian_packages(tools: &Tools, python_is_ready: bool) -> Vec<&'static str> {
    let mut missing = Vec::new();
    if tools.chromium.is_none() {
        // Without a font, a screenshot shows boxes.
        missing.extend(["chromium", "fonts-liberation"]);
    }
    if tools.chromedriver.is_none() {
        missing.push("chromium-driver");
    }
    if tools.hledger.is_none() {
        missing.push("hledger");
    }
    if tools.postgres_folder.is_none() {
        missing.push("postgresql");
    }
    if !python_is_ready {
        missing.push("python3-venv");
    }
    missing
}

fn install_debian_packages(packages: &[&str]) -> Result<(), Trouble> {
    println!("setup: installing {}", packages.join(", "));
    let by_hand = format!("as root: apt-get install {}", packages.join(" "));
    if on_path(&["apt-get"]).is_none() {
        return Err(Trouble::Missing {
            what: packages.join(", "),
            mend: "this machine has no apt-get; install the same programs with its own package \
                   manager, so that they are on PATH"
                .to_owned(),
        });
    }
    let update = as_root(&["apt-get", "update", "--quiet"], &by_hand)?;
    run_in_front(update, &by_hand)?;
    let mut words = vec![
        "apt-get",
        "install",
        "--yes",
        "--quiet",
        "--no-install-recommends",
    ];
    words.extend(packages);
    let install = as_root(&words, &by_hand)?;
    run_in_front(install, &by_hand)
}

/// The command as it is for root, through sudo for everybody else.
fn as_root(words: &[&str], by_hand: &str) -> Result<Command, Trouble> {
    const QUIET_DPKG: &str = "DEBIAN_FRONTEND=noninteractive";
    let mut command = if user_id()? == 0 {
        Command::new("env")
    } else {
        let Some(sudo) = on_path(&["sudo"]) else {
            return Err(Trouble::Missing {
                what: "the right to install packages".to_owned(),
                mend: format!("there is no sudo here; run {by_hand}"),
            });
        };
        let mut command = Command::new(sudo);
        if !std::io::stdin().is_terminal() {
            // Nobody is there to type a password: fail at once and say so.
            command.arg("--non-interactive");
        }
        command.arg("env");
        command
    };
    command.arg(QUIET_DPKG).args(words);
    Ok(command)
}

/// The numeric id of the user who runs this; 0 is root.
pub fn user_id() -> Result<u32, Trouble> {
    let text = output_of(Command::new("id").arg("-u"))?;
    text.trim().parse().map_err(|_| Trouble::CommandFailed {
        command: "id -u".to_owned(),
        status: format!("printed \"{}\"", text.trim()),
        hint: String::new(),
    })
}

fn make_python_environment(root: &Path) -> Result<(), Trouble> {
    let environment = root.join(".venv");
    let python = environment.join("bin/python");
    let list = root.join("xtask/requirements.txt");
    let wanted = std::fs::read_to_string(&list).map_err(|source| Trouble::File {
        path: list.clone(),
        source,
    })?;
    let works = succeeds(Command::new(&python).args(["-c", "import pip"]));
    let stamp = root.join(STAMP);
    if works && std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }

    println!("setup: installing the Python packages of xtask/requirements.txt into .venv");
    if !works {
        let Some(maker) = python_for_environments() else {
            return Err(Trouble::Missing {
                what: "a Python that can make environments".to_owned(),
                mend: "the modules `venv` and `ensurepip` are in Debian's package python3-venv; \
                       as root: apt-get install python3-venv"
                    .to_owned(),
            });
        };
        let mut make = Command::new(maker);
        make.args(["-m", "venv", "--clear"]).arg(&environment);
        run_in_front(make, "remove the folder .venv and try again")?;
    }
    let mut install = Command::new(&python);
    install
        .args(["-m", "pip", "install", "--quiet", "--no-input"])
        .args(["--disable-pip-version-check", "--requirement"])
        .arg(&list);
    run_in_front(
        install,
        "is the Python package index within reach? A mirror is named by PIP_INDEX_URL",
    )?;
    std::fs::write(&stamp, wanted).map_err(|source| Trouble::File {
        path: stamp,
        source,
    })
}

/// The first Python that can make an environment: the one on `PATH`, else Debian's own, since
/// python3-venv serves only that one.
fn python_for_environments() -> Option<PathBuf> {
    let candidates = [
        on_path(&["python3"]),
        Some(PathBuf::from("/usr/bin/python3")),
    ];
    candidates
        .into_iter()
        .flatten()
        .find(|python| succeeds(Command::new(python).args(["-c", CAN_MAKE_ENVIRONMENTS])))
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// What a command prints, when it succeeds.
pub fn output_of(command: &mut Command) -> Result<String, Trouble> {
    let output = command.output().map_err(|source| Trouble::NotStarted {
        command: spelled(command),
        source,
    })?;
    if !output.status.success() {
        return Err(Trouble::CommandFailed {
            command: spelled(command),
            status: output.status.to_string(),
            hint: format!(": {}", String::from_utf8_lossy(&output.stderr).trim()),
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command whose output the user sees; `mend` is told when it fails.
fn run_in_front(mut command: Command, mend: &str) -> Result<(), Trouble> {
    let status = command.status().map_err(|source| Trouble::NotStarted {
        command: spelled(&command),
        source,
    })?;
    if status.success() {
        return Ok(());
    }
    Err(Trouble::CommandFailed {
        command: spelled(&command),
        status: status.to_string(),
        hint: format!("; {mend}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete() -> Tools {
        let here = Some(PathBuf::from("/usr/bin/true"));
        Tools {
            chromium: here.clone(),
            chromedriver: here.clone(),
            hledger: here.clone(),
            postgres_folder: here.clone(),
            python: here.clone(),
            bean_check: here.clone(),
            nats_server: here.clone(),
            cargo_deny: here,
        }
    }

    #[test]
    fn a_complete_machine_needs_no_package() {
        assert!(missing_debian_packages(&complete(), true).is_empty());
    }

    #[test]
    fn a_fresh_machine_needs_them_all() {
        assert_eq!(
            missing_debian_packages(&Tools::default(), false),
            [
                "chromium",
                "fonts-liberation",
                "chromium-driver",
                "hledger",
                "postgresql",
                "python3-venv"
            ]
        );
    }

    #[test]
    fn one_missing_program_names_its_package_alone() {
        let tools = Tools {
            hledger: None,
            ..complete()
        };
        assert_eq!(missing_debian_packages(&tools, true), ["hledger"]);
    }
}
